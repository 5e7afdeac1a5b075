"""Promises and deliveries once more, as plain Python that remembers every state it was in."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Makassar")
STANDING = {"requested", "committed"}


@dataclass(frozen=True)
class State:
    """What is true of one promise at a time."""

    promise: str = "requested"
    delivery: str = "not_submitted"
    due: date | None = None
    asked: date | None = None
    proofs: tuple[str, ...] = ()
    agreement: str | None = None

    @property
    def owes(self) -> bool:
        return self.promise in STANDING and self.delivery in {"not_submitted", "returned"}

    @property
    def kept(self) -> bool:
        return self.promise in STANDING and self.delivery == "accepted"

    def overdue(self, day: date) -> bool:
        return self.owes and self.due is not None and self.due < day

    def late(self, day: date, holidays: Collection[date]) -> int:
        """Working days after the due date, day by day."""
        if self.due is None or not self.overdue(day):
            return 0
        days = [self.due + timedelta(days=n) for n in range(1, (day - self.due).days + 1)]
        return sum(one.weekday() < 5 and one not in holidays for one in days)

    def waits_for(self, organisation: str, steward: str) -> str | None:
        if self.promise not in STANDING or self.delivery == "accepted":
            return None
        return steward if self.delivery == "submitted" or self.asked else organisation


@dataclass
class Promise:
    """One promise: whose, of which item, and its states with the instant at which each began.

    `passed_on`: somebody else was asked instead; `partial`: the last delivery is to be followed by more.
    """

    id: UUID
    organisation: str
    item: str
    log: list[tuple[datetime, State]]
    passed_on: bool = False
    partial: bool = False
    sent: list[UUID] = field(default_factory=list)

    @property
    def now(self) -> State:
        return self.log[-1][1]

    def at(self, instant: datetime) -> State | None:
        """The state at that instant; None before it was asked for."""
        return next((state for began, state in reversed(self.log) if began <= instant), None)

    def becomes(self, instant: datetime, **changes: object) -> None:
        self.log.append((instant, replace(self.now, **changes)))  # type: ignore[arg-type] # names of fields

    def proven(self, instant: datetime, proof: str) -> None:
        if proof not in self.now.proofs:
            self.becomes(instant, proofs=(*self.now.proofs, proof))

    # The rules: whether a verb is allowed now, and what it leads to

    def pledge(self, today: date) -> dict[str, object] | None:
        return {"promise": "committed"} if self.now.promise == "requested" else None

    def decline(self, today: date) -> dict[str, object] | None:
        return {"promise": "declined", "asked": None} if self.now.promise == "requested" else None

    def withdraw(self, today: date) -> dict[str, object] | None:
        return {"promise": "withdrawn", "asked": None} if self.now.promise == "committed" else None

    def submit(self, today: date) -> dict[str, object] | None:
        if self.now.owes:
            return {"delivery": "submitted"}
        return {} if self.partial and self.now.delivery == "submitted" and self.now.promise in STANDING else None

    def accept(self, today: date) -> dict[str, object] | None:
        return {"delivery": "accepted", "asked": None} if self.now.delivery == "submitted" else None

    def send_back(self, today: date) -> dict[str, object] | None:
        return {"delivery": "returned"} if self.now.delivery in {"submitted", "accepted"} else None

    def refuse(self, today: date) -> dict[str, object] | None:
        return {"asked": None} if self.now.asked else None

    def pass_on(self, today: date) -> dict[str, object] | None:
        return {} if self.now.promise in {"declined", "withdrawn"} and not self.passed_on else None

    def later(self, until: date) -> bool:
        """Whether that is a later date of something that still matters."""
        fits = self.now.due is None or until > self.now.due
        return fits and self.now.promise in STANDING and self.now.delivery != "accepted"
