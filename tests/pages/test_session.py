"""The door for staff, as a browser sees it."""

import re

import pytest
from httpx import AsyncClient, Response
from sqlmodel import select

from service.db import Database
from service.domain import organizers
from service.models.organizers import Membership, Organizer, Role, Staff, StaffSession
from service.models.organizers_shapes import OrganizerCreate
from service.models.workshops import WorkshopStatus
from service.pages import once
from service.pages.session import local_path
from tests import factories
from tests.support.access_world import cookie_of

pytestmark = pytest.mark.usefixtures("quick_hash")
EMAIL = "pemilik@luwukab.go.id"
PASSWORD = "kelapa-sagu-durian"
LUWU = OrganizerCreate(slug="luwu", name="Diskominfo-SP Kabupaten Luwu")


@pytest.fixture
async def luwu(database: Database) -> Organizer:
    """An organizer with an owner who has a password."""
    async with database.write() as session:
        house, _person = await organizers.first_owner(
            session, LUWU, email=EMAIL, name="Kepala Dinas", password=PASSWORD
        )
    return house


async def sign_in(client: AsyncClient, password: str = PASSWORD, **form: str) -> Response:
    return await client.post("/sign-in", data={"email": EMAIL, "password": password} | form)


def csrf_in(answer: Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
    assert found
    return found[1]


async def test_a_stranger_is_led_to_the_form_and_back(client: AsyncClient, luwu: Organizer) -> None:
    turned = await client.get("/staff")
    assert (turned.status_code, turned.headers["location"]) == (303, "/sign-in?next=/staff")
    form = await client.get(turned.headers["location"])
    assert 'name="next" value="/staff"' in form.text
    assert form.headers["referrer-policy"] == "same-origin"
    assert form.headers["cache-control"] == "no-store"
    entered = await sign_in(client, next="/staff")
    assert (entered.status_code, entered.headers["location"]) == (303, "/staff")
    assert "Kepala Dinas" in (await client.get("/staff/account")).text


@pytest.mark.parametrize("password", ["salah-sama-sekali", ""])
async def test_a_wrong_password_keeps_the_address_and_never_the_password(
    client: AsyncClient, luwu: Organizer, password: str
) -> None:
    answer = await sign_in(client, password)
    assert answer.status_code == 401
    assert EMAIL in answer.text
    assert "Surel atau kata sandi salah" in answer.text
    assert "salah-sama-sekali" not in answer.text
    assert "set-cookie" not in answer.headers


async def test_too_many_attempts_say_how_long_to_wait(client: AsyncClient, luwu: Organizer, database: Database) -> None:
    database.settings.sign_in_attempts = 1
    await sign_in(client, "salah-sama-sekali")
    answer = await sign_in(client)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 901
    assert re.search(r"Coba lagi setelah 1[456] menit", answer.text)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://jahat.example",
        "//jahat.example",
        "/\\jahat.example",
        "staff",
        "",
        "/a\nb",
        "\\/x",
        "//jahat.example/#isian",
    ],
)
async def test_nobody_is_led_elsewhere(client: AsyncClient, luwu: Organizer, elsewhere: str) -> None:
    assert local_path(elsewhere) is None
    assert (await sign_in(client, next=elsewhere)).headers["location"] == "/staff"


async def test_another_sites_form_signs_nobody_in(client: AsyncClient, luwu: Organizer) -> None:
    form = {"email": EMAIL, "password": PASSWORD}
    answer = await client.post("/sign-in", data=form, headers={"Origin": "https://jahat.example"})
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert "set-cookie" not in answer.headers


async def test_signing_out_needs_the_forms_own_token(client: AsyncClient, luwu: Organizer, database: Database) -> None:
    await sign_in(client)
    csrf = csrf_in(await client.get("/staff/account"))
    for form in ({}, {"csrf": "csrf_tebakan"}):
        assert (await client.post("/sign-out", data=form)).status_code == 403
    assert (await client.get("/staff")).status_code == 200
    left = await client.post("/sign-out", data={"csrf": csrf})
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    assert (await client.get("/staff")).status_code == 303
    async with database.read() as session:
        assert (await session.exec(select(StaffSession))).all() == []


async def test_home_lists_the_houses_workshops_and_their_registrations(
    client: AsyncClient, luwu: Organizer, database: Database
) -> None:
    async with database.write() as session:
        ours = await factories.workshop(session, luwu, title="Bimtek I", status=WorkshopStatus.DRAFT)
        for _time in range(2):
            await factories.registration(session, ours)
        await factories.workshop(session, await factories.organizer(session), title="Rapat orang lain")
    await sign_in(client)
    home = (await client.get("/staff")).text
    assert "Bimtek I" in home
    assert "2 pendaftar" in home
    assert "Rapat orang lain" not in home


async def test_the_door_sees_only_its_workshops(client: AsyncClient, luwu: Organizer, database: Database) -> None:
    async with database.write() as session:
        mine = await factories.workshop(session, luwu, title="Pintu saya")
        await factories.workshop(session, luwu, title="Pintu lain")
        person = await factories.staff(session, luwu, Role.DOOR)
        membership = (await session.exec(select(Membership).where(Membership.staff_id == person.id))).one()
        membership.workshops = [str(mine.id)]
        cookie = await cookie_of(session, person, luwu)
    assert (await client.get("/staff", headers=cookie)).headers["location"] == "/staff/my-door"
    home = (await client.get("/staff/my-door", headers=cookie)).text
    assert "Pintu saya" in home
    assert "Pintu lain" not in home


async def test_a_member_of_two_houses_changes_between_them(
    client: AsyncClient, luwu: Organizer, database: Database
) -> None:
    async with database.write() as session:
        other = await factories.organizer(session, "luwu-utara")
        other.name = "Diskominfo Luwu Utara"
        person = (await session.exec(select(Staff))).one()
        session.add(Membership(staff_id=person.id, organizer_id=other.id, role=Role.VIEWER))
    await sign_in(client)
    home = await client.get("/staff/account")
    assert "<dd>Pemilik</dd>" in home.text
    moved = await client.post("/staff/organizer", data={"csrf": csrf_in(home), "slug": "luwu-utara"})
    assert (moved.status_code, moved.headers["location"]) == (303, "/staff")
    assert "<dd>Pembaca</dd>" in (await client.get("/staff/account")).text
    refused = await client.post("/staff/organizer", data={"csrf": csrf_in(home), "slug": "tiada"})
    assert refused.status_code == 404


async def test_the_chosen_language_is_kept(client: AsyncClient, luwu: Organizer) -> None:
    assert "Masuk sebagai panitia" in (await client.get("/sign-in")).text
    assert 'lang="en"' in (await client.get("/sign-in?lang=en")).text
    assert "Masuk sebagai panitia" not in (await client.get("/sign-in")).text
    assert "Masuk sebagai panitia" in (await client.get("/sign-in?lang=id")).text
    assert "Masuk sebagai panitia" in (await client.get("/sign-in?lang=xx")).text


async def test_a_typed_address_is_shown_as_text(client: AsyncClient, luwu: Organizer) -> None:
    answer = await sign_in(client, "salah-sama-sekali", email='"><script>alert(1)</script>')
    assert "<script>" not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'self'" in answer.headers["content-security-policy"]


async def test_the_account_page_makes_the_address_of_ones_calendar_shows_it_once_and_ends_it(
    client: AsyncClient, luwu: Organizer
) -> None:
    await sign_in(client)
    home = await client.get("/staff/account")
    assert "/staff/calendar/end" not in home.text
    assert (await client.post("/staff/calendar", data={"csrf": "salah"})).status_code == 403
    form = {"csrf": csrf_in(home)}
    paths = []
    for _time in range(2):
        asked = form | {"once": once.value()}
        shown = await client.post("/staff/calendar", data=asked)
        assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
        found = re.search(r'value="http://127.0.0.1:8000(/calendar/staff/[^"]+)"', shown.text)
        assert found
        assert f'href="webcal://127.0.0.1:8000{found[1]}"' in shown.text
        paths.append(found[1])
    assert [(await client.get(path)).status_code for path in paths] == [404, 200]
    again = await client.post("/staff/calendar", data=asked)
    assert (again.status_code, again.headers["location"]) == (303, "/staff/account?done=sent")
    for never in ("", "x", "01ffffff-ffff-7fff-bfff-ffffffffffff", "ffffffff-ffff-7fff-bfff-ffffffffffff"):
        assert (await client.post("/staff/calendar", data=form | {"once": never})).status_code == 303
    assert (await client.get(paths[1])).status_code == 200
    later = await client.get("/staff/account")
    assert "/calendar/staff/" not in later.text
    ended = await client.post("/staff/calendar/end", data=form)
    assert (ended.status_code, ended.headers["location"]) == (303, "/staff/account?done=calendar#kalender")
    assert (await client.get(paths[1])).status_code == 404
    assert "/staff/calendar/end" not in (await client.get("/staff/account")).text


async def test_who_is_nobodys_member_is_offered_no_calendar(
    client: AsyncClient, database: Database, luwu: Organizer
) -> None:
    async with database.write() as session:
        headers = await cookie_of(session, await factories.staff(session, super_owner=True), luwu)
    assert "/staff/calendar" not in (await client.get("/staff/account", headers=headers)).text
