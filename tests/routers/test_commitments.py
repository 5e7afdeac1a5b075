"""Commitments over HTTP: the derived fields as of a moment, the filters, the portal."""

from datetime import date, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.organizers import Holiday, Programme
from tests import factories
from tests.conftest import NOW
from tests.support.promises import Scene, scene

API = "/api/v1"
EVIDENCE = {"type": "letter", "reference": "005/123/Kominfo"}


async def _asked(client: AsyncClient, s: Scene, **values: Any) -> dict[str, Any]:
    data = {"data_item": "DI-G01", "organisation": s.agency.code, "workshop": str(s.workshop.id)} | values
    made = await client.post(f"{API}/commitments", json=data, headers=s.headers)
    assert made.status_code == 201, made.text
    return dict(made.json())


async def test_a_commitment_is_requested_pledged_and_read_with_its_history(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        s = await scene(session)
    made = await _asked(client, s, code="C-G01")
    pledged = await client.post(
        f"{API}/commitments/{made['id']}/pledge",
        json={"signatory_office": "Kepala Dinas Perhubungan", "evidence": [EVIDENCE]},
        headers=s.headers,
    )
    assert pledged.status_code == 200
    body = pledged.json()
    assert (body["data_item"], body["organisation"], body["workshop"]) == (
        "DI-G01",
        s.agency.code,
        str(s.workshop.id),
    )
    assert (body["commitment_status"], body["owes"], body["overdue"], body["working_days_late"]) == (
        "committed",
        True,
        False,
        0,
    )
    assert body["evidence"] == [
        EVIDENCE | {"n": 1, "url": None, "note": None, "file": None, "at": body["history"][1]["at"]}
    ]
    assert [(entry["by"], entry["axis"], entry["from"], entry["to"]) for entry in body["history"]] == [
        ("api_key", "commitment", None, "requested"),
        ("api_key", "commitment", "requested", "committed"),
    ]
    read = await client.get(f"{API}/commitments/{made['id']}", headers=s.headers)
    assert read.json() == body
    assert read.headers["etag"].startswith('"2-')


async def test_days_of_delay_are_working_days_without_holidays(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        session.add(Holiday(organizer_id=s.house.id, day=date(2023, 7, 19), name="Tahun Baru Islam"))
    made = await _asked(client, s)
    path = f"{API}/commitments/{made['id']}"
    clock.freeze(NOW + timedelta(days=60))
    late = {}
    for day in ("2023-07-14", "2023-07-15", "2023-07-17", "2023-07-19", "2023-07-20", "2023-07-21T00:30:00%2B08:00"):
        body = (await client.get(f"{path}?as_of={day}", headers=s.headers)).json()
        late[day[5:10]] = (body["overdue"], body["working_days_late"])
    assert late == {
        "07-14": (False, 0),
        "07-15": (True, 0),
        "07-17": (True, 1),
        "07-19": (True, 2),
        "07-20": (True, 3),
        "07-21": (True, 4),
    }
    assert (await client.get(f"{path}?as_of=2023-06-19", headers=s.headers)).status_code == 404
    assert (await client.get(f"{path}?as_of=2023-07-21T00:30:00", headers=s.headers)).status_code == 422


async def test_a_past_state_shows_nothing_that_came_later(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
    made = await _asked(client, s)
    path = f"{API}/commitments/{made['id']}"
    sent: list[str] = []
    seen = {}
    for day, action, data in (
        (1, "submissions", {"url": "https://data.go.id/1"}),
        (2, "return", {"reason": "Lengkapi satuan."}),
        (3, "submissions", {"url": "https://data.go.id/2"}),
        (4, "acceptance", None),
        (5, "return", {"reason": "Salah tahun."}),
        (6, "pledge", {"signatory_office": "Kepala Dinas"}),
    ):
        clock.freeze(NOW + timedelta(days=day))
        target = path if action in ("submissions", "pledge") else f"{API}/submissions/{sent[-1]}"
        answer = await client.post(f"{target}/{action}", json=data, headers=s.headers)
        assert answer.status_code in (200, 201), answer.text
        if action == "submissions":
            sent.append(answer.json()["id"])
    for day in range(8):
        as_of = (NOW + timedelta(days=day)).date()
        body = (await client.get(f"{path}?as_of={as_of}", headers=s.headers)).json()
        seen[day] = (
            body["commitment_status"],
            body["signatory_office"],
            body["fulfilment_status"],
            [(one["status"], one["reason"]) for one in body["submissions"]],
            len(body["history"]),
        )
    returned = ("returned", "Lengkapi satuan.")
    assert seen == {
        0: ("requested", None, "not_submitted", [], 1),
        1: ("requested", None, "submitted", [("submitted", None)], 2),
        2: ("requested", None, "returned", [returned], 3),
        3: ("requested", None, "submitted", [returned, ("submitted", None)], 4),
        4: ("requested", None, "accepted", [returned, ("accepted", None)], 5),
        5: ("requested", None, "returned", [returned, ("returned", "Salah tahun.")], 6),
        6: ("committed", "Kepala Dinas", "returned", [returned, ("returned", "Salah tahun.")], 7),
        7: ("committed", "Kepala Dinas", "returned", [returned, ("returned", "Salah tahun.")], 7),
    }


async def test_every_filter_and_the_pages_give_what_the_rows_say(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        second = await factories.workshop(session, s.house)
        dimensions: list[dict[str, object]] = [
            {"code": "living", "label": "Smart Living"},
            {"code": "economy", "label": "Ekonomi Cerdas"},
        ]
        aliases = {"Hunian Cerdas": "living"}
        session.add(
            Programme(organizer_id=s.house.id, code="sc", name="Smart City", dimensions=dimensions, aliases=aliases)
        )
    for code, dimension in (("A", "living"), ("B", "economy"), ("C", "living")):
        data = {"code": code, "name": "Data", "dimension": dimension, "due_date": "2023-07-10"}
        await client.post(f"{API}/data-items", json=data, headers=s.headers)
    a = await _asked(client, s, data_item="A", code="A")
    b = await _asked(client, s, data_item="B", code="B", organisation=s.other.code)
    await _asked(client, s, data_item="C", code="C", workshop=str(second.id), due_date=None)
    await client.post(f"{API}/commitments/{a['id']}/pledge", json={"signatory_office": "K"}, headers=s.headers)
    await client.post(
        f"{API}/commitments/{b['id']}/submissions", json={"url": "https://data.go.id/1"}, headers=s.headers
    )
    for query, expected in {
        "": "ABC",
        f"workshop={second.id}": "C",
        f"organisation={s.other.code}": "B",
        "dimension=living": "AC",
        "dimension=smart+living": "AC",
        "dimension=Hunian%20Cerdas": "AC",
        "dimension=nowhere": "",
        "commitment_status=committed": "A",
        "fulfilment_status=submitted": "B",
        "owes=true": "AC",
        "owes=false": "B",
        "overdue=true&as_of=2023-07-11": "A",
        "overdue=false&as_of=2023-07-11": "BC",
        "overdue=true&as_of=2023-07-10": "",
        "due_before=2023-07-11": "AB",
        "as_of=2023-06-19": "",
    }.items():
        listed = (await client.get(f"{API}/commitments?{query}", headers=s.headers)).json()
        assert "".join(item["code"] for item in listed["items"]) == expected, query
    pages, cursor = "", ""
    for _ in range(3):
        page = (await client.get(f"{API}/commitments?limit=1{cursor}", headers=s.headers)).json()
        pages += page["items"][0]["code"]
        cursor = f"&cursor={page['next']}"
    assert (pages, page["next"]) == ("ABC", None)
    assert (await client.get(f"{API}/commitments?owse=true", headers=s.headers)).status_code == 422
    assert (await client.get(f"{API}/commitments?cursor=zzz", headers=s.headers)).status_code == 422


@pytest.mark.parametrize(
    ("action", "data", "pointer"),
    [
        ("decline", {"reason": "   "}, "/reason"),
        ("withdrawal", {}, "/reason"),
        ("pledge", {"signatory_office": "K", "evidence": [{"type": "letter"}]}, "/evidence/0"),
        ("pledge", {"signatory_office": "K", "evidence": [{"type": "x", "note": "n"}]}, "/evidence/0/type"),
        ("submissions", {"url": "ftp://data.go.id/1"}, "/url"),
        ("submissions", {"url": "javascript:alert(1)"}, "/url"),
        ("submissions", {"url": "https://user:pw@data.go.id/"}, "/url"),
        ("submissions", {"url": "https://data.go.id/", "metadata": {"unti": "x"}}, "/metadata/unti"),
        ("extension", {"until": "2023-07-14"}, "/until"),
    ],
)
async def test_malformed_input_is_named(
    client: AsyncClient, database: Database, action: str, data: dict[str, Any], pointer: str
) -> None:
    async with database.write() as session:
        s = await scene(session)
    made = await _asked(client, s)
    answer = await client.post(f"{API}/commitments/{made['id']}/{action}", json=data, headers=s.headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_reassignment_answers_with_the_new_commitment(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
    made = await _asked(client, s, code="C-G01")
    path = f"{API}/commitments/{made['id']}"
    early = await client.post(f"{path}/reassignment", json={"organisation": s.other.code}, headers=s.headers)
    assert (early.status_code, early.json()["code"]) == (409, "invalid_state")
    await client.post(f"{path}/decline", json={"reason": "Bukan kewenangan."}, headers=s.headers)
    again = await client.post(f"{path}/reassignment", json={"organisation": s.other.code}, headers=s.headers)
    assert again.status_code == 201
    assert (again.json()["code"], again.json()["reassigned_from"], again.json()["organisation"]) == (
        "C-G01-2",
        made["id"],
        s.other.code,
    )
    late = await client.post(f"{path}/submissions", json={"url": "https://data.go.id/1"}, headers=s.headers)
    assert (late.status_code, late.json()["code"]) == (409, "invalid_state")
