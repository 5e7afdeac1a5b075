"""An organizer's own words for a message, without code: plain text in which names in braces stand for facts."""

import re
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.errors import InvalidInput, NotFound
from service.events import WordingChanged
from service.i18n import gettext as _
from service.models.messages import ABOUT_DATA, TO_STAFF, MessageWording, Occasion
from service.models.organizers import Organizer

PLACEHOLDERS = ("nama", "kegiatan", "waktu", "tempat", "instansi", "nomor", "penyelenggara", "tenggat")
"""What may stand in braces. Nothing else is ever looked up, called or computed."""
_COUNTED = frozenset({Occasion.REVIEW_WAITING, Occasion.ESCALATION_LIST})
"""About several organisations at once: there is no one to name, and no one date."""
_DUE = (ABOUT_DATA - _COUNTED) | {Occasion.HELD, Occasion.INVITATION}
_UNNUMBERED = ABOUT_DATA | {Occasion.HELD, Occasion.INVITATION, Occasion.INVITATION_WITHDRAWN}
_BRACES = re.compile(r"\{([^{}]*)\}")
_SHOWN = 40


def spoken(text: str | None) -> list[str] | None:
    """The text taken apart: what is said as it stands, and at odd places the names that stand for facts."""
    return None if text is None else _BRACES.split(text)


def placeholders(occasion: Occasion, *, placed: bool = True) -> list[str]:
    """Those that stand for something in messages of this occasion; `placed`: the workshop has a place to name."""
    missing = {
        "tenggat": occasion not in _DUE,
        "nomor": occasion in _UNNUMBERED,
        "instansi": occasion in _COUNTED,
        "tempat": not placed,
    }
    return [name for name in PLACEHOLDERS if not missing.get(name)]


def check(pointer: str, text: str, occasion: Occasion, *, placed: bool = True) -> None:
    """Raises InvalidInput for a name in braces that would stand for nothing, and for a brace without its partner."""
    literal, names = spoken(text) or [], _BRACES.findall(text)
    offered = placeholders(occasion, placed=placed)
    known = ", ".join(f"{{{name}}}" for name in offered)
    unknown = next((name for name in names if name not in PLACEHOLDERS), None)
    if unknown is not None:
        advice = _("Penanda {unknown} tidak dikenal. Yang dapat dipakai: {known}.")
        raise InvalidInput.at(pointer, advice.format(unknown=f"{{{unknown[:_SHOWN]}}}", known=known))
    empty = next((name for name in names if name not in offered), None)
    if empty is not None:
        advice = _("Penanda {unknown} tidak ada isinya pada pesan ini. Yang dapat dipakai: {known}.")
        raise InvalidInput.at(pointer, advice.format(unknown=f"{{{empty}}}", known=known))
    for part in literal[::2]:
        for brace in ("{", "}"):
            if brace in part:
                raise InvalidInput.at(pointer, _("Kurung kurawal {brace} tidak berpasangan.").format(brace=brace))


async def listed(
    session: AsyncSession, actor: Actor, after: tuple[str, str] | None, limit: int
) -> Sequence[MessageWording]:
    """The organizer's own wordings by occasion and language, at most `limit`, after that pair."""
    query = select(MessageWording).where(MessageWording.organizer_id == actor.tenant)
    if after is not None:
        occasion, language = after
        later = (col(MessageWording.occasion) == occasion) & (col(MessageWording.language) > language)
        query = query.where((col(MessageWording.occasion) > occasion) | later)
    return (
        await session.exec(query.order_by(col(MessageWording.occasion), col(MessageWording.language)).limit(limit))
    ).all()


async def find(
    session: AsyncSession, actor: Actor, occasion: Occasion, language: str, *, lock: bool = False
) -> MessageWording | None:
    """The organizer's own words for an occasion, None when it uses ours.

    `lock` holds the organizer's row until the transaction ends: two first versions at once would otherwise collide.
    """
    if lock:
        house = select(Organizer.id).where(Organizer.id == actor.tenant)
        await session.exec(house.with_for_update(key_share=True))
    query = select(MessageWording).where(
        MessageWording.organizer_id == actor.tenant,
        MessageWording.occasion == occasion.value,
        MessageWording.language == language,
    )
    return (await session.exec(query, execution_options={"populate_existing": True})).first()


async def write(
    session: AsyncSession,
    actor: Actor,
    row: MessageWording | None,
    occasion: Occasion,
    language: str,
    subject: str | None,
    text: str,
) -> MessageWording:
    """Puts the organizer's words in place of ours, or of its former ones (`row`, from `find`). Raises InvalidInput."""
    if occasion in TO_STAFF:
        raise InvalidInput.at("/occasion", _("Pesan tentang keamanan akun selalu memakai kata-kata layanan."))
    check("/text", text, occasion)
    if subject is not None:
        check("/subject", subject, occasion)
    if row is None:
        row = MessageWording(
            organizer_id=actor.tenant, occasion=occasion.value, language=language, subject=subject, text=text
        )
    else:
        row.subject, row.text = subject, text
        row.version += 1
        row.updated_at = clock.now()
    session.add(row)
    await session.flush()
    await _recorded(session, actor, row.id)
    return row


async def remove(session: AsyncSession, actor: Actor, occasion: Occasion, language: str) -> None:
    """Lets our words stand again. Raises NotFound when they do."""
    row = await find(session, actor, occasion, language, lock=True)
    if row is None:
        raise NotFound
    await session.delete(row)
    await session.flush()
    await _recorded(session, actor, row.id)


async def _recorded(session: AsyncSession, actor: Actor, wording_id: UUID) -> None:
    await outbox.record(session, WordingChanged(organizer_id=actor.tenant, wording_id=wording_id), actor.label)
