"""What is measured: the requests of each row, and which answer counts as success."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, cycle
from uuid import UUID, uuid4

from service import clock
from tests.bench.fill import DEVICES, Entrance, Size, World
from tests.bench.load import Answer, request

API = "/api/v1"
WARM_UP = 200
POLLED = 1_000
BATCH = "batch of 500"
IN_A_BATCH = 500
BLOCKS = ("D1P", "D1S", "D2P", "D2S")
_FEEDS = 50


Requests = Callable[[World, int], Iterator[bytes]]
"""Makes them, given the world and the server's port."""


@dataclass(frozen=True)
class Row:
    """What is sent, and the answer that is right: `contains` must be in every body."""

    name: str
    requests: Requests
    status: int = 200
    contains: bytes = b""
    clients: int | None = None
    warm_up: int = WARM_UP
    each: int = 1
    """What one request carries is counted, not the request; its latency stays that of the request."""
    longest: float = 60.0
    """Seconds, at most, where there are many rows."""

    def accepts(self, answer: Answer) -> bool:
        return answer.status == self.status and self.contains in answer.body


def rows(size: Size) -> list[Row]:
    """In the order in which they are measured."""
    return [
        Row("check-in", _checkins("hall", "D1P"), contains=b'"accepted"'),
        Row("check-in again", _repeated_checkins, contains=b'"already_in"'),
        Row("check-in, 1 client", _checkins("hall", "D1S"), contains=b'"accepted"', clients=1),
        Row("check-in, 32 clients", _checkins("hall", "D2P"), contains=b'"accepted"', clients=32),
        Row(f"check-in among {size.small:,}", _checkins("small", *BLOCKS), contains=b'"accepted"'),
        Row(f"check-in among {size.summary:,}", _checkins("stadium", "D2P"), contains=b'"accepted"'),
        Row(BATCH, _batches("stadium", "D2S"), contains=b'"accepted"', warm_up=DEVICES, each=IN_A_BATCH),
        Row(f"roster of {size.registrations:,}", _rosters, contains=b'"ticket_sha256"', warm_up=DEVICES),
        Row(f"roster of {size.registrations:,}, unchanged", _unchanged_rosters, status=304),
        Row("registration", _registrations("workshop_id"), status=201, contains=b'"confirmed"'),
        Row("registration on a held seat", _registrations("invited_workshop_id"), status=201, contains=b'"confirmed"'),
        Row("public list", _list, contains=b'"items":[{'),
        Row("workshop detail", _detail, contains=b'"capacity"'),
        Row("participant feed", _feeds, contains=b"BEGIN:VEVENT"),
        Row("participant feed, unchanged", _unchanged_feeds, status=304),
        Row("1,000 feeds polled by 4", _polled_feeds, status=304, clients=4, warm_up=2 * POLLED),
        Row(f"attendance summary of {size.registrations:,}", _summary("workshop_id"), contains=b'"blocks"'),
        Row(f"attendance summary of {size.summary:,}", _summary("summary_workshop_id"), contains=b'"blocks"'),
        Row(f"readiness of {size.commitments:,}", _readiness, contains=b'"answer"'),
    ]


def _scan(ticket: str, block: str) -> dict[str, str]:
    return {
        "ticket": ticket,
        "block": block,
        "direction": "in",
        "method": "qr",
        "claimed_at": clock.now().isoformat(),
        "nonce": str(uuid4()),
    }


def _checkin(entrance: Entrance, ticket: str, block: str) -> bytes:
    path = f"{API}/workshops/{entrance.workshop_id}/checkins"
    return _post(path, entrance.device_tokens[0], _scan(ticket, block))


def _checkins(door: str, *blocks: str) -> Requests:
    """Each another person, half-day after half-day; ends with the last one."""

    def requests(world: World, port: int) -> Iterator[bytes]:
        entrance: Entrance = getattr(world, door)
        return (_checkin(entrance, ticket, block) for block in blocks for ticket in entrance.tickets)

    return requests


def _repeated_checkins(world: World, port: int) -> Iterator[bytes]:
    """People whom the warm-up has let in."""
    return (_checkin(world.hall, ticket, BLOCKS[-1]) for ticket in cycle(world.hall.tickets[:WARM_UP]))


def _batches(door: str, block: str) -> Requests:
    """What the devices have collected offline, each another part of the people."""

    def requests(world: World, port: int) -> Iterator[bytes]:
        entrance: Entrance = getattr(world, door)
        path = f"{API}/workshops/{entrance.workshop_id}/checkins/batch"
        starts = range(0, len(entrance.tickets) - IN_A_BATCH + 1, IN_A_BATCH)
        for start, device in zip(starts, cycle(entrance.device_tokens), strict=False):
            items = [_scan(ticket, block) for ticket in entrance.tickets[start : start + IN_A_BATCH]]
            yield _post(path, device, {"device_clock": clock.now().isoformat(), "items": items})

    return requests


def _roster_path(world: World) -> str:
    return f"{API}/workshops/{world.workshop_id}/roster"


def _rosters(world: World, port: int) -> Iterator[bytes]:
    return cycle([request("GET", _roster_path(world), bearer=world.hall.device_tokens[0])])


def _unchanged_rosters(world: World, port: int) -> Iterator[bytes]:
    path, token = _roster_path(world), world.hall.device_tokens[0]
    return cycle([request("GET", path, bearer=token, etag=_etag(port, path, token))])


def _registrations(workshop: str) -> Requests:
    def requests(world: World, port: int) -> Iterator[bytes]:
        workshop_id: UUID = getattr(world, workshop)
        for number in count():
            person = {
                "name": f"Pendaftar {number}",
                "email": f"pendaftar{number}@bench.example",
                "position": "Staf",
                "organisation": f"OPD-{number % 50:02}",
                "mode": "offline",
                "role": "participant",
                "consent": True,
            }
            yield _post(f"{API}/workshops/{workshop_id}/registrations", world.api_key, person)

    return requests


def _list(world: World, port: int) -> Iterator[bytes]:
    return cycle([request("GET", f"{API}/workshops?organizer={world.organizer}")])


def _detail(world: World, port: int) -> Iterator[bytes]:
    return cycle([request("GET", f"{API}/workshops/{world.workshop_id}")])


def _feed_path(token: str) -> str:
    return f"/calendar/my/{token}.ics"


def _feeds(world: World, port: int) -> Iterator[bytes]:
    return (request("GET", _feed_path(token)) for token in cycle(world.participant_tokens))


def _unchanged_feeds(world: World, port: int) -> Iterator[bytes]:
    return _polls(world, port, _FEEDS)


def _polled_feeds(world: World, port: int) -> Iterator[bytes]:
    return _polls(world, port, POLLED)


def _polls(world: World, port: int, count: int) -> Iterator[bytes]:
    """The calendars of so many people, read before, asked in turn whether they have changed."""
    paths = [_feed_path(token) for token in world.participant_tokens[:count]]
    return cycle([request("GET", path, etag=_etag(port, path)) for path in paths])


def _summary(workshop: str) -> Requests:
    def requests(world: World, port: int) -> Iterator[bytes]:
        workshop_id: UUID = getattr(world, workshop)
        return cycle([request("GET", f"{API}/workshops/{workshop_id}/attendance/summary", bearer=world.api_key)])

    return requests


def _readiness(world: World, port: int) -> Iterator[bytes]:
    return cycle([request("GET", f"{API}/reports/readiness?workshop={world.workshop_id}", bearer=world.api_key)])


def _post(path: str, bearer: str, body: Mapping[str, object]) -> bytes:
    return request("POST", path, bearer=bearer, body=json.dumps(body).encode())


def _etag(port: int, path: str, bearer: str = "") -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {bearer}"} if bearer else {})
        return connection.getresponse().headers.get("ETag", "")
    finally:
        connection.close()
