"""Lists of commitments: any filter, any page, any moment, as plain loops over plain lists would have it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st
from sqlalchemy import update
from sqlmodel import col

from service import auth
from service.db import Database
from service.domain import commitments_read, reports
from service.domain.commitments_read import Filters
from service.models.agreements import Agreement
from service.models.commitments import Commitment, CommitmentStatus, FulfilmentStatus
from service.models.commitments_shapes import CommitmentRead
from service.models.data_items import DataItem, ItemKind
from service.models.organizers import Programme
from tests import factories
from tests.domain.brute_force import BruteForce
from tests.domain.test_reports import three_days
from tests.support.report_tables import Tables
from tests.support.report_world import Change, Promise, World
from tests.support.report_worlds import DUE_DAYS, cases

Holds = Callable[[BruteForce, Promise, Any], bool]  # of whatever the filter takes
# Each filter: values to ask for, and what it says of a promise.
MEANING: Mapping[str, tuple[st.SearchStrategy[Any], Holds]] = {
    "organisation": (st.sampled_from(["o0", "o1", "nobody"]), lambda _world, one, code: one.org == code),
    "dimension": (st.sampled_from(["economy", "wild"]), lambda force, one, code: force.world.items[one.item] == code),
    "data_item": (st.sampled_from(["d0", "d1"]), lambda _world, one, code: one.item == code),
    "item_kind": (st.sampled_from([ItemKind.DATA, ItemKind.NEED]), lambda _world, _one, kind: kind is ItemKind.DATA),
    "q": (
        st.sampled_from(["C-1", "o0", "D1", "%", "_"]),
        lambda _world, one, words: any(words.lower() in part.lower() for part in (one.code, one.org, one.item)),
    ),
    "commitment_status": (
        st.sampled_from(CommitmentStatus),
        lambda force, one, status: force.status(one) == status,
    ),
    "fulfilment_status": (
        st.sampled_from(FulfilmentStatus),
        lambda force, one, status: force.value(one, "fulfilment", "not_submitted") == status,
    ),
    "owes": (st.booleans(), lambda force, one, asked: force.owes(one) is asked),
    "overdue": (st.booleans(), lambda force, one, asked: force.overdue(one) is asked),
    "extension_requested": (st.booleans(), lambda force, one, asked: force.asked(one) is asked),
    "due_before": (st.sampled_from(DUE_DAYS), lambda force, one, day: (force.due(one) or date.max) < day),
    "due_after": (st.sampled_from(DUE_DAYS), lambda force, one, day: (force.due(one) or date.min) > day),
    "waiting_on": (
        st.sampled_from(["o0", "o1", "walidata"]),
        lambda force, one, code: force.waiting_on(one) == code,
    ),
}


@st.composite
def filters(draw: st.DrawFn) -> dict[str, Any]:
    """None, one or two of them."""
    names = draw(st.lists(st.sampled_from([*MEANING]), max_size=2, unique=True))
    return {name: draw(MEANING[name][0]) for name in names}


@hypothesis_settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(case=cases(), wanted=st.lists(filters(), min_size=4, max_size=6))
async def test_a_list_holds_what_its_filters_say_page_by_page_at_any_moment(
    database: Database, case: tuple[World, list[date | datetime]], wanted: list[dict[str, Any]]
) -> None:
    world, times = case
    async with database.write() as session:
        tables = Tables(session, world)
        await tables.write()
    for as_of in times:
        force = BruteForce(world, as_of)
        for asked in wanted:
            holds = [
                one
                for one in sorted(force.promises, key=lambda one: one.code)
                if all(MEANING[name][1](force, one, value) for name, value in asked.items())
            ]
            found = await listed(database, tables, Filters(**asked), as_of)
            assert [one.code for one in found] == [one.code for one in holds], asked
            assert [one.waiting_on for one in found] == [force.waiting_on(one) for one in holds]
            assert [one.requested_until is not None for one in found] == [force.asked(one) for one in holds]


def at(day: int) -> datetime:
    return factories.at(f"07-{day:02} 10:00")


def lives() -> list[Promise]:
    """What can become of a later date that was asked for on the 6th, and evidence that came late. All of them change
    once more on the 11th, so that what was true before is told by the history alone.
    """
    asked = [Change(at(5), "commitment", "requested", "committed"), Change(at(6), "extension", None, "2023-07-21")]
    last = Change(at(11), "fulfilment", "not_submitted", "submitted")
    lives = {
        "C-1": [Change(at(8), "extension", "2023-07-21", "refused"), last],
        "C-2": [Change(at(8), "due_date", "2023-07-14", "2023-07-21"), last],
        "C-3": [Change(at(8), "due_date", "2023-07-14", "2023-07-21", "system"), last],
        "C-4": [
            Change(at(8), "fulfilment", "not_submitted", "submitted"),
            Change(at(9), "fulfilment", "submitted", "accepted"),
            Change(at(11), "fulfilment", "accepted", "returned"),
        ],
        "C-5": [last],
        "C-6": [Change(at(8), "due_date", "2023-07-14", "2023-07-20", "system"), last],
    }
    due = date(2023, 7, 14)
    made = [
        Promise(code, "data", "dinas", at(3), due, proven_at=at(10), changes=asked + life)
        for code, life in lives.items()
    ]
    for promise in made[4:]:
        promise.requested_until = date(2023, 7, 21)
    return made


async def test_what_was_asked_for_answered_and_proven_is_told_of_every_day(database: Database) -> None:
    world = three_days()
    world.promises = lives()
    async with database.write() as session:
        tables = Tables(session, world)
        await tables.write()
    for day in range(2, 13):
        force = BruteForce(world, at(day))
        found = await listed(database, tables, Filters(extension_requested=True), at(day))
        assert [one.code for one in found] == [one.code for one in force.promises if force.asked(one)], day
        waits = await listed(database, tables, Filters(waiting_on="walidata"), at(day))
        assert [one.code for one in waits] == [
            one.code for one in force.promises if force.waiting_on(one) == "walidata"
        ]
        async with database.read() as session:
            actor = auth.system(tables.organizer.id)
            read = await reports.ask(session, actor, "missing-evidence", tables.workshop.id, at(day))
        assert read.answer == force.missing_evidence()


async def test_a_list_holds_a_programmes_items_and_what_had_become_part_of_an_agreement(database: Database) -> None:
    world = three_days()
    world.items["other"] = "economy"
    world.promises = [Promise(f"C-{item}", item, "dinas", at(3), None) for item in ("data", "other")]
    world.promises[0].changes.append(Change(at(8), "agreement", None, "KB-1"))
    async with database.write() as session:
        tables = Tables(session, world)
        await tables.write()
        house = tables.organizer.id
        programme = Programme(organizer_id=house, code="kota", name="Kota")
        signed = Agreement(organizer_id=house, workshop_id=tables.workshop.id, code="KB-1", title="Komitmen Bersama")
        session.add_all([programme, signed])
        await session.flush()
        await session.exec(update(DataItem).where(col(DataItem.code) == "other").values(programme_id=programme.id))
        await session.exec(update(Commitment).where(col(Commitment.code) == "C-data").values(agreement_id=signed.id))
    for wanted, day, codes in (
        (Filters(programme="kota"), 9, ["C-other"]),
        (Filters(programme="kabupaten"), 9, []),
        (Filters(agreement="KB-1"), 9, ["C-data"]),
        (Filters(agreement="KB-1"), 7, []),
        (Filters(agreement="KB-2"), 9, []),
    ):
        found = await listed(database, tables, wanted, at(day))
        assert [one.code for one in found] == codes, wanted
        assert {one.agreement for one in found} <= {wanted.agreement}


async def listed(database: Database, tables: Tables, wanted: Filters, as_of: date | datetime) -> list[CommitmentRead]:
    """The whole list, four at a time."""
    actor = auth.system(tables.organizer.id)
    found: list[CommitmentRead] = []
    async with database.read() as session:
        when = await commitments_read.moment(session, actor, as_of)
        while True:
            after = (found[-1].code, found[-1].id) if found else None
            page = await commitments_read.page(session, actor, when, wanted, after, 4)
            found += page
            if len(page) < 4:
                return found
