"""Personal data goes from every table: canaries in every free text, and none of them left."""

from datetime import timedelta

import pytest
from sqlmodel import col, func, select

from service import clock
from service.auth import system
from service.db import Database
from service.domain import privacy, privacy_traces
from service.models.attendance import Attendance, Checkin, Presence
from service.models.organizers import Organizer
from service.models.outbox import EventRow
from service.models.registrations import Registration
from service.models.workshops import AttendanceBlock, Workshop
from service.worker import Worker
from tests import factories
from tests.factories import at
from tests.support import canaries
from tests.support.canaries import CANARY
from tests.support.statements import counted

_KEPT = ("name", "name_key", "position", "represents", "organisation_name", "code")
PROOF = {f"registrations.{name}" for name in _KEPT} | {
    "annulments.reason",
    "checkins.admit_reason",
    "checkins.note",
    "certificates.holder",
    "certificates.revocation_reason",
    "checkins.annulment_reason",
    "checkins.answer",
}
BY_THE_PROVIDER = {"room_links.url", "room_links.email", "room_links.error"}
UNTIL_THE_END = {
    "announcements.subject",
    "announcements.text",
    "former_links.external_id",
    "invitations.reason",
    "presences.display_name",
    "presences.email",
    "presences.external_id",
    "registrations.client_id",
    "room_links.external_id",
    "room_notices.connection",
    "room_notices.key",
    "room_notices.registrant",
    "room_notices.sitting",
    "rooms.error",
}
"""What another's data may be, or names nobody without the provider; of presences only what is nobody's."""


async def make(database: Database, **values: object) -> tuple[Workshop, Registration]:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house, retention_days=30)
        return gathering, await canaries.fill(session, gathering, **values)


async def attended(database: Database, gathering: Workshop, row: Registration) -> None:
    async with database.write() as session:
        block = (await session.exec(select(AttendanceBlock).where(AttendanceBlock.workshop_id == gathering.id))).first()
        assert block
        fact = Attendance(
            registration_id=row.id,
            block_id=block.id,
            workshop_id=gathering.id,
            present=True,
            last_fact_at=clock.now(),
        )
        session.add(fact)


async def left(database: Database) -> set[str]:
    async with database.read() as session:
        return await canaries.singing(session)


async def test_every_free_text_is_filled_with_a_canary(database: Database) -> None:
    await make(database)
    assert await left(database) == {f"{table.name}.{column.name}" for table, column in canaries.columns()} - {
        "annulments.answer"
    }


async def test_nothing_is_left_when_retention_ends(database: Database, worker: Worker) -> None:
    gathering, row = await make(database)
    await attended(database, gathering, row)
    clock.freeze(gathering.ends_at + timedelta(days=30, seconds=-1))
    await worker.tidy()
    assert "registrations.name" in await left(database)
    clock.freeze(gathering.ends_at + timedelta(days=30))
    await worker.tidy()
    assert await left(database) == set()
    async with database.read() as session:
        row = await session.get_one(Registration, row.id)
        assert (row.name, row.anonymised_at) == (f"Peserta {row.number}", clock.now())
        assert (await session.get_one(Workshop, gathering.id)).anonymised_at == clock.now()
        assert (await session.exec(select(func.count()).select_from(Attendance))).one() == 1
        types = list(await session.exec(select(EventRow.type)))
    assert types == ["workshop.anonymised"]
    await worker.tidy()
    async with database.read() as session:
        assert (await session.get_one(Registration, row.id)).version == row.version


@pytest.mark.parametrize("there", [False, True])
async def test_erasure_leaves_proof_and_a_link_that_the_provider_has_to_take_back(
    database: Database, worker: Worker, there: bool
) -> None:
    gathering, row = await make(database)
    if there:
        await attended(database, gathering, row)
    async with database.write() as session:
        await privacy.erase(session, system(gathering.organizer_id), row.id)
    kept = PROOF if there else set()
    assert await left(database) - UNTIL_THE_END == kept | BY_THE_PROVIDER
    clock.freeze(clock.now() + privacy.LATEST)
    await worker.fire()
    assert await left(database) - UNTIL_THE_END == kept
    async with database.read() as session:
        seen = list(await session.exec(select(Presence.display_name).order_by(col(Presence.id))))
        answer = (await session.exec(select(Checkin.answer))).one()
    assert seen == ["Peserta", CANARY]
    assert isinstance(answer["registration"], dict)
    assert answer["registration"]["name"] == (CANARY if there else f"Peserta {row.number}")


async def test_batches_end_with_the_last_person(
    database: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.domain.privacy_retention.BATCH", 2)
    async with database.write() as session:
        house = await factories.organizer(session, retention_days=1)
        gathering = await factories.workshop(session, house)
        people = [await factories.registration(session, gathering) for _ in range(5)]
    clock.freeze(gathering.ends_at + timedelta(days=1))
    await worker.tidy()
    async with database.read() as session:
        names = {row.name for row in await session.exec(select(Registration))}
        keys = {row.name_key for row in await session.exec(select(Registration))}
        assert await session.get(Organizer, house.id)
    assert names == {f"Peserta {row.number}" for row in people}
    assert len(keys) == 5


async def test_many_people_cost_no_more_statements_than_one(database: Database) -> None:
    async with database.write() as session:
        gathering = await factories.workshop(session, await factories.organizer(session))
        people = [await factories.registration(session, gathering) for _ in range(5)]
    numbers = []
    for batch in (people[:1], people[1:]):
        async with database.write() as session:
            with counted(database) as statements:
                await privacy_traces.anonymise(session, batch)
        numbers.append(len(statements))
    assert numbers[0] == numbers[1]


async def test_what_is_entered_long_after_a_workshop_is_not_erased_at_once(database: Database, worker: Worker) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, retention_days=30)
        start, end = at("01-10 08:00"), at("01-10 16:00")
        gathering = await factories.workshop(session, house, blocks=False, starts_at=start, ends_at=end)
        row = await factories.registration(session, gathering)
    await worker.tidy()
    async with database.read() as session:
        assert (await session.get_one(Registration, row.id)).name == row.name
    clock.freeze(gathering.created_at + timedelta(days=30))
    await worker.tidy()
    async with database.read() as session:
        assert (await session.get_one(Registration, row.id)).name == f"Peserta {row.number}"


async def test_a_copy_of_the_own_data_has_something_of_every_kind(database: Database) -> None:
    _gathering, row = await make(database)
    async with database.read() as session:
        own = await privacy.own_data(session, await session.get_one(Registration, row.id))
    counts = {name: len(value) for name, value in own.items() if isinstance(value, list)}
    once = dict.fromkeys(("answers", "scans", "presences", "certificates", "rooms", "link_uses", "messages"), 1)
    assert counts == {"attendance": 4} | once
    assert isinstance(own["registration"], dict)
    assert own["registration"]["unsubscribed"] is True
