"""Reminders follow agenda, holidays and due dates, never the other way round, and fire once."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.sql.selectable import GenerativeSelect
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.domain import reminders
from service.domain.working_days import working_day_before, working_day_until
from service.events import ReminderFired
from service.models.commitments import Commitment, FulfilmentStatus
from service.models.data_items import DataItem
from service.models.messages import Reminder, ReminderStatus
from service.models.organizers import Holiday, Organizer
from service.models.outbox import EventRow
from service.models.workshops import AttendanceBlock, ReminderKind, Workshop, WorkshopStatus
from service.tokens import new_id
from tests import factories
from tests.factories import at

AGENDA = {
    ("week", "2023-07-03"): at("06-26 08:00"),
    ("day", "2023-07-03"): at("06-30 08:00"),
    ("hour", "2023-07-03"): at("07-03 08:15"),
    ("each_day", "2023-07-04"): at("07-04 07:30"),
}
"""The factories' workshop begins on a Monday at 09.15."""


async def make(database: Database, **values: Any) -> Workshop:
    async with database.write() as session:
        return await factories.workshop(session, await factories.organizer(session), **values)


async def plan(database: Database, gathering: Workshop) -> None:
    async with database.write() as session:
        await reminders.plan(session, gathering.id)


async def rows(database: Database, gathering: Workshop) -> list[Reminder]:
    async with database.read() as session:
        query = select(Reminder).where(Reminder.workshop_id == gathering.id)
        return list(await session.exec(query.order_by(col(Reminder.due_at), col(Reminder.id))))


async def planned(database: Database, gathering: Workshop) -> dict[tuple[str, str], object]:
    return {
        (row.kind.value, row.about.isoformat()): row.due_at
        for row in await rows(database, gathering)
        if row.status is ReminderStatus.PLANNED
    }


async def fire(database: Database) -> int:
    async with database.write() as session:
        return await reminders.fire(session)


async def fired_events(database: Database) -> list[EventRow]:
    async with database.read() as session:
        return list(await session.exec(select(EventRow).where(EventRow.type == ReminderFired.type)))


async def shift(database: Database, gathering: Workshop, by: timedelta) -> None:
    """Moves the workshop and its half-days, as `workshops.change` does."""
    async with database.write() as session:
        row = await session.get_one(Workshop, gathering.id)
        row.starts_at, row.ends_at = row.starts_at + by, row.ends_at + by
        session.add(row)
        for block in await session.exec(select(AttendanceBlock).where(AttendanceBlock.workshop_id == gathering.id)):
            block.starts_at, block.ends_at = block.starts_at + by, block.ends_at + by
            session.add(block)


async def change(database: Database, gathering: Workshop, **values: Any) -> None:
    async with database.write() as session:
        row = await session.get_one(Workshop, gathering.id)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


async def holiday(database: Database, gathering: Workshop, *days: str) -> None:
    async with database.write() as session:
        for day in days:
            session.add(Holiday(organizer_id=gathering.organizer_id, day=date.fromisoformat(day), name="Cuti bersama"))


async def owing(database: Database, gathering: Workshop, due: str, **values: Any) -> UUID:
    async with database.write() as session:
        house = await session.get_one(Organizer, gathering.organizer_id)
        agency = await factories.organisation(session, house)
        code = f"c-{new_id()}"
        item = DataItem(organizer_id=house.id, code=code, name="Jumlah pengunjung")
        session.add(item)
        await session.flush()
        row = Commitment(
            organizer_id=house.id,
            workshop_id=gathering.id,
            data_item_id=item.id,
            organisation_id=agency.id,
            code=code,
            due_date=date.fromisoformat(due),
            **values,
        )
        session.add(row)
        await session.flush()
        return row.id


async def test_a_published_workshop_is_reminded_of_on_working_days_in_its_own_zone(database: Database) -> None:
    gathering = await make(database)
    await plan(database, gathering)
    assert await planned(database, gathering) == AGENDA
    stale = {row.kind.value: row.stale_at for row in await rows(database, gathering)}
    assert stale == {
        "week": at("06-30 08:00"),
        "day": at("07-03 08:15"),
        "hour": at("07-03 09:45"),
        "each_day": at("07-04 09:00"),
    }


async def test_planning_twice_or_for_a_draft_changes_nothing(database: Database) -> None:
    gathering, draft = await make(database), await make(database, status=WorkshopStatus.DRAFT)
    for _ in range(2):
        await plan(database, gathering)
        await plan(database, draft)
    assert await planned(database, gathering) == AGENDA
    assert await rows(database, draft) == []


async def test_a_holiday_before_the_day_moves_the_reminder_ahead(database: Database) -> None:
    gathering = await make(database)
    await plan(database, gathering)
    await holiday(database, gathering, "2023-06-30", "2023-06-29", "2023-06-26")
    await plan(database, gathering)
    after = await planned(database, gathering)
    assert after["day", "2023-07-03"] == at("06-28 08:00")
    assert after["week", "2023-07-03"] == at("06-23 08:00")
    assert len(after) == 4


async def test_holidays_that_leave_no_time_between_make_one_reminder_of_two(database: Database) -> None:
    gathering = await make(database)
    await holiday(database, gathering, *(f"2023-06-{day}" for day in (26, 27, 28, 29, 30)))
    await plan(database, gathering)
    after = await planned(database, gathering)
    assert after["day", "2023-07-03"] == at("06-23 08:00")
    assert ("week", "2023-07-03") not in after


async def test_a_workshop_published_late_has_no_reminders_for_the_past(database: Database) -> None:
    gathering = await make(database)
    clock.freeze(at("06-30 08:00"))
    await plan(database, gathering)
    assert set(await planned(database, gathering)) == {("hour", "2023-07-03"), ("each_day", "2023-07-04")}
    assert await fire(database) == 0


async def test_a_postponement_moves_what_was_not_sent_and_sends_again_what_was(database: Database) -> None:
    gathering = await make(database)
    await plan(database, gathering)
    clock.freeze(at("06-26 08:00"))
    assert await fire(database) == 1
    await shift(database, gathering, timedelta(weeks=2))
    await plan(database, gathering)
    assert await planned(database, gathering) == {
        ("week", "2023-07-17"): at("07-10 08:00"),
        ("day", "2023-07-17"): at("07-14 08:00"),
        ("hour", "2023-07-17"): at("07-17 08:15"),
        ("each_day", "2023-07-18"): at("07-18 07:30"),
    }
    kept = [row for row in await rows(database, gathering) if row.status is ReminderStatus.FIRED]
    assert [(row.kind, row.about) for row in kept] == [(ReminderKind.WEEK, date(2023, 7, 3))]


async def test_a_delay_on_the_same_day_plans_the_fired_reminder_again_but_never_for_the_past(
    database: Database,
) -> None:
    gathering = await make(database, reminders=["hour"])
    await plan(database, gathering)
    clock.freeze(at("07-03 08:15"))
    await fire(database)
    await shift(database, gathering, timedelta(hours=2))
    await plan(database, gathering)
    assert (await planned(database, gathering))["hour", "2023-07-03"] == at("07-03 10:15")
    clock.freeze(at("07-03 10:15"))
    await fire(database)
    await shift(database, gathering, timedelta(minutes=-30))
    await plan(database, gathering)
    assert ("hour", "2023-07-03") not in await planned(database, gathering)
    assert len(await fired_events(database)) == 2


async def test_a_row_that_was_sent_and_planned_again_stays_when_its_day_goes_away(database: Database) -> None:
    gathering = await make(database, reminders=["hour"])
    await plan(database, gathering)
    clock.freeze(at("07-03 08:15"))
    await fire(database)
    await shift(database, gathering, timedelta(hours=2))
    await plan(database, gathering)
    await shift(database, gathering, timedelta(days=1))
    await plan(database, gathering)
    [sent] = [row for row in await rows(database, gathering) if row.about == date(2023, 7, 3) and row.fired_at]
    assert (sent.kind, sent.status) == (ReminderKind.HOUR, ReminderStatus.FIRED)


async def test_what_is_switched_off_or_cancelled_is_not_planned(database: Database) -> None:
    gathering = await make(database)
    await plan(database, gathering)
    await change(database, gathering, reminders=["hour"])
    await plan(database, gathering)
    assert set(await planned(database, gathering)) == {("hour", "2023-07-03")}
    await change(database, gathering, status=WorkshopStatus.CANCELLED)
    await plan(database, gathering)
    assert await rows(database, gathering) == []


async def test_thanks_are_due_at_once_and_once(database: Database) -> None:
    gathering = await make(database)
    clock.freeze(at("07-04 17:00"))
    await change(database, gathering, status=WorkshopStatus.COMPLETED)
    await plan(database, gathering)
    assert await planned(database, gathering) == {("thanks", "2023-07-04"): at("07-04 17:00")}
    assert await fire(database) == 1
    clock.freeze(at("07-05 09:00"))
    await shift(database, gathering, timedelta(days=1))
    await plan(database, gathering)
    assert await fire(database) == 0
    assert len(await rows(database, gathering)) == 1


async def test_what_was_dropped_is_still_said_when_the_workshop_is_completed(database: Database) -> None:
    gathering = await make(database, reminders=["hour", "each_day"])
    await plan(database, gathering)
    clock.freeze(at("07-03 12:00"))
    await fire(database)
    await change(database, gathering, status=WorkshopStatus.COMPLETED)
    await plan(database, gathering)
    assert [(row.kind, row.status) for row in await rows(database, gathering)] == [
        (ReminderKind.HOUR, ReminderStatus.DROPPED)
    ]


async def test_nobody_is_thanked_for_what_was_long_ago(database: Database) -> None:
    gathering = await make(database, status=WorkshopStatus.COMPLETED)
    clock.freeze(at("08-04 09:00"))
    await plan(database, gathering)
    assert await rows(database, gathering) == []


async def test_due_dates_of_what_is_owed_are_reminded_of_on_working_days(database: Database) -> None:
    gathering = await make(database, reminders=["commitments_week", "commitments_day"])
    await owing(database, gathering, "2023-07-24")
    submitted = await owing(database, gathering, "2023-07-28")
    await plan(database, gathering)
    monday = {
        ("commitments_week", "2023-07-24"): at("07-17 08:00"),
        ("commitments_day", "2023-07-24"): at("07-21 08:00"),
    }
    friday = {
        ("commitments_week", "2023-07-28"): at("07-21 08:00"),
        ("commitments_day", "2023-07-28"): at("07-27 08:00"),
    }
    assert await planned(database, gathering) == monday | friday
    async with database.write() as session:
        row = await session.get_one(Commitment, submitted)
        row.fulfilment_status = FulfilmentStatus.SUBMITTED
        session.add(row)
    await plan(database, gathering)
    assert await planned(database, gathering) == monday
    [last] = [row for row in await rows(database, gathering) if row.kind is ReminderKind.COMMITMENTS_DAY]
    assert last.stale_at == clock.end_of_day(date(2023, 7, 24), "Asia/Makassar")


async def test_what_came_too_late_is_dropped_instead_of_sent(database: Database) -> None:
    gathering = await make(database)
    await plan(database, gathering)
    clock.freeze(at("07-03 09:20"))
    assert await fire(database) == 3
    statuses = {row.kind.value: row.status.value for row in await rows(database, gathering)}
    assert statuses == {"week": "dropped", "day": "dropped", "hour": "fired", "each_day": "planned"}
    assert len(await fired_events(database)) == 1


async def test_after_a_weekend_without_a_worker_only_the_last_reminder_goes_out(database: Database) -> None:
    gathering = await make(database)
    await plan(database, gathering)
    clock.freeze(at("07-03 08:15"))
    await fire(database)
    statuses = {row.kind.value: row.status.value for row in await rows(database, gathering)}
    assert statuses == {"week": "dropped", "day": "dropped", "hour": "fired", "each_day": "planned"}


@pytest.mark.parametrize(
    ("zone", "begin", "end", "expected"),
    [
        ("Asia/Makassar", "2023-07-03T08:00+08:00", "2023-07-03T16:00+08:00", []),
        ("Asia/Makassar", "2023-07-03T20:00+08:00", "2023-07-04T01:00+08:00", []),
        ("Asia/Jayapura", "2023-07-06T08:00+09:00", "2023-07-11T12:00+09:00", ["07-07 06:00", "07-11 06:00"]),
        ("America/New_York", "2023-11-03T22:00-04:00", "2023-11-06T23:00-05:00", ["11-07 10:00"]),
    ],
)
async def test_a_workshop_without_half_days_begins_every_working_day_as_on_the_first(
    database: Database, zone: str, begin: str, end: str, expected: list[str]
) -> None:
    times = {"starts_at": datetime.fromisoformat(begin), "ends_at": datetime.fromisoformat(end), "timezone": zone}
    gathering = await make(database, blocks=False, reminders=["each_day"], **times)
    await holiday(database, gathering, "2023-07-10")
    await plan(database, gathering)
    assert list((await planned(database, gathering)).values()) == [at(day) for day in expected]


async def test_an_agenda_that_moved_while_nobody_worked_is_heeded_before_anything_is_sent(database: Database) -> None:
    gathering = await make(database)
    await plan(database, gathering)
    await shift(database, gathering, timedelta(weeks=2))
    clock.freeze(at("07-03 08:15"))
    assert await fire(database) == 0
    assert await fired_events(database) == []
    assert (await planned(database, gathering))["hour", "2023-07-17"] == at("07-17 08:15")


async def four_due(database: Database) -> None:
    for _ in range(4):
        await plan(database, await make(database, reminders=["hour"]))


async def race(database: Database) -> list[object]:
    """The reminders that six workers fire who all begin at the same moment (on SQLite writers queue)."""
    clock.freeze(at("07-03 08:15"))
    gate = asyncio.Barrier(6)

    async def work() -> None:
        async with database.write() as session:
            if database.dialect == "postgresql":
                await session.connection()
                await gate.wait()
            await reminders.fire(session)

    async with asyncio.timeout(60):
        await asyncio.gather(*(work() for _ in range(6)))
    return [row.data["reminder_id"] for row in await fired_events(database)]


async def test_workers_that_begin_at_once_fire_a_reminder_once(database: Database) -> None:
    await four_due(database)
    fired = await race(database)
    assert len(fired) == len(set(fired)) == 4


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
async def test_without_the_locks_a_reminder_fires_more_than_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await four_due(database)
    gate = asyncio.Barrier(6)

    async def plan_and_wait(*_rows: object) -> None:
        await gate.wait()

    monkeypatch.setattr(GenerativeSelect, "with_for_update", lambda self, **_: self)
    monkeypatch.setattr(reminders, "_plan", plan_and_wait)
    fired = await race(database)
    assert len(fired) > len(set(fired)) == 4


async def test_looking_for_what_is_due_costs_one_query_when_there_is_nothing(database: Database) -> None:
    for _ in range(3):
        await plan(database, await make(database))
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    assert await fire(database) == 0
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    assert len([one for one in statements if one.startswith("SELECT")]) == 1


@pytest.mark.parametrize(
    ("day", "before", "until"),
    [("2023-07-03", "2023-06-28", "2023-07-03"), ("2023-07-02", "2023-06-28", "2023-06-28")],
)
def test_working_days_leave_out_weekends_and_holidays(day: str, before: str, until: str) -> None:
    holidays = {date(2023, 6, 29), date(2023, 6, 30)}
    assert working_day_before(date.fromisoformat(day), holidays) == date.fromisoformat(before)
    assert working_day_until(date.fromisoformat(day), holidays) == date.fromisoformat(until)
