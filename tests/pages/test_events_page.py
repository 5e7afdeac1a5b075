"""The event log is read, sifted and compared with its seals, by clicks."""

import re
from datetime import date

from fastapi import FastAPI
from httpx import AsyncClient
from sqlmodel import select

from service import auth
from service.db import Database
from service.domain import organizers
from service.models.organizers import Role
from service.models.organizers_shapes import HolidayShape
from service.models.outbox import EventRow
from service.worker import Worker
from tests import factories
from tests.pages.world import signed_in

PAGE = "/staff/events"


async def test_the_log_is_read_sifted_and_found_tampered_with(
    client: AsyncClient, database: Database, worker: Worker, app: FastAPI
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        await factories.api_key(session, await factories.organizer(session))
        for day in (date(2023, 7, 19), date(2023, 8, 17)):
            row = await organizers.own(session, auth.system(house.id), lock=True)
            await organizers.replace_holidays(
                session, auth.system(house.id), row, [HolidayShape(day=day, name="Libur")]
            )
    cookie, csrf = await signed_in(database, house, Role.ORGANIZER)
    assert "Belum ada peristiwa yang disegel" in (await client.get(PAGE, headers=cookie)).text
    await client.post(
        "/api/v1/organisations",
        json={"code": "dinkes", "name": "Dinas Kesehatan"},
        headers=cookie | {"X-CSRF-Token": csrf},
    )
    await worker.drain()

    shown = (await client.get(PAGE, headers=cookie)).text
    assert re.findall(r"<strong>([^<]+)</strong><span", shown)[0] == "Data instansi berubah"
    assert shown.count("Hari libur berubah") == 2
    assert "Panitia Satu" in shown
    assert "Dinas Kesehatan" not in shown
    by_service = (await client.get(f"{PAGE}?by=system", headers=cookie)).text
    assert (by_service.count("Hari libur berubah"), "Data instansi berubah" in by_service) == (2, False)
    about = (await client.get(f"{PAGE}?noun=organisation&since=2000-01-01", headers=cookie)).text
    assert ("Hari libur berubah" in about, "Data instansi berubah" in about) == (False, True)
    assert "Tidak ada peristiwa yang cocok" in (await client.get(f"{PAGE}?until=2000-01-01", headers=cookie)).text
    # What its own form sends, and the last day there is.
    for even in ("noun=&by=&since=&until=", "until=9999-12-31", "since=0001-01-01"):
        assert "Data instansi berubah" in (await client.get(f"{PAGE}?{even}", headers=cookie)).text
    for odd in ("since=kemarin", "before=0", f"before={2**70}"):
        assert (await client.get(f"{PAGE}?{odd}", headers=cookie)).status_code in {400, 422}

    async def verify() -> str:
        begun = await client.post(f"{PAGE}/verification", data={"csrf": csrf}, headers=cookie)
        assert begun.headers["location"] == PAGE
        await app.state.background.settle()
        return (await client.get(PAGE, headers=cookie)).text

    assert "Utuh: 3 peristiwa cocok" in await verify()
    async with database.write() as session:
        changed = (
            await session.exec(select(EventRow).where(EventRow.organizer_id == house.id, EventRow.sequence == 2))
        ).one()
        changed.actor = "staff:00000000-0000-0000-0000-000000000000"
    assert "Peristiwa nomor 2 berbeda dari yang disegel." in await verify()
    door, _csrf = await signed_in(database, house, Role.DOOR)
    assert (await client.get(PAGE, headers=door)).status_code == 403
