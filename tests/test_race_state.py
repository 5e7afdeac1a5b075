"""Whoever waited for a lock decides on what is true after the waiting, never on what was true before."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import system
from service.db import Database, run_sql
from service.domain import invitations, registrations, registrations_edit, workshops
from service.models.invitations import Invitation
from service.models.registrations import Registration, RegistrationStatus
from service.models.registrations_shapes import RegistrationCreate, RegistrationPatch
from service.models.workshops import Capacity, Modality, Mode, Workshop
from service.models.workshops_shapes import WorkshopPatch
from service.worker import Worker
from tests import factories
from tests.routers.test_registrations import form, make

DELEGATES = {"items": [{"name": "Sekretaris", "email": "sekretaris@luwukab.go.id", "mode": "offline"}]}


async def overtaken(
    database: Database, first: Callable[[AsyncSession], Awaitable[object]], second: Callable[[], Awaitable[Response]]
) -> Response:
    """What `second` is told when it begins before `first` is committed, and waits for it."""
    async with database.write() as session:
        await first(session)
        late = asyncio.ensure_future(second())
        await blocked(database)
    return await late


async def blocked(database: Database) -> None:
    """Returns when somebody waits for a lock. On SQLite the whole writing transaction has to wait for its turn."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(10):
        while database.dialect == "postgresql":
            async with database.read() as session:
                if (await run_sql(session, waiting)).scalar_one():
                    return


async def called_off(session: AsyncSession, gathering: Workshop) -> None:
    await workshops.cancel(session, system(gathering.organizer_id), gathering.id, "Banjir")


async def test_nobody_registers_for_a_workshop_that_was_called_off_meanwhile(
    client: AsyncClient, database: Database
) -> None:
    _house, gathering, key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    public = await overtaken(database, lambda one: called_off(one, gathering), lambda: client.post(url, json=form()))
    assert (public.status_code, public.json()["code"]) == (409, "registration_closed")
    assert (await client.get(url, headers=key)).json()["items"] == []


async def test_nobody_switches_in_a_workshop_that_was_called_off_meanwhile(
    client: AsyncClient, database: Database
) -> None:
    _house, gathering, _key = await make(database)
    async with database.write() as session:
        row = await factories.registration(session, gathering)
        own = factories.bearer(factories.participant_token(session, row))
    answer = await overtaken(
        database,
        lambda one: called_off(one, gathering),
        lambda: client.put("/api/v1/my/registration/mode", json={"mode": "online"}, headers=own),
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_state")


async def test_nobody_is_left_in_a_mode_that_was_given_up_meanwhile(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database, offline=1, online=5)
    url = f"/api/v1/workshops/{gathering.id}"
    offline = WorkshopPatch(modality=Modality.OFFLINE)

    async def hall_only(session: AsyncSession) -> None:
        actor = system(gathering.organizer_id)
        locked = await workshops.find_for_change(session, actor, gathering.id)
        await workshops.change(session, actor, *locked, offline)

    async def come(session: AsyncSession) -> None:
        for number in range(2):
            person = RegistrationCreate.model_validate(form(email=f"opd{number}@luwukab.go.id", mode="online"))
            await registrations.register(session, system(gathering.organizer_id), gathering.id, person)

    patch = offline.model_dump(mode="json", exclude_unset=True)
    changed = await overtaken(database, come, lambda: client.patch(url, json=patch, headers=key | {"If-Match": "*"}))
    assert changed.status_code == 200, changed.text
    async with database.write() as session:
        rows = (await session.exec(select(Registration).order_by(col(Registration.number)))).all()
        assert [(row.mode.value, row.status.value) for row in rows] == [
            ("offline", "confirmed"),
            ("offline", "waitlisted"),
        ]
        capacity = await session.get_one(Capacity, gathering.id)
        assert (capacity.offline_taken, capacity.online_taken) == (1, 0)
        (await session.get_one(Workshop, gathering.id)).modality = Modality.HYBRID
    late = form(email="opd9@luwukab.go.id", mode="online")
    refused = await overtaken(database, hall_only, lambda: client.post(f"{url}/registrations", json=late))
    assert (refused.status_code, refused.json()["code"]) == (409, "mode_not_offered")


@pytest.mark.parametrize("deed", ["delegates", "decline"])
async def test_an_invitation_is_over_when_the_workshop_was_called_off_meanwhile(
    client: AsyncClient, database: Database, deed: str
) -> None:
    gathering, url, _row = await invited(database)

    async def answer() -> Response:
        if deed == "decline":
            return await client.post(f"{url}/decline", json={"reason": "Bertugas"})
        return await client.put(f"{url}/delegates", json=DELEGATES)

    late = await overtaken(database, lambda one: called_off(one, gathering), answer)
    assert (late.status_code, late.json()["code"]) == (409, "invitation_over")


async def test_naming_after_a_decline_that_was_committed_meanwhile_undoes_it(
    client: AsyncClient, database: Database
) -> None:
    _gathering, url, row = await invited(database)

    async def decline(session: AsyncSession) -> None:
        await invitations.decline(session, await session.get_one(Invitation, row), "Bertugas")

    await overtaken(database, decline, lambda: client.put(f"{url}/delegates", json=DELEGATES))
    view = (await client.get(url)).json()
    assert (view["status"], len(view["delegates"])) == ("sent", 1)


@pytest.mark.parametrize("path", ["", "/mode"])
async def test_of_two_edits_made_from_one_version_the_later_is_refused(
    client: AsyncClient, database: Database, path: str
) -> None:
    _house, gathering, key = await make(database)
    async with database.write() as session:
        row = await factories.registration(session, gathering)
    url = f"/api/v1/registrations/{row.id}"
    seen = key | {"If-Match": (await client.get(url, headers=key)).headers["etag"]}

    async def edit(session: AsyncSession) -> None:
        actor = system(gathering.organizer_id)
        current = await session.get_one(Registration, row.id)
        await registrations_edit.change(session, actor, current, RegistrationPatch(rank="Pembina / IVa"))

    async def late() -> Response:
        if path:
            return await client.put(f"{url}{path}", json={"mode": Mode.ONLINE}, headers=seen)
        return await client.patch(url, json={"rank": "Pembina / IVb"}, headers=seen)

    answer = await overtaken(database, edit, late)
    assert (answer.status_code, answer.json()["code"]) == (412, "stale")


async def test_a_cancellation_that_waited_for_an_edit_counts_both_changes(
    client: AsyncClient, database: Database
) -> None:
    _house, gathering, key = await make(database)
    async with database.write() as session:
        row = await factories.registration(session, gathering)

    async def edit(session: AsyncSession) -> None:
        current = await session.get_one(Registration, row.id)
        patch = RegistrationPatch(rank="Pembina / IVa")
        await registrations_edit.change(session, system(gathering.organizer_id), current, patch)

    url = f"/api/v1/registrations/{row.id}/cancellation"
    answer = await overtaken(database, edit, lambda: client.post(url, headers=key))
    assert (answer.json()["version"], answer.json()["rank"]) == (3, "Pembina / IVa")


async def test_a_stranger_is_refused_without_waiting_for_somebody_elses_seats(
    client: AsyncClient, database: Database
) -> None:
    if database.dialect == "sqlite":
        pytest.skip("on SQLite all writers wait for each other, whatever they write")
    _house, gathering, _key = await make(database)
    async with database.write() as session:
        stranger = await factories.api_key(session, await factories.organizer(session))
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    async with database.write() as session, asyncio.timeout(10):
        await workshops.lock_capacity(session, gathering.id)
        answer = await client.post(url, json=form(), headers=stranger)
    assert answer.status_code == 404


async def invited(database: Database) -> tuple[Workshop, str, UUID]:
    """A workshop, the address of an invitation to it, and the invitation's id."""
    house, gathering, _key = await make(database)
    async with database.write() as session:
        dinkes = await factories.organisation(session, house, "dinkes")
        row = Invitation(
            organizer_id=house.id,
            workshop_id=gathering.id,
            organisation_id=dinkes.id,
            key_id=database.settings.keyring.current_id,
        )
        session.add(row)
        await session.flush()
        return gathering, f"/api/v1/invitations/{invitations.link_of(session, row).rsplit('/', 1)[1]}", row.id


async def test_of_two_who_wait_for_each_other_the_one_sent_away_is_told_to_come_again(
    client: AsyncClient, database: Database
) -> None:
    if database.dialect == "sqlite":
        pytest.skip("a SQLite database has one writer at a time, so nobody waits in a circle")
    _house, gathering, key = await make(database, offline=0)
    async with database.write() as session:
        waits = {"status": RegistrationStatus.WAITLISTED, "holds_seat": False, "queued_at": clock.now()}
        following = await factories.registration(session, gathering, **waits)
        leaving = await factories.registration(session, gathering)
        capacity = await workshops.lock_capacity(session, gathering.id)
        capacity.offline_limit = capacity.offline_taken = 1
    url = f"/api/v1/registrations/{leaving.id}/cancellation"
    async with database.write() as session:
        # A batch at the door locks people in the order of their ids, who leaves before who follows.
        await run_sql(session, "SET LOCAL deadlock_timeout = '30s'")
        await registrations.lock(session, following.id)
        late = asyncio.ensure_future(client.post(url, headers=key))
        await blocked(database)
        await registrations.lock(session, leaving.id)
    refused = await late
    assert (refused.status_code, refused.json()["code"], "retry-after" in refused.headers) == (503, "unavailable", True)
    assert (await client.post(url, headers=key)).json()["status"] == "cancelled"


async def test_whoever_erases_people_takes_them_in_the_order_in_which_the_door_does(
    database: Database, worker: Worker
) -> None:
    if database.dialect == "sqlite":
        pytest.skip("a SQLite database has one writer at a time, so nobody waits in a circle")
    _house, gathering, _key = await make(database)
    async with database.write() as session:
        hours = [timedelta(hours=one) for one in (1, 2)]
        first, second = [
            await factories.registration(session, gathering, erasure_due_at=clock.now() - one) for one in hours
        ]
    async with database.write() as session:
        await registrations.lock(session, first.id)
        erasing = asyncio.ensure_future(worker.fire())
        await blocked(database)
        await registrations.lock(session, second.id)
    assert await erasing
    async with database.read() as session:
        names = {row.name for row in await session.exec(select(Registration))}
    assert names == {f"Peserta {row.number}" for row in (first, second)}
