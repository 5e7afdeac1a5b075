"""Minutes of a workshop and what is followed up: written once, read by those they are for, turned into requests."""

import asyncio

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.attendance import Attendance, AttendanceMode
from service.models.organizers import Role
from service.models.workshops import AttendanceBlock, WorkshopStatus
from tests import factories
from tests.pages.world import signed_in
from tests.routers.test_promises import API, begin, happened, refused
from tests.support.promises import Scene, scene
from tests.support.statements import counted

TEXT = "Rapat dibuka oleh Sekretaris Daerah.\n\n1. Data dikumpulkan.\n2. Data diperiksa."
WORDS = {"text": TEXT, "chaired_by": "Sekretaris Daerah", "written_by": "Kabid Aptika", "audience": "committee"}


async def was_there(database: Database, s: Scene) -> dict[str, dict[str, str]]:
    """The links of two people who registered, of whom one was there."""
    async with database.write() as session:
        there = await factories.registration(session, s.workshop, organisation_id=s.agency.id)
        absent = await factories.registration(session, s.workshop)
        block = (await session.exec(select(AttendanceBlock).where(AttendanceBlock.code == "D1P"))).one()
        session.add(
            Attendance(
                registration_id=there.id,
                block_id=block.id,
                workshop_id=s.workshop.id,
                present=True,
                mode=AttendanceMode.OFFLINE,
                last_fact_at=clock.now(),
            )
        )
        links = {"attendees": there, "participants": absent}
        return {who: factories.bearer(factories.participant_token(session, row)) for who, row in links.items()}


async def test_minutes_are_read_by_those_they_are_meant_for_and_a_stale_save_is_refused(
    client: AsyncClient, database: Database
) -> None:
    s, _none = await begin(database, 0)
    readers = await was_there(database, s) | {"public": {}}
    door, _csrf = await signed_in(database, s.house, Role.DOOR)
    viewer, _csrf = await signed_in(database, s.house, Role.VIEWER)
    path = f"{API}/workshops/{s.workshop.id}/minutes"
    empty = await client.get(path, headers=s.headers)
    assert (empty.json()["version"], empty.json()["text"]) == (0, "")
    assert refused(await client.get(path)) == (404, "not_found")
    assert refused(await client.put(path, json=WORDS, headers=s.headers)) == (428, "precondition_required")
    headers = s.headers | {"If-Match": empty.headers["etag"]}
    written = await client.put(path, json=WORDS, headers=headers)
    assert (written.status_code, written.json()["text"], written.json()["version"]) == (200, TEXT, 1)
    assert refused(await client.put(path, json={"text": "Lain"}, headers=headers)) == (412, "stale")
    same = await client.put(path, json=WORDS, headers=s.headers | {"If-Match": "*"})
    assert (same.json()["version"], same.headers["etag"]) == (1, written.headers["etag"])
    unchanged = await client.get(path, headers=s.headers | {"If-None-Match": same.headers["etag"]})
    assert unchanged.status_code == 304

    opened = {}
    for audience in ("committee", "attendees", "participants", "public"):
        await client.put(path, json=WORDS | {"audience": audience}, headers=s.headers | {"If-Match": "*"})
        callers = readers | {"viewer": viewer, "other door": door}
        opened[audience] = [who for who, each in callers.items() if (await client.get(path, headers=each)).is_success]
    assert opened == {
        "committee": ["viewer"],
        "attendees": ["attendees", "viewer"],
        "participants": ["attendees", "participants", "viewer"],
        "public": ["attendees", "participants", "public", "viewer", "other door"],
    }
    paper = await client.get(f"{path}.pdf")
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    again = await client.get(f"{path}.pdf", headers=readers["attendees"])
    assert again.content == paper.content
    async with database.write() as session:
        s.workshop.status = WorkshopStatus.DRAFT
        session.add(s.workshop)
        stranger = await scene(session)
    assert refused(await client.get(f"{path}.pdf")) == (404, "not_found")
    assert refused(await client.get(path, headers=stranger.headers)) == (404, "not_found")
    assert (await happened(database)).count("minutes.changed") == 4


async def test_what_is_followed_up_becomes_requests_that_each_organisation_is_told_of_once(
    client: AsyncClient, database: Database
) -> None:
    s, _none = await begin(database, 0)
    base = f"{API}/workshops/{s.workshop.id}"
    path, ask = f"{base}/follow-ups", f"{base}/follow-ups/requests"
    wanted = [
        {"text": "Menetapkan wali data", "organisation": s.agency.code, "due_date": "2023-07-21"},
        {"text": "Memperbarui peta", "organisation": s.agency.code},
        {"text": "Membahas anggaran"},
    ]
    unknown = {"items": [wanted[0] | {"organisation": "tidak-ada"}]}
    assert refused(await client.put(path, json=unknown, headers=s.headers | {"If-Match": '"0"'}))[0] == 422
    listed = await client.put(path, json={"items": wanted}, headers=s.headers | {"If-Match": '"0"'})
    one, two, three = (item["id"] for item in listed.json()["items"])
    assert refused(await client.post(ask, json={"follow_ups": [three]}, headers=s.headers)) == (422, "invalid_input")
    made = await client.post(ask, json={"follow_ups": [two, one]}, headers=s.headers)
    assert made.status_code == 201, made.text
    assert refused(await client.post(ask, json={"follow_ups": [one]}, headers=s.headers)) == (409, "already_requested")
    assert [item["commitment_status"] for item in made.json()["items"]] == ["requested", "requested", None]
    first = made.json()["items"][0]
    commitment = (await client.get(f"{API}/commitments/{first['commitment']}", headers=s.headers)).json()
    item = (await client.get(f"{API}/data-items/{first['data_item']}", headers=s.headers)).json()
    assert (commitment["due_date"], commitment["organisation"]) == ("2023-07-21", s.agency.code)
    assert (item["name"], item["item_kind"], item["requested_from"]) == (
        wanted[0]["text"],
        "follow_up",
        s.agency.code,
    )
    assert (await happened(database)).count("data.requested") == 1

    kept = [{name: each[name] for name in ("id", "text", "organisation", "due_date")} for each in made.json()["items"]]
    headers = s.headers | {"If-Match": made.headers["etag"]}
    for changed in (kept[1:], [kept[0] | {"text": "Lain"}, *kept[1:]]):
        assert refused(await client.put(path, json={"items": changed}, headers=headers)) == (422, "invalid_input")
    shorter = await client.put(path, json={"items": [kept[1], kept[0]]}, headers=headers)
    assert [each["id"] for each in shorter.json()["items"]] == [two, one]
    with counted(database) as seen:
        await client.get(path, headers=s.headers)
    few = len(seen)
    many = [kept[1], kept[0], *[{"text": "Baru"}] * 30]
    more = await client.put(path, json={"items": many}, headers=s.headers | {"If-Match": shorter.headers["etag"]})
    assert len(more.json()["items"]) == 32
    with counted(database) as seen:
        await client.get(path, headers=s.headers)
    assert len(seen) == few


async def test_of_those_who_save_at_once_one_wins_and_the_others_are_told(
    client: AsyncClient, database: Database
) -> None:
    s, _none = await begin(database, 0)
    path, headers = f"{API}/workshops/{s.workshop.id}/minutes", s.headers | {"If-Match": '"0"'}
    texts = [f"Naskah {n}" for n in range(6)]
    answers = await asyncio.gather(*(client.put(path, json={"text": one}, headers=headers) for one in texts))
    assert sorted(one.status_code for one in answers) == [200, *[412] * 5]
    [won] = [text for text, one in zip(texts, answers, strict=True) if one.is_success]
    assert (await client.get(path, headers=s.headers)).json()["text"] == won


@pytest.mark.parametrize("path", ["minutes", "follow-ups"])
async def test_another_house_changes_no_minutes(client: AsyncClient, database: Database, path: str) -> None:
    s, _none = await begin(database, 0)
    async with database.write() as session:
        stranger = await scene(session)
    body: dict[str, object] = {**WORDS} if path == "minutes" else {"items": []}
    headers = stranger.headers | {"If-Match": "*"}
    answer = await client.put(f"{API}/workshops/{s.workshop.id}/{path}", json=body, headers=headers)
    assert refused(answer) == (404, "not_found")
