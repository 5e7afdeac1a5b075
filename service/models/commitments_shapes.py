"""What the API reads and writes about commitments and submissions."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from service.i18n import marked as _
from service.models.columns import Code, Day, Fault, Instant, Line, Prose, Shape
from service.models.commitments import Axis, CommitmentStatus, FulfilmentStatus


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
        _port = parts.port
    except ValueError:
        valid = False
    if not valid or any(character.isspace() for character in value):
        raise Fault(_("Isi dengan alamat web lengkap, misalnya https://contoh.go.id."))
    return value


def _listed(value: object) -> object:
    # A form's field is one text, with a line for each field of that name.
    return [part.strip() for part in re.split(r"[,\n]", value) if part.strip()] if isinstance(value, str) else value


Reason = Annotated[Prose, Field(min_length=1, max_length=2000, examples=["Bukan kewenangan kami."])]
WebAddress = Annotated[Line, Field(max_length=2000), AfterValidator(_web_address)]
"""An http or https address that people open; the service never fetches it."""
AsOf = Annotated[Instant | Day, Field(union_mode="left_to_right")]
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


class EvidenceFields(Shape):
    """What goes with a proof that comes as a file."""

    type: EvidenceType = Field(description="What it is", examples=["signed_sheet"])
    reference: Line | None = Field(None, description="Number or place of the paper, never parsed")
    note: Line | None = Field(None, description="Remark")


class EvidenceFile(Shape):
    """A proof's file, mostly a scan."""

    name: str = Field(description="Name as given by the sender, made safe")
    size: int = Field(description="Bytes")
    sha256: str = Field(description="SHA-256 of the content (hex)")
    media_type: str = Field(description="Type by content", examples=["application/pdf"])
    path: str = Field(description="Where it can be downloaded", examples=["/api/v1/commitments/.../evidence/1"])


class EvidenceRead(Shape):
    """One proof of a promise, as it was given; proofs are only added."""

    n: int = Field(description="Number within the commitment, from 1")
    type: EvidenceType = Field(description="What it is")
    reference: str | None = Field(description="Number or place of the paper")
    url: str | None = Field(description="Where it can be read")
    note: str | None = Field(description="Remark")
    file: EvidenceFile | None = Field(description="The file, when it was given as one")
    at: datetime | None = Field(description="When it was given; null for some of the oldest")


class CommitmentCreate(Shape):
    """A request to an organisation. Without `due_date` the data item's holds."""

    data_item: Code = Field(description="Code of the data item", examples=["DI-G01"])
    organisation: Code = Field(description="Code of the organisation", examples=["bappelitbangda"])
    workshop: UUID = Field(description="The workshop at which it is asked for")
    due_date: Day | None = Field(None, description="Last day on which delivery is in time", examples=["2023-07-21"])
    code: Code | None = Field(None, description="Own key; `<data item>-<organisation>` unless given")


class PledgeCreate(Shape):
    """The promise, made by an office."""

    signatory_office: Line = Field(description="Office that promises", examples=["Kepala Dinas Perhubungan"])
    workshop: UUID | None = Field(None, description="The workshop at which it was promised, if at one")
    agenda_item: UUID | None = Field(
        None, description="The entry of that workshop's agenda under which it was promised; its title is kept"
    )
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

    until: Day = Field(description="The due date asked for", examples=["2023-07-28"])
    reason: Reason = Field(description="Why more time is needed", examples=["Menunggu rekapitulasi dari kecamatan."])


class ExtensionDecision(Shape):
    """The steward sets a later due date."""

    until: Day = Field(description="The new due date", examples=["2023-07-28"])
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


class ColumnProfile(Shape):
    """One column of a delivered table."""

    name: str = Field(description="What stands in its head; its letter when nothing does", examples=["kecamatan"])
    empty: int = Field(description="Rows in which it holds nothing")


class SheetProfile(Shape):
    """One sheet of a delivered table, looked at without judging it."""

    name: str = Field(description="Name of the sheet; empty for CSV")
    rows: int = Field(description="Rows below the head that hold something")
    columns: list[ColumnProfile] = Field(description="Its columns, from the left")
    truncated: bool = Field(description="Whether more follows than was looked at: rows and empties are then too low")


class FileProfile(Shape):
    """A first look for the reviewer into a delivered table."""

    kind: Literal["csv", "xlsx"] = Field(description="Kind of the table")
    sheets: list[SheetProfile] = Field(description="Its sheets that people see, in order; one for CSV")


class FileRead(Shape):
    """One delivered file."""

    n: int = Field(description="Number within the submission, from 1")
    name: str = Field(description="Name as given by the sender, made safe")
    size: int = Field(description="Bytes")
    sha256: str = Field(description="SHA-256 of the content (hex)")
    media_type: str = Field(description="Type by content", examples=["application/pdf"])
    path: str = Field(description="Where it can be downloaded", examples=["/api/v1/submissions/.../files/1"])
    profile: FileProfile | None = Field(description="First look into a table; null for other files")


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
    remarks: dict[str, str] = Field(
        description="What the steward says to single parts of what was returned: by name in `metadata`, or `files/<n>`"
    )
    submitted_by: str = Field(description="Who delivered: the organisation, or staff for it")
    submitted_at: datetime = Field(description="When it was delivered")
    reviewed_at: datetime | None = Field(description="When it was last accepted or returned")


class SubmissionReturn(ReasonGiven):
    """Why a delivery is returned, and what is to be done about single parts of it."""

    remarks: dict[str, Annotated[Prose, Field(min_length=1, max_length=1000)]] = Field(
        {},
        max_length=40,
        description="Remarks by part: a name in `metadata`, or `files/<n>`",
        examples=[{"unit": "Isi dengan satuan baku."}],
    )


class SubmissionQueued(SubmissionRead):
    """A delivery in a list, with what it is about."""

    code: str = Field(description="The commitment's key", examples=["C-G01"])
    data_item: str = Field(description="Code of the data item")
    name: str = Field(description="Name of the data item")
    dimension: str | None = Field(description="Its dimension")
    organisation: str = Field(description="Code of the organisation")
    workshop: UUID = Field(description="The workshop at which it was asked for")


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
    extension_reason: str | None = Field(description="Why a later due date is asked for; null when none is")
    waiting_on: str | None = Field(
        description="Who is to act next: the code of the organisation; while a delivery waits for review or a later "
        "date is asked for, that of the steward (the organizer's short name without one); null when nobody"
    )
    signatory_office: str | None = Field(description="Office that promised")
    pledged_workshop: UUID | None = Field(description="The workshop at which it was promised, if at one")
    pledged_agenda_item: str | None = Field(description="Title of the agenda's entry under which it was promised")
    agreement: str | None = Field(description="Code of the formal agreement (Komitmen Bersama) that it is part of")
    evidence: list[EvidenceRead] = Field(description="Proofs of the promise, oldest first")
    submissions: list[SubmissionRead] = Field(description="Deliveries, oldest first")
    history: list[HistoryRead] = Field(description="Every change, oldest first")
    reassigned_from: UUID | None = Field(description="The commitment whose place this one takes")
    requested_at: datetime = Field(description="When it was asked for")
    version: int = Field(description="Counts every change")


class RemarkCreate(Shape):
    """A question or remark to the other side."""

    text: Annotated[Prose, Field(min_length=1, max_length=4000)] = Field(
        description="What is asked or said", examples=["Apakah data per kecamatan sudah cukup?"]
    )


class RemarkRead(Shape):
    """A question or remark about one commitment."""

    id: UUID = Field(description="Id")
    at: datetime = Field(description="When")
    by: str = Field(description="The organisation's name, or staff, api_key, system", examples=["staff"])
    text: str = Field(description="What was asked or said")


class SheetFields(Shape):
    """What goes with a signed commitment sheet (lembar komitmen)."""

    signatory_office: Line | None = Field(
        None,
        description="Office that signed; with it, what is only requested becomes a promise",
        examples=["Kepala Dinas Perhubungan"],
    )
    agenda_item: UUID | None = Field(None, description="The entry of the workshop's agenda under which it was signed")
    commitments: Annotated[list[Code], BeforeValidator(_listed)] | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="Codes of what the sheet promises, all that stands unless given",
    )
    reference: Line | None = Field(None, description="Number of the sheet, never parsed")
    note: Line | None = Field(None, description="Remark")


class SheetLink(SheetFields):
    """A signed commitment sheet that is kept elsewhere: `reference` or `url`, or both."""

    url: WebAddress | None = Field(None, description="Where it can be read")

    @model_validator(mode="after")
    def _names_something(self) -> "SheetLink":
        if self.reference is None and self.url is None:
            raise Fault(_("Isi reference atau url."))
        return self


class SheetRead(Shape):
    """What a signed commitment sheet brought about."""

    workshop: UUID = Field(description="The workshop")
    organisation: str = Field(description="Code of the organisation")
    pledged: list[str] = Field(description="Codes of commitments that became promises by it")
    proven: list[str] = Field(description="Codes of all commitments that it is evidence of")
