"""Memberships, roles and API keys over the API."""

from datetime import timedelta
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlmodel import col, select

from service import auth, clock
from service.auth import Permission
from service.db import Database
from service.errors import NotFound
from service.models.organizers import ApiKey, Membership, Organizer, Role, Staff
from service.models.outbox import EventRow
from service.worker import Worker
from tests import factories
from tests.support.access_world import Headers, cookie_of

pytestmark = pytest.mark.usefixtures("quick_hash")
PASSWORD = "kelapa-sagu-durian"
NEW = {"email": "aptika@luwukab.go.id", "name": "Kepala Bidang Aptika", "password": PASSWORD, "role": "organizer"}


@pytest.fixture
async def house(database: Database) -> Organizer:
    async with database.write() as session:
        return await factories.organizer(session, "luwu")


@pytest.fixture
async def owner(database: Database, house: Organizer) -> Headers:
    """A signed-in owner's headers."""
    return await member(database, house, Role.OWNER)


async def member(database: Database, house: Organizer, role: Role, **values: object) -> Headers:
    async with database.write() as session:
        return await cookie_of(session, await factories.staff(session, house, role, **values), house)


async def sign_in(client: AsyncClient) -> Response:
    return await client.post("/api/v1/session", json={"email": NEW["email"], "password": PASSWORD})


async def change(client: AsyncClient, owner: Headers, staff_id: str, **values: object) -> Response:
    return await client.patch(f"/api/v1/staff/{staff_id}", json=values, headers=owner | {"If-Match": "*"})


async def ids_by_role(client: AsyncClient, owner: Headers) -> dict[str, str]:
    return {one["role"]: one["id"] for one in (await client.get("/api/v1/staff", headers=owner)).json()["items"]}


async def test_a_new_member_signs_in_with_the_first_password(client: AsyncClient, owner: Headers) -> None:
    added = await client.post("/api/v1/staff", json=NEW, headers=owner)
    assert added.status_code == 201
    assert added.json() | {"id": "", "created_at": ""} == {
        "id": "",
        "email": NEW["email"],
        "name": NEW["name"],
        "role": "organizer",
        "workshops": [],
        "disabled": False,
        "second_factor": False,
        "version": 1,
        "created_at": "",
    }
    assert (await sign_in(client)).json()["organizer"]["role"] == "organizer"


async def test_a_member_is_read_with_an_etag_and_not_again(client: AsyncClient, owner: Headers) -> None:
    added = await client.post("/api/v1/staff", json=NEW, headers=owner)
    place = f"/api/v1/staff/{added.json()['id']}"
    read = await client.get(place, headers=owner)
    assert read.headers["etag"] == added.headers["etag"]
    again = await client.get(place, headers=owner | {"If-None-Match": read.headers["etag"]})
    assert again.status_code == 304
    stale = await client.patch(place, json={"role": "viewer"}, headers=owner | {"If-Match": '"7"'})
    blind = await client.patch(place, json={"role": "viewer"}, headers=owner)
    changed = await client.patch(place, json={"role": "viewer"}, headers=owner | {"If-Match": read.headers["etag"]})
    assert [stale.status_code, blind.status_code, changed.status_code] == [412, 428, 200]
    assert changed.headers["etag"] != read.headers["etag"]


async def test_the_list_is_paged_in_the_order_of_joining(
    client: AsyncClient, database: Database, house: Organizer, owner: Headers
) -> None:
    for role in (Role.VIEWER, Role.STEWARD):
        await member(database, house, role)
    first = (await client.get("/api/v1/staff?limit=2", headers=owner)).json()
    second = (await client.get(f"/api/v1/staff?limit=2&cursor={first['next']}", headers=owner)).json()
    assert [one["role"] for one in first["items"] + second["items"]] == ["owner", "viewer", "steward"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"email": "bukan surel"}, "/email"),
        ({"password": "pendek"}, "/password"),
        ({"password": None}, "/password"),
        ({"password": NEW["email"]}, "/password"),
        ({"role": "super_owner"}, "/role"),
        ({"workshops": ["0190e000-0000-7000-8000-000000000000"]}, "/workshops"),
    ],
)
async def test_an_unfit_member_is_refused_without_an_echo(
    client: AsyncClient, owner: Headers, wrong: dict[str, object], pointer: str
) -> None:
    answer = await client.post("/api/v1/staff", json=NEW | wrong, headers=owner)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert PASSWORD not in answer.text


async def test_nobody_joins_twice(client: AsyncClient, owner: Headers) -> None:
    await client.post("/api/v1/staff", json=NEW, headers=owner)
    again = await client.post("/api/v1/staff", json=NEW | {"email": "Aptika@LUWUKAB.go.id"}, headers=owner)
    assert (again.status_code, again.json()["code"]) == (409, "already_member")


async def test_an_account_of_another_house_is_added_by_a_super_owner_only(
    client: AsyncClient, database: Database, house: Organizer, owner: Headers
) -> None:
    async with database.write() as session:
        elsewhere = await factories.organizer(session, "banjar")
        await factories.staff(session, elsewhere, Role.OWNER, email=NEW["email"], email_key=NEW["email"])
    refused = await client.post("/api/v1/staff", json=NEW, headers=owner)
    assert (refused.status_code, refused.json()["code"]) == (409, "account_elsewhere")
    above = await member(database, house, Role.VIEWER, super_owner=True)
    added = await client.post("/api/v1/staff", json=NEW, headers=above)
    assert added.status_code == 201
    assert added.json()["name"] == "Kepala Seksi"
    assert (await sign_in(client)).status_code == 401  # the password in the request changed nothing


async def test_a_disabled_member_is_out_at_the_next_request_and_cannot_return(
    client: AsyncClient, owner: Headers
) -> None:
    staff_id = (await client.post("/api/v1/staff", json=NEW, headers=owner)).json()["id"]
    await sign_in(client)
    cookie = {"Cookie": f"bimtek={client.cookies.get('bimtek')}"}
    client.cookies.clear()
    assert (await client.get("/api/v1/session", headers=cookie)).status_code == 200
    assert (await change(client, owner, staff_id, disabled=True)).json()["disabled"] is True
    assert (await client.get("/api/v1/session", headers=cookie)).status_code == 401
    assert (await sign_in(client)).status_code == 401
    assert (await change(client, owner, staff_id, disabled=False)).json()["disabled"] is False
    assert (await client.get("/api/v1/session", headers=cookie)).status_code == 401
    assert (await sign_in(client)).status_code == 200


async def test_a_removed_member_is_out_and_comes_back_with_a_new_password_only(
    client: AsyncClient, owner: Headers
) -> None:
    staff_id = (await client.post("/api/v1/staff", json=NEW, headers=owner)).json()["id"]
    await sign_in(client)
    cookie = {"Cookie": f"bimtek={client.cookies.get('bimtek')}"}
    client.cookies.clear()
    assert (await client.delete(f"/api/v1/staff/{staff_id}", headers=owner)).status_code == 204
    assert (await client.get("/api/v1/session", headers=cookie)).status_code == 401
    assert (await client.get(f"/api/v1/staff/{staff_id}", headers=owner)).status_code == 404
    added = await client.post("/api/v1/staff", json=NEW | {"password": "langsat-rambutan"}, headers=owner)
    assert added.json()["id"] == staff_id
    assert (await sign_in(client)).status_code == 401


async def test_a_demotion_counts_from_the_next_request(
    client: AsyncClient, database: Database, house: Organizer, owner: Headers
) -> None:
    colleague = await member(database, house, Role.ORGANIZER)
    assert (await client.get("/api/v1/holidays", headers=colleague)).status_code == 200
    body: dict[str, list[str]] = {"items": []}
    assert (await client.put("/api/v1/holidays", json=body, headers=colleague | {"If-Match": "*"})).status_code == 200
    staff_id = (await ids_by_role(client, owner))["organizer"]
    await change(client, owner, staff_id, role="viewer")
    assert (await client.put("/api/v1/holidays", json=body, headers=colleague | {"If-Match": "*"})).status_code == 403


@pytest.mark.parametrize("how", ["demoted", "disabled", "removed"])
async def test_the_last_owner_stays(client: AsyncClient, owner: Headers, how: str) -> None:
    staff_id = (await ids_by_role(client, owner))["owner"]
    if how == "removed":
        answer = await client.delete(f"/api/v1/staff/{staff_id}", headers=owner)
    else:
        answer = await change(client, owner, staff_id, **{"role": "viewer"} if how == "demoted" else {"disabled": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")
    assert (await client.get("/api/v1/staff", headers=owner)).json()["items"][0]["role"] == "owner"


async def test_one_of_two_owners_may_go_but_a_disabled_one_does_not_count(
    client: AsyncClient, database: Database, house: Organizer, owner: Headers
) -> None:
    await member(database, house, Role.OWNER)
    first, second = [one["id"] for one in (await client.get("/api/v1/staff", headers=owner)).json()["items"]]
    assert (await change(client, owner, second, disabled=True)).status_code == 200
    assert (await client.delete(f"/api/v1/staff/{first}", headers=owner)).status_code == 409
    assert (await client.delete(f"/api/v1/staff/{second}", headers=owner)).status_code == 204


async def test_a_doors_member_reaches_the_named_workshops_only(
    client: AsyncClient, database: Database, house: Organizer, owner: Headers
) -> None:
    async with database.write() as session:
        ours = await factories.workshop(session, house)
        other = await factories.workshop(session, house)
    body = NEW | {"role": "door", "workshops": [str(ours.id)]}
    added = await client.post("/api/v1/staff", json=body, headers=owner)
    assert added.json()["workshops"] == [str(ours.id)]
    async with database.write() as session:
        cookie, _row = await auth.open_session(
            session, await session.get_one(Staff, UUID(added.json()["id"])), house.id
        )
        actor = await auth.staff_session(session, cookie)
    assert actor is not None
    assert actor.workshops == frozenset({ours.id})
    actor.require_workshop(ours.id)
    with pytest.raises(NotFound):
        actor.require_workshop(other.id)


async def test_changes_of_staff_are_in_the_event_log(
    client: AsyncClient, owner: Headers, worker: Worker, database: Database
) -> None:
    staff_id = (await client.post("/api/v1/staff", json=NEW, headers=owner)).json()["id"]
    await client.delete(f"/api/v1/staff/{staff_id}", headers=owner)
    await worker.drain()
    async with database.read() as session:
        rows = (await session.exec(select(EventRow).order_by(col(EventRow.sequence)))).all()
    assert [(row.type, row.data) for row in rows] == [("staff.changed", {"staff_id": staff_id})] * 2
    assert {row.actor.split(":")[0] for row in rows} == {"staff"}


# API keys


async def issue(client: AsyncClient, headers: Headers, *permissions: str, **values: object) -> Response:
    body = {"name": "Situs web", "permissions": list(permissions)} | values
    return await client.post("/api/v1/api-keys", json=body, headers=headers)


async def test_a_keys_token_is_shown_once_and_opens_what_it_says(client: AsyncClient, owner: Headers) -> None:
    made = await issue(client, owner, "workshops:read")
    assert made.status_code == 201
    key = factories.bearer(made.json()["token"])
    assert (await client.get("/api/v1/organizer", headers=key)).status_code == 200
    assert (await client.get("/api/v1/staff", headers=key)).status_code == 403
    listed = await client.get("/api/v1/api-keys", headers=owner)
    assert made.json()["token"] not in listed.text
    assert listed.json()["items"][0] == {k: v for k, v in made.json().items() if k != "token"}


async def test_a_key_makes_only_lesser_keys(client: AsyncClient, owner: Headers) -> None:
    maker = factories.bearer((await issue(client, owner, "api_keys:write", "workshops:read")).json()["token"])
    assert (await issue(client, maker, "workshops:read")).status_code == 201
    assert (await issue(client, maker, "workshops:write")).status_code == 403
    assert (await issue(client, owner, "session:own")).status_code == 422


async def test_a_key_may_no_more_than_its_maker_and_ends_with_them(
    client: AsyncClient, database: Database, house: Organizer, owner: Headers
) -> None:
    async with database.write() as session:
        chief = await factories.staff(session, house, Role.OWNER)
        theirs = await cookie_of(session, chief, house)
        own = await factories.api_key(session, house, Permission.WORKSHOPS_READ)
    made = await issue(client, theirs, "workshops:read", "contacts:read", "api_keys:write")
    key = factories.bearer(made.json()["token"])
    lesser = await issue(client, key, "workshops:read", "contacts:read")
    assert lesser.json()["created_by"] == str(chief.id)
    minted = factories.bearer(lesser.json()["token"])

    async def answers() -> list[tuple[int, int]]:
        return [
            (
                (await client.get("/api/v1/workshops", headers=one)).status_code,
                (await client.get("/api/v1/api-keys", headers=one)).status_code,
            )
            for one in (key, minted)
        ]

    page = f"/staff/people/{chief.id}"
    assert "Kunci API buatannya ikut berakhir" in (await client.get(page, headers=owner)).text
    seen = [await answers()]
    for values in ({"role": "viewer"}, {"role": "owner"}, {"disabled": True}):
        assert (await change(client, owner, str(chief.id), **values)).status_code == 200
        seen.append(await answers())
    assert seen == [[(200, 200), (200, 403)], [(200, 403)] * 2, [(200, 200), (200, 403)], [(401, 401)] * 2]
    assert "Berhenti: pembuatnya tidak aktif" in (await client.get("/staff/api-keys", headers=owner)).text
    assert (await client.delete(f"/api/v1/staff/{chief.id}", headers=owner)).status_code == 204
    # Taken on again, nothing that they left comes back to life; what the service itself made goes on.
    async with database.write() as session:
        session.add(Membership(staff_id=chief.id, organizer_id=house.id, role=Role.OWNER))
    assert await answers() == [(401, 401)] * 2
    assert (await client.get("/api/v1/workshops", headers=own)).status_code == 200
    assert "Kunci API buatannya" not in (await client.get(page, headers=owner)).text


async def test_a_key_that_may_manage_staff_makes_no_owner(client: AsyncClient, owner: Headers) -> None:
    hirer = factories.bearer((await issue(client, owner, "staff:write", "workshops:read")).json()["token"])
    assert (await client.post("/api/v1/staff", json=NEW, headers=hirer)).status_code == 403
    staff_id = (await ids_by_role(client, owner))["owner"]
    assert (await change(client, hirer, staff_id, role="door")).status_code == 403
    assert (await client.delete(f"/api/v1/staff/{staff_id}", headers=hirer)).status_code == 403


async def test_a_revoked_key_is_dead_at_the_next_request(client: AsyncClient, owner: Headers) -> None:
    made = (await issue(client, owner, "workshops:read")).json()
    key = factories.bearer(made["token"])
    for _time in range(2):
        assert (await client.delete(f"/api/v1/api-keys/{made['id']}", headers=owner)).status_code == 204
    assert (await client.get("/api/v1/organizer", headers=key)).status_code == 401
    assert (await client.get("/api/v1/api-keys", headers=owner)).json()["items"][0]["revoked_at"] is not None


async def test_a_key_expires(client: AsyncClient, owner: Headers, database: Database) -> None:
    soon = (clock.real_now() + timedelta(hours=1)).isoformat()
    made = (await issue(client, owner, "workshops:read", expires_at=soon)).json()
    key = factories.bearer(made["token"])
    assert (await client.get("/api/v1/organizer", headers=key)).status_code == 200
    async with database.write() as session:
        (await session.get_one(ApiKey, UUID(made["id"]))).expires_at = clock.real_now()
    assert (await client.get("/api/v1/organizer", headers=key)).status_code == 401
    past = (clock.real_now() - timedelta(hours=1)).isoformat()
    assert (await issue(client, owner, "workshops:read", expires_at=past)).status_code == 422


async def test_a_key_is_never_replayed(client: AsyncClient, owner: Headers) -> None:
    headers = owner | {"Idempotency-Key": "kunci-1"}
    first, second = [await issue(client, headers, "workshops:read") for _time in range(2)]
    assert first.json()["token"] != second.json()["token"]


async def test_permission_names_are_known(client: AsyncClient, owner: Headers) -> None:
    assert (await issue(client, owner, *(str(one) for one in auth.GRANTABLE))).status_code == 201
    assert Permission.SESSION_OWN not in auth.GRANTABLE
    assert (await issue(client, owner, "workshops:reed")).status_code == 422
