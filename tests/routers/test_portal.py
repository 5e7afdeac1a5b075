"""An agency's own view: only its own commitments, the same rules as for staff."""

from typing import Any

import pytest
from httpx import AsyncClient

from service.db import Database, settings_of
from service.models.invitations import Invitation
from service.models.workshops import WorkshopStatus
from tests import factories
from tests.support.promises import Scene, scene

API = "/api/v1"


async def _world(database: Database) -> tuple[Scene, str, str]:
    """A scene with one commitment of the agency and one of the other organisation."""
    async with database.write() as session:
        s = await scene(session, "luwu")
        mine = await s.ask(session, data_item="DI-G01")
        theirs = await s.ask(session, organisation=s.other.code)
        draft = await factories.workshop(session, s.house, status=WorkshopStatus.DRAFT)
        called_off = await factories.workshop(session, s.house, status=WorkshopStatus.CANCELLED, never_published=True)
        for gathering in (s.workshop, draft, called_off):
            session.add(
                Invitation(
                    organizer_id=s.house.id,
                    workshop_id=gathering.id,
                    organisation_id=s.agency.id,
                    key_id=settings_of(session).keyring.current_id,
                )
            )
    return s, str(mine.id), str(theirs.id)


async def test_the_portal_says_who_we_are_where_we_are_invited_and_what_we_owe(
    client: AsyncClient, database: Database
) -> None:
    s, _mine, _theirs = await _world(database)
    body = (await client.get(f"{API}/portal", headers=s.agency_headers)).json()
    assert body["organisation"] == {"code": s.agency.code, "name": s.agency.name}
    assert body["organizer"]["slug"] == "luwu"
    assert [row["id"] for row in body["workshops"]] == [str(s.workshop.id)]
    assert body["commitments"] == {
        "total": 1,
        "owes": 1,
        "overdue": 0,
        "unanswered": 1,
        "next_due_date": "2023-07-14",
    }


@pytest.mark.parametrize(
    ("as_of", "total"),
    [("0001-01-01", 0), ("9999-12-31", 1), ("0001-01-01T00:00:00Z", 0), ("9999-12-31T23:59:59Z", 1)],
)
async def test_the_first_and_the_last_day_of_the_calendar_have_answers(
    client: AsyncClient, database: Database, as_of: str, total: int
) -> None:
    s, _mine, _theirs = await _world(database)
    query = {"as_of": as_of}
    owed = await client.get(f"{API}/portal/commitments", params=query, headers=s.agency_headers)
    everything = await client.get(f"{API}/commitments", params=query, headers=s.headers)
    assert [len(answer.json()["items"]) for answer in (owed, everything)] == [total, 2 * total]


async def test_an_agency_sees_and_moves_only_its_own_commitments(client: AsyncClient, database: Database) -> None:
    s, mine, theirs = await _world(database)
    listed = (await client.get(f"{API}/portal/commitments", headers=s.agency_headers)).json()
    assert [item["id"] for item in listed["items"]] == [mine]
    bodies: dict[str, dict[str, Any]] = {
        "pledge": {"signatory_office": "Kepala Dinas"},
        "decline": {"reason": "Bukan kewenangan."},
        "extension": {"until": "2023-07-28", "reason": "Menunggu."},
        "submissions": {"url": "https://data.go.id/1"},
    }
    for action, body in bodies.items():
        path = f"{API}/portal/commitments/{theirs}/{action}"
        assert (await client.post(path, json=body, headers=s.agency_headers)).status_code == 404
        assert (await client.post(path, json=body)).status_code == 401
        assert (await client.post(path, json=body, headers=s.headers)).status_code == 403
        staff_path = f"{API}/commitments/{mine}/{action}"
        assert (await client.post(staff_path, json=body, headers=s.agency_headers)).status_code == 403


async def test_an_agency_pledges_asks_for_time_and_delivers_under_its_own_name(
    client: AsyncClient, database: Database
) -> None:
    s, mine, _theirs = await _world(database)
    path = f"{API}/portal/commitments/{mine}"
    pledged = await client.post(f"{path}/pledge", json={"signatory_office": "Kepala"}, headers=s.agency_headers)
    assert pledged.json()["history"][-1]["by"] == s.agency.name
    asked = {"until": "2023-07-28", "reason": "Menunggu."}
    extension = await client.post(f"{path}/extension", json=asked, headers=s.agency_headers)
    assert (extension.json()["requested_until"], extension.json()["due_date"]) == ("2023-07-28", "2023-07-14")
    granted = await client.post(f"{API}/commitments/{mine}/extension", json={"until": "2023-07-28"}, headers=s.headers)
    assert (granted.json()["requested_until"], granted.json()["due_date"]) == (None, "2023-07-28")
    sent = await client.post(f"{path}/submissions", json={"url": "https://data.go.id/1"}, headers=s.agency_headers)
    assert (sent.status_code, sent.json()["submitted_by"]) == (201, s.agency.name)
    body = (await client.get(f"{API}/portal", headers=s.agency_headers)).json()
    assert body["commitments"]["owes"] == 0
    declined = await client.post(f"{path}/decline", json={"reason": "Tidak jadi."}, headers=s.agency_headers)
    assert (declined.status_code, declined.json()["code"]) == (409, "invalid_state")
