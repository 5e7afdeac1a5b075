"""When reminders do not help: a letter once, then the list, and nothing for what was settled meanwhile."""

import asyncio
from datetime import date

import pytest
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.domain import commitments, escalations, submissions, submissions_review, workshops
from service.events import EscalationRaised
from service.models.commitments import Submission
from service.models.commitments_shapes import ExtensionDecision, ExtensionRequest, SubmissionFields
from service.models.escalations import Escalation, EscalationLevel
from service.models.messages import Message, Occasion
from service.models.organizers import Holiday, Organizer
from service.models.outbox import EventRow
from service.models.people import Organisation
from service.models.workshops import Workshop
from service.settings import Settings
from service.worker import Worker
from tests.factories import at
from tests.subscribers.test_commitments import COMMITTEE, OFFICE, ask, letters, told, world
from tests.support.promises import Scene


async def rows(database: Database) -> list[tuple[str, date]]:
    """Every step, in order: level and due date."""
    async with database.read() as session:
        found = await session.exec(select(Escalation).order_by(col(Escalation.raised_at), col(Escalation.id)))
        return [(one.level.value, one.due_date) for one in found]


async def days(worker: Worker, *mornings: str) -> None:
    for day in mornings:
        clock.freeze(at(day))
        await worker.drain()


async def rule(database: Database, scene: Scene, **values: object) -> None:
    async with database.write() as session:
        (await session.get_one(Organizer, scene.house.id)).escalation = values


async def hand_in(database: Database, scene: Scene, commitment: object) -> None:
    async with database.write() as session:
        url = "https://data.contoh.go.id/1"
        await submissions.submit(session, scene.agency_actor(), commitment.id, SubmissionFields(), url=url)  # type: ignore[attr-defined] # a Commitment


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_letter_follows_after_five_working_days_and_the_list_after_ten(
    database: Database, worker: Worker, settings: Settings
) -> None:
    """Due on Friday 14 July; Wednesday 19 is a holiday, so the fifth working day is Monday 24."""
    scene = await world(database)
    async with database.write() as session:
        session.add(Holiday(organizer_id=scene.house.id, day=date(2023, 7, 19), name="Tahun Baru Islam"))
    await ask(database, scene)
    await ask(database, scene)
    await worker.drain()
    await days(worker, "07-21 08:00")
    assert await rows(database) == []
    await days(worker, "07-24 08:00", "07-25 08:00", "07-28 08:00")
    assert await rows(database) == [("letter", date(2023, 7, 14))]
    [(to, text)] = told(settings, "Surat mengenai data yang dinantikan")
    assert to == COMMITTEE
    assert f"{scene.agency.name}: 2 data, tenggat tertua Jumat, 14 Juli 2023 (terlambat 5 hari kerja)" in text
    assert "tanda tangani" in text
    [letter] = [one for one in letters(settings) if str(one["Subject"]).startswith("Surat")]
    [attached] = letter.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content().startswith(b"%PDF")
    await days(worker, "07-31 08:00", "08-01 08:00", "08-02 08:00")
    assert await rows(database) == [("letter", date(2023, 7, 14)), ("list", date(2023, 7, 14))]
    [(to, listed)] = told(settings, "Daftar untuk Sekretaris Daerah")
    assert to == COMMITTEE
    assert "(terlambat 10 hari kerja)" in listed
    await days(worker, "08-28 08:00")
    assert len(await rows(database)) == 2


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_what_was_settled_is_not_raised_and_what_a_letter_named_brings_no_second_one(
    database: Database, worker: Worker
) -> None:
    scene = await world(database)
    first, second, third = [await ask(database, scene, due_date=date(2023, 7, day)) for day in (14, 17, 28)]
    await worker.drain()
    await hand_in(database, scene, first)
    await days(worker, "07-17 08:00", "07-21 08:00")
    assert await rows(database) == []
    await days(worker, "07-24 08:00")
    assert await rows(database) == [("letter", date(2023, 7, 17))]
    await hand_in(database, scene, second)
    await days(worker, "07-31 08:00", "08-01 08:00", "08-02 08:00", "08-03 08:00")
    assert await rows(database) == [("letter", date(2023, 7, 17))]
    await days(worker, "08-04 08:00")
    assert await rows(database) == [("letter", date(2023, 7, 17)), ("letter", date(2023, 7, 28))]
    await hand_in(database, scene, third)
    await days(worker, "08-11 08:00", "08-14 08:00")
    assert len(await rows(database)) == 2


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_organisation_gets_its_letter_when_the_organizer_wishes_it_and_can_be_reached(
    database: Database, worker: Worker, settings: Settings
) -> None:
    scene = await world(database)
    await rule(database, scene, send=True, list_after=None)
    await ask(database, scene)
    await ask(database, scene, organisation=scene.other.code)
    await worker.drain()
    await days(worker, "07-21 08:00", "08-04 08:00")
    assert await rows(database) == [("letter", date(2023, 7, 14))] * 2
    own, rest = sorted(told(settings, "Surat mengenai data yang dinantikan"), key=lambda one: one[0] == COMMITTEE)
    assert (own[0], rest[0]) == (OFFICE, COMMITTEE)
    assert "Data: tenggat Jumat, 14 Juli 2023 (terlambat 5 hari kerja)" in own[1]
    assert scene.other.name in rest[1]
    assert scene.agency.name not in rest[1]
    assert "wajib" not in own[1].lower()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_rule_that_is_switched_off_raises_nothing_and_one_that_comes_late_the_next_morning(
    database: Database, worker: Worker
) -> None:
    scene = await world(database)
    await rule(database, scene, letter_after=None, list_after=None)
    await ask(database, scene)
    await worker.drain()
    await days(worker, "07-24 08:00", "08-14 10:00")
    assert await rows(database) == []
    await rule(database, scene)
    async with database.write() as session:
        (await session.get_one(Organisation, scene.agency.id)).contacts = []
    later = await ask(database, scene, due_date=date(2023, 9, 29))
    await days(worker, "08-14 10:05", "08-15 08:00")
    assert later.due_date
    assert await rows(database) == [("letter", date(2023, 7, 14))]
    # The list gives the late letter as long to work as any other: five working days.
    await days(worker, "08-18 08:00", "08-21 08:00")
    assert len(await rows(database)) == 1
    await days(worker, "08-22 08:00")
    assert [level for level, _due in await rows(database)] == ["letter", "list"]


async def test_workers_that_look_at_once_raise_a_step_once(database: Database) -> None:
    scene = await world(database)
    await ask(database, scene)
    clock.freeze(at("07-24 08:00"))

    gate = asyncio.Barrier(6)

    async def work() -> None:
        async with database.write() as session:
            if database.dialect == "postgresql":
                await session.connection()
                await gate.wait()
            await escalations.raise_due(session, scene.workshop.id)

    async with asyncio.timeout(60):
        await asyncio.gather(*(work() for _turn in range(6)))
    assert await rows(database) == [("letter", date(2023, 7, 14))]
    async with database.read() as session:
        events = await session.exec(select(EventRow).where(EventRow.type == EscalationRaised.type))
        assert len(events.all()) == 1


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_days_count_from_a_request_that_came_after_its_due_date_and_the_own_office_gets_no_letter(
    database: Database, worker: Worker, settings: Settings
) -> None:
    """Asked on Tuesday 20 June for what was due on the 1st: five working days late on the 27th."""
    scene = await world(database)
    async with database.write() as session:
        (await session.get_one(Organizer, scene.house.id)).steward_code = scene.other.code
    for code in (scene.agency.code, scene.other.code):
        await ask(database, scene, due_date=date(2023, 6, 1), organisation=code)
    await worker.drain()
    await days(worker, "06-21 08:00", "06-26 08:00")
    assert await rows(database) == []
    await days(worker, "06-27 08:00", "07-04 08:00")
    assert sorted(await rows(database)) == [
        ("letter", date(2023, 6, 20)),
        ("list", date(2023, 6, 20)),
        ("list", date(2023, 6, 20)),
    ]
    [(_to, text)] = told(settings, "Surat mengenai data yang dinantikan")
    assert f"{scene.agency.name}: 1 data, tenggat tertua Kamis, 1 Juni 2023 (terlambat 5 hari kerja)" in text


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_what_was_dealt_with_before_it_was_told_is_not_told(
    database: Database, worker: Worker, settings: Settings
) -> None:
    scene = await world(database)
    await ask(database, scene)
    await worker.drain()
    clock.freeze(at("07-24 08:00"))
    async with database.write() as session:
        [row] = await escalations.raise_due(session, scene.workshop.id)
        assert row.level is EscalationLevel.LETTER
        await escalations.handle(session, scene.actor, row.id, "Disampaikan langsung")
    await worker.drain()
    assert told(settings, "Surat mengenai") == []
    async with database.read() as session:
        kinds = {one.occasion for one in await session.exec(select(Message))}
    assert Occasion.ESCALATION_LETTER not in kinds


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_weeks_go_by_with_holidays_a_later_date_a_return_and_a_cancellation(
    database: Database, worker: Worker, settings: Settings
) -> None:
    """Due on Friday 14 July, and the whole next week is a holiday. What is due at the end of time disturbs nothing."""
    scene = await world(database)
    await rule(database, scene, send=True)
    async with database.write() as session:
        off = [date(2023, 7, day) for day in range(17, 22)]
        session.add_all([Holiday(organizer_id=scene.house.id, day=day, name="Cuti bersama") for day in off])
    row = await ask(database, scene)
    for never in (date.min, date.max):
        await ask(database, scene, organisation=scene.other.code, due_date=never)
    await worker.drain()
    await days(worker, "07-17 08:00", "07-20 08:00", "07-24 08:00")
    assert len(told(settings, "Data yang melewati tenggat")) == 1
    clock.freeze(at("07-26 10:00"))
    async with database.write() as session:
        later = ExtensionRequest(until=date(2023, 8, 4), reason="Menunggu rekapitulasi")
        await commitments.ask_extension(session, scene.agency_actor(), row.id, later)
    await days(worker, "07-28 08:00", "07-31 08:00")
    async with database.write() as session:
        await commitments.extend(session, scene.actor, row.id, ExtensionDecision(until=date(2023, 8, 4)))
    await days(worker, "08-07 08:00", "08-10 08:00")
    assert await rows(database) == []
    await rehearse(database, scene, rehearsal=True)
    await days(worker, "08-11 08:00")
    assert await rows(database) == [("letter", date(2023, 8, 4))]
    assert [to for to, _text in told(settings, "Surat mengenai")] == []
    assert [to for to, _text in told(settings, "[GLADI]")] == [COMMITTEE]
    await hand_in(database, scene, row)
    await days(worker, "08-14 08:00", "08-15 08:00")
    async with database.write() as session:
        [delivered] = (await session.exec(select(Submission))).all()
        await submissions_review.send_back(session, scene.actor, delivered.id, "Lengkapi tahun 2022.")
    await days(worker, "08-17 08:00")
    assert len(await rows(database)) == 1
    async with database.write() as session:
        await workshops.cancel(session, scene.actor, scene.workshop.id, "Ditunda")
    await days(worker, "08-18 08:00", "08-21 08:00")
    assert len(await rows(database)) == 1


async def rehearse(database: Database, scene: Scene, *, rehearsal: bool) -> None:
    async with database.write() as session:
        (await session.get_one(Workshop, scene.workshop.id)).rehearsal = rehearsal
