"""Whoever changes the sealed log is found out, and the first event that does not fit is named."""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import outbox, sealing
from service.db import Database
from service.domain.verification import Finding, Flaw, verify
from service.events import REGISTRY, RegistrationConfirmed, RegistrationEvent, WorkshopPublished, registration_of
from service.models.organizers import Organizer
from service.models.outbox import Delivery, EventChain, EventRow
from service.settings import Settings
from service.worker import Worker
from tests import factories

EVENTS = 12


@pytest.fixture
async def house(database: Database, worker: Worker) -> Organizer:
    """A house with twelve sealed events."""
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        for _number in range(EVENTS):
            await outbox.record(session, WorkshopPublished(organizer_id=house.id, workshop_id=factories.some_id()))
    await worker.drain()
    return house


async def _row(session: AsyncSession, sequence: int) -> EventRow:
    return (await session.exec(select(EventRow).where(EventRow.sequence == sequence))).one()


async def _set(session: AsyncSession, event_id: UUID, **values: Any) -> None:
    await session.exec(update(EventRow).where(col(EventRow.id) == event_id).values(**values))


async def _delete(session: AsyncSession, *sequences: int) -> None:
    await session.exec(delete(Delivery))
    await session.exec(delete(EventRow).where(col(EventRow.sequence).in_(sequences)))


async def _swap(session: AsyncSession, one: EventRow, other: EventRow, *columns: str) -> None:
    """Lets two rows exchange columns; by way of no sequence, since a sequence is unique."""
    ours, theirs = ({name: getattr(row, name) for name in columns} for row in (one, other))
    if "sequence" in columns:
        await _set(session, one.id, sequence=None)
    await _set(session, other.id, **ours)
    await _set(session, one.id, **theirs)


async def _findings(database: Database) -> list[Finding]:
    async with database.read() as session:
        return (await verify(session)).findings


async def test_an_untouched_log_is_in_order(database: Database, house: Organizer) -> None:
    async with database.read() as session:
        verdict = await verify(session)
    assert verdict.findings == []
    assert [(head.organizer, head.sequence) for head in verdict.heads] == [("luwu", EVENTS)]


async def test_it_stays_in_order_as_it_grows(database: Database, worker: Worker, house: Organizer) -> None:
    async with database.write() as session:
        await outbox.record(session, WorkshopPublished(organizer_id=house.id, workshop_id=factories.some_id()))
    assert await _findings(database) == []
    await worker.drain()
    assert await _findings(database) == []


@pytest.mark.parametrize(
    "change",
    [
        {"type": "workshop.cancelled"},
        {"data": {"workshop_id": str(factories.some_id())}},
        {"actor": "staff:somebody-else"},
        {"happened_at": factories.at("07-04 08:00")},
        {"hash": "0" * 64},
        {"registration_id": factories.some_id()},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_changed_event_is_named(database: Database, house: Organizer, change: dict[str, Any]) -> None:
    async with database.write() as session:
        changed = (await _row(session, 7)).id
        await _set(session, changed, **change)
    assert await _findings(database) == [Finding("luwu", Flaw.CHANGED, 7, changed)]


async def test_an_event_that_is_shown_in_the_history_of_another_person_is_named(
    database: Database, house: Organizer
) -> None:
    at = {"organizer_id": house.id, "workshop_id": factories.some_id()}
    async with database.write() as session:
        people = [factories.some_id() for _person in range(2)]
        for one in people:
            await outbox.record(session, RegistrationConfirmed(**at, registration_id=one))
        await sealing.seal(session)
    assert await _findings(database) == []
    async with database.write() as session:
        ours, theirs = await _row(session, EVENTS + 1), await _row(session, EVENTS + 2)
        await _swap(session, ours, theirs, "registration_id")
    assert await _findings(database) == [Finding("luwu", Flaw.CHANGED, EVENTS + 1, ours.id)]
    async with database.write() as session:
        await _set(session, ours.id, registration_id=None)
    assert await _findings(database) == [Finding("luwu", Flaw.CHANGED, EVENTS + 1, ours.id)]


def test_every_event_about_one_registration_says_so_in_its_row() -> None:
    person = factories.some_id()
    for kind in REGISTRY.values():
        said = {"registration_id": str(person)} if "registration_id" in {one.name for one in fields(kind)} else {}
        assert (registration_of(kind.type, said) == person) is issubclass(kind, RegistrationEvent), kind.type


async def test_a_deleted_event_is_named_by_its_sequence_and_the_next_one_left(
    database: Database, house: Organizer
) -> None:
    async with database.write() as session:
        after = (await _row(session, 8)).id
        await _delete(session, 7)
    assert await _findings(database) == [Finding("luwu", Flaw.DELETED, 7, after)]


async def test_an_event_that_is_unsealed_again_counts_as_deleted(
    database: Database, worker: Worker, house: Organizer
) -> None:
    async with database.write() as session:
        await session.exec(delete(Delivery))
        after = (await _row(session, 8)).id
        await _set(session, (await _row(session, 7)).id, sequence=None, hash=None)
    await worker.drain()
    assert await _findings(database) == [Finding("luwu", Flaw.DELETED, 7, after)]


@pytest.mark.parametrize("columns", [("sequence",), ("sequence", "hash"), ("type", "data", "actor", "happened_at")])
async def test_two_events_that_changed_places_are_named(
    database: Database, house: Organizer, columns: tuple[str, ...]
) -> None:
    async with database.write() as session:
        one, other = await _row(session, 5), await _row(session, 9)
        await _swap(session, one, other, *columns)
    async with database.read() as session:
        there = (await _row(session, 5)).id
    [finding] = await _findings(database)
    # Contents that were exchanged without their ids fit nowhere: to the log that is a change.
    expected = Flaw.SWAPPED if "sequence" in columns else Flaw.CHANGED
    assert finding == Finding("luwu", expected, 5, there)


async def test_a_log_that_was_cut_at_the_end_says_from_where(database: Database, house: Organizer) -> None:
    async with database.write() as session:
        await _delete(session, 11, 12)
    assert await _findings(database) == [Finding("luwu", Flaw.CUT, 11, None)]


async def test_a_log_rewritten_with_fitting_hashes_does_not_lead_to_its_head(
    database: Database, house: Organizer
) -> None:
    async with database.write() as session:
        await _rewrite(session, actor="staff:somebody-else")
    assert await _findings(database) == [Finding("luwu", Flaw.REWRITTEN, EVENTS, None)]


async def _rewrite(session: AsyncSession, **change: Any) -> str:
    """Changes the seventh event and makes every hash after it fit; the last hash."""
    previous = (await _row(session, 6)).hash or ""
    for sequence in range(7, EVENTS + 1):
        row = await _row(session, sequence)
        if sequence == 7:
            row.sqlmodel_update(change)
        row.hash = previous = sealing.chain_hash(previous, row, sequence)
        session.add(row)
    await session.flush()
    return previous


Forgery = Callable[[AsyncSession, EventChain], Awaitable[None]]


async def _shorten(session: AsyncSession, head: EventChain) -> None:
    await _delete(session, 11, 12)
    head.sequence, head.hash = 10, (await _row(session, 10)).hash or ""


async def _forge(session: AsyncSession, head: EventChain) -> None:
    head.hash = await _rewrite(session, actor="staff:somebody-else")


async def _forge_seal(session: AsyncSession, head: EventChain) -> None:
    head.seal = "0" * 64


@pytest.mark.parametrize("forgery", [_shorten, _forge, _forge_seal])
async def test_a_head_written_without_the_key_is_found_out(
    database: Database, house: Organizer, forgery: Forgery
) -> None:
    async with database.write() as session:
        head = await session.get_one(EventChain, house.id)
        await forgery(session, head)
        session.add(head)
        sequence = head.sequence
    assert await _findings(database) == [Finding("luwu", Flaw.HEAD, sequence, None)]


async def test_a_log_without_its_head_is_found_out(database: Database, house: Organizer) -> None:
    async with database.write() as session:
        await session.exec(delete(EventChain))
    assert await _findings(database) == [Finding("luwu", Flaw.HEAD, EVENTS, None)]
    async with database.write() as session:
        await _delete(session, *range(1, EVENTS + 1))
    assert await _findings(database) == [Finding("luwu", Flaw.CUT, 1, None)]


async def test_an_event_smuggled_in_behind_the_head_is_named(database: Database, house: Organizer) -> None:
    async with database.write() as session:
        last = await _row(session, EVENTS)
        forged = EventRow(organizer_id=house.id, type=last.type, data=last.data, sequence=EVENTS + 1)
        forged.hash = sealing.chain_hash(last.hash or "", forged, EVENTS + 1)
        session.add(forged)
    assert await _findings(database) == [Finding("luwu", Flaw.ADDED, EVENTS + 1, forged.id)]


async def test_the_log_outlives_a_new_key_as_long_as_the_old_one_is_kept(
    settings: Settings, database: Database, house: Organizer
) -> None:
    former = settings.secret_key
    assert former
    for kept, expected in ([former], []), ([], [Finding("luwu", Flaw.KEY, EVENTS, None)]):
        renewed = settings.model_copy(
            update={"secret_key": SecretStr("another-key" * 4), "former_secret_keys": kept}, deep=True
        )
        renewed.__dict__.pop("keyring", None)
        again = Database(renewed)
        assert await _findings(again) == expected
        await again.close()


async def test_one_house_does_not_hide_another(database: Database, worker: Worker, house: Organizer) -> None:
    async with database.write() as session:
        other = await factories.organizer(session, "luwu-utara")
        await outbox.record(session, WorkshopPublished(organizer_id=other.id, workshop_id=factories.some_id()))
    await worker.drain()
    async with database.write() as session:
        await _set(
            session,
            (await session.exec(select(EventRow.id).where(EventRow.organizer_id == other.id))).one(),
            actor="system:2",
        )
        await _delete(session, 12)
    assert [(found.organizer, found.flaw) for found in await _findings(database)] == [
        ("luwu", Flaw.CUT),
        ("luwu-utara", Flaw.CHANGED),
    ]
