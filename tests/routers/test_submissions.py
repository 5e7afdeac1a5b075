"""Handing in files: limits while streaming, types by content, downloads that cannot harm."""

import asyncio
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import pytest
from httpx import AsyncClient

from service.db import Database
from service.models.organizers import Holiday
from service.settings import Settings
from tests import factories
from tests.support.honest_files import office, pdf, shapefile
from tests.support.pictures import jpeg, png
from tests.support.promises import DUE, Scene, scene
from tests.support.raw_zip import plain

API = "/api/v1"
PDF = pdf()
COMPLETE = dict.fromkeys(("concept", "definition", "classification", "measure", "unit"), "isi")


async def _asked(database: Database) -> tuple[Scene, str]:
    async with database.write() as session:
        s = await scene(session)
        return s, f"{API}/commitments/{(await s.ask(session)).id}/submissions"


def _stored(settings: Settings) -> list[Any]:
    return [path for path in (settings.data_dir / "files").rglob("*") if path.is_file()]


async def test_files_arrive_whole_and_are_downloaded_as_harmless_attachments(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    s, path = await _asked(database)
    sheet = office("xlsx")
    sent = await client.post(
        path,
        files=[
            ("files", ("Renstra 2023.pdf", PDF, "text/html")),
            ("files", ("../=1+1|cmd.xlsx", sheet, "application/octet-stream")),
        ],
        data={"note": "Tahap I", "complete": "false", "metadata": json.dumps(COMPLETE)},
        headers=s.headers,
    )
    assert sent.status_code == 201, sent.text
    body = sent.json()
    assert (body["status"], body["note"], body["complete"], body["metadata_complete"]) == (
        "submitted",
        "Tahap I",
        False,
        True,
    )
    first, second = body["files"]
    assert (first["name"], first["size"], first["sha256"]) == ("Renstra 2023.pdf", len(PDF), sha256(PDF).hexdigest())
    assert first["media_type"] == "application/pdf"
    assert second["name"] == "=1+1_cmd.xlsx"
    got = await client.get(first["path"], headers=s.headers)
    assert got.content == PDF
    assert got.headers["content-disposition"].startswith('attachment; filename="Renstra 2023.pdf"')
    assert got.headers["x-content-type-options"] == "nosniff"
    known = await client.get(first["path"], headers=s.headers | {"If-None-Match": got.headers["etag"]})
    assert (known.status_code, known.headers["etag"], known.content) == (304, got.headers["etag"], b"")
    assert "sandbox" in got.headers["content-security-policy"]
    assert (await client.get(second["path"], headers=s.agency_headers)).content == sheet
    assert len(_stored(settings)) == 2


async def test_downloads_are_for_staff_and_the_organisation_itself(client: AsyncClient, database: Database) -> None:
    s, path = await _asked(database)
    async with database.write() as session:
        stranger = await scene(session)
        _gate, device = await factories.device(session, s.workshop)
    body = (await client.post(path, files=[("files", ("a.pdf", PDF))], headers=s.headers)).json()
    [file] = body["files"]
    statuses = [
        (await client.get(file["path"], headers=headers)).status_code
        for headers in (s.headers, s.agency_headers, s.other_headers, stranger.headers, stranger.agency_headers, device)
    ]
    assert statuses == [200, 200, 404, 404, 404, 403]
    assert (await client.get(file["path"])).status_code == 401
    for n in ("0", "2", "-1"):
        assert (await client.get(f"{API}/submissions/{body['id']}/files/{n}", headers=s.headers)).status_code == 404


@pytest.mark.parametrize(
    ("name", "content"), [("a.exe", b"MZ\x90\x00"), ("a.xlsx", office("xlsx", xl__vbaProject_dot_bin=b"x"))]
)
async def test_other_types_are_refused_and_nothing_is_kept(
    client: AsyncClient, database: Database, settings: Settings, name: str, content: bytes
) -> None:
    s, path = await _asked(database)
    answer = await client.post(path, files=[("files", ("ok.pdf", PDF)), ("files", (name, content))], headers=s.headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_file")
    assert _stored(settings) == []
    assert (await client.post(path, files=[("files", ("ok.pdf", PDF))], headers=s.headers)).status_code == 201


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.jpeg", jpeg(3, 2), "image/jpeg"),
        ("a.png", png(3, 2), "image/png"),
        ("a.CSV", "kode;nilai\nä;=1+1\n".encode(), "text/csv"),
        ("a.csv", "kode;nilai\nä;1\n".encode("cp1252"), "text/csv"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": []}', "application/geo+json"),
        ("a.zip", plain(shapefile("peta")), "application/zip"),
    ],
)
async def test_what_offices_exchange_is_taken_by_its_content(
    client: AsyncClient, database: Database, name: str, content: bytes, media_type: str
) -> None:
    s, path = await _asked(database)
    answer = await client.post(path, files=[("files", (name, content))], headers=s.headers)
    assert answer.json()["files"][0]["media_type"] == media_type


async def test_too_much_is_refused_while_it_streams(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    s, path = await _asked(database)
    settings.max_upload_bytes = 2_000_000
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n%PDF-'
        while True:
            sent += 262_144
            yield b"x" * 262_144

    headers = {**s.headers, "Content-Type": "multipart/form-data; boundary=b"}
    answer = await client.post(path, content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["max_bytes"]) == (413, settings.max_upload_bytes)
    assert sent < settings.max_upload_bytes + 1_000_000
    declared = {**headers, "Content-Length": str(settings.max_upload_bytes * 2)}
    assert (await client.post(path, content=b"--b", headers=declared)).status_code == 413
    assert _stored(settings) == []


async def test_the_whole_limit_can_be_used(client: AsyncClient, database: Database, settings: Settings) -> None:
    s, path = await _asked(database)
    settings.max_upload_bytes = 2_000_000
    most = PDF.ljust(settings.max_upload_bytes, b"\n")
    over = await client.post(path, files=[("files", ("a.pdf", most + b"\n"))], headers=s.headers)
    assert over.status_code == 413
    assert (await client.post(path, files=[("files", ("a.pdf", most))], headers=s.headers)).status_code == 201


async def test_a_cut_upload_leaves_nothing(client: AsyncClient, database: Database, settings: Settings) -> None:
    s, path = await _asked(database)
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n' + PDF + b"\r\n"
    whole = part + part + b"--b--\r\n"
    headers = {**s.headers, "Content-Type": "multipart/form-data; boundary=b"}
    for length in (len(whole) - 9, len(whole) // 2, 10):
        answer = await client.post(path, content=whole[:length], headers=headers)
        assert answer.status_code == 400, length
    assert _stored(settings) == []
    assert (await client.post(path, content=whole, headers=headers)).status_code == 201


async def test_a_form_without_files_or_with_unknown_fields_is_named(client: AsyncClient, database: Database) -> None:
    s, path = await _asked(database)
    empty = await client.post(path, files={"note": (None, "x")}, headers=s.headers)
    assert empty.json()["errors"][0]["pointer"] == "/files"
    for data, pointer in (
        ({"nota": "x"}, "/nota"),
        ({"metadata": "{"}, "/metadata"),
        ({"metadata": '{"unti": "x"}'}, "/metadata/unti"),
        ({"complete": "maybe"}, "/complete"),
    ):
        answer = await client.post(path, files=[("files", ("a.pdf", PDF))], data=data, headers=s.headers)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    plain = await client.post(path, content=b"url=x", headers={**s.headers, "Content-Type": "text/plain"})
    assert plain.status_code == 400


async def test_nobody_waits_for_a_slow_upload(client: AsyncClient, database: Database) -> None:
    s, path = await _asked(database)
    halfway, go_on = asyncio.Event(), asyncio.Event()
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'

    async def slow() -> AsyncIterator[bytes]:
        yield head + PDF
        halfway.set()
        await go_on.wait()
        yield b"\r\n--b--\r\n"

    headers = {**s.headers, "Content-Type": "multipart/form-data; boundary=b"}
    upload = asyncio.create_task(client.post(path, content=slow(), headers=headers))
    await asyncio.wait_for(halfway.wait(), 10)
    async with asyncio.timeout(10), database.write() as session:
        session.add(Holiday(organizer_id=s.house.id, day=DUE, name="Libur"))
    go_on.set()
    assert (await upload).status_code == 201


async def test_a_file_whose_delivery_is_refused_in_the_end_is_removed(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    s, path = await _asked(database)
    halfway, go_on = asyncio.Event(), asyncio.Event()
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'

    async def slow() -> AsyncIterator[bytes]:
        yield head + PDF
        halfway.set()
        await go_on.wait()
        yield b"\r\n--b--\r\n"

    headers = {**s.headers, "Content-Type": "multipart/form-data; boundary=b"}
    upload = asyncio.create_task(client.post(path, content=slow(), headers=headers))
    await asyncio.wait_for(halfway.wait(), 10)
    declined = await client.post(
        path.replace("/submissions", "/decline"), json={"reason": "Bukan kewenangan."}, headers=s.headers
    )
    assert declined.status_code == 200
    go_on.set()
    assert (await upload).json()["code"] == "invalid_state"
    assert _stored(settings) == []


async def test_only_the_latest_delivery_is_reviewed(client: AsyncClient, database: Database) -> None:
    s, path = await _asked(database)
    first = (await client.post(path, json={"url": "https://data.go.id/1"}, headers=s.headers)).json()["id"]
    twice = await client.post(path, json={"url": "https://data.go.id/2"}, headers=s.headers)
    assert (twice.status_code, twice.json()["code"]) == (409, "invalid_state")
    returned = await client.post(f"{API}/submissions/{first}/return", json={"reason": "Salah."}, headers=s.headers)
    assert (returned.json()["status"], returned.json()["reason"]) == ("returned", "Salah.")
    second = (await client.post(path, json={"url": "https://data.go.id/2"}, headers=s.headers)).json()["id"]
    old = await client.post(f"{API}/submissions/{first}/acceptance", headers=s.headers)
    assert (old.status_code, old.json()["code"]) == (409, "invalid_state")
    accepted = await client.post(f"{API}/submissions/{second}/acceptance", headers=s.headers)
    assert accepted.json()["status"] == "accepted"
