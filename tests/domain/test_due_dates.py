"""Due dates that depend on a stage, on the workshop, on holidays or on their item follow; all others stay."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import i18n, outbox
from service.db import Database
from service.domain import commitments, commitments_requests, data_items, organizers, programmes, workshops
from service.domain.due_dates import FOLLOWED, working_days_away
from service.events import CommitmentRescheduled, DueDatesMoved, WorkshopChanged
from service.models.commitments import Axis, Commitment, DueRule
from service.models.commitments_shapes import (
    CommitmentCreate,
    ExtensionDecision,
    ExtensionRequest,
    PledgeCreate,
    ReasonGiven,
    ReassignmentCreate,
)
from service.models.data_items_shapes import DataItemCreate, DataItemPatch
from service.models.organizers_shapes import HolidayShape
from service.models.outbox import EventRow
from service.models.programmes_shapes import ProgrammeCreate, ProgrammePatch, StageShape
from service.models.workshops_shapes import WorkshopPatch
from service.worker import Worker
from tests.support.promises import Scene, history_of, scene, stored

Deed = Callable[[AsyncSession], Awaitable[object]]


def test_working_days_are_counted_both_ways_over_weekends_and_holidays() -> None:
    friday, monday = date(2023, 6, 30), date(2023, 7, 3)
    assert [working_days_away(monday, n, ()) for n in (0, 1, 5, -1, -6)] == [
        monday,
        date(2023, 7, 4),
        date(2023, 7, 10),
        friday,
        date(2023, 6, 23),
    ]
    assert working_days_away(monday, -1, {friday, date(2023, 6, 29)}) == date(2023, 6, 28)
    assert working_days_away(date(2023, 7, 1), 1, ()) == monday
    assert working_days_away(date.max, 3, ()) == date.max


class There:
    """A house in which one item of each rule was asked for: a day, a stage, after and before the workshop."""

    def __init__(self, database: Database, worker: Worker, s: Scene) -> None:
        self.database, self.worker, self.s = database, worker, s
        self.ids: dict[str, UUID] = {}

    async def ask(self, session: AsyncSession, code: str, **values: Any) -> None:
        item = DataItemCreate.model_validate({"code": code, "name": code} | values)
        await data_items.add(session, self.s.actor, item)
        data = CommitmentCreate(data_item=code, organisation=self.s.agency.code, workshop=self.s.workshop.id)
        self.ids[code] = (await commitments_requests.request(session, self.s.actor, data)).id

    async def due(self) -> dict[str, date | None]:
        return {code: (await stored(self.database, id_)).due_date for code, id_ in self.ids.items()}

    async def after(self, deed: Deed) -> dict[str, date | None]:
        """What is due when, after that and after the worker's next round."""
        async with self.database.write() as session:
            await deed(session)
        await self.worker.drain()
        return await self.due()

    async def told(self, kind: type[CommitmentRescheduled | DueDatesMoved]) -> list[EventRow]:
        async with self.database.read() as session:
            return list(await session.exec(select(EventRow).where(EventRow.type == kind.type)))


async def _there(database: Database, worker: Worker) -> There:
    async with database.write() as session:
        there = There(database, worker, await scene(session))
        stages = [
            StageShape(code="b1", label="Bimtek I", due_date=date(2023, 7, 21)),
            StageShape(code="b2", label="II"),
        ]
        await programmes.create(session, there.s.actor, ProgrammeCreate(code="sc", name="Smart City", stages=stages))
        await there.ask(session, "DAY", due_date="2023-07-14")
        await there.ask(session, "STAGE", programme="sc", due_stage="b1")
        await there.ask(session, "AFTER", due_days=3)
        await there.ask(session, "BEFORE", due_days=-2)
    await worker.drain()
    return there


FIRST = {
    "DAY": date(2023, 7, 14),
    "STAGE": date(2023, 7, 21),
    "AFTER": date(2023, 7, 7),
    "BEFORE": date(2023, 6, 29),
}


async def test_due_dates_follow_what_they_depend_on_and_organisations_are_told_once(
    database: Database, worker: Worker
) -> None:
    there = await _there(database, worker)
    actor = there.s.actor
    assert await there.due() == FIRST
    assert [(await stored(database, id_)).due_rule for id_ in there.ids.values()] == [
        DueRule.FIXED,
        DueRule.STAGE,
        DueRule.WORKSHOP,
        DueRule.WORKSHOP,
    ]

    async def a_week_later(session: AsyncSession) -> None:
        row, capacity = await workshops.find_for_change(session, actor, there.s.workshop.id)
        week = timedelta(days=7)
        patch = WorkshopPatch(starts_at=row.starts_at + week, ends_at=row.ends_at + week)
        await workshops.change(session, actor, row, capacity, patch)

    # The worker runs in the language of who started it, the history is written in that of the house.
    i18n.use("en")
    moved = await there.after(a_week_later)
    i18n.use(i18n.DEFAULT)
    assert moved == FIRST | {"AFTER": date(2023, 7, 14), "BEFORE": date(2023, 7, 6)}
    last = (await history_of(database, there.ids["AFTER"]))[-1]
    assert (last.axis, last.by, last.before, last.after) == (Axis.DUE_DATE, FOLLOWED, "2023-07-07", "2023-07-14")
    assert last.reason == "Jadwal kegiatan berubah."
    assert (len(await there.told(CommitmentRescheduled)), len(await there.told(DueDatesMoved))) == (2, 1)

    async def stage_moves(session: AsyncSession) -> None:
        row = await programmes.find(session, actor, "sc", lock=True)
        stages = [StageShape(code="b1", label="Bimtek I", due_date=date(2023, 8, 1))]
        await programmes.change(session, actor, row, ProgrammePatch(stages=stages))

    moved |= {"STAGE": date(2023, 8, 1)}
    assert await there.after(stage_moves) == moved

    async def holiday(session: AsyncSession) -> None:
        house = await organizers.own(session, actor, lock=True)
        off = HolidayShape(day=date(2023, 7, 5), name="Cuti bersama", kind="cuti_bersama")
        await organizers.replace_holidays(session, actor, house, [off])

    # Monday 10 July is the first day now: two working days before it, without the fifth, is the sixth still.
    assert await there.after(holiday) == moved
    off = [date(2023, 7, 6), date(2023, 7, 13)]

    async def holidays(session: AsyncSession) -> None:
        house = await organizers.own(session, actor, lock=True)
        shapes = [HolidayShape(day=day, name="Cuti bersama", kind="cuti_bersama") for day in off]
        await organizers.replace_holidays(session, actor, house, shapes)

    moved |= {"AFTER": date(2023, 7, 17), "BEFORE": date(2023, 7, 5)}
    assert await there.after(holidays) == moved

    async def item_changes(session: AsyncSession) -> None:
        for code, patch in (
            ("AFTER", {"due_days": 1}),
            ("STAGE", {"due_date": "2023-09-01"}),
            ("DAY", {"due_days": 9}),
        ):
            row = await data_items.find(session, actor, code, lock=True)
            await data_items.change(session, actor, row, DataItemPatch.model_validate(patch))

    moved |= {"AFTER": date(2023, 7, 12), "STAGE": date(2023, 9, 1)}
    assert await there.after(item_changes) == moved
    assert (await stored(database, there.ids["STAGE"])).due_rule is DueRule.FIXED


async def test_what_is_set_by_hand_or_settled_stays_where_it_is(database: Database, worker: Worker) -> None:
    there = await _there(database, worker)
    s, actor = there.s, there.s.actor
    until = date(2023, 7, 20)
    async with database.write() as session:
        await there.ask(session, "DECLINED", due_days=3)
        await there.ask(session, "STEWARD", due_days=3)
        await there.ask(session, "ASKED", due_days=3)
        await there.ask(session, "ASKED_LONG", due_days=3)
        await commitments.decline(session, actor, there.ids["DECLINED"], ReasonGiven(reason="Bukan kewenangan kami"))
        await commitments.extend(session, actor, there.ids["STEWARD"], ExtensionDecision(until=until))
        for code, asked in (("ASKED", date(2023, 7, 11)), ("ASKED_LONG", date(2023, 8, 31))):
            data = ExtensionRequest(until=asked, reason="Menunggu audit")
            await commitments.ask_extension(session, s.agency_actor(), there.ids[code], data)
        await commitments.pledge(session, actor, there.ids["AFTER"], PledgeCreate(signatory_office="Kepala"))

    async def a_week_later(session: AsyncSession) -> None:
        row, capacity = await workshops.find_for_change(session, actor, s.workshop.id)
        await workshops.change(session, actor, row, capacity, WorkshopPatch(ends_at=row.ends_at + timedelta(days=7)))

    moved = await there.after(a_week_later)
    new, old = date(2023, 7, 14), date(2023, 7, 7)
    wanted = {"DECLINED": old, "STEWARD": until, "ASKED": new, "ASKED_LONG": new, "AFTER": new}
    assert moved == FIRST | wanted
    rows = {code: await stored(database, there.ids[code]) for code in ("ASKED", "ASKED_LONG", "STEWARD")}
    assert [row.requested_until for row in rows.values()] == [None, date(2023, 8, 31), None]
    assert rows["STEWARD"].due_rule is DueRule.FIXED
    async with database.write() as session:
        instead = ReassignmentCreate(organisation=s.other.code)
        successor = await commitments_requests.reassign(session, actor, there.ids["DECLINED"], instead)
        assert (successor.due_date, successor.due_rule) == (old, DueRule.WORKSHOP)
    # Asked for with the date of before: the worker catches up with what moved meanwhile.
    await worker.drain()
    assert (await stored(database, successor.id)).due_date == new


async def test_the_same_event_again_moves_and_tells_nothing(database: Database, worker: Worker) -> None:
    there = await _there(database, worker)
    async with database.write() as session:
        for _again in range(2):
            event = WorkshopChanged(organizer_id=there.s.house.id, workshop_id=there.s.workshop.id, what="time")
            await outbox.record(session, event)
    await worker.drain()
    assert await there.due() == FIRST
    assert await there.told(DueDatesMoved) == []
    async with database.read() as session:
        versions = (await session.exec(select(Commitment.version).order_by(col(Commitment.id)))).all()
    assert set(versions) == {1}
