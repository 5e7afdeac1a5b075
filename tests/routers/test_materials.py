"""Materials: uploaded or linked, opened by those they are for, put in order, and taken away with their files."""

import os

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.domain import materials
from service.settings import Settings
from service.worker import Worker
from tests.routers.test_minutes import was_there
from tests.routers.test_promises import API, begin, happened, refused, stored
from tests.support.pictures import png
from tests.support.promises import scene


def later(settings: Settings) -> None:
    """Two days go by for every file."""
    then = clock.real_now().timestamp() - 2 * 86_400
    for path in (settings.data_dir / "files").rglob("*"):
        os.utime(path, (then, then))


async def test_materials_are_for_whom_they_are_meant_in_the_order_of_the_committee(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    s, _none = await begin(database, 0)
    readers = await was_there(database, s) | {"committee": s.headers, "public": {}}
    path = f"{API}/workshops/{s.workshop.id}/materials"
    slides = png(30, 30)
    files = [("files", ("paparan.png", slides, "image/png")), ("files", ("data.csv", b"a,b\n1,2\n", "text/csv"))]
    sent = await client.post(path, files=files, data={"audience": "attendees"}, headers=s.headers)
    assert sent.status_code == 201, sent.text
    again = await client.post(path, files=files, data={"audience": "attendees"}, headers=s.headers)
    assert (again.json(), stored(settings)) == (sent.json(), 2)
    titled = await client.post(path, files=files, data={"title": "Paparan"}, headers=s.headers)
    assert (refused(titled), stored(settings)) == ((422, "invalid_input"), 2)
    disguised = [("files", ("paparan.pdf", slides, "application/pdf"))]
    assert refused(await client.post(path, files=disguised, headers=s.headers)) == (415, "unsupported_file")
    for audience in ("committee", "participants", "public"):
        link = {"title": f"Untuk {audience}", "url": "https://luwukab.go.id/x", "audience": audience}
        assert (await client.post(path, json=link, headers=s.headers)).status_code == 201
    ours = (await client.post(path, json=link | {"audience": "committee"}, headers=s.headers)).json()["items"][0]
    assert ours["audience"] == "committee"  # and not the one that everybody sees
    assert (await client.delete(f"{API}/materials/{ours['id']}", headers=s.headers)).status_code == 204
    script = {"title": "Jahat", "url": "javascript:alert(1)"}
    assert refused(await client.post(path, json=script, headers=s.headers)) == (422, "invalid_input")

    async def titles(who: str) -> list[str]:
        return [one["title"] for one in (await client.get(path, headers=readers[who])).json()["items"]]

    assert {who: await titles(who) for who in ("public", "participants", "attendees")} == {
        "public": ["Untuk public"],
        "participants": ["Untuk participants", "Untuk public"],
        "attendees": ["paparan.png", "data.csv", "Untuk participants", "Untuk public"],
    }
    mine = await client.get(f"{API}/my/materials?limit=3", headers=readers["attendees"])
    assert [one["title"] for one in mine.json()["items"]] == ["paparan.png", "data.csv", "Untuk participants"]
    rest = await client.get(f"{API}/my/materials?cursor={mine.json()['next']}", headers=readers["attendees"])
    assert [one["title"] for one in rest.json()["items"]] == ["Untuk public"]
    link = sent.json()["items"][0]["link"]
    for who, status in {"public": 404, "participants": 404, "attendees": 200, "committee": 200}.items():
        file = await client.get(link, headers=readers[who])
        assert file.status_code == status, who
    assert (file.content, file.headers["x-content-type-options"]) == (slides, "nosniff")
    assert file.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in file.headers["content-security-policy"]

    one = f"{API}/materials/{sent.json()['items'][0]['id']}"
    assert refused(await client.patch(one, json={"title": "B"}, headers=s.headers)) == (428, "precondition_required")
    last = {"title": "Paparan tenaga ahli", "audience": "public", "position": 5}
    moved = await client.patch(one, json=last, headers=s.headers | {"If-Match": '"1"'})
    assert (moved.json()["title"], await titles("public")) == (last["title"], ["Untuk public", last["title"]])
    assert refused(await client.patch(one, json=last, headers=s.headers | {"If-Match": '"1"'})) == (412, "stale")
    elsewhere = {"url": "https://luwukab.go.id"}
    assert refused(await client.patch(one, json=elsewhere, headers=s.headers | {"If-Match": "*"})) == (
        422,
        "invalid_input",
    )
    assert (await client.get(link)).content == slides


async def test_what_was_removed_opens_for_nobody_and_loses_its_file(
    client: AsyncClient, database: Database, settings: Settings, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    s, _none = await begin(database, 0)
    async with database.write() as session:
        stranger = await scene(session)
    path = f"{API}/workshops/{s.workshop.id}/materials"
    files = [("files", ("paparan.png", png(3, 3), "image/png"))]
    fields = {"audience": "public", "title": "Paparan"}
    [made] = (await client.post(path, files=files, data=fields, headers=s.headers)).json()["items"]
    one = f"{API}/materials/{made['id']}"
    assert refused(await client.delete(one, headers=stranger.headers)) == (404, "not_found")
    assert refused(await client.post(path, files=files, headers=stranger.headers)) == (404, "not_found")
    assert (await client.get(one)).json() == made
    monkeypatch.setattr(materials, "MOST_MATERIALS", 1)
    full = await client.post(path, json={"title": "B", "url": "https://luwukab.go.id"}, headers=s.headers)
    assert refused(full) == (409, "too_many_materials")
    assert (await client.delete(one, headers=s.headers)).status_code == 204
    assert refused(await client.delete(one, headers=s.headers)) == (404, "not_found")
    gone = [(await client.get(where, headers=s.headers)).status_code for where in (one, made["link"])]
    assert (gone, (await client.get(path, headers=s.headers)).json()["items"]) == ([404, 404], [])
    assert stored(settings) == 1
    later(settings)
    await worker.tidy()
    assert stored(settings) == 0
    assert (await happened(database)).count("material.changed") == 2
