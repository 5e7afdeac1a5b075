"""The demo writes to people as the real service would: nothing for the past, and what is due when its time comes."""

from collections import Counter

import pytest
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.demo import MORNING
from service.demo.loader import Loader
from service.demo.world import World
from service.events import DataRequested
from service.models.messages import Message, Occasion, Reminder, ReminderStatus
from service.models.outbox import EventRow
from service.worker import Worker
from tests.factories import at

REMINDING = [one for one in Occasion if one.startswith("reminder")] + [Occasion.THANKS, Occasion.COMMITMENTS_DUE]


async def reminding(database: Database) -> Counter[str]:
    async with database.read() as session:
        found = await session.exec(select(Message.occasion).where(col(Message.occasion).in_(REMINDING)))
        return Counter(found)


async def requests_in_a_day(database: Database) -> set[int]:
    """How often organisations were asked for data on one day."""
    async with database.read() as session:
        rows = await session.exec(select(EventRow).where(EventRow.type == DataRequested.type))
        return set(Counter((row.data["organisation_id"], row.happened_at.date()) for row in rows).values())


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_on_the_first_morning_only_what_is_to_come_is_planned(database: Database, worker: Worker) -> None:
    loaded = await Loader(World.read(), "kata-sandi-demo").load(database, MORNING)
    clock.freeze(MORNING)
    await worker.drain()
    assert await reminding(database) == Counter()
    assert await requests_in_a_day(database) == {1}
    async with database.read() as session:
        rows = list(await session.exec(select(Reminder).order_by(col(Reminder.due_at))))
    assert rows
    assert all(row.due_at > MORNING and row.status is ReminderStatus.PLANNED for row in rows)
    mine = [(row.kind.value, row.due_at) for row in rows if row.workshop_id == loaded.workshop_id]
    assert ("each_day", at("07-04 07:30")) in mine
    assert any(kind == "commitments_day" for kind, _due in mine)
    clock.freeze(at("07-04 07:30"))
    await worker.drain()
    assert set(await reminding(database)) == {"reminder_each_day"}


@pytest.mark.soak
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_agencies_are_reminded_of_what_falls_due(database: Database, worker: Worker) -> None:
    await Loader(World.read(), "kata-sandi-demo").load(database, at("07-13 09:00"))
    clock.freeze(at("07-13 09:00"))
    await worker.drain()
    assert await reminding(database) == Counter()
    clock.freeze(at("07-20 08:00"))
    await worker.drain()
    assert set(await reminding(database)) == {"commitments_due"}
