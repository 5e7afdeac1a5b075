"""Whatever organisations, the steward and the clock do, in whatever order: both axes move as a plain model says, and
any moment of the past reads as it was.

A hypothesis state machine drives the domain functions on a real database and looks back after every step.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings as hypothesis_settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock
from service.auth import Actor, ActorKind
from service.db import Database
from service.domain import (
    agreements,
    commitment_sheets,
    commitments,
    commitments_evidence,
    commitments_read,
    commitments_requests,
    reports,
    submissions,
    submissions_review,
)
from service.domain.commitments_as_of import Moment
from service.errors import Refusal
from service.models.agreements_shapes import AgreementCreate, SignatureCreate
from service.models.commitments_shapes import (
    CommitmentRead,
    Evidence,
    ExtensionDecision,
    ExtensionRequest,
    PledgeCreate,
    ReasonGiven,
    ReassignmentCreate,
    SheetLink,
    SubmissionFields,
)
from service.models.organizers import Holiday
from service.settings import Settings
from tests.conftest import NOW
from tests.support.promise_model import ZONE, Promise, State
from tests.support.promises import DUE, scene

REASON = ReasonGiven(reason="Bukan kewenangan kami.")
HOLIDAYS = [DUE + timedelta(days=5), DUE + timedelta(days=11)]
OFFICE = "Kepala Dinas"

VERBS = (
    *("pledge", "decline", "withdraw", "submit", "accept", "send_back", "ask", "extend", "refuse", "prove"),
    *("reassign", "sheet", "sign", "wait", "wait"),
)
WAITS = {1: 1, 2: 30, 3: 24 * 9}
"""Hours."""

Act = tuple[str, int, bool, int, int]
act = st.tuples(st.sampled_from(VERBS), st.integers(0, 30), st.booleans(), st.integers(1, 3), st.integers(-3, 12))
Change = Callable[[AsyncSession], Awaitable[object]]


class Promises(RuleBasedStateMachine):
    """One workshop, two organisations, three data items, and everything that can happen to a promise."""

    runner: asyncio.Runner
    database: Database
    happened: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.numbers = count(1)
        self.promises: list[Promise] = []

    @initialize()
    def begin(self) -> None:
        clock.freeze(NOW)

        async def make(session: AsyncSession) -> None:
            s = self.scene = await scene(session)
            self.steward = Actor(
                ActorKind.STAFF, s.house.id, s.house.id, auth.system(s.house.id).permissions, workshops=None
            )
            session.add_all([Holiday(organizer_id=s.house.id, day=day, name="Libur") for day in HOLIDAYS])
            for item, organisation in (("DI-1", s.agency), ("DI-2", s.agency), ("DI-3", s.other)):
                row = await s.ask(session, organisation=organisation.code)
                self.promises.append(self.asked(row, organisation.code, item))
            words = AgreementCreate(workshop=s.workshop.id, code="KB", title="Komitmen Bersama")
            self.agreement = (await agreements.add(session, self.steward, words)).id

        self.runner.run(self.write(make))

    # One rule for all verbs: of many hypothesis would leave out some, and repeat the rest.
    @rule(acts=st.lists(act, min_size=10, max_size=10), ago=st.floats(0, 1))
    def things_happen(self, acts: list[Act], ago: float) -> None:
        for verb, one, itself, number, by in acts:
            self.something_happens(verb, one, itself=itself, number=number, by=by)
        self.look(NOW + (clock.now() - NOW) * ago)
        self.look(self.today)

    def something_happens(self, verb: str, one: int, *, itself: bool, number: int, by: int) -> None:
        match verb:
            case "wait":
                clock.freeze(clock.now() + timedelta(hours=WAITS[number]))
            case "pledge" | "decline" | "withdraw" | "submit":
                self.somebody_answers(self.pick(one, verb), itself, verb, complete=number > 1)
            case "accept" | "send_back":
                self.the_steward_judges(self.pick(one, verb), verb)
            case "ask":
                self.the_organisation_asks_for_a_later_date(self.pick(one, "submit"), by)
            case "extend":
                self.the_steward_sets_a_later_date(self.pick(one, "submit"), by)
            case "refuse":
                self.the_steward_keeps_the_date(self.pick(one, "refuse"))
            case "prove":
                self.somebody_proves(self.pick(one), itself, number)
            case "reassign":
                self.the_steward_asks_somebody_else(self.pick(one, "pass_on"))
            case "sheet":
                self.a_signed_sheet_comes_in(itself, office=number == 1, number=number)
            case _:
                self.an_organisation_signs_the_agreement()

    # What may happen to one promise

    def somebody_answers(self, promise: Promise, itself: bool, verb: str, *, complete: bool) -> None:
        actor = self.agency(promise) if itself else self.steward

        async def do(session: AsyncSession) -> None:
            if verb == "pledge":
                await commitments.pledge(session, actor, promise.id, PledgeCreate(signatory_office=OFFICE))
            elif verb == "submit":
                url = f"https://data.go.id/{next(self.numbers)}"
                fields = SubmissionFields(complete=complete)
                promise.sent.append((await submissions.submit(session, actor, promise.id, fields, url=url)).id)
            else:
                await getattr(commitments, verb)(session, actor, promise.id, REASON)

        if self.both(verb, do, promise, getattr(promise, verb)(self.today)) and verb == "submit":
            promise.partial = not complete

    def the_steward_judges(self, promise: Promise, verb: str) -> None:
        if promise.sent:
            more = ["Lengkapi satuan."] if verb == "send_back" else []
            judge: Callable[..., Awaitable[object]] = getattr(submissions_review, verb)
            self.both(
                verb,
                lambda session: judge(session, self.steward, promise.sent[-1], *more),
                promise,
                getattr(promise, verb)(self.today),
            )

    def the_organisation_asks_for_a_later_date(self, promise: Promise, by: int) -> None:
        until = (promise.now.due or self.today) + timedelta(days=by)
        data = ExtensionRequest(until=until, reason="Menunggu data kecamatan.")
        fits = promise.later(until) and until >= self.today
        self.both(
            "ask",
            lambda session: commitments.ask_extension(session, self.agency(promise), promise.id, data),
            promise,
            {"asked": until} if fits else None,
        )

    def the_steward_sets_a_later_date(self, promise: Promise, by: int) -> None:
        until = (promise.now.due or self.today) + timedelta(days=by)
        self.both(
            "extend",
            lambda session: commitments.extend(session, self.steward, promise.id, ExtensionDecision(until=until)),
            promise,
            {"due": until, "asked": None} if promise.later(until) else None,
        )

    def the_steward_keeps_the_date(self, promise: Promise) -> None:
        self.both(
            "refuse",
            lambda session: commitments.refuse_extension(session, self.steward, promise.id, REASON),
            promise,
            promise.refuse(self.today),
        )

    def somebody_proves(self, promise: Promise, itself: bool, number: int) -> None:
        actor = self.agency(promise) if itself else self.steward
        proof = Evidence(type="letter", reference=f"005/{number}")
        self.both("prove", lambda session: commitments_evidence.add(session, actor, promise.id, proof), promise, {})
        promise.proven(clock.now(), f"005/{number}")

    def the_steward_asks_somebody_else(self, promise: Promise) -> None:
        s = self.scene
        other = s.other.code if promise.organisation == s.agency.code else s.agency.code
        stands = any(
            each.now.promise in {"requested", "committed"}
            for each in self.promises
            if (each.item, each.organisation) == (promise.item, other)
        )
        allowed = promise.pass_on(self.today) is not None and not stands

        async def do(session: AsyncSession) -> None:
            data = ReassignmentCreate(organisation=other)
            row = await commitments_requests.reassign(session, self.steward, promise.id, data)
            assert row.due_date == promise.now.due
            self.promises.append(self.asked(row, other, promise.item))

        if self.both("reassign", do, promise, {} if allowed else None):
            promise.passed_on = True

    # What may happen to several at once

    def a_signed_sheet_comes_in(self, itself: bool, office: bool, number: int) -> None:
        s = self.scene
        data = SheetLink(signatory_office=OFFICE if office else None, reference=f"LK/{number}")
        actor, code = (s.agency_actor(), None) if itself else (self.steward, s.agency.code)
        standing = [
            each
            for each in self.promises
            if each.organisation == s.agency.code and each.now.promise in {"requested", "committed"}
        ]
        done = self.try_it("sheet", lambda session: commitment_sheets.take(session, actor, s.workshop.id, code, data))
        assert done == bool(standing)
        for promise in standing:
            if office and promise.now.promise == "requested":
                promise.becomes(clock.now(), promise="committed")
            promise.proven(clock.now(), f"LK/{number}")

    def an_organisation_signs_the_agreement(self) -> None:
        s = self.scene
        data = SignatureCreate(organisation=s.agency.code, signatory_office=OFFICE)
        assert self.try_it("sign", lambda session: agreements.sign(session, self.steward, self.agreement, data))
        for promise in self.promises:
            mine = promise.organisation == s.agency.code and promise.now.promise == "committed"
            if mine and promise.now.agreement is None:
                promise.becomes(clock.now(), agreement="KB")

    # How it happens

    def both(self, name: str, do: Change, promise: Promise, changes: dict[str, object] | None) -> bool:
        """Does it to the service, and what it should have led to in the model; None means that it is refused."""
        done = self.try_it(name, do)
        assert done == (changes is not None), (name, promise.now)
        if changes:
            promise.becomes(clock.now(), **changes)
        return done

    def try_it(self, name: str, do: Change) -> bool:
        try:
            self.runner.run(self.write(do))
        except Refusal:
            self.happened[f"{name} refused"] += 1
            return False
        self.happened[name] += 1
        return True

    async def write(self, do: Change) -> None:
        async with self.database.write() as session:
            await do(session)

    def asked(self, row: Any, organisation: str, item: str) -> Promise:
        promise = Promise(row.id, organisation, item, [])
        promise.log.append((clock.now(), State(due=row.due_date)))
        return promise

    def pick(self, one: int, verb: str | None = None) -> Promise:
        """One of them; mostly one to which it can be done."""
        fit = [each for each in self.promises if verb and one % 4 and getattr(each, verb)(self.today) is not None]
        some = fit or self.promises
        return some[one % len(some)]

    def agency(self, promise: Promise) -> Actor:
        s = self.scene
        return s.agency_actor(s.agency if promise.organisation == s.agency.code else s.other)

    @property
    def today(self) -> date:
        return clock.now().astimezone(ZONE).date()

    # What must hold

    def look(self, as_of: date | datetime) -> None:
        """Everything reads as the model remembers it."""
        when = Moment.of(as_of, str(ZONE))
        reads, ready = self.runner.run(self.read(when, as_of))
        then = {each.id: state for each in self.promises if (state := each.at(when.at))}
        assert set(reads) == set(then)
        for promise in self.promises:
            if promise.id in then:
                self.compare(promise, reads[promise.id], when)
        items: dict[str, list[State]] = {each.item: [] for each in self.promises}
        for each in self.promises:
            items[each.item] += [then[each.id]] if each.id in then else []
        assert ready["gap"] == sum(all(state.promise != "committed" for state in some) for some in items.values())
        assert ready["overdue"] == sum(any(state.overdue(when.day) for state in some) for some in items.values())
        assert ready["accepted"] == sum(any(state.kept for state in some) for some in items.values())

    def compare(self, promise: Promise, read: CommitmentRead, when: Moment) -> None:
        state = promise.at(when.at)
        assert state
        told = (read.commitment_status, read.fulfilment_status, read.due_date, read.requested_until, read.agreement)
        assert told == (state.promise, state.delivery, state.due, state.asked, state.agreement)
        assert (read.owes, read.overdue) == (state.owes, state.overdue(when.day))
        assert read.working_days_late == state.late(when.day, HOLIDAYS)
        assert read.waiting_on == state.waits_for(promise.organisation, self.scene.house.slug)
        assert tuple(proof.reference for proof in read.evidence) == state.proofs
        assert (read.signatory_office is not None) == (state.promise in {"committed", "withdrawn"})

    async def read(self, when: Moment, as_of: date | datetime) -> tuple[dict[Any, CommitmentRead], dict[str, int]]:
        async with self.database.read() as session:
            page = await commitments_read.page(session, self.steward, when, commitments_read.Filters(), None, 200)
            answer: Any = await reports.ask(session, self.steward, "readiness", self.scene.workshop.id, as_of)
        return {read.id: read for read in page}, next(row for row in answer.answer.values() if row["items"])


@pytest.fixture
def machine(settings: Settings) -> Iterator[type[Promises]]:
    with asyncio.Runner() as runner:
        database = Database(settings)
        yield type("Machine", (Promises,), {"runner": runner, "database": database, "happened": Counter()})
        runner.run(database.close())


@pytest.mark.parametrize(("examples", "steps"), [(5, 5), pytest.param(400, 12, marks=pytest.mark.soak)])
def test_whatever_happens_both_axes_move_as_a_plain_model_says(
    machine: type[Promises], examples: int, steps: int
) -> None:
    # The short run shows a failure as it was found: to make it small takes minutes.
    phases = [Phase.generate, Phase.shrink] if examples > 100 else [Phase.generate]
    bounds = hypothesis_settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=phases,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=bounds)
    done = {name for name in machine.happened if not name.endswith("refused")}
    # A machine that is refused all the time, or never meets a case, would show nothing.
    assert len(done) >= 10, machine.happened
