"""Corrections are told with who, when and why, and nothing else is."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import insert

from service import clock
from service.auth import system
from service.db import Database, run_sql
from service.domain import attendance_history, privacy
from service.domain.attendance_history import Wanted
from service.models.attendance import Checkin, Direction, Method, Verdict
from service.models.attendance_history_shapes import Correction
from service.models.registrations import RegistrationStatus
from service.models.workshops import Workshop
from tests import factories
from tests.support.door import Door, Json, scan, undo, walk_in
from tests.support.online import MORNING, connection, get, report


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(MORNING)
    return await Door.open(client, database)


async def history(door: Door, **params: Any) -> list[Json]:
    found: list[Json] = (await get(door, "attendance/history", **params))["items"]
    return found


def told(items: list[Json]) -> list[tuple[str, str, str | None]]:
    """What each line says first: kind, who, why."""
    return [(one["kind"], one["by"]["name"] or one["by"]["kind"], one["reason"]) for one in items]


async def test_ordinary_scans_leave_no_trace_in_the_history(door: Door) -> None:
    _, ticket = await door.person()
    await door.send(scan(ticket, MORNING))
    assert await history(door) == []


async def test_an_undo_made_offline_says_who_when_and_why(door: Door) -> None:
    person, ticket = await door.person(name="Camat Bua")
    mistaken = scan(ticket, MORNING)
    await door.send(mistaken)
    clock.freeze(MORNING + timedelta(hours=1))
    await door.upload([undo(mistaken, MORNING + timedelta(minutes=1))], headers=await door.device("Gerbang B"))
    [line] = await history(door)
    assert told([line]) == [("annulled", "Gerbang B", "Salah orang")]
    assert line["registration"] == {"id": str(person.id), "number": person.number, "name": "Camat Bua"} | {
        "organisation": None
    }
    assert (line["device"], line["block"], line["direction"]) == ("Gerbang A", "D1P", "in")
    times = [line[name] for name in ("happened_at", "undone_at", "at")]
    assert times == ["2023-07-03T01:02:00Z", "2023-07-03T01:03:00Z", "2023-07-03T02:02:00Z"]


async def test_every_kind_of_correction_is_told_the_newest_first(door: Door) -> None:
    _, picked = await door.person()
    waiting, exception = await door.person(status=RegistrationStatus.WAITLISTED)
    online, _ = await door.person()
    absurd = await door.person()
    steps: list[Json] = [
        scan(picked, MORNING, method="manual"),
        scan(exception, MORNING, admit={"reason": "Izin Kepala Bidang"}),
        scan(walk_in("a"), MORNING),
    ]
    for minute, item in enumerate(steps):
        clock.freeze(MORNING + timedelta(minutes=minute))
        await door.send(item)
    clock.freeze(MORNING + timedelta(minutes=10))
    await door.upload([scan(absurd[1], MORNING + timedelta(days=900))])
    clock.freeze(MORNING + timedelta(minutes=20))
    first, second = await door.person(), await door.person()
    await door.upload([scan(one[1], MORNING + timedelta(minutes=3)) for one in (first, second)])
    [connected] = await report(door, connection("09:00", "11:30"))
    match = f"/api/v1/presences/{connected['id']}/match"
    await door.client.post(match, json={"registration_ids": [str(online.id)]}, headers=door.staff)
    clock.freeze(clock.now() + timedelta(minutes=1))
    await door.client.post(match, json={"registration_ids": []}, headers=door.staff)

    lines = await history(door)
    assert told(lines) == [
        ("matched", "Situs web", None),
        ("matched", "Situs web", None),
        ("late", "Gerbang A", None),
        ("late", "Gerbang A", None),
        ("clock", "Gerbang A", None),
        ("walk_in", "Gerbang A", None),
        ("admitted", "Gerbang A", "Izin Kepala Bidang"),
        ("manual", "Gerbang A", None),
    ]
    assert [one["matched"] for one in lines[:2]] == [False, True]
    assert lines[0]["presence"]["left_at"] == "2023-07-03T03:30:00Z"
    assert told(await history(door, kind=["manual", "clock"])) == [told(lines)[4], told(lines)[7]]
    assert told(await history(door, registration=str(waiting.id))) == [told(lines)[6]]
    assert [one["kind"] for one in await history(door, registration=str(online.id))] == ["matched", "matched"]

    pages, cursor = [], None
    while True:
        page = await get(door, "attendance/history", limit=3, **({"cursor": cursor} if cursor else {}))
        pages += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert pages == lines


async def test_an_undo_by_a_device_with_a_wrong_clock_is_told_at_its_true_time(door: Door) -> None:
    _, ticket = await door.person()
    ahead = timedelta(hours=7)
    mistaken = scan(ticket, MORNING + ahead)
    clock.freeze(MORNING + timedelta(minutes=3))
    await door.upload([mistaken, undo(mistaken, MORNING + ahead + timedelta(minutes=1))], skew=ahead)
    [line] = await history(door)
    assert (line["undone_at"], line["at"]) == ("2023-07-03T01:03:00Z", "2023-07-03T01:05:00Z")


async def test_a_walk_in_and_a_scan_from_the_future_are_one_line_each(door: Door) -> None:
    _, ticket = await door.person()
    await door.send(scan(walk_in("a"), MORNING, method="manual", note="Surat tugas menyusul"))
    assert told(await history(door)) == [("walk_in", "Gerbang A", "Surat tugas menyusul")]
    await door.upload([scan(ticket, MORNING + timedelta(seconds=119))])
    assert len(await history(door)) == 1
    _, ticket = await door.person()
    [answer] = await door.upload([scan(ticket, MORNING + timedelta(seconds=121))])
    line = (await history(door))[0]
    assert (answer["verdict"], line["kind"], line["refusal"]) == ("accepted", "clock", None)


async def test_every_scan_is_listed_with_its_id_the_last_received_first(door: Door) -> None:
    first, ticket = await door.person(name="Camat Bua")
    came = await door.send(scan(ticket, MORNING))
    clock.freeze(MORNING + timedelta(minutes=1))
    noted = await door.send(scan(ticket, MORNING, method="manual", note="Ponsel rusak"))
    clock.freeze(MORNING + timedelta(minutes=2))
    unknown = await door.send(scan({"ticket": "nobody"}, MORNING))
    undone = f"/api/v1/checkins/{came['checkin_id']}/annulment"
    await door.client.post(undone, json={"reason": "Keliru"}, headers=door.headers)

    async def listed(**params: Any) -> list[Json]:
        page = await get(door, "checkins", limit=1, **params)
        items: list[Json] = page["items"]
        while page["next"]:
            page = await get(door, "checkins", limit=1, cursor=page["next"], **params)
            items += page["items"]
        return items

    everything = await listed()
    assert [one["checkin_id"] for one in everything] == [one["checkin_id"] for one in (unknown, noted, came)]
    mine = await listed(registration=str(first.id), block="D1P")
    assert [one["checkin_id"] for one in mine] == [noted["checkin_id"], came["checkin_id"]]
    assert (mine[0]["note"], mine[0]["annulled"], mine[1]["registration"]["name"]) == (
        "Ponsel rusak",
        None,
        "Camat Bua",
    )
    assert mine[1]["annulled"] == {
        "at": "2023-07-03T01:04:00Z",
        "undone_at": None,
        "by": {"kind": "device", "name": "Gerbang A"},
        "reason": "Keliru",
    }
    assert await listed(block="D2P") == []


async def test_a_scan_by_an_api_key_and_its_undo_by_staff_name_both(door: Door) -> None:
    _, ticket = await door.person()
    item = scan(ticket, MORNING, method="manual")
    answer = await door.send(item, door.staff)
    clock.freeze(MORNING + timedelta(minutes=1))
    undone = f"/api/v1/checkins/{answer['checkin_id']}/annulment"
    await door.client.post(undone, json={"reason": "Keliru"}, headers=door.headers)
    assert told(await history(door)) == [("annulled", "Gerbang A", "Keliru"), ("manual", "Situs web", None)]


async def test_who_was_erased_stays_erased_in_the_history(door: Door) -> None:
    person, ticket = await door.person(name="Camat Bua", status=RegistrationStatus.WAITLISTED)
    mistaken = scan(ticket, MORNING, method="manual", admit={"reason": "Camat Bua sendiri"})
    await door.send(mistaken)
    await door.upload([undo(mistaken, MORNING)])
    async with door.database.write() as session:
        await privacy.erase(session, system(door.house.id), person.id)
    lines = await history(door)
    assert "manual" in [one["kind"] for one in lines]
    assert "Camat" not in str(lines)


async def test_a_malformed_question_is_refused(door: Door) -> None:
    url = f"/api/v1/workshops/{door.workshop.id}/attendance/history"
    cursors = ["WyJ4Il0", "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwieCIsInkiXQ"]
    for wrong in ({"kind": "nobody"}, *({"cursor": cursor} for cursor in cursors)):
        assert (await door.client.get(url, params=wrong, headers=door.staff)).status_code == 422, wrong


async def test_the_history_reads_no_other_workshops_scans(door: Door) -> None:
    async with door.database.write() as session:
        other = await factories.workshop(session, door.house)
        await session.exec(insert(Checkin), params=[ordinary(other, number) for number in range(1500)])
    kinds = [kind for kind in Correction if kind is not Correction.MATCHED]
    query = attendance_history._scans(door.workshop, kinds, Wanted(), (MORNING, door.workshop.id, "late"), 50)
    on_postgresql = door.database.dialect == "postgresql"
    plain = str(query.compile(dialect=door.database.engine.dialect, compile_kwargs={"literal_binds": True})).replace(
        ":", "\\:"
    )
    async with door.database.write() as session:
        await run_sql(session, "ANALYZE checkins")
        rows = await run_sql(session, f"{'EXPLAIN' if on_postgresql else 'EXPLAIN QUERY PLAN'} {plain}")
        plan = "\n".join(str(row[-1]) for row in rows)
    assert not re.search(r"Seq Scan on checkins|SCAN checkins", plan), plan
    assert re.search(r"Index Cond: \(workshop_id = |SEARCH checkins USING INDEX \w+ \(workshop_id=", plan), plan


def ordinary(workshop: Workshop, number: int) -> dict[str, object]:
    """A scan of nobody, which is cheap to make."""
    return {
        "id": UUID(int=number),
        "organizer_id": workshop.organizer_id,
        "workshop_id": workshop.id,
        "direction": Direction.IN,
        "method": Method.QR,
        "nonce": UUID(int=number),
        "claimed_at": MORNING,
        "happened_at": MORNING,
        "received_at": MORNING,
        "verdict": Verdict.REFUSED,
        "needs_admit": False,
        "answer": {"late": False},
    }
