"""Makes rooms at their providers, keeps them as the workshop is planned, and closes them."""

from service.clients.rooms import OpenedRoom, RoomBusy, RoomProvider, RoomRefused, RoomUnavailable
from service.domain import rooms, rooms_budget, rooms_plan
from service.domain.rooms_links import wait
from service.domain.rooms_plan import Plan
from service.events import RoomCancelled, RoomRequested, WorkshopCancelled, WorkshopChanged
from service.models.rooms import Room, RoomStatus
from service.outbox import RETRY_GAPS, Later, Park, Reaction, subscribe
from service.subscribers.rooms_asking import asking, gate_of, meeting_of


@subscribe("rooms.open", RoomRequested)
async def open_(reaction: Reaction) -> None:
    """Has the room made, once: what an earlier attempt may have made is looked for first."""
    event = reaction.event
    assert isinstance(event, RoomRequested)
    async with reaction.database.read() as session:
        room, plan = await rooms_plan.planned(session, event.room_id)
    gate = gate_of(reaction, room)
    if room.status is RoomStatus.PENDING and gate is None:
        await _failed(reaction, room, rooms_plan.unconfigured())
    if gate is None:
        return
    if room.status is RoomStatus.PENDING:
        made = await _made(reaction, gate, room, plan)
        if made is None:
            return
        known, known_plan = made
        async with reaction.database.write() as session:
            await rooms_plan.opened(session, room.id, known.external_id, known.url, known.passcode, known_plan)
            room, plan = await rooms_plan.planned(session, room.id)
    if room.status is RoomStatus.ACTIVE:
        # An earlier attempt may have made it by half, or the workshop may be planned otherwise by now.
        await _bring_up_to_date(reaction, gate, room, plan)
    elif room.status is RoomStatus.CANCELLED:
        await _close(reaction, gate, room)


async def _made(reaction: Reaction, gate: RoomProvider, room: Room, plan: Plan) -> tuple[OpenedRoom, str | None] | None:
    """The room at the provider and the plan it surely knows; None when it will never make the room."""
    try:
        async with asking(reaction, room):
            found = await gate.find_room(str(room.id))
            return (found, None) if found else (await _create(reaction, gate, room, plan), plan.digest)
    except RoomRefused as refusal:
        await _failed(reaction, room, str(refusal))
        return None
    except RoomUnavailable:
        if reaction.attempt > len(RETRY_GAPS):
            await _failed(reaction, room, rooms_plan.never_answered())
            return None
        async with reaction.database.write() as session:
            await rooms_plan.note(session, room.id, rooms_plan.unanswered())
        raise


async def _create(reaction: Reaction, gate: RoomProvider, room: Room, plan: Plan) -> OpenedRoom:
    await _spend(reaction, gate, room, plan)
    try:
        return await gate.create_room(meeting_of(plan))
    except RoomBusy:
        await _give_back(reaction, gate, room, plan)
        raise


async def _spend(reaction: Reaction, gate: RoomProvider, room: Room, plan: Plan) -> None:
    """Counts what is about to be asked. Raises Later when today's budget does not suffice."""
    subject, limit = rooms_budget.meetings(room.provider), gate.capabilities.daily_writes
    async with reaction.database.write() as session:
        spent = await rooms_budget.spend(session, subject, gate.writes(meeting_of(plan)), limit)
        if not spent:
            await rooms_plan.note(session, room.id, rooms_plan.budget_spent())
    if not spent:
        raise Later(wait(rooms_budget.resets_at()))


async def _give_back(reaction: Reaction, gate: RoomProvider, room: Room, plan: Plan) -> None:
    async with reaction.database.write() as session:
        await rooms_budget.give_back(session, rooms_budget.meetings(room.provider), gate.writes(meeting_of(plan)))


async def _failed(reaction: Reaction, room: Room, words: str) -> None:
    async with reaction.database.write() as session:
        await rooms_plan.failed(session, room.id, words)


@subscribe("rooms.update", WorkshopChanged)
async def update(reaction: Reaction) -> None:
    """Tells providers of new times or a new title."""
    event = reaction.event
    assert isinstance(event, WorkshopChanged)
    async with reaction.database.read() as session:
        active = [await rooms_plan.planned(session, room.id) for room in await rooms.active(session, event.workshop_id)]
    for room, plan in active:
        gate = gate_of(reaction, room)
        if gate is not None and gate.capabilities.creates_rooms:
            await _bring_up_to_date(reaction, gate, room, plan)


async def _bring_up_to_date(reaction: Reaction, gate: RoomProvider, room: Room, plan: Plan) -> None:
    if room.external_id is None or room.plan == plan.digest or not gate.capabilities.creates_rooms:
        return
    await _spend(reaction, gate, room, plan)
    try:
        async with asking(reaction, room):
            await gate.update_room(room.external_id, meeting_of(plan))
    except RoomRefused as refusal:
        async with reaction.database.write() as session:
            await rooms_plan.note(session, room.id, str(refusal))
        raise Park(str(refusal)) from None
    async with reaction.database.write() as session:
        await rooms_plan.told(session, room.id, plan)


@subscribe("rooms.end", WorkshopCancelled)
async def end(reaction: Reaction) -> None:
    """Closes the rooms of a workshop that was called off."""
    event = reaction.event
    assert isinstance(event, WorkshopCancelled)
    async with reaction.database.write() as session:
        await rooms_plan.close_all(session, event.workshop_id)


@subscribe("rooms.close", RoomCancelled)
async def close(reaction: Reaction) -> None:
    """Tells the provider that a room is no longer used."""
    event = reaction.event
    assert isinstance(event, RoomCancelled)
    async with reaction.database.read() as session:
        room = await rooms.get(session, event.room_id)
    await _close(reaction, gate_of(reaction, room), room)


async def _close(reaction: Reaction, gate: RoomProvider | None, room: Room) -> None:
    """Also what an attempt made that could not say so any more."""
    if gate is None:
        return
    try:
        async with asking(reaction, room):
            found = None if room.external_id else await gate.find_room(str(room.id))
            external_id = found.external_id if found else room.external_id
            if external_id is not None:
                await gate.cancel_room(external_id)
    except RoomRefused as refusal:
        raise Park(str(refusal)) from None
