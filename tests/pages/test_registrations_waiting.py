"""Why somebody waits, whose held seats an approval uses, and how somebody who was cancelled comes back."""

from httpx import AsyncClient
from sqlmodel import col, select

from service.db import Database
from service.models.organizers import Organizer, Role
from service.models.people import Organisation
from service.models.registrations import Registration, RegistrationStatus as Status
from service.models.workshops import Workshop
from tests.pages import public_world
from tests.pages.test_registrations_page import LIST, Committee
from tests.pages.world import signed_in
from tests.routers.test_quotas import House


async def committee(client: AsyncClient, database: Database) -> Committee:
    async with database.read() as session:
        house = (await session.exec(select(Organizer))).one()
    return Committee(client, *await signed_in(database, house, Role.ORGANIZER))


async def everybody(database: Database) -> list[Registration]:
    async with database.read() as session:
        return list(await session.exec(select(Registration).order_by(col(Registration.number))))


async def test_an_approval_uses_the_held_seats_of_the_organisation_and_the_page_says_why_others_wait(
    client: AsyncClient, database: Database
) -> None:
    house = await House.open(client, database, offline=2, approval=True)
    dinkes = await house.invite()
    for index, office in ((1, None), (2, "dinkes")):
        assert (await house.register(index, organisation=office))["status"] == "pending"
    staff = await committee(client, database)
    for row in await everybody(database):
        await staff.sends(f"{LIST}/{row.id}/approval")
    stranger, delegate = await everybody(database)
    assert (stranger.status, delegate.status) == (Status.WAITLISTED, Status.CONFIRMED)
    assert (str(delegate.invitation_id), delegate.quota_seat) == (dinkes["id"], True)
    assert (await house.read(dinkes))["held"]["offline"] == 1
    page = await staff.opened(f"{LIST}/{stranger.id}")
    assert "1 kursi yang masih kosong disisihkan bagi 1 instansi yang diundang sampai Jumat, 30 Juni 2023" in page
    assert "/staff/invitations?workshop=" in page
    assert "disisihkan bagi" not in await staff.opened(f"{LIST}/{delegate.id}")
    await house.enter(3, organisation="dinkes")
    assert "semua kursi untuk cara hadir ini sudah terisi" in await staff.opened(f"{LIST}/{stranger.id}")


async def test_the_committee_gives_a_seat_out_of_turn_and_everybody_else_keeps_turn_and_promise(
    client: AsyncClient, database: Database
) -> None:
    house = await House.open(client, database, offline=1)
    dinkes = await house.invite(quota={"offline": 1})
    for index in range(1, 5):
        assert (await house.enter(index))["status"] == "waitlisted"
    staff = await committee(client, database)
    _first, second, _third, fourth = await everybody(database)
    async with database.write() as session:
        moved = await session.get_one(Registration, second.id)
        moved.organisation_id = (await session.exec(select(Organisation.id).where(Organisation.code == "dinkes"))).one()
    page = await staff.opened(f"{LIST}/{fourth.id}")
    assert "Batas kursi (Luring) dinaikkan dari 1 menjadi 2" in page
    assert "3 orang yang menunggu lebih lama dilewati" in page
    unsaid = await staff.sends(f"{LIST}/{fourth.id}/seat", extra="yes")
    assert (unsaid.status_code, "Tuliskan alasannya." in unsaid.text) == (422, True)
    address = f"/api/v1/registrations/{fourth.id}/seat"
    assert (await client.post(address, json={"reason": "Narasumber"}, headers=house.key)).json()["code"] == "full"
    given = await staff.sends(f"{LIST}/{fourth.id}/seat", extra="yes", **{"reason-seat": "Utusan Bupati"})
    assert given.headers["location"] == f"{LIST}/{fourth.id}?done=seated"
    again = await client.post(address, json={"reason": "Utusan", "extra": True}, headers=house.key)
    assert (again.status_code, again.json()["code"]) == (409, "invalid_state")
    told = await staff.opened(f"{LIST}/{fourth.id}")
    assert "Kursi diberikan panitia di luar urutan, oleh Panitia Satu" in told
    assert "Utusan Bupati" in told
    # What is set aside for an organisation is for its own people only.
    assert (await house.read(dinkes))["held"]["offline"] == 1
    assert "langsung mendapat satu kursi yang masih kosong" in await staff.opened(f"{LIST}/{second.id}")
    await staff.sends(f"{LIST}/{second.id}/seat", **{"reason-seat": "Kursi instansinya"})
    await staff.sends(f"{LIST}/{fourth.id}/cancellation")
    assert [row.status for row in await everybody(database)] == [
        Status.CONFIRMED,
        Status.CONFIRMED,
        Status.WAITLISTED,
        Status.CANCELLED,
    ]
    seats = (await client.get(house.url, headers=house.key)).json()["capacity"]["offline"]
    assert (seats, (await house.read(dinkes))["held"]["offline"]) == ({"limit": 2, "taken": 2}, 0)


async def test_somebody_who_was_cancelled_is_registered_anew_with_what_is_known(
    client: AsyncClient, database: Database
) -> None:
    house = await House.open(client, database, offline=1)
    await house.enter(1, organisation="dinkes", position="Kepala Bidang", code="a-1", answers={})
    [row] = await everybody(database)
    staff = await committee(client, database)
    page = f"{LIST}/{row.id}"
    assert "/again" not in await staff.opened(page)
    assert (await staff.sends(f"{page}/again")).status_code == 409
    await staff.sends(f"{page}/cancellation")
    shown = await staff.opened(page)
    assert "Daftarkan kembali" in shown
    async with database.write() as session:
        gathering = (await session.exec(select(Workshop))).one()
        kept = (await session.exec(select(Registration))).one()
        gathering.questions = [{"code": "diet", "label": "Pantangan?", "kind": "text"}]
        kept.answers = {"diet": "Kacang", "dulu": "tidak ditanyakan lagi"}
    answer = await staff.sends(f"{page}/again")
    old, new = await everybody(database)
    assert answer.headers["location"] == f"{LIST}/{new.id}?done=again"
    assert (old.status, new.status, new.number) == (Status.CANCELLED, Status.CONFIRMED, 2)
    names = ("name", "email", "position", "organisation_id", "mode", "contact_key")
    assert [getattr(new, one) for one in names] == [getattr(old, one) for one in names]
    assert (new.answers, new.code) == ({"diet": "Kacang"}, None)
    assert "Peserta didaftarkan kembali" in await staff.opened(f"{LIST}/{new.id}?done=again")
    assert (await staff.sends(f"{page}/again")).status_code == 409
    assert len(await everybody(database)) == 2


async def test_whoever_registers_on_the_english_form_is_written_to_in_english(
    client: AsyncClient, database: Database
) -> None:
    world = await public_world.make(database)
    second = {"email": "lain@luwukab.go.id", "name": "Sekretaris"}
    for language, more in (("en", {}), ("id", second)):
        sent = await client.post(world.url, data=world.person | more, headers={"Accept-Language": language})
        assert sent.status_code == 303, sent.text
    assert [row.language for row in await public_world.registered(database)] == ["en", "id"]
