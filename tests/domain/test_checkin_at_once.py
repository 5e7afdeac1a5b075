"""The quick way through the door tells and stores exactly what the long way does, and gives way in every race."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock
from service.db import Database, run_sql
from service.domain import checkin_at_once, checkin_facts
from service.models.attendance import Annulment, Attendance, Checkin
from service.models.attendance_shapes import CheckinCreate
from service.models.outbox import EventRow
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Mode
from tests import factories
from tests.factories import at
from tests.support.door import Door, Json, scan, undo

MORNING = at("07-03 09:02")
NONCES = UUID(int=7)


@dataclass
class Way:
    """A door whose scans all go one way, quick where it can be or long."""

    door: Door
    quick: bool
    told: list[Json] = field(default_factory=list)
    at_once: int = 0
    words: dict[str, str] = field(default_factory=dict)
    people: int = 0

    async def person(self, **values: Any) -> tuple[Registration, Json]:
        self.people += 1
        row, ticket = await self.door.person(number=self.people, name=f"Peserta {self.people}", **values)
        self.words[str(row.id)] = f"person {self.people}"
        return row, ticket

    async def scan(self, who: Json, instant: datetime | None = None, **values: Any) -> Json:
        """Sends a scan whose nonce is the same on both ways, and gives it back."""
        nonce = str(uuid5(NONCES, str(len(self.told))))
        item = scan(who, instant or clock.now(), **({"nonce": nonce} | values))
        told = await self._at_once(item) if self.quick else None
        self.at_once += told is not None
        # A key keeps the route from trying the quick way.
        told = told or await self.door.send(item, self.door.headers | {"Idempotency-Key": str(uuid4())})
        self.told.append(told)
        self.words.setdefault(str(told["checkin_id"]), f"scan {len(self.told)}")
        return item

    async def _at_once(self, item: Json) -> Json | None:
        token = self.door.headers["Authorization"].removeprefix("Bearer ")
        data = CheckinCreate.model_validate(item)
        told = await checkin_at_once.check_in(self.door.database, token, self.door.workshop.id, data)
        return told.model_dump(mode="json") if told else None

    async def stored(self) -> object:
        """Every row that the scans have left."""
        door = self.door
        async with door.database.read() as session:
            blocks = select(AttendanceBlock).where(AttendanceBlock.workshop_id == door.workshop.id)
            self.words |= {str(block.id): block.code for block in await session.exec(blocks)}
            scans = select(Checkin).where(Checkin.workshop_id == door.workshop.id).order_by(col(Checkin.nonce))
            present = select(Attendance).where(Attendance.workshop_id == door.workshop.id)
            events = select(EventRow).where(EventRow.organizer_id == door.house.id, EventRow.type == "checkin.recorded")
            rows = [row.model_dump(mode="json") for query in (scans, present) for row in await session.exec(query)]
            rows += [row.model_dump(mode="json", exclude={"id"}) for row in await session.exec(events)]
        for row in rows:
            row["ticket_hash"] = bool(row.get("ticket_hash"))
        self.words |= {str(row["device_id"]): "device" for row in rows if row.get("device_id")}
        self.words |= {str(door.house.id): "house", str(door.workshop.id): "workshop"}
        return sorted(json.dumps(row, sort_keys=True) for row in self.in_words(rows))

    def in_words(self, told: list[Json]) -> list[Json]:
        """The same without ids, which differ."""
        text = json.dumps(told)
        for known, word in self.words.items():
            text = text.replace(known, word)
        found: list[Json] = json.loads(text)
        return found


Case = Callable[[Way], Awaitable[None]]
CASES: list[tuple[Case, int]] = []


def case(at_once: int) -> Callable[[Case], Case]:
    """A way of arriving, and how many of its scans the quick way takes."""

    def keep(made: Case) -> Case:
        CASES.append((made, at_once))
        return made

    return keep


@case(at_once=1)
async def a_first_scan_and_a_second_one(way: Way) -> None:
    async with way.door.database.write() as session:
        house = await factories.organisation(session, way.door.house, "diskominfo-sp")
    _, ticket = await way.person(
        organisation_id=house.id, position='Kepala "Bidang" Aptika \\ √', represents="Bupati", mode=Mode.ONLINE
    )
    await way.scan(ticket, method="self")
    await way.scan(ticket)


@case(at_once=3)
async def picked_from_the_roster_late_and_from_an_office_that_is_not_listed(way: Way) -> None:
    row, _ = await way.person(organisation_name="Universitas Andi Djemma")
    await way.scan({"registration_id": str(row.id)}, method="manual")
    _, ticket = await way.person()
    await way.scan(ticket, MORNING - timedelta(minutes=6))
    _, ticket = await way.person()
    await way.scan(ticket, MORNING + timedelta(minutes=2))


@case(at_once=0)
async def everything_that_is_not_usual(way: Way) -> None:
    _, ticket = await way.person()
    await way.scan(ticket, MORNING + timedelta(minutes=3))
    await way.scan(ticket, direction="out")
    await way.scan(ticket, admit={"reason": "Izin"})
    await way.scan({"ticket": "https://contoh.invalid/promo"})
    await way.scan({"registration_id": str(UUID(int=1))})
    for status in RegistrationStatus:
        if status is not RegistrationStatus.CONFIRMED:
            cancelled_at = MORNING if status is RegistrationStatus.CANCELLED else None
            _, ticket = await way.person(status=status, holds_seat=False, cancelled_at=cancelled_at)
            await way.scan(ticket)
            await way.scan(ticket, MORNING - timedelta(minutes=1))
    row, ticket = await way.person()
    await way.door.change(row, link_version=2)
    await way.scan(ticket)
    for house in (way.door.house, None):
        async with way.door.database.write() as session:
            elsewhere = await factories.workshop(session, house or await factories.organizer(session))
            stranger = await factories.registration(session, elsewhere)
            ticket = {"ticket": factories.ticket(session, stranger)}
        way.words[str(stranger.id)] = "stranger"
        await way.scan(ticket)


@case(at_once=1)
async def out_and_then_in(way: Way) -> None:
    _, ticket = await way.person()
    await way.scan(ticket, direction="out")
    await way.scan(ticket)


@case(at_once=2)
async def a_nonce_that_is_known_gets_its_first_answer(way: Way) -> None:
    row, ticket = await way.person(status=RegistrationStatus.PENDING)
    refused = await way.scan(ticket)
    await way.door.change(row, status=RegistrationStatus.CONFIRMED)
    await way.scan(ticket, nonce=refused["nonce"])
    counted = await way.scan(ticket)
    _, other = await way.person()
    await way.scan(other, nonce=counted["nonce"])
    await way.door.upload([undo(counted, clock.now())])
    await way.scan(ticket, nonce=counted["nonce"])
    # The first one counts for nothing now.
    await way.scan(ticket)


@case(at_once=2)
async def an_undo_that_arrived_first_and_tickets_that_were_replaced(way: Way) -> None:
    _, ticket = await way.person()
    gone = uuid4()
    async with way.door.database.write() as session:
        session.add(undone(way.door, gone))
    way.words[str(gone)] = "undone"
    await way.scan(ticket, nonce=str(gone))
    await way.scan(ticket)
    for version in (3, 4):
        row, _ = await way.person(link_version=version)
        async with way.door.database.read() as session:
            ticket = {"ticket": factories.ticket(session, row)}
        await way.scan(ticket)


@case(at_once=4)
async def blocks_by_name_and_by_time(way: Way) -> None:
    async with way.door.database.write() as session:
        # Side by side with D1P, and sorted before it by bytes, after it by most dictionaries.
        morning = (await session.exec(select(AttendanceBlock).where(AttendanceBlock.code == "D1P"))).all()
        [first] = [block for block in morning if block.workshop_id == way.door.workshop.id]
        twin = first.model_dump() | {"id": uuid4(), "code": "D1-P", "position": 9}
        session.add(AttendanceBlock(**twin))
    _, ticket = await way.person()
    await way.scan(ticket)
    await way.scan(ticket, block="D2S")
    clock.freeze(at("07-03 12:10"))
    await way.scan(ticket)
    await way.scan(ticket, block="D9X")
    clock.freeze(at("07-03 20:00"))
    _, ticket = await way.person()
    await way.scan(ticket)
    clock.freeze(at("07-03 07:00"))
    await way.scan(ticket)
    clock.freeze(MORNING)


def undone(door: Door, nonce: UUID) -> Annulment:
    """An undo as a batch stores it."""
    return Annulment(
        organizer_id=door.house.id,
        workshop_id=door.workshop.id,
        nonce=uuid4(),
        target=nonce,
        reason="Salah orang",
        by="device:1",
        claimed_at=MORNING,
    )


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(MORNING)
    return await Door.open(client, database)


async def test_the_quick_way_and_the_long_one_tell_and_store_the_same(client: AsyncClient, database: Database) -> None:
    clock.freeze(MORNING)
    quick, long = [Way(await Door.open(client, database), quick=quick) for quick in (True, False)]
    for arrive, at_once in CASES:
        quick.at_once = 0
        await arrive(quick)
        await arrive(long)
        assert quick.in_words(quick.told) == long.in_words(long.told), arrive.__name__
        assert quick.at_once == at_once, arrive.__name__
    assert await quick.stored() == await long.stored()


async def test_a_device_that_was_revoked_or_stands_elsewhere_gets_nowhere(door: Door) -> None:
    _, ticket = await door.person()
    async with door.database.write() as session:
        _, elsewhere = await factories.device(session, await factories.workshop(session, door.house))
        device, revoked = await factories.device(session, door.workshop)
        device.revoked_at = clock.now()
    url = f"/api/v1/workshops/{door.workshop.id}/checkins"
    for headers, status in ((elsewhere, 404), (revoked, 401)):
        for body in (scan(ticket, MORNING), {"what": "ever"}):
            answer = await door.client.post(url, json=body, headers=headers)
            assert answer.status_code == status
    assert await door.attendance() == {}


async def test_who_waits_for_events_is_woken(door: Door) -> None:
    _, ticket = await door.person()
    woken: list[bool] = []
    door.database.on_recorded.append(lambda: woken.append(True))
    commits = door.database.commits
    await door.send(scan(ticket, MORNING))
    assert (woken, door.database.commits - commits) == ([True], 1)


# Races. On SQLite nobody writes while another one does.


async def somebody_waits(database: Database) -> None:
    """Until a statement waits for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(10), database.read() as session:
        while not (await run_sql(session, waiting)).scalar_one():
            pass


@pytest.fixture
def postgresql(database: Database) -> Database:
    if database.dialect == "sqlite":
        pytest.skip("a SQLite database has one writer at a time")
    return database


async def test_a_scan_that_waited_for_its_undo_does_not_count(door: Door, postgresql: Database) -> None:
    async def overtaken() -> Json:
        _, ticket = await door.person()
        item = scan(ticket, MORNING)
        async with postgresql.write() as session:
            await checkin_facts.share_door(session, door.workshop.id, alone=True)
            sending = asyncio.create_task(door.send(item))
            await somebody_waits(postgresql)
            session.add(undone(door, UUID(item["nonce"])))
        return await sending

    assert (await overtaken())["verdict"] == "accepted"
    assert await door.attendance() == {}
    # The control: with the eyes of the statement that calls it, the function sees no undo.
    async with postgresql.write() as session:
        await run_sql(session, "ALTER FUNCTION enter_door(bigint, uuid, uuid) STABLE")
    await overtaken()
    assert len(await door.attendance()) == 1


async def test_a_scan_that_waited_for_a_cancellation_is_refused(door: Door, postgresql: Database) -> None:
    person, ticket = await door.person()
    async with postgresql.write() as session:
        row = await session.get_one(Registration, person.id, with_for_update=True)
        sending = asyncio.create_task(door.send(scan(ticket, MORNING)))
        await somebody_waits(postgresql)
        row.status, row.cancelled_at = RegistrationStatus.CANCELLED, MORNING
        session.add(row)
    assert (await sending)["reason"] == "cancelled"
    assert await door.attendance() == {}


async def test_a_scan_that_waited_for_another_one_is_the_second(door: Door, postgresql: Database) -> None:
    person, ticket = await door.person()
    async with postgresql.write() as session:
        await session.get_one(Registration, person.id, with_for_update=True)
        first, second = (asyncio.create_task(door.send(scan(ticket, MORNING))) for _ in range(2))
        await somebody_waits(postgresql)
    told = [await first, await second]
    assert sorted(one["verdict"] for one in told) == ["accepted", "already_in"]
    assert told[0]["first"] == told[1]["first"]


async def test_a_scan_whose_connection_broke_is_stored_all_the_same(door: Door, postgresql: Database) -> None:
    person, ticket = await door.person()
    broken = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    async with postgresql.write() as session:
        await session.get_one(Registration, person.id, with_for_update=True)
        sending = asyncio.create_task(door.send(scan(ticket, MORNING)))
        await somebody_waits(postgresql)
        await run_sql(session, f"{broken} AND datname = current_database()")
    assert (await sending)["verdict"] == "accepted"
    assert set(await door.attendance()) == {(person.id, "D1P")}
