"""A person's own feed: every workshop of one organizer that the person is registered for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import tokens
from service.db import settings_of
from service.domain.calendars import SHOWN, Edition, bounds
from service.domain.rooms_links import may_enter
from service.domain.workshops import IS_PUBLIC
from service.errors import NotFound
from service.models.organizers import Organizer
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.workshops import Modality, Mode, Workshop, WorkshopStatus
from service.tokens import Keyring, Purpose

_Other = aliased(Registration)
_SAME_PERSON = and_(
    col(_Other.contact_key) == col(Registration.contact_key),
    col(_Other.name_key) == col(Registration.name_key),
    col(_Other.organizer_id) == col(Registration.organizer_id),
)
_TOLD = or_(
    col(_Other.status).in_(LIVE),
    col(_Other.updated_at) > bindparam("told_since"),
    col(Workshop.ends_at) > bindparam("told_since"),
)
_FOUND = (
    select(Registration, Organizer, _Other, Workshop)
    .join(Organizer, col(Organizer.id) == col(Registration.organizer_id))
    .outerjoin(_Other, and_(or_(col(_Other.id) == col(Registration.id), _SAME_PERSON), col(_Other.replaced).is_(False)))
    .outerjoin(Workshop, and_(col(Workshop.id) == col(_Other.workshop_id), IS_PUBLIC, SHOWN, _TOLD))
    .where(
        col(Registration.id) == bindparam("subject"),
        col(Registration.replaced).is_(False),
        col(Registration.anonymised_at).is_(None),
    )
    .order_by(col(Workshop.starts_at), col(Workshop.id), col(_Other.number))
)
_SURER = (RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED, RegistrationStatus.PENDING)


@dataclass(frozen=True)
class Seat:
    """The person in one workshop. `token` is that of the way into the online room, where the person is shown one.

    Whoever cancelled and came back has several registrations there, and one seat; its sequence never falls.
    """

    registration: Registration
    sequence: int
    changed_at: datetime
    token: str | None


@dataclass(frozen=True, kw_only=True)
class OwnEdition(Edition):
    """A person's feed, and the person's seats by workshop."""

    seats: Mapping[UUID, Seat]


async def of_participant(session: AsyncSession, token: str) -> OwnEdition:
    """The feed of the person whose mailed link this is. Raises NotFound for a link that is dead or never was one.

    The person is who has the same contact and the same name; who has no contact is known by this registration alone.
    """
    subject = tokens.subject(token)
    if subject is None:
        raise NotFound
    found = (await session.exec(_FOUND, params=bounds() | {"subject": subject})).all()
    keyring = settings_of(session).keyring
    if not found:
        raise NotFound
    mine, organizer, *_others = found[0]
    if not keyring.opens(token, Purpose.PARTICIPANT, mine.id, mine.link_version, mine.key_id):
        raise NotFound
    rows: defaultdict[UUID, list[Registration]] = defaultdict(list)
    workshops: dict[UUID, Workshop] = {}
    for _mine, _organizer, registration, workshop in found:
        if workshop is not None:
            workshops[workshop.id] = workshop
            rows[workshop.id].append(registration)
    seats = {one: _seat(keyring, workshops[one], rows[one]) for one in workshops}
    said: list[tuple[object, ...]] = [(organizer.slug, organizer.name, organizer.timezone)]
    said += [_said(workshops[one], seat, organizer) for one, seat in seats.items()]
    return OwnEdition(
        organizer_id=organizer.id,
        workshop_ids=tuple(seats),
        said=said,
        language=mine.language or organizer.language,
        seats=seats,
    )


def shows_link(workshop: Workshop, registration: Registration) -> bool:
    """Whether the person's calendar carries the way into the online room, which itself opens later.

    People in the hall have one when the workshop always gives it, or gives it on request and they asked.
    """
    if workshop.status is WorkshopStatus.CANCELLED or not may_enter(workshop, registration):
        return False
    return registration.mode is Mode.ONLINE or workshop.modality is not Modality.OFFLINE


def _seat(keyring: Keyring, workshop: Workshop, rows: Sequence[Registration]) -> Seat:
    row = max(rows, key=lambda one: (one.status in _SURER[:1], one.status in _SURER, one.number))
    token = None
    if shows_link(workshop, row) and keyring.knows(row.key_id):
        token = keyring.issue(Purpose.PARTICIPANT, row.id, row.link_version, row.key_id)
    changes = [workshop.updated_at, *(one.updated_at for one in rows)]
    if token and row.link_requested_at:
        changes.append(row.link_requested_at)
    return Seat(row, sum(one.sequence for one in rows) + len(rows) - 1, max(changes), token)


def _said(workshop: Workshop, seat: Seat, organizer: Organizer) -> tuple[object, ...]:
    """What one workshop's entries show; the minutes only where they are spoken of."""
    row, minutes = seat.registration, organizer.join_window_minutes if seat.token else None
    return workshop.id, workshop.version, row.status, row.mode, seat.sequence, seat.changed_at, seat.token, minutes
