"""The steward's desk: one delivery after the other, a verdict with remarks to single parts, nothing said in vain."""

import json
import re
from datetime import timedelta

from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.organizers import Role
from tests.factories import at
from tests.pages.reading import faults
from tests.pages.world import signed_in
from tests.support.promises import Scene, scene

API = "/api/v1"
TABLE = b"Kecamatan,Jumlah\nBelopa,12\nBua,\n"


async def _delivered(client: AsyncClient, database: Database, count: int) -> tuple[Scene, list[str], list[str]]:
    """Ids of the commitments and of what was handed in for each, a minute apart; the first one only in part."""
    clock.freeze(at("07-10 09:00"))
    async with database.write() as session:
        s = await scene(session, "luwu")
        asked = [str((await s.ask(session, code=f"A-{n}")).id) for n in range(count)]
    sent = []
    for n, one in enumerate(asked):
        clock.freeze(clock.now() + timedelta(minutes=1))
        fields = {"complete": "true" if n else "false", "metadata": json.dumps({"concept": "Sekolah"})}
        files = [("files", ("Sekolah.csv", TABLE))]
        path = f"{API}/portal/commitments/{one}/submissions"
        answer = await client.post(path, data=fields, files=files, headers=s.agency_headers)
        assert answer.status_code == 201, answer.text
        sent.append(answer.json()["id"])
    return s, asked, sent


async def test_a_verdict_leads_to_the_next_in_the_queue_and_the_last_one_back_to_it(
    client: AsyncClient, database: Database
) -> None:
    s, asked, sent = await _delivered(client, database, 3)
    cookie, csrf = await signed_in(database, s.house, Role.STEWARD)
    queue = (await client.get(f"/staff/review?workshop={s.workshop.id}", headers=cookie)).text
    links = re.findall(r'<h2><a href="([^"]+)"', queue)
    kept = f"?workshop={s.workshop.id}"
    assert links == [f"/staff/review/{one}{kept}" for one in sent]
    assert faults(queue, "id") == []
    middle = (await client.get(links[1], headers=cookie)).text
    assert re.findall(r'rel="(prev|next)" accesskey="\d" href="([^"]+)"', middle) == [
        ("prev", links[0]),
        ("next", links[2]),
    ]
    onward = []
    for link in links:
        answer = await client.post(link, data={"csrf": csrf, "do": "accept"}, headers=cookie)
        onward.append(answer.headers["location"])
    assert onward == [f"{links[1]}&done=accepted", f"{links[2]}&done=accepted", f"/staff/review{kept}&done=accepted"]
    assert "Tidak ada penyerahan yang menunggu" in (await client.get(onward[-1], headers=cookie)).text
    story = (await client.get(f"/staff/commitments/{asked[0]}", headers=cookie)).text
    assert "Koreksi penerimaan" in story


async def test_remarks_go_with_a_return_and_are_never_lost_by_an_acceptance(
    client: AsyncClient, database: Database
) -> None:
    s, _asked, [sent] = await _delivered(client, database, 1)
    cookie, csrf = await signed_in(database, s.house, Role.STEWARD)
    path = f"/staff/review/{sent}"
    page = (await client.get(path, headers=cookie)).text
    assert ("Terima, sudah mencukupi" in page, "Kembalikan dan minta sisanya" in page) == (True, True)
    assert faults(page, "id") == []
    said = {"csrf": csrf, "remark-unit": "Isi satuan.", "remark-files/1": "Baris Bua kosong."}
    refused = await client.post(path, data=said | {"do": "accept"}, headers=cookie)
    assert (refused.status_code, "Isi satuan." in refused.text) == (422, True)
    silent = await client.post(path, data=said | {"do": "return"}, headers=cookie)
    assert (silent.status_code, 'href="#reason"' in silent.text) == (422, True)
    await client.post(path, data=said | {"do": "return", "reason": "Lengkapi."}, headers=cookie)
    read = (await client.get(f"{API}/portal/commitments", headers=s.agency_headers)).json()["items"][0]
    [delivery] = read["submissions"]
    assert (delivery["reason"], delivery["remarks"]) == (
        "Lengkapi.",
        {"unit": "Isi satuan.", "files/1": "Baris Bua kosong."},
    )
    over = await client.post(path, data={"csrf": csrf, "do": "accept"}, headers=cookie)
    assert (over.status_code, "Kembalikan dan minta" in over.text) == (409, False)


async def test_parts_of_a_delivery_stand_once_in_the_queue_and_all_on_the_desk(
    client: AsyncClient, database: Database
) -> None:
    s, [asked], [_first] = await _delivered(client, database, 1)
    clock.freeze(clock.now() + timedelta(minutes=1))
    rest = {"url": "https://data.luwukab.go.id/sisanya"}
    path = f"{API}/portal/commitments/{asked}/submissions"
    last = (await client.post(path, json=rest, headers=s.agency_headers)).json()["id"]
    cookie, csrf = await signed_in(database, s.house, Role.STEWARD)
    queue = (await client.get("/staff/review", headers=cookie)).text
    assert re.findall(r'<h2><a href="([^"]+)"', queue) == [f"/staff/review/{last}"]
    desk = (await client.get(f"/staff/review/{last}", headers=cookie)).text
    assert ("Sekolah.csv" in desk, "https://data.luwukab.go.id/sisanya" in desk) == (True, True)
    await client.post(f"/staff/review/{last}", data={"csrf": csrf, "do": "accept"}, headers=cookie)
    read = (await client.get(f"{API}/commitments/{asked}", headers=s.headers)).json()
    assert [one["status"] for one in read["submissions"]] == ["accepted", "accepted"]


async def test_the_first_look_into_a_table_stands_beside_it(client: AsyncClient, database: Database) -> None:
    s, _asked, [sent] = await _delivered(client, database, 1)
    cookie, _csrf = await signed_in(database, s.house, Role.STEWARD)
    page = (await client.get(f"/staff/review/{sent}", headers=cookie)).text
    assert "2 baris, 2 kolom" in page
    assert "1 kolom memiliki sel kosong" in page
    assert re.search(r'<th scope="row" class="anywhere">Jumlah</th>\s*<td class="number">1', page)


async def test_an_acceptance_is_corrected_with_a_reason_once(client: AsyncClient, database: Database) -> None:
    s, asked, [sent] = await _delivered(client, database, 1)
    cookie, csrf = await signed_in(database, s.house, Role.STEWARD)
    path = f"/staff/review/{sent}"
    await client.post(path, data={"csrf": csrf, "do": "accept"}, headers=cookie)
    page = (await client.get(path, headers=cookie)).text
    assert ('value="accept"' in page, 'value="return"' in page) == (False, True)
    back = await client.post(path, data={"csrf": csrf, "do": "return", "reason": "Keliru."}, headers=cookie)
    assert back.headers["location"] == "/staff/review?done=returned"
    assert 'value="return"' not in (await client.get(path, headers=cookie)).text
    read = (await client.get(f"{API}/commitments/{asked[0]}", headers=s.headers)).json()
    assert [change["to"] for change in read["history"]] == ["requested", "submitted", "accepted", "returned"]
