"""What the API reads and writes about commitments and submissions."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from service.i18n import marked as _
from service.models.columns import Code, Fault, Instant, Line, Prose, Shape
from service.models.commitments import Axis, CommitmentStatus, FulfilmentStatus


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
        _port = parts.port
    except ValueError:
        valid = False
    if not valid or any(character.isspace() for character in value):
        raise Fault(_("Isi dengan alamat web lengkap, misalnya https://luwukab.go.id."))
    return value


def _no_time(value: object) -> object:
    # pydantic would take a midnight without zone for a date; an instant has to name its zone.
    if isinstance(value, str) and len(value) > 10:
        raise Fault(_("Tulis tanggal sebagai TTTT-BB-HH, misalnya 2023-07-03."))
    return value


Reason = Annotated[Prose, Field(min_length=1, max_length=2000, examples=["Bukan kewenangan kami."])]
WebAddress = Annotated[Line, Field(max_length=2000), AfterValidator(_web_address)]
"""An http or https address that people open; the service never fetches it."""
AsOf = Annotated[Instant | Annotated[date, BeforeValidator(_no_time)], Field(union_mode="left_to_right")]
"""A moment: an instant, or a date, which means the end of that day in the organizer's zone."""


class EvidenceType(StrEnum):
    """What shows that the promise was made."""

    SIGNED_SHEET = "signed_sheet"
    LETTER = "letter"
    MINUTES = "minutes"
    DECREE = "decree"
    OTHER = "other"


class Evidence(Shape):
    """One proof of a promise: `reference` (a letter's number, as text) or `url`, or both."""

    type: EvidenceType = Field(description="What it is", examples=["signed_sheet"])
    reference: Line | None = Field(None, description="Number or place of the paper, never parsed")
    url: WebAddress | None = Field(None, description="Where it can be read")
    note: Line | None = Field(None, description="Remark")

    @model_validator(mode="after")
    def _names_something(self) -> "Evidence":
        if self.reference is None and self.url is None:
            raise Fault(_("Isi reference atau url."))
        return self


class CommitmentCreate(Shape):
    """A request to an organisation. Without `due_date` the data item's holds."""

    data_item: Code = Field(description="Code of the data item", examples=["DI-G01"])
    organisation: Code = Field(description="Code of the organisation", examples=["bappelitbangda"])
    workshop: UUID = Field(description="The workshop at which it is asked for")
    due_date: date | None = Field(None, description="Last day on which delivery is in time", examples=["2023-07-21"])
    code: Code | None = Field(None, description="Own key; `<data item>-<organisation>` unless given")


class PledgeCreate(Shape):
    """The promise, made by an office."""

    signatory_office: Line = Field(description="Office that promises", examples=["Kepala Dinas Perhubungan"])
    evidence: list[Evidence] = Field([], max_length=20, description="Optional proofs")


class ReasonGiven(Shape):
    """Why."""

    reason: Reason = Field(description="Why, for the other side to read")


class ReassignmentCreate(Shape):
    """Asks another organisation for what was declined or withdrawn."""

    organisation: Code = Field(description="Code of the organisation that is asked instead", examples=["diskominfo-sp"])
    code: Code | None = Field(None, description="Key of the new commitment; `<old>-2`, `-3`... unless given")


class ExtensionRequest(Shape):
    """An organisation asks for a later due date."""

    until: date = Field(description="The due date asked for", examples=["2023-07-28"])
    reason: Reason = Field(description="Why more time is needed")


class ExtensionDecision(Shape):
    """The steward sets a later due date."""

    until: date = Field(description="The new due date", examples=["2023-07-28"])
    reason: Reason | None = Field(None, description="Remark, kept in the history")


class Metadata(Shape):
    """Describes a delivered data set (Perpres 39/2019, Satu Data). The first five make it complete."""

    concept: Prose | None = Field(None, description="What is measured (konsep)")
    definition: Prose | None = Field(None, description="How it is defined (definisi)")
    classification: Prose | None = Field(None, description="Classification used (klasifikasi)")
    measure: Prose | None = Field(None, description="Measure (ukuran)")
    unit: Prose | None = Field(None, description="Unit (satuan)")
    period: Prose | None = Field(None, description="Period that the data cover")
    contact: Prose | None = Field(None, description="Office that answers questions")
    access_class: Prose | None = Field(None, description="Access class, e.g. terbuka or terbatas")
    format: Prose | None = Field(None, description="Format of the data")
    frequency: Prose | None = Field(None, description="How often it is renewed")
    reference_codes: Prose | None = Field(None, description="Reference codes used (kode referensi)")
    source: Prose | None = Field(None, description="Where the data come from")


class SubmissionFields(Shape):
    """What goes with a delivery, in whatever form it comes."""

    note: Prose | None = Field(None, description="Remark to the steward")
    complete: bool = Field(True, description="False when parts will follow")
    metadata: Metadata = Field(Metadata(), description="Description of the data set")


class SubmissionLink(SubmissionFields):
    """A delivery by address."""

    url: WebAddress = Field(description="Where the data can be read", examples=["https://data.luwukab.go.id/set/12"])


class FileRead(Shape):
    """One delivered file."""

    n: int = Field(description="Number within the submission, from 1")
    name: str = Field(description="Name as given by the sender, made safe")
    size: int = Field(description="Bytes")
    sha256: str = Field(description="SHA-256 of the content (hex)")
    media_type: str = Field(description="Type by content", examples=["application/pdf"])
    path: str = Field(description="Where it can be downloaded", examples=["/api/v1/submissions/.../files/1"])


class SubmissionRead(Shape):
    """One delivery."""

    id: UUID = Field(description="Id")
    commitment: UUID = Field(description="The commitment")
    status: FulfilmentStatus = Field(description="submitted, accepted or returned")
    url: str | None = Field(description="Address, when delivered by address")
    files: list[FileRead] = Field(description="Delivered files")
    note: str | None = Field(description="Remark to the steward")
    complete: bool = Field(description="False when parts will follow")
    metadata: Metadata = Field(description="Description of the data set")
    metadata_complete: bool = Field(description="Whether the five required parts of the metadata are there")
    reason: str | None = Field(description="Why it was returned")
    submitted_by: str = Field(description="Who delivered: the organisation, or staff for it")
    submitted_at: datetime = Field(description="When it was delivered")
    reviewed_at: datetime | None = Field(description="When it was last accepted or returned")


class HistoryRead(Shape):
    """One change."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    at: datetime = Field(description="When")
    by: str = Field(description="The organisation's name, or staff, api_key, system", examples=["staff"])
    axis: Axis = Field(description="What changed: the promise, the delivery, the due date, the date asked for")
    from_: str | None = Field(alias="from", description="Before; null for the first entry")
    to: str = Field(description="After")
    reason: str | None = Field(description="Why")


class CommitmentRead(Shape):
    """What one organisation promised of one data item. Everything is as of `as_of`."""

    id: UUID = Field(description="Id")
    code: str = Field(description="The committee's own key", examples=["C-G01"])
    data_item: str = Field(description="Code of the data item")
    organisation: str = Field(description="Code of the organisation")
    workshop: UUID = Field(description="The workshop at which it was asked for")
    due_date: date | None = Field(description="Last day on which delivery is in time")
    commitment_status: CommitmentStatus = Field(description="The promise")
    fulfilment_status: FulfilmentStatus = Field(description="The delivery")
    owes: bool = Field(description="Requested or committed, and not submitted or returned")
    overdue: bool = Field(description="Owes, and the due date has passed")
    working_days_late: int = Field(description="Working days after the due date, 0 unless overdue")
    requested_until: date | None = Field(description="The later due date that the organisation has asked for")
    signatory_office: str | None = Field(description="Office that promised")
    evidence: list[Evidence] = Field(description="Proofs of the promise")
    submissions: list[SubmissionRead] = Field(description="Deliveries, oldest first")
    history: list[HistoryRead] = Field(description="Every change, oldest first")
    reassigned_from: UUID | None = Field(description="The commitment whose place this one takes")
    requested_at: datetime = Field(description="When it was asked for")
    version: int = Field(description="Counts every change")
