"""Zoom's webhooks: whose they are, and what they say."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import new as hmac
from pathlib import Path

import pytest

from service import clock
from service.clients import rooms
from service.clients.rooms import Challenge, Meeting, Notice, NotOurWebhook, Person, RoomProvider
from service.settings import Settings
from tests.simulators.zoom import Hook, ZoomSimulator

START = datetime(2023, 7, 3, 0, 0, tzinfo=UTC)
END = START + timedelta(hours=8)


@pytest.fixture
def zoom() -> Iterator[ZoomSimulator]:
    with ZoomSimulator() as started:
        yield started


@pytest.fixture
def gate(zoom: ZoomSimulator, tmp_path: Path) -> RoomProvider:
    made = rooms.provider("zoom", Settings(data_dir=tmp_path, **zoom.settings()))
    assert made is not None
    return made


def said(gate: RoomProvider, zoom: ZoomSimulator, raw: bytes) -> list[Notice] | Challenge:
    return gate.read_webhook(zoom.signed(raw), raw)


async def test_a_visit_is_told_from_start_to_end(gate: RoomProvider, zoom: ZoomSimulator) -> None:
    opened = await gate.create_room(Meeting("room-1", "Bimtek I", "Asia/Makassar", ((START, END),)))
    link = await gate.admit(str(opened.external_id), Person("1", "Kepala Bidang", "a@demo.invalid"))
    connection = zoom.join(link.url, START)
    zoom.leave(connection, START + timedelta(hours=1))
    sitting = zoom.end(str(opened.external_id), END)
    notices = [notice for hook in zoom.hooks for notice in _notices(gate, zoom, hook.raw)]
    common = (opened.external_id, sitting.uuid)
    me = (connection.participant_uuid, link.external_id, "Kepala Bidang")
    assert [
        (one.kind, one.at, one.external_id, one.sitting, one.connection, one.registrant, one.display_name)
        for one in notices
    ] == [
        ("started", START, *common, None, None, ""),
        ("joined", START, *common, *me),
        ("left", START + timedelta(hours=1), *common, *me),
        ("ended", END, *common, None, None, ""),
    ]


async def test_a_repetition_has_the_same_key_and_nothing_else_has(gate: RoomProvider, zoom: ZoomSimulator) -> None:
    opened = await gate.create_room(Meeting("room-1", "Bimtek I", "Asia/Makassar", ((START, END),)))
    for minutes in (0, 10, 10):
        connection = zoom.join_unknown(str(opened.external_id), "iPhone", START + timedelta(minutes=minutes))
        zoom.leave(connection, START + timedelta(minutes=minutes + 5))
    zoom.end(str(opened.external_id), END)
    keys = [notice.key for hook in zoom.hooks for notice in _notices(gate, zoom, hook.raw)]
    later = [
        notice.key
        for hook in zoom.hooks
        for notice in _notices(gate, zoom, hook.raw.replace(b'"event":', b'"repeated": true, "event":'))
    ]
    assert later == keys
    assert len(set(keys)) == 8


def _notices(gate: RoomProvider, zoom: ZoomSimulator, raw: bytes) -> list[Notice]:
    read = said(gate, zoom, raw)
    assert isinstance(read, list)
    return read


def test_the_question_whether_the_address_is_ours_is_answered(gate: RoomProvider, zoom: ZoomSimulator) -> None:
    raw = zoom.validation()
    token = json.loads(raw)["payload"]["plainToken"]
    mac = hmac(zoom.webhook_secret.encode(), token.encode(), sha256).hexdigest()
    assert said(gate, zoom, raw) == Challenge({"plainToken": token, "encryptedToken": mac})


@pytest.mark.parametrize("seconds", [-301, 302, 3600, -86400])
def test_a_stale_signature_is_not_ours(gate: RoomProvider, zoom: ZoomSimulator, seconds: int) -> None:
    raw = zoom.validation()
    headers = zoom.signed(raw, at=clock.real_now() + timedelta(seconds=seconds))
    with pytest.raises(NotOurWebhook):
        gate.read_webhook(headers, raw)


@pytest.mark.parametrize("seconds", [-290, 290])
def test_a_clock_that_is_a_little_off_does_not_matter(gate: RoomProvider, zoom: ZoomSimulator, seconds: int) -> None:
    raw = zoom.validation()
    headers = zoom.signed(raw, at=clock.real_now() + timedelta(seconds=seconds))
    assert isinstance(gate.read_webhook(headers, raw), Challenge)


def test_headers_are_found_however_they_are_written(gate: RoomProvider, zoom: ZoomSimulator) -> None:
    raw = zoom.validation()
    headers = {name.upper(): value for name, value in zoom.signed(raw).items()}
    assert isinstance(gate.read_webhook(headers, raw), Challenge)


def test_a_wrong_or_missing_signature_is_not_ours(gate: RoomProvider, zoom: ZoomSimulator) -> None:
    raw = zoom.validation()
    good = zoom.signed(raw)
    bad: list[tuple[dict[str, str], bytes]] = [
        ({}, raw),
        (zoom.signed(raw, secret="another"), raw),
        (good, raw + b" "),
        ({"x-zm-signature": good["x-zm-signature"]}, raw),
        ({"x-zm-request-timestamp": good["x-zm-request-timestamp"]}, raw),
        (good | {"x-zm-signature": good["x-zm-signature"].removeprefix("v0=")}, raw),
        (good | {"x-zm-signature": "v0=é\ud800"}, raw),
        (good | {"x-zm-request-timestamp": "1e9"}, raw),
        (good | {"x-zm-request-timestamp": "٣"}, raw),
        (good | {"x-zm-request-timestamp": "9" * 5000}, raw),
    ]
    for headers, body in bad:
        with pytest.raises(NotOurWebhook):
            gate.read_webhook(headers, body)


def test_without_a_secret_nothing_is_ours(zoom: ZoomSimulator, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, **zoom.settings()).model_copy(update={"zoom_webhook_secret": None})
    gate = rooms.provider("zoom", settings)
    assert gate is not None
    raw = zoom.validation()
    for headers in (zoom.signed(raw), zoom.signed(raw, secret="None")):
        with pytest.raises(NotOurWebhook):
            gate.read_webhook(headers, raw)


def test_what_is_of_no_interest_says_nothing(gate: RoomProvider, zoom: ZoomSimulator) -> None:
    assert said(gate, zoom, b'{"event": "meeting.registration_created", "payload": 1}') == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"event": 1}',
        b"[" * 100_000,
        b'{"event": "endpoint.url_validation"}',
        b'{"event": "meeting.started", "event_ts": 1, "payload": {"object": {"id": "1", "uuid": ""}}}',
        b'{"event": "meeting.started", "event_ts": 1e999, "payload": {"object": {"id": "1", "uuid": "a"}}}',
        b'{"event": "meeting.ended", "event_ts": 99999999999999999, "payload": {"object": {"id": "1", "uuid": "a"}}}',
        b'{"event": "meeting.participant_joined", "event_ts": 1, "payload": {"object": {"id": "1", "uuid": "a"}}}',
        (
            b'{"event": "meeting.participant_left", "event_ts": 1, "payload": {"object": {"id": "1", "uuid": "a", '
            b'"participant": {"user_name": "Nama Rahasia", "join_time": "2023-07-03T00:00:00Z"}}}}'
        ),
        (
            b'{"event": "meeting.participant_left", "event_ts": 1, "payload": {"object": {"id": "1", "uuid": "a", '
            b'"participant": {"user_name": "Nama Rahasia", "leave_time": "Nama Rahasia"}}}}'
        ),
    ],
)
def test_what_cannot_be_read_is_an_error_that_quotes_nothing(
    gate: RoomProvider, zoom: ZoomSimulator, raw: bytes
) -> None:
    with pytest.raises(ValueError) as wrong:
        said(gate, zoom, raw)
    assert "Rahasia" not in str(wrong.value)
    assert wrong.value.__cause__ is None


def test_a_webhook_is_delivered_over_http(zoom: ZoomSimulator) -> None:
    hook = Hook("meeting.started", b"{}")
    assert zoom.deliver(hook, f"{zoom.base_url}/v2/users/me/meetings") == 401
    assert zoom.requests[-1].path == "/v2/users/me/meetings"
