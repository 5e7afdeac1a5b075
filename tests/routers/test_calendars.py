"""Calendar feeds over HTTP, read back with vobject."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import vobject
from httpx import AsyncClient, Response
from sqlmodel import col, select
from vobject.base import Component

from service import auth, clock
from service.db import Database
from service.domain import workshops
from service.domain.organizers import create_organizer
from service.errors import InvalidInput
from service.models.organizers import Organizer
from service.models.organizers_shapes import OrganizerCreate
from service.models.registrations import Registration, RegistrationStatus
from service.models.rooms import Provider, Room, RoomStatus
from service.models.workshops import AttendanceBlock, Modality, Mode, Workshop, WorkshopStatus
from service.models.workshops_shapes import WorkshopPatch
from tests import factories
from tests.factories import at
from tests.support import feeds

ROOM = "https://zoom.example/j/KENARI-RUANG"


@dataclass
class Luwu:
    """An organizer with a hybrid workshop, an online room, and two people."""

    house: Organizer
    workshop: Workshop
    hall: Registration
    online: Registration
    hall_token: str
    online_token: str


@pytest.fixture
async def luwu(database: Database) -> Luwu:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        row = await factories.workshop(
            session, house, slug="bimtek-1", venue_name="Aula Bappelitbangda", venue_address="Belopa",
            description="Menyusun masterplan.", cancellation_reason=None,
        )  # fmt: skip
        session.add(
            Room(
                organizer_id=house.id, workshop_id=row.id, provider=Provider.STATIC, status=RoomStatus.ACTIVE,
                url=ROOM, passcode="KENARI-SANDI",
            )
        )  # fmt: skip
        private: dict[str, Any] = {"phone": "+62811KENARI", "nip": "KENARI-NIP", "answers": {"diet": "KENARI"}}
        hall = await factories.registration(
            session, row, name="Kenari Satu", email="kenari1@luwukab.go.id", position="Kenari", **private
        )
        online = await factories.registration(
            session, row, name="Kenari Dua", email="kenari2@luwukab.go.id", mode=Mode.ONLINE, **private
        )
        tokens = [factories.participant_token(session, one) for one in (hall, online)]
    return Luwu(house, row, hall, online, *tokens)


async def _read(client: AsyncClient, path: str) -> tuple[Response, Component]:
    answer = await client.get(f"/calendar/{path}.ics")
    assert answer.status_code == 200, answer.text
    return answer, vobject.readOne(answer.text)


async def test_a_workshop_is_one_event_per_block_under_an_id_that_stays(
    client: AsyncClient, database: Database, luwu: Luwu
) -> None:
    async with database.read() as session:
        blocks = (await session.exec(select(AttendanceBlock).order_by(col(AttendanceBlock.position)))).all()
    for path in ("luwu", "luwu/bimtek-1", f"my/{luwu.hall_token}"):
        _answer, calendar = await _read(client, path)
        assert [event.uid.value for event in calendar.vevent_list] == [str(block.id) for block in blocks]
        assert [event.dtstart.value for event in calendar.vevent_list] == [block.starts_at for block in blocks]
        assert [event.dtend.value for event in calendar.vevent_list] == [block.ends_at for block in blocks]
        event = calendar.vevent
        assert event.summary.value == "Bimtek Penyusunan Masterplan Smart City · Hari I - pagi"
        assert event.location.value == "Aula Bappelitbangda, Belopa"
        assert event.status.value == "CONFIRMED"
        assert event.url.value == "http://127.0.0.1:8000/w/luwu/bimtek-1"
        assert "Menyusun masterplan.\n\n09.15 WITA Materi\n10.15 WITA Materi" in event.description.value


async def test_a_workshop_without_blocks_is_one_event(client: AsyncClient, database: Database, luwu: Luwu) -> None:
    async with database.write() as session:
        row = await factories.workshop(session, luwu.house, slug="rapat", blocks=False, modality=Modality.ONLINE)
    _answer, calendar = await _read(client, "luwu/rapat")
    [event] = calendar.vevent_list
    assert event.uid.value == str(row.id)
    assert (event.dtstart.value, event.dtend.value) == (row.starts_at, row.ends_at)
    assert event.location.value == "Daring"


async def test_only_who_attends_online_finds_the_way_in(client: AsyncClient, luwu: Luwu) -> None:
    link = f"http://127.0.0.1:8000/join/{luwu.online_token}"
    _answer, calendar = await _read(client, f"my/{luwu.online_token}")
    event = calendar.vevent
    assert event.conference.value == link
    assert event.url.value == link
    assert event.location.value == f"Daring, {link}"
    assert event.description.value.startswith("Cara hadir: Daring")
    hall, calendar = await _read(client, f"my/{luwu.hall_token}")
    assert "/join/" not in hall.text
    assert calendar.vevent.description.value.startswith("Cara hadir: Luring")


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (RegistrationStatus.CONFIRMED, "CONFIRMED"),
        (RegistrationStatus.WAITLISTED, "TENTATIVE"),
        (RegistrationStatus.PENDING, "TENTATIVE"),
        (RegistrationStatus.CANCELLED, "CANCELLED"),
        (RegistrationStatus.REJECTED, "CANCELLED"),
    ],
)
async def test_a_persons_calendar_says_how_sure_the_seat_is(
    client: AsyncClient, database: Database, luwu: Luwu, status: RegistrationStatus, shown: str
) -> None:
    async with database.write() as session:
        row = await session.get_one(Registration, luwu.online.id)
        row.status, row.sequence, row.updated_at = status, 3, at("06-22 08:00")
    answer, calendar = await _read(client, f"my/{luwu.online_token}")
    assert {event.status.value for event in calendar.vevent_list} == {shown}
    assert {event.sequence.value for event in calendar.vevent_list} == {"3"}
    assert calendar.vevent.last_modified.value == at("06-22 08:00")
    assert ("/join/" in answer.text) == (shown == "CONFIRMED")


async def test_a_cancelled_workshop_stays_for_weeks_marked_and_one_later(
    client: AsyncClient, database: Database, luwu: Luwu
) -> None:
    _answer, before = await _read(client, "luwu")
    async with database.write() as session:
        await workshops.cancel(session, auth.system(luwu.house.id), luwu.workshop.id, "KENARI-ALASAN")
    for path in ("luwu", "luwu/bimtek-1", f"my/{luwu.online_token}"):
        answer, after = await _read(client, path)
        assert {event.status.value for event in after.vevent_list} == {"CANCELLED"}
        assert [event.uid.value for event in after.vevent_list] == [event.uid.value for event in before.vevent_list]
        assert {event.sequence.value for event in after.vevent_list} == {"1"}
        assert "KENARI-ALASAN" not in answer.text
    clock.freeze(luwu.workshop.ends_at + timedelta(weeks=8, seconds=-1))
    assert len((await _read(client, "luwu"))[1].vevent_list) == 4
    clock.freeze(luwu.workshop.ends_at + timedelta(weeks=8))
    assert "BEGIN:VEVENT" not in (await client.get("/calendar/luwu.ics")).text


async def test_the_headers_keep_a_feed_out_of_caches_and_search_engines(client: AsyncClient, luwu: Luwu) -> None:
    for path in ("luwu", "luwu/bimtek-1", f"my/{luwu.online_token}"):
        answer, _calendar = await _read(client, path)
        again = await client.get(f"/calendar/{path}.ics", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        for one in (answer, again):
            assert one.headers["cache-control"] == "private, max-age=900"
            assert one.headers["x-robots-tag"] == "noindex"
            assert one.headers["referrer-policy"] == "no-referrer"
            assert one.headers["etag"] == answer.headers["etag"]
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert not answer.headers["etag"].startswith("W/")


@pytest.mark.parametrize(
    ("path", "renamed_shows", "waiting_shows"), [("luwu", 1, 0), ("luwu/bimtek-1", 0, 0), ("my", 1, 1)]
)
async def test_the_etag_changes_with_the_bytes_and_only_then(
    client: AsyncClient, database: Database, luwu: Luwu, path: str, renamed_shows: int, waiting_shows: int
) -> None:
    path = f"my/{luwu.online_token}" if path == "my" else path

    async def later() -> None:
        clock.freeze(clock.now() + timedelta(hours=1))

    async def patch(**values: object) -> None:
        await later()
        async with database.write() as session:
            actor = auth.system(luwu.house.id)
            workshop, capacity = await workshops.find_for_change(session, actor, luwu.workshop.id)
            await workshops.change(session, actor, workshop, capacity, WorkshopPatch.model_validate(values))

    async def wait() -> None:
        async with database.write() as session:
            row = await session.get_one(Registration, luwu.online.id)
            row.status, row.version = RegistrationStatus.WAITLISTED, row.version + 1

    async def rename() -> None:
        async with database.write() as session:
            row = await session.get_one(Organizer, luwu.house.id)
            row.name, row.version = "Diskominfo Luwu", row.version + 1

    steps = [
        later, lambda: patch(title="Judul baru"), later, lambda: patch(venue={"name": "Ruang lain"}),
        wait, later, rename, lambda: patch(agenda=[]), later,
    ]  # fmt: skip
    seen = [(await _read(client, path))[0]]
    for step in steps:
        await step()
        seen.append((await _read(client, path))[0])
    new_etag = [before.headers["etag"] != after.headers["etag"] for before, after in pairwise(seen)]
    new_bytes = [before.content != after.content for before, after in pairwise(seen)]
    assert new_etag == new_bytes
    assert sum(new_etag) == 3 + renamed_shows + waiting_shows


async def test_each_language_has_its_own_etag(client: AsyncClient, luwu: Luwu) -> None:
    url = f"/calendar/my/{luwu.online_token}.ics"
    indonesian, english = [await client.get(url, headers={"Accept-Language": one}) for one in ("id", "en")]
    assert "Cara hadir: Daring" in indonesian.text
    assert "Attending: Online" in english.text
    assert indonesian.headers["etag"] != english.headers["etag"]


async def test_public_feeds_hold_nothing_private(client: AsyncClient, luwu: Luwu) -> None:
    for path in ("luwu", "luwu/bimtek-1"):
        answer, _calendar = await _read(client, path)
        assert "kenari" not in answer.text.lower()
        assert "/join/" not in answer.text
        assert luwu.online_token not in answer.text
    mine, _calendar = await _read(client, f"my/{luwu.online_token}")
    assert "kenari" not in mine.text.lower()
    assert luwu.hall_token not in mine.text


async def test_drafts_and_other_houses_are_in_no_public_feed(
    client: AsyncClient, database: Database, luwu: Luwu
) -> None:
    async with database.write() as session:
        await factories.workshop(session, luwu.house, slug="rahasia", status=WorkshopStatus.DRAFT)
        await factories.workshop(session, await factories.organizer(session, "banjar"), slug="lain")
    assert len((await _read(client, "luwu"))[1].vevent_list) == 4
    for path in ("luwu/rahasia", "luwu/lain", "banjar/bimtek-1", "nobody", "nobody/lain"):
        assert (await client.get(f"/calendar/{path}.ics")).status_code == 404


async def test_an_organizer_without_workshops_has_an_empty_calendar(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        await factories.organizer(session, "banjar")
    _answer, calendar = await _read(client, "banjar")
    assert not hasattr(calendar, "vevent")


@pytest.mark.parametrize("word", ["my", "organisation", "staff"])
async def test_the_words_of_private_calendars_never_name_an_organizer(
    client: AsyncClient, database: Database, word: str
) -> None:
    async with database.write() as session:
        row = await factories.workshop(session, await factories.organizer(session, word), slug="a" * 43)
    assert (await client.get(f"/calendar/{word}/{row.slug}.ics")).status_code == 404
    async with database.write() as session:
        with pytest.raises(InvalidInput):
            await create_organizer(session, auth.system(row.organizer_id), OrganizerCreate(slug=word, name="Dinas"))


async def test_a_feed_can_be_of_some_kinds_only(client: AsyncClient, database: Database, luwu: Luwu) -> None:
    async with database.write() as session:
        for slug, kinds in (("ev", ["evaluation"]), ("both", ["evaluation", "field_review"]), ("rapat", ["bimtek"])):
            await factories.workshop(session, luwu.house, slug=slug, title=slug, blocks=False, kinds=kinds)

    async def titles(query: str) -> set[str]:
        found = await feeds.events(client, f"/calendar/luwu.ics{query}")
        return {str(event["SUMMARY"]).split(" · ")[0] for event in found}

    assert await titles("?kind=evaluation") == {"ev", "both"}
    assert await titles("?kind=field_review&kind=bimtek") == {"both", "rapat", luwu.workshop.title}
    assert await titles("?kind=coordination_meeting") == set()
    assert await titles("") == {"ev", "both", "rapat", luwu.workshop.title}
    wrong = await client.get("/calendar/luwu.ics?kind=bimtek&kind=pesta")
    assert wrong.status_code == 422
    assert "pesta" not in wrong.text
    assert (await client.get("/calendar/luwu/bimtek-1.ics?kind=bimtek")).status_code == 422


async def test_each_choice_of_kinds_has_its_own_name_and_etag(
    client: AsyncClient, database: Database, luwu: Luwu
) -> None:
    feed = "/calendar/luwu.ics"
    one, two, swapped, plain = [
        await client.get(f"{feed}{query}")
        for query in ("?kind=bimtek", "?kind=bimtek&kind=evaluation", "?kind=evaluation&kind=bimtek&kind=bimtek", "")
    ]
    assert len({answer.headers["etag"] for answer in (one, two, plain)}) == 3
    assert (two.headers["etag"], two.content) == (swapped.headers["etag"], swapped.content)
    assert await feeds.name(client, f"{feed}?kind=bimtek") == f"{luwu.house.name}: Bimbingan Teknis"
    assert b"SOURCE;VALUE=URI:http://127.0.0.1:8000/calendar/luwu.ics?kind=bimtek\r\n" in one.content
    headers = {"If-None-Match": one.headers["etag"], "Cookie": "other=1"}
    with feeds.counted(database) as statements:
        assert (await client.get(f"{feed}?kind=bimtek", headers=headers)).status_code == 304
    assert len([each for each in statements if "SELECT" in each]) == 1
    async with database.write() as session:
        await factories.workshop(session, luwu.house, slug="ev", kinds=["evaluation"])
    assert (await client.get(f"{feed}?kind=bimtek")).headers["etag"] == one.headers["etag"]


async def test_a_revoked_or_foreign_link_opens_nothing(client: AsyncClient, database: Database, luwu: Luwu) -> None:
    async with database.write() as session:
        row = await session.get_one(Registration, luwu.hall.id)
        ticket = factories.ticket(session, row)
        row.link_version += 1
    wrong = [luwu.hall_token, ticket, factories.forged(luwu.online_token), "x", "%00", "..%2Fluwu", "a" * 201]
    for token in wrong:
        answer = await client.get(f"/calendar/my/{token}.ics")
        assert answer.status_code in {404, 422}, token
        assert token not in answer.text
    assert (await client.get(f"/calendar/my/{luwu.online_token}.ics")).status_code == 200


@pytest.mark.parametrize("path", ["LUWU", "%00", "lu%20wu", "luwu/%00", "luwu/Bimtek", "%F0%9F%98%80", "-"])
async def test_an_odd_address_is_not_found(client: AsyncClient, luwu: Luwu, path: str) -> None:
    assert (await client.get(f"/calendar/{path}.ics")).status_code == 404


async def test_a_query_parameter_is_refused(client: AsyncClient, luwu: Luwu) -> None:
    assert (await client.get("/calendar/luwu.ics?since=2023")).status_code == 422


async def test_many_readers_at_once_get_the_same_bytes(client: AsyncClient, luwu: Luwu) -> None:
    answers = await asyncio.gather(*(client.get("/calendar/luwu.ics") for _ in range(10)))
    assert len({answer.content for answer in answers}) == 1
