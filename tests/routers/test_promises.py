"""Who promises, who proves it, and what both sides say about it: by staff, and by the organisation in its portal."""

from datetime import timedelta
from typing import Any

from httpx import AsyncClient, Response
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.models.outbox import EventRow
from service.models.workshops import AgendaItem, WorkshopStatus
from service.routers.access import cursor
from service.settings import Settings
from tests import factories
from tests.support.pictures import png
from tests.support.promises import Scene, scene

API = "/api/v1"
OFFICE = "Kepala Dinas Perhubungan"


async def begin(database: Database, requests: int = 1) -> tuple[Scene, list[str]]:
    """A published workshop and what is asked of the agency there."""
    async with database.write() as session:
        s = await scene(session)
        s.workshop.status, s.workshop.never_published = WorkshopStatus.PUBLISHED, False
        session.add(s.workshop)
        return s, [str((await s.ask(session)).id) for _ in range(requests)]


async def happened(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.exec(select(EventRow.type).order_by(col(EventRow.id))))


def stored(settings: Settings) -> int:
    return sum(path.is_file() for path in (settings.data_dir / "files").rglob("*"))


def scan(content: bytes, name: str = "lembar.png", **fields: str) -> dict[str, Any]:
    return {"files": [("files", (name, content, "image/png"))], "data": fields}


def refused(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_promise_says_at_which_workshop_and_under_which_entry_of_its_agenda(
    client: AsyncClient, database: Database
) -> None:
    s, [one, two] = await begin(database, 2)
    async with database.write() as session:
        stranger = await scene(session)
        draft = await factories.workshop(session, s.house)
        entry = AgendaItem(
            workshop_id=s.workshop.id, position=9, title="Penandatanganan lembar komitmen",
            starts_at=s.workshop.starts_at, ends_at=s.workshop.ends_at,
        )  # fmt: skip
        session.add(entry)
        draft.status = WorkshopStatus.DRAFT
        session.add(draft)
    pledge, own = f"{API}/commitments/{one}/pledge", f"{API}/portal/commitments/{two}/pledge"
    for where, wrong in (
        ({"workshop": str(stranger.workshop.id)}, "/workshop"),
        ({"workshop": str(draft.id), "agenda_item": str(entry.id)}, "/agenda_item"),
        ({"agenda_item": str(factories.some_id())}, "/agenda_item"),
    ):
        answer = await client.post(pledge, json={"signatory_office": OFFICE} | where, headers=s.headers)
        assert answer.json()["errors"][0]["pointer"] == wrong
    hidden = {"signatory_office": OFFICE, "workshop": str(draft.id)}
    answer = await client.post(own, json=hidden, headers=s.agency_headers)
    assert answer.json()["errors"][0]["pointer"] == "/workshop"
    body = {"signatory_office": OFFICE, "agenda_item": str(entry.id)}
    given = (await client.post(pledge, json=body, headers=s.headers)).json()
    assert (given["pledged_workshop"], given["pledged_agenda_item"]) == (str(s.workshop.id), entry.title)
    taken_back = f"{API}/portal/commitments/{two}/withdrawal"
    reason = {"reason": "Data dikelola provinsi."}
    unanswered = await client.post(taken_back, json=reason, headers=s.agency_headers)
    assert refused(unanswered) == (409, "invalid_state")
    plain = (await client.post(own, json={"signatory_office": OFFICE}, headers=s.agency_headers)).json()
    assert (plain["pledged_workshop"], plain["pledged_agenda_item"]) == (None, None)
    assert refused(await client.post(taken_back, json=reason, headers=s.other_headers)) == (404, "not_found")
    withdrawn = (await client.post(taken_back, json=reason, headers=s.agency_headers)).json()
    assert (withdrawn["commitment_status"], withdrawn["waiting_on"]) == ("withdrawn", None)


async def test_a_later_date_is_refused_with_a_reason_and_the_one_who_is_to_act_changes_each_time(
    client: AsyncClient, database: Database
) -> None:
    s, [one] = await begin(database)
    steward, agency = s.house.slug, s.agency.code
    path, own = f"{API}/commitments/{one}", f"{API}/portal/commitments/{one}"
    why = {"reason": "Masterplan disusun bulan ini."}
    assert refused(await client.post(f"{path}/extension/refusal", json=why, headers=s.headers)) == (
        409,
        "invalid_state",
    )
    asked = {"until": "2023-07-28", "reason": "Menunggu data kecamatan."}
    read = (await client.post(f"{own}/extension", json=asked, headers=s.agency_headers)).json()
    assert (read["requested_until"], read["extension_reason"]) == (asked["until"], asked["reason"])
    assert read["waiting_on"] == steward
    before = clock.now()
    clock.freeze(before + timedelta(days=1))
    read = (await client.post(f"{path}/extension/refusal", json=why, headers=s.headers)).json()
    assert (read["requested_until"], read["extension_reason"], read["waiting_on"]) == (None, None, agency)
    assert (read["due_date"], read["history"][-1]["from"], read["history"][-1]["to"]) == (
        "2023-07-14",
        "2023-07-28",
        "refused",
    )
    assert read["history"][-1]["reason"] == why["reason"]
    past = (await client.get(path, params={"as_of": before.isoformat()}, headers=s.headers)).json()
    assert (past["requested_until"], past["waiting_on"]) == (asked["until"], steward)
    link = {"url": "https://data.luwukab.go.id/1"}
    sent = (await client.post(f"{own}/submissions", json=link, headers=s.agency_headers)).json()
    assert (await client.get(path, headers=s.headers)).json()["waiting_on"] == steward
    back = f"{API}/submissions/{sent['id']}/return"
    await client.post(back, json={"reason": "Lengkapi satuan."}, headers=s.headers)
    assert (await client.get(path, headers=s.headers)).json()["waiting_on"] == agency
    await client.post(f"{own}/extension", json=asked, headers=s.agency_headers)
    sent = (await client.post(f"{own}/submissions", json=link, headers=s.agency_headers)).json()
    await client.post(f"{API}/submissions/{sent['id']}/acceptance", headers=s.headers)
    done = (await client.get(path, headers=s.headers)).json()
    assert (done["requested_until"], done["waiting_on"]) == (None, None)
    assert [name for name in await happened(database) if name.startswith("extension")] == [
        "extension.requested",
        "extension.refused",
        "extension.requested",
    ]


async def test_proofs_are_only_added_and_what_is_sent_twice_is_kept_once(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    s, [one] = await begin(database)
    path, own = f"{API}/commitments/{one}/evidence", f"{API}/portal/commitments/{one}/evidence"
    letter = {"type": "letter", "reference": "005/12/2023"}
    assert refused(await client.post(path, json={"type": "letter"}, headers=s.headers)) == (422, "invalid_input")
    assert refused(await client.post(own, json=letter, headers=s.other_headers)) == (404, "not_found")
    first = await client.post(path, json=letter, headers=s.headers)
    assert (first.status_code, first.json()["evidence"][0]["n"]) == (201, 1)
    before = clock.now()
    clock.freeze(before + timedelta(days=1))
    paper = png(40, 60)
    sent = await client.post(own, **scan(paper, type="signed_sheet", note=""), headers=s.agency_headers)
    assert sent.status_code == 201, sent.text
    again = await client.post(own, **scan(paper, "lagi.png", type="signed_sheet"), headers=s.agency_headers)
    assert (again.status_code, len(again.json()["evidence"])) == (200, 2)
    assert again.headers["etag"] == sent.headers["etag"] != first.headers["etag"]
    assert stored(settings) == 1
    file = sent.json()["evidence"][1]["file"]
    assert (file["name"], file["size"], file["media_type"]) == ("lembar.png", len(paper), "image/png")
    for headers in (s.headers, s.agency_headers):
        got = await client.get(file["path"], headers=headers)
        assert (got.content, got.headers["x-content-type-options"]) == (paper, "nosniff")
        assert got.headers["content-disposition"].startswith("attachment")
    assert refused(await client.get(file["path"], headers=s.other_headers)) == (404, "not_found")
    assert refused(await client.get(f"{path}/1", headers=s.headers)) == (404, "not_found")
    bad = await client.post(path, **scan(b"MZ\x90\x00", "x.exe", type="letter"), headers=s.headers)
    assert (refused(bad), stored(settings)) == ((415, "unsupported_file"), 1)
    past = await client.get(path.removesuffix("/evidence"), params={"as_of": before.isoformat()}, headers=s.headers)
    assert [proof["reference"] for proof in past.json()["evidence"]] == [letter["reference"]]
    assert (await happened(database)).count("evidence.added") == 2


async def test_both_sides_remark_on_a_promise_and_nobody_else_reads_it(client: AsyncClient, database: Database) -> None:
    s, [one] = await begin(database)
    path, own = f"{API}/commitments/{one}/remarks", f"{API}/portal/commitments/{one}/remarks"
    question, answer = "Apakah data per kecamatan sudah cukup?", "Cukup.\nLampirkan satuannya."
    asked = await client.post(own, json={"text": question}, headers=s.agency_headers)
    assert (asked.status_code, asked.json()["by"]) == (201, s.agency.name)
    said = (await client.post(path, json={"text": answer}, headers=s.headers)).json()
    assert said["by"] == "api_key"
    first = (await client.get(own, params={"limit": 1}, headers=s.agency_headers)).json()
    rest = (await client.get(path, params={"limit": 1, "cursor": first["next"]}, headers=s.headers)).json()
    assert [one["text"] for one in (*first["items"], *rest["items"])] == [question, answer]
    assert rest["next"] is None
    assert refused(await client.get(own, headers=s.other_headers)) == (404, "not_found")
    assert refused(await client.post(own, json={"text": "?"}, headers=s.other_headers)) == (404, "not_found")
    assert refused(await client.post(own, json={"text": "  "}, headers=s.agency_headers)) == (422, "invalid_input")
    for wrong in ("WyJ4IiwieSJd", cursor("0001-01-01T00:00:00+14:00", factories.some_id())):
        bad = await client.get(path, params={"cursor": wrong}, headers=s.headers)
        assert refused(bad) == (422, "invalid_input")
    assert (await happened(database)).count("remark.made") == 2


async def test_a_signed_sheet_proves_all_that_stands_and_turns_requests_into_promises(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    s, [one, two, three, four] = await begin(database, 4)
    async with database.write() as session:
        await s.ask(session, organisation=s.other.code)
    reason = {"reason": "Bukan kewenangan kami."}
    await client.post(f"{API}/commitments/{four}/decline", json=reason, headers=s.headers)
    await client.post(f"{API}/commitments/{one}/pledge", json={"signatory_office": "Sekretaris"}, headers=s.headers)
    sheets = f"{API}/workshops/{s.workshop.id}/commitment-sheets"
    own = {"workshop": str(s.workshop.id)}
    paper = await client.get(f"{API}/portal/commitment-sheet.pdf", params=own, headers=s.agency_headers)
    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
    whole = await client.get(f"{sheets}.pdf", headers=s.headers)
    single = await client.get(f"{sheets}.pdf", params={"organisation": s.other.code}, headers=s.headers)
    assert len(whole.content) > len(single.content)
    assert s.other.code in single.headers["content-disposition"]
    async with database.write() as session:
        draft = await factories.workshop(session, s.house, status=WorkshopStatus.DRAFT)
        await s.ask(session, workshop=draft.id)
    early = f"{API}/portal/commitment-sheet"
    for answer in (
        await client.get(f"{early}.pdf", params={"workshop": str(draft.id)}, headers=s.agency_headers),
        await client.post(early, params={"workshop": str(draft.id)}, json={"reference": "1"}, headers=s.agency_headers),
    ):
        assert refused(answer) == (404, "not_found")
    nobody = await client.get(f"{sheets}.pdf", params={"organisation": "tidak-ada"}, headers=s.headers)
    assert refused(nobody) == (404, "not_found")

    codes = [(await client.get(f"{API}/commitments/{each}", headers=s.headers)).json()["code"] for each in (one, two)]
    signed: dict[str, Any] = {"files": [("files", ("lembar.pdf", paper.content, "application/pdf"))]}
    part = {"commitments": ", ".join(codes), "signatory_office": OFFICE}
    wrong = await client.post(
        f"{sheets}/{s.agency.code}", **signed, data=part | {"commitments": "X"}, headers=s.headers
    )
    assert (wrong.json()["errors"][0]["pointer"], stored(settings)) == ("/commitments", 0)
    first = await client.post(f"{sheets}/{s.agency.code}", **signed, data=part, headers=s.headers)
    assert (first.status_code, first.json()["pledged"], first.json()["proven"]) == (201, [codes[1]], sorted(codes))
    mine = await client.post(
        f"{API}/portal/commitment-sheet", params=own, json={"reference": "LK/1"}, headers=s.agency_headers
    )
    assert (mine.status_code, mine.json()["pledged"], len(mine.json()["proven"])) == (201, [], 3)
    again = await client.post(f"{sheets}/{s.agency.code}", **signed, data=part, headers=s.headers)
    assert (again.status_code, stored(settings)) == (200, 1)
    reads = {
        each: (await client.get(f"{API}/commitments/{each}", headers=s.headers)).json() for each in (one, two, three)
    }
    assert {each: read["commitment_status"] for each, read in reads.items()} == {
        one: "committed",
        two: "committed",
        three: "requested",
    }
    assert [reads[each]["signatory_office"] for each in (one, two)] == ["Sekretaris", OFFICE]
    assert reads[two]["pledged_workshop"] == str(s.workshop.id)
    assert [[proof["reference"] for proof in reads[each]["evidence"]] for each in (one, two, three)] == [
        [None, "LK/1"],
        [None, "LK/1"],
        ["LK/1"],
    ]
    assert {read["evidence"][0]["type"] for read in reads.values()} == {"signed_sheet"}
