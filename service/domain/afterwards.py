"""What a workshop leaves behind, minutes and materials: who may see it, and the lock under which it is changed."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import workshops
from service.models.attendance import Attendance
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
    participants; whoever was there what is for attendees too; strangers what is public.
    """
    row = await session.get(Workshop, workshop_id)
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


async def hold(session: AsyncSession, actor: Actor, workshop_id: UUID) -> Workshop:
    """The actor's own workshop, locked until the transaction ends: one at a time changes what it leaves behind.

    Registrations go on meanwhile. Raises NotFound.
    """
    await workshops.find(session, actor, workshop_id)
    lock = select(Workshop).where(Workshop.id == workshop_id).with_for_update(key_share=True)
    return (await session.exec(lock, execution_options={"populate_existing": True})).one()


def _is_ours(actor: Actor, workshop_id: UUID) -> bool:
    return actor.workshops is None or workshop_id in actor.workshops
