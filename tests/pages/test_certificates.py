"""The committee's page: what issuing would do, issuing, and taking one back."""

import re

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.organizers import Role
from service.models.outbox import EventRow
from tests.factories import at
from tests.pages.world import signed_in
from tests.support.certified import Certified
from tests.support.sheets import ONE

PAGE = "/staff/certificates"


@pytest.fixture
async def certified(client: AsyncClient, database: Database) -> Certified:
    return await Certified.open(client, database)


def figures(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd class=\"numbers\">(\d+)</dd>", page))


async def test_the_committee_sees_what_is_due_issues_it_and_takes_one_back(
    certified: Certified, client: AsyncClient
) -> None:
    for _ in range(2):
        await certified.person()
    await certified.person("D1P")
    cookie, csrf = await signed_in(certified.database, certified.house, Role.ORGANIZER)
    before = (await client.get(PAGE, headers=cookie)).text
    assert figures(before) == {
        "Siap diterbitkan": "2",
        "Sudah diterbitkan dan sesuai": "0",
        "Hadir, tetapi belum memenuhi syarat": "1",
    }
    assert ("3 JP dari 14 JP" in before, "Nama penanda tangan belum diisi" in before) == (True, True)
    [action] = re.findall(rf'action="({PAGE}/[^"]+)"', before)
    assert (await client.post(action, headers=cookie, data={})).status_code == 403
    issued = await client.post(action, headers=cookie, data={"csrf": csrf, "notify": "yes"})
    after = (await client.get(issued.headers["location"], headers=cookie)).text
    assert figures(after)["Sudah diterbitkan dan sesuai"] == "2"
    assert 'href="/api/v1/workshops/' in after
    revocations = re.findall(rf'action="({PAGE}/[^"]+/revoke)"', after)
    nameless = await client.post(revocations[0], headers=cookie, data={"csrf": csrf})
    assert (nameless.status_code, "Tuliskan alasannya." in nameless.text) == (422, True)
    await client.post(revocations[0], headers=cookie, data={"csrf": csrf, "reason": "Keliru"})
    shown = (await client.get(PAGE, headers=cookie)).text
    assert (shown.count("/revoke"), "Keliru" in shown) == (1, True)
    assert [row["status"] for row in await certified.listed()] == ["revoked", "valid"]
    [again] = re.findall(rf'action="({PAGE}/[^"]+/reissue)"', shown)
    await client.post(again, headers=cookie, data={"csrf": csrf})
    assert [row["status"] for row in await certified.listed()] == ["revoked", "valid", "valid"]
    async with certified.database.read() as session:
        types = list(await session.exec(select(EventRow.type)))
    assert types.count("certificates.announced") == 1


@ONE
async def test_before_the_end_the_page_says_what_to_do_and_viewers_do_not_see_it(
    certified: Certified, client: AsyncClient
) -> None:
    clock.freeze(at("07-04 15:00"))
    cookie, csrf = await signed_in(certified.database, certified.house, Role.ORGANIZER)
    page = (await client.get(PAGE, headers=cookie)).text
    assert ("nyatakan kegiatan selesai" in page, "Terbitkan sertifikat</button>" in page) == (True, False)
    early = await client.post(f"{PAGE}/{certified.workshop.id}", headers=cookie, data={"csrf": csrf})
    assert (early.status_code, "Kegiatan belum selesai" in early.text) == (409, True)
    viewer, _csrf = await signed_in(certified.database, certified.house, Role.VIEWER)
    assert (await client.get(PAGE, headers=viewer)).status_code == 403
