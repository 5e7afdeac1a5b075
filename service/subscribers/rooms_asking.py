"""What every reaction that asks a room provider has in common."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from service import clock
from service.clients import rooms as port
from service.clients.rooms import Admitted, Meeting, PersonalLink, RoomBusy, RoomGone, RoomProvider, RoomUnavailable
from service.domain import rooms_plan
from service.domain.rooms_links import wait
from service.domain.rooms_plan import Plan
from service.models.rooms import Room, RoomStatus
from service.outbox import Later, Park, Reaction

A_MOMENT = timedelta(minutes=1)
"""What is over sooner than anybody looks is not worth telling."""
ASK_SECONDS = 90
"""Longer than any client waits; well below the lease, after which others may ask."""


@asynccontextmanager
async def asking(reaction: Reaction, room: Room) -> AsyncIterator[None]:
    """Turns what providers answer into what the outbox understands: wait, try again, or leave it to a person."""
    try:
        async with asyncio.timeout(ASK_SECONDS):
            yield
    except TimeoutError as late:
        raise RoomUnavailable from late
    except RoomBusy as busy:
        pause = wait(busy.until)
        if room.status is RoomStatus.PENDING and pause > A_MOMENT:
            async with reaction.database.write() as session:
                await rooms_plan.note(session, room.id, rooms_plan.asked_to_wait())
        raise Later(pause) from busy
    except RoomGone as gone:
        async with reaction.database.write() as session:
            await rooms_plan.failed(session, room.id, rooms_plan.gone())
        raise Park(rooms_plan.gone()) from gone


def gate_of(reaction: Reaction, room: Room) -> RoomProvider | None:
    """The provider of a room, None when its settings are gone."""
    return port.provider(room.provider, reaction.settings)


def personal_gate(reaction: Reaction, room: Room) -> tuple[RoomProvider, str] | None:
    """The provider and its id of a room into which each person gets by a link of their own; None for other rooms."""
    gate = gate_of(reaction, room)
    if gate is None or room.external_id is None or not gate.capabilities.personal_links:
        return None
    return gate, room.external_id


def meeting_of(plan: Plan) -> Meeting:
    """The plan as the port wants it."""
    return Meeting(plan.key, plan.title, plan.timezone, plan.days)


class Lookup:
    """Who is let in already, asked for when somebody needs to know, and kept while that is new enough."""

    def __init__(self, gate: RoomProvider, external_id: str) -> None:
        self._gate = gate
        self._external_id = external_id
        self._asked_at: datetime | None = None
        self._people: list[Admitted] = []

    async def people(self) -> list[Admitted]:
        """Everybody, as of now."""
        self._asked_at = clock.real_now()
        self._people = await self._gate.admitted(self._external_id)
        return self._people

    async def find(self, email: str, since: datetime) -> PersonalLink | None:
        """The link of this address, as of `since` or later."""
        if self._asked_at is None or self._asked_at < since:
            await self.people()
        found = (one for one in self._people if one.email == email)
        return next((PersonalLink(one.url, one.external_id) for one in found), None)
