"""A small world in plain lists: what the reports are asked about, before anybody puts it into tables."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass
class Org:
    code: str
    org_class: str = "opd"
    invited_at: datetime | None = None


@dataclass
class Block:
    """A half-day: its agenda items are the pairs of instants in which being online counts."""

    code: str
    hours: int
    items: list[tuple[datetime, datetime]]


@dataclass
class Person:
    number: int
    org: str | None
    created_at: datetime
    code: str | None = None
    role: str = "participant"
    level: str | None = None
    employment: str | None = "pns"
    walk_in: bool = False
    substitute_for: int | None = None
    cancelled_at: datetime | None = None
    rejected: bool = False


@dataclass
class Scan:
    person: int
    block: str
    at: datetime
    direction: str = "in"
    verdict: str = "accepted"
    annulled: bool = False


@dataclass
class Online:
    """Somebody connected: whom it was matched to (nobody: a name without a registration), and how long."""

    people: list[int]
    name: str
    joined_at: datetime
    left_at: datetime


@dataclass
class Change:
    """One line of a commitment's history."""

    at: datetime
    axis: str
    before: str | None
    after: str
    by: str = "staff"


@dataclass
class Promise:
    """A commitment. `due`, `changes` and `submissions` (instant, metadata complete) tell its whole life, in order.

    `proven_at`: when its first evidence came. `requested_until`: the later date that is still asked for at the end.
    """

    code: str
    item: str
    org: str
    requested_at: datetime
    due: date | None
    proven_at: datetime | None = None
    requested_until: date | None = None
    changes: list[Change] = field(default_factory=list)
    submissions: list[tuple[datetime, bool]] = field(default_factory=list)

    def last(self, axis: str, first: str | None) -> str | None:
        """What holds on an axis after the whole history."""
        return next((change.after for change in reversed(self.changes) if change.axis == axis), first)


@dataclass
class World:
    zone: str
    steward: str
    online_threshold: float
    certificate_threshold: float
    dimensions: list[str]
    holidays: list[date]
    orgs: list[Org]
    blocks: list[Block]
    people: list[Person]
    scans: list[Scan]
    online: list[Online]
    items: dict[str, str | None]
    """Data item code -> dimension."""
    promises: list[Promise]
    next_starts: list[tuple[datetime, str]] = field(default_factory=list)
    """Start and status of the workshops that follow this one."""
