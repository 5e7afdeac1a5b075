"""Whatever people, organisations, the committee, the door and the clock do, in whatever order: the seats add up.

A hypothesis state machine drives the domain functions on a real database and looks at the rows after every step.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings as hypothesis_settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock
from service.db import Database
from service.domain import invitations, inviting, privacy, quotas, registrations, substitutes, walk_ins, workshops
from service.errors import Refusal
from service.models.attendance_shapes import WalkIn
from service.models.invitations import Invitation
from service.models.invitations_shapes import DelegateCreate, InvitationCreate, InvitationPatch, Quota
from service.models.registrations import LIVE, Registration
from service.models.registrations_shapes import RegistrationCreate, SubstituteCreate
from service.models.workshops import Capacity, Mode
from service.models.workshops_shapes import WorkshopPatch
from service.settings import Settings
from tests import factories
from tests.conftest import NOW
from tests.support.seat_rules import SeatRules

ORGANISATIONS = ("dinkes", "disdik", "bps")

modes = st.sampled_from(Mode)
some = st.integers(0, 3)
limits = st.one_of(st.integers(1, 6), st.integers(0, 9), st.none())
organisations = st.sampled_from(ORGANISATIONS)
anyone = st.integers(0, 1_000)
deadlines = st.one_of(st.none(), st.integers(1, 48))
Change = Callable[[AsyncSession], Awaitable[object]]


class Seats(SeatRules, RuleBasedStateMachine):
    """One workshop of a few seats, three organisations, and everything that can happen to a seat."""

    runner: asyncio.Runner
    database: Database
    happened: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.names = count(1)
        self.rows: dict[UUID, Registration] = {}
        self.invited: dict[UUID, Invitation] = {}
        self.before: Capacity | None = None

    @initialize(
        offline=st.integers(1, 4), online=st.integers(0, 2), approval=st.booleans(), group=st.lists(modes, min_size=2)
    )
    def begin(self, offline: int, online: int, approval: bool, group: list[Mode]) -> None:
        """A few seats, two of them held for dinkes; disdik comes together or not at all; others wait for the rest."""
        clock.freeze(NOW)

        async def make(session: AsyncSession) -> None:
            house = await factories.organizer(session)
            gathering = await factories.workshop(
                session, house, offline=offline, online=online, approval=approval, blocks=False
            )
            for code in ORGANISATIONS:
                await factories.organisation(session, house, code)
            self.workshop_id, self.ends_at, self.actor = gathering.id, gathering.ends_at, auth.system(house.id)

        self.do(make)
        self.invite("dinkes", Quota(offline=2, online=1), 24, group=False)
        self.staff_register(group[0], "bps")
        self.invite("disdik", Quota(), None, group=True)
        self.look()
        self.an_organisation_names_delegates(1, [], group[:3], None)
        self.staff_register(group[-1], "bps")
        self.look()

    # What may happen

    @rule(mode=modes, organisation=st.one_of(st.none(), organisations))
    def somebody_registers(self, mode: Mode, organisation: str | None) -> None:
        data = RegistrationCreate(**self.person(), mode=mode, organisation=organisation, consent=True)
        self.do(lambda session: registrations.register_public(session, self.workshop_id, data))

    @rule(mode=modes, organisation=organisations)
    def staff_register(self, mode: Mode, organisation: str) -> None:
        data = RegistrationCreate(**self.person(), mode=mode, organisation=organisation)
        self.do(lambda session: registrations.register(session, self.actor, self.workshop_id, data))

    @rule(offline=st.one_of(some, st.none()), online=some, hours=deadlines, group=st.booleans())
    def the_committee_invites_one_more(self, offline: int | None, online: int, hours: int | None, group: bool) -> None:
        if len(self.invited) < len(ORGANISATIONS):
            self.invite(ORGANISATIONS[-1], Quota(offline=offline, online=online), hours, group=group)

    @rule(which=anyone, offline=some, hours=deadlines, group=st.booleans(), what=st.integers(0, 2))
    def the_committee_changes_an_invitation(
        self, which: int, offline: int, hours: int | None, group: bool, what: int
    ) -> None:
        changes: list[dict[str, Any]] = [
            {"quota": {"offline": offline}},
            {"deadline": self.later(hours)},
            {"all_or_none": group},
        ]

        async def change(session: AsyncSession, row: Invitation) -> None:
            found, capacity = await inviting.find_for_change(session, self.actor, self.workshop_id, row.id)
            await inviting.change(session, self.actor, found, capacity, InvitationPatch.model_validate(changes[what]))

        self.invitation(which, change)

    @rule(
        which=anyone,
        fates=st.lists(st.sampled_from(["stays", "moves", "is replaced", "goes"]), max_size=6),
        new=st.lists(modes, min_size=1, max_size=3),
        group=st.one_of(st.none(), st.booleans()),
    )
    def an_organisation_names_delegates(
        self, which: int, fates: list[str], new: list[Mode], group: bool | None
    ) -> None:
        async def name(session: AsyncSession, row: Invitation) -> None:
            named = [one for one in self.rows.values() if one.invitation_id == row.id and one.status in LIVE]
            items = []
            for one, fate in zip(named, [*fates, *["stays"] * len(named)], strict=False):
                other = Mode.ONLINE if one.mode is Mode.OFFLINE else Mode.OFFLINE
                if fate == "is replaced":
                    items.append(DelegateCreate(**self.person(), replaces=one.id, mode=one.mode))
                elif fate != "goes":
                    items.append(DelegateCreate(id=one.id, name=one.name, mode=other if fate == "moves" else one.mode))
            items += [DelegateCreate(**self.person(), mode=mode) for mode in new]
            await invitations.name_delegates(session, row, items, group)

        self.invitation(which, name)

    @rule(which=anyone, who=anyone)
    def an_organisation_names_somebody_who_registered(self, which: int, who: int) -> None:
        async def name(session: AsyncSession, row: Invitation) -> None:
            alone = [one for one in self.live() if one.invitation_id is None and one.email]
            if alone:
                one = alone[who % len(alone)]
                delegate = DelegateCreate(name=one.name, email=one.email, mode=one.mode)
                await invitations.add_delegate(session, row, delegate)

        self.invitation(which, name)

    @rule(which=anyone)
    def an_organisation_declines(self, which: int) -> None:
        self.invitation(which, lambda session, row: invitations.decline(session, row, "Bertugas"))

    @rule(who=anyone)
    def somebody_cancels(self, who: int) -> None:
        self.registration(who, lambda session, one: registrations.cancel(session, self.actor, one.id, None))

    @rule(who=anyone, at_once=st.booleans())
    def somebody_takes_the_consent_back(self, who: int, at_once: bool) -> None:
        end = privacy.erase if at_once else privacy.withdraw
        self.registration(who, lambda session, one: end(session, self.actor, one.id))

    @rule(who=anyone)
    def somebody_switches(self, who: int) -> None:
        async def switch(session: AsyncSession, one: Registration) -> None:
            mode = Mode.ONLINE if one.mode is Mode.OFFLINE else Mode.OFFLINE
            await registrations.switch_mode(session, self.actor, one.id, mode)

        self.registration(who, switch)

    @rule(who=anyone)
    def somebody_sends_a_substitute(self, who: int) -> None:
        data = SubstituteCreate(**self.person())
        self.registration(who, lambda session, one: substitutes.substitute(session, self.actor, one.id, data))

    @rule(who=anyone, yes=st.booleans())
    def staff_decide(self, who: int, yes: bool) -> None:
        async def decide(session: AsyncSession, one: Registration) -> None:
            if yes:
                await registrations.approve(session, self.actor, one.id)
            else:
                await registrations.reject(session, self.actor, one.id, "Kuota terbatas")

        self.registration(who, decide)

    @rule(who=anyone, instead=st.booleans(), contact=st.booleans())
    def somebody_walks_in(self, who: int, instead: bool, contact: bool) -> None:
        people, person = self.live(), self.person()
        replaced = people[who % len(people)].id if people and instead else None
        visitor = WalkIn(
            client_id=f"walk-in-{next(self.names)}",
            organisation_name="BPS",
            substitute_for=replaced,
            name=person["name"],
            email=person["email"] if contact else None,
        )
        self.do(lambda session: walk_ins.register(session, self.actor, self.workshop_id, [visitor]))

    @rule(mode=modes, limit=limits)
    def the_capacity_changes(self, mode: Mode, limit: int | None) -> None:
        async def change(session: AsyncSession) -> None:
            workshop, capacity = await workshops.find_for_change(session, self.actor, self.workshop_id)
            patch = WorkshopPatch.model_validate({"capacity": {mode: {"limit": limit}}})
            await workshops.change(session, self.actor, workshop, capacity, patch)

        self.do(change)

    @rule(hours=st.sampled_from([1, 12, 30]), worker=st.booleans())
    def time_passes(self, hours: int, worker: bool) -> None:
        # Once the workshop is over nobody gets a seat any more, and some wait in vain.
        clock.freeze(min(clock.now() + timedelta(hours=hours), self.ends_at - timedelta(hours=1)))
        if worker:
            self.do(quotas.fire)

    # How it happens

    def do(self, change: Change) -> None:
        async def write() -> None:
            async with self.database.write() as session:
                await change(session)

        try:
            self.runner.run(write())
            self.happened["done"] += 1
        except Refusal as refused:
            self.happened[refused.code] += 1

    def invite(self, organisation: str, quota: Quota, hours: int | None, *, group: bool) -> None:
        data = InvitationCreate(organisation=organisation, quota=quota, deadline=self.later(hours), all_or_none=group)
        self.do(lambda session: inviting.invite(session, self.actor, self.workshop_id, data))

    def registration(self, who: int, change: Callable[[AsyncSession, Registration], Awaitable[object]]) -> None:
        people = self.live()
        if people:
            self.do(lambda session: change(session, people[who % len(people)]))

    def invitation(self, which: int, change: Callable[[AsyncSession, Invitation], Awaitable[object]]) -> None:
        ids = sorted(self.invited)

        async def found(session: AsyncSession) -> None:
            await change(session, await session.get_one(Invitation, ids[which % len(ids)]))

        if ids:
            self.do(found)

    def person(self) -> dict[str, Any]:
        number = next(self.names)
        return {"name": f"Staf {number}", "email": f"staf{number}@luwukab.go.id"}

    def later(self, hours: int | None) -> datetime | None:
        return clock.now() + timedelta(hours=hours) if hours else None

    def live(self) -> list[Registration]:
        return [one for one in self.rows.values() if one.status in LIVE]

    # What must hold

    @invariant()
    def the_seats_add_up(self) -> None:
        rows, invited = self.rows, self.invited
        capacity = self.look()
        self.counts_are_what_is_counted(capacity)
        self.nothing_beyond_the_limit(capacity)
        if not (capacity.release_due_at and capacity.release_due_at < clock.now()):
            self.nobody_waits_in_vain(capacity)
        self.groups_come_together(rows, invited)
        self.nobody_is_overtaken(rows)
        self.before = capacity

    def look(self) -> Capacity:
        async def read() -> Capacity:
            async with self.database.read() as session:
                people = select(Registration).where(Registration.workshop_id == self.workshop_id)
                letters = select(Invitation).where(Invitation.workshop_id == self.workshop_id)
                self.rows = {one.id: one for one in await session.exec(people.order_by(col(Registration.number)))}
                self.invited = {one.id: one for one in await session.exec(letters)}
                return await session.get_one(Capacity, self.workshop_id)

        return self.runner.run(read())


@pytest.fixture
def machine(settings: Settings) -> Iterator[type[Seats]]:
    with asyncio.Runner() as runner:
        database = Database(settings)
        yield type("Machine", (Seats,), {"runner": runner, "database": database, "happened": Counter()})
        runner.run(database.close())


@pytest.mark.parametrize(("examples", "steps"), [(18, 25), pytest.param(1_500, 50, marks=pytest.mark.soak)])
def test_whatever_happens_the_seats_add_up(machine: type[Seats], examples: int, steps: int) -> None:
    # The short run shows a failure as it was found: to make it small takes minutes.
    phases = [Phase.generate, Phase.shrink] if examples > 1_000 else [Phase.generate]
    bounds = hypothesis_settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=phases,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=bounds)
    # A machine that is refused all the time would show nothing.
    assert machine.happened["done"] > machine.happened.total() / 2
