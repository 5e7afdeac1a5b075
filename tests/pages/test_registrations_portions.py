"""Everybody on a filter, however many: decided on in portions, each sent by the page that the one before answered."""

import html
import re

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service.db import Database
from service.domain.registrations_bulk import MOST, numbers_in, runs
from service.models.registrations import Registration, RegistrationStatus as Status
from service.pages import registrations_bulk
from tests import factories
from tests.pages.test_registrations_page import LIST, Committee, committee
from tests.pages.world import World


def fields_of(page: str) -> dict[str, list[str]]:
    """What the page's own form sends along, apart from its buttons."""
    form = page.split('hx-trigger="load"')[1].split("</form>", maxsplit=1)[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(html.unescape(value))
    return found


async def ended(staff: Committee, path: str, page: str) -> tuple[str, int]:
    """The last page, and how many portions it took to get there. Each is sent twice, as when its answer is lost."""
    portions = 0
    while 'hx-trigger="load"' in page:
        await staff.sends(path, **fields_of(page))
        page = (await staff.sends(path, **fields_of(page))).text
        portions += 1
    return page, portions


async def test_all_on_a_filter_are_decided_on_in_portions_and_each_is_told_of(
    client: AsyncClient, database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registrations_bulk, "PORTION", 3)
    monkeypatch.setattr(registrations_bulk, "SHOWN", 4)
    pending = {"status": Status.PENDING, "holds_seat": False}
    async with database.write() as session:
        asked = [await factories.registration(session, world.gathering, **pending) for _person in range(10)]
    staff = await committee(client, database, world)
    bulk = f"{LIST}/{world.gathering.id}/bulk"
    meant = await staff.sends(bulk, deed="approve", all="yes", status="pending")
    assert "Setujui pendaftaran (10)" in meant.text
    assert f"serta nomor {asked[4].number}–{asked[9].number}" in meant.text
    # Decided on meanwhile by somebody else: it is said, and keeps nobody from going on.
    await staff.sends(f"{LIST}/{asked[5].id}/rejection", **{"reason-reject": "Salah alamat"})
    [chosen] = re.findall(r'name="chosen" value="([^"]*)"', meant.text)
    first = await staff.sends(f"{bulk}/decision", deed="approve", status="pending", chosen=chosen)
    assert "3 dari 10 orang" in first.text
    last, portions = await ended(staff, f"{bulk}/decision", first.text)
    assert portions == 3
    told = re.findall(r'class="numbers">(\d+) orang</span></summary>', last)
    assert told == ["1", "9"]
    assert f"{asked[5].number} · {asked[5].name}" in last
    async with database.read() as session:
        mine = col(Registration.id).in_([one.id for one in asked])
        rows = (await session.exec(select(Registration).where(mine).order_by(col(Registration.number)))).all()
    assert [row.status for row in rows] == [Status.CONFIRMED] * 5 + [Status.REJECTED] + [Status.CONFIRMED] * 4
    by_hand = await staff.sends(f"{bulk}/decision", deed="cancel", chosen=chosen, by="hand")
    assert ("Dibatalkan" in by_hand.text, 'hx-trigger="load"' in by_hand.text) == (True, False)


def test_numbers_are_written_in_runs_and_read_as_they_were() -> None:
    numbers = [3, 4, 5, 9, 1, 2, 7]
    assert runs(numbers) == "3-5 9 1-2 7"
    assert numbers_in(runs(numbers)) == numbers
    assert len(numbers_in("1-999999999 5 5-6", most=1000)) == 1000
    assert numbers_in("x 9-3 ; -") == []
    told = registrations_bulk.became_of("ok|Disetujui|1-999999999\nbad|Ditolak|1-999999999\nx|y|1")
    assert {outcome: len(numbers) for outcome, numbers in told.items()} == {
        ("ok", "Disetujui"): MOST,
        ("bad", "Ditolak"): 0,
    }
