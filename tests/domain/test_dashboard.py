"""The matrix and the burn-up: equal to plain loops over plain lists, in any world at any moment."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings as hypothesis_settings

from service import auth
from service.db import Database
from service.domain import reports
from service.settings import Settings
from tests import factories
from tests.domain.brute_force import BruteForce
from tests.support import fixture_world
from tests.support.report_tables import Tables
from tests.support.report_world import Change, World
from tests.support.report_worlds import cases

NAMES = ("asked", "standing", "committed", "accepted", "awaiting_review", "owes", "overdue")
Cells = dict[tuple[str, str], Counter[str]]


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The database alone: nothing here needs an application around it."""
    made = Database(settings)
    yield made
    await made.close()


def cells(world: World, as_of: date | datetime) -> Cells:
    """(organisation, dimension) -> counts."""
    brute, found = BruteForce(world, as_of), Cells()
    for promise in brute.promises:
        delivery = brute.fulfilment(promise)
        counts = found.setdefault((promise.org, brute.dimension(promise)), Counter())
        counts["asked"] += 1
        counts["standing"] += delivery is not None
        counts["committed"] += brute.status(promise) == "committed"
        counts["accepted"] += delivery == "accepted"
        counts["awaiting_review"] += delivery == "submitted"
        counts["owes"] += brute.owes(promise)
        counts["overdue"] += brute.overdue(promise)
    return found


async def compare(database: Database, world: World, times: list[date | datetime]) -> None:
    async with database.write() as session:
        tables = Tables(session, world)
        await tables.write()
    actor, workshop = auth.system(tables.organizer.id), tables.workshop.id
    for as_of in times:
        async with database.read() as session:
            matrix = await reports.matrix_of(session, actor, workshop, as_of)
            burn_up = await reports.burn_up_of(session, actor, workshop, as_of)
        known = cells(world, as_of)
        shown = {
            (row.code, dimension): Counter({name: getattr(cell, name) for name in NAMES})
            for row in matrix.organisations
            for dimension, cell in row.cells.items()
        }
        assert shown == known
        everything = sum(known.values(), Counter[str]())
        assert {name: getattr(matrix.total, name) for name in NAMES} == {name: everything[name] for name in NAMES}

        brute = BruteForce(world, as_of)
        first = min((p.requested_at for p in world.promises), default=brute.at).astimezone(brute.zone).date()
        ends = [first + timedelta(days=n) for n in range((brute.day - first).days)]
        expected, last = {}, Counter[str]()
        for end in [*ends, as_of]:
            total = sum(cells(world, end).values(), Counter[str]())
            day = end if end is not as_of else brute.day
            if any(total[name] != last[name] for name in ("standing", "awaiting_review", "accepted")):
                expected[day] = total["standing"], total["awaiting_review"] + total["accepted"], total["accepted"]
            last = total
        told = {point.day: (point.standing, point.delivered, point.accepted) for point in burn_up.points}
        assert told == expected
        dues = [brute.due(promise) for promise in brute.promises if brute.fulfilment(promise)]
        assert {one.day: one.due for one in burn_up.due} == {
            day: sum(due is not None and due <= day for due in dues) for day in dues if day
        }
        assert burn_up.undated == dues.count(None)


async def test_the_fixture_has_the_same_matrix_and_burn_up_as_plain_loops(database: Database) -> None:
    world = fixture_world.world(fixture_world.fixture())
    # What was accepted and then withdrawn delivers nothing from that day on.
    taken_back = next(one for one in world.promises if one.last("fulfilment", None) == "accepted")
    taken_back.changes.append(Change(factories.at("07-31 09:00"), "commitment", "committed", "withdrawn"))
    await compare(database, world, [date(2023, 7, 2), date(2023, 7, 20), factories.at("07-21 10:30"), date(2023, 8, 1)])


@hypothesis_settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(case=cases())
async def test_matrix_and_burn_up_equal_plain_loops_in_any_world_at_any_moment(
    database: Database, case: tuple[World, list[date | datetime]]
) -> None:
    world, times = case
    # Attendance is another question, and slow to write.
    await compare(database, replace(world, people=[], scans=[], online=[]), times)
