"""A draft made by mistake goes without a trace; one that people belong to is called off, in silence or not."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import system
from service.db import Database
from service.domain import workshops_removal
from service.domain.workshops_removal import OWN, REFERRING
from service.models.messages import Message
from service.models.organizers import Organizer, Role
from service.models.outbox import Delivery, DeliveryStatus
from service.models.rooms import Provider, Room, RoomStatus
from service.models.workshops import Workshop, WorkshopStatus
from service.worker import Worker
from tests import factories
from tests.factories import at
from tests.pages.test_setup_page import Desk
from tests.pages.world import signed_in
from tests.subscribers.test_changes import after
from tests.test_race_state import overtaken


@pytest.fixture
async def house(database: Database) -> Organizer:
    clock.freeze(at("06-01 08:00"))
    async with database.write() as session:
        return await factories.organizer(session)


async def test_a_draft_without_people_is_removed_with_its_agenda_and_a_change_before_it_fails_nowhere(
    database: Database, client: AsyncClient, house: Organizer, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(client, house, *await signed_in(database, house, Role.ORGANIZER))
    async with database.write() as session:
        key = await factories.api_key(session, house)
    await desk.post("/staff/new", occasion="bimtek", starts_on="2023-07-03", title="Keliru")
    async with database.write() as session:
        row = (await session.exec(select(Workshop))).one()
        room: dict[str, Any] = {
            "provider": Provider.STATIC,
            "status": RoomStatus.ACTIVE,
            "url": "https://x.invalid/j/1",
        }
        session.add(Room(organizer_id=house.id, workshop_id=row.id, **room))
    url = f"/api/v1/workshops/{row.id}"
    moved = {"ends_at": "2023-07-04T17:00:00+08:00", "venue": {"name": "Aula"}}
    assert (await client.patch(url, json=moved, headers=key | {"If-Match": '"1"'})).status_code == 200
    assert "Ya, hapus kegiatan" in await desk.get(f"/staff/setup?workshop={row.id}")
    assert await desk.post(f"/staff/setup/{row.id}/remove") == (303, "/staff?done=removed")
    assert (await client.get(url, headers=key)).status_code == 404
    assert "Kegiatan dihapus." in await desk.get("/staff?done=removed")
    await worker.drain()
    await after(database, worker, monkeypatch, minutes=6)
    async with database.read() as session:
        assert {one.status for one in await session.exec(select(Delivery))} == {DeliveryStatus.DONE}


async def test_a_draft_with_people_is_kept_and_called_off_in_silence_unless_they_are_to_be_told(
    database: Database, client: AsyncClient, house: Organizer, worker: Worker
) -> None:
    desk = Desk(client, house, *await signed_in(database, house, Role.ORGANIZER))
    rows = []
    async with database.write() as session:
        key = await factories.api_key(session, house)
        for _time in range(2):
            rows.append(await factories.workshop(session, house, status=WorkshopStatus.DRAFT))
            await factories.registration(session, rows[-1])
        announced = await factories.workshop(session, house)
    quiet, told = rows
    refused = await client.delete(f"/api/v1/workshops/{quiet.id}", headers=key)
    assert (refused.status_code, refused.json()["code"], refused.json()["uses"]) == (
        409,
        "workshop_in_use",
        {"registrations": 1},
    )
    assert (await client.delete(f"/api/v1/workshops/{announced.id}", headers=key)).json()["code"] == "invalid_state"
    page = await desk.get(f"/staff/setup?workshop={quiet.id}")
    assert "tetapi 1 orang sudah terdaftar" in page
    assert "Beri tahu 1 peserta beserta alasannya (0 tidak terjangkau)" in page
    assert "sudah memuat 1 pendaftaran" in page
    for row, ticked in ((quiet, {}), (told, {"notify": "yes"})):
        typed: dict[str, str] = {"asked": "yes", "reason": "Keliru"} | ticked
        assert (await desk.post(f"/staff/setup/{row.id}/cancel", **typed))[0] == 303
    async with database.write() as session:
        nobodys = await factories.workshop(session, house, slug="kosong", status=WorkshopStatus.DRAFT)
    # Whoever was registered since the page was shown is not told, and nobody is told otherwise.
    _status, place = await desk.post(f"/staff/setup/{nobodys.id}/cancel", reason="Keliru")
    assert place.endswith("&done=cancelled_quietly")
    await worker.drain()
    async with database.read() as session:
        assert [one.workshop_id for one in await session.exec(select(Message))] == [told.id]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)  # SQLite has one writer
async def test_who_comes_first_keeps_a_draft_or_finds_it_gone(
    database: Database, client: AsyncClient, house: Organizer
) -> None:
    async with database.write() as session:
        key = await factories.api_key(session, house)
        for slug in ("dulu", "pintu", "hapus"):
            await factories.workshop(session, house, slug=slug, status=WorkshopStatus.DRAFT)
        kept, door, gone = (await session.exec(select(Workshop).order_by(col(Workshop.id)))).all()

    async def followed(session: AsyncSession) -> None:
        await factories.workshop(session, house, slug="lanjutan", follows_id=kept.id)

    async def equipped(session: AsyncSession) -> None:
        await factories.device(session, door)

    async def removed(session: AsyncSession) -> None:
        await workshops_removal.remove(session, system(house.id), gone.id)

    url = "/api/v1/workshops/{}".format
    late = await overtaken(database, followed, lambda: client.delete(url(kept.id), headers=key))
    assert (late.status_code, late.json()["uses"]) == (409, {"followers": 1})
    late = await overtaken(database, equipped, lambda: client.delete(url(door.id), headers=key))
    assert late.status_code == 204
    material = {"title": "Paparan", "url": "https://luwukab.go.id/paparan"}
    late = await overtaken(
        database, removed, lambda: client.post(f"{url(gone.id)}/materials", json=material, headers=key)
    )
    assert (late.status_code, late.json()["code"]) == (404, "not_found")


def test_whatever_names_a_workshop_keeps_it_or_goes_with_it() -> None:
    kept = {str(column) for columns in REFERRING.values() for column in columns}
    own = {f"{table.__name__}.workshop_id" for table in OWN}
    naming = {
        f"{mapper.class_.__name__}.{column.key}"
        for mapper in Workshop._sa_registry.mappers
        for column in mapper.columns
        if any(key.target_fullname == "workshops.id" for key in column.foreign_keys)
    }
    assert naming == kept | own
