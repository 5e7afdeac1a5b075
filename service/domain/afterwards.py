"""What a workshop leaves behind, minutes and materials: who may see it, and the lock under which it is changed."""

from uuid import UUID

from sqlalchemy import case, exists, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import workshops
from service.errors import NotFound
from service.models.attendance import Attendance
from service.models.invitations import Invitation, InvitationStatus
from service.models.minutes import Readers
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Workshop

Audiences = frozenset[Readers]
EVERYBODY: Audiences = frozenset({Readers.PUBLIC})
REGISTERED = EVERYBODY | {Readers.PARTICIPANTS}
THERE = REGISTERED | {Readers.ATTENDEES}
ALL = frozenset(Readers)


async def seen(session: AsyncSession, actor: Actor, workshop_id: UUID) -> tuple[Workshop, Audiences]:
    """The workshop, and what of it the caller may see. Raises NotFound for a draft that is not the caller's.

    The committee and those who read its reports see all; who only works at its door, or registered, what is for
    participants; whoever was there what is for attendees too; an organisation what any of its people may; strangers
    what is public.
    """
    row = await session.get(Workshop, workshop_id)
    if actor.may(Permission.PORTAL_OWN) and actor.id is not None:
        found = await of_organisation(session, actor.id, workshop_id)
        return await workshops.find_public(session, workshop_id), found.get(workshop_id, EVERYBODY)
    if row is not None and row.organizer_id == actor.organizer_id and _is_ours(actor, row.id):
        if actor.may(Permission.WORKSHOPS_WRITE) or actor.may(Permission.REPORTS_READ):
            return row, ALL
        if actor.may(Permission.WORKSHOPS_READ):
            return row, REGISTERED
        if actor.may(Permission.REGISTRATION_OWN) and actor.id is not None:
            return row, await of_person(session, await session.get_one(Registration, actor.id))
    return await workshops.find_public(session, workshop_id), EVERYBODY


async def of_person(session: AsyncSession, row: Registration) -> Audiences:
    """What somebody who registered may see."""
    there = select(Attendance.block_id).where(Attendance.registration_id == row.id, col(Attendance.present).is_(True))
    if (await session.exec(there.limit(1))).first() is not None:
        return THERE
    return REGISTERED if row.status is RegistrationStatus.CONFIRMED else EVERYBODY


async def of_organisation(
    session: AsyncSession, organisation_id: UUID, workshop_id: UUID | None = None
) -> dict[UUID, Audiences]:
    """What an organisation may see of each workshop to which it is invited or somebody of it came: as much as any of
    its people, see `of_person`. Two statements.
    """
    there = exists().where(col(Attendance.registration_id) == col(Registration.id), col(Attendance.present).is_(True))
    most = func.max(case((there, 2), (col(Registration.status) == RegistrationStatus.CONFIRMED, 1), else_=0))
    people = select(Registration.workshop_id, most).where(Registration.organisation_id == organisation_id)
    invited = select(Invitation.workshop_id).where(
        Invitation.organisation_id == organisation_id, Invitation.status != InvitationStatus.WITHDRAWN
    )
    if workshop_id is not None:
        people = people.where(Registration.workshop_id == workshop_id)
        invited = invited.where(Invitation.workshop_id == workshop_id)
    found = dict.fromkeys(await session.exec(invited), EVERYBODY)
    audiences = {1: REGISTERED, 2: THERE}
    for place, level in await session.exec(people.group_by(col(Registration.workshop_id))):
        if level in audiences:
            found[place] = audiences[level]
    return found


async def hold(session: AsyncSession, actor: Actor, workshop_id: UUID) -> Workshop:
    """The actor's own workshop, locked until the transaction ends: one at a time changes what it leaves behind.

    Registrations go on meanwhile. Raises NotFound.
    """
    await workshops.find(session, actor, workshop_id)
    lock = select(Workshop).where(Workshop.id == workshop_id).with_for_update(key_share=True)
    row = (await session.exec(lock, execution_options={"populate_existing": True})).first()
    if row is None:
        raise NotFound
    return row


def _is_ours(actor: Actor, workshop_id: UUID) -> bool:
    return actor.workshops is None or workshop_id in actor.workshops
