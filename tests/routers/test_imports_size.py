"""Long lists: a thousand people come in within seconds, fifty thousand go out with flat memory."""

import asyncio
import threading
import time
import tracemalloc
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import func, insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.db import Database
from service.domain import imports_registrations
from service.domain.exports import Batch
from service.domain.exports_registrations import Registrations
from service.domain.imports import Judged
from service.domain.imports_values import Entry
from service.models.outbox import EventRow
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Capacity, Mode, Workshop
from tests import factories
from tests.support.office_files import sheet

Headers = dict[str, str]


async def fill(database: Database, workshop: Workshop, count: int) -> None:
    """`count` people with answers, written past the domain."""
    for start in range(0, count, 1_000):
        rows = [_person(workshop, number) for number in range(start + 1, min(start + 1_000, count) + 1)]
        async with database.write() as session:
            await session.exec(insert(Registration), params=rows)


def _person(workshop: Workshop, number: int) -> dict[str, object]:
    return Registration(
        organizer_id=workshop.organizer_id,
        workshop_id=workshop.id,
        number=number,
        name=f"Kepala Seksi {number}",
        name_key=f"kepala seksi {number}",
        email=f"seksi{number}@luwukab.go.id",
        contact_key=f"seksi{number}@luwukab.go.id",
        phone=f"+62812{number:08}",
        position="Kepala Seksi",
        mode=Mode.OFFLINE,
        status=RegistrationStatus.CONFIRMED,
        answers={"catatan": "Membawa laptop sendiri"},
        confirmed_at=clock.now(),
        key_id="x",
    ).model_dump()


@pytest.fixture
async def place(database: Database) -> tuple[Workshop, Headers]:
    async with database.write() as session:
        house = await factories.organizer(session)
        questions: list[dict[str, object]] = [{"code": "catatan", "label": "Catatan", "kind": "text"}]
        workshop = await factories.workshop(session, house, offline=900, questions=questions)
        headers = await factories.api_key(session, house)
    return workshop, headers


async def test_a_thousand_people_come_in_at_once_with_an_event_each_and_fill_the_seats_there_are(
    client: AsyncClient, database: Database, place: tuple[Workshop, Headers]
) -> None:
    workshop, headers = place
    data = sheet(
        ["No", "Nama", "NIP", "Jabatan", "Instansi", "HP", "Email", "Moda"],
        *(
            [
                n,
                f"Kepala Seksi {n}",
                None,
                "Kepala Seksi",
                "Dinas Kesehatan",
                f"0812{n:08}",
                f"s{n}@luwukab.go.id",
                "luring",
            ]
            for n in range(1_000)
        ),
    )
    url = f"/api/v1/workshops/{workshop.id}/registrations/import"
    began = time.perf_counter()
    answer = await client.post(url, files={"file": ("a", data)}, data={"dry_run": "false"}, headers=headers)
    assert time.perf_counter() - began < 10
    assert answer.json()["counts"]["new"] == 1_000
    async with database.read() as session:
        capacity = await session.get_one(Capacity, workshop.id)
        events = dict((await session.exec(select(EventRow.type, func.count()).group_by(col(EventRow.type)))).all())
    assert (capacity.offline_taken, capacity.last_number) == (900, 1_000)
    assert events == {"registration.confirmed": 900, "registration.waitlisted": 100, "registrations.imported": 1}


async def test_while_a_list_is_judged_others_are_served(
    client: AsyncClient, place: tuple[Workshop, Headers], monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop, headers = place
    loop, judging, served = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    row = imports_registrations._Judge.row
    seen: list[bool] = []

    def slow(judge: imports_registrations._Judge, entry: Entry) -> Judged:
        loop.call_soon_threadsafe(judging.set)
        seen.append(served.wait(5))
        return row(judge, entry)

    async def ask() -> None:
        await judging.wait()
        assert (await client.get("/api/v1/workshops")).status_code == 200
        served.set()

    monkeypatch.setattr(imports_registrations._Judge, "row", slow)
    url = f"/api/v1/workshops/{workshop.id}/registrations/import"
    data = b"Nama,HP,Moda\nStaf,081200000001,luring\n"
    await asyncio.gather(client.post(url, files={"file": ("a", data)}, headers=headers), ask())
    assert seen == [True]


async def exported(
    client: AsyncClient, workshop: Workshop, headers: Headers, ending: str, *, leaves: bool = False
) -> tuple[int, int]:
    """Bytes of the file and the most memory that making it took, with a reader who keeps nothing.

    `leaves`: the reader is gone at once.
    """
    url = f"/api/v1/workshops/{workshop.id}/registrations.{ending}"
    app: Any = client._transport.app  # type: ignore[attr-defined] # httpx keeps whole answers; here they are only counted
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": url, "raw_path": url.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8000"), (b"authorization", headers["Authorization"].encode())],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "state": {},
    }  # fmt: skip
    size, asked = 0, False

    async def receive() -> dict[str, object]:
        nonlocal asked
        if asked and leaves:
            return {"type": "http.disconnect"}
        if asked:
            await asyncio.Event().wait()  # the reader stays until the end
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal size
        assert message.get("status", 200) == 200
        size += len(message.get("body", b""))

    tracemalloc.start()
    await app(scope, receive, send)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size, peak


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_memory_does_not_grow_with_the_length_of_an_export(
    client: AsyncClient,
    database: Database,
    place: tuple[Workshop, Headers],
    ending: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.domain.exports_registrations.BATCH", 50)
    workshop, headers = place
    await fill(database, workshop, 100)
    await exported(client, workshop, headers, ending)
    small = await exported(client, workshop, headers, ending)
    async with database.write() as session:
        house = await factories.house_of(session, str(workshop.id))
        other = await factories.workshop(session, house, questions=workshop.questions)
    await fill(database, other, 600)
    large = await exported(client, other, headers, ending)
    assert large[0] > 2.5 * small[0]
    assert large[1] < small[1] + 300_000


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_nothing_is_read_for_somebody_who_has_left(
    client: AsyncClient,
    database: Database,
    place: tuple[Workshop, Headers],
    ending: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.domain.exports_registrations.BATCH", 5)
    workshop, headers = place
    await fill(database, workshop, 200)
    whole = await exported(client, workshop, headers, ending)
    before = asyncio.all_tasks()
    batch, read = Registrations.batch, list[str | None]()

    async def noted(self: Registrations, session: AsyncSession, actor: Actor, after: str | None) -> Batch:
        read.append(after)
        return await batch(self, session, actor, after)

    monkeypatch.setattr(Registrations, "batch", noted)
    await exported(client, workshop, headers, ending, leaves=True)
    if begun := asyncio.all_tasks() - before:
        _done, stuck = await asyncio.wait(begun, timeout=2)
        assert stuck == set()
    assert len(read) < 10
    assert whole[0] > 1_000


@pytest.mark.soak
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_fifty_thousand_people_go_out_with_flat_memory(
    client: AsyncClient, database: Database, place: tuple[Workshop, Headers], ending: str
) -> None:
    workshop, headers = place
    await fill(database, workshop, 50_000)
    size, peak = await exported(client, workshop, headers, ending)
    assert size > 2_000_000
    assert peak < 25_000_000
