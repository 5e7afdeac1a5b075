"""Two axes: every transition, the history it leaves, and what happens when two decide at once."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.domain import commitments, commitments_read, commitments_requests, submissions
from service.domain.commitments_as_of import Moment
from service.errors import AlreadyRequested, CodeTaken, InvalidInput, InvalidState, NotFound
from service.models.commitments import (
    Axis,
    Commitment,
    CommitmentStatus as P,
)
from service.models.commitments_shapes import (
    CommitmentCreate,
    ExtensionDecision,
    ExtensionRequest,
    ReassignmentCreate,
    SubmissionFields,
)
from service.models.outbox import EventRow
from tests.conftest import NOW
from tests.support.promise_verbs import PATHS, VERBS, decline, expected, pledge, submit, withdraw
from tests.support.promises import DUE, Scene, history_of, scene, stored


async def test_every_allowed_transition_works_and_every_other_is_refused_without_a_trace(database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
    for state, path in PATHS.items():
        one: UUID | None = None
        for verb, run in VERBS.items():
            # What was refused left no trace: the same one serves until something happens to it.
            one = one or await there(database, s, path)
            before, history = await stored(database, one), await history_of(database, one)
            assert (before.commitment_status, before.fulfilment_status) == state
            wanted = expected(*state, verb)
            if wanted is None:
                with pytest.raises((InvalidState, NotFound)):
                    async with database.write() as session:
                        await run(session, s, one)
                assert await stored(database, one) == before
                assert await history_of(database, one) == history
                continue
            async with database.write() as session:
                await run(session, s, one)
            after = await stored(database, one)
            assert (after.commitment_status, after.fulfilment_status) == wanted, (state, verb)
            assert after.version == before.version + 1
            longer = await history_of(database, one)
            assert longer[:-1] == history
            assert longer[-1].before != longer[-1].after
            one = None


async def there(database: Database, s: Scene, path: Sequence[str]) -> UUID:
    """A commitment that has come this way."""
    async with database.write() as session:
        one = (await s.ask(session)).id
        for step in path:
            await VERBS[step](session, s, one)
    return one


async def test_a_request_takes_over_the_due_date_of_its_item_and_a_made_up_code(database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        row = await s.ask(session, data_item="DI-G01")
    assert (row.code, row.due_date, row.version) == (f"DI-G01-{s.agency.code}", DUE, 1)
    [first] = await history_of(database, row.id)
    assert (first.axis, first.before, first.after, first.by) == (Axis.COMMITMENT, None, "requested", "system")


async def test_the_same_request_twice_is_refused_until_the_first_is_turned_down(database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        first = await s.ask(session, data_item="DI-G01")
        with pytest.raises(AlreadyRequested):
            await s.ask(session, data_item="DI-G01")
        await decline(session, s, first.id)
        again = await s.ask(session, data_item="DI-G01")
        with pytest.raises(CodeTaken):
            await s.ask(session, code=again.code)
    assert again.code == f"{first.code}-2"


async def test_a_made_up_code_names_the_organisation_that_is_asked_now(database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        rows = [await s.ask(session, data_item="DI-G01")]
        for office in (s.other, s.agency, s.other):
            await decline(session, s, rows[-1].id)
            data = ReassignmentCreate(organisation=office.code)
            rows.append(await commitments_requests.reassign(session, s.actor, rows[-1].id, data))
    first, second = f"DI-G01-{s.agency.code}", f"DI-G01-{s.other.code}"
    assert [row.code for row in rows] == [first, second, f"{first}-2", f"{second}-2"]


async def test_a_declined_item_is_reassigned_to_others_in_new_rows_that_point_back(database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        first = await s.ask(session, data_item="DI-G01", code="C-G01")
        other = ReassignmentCreate(organisation=s.other.code)
        with pytest.raises(InvalidState):
            await commitments_requests.reassign(session, s.actor, first.id, other)
        await decline(session, s, first.id)
        with pytest.raises(InvalidInput):
            await commitments_requests.reassign(
                session, s.actor, first.id, ReassignmentCreate(organisation=s.agency.code)
            )
        second = await commitments_requests.reassign(session, s.actor, first.id, other)
        with pytest.raises(InvalidState):
            await commitments_requests.reassign(session, s.actor, first.id, other)
        await pledge(session, s, second.id)
        await withdraw(session, s, second.id)
        third = await commitments_requests.reassign(
            session, s.actor, second.id, ReassignmentCreate(organisation=s.agency.code)
        )
    assert [first.code, second.code, third.code] == ["C-G01", "C-G01-2", "C-G01-3"]
    assert (second.reassigned_from_id, third.reassigned_from_id) == (first.id, second.id)
    assert (second.due_date, second.data_item_id, second.workshop_id) == (DUE, s.item.id, s.workshop.id)
    assert (await stored(database, first.id)).commitment_status is P.DECLINED


async def test_an_extension_is_asked_for_by_the_agency_and_set_by_the_steward(database: Database) -> None:
    later = date(2023, 7, 28)
    async with database.write() as session:
        s = await scene(session)
        one = (await s.ask(session)).id
        asked = ExtensionRequest(until=later, reason="Menunggu data kecamatan.")
        await commitments.ask_extension(session, s.agency_actor(), one, asked)
        with pytest.raises(InvalidInput):
            await commitments.ask_extension(session, s.agency_actor(), one, ExtensionRequest(until=DUE, reason="Sama."))
    assert ((await stored(database, one)).requested_until, (await stored(database, one)).due_date) == (later, DUE)
    async with database.write() as session:
        await commitments.extend(session, s.actor, one, ExtensionDecision(until=later))
    row = await stored(database, one)
    assert (row.due_date, row.requested_until) == (later, None)
    assert [(entry.axis, entry.before, entry.after) for entry in await history_of(database, one)][1:] == [
        (Axis.EXTENSION, None, "2023-07-28"),
        (Axis.DUE_DATE, "2023-07-14", "2023-07-28"),
    ]


async def test_another_house_and_another_agency_find_nothing(database: Database) -> None:
    async with database.write() as session:
        s, stranger = await scene(session), await scene(session)
        one = (await s.ask(session)).id
        sent = await submissions.submit(session, s.actor, one, SubmissionFields(), url="https://data.go.id/1")
        for actor in (stranger.actor, stranger.agency_actor(), s.agency_actor(s.other)):
            with pytest.raises(NotFound):
                await commitments.find(session, actor, one)
            with pytest.raises(NotFound):
                await submissions.find(session, actor, sent.id)
        with pytest.raises(InvalidInput):
            await s.ask(session, data_item="DI-G01", organisation=stranger.agency.code)
        with pytest.raises(NotFound):
            await s.ask(session, data_item="DI-G01", workshop=stranger.workshop.id)


async def test_every_change_is_an_event_with_ids_only(database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        one = (await s.ask(session)).id
        for verb in ("submit", "return", "submit", "accept", "pledge", "withdraw"):
            await VERBS[verb](session, s, one)
    async with database.read() as session:
        rows = (await session.exec(select(EventRow).order_by(col(EventRow.id)))).all()
    happened = [row for row in rows if row.data.get("commitment_id") == str(one)]
    assert [row.type for row in happened] == [
        "commitment.requested",
        "submission.received",
        "submission.returned",
        "submission.received",
        "submission.accepted",
        "commitment.pledged",
        "commitment.withdrawn",
    ]
    assert all(set(row.data) <= {"workshop_id", "commitment_id", "submission_id"} for row in happened)


async def test_history_never_runs_backwards_when_a_machine_s_clock_does(database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        one = (await s.ask(session)).id
        clock.freeze(NOW - timedelta(hours=1))
        await pledge(session, s, one)
    instants = [entry.at for entry in await history_of(database, one)]
    assert instants == sorted(instants)
    assert (await stored(database, one)).changed_at == NOW


async def _review(database: Database, s: Scene, one: UUID, verb: str) -> bool:
    try:
        async with database.write() as session:
            await VERBS[verb](session, s, one)
    except InvalidState:
        return False
    return True


async def test_reviewers_who_decide_at_once_leave_one_consistent_history(database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        one = (await s.ask(session)).id
        await submit(session, s, one)
    verdicts = await asyncio.gather(*(_review(database, s, one, verb) for verb in ["accept", "return"] * 4))
    assert any(verdicts)
    assert await _consistent(database, one)


async def test_without_the_lock_reviewers_do_contradict_each_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it shows that the test above would notice a missing lock. SQLite's writers queue anyway."""
    if database.dialect == "sqlite":
        return
    find = commitments.find

    async def unlocked(*args: Any, lock: bool = False) -> Commitment:
        row = await find(*args)
        if lock:
            await asyncio.sleep(0.05)  # both have read before either writes
        return row

    async with database.write() as session:
        s = await scene(session)
        one = (await s.ask(session)).id
        await submit(session, s, one)
    monkeypatch.setattr(commitments, "find", unlocked)
    await asyncio.gather(*(_review(database, s, one, verb) for verb in ["accept", "return"] * 4))
    assert not await _consistent(database, one)


async def _consistent(database: Database, one: UUID) -> bool:
    """Each change starts where the former ended, and the columns say what the last one says."""
    steps = [entry for entry in await history_of(database, one) if entry.axis is Axis.FULFILMENT]
    chained = all(later.before == former.after for former, later in itertools.pairwise(steps))
    return chained and (await stored(database, one)).fulfilment_status == steps[-1].after


async def test_a_page_costs_the_same_few_queries_for_one_row_and_for_ten(database: Database) -> None:
    counts = []
    for rows in (1, 10):
        async with database.write() as session:
            s = await scene(session)
            for _ in range(rows):
                await submit(session, s, (await s.ask(session)).id)
        async with database.read() as session:
            connection = await session.connection()
            seen: list[str] = []
            _listen(connection, seen)
            when = Moment.of(date(2023, 8, 1), "Asia/Makassar")
            page = await commitments_read.page(session, s.actor, when, commitments_read.Filters(), None, 50)
            assert len(page) == rows
            counts.append(len(seen))
    assert counts[0] == counts[1] <= 5


def _listen(connection: Any, seen: list[str]) -> None:
    from sqlalchemy import event

    @event.listens_for(connection.sync_connection, "before_cursor_execute")
    def count(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)


async def test_parallel_requests_for_one_item_make_one_commitment(database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
    data = CommitmentCreate(data_item="DI-G01", organisation=s.agency.code, workshop=s.workshop.id)

    async def ask() -> bool:
        try:
            async with database.write() as session:
                await commitments_requests.request(session, s.actor, data)
        except AlreadyRequested:
            return False
        return True

    assert sum(await asyncio.gather(*(ask() for _ in range(8)))) == 1
    async with database.read() as session:
        assert (await session.exec(select(func.count()).select_from(Commitment))).one() == 1
