"""Seats set aside for invited organisations: held until the deadline, taken by delegates, given back to everybody.

All of it happens under the lock of the workshop's capacity row, which counts what is held as `reserved`.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock, outbox
from service.db import run
from service.domain import seats, waiting, workshops
from service.events import InvitationReleased
from service.models.invitations import Invitation, InvitationStatus
from service.models.registrations import ParticipantRole, Registration
from service.models.workshops import Capacity, Mode, Workshop

_DUE = select(Capacity.workshop_id).where(col(Capacity.release_due_at) < bindparam("now")).limit(1)
_TAKE = {
    mode: update(Invitation)
    .where(
        col(Invitation.workshop_id) == bindparam("workshop"),
        col(Invitation.organisation_id) == bindparam("organisation"),
        col(getattr(Invitation, f"held_{mode}")) > 0,
    )
    .values({f"held_{mode}": col(getattr(Invitation, f"held_{mode}")) - 1})
    .returning(col(Invitation.id))
    for mode in Mode
}


def holds(invitation: Invitation, workshop: Workshop) -> bool:
    """Whether the quota is set aside: from the invitation to its deadline, unless the organisation declined.

    The workshop may have been moved to before the deadline: when it is over, nothing is held any more.
    """
    return (
        invitation.deadline is not None
        and clock.now() <= min(invitation.deadline, workshop.ends_at)
        and invitation.status is InvitationStatus.SENT
    )


async def fill(session: AsyncSession, capacity: Capacity, invitation: Invitation) -> None:
    """Sets aside what the quota still asks for and the pool has free now; gives back what is too much.

    Seats that delegates have are not asked for again, wherever they came from. Nothing is held in a mode without a
    quota, or one that is not offered.
    """
    seated = await _seated(session, invitation)
    workshop = await session.get_one(Workshop, invitation.workshop_id)
    holding, offered = holds(invitation, workshop), workshops.offered_modes(workshop)
    for mode, quota in asked_for(invitation).items():
        wanted = max(0, quota - seated.get(mode, 0)) if holding and quota is not None and mode in offered else 0
        more, free = wanted - seats.held(invitation, mode), workshops.seats_left(capacity, mode)
        seats.hold(capacity, invitation, mode, more if free is None else min(more, free))
    if holding:
        invitation.released_at = None
    await schedule(session, capacity)


async def refill(session: AsyncSession, capacity: Capacity) -> None:
    """Fills up, in the order of the invitations, the quotas that the pool had no room for before."""
    if capacity.release_due_at is None:
        return
    for invitation in await _invitations(session, capacity, *_holding()):
        await fill(session, capacity, invitation)


def give_up(capacity: Capacity, invitation: Invitation) -> int:
    """Gives back all that is held. Returns how many seats that were."""
    given = invitation.held_offline + invitation.held_online
    for mode in Mode:
        seats.hold(capacity, invitation, mode, -seats.held(invitation, mode))
    return given


async def schedule(session: AsyncSession, capacity: Capacity) -> None:
    """Notes when seats are given back next: at a deadline, or when the workshop is over before it."""
    await session.flush()
    query = select(func.min(col(Invitation.deadline))).where(
        Invitation.workshop_id == capacity.workshop_id, *_holding()
    )
    due = (await session.exec(query)).one()
    workshop = await session.get_one(Workshop, capacity.workshop_id)
    capacity.release_due_at = due and min(due, workshop.ends_at)
    await session.flush()


async def release_due(session: AsyncSession, capacity: Capacity) -> None:
    """Gives back what is held by invitations whose deadline has passed; whoever waits gets it."""
    await session.flush()
    workshop = await session.get_one(Workshop, capacity.workshop_id, populate_existing=True)
    actor = auth.system(workshop.organizer_id)
    for invitation in await _invitations(session, capacity, *_holding()):
        if holds(invitation, workshop):
            continue
        given = give_up(capacity, invitation)
        invitation.released_at = clock.now()
        if given:
            event = InvitationReleased(
                organizer_id=workshop.organizer_id, workshop_id=workshop.id, invitation_id=invitation.id, seats=given
            )
            await outbox.record(session, event, actor.label)
    await schedule(session, capacity)
    await waiting.promote(session, actor, workshop, capacity)


async def waits(session: AsyncSession) -> bool:
    """Whether a deadline has passed: a look that is cheaper than a transaction that writes nothing."""
    return (await session.exec(_DUE, params={"now": clock.now()})).first() is not None


async def fire(session: AsyncSession) -> bool:
    """Releases what is due in one workshop that nobody else works on. True when there was one."""
    mine = _DUE.order_by(col(Capacity.workshop_id)).with_for_update(skip_locked=True)
    workshop_id = (await session.exec(mine, params={"now": clock.now()})).first()
    if workshop_id is None:
        return False
    await workshops.lock_capacity(session, workshop_id)
    return True


async def invitation_of(session: AsyncSession, row: Registration) -> Invitation | None:
    """The invitation by which somebody was named, as it is now."""
    if row.invitation_id is None:
        return None
    await session.flush()
    return await session.get_one(Invitation, row.invitation_id, populate_existing=True)


async def vacate(session: AsyncSession, capacity: Capacity, row: Registration) -> None:
    """Counts a seat back: to its invitation while that holds its quota, else to everybody."""
    if not row.holds_seat:
        return
    seats.count(capacity, row.mode, -1)
    of_quota, row.holds_seat, row.quota_seat = row.quota_seat, False, False
    invitation = await invitation_of(session, row) if of_quota else None
    if invitation is None or not holds(invitation, await session.get_one(Workshop, row.workshop_id)):
        return
    quota = asked_for(invitation)[row.mode]
    used = (await _seated(session, invitation)).get(row.mode, 0) + seats.held(invitation, row.mode)
    if quota is not None and used < quota:
        seats.hold(capacity, invitation, row.mode, 1)


async def take_held(session: AsyncSession, capacity: Capacity, organisation_id: UUID | None, mode: Mode) -> UUID | None:
    """The invitation out of whose quota somebody of that organisation gets a seat; None when none is held.

    In one statement, past the ORM: staff register on a hot path. `capacity` may be the copy that `seats.lock` gave.
    """
    offline = mode is Mode.OFFLINE
    reserved = capacity.offline_reserved if offline else capacity.online_reserved
    if not reserved or organisation_id is None or seats.left(capacity, mode) == 0:
        return None
    wanted = {"workshop": capacity.workshop_id, "organisation": organisation_id}
    found: UUID | None = (await run(session, _TAKE[mode], wanted)).scalar()
    if found is not None:
        capacity.offline_reserved -= offline
        capacity.online_reserved -= not offline
    return found


async def seat_by_held(session: AsyncSession, capacity: Capacity, row: Registration) -> bool:
    """Makes a participant whose organisation has a seat held in that mode its delegate, with that seat; False when none
    is held, or somebody named by an invitation.
    """
    if row.invitation_id is not None or row.role is not ParticipantRole.PARTICIPANT:
        return False
    row.invitation_id = await take_held(session, capacity, row.organisation_id, row.mode)
    if row.invitation_id is None:
        return False
    seats.count(capacity, row.mode, 1)
    seats.sit(row, quota=True)
    return True


def asked_for(invitation: Invitation) -> dict[Mode, int | None]:
    """The quota of each mode; None where none was set."""
    return {Mode.OFFLINE: invitation.quota_offline, Mode.ONLINE: invitation.quota_online}


def _holding() -> tuple[ColumnElement[bool], ...]:
    return (
        col(Invitation.status) == InvitationStatus.SENT,
        col(Invitation.deadline).is_not(None),
        col(Invitation.released_at).is_(None),
    )


async def _invitations(session: AsyncSession, capacity: Capacity, *conditions: ColumnElement[bool]) -> list[Invitation]:
    await session.flush()
    query = select(Invitation).where(Invitation.workshop_id == capacity.workshop_id, *conditions)
    found = await session.exec(query.order_by(col(Invitation.id)), execution_options={"populate_existing": True})
    return list(found)


async def _seated(session: AsyncSession, invitation: Invitation) -> dict[Mode, int]:
    """Delegates who have a seat, by mode."""
    await session.flush()
    query = (
        select(Registration.mode, func.count())
        .where(Registration.invitation_id == invitation.id, col(Registration.holds_seat).is_(True))
        .group_by(col(Registration.mode))
    )
    return {Mode(mode): count for mode, count in await session.exec(query)}
