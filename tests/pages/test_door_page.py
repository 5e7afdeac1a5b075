"""The committee prepares the door: pairing codes shown once, clocks that are wrong, screens, self check-in."""

import re
from base64 import b64decode

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.devices import Device
from service.models.organizers import Role
from service.models.screens import Audience, Screen
from service.pages import once
from tests.factories import at
from tests.pages.reading import faults
from tests.pages.world import signed_in
from tests.support.screened import Screened

# The statements behind it run on both kinds of database in tests/routers.
pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
async def there(client: AsyncClient, database: Database) -> Screened:
    clock.freeze(at("07-03 07:10"))
    return await Screened.open(client, database, self_checkin=False)


async def test_a_new_device_is_paired_by_a_code_that_stands_in_one_answer_only(there: Screened) -> None:
    cookie, csrf = await signed_in(there.door.database, there.door.house, Role.ORGANIZER)
    base = f"/staff/door/{there.door.workshop.id}"
    nameless = await there.client.post(f"{base}/devices", data={"csrf": csrf}, headers=cookie)
    assert (nameless.status_code, "Tuliskan nama perangkat." in nameless.text) == (422, True)
    form = {"csrf": csrf, "device-name": "Gerbang B", "once": once.value()}
    made = await there.client.post(f"{base}/devices", data=form, headers=cookie)
    assert (made.status_code, made.headers["cache-control"], faults(made.text, "id")) == (200, "no-store", [])
    [token] = set(re.findall(r"http://127\.0\.0\.1:8000/checkin#(bmd_[\w-]+)", made.text))
    mine = await there.client.get("/api/v1/device", headers={"Authorization": f"Bearer {token}"})
    assert (mine.json()["name"], mine.json()["gate"]) == ("Gerbang B", None)
    [code] = re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", made.text)
    assert b"<svg" in b64decode(code)
    listed = await there.client.get("/staff/door", headers=cookie)
    assert ("Gerbang B" in listed.text, token in listed.text) == (True, False)
    gone = await there.client.post(
        f"/staff/door/devices/{mine.json()['id']}/revoke", data={"csrf": csrf}, headers=cookie
    )
    assert gone.headers["location"] == f"/staff/door?workshop={there.door.workshop.id}&done=device-revoked"
    assert "Gerbang B" not in (await there.client.get(gone.headers["location"], headers=cookie)).text
    # The answer loaded again pairs nothing, not even when the device is gone.
    again = await there.client.post(f"{base}/devices", data=form, headers=cookie)
    assert again.headers["location"] == f"/staff/door?workshop={there.door.workshop.id}&done=sent"
    told = (await there.client.get(again.headers["location"], headers=cookie)).text
    assert ("tidak ada perangkat yang ditambahkan" in told, "Gerbang B" in told) == (True, False)


async def test_a_wrong_clock_is_said_beyond_two_minutes(there: Screened) -> None:
    cookie, _csrf = await signed_in(there.door.database, there.door.house, Role.ORGANIZER)
    for skew, said in ((120.0, ""), (-437.0, "ini 7 menit lebih lambat."), (7200.5, "ini 120 menit lebih cepat.")):
        async with there.door.database.write() as session:
            [device] = (await session.exec(select(Device))).all()
            device.synced_at, device.skew_seconds = clock.now(), skew
        page = (await there.client.get("/staff/door", headers=cookie)).text
        assert "Terakhir mengirim Senin, 3 Juli 2023, pukul 07.10 WITA" in page
        assert ("Jam perangkat ini" in page, said in page) == (bool(said), True)


async def test_the_demo_s_clock_is_wrong_on_purpose(there: Screened) -> None:
    cookie, _csrf = await signed_in(there.door.database, there.door.house, Role.ORGANIZER)
    async with there.door.database.write() as session:
        [device] = (await session.exec(select(Device))).all()
        device.synced_at, device.skew_seconds = clock.now(), 107_000_000.0
    there.door.database.settings.now = clock.now()
    assert "Jam perangkat ini" not in (await there.client.get("/staff/door", headers=cookie)).text


async def test_a_second_device_of_one_name_is_pointed_out(there: Screened) -> None:
    cookie, csrf = await signed_in(there.door.database, there.door.house, Role.ORGANIZER)
    hint = "Sudah ada perangkat bernama"
    for name, said in (("Gerbang Z", False), ("gerbang z", True)):
        typed = {"csrf": csrf, "device-name": name, "once": once.value()}
        url = f"/staff/door/{there.door.workshop.id}/devices"
        made = await there.client.post(url, data=typed, headers=cookie)
        assert (hint in made.text, faults(made.text, "id")) == (said, [])


async def test_a_screen_of_a_removed_key_is_shown_as_no_longer_usable(there: Screened) -> None:
    cookie, csrf = await signed_in(there.door.database, there.door.house, Role.ORGANIZER)
    async with there.door.database.write() as session:
        for screen in await session.exec(select(Screen)):
            screen.key_id = "00000000" if screen.audience is Audience.HALL else screen.key_id
    page = (await there.client.get("/staff/door", headers=cookie)).text
    assert (page.count("tidak dapat dipakai lagi"), page.count("Buka layar:"), faults(page, "id")) == (1, 1, [])
    url = f"/api/v1/workshops/{there.door.workshop.id}/screens"
    listed = (await there.client.get(url, headers=there.door.staff)).json()["items"]
    assert [one["link"] is None for one in listed] == [True, False]
    gone = f"/staff/door/screens/{listed[0]['id']}/revoke"
    assert (await there.client.post(gone, data={"csrf": csrf}, headers=cookie)).status_code == 303
    assert "tidak dapat dipakai lagi" not in (await there.client.get("/staff/door", headers=cookie)).text


async def test_screens_are_added_and_revoked_and_self_checkin_is_switched(there: Screened) -> None:
    cookie, csrf = await signed_in(there.door.database, there.door.house, Role.ORGANIZER)
    base = f"/staff/door/{there.door.workshop.id}"
    typed = {"csrf": csrf, "screen-name": "Layar lobi", "audience": "hall"}
    added = await there.client.post(f"{base}/screens", data=typed, headers=cookie)
    page = (await there.client.get(added.headers["location"], headers=cookie)).text
    assert faults(page, "id") == []
    link = re.findall(r"http://127\.0\.0\.1:8000(/screen/[\w-]+)", page)[-1]
    await there.client.post(f"{base}/self-checkin", data={"csrf": csrf, "enabled": "yes"}, headers=cookie)
    assert (await there.client.get(link)).text.count("data:image/svg") == 1
    await there.client.post(f"{base}/self-checkin", data={"csrf": csrf, "enabled": "no"}, headers=cookie)
    assert (await there.client.get(link)).text.count("data:image/svg") == 0
    [screen] = re.findall(r"/staff/door/screens/[\w-]+/revoke", page)[-1:]
    assert (await there.client.post(screen, data={"csrf": csrf}, headers=cookie)).status_code == 303
    assert (await there.client.get(link)).status_code == 404
    refused = await there.client.post(f"{base}/screens", data=typed | {"audience": "roof"}, headers=cookie)
    assert (refused.status_code, "Pilih tempat layar." in refused.text) == (422, True)


async def test_a_viewer_has_no_door(there: Screened) -> None:
    cookie, _csrf = await signed_in(there.door.database, there.door.house, Role.VIEWER)
    assert (await there.client.get("/staff/door", headers=cookie)).status_code == 403
    assert "/staff/door" not in (await there.client.get("/staff", headers=cookie)).text
