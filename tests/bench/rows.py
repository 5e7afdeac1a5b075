"""What is measured: the requests of each row, and which answer counts as success."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, cycle
from uuid import UUID, uuid4

from service import clock
from tests.bench.fill import Size, World
from tests.bench.load import Answer, request

API = "/api/v1"
WARM_UP = 200
POLLED = 1_000
_FEEDS = 50


@dataclass(frozen=True)
class Row:
    """`requests` is called with the world and the server's port; `contains` must be in every body."""

    name: str
    requests: Callable[[World, int], Iterator[bytes]]
    status: int = 200
    contains: bytes = b""
    clients: int | None = None
    warm_up: int = WARM_UP

    def accepts(self, answer: Answer) -> bool:
        return answer.status == self.status and self.contains in answer.body


def rows(size: Size) -> list[Row]:
    """In the order in which they are measured."""
    return [
        Row("check-in", _checkins, contains=b'"accepted"'),
        Row("check-in again", _repeated_checkins, contains=b'"already_in"'),
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


def _checkin(world: World, ticket: str) -> bytes:
    scan = {
        "ticket": ticket,
        "direction": "in",
        "method": "qr",
        "claimed_at": clock.now().isoformat(),
        "nonce": str(uuid4()),
    }
    return _post(f"{API}/workshops/{world.workshop_id}/checkins", world.device_token, scan)


def _checkins(world: World, port: int) -> Iterator[bytes]:
    """Each another person; ends with the last one."""
    return (_checkin(world, ticket) for ticket in world.tickets)


def _repeated_checkins(world: World, port: int) -> Iterator[bytes]:
    """People whom the warm-up has let in."""
    return (_checkin(world, ticket) for ticket in cycle(world.tickets[:WARM_UP]))


def _registrations(workshop: str) -> Callable[[World, int], Iterator[bytes]]:
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


def _summary(workshop: str) -> Callable[[World, int], Iterator[bytes]]:
    def requests(world: World, port: int) -> Iterator[bytes]:
        workshop_id: UUID = getattr(world, workshop)
        return cycle([request("GET", f"{API}/workshops/{workshop_id}/attendance/summary", bearer=world.api_key)])

    return requests


def _readiness(world: World, port: int) -> Iterator[bytes]:
    return cycle([request("GET", f"{API}/reports/readiness?workshop={world.workshop_id}", bearer=world.api_key)])


def _post(path: str, bearer: str, body: Mapping[str, object]) -> bytes:
    return request("POST", path, bearer=bearer, body=json.dumps(body).encode())


def _etag(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().headers.get("ETag", "")
    finally:
        connection.close()
