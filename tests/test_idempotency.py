"""Idempotency-Key: one effect and one answer, also when the same request arrives fifty times at once."""

import asyncio
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import auth, clock
from service.db import Database
from service.models.idempotency import IdempotencyRecord
from service.models.organizers import Membership, Role
from service.models.outbox import EventRow
from service.models.registrations import Registration
from service.settings import Settings
from tests import factories
from tests.routers.test_registrations import form, make


async def test_fifty_parallel_repeats_have_one_effect_and_one_answer(client: AsyncClient, database: Database) -> None:
    _house, gathering, _key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"

    async def send() -> tuple[int, bytes, str | None]:
        answer = await client.post(url, json=form(), headers={"Idempotency-Key": "formulir-1"})
        return answer.status_code, answer.content, answer.headers.get("idempotency-replayed")

    answers = await asyncio.gather(*(send() for _ in range(50)))
    assert {(status, body) for status, body, _replayed in answers} == {(201, answers[0][1])}
    assert sum(replayed == "true" for _status, _body, replayed in answers) == 49
    async with database.read() as session:
        assert len((await session.exec(select(Registration))).all()) == 1
        assert len((await session.exec(select(EventRow))).all()) == 1


async def test_without_a_key_a_repeat_is_a_second_request(client: AsyncClient, database: Database) -> None:
    _house, gathering, _key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    for _ in range(3):
        assert (await client.post(url, json=form())).status_code == 201
    async with database.read() as session:
        assert len((await session.exec(select(EventRow))).all()) == 3


async def test_the_same_key_with_another_body_is_refused(client: AsyncClient, database: Database) -> None:
    _house, gathering, _key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    await client.post(url, json=form(), headers={"Idempotency-Key": "k"})
    other = await client.post(url, json=form(name="Lain"), headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_business_refusal_is_replayed_and_a_malformed_request_is_not(
    client: AsyncClient, database: Database
) -> None:
    _house, gathering, key = await make(database, offline=1, waiting_list=False)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    seated = (await client.post(url, json=form(), headers=key)).json()
    late = form(name="B", email="b@luwukab.go.id")
    refused = await client.post(url, json=late, headers={"Idempotency-Key": "k"})
    assert refused.json()["code"] == "full"
    await client.post(f"/api/v1/registrations/{seated['id']}/cancellation", headers=key)
    repeated = await client.post(url, json=late, headers={"Idempotency-Key": "k"})
    assert (repeated.status_code, repeated.json()["code"]) == (409, "full")
    assert repeated.headers["idempotency-replayed"] == "true"

    assert (await client.post(url, json={}, headers={"Idempotency-Key": "m"})).status_code == 422
    assert (await client.post(url, json=late, headers={"Idempotency-Key": "m"})).status_code == 201


async def test_two_callers_may_use_the_same_key(client: AsyncClient, database: Database) -> None:
    house, gathering, key = await make(database)
    async with database.write() as session:
        other = await factories.api_key(session, house)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    first = await client.post(url, json=form(), headers=key | {"Idempotency-Key": "k"})
    second = await client.post(url, json=form(name="B"), headers=other | {"Idempotency-Key": "k"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["number"] != second.json()["number"]


async def test_a_key_means_another_request_in_another_house(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        first, second = await factories.organizer(session), await factories.organizer(session)
        person = await factories.staff(session)
        for house in (first, second):
            session.add(Membership(staff_id=person.id, organizer_id=house.id, role=Role.OWNER))
        await session.flush()
        cookie, row = await auth.open_session(session, person, first.id)
    headers = {"Cookie": f"bimtek={cookie}", "X-CSRF-Token": row.csrf}
    made = []
    for house in (first, second):
        await client.put("/api/v1/session/organizer", json={"slug": house.slug}, headers=headers)
        body = {"code": "dinkes", "name": "Dinas Kesehatan"}
        answer = await client.post("/api/v1/organisations", json=body, headers=headers | {"Idempotency-Key": "k"})
        assert answer.status_code == 201
        made.append(answer.json()["id"])
    assert made[0] != made[1]


async def test_kept_answers_hold_no_readable_link(client: AsyncClient, database: Database, settings: Settings) -> None:
    _house, gathering, key = await make(database)
    answer = await client.post(
        f"/api/v1/workshops/{gathering.id}/registrations", json=form(), headers=key | {"Idempotency-Key": "k"}
    )
    link = answer.json()["links"]["my"].rsplit("/", 1)[1]
    async with database.read() as session:
        [record] = await session.exec(select(IdempotencyRecord))
    assert record.answer
    assert link.encode() not in record.answer
    assert b"luwukab" not in record.answer
    assert settings.keyring


async def test_a_key_is_free_again_after_a_day(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _house, gathering, key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    headers = key | {"Idempotency-Key": "k"}
    first = await client.post(url, json=form(), headers=headers)
    later = clock.real_now() + timedelta(hours=25)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    second = await client.post(url, json=form(name="B"), headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    repeated = await client.post(url, json=form(name="B"), headers=headers)
    assert repeated.json() == second.json()
    async with database.read() as session:
        [record] = await session.exec(select(IdempotencyRecord))
    assert record.caller.startswith("api_key:")
