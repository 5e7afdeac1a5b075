"""The four other occasions, as somebody who prepares the next one asks about them."""

from datetime import date, datetime

import pytest
from sqlmodel import select

from service import auth
from service.db import Database
from service.demo.loader import Loader
from service.demo.occasions_promised import DIMENSIONS
from service.demo.world import World
from service.domain import afterwards, agreements, commitments_read, follow_ups, materials, minutes, reports
from service.domain.commitments_read import Filters
from service.models.organizers import Organizer
from service.models.workshops import Workshop
from tests.support.small_world import small_world

END = datetime.fromisoformat("2024-06-01T08:00:00+09:00")

Asked = dict[str, object]


class Office:
    """The head of an office, who looks at one of its workshops."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def at(self, slug: str) -> "Office":
        async with self.database.read() as session:
            self.workshop = (await session.exec(select(Workshop).where(Workshop.slug == slug))).one()
            self.house = await session.get_one(Organizer, self.workshop.organizer_id)
        self.actor = auth.system(self.house.id)
        return self

    async def report(self, name: str, day: str) -> object:
        moment = datetime.fromisoformat(f"{day}T23:00:00+08:00")
        async with self.database.read() as session:
            return (await reports.ask(session, self.actor, name, self.workshop.id, moment)).answer

    async def listed(self, day: str, **wanted: object) -> list[str]:
        moment = datetime.fromisoformat(f"{day}T23:00:00+08:00")
        async with self.database.read() as session:
            when = await commitments_read.moment(session, self.actor, moment)
            filters = Filters(**{"workshop": self.workshop.id, **wanted})  # type: ignore[arg-type] # as a query's
            return [one.code for one in await commitments_read.page(session, self.actor, when, filters, None, 200)]


@pytest.fixture
async def office(database: Database, quick_hash: object) -> Office:
    await Loader(World(small_world()), "kata-sandi-demo").load(database, END)
    return Office(database)


async def test_each_occasion_answers_what_it_was_held_for(office: Office) -> None:
    await _findings_are_closed_before_the_next_evaluation(await office.at("evaluasi-2020"))
    await _presentations_are_ready_for_the_field_review(await office.at("rakor-2021"))
    await _needs_come_from_every_agency_and_a_text_is_agreed(await office.at("kebutuhan-masterplan-2022"))
    await _evidence_is_there_by_dimension(await office.at("rapat-persiapan-evaluasi-2020"))
    await _what_was_agreed_is_written_down(await office.at("kebutuhan-masterplan-2022"))


async def _findings_are_closed_before_the_next_evaluation(office: Office) -> None:
    """What nobody took on and what is still owed is known on the eve of the next one, which follows."""
    eve = "2021-05-19"
    assert await office.report("uncommitted-items", eve) == ["TL-2019-02"]
    assert await office.listed(eve, owes=True) == ["TL-2019-04-bpbd"]
    assert await office.report("most-overdue", eve) == [
        {"org_id": "bpbd", "overdue_items": 1, "max_working_days_overdue": 13}
    ]
    assert await office.report("returned-items", "2020-09-15") == [
        {"commitment_id": "TL-2018-02-dinsos", "org_id": "dinsos", "return_count": 1, "waiting_on": "dinsos"}
    ]
    # The date that was put off counts from the day on which that was decided.
    assert await office.listed("2020-11-22", due_before=date(2021, 1, 1), dimension="environment") != []
    assert await office.listed("2021-01-15", overdue=True) == []
    assert await office.listed("2021-01-15", owes=True) == ["TL-2019-01-dlh", "TL-2019-04-bpbd"]


async def _presentations_are_ready_for_the_field_review(office: Office) -> None:
    ready = await office.report("readiness", "2021-06-07")
    assert isinstance(ready, dict)
    assert {code: (row["accepted"], row["awaiting_review"], row["overdue"]) for code, row in ready.items()} == {
        "governance": (1, 0, 0),
        "branding": (1, 0, 0),
        "economy": (0, 1, 0),
        "living": (1, 0, 0),
        "society": (0, 0, 1),
        "environment": (1, 0, 0),
    }


async def _needs_come_from_every_agency_and_a_text_is_agreed(office: Office) -> None:
    silent = ["KEBUTUHAN-DINKES", "KEBUTUHAN-DISDAG", "KEBUTUHAN-DISKOMINFO"]
    assert await office.report("uncommitted-items", "2022-02-03") == sorted(silent)
    async with office.database.read() as session:
        [agreed] = await agreements.page(session, office.actor, office.workshop.id, None, 10)
    assert agreed.code == "KB-2022"
    assert len(agreed.signatures) == 3


async def _evidence_is_there_by_dimension(office: Office) -> None:
    """On the morning after the online evaluation one photo is still to come."""
    ready = await office.report("readiness", "2020-11-26")
    assert isinstance(ready, dict)
    assert list(ready) == list(DIMENSIONS)
    assert {row["items"] for row in ready.values()} == {2}
    assert [code for code, row in ready.items() if row["accepted"] < 2] == ["living"]
    assert await office.report("missing-evidence", "2020-11-26") != []


async def _what_was_agreed_is_written_down(office: Office) -> None:
    """One task became a request, which is owed; the other one's day is over."""
    async with office.database.read() as session:
        _workshop, kept = await minutes.shown(session, office.actor, office.workshop.id)
        tasks = await follow_ups.reads(session, office.workshop.id)
        links = await materials.page(session, office.workshop.id, afterwards.EVERYBODY, None, 10)
    assert kept.text.startswith("Setelah surat penetapan,")
    assert [(task.organisation, str(task.due_date), bool(task.commitment)) for task in tasks] == [
        ("dpmptsp", "2022-03-31", True),
        ("bappeda", "2022-02-28", False),
    ]
    assert "TL-kebutuhan-masterplan-2022-1-dpmptsp" in await office.listed("2022-06-01", overdue=True)
    assert [one.title for one in links] == ["Panduan pengisian kebutuhan"]


async def test_what_had_not_happened_by_then_is_not_there(database: Database, quick_hash: object) -> None:
    moment = datetime.fromisoformat("2020-09-01T08:00:00+08:00")
    await Loader(World(small_world()), "kata-sandi-demo").load(database, moment)
    office = await Office(database).at("evaluasi-2020")
    assert await office.listed("2030-01-01", fulfilment_status="accepted") == []
    assert await office.listed("2030-01-01", fulfilment_status="returned") == ["TL-2018-02-dinsos"]
    assert await (await office.at("rakor-2021")).listed("2030-01-01") == []
