"""A person's own calendar: every workshop of the house, each with its own stable way in."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.organizers import Organizer
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import HallLinks, Modality, Mode, Workshop, WorkshopStatus
from tests import factories
from tests.factories import at
from tests.support import feeds
from tests.support.feeds import edit, set_on

PERSON: dict[str, Any] = {"name": "Kepala Bidang Kenari", "email": "kenari@luwukab.go.id"}
HOST = "http://127.0.0.1:8000"


class Pair:
    """A house with two workshops of one person: online in the first, in the hall of the second."""

    house: Organizer
    first: Workshop
    second: Workshop
    online: Registration
    hall: Registration
    online_token: str
    hall_token: str

    @property
    def path(self) -> str:
        return f"/calendar/my/{self.online_token}.ics"


@pytest.fixture
async def pair(database: Database) -> Pair:
    made = Pair()
    async with database.write() as session:
        made.house = await factories.organizer(session, "luwu")
        made.first = await factories.workshop(session, made.house, title="Bimtek I", blocks=False)
        made.second = await factories.workshop(
            session, made.house, title="Bimtek II", blocks=False, hall_links=HallLinks.ON_REQUEST, venue_name="Aula",
            starts_at=at("09-03 08:00"), ends_at=at("09-03 16:00"),
        )  # fmt: skip
        made.online = await factories.registration(session, made.first, mode=Mode.ONLINE, **PERSON)
        made.hall = await factories.registration(session, made.second, **PERSON)
        made.online_token = factories.participant_token(session, made.online)
        made.hall_token = factories.participant_token(session, made.hall)
    return made


async def _titles(client: AsyncClient, token: str) -> list[str]:
    return [str(event["SUMMARY"]) for event in await feeds.events(client, f"/calendar/my/{token}.ics")]


async def test_any_link_of_a_person_shows_all_workshops_each_with_its_own_way_in(
    client: AsyncClient, database: Database, pair: Pair
) -> None:
    await set_on(database, pair.second, hall_links=HallLinks.ALWAYS)()
    for token in (pair.online_token, pair.hall_token):
        path = f"/calendar/my/{token}.ics"
        first, second = await feeds.events(client, path)
        assert [str(one["SUMMARY"]) for one in (first, second)] == ["Bimtek I", "Bimtek II"]
        assert str(first["CONFERENCE"]) == f"{HOST}/join/{pair.online_token}"
        assert "Cara hadir: Daring" in str(first["DESCRIPTION"])
        assert "terbuka 60 menit sebelum acara" in str(first["DESCRIPTION"])
        assert "Cara hadir: Luring" in str(second["DESCRIPTION"])
        assert f"Ruang daring: {HOST}/join/{pair.hall_token}" in str(second["DESCRIPTION"])
        assert (str(second["LOCATION"]), str(second["URL"])) == ("Aula", f"{HOST}/w/luwu/{pair.second.slug}")
        assert await feeds.name(client, path) == f"{pair.house.name}: kegiatan Anda"
        assert "kenari" not in (await client.get(path)).text.lower()


async def test_a_person_is_a_contact_and_a_name_in_one_house(
    client: AsyncClient, database: Database, pair: Pair
) -> None:
    async with database.write() as session:
        elsewhere = await factories.workshop(session, await factories.organizer(session, "banjar"), blocks=False)
        third = await factories.workshop(session, pair.house, title="Bimtek III", blocks=False)
        colleague = await factories.registration(session, third, **PERSON | {"name": "Sekretaris"})
        namesake = await factories.registration(session, third, **PERSON | {"email": "lain@luwukab.go.id"})
        walk_in, again = [
            await factories.registration(session, one, **PERSON | {"contact_key": None, "email": None})
            for one in (third, pair.first)
        ]
        foreign = await factories.registration(session, elsewhere, **PERSON)
        tokens = [factories.participant_token(session, one) for one in (colleague, namesake, walk_in, again, foreign)]
    seen = [await _titles(client, token) for token in tokens]
    assert seen == [["Bimtek III"]] * 3 + [["Bimtek I"], [elsewhere.title]]
    assert await _titles(client, pair.online_token) == ["Bimtek I", "Bimtek II"]


async def test_who_was_replaced_is_shown_nothing_and_opens_nothing(
    client: AsyncClient, database: Database, pair: Pair
) -> None:
    await set_on(database, pair.hall, replaced=True)()
    assert await _titles(client, pair.online_token) == ["Bimtek I"]
    assert (await client.get(f"/calendar/my/{pair.hall_token}.ics")).status_code == 404


@pytest.mark.parametrize("policy", list(HallLinks))
@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("modality", [Modality.HYBRID, Modality.OFFLINE])
async def test_the_hall_is_shown_a_way_in_by_the_policy(
    client: AsyncClient, database: Database, pair: Pair, policy: HallLinks, asked: bool, modality: Modality
) -> None:
    await set_on(database, pair.second, hall_links=policy, modality=modality)()
    await set_on(database, pair.hall, link_requested_at=clock.now() if asked else None)()
    shown = f"/join/{pair.hall_token}" in (await client.get(pair.path)).text
    by_policy = policy is HallLinks.ALWAYS or (policy is HallLinks.ON_REQUEST and asked)
    assert shown == (by_policy and modality is Modality.HYBRID)


async def test_each_workshop_has_its_own_status_and_cancelled_ones_leave_after_weeks(
    client: AsyncClient, database: Database, pair: Pair
) -> None:
    cancelled = {"status": RegistrationStatus.CANCELLED, "updated_at": clock.now()}
    await set_on(database, pair.online, status=RegistrationStatus.WAITLISTED)()
    await set_on(database, pair.hall, **cancelled)()
    first, second = await feeds.events(client, pair.path)
    assert (first["STATUS"], second["STATUS"]) == ("TENTATIVE", "CANCELLED")
    clock.freeze(pair.second.ends_at + timedelta(weeks=8, seconds=-1))
    assert await _titles(client, pair.hall_token) == ["Bimtek I", "Bimtek II"]
    clock.freeze(pair.second.ends_at + timedelta(weeks=8))
    assert await _titles(client, pair.hall_token) == ["Bimtek I"]
    clock.freeze(pair.first.ends_at + timedelta(days=400))
    assert await _titles(client, pair.hall_token) == []


async def test_who_cancelled_and_came_back_has_one_seat_whose_sequence_grows(
    client: AsyncClient, database: Database, pair: Pair
) -> None:
    await set_on(database, pair.online, status=RegistrationStatus.CANCELLED, sequence=2)()
    before = (await feeds.events(client, pair.path))[0]
    async with database.write() as session:
        back = await factories.registration(session, pair.first, mode=Mode.ONLINE, **PERSON)
        token = factories.participant_token(session, back)
    after = (await feeds.events(client, pair.path))[0]
    assert before["UID"] == after["UID"]
    assert (before["STATUS"], after["STATUS"]) == ("CANCELLED", "CONFIRMED")
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (2, 3)
    assert str(after["CONFERENCE"]) == f"{HOST}/join/{token}"


async def test_drafts_are_not_told_to_people(client: AsyncClient, database: Database, pair: Pair) -> None:
    await set_on(database, pair.second, status=WorkshopStatus.DRAFT)()
    assert await _titles(client, pair.online_token) == ["Bimtek I"]


async def test_a_program_that_asks_for_no_language_gets_the_persons(
    client: AsyncClient, database: Database, pair: Pair
) -> None:
    await set_on(database, pair.online, language="en")()
    spoken = [
        str((await feeds.events(client, pair.path, **headers))[0]["DESCRIPTION"])
        for headers in ({}, {"Accept-Language": "id"}, {"Accept-Language": "en"}, {})
    ]
    assert ["Attending: Online" in one for one in spoken] == [True, False, True, True]
    assert "opens 60 minutes before the start" in spoken[0]
    assert await feeds.name(client, pair.path) == f"{pair.house.name}: your workshops"


async def test_the_etag_follows_everything_shown_and_nothing_else(
    client: AsyncClient, database: Database, pair: Pair
) -> None:
    now = clock.now()
    stranger = {"name": "Orang lain", "email": "lain@luwukab.go.id"}

    async def another_registers() -> None:
        async with database.write() as session:
            await factories.registration(session, pair.first, **stranger)

    steps = {
        "minutes": (set_on(database, pair.house, join_window_minutes=30), True),
        "holidays": (edit(database, pair.house), False),
        "name": (set_on(database, pair.house, name="Diskominfo"), True),
        "another": (another_registers, False),
        "hall": (edit(database, pair.second, hall_links=HallLinks.NEVER), True),
        "asked in vain": (set_on(database, pair.hall, link_requested_at=now), False),
        "on request": (edit(database, pair.second, hall_links=HallLinks.ON_REQUEST), True),
        "mode": (set_on(database, pair.online, mode=Mode.OFFLINE), True),
        "waits": (set_on(database, pair.online, status=RegistrationStatus.WAITLISTED), True),
        "approval": (set_on(database, pair.online, status=RegistrationStatus.PENDING), True),
        "a private column": (set_on(database, pair.online, nip="KENARI", link_shared_at=now), False),
        "new links": (set_on(database, pair.hall, link_version=2), True),
        "nobody has a link": (set_on(database, pair.hall, status=RegistrationStatus.CANCELLED), True),
        "minutes that nobody sees": (set_on(database, pair.house, join_window_minutes=90), False),
        "replaced": (set_on(database, pair.hall, replaced=True), True),
    }
    changed = await feeds.changes(client, pair.path, [step for step, _shows in steps.values()])
    assert dict(zip(steps, changed, strict=True)) == {title: shows for title, (_step, shows) in steps.items()}


async def test_a_304_costs_one_statement_however_many_workshops(
    client: AsyncClient, database: Database, pair: Pair
) -> None:
    etag = (await client.get(pair.path)).headers["etag"]
    # A credential of one's own goes past what is kept for strangers.
    headers = {"If-None-Match": etag, "Cookie": "other=1"}
    with feeds.counted(database) as statements:
        assert (await client.get(pair.path, headers=headers)).status_code == 304
    assert len([one for one in statements if "SELECT" in one]) == 1, statements


async def test_the_file_is_the_same_calendar_to_keep(client: AsyncClient, pair: Pair) -> None:
    feed, file = await client.get(pair.path), await client.get(f"{pair.path}?download=1")
    assert (feed.content, feed.headers["etag"]) == (file.content, file.headers["etag"])
    assert "content-disposition" not in feed.headers
    assert file.headers["content-disposition"] == 'attachment; filename="kalender.ics"'
    head = await client.head(pair.path)
    assert (head.status_code, head.headers["etag"]) == (200, feed.headers["etag"])
    assert "last-modified" not in feed.headers
