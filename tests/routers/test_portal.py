"""An agency's own view: only its own commitments, the same rules as for staff."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service.db import Database, settings_of
from service.domain import portal_afterwards
from service.models.attendance import Attendance
from service.models.commitments import Commitment
from service.models.invitations import Invitation
from service.models.materials import Material
from service.models.minutes import FollowUp, Minutes, Readers
from service.models.workshops import AttendanceBlock, WorkshopStatus
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


async def test_the_portal_opens_what_the_audience_allows_any_of_our_people(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    s, _mine, _theirs = await _world(database)
    monkeypatch.setattr(portal_afterwards, "MOST", 1)
    async with database.write() as session:
        later = await factories.workshop(session, s.house, starts_at=s.workshop.starts_at + timedelta(hours=1))
        await factories.registration(session, later, organisation_id=s.agency.id)
        ids: dict[str, Any] = {"organizer_id": s.house.id, "workshop_id": s.workshop.id}
        for position, audience in enumerate(Readers):
            material = Material(
                **ids, title=audience, audience=audience, url="https://x.go.id", position=position, by="system"
            )
            session.add(material)
        session.add(Minutes(**ids, text="Dibahas.", audience=Readers.PARTICIPANTS))
        asked = (await session.exec(select(Commitment).where(Commitment.organisation_id == s.agency.id))).one()
        for said, office, item in (
            ("Menyerahkan RPJMD", s.agency.id, asked.data_item_id),
            ("Rapat", s.agency.id, None),
            ("Orang lain", s.other.id, None),
        ):
            session.add(FollowUp(**ids, position=1, text=said, organisation_id=office, data_item_id=item))
    page = f"/portal/{s.agency_headers['Authorization'].split()[1]}"
    place = f"{API}/workshops/{s.workshop.id}"

    async def seen() -> tuple[list[str], bool, int, int]:
        items = (await client.get(f"{API}/portal/workshops", headers=s.agency_headers)).json()["items"]
        [one] = items
        public = (await client.get(f"{place}/materials", headers=s.agency_headers)).json()["items"]
        assert [each["title"] for each in public] == [each["title"] for each in one["materials"]]
        paper = await client.get(f"{page}/workshops/{s.workshop.id}/minutes.pdf")
        minutes = (await client.get(f"{place}/minutes", headers=s.agency_headers)).status_code
        assert (paper.status_code == 200) == (minutes == 200) == one["minutes"]
        shown = (await client.get(page)).text
        assert ("Orang lain" in shown, "Rapat" in shown) == (False, one["minutes"])
        return sorted(each["title"] for each in one["materials"]), one["minutes"], len(one["follow_ups"]), minutes

    assert await seen() == (["public"], False, 0, 404)
    async with database.write() as session:
        person = await factories.registration(session, s.workshop, organisation_id=s.agency.id)
    assert await seen() == (["participants", "public"], True, 2, 200)
    items = (await client.get(f"{API}/portal/workshops", headers=s.agency_headers)).json()["items"]
    assert [one["commitment"] for one in items[0]["follow_ups"]] == [str(asked.id), None]
    async with database.write() as session:
        block = (await session.exec(select(AttendanceBlock.id).limit(1))).one()
        came: dict[str, Any] = {"registration_id": person.id, "block_id": block, "workshop_id": s.workshop.id}
        session.add(Attendance(**came, present=True, last_fact_at=s.workshop.starts_at))
    assert (await seen())[0] == ["attendees", "participants", "public"]
    # Who is neither invited nor was there finds what everybody does, and nothing of it in the portal.
    theirs = (await client.get(f"{place}/materials", headers=s.other_headers)).json()["items"]
    assert [one["title"] for one in theirs] == ["public"]
    assert (await client.get(f"{API}/portal/workshops", headers=s.other_headers)).json()["items"] == []
