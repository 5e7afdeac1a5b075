"""From the agenda to the letter: who is reminded, who is not any more, and what the reminder says."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from sqlmodel import col, select

from service import clock, outbox
from service.auth import system
from service.clients import mail as mail_client
from service.db import Database
from service.domain import letters, workshops
from service.events import HolidaysChanged, LinkShared, WorkshopCompleted, WorkshopPublished
from service.models.attendance import Attendance
from service.models.commitments import Commitment, FulfilmentStatus
from service.models.data_items import DataItem
from service.models.messages import Message, MessageStatus, Reminder, ReminderStatus
from service.models.organizers import Holiday
from service.models.people import Organisation
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Mode, Workshop, WorkshopStatus
from service.models.workshops_shapes import WorkshopPatch
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.factories import at


async def make(database: Database, worker: Worker, **values: Any) -> Workshop:
    """A workshop whose publication was noticed."""
    async with database.write() as session:
        house = await factories.organizer(session, language=values.pop("language", "id"))
        made = await factories.workshop(session, house, **values)
        await outbox.record(session, WorkshopPublished(organizer_id=house.id, workshop_id=made.id))
    await worker.drain()
    return made


async def person(database: Database, gathering: Workshop, **values: Any) -> Registration:
    async with database.write() as session:
        return await factories.registration(session, gathering, **({"confirmed_at": clock.now()} | values))


async def rows(database: Database) -> list[Message]:
    async with database.read() as session:
        return list(await session.exec(select(Message).order_by(col(Message.id))))


def kept(settings: Settings) -> dict[str, list[str]]:
    """Subject and text of every letter, by the address it went to."""
    folder = mail_client.folder(settings)
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.eml")) if folder.exists() else []:
        message = message_from_bytes(path.read_bytes(), EmailMessage, policy=policy.default)
        body = message.get_body(("plain",))
        assert body
        said = f"{message['Subject']}\n{body.get_content()}".replace("\r\n", "\n")
        found.setdefault(str(message["To"]), []).append(said)
    return found


async def test_everybody_who_was_there_when_it_was_due_is_reminded_in_time(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await make(database, worker, venue_name="Aula Bappelitbangda", reminders=["hour", "each_day"])
    hall = await person(database, gathering)
    away = await person(database, gathering, mode=Mode.ONLINE, name="Kepala Bidang Aptika")
    clock.freeze(at("07-03 08:20"))
    late = await person(database, gathering)
    await worker.drain()
    found = kept(settings)
    assert set(found) == {hall.email, away.email}
    [to_hall], [online] = found[str(hall.email)], found[str(away.email)]
    assert to_hall.startswith("Kegiatan segera dimulai: ")
    assert "hadir di tempat: Aula Bappelitbangda." in to_hall
    assert "Hari I - pagi: Senin, 3 Juli 2023, pukul 09.15 WITA sampai 11.45 WITA" in to_hall
    assert "Hari II" not in to_hall
    assert f"gunakan nama tampilan: {away.number} Kepala Bidang Aptika" in online
    assert "/unsubscribe/" in online
    clock.freeze(at("07-04 07:30"))
    await worker.drain()
    found = kept(settings)
    assert set(found) == {hall.email, away.email, late.email}
    assert found[str(late.email)][0].startswith("Kegiatan hari ini: ")
    assert "Hari II - pagi: Selasa, 4 Juli 2023" in found[str(late.email)][0]


async def test_who_cancelled_or_waits_is_not_reminded(database: Database, worker: Worker, settings: Settings) -> None:
    gathering = await make(database, worker)
    await person(database, gathering, status=RegistrationStatus.CANCELLED)
    await person(database, gathering, status=RegistrationStatus.WAITLISTED, confirmed_at=None)
    clock.freeze(at("06-26 08:00"))
    await worker.drain()
    assert kept(settings) == {}


async def test_who_cancels_between_the_row_and_the_mail_is_dropped(database: Database, worker: Worker) -> None:
    gathering = await make(database, worker)
    row = await person(database, gathering, email=None, phone="+6281200000001", contact_key="+6281200000001")
    clock.freeze(at("06-26 08:00"))
    await worker.drain()
    [waiting] = await rows(database)
    assert (waiting.occasion, waiting.status, waiting.stale_at) == (
        "reminder_week",
        MessageStatus.WAITING,
        at("06-30 08:00"),
    )
    async with database.write() as session:
        (await session.get_one(Registration, row.id)).status = RegistrationStatus.CANCELLED

    async with database.read() as session:
        assert await letters.facts(session, waiting) is None


async def test_a_postponed_workshop_withdraws_what_still_waits_and_reminds_again(
    database: Database, worker: Worker
) -> None:
    gathering = await make(database, worker, reminders=["week"])
    await person(database, gathering, email=None, phone="+6281200000001", contact_key="+6281200000001")
    clock.freeze(at("06-26 08:00"))
    await worker.drain()
    actor = system(gathering.organizer_id)
    async with database.write() as session:
        row, capacity = await workshops.find_for_change(session, actor, gathering.id)
        moved = WorkshopPatch(starts_at=at("07-17 08:00"), ends_at=at("07-18 16:00"))
        await workshops.change(session, actor, row, capacity, moved)
    await worker.drain()
    [first] = [one for one in await rows(database) if one.occasion == "reminder_week"]
    assert first.status is MessageStatus.DROPPED
    clock.freeze(at("07-10 08:00"))
    await worker.drain()
    states = [one.status for one in await rows(database) if one.occasion == "reminder_week"]
    assert states == [MessageStatus.DROPPED, MessageStatus.WAITING]


async def test_a_new_holiday_moves_the_reminders_of_all_that_is_to_come(database: Database, worker: Worker) -> None:
    gathering = await make(database, worker, reminders=["day"])
    async with database.write() as session:
        session.add(Holiday(organizer_id=gathering.organizer_id, day=at("06-30 00:00").date(), name="Cuti bersama"))
        await outbox.record(session, HolidaysChanged(organizer_id=gathering.organizer_id))
    await worker.drain()
    async with database.read() as session:
        [reminder] = list(await session.exec(select(Reminder)))
    assert reminder.due_at == at("06-29 08:00")


async def test_only_those_who_came_are_thanked_and_shown_the_way_to_the_certificate(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await make(database, worker)
    came, stayed_away = await person(database, gathering), await person(database, gathering)
    async with database.write() as session:
        block = (await session.exec(select(AttendanceBlock).where(AttendanceBlock.code == "D1P"))).one()
        for row, present in ((came, True), (stayed_away, False)):
            fold: dict[str, Any] = {"workshop_id": gathering.id, "registration_id": row.id, "block_id": block.id}
            session.add(Attendance(**fold, present=present, last_fact_at=clock.now()))
        token = factories.participant_token(session, came)
    clock.freeze(at("07-04 17:00"))
    async with database.write() as session:
        (await session.get_one(Workshop, gathering.id)).status = WorkshopStatus.COMPLETED
        done = WorkshopCompleted(organizer_id=gathering.organizer_id, workshop_id=gathering.id)
        await outbox.record(session, done)
    await worker.drain()
    found = kept(settings)
    assert set(found) == {came.email}
    [thanks] = found[str(came.email)]
    assert thanks.startswith("Terima kasih atas kehadiran Bapak/Ibu: ")
    assert f"Sertifikat dan pendaftaran Anda:\n{settings.base_url}/my/{token}\n" in thanks
    assert "/join/" not in thanks


async def owing(database: Database, gathering: Workshop, name: str) -> tuple[Organisation, Commitment]:
    async with database.write() as session:
        house = await factories.house_of(session, str(gathering.id))
        email = f"{name.split(maxsplit=1)[0].lower()}@luwukab.go.id"
        agency = await factories.organisation(session, house, contacts=[{"email": email}])
        item = DataItem(organizer_id=house.id, code=f"data-{agency.code}", name=name)
        session.add(item)
        await session.flush()
        row = Commitment(
            organizer_id=house.id,
            workshop_id=gathering.id,
            data_item_id=item.id,
            organisation_id=agency.id,
            code=item.code,
            due_date=at("07-21 00:00").date(),
        )
        session.add(row)
        await session.flush()
        return agency, row


async def test_an_organisation_is_reminded_of_what_it_owes_unless_it_was_handed_in(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await make(database, worker, reminders=["commitments_day"])
    agency, _row = await owing(database, gathering, "Pengunjung perpustakaan")
    _other, handed_in = await owing(database, gathering, "Koleksi buku")
    async with database.write() as session:
        await outbox.record(session, HolidaysChanged(organizer_id=gathering.organizer_id))
    await worker.drain()
    async with database.write() as session:
        (await session.get_one(Commitment, handed_in.id)).fulfilment_status = FulfilmentStatus.SUBMITTED
    clock.freeze(at("07-20 08:00"))
    await worker.drain()
    found = kept(settings)
    assert set(found) == {"pengunjung@luwukab.go.id"}
    [said] = found["pengunjung@luwukab.go.id"]
    assert "Pengunjung perpustakaan: tenggat Jumat, 21 Juli 2023" in said
    assert "bukan sebuah perintah" in said
    async with database.read() as session:
        assert f"/portal/{factories.portal_token(session, agency)}" in said


async def test_an_hour_without_a_worker_drops_what_became_stale(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await make(database, worker, reminders=["hour"])
    await person(database, gathering)
    clock.freeze(at("07-03 09:50"))
    await worker.drain()
    async with database.read() as session:
        [reminder] = list(await session.exec(select(Reminder)))
    assert reminder.status is ReminderStatus.DROPPED
    assert kept(settings) == {}


async def test_a_rehearsed_reminder_goes_to_the_committee_alone_and_names_its_person(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await make(database, worker, reminders=["hour"], rehearsal=True)
    row = await person(database, gathering, name="Kepala Bidang Aptika")
    async with database.write() as session:
        (await factories.house_of(session, str(gathering.id))).committee_emails = ["panitia@luwukab.go.id"]
    clock.freeze(at("07-03 08:15"))
    await worker.drain()
    found = kept(settings)
    assert set(found) == {"panitia@luwukab.go.id"}
    [said] = found["panitia@luwukab.go.id"]
    assert said.startswith("[GLADI] Kegiatan segera dimulai")
    assert f"Penerima sebenarnya: Kepala Bidang Aptika ({row.email})" in said
    assert "/unsubscribe/" not in said


async def test_a_person_is_written_to_in_the_language_of_choice(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await make(database, worker, reminders=["hour"])
    row = await person(database, gathering, language="en")
    clock.freeze(at("07-03 08:15"))
    await worker.drain()
    assert kept(settings)[str(row.email)][0].startswith("The workshop begins soon: ")


async def test_the_committee_hears_whose_link_went_round_but_not_the_link(
    database: Database, worker: Worker, settings: Settings
) -> None:
    gathering = await make(database, worker)
    row = await person(database, gathering, name="Kepala Bidang Aptika", mode=Mode.ONLINE)
    async with database.write() as session:
        (await factories.house_of(session, str(gathering.id))).committee_emails = ["panitia@luwukab.go.id"]
        ids = {"organizer_id": row.organizer_id, "workshop_id": row.workshop_id, "registration_id": row.id}
        await outbox.record(session, LinkShared(**ids, places=5))
    await worker.drain()
    [said] = kept(settings)["panitia@luwukab.go.id"]
    assert said.startswith("Tautan pribadi dipakai dari banyak tempat: ")
    assert "Peserta: Kepala Bidang Aptika" in said
    assert "Banyaknya tempat: 5" in said
    assert "http" not in said
