"""A participant reads the screen's code: nothing happens before the button, and the button works without a script."""

import re

import pytest
from httpx import AsyncClient, Response

from service import clock
from service.db import Database
from service.models.registrations import Registration
from tests import factories
from tests.factories import at
from tests.pages.reading import Reading, faults
from tests.support.screened import Screened

# The statements behind it run on both kinds of database in tests/routers.
pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
async def there(client: AsyncClient, database: Database) -> Screened:
    clock.freeze(at("07-03 09:02"))
    return await Screened.open(client, database)


async def link_of(there: Screened, **values: object) -> tuple[Registration, str]:
    row, _ticket = await there.door.person(**values)
    async with there.door.database.read() as session:
        return row, f"/my/{factories.participant_token(session, row)}"


def nonce_of(page: Response) -> str:
    [field] = [one for one in Reading(page.text).all("input") if one.get("name") == "nonce"]
    return field["value"]


async def test_the_typed_code_is_recorded_once_however_often_the_form_is_sent(there: Screened) -> None:
    _row, my = await link_of(there)
    assert f'href="{my}/checkin"' in (await there.client.get(my)).text
    page = await there.client.get(f"{my}/checkin")
    assert (page.status_code, faults(page.text, "id")) == (200, [])
    assert "'wasm-unsafe-eval'" in page.headers["content-security-policy"]
    assert await there.facts() == (0, 0, 0)
    typed = {"code": (await there.shows(there.hall))["short"].lower(), "nonce": nonce_of(page)}
    for _ in range(2):
        answer = await there.client.post(f"{my}/checkin", data=typed)
        assert (answer.status_code, faults(answer.text, "id")) == (200, [])
        assert "Kehadiran Hari I - pagi tercatat pukul 09.02 WITA." in answer.text
    assert (await there.facts())[0] == 1
    again = await there.client.post(f"{my}/checkin", data=typed | {"nonce": nonce_of(page)[:-4] + "beef"})
    assert "sudah tercatat sejak pukul 09.02 WITA" in again.text


async def test_an_online_code_says_that_it_is_wanted_once_more(there: Screened) -> None:
    _row, my = await link_of(there)
    code = {"code": (await there.shows(there.online))["short"]}
    assert "tercatat mulai pukul 09.02 WITA" in (await there.client.post(f"{my}/checkin", data=code)).text
    clock.freeze(at("07-03 11:45"))
    code = {"code": (await there.shows(there.online))["short"]}
    last = (await there.client.post(f"{my}/checkin", data=code)).text
    assert "tercatat pukul 09.02 WITA sampai 11.45 WITA" in last
    assert "sekali lagi pada akhir sesi" in last


async def test_a_refusal_says_what_to_do_and_asks_again(there: Screened) -> None:
    _row, my = await link_of(there)
    for typed, status, said in (
        ({"code": "2222-2222"}, 409, "Kode tidak cocok atau sudah berganti"),
        ({"code": "<script>"}, 409, "Kode tidak cocok atau sudah berganti"),
        ({}, 422, "Ketik kode delapan huruf yang tampil di layar."),
        ({"code": "2222-2222", "nonce": "x"}, 422, "Muat ulang halaman ini."),
    ):
        answer = await there.client.post(f"{my}/checkin", data=typed)
        assert (answer.status_code, said in answer.text, faults(answer.text, "id")) == (status, True, [])
        assert nonce_of(answer)
    assert await there.facts() == (0, 0, 0)


async def test_a_phones_own_camera_needs_to_know_whose_it_is_and_a_press_of_the_button(there: Screened) -> None:
    row, my = await link_of(there)
    code = (await there.shows(there.hall))["code"]
    stranger = await there.client.get(f"/hadir/{code}")
    assert (stranger.status_code, faults(stranger.text, "id")) == (200, [])
    assert "Telepon ini belum mengenal Anda" in stranger.text
    unknown = await there.client.post(f"/hadir/{code}")
    assert (unknown.status_code, unknown.headers["location"]) == (303, f"/hadir/{code}")
    cookie = (await there.client.get(f"{my}/checkin")).headers["set-cookie"]
    assert re.search(r"HttpOnly; Max-Age=\d+; Path=/hadir; SameSite=lax", cookie)
    known = await there.client.get(f"/hadir/{code}")
    assert (row.name in known.text, faults(known.text, "id")) == (True, [])
    assert await there.facts() == (0, 0, 0)
    foreign = await there.client.post(f"/hadir/{code}", headers={"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, await there.facts()) == (403, (0, 0, 0))
    pressed = await there.client.post(f"/hadir/{code}", data={"nonce": nonce_of(known)})
    assert "Kehadiran Hari I - pagi tercatat pukul 09.02 WITA." in pressed.text


async def test_a_phone_that_has_opened_its_owners_page_is_known_to_its_camera(there: Screened) -> None:
    row, my = await link_of(there)
    cookie = (await there.client.get(my)).headers["set-cookie"]
    assert re.search(r"HttpOnly; Max-Age=\d+; Path=/hadir; SameSite=lax", cookie)
    assert row.name in (await there.client.get(f"/hadir/{(await there.shows(there.hall))['code']}")).text
    there.client.cookies.clear()
    off = await Screened.open(there.client, there.door.database, self_checkin=False)
    _row, my = await link_of(off)
    assert "set-cookie" not in (await there.client.get(my)).headers


async def test_an_address_that_holds_no_code_says_so_to_whoever_opens_it(there: Screened) -> None:
    _row, my = await link_of(there)
    for _who in ("stranger", "known"):
        page = await there.client.get("/hadir/promo")
        assert (page.status_code, faults(page.text, "id")) == (404, [])
        assert "Itu bukan kode kehadiran. Arahkan kamera ke kode di layar." in page.text
        assert "belum mengenal" not in page.text
        await there.client.get(f"{my}/checkin")


async def test_the_way_is_shown_only_while_it_leads_somewhere(there: Screened) -> None:
    _row, my = await link_of(there)
    clock.freeze(at("07-03 12:00"))
    assert f"{my}/checkin" in (await there.client.get(my)).text
    clock.freeze(at("07-03 18:00"))
    assert f"{my}/checkin" not in (await there.client.get(my)).text
    assert "Dibuka Selasa, 4 Juli 2023, pukul 07.00 WITA." in (await there.client.get(f"{my}/checkin")).text
    off = await Screened.open(there.client, there.door.database, self_checkin=False)
    clock.freeze(at("07-03 12:00"))
    _row, my = await link_of(off)
    assert f"{my}/checkin" not in (await there.client.get(my)).text
    assert "Pencatatan mandiri tidak dibuka" in (await there.client.get(f"{my}/checkin")).text
    assert (await there.client.get("/my/nobody/checkin")).status_code == 404


async def test_the_screen_is_drawn_without_a_script_too_and_ends_with_its_link(there: Screened) -> None:
    extra = await there.add("hall")
    path = "/screen/" + extra["link"].rsplit("/", 1)[1]
    page = await there.client.get(path)
    shown = await there.shows(path.rsplit("/", 1)[1])
    assert (page.status_code, page.headers["cache-control"], faults(page.text, "id")) == (200, "no-store", [])
    assert (shown["short"] in page.text, shown["qr"] in page.text) == (True, True)
    await there.client.delete(f"/api/v1/screens/{extra['id']}", headers=there.door.staff)
    assert (await there.client.get(path)).status_code == 404
