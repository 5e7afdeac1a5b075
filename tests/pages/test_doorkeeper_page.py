"""Whoever works at the door has a page of their own: one browser each, people by hand, and nothing beyond."""

import re
from dataclasses import dataclass
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from sqlmodel import col, select

from service import auth, clock
from service.auth import system
from service.db import Database
from service.domain import doorkeeping, staff as keeping
from service.errors import NotFound
from service.models.devices import Device
from service.models.devices_shapes import DeviceCreate
from service.models.organizers import Membership, Organizer, Role, Staff
from service.models.organizers_shapes import StaffPatch
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Workshop
from tests import factories
from tests.factories import at
from tests.pages.reading import faults

PAGE = "/staff/my-door"


@dataclass
class Keeper:
    """Somebody with the role door, signed in, and the workshop that is theirs; another one is not."""

    client: AsyncClient
    house: Organizer
    mine: Workshop
    other: Workshop
    staff: Staff
    cookie: dict[str, str]
    csrf: str

    async def post(self, path: str, **typed: str) -> Response:
        return await self.client.post(PAGE + path, data={"csrf": self.csrf, **typed}, headers=self.cookie)

    async def token(self) -> str:
        """Of a browser paired now."""
        answer = await self.post(f"/{self.mine.id}/browser", browser="Pintu timur")
        path, _hash, token = answer.headers["location"].partition("#")
        assert (answer.status_code, path) == (303, "/checkin")
        return token


@pytest.fixture
async def keeper(client: AsyncClient, database: Database) -> Keeper:
    clock.freeze(at("07-03 09:30"))
    async with database.write() as session:
        house = await factories.organizer(session)
        mine, other = [await factories.workshop(session, house) for _number in range(2)]
        person = await factories.staff(session, house, Role.DOOR)
        membership = (await session.exec(select(Membership).where(Membership.staff_id == person.id))).one()
        membership.workshops = [str(mine.id)]
        await factories.organisation(session, house, "dishub", name="Dinas Perhubungan")
        cookie, row = await auth.open_session(session, person, house.id)
        return Keeper(client, house, mine, other, person, {"Cookie": f"bimtek={cookie}"}, row.csrf)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_door_role_lands_on_its_own_page_and_on_no_other(keeper: Keeper) -> None:
    home = await keeper.client.get("/staff", headers=keeper.cookie)
    assert (home.status_code, home.headers["location"]) == (303, PAGE)
    page = (await keeper.client.get(PAGE, headers=keeper.cookie)).text
    assert faults(page, "id") == []
    assert (str(keeper.mine.id) in page, str(keeper.other.id) in page) == (True, False)
    menu = re.findall(r'<nav class="staff-nav.*?</nav>', page, re.DOTALL)
    assert re.findall(r'href="([^"]+)"', "".join(menu)) == [PAGE, "/staff/account"]
    for path in (f"?workshop={keeper.other.id}", f"?workshop={uuid4()}"):
        assert (await keeper.client.get(PAGE + path, headers=keeper.cookie)).status_code == 404
    for path in (f"/{keeper.other.id}/browser", f"/{keeper.other.id}/checkins"):
        answer = await keeper.post(path, browser="X", nonce=str(uuid4()), person=str(uuid4()))
        assert answer.status_code == 404
    for path in ("/staff/door", "/staff/invitations", "/staff/organisations"):
        assert (await keeper.client.get(path, headers=keeper.cookie)).status_code == 403


async def test_a_paired_browser_opens_the_door_as_long_as_its_owner_may(keeper: Keeper, database: Database) -> None:
    tokens = [await keeper.token() for _number in range(5)]
    full = await keeper.post(f"/{keeper.mine.id}/browser", browser="Keenam")
    assert (full.status_code, "Lepas peramban yang tidak dipakai" in full.text) == (409, True)

    async def opens(token: str) -> int:
        return (await keeper.client.get("/api/v1/device", headers=factories.bearer(token))).status_code

    assert [await opens(one) for one in tokens] == [200] * 5
    async with database.read() as session:
        devices = (await session.exec(select(Device))).all()
    released = await keeper.post(f"/browsers/{devices[0].id}/release")
    assert released.headers["location"].endswith("done=released")
    assert sum([await opens(one) == 401 for one in tokens]) == 1
    async with database.write() as session:
        actor = system(keeper.house.id)
        member = await keeping.find_member(session, actor, keeper.staff.id, lock=True)
        await keeping.change_member(session, actor, member, StaffPatch(workshops=[keeper.mine.id, keeper.other.id]))
    assert sum([await opens(one) == 401 for one in tokens]) == 1
    async with database.write() as session:
        member = await keeping.find_member(session, actor, keeper.staff.id, lock=True)
        late = await auth.staff_session(session, keeper.cookie["Cookie"].partition("=")[2])
        await keeping.change_member(session, actor, member, StaffPatch(workshops=[keeper.other.id]))
    assert [await opens(one) for one in tokens] == [401] * 5
    assert late is not None
    with pytest.raises(NotFound):  # the request was let in just before the door was taken away
        async with database.write() as session:
            await doorkeeping.pair(session, late, keeper.mine.id, DeviceCreate(name="Pintu timur"))


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_nobody_releases_the_browser_of_somebody_else(keeper: Keeper, database: Database) -> None:
    async with database.write() as session:
        theirs, headers = await factories.device(session, keeper.mine)
    assert (await keeper.post(f"/browsers/{theirs.id}/release")).status_code == 404
    assert (await keeper.client.get("/api/v1/device", headers=headers)).status_code == 200


async def test_people_are_found_and_recorded_by_hand_once_and_it_can_be_undone(
    keeper: Keeper, database: Database
) -> None:
    async with database.write() as session:
        camat = await factories.registration(session, keeper.mine, name="Camat Bua", phone="+6281200000009")
        waits = await factories.registration(
            session, keeper.mine, name="Camat Belopa", status=RegistrationStatus.WAITLISTED
        )
        await factories.registration(session, keeper.other, name="Camat Walenrang")
    found = (await keeper.client.get(f"{PAGE}?workshop={keeper.mine.id}&q=camat", headers=keeper.cookie)).text
    assert (re.findall(r'name="person" value="([^"]+)"', found), faults(found, "id")) == (
        [str(waits.id), str(camat.id)],
        [],
    )
    assert (camat.email or "") not in found
    assert "81200000009" not in found
    record, nonce = f"/{keeper.mine.id}/checkins", str(uuid4())
    for typed, said in (
        ({"person": str(camat.id), "nonce": nonce}, "Camat Bua tercatat hadir."),
        ({"person": str(camat.id), "nonce": nonce}, "Camat Bua tercatat hadir."),
        ({"person": str(camat.id), "nonce": str(uuid4())}, "Camat Bua sudah tercatat sejak"),
        ({"person": str(waits.id), "nonce": str(uuid4())}, "Camat Belopa belum terkonfirmasi."),
        ({"person": str(waits.id), "nonce": str(uuid4()), "reason": "Atas izin panitia"}, "Camat Belopa tercatat"),
    ):
        page = await keeper.client.get((await keeper.post(record, **typed)).headers["location"], headers=keeper.cookie)
        assert said in page.text
    [undo] = re.findall(rf'action="{PAGE}(/checkins/[\w-]+/undo)"', page.text)
    undone = await keeper.post(undo)
    assert "dibatalkan" in (await keeper.client.get(undone.headers["location"], headers=keeper.cookie)).text


async def test_a_walk_in_of_a_listed_organisation_belongs_to_it(keeper: Keeper, database: Database) -> None:
    record = f"/{keeper.mine.id}/checkins"
    for typed, field in (({}, "walk-in-name"), ({"walk-in-name": "Tamu"}, "organisation")):
        refused = await keeper.post(record, nonce=str(uuid4()), **typed)
        assert (refused.status_code, re.findall(r'<li><a href="#([\w-]+)">', refused.text)) == (422, [field])
    typed = {"walk-in-name": "Kepala Seksi Terminal", "organisation": "dinas  PERHUBUNGAN", "nonce": str(uuid4())}
    assert (await keeper.post(record, **typed)).status_code == 303
    async with database.read() as session:
        row = (await session.exec(select(Registration))).one()
    assert (row.walk_in, row.organisation_id is not None, row.organisation_name) == (True, True, None)
    assert (await keeper.post(record, person="x", nonce="y")).status_code == 400


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_walk_in_like_somebody_registered_is_asked_about_and_one_undone_leaves_nobody(
    keeper: Keeper, database: Database
) -> None:
    async with database.write() as session:
        known = await factories.registration(session, keeper.mine, name="Sekretaris, S.Sos.")
        known.organisation_name = "Kecamatan Bua"
        session.add(known)
    record = f"/{keeper.mine.id}/checkins"
    typed = {"walk-in-name": "SEKRETARIS", "organisation": "kecamatan bua", "nonce": str(uuid4())}
    asked = await keeper.post(record, **typed)
    assert (asked.status_code, faults(asked.text, "id")) == (409, [])
    assert ("Apakah orang ini yang dimaksud?" in asked.text, f"Nomor {known.number}" in asked.text) == (True, True)
    assert re.findall(r'name="person" value="([^"]+)"', asked.text) == [str(known.id)]
    assert (await keeper.post(record, **typed | {"organisation": "Dinas Perhubungan"})).status_code == 303
    await keeper.post(record, **typed | {"another": "yes", "nonce": str(uuid4())})
    done = await keeper.post(record, **typed | {"another": "yes", "nonce": (third := str(uuid4()))})
    repeated = await keeper.post(record, **typed | {"nonce": third})
    assert repeated.headers["location"] == done.headers["location"]
    page = (await keeper.client.get(done.headers["location"], headers=keeper.cookie)).text
    [undo] = re.findall(rf'action="{PAGE}(/checkins/[\w-]+/undo)"', page)
    undone = (await keeper.client.get((await keeper.post(undo)).headers["location"], headers=keeper.cookie)).text
    assert "Pendaftarannya sebagai peserta langsung ikut dibatalkan." in undone
    async with database.read() as session:
        arrived = select(Registration).where(col(Registration.walk_in)).order_by(col(Registration.id))
        people = (await session.exec(arrived)).all()
    assert [(one.status, one.holds_seat) for one in people] == [
        (RegistrationStatus.CONFIRMED, True),
        (RegistrationStatus.CONFIRMED, True),
        (RegistrationStatus.CANCELLED, False),
    ]
