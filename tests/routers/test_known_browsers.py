"""A stranger uses up the attempts at somebody's password: the person still comes in where they signed in before."""

import pytest
from httpx import AsyncClient, Response

from service.db import Database
from service.domain import known_browsers, limits, password_resets
from service.models.organizers import Staff
from tests.support.accounts import API, EMAIL, OTHER, PASSWORD, owned_house, sign_in

pytestmark = pytest.mark.usefixtures("quick_hash")
KNOWN = "bimtek-known"
WRONG = "salah-sama-sekali"


async def tried(client: AsyncClient, password: str, known: str = "", email: str = EMAIL) -> int:
    """What a browser is answered that holds this cookie and no other."""
    client.cookies.clear()
    return (await attempt(client, password, known, email)).status_code


async def attempt(client: AsyncClient, password: str, known: str = "", email: str = EMAIL) -> Response:
    body = {"email": email, "password": password}
    return await client.post(f"{API}/session", json=body, headers={"Cookie": f"{KNOWN}={known}"} if known else {})


async def test_a_stranger_blocks_strangers_only_and_a_known_browser_has_attempts_of_its_own(
    client: AsyncClient, database: Database
) -> None:
    database.settings.sign_in_attempts = 2
    _house, owner = await owned_house(database)
    _banjar, other = await owned_house(database, "banjar", "ketua@banjar.go.id")
    answer = await sign_in(client)
    given = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{KNOWN}="))
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=34560000"} <= set(given.split("; "))
    mine = client.cookies[KNOWN]
    client.cookies.clear()
    # An office shares the computer: it is known for both.
    both = (await attempt(client, PASSWORD, mine, "ketua@banjar.go.id")).cookies[KNOWN]

    assert [await tried(client, WRONG) for _time in range(3)] == [401, 401, 429]
    assert await tried(client, PASSWORD) == 429
    assert await tried(client, PASSWORD, both) == 200
    theirs = known_browsers.remembered(database.settings.keyring, other, None)
    forged = [f"{mine[:-8]}AAAAAAAA", theirs, mine[:20], "." * 700]
    assert {await tried(client, PASSWORD, one) for one in forged} == {429}
    # Who has the browser does not guess for ever either.
    assert [await tried(client, WRONG, mine) for _time in range(3)] == [401, 401, 429]
    assert await tried(client, PASSWORD, mine) == 429
    assert known_browsers.known(database.settings.keyring, owner, "é") is None


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # what counts is in the cookie
async def test_a_new_password_makes_other_browsers_strangers_and_a_reset_brings_its_person_in(
    client: AsyncClient, database: Database
) -> None:
    database.settings.sign_in_attempts = 1
    _house, owner = await owned_house(database)
    csrf = {"X-CSRF-Token": (await sign_in(client)).json()["csrf_token"]}
    former = client.cookies[KNOWN]
    changed = {"current_password": PASSWORD, "password": OTHER}
    assert (await client.put(f"{API}/session/password", json=changed, headers=csrf)).status_code == 204
    present = client.cookies[KNOWN]
    assert [await tried(client, WRONG) for _time in range(2)] == [401, 429]
    assert [await tried(client, OTHER, one) for one in (former, present)] == [429, 200]
    # Whoever asks for a link in somebody's name ends nothing.
    await client.post(f"{API}/password-resets", json={"email": EMAIL})
    assert await tried(client, OTHER, present) == 200

    async with database.write() as session:
        link = await password_resets.issue(session, await session.get_one(Staff, owner.id))
    client.cookies.clear()
    place = f"{API}/password-resets/{link.rpartition('/')[2]}"
    # What strangers tried is forgiven once a link is made on the server, and again once it is used.
    assert [await tried(client, WRONG) for _time in range(2)] == [401, 429]
    assert (await client.put(place, json={"password": PASSWORD})).status_code == 204
    reset = client.cookies[KNOWN]
    assert [await tried(client, PASSWORD), await tried(client, WRONG)] == [200, 401]
    assert [await tried(client, PASSWORD, one) for one in (present, "", reset)] == [429, 429, 200]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_one_account_that_is_tried_again_and_again_leaves_attempts_to_everybody_behind_the_address(
    client: AsyncClient, database: Database
) -> None:
    database.settings.sign_in_attempts = 2
    await owned_house(database)
    await owned_house(database, "banjar", "ketua@banjar.go.id")
    assert [await tried(client, WRONG) for _time in range(8)] == [401, 401] + [429] * 6
    assert await tried(client, PASSWORD, email="ketua@banjar.go.id") == 200
    others = [f"orang{number}@luwukab.go.id" for number in range(6)]
    assert [await tried(client, WRONG, email=one) for one in others] == [401] * 4 + [429] * 2
    # Nor does what the address is refused count against anybody's account.
    async with database.write() as session:
        await limits.forget(session, "sign-in:address:127.0.0.1")
    assert [await tried(client, WRONG, email=others[-1]) for _time in range(3)] == [401, 401, 429]
