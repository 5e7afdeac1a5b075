"""Zoom behind the port of rooms: meetings, people's links, who was there."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from service import clock
from service.clients import rooms
from service.clients.rooms import (
    Admitted,
    Meeting,
    OpenedRoom,
    Person,
    RoomGone,
    RoomProvider,
    RoomRefused,
    RoomUnavailable,
)
from service.settings import Settings
from tests.simulators.zoom import ZoomSimulator

Span = tuple[datetime, datetime]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2023-{text}+08:00")


def day(text: str, start: str = "08:00", end: str = "16:00") -> Span:
    return at(f"{text}T{start}"), at(f"{text}T{end}")


def meeting(*days: Span, key: str = "room-1", title: str = "Bimtek I", timezone: str = "Asia/Makassar") -> Meeting:
    return Meeting(key, title, timezone, days or (day("07-03"), day("07-04")))


def person(number: int = 1, name: str = "Kepala Bidang Statistik") -> Person:
    return Person(f"registration-{number}", name, f"Peserta{number}@demo.invalid")


@pytest.fixture
def zoom() -> Iterator[ZoomSimulator]:
    with ZoomSimulator() as started:
        yield started


@pytest.fixture
def gate(zoom: ZoomSimulator, tmp_path: Path) -> RoomProvider:
    made = rooms.provider("zoom", Settings(data_dir=tmp_path, **zoom.settings()))
    assert made is not None
    return made


@pytest.fixture
async def room(gate: RoomProvider) -> str:
    """The id of a room that is there."""
    opened = await gate.create_room(meeting())
    assert opened.external_id is not None
    return opened.external_id


def test_there_is_one_provider_per_settings_and_none_without_an_app(zoom: ZoomSimulator, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, **zoom.settings())
    assert rooms.provider("zoom", settings) is rooms.provider("zoom", settings.model_copy())
    assert rooms.provider("zoom", Settings(data_dir=tmp_path)) is None


async def test_one_day_is_a_scheduled_meeting(gate: RoomProvider, zoom: ZoomSimulator) -> None:
    made = meeting(day("07-03", "08:30", "15:45"))
    assert gate.writes(made) == 1
    opened = await gate.create_room(made)
    there = zoom.only()
    assert opened == OpenedRoom(str(there.id), None, there.password)
    assert (there.type, there.topic, there.days) == (2, "Bimtek I", [day("07-03", "08:30", "15:45")])
    assert there.fields["timezone"] == "Asia/Singapore"


async def test_zoom_sends_no_mail_and_approves_by_itself(zoom: ZoomSimulator, room: str) -> None:
    settings = zoom.only().settings
    assert settings["approval_type"] == 0
    assert settings["registration_type"] == 1
    silent = ("registrants_email_notification", "registrants_confirmation_email", "email_notification")
    assert not any(settings[name] for name in silent)


@pytest.mark.parametrize(
    ("dates", "writes"),
    [
        (["07-03", "07-04"], 1),
        (["07-03", "07-05", "07-07"], 1),
        (["07-03", "07-05", "07-08"], 4),
        (["07-03", "08-31"], 1),
        (["02-01", "07-01"], 2),
    ],
)
async def test_several_days_are_one_meeting_on_exactly_these_days(
    gate: RoomProvider, zoom: ZoomSimulator, dates: list[str], writes: int
) -> None:
    clock.freeze(at("01-01T00:00"))
    made = meeting(*(day(date) for date in dates))
    await gate.create_room(made)
    assert zoom.only().type == 8
    assert tuple(zoom.only().days) == made.days
    assert gate.writes(made) == zoom.writes.total() == writes


async def test_days_of_different_lengths_lie_inside_their_occurrences(gate: RoomProvider, zoom: ZoomSimulator) -> None:
    await gate.create_room(meeting(day("07-03", "09:00", "16:00"), day("07-04", "07:30", "12:00")))
    assert zoom.only().days == [day("07-03", "07:30", "16:00"), day("07-04", "07:30", "16:00")]


@pytest.mark.parametrize(
    ("timezone", "told"),
    [
        ("Asia/Jakarta", "Asia/Jakarta"),
        ("Asia/Makassar", "Asia/Singapore"),
        ("Asia/Jayapura", "Asia/Tokyo"),
        ("Asia/Kolkata", "UTC"),
        ("America/Lima", "UTC"),
    ],
)
async def test_a_zone_that_zoom_does_not_know_moves_no_hour(
    gate: RoomProvider, zoom: ZoomSimulator, timezone: str, told: str
) -> None:
    made = meeting(timezone=timezone)
    await gate.create_room(made)
    assert zoom.only().fields["timezone"] == told
    assert tuple(zoom.only().days) == made.days


async def test_days_on_both_sides_of_a_change_to_summer_time_are_covered(
    gate: RoomProvider, zoom: ZoomSimulator
) -> None:
    before = (datetime.fromisoformat("2024-03-30T09:00+01:00"), datetime.fromisoformat("2024-03-30T12:00+01:00"))
    after = (datetime.fromisoformat("2024-03-31T09:00+02:00"), datetime.fromisoformat("2024-03-31T12:00+02:00"))
    await gate.create_room(meeting(before, after, timezone="Europe/Berlin"))
    covered = zip(zoom.only().days, (before, after), strict=True)
    assert all(start <= ours[0] and ours[1] <= end for (start, end), ours in covered)


async def test_more_days_than_zoom_allows_are_refused_before_anything_is_made(
    gate: RoomProvider, zoom: ZoomSimulator
) -> None:
    too_many = meeting(day("07-03"), day("07-04"), day("09-05"))
    with pytest.raises(RoomRefused, match="65 pertemuan"):
        gate.writes(too_many)
    with pytest.raises(RoomRefused):
        await gate.create_room(too_many)
    assert zoom.calls.total() == 0


async def test_a_lost_answer_and_a_second_attempt_make_one_meeting(gate: RoomProvider, zoom: ZoomSimulator) -> None:
    made = meeting(day("07-03"), day("07-05"), day("07-08"))
    zoom.fail("lost", on="create", times=1)
    with pytest.raises(RoomUnavailable):
        await gate.create_room(made)
    found = await gate.find_room("room-1")
    assert found == OpenedRoom(str(zoom.only().id), None, zoom.only().password)
    await gate.update_room(str(found.external_id), made)
    assert tuple(zoom.only().days) == made.days


async def test_a_room_is_found_by_its_whole_key_on_any_page(gate: RoomProvider, zoom: ZoomSimulator) -> None:
    zoom.largest_page = 1
    opened = [await gate.create_room(meeting(key=key)) for key in ("room-10", "room-1", "room-11")]
    assert await gate.find_room("room-1") == opened[1]
    assert await gate.find_room("room") is None
    await gate.cancel_room(str(opened[1].external_id))
    assert await gate.find_room("room-1") is None


async def test_an_update_brings_title_and_days_and_may_be_repeated(
    gate: RoomProvider, zoom: ZoomSimulator, room: str
) -> None:
    moved = meeting(day("07-10"), day("07-11"), day("07-14"), title="Bimtek I (diundur)")
    for _ in range(2):
        await gate.update_room(room, moved)
        assert tuple(zoom.only().days) == moved.days
        assert zoom.only().topic == "Bimtek I (diundur)"
    assert await gate.find_room("room-1") is not None


async def test_one_day_may_become_two(gate: RoomProvider, zoom: ZoomSimulator) -> None:
    opened = await gate.create_room(meeting(day("07-03")))
    await gate.update_room(str(opened.external_id), meeting())
    assert tuple(zoom.only().days) == meeting().days


async def test_while_it_runs_the_days_to_come_are_moved(gate: RoomProvider, zoom: ZoomSimulator, room: str) -> None:
    clock.freeze(at("07-03T13:00"))
    await gate.update_room(room, meeting(day("07-03"), day("07-05")))
    assert zoom.only().days == [day("07-05")]
    clock.freeze(at("07-05T13:00"))
    await gate.update_room(room, meeting(day("07-03"), day("07-05"), title="Hari terakhir"))
    assert (zoom.only().topic, zoom.only().days) == ("Hari terakhir", [day("07-05")])


async def test_a_room_that_is_gone_is_told_apart(gate: RoomProvider, zoom: ZoomSimulator, room: str) -> None:
    await gate.cancel_room(room)
    await gate.cancel_room(room)
    assert zoom.live() == []
    with pytest.raises(RoomGone):
        await gate.update_room(room, meeting())
    with pytest.raises(RoomGone):
        await gate.admit(room, person())
    with pytest.raises(RoomGone):
        await gate.admitted(room)
    await gate.revoke(room, person(), "anybody")


async def test_a_person_gets_one_link_however_often_asked(gate: RoomProvider, zoom: ZoomSimulator, room: str) -> None:
    links = {await gate.admit(room, person()) for _ in range(3)}
    (link,) = links
    assert zoom.join(link.url).name == "Kepala Bidang Statistik"
    assert list(zoom.only().registrants) == ["peserta1@demo.invalid"]
    assert await gate.admitted(room) == [Admitted("peserta1@demo.invalid", str(link.external_id), link.url)]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("H. Andi, S.Kom., M.Si.", "H. Andi, S.Kom., M.Si."),
        ("Kepala  Dinas\r\nKominfo", "Kepala Dinas Kominfo"),
        ("Kepala Seksi " + "Pengelolaan " * 6 + "Data", "Kepala Seksi " + "Pengelolaan " * 6 + "Data"),
        ("ꦏꦼ" * 40, "ꦏꦼ" * 32 + " " + "ꦏꦼ" * 8),
        ("é" * 64, "é" * 64),
        ("\ud800x", "?x"),
        ("x" * 200, "x" * 64 + " " + "x" * 64),
        (" ", "-"),
    ],
)
async def test_others_see_the_name_as_we_gave_it(
    gate: RoomProvider, zoom: ZoomSimulator, room: str, name: str, shown: str
) -> None:
    await gate.admit(room, person(name=name))
    (registrant,) = zoom.only().registrants.values()
    assert registrant.name == shown


async def test_everybody_admitted_is_listed_over_all_pages(gate: RoomProvider, zoom: ZoomSimulator, room: str) -> None:
    zoom.largest_page = 2
    links = [await gate.admit(room, person(number)) for number in range(5)]
    assert [(one.external_id, one.url) for one in await gate.admitted(room)] == [
        (link.external_id, link.url) for link in links
    ]


async def test_a_revoked_link_leads_nowhere(gate: RoomProvider, zoom: ZoomSimulator, room: str) -> None:
    kept, lost = await gate.admit(room, person(1)), await gate.admit(room, person(2))
    for _ in range(2):
        await gate.revoke(room, person(2), str(lost.external_id))
    with pytest.raises(LookupError):
        zoom.join(lost.url)
    assert [one.external_id for one in await gate.admitted(room)] == [kept.external_id]
    again = await gate.admit(room, person(2))
    assert zoom.join(again.url).name == person(2).name


async def test_the_report_has_each_connection_of_every_use_once(
    gate: RoomProvider, zoom: ZoomSimulator, room: str
) -> None:
    zoom.awkward_uuids, zoom.largest_page = True, 1
    link = await gate.admit(room, person())
    first = zoom.join(link.url, at("07-03T08:00"))
    zoom.leave(first, at("07-03T09:00"))
    zoom.join(link.url, at("07-03T09:05"))
    one = zoom.end(room, at("07-03T16:00"))
    zoom.join_unknown(room, "iPhone", at("07-04T08:00"))
    waited = zoom.join_unknown(room, "Admin", at("07-04T08:01"))
    waited.waiting = True
    two = zoom.end(room, at("07-04T15:00"))
    stays = await gate.report(room, [one.uuid, two.uuid])
    assert sorted((stay.registrant or "", stay.display_name, stay.joined_at, stay.left_at) for stay in stays) == [
        ("", "iPhone", at("07-04T08:00"), at("07-04T15:00")),
        (link.external_id, person().name, at("07-03T08:00"), at("07-03T09:00")),
        (link.external_id, person().name, at("07-03T09:05"), at("07-03T16:00")),
    ]
    assert len({stay.connection for stay in stays}) == 3
    assert await gate.report(room, [one.uuid, two.uuid]) == stays


async def test_a_report_that_is_not_ready_is_asked_for_later(
    gate: RoomProvider, zoom: ZoomSimulator, room: str
) -> None:
    with pytest.raises(RoomUnavailable):
        await gate.report(room, [])
    zoom.join_unknown(room, "Admin")
    sitting = zoom.end(room, clock.now() + timedelta(hours=1))
    zoom.report_ready = False
    with pytest.raises(RoomUnavailable):
        await gate.report(room, [sitting.uuid])
    zoom.report_ready = True
    assert len(await gate.report(room, [])) == 1
