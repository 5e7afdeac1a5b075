"""Preparing a workshop by the API: readiness, what a change would lead to, and copies."""

from datetime import date
from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.domain import reminders, rooms_plan
from service.models.commitments import Commitment, DueRule
from service.models.data_items import DataItem
from service.models.messages import Reminder
from service.models.organizers import Organizer
from service.models.outbox import EventRow
from service.models.registrations import RegistrationStatus
from service.models.rooms import Provider, Room, RoomStatus
from service.models.workshops import AttendanceBlock, Capacity, HallLinks, Workshop, WorkshopStatus
from tests import factories
from tests.factories import at

LATER = {"starts_at": "2023-07-10T08:00:00+08:00", "ends_at": "2023-07-11T16:00:00+08:00"}


class House:
    """A workshop that is announced a month ahead, and a key of its house."""

    def __init__(self, client: AsyncClient, gathering: Workshop, key: dict[str, str]) -> None:
        self.client, self.gathering, self.key = client, gathering, key
        self.url = f"/api/v1/workshops/{gathering.id}"

    async def preview(self, patch: dict[str, Any]) -> dict[str, Any]:
        answer = await self.client.post(f"{self.url}/preview", json=patch, headers=self.key)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture
async def house(database: Database, client: AsyncClient) -> House:
    clock.freeze(at("06-01 08:00"))
    async with database.write() as session:
        row = await factories.organizer(session)
        gathering = await factories.workshop(session, row, offline=2)
        return House(client, gathering, await factories.api_key(session, row))


async def fill(database: Database, house: House) -> None:
    """Two in the hall, one who waits and has no mail, a Zoom meeting, and data due before the workshop."""
    async with database.write() as session:
        gathering = await session.get_one(Workshop, house.gathering.id)
        for _time in range(2):
            await factories.registration(session, gathering)
        await factories.registration(session, gathering, withdrawn_at=clock.now())
        waiting: dict[str, Any] = {"status": RegistrationStatus.WAITLISTED, "holds_seat": False, "confirmed_at": None}
        phone: dict[str, Any] = {"email": None, "phone": "+6281200000001", "contact_key": "+6281200000001"}
        await factories.registration(session, gathering, **waiting, **phone)
        (await session.get_one(Capacity, gathering.id)).offline_taken = 2
        digest = (await rooms_plan.plan_of(session, gathering, "")).digest
        ids: dict[str, Any] = {"organizer_id": gathering.organizer_id, "workshop_id": gathering.id}
        session.add(Room(**ids, provider=Provider.ZOOM, status=RoomStatus.ACTIVE, external_id="8", plan=digest))
        agency = await factories.organisation(session, await session.get_one(Organizer, gathering.organizer_id))
        item = DataItem(organizer_id=gathering.organizer_id, code="wisata", name="Pengunjung", due_days=-3)
        session.add(item)
        await session.flush()
        asked: dict[str, Any] = {"data_item_id": item.id, "organisation_id": agency.id, "due_rule": DueRule.WORKSHOP}
        session.add(Commitment(**ids, **asked, code="c-1", due_date=date(2023, 6, 28)))


async def due(database: Database, house: House) -> set[str]:
    async with database.write() as session:
        await reminders.plan(session, house.gathering.id)
        rows = await session.exec(select(Reminder).where(Reminder.workshop_id == house.gathering.id))
        return {f"{row.kind} {row.due_at.isoformat()}" for row in rows}


async def test_a_preview_tells_what_a_change_leads_to_and_leaves_nothing_behind(
    house: House, database: Database
) -> None:
    await fill(database, house)
    told = await house.preview(LATER | {"capacity": {"offline": {"limit": 3}}})
    moved = {one["kind"]: (one["before"][:10], one["after"][:10]) for one in told.pop("reminders")}
    assert moved == {
        "week": ("2023-06-26", "2023-07-03"),
        "day": ("2023-06-30", "2023-07-07"),
        "hour": ("2023-07-03", "2023-07-10"),
        "each_day": ("2023-07-03", "2023-07-10"),
    }
    assert told == {
        "times": [
            {"what": "starts_at", "before": "2023-07-03T00:00:00Z", "after": "2023-07-10T00:00:00Z"},
            {"what": "ends_at", "before": "2023-07-04T08:00:00Z", "after": "2023-07-11T08:00:00Z"},
        ],
        "venue": None,
        "modality": None,
        "switched": {
            "count": 0,
            "waiting": 0,
            "enough": None,
            "told": {"mail": 0, "whatsapp": 0, "send_list": 0, "unreachable": 0},
        },
        "invitations_without_mode": 0,
        "closing": {"at": "2023-07-04T04:00:00Z", "late": False},
        "invitations": {"letters": 0, "deadlines": 0, "first": None, "late": 0},
        "calendars": True,
        "told": {"mail": 2, "whatsapp": 0, "send_list": 1, "unreachable": 0},
        "told_organisations": {"mail": 0, "whatsapp": 0, "send_list": 0, "unreachable": 0, "names": []},
        "rehearsal": False,
        "promoted": 1,
        "seats_short": 0,
        "rooms": {"count": 1, "needed": 1, "remaining": 100},
        "due_dates": {"count": 1, "organisations": 1},
        "effective": True,
    }
    async with database.read() as session:
        row = await session.get_one(Workshop, house.gathering.id)
        assert (row.version, row.starts_at) == (1, at("07-03 08:00"))
        assert [one.type for one in await session.exec(select(EventRow).order_by(col(EventRow.id)))] == []
        assert (await session.get_one(Capacity, row.id)).offline_limit == 2


async def test_the_change_then_does_what_its_preview_said(house: House, database: Database) -> None:
    shown = await house.preview(LATER)
    expected = {one["after"] for one in shown["reminders"]}
    changed = await house.client.patch(house.url, json=LATER, headers=house.key | {"If-Match": '"1"'})
    assert changed.status_code == 200
    planned = {line.split()[1] for line in await due(database, house)}
    assert {when.replace("Z", "+00:00") for when in expected} <= planned


async def test_a_change_that_nobody_notices_has_no_effect_and_a_smaller_hall_says_who_is_too_many(
    house: House, database: Database
) -> None:
    await fill(database, house)
    assert (await house.preview({"description": "Lebih jelas"}))["effective"] is False
    smaller = await house.preview({"capacity": {"offline": {"limit": 1}}})
    assert (smaller["seats_short"], smaller["calendars"], smaller["effective"]) == (1, False, True)
    refused = await house.client.post(
        f"{house.url}/preview", json={"ends_at": "2023-07-01T08:00:00+08:00"}, headers=house.key
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/ends_at")


async def test_readiness_names_what_is_missing_and_where_it_is_put_right(house: House, database: Database) -> None:
    async with database.write() as session:
        row = await session.get_one(Workshop, house.gathering.id)
        row.venue_name, row.status = None, WorkshopStatus.DRAFT
    answer = await house.client.get(f"{house.url}/readiness", headers=house.key)
    said = {one["code"]: one for one in answer.json()["items"]}
    assert answer.json()["ready"] is False
    assert [*said][:2] == ["venue_missing", "room_missing"]
    page = f"http://127.0.0.1:8000/staff/setup/room?workshop={house.gathering.id}"
    assert (said["room_missing"]["severity"], said["room_missing"]["page"]) == ("warning", page)
    fresh = house.key | {"If-None-Match": answer.headers["etag"]}
    assert (await house.client.get(f"{house.url}/readiness", headers=fresh)).status_code == 304


async def test_a_copy_is_like_the_earlier_workshop_on_other_days_without_its_people(
    house: House, database: Database
) -> None:
    await fill(database, house)
    async with database.write() as session:
        row = await session.get_one(Workshop, house.gathering.id)
        row.questions = [{"code": "diet", "label": "Pantangan?", "kind": "text"}]
        row.letter, row.hall_links, row.rehearsal = {"subject": "Undangan"}, HallLinks.NEVER, True
        row.registration_opens_at = at("05-01 08:00")
        row.certificate = {"title": "Piagam", "dated": "2023-07-04"}
    body = {"starts_on": "2023-06-05", "title": "Bimtek II"}
    answer = await house.client.post(f"{house.url}/copy", json=body, headers=house.key)
    assert answer.status_code == 201, answer.text
    copy, former = answer.json(), (await house.client.get(house.url, headers=house.key)).json()
    assert copy["follows"] is None, "it takes place before that one"
    assert (copy["status"], copy["title"], copy["starts_at"]) == ("draft", "Bimtek II", "2023-06-05T00:00:00Z")
    same = ("kinds", "modality", "venue", "questions", "timezone", "aims", "privacy")
    assert {name: copy[name] for name in same} == {name: former[name] for name in same}
    assert [(one["code"], one["hours"], one["checkin_from"][10:]) for one in copy["blocks"]] == [
        (one["code"], one["hours"], one["checkin_from"][10:]) for one in former["blocks"]
    ]
    assert {one["starts_at"][:10] for one in copy["agenda"]} == {"2023-06-05", "2023-06-06"}
    assert (copy["capacity"]["offline"], copy["registration"]["opens_at"]) == ({"limit": 2, "taken": 0}, None)
    async with database.read() as session:
        row = (await session.exec(select(Workshop).where(Workshop.title == "Bimtek II"))).one()
        kept = (row.letter, row.hall_links, row.rehearsal, row.certificate)
    assert kept == ({"subject": "Undangan"}, HallLinks.NEVER, False, {"title": "Piagam"})
    async with database.write() as session:
        first = select(AttendanceBlock).where(AttendanceBlock.workshop_id == house.gathering.id).limit(1)
        (await session.exec(first)).one().checkin_from = at("07-03 08:00").replace(year=1990)
    for day in ("9999-12-31", "1971-01-01"):
        far = await house.client.post(f"{house.url}/copy", json={"starts_on": day}, headers=house.key)
        assert (far.status_code, far.json()["errors"][0]["pointer"]) == (422, "/starts_on")
