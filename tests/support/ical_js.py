"""Calendars as ical.js sees them: a reader in another language, which Thunderbird and others are built on."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from tests.support import npm
from tests.support.npm import FOLDER

READ_SECONDS = 60


@dataclass(frozen=True)
class Person:
    """An ORGANIZER or ATTENDEE."""

    name: str | None
    address: str


@dataclass(frozen=True)
class SeenEvent:
    """One VEVENT; times are ISO 8601 in UTC."""

    uid: str
    summary: str | None
    description: str | None
    location: str | None
    status: str | None
    sequence: int
    recurrence_id: str | None
    rdates: int
    organizers: list[Person]
    attendees: list[Person]


@dataclass(frozen=True)
class Seen:
    """One calendar: its components with the names of their properties, and when its events take place."""

    method: str | None
    components: list[tuple[str, list[str]]]
    events: list[SeenEvent]
    occurrences: list[tuple[str, str, str]]


def read_all(calendars: Sequence[bytes]) -> list[Seen]:
    """What ical.js sees, all in one process. Raises NpmMissing; fails when a calendar cannot be read."""
    node = npm.node()
    lines = "".join(json.dumps(body.decode()) + "\n" for body in calendars)
    ran = subprocess.run(
        [node, "read_ics.mjs"],
        cwd=FOLDER,
        input=lines.encode(),
        capture_output=True,
        timeout=READ_SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    # Not splitlines: JSON holds U+2028 as it is.
    return [_seen(json.loads(line)) for line in ran.stdout.decode().split("\n")[:-1]]


def _seen(answer: dict[str, object]) -> Seen:
    method, components, events, occurrences = (
        answer[name] for name in ("method", "components", "events", "occurrences")
    )
    assert isinstance(components, list)
    assert isinstance(events, list)
    assert isinstance(occurrences, list)
    return Seen(
        method=str(method) if method is not None else None,
        components=[(name, properties) for name, properties in components],
        events=[_event(event) for event in events],
        occurrences=[(start, end, summary) for start, end, summary in occurrences],
    )


def _event(values: dict[str, object]) -> SeenEvent:
    people = {name: [Person(**person) for person in _list(values.pop(name))] for name in ("organizers", "attendees")}
    return SeenEvent(**values, **people)  # type: ignore[arg-type] # what read_ics.mjs writes


def _list(value: object) -> list[dict[str, str]]:
    assert isinstance(value, list)
    return value
