"""The steward's queue and verdict: oldest first, remarks to single parts, parts judged together."""

from datetime import timedelta

from httpx import AsyncClient

from service import clock
from service.auth import Permission
from service.db import Database
from service.models.organizers import Role
from tests import factories
from tests.factories import at
from tests.pages.world import signed_in
from tests.support.promises import Scene, scene

API = "/api/v1"
URL = {"url": "https://data.luwukab.go.id/1"}


async def _handed_in(client: AsyncClient, database: Database, s: Scene, count: int) -> list[str]:
    """Ids of that many deliveries, each a minute after the one before."""
    async with database.write() as session:
        asked = [(await s.ask(session)).id for _n in range(count)]
    found = []
    for one in asked:
        clock.freeze(clock.now() + timedelta(minutes=1))
        sent = await client.post(f"{API}/portal/commitments/{one}/submissions", json=URL, headers=s.agency_headers)
        assert sent.status_code == 201, sent.text
        found.append(sent.json()["id"])
    return found


async def test_the_queue_holds_what_waits_oldest_first_and_page_by_page(
    client: AsyncClient, database: Database
) -> None:
    clock.freeze(at("07-10 09:00"))
    async with database.write() as session:
        s, other = await scene(session), await scene(session)
    first, second, third = await _handed_in(client, database, s, 3)
    await client.post(f"{API}/submissions/{second}/acceptance", headers=s.headers)
    waits = f"{API}/submissions?status=submitted"
    one = (await client.get(f"{waits}&limit=1", headers=s.headers)).json()
    assert [entry["id"] for entry in one["items"]] == [first]
    rest = (await client.get(f"{waits}&limit=1&cursor={one['next']}", headers=s.headers)).json()
    assert ([entry["id"] for entry in rest["items"]], rest["next"]) == ([third], None)
    [entry] = rest["items"]
    assert (entry["organisation"], entry["workshop"], entry["name"]) == (s.agency.code, str(s.workshop.id), "Data")

    async def count(query: str) -> int:
        return len((await client.get(f"{API}/submissions?{query}", headers=s.headers)).json()["items"])

    assert await count("") == 3
    assert await count(f"organisation={s.other.code}") == 0
    assert await count(f"workshop={s.workshop.id}&status=accepted") == 1
    assert await count("dimension=economy") == 0
    assert (await client.get(waits, headers=other.headers)).json()["items"] == []
    assert (await client.get(waits, headers=s.agency_headers)).status_code == 403
    assert (await client.get(f"{waits}&cursor=x", headers=s.headers)).status_code == 422


async def test_a_return_says_what_is_wrong_with_each_part_until_the_next_verdict(
    client: AsyncClient, database: Database
) -> None:
    clock.freeze(at("07-10 09:00"))
    async with database.write() as session:
        s = await scene(session)
        reader = await factories.api_key(session, s.house, Permission.COMMITMENTS_READ)
    [sent] = await _handed_in(client, database, s, 1)
    path = f"{API}/submissions/{sent}/return"
    remarks = {"unit": "Isi dengan satuan baku."}
    for wrong in ({"files/1": "Tidak ada berkas."}, {"uang": "Salah."}):
        refused = await client.post(path, json={"reason": "Lengkapi.", "remarks": wrong}, headers=s.headers)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"/remarks/{next(iter(wrong))}")
    assert (await client.post(path, json={"reason": "Lengkapi."}, headers=reader)).status_code == 403
    back = await client.post(path, json={"reason": "Lengkapi.", "remarks": remarks}, headers=s.headers)
    assert (back.json()["status"], back.json()["remarks"]) == ("returned", remarks)
    mine = (await client.get(f"{API}/portal/commitments", headers=s.agency_headers)).json()["items"][0]
    assert mine["submissions"][0]["remarks"] == remarks
    assert (await client.post(path, json={"reason": "Lagi."}, headers=s.headers)).status_code == 409


async def test_parts_that_wait_together_are_judged_together_and_corrected_together(
    client: AsyncClient, database: Database
) -> None:
    """As the history has it at any moment, too."""
    clock.freeze(at("07-10 09:00"))
    async with database.write() as session:
        s = await scene(session)
        row = await s.ask(session)
    path = f"{API}/portal/commitments/{row.id}/submissions"
    parts = []
    for n in (1, 2):
        clock.freeze(at(f"07-10 1{n}:00"))
        part = {"url": f"https://data.luwukab.go.id/{n}", "complete": n == 2}
        sent = await client.post(path, json=part, headers=s.agency_headers)
        assert sent.status_code == 201, sent.text
        parts.append(sent.json()["id"])
    first, last = parts
    accepting = f"{API}/submissions/{{}}/acceptance"
    queue = await client.get(f"{API}/submissions?status=submitted", headers=s.headers)
    assert [one["id"] for one in queue.json()["items"]] == [last]
    assert len((await client.get(f"{API}/submissions", headers=s.headers)).json()["items"]) == 2
    early = await client.post(accepting.format(first), headers=s.headers)
    assert (early.status_code, early.json()["title"]) == (409, "Ada penyerahan yang lebih baru")
    assert early.json()["detail"].startswith("Periksa penyerahan terakhir komitmen ini")
    clock.freeze(at("07-11 09:00"))
    assert (await client.post(accepting.format(last), headers=s.headers)).status_code == 200
    clock.freeze(at("07-12 09:00"))
    back = await client.post(f"{API}/submissions/{last}/return", json={"reason": "Keliru."}, headers=s.headers)
    assert back.status_code == 200

    async def states(as_of: str) -> list[tuple[str, str | None]]:
        read = await client.get(f"{API}/commitments/{row.id}?as_of={as_of}", headers=s.headers)
        return [(one["status"], one["reason"]) for one in read.json()["submissions"]]

    assert await states("2023-07-10") == [("submitted", None)] * 2
    assert await states("2023-07-11") == [("accepted", None)] * 2
    assert await states("2023-07-12") == [("returned", "Keliru.")] * 2
    queue = await client.get(f"{API}/submissions?status=submitted", headers=s.headers)
    assert queue.json()["items"] == []


async def test_nobody_waits_for_a_verdict_on_what_is_promised_no_more_though_it_can_be_given(
    client: AsyncClient, database: Database
) -> None:
    clock.freeze(at("07-10 09:00"))
    async with database.write() as session:
        s = await scene(session)
    [sent] = await _handed_in(client, database, s, 1)
    asked = (await client.get(f"{API}/submissions", headers=s.headers)).json()["items"][0]["commitment"]
    why = {"reason": "Bukan kewenangan kami."}
    assert (await client.post(f"{API}/commitments/{asked}/decline", json=why, headers=s.headers)).status_code == 200
    queue = await client.get(f"{API}/submissions?status=submitted", headers=s.headers)
    totals = (await client.get(f"{API}/dashboard?workshop={s.workshop.id}", headers=s.headers)).json()["totals"]
    assert (queue.json()["items"], totals["awaiting_review"]) == ([], 0)
    cookie, _csrf = await signed_in(database, s.house, Role.STEWARD)
    assert "Tidak ada penyerahan yang menunggu" in (await client.get("/staff/review", headers=cookie)).text
    assert (await client.post(f"{API}/submissions/{sent}/acceptance", headers=s.headers)).status_code == 200
