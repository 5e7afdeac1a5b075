"""Writes what a plan of an import says: people and their events in a few statements, under the capacity row's lock."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import insert, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import run
from service.domain import seats
from service.domain.imports import parts
from service.domain.imports_registrations import Plan
from service.domain.registrations_edit import edited
from service.events import (
    RegistrationConfirmed,
    RegistrationEvent,
    RegistrationRelinked,
    RegistrationRepresenting,
    RegistrationRequested,
    RegistrationsImported,
    RegistrationWaitlisted,
)
from service.models.invitations import Invitation
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.outbox import EventRow
from service.models.registrations import Registration, RegistrationStatus
from service.tokens import new_id

_NEW: Mapping[RegistrationStatus, type[RegistrationEvent]] = {
    RegistrationStatus.CONFIRMED: RegistrationConfirmed,
    RegistrationStatus.WAITLISTED: RegistrationWaitlisted,
    RegistrationStatus.PENDING: RegistrationRequested,
}
_TOLD: Mapping[type[RegistrationEvent], Occasion] = {
    RegistrationConfirmed: Occasion.CONFIRMATION,
    RegistrationWaitlisted: Occasion.WAITLISTED,
    RegistrationRequested: Occasion.REQUESTED,
    RegistrationRelinked: Occasion.LINKS_RENEWED,
    RegistrationRepresenting: Occasion.REPRESENTING,
}


async def carry_out(session: AsyncSession, actor: Actor, plan: Plan, *, notify: bool) -> None:
    """Takes over what is new and changed; `notify`: people are written to. The plan was made under the lock."""
    if not plan.new and not plan.changed:
        return
    for rows in parts(plan.new):
        await run(session, insert(Registration), [row.model_dump() for row in rows])
    if plan.new:
        await seats.keep(session, plan.capacity)
        await _keep_held(session, plan)
    for some in parts(plan.changed):
        for row, changes in some:
            for name, value in changes.items():
                setattr(row, name, value)
            row.sequence += "represents" in changes
            seats.touch(row)
        await session.flush()
    events = [_event(_NEW[row.status], row) for row in plan.new]
    events += [_event(kind, row) for row, changes in plan.changed for kind in edited(changes)]
    for part in parts(events):
        await _record(session, actor, part, notify=notify)
    done = RegistrationsImported(
        organizer_id=plan.workshop.organizer_id,
        workshop_id=plan.workshop.id,
        count=len(plan.new) + len(plan.changed),
    )
    await outbox.record(session, done, actor.label)


async def _keep_held(session: AsyncSession, plan: Plan) -> None:
    for invitation in plan.invitations.values():
        held = {"held_offline": invitation.held_offline, "held_online": invitation.held_online}
        await session.exec(update(Invitation).where(col(Invitation.id) == invitation.id).values(held))


def _event(kind: type[RegistrationEvent], row: Registration) -> RegistrationEvent:
    return kind(organizer_id=row.organizer_id, workshop_id=row.workshop_id, registration_id=row.id)


async def _record(session: AsyncSession, actor: Actor, events: Sequence[RegistrationEvent], *, notify: bool) -> None:
    rows = [outbox.row_of(session, event, actor.label) for event in events]
    await run(session, insert(EventRow), rows)
    if notify:
        return
    told = [_untold(event, row["id"]) for event, row in zip(events, rows, strict=True) if type(event) in _TOLD]
    if told:
        await run(session, insert(Message), told)


def _untold(event: RegistrationEvent, event_id: object) -> dict[str, object]:
    """The message that is not to be written, dropped before the event asks for it: staff see why nothing went out."""
    occasion = _TOLD[type(event)]
    assert isinstance(event_id, UUID)
    return Message(
        id=new_id(),
        organizer_id=event.organizer_id,
        workshop_id=event.workshop_id,
        registration_id=event.registration_id,
        occasion=occasion,
        occasion_key=f"{occasion}:{event.registration_id}:{event_id}",
        channel=Channel.NONE,
        status=MessageStatus.DROPPED,
        error="Diimpor tanpa pemberitahuan",
        created_at=clock.now(),
    ).model_dump()
