"""The page behind an invitation's link: what the organisation sees and does there without an account."""

import asyncio
import re

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.auth import system
from service.db import Database
from service.domain import invitations, inviting
from service.models.invitations import Invitation, InvitationStatus
from service.models.invitations_shapes import InvitationCreate, Quota
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Modality, Mode, Workshop, WorkshopStatus
from service.settings import Settings
from tests import factories
from tests.factories import at

SECRETARY = {"do": "add", "name": "Sekretaris Dinas", "email": "sekretaris@luwukab.go.id", "mode": "offline"}
PLANNER = {"do": "add", "name": "Kasubag Perencanaan", "phone": "0812-0000-0002", "mode": "online"}


async def invited(database: Database, modality: Modality = Modality.HYBRID, *, full: bool = False) -> str:
    """The path of an invitation for two in the hall and one online, until 1 July."""
    async with database.write() as session:
        house = await factories.organizer(session, committee_emails=["panitia@luwukab.go.id"])
        gathering = await factories.workshop(
            session, house, offline=0 if full else 50, modality=modality, venue_name="Aula Bappelitbangda"
        )
        agency = await factories.organisation(session, house, "dinkes", name="Dinas Kesehatan")
        data = InvitationCreate(
            organisation=agency.code,
            quota=Quota(offline=2, online=1),
            letter_number="005/12/Diskominfo-SP",
            deadline=at("07-01 16:00"),
        )
        row = await inviting.invite(session, system(house.id), gathering.id, data)
        return invitations.link_of(session, row).removeprefix("http://127.0.0.1:8000")


def delegates(page: str) -> list[str]:
    """Where the pages of the named delegates stand."""
    return re.findall(r'href="(/invitations/[^"/]+/delegates/[^"]+)"', page)


async def people(database: Database) -> list[tuple[str, RegistrationStatus]]:
    async with database.read() as session:
        rows = await session.exec(select(Registration).order_by("number"))
        return [(row.name, row.status) for row in rows]


async def test_the_page_says_who_is_invited_to_what_until_when_and_for_how_many(
    client: AsyncClient, database: Database
) -> None:
    path = await invited(database)
    page = await client.get(path)
    assert page.status_code == 200
    for said in (
        "Undangan untuk Dinas Kesehatan",
        "005/12/Diskominfo-SP",
        "Sabtu, 1 Juli 2023, pukul 16.00 WITA",
        "Aula Bappelitbangda",
        "0 dari kuota 2 sudah ditunjuk",
        "0 dari kuota 1 sudah ditunjuk",
        "2 kursi luring, 1 kursi daring disediakan sampai Sabtu, 1 Juli 2023, pukul 16.00 WITA; sesudahnya kembali",
    ):
        assert said in page.text
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    [workshop_page] = re.findall(r'href="(/w/[^"]+)"', page.text)
    assert (await client.get(workshop_page)).status_code == 200


@pytest.mark.parametrize("number", ["005/12/Diskominfo-SP", None])
async def test_the_letter_can_be_read_before_it_has_a_number_too(
    client: AsyncClient, database: Database, number: str | None
) -> None:
    path = await invited(database)
    async with database.write() as session:
        (await session.exec(select(Invitation))).one().letter_number = number
    assert f'href="{path}/letter.pdf"' in (await client.get(path)).text
    letter = await client.get(f"{path}/letter.pdf")
    assert (letter.status_code, letter.content[:5]) == (200, b"%PDF-")
    assert letter.headers["cache-control"] == "no-store"


async def test_a_delegate_is_named_and_taken_back(client: AsyncClient, database: Database) -> None:
    path = await invited(database)
    added = await client.post(path, data=SECRETARY)
    assert (added.status_code, added.headers["location"]) == (303, f"{path}?done=added")
    await client.post(path, data=PLANNER)
    page = (await client.get(added.headers["location"])).text
    assert "Peserta sudah ditunjuk" in page
    assert "1 dari kuota 2 sudah ditunjuk" in page
    first, _second = delegates(page)
    assert "Ya, batalkan penunjukan Sekretaris Dinas" in (await client.get(first)).text
    taken = await client.post(first, data={"do": "withdraw"})
    assert taken.headers["location"] == f"{path}?done=withdrawn"
    assert (await client.get(first)).status_code == 404
    assert await people(database) == [
        ("Sekretaris Dinas", RegistrationStatus.CANCELLED),
        ("Kasubag Perencanaan", RegistrationStatus.CONFIRMED),
    ]


async def test_two_who_name_somebody_at_once_lose_nobody(client: AsyncClient, database: Database) -> None:
    path = await invited(database)
    await asyncio.gather(client.post(path, data=SECRETARY), client.post(path, data=PLANNER))
    assert {status for _name, status in await people(database)} == {RegistrationStatus.CONFIRMED}
    assert len(await people(database)) == 2


async def test_beyond_the_quota_nobody_is_named_and_the_page_says_why(client: AsyncClient, database: Database) -> None:
    path = await invited(database)
    await client.post(path, data=PLANNER)
    answer = await client.post(path, data={**SECRETARY, "mode": "online"})
    assert answer.status_code == 409
    assert "Kuota undangan terlampaui" in answer.text
    assert 'value="Sekretaris Dinas"' in answer.text
    assert re.search(r'value="online"[^>]* disabled', answer.text)
    assert await people(database) == [("Kasubag Perencanaan", RegistrationStatus.CONFIRMED)]


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"name": ""}, "name", "Tuliskan nama lengkap."),
        ({"mode": ""}, "mode", "Pilih cara hadir."),
        ({"email": ""}, "email", "Isi alamat surel atau nomor telepon."),
        ({"email": "bukan surel"}, "email", "Isi dengan alamat surel, misalnya nama@contoh.go.id."),
        ({"do": "decline"}, "reason", "Tuliskan alasan secara singkat."),
    ],
)
async def test_what_is_missing_is_said_at_its_field(
    client: AsyncClient, database: Database, typed: dict[str, str], field: str, said: str
) -> None:
    answer = await client.post(await invited(database), data={**SECRETARY, **typed})
    assert answer.status_code == 422
    assert f'<a href="#{field}">{said}</a>' in answer.text
    assert await people(database) == []


async def test_declining_takes_delegates_back_and_naming_one_again_reopens(
    client: AsyncClient, database: Database
) -> None:
    path = await invited(database)
    await client.post(path, data=SECRETARY)
    await client.post(path, data={"do": "decline", "reason": "Bertugas di luar daerah"})
    page = (await client.get(path)).text
    assert "Alasan: Bertugas di luar daerah" in page
    assert "Belum ada peserta yang ditunjuk." in page
    await client.post(path, data=PLANNER)
    async with database.read() as session:
        assert (await session.exec(select(Invitation.status))).one() is InvitationStatus.SENT


async def test_after_the_deadline_the_page_has_no_form_and_takes_no_answer(
    client: AsyncClient, database: Database
) -> None:
    path = await invited(database)
    clock.freeze(at("07-01 16:01"))
    page = (await client.get(path)).text
    assert "Batas waktu undangan sudah lewat" in page
    assert 'href="mailto:panitia@luwukab.go.id"' in page
    assert "disediakan sampai" not in page
    assert "<form" not in page
    assert (await client.post(path, data=SECRETARY)).status_code == 409
    assert await people(database) == []


async def test_a_cancelled_workshop_is_said_to_be_cancelled(client: AsyncClient, database: Database) -> None:
    path = await invited(database)
    async with database.write() as session:
        gathering = (await session.exec(select(Workshop))).one()
        gathering.status, gathering.cancellation_reason = WorkshopStatus.CANCELLED, "Aula dipakai untuk pengungsian"
    page = (await client.get(path)).text
    assert "Kegiatan dibatalkan. Aula dipakai untuk pengungsian" in page
    assert "Batas waktu undangan" not in page
    assert "<form" not in page


async def test_only_offered_modes_are_asked_for(client: AsyncClient, database: Database) -> None:
    page = (await client.get(await invited(database, Modality.OFFLINE))).text
    assert re.findall(r'name="mode" value="(\w+)"', page) == ["offline"]


async def test_a_button_that_does_not_exist_does_nothing(client: AsyncClient, database: Database) -> None:
    path = await invited(database)
    await client.post(path, data=SECRETARY)
    [delegate] = delegates((await client.get(path)).text)
    for address in (path, delegate):
        answers = [await client.post(address, data=typed) for typed in ({}, {"do": "publish"})]
        assert [answer.status_code for answer in answers] == [400, 400]
    assert (await client.post(f"{path}/delegates/{factories.some_id()}", data={"do": "withdraw"})).status_code == 404
    assert await people(database) == [("Sekretaris Dinas", RegistrationStatus.CONFIRMED)]


async def test_a_delegates_post_and_way_of_attending_are_changed(client: AsyncClient, database: Database) -> None:
    path = await invited(database)
    await client.post(path, data={**SECRETARY, "represents": "Kepala Dinas"})
    [delegate] = delegates((await client.get(path)).text)
    assert 'value="Kepala Dinas"' in (await client.get(delegate)).text
    known = {"name": "Sekretaris Dinas", "email": "sekretaris@luwukab.go.id"}
    done = await client.post(delegate, data={"do": "change", "position": "Sekretaris", "mode": "online", **known})
    assert done.headers["location"] == f"{path}?done=changed"
    async with database.read() as session:
        row = (await session.exec(select(Registration))).one()
    assert (row.position, row.represents, row.mode) == ("Sekretaris", None, Mode.ONLINE)
    assert row.email == "sekretaris@luwukab.go.id"


async def test_a_typing_error_in_a_delegates_name_and_contact_is_put_right(
    client: AsyncClient, database: Database
) -> None:
    path = await invited(database)
    await client.post(path, data={**PLANNER, "email": "kasubak@luwukab.go.id"})
    [delegate] = delegates((await client.get(path)).text)
    page = (await client.get(delegate)).text
    shown = dict(re.findall(r'name="(name|email|phone)"[^>]* value="([^"]+)"', page))
    assert (shown["name"], shown["email"]) == ("Kasubag Perencanaan", "kasubak@luwukab.go.id")
    assert "0002" in shown["phone"]
    assert "tautan dan tiket baru dikirim" in page
    right = shown | {"do": "change", "mode": "online", "name": "Kepala Subbagian", "email": "kasubag@luwukab.go.id"}
    for wrong, field in (({"name": ""}, "name"), ({"email": "", "phone": ""}, "email"), ({"phone": "x12"}, "phone")):
        refused = await client.post(delegate, data=right | wrong)
        assert (refused.status_code, f'<a href="#{field}">' in refused.text) == (422, True)
    assert (await client.post(delegate, data=right)).headers["location"] == f"{path}?done=changed"
    async with database.read() as session:
        row = (await session.exec(select(Registration))).one()
    assert (row.name, row.email, row.phone) == ("Kepala Subbagian", "kasubag@luwukab.go.id", "+6281200000002")
    assert row.link_version == 2


async def test_a_delegate_is_replaced_on_the_same_seat(client: AsyncClient, database: Database) -> None:
    path = await invited(database)
    await client.post(path, data=PLANNER)
    [delegate] = delegates((await client.get(path)).text)
    refused = await client.post(delegate, data={"do": "replace", "new_name": "Kepala Seksi"})
    assert refused.status_code == 422
    assert '<a href="#new_email">Isi alamat surel atau nomor telepon.</a>' in refused.text
    assert 'value="Kepala Seksi"' in refused.text
    done = await client.post(delegate, data={"do": "replace", "new_name": "Kepala Seksi", "new_phone": "081200000003"})
    assert "Peserta sudah diganti pada kursi yang sama." in (await client.get(done.headers["location"])).text
    assert await people(database) == [
        ("Kasubag Perencanaan", RegistrationStatus.CANCELLED),
        ("Kepala Seksi", RegistrationStatus.CONFIRMED),
    ]


async def test_who_has_to_wait_is_said_to_wait_and_all_or_none_can_be_asked_for(
    client: AsyncClient, database: Database
) -> None:
    path = await invited(database, full=True)
    assert "Untuk kuota selebihnya kursi belum tersedia" in (await client.get(path)).text
    queued = await client.post(path, data=SECRETARY)
    page = (await client.get(queued.headers["location"])).text
    assert "berada pada daftar tunggu, karena kursi sedang penuh" in page
    assert "<p>Peserta sudah ditunjuk. " not in page
    for typed, done, kept in (({"together": "yes"}, "together", True), ({}, "singly", False)):
        answer = await client.post(path, data={"do": "together", **typed})
        assert answer.headers["location"] == f"{path}?done={done}"
        async with database.read() as session:
            assert (await session.exec(select(Invitation.all_or_none))).one() is kept
    assert await people(database) == [("Sekretaris Dinas", RegistrationStatus.WAITLISTED)]


async def test_phones_are_masked_since_links_are_passed_on(client: AsyncClient, database: Database) -> None:
    path = await invited(database)
    await client.post(path, data=PLANNER)
    page = (await client.get(path)).text
    assert "0002" in page
    assert "81200000002" not in page + (await client.get(delegates(page)[0])).text


async def test_a_dead_link_opens_nothing(client: AsyncClient, database: Database) -> None:
    path = await invited(database)
    async with database.write() as session:
        (await session.exec(select(Invitation))).one().link_version += 1
    for dead in (path, "/invitations/x", f"/invitations/{'a' * 43}"):
        answers = [await client.get(dead), await client.post(dead, data=SECRETARY)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert "Dinas Kesehatan" not in answers[0].text + answers[1].text


async def test_looking_changes_nothing_and_the_demo_says_that_it_is_one(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    path = await invited(database)
    settings.now = clock.now()
    assert "Mode demo" in (await client.get(f"{path}?done=added")).text
    await client.head(path)
    assert await people(database) == []
