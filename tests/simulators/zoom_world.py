"""What the simulated Zoom knows: meetings, their registrants, and who was in them when."""

import secrets
from base64 import b64encode, urlsafe_b64encode
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from service import clock


class Refused(Exception):
    """An error answer in Zoom's shape."""

    def __init__(self, status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body: JsonValue = {"code": code, "message": message}


def gone(meeting_id: object, code: int = 3001) -> Refused:
    return Refused(404, code, f"Meeting does not exist: {meeting_id}.")


def new_uuid(*, awkward: bool = False) -> str:
    """A use of a meeting; an awkward one has to be encoded twice in a path."""
    uuid = b64encode(secrets.token_bytes(16)).decode()
    return f"/{uuid[1:8]}//{uuid[10:]}" if awkward else uuid.replace("/", "+")


def text(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass
class Registrant:
    """Somebody who was added, `added` times; `status` is approved, denied or cancelled."""

    id: str
    email: str
    first_name: str
    last_name: str
    join_url: str
    status: str = "approved"
    created_at: datetime = field(default_factory=clock.real_now)
    adds: Counter[date] = field(default_factory=Counter)
    changes: Counter[date] = field(default_factory=Counter)

    @property
    def added(self) -> int:
        return self.adds.total()

    @property
    def name(self) -> str:
        """As others see it in the meeting."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass
class Occurrence:
    """One day of a recurring meeting."""

    start: datetime
    minutes: int
    deleted: bool = False

    @property
    def id(self) -> str:
        return str(int(self.start.timestamp() * 1000))

    def body(self) -> dict[str, JsonValue]:
        status = "deleted" if self.deleted else "available"
        return {"occurrence_id": self.id, "start_time": text(self.start), "duration": self.minutes, "status": status}


@dataclass
class Connection:
    """One stay in a sitting; `user_id` is new each time somebody comes back."""

    meeting_id: int
    sitting: str
    user_id: str
    participant_uuid: str
    name: str
    registrant: Registrant | None
    joined_at: datetime
    left_at: datetime | None = None
    waiting: bool = False


@dataclass
class Sitting:
    """One use of a meeting."""

    uuid: str
    started_at: datetime
    ended_at: datetime | None = None
    connections: list[Connection] = field(default_factory=list)


@dataclass
class Meeting:
    """`fields` are as asked for. `registrants` by e-mail in lower case; who was cancelled is in `cancelled`."""

    id: int
    host_id: str
    fields: dict[str, JsonValue]
    password: str = field(default_factory=lambda: secrets.token_hex(3))
    uuid: str = field(default_factory=new_uuid)
    created_at: datetime = field(default_factory=clock.real_now)
    occurrences: list[Occurrence] = field(default_factory=list)
    registrants: dict[str, Registrant] = field(default_factory=dict)
    cancelled: list[Registrant] = field(default_factory=list)
    sittings: list[Sitting] = field(default_factory=list)
    deleted: bool = False

    @property
    def topic(self) -> str:
        return str(self.fields.get("topic", ""))

    @property
    def agenda(self) -> str:
        return str(self.fields.get("agenda", ""))

    @property
    def type(self) -> int:
        return whole(self.fields.get("type", 2))

    @property
    def minutes(self) -> int:
        return whole(self.fields.get("duration", 60))

    @property
    def start(self) -> datetime:
        return datetime.fromisoformat(str(self.fields.get("start_time", text(self.created_at))))

    @property
    def settings(self) -> dict[str, JsonValue]:
        settings = self.fields.get("settings", {})
        assert isinstance(settings, dict)
        return settings

    @property
    def days(self) -> list[tuple[datetime, datetime]]:
        """When it is used, deleted occurrences left out."""
        starts = [(one.start, one.minutes) for one in self.occurrences if not one.deleted]
        return [
            (start, start + timedelta(minutes=minutes))
            for start, minutes in (starts if self.type == 8 else [(self.start, self.minutes)])
        ]

    @property
    def over(self) -> bool:
        return all(end < clock.now() for _, end in self.days)

    @property
    def running(self) -> Sitting | None:
        return self.sittings[-1] if self.sittings and self.sittings[-1].ended_at is None else None

    def change(self, fields: Mapping[str, JsonValue]) -> None:
        """As PATCH does: times of which the first is past are ignored."""
        settings = fields.get("settings", {})
        assert isinstance(settings, dict)
        changed = {**fields, "settings": {**self.settings, **settings}}
        if "start_time" in fields and datetime.fromisoformat(str(fields["start_time"])) < clock.now():
            for name in ("start_time", "duration", "recurrence", "type"):
                changed.pop(name, None)
        self.fields |= changed
        if "recurrence" in changed:
            self.recur()

    def recur(self) -> None:
        """Makes the occurrences anew, at the same local time each day."""
        recurrence = self.fields.get("recurrence")
        if self.type != 8 or not isinstance(recurrence, dict):
            self.occurrences = []
            return
        first = self.start.astimezone(ZoneInfo(str(self.fields.get("timezone", "UTC"))))
        gap, count = whole(recurrence.get("repeat_interval", 1)), whole(recurrence.get("end_times", 1))
        self.occurrences = [
            Occurrence((first + timedelta(days=gap * n)).astimezone(UTC), self.minutes) for n in range(count)
        ]

    def add(self, given: Mapping[str, JsonValue]) -> Registrant:
        """The same person for the same address."""
        email = str(given["email"])
        found = self.registrants.get(email.lower())
        if found is None:
            token = secrets.token_urlsafe(24)
            found = Registrant(
                id=urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("="),
                email=email,
                first_name=str(given["first_name"]),
                last_name=str(given.get("last_name", "")),
                join_url=f"https://zoom.invalid/w/{self.id}?tk={token}&pwd={self.password}",
            )
            self.registrants[email.lower()] = found
        found.adds[clock.real_now().date()] += 1
        return found

    def body(self) -> dict[str, JsonValue]:
        """As it is answered when made or read."""
        shown: dict[str, JsonValue] = {
            "settings": {},
            "duration": 60,
            **self.fields,
            "type": self.type,
            "id": self.id,
            "uuid": self.uuid,
            "host_id": self.host_id,
            "host_email": "host@zoom.invalid",
            "status": "started" if self.running else "waiting",
            "created_at": text(self.created_at),
            "password": self.password,
            "join_url": f"https://zoom.invalid/j/{self.id}?pwd={self.password}",
            "start_url": f"https://zoom.invalid/s/{self.id}?zak=secret",
        }
        if self.occurrences:
            shown["occurrences"] = [one.body() for one in self.occurrences]
            shown.pop("start_time", None)
        return shown

    def listed(self) -> list[dict[str, JsonValue]]:
        """Its lines in the list of a host's meetings: a recurring one has one per occurrence."""
        names = ("id", "uuid", "host_id", "topic", "type", "duration", "timezone", "created_at", "join_url")
        body = self.body()
        line = {name: body[name] for name in names if name in body} | {"agenda": self.agenda[:250]}
        return [line | {"start_time": text(start)} for start, _ in self.days]


def whole(value: JsonValue) -> int:
    assert isinstance(value, int)
    return value
