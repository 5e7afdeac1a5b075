"""Uploads over a bad line: what is cut is repeated without harm, what is refused says why, nothing is left behind."""

import asyncio
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import pytest
from httpx import AsyncClient, Response

from service.auth import API_KEY_PREFIX
from service.db import Database
from service.routers import uploads
from service.settings import Settings
from tests.support.honest_files import pdf
from tests.support.office_files import sheet
from tests.support.promises import Scene, scene
from tests.support.raw_zip import plain

API = "/api/v1"
PDF, CSV = pdf(), b"kode;nama\n1;Belopa\n2;\n"
HEAD = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'


async def _asked(database: Database) -> tuple[Scene, str]:
    async with database.write() as session:
        s = await scene(session)
        return s, f"{API}/commitments/{(await s.ask(session)).id}"


def _stored(settings: Settings) -> list[Any]:
    return [path for path in (settings.data_dir / "files").rglob("*") if path.is_file()]


async def _handed_in(
    client: AsyncClient, path: str, headers: dict[str, str], *files: tuple[str, bytes], **data: str
) -> Response:
    sent = [("files", file) for file in files]
    if not headers["Authorization"].startswith(f"Bearer {API_KEY_PREFIX}_"):
        path = path.replace(API, f"{API}/portal")
    return await client.post(f"{path}/submissions", files=sent, data=data, headers=headers)


async def _deliveries(client: AsyncClient, path: str, s: Scene) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(path, headers=s.headers)).json()["submissions"]
    return found


async def test_an_upload_whose_answer_was_lost_is_repeated_without_harm(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    s, path = await _asked(database)
    files = (("a.pdf", PDF), ("b.csv", CSV))
    said = {"note": "Tahap I", "metadata": json.dumps({"concept": "x"})}
    first = await _handed_in(client, path, s.agency_headers, *files, **said)
    again = await asyncio.gather(
        *(_handed_in(client, path, s.agency_headers, *reversed(files), **said) for _n in range(3))
    )
    assert [one.json() for one in again] == [first.json()] * 3
    assert len(await _deliveries(client, path, s)) == 1
    assert len(_stored(settings)) == 2
    for headers, changed in ((s.headers, said), (s.agency_headers, said | {"note": "Tahap II"})):
        other = (await _handed_in(client, path, headers, *files, **changed)).json()
        assert (other["code"], other["title"]) == ("invalid_state", "Penyerahan sebelumnya masih diperiksa walidata")
    assert len(_stored(settings)) == 2
    returned = f"{API}/submissions/{first.json()['id']}/return"
    assert (await client.post(returned, json={"reason": "Salah."}, headers=s.headers)).status_code == 200
    anew = await _handed_in(client, path, s.agency_headers, *files, **said)
    assert (anew.status_code, anew.json()["id"] != first.json()["id"]) == (201, True)


async def test_parts_follow_each_other_and_are_judged_together(client: AsyncClient, database: Database) -> None:
    s, path = await _asked(database)
    parts = [
        (await _handed_in(client, path, s.agency_headers, (f"{n}.csv", b"%d;b\n" % n), complete=complete)).json()["id"]
        for n, complete in ((2021, "false"), (2022, "false"), (2023, "true"), (2023, "true"))
    ]
    assert len(set(parts)) == 3
    assert parts[2] == parts[3]
    too_much = await _handed_in(client, path, s.agency_headers, ("4.csv", b"4;b\n"))
    assert too_much.json()["code"] == "invalid_state"
    assert (await client.post(f"{API}/submissions/{parts[2]}/acceptance", headers=s.headers)).status_code == 200
    assert [one["status"] for one in await _deliveries(client, path, s)] == ["accepted"] * 3


async def test_a_table_is_looked_at_on_arrival(client: AsyncClient, database: Database) -> None:
    s, path = await _asked(database)
    book = sheet(["kode", "nama"], [1, "Belopa"], [2, None])
    sent = await _handed_in(client, path, s.headers, ("a.csv", CSV), ("b.xlsx", book), ("c.pdf", PDF))
    columns = [{"name": "kode", "empty": 0}, {"name": "nama", "empty": 1}]
    looks = [{"rows": 2, "columns": columns, "truncated": False, "name": name} for name in ("", "Sheet")]
    assert [file["profile"] for file in sent.json()["files"]] == [
        {"kind": "csv", "sheets": looks[:1]},
        {"kind": "xlsx", "sheets": looks[1:]},
        None,
    ]
    [shown] = await _deliveries(client, path, s)
    assert shown["files"] == sent.json()["files"]


async def test_every_file_that_is_refused_is_named_with_what_to_do(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    s, path = await _asked(database)
    inside = plain({"data/x.exe": b"MZ\x90\x00"})
    sent = await _handed_in(client, path, s.headers, ("ok.pdf", PDF), ("a.csv", b"=cmd|'/C'!A0\n"), ("b.zip", inside))
    assert (sent.status_code, sent.json()["code"]) == (415, "unsupported_file")
    first, second = sent.json()["errors"]
    assert (first["pointer"], second["pointer"]) == ("/files/1", "/files/2")
    assert first["message"].startswith("a.csv: berkas mengambil isi dari luar.")
    assert second["message"].startswith("b.zip: data/x.exe: jenis berkas ini tidak diterima.")
    assert _stored(settings) == []


async def test_a_form_that_is_wrong_besides_leaves_nothing(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    s, path = await _asked(database)
    assert (await _handed_in(client, path, s.headers, ("a.pdf", PDF), complete="x")).status_code == 422
    many = await _handed_in(client, path, s.headers, *([("a.pdf", PDF)] * (uploads.MOST_FILES + 1)))
    assert many.json()["errors"] == [
        {"pointer": "/files", "message": "Paling banyak 20 berkas dalam satu penyerahan."}
    ], many.text
    assert _stored(settings) == []


async def test_a_line_that_falls_silent_counts_as_cut(
    client: AsyncClient, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    s, path = await _asked(database)
    monkeypatch.setattr(uploads, "STALLED_SECONDS", 0.05)

    async def silent() -> AsyncIterator[bytes]:
        yield HEAD + PDF
        await asyncio.Event().wait()

    headers = {**s.headers, "Content-Type": "multipart/form-data; boundary=b"}
    async with asyncio.timeout(10):
        answer = await client.post(f"{path}/submissions", content=silent(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "upload_cut")
    assert _stored(settings) == []
    assert (await _handed_in(client, path, s.headers, ("a.pdf", PDF))).status_code == 201


async def test_what_streams_in_lies_beside_the_store_and_nowhere_else(
    client: AsyncClient, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    s, path = await _asked(database)
    monkeypatch.setattr("tempfile.tempdir", str(settings.data_dir / "no such folder"))
    large = PDF + b"\n" * 100 + b"%" + b" " * 3_000_000 + b"\n%%EOF\n"
    sent = await _handed_in(client, path, s.headers, ("a.pdf", large), ("b.zip", plain({"a.pdf": large})))
    assert sent.status_code == 201, sent.text
    assert sent.json()["files"][0]["sha256"] == sha256(large).hexdigest()
    assert len(_stored(settings)) == 2
