"""Planning a workshop: what a change tells the others, and what cannot be undone."""

from typing import Any

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock
from service.db import Database
from service.domain import agenda, workshops
from service.errors import BlockInUse, InvalidInput
from service.models.attendance import Attendance, Checkin, Direction, Method, Presence, PresenceMatch, Verdict
from service.models.outbox import EventRow
from service.models.workshops import Mode, Workshop, WorkshopStatus
from service.models.workshops_shapes import AgendaItemInput, BlockInput, WorkshopCreate, WorkshopPatch
from service.tokens import new_id
from tests import factories
from tests.factories import at


async def _planned(session: AsyncSession, **values: Any) -> tuple[auth.Actor, Workshop]:
    house = await factories.organizer(session)
    return auth.system(house.id), await factories.workshop(session, house, venue_name="Aula", **values)


async def _change(session: AsyncSession, actor: auth.Actor, row: Workshop, **patch: object) -> Workshop:
    workshop, capacity = await workshops.find_for_change(session, actor, row.id)
    return await workshops.change(session, actor, workshop, capacity, WorkshopPatch.model_validate(patch))


async def _told(session: AsyncSession) -> list[tuple[str, object]]:
    rows = await session.exec(select(EventRow).order_by(col(EventRow.id)))
    return [(row.type, row.data.get("what")) for row in rows]


@pytest.mark.parametrize(
    ("patch", "what", "sequence"),
    [
        ({"title": "Judul lain"}, "details", 0),
        ({"basis_letter": "005/12/Kominfo"}, "details", 0),
        ({"ends_at": "2023-07-04T17:00:00+08:00"}, "time", 1),
        ({"timezone": "Asia/Jakarta"}, "time", 1),
        ({"venue": {"address": "Belopa"}}, "venue", 1),
        ({"modality": "offline"}, "modality", 1),
        ({"capacity": {"offline": {"limit": 5}}}, "capacity", 0),
        ({"agenda": []}, "agenda", 0),
        ({"starts_at": "2023-08-07T08:00:00+08:00", "ends_at": "2023-08-08T16:00:00+08:00"}, "time", 1),
        ({"title": "Lain", "venue": None, "capacity": {"online": {"limit": 5}}}, "venue,capacity,details", 1),
    ],
)
async def test_a_change_says_what_changed_and_calendars_count_time_and_place(
    database: Database, patch: dict[str, object], what: str, sequence: int
) -> None:
    async with database.write() as session:
        actor, row = await _planned(session)
        changed = await _change(session, actor, row, **patch)
        assert (changed.version, changed.sequence) == (2, sequence)
        assert await _told(session) == [("workshop.changed", what)]


async def test_a_change_of_nothing_is_not_told(database: Database) -> None:
    async with database.write() as session:
        actor, row = await _planned(session)
        await _change(session, actor, row, title=row.title, venue={"name": "Aula"})
        assert row.version == 1
        assert await _told(session) == []


async def test_a_new_time_of_a_block_is_a_change_of_time(database: Database) -> None:
    async with database.write() as session:
        actor, row = await _planned(session)
        item = AgendaItemInput(title="Materi", starts_at=at("07-03 09:30"), ends_at=at("07-03 11:45"), block="D1P")
        await workshops.replace_agenda(session, actor, row, [item])
        assert await _told(session) == [("workshop.changed", "time,agenda")]
        assert row.sequence == 1


async def test_the_life_of_a_workshop_is_told_and_counted(database: Database) -> None:
    async with database.write() as session:
        actor, row = await _planned(session, status=WorkshopStatus.DRAFT)
        clock.freeze(at("06-21 10:00"))
        await workshops.publish(session, actor, row.id)
        last = await agenda.last_start(session, row)
        clock.freeze(last)
        await workshops.complete(session, actor, row.id)
        assert (row.version, row.sequence, row.updated_at) == (3, 2, last)
        _actor, other = await _planned(session)
        await workshops.cancel(session, _actor, other.id, "Cuti bersama")
        assert other.cancellation_reason == "Cuti bersama"
        assert [kind for kind, _ in await _told(session)] == [
            "workshop.published",
            "workshop.completed",
            "workshop.cancelled",
        ]


@pytest.mark.parametrize("fact", ["scan", "attendance"])
async def test_a_block_at_which_somebody_was_cannot_go(database: Database, fact: str) -> None:
    async with database.write() as session:
        actor, row = await _planned(session)
        plan = await agenda.load(session, row)
        person = await factories.registration(session, row)
        session.add(
            Checkin(
                organizer_id=row.organizer_id,
                workshop_id=row.id,
                registration_id=person.id,
                block_id=plan.blocks[0].id,
                direction=Direction.IN,
                method=Method.QR,
                nonce=new_id(),
                claimed_at=at("07-03 09:00"),
                happened_at=at("07-03 09:00"),
                verdict=Verdict.ACCEPTED,
            )
            if fact == "scan"
            else Attendance(
                registration_id=person.id,
                block_id=plan.blocks[0].id,
                workshop_id=row.id,
                present=True,
                last_fact_at=at("07-03 09:00"),
            )
        )
        await session.flush()
        left = [BlockInput(code=block.code, label=block.label, hours=block.hours) for block in plan.blocks]
        with pytest.raises(BlockInUse) as refusal:
            await workshops.replace_blocks(session, actor, row, left[1:])
        assert refusal.value.extra == {"block": "D1P"}
    async with database.write() as session:
        row = await session.get_one(Workshop, row.id)
        await workshops.replace_blocks(session, actor, row, left[:1])
        assert [block.code for block in (await agenda.load(session, row)).blocks] == ["D1P"]


async def test_a_whole_plan_is_created_at_once_and_ids_of_another_are_not_taken_over(database: Database) -> None:
    foreign = new_id()
    async with database.write() as session:
        house = await factories.organizer(session, timezone="Asia/Jayapura")
        item = AgendaItemInput(
            id=foreign, title="Materi", starts_at=at("07-03 09:00"), ends_at=at("07-03 10:30"), block="D1P"
        )
        data = WorkshopCreate(
            title="Bimtek II",
            modality="hybrid",
            starts_at=at("07-03 08:00"),
            ends_at=at("07-03 16:00"),
            blocks=[BlockInput(code="D1P", label="Pagi", hours=2)],
            agenda=[item],
        )
        row = await workshops.create(session, auth.system(house.id), data)
    async with database.read() as session:
        plan = await agenda.load(session, row)
        assert (row.timezone, row.status, row.slug) == ("Asia/Jayapura", "draft", "bimtek-ii")
        assert [one.id == foreign for one in plan.items] == [False]
        assert plan.times() == {plan.blocks[0].id: (at("07-03 09:00"), at("07-03 10:30"))}
        assert await _told(session) == [("workshop.created", None)]


async def test_an_entry_of_another_workshop_is_not_taken_over(database: Database) -> None:
    async with database.write() as session:
        actor, row = await _planned(session)
        _actor, other = await _planned(session)
        theirs = (await agenda.load(session, other)).items[0]
        item = AgendaItemInput(id=theirs.id, title="x", starts_at=at("07-03 09:00"), ends_at=at("07-03 10:00"))
        with pytest.raises(InvalidInput) as refusal:
            await workshops.replace_agenda(session, actor, row, [item])
        assert refusal.value.extra["errors"][0]["pointer"] == "/items/0/id"  # type: ignore[index]  # extra holds objects


async def test_a_shorter_block_counts_fewer_minutes_at_once(database: Database) -> None:
    async with database.write() as session:
        actor, row = await _planned(session)
        person = await factories.registration(session, row, mode=Mode.ONLINE)
        seen = Presence(
            organizer_id=row.organizer_id,
            workshop_id=row.id,
            external_id="z1",
            display_name="Peserta",
            joined_at=at("07-03 09:00"),
            left_at=at("07-03 11:45"),
        )
        session.add(seen)
        await session.flush()
        session.add(PresenceMatch(presence_id=seen.id, registration_id=person.id))
        await session.flush()
        minutes = select(Attendance.minutes, Attendance.present).where(Attendance.registration_id == person.id)
        for end, expected in [("11:45", (150, True)), ("10:00", (45, False))]:
            item = AgendaItemInput(title="x", starts_at=at("07-03 09:15"), ends_at=at(f"07-03 {end}"), block="D1P")
            await workshops.replace_agenda(session, actor, row, [item])
            assert (await session.exec(minutes)).all() == [expected]
