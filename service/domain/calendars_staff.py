"""A staff member's feed at one organizer: its workshops, drafts too, and how much data is due on which day."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    Date,
    Uuid,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select as core_select,
    true,
    union_all,
)
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from service import tokens
from service.auth import ROLE_PERMISSIONS, Actor, Permission
from service.db import settings_of
from service.domain.calendars import SHOWN, Columns, Edition, bounds, told
from service.domain.calendars_organisations import past_day
from service.domain.commitments_as_of import OWING_DELIVERIES, OWING_PROMISES
from service.errors import NoMembership, NotFound
from service.models.columns import UtcDateTime
from service.models.commitments import Commitment
from service.models.organizers import Membership, Organizer, Role, Staff
from service.models.workshops import Workshop
from service.tokens import Purpose


@dataclass(frozen=True)
class DueDay:
    """A day on which organisations owe data: how many items, of how many organisations, last changed when."""

    day: date
    items: int
    organisations: int
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class StaffEdition(Edition):
    """A staff member's feed."""

    due_days: tuple[DueDay, ...]


_HOUSE = core_select(col(Membership.organizer_id)).where(col(Membership.id) == bindparam("subject")).scalar_subquery()
_GATHERINGS: Columns = core_select(
    literal("workshop").label("part"),
    col(Workshop.id).label("id"),
    col(Workshop.version).label("version"),
    cast(null(), Date()).label("day"),
    literal(0).label("items"),
    literal(0).label("organisations"),
    col(Workshop.updated_at).label("changed_at"),
    col(Workshop.starts_at).label("at"),
).where(col(Workshop.organizer_id) == _HOUSE, SHOWN)
_DUE: Columns = (
    core_select(
        literal("due"),
        cast(null(), Uuid()),
        literal(0),
        col(Commitment.due_date),
        func.count(),
        func.count(col(Commitment.organisation_id).distinct()),
        func.max(col(Commitment.changed_at)),
        cast(null(), UtcDateTime()),
    )
    .where(
        col(Commitment.organizer_id) == _HOUSE,
        col(Commitment.due_date) > bindparam("past_day"),
        col(Commitment.commitment_status).in_(OWING_PROMISES),
        col(Commitment.fulfilment_status).in_(OWING_DELIVERIES),
    )
    .group_by(col(Commitment.due_date))
)
_PARTS = union_all(_GATHERINGS, _DUE).subquery("parts")
_FOUND: Columns = (
    core_select(
        col(Membership.role),
        col(Membership.workshops),
        col(Membership.calendar_version),
        col(Membership.calendar_key_id),
        col(Staff.super_owner),
        col(Organizer.id).label("organizer_id"),
        col(Organizer.slug),
        col(Organizer.name).label("organizer"),
        col(Organizer.timezone),
        col(Organizer.language),
        *_PARTS.c,
    )
    .join(Staff, and_(col(Staff.id) == col(Membership.staff_id), col(Staff.disabled_at).is_(None)))
    .join(Organizer, col(Organizer.id) == col(Membership.organizer_id))
    .outerjoin(_PARTS, true())
    .where(
        col(Membership.id) == bindparam("subject"),
        col(Membership.disabled_at).is_(None),
        or_(col(Organizer.second_factor).is_(False), col(Staff.totp_since).is_not(None)),
    )
    .order_by(_PARTS.c.at, _PARTS.c.id, _PARTS.c.day)
)


async def of_staff(session: AsyncSession, token: str) -> StaffEdition:
    """The feed of the membership whose calendar link this is, by what its role may see now.

    Raises NotFound for a link that was replaced or ended, when the membership or the account is closed, and until the
    person has the second factor that the organizer asks for.
    """
    subject = tokens.subject(token)
    if subject is None:
        raise NotFound
    rows = await told(session, _FOUND, {"subject": subject, "past_day": past_day()} | bounds())
    own = rows[0]
    version, key_id = own.calendar_version, own.calendar_key_id or ""
    if not settings_of(session).keyring.opens(token, Purpose.STAFF_CALENDAR, subject, version, key_id):
        raise NotFound
    role = Role.SUPER_OWNER if own.super_owner else own.role
    permissions = ROLE_PERMISSIONS[role]
    limited = set(own.workshops) if role is Role.DOOR else None
    shown = [row for row in rows if row.part == "workshop" and (limited is None or str(row.id) in limited)]
    dues = [row for row in rows if row.part == "due" and Permission.COMMITMENTS_READ in permissions]
    days = tuple(DueDay(row.day, row.items, row.organisations, row.changed_at) for row in dues)
    said: list[tuple[object, ...]] = [(own.slug, own.organizer, own.timezone)]
    said += [(row.id, row.version) for row in shown]
    said += [(one.day, one.items, one.organisations, one.changed_at) for one in days]
    return StaffEdition(
        organizer_id=own.organizer_id,
        workshop_ids=tuple(row.id for row in shown),
        said=said,
        language=own.language,
        due_days=days,
    )


async def issue(session: AsyncSession, actor: Actor) -> str:
    """A new address of the actor's calendar at the organizer worked for; the former one ends. Raises NoMembership."""
    row = await _membership(session, actor)
    settings = settings_of(session)
    row.calendar_version += 1
    row.calendar_key_id = settings.keyring.current_id
    await session.flush()
    token = settings.keyring.issue(Purpose.STAFF_CALENDAR, row.id, row.calendar_version, row.calendar_key_id)
    return f"{settings.base_url.rstrip('/')}/calendar/staff/{token}.ics"


async def end(session: AsyncSession, actor: Actor) -> None:
    """Ends the address of the actor's calendar; one that has none is fine. Raises NoMembership."""
    forget(await _membership(session, actor))
    await session.flush()


def forget(row: Membership) -> None:
    """Ends the address of a membership's calendar for good."""
    row.calendar_version += 1
    row.calendar_key_id = None


async def is_issued(session: AsyncSession, actor: Actor) -> bool | None:
    """Whether the actor's calendar has an address; None for who is no member and cannot have one."""
    row = (await session.exec(_own(actor))).first()
    return None if row is None else row.calendar_key_id is not None


def _own(actor: Actor) -> SelectOfScalar[Membership]:
    return select(Membership).where(
        Membership.staff_id == actor.id,
        Membership.organizer_id == actor.organizer_id,
        col(Membership.disabled_at).is_(None),
    )


async def _membership(session: AsyncSession, actor: Actor) -> Membership:
    """Locked, so that of two links asked for at once only one is alive."""
    query = _own(actor).with_for_update().execution_options(populate_existing=True)
    row = (await session.exec(query)).first()
    if row is None:
        raise NoMembership
    return row
