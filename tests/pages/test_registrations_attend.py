"""A list on paper becomes attendance: ticked people, one session, one reason, each recorded as on the person's page."""

import re
from datetime import timedelta

from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.organizers import Role
from service.models.registrations import RegistrationStatus
from tests.pages.test_registrations_page import LIST, Committee, hidden
from tests.pages.world import signed_in
from tests.support.door import Door
from tests.support.online import MORNING, get


async def test_ticked_people_are_recorded_for_one_session_with_one_reason_once_each(
    client: AsyncClient, database: Database
) -> None:
    clock.freeze(MORNING - timedelta(days=1))
    door = await Door.open(client, database)
    first, _ticket = await door.person(name="Camat Bua")
    second, _ticket = await door.person(name="Camat Belopa")
    gone, _ticket = await door.person(name="Camat Suli", status=RegistrationStatus.CANCELLED)
    staff = Committee(client, *await signed_in(database, door.house, Role.ORGANIZER))
    bulk = f"{LIST}/{first.workshop_id}/bulk"
    ticked = {"deed": "attend", "ids": [str(one.id) for one in (first, second, gone)]}
    assert "Belum ada sesi yang dibuka" in (await staff.sends(bulk, **ticked)).text
    clock.freeze(MORNING)
    asked = await staff.sends(bulk, **ticked)
    assert "2 orang dicatat hadir" in asked.text
    assert "Dibatalkan (1)" in asked.text
    form = {"deed": "attend", "chosen": hidden(asked.text, "chosen"), "nonce": hidden(asked.text, "nonce")}
    for wrong, said in (
        ({"block": "D1P"}, "Tuliskan alasannya."),
        ({"block": "D2P", "reason": "Kertas"}, "Pilih sesi yang sudah dibuka."),
    ):
        refused = await staff.sends(f"{bulk}/decision", **form, **wrong)
        assert (refused.status_code, said in refused.text) == (422, True)
        assert hidden(refused.text, "nonce") == form["nonce"]
    for _time in range(2):
        done = await staff.sends(f"{bulk}/decision", **form, block="D1P", reason="Menurut daftar hadir kertas")
        assert re.findall(r"\d · ([^<]+)</a>", done.text) == ["Camat Bua", "Camat Belopa"]
        assert "Hadir tercatat</span>" in done.text
    story = (await get(door, "attendance/history"))["items"]
    assert [one["kind"] for one in story] == ["manual", "manual"]
    assert {one["reason"] for one in story} == {"Menurut daftar hadir kertas"}
    page = await staff.opened(f"/staff/attendance/{second.id}")
    assert "Hadir luring" in page
    viewer = Committee(client, *await signed_in(database, door.house, Role.VIEWER))
    assert (await viewer.sends(bulk, **ticked)).status_code == 403
