"""What the API reads and writes about scans, online presence and attendance."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    WrapValidator,
    model_validator,
)

from service.i18n import marked as _
from service.models.attendance import AttendanceMode, AttendanceState, Direction, Method, RefusalReason, Verdict
from service.models.columns import Code, Day, Fault, Instant, Line, Shape, Written, form
from service.models.registrations import RegistrationStatus
from service.models.workshops import Mode

EARLIEST = datetime.min.replace(tzinfo=UTC) + timedelta(days=2)
LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)


def _within_calendar(value: datetime) -> datetime:
    """A device's clock may say anything, and its scan is kept all the same."""
    try:
        return min(max(value.astimezone(UTC), EARLIEST), LATEST)
    except OverflowError:
        return EARLIEST if value.year == 1 else LATEST


def _typed(value: str) -> str | None:
    return value or None


Claimed = Annotated[Written, AfterValidator(_within_calendar)]
"""An instant by somebody else's clock."""
ScannedText = Annotated[str, StringConstraints(min_length=1, max_length=5000)]
"""Whatever a scanner read; a QR code holds at most 4,296 characters."""
LocalDay = Day
Key = Annotated[str, form(r"^[^\x00]+$", _("Karakter NUL tidak diterima."), strip=True, min_length=1, max_length=200)]
"""Another system's id."""
Contact = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), AfterValidator(_typed)]
"""An address or number as typed at the door; whether it can be used is looked at later, since nothing is dropped."""


class WalkIn(Shape):
    """Somebody at the door who never registered. The same `client_id` from any device is the same person.

    An organisation is needed, by code or name; only in a batch, where nothing is dropped, it may be missing.
    """

    client_id: Key = Field(description="Made by the device, once per person", examples=["9d4b7a52-walk-in-1"])
    name: Line = Field(description="Name as the person gives it", examples=["Kepala Seksi Statistik"])
    organisation: Code | None = Field(None, description="Code of a known organisation", examples=["bps"])
    organisation_name: Line | None = Field(None, description="Name of an organisation that is not listed")
    represents: Line | None = Field(None, description="Whom the person represents (mewakili)")
    email: Contact | None = Field(None, description="Where the ticket and the calendar entry go, if the person wants")
    phone: Contact | None = Field(None, description="Telephone, for the same")
    substitute_for: UUID | None = Field(
        None,
        description="Registration of who does not come and gives the place to this person; needs no organisation. When "
        "there is no such place any more, the person comes in as any other walk-in: see `substitute_for` of the "
        "registration",
    )


class Admit(Shape):
    """Lets somebody in who is not confirmed."""

    reason: Line = Field(description="Why", examples=["Atas izin Kepala Bidang"])


class CheckinCreate(Shape):
    """One scan: exactly one of `ticket`, `registration_id` and `walk_in` says who."""

    ticket: ScannedText | None = Field(None, description="What the QR code says")
    registration_id: UUID | None = Field(None, description="A person picked from the roster")
    walk_in: WalkIn | None = Field(None, description="A person who never registered")
    block: Key | None = Field(None, description="Block code; without it the block of that time", examples=["D1P"])
    direction: Direction = Field(Direction.IN, description="in or out")
    method: Method = Field(Method.QR, description="How it was done")
    claimed_at: Claimed = Field(description="When, by the device's clock", examples=["2023-07-03T09:02:00+08:00"])
    nonce: UUID = Field(description="Made by the device, once per scan; a repeat gets the first answer")
    admit: Admit | None = Field(None, description="Lets in a person who is waitlisted or pending, never a rejected one")
    note: Line | None = Field(None, description="Why it is recorded by hand", examples=["Ponsel peserta rusak"])

    @model_validator(mode="after")
    def _names_one_person(self) -> Self:
        if sum(way is not None for way in (self.ticket, self.registration_id, self.walk_in)) != 1:
            raise Fault(_("Isi tepat satu dari ticket, registration_id, walk_in."))
        return self


class AnnulTarget(Shape):
    """Which scan is undone, and why."""

    nonce: UUID = Field(description="The scan's nonce; the scan may arrive later")
    reason: Line = Field(description="Why", examples=["Salah orang"])


class AnnulItem(Shape):
    """An undo inside a batch."""

    annul: AnnulTarget = Field(description="What is undone")
    nonce: UUID = Field(description="Made by the device, once per undo")
    claimed_at: Claimed = Field(description="When, by the device's clock")


def _kind(item: object) -> str:
    undo = isinstance(item, AnnulItem) or (isinstance(item, dict) and "annul" in item)
    return "annul" if undo else "scan"


def _readable_or_absurd(value: object, read: Callable[[object], datetime]) -> datetime:
    try:
        return read(value)
    except ValidationError:
        return LATEST


class _Least(BaseModel):
    """What an item must have to be kept. A time that nobody can read is kept as the last one, which is implausible."""

    nonce: UUID
    claimed_at: Annotated[Claimed, WrapValidator(_readable_or_absurd)] = LATEST


def _kept(item: object, read: Callable[[object], CheckinCreate | AnnulItem]) -> CheckinCreate | AnnulItem:
    """An item that breaks the rules must not keep a device from uploading the others: it becomes a ticket of nobody.

    Raises ValidationError for an item without a nonce, which could not be told from its repetition.
    """
    with suppress(ValidationError):
        return read(item)
    least = _Least.model_validate(item)
    assert isinstance(item, dict)
    with suppress(ValidationError):
        return read({**item, "claimed_at": least.claimed_at})
    text = json.dumps(item, sort_keys=True, default=str)
    ticket = f"unreadable:{sha256(text.encode()).hexdigest()}"
    return CheckinCreate(ticket=ticket, claimed_at=least.claimed_at, nonce=least.nonce)


BatchItem = Annotated[
    Annotated[CheckinCreate, Tag("scan")] | Annotated[AnnulItem, Tag("annul")],
    Discriminator(_kind),
    WrapValidator(_kept),
]


class CheckinBatch(Shape):
    """What a device collected, in its order. `device_clock` against ours is the skew that corrects claimed times."""

    device_clock: Claimed = Field(
        description="The device's clock now, read anew for each attempt", examples=["2023-07-03T10:00:00+08:00"]
    )
    items: list[BatchItem] = Field(max_length=1000, description="Scans and undos, at most 1,000")


class PersonBrief(Shape):
    """Who it is, without contact data."""

    id: UUID = Field(description="Registration id")
    number: int = Field(description="Registration number")
    name: str = Field(description="Name, titles included", examples=["Kepala Bidang Aptika"])
    organisation: str | None = Field(description="Organisation code, else its name", examples=["diskominfo-sp"])
    position: str | None = Field(description="Position (jabatan)")
    represents: str | None = Field(description="Whom the person represents (mewakili)")
    mode: Mode = Field(description="Registered mode; it decides nothing about attendance")


class FirstScan(Shape):
    """When and where a person first came in."""

    at: datetime = Field(description="Corrected time of the scan", examples=["2023-07-03T01:02:00Z"])
    device: str | None = Field(description="The device's name; null for staff", examples=["Gerbang A"])


class CheckinRead(Shape):
    """The answer to a scan. It never changes: a repeated nonce gets it again."""

    verdict: Verdict = Field(description="What the door is told", examples=["accepted"])
    reason: RefusalReason | None = Field(description="Why it was refused")
    checkin_id: UUID | None = Field(description="The stored scan; null for an undo whose scan has not arrived yet")
    nonce: UUID = Field(description="The item's nonce")
    block: str | None = Field(description="Block code", examples=["D1P"])
    registration: PersonBrief | None = Field(
        description="Who it is; null for unknown tickets. For a walk-in whose `substitute_for` is unknown or was "
        "replaced already it is a registration of its own, whose `substitute_for` is null"
    )
    first: FirstScan | None = Field(description="The first scan in of this person and block")
    late: bool = Field(description="Received more than 5 minutes after the scan")


class CheckinBatchRead(Shape):
    """A verdict for each item, in order."""

    items: list[CheckinRead] = Field(description="The answers")


class AnnulmentCreate(Shape):
    """Undoing a scan."""

    reason: Line = Field(description="Why", examples=["Salah orang"])


class AnnulmentRead(Shape):
    """An undone scan. The fact stays, marked."""

    checkin_id: UUID = Field(description="The scan")
    nonce: UUID = Field(description="Its nonce")
    annulled_at: datetime = Field(description="When it was undone")
    annulled_by: str = Field(
        description="Who undid it, as kind:id", examples=["device:0191f1d8-7f1c-7c3e-8a00-1c2d3e4f5a6b"]
    )
    reason: str = Field(description="Why")


class RosterEntry(PersonBrief):
    """One person as a door device knows it."""

    ticket_sha256: str = Field(description="SHA-256 (hex) of the ticket string")
    status: RegistrationStatus = Field(description="Only confirmed people come in without an exception")


class RosterRead(Shape):
    """Everybody a door may meet; with `since`, those changed since then."""

    items: list[RosterEntry] = Field(description="The people")
    server_time: datetime = Field(description="Our clock; give it as `since` next time")


class AttendanceRead(Shape):
    """One person in one block."""

    registration: PersonBrief = Field(description="Who")
    block: str = Field(description="Block code", examples=["D1P"])
    state: AttendanceState = Field(description="pending until the block has ended")
    mode: AttendanceMode | None = Field(description="Where the person was, by the facts")
    minutes: int = Field(description="Minutes online that count")
    first_in: datetime | None = Field(description="First scan in")


class PresentCount(Shape):
    """How many people are present. The first three are disjoint, `unique` is their sum."""

    offline: int = Field(description="Only in the hall")
    online: int = Field(description="Only online")
    dual: int = Field(description="Both")
    unique: int = Field(description="People")


class BlockSummary(Shape):
    """One half-day."""

    code: str = Field(description="Block code", examples=["D1P"])
    label: str = Field(description="Its name for people")
    present: PresentCount = Field(description="Who is there")
    expected: int = Field(description="Confirmed registrations")


class DaySummary(Shape):
    """One local day: present in at least one of its blocks."""

    date: LocalDay = Field(description="Local day", examples=["2023-07-03"])
    present: PresentCount = Field(description="Who was there")
    expected: int = Field(description="Confirmed registrations")


class OrganisationSummary(Shape):
    """One organisation: its people present in at least one block."""

    organisation: str | None = Field(description="Organisation code; null gathers those not listed")
    name: str | None = Field(description="Organisation name")
    present: PresentCount = Field(description="Who was there")
    expected: int = Field(description="Confirmed registrations")
    blocks: dict[str, int] = Field(description="People present in each half-day, by block code", examples=[{"D1P": 2}])


class AttendanceSummary(Shape):
    """The counters of a workshop."""

    workshop_id: UUID = Field(description="The workshop")
    present: PresentCount = Field(description="People present in at least one block")
    expected: int = Field(description="Confirmed registrations")
    blocks: list[BlockSummary] = Field(description="Per half-day")
    days: list[DaySummary] = Field(description="Per local day")
    organisations: list[OrganisationSummary] = Field(description="Per organisation, by code")


class PresenceCreate(Shape):
    """An interval somebody was connected."""

    registration_id: UUID | None = Field(None, description="Whose it is, when the sender knows")
    external_id: Key = Field(description="The provider's registrant id, else the connection's id")
    display_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = Field(
        "", description="Name shown online; never used to guess who it was", examples=["iPhone"]
    )
    email: Annotated[str, StringConstraints(max_length=300)] | None = Field(
        None, description="Address the provider knew the visitor by; it tells who it is when one person alone has it"
    )
    joined_at: Instant = Field(description="Start of the connection", examples=["2023-07-03T08:55:00+08:00"])
    left_at: Instant = Field(description="Its end", examples=["2023-07-03T11:50:00+08:00"])

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.left_at < self.joined_at:
            raise Fault(_("Isi left_at yang tidak lebih awal daripada joined_at."))
        return self
