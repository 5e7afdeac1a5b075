"""Signing in and out over JSON, and what a session promises."""

import inspect
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlmodel import select

from service import clock, tokens
from service.app import create_app
from service.db import Database
from service.domain import organizers, staff
from service.models.organizers import Membership, Organizer, Role, Staff, StaffSession
from service.models.organizers_shapes import OrganizerCreate
from service.routers import csrf as csrf_values
from service.settings import Settings
from tests import factories

pytestmark = pytest.mark.usefixtures("quick_hash")
EMAIL = "pemilik@luwukab.go.id"
PASSWORD = "kelapa-sagu-durian"
LUWU = OrganizerCreate(slug="luwu", name="Diskominfo-SP Kabupaten Luwu")


@pytest.fixture
async def owner(database: Database) -> Staff:
    """The owner of luwu, with a password."""
    async with database.write() as session:
        _house, person = await organizers.first_owner(
            session, LUWU, email=EMAIL, name="Kepala Dinas", password=PASSWORD
        )
    return person


async def sign_in(client: AsyncClient, password: str = PASSWORD, **headers: str) -> Response:
    body = {"email": EMAIL, "password": password}
    return await client.post("/api/v1/session", json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


async def signed_in(client: AsyncClient) -> dict[str, str]:
    """Signs in; the CSRF header for changes."""
    answer = await sign_in(client)
    assert answer.status_code == 200, answer.text
    return {"X-CSRF-Token": answer.json()["csrf_token"]}


async def second_house(database: Database, person: Staff, role: Role = Role.VIEWER) -> Organizer:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu-utara")
        session.add(Membership(staff_id=person.id, organizer_id=house.id, role=role))
    return house


async def test_signing_in_tells_who_is_there_and_where(client: AsyncClient, owner: Staff) -> None:
    answer = await sign_in(client)
    body = answer.json()
    assert body["staff"] == {"id": str(owner.id), "name": "Kepala Dinas", "email": EMAIL}
    assert body["organizer"] == {"slug": "luwu", "name": LUWU.name, "role": "owner"}
    assert body["organizers"] == [body["organizer"]]
    assert "staff:write" in body["permissions"]
    assert (await client.get("/api/v1/session")).json() == body


async def test_the_cookie_is_plain_but_httponly_on_loopback(client: AsyncClient, owner: Staff) -> None:
    cookie = (await sign_in(client)).headers["set-cookie"]
    assert cookie.startswith("bimtek=bms_")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


async def test_the_cookie_is_pinned_to_host_and_https_behind_https(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"base_url": "https://bimtek.luwukab.go.id"}))
    database: Database = app.state.database
    async with app.router.lifespan_context(app):
        async with database.write() as session:
            await organizers.first_owner(session, LUWU, email=EMAIL, name="Kepala Dinas", password=PASSWORD)
        transport = ASGITransport(app=app)
        async with AsyncClient(transport=transport, base_url="https://bimtek.luwukab.go.id") as client:
            parts = (await sign_in(client)).headers["set-cookie"].split("; ")
            assert (await client.get("/api/v1/session")).status_code == 200
    assert parts[0].startswith("__Host-bimtek=bms_")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(parts)
    assert not any(part.startswith("Domain") for part in parts)


async def test_wrong_passwords_and_unknown_addresses_get_one_answer(client: AsyncClient, owner: Staff) -> None:
    wrong = await sign_in(client, "durian-sagu-kelapa")
    unknown = await client.post("/api/v1/session", json={"email": "tiada@luwukab.go.id", "password": PASSWORD})
    assert wrong.status_code == unknown.status_code == 401
    assert {**wrong.json(), "instance": ""} == {**unknown.json(), "instance": ""}
    assert wrong.json()["code"] == "wrong_credentials"
    assert "set-cookie" not in wrong.headers


async def test_too_many_guesses_are_told_when_to_come_back(app: FastAPI, client: AsyncClient, owner: Staff) -> None:
    app.state.settings.sign_in_attempts = 2
    guesses = [(await sign_in(client, f"tebakan-nomor-{number}")).status_code for number in range(3)]
    assert guesses == [401, 401, 429]
    late = await sign_in(client)
    assert late.status_code == 429
    assert 0 < int(late.headers["retry-after"]) <= 901


async def test_a_session_planted_before_signing_in_is_worth_nothing(client: AsyncClient, owner: Staff) -> None:
    planted = {"Cookie": f"bimtek={tokens.random_token('bms')}"}
    answer = await sign_in(client, **planted)
    assert answer.status_code == 200
    assert planted["Cookie"] not in answer.headers["set-cookie"]
    client.cookies.clear()
    assert (await client.get("/api/v1/session", headers=planted)).status_code == 401


async def test_signing_in_again_ends_the_browsers_former_session(client: AsyncClient, owner: Staff) -> None:
    await signed_in(client)
    former = client.cookies.get("bimtek")
    await signed_in(client)
    assert client.cookies.get("bimtek") != former
    client.cookies.clear()
    assert (await client.get("/api/v1/session", headers={"Cookie": f"bimtek={former}"})).status_code == 401


async def test_signing_out_ends_the_session_not_only_the_cookie(client: AsyncClient, owner: Staff) -> None:
    csrf = await signed_in(client)
    kept = client.cookies.get("bimtek")
    answer = await client.delete("/api/v1/session", headers=csrf)
    assert answer.status_code == 204
    assert 'bimtek=""' in answer.headers["set-cookie"]
    assert (await client.get("/api/v1/session", headers={"Cookie": f"bimtek={kept}"})).status_code == 401


async def test_a_session_ends_by_itself(client: AsyncClient, database: Database, owner: Staff) -> None:
    await signed_in(client)
    async with database.write() as session:
        (await session.exec(select(StaffSession))).one().expires_at = clock.real_now() - timedelta(seconds=1)
    assert (await client.get("/api/v1/session")).status_code == 401


async def test_a_stolen_session_table_opens_nothing(client: AsyncClient, database: Database, owner: Staff) -> None:
    await signed_in(client)
    async with database.read() as session:
        row = (await session.exec(select(StaffSession))).one()
    cookie = client.cookies.get("bimtek")
    assert cookie is not None
    assert row.token_hash == tokens.fingerprint(cookie)
    assert cookie not in repr(row)
    client.cookies.clear()
    assert (await client.get("/api/v1/session", headers={"Cookie": f"bimtek={row.token_hash}"})).status_code == 401


async def test_a_new_password_ends_every_other_session(client: AsyncClient, owner: Staff) -> None:
    await signed_in(client)
    elsewhere = {"Cookie": f"bimtek={client.cookies.get('bimtek')}"}
    client.cookies.clear()
    csrf = await signed_in(client)
    body = {"current_password": PASSWORD, "password": "langsat-rambutan"}
    assert (await client.put("/api/v1/session/password", json=body, headers=csrf)).status_code == 204
    assert (await client.get("/api/v1/session")).status_code == 200
    assert (await sign_in(client)).status_code == 401
    assert (await sign_in(client, "langsat-rambutan")).status_code == 200
    client.cookies.clear()
    assert (await client.get("/api/v1/session", headers=elsewhere)).status_code == 401


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ("salah-sama-sekali", "langsat-rambutan", "/current_password"),
        (PASSWORD, "pendek", "/password"),
        (PASSWORD, PASSWORD, "/password"),
    ],
)
async def test_a_password_changes_only_by_the_rules(
    client: AsyncClient, owner: Staff, old: str, new: str, pointer: str
) -> None:
    csrf = await signed_in(client)
    body = {"current_password": old, "password": new}
    answer = await client.put("/api/v1/session/password", json=body, headers=csrf)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert old not in answer.text
    assert new not in answer.text


async def test_the_current_password_cannot_be_guessed_from_a_session(
    app: FastAPI, client: AsyncClient, owner: Staff
) -> None:
    app.state.settings.sign_in_attempts = 2
    csrf = await signed_in(client)
    body = {"current_password": "salah-sama-sekali", "password": "langsat-rambutan"}
    answers = [await client.put("/api/v1/session/password", json=body, headers=csrf) for _time in range(3)]
    assert [answer.status_code for answer in answers] == [422, 422, 429]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://jahat.example"},
        {"Origin": "null"},
        {"Referer": "https://jahat.example/halaman"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
    ],
)
async def test_another_sites_page_signs_nobody_in(client: AsyncClient, owner: Staff, headers: dict[str, str]) -> None:
    answer = await sign_in(client, **headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "cross_site"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:8000"},
        {"Referer": "http://127.0.0.1:8000/sign-in"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_our_own_page_signs_in(client: AsyncClient, owner: Staff, headers: dict[str, str]) -> None:
    assert (await sign_in(client, **headers)).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/plain; a=application/json"])
async def test_json_under_another_name_is_refused(client: AsyncClient, owner: Staff, kind: str) -> None:
    raw = f'{{"email": "{EMAIL}", "password": "{PASSWORD}"}}'
    answer = await client.post("/api/v1/session", content=raw, headers={"Content-Type": kind})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers
    assert PASSWORD not in answer.text


async def test_json_under_another_name_changes_nothing_in_a_session(client: AsyncClient, owner: Staff) -> None:
    csrf = await signed_in(client)
    answer = await client.put(
        "/api/v1/session/organizer", content='{"slug": "luwu"}', headers=csrf | {"Content-Type": "text/plain"}
    )
    assert answer.status_code == 422


async def test_a_member_of_two_organizers_switches(client: AsyncClient, database: Database, owner: Staff) -> None:
    other = await second_house(database, owner)
    csrf = await signed_in(client)
    answer = await client.put("/api/v1/session/organizer", json={"slug": other.slug}, headers=csrf)
    assert answer.json()["organizer"]["role"] == "viewer"
    assert (await client.get("/api/v1/organizer")).json()["slug"] == other.slug
    assert (await client.get("/api/v1/staff")).status_code == 403


async def test_nobody_switches_to_a_strangers_organizer(client: AsyncClient, database: Database, owner: Staff) -> None:
    async with database.write() as session:
        await factories.organizer(session, "banjar")
    csrf = await signed_in(client)
    answers = [
        await client.put("/api/v1/session/organizer", json={"slug": slug}, headers=csrf) for slug in ("banjar", "tiada")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]


async def test_a_super_owner_works_for_any_organizer_and_makes_new_ones(
    client: AsyncClient, database: Database, owner: Staff
) -> None:
    async with database.write() as session:
        (await session.get_one(Staff, owner.id)).super_owner = True
        await factories.organizer(session, "banjar")
    csrf = await signed_in(client)
    made = await client.post("/api/v1/organizers", json={"slug": "luwu-timur", "name": "Diskominfo"}, headers=csrf)
    assert made.status_code == 201
    for slug in ("banjar", "luwu-timur"):
        answer = await client.put("/api/v1/session/organizer", json={"slug": slug}, headers=csrf)
        assert answer.json()["organizer"]["role"] == "super_owner"
        assert (await client.get("/api/v1/staff")).json()["items"] == []


async def test_only_a_super_owner_makes_organizers(client: AsyncClient, owner: Staff) -> None:
    csrf = await signed_in(client)
    answer = await client.post("/api/v1/organizers", json={"slug": "luwu-timur", "name": "Diskominfo"}, headers=csrf)
    assert answer.status_code == 403


async def test_a_super_owner_without_any_organizer_can_make_the_first(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        await staff.create_staff(session, EMAIL, "Pengelola", PASSWORD, super_owner=True)
    csrf = await signed_in(client)
    assert (await client.get("/api/v1/organizer")).status_code == 403
    made = await client.post("/api/v1/organizers", json={"slug": "luwu", "name": "Diskominfo"}, headers=csrf)
    assert made.status_code == 201


async def test_an_unknown_host_is_refused(client: AsyncClient) -> None:
    for host in ("jahat.example", "127.0.0.1.jahat.example", ""):
        assert (await client.get("/healthz", headers={"Host": host})).status_code == 400
    assert (await client.get("/healthz", headers={"Host": "localhost:8000"})).status_code == 200


@pytest.mark.parametrize(("proxies", "statuses"), [([], [401, 429]), (["127.0.0.1"], [401, 401])])
async def test_a_forwarded_address_counts_only_from_a_configured_proxy(
    settings: Settings, proxies: list[str], statuses: list[int]
) -> None:
    app = create_app(settings.model_copy(update={"trusted_proxies": proxies, "sign_in_attempts": 1}))
    transport = ASGITransport(app=app, client=("127.0.0.1", 50000))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):

        async def guess(number: int, address: str) -> int:
            body = {"email": f"orang{number}@luwukab.go.id", "password": PASSWORD}
            headers = {"X-Forwarded-For": address}
            return (await client.post("/api/v1/session", json=body, headers=headers)).status_code

        for number in range(2):
            await guess(number, "203.0.113.1")
        assert [await guess(2, "203.0.113.1"), await guess(3, "203.0.113.2")] == statuses


def test_secrets_are_compared_in_constant_time() -> None:
    assert "compare_digest" in inspect.getsource(csrf_values.check)
    assert "compare_digest" in inspect.getsource(tokens.Keyring.opens)
