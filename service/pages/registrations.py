"""The people of a workshop: filtered, searched, sorted; several of them ticked to decide on, write to or take along.

A name that the committee looks for stands in no address: the form posts, and answers with the same page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import organisations, registrations_list, seats
from service.domain.registrations_shapes import attendance_marks
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.attendance import AttendanceState
from service.models.people import Organisation
from service.models.registrations import ParticipantRole, Registration, RegistrationStatus
from service.models.workshops import Mode, Workshop
from service.pages import forms
from service.pages.choosing import choose
from service.pages.forms import BadForm, Option
from service.pages.house import staff_page
from service.pages.menus import REGISTRATIONS
from service.pages.registrations_wanted import Wanted, export_of, person_at, wanted_of
from service.pages.route import PageRoute
from service.routers.access import Paging, Session, allow, allow_first, cursor, database_of, int_key

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.REGISTRATIONS_READ)]
# Whoever may only read sends no forms: what they look for does stand in the address.
Searcher = Annotated[Actor, allow_first(Permission.REGISTRATIONS_WRITE)]
LINES = 50
_KINDS = ("xlsx", "csv")


class Asked(Wanted):
    """What an address says: besides the filters which workshop, and what was just done."""

    workshop: UUID | None = None
    done: str = ""
    new: str = ""
    changed: str = ""
    unchanged: str = ""
    duplicate: str = ""
    undecided: str = ""
    faulty: str = ""

    @property
    def said(self) -> str:
        """What became of a list that was just taken over."""
        if self.done != "imported":
            return ""
        words = [
            (self.new, _("{count} baru")),
            (self.changed, _("{count} berubah")),
            (self.unchanged, _("{count} tetap")),
            (self.duplicate, _("{count} ganda, dilewati")),
            (self.undecided, _("{count} mungkin ganda, dilewati")),
            (self.faulty, _("{count} perlu diperbaiki, dilewati")),
        ]
        parts = [text.format(count=count) for count, text in words if count.isdecimal() and count != "0"]
        return _("Daftar peserta diimpor: {counts}.").format(counts="; ".join(parts)) if parts else ""


COUNTED = ("new", "changed", "unchanged", "duplicate", "undecided", "faulty")
"""What the address after an import counts, of the verdicts on its rows."""


@dataclass(frozen=True)
class Line:
    """One person in the list, without contacts. `came`: half-days present, of `halves`; `silent`: has no contact."""

    id: UUID
    href: str
    number: int
    name: str
    position: str
    organisation: str
    status: str
    mode: str
    role: str
    silent: bool
    shared: bool
    walk_in: bool
    came: int
    halves: int


@router.get(REGISTRATIONS, operation_id="page_registrations")
async def show_registrations(session: Session, actor: Reader, wanted: Annotated[Asked, Query()]) -> Response:
    """The people of a workshop."""
    return await listing(session, actor, wanted.workshop, wanted, done=wanted.done, said=wanted.said)


@router.post(REGISTRATIONS, operation_id="page_search_registrations")
async def search_registrations(request: Request, actor: Searcher) -> Response:
    """The same page for what is looked for. Nothing is changed, so nobody who writes waits for it."""
    said = await forms.typed(request)
    try:
        chosen = UUID(said.get("workshop", ""))
    except ValueError as broken:
        raise BadForm from broken
    async with database_of(request).read() as session:
        return await listing(session, actor, chosen, wanted_of(said))


async def listing(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID | None,
    wanted: Wanted,
    *,
    done: str = "",
    said: str = "",
    status: int = 200,
) -> Response:
    """The page with the list. Raises NotFound."""
    choices, chosen = await choose(session, actor, workshop_id)
    takes = chosen is not None and seats.takes_people(chosen.status)
    shown = await _people(session, chosen, wanted, nip=actor.may(Permission.CONTACTS_READ)) if chosen else {}
    return await staff_page(
        session,
        actor,
        "registrations.html",
        REGISTRATIONS,
        workshop=chosen,
        status=status,
        choices=choices,
        chosen=chosen,
        wanted=wanted,
        done=done,
        result=said,
        carried=f"{urlencode({'workshop': str(chosen.id)} | wanted.open)}&" if chosen else "",
        may=_allowed(actor) | {"add": takes and actor.may(Permission.REGISTRATIONS_WRITE)},
        **shown,
    )


def _allowed(actor: Actor) -> dict[str, bool]:
    """What the visitor may do with people."""
    return {
        "write": actor.may(Permission.REGISTRATIONS_WRITE),
        "tell": actor.may(Permission.MESSAGES_WRITE),
        "attend": actor.may(Permission.CHECKINS_WRITE),
    }


async def _people(session: AsyncSession, workshop: Workshop, wanted: Wanted, *, nip: bool) -> dict[str, object]:
    after = _place(wanted.after)
    found = await registrations_list.page(session, workshop.id, wanted.filter, wanted.order, after, LINES + 1)
    standing = await registrations_list.standing(session, workshop.id)
    everybody = sum(standing.counts.values())
    more = cursor(*found[LINES - 1][0]) if len(found) > LINES else ""
    rows = [row for _key, row in found[:LINES]]
    return {
        "lines": await _lines(session, rows, wanted),
        "more": more,
        "total": everybody if not wanted.is_filtered else await _total(session, workshop, wanted, len(rows), more),
        "everybody": everybody,
        "statuses": [Option(one.value, f"{word} ({standing.of(one)})") for one, word in status_words().items()],
        "roles": [Option(one.value, word) for one, word in role_words().items()],
        "offices": await offices_of(session, workshop),
        "new": f"{REGISTRATIONS}/{workshop.id}/new",
        "act": f"{REGISTRATIONS}/{workshop.id}/bulk",
        "write": f"{REGISTRATIONS}/{workshop.id}/message",
        "exports": [Option(export_of(workshop.id, kind, wanted.filter, nip=nip), kind.upper()) for kind in _KINDS],
        "bring": f"{REGISTRATIONS}-import?workshop={workshop.id}",
    }


async def _total(session: AsyncSession, workshop: Workshop, wanted: Wanted, shown: int, more: str) -> int:
    whole = not (wanted.after or more)
    return shown if whole else await registrations_list.total(session, workshop.id, wanted.filter)


async def _lines(session: AsyncSession, rows: Sequence[Registration], wanted: Wanted) -> list[Line]:
    offices = await organisations.names(session, [row.organisation_id for row in rows])
    marks = await attendance_marks(session, rows)
    return [
        Line(
            id=row.id,
            href=person_at(row.id, wanted),
            number=row.number,
            name=row.name,
            position=row.position or "",
            organisation=offices.get(row.organisation_id, ("", row.organisation_name or ""))[1],
            status=row.status.value,
            mode=row.mode.value,
            role=row.role.value,
            silent=not (row.email or row.phone),
            shared=row.link_shared_at is not None,
            walk_in=row.walk_in,
            came=sum(mark.state is AttendanceState.PRESENT for mark in marks[row.id]),
            halves=len(marks[row.id]),
        )
        for row in rows
    ]


async def offices_of(session: AsyncSession, workshop: Workshop) -> list[Option]:
    """The organisations of the workshop's house, to choose from."""
    query = select(Organisation.code, Organisation.name).where(Organisation.organizer_id == workshop.organizer_id)
    return [Option(code, name) for code, name in await session.exec(query.order_by(col(Organisation.name)))]


def status_words() -> dict[RegistrationStatus, str]:
    """What each status is called."""
    return {
        RegistrationStatus.CONFIRMED: _("Terkonfirmasi"),
        RegistrationStatus.PENDING: _("Menunggu persetujuan"),
        RegistrationStatus.WAITLISTED: _("Daftar tunggu"),
        RegistrationStatus.CANCELLED: _("Dibatalkan"),
        RegistrationStatus.REJECTED: _("Ditolak"),
    }


def role_words() -> dict[ParticipantRole, str]:
    """What each role is called."""
    return {
        ParticipantRole.PARTICIPANT: _("Peserta"),
        ParticipantRole.SPEAKER: _("Narasumber"),
        ParticipantRole.MODERATOR: _("Moderator"),
        ParticipantRole.COMMITTEE: _("Panitia"),
        ParticipantRole.GUEST: _("Tamu"),
    }


def mode_words() -> dict[Mode, str]:
    """What each way to attend is called."""
    return {Mode.OFFLINE: _("Luring (di tempat)"), Mode.ONLINE: _("Daring")}


def _place(after: str) -> registrations_list.Key | None:
    """Where the page begins; a broken cursor begins at the beginning."""
    try:
        key = Paging(limit=1, cursor=after or None).after(2)
        return (key[0], int_key(key[1])) if key else None
    except InvalidInput:
        return None
