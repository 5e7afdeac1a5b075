"""Two axes, every transition, and the history that tells any past day."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import Database
from service.domain import commitments, commitments_read, submissions
from service.domain.commitments_as_of import Moment, commitments_as_of, overdue, owes
from service.errors import AlreadyRequested, CodeTaken, InvalidInput, InvalidState, NotFound
from service.models.commitments import (
    Axis,
    Commitment,
    CommitmentHistory,
    CommitmentStatus as P,
    FulfilmentStatus as F,
    Submission,
)
from service.models.commitments_shapes import (
    CommitmentCreate,
    ExtensionDecision,
    ExtensionRequest,
    PledgeCreate,
    ReasonGiven,
    ReassignmentCreate,
    SubmissionFields,
)
from service.models.outbox import EventRow
from tests.conftest import NOW
from tests.support.promises import DUE, Scene, history_of, scene, stored

Verb = Callable[[AsyncSession, Scene, UUID], Coroutine[Any, Any, object]]
REASON = ReasonGiven(reason="Bukan kewenangan kami.")


async def _latest(session: AsyncSession, commitment_id: UUID) -> UUID:
    query = select(Submission.id).where(Submission.commitment_id == commitment_id).order_by(col(Submission.id).desc())
    return (await session.exec(query)).first() or commitment_id


async def pledge(session: AsyncSession, s: Scene, one: UUID) -> object:
    return await commitments.pledge(session, s.actor, one, PledgeCreate(signatory_office="Kepala Dinas"))


async def decline(session: AsyncSession, s: Scene, one: UUID) -> object:
    return await commitments.decline(session, s.actor, one, REASON)


async def withdraw(session: AsyncSession, s: Scene, one: UUID) -> object:
    return await commitments.withdraw(session, s.actor, one, REASON)


async def submit(session: AsyncSession, s: Scene, one: UUID) -> object:
    return await submissions.submit(session, s.actor, one, SubmissionFields(), url="https://data.go.id/1")


async def accept(session: AsyncSession, s: Scene, one: UUID) -> object:
    return await submissions.accept(session, s.actor, await _latest(session, one))


async def send_back(session: AsyncSession, s: Scene, one: UUID) -> object:
    return await submissions.send_back(session, s.actor, await _latest(session, one), "Lengkapi satuan.")


async def extend(session: AsyncSession, s: Scene, one: UUID) -> object:
    row = await commitments.find(session, s.actor, one)
    until = (row.due_date or DUE) + timedelta(days=1)
    return await commitments.extend(session, s.actor, one, ExtensionDecision(until=until))


VERBS: dict[str, Verb] = {
    "pledge": pledge,
    "decline": decline,
    "withdraw": withdraw,
    "submit": submit,
    "accept": accept,
    "return": send_back,
    "extend": extend,
}
STANDING = {P.REQUESTED, P.COMMITTED}
PATHS: dict[tuple[P, F], list[str]] = {
    (P.REQUESTED, F.NOT_SUBMITTED): [],
    (P.REQUESTED, F.SUBMITTED): ["submit"],
    (P.REQUESTED, F.ACCEPTED): ["submit", "accept"],
    (P.REQUESTED, F.RETURNED): ["submit", "return"],
    (P.COMMITTED, F.NOT_SUBMITTED): ["pledge"],
    (P.COMMITTED, F.SUBMITTED): ["pledge", "submit"],
    (P.COMMITTED, F.ACCEPTED): ["pledge", "submit", "accept"],
    (P.COMMITTED, F.RETURNED): ["pledge", "submit", "return"],
    (P.DECLINED, F.NOT_SUBMITTED): ["decline"],
    (P.DECLINED, F.SUBMITTED): ["submit", "decline"],
    (P.DECLINED, F.ACCEPTED): ["submit", "accept", "decline"],
    (P.DECLINED, F.RETURNED): ["submit", "return", "decline"],
    (P.WITHDRAWN, F.NOT_SUBMITTED): ["pledge", "withdraw"],
    (P.WITHDRAWN, F.SUBMITTED): ["pledge", "submit", "withdraw"],
    (P.WITHDRAWN, F.ACCEPTED): ["pledge", "submit", "accept", "withdraw"],
    (P.WITHDRAWN, F.RETURNED): ["pledge", "submit", "return", "withdraw"],
}


def expected(promise: P, delivery: F, verb: str) -> tuple[P, F] | None:
    """The state after the verb, None when it is refused: the rules once more, as plain cases."""
    match verb:
        case "pledge" if promise is P.REQUESTED:
            return P.COMMITTED, delivery
        case "decline" if promise is P.REQUESTED:
            return P.DECLINED, delivery
        case "withdraw" if promise is P.COMMITTED:
            return P.WITHDRAWN, delivery
        case "submit" if promise in STANDING and delivery in {F.NOT_SUBMITTED, F.RETURNED}:
            return promise, F.SUBMITTED
        case "accept" if delivery is F.SUBMITTED:
            return promise, F.ACCEPTED
        case "return" if delivery in {F.SUBMITTED, F.ACCEPTED}:
            return promise, F.RETURNED
        case "extend" if promise in STANDING and delivery is not F.ACCEPTED:
            return promise, delivery
    return None


async def test_every_allowed_transition_works_and_every_other_is_refused_without_a_trace(database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
    for state, path in PATHS.items():
        for verb in VERBS:
            async with database.write() as session:
                one = (await s.ask(session)).id
                for step in path:
                    await VERBS[step](session, s, one)
            before, history = await stored(database, one), await history_of(database, one)
            assert (before.commitment_status, before.fulfilment_status) == state
            wanted = expected(*state, verb)
            if wanted is None:
                with pytest.raises((InvalidState, NotFound)):
                    async with database.write() as session:
                        await VERBS[verb](session, s, one)
                assert await stored(database, one) == before
                assert await history_of(database, one) == history
                continue
            async with database.write() as session:
                await VERBS[verb](session, s, one)
            after = await stored(database, one)
            assert (after.commitment_status, after.fulfilment_status) == wanted, (state, verb)
            assert after.version == before.version + 1
            longer = await history_of(database, one)
            assert longer[:-1] == history
            assert longer[-1].before != longer[-1].after


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


async def test_a_declined_item_is_reassigned_to_others_in_new_rows_that_point_back(database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        first = await s.ask(session, data_item="DI-G01", code="C-G01")
        other = ReassignmentCreate(organisation=s.other.code)
        with pytest.raises(InvalidState):
            await commitments.reassign(session, s.actor, first.id, other)
        await decline(session, s, first.id)
        with pytest.raises(InvalidInput):
            await commitments.reassign(session, s.actor, first.id, ReassignmentCreate(organisation=s.agency.code))
        second = await commitments.reassign(session, s.actor, first.id, other)
        with pytest.raises(InvalidState):
            await commitments.reassign(session, s.actor, first.id, other)
        await pledge(session, s, second.id)
        await withdraw(session, s, second.id)
        third = await commitments.reassign(session, s.actor, second.id, ReassignmentCreate(organisation=s.agency.code))
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
    chained = all(later.before == former.after for former, later in zip(steps, steps[1:], strict=False))
    return chained and (await stored(database, one)).fulfilment_status == steps[-1].after


def replayed(entries: list[CommitmentHistory], due: date | None, at: Any) -> tuple[str, str, date | None]:
    """What the history alone says was true at an instant."""
    promise, delivery = "", "not_submitted"
    for entry in entries:
        if entry.at > at:
            break
        if entry.axis is Axis.COMMITMENT:
            promise = entry.after
        elif entry.axis is Axis.FULFILMENT:
            delivery = entry.after
        elif entry.axis is Axis.DUE_DATE:
            due = date.fromisoformat(entry.after)
    return promise, delivery, due


@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    lives=st.lists(
        st.lists(st.tuples(st.sampled_from([*VERBS]), st.integers(0, 400)), max_size=9), min_size=1, max_size=4
    ),
    hours=st.lists(st.integers(-5, 3000), min_size=1, max_size=6),
)
async def test_the_state_at_any_moment_equals_the_replayed_history(
    database: Database, lives: list[list[tuple[str, int]]], hours: list[int]
) -> None:
    clock.freeze(NOW)
    ids = []
    async with database.write() as session:
        s = await scene(session)
        for life in lives:
            clock.freeze(NOW)
            one = (await s.ask(session)).id
            ids.append(one)
            for verb, wait in life:
                clock.freeze(clock.now() + timedelta(hours=wait))
                state = await stored_in(session, one)
                if expected(*state, verb):
                    await VERBS[verb](session, s, one)
    histories = {one: await history_of(database, one) for one in ids}
    moments = [NOW + timedelta(hours=hour) for hour in hours] + [entry.at for entry in histories[ids[0]]]
    for at in moments:
        day = clock.local_date(at, s.house.timezone)
        then = commitments_as_of(s.house.id, s.workshop.id, at)
        query = select(then.c.id, then.c.commitment_status, then.c.fulfilment_status, then.c.due_date)
        async with database.read() as session:
            told = {row[0]: tuple(row[1:]) for row in (await session.exec(query)).all()}
            debts = set((await session.exec(select(then.c.id).where(owes(then)))).all())
            late = set((await session.exec(select(then.c.id).where(overdue(then, day)))).all())
        existing = {one: entries for one, entries in histories.items() if entries[0].at <= at}
        want = {one: replayed(entries, DUE, at) for one, entries in existing.items()}
        assert told == want
        owed = {
            one
            for one, (promise, delivery, _due) in want.items()
            if promise in ("requested", "committed") and delivery in ("not_submitted", "returned")
        }
        assert debts == owed
        assert late == {one for one in owed if (want[one][2] or day) < day}


async def stored_in(session: AsyncSession, one: UUID) -> tuple[P, F]:
    row = await session.get_one(Commitment, one)
    return row.commitment_status, row.fulfilment_status


async def test_a_date_means_the_end_of_that_local_day(database: Database) -> None:
    async with database.write() as session:
        s = await scene(session)
        one = (await s.ask(session)).id
        clock.freeze(clock.end_of_day(date(2023, 7, 4), "Asia/Makassar"))
        await pledge(session, s, one)
        clock.freeze(NOW + timedelta(days=90))
    async with database.read() as session:
        seen = {}
        for day in (date(2023, 7, 3), date(2023, 7, 4)):
            when = Moment.of(day, "Asia/Makassar")
            seen[day.day] = (await commitments_read.one(session, s.actor, one, when)).commitment_status
    assert seen == {3: P.REQUESTED, 4: P.COMMITTED}


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
                await commitments.request(session, s.actor, data)
        except AlreadyRequested:
            return False
        return True

    assert sum(await asyncio.gather(*(ask() for _ in range(8)))) == 1
    async with database.read() as session:
        assert (await session.exec(select(func.count()).select_from(Commitment))).one() == 1
