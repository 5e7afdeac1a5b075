"""The public list and detail: pages, filters, ETags, and what happens beside them at once."""

import asyncio
import json
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Capacity, Modality, Mode, WorkshopStatus
from service.openapi import api_routes
from tests import factories
from tests.factories import at
from tests.support.workshops import LIST, PLAN, House, read


async def test_pages_lose_and_repeat_nothing_although_many_start_at_once(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        row = await factories.organizer(session, "luwu")
        for number in range(120):
            start = at("07-03 08:00") + timedelta(days=number // 40)
            await factories.workshop(session, row, starts_at=start, ends_at=start + timedelta(hours=8), blocks=False)
    seen: list[tuple[str, str]] = []
    query: dict[str, Any] = {"limit": 7}
    while True:
        page = await read(client, LIST, params=query)
        seen += [(one["starts_at"], one["id"]) for one in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, reverse=True)


async def test_the_list_is_filtered(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        luwu = await factories.organizer(session, "luwu")
        banjar = await factories.organizer(session, "banjar", timezone="Asia/Makassar")
        await factories.workshop(session, luwu, slug="satu", title="Bimtek 100% Digital")
        await factories.workshop(
            session,
            luwu,
            slug="dua",
            title="Rapat_koordinasi",
            kinds=["coordination_meeting", "field_review"],
            modality=Modality.ONLINE,
            starts_at=at("08-07 08:00"),
            ends_at=at("08-08 16:00"),
            status=WorkshopStatus.COMPLETED,
        )
        await factories.workshop(session, banjar, slug="satu", title="Evaluasi", status=WorkshopStatus.CANCELLED)
    expected: dict[str, list[str]] = {
        "": ["luwu/dua", "luwu/satu", "banjar/satu"],
        "organizer=luwu": ["luwu/dua", "luwu/satu"],
        "organizer=luwu&slug=satu": ["luwu/satu"],
        "organizer=nobody": [],
        "kind=field_review": ["luwu/dua"],
        "modality=online": ["luwu/dua"],
        "status=cancelled": ["banjar/satu"],
        "status=draft": [],
        "q=digital": ["luwu/satu"],
        "q=%25": ["luwu/satu"],
        "q=_": ["luwu/dua"],
        "q=%5C": [],
        "from=2023-07-04&organizer=luwu": ["luwu/dua", "luwu/satu"],
        "from=2023-07-05": ["luwu/dua"],
        "to=2023-07-03&organizer=luwu": ["luwu/satu"],
        "to=2023-07-02": [],
        "from=2023-07-04T16:00:00%2B08:00": ["luwu/dua"],
        "from=2023-07-04T15:59:59+08:00&organizer=luwu": ["luwu/dua", "luwu/satu"],
        "to=2023-08-07T00:00:00Z&from=2023-08-01": ["luwu/dua"],
    }
    for query, wanted in expected.items():
        found = await read(client, f"{LIST}?{query}")
        assert sorted(f"{one['organizer']}/{one['slug']}" for one in found["items"]) == sorted(wanted), query


@pytest.mark.parametrize(
    "query",
    [
        "organiser=luwu",
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=x",
        "cursor=WyJhIiwiYiJd",
        "cursor=WyIyMDIzLTA3LTAzVDAwOjAwOjAwKzAwOjAwIiwieCJd",
        "cursor=WyIyMDIzLTA3LTAzVDAwOjAwOjAwIiwiMDAwMDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAwIl0",
        "from=kemarin",
        "from=2023-02-30",
        "from=0001-01-01",
        "to=2023-07-03T08:00:00",
        "to=9999-12-31",
        "kind=pesta",
        "modality=x",
        "status=x",
        "q=",
        "q=%00",
        "organizer=LUWU",
    ],
)
async def test_a_query_that_makes_no_sense_is_refused(client: AsyncClient, query: str) -> None:
    answer = await client.get(f"{LIST}?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith("query")


async def test_the_etag_changes_with_the_body_and_only_then(house: House, database: Database) -> None:
    """Walk through everything that can change a body; compare the ETags of neighbours with their bodies."""
    made = await house.create(registration={"opens_at": "2023-06-21T00:00:00Z"})
    url = f"{LIST}/{made['id']}"
    version = made["version"]

    async def edit(body: object, part: str = "") -> None:
        nonlocal version
        version = (await house.edit(made, body, part=part, version=version)).json()["version"]

    async def nothing() -> None:
        await house.client.get(url)

    async def publish() -> None:
        nonlocal version
        version = (await house.act(made, "publication")).json()["version"]

    async def later() -> None:
        clock.freeze(at("06-25 08:00"))

    async def take() -> None:
        async with database.write() as session:
            (await session.get_one(Capacity, UUID(made["id"]))).offline_taken += 1

    steps = [
        nothing, publish, nothing, later, nothing, take, nothing,
        lambda: edit({"title": "Judul baru"}), lambda: edit({"title": "Judul baru"}),
        lambda: edit({"items": []}, "/agenda"), lambda: edit({"capacity": {"offline": {"limit": 1}}}), nothing,
    ]  # fmt: skip
    seen = [await house.client.get(url, headers=house.key)]
    listed = [await house.client.get(LIST, headers=house.key)]
    for step in steps:
        await step()
        seen.append(await house.client.get(url, headers=house.key))
        listed.append(await house.client.get(LIST, headers=house.key))
    for answers in (seen, listed):
        for before, after in pairwise(answers):
            assert (before.headers["etag"] == after.headers["etag"]) == (before.content == after.content)
    assert len({answer.headers["etag"] for answer in seen}) == 7


async def test_who_has_the_current_body_is_told_so(house: House) -> None:
    made = await house.create()
    await house.act(made, "publication")
    for url in (LIST, f"{LIST}/{made['id']}"):
        first = await house.client.get(url)
        again = await house.client.get(url, headers={"If-None-Match": f'"x", {first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == first.headers["cache-control"]
    assert first.headers["etag"] == '"2-0.0-open"'


async def test_a_repeated_creation_with_one_key_makes_one_workshop(house: House) -> None:
    headers = house.key | {"Idempotency-Key": "sekali"}
    first, second = [await house.client.post(LIST, json=PLAN, headers=headers) for _ in range(2)]
    assert first.content == second.content
    assert second.headers["idempotency-replayed"] == "true"
    assert len((await read(house.client, LIST, headers=house.key))["items"]) == 1


async def test_raising_a_limit_lets_the_first_who_wait_in(house: House, database: Database) -> None:
    async with database.write() as session:
        row = await factories.workshop(session, house.row, offline=0)
        for number in range(3):
            await factories.registration(
                session, row, status=RegistrationStatus.WAITLISTED, holds_seat=False, confirmed_at=None,
                code=f"P{number}", queued_at=at("06-19 08:00") + timedelta(minutes=number), mode=Mode.OFFLINE,
            )  # fmt: skip
    answer = await house.edit({"id": row.id, "version": 1}, {"capacity": {"offline": {"limit": 2}}})
    assert answer.json()["capacity"]["offline"] == {"limit": 2, "taken": 2}
    async with database.read() as session:
        people = (await session.exec(select(Registration).order_by(col(Registration.code)))).all()
    assert [one.status for one in people] == ["confirmed", "confirmed", "waitlisted"]
    answer = await house.edit(answer.json(), {"capacity": {"offline": {"limit": 1}}})
    assert answer.json()["capacity"]["offline"] == {"limit": 1, "taken": 2}
    assert answer.json()["registration"]["state"] == "open"  # online is unlimited
    answer = await house.edit(answer.json(), {"capacity": {"offline": None}})
    assert answer.json()["capacity"]["offline"] == {"limit": None, "taken": 3}


async def test_edits_and_registrations_at_once_do_not_wait_for_each_other_for_ever(
    house: House, database: Database
) -> None:
    async with database.write() as session:
        row = await factories.workshop(session, house.row, offline=3)
    url = f"{LIST}/{row.id}"

    async def register(number: int) -> Response:
        person = {"name": f"Peserta {number}", "email": f"p{number}@luwukab.go.id", "mode": "offline"}
        return await house.client.post(f"{url}/registrations", json=person | {"consent": True}, headers=house.key)

    async def edit(number: int) -> Response:
        # Every edit leaves room for all six: whichever comes last, nobody may be left waiting.
        body = {"slug": f"bimtek-{number}-baru", "capacity": {"offline": {"limit": 6 + number}}}
        return await house.client.patch(url, json=body, headers=house.key | {"If-Match": "*"})

    answers = await asyncio.gather(*(verb(number) for number in range(6) for verb in (register, edit)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    seats = (await read(house.client, url))["capacity"]["offline"]
    assert seats["taken"] == 6


async def test_a_public_answer_holds_nothing_private(house: House, database: Database) -> None:
    async with database.write() as session:
        row = await factories.workshop(session, house.row, cancellation_reason="KENARI-ALASAN")
        await factories.registration(session, row, name="KENARI NAMA", email="kenari@luwukab.go.id", phone="+6281")
    answer = await house.client.get(LIST)
    assert "kenari" not in answer.text.lower()
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_every_operation_has_a_name_and_every_field_a_description(app: FastAPI) -> None:
    document = json.loads(json.dumps(app.openapi()))
    names = {
        route.operation_id for route in api_routes(app) if "/workshops" in route.path and "workshops" in route.tags
    }
    assert {"list_workshops", "read_workshop", "create_workshop", "change_workshop", "replace_agenda"} <= names
    for name in ("WorkshopRead", "WorkshopCreate", "WorkshopPatch", "BlockRead", "AgendaItemRead", "Question"):
        for field, schema in document["components"]["schemas"][name]["properties"].items():
            assert "description" in schema, (name, field)
