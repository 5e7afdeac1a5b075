"""Zoom away, slow, full or fed up with us: what is known, what is not, and when to ask again."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from service import clock
from service.clients import rooms, zoom_api
from service.clients.rooms import (
    Meeting,
    Person,
    RoomBusy,
    RoomProvider,
    RoomRefused,
    RoomUnavailable,
)
from service.settings import Settings
from tests.simulators.zoom import How, ZoomSimulator

START = datetime(2023, 7, 3, 0, 0, tzinfo=UTC)
MEETING = Meeting("room-1", "Bimtek I", "Asia/Makassar", ((START, START + timedelta(hours=8)),))
PERSON = Person("registration-1", "Kepala Bidang", "peserta@demo.invalid")


@pytest.fixture
def zoom() -> Iterator[ZoomSimulator]:
    with ZoomSimulator() as started:
        yield started


@pytest.fixture
def settings(zoom: ZoomSimulator, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, **zoom.settings())


@pytest.fixture
def gate(settings: Settings) -> RoomProvider:
    return opened(settings)


def opened(settings: Settings) -> RoomProvider:
    made = rooms.provider("zoom", settings)
    assert made is not None
    return made


@pytest.fixture
async def room(gate: RoomProvider) -> str:
    made = await gate.create_room(MEETING)
    assert made.external_id is not None
    return made.external_id


def later(monkeypatch: pytest.MonkeyPatch, hours: float) -> datetime:
    """Real time moves on."""
    moved = clock.real_now() + timedelta(hours=hours)
    monkeypatch.setattr(clock, "real_now", lambda: moved)
    return moved


async def test_many_at_once_sign_in_once(gate: RoomProvider, zoom: ZoomSimulator, room: str) -> None:
    zoom.forget_tokens()
    zoom.calls.clear()
    people = [Person(str(number), "Peserta", f"p{number}@demo.invalid") for number in range(40)]
    links = await asyncio.gather(*(gate.admit(room, one) for one in people))
    assert zoom.calls["token"] == 1
    assert len({link.url for link in links}) == len(zoom.only().registrants) == 40


async def test_a_token_is_used_until_just_before_it_ends(
    gate: RoomProvider, zoom: ZoomSimulator, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await gate.admit(room, PERSON)
    assert zoom.calls["token"] == 1
    later(monkeypatch, hours=59.5 / 60)
    await gate.admit(room, PERSON)
    assert zoom.calls["token"] == 2
    assert all(call.status < 400 for call in zoom.requests)


def test_each_event_loop_may_use_the_same_provider(gate: RoomProvider, zoom: ZoomSimulator) -> None:
    async def many() -> None:
        await asyncio.gather(*(gate.find_room("room-1") for _ in range(5)))

    asyncio.run(many())
    zoom.forget_tokens()
    asyncio.run(many())
    assert zoom.calls["token"] == 2


async def test_wrong_credentials_are_not_for_ever(zoom: ZoomSimulator, settings: Settings) -> None:
    wrong = settings.model_copy(update={"zoom_client_secret": SecretStr("wrong")})
    with pytest.raises(RoomUnavailable, match="sign-in 401"):
        await opened(wrong).create_room(MEETING)
    assert zoom.meetings == {}


async def test_an_unknown_host_is_refused(settings: Settings) -> None:
    stranger = settings.model_copy(update={"zoom_user_id": "nobody@demo.invalid"})
    with pytest.raises(RoomRefused, match=r"^Zoom 1001: rapat atau penyelenggaranya tidak ditemukan$"):
        await opened(stranger).create_room(MEETING)
    with pytest.raises(RoomRefused, match=r"^Zoom 1001: rapat atau penyelenggaranya tidak ditemukan$"):
        await opened(stranger).find_room("room-1")


@pytest.mark.parametrize(("how", "members"), [("500", 0), ("drop", 0), ("lost", 1)])
async def test_without_an_answer_the_outcome_is_unknown_and_is_looked_up(
    gate: RoomProvider, zoom: ZoomSimulator, room: str, how: How, members: int
) -> None:
    zoom.fail(how, on="register", times=1)
    with pytest.raises(RoomUnavailable):
        await gate.admit(room, PERSON)
    assert [one.email for one in await gate.admitted(room)] == [PERSON.email] * members
    await gate.admit(room, PERSON)
    assert len(await gate.admitted(room)) == 1


async def test_silence_is_waited_for_no_longer_than_allowed(
    gate: RoomProvider, zoom: ZoomSimulator, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoom_api, "CALL_SECONDS", 0.2)
    faults: list[tuple[How, str]] = [("hang", "register"), ("hang", "token"), ("drip", "register")]
    for how, kind in faults:
        zoom.forget_tokens()
        zoom.fail(how, on=kind, times=1)
        with pytest.raises(RoomUnavailable, match="in time"):
            await gate.admit(room, PERSON)
    assert zoom.only().registrants == {}
    zoom.heal()
    await gate.admit(room, PERSON)


async def test_a_task_of_many_calls_ends_in_time_too(
    gate: RoomProvider, zoom: ZoomSimulator, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoom_api, "TASK_SECONDS", 0.2)
    zoom.fail("hang", on="registrants")
    with pytest.raises(RoomUnavailable, match="in time"):
        await gate.admitted(room)


async def test_when_nobody_listens_nothing_is_lost(gate: RoomProvider, zoom: ZoomSimulator, room: str) -> None:
    with zoom.away(), pytest.raises(RoomUnavailable, match="not reachable"):
        await gate.admit(room, PERSON)
    await gate.admit(room, PERSON)


async def test_a_used_up_day_is_over_at_midnight_in_utc(
    gate: RoomProvider, zoom: ZoomSimulator, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoom.daily_limit = 1
    for headers in (None, {}, {"X-RateLimit-Type": "Daily-limit"}):
        zoom.limit_headers = headers
        with pytest.raises(RoomBusy) as busy:
            await gate.update_room(room, MEETING)
        midnight = clock.real_now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        assert busy.value.until == midnight
    later(monkeypatch, hours=24)
    await gate.update_room(room, MEETING)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 2),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30),
        ({"Retry-After": "2023-11-14T22:14:20Z"}, 60),
        ({"Retry-After": "2023-11-14T22:14:20"}, 60),
        ({"X-RateLimit-Reset": "2023-11-14T22:14:20Z"}, 60),
        ({"X-RateLimit-Reset": "1700000090"}, 90),
        ({"Retry-After": "soon", "X-RateLimit-Reset": "9"}, 9),
        ({"Retry-After": "-5"}, 1),
        ({"Retry-After": "nan"}, 2),
        ({"Retry-After": "1e300"}, 2),
        ({"Retry-After": "999999999"}, 2 * 86_400),
    ],
)
async def test_zoom_says_when_to_come_again(
    gate: RoomProvider,
    zoom: ZoomSimulator,
    room: str,
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
    seconds: int,
) -> None:
    now = datetime.fromtimestamp(1_700_000_000, UTC)
    monkeypatch.setattr(clock, "real_now", lambda: now)
    zoom.per_second_limit, zoom.limit_headers = 0, headers
    with pytest.raises(RoomBusy) as busy:
        await gate.admitted(room)
    assert busy.value.until == now + timedelta(seconds=seconds)


@pytest.mark.parametrize(("per_second", "busy"), [(40, False), (10_000, True)])
async def test_our_pace_keeps_the_limit_of_a_second(
    zoom: ZoomSimulator, settings: Settings, per_second: int, busy: bool
) -> None:
    gate = opened(settings.model_copy(update={"zoom_per_second": per_second}))
    zoom.per_second_limit = 50
    outcomes = await asyncio.gather(*(gate.find_room("room-1") for _ in range(60)), return_exceptions=True)
    assert any(isinstance(one, RoomBusy) for one in outcomes) is busy


async def test_a_long_queue_is_sent_away_instead_of_kept_waiting(zoom: ZoomSimulator, settings: Settings) -> None:
    pace = zoom_api.Pace(1)
    turns = [asyncio.ensure_future(pace.turn()) for _ in range(25)]
    done, waiting = await asyncio.wait(turns, timeout=0.2)
    for one in waiting:
        one.cancel()
    assert [isinstance(one.exception(), RoomBusy) for one in turns if one in done] == [False] + [True] * 4


async def test_a_person_asked_for_too_often_in_a_day_is_not_named(
    gate: RoomProvider, zoom: ZoomSimulator, room: str
) -> None:
    for _ in range(3):
        await gate.admit(room, PERSON)
    with pytest.raises(RoomBusy) as busy:
        await gate.admit(room, PERSON)
    assert PERSON.email not in str(busy.value)


async def test_what_zoom_will_never_do_is_said_in_our_words(gate: RoomProvider, zoom: ZoomSimulator, room: str) -> None:
    async def refusal(person: Person = PERSON) -> str:
        with pytest.raises(RoomRefused) as refused:
            await gate.admit(room, person)
        return str(refused.value)

    assert await refusal(Person("1", "Peserta", "x" * 120 + "@demo.invalid")) == (
        "Zoom 300: ada isian yang tidak diterima"
    )
    zoom.capacity = 0
    assert await refusal() == "Zoom 3043: rapat sudah penuh"
    zoom.paid = False
    assert await refusal() == "Zoom 200: perlu paket berbayar"
    zoom.paid = True
    clock.freeze(START + timedelta(days=1))
    assert await refusal() == "Zoom 3038: rapat sudah selesai"


async def test_no_log_line_has_a_token_a_link_or_an_address(
    gate: RoomProvider, zoom: ZoomSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = await gate.create_room(MEETING)
    link = await gate.admit(str(made.external_id), PERSON)
    zoom.fail("500", on="register", times=1)
    with pytest.raises(RoomUnavailable) as failed:
        await gate.admit(str(made.external_id), PERSON)
    written = caplog.text + repr(failed.value) + repr(gate)
    for secret in (*zoom.tokens, zoom.client_secret, zoom.account_id, link.url, PERSON.email):
        assert secret not in written
    assert failed.value.__cause__ is None
