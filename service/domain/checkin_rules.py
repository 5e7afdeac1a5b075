"""What the door is told about a scan. Pure: facts in, verdict out; the same rules for one scan and for a batch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.attendance import Scan, counted
from service.models.attendance import Direction, RefusalReason, Verdict
from service.models.attendance_shapes import EARLIEST, LATEST, CheckinCreate, CheckinRead, FirstScan, PersonBrief
from service.models.registrations import RegistrationStatus
from service.models.workshops import Mode
from service.tokens import Keyring, Purpose, new_id

LATE = timedelta(minutes=5)
AHEAD = timedelta(minutes=2)
AROUND_WORKSHOP = timedelta(days=1)
_CLOSED = (RegistrationStatus.CANCELLED, RegistrationStatus.REJECTED)


@dataclass(frozen=True, slots=True)
class Person:
    """A registration as the door needs it, without contact data."""

    id: UUID
    workshop_id: UUID
    number: int
    name: str
    position: str | None
    represents: str | None
    mode: Mode
    status: RegistrationStatus
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    link_version: int
    key_id: str
    organisation: str | None

    def owns(self, ticket: str, keyring: Keyring) -> bool:
        """Whether this is the person's ticket. A replaced person's ticket is still known, though it no longer opens."""
        versions = (self.link_version, self.link_version - 1) if self.status in _CLOSED else (self.link_version,)
        return any(keyring.opens(ticket, Purpose.TICKET, self.id, version, self.key_id) for version in versions)

    def confirmed(self) -> bool:
        """Whether the person holds a confirmation, or held one until the cancellation."""
        return self.status is RegistrationStatus.CONFIRMED or (
            self.status is RegistrationStatus.CANCELLED and self.confirmed_at is not None
        )

    def cancelled_by(self, instant: datetime) -> bool:
        """Whether the registration was cancelled at that time. What was scanned before a cancellation counts."""
        return self.status is RegistrationStatus.CANCELLED and (
            self.cancelled_at is None or self.cancelled_at <= instant
        )

    def brief(self) -> PersonBrief:
        """The person as the door shows it."""
        return PersonBrief(
            id=self.id,
            number=self.number,
            name=self.name,
            organisation=self.organisation,
            position=self.position,
            represents=self.represents,
            mode=self.mode,
        )


@dataclass(frozen=True, slots=True)
class Block:
    """A half-day as the door needs it."""

    id: UUID
    code: str
    starts_at: datetime
    ends_at: datetime
    checkin_from: datetime


@dataclass(frozen=True)
class Hall:
    """A workshop as the door needs it."""

    id: UUID
    organizer_id: UUID
    starts_at: datetime
    ends_at: datetime
    blocks: Sequence[Block]

    def block_at(self, code: str | None, instant: datetime) -> Block | None:
        """The named block as it is; without a name the one open at that time, a running one before a coming one."""
        if code is not None:
            return next((block for block in self.blocks if block.code == code), None)
        holding = [block for block in self.blocks if block.checkin_from <= instant <= block.ends_at]
        running = [block for block in holding if block.starts_at <= instant]
        return min(running or holding, key=lambda block: (block.starts_at, block.code), default=None)

    def far_from(self, instant: datetime) -> bool:
        """Whether the instant lies outside the workshop by more than a day."""
        return not self.starts_at - AROUND_WORKSHOP <= instant <= self.ends_at + AROUND_WORKSHOP


@dataclass(frozen=True, slots=True)
class Clocks:
    """When a scan happened: our clock at receipt, and the measured skew of a device that sends a batch."""

    received_at: datetime
    skew: timedelta | None = None

    def corrected(self, claimed_at: datetime) -> datetime:
        """The claimed time on our clock, kept inside the calendar."""
        try:
            return min(max(claimed_at - (self.skew or timedelta()), EARLIEST), LATEST)
        except OverflowError:
            return EARLIEST if self.skew and self.skew > timedelta() else LATEST

    def implausible(self, happened_at: datetime, hall: Hall) -> bool:
        """Whether that cannot be when it happened.

        A single scan: more than two minutes ahead of us. In a batch: outside the workshop by more than a day.
        """
        if self.skew is None:
            return happened_at > self.received_at + AHEAD
        return hall.far_from(happened_at)


@dataclass(frozen=True, slots=True)
class Judged:
    """A scan with its verdict."""

    scan: Scan
    block: Block | None
    first: Scan | None
    late: bool


def judge(
    data: CheckinCreate,
    person: Person | None,
    hall: Hall,
    known: Sequence[Scan],
    clocks: Clocks,
    *,
    annulled: bool,
    device: str | None,
) -> Judged:
    """The verdict on one scan. `known` are all of the person's scans that are stored already.

    A scan that arrives at once is judged against all that is known; a late one against what had happened by its own
    time, since nobody waits at the door for its verdict.
    """
    happened_at = clocks.corrected(data.claimed_at)
    late = clocks.received_at - happened_at > LATE
    block = hall.block_at(data.block, happened_at)
    admitted = data.admit is not None or any(one.admits and not one.annulled and not one.barred for one in known)
    rejected = person is not None and person.status is RegistrationStatus.REJECTED
    needs_admit = person is not None and not rejected and not person.confirmed()
    barred = rejected or (needs_admit and not admitted)
    refusal = _refusal(person, hall, clocks, happened_at, block, barred=barred)
    scan = Scan(
        id=new_id(),
        nonce=data.nonce,
        block_id=block.id if block else None,
        direction=data.direction,
        happened_at=happened_at,
        verdict=Verdict.REFUSED if refusal else Verdict.ACCEPTED,
        refusal=refusal,
        needs_admit=needs_admit,
        admits=data.admit is not None,
        annulled=annulled,
        device=device,
    )
    if refusal:
        return Judged(scan, block, None, late)
    # Who was turned away is not inside, even if that scan counts since somebody admitted the person.
    passed = [one for one in counted([*known, scan]) if one.verdict is not Verdict.REFUSED and one is not scan]
    before = [one for one in passed if one.block_id == scan.block_id]
    if scan.direction is Direction.IN and _is_in(before, happened_at if late else None):
        scan = replace(scan, verdict=Verdict.ALREADY_IN)
    return Judged(scan, block, _first([*before, scan]), late)


def answer(judged: Judged, person: Person | None) -> CheckinRead:
    """What the device is told. A person of another workshop stays unnamed."""
    scan, first = judged.scan, judged.first
    strange = scan.refusal in (RefusalReason.UNKNOWN_TICKET, RefusalReason.OTHER_WORKSHOP)
    return CheckinRead(
        verdict=scan.verdict,
        reason=scan.refusal,
        checkin_id=scan.id,
        nonce=scan.nonce,
        block=judged.block.code if judged.block else None,
        registration=person.brief() if person and not strange else None,
        first=FirstScan(at=first.happened_at, device=first.device) if first else None,
        late=judged.late,
    )


def _is_in(before: Iterable[Scan], until: datetime | None) -> bool:
    past = [one for one in before if until is None or one.happened_at <= until]
    last = max(past, key=lambda one: (one.happened_at, one.id), default=None)
    return last is not None and last.direction is Direction.IN


def _first(scans: Iterable[Scan]) -> Scan | None:
    """The earliest scan in that was accepted: devices that race may differ by milliseconds, yet one opened the door."""
    came = [one for one in scans if one.direction is Direction.IN]
    accepted = [one for one in came if one.verdict is Verdict.ACCEPTED]
    return min(accepted or came, key=lambda one: (one.happened_at, one.nonce), default=None)


def _refusal(
    person: Person | None, hall: Hall, clocks: Clocks, happened_at: datetime, block: Block | None, *, barred: bool
) -> RefusalReason | None:
    if person is None:
        return RefusalReason.UNKNOWN_TICKET
    if person.workshop_id != hall.id:
        return RefusalReason.OTHER_WORKSHOP
    if clocks.implausible(happened_at, hall):
        return RefusalReason.CLOCK_IMPLAUSIBLE
    if person.cancelled_by(happened_at):
        return RefusalReason.CANCELLED
    if barred:
        return RefusalReason.NOT_CONFIRMED
    return RefusalReason.NO_BLOCK_NOW if block is None else None
