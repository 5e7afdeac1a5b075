"""Official letters of invitation: what stands in them, for documents/typst/letter.typ.

They are Indonesian whoever reads them, as official letters are (Tata Naskah Dinas); so is what is written here. Nobody
has signed them: number and date may be blank lines, and there is room for a signature.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import settings_of
from service.domain import workshops
from service.domain.file_names import safe_name
from service.domain.invitations import link_of
from service.domain.papers import Written, clock_time, head_of, long_date, spoken_days
from service.errors import NotFound
from service.events import WorkshopChanged
from service.models.invitations import OFF, Invitation
from service.models.letters_shapes import LetterInput, LetterRead, LetterWords
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.workshops import AgendaItem, Modality, Mode, Workshop

_PARAGRAPHS = re.compile(r"\n\s*\n")
_MODES = {Mode.OFFLINE: "luring", Mode.ONLINE: "daring"}

LONGEST_NUMBER = 80
"""Of a letter's number in a file's name."""


@dataclass(frozen=True)
class Sheet:
    """Letters under one head. `logo_key`: the logo's place in the store of files; `made_at`: the latest change."""

    title: str
    head: Written
    letters: Sequence[Written]
    logo_key: str | None
    made_at: datetime


@dataclass(frozen=True)
class _Occasion:
    """What all letters of a workshop share."""

    workshop: Workshop
    organizer: Organizer
    items: Sequence[AgendaItem]
    words: LetterWords


async def of_invitation(session: AsyncSession, row: Invitation) -> Sheet:
    """One organisation's letter."""
    occasion = await _occasion(session, await session.get_one(Workshop, row.workshop_id))
    organisation = await session.get_one(Organisation, row.organisation_id)
    return _sheet(session, occasion, [(row, organisation)])


async def of_workshop(
    session: AsyncSession, actor: Actor, workshop_id: UUID, after: str | None, limit: int
) -> tuple[Sheet, str | None]:
    """At most `limit` letters by the organisations' codes, those later than `after`, of invitations that stand; and
    the code to go on after, None at the end. Raises NotFound, also when there is no letter.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    query = (
        select(Invitation, Organisation)
        .join(Organisation, col(Organisation.id) == col(Invitation.organisation_id))
        .where(Invitation.workshop_id == workshop.id, col(Invitation.status).not_in(OFF))
        .order_by(col(Organisation.code))
        .limit(limit + 1)
    )
    rows = (await session.exec(query.where(col(Organisation.code) > after) if after else query)).all()
    if not rows:
        raise NotFound
    following = rows[limit - 1][1].code if len(rows) > limit else None
    return _sheet(session, await _occasion(session, workshop), rows[:limit]), following


async def read(session: AsyncSession, workshop: Workshop) -> LetterRead:
    """The words of the workshop's letters."""
    own = LetterInput.model_validate(workshop.letter)
    used = (await _occasion(session, workshop)).words
    return LetterRead(**own.model_dump(), used=used, version=workshop.version)


async def replace(session: AsyncSession, actor: Actor, workshop: Workshop, data: LetterInput) -> Workshop:
    """Keeps these words and no others; the workshop's version counts them."""
    workshop.letter = data.model_dump(exclude_defaults=True)
    workshop.version += 1
    workshop.updated_at = clock.now()
    session.add(workshop)
    await session.flush()
    changed = WorkshopChanged(organizer_id=workshop.organizer_id, workshop_id=workshop.id, what="letter")
    await outbox.record(session, changed, actor.label)
    return workshop


async def standard(session: AsyncSession, workshop: Workshop) -> LetterWords:
    """What letters say where the workshop has no words of its own."""
    return (await _occasion(session, _worded(workshop, LetterInput()))).words


async def sample(session: AsyncSession, actor: Actor, workshop_id: UUID, data: LetterInput) -> Sheet:
    """How a letter with these words would look, to an office that is made up. Nothing is kept. Raises NotFound."""
    workshop = _worded(await workshops.find(session, actor, workshop_id), data)
    key_id = settings_of(session).keyring.current_id
    nobody = Organisation(organizer_id=workshop.organizer_id, code="contoh", name="Dinas Contoh", key_id=key_id)
    row = Invitation(
        organizer_id=workshop.organizer_id, workshop_id=workshop.id, organisation_id=nobody.id, key_id=key_id
    )
    return _sheet(session, await _occasion(session, workshop), [(row, nobody)])


def _worded(workshop: Workshop, data: LetterInput) -> Workshop:
    """The same workshop with other words, as a row that no session knows."""
    return Workshop(**(workshop.model_dump() | {"letter": data.model_dump(exclude_defaults=True)}))


def file_name(number: str | None) -> str:
    """'Undangan 005-123-Diskominfo-SP.pdf'; a number's slashes would part folders."""
    said = re.sub(r"[/\\]+", "-", number or "")[:LONGEST_NUMBER]
    return safe_name(f"Undangan {said}".strip() + ".pdf")


async def _occasion(session: AsyncSession, workshop: Workshop) -> _Occasion:
    query = select(AgendaItem).where(AgendaItem.workshop_id == workshop.id)
    items = (await session.exec(query.order_by(col(AgendaItem.starts_at), col(AgendaItem.position)))).all()
    organizer = await session.get_one(Organizer, workshop.organizer_id)
    return _Occasion(workshop, organizer, items, _words(workshop, annexed=bool(items)))


def _words(workshop: Workshop, *, annexed: bool) -> LetterWords:
    own = LetterInput.model_validate(workshop.letter)
    basis = f"Menindaklanjuti surat nomor {workshop.basis_letter}, " if workshop.basis_letter else ""
    return LetterWords(
        nature=own.nature or "Penting",
        attachments=own.attachments or ("1 (satu) berkas" if annexed else "-"),
        subject=own.subject or "Undangan",
        body=own.body
        or f"{basis or 'Dengan hormat, '}bersama ini kami mengundang Bapak/Ibu untuk menghadiri kegiatan yang akan "
        "dilaksanakan pada:",
        closing=own.closing
        or "Demikian undangan ini disampaikan. Atas perhatian dan kehadiran Bapak/Ibu, diucapkan terima kasih.",
    )


def _sheet(session: AsyncSession, occasion: _Occasion, rows: Sequence[tuple[Invitation, Organisation]]) -> Sheet:
    workshop, organizer = occasion.workshop, occasion.organizer
    return Sheet(
        title=f"{occasion.words.subject}: {workshop.title}",
        head=head_of(organizer),
        letters=[_letter(session, occasion, row, organisation) for row, organisation in rows],
        logo_key=organizer.logo_key,
        made_at=max(workshop.updated_at, organizer.updated_at, *(row.updated_at for row, _one in rows)),
    )


def _letter(session: AsyncSession, occasion: _Occasion, row: Invitation, organisation: Organisation) -> Written:
    workshop, words = occasion.workshop, occasion.words
    return {
        "number": row.letter_number,
        "date": row.letter_date,
        "nature": words.nature,
        "attachments": words.attachments,
        "subject": words.subject,
        "addressee": row.addressee or f"Pimpinan {organisation.name}",
        "opening": _paragraphs(words.body),
        "details": _details(occasion),
        "request": [_request(workshop, row)],
        "link": link_of(session, row),
        "caution": f"Halaman ini khusus bagi {organisation.name} dan tidak untuk diteruskan ke luar instansi.",
        "closing": _paragraphs(words.closing),
        "copies": LetterInput.model_validate(workshop.letter).copies,
        "event": workshop.title,
        "days": _days(occasion),
    }


def _details(occasion: _Occasion) -> list[tuple[str, str]]:
    workshop = occasion.workshop
    starts_at = min([workshop.starts_at, *(item.starts_at for item in occasion.items)])
    annexed = " (susunan acara terlampir)" if occasion.items else ""
    return [
        ("hari/tanggal", spoken_days(workshop)),
        ("waktu", f"pukul {clock_time(starts_at, workshop.timezone)} s.d. selesai{annexed}"),
        ("tempat", _place(workshop)),
        ("acara", workshop.title),
    ]


def _place(workshop: Workshop) -> str:
    online = "daring; tautan pribadi dikirim kepada peserta yang terdaftar"
    hall = ", ".join(filter(None, (workshop.venue_name, workshop.venue_address))) or "ditetapkan kemudian"
    match workshop.modality:
        case Modality.ONLINE:
            return online
        case Modality.HYBRID:
            return f"{hall}; atau {online}"
    return hall


def _request(workshop: Workshop, row: Invitation) -> str:
    until = ""
    if row.deadline is not None:
        day = long_date(clock.local_date(row.deadline, workshop.timezone))
        until = f" paling lambat {day}, pukul {clock_time(row.deadline, workshop.timezone)},"
    return (
        f"Untuk itu, mohon kiranya Bapak/Ibu menugaskan {_quota(workshop, row)} serta mendaftarkan nama peserta{until} "
        "melalui halaman berikut:"
    )


def _quota(workshop: Workshop, row: Invitation) -> str:
    """'2 orang peserta luring dan 1 orang peserta daring'; a mode without a quota is open to any number."""
    quotas = {Mode.OFFLINE: row.quota_offline, Mode.ONLINE: row.quota_online}
    offered = [mode for mode in workshops.offered_modes(workshop) if quotas[mode] != 0]
    if all(quotas[mode] is None for mode in offered):
        return "peserta dari instansi Bapak/Ibu"
    return " dan ".join(
        f"peserta {_MODES[mode]} sesuai keperluan"
        if quotas[mode] is None
        else f"{quotas[mode]} orang peserta {_MODES[mode]}"
        for mode in offered
    )


def _days(occasion: _Occasion) -> list[Written]:
    zone = occasion.workshop.timezone
    by_day = groupby(occasion.items, key=lambda item: clock.local_date(item.starts_at, zone))
    return [{"label": long_date(day), "items": [_item(item, zone) for item in items]} for day, items in by_day]


def _item(item: AgendaItem, zone: str) -> Written:
    start = clock_time(item.starts_at, zone).split(" ", maxsplit=1)[0]
    hours = f"{start}\u2013{clock_time(item.ends_at, zone)}"
    return {"hours": hours, "title": item.title, "speakers": item.speakers}


def _paragraphs(text: str) -> list[str]:
    return [one.strip() for one in _PARAGRAPHS.split(text.replace("\r\n", "\n")) if one.strip()]
