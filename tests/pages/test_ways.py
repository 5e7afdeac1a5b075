"""No dead ends on the committee's pages: what is reloaded, opened in the other language or sent too late leads on."""

import re
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlmodel import select

from service.auth import Permission
from service.db import Database
from service.models.accounts import StaffInvitation
from service.models.organizers import Membership, Organizer, Role, Staff
from service.models.workshops import Modality, Workshop, WorkshopStatus
from service.pages.route import PageRoute
from service.routers.access import permission_of
from service.tokens import new_id
from tests import factories
from tests.factories import at
from tests.pages.world import signed_in

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}
HALL = {"code": "kaus", "label": "Ukuran kaus", "kind": "text", "modes": ["offline"], "required": True}


@pytest.fixture
async def house(database: Database) -> Organizer:
    async with database.write() as session:
        return await factories.organizer(session, letterhead={"contact": "kominfo@luwukab.go.id"})


async def two_workshops(database: Database, house: Organizer) -> tuple[Workshop, Workshop]:
    """The nearest one, which pages show by themselves, and a later one."""
    async with database.write() as session:
        near = await factories.workshop(session, house, title="Bimtek yang dekat")
        far = await factories.workshop(
            session,
            house,
            title="Rapat yang jauh",
            blocks=False,
            modality=Modality.ONLINE,
            starts_at=at("07-20 08:00"),
            ends_at=at("07-20 12:00"),
            questions=[HALL],
        )
    return near, far


async def test_the_workshop_is_kept_by_the_language_by_a_late_form_and_by_a_reload(
    client: AsyncClient, database: Database, house: Organizer
) -> None:
    _near, far = await two_workshops(database, house)
    cookie, csrf = await signed_in(database, house, Role.OWNER)
    desk = cookie | BROWSER

    async def get(path: str) -> Response:
        return await client.get(path, headers=desk)

    for path in ("setup", "setup/details", "setup/room", "setup/letter", "setup/agenda", "minutes", "overview"):
        page = await get(f"/staff/{path}?workshop={far.id}")
        assert f'href="?workshop={far.id}&amp;lang=en"' in page.text.replace("&lang", "&amp;lang"), path

    # A form that was refused stands at an address that nothing can be read from.
    refused = await client.post(f"/staff/setup/details/{far.id}", data={"csrf": csrf, "version": "1"}, headers=desk)
    assert refused.status_code == 422
    assert "data-guard" in refused.text
    again = await get(f"/staff/setup/details/{far.id}?lang=en")
    assert (again.status_code, again.headers["location"]) == (
        303,
        f"/staff/setup/details?lang=en&workshop={far.id}",
    )
    english = await get(again.headers["location"])
    assert 'lang="en"' in english.text
    assert far.title in english.text
    client.cookies.clear()

    # The session ends while somebody writes.
    late = await client.post(f"/staff/minutes/{far.id}", data={"csrf": csrf, "text": "Rapat dibuka."}, headers=BROWSER)
    assert late.headers["location"] == f"/sign-in?next=/staff/minutes%3Fworkshop%3D{far.id}%23isian"
    form = await client.get(late.headers["location"], headers=BROWSER)
    assert f'name="next" value="/staff/minutes?workshop={far.id}#isian"' in form.text
    assert "isian tadi belum disimpan" in form.text
    assert f"?next=/staff/minutes%3Fworkshop%3D{far.id}%23isian&amp;lang=en" in form.text.replace("&lang", "&amp;lang")
    turned = await client.get(f"/staff/minutes?workshop={far.id}", headers=BROWSER)
    assert turned.headers["location"] == f"/sign-in?next=/staff/minutes%3Fworkshop%3D{far.id}"
    assert "belum disimpan" not in (await client.get(turned.headers["location"], headers=BROWSER)).text

    # A link to a document leads people to a page, programs to a problem.
    recap = f"/api/v1/workshops/{far.id}/attendance-recap.pdf"
    assert (await client.get(recap, headers=BROWSER)).headers["location"] == f"/sign-in?next={recap}"
    assert (await client.get(recap)).json()["code"] == "unauthenticated"
    missing = await get(f"/api/v1/workshops/{far.id}/certificates.pdf")
    assert (missing.status_code, 'href="/staff"' in missing.text) == (404, True)
    shown = await get(f"/staff/attendance?workshop={far.id}")
    assert ("certificates.pdf" in shown.text, "Belum diterbitkan" in shown.text) == (False, True)

    # Signed in again elsewhere, the form carries the mark of the former session.
    stale = await client.post(f"/staff/minutes/{far.id}", data={"csrf": "lama", "text": "Rapat"}, headers=desk)
    assert (stale.status_code, f'href="/staff/minutes?workshop={far.id}#isian"' in stale.text) == (403, True)
    assert 'href="/staff"' in (await get("/staff/tidak-ada")).text
    assert 'href="/staff"' not in (await client.get("/staff/tidak-ada", headers=BROWSER)).text

    # Saving on the way to the next step.
    saved = await client.post(
        f"/staff/setup/letter/{far.id}", data={"csrf": csrf, "version": far.version, "onward": "yes"}, headers=desk
    )
    assert saved.headers["location"] == f"/staff/setup/room?workshop={far.id}"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # what counts is in the form
async def test_a_form_is_for_the_organizer_it_was_shown_for_and_leads_back_to_it(
    client: AsyncClient, database: Database, house: Organizer
) -> None:
    cookie, _csrf = await signed_in(database, house, Role.OWNER)
    async with database.write() as session:
        other = await factories.organizer(session, slug="banjar")
        other.name = "Diskominfo Banjar"
        person = (await session.exec(select(Staff))).one()
        session.add(Membership(staff_id=person.id, organizer_id=other.id, role=Role.OWNER))

    def written(page: Response) -> dict[str, str]:
        return dict(re.findall(r'type="hidden" name="(csrf|version|slug|back)" value="([^"]*)"', page.text))

    async def send(path: str, **data: str) -> Response:
        return await client.post(path, data=data, headers=cookie | BROWSER)

    shown = written(await client.get("/staff/settings", headers=cookie))
    assert (await send("/staff/organizer", slug="banjar", csrf=shown["csrf"])).status_code == 303
    new = {"email": "aptika@luwukab.go.id", "name": "Aptika", "role": "viewer"}
    refused = [
        await send("/staff/people/invitations", **new, csrf=shown["csrf"]),
        await send("/staff/settings/house", **shown, name="Nama baru"),
        await client.post(
            "/staff/organisations-import",
            data={"csrf": shown["csrf"]},
            files={"file": ("a.csv", b"kode,nama")},
            headers=cookie,
        ),
    ]
    assert [one.status_code for one in refused] == [409] * 3
    assert all(house.name in one.text and "Diskominfo Banjar" in one.text for one in refused)
    way = written(refused[1])
    assert (way["slug"], way["back"]) == (house.slug, "/staff/settings/house#isian")
    # What is about the account is the same everywhere, and programs say themselves for whom they work.
    assert (await send("/staff/account/sessions/others/end", csrf=shown["csrf"])).status_code == 303
    back = await send("/staff/organizer", **way)
    assert (back.status_code, back.headers["location"]) == (303, "/staff/settings/house#isian")
    assert (await send("/staff/people/invitations", **new, csrf=shown["csrf"])).status_code == 303
    async with database.read() as session:
        invited = (await session.exec(select(StaffInvitation.organizer_id))).all()
    assert invited == [house.id]
    assert (await send("/staff/organizer", slug="banjar", csrf=shown["csrf"][:-1])).status_code == 303
    assert (await send("/staff/people/invitations", **new, csrf=shown["csrf"][:-1])).status_code == 403


async def test_no_address_of_a_form_is_a_dead_end(client: AsyncClient, database: Database, house: Organizer) -> None:
    cookie, _csrf = await signed_in(database, house, Role.OWNER)
    routes = [one for one in client._transport.app.state.api_routes if isinstance(one, PageRoute)]  # type: ignore[attr-defined] # httpx keeps it private
    shown = {one.path for one in routes if "GET" in (one.methods or ())}
    forms = {one.path for one in routes if permission_of(one) is not Permission.PUBLIC} - shown
    assert len(forms) > 70
    lost = []
    for path in forms:
        answer = await client.get(re.sub(r"\{[a-z_]+\}", str(new_id()), path), headers=cookie | BROWSER)
        if answer.status_code != 303 and path != "/sign-out":
            lost.append((path, answer.status_code))
    assert lost == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ORGANIZER])
async def test_every_link_that_a_member_is_shown_can_be_opened(
    client: AsyncClient, database: Database, house: Organizer, role: Role
) -> None:
    near, far = await two_workshops(database, house)
    async with database.write() as session:
        await factories.registration(session, near)
        (await session.get_one(Workshop, far.id)).status = WorkshopStatus.DRAFT
    cookie, _csrf = await signed_in(database, house, role)
    todo, seen = ["/staff"], set()
    shut = []
    while todo:
        path = todo.pop()
        shape = re.sub(r"[0-9a-f-]{36}", "*", re.sub(r"([?&][a-z_]+)=[^&]*", r"\1", path.partition("#")[0]))
        if shape in seen or "lang=" in path or re.search(r"\.[a-z]{3,4}$", shape):  # files take long to make
            continue
        seen.add(shape)
        answer = await client.get(path, headers=cookie | BROWSER)
        if answer.status_code >= 400:
            shut.append((path, answer.status_code))
        if "text/html" in answer.headers.get("content-type", ""):
            todo += [
                one.replace("&amp;", "&") for one in re.findall(r'href="(/(?:staff|dashboard)[^"]*)"', answer.text)
            ]
    assert (shut, len(seen) > 10) == ([], True)


async def test_what_only_the_hall_is_asked_is_no_question_of_an_online_workshop(
    client: AsyncClient, database: Database, house: Organizer
) -> None:
    _near, far = await two_workshops(database, house)
    cookie, csrf = await signed_in(database, house, Role.ORGANIZER)
    public = f"/w/{house.slug}/{far.slug}"
    page = (await client.get(public)).text
    assert "Nama lengkap" in page
    assert ("Ukuran kaus" in page, "Bawa ponsel" in page) == (False, False)
    assert "pintu masuk" not in (await client.get(f"{public}/registered")).text
    steps = f"/staff/setup/questions?workshop={far.id}"
    listed = (await client.get(steps, headers=cookie)).text
    assert "tidak ditanyakan kepada siapa pun" in listed
    assert 'Pertanyaan<span class="out-of-sight"> (sudah siap)' not in listed
    assert "Apakah memerlukan penginapan?" not in listed
    ready = {"csrf": csrf, "do": "ready harapan"}
    for _time in range(2):
        await client.post(f"/staff/setup/questions/{far.id}", data=ready, headers=cookie)
    async with database.read() as session:
        asked = (await session.get_one(Workshop, far.id)).questions
    assert [one["code"] for one in asked] == ["kaus", "harapan"]


async def test_a_workshop_that_is_over_is_announced_knowingly(
    client: AsyncClient, database: Database, house: Organizer
) -> None:
    async with database.write() as session:
        past = await factories.workshop(
            session,
            house,
            status=WorkshopStatus.DRAFT,
            venue_name="Aula",
            registration_closes_at=None,
            blocks=False,
            starts_at=at("05-03 08:00"),
            ends_at=at("05-03 12:00"),
        )
    cookie, csrf = await signed_in(database, house, Role.ORGANIZER)
    assert (
        "Ya, umumkan kegiatan yang sudah lewat"
        in (await client.get(f"/staff/setup?workshop={past.id}", headers=cookie)).text
    )
    told = await client.post(f"/staff/setup/{past.id}/publish", data={"csrf": csrf}, headers=cookie)
    page = (await client.get(told.headers["location"], headers=cookie)).text
    assert "pendaftaran tertutup" in page
    shown = (await client.get(f"/staff/new?copy={past.id}", headers=cookie)).text
    assert shown.index('id="salinan"') < shown.index('id="dari-jenis"')
    follows = []
    for day in ("2023-04-03", "2023-06-05"):
        copied = {"csrf": csrf, "copy": str(past.id), "copy-starts_on": day}
        made = await client.post("/staff/new/copy", data=copied, headers=cookie)
        async with database.read() as session:
            copy = await session.get_one(Workshop, UUID(made.headers["location"].partition("workshop=")[2][:36]))
            follows.append(copy.follows_id)
    assert follows == [None, past.id]
