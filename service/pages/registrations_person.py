"""One registered person, for the committee: what is known, the whole history, and everything that can be done.

It is a page of its own, and the list opens it beside itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import settings_of
from service.documents.mail import occasion_name
from service.domain import (
    attendance_person,
    registrations,
    registrations_again,
    registrations_history,
    seating,
    waiting_reason,
    workshops,
)
from service.domain.identity import mask_nip
from service.domain.own_reasons import spoken
from service.domain.registrations_history import Happened, History
from service.domain.registrations_shapes import links_of
from service.domain.waiting_reason import Cause, Reason
from service.i18n import gettext as _, speak_instant
from service.models.certificates import Certificate
from service.models.messages import Channel, Message, MessageStatus
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.workshops import Mode, Workshop
from service.pages import corrections, my_details
from service.pages.attendance_person import connection_line, half_line, scan_line
from service.pages.event_words import event_word
from service.pages.forms import Typed
from service.pages.house import staff_page
from service.pages.menus import INVITATIONS, REGISTRATIONS
from service.pages.message_words import status_of
from service.pages.my_details import Detail
from service.pages.participants import person_of
from service.pages.registrations import role_words
from service.pages.registrations_wanted import Wanted, list_at, wanted_of
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow
from service.settings import Settings

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.REGISTRATIONS_READ)]
_AGAIN = frozenset({MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.BOUNCED, MessageStatus.UNREACHABLE})


@dataclass(frozen=True)
class Entry:
    """Something that happened. `status`: how a message stands; `again`: its id where it can be sent once more."""

    at: datetime
    sentence: str
    note: str = ""
    status: str = ""
    again: str = ""


@router.get(REGISTRATIONS + "/{registration_id}", operation_id="page_registration")
async def show_registration(
    registration_id: UUID,
    request: Request,
    session: Session,
    actor: Reader,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One person. Opening the page changes nothing."""
    return await person_page(session, actor, registration_id, wanted_of(request.query_params), done=done)


async def person_page(
    session: AsyncSession,
    actor: Actor,
    registration_id: UUID,
    wanted: Wanted,
    *,
    done: str = "",
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    """The page, again with what was typed when it was refused; `wanted`: the list it leads back to. Raises NotFound."""
    row = await registrations.find(session, actor, registration_id)
    workshop = await workshops.find(session, actor, row.workshop_id)
    person = await person_of(session, row)
    history = await registrations_history.read(session, actor, row)
    halves = await attendance_person.halves(session, row)
    acts = actor.may(Permission.REGISTRATIONS_WRITE) and row.anonymised_at is None
    personal = actor.may(Permission.CONTACTS_READ)
    return await staff_page(
        session,
        actor,
        "registration.html",
        REGISTRATIONS,
        workshop=workshop,
        status=status,
        chosen=workshop,
        person=row,
        organisation=person.organisation,
        role=role_words()[row.role],
        details=_details(row, personal=personal),
        answers=[one for one in my_details.spoken(row, workshop) if one.text] if personal else [],
        halves=[half_line(one) for one in halves],
        story=await _story(session, actor, workshop, row, history),
        beside=history,
        links=links_of(session, row) if acts and personal and not row.replaced else None,
        waits=_waits(await waiting_reason.why(session, row), workshop.timezone),
        invitations=f"{INVITATIONS}?workshop={workshop.id}" if actor.may(Permission.INVITATIONS_WRITE) else "",
        deeds=_deeds(row, workshop) if acts else frozenset(),
        seat=await seating.outlook(session, row) if acts and seating.can_be_given(row, workshop) else None,
        other=Mode.ONLINE if row.mode is Mode.OFFLINE else Mode.OFFLINE,
        base=f"{REGISTRATIONS}/{row.id}",
        kept=wanted.tail,
        back=list_at(workshop.id, wanted),
        carried=f"{wanted.tail[1:]}&" if wanted.tail else "",
        may_erase=acts and personal,
        corrects=actor.may(Permission.CHECKINS_WRITE),
        typed=typed or {},
        errors=errors,
        done=done,
    )


def _deeds(row: Registration, workshop: Workshop) -> frozenset[str]:
    """What can be done now; the domain decides again."""
    if row.status not in LIVE:
        return frozenset({"again"} if registrations_again.is_possible(row, workshop) else ())
    found = {"edit", "substitute", "cancel", "links"}
    if row.status is RegistrationStatus.PENDING:
        found |= {"approve", "reject"}
    if row.status is RegistrationStatus.WAITLISTED:
        found |= {"reject"}
    if len(workshops.offered_modes(workshop)) > 1:
        found |= {"mode"}
    return frozenset(found)


def _waits(reason: Reason | None, zone: str) -> str:
    """Why the person waits, in one sentence; empty for who does not."""
    if reason is None:
        return ""
    if reason.cause is Cause.GROUP:
        return _("Menunggu bersama utusan lain: instansinya meminta kursi untuk semua atau tidak sama sekali.")
    if reason.cause is Cause.FULL:
        return _("Menunggu karena semua kursi untuk cara hadir ini sudah terisi.")
    said = _(
        "Menunggu karena {seats} kursi yang masih kosong disisihkan bagi {count} instansi yang diundang sampai {until}."
    )
    if reason.first != reason.last:
        said = _(
            "Menunggu karena {seats} kursi yang masih kosong disisihkan bagi {count} instansi yang diundang sampai "
            "batas waktu masing-masing, yang pertama {until}."
        )
    until = speak_instant(reason.first, zone) if reason.first else ""
    return said.format(seats=reason.seats, count=reason.organisations, until=until)


def _details(row: Registration, *, personal: bool) -> list[Detail]:
    employments = {"pns": _("PNS"), "pppk": _("PPPK"), "non_asn": _("Non-ASN")}
    channels = {Channel.MAIL: _("Surel"), Channel.WHATSAPP: _("WhatsApp")}
    contacts = [
        (_("Surel"), row.email),
        (_("Nomor telepon"), row.phone),
        (_("Lebih suka dihubungi lewat"), channels.get(row.channel) if row.channel else None),
    ]
    known = [
        (_("Jabatan"), row.position),
        (_("Pangkat/golongan"), row.rank),
        (_("NIP"), mask_nip(row.nip)),
        (_("Status kepegawaian"), employments.get(row.employment or "")),
        (_("Hadir mewakili"), row.represents),
        (_("Kode panitia"), row.code),
        (_("Alasan"), row.reason and spoken(row.reason)),
        *(contacts if personal else []),
    ]
    return [Detail(label, text) for label, text in known if text]


async def _story(
    session: AsyncSession, actor: Actor, workshop: Workshop, row: Registration, history: History
) -> list[Entry]:
    """Everything that happened, the latest first."""
    may = actor.may(Permission.MESSAGES_WRITE)
    settings = settings_of(session)
    told = [_message(one, settings, may=may and row.anonymised_at is None) for one in history.messages]
    story = [*(_event(one) for one in history.events), *told, *map(_paper, history.certificates)]
    if actor.may(Permission.ATTENDANCE_READ):
        scans, connections = await attendance_person.facts(session, workshop, row)
        names = await corrections.names_of(session, workshop)
        seen = [scan_line(one, workshop, names, may=False) for one in scans]
        seen += [connection_line(one, workshop, may=False) for one in connections]
        story += [Entry(one.at, one.sentence, one.undone) for one in seen]
    if not history.events:
        story.append(Entry(row.created_at, _("Pendaftaran dibuat.")))
    return sorted(story, key=lambda one: one.at, reverse=True)


def _event(one: Happened) -> Entry:
    by = corrections.who(one.by)
    return Entry(one.row.happened_at, _("{event}, oleh {who}.").format(event=event_word(one.row.type), who=by))


def _message(one: Message, settings: Settings, *, may: bool) -> Entry:
    ways = {
        Channel.MAIL: _("Surel"),
        Channel.WHATSAPP: _("WhatsApp"),
        Channel.SEND_LIST: _("Daftar kirim"),
        Channel.NONE: _("Pesan"),
    }
    return Entry(
        one.sent_at or one.created_at,
        _("{channel}: {about}").format(channel=ways[one.channel], about=occasion_name(one.occasion)),
        one.error or "",
        status_of(one, settings),
        str(one.id) if may and one.status in _AGAIN else "",
    )


def _paper(one: Certificate) -> Entry:
    said = _("Sertifikat nomor {number}, {hours} JP dari {total} JP.")
    said = said.format(number=one.number, hours=one.hours, total=one.total_hours)
    return Entry(one.issued_at, said, _("Sudah dicabut.") if one.revoked_at else "")
