"""The fifteen questions: the fixture's known answers, and equality with a brute force on random worlds."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

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
from tests.support.report_world import Block, Org, Person, Promise, Scan, World
from tests.support.report_worlds import cases

END = date(2023, 8, 1)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The database alone: the questions need no application around them."""
    made = Database(settings)
    yield made
    await made.close()


async def written(database: Database, world: World) -> Tables:
    async with database.write() as session:
        tables = Tables(session, world)
        await tables.write()
    return tables


async def answers(database: Database, tables: Tables, as_of: date | datetime) -> dict[str, Any]:
    """The service's answers to all questions."""
    actor = auth.system(tables.organizer.id)
    async with database.read() as session:
        return {
            name: (await reports.ask(session, actor, name, tables.workshop.id, as_of)).model_dump(mode="json")["answer"]
            for name in reports.REPORTS
        }


async def test_the_fixture_gives_its_eight_known_answers_and_seven_more_by_the_same_words(database: Database) -> None:
    data = fixture_world.fixture()
    found = await answers(database, await written(database, fixture_world.world(data)), END)
    known = fixture_world.expected(data)
    assert len(known) == 8
    assert {name: found[name] for name in known} == known
    assert found["single-day-organisations"] == {
        "day1_only": ["dispora", "dkp", "kesbangpol"],
        "day2_only": ["damkar", "dishub"],
        "both_days_count": 27,
    }
    assert found["no-continuity"] == ["bpkd", "distan", "dlh"]
    assert found["outside-stakeholders"]["bps-luwu"] == {"requested": 2, "committed": 2, "accepted": 2}
    assert found["outside-stakeholders"]["telkom"] == {"requested": 1, "committed": 0, "accepted": 0}
    assert [tuple(row.values()) for row in found["most-overdue"][:4]] == [
        ("diskominfo-sp", 2, 7),
        ("dlh", 2, 7),
        ("dputr", 2, 7),
        ("bpbd", 1, 11),
    ]
    assert [tuple(row.values()) for row in found["online-shortfalls"]["below_threshold"]] == [
        ("P-dishub-1", "D1P", 50, 101.25),
        ("P-dishub-1", "D1S", 60, 135.0),
        ("P-telkom-1", "D1P", 95, 101.25),
        ("P-telkom-1", "D2S", 95, 101.25),
    ]
    assert found["online-shortfalls"]["unmatched"] == ["iPhone", "DINAS PERIKANAN_", "Admin"]
    assert found["heads-and-substitutes"] == {
        "head_present_day1": ["bappelitbangda", "diskominfo-sp", "dpmd", "setda"],
        "head_present_day2": ["diskominfo-sp"],
        "opd_present_day1": 30,
        "opd_present_day2": 29,
        "only_substitute_day2": ["bpkd", "dlh"],
    }
    assert found["incomplete-metadata"] == ["C-E03", "C-E04", "C-G06", "C-L01"]


def three_days() -> World:
    """One agency that sent somebody every day, and was asked twice for the same item."""
    blocks = [
        Block(f"D{day}P", 3, [(factories.at(f"07-0{day} 09:00"), factories.at(f"07-0{day} 11:15"))])
        for day in (3, 4, 5)
    ]
    people = [Person(number, "dinas", factories.at("07-01 08:00")) for number in (1, 2)]
    asked = factories.at("07-03 12:00")
    return World(
        zone="Asia/Makassar",
        steward="walidata",
        online_threshold=0.75,
        certificate_threshold=0.8,
        dimensions=["economy"],
        holidays=[],
        orgs=[Org("dinas")],
        blocks=blocks,
        people=people,
        scans=[Scan(person, f"D{day}P", factories.at(f"07-0{day} 09:00")) for person, day in [(1, 3), (1, 4), (2, 5)]],
        online=[],
        items={"data": "economy"},
        promises=[Promise(code, "data", "dinas", asked, date(2023, 7, 14)) for code in ("C-1", "C-2")],
    )


async def test_continuity_over_three_days_needs_somebody_who_was_there_on_all_of_them(database: Database) -> None:
    world = three_days()
    assert (await answers(database, await written(database, world), END))["no-continuity"] == ["dinas"]
    world.scans.append(Scan(1, "D5P", factories.at("07-05 09:00")))
    assert (await answers(database, await written(database, world), END))["no-continuity"] == []


async def test_an_item_asked_twice_of_one_organisation_is_one_overdue_item(database: Database) -> None:
    found = await answers(database, await written(database, three_days()), END)
    assert found["most-overdue"] == [{"org_id": "dinas", "overdue_items": 1, "max_working_days_overdue": 12}]


async def test_the_fixture_can_be_asked_about_any_moment(database: Database) -> None:
    world = fixture_world.world(fixture_world.fixture())
    tables = await written(database, world)
    days = date(2023, 7, 2), date(2023, 7, 3), date(2023, 7, 20)
    for as_of in (*days, factories.at("07-03 10:30"), factories.at("07-04 13:10")):
        assert await answers(database, tables, as_of) == BruteForce(world, as_of).answers(), as_of


@hypothesis_settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(case=cases())
async def test_every_answer_equals_the_brute_force_in_any_world_at_any_moment(
    database: Database, case: tuple[World, list[date | datetime]]
) -> None:
    await equal(database, *case)


@pytest.mark.soak
@hypothesis_settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(case=cases())
async def test_every_answer_equals_the_brute_force_in_very_many_worlds(
    database: Database, case: tuple[World, list[date | datetime]]
) -> None:
    await equal(database, *case)


async def equal(database: Database, world: World, times: list[date | datetime]) -> None:
    tables = await written(database, world)
    for as_of in times:
        assert await answers(database, tables, as_of) == BruteForce(world, as_of).answers()
