"""Accounts as people use them: invited, signed in with two steps, the forgotten password, colleagues looked after."""

import re
from typing import Any

import pytest
from httpx import AsyncClient, Response

from service import auth
from service.db import Database
from service.domain import password_resets
from service.models.organizers import Role, Staff
from tests import factories
from tests.support.access_world import cookie_of
from tests.support.accounts import EMAIL, OTHER, PASSWORD, code_of, owned_house, time_passes
from tests.support.statements import counted

pytestmark = pytest.mark.usefixtures("quick_hash")
ACCOUNT, STAFF, FACTOR = "/staff/account", "/staff/people", "/staff/account/second-factor"


def found(pattern: str, answer: Response) -> str:
    match = re.search(pattern, answer.text)
    assert match, (pattern, answer.text[-3000:])
    return match[1]


def hidden(answer: Response, name: str) -> str:
    return found(f'name="{name}" value="([^"]+)"', answer)


async def sign_in(client: AsyncClient, email: str = EMAIL, password: str = PASSWORD) -> Response:
    return await client.post("/sign-in", data={"email": email, "password": password, "next": STAFF})


async def post(client: AsyncClient, place: str, shown_at: str, **form: Any) -> Response:
    """Sends a form with the CSRF value of the page on which it stands."""
    shown = await client.get(shown_at)
    return await client.post(place, data={"csrf": hidden(shown, "csrf")} | form)


async def test_from_the_invitation_to_the_second_step_by_pages_alone(client: AsyncClient, database: Database) -> None:
    await owned_house(database)
    await sign_in(client)
    asked = await post(
        client, f"{STAFF}/invitations", STAFF, email="aptika@luwukab.go.id", name="Aptika", role="viewer"
    )
    assert (asked.status_code, asked.headers["location"]) == (303, f"{STAFF}?done=invited")
    # No mail server is set: the link is shown to be handed over.
    link = found(r"(/invitation-staff/[\w-]{43})", await client.get(STAFF))
    client.cookies.clear()
    offered = await client.get(link)
    assert "Diskominfo luwu" in offered.text
    assert offered.headers["referrer-policy"] == "no-referrer"
    unlike = await client.post(link, data={"name": "Aptika", "password": OTHER, "again": PASSWORD})
    assert (unlike.status_code, OTHER in unlike.text) == (422, False)
    joined = await client.post(link, data={"name": "Kabid Aptika", "password": OTHER, "again": OTHER})
    assert (joined.status_code, joined.headers["location"]) == (303, "/sign-in?done=accepted")
    assert (await client.get(link)).status_code == 404
    assert 'value="aptika@luwukab.go.id"' in (await client.get(joined.headers["location"])).text
    assert "aptika" not in (await client.get("/sign-in")).text

    await sign_in(client, "aptika@luwukab.go.id", OTHER)
    led = await post(client, FACTOR, FACTOR, current_password=OTHER)
    assert (led.status_code, led.headers["location"]) == (303, f"{FACTOR}/setup")
    begun, later = [await client.get(f"{FACTOR}/setup") for _time in range(2)]
    # Back from the app on the same phone, the page may be loaded again: the code that was scanned stays.
    assert re.findall('src="data:[^"]+', begun.text) == re.findall('src="data:[^"]+', later.text)
    assert 'src="data:image/svg+xml;base64,' in begun.text
    assert re.search(r'id="kunci">[A-Z2-7]{4}( [A-Z2-7]{4})+<', begun.text)
    again = await client.post(f"{FACTOR}/confirm", data={"csrf": hidden(begun, "csrf"), "code": "1"})
    assert (again.status_code, "data:image/svg+xml" in again.text) == (422, True)
    code = await code_of(database, email="aptika@luwukab.go.id")
    on = await client.post(f"{FACTOR}/confirm", data={"csrf": hidden(begun, "csrf"), "code": code})
    assert (await client.get(f"{FACTOR}/setup")).headers["location"] == FACTOR
    recovery = found(r"<li>([a-z0-9]{4}(?:-[a-z0-9]{4}){6})</li>", on)
    assert "Aktif sejak" in (await client.get(FACTOR)).text
    assert recovery not in (await client.get(FACTOR)).text

    client.cookies.clear()
    step = await sign_in(client, "aptika@luwukab.go.id", OTHER)
    assert (step.status_code, "set-cookie" in step.headers) == (200, False)
    form = {"challenge": hidden(step, "challenge"), "next": hidden(step, "next")}
    assert re.search(r'id="code"[^>]* inputmode="numeric"[^>]* autofocus', step.text)
    wrong = await client.post("/sign-in/code", data=form | {"code": code})
    assert (wrong.status_code, "Kode verifikasi salah. " in wrong.text) == (401, True)
    foreign = await client.post(
        "/sign-in/code", data=form | {"recovery": recovery}, headers={"Origin": "https://jahat.example"}
    )
    assert foreign.status_code == 403
    mistyped = await client.post("/sign-in/code", data=form | {"recovery": recovery[1:]})
    assert f'value="{recovery[1:]}"' in mistyped.text
    assert (mistyped.status_code, "<details open" in mistyped.text, 'href="#recovery"' in mistyped.text) == (
        401,
        True,
        True,
    )
    entered = await client.post("/sign-in/code", data=form | {"recovery": recovery})
    assert (entered.status_code, entered.headers["location"]) == (303, STAFF)
    assert "tersisa: 9 dari 10" in (await client.get(FACTOR)).text
    await time_passes(database)
    proof = {"current_password": OTHER, "code": await code_of(database, email="aptika@luwukab.go.id")}
    off = await post(client, f"{FACTOR}/off", FACTOR, **proof)
    assert off.headers["location"] == f"{ACCOUNT}?done=factor_off"


async def test_a_forgotten_password_is_set_anew_by_pages(client: AsyncClient, database: Database) -> None:
    _house, owner = await owned_house(database)
    said = [(await client.post("/reset", data={"email": email})).text for email in (EMAIL, "tiada@luwukab.go.id")]
    assert said[0] == said[1]
    assert "sudah dibuat" in said[0]
    async with database.write() as session:
        link = (await password_resets.issue(session, await session.get_one(Staff, owner.id))).partition(":8000")[2]
    assert (await client.get(link)).headers["cache-control"] == "no-store"
    weak = await client.post(link, data={"password": "password12345", "again": "password12345"})
    assert (weak.status_code, "mudah ditebak" in weak.text) == (422, True)
    done = await client.post(link, data={"password": OTHER, "again": OTHER})
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in?done=reset")
    assert f'value="{EMAIL}"' in (await client.get(done.headers["location"])).text
    assert (await client.get(link)).status_code == 404
    assert (await sign_in(client, password=OTHER)).status_code == 303


async def test_a_new_password_keeps_this_browser_under_a_new_cookie(client: AsyncClient, database: Database) -> None:
    await owned_house(database)
    await sign_in(client)
    former = client.cookies["bimtek"]
    form = {"current_password": PASSWORD, "password": OTHER, "again": OTHER}
    wrong = await post(client, f"{ACCOUNT}/password", ACCOUNT, **form | {"current_password": OTHER})
    assert (wrong.status_code, "Kata sandi sekarang tidak sesuai" in wrong.text) == (422, True)
    assert (await post(client, f"{ACCOUNT}/password", ACCOUNT, **form)).status_code == 303
    assert client.cookies["bimtek"] != former
    assert (await client.get(ACCOUNT)).status_code == 200
    client.cookies.clear()
    assert (await client.get(ACCOUNT, headers={"Cookie": f"bimtek={former}"})).status_code == 303


async def test_the_last_owner_cannot_be_let_go_and_a_stale_form_changes_nothing(
    client: AsyncClient, database: Database
) -> None:
    house, owner = await owned_house(database)
    async with database.write() as session:
        viewer = await factories.staff(session, house, Role.VIEWER)
    await sign_in(client)
    own, theirs = f"{STAFF}/{owner.id}", f"{STAFF}/{viewer.id}"
    for verb in ("disable", "remove"):
        refused = await post(client, f"{own}/{verb}", own)
        assert (refused.status_code, "Pemilik terakhir" in refused.text) == (409, True)
    refused = await post(client, own, own, version="1", role="viewer")
    assert refused.status_code == 409
    stale = await post(client, theirs, theirs, version="9", role="organizer")
    assert stale.status_code == 412
    changed = await post(client, theirs, theirs, version="1", role="organizer")
    assert changed.headers["location"] == f"{theirs}?done=changed"
    for verb in ("disable", "enable"):
        assert (await post(client, f"{theirs}/{verb}", theirs)).headers["location"] == f"{theirs}?done={verb}d"
    assert (await post(client, f"{theirs}/remove", theirs)).headers["location"] == f"{STAFF}?done=removed"
    assert (await client.get(theirs)).status_code == 404
    async with database.write() as session:
        await factories.staff(session, house, Role.OWNER)
    assert (await post(client, own, own, version="1", role="viewer")).headers["location"] == "/staff"


async def test_the_list_of_staff_takes_as_many_statements_for_fifty_as_for_one(
    client: AsyncClient, database: Database
) -> None:
    house, owner = await owned_house(database)
    async with database.write() as session:
        headers = await cookie_of(session, owner, house)

    async def statements() -> int:
        with counted(database) as seen:
            assert (await client.get(STAFF, headers=headers)).status_code == 200
        return len(seen)

    alone = await statements()
    async with database.write() as session:
        for _number in range(55):
            await factories.staff(session, house, Role.VIEWER)
    assert await statements() == alone
    assert f"{STAFF}?after=" in (await client.get(STAFF, headers=headers)).text


async def test_without_any_organizer_the_account_still_opens(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        person = await factories.staff(session, super_owner=True)
        cookie, _row = await auth.open_session(session, person, None)
        headers = {"Cookie": f"bimtek={cookie}"}
    for place in (ACCOUNT, FACTOR):
        assert (await client.get(place, headers=headers)).status_code == 200


async def test_who_was_invited_already_is_not_renamed_unasked_and_can_be_changed_without_a_new_link(
    client: AsyncClient, database: Database
) -> None:
    house, _owner = await owned_house(database)
    async with database.write() as session:
        gathering = await factories.workshop(session, house)
    await sign_in(client)
    door = {"email": "pintu@luwukab.go.id", "name": "Petugas", "role": "door"}
    anywhere = await post(client, f"{STAFF}/invitations", STAFF, **door)
    assert (anywhere.status_code, 'href="#workshops"' in anywhere.text) == (422, True)
    await post(client, f"{STAFF}/invitations", STAFF, **door, workshops=str(gathering.id))
    link = found(r"(/invitation-staff/[\w-]{43})", await client.get(STAFF))
    other = {"email": "pintu@luwukab.go.id", "name": "Nama Lain", "role": "viewer"}
    asked = await post(client, f"{STAFF}/invitations", STAFF, **other)
    assert (asked.status_code, "sudah diundang sebagai Petugas" in asked.text) == (409, True)
    change = found(rf'href="({STAFF}/invitations/[0-9a-f-]+)"', asked)
    assert (await client.get(link)).status_code == 200
    renamed = await post(client, change, change, name="Petugas Pintu", role="viewer")
    assert renamed.headers["location"] == f"{STAFF}?done=changed"
    assert "Petugas Pintu" in (await client.get(link)).text
    again = await post(client, f"{STAFF}/invitations", STAFF, **other, again=hidden(asked, "again"))
    assert again.headers["location"] == f"{STAFF}?done=invited"
    assert (await client.get(link)).status_code != 200
