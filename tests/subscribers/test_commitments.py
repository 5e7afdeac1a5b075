"""Who hears what about promised data: the organisation what is asked and decided, the committee what waits for it."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from sqlmodel import select

from service import clock, outbox
from service.auth import system
from service.clients import mail as mail_client
from service.db import Database
from service.domain import (
    commitments,
    commitments_notices,
    commitments_remarks,
    letters as letters_domain,
    portal_links,
    submissions,
)
from service.domain.due_dates import FOLLOWED
from service.domain.submissions_review import accept, send_back
from service.events import DueDatesMoved
from service.models.commitments import Axis, Commitment, CommitmentHistory, Submission
from service.models.commitments_shapes import (
    ExtensionDecision,
    ExtensionRequest,
    ReasonGiven,
    RemarkCreate,
    SubmissionFields,
)
from service.models.messages import Message, MessageStatus, Occasion
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.portal_links_shapes import PortalLinkCreate
from service.models.workshops import Workshop
from service.settings import Settings
from service.tokens import new_id
from service.worker import Worker
from tests import factories
from tests.factories import at
from tests.support import promises
from tests.support.promises import Scene

OFFICE, COMMITTEE = "umum@luwukab.go.id", "panitia@luwukab.go.id"


async def world(database: Database, **values: Any) -> Scene:
    """A house with a committee, and an agency that can be reached."""
    async with database.write() as session:
        made = await promises.scene(session)
        (await session.get_one(Organizer, made.house.id)).committee_emails = [COMMITTEE]
        (await session.get_one(Organisation, made.agency.id)).contacts = [{"email": OFFICE}]
        for name, value in values.items():
            setattr(await session.get_one(Workshop, made.workshop.id), name, value)
    return made


def letters(settings: Settings) -> list[EmailMessage]:
    """Every mail so far, in the order of sending."""
    folder = mail_client.folder(settings)
    paths = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns) if folder.exists() else []
    return [message_from_bytes(path.read_bytes(), EmailMessage, policy=policy.default) for path in paths]


def said(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body
    return f"{message['Subject']}\n{body.get_content()}".replace("\r\n", "\n")


def told(settings: Settings, worth: str) -> list[tuple[str, str]]:
    """To whom and what, of the mails whose subject begins so."""
    return [(str(one["To"]), said(one)) for one in letters(settings) if str(one["Subject"]).startswith(worth)]


async def ask(database: Database, scene: Scene, **values: Any) -> Commitment:
    async with database.write() as session:
        return await scene.ask(session, **values)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_story_of_one_commitment_is_told_to_the_side_that_has_to_know(
    database: Database, worker: Worker, settings: Settings
) -> None:
    scene = await world(database)
    row = await ask(database, scene)
    await worker.drain()
    [(to, request)] = told(settings, "Permintaan data")
    assert (to, "Data: tenggat Jumat, 14 Juli 2023" in request, "sukarela" in request) == (OFFICE, True, True)

    agency = scene.agency_actor()
    async with database.write() as session:
        later = ExtensionRequest(until=at("07-28 00:00").date(), reason="Menunggu rekapitulasi kecamatan")
        await commitments.ask_extension(session, agency, row.id, later)
        await commitments_remarks.say(session, agency, row.id, RemarkCreate(text="Apakah data 2022 juga perlu?"))
    await worker.drain()
    [(to, asked)] = told(settings, "Permohonan tenggat lain")
    assert to == COMMITTEE
    for part in ("Jumat, 28 Juli 2023", "Menunggu rekapitulasi kecamatan", scene.agency.name, f"/commitments/{row.id}"):
        assert part in asked
    [(to, remark)] = told(settings, "Catatan tentang data")
    assert to == COMMITTEE
    assert "\u201cApakah data 2022 juga perlu?\u201d" in remark
    assert "/portal/" not in asked + remark

    async with database.write() as session:
        await commitments.refuse_extension(session, scene.actor, row.id, ReasonGiven(reason="Evaluasi 20 Juli"))
        await commitments_remarks.say(session, scene.actor, row.id, RemarkCreate(text="Cukup data 2023."))
    await worker.drain()
    [(to, refused)] = told(settings, "Tenggat data")
    assert to == OFFICE
    assert "belum dapat dipenuhi" in refused
    assert "Tenggat tetap: Jumat, 14 Juli 2023." in refused
    assert "Alasan: Evaluasi 20 Juli" in refused
    assert [to for to, _text in told(settings, "Catatan tentang data")] == [COMMITTEE, OFFICE]

    async with database.write() as session:
        await commitments.extend(
            session, scene.actor, row.id, ExtensionDecision(until=at("07-21 00:00").date(), reason="Disepakati")
        )
        first = await submissions.submit(session, agency, row.id, SubmissionFields(), url="https://data.contoh.go.id/1")
        file = {"size": 1, "sha256": "0" * 64, "media_type": "text/csv", "path": "aa/bb"}
        (await session.get_one(Submission, first.id)).files = [
            file | {"name": name} for name in ("luas.csv", "panen.csv")
        ]
        remarks = {"unit": "Mohon diisi.", "files/1": "Kolom kosong."}
        await send_back(session, scene.actor, first.id, "Satuan belum ada", remarks)
    await worker.drain()
    assert "Tenggat yang baru: Jumat, 21 Juli 2023." in told(settings, "Tenggat data")[-1][1]
    [(to, again)] = told(settings, "Data dikembalikan untuk perbaikan")
    assert to == OFFICE
    assert "Alasan: Satuan belum ada" in again
    assert "Catatan untuk Satuan: Mohon diisi." in again
    assert "Catatan untuk luas.csv: Kolom kosong." in again
    assert f"/commitments/{row.id}" in again

    async with database.write() as session:
        data = SubmissionFields(complete=False)
        second = await submissions.submit(session, agency, row.id, data, url="https://data.contoh.go.id/2")
        await accept(session, scene.actor, second.id)
    await worker.drain()
    [(to, accepted)] = told(settings, "Data diterima")
    assert (to, "diserahkan sebagian" in accepted) == (OFFICE, True)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_what_is_no_longer_true_is_not_said(database: Database, worker: Worker, settings: Settings) -> None:
    scene = await world(database)
    row = await ask(database, scene)
    async with database.write() as session:
        handed = await submissions.submit(
            session, scene.agency_actor(), row.id, SubmissionFields(), url="https://data.contoh.go.id/1"
        )
        await accept(session, scene.actor, handed.id)
        await send_back(session, scene.actor, handed.id, "Belum lengkap", {})
        await commitments.decline(session, scene.actor, row.id, ReasonGiven(reason="Tidak tersedia"))
    await worker.drain()
    assert letters(settings) == []
    async with database.read() as session:
        found = {one.occasion: one.status for one in await session.exec(select(Message))}
    assert found == {
        Occasion.DATA_REQUESTED: MessageStatus.DROPPED,
        Occasion.SUBMISSION_ACCEPTED: MessageStatus.DROPPED,
        Occasion.SUBMISSION_RETURNED: MessageStatus.DROPPED,
    }


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_one_act_brings_one_message_that_names_everything_and_each_contact_its_own_link(
    database: Database, worker: Worker, settings: Settings
) -> None:
    scene = await world(database)
    async with database.write() as session:
        for address in ("kasubag@luwukab.go.id", "bidang@luwukab.go.id"):
            await portal_links.add(session, scene.actor, scene.agency.code, PortalLinkCreate(label="x", email=address))
    rows = [await ask(database, scene), await ask(database, scene)]
    await ask(database, scene)
    await worker.drain()
    async with database.write() as session:
        for row in rows:
            entry = CommitmentHistory(
                commitment_id=row.id, axis=Axis.DUE_DATE, by=FOLLOWED, before="2023-07-07", after="2023-07-14"
            )
            session.add(entry)
        ids = {"organizer_id": scene.house.id, "workshop_id": scene.workshop.id, "organisation_id": scene.agency.id}
        batch = new_id()
        await outbox.record_all(session, [DueDatesMoved(**ids, batch_id=batch), DueDatesMoved(**ids, batch_id=batch)])
    await worker.drain()
    moved = told(settings, "Perubahan tenggat data")
    assert sorted(to for to, _text in moved) == ["bidang@luwukab.go.id", "kasubag@luwukab.go.id", OFFICE]
    links = {line for _to, text in moved for line in text.splitlines() if "/portal/" in line}
    assert len(links) == 3
    assert all(text.count("Data: tenggat Jumat, 14 Juli 2023; semula Jumat, 7 Juli 2023") == 2 for _to, text in moved)
    async with database.read() as session:
        own = (await portal_links.with_mail(session, [scene.agency.id]))[scene.agency.id]
        assert {portal_links.address(session, one) for one in own} < links
    async with database.write() as session:
        await portal_links.revoke(session, scene.actor, own[0].id)
    await ask(database, scene)
    await worker.drain()
    requested = [to for to, _text in told(settings, "Permintaan data")]
    assert (len(requested), requested.count(own[0].email or "")) == (5, 1)
    async with database.read() as session:
        made = await session.exec(select(Message).where(Message.portal_link_id == own[0].id))
        assert [await letters_domain.facts(session, one) for one in made] == [None] * 2


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_several_requests_in_a_row_are_told_once_and_a_later_one_names_what_is_new_first(
    database: Database, worker: Worker, settings: Settings
) -> None:
    scene = await world(database)
    long_ago = at("06-01 00:00").date()
    asked = [await ask(database, scene, due_date=long_ago) for _turn in range(3)]
    await worker.drain()
    [(_to, first)] = told(settings, "Permintaan data")
    assert first.count("Data: tenggat Kamis, 1 Juni 2023") == 3
    assert "terlambat" not in first
    for day in (28, 29, 30):
        async with database.write() as session:
            later = ExtensionRequest(until=at(f"07-{day} 00:00").date(), reason="Menunggu rekapitulasi")
            await commitments.ask_extension(session, scene.agency_actor(), asked[0].id, later)
    await worker.drain()
    [(_to, wanted)] = told(settings, "Permohonan tenggat lain")
    assert "Minggu, 30 Juli 2023" in wanted

    clock.freeze(at("06-22 09:00"))
    await ask(database, scene, due_date=long_ago)
    await worker.drain()
    second = told(settings, "Permintaan data")[-1][1]
    lines = [line for line in second.splitlines() if line.startswith("Data: ")]
    assert lines == [
        "Data: baru diminta, tenggat Kamis, 1 Juni 2023",
        *["Data: tenggat Kamis, 1 Juni 2023 (terlambat 15 hari kerja)"] * 3,
    ]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_in_rehearsal_the_committee_reads_what_the_organisation_would(
    database: Database, worker: Worker, settings: Settings
) -> None:
    scene = await world(database, rehearsal=True)
    await ask(database, scene)
    await worker.drain()
    [(to, text)] = told(settings, "[GLADI] Permintaan data")
    assert to == COMMITTEE
    assert f"Penerima sebenarnya: {scene.agency.name} ({OFFICE})" in text


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_whoever_is_reminded_by_hand_is_reminded_once_a_day(
    database: Database, worker: Worker, settings: Settings
) -> None:
    scene = await world(database)
    await ask(database, scene, due_date=at("06-16 00:00").date())
    await ask(database, scene, organisation=scene.other.code)
    await worker.drain()
    async with database.write() as session:
        quiet = await factories.organisation(session, scene.house, "tenang")
    told_now = []
    for code in (None, scene.agency.code, quiet.code):
        async with database.write() as session:
            told_now.append(await commitments_notices.remind(session, scene.actor, scene.workshop.id, code))
    assert told_now[0].reminded == [scene.agency.code]
    assert told_now[0].skipped == {scene.other.code: "unreachable"}
    assert told_now[1].skipped == {scene.agency.code: "reminded_today"}
    assert told_now[2].skipped == {"tenang": "nothing_owed"}
    await worker.drain()
    [(to, text)] = told(settings, "Pengingat penyerahan data")
    assert to == OFFICE
    assert "Data: tenggat Jumat, 16 Juni 2023 (terlambat 2 hari kerja)" in text
    clock.freeze(at("06-21 09:00"))
    async with database.write() as session:
        again = await commitments_notices.remind(session, system(scene.house.id), scene.workshop.id)
    assert again.reminded == [scene.agency.code]


async def test_overdue_data_is_asked_for_every_monday_and_what_waits_is_told_every_working_morning(
    database: Database, worker: Worker, settings: Settings
) -> None:
    scene = await world(database)
    row = await ask(database, scene)
    other = await ask(database, scene)
    await worker.drain()
    clock.freeze(at("07-14 09:00"))
    await worker.drain()
    for day in ("07-17 08:00", "07-18 08:00", "07-24 08:00"):
        clock.freeze(at(day))
        await worker.drain()
    late = told(settings, "Data yang melewati tenggat")
    assert [to for to, _text in late] == [OFFICE, OFFICE]
    assert "(terlambat 1 hari kerja)" in late[0][1]
    assert late[1][1].count("tenggat Jumat, 14 Juli 2023 (terlambat 6 hari kerja)") == 2
    assert "bukan sebuah perintah" in late[1][1]
    async with database.write() as session:
        for one in (row, other):
            handed = await submissions.submit(
                session, scene.agency_actor(), one.id, SubmissionFields(), url="https://data.contoh.go.id/1"
            )
    await worker.drain()
    assert told(settings, "Data menunggu verifikasi") == []
    for day in ("07-25 08:00", "07-26 08:00"):
        clock.freeze(at(day))
        await worker.drain()
    digests = told(settings, "Data menunggu verifikasi")
    assert [to for to, _text in digests] == [COMMITTEE, COMMITTEE]
    assert f"{scene.agency.name}: 2 data, sejak Senin, 24 Juli 2023 (2 hari kerja)" in digests[1][1]
    async with database.write() as session:
        await accept(session, scene.actor, handed.id)
    for day in ("07-27 08:00", "07-31 08:00"):
        clock.freeze(at(day))
        await worker.drain()
    assert len(told(settings, "Data yang melewati tenggat")) == 2
    assert "1 data" in told(settings, "Data menunggu verifikasi")[-1][1]
