"""What the API tells of corrections: who changed what the scans say, when and why."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from service.models.attendance import Direction, Method, RefusalReason, Verdict
from service.models.columns import Shape


class Correction(StrEnum):
    """What makes a fact worth a second look."""

    ANNULLED = "annulled"
    MANUAL = "manual"
    ADMITTED = "admitted"
    WALK_IN = "walk_in"
    LATE = "late"
    CLOCK = "clock"
    MATCHED = "matched"
    SELF = "self"


class Author(Shape):
    """Who did it."""

    kind: str = Field(
        description="device, staff, api_key, participant; other: the service itself, or a key whose name was not kept",
        examples=["device"],
    )
    name: str | None = Field(description="The name of the device, person or key", examples=["Gerbang A"])


class CorrectedPerson(Shape):
    """Whose attendance it is about."""

    id: UUID = Field(description="Registration id")
    number: int = Field(description="Registration number")
    name: str = Field(description="Name; of whoever was erased only the number is left")
    organisation: str | None = Field(description="Organisation code, else its name", examples=["diskominfo-sp"])


class CorrectedPresence(Shape):
    """The connection a person decided about."""

    id: UUID = Field(description="Id of the presence")
    name: str = Field(description="Name shown online", examples=["iPhone"])
    joined_at: datetime = Field(description="Its start")
    left_at: datetime = Field(description="Its end")


class CorrectionRead(Shape):
    """One correction. A scan may have several: picked by hand and uploaded late, say."""

    at: datetime = Field(description="When we learned of it", examples=["2023-07-03T00:03:00Z"])
    kind: Correction = Field(
        description="annulled: a scan was undone; manual: somebody registered was picked from the list; admitted: let "
        "in as an exception; walk_in: never registered before; late: received more than 5 minutes after the scan; "
        "clock: the device's clock was implausible (refused), or ahead of the receipt by more than 2 minutes (counts); "
        "matched: a person decided whose a connection is; self: by the hall's code"
    )
    by: Author = Field(description="Who made the correction")
    device: str | None = Field(description="The device that scanned", examples=["Gerbang A"])
    registration: CorrectedPerson | None = Field(description="Whom it is about; null for unknown tickets")
    block: str | None = Field(description="Block code", examples=["D1P"])
    direction: Direction | None = Field(description="Of the scan")
    claimed_at: datetime | None = Field(description="When the scan was made, by the device's clock")
    happened_at: datetime | None = Field(description="The same, corrected by the device's measured skew")
    received_at: datetime | None = Field(description="When the scan reached us")
    undone_at: datetime | None = Field(description="When a device undid it, corrected by the device's measured skew")
    reason: str | None = Field(description="Why", examples=["Salah orang"])
    refusal: RefusalReason | None = Field(description="Why the scan was refused")
    checkin_id: UUID | None = Field(description="The scan")
    presence: CorrectedPresence | None = Field(description="The connection that was matched")
    matched: bool | None = Field(description="For matched: whether it was found to be this person's, or no longer")


class ScanAnnulment(Shape):
    """How a scan was undone."""

    at: datetime = Field(description="When we learned of it")
    undone_at: datetime | None = Field(
        description="When a device undid it, corrected by the device's measured skew; null when it was undone here"
    )
    by: Author = Field(description="Who undid it")
    reason: str | None = Field(description="Why", examples=["Salah orang"])


class ScanRead(Shape):
    """One stored scan, whatever the door was told."""

    checkin_id: UUID = Field(description="The scan; `POST /checkins/{checkin_id}/annulment` undoes it")
    registration: CorrectedPerson | None = Field(description="Whose it is; null for unknown tickets")
    block: str | None = Field(description="Block code", examples=["D1P"])
    direction: Direction = Field(description="in or out")
    method: Method = Field(description="How it was done")
    verdict: Verdict = Field(description="What the door was told")
    refusal: RefusalReason | None = Field(description="Why it was refused")
    claimed_at: datetime = Field(description="When, by the device's clock")
    happened_at: datetime = Field(description="The same, corrected by the device's measured skew")
    received_at: datetime = Field(description="When it reached us")
    by: Author = Field(description="Who scanned or recorded it")
    device: str | None = Field(description="The device that scanned", examples=["Gerbang A"])
    note: str | None = Field(description="Why it was recorded by hand")
    admit_reason: str | None = Field(description="Why somebody unconfirmed was let in")
    annulled: ScanAnnulment | None = Field(description="How it was undone; null while it stands")
