"""People take their consent back, ask for erasure, and see what is kept about them (UU 27/2022, articles 6 to 13).

What proves that somebody was there (name, position, organisation, attendance) is kept until retention ends: the office
accounts for the workshop with it. Everything else goes, and from somebody who was not there everything.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists
from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import privacy_traces, registrations
from service.domain.privacy_own import kept_until, own_data
from service.events import RegistrationAnonymised, RegistrationEvent, RegistrationWithdrawn
from service.models.attendance import Attendance
from service.models.messages import Message, MessageStatus, Occasion
from service.models.registrations import LIVE, Registration
from service.models.rooms import RoomLink
from service.models.workshops import Workshop, WorkshopStatus

__all__ = ["erase", "fire", "is_kept_as_proof", "kept_until", "own_data", "waits", "withdraw"]

LATEST = timedelta(days=2)
"""After that the contact is erased though the last message has not gone; the law allows three days."""
AT_ONCE = 100

_GONE = (MessageStatus.SENT, MessageStatus.BOUNCED, MessageStatus.DROPPED, MessageStatus.UNREACHABLE)
_LAST_MESSAGE = exists().where(
    col(Message.registration_id) == col(Registration.id),
    col(Message.occasion) == Occasion.CANCELLED,
    col(Message.status).in_(_GONE),
)
_OPEN_LINK = exists().where(
    col(RoomLink.registration_id) == col(Registration.id),
    or_(col(RoomLink.url).is_not(None), col(RoomLink.revoked_at).is_(None)),
)


async def withdraw(session: AsyncSession, actor: Actor, registration_id: UUID) -> Registration:
    """The person takes the consent back: the place is given up while there is time, and nobody writes any more.

    The contact goes as soon as the message that confirms the cancellation has gone, within `LATEST`; without such a
    message at once. Withdrawing again changes nothing. Raises NotFound.
    """
    row, workshop, _capacity = await registrations.find_for_change(session, actor, registration_id)
    if row.withdrawn_at is not None or row.anonymised_at is not None:
        return row
    cancelled = await _give_up(session, actor, row, workshop)
    await _silence(session, actor, row)
    if cancelled and row.contact_key is not None:
        row.nip, row.answers, row.employment, row.rank = None, {}, None, None
        row.erasure_due_at = clock.now() + LATEST
        session.add(row)
        await session.flush()
    else:
        await _erase(session, actor, row, links=not cancelled)
    return row


async def erase(session: AsyncSession, actor: Actor, registration_id: UUID, reason: str | None = None) -> Registration:
    """Everything about the person that is no proof goes now, and everything about somebody who was not there.

    Not even the cancellation is written about any more. `reason`: why staff did it. Doing it again erases what has
    come in since. Raises NotFound.
    """
    row, workshop, _capacity = await registrations.find_for_change(session, actor, registration_id)
    under_way = row.erasure_due_at is not None
    cancelled = await _give_up(session, actor, row, workshop)
    await _silence(session, actor, row)
    await _erase(session, actor, row, links=not (cancelled or under_way))
    if reason is not None:
        row.reason = reason
        session.add(row)
        await session.flush()
    return row


async def waits(session: AsyncSession) -> bool:
    """Whether something can be erased now that had to wait: a look that is cheaper than writing nothing."""
    return bool(await _ready(session, 1))


async def fire(session: AsyncSession) -> int:
    """Erases what waited for a last message and for the provider to take a link back. Returns how many people."""
    ids = await _ready(session, AT_ONCE)
    # One order for all: at the door several people are locked at once too.
    for registration_id in sorted(ids):
        row = await registrations.lock(session, registration_id)
        if row.erasure_due_at is not None:
            await _erase(session, None, row, links=True)
    return len(ids)


async def is_kept_as_proof(session: AsyncSession, row: Registration) -> bool:
    """Whether somebody was there, so that name, position and organisation stay until retention ends."""
    query = select(Attendance.block_id).where(Attendance.registration_id == row.id, col(Attendance.present).is_(True))
    return row.anonymised_at is None and (await session.exec(query.limit(1))).first() is not None


async def _give_up(session: AsyncSession, actor: Actor, row: Registration, workshop: Workshop) -> bool:
    """Cancels what is still ahead; whether it did. What has taken place stays as it was."""
    over = workshop.status in (WorkshopStatus.CANCELLED, WorkshopStatus.COMPLETED) or clock.now() >= workshop.ends_at
    if row.status not in LIVE or over:
        return False
    await registrations.cancel(session, actor, row.id, None)
    return True


async def _silence(session: AsyncSession, actor: Actor, row: Registration) -> None:
    await privacy_traces.drop_messages(session, [row.id])
    if row.withdrawn_at is None:
        row.withdrawn_at = clock.now()
        session.add(row)
        await _record(session, actor, RegistrationWithdrawn, row)


async def _erase(session: AsyncSession, actor: Actor | None, row: Registration, *, links: bool) -> None:
    """`links` False: the provider has to take the person's link back first."""
    proof, before = await is_kept_as_proof(session, row), row.anonymised_at
    row.erasure_due_at = None if links else clock.now() + LATEST
    session.add(row)
    await session.flush()
    deed = privacy_traces.strip if proof or before else privacy_traces.anonymise
    await deed(session, [row], links=links)
    await session.refresh(row)
    if row.anonymised_at != before:
        await _record(session, actor, RegistrationAnonymised, row)


async def _ready(session: AsyncSession, most: int) -> Sequence[UUID]:
    waiting = col(Registration.erasure_due_at)
    quiet = and_(or_(col(Registration.contact_key).is_(None), _LAST_MESSAGE), ~_OPEN_LINK)
    query = select(Registration.id).where(waiting.is_not(None), or_(waiting <= clock.now(), quiet))
    return (await session.exec(query.order_by(waiting).limit(most))).all()


async def _record(session: AsyncSession, actor: Actor | None, kind: type[RegistrationEvent], row: Registration) -> None:
    await session.flush()
    event = kind(organizer_id=row.organizer_id, workshop_id=row.workshop_id, registration_id=row.id)
    await outbox.record(session, event, actor.label if actor else "system")
