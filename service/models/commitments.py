"""Who promised which data and kept it: two axes, never one, each with an append-only history."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column, json_column
from service.tokens import new_id


class CommitmentStatus(StrEnum):
    """The promise."""

    REQUESTED = "requested"
    COMMITTED = "committed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class FulfilmentStatus(StrEnum):
    """The delivery."""

    NOT_SUBMITTED = "not_submitted"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    RETURNED = "returned"


class Axis(StrEnum):
    """Which of the two a history row is about; `due_date` records other dates, `extension` requests for later ones and
    that they were refused, `agreement` that it became part of a formal one.
    """

    COMMITMENT = "commitment"
    FULFILMENT = "fulfilment"
    DUE_DATE = "due_date"
    EXTENSION = "extension"
    AGREEMENT = "agreement"


class DueRule(StrEnum):
    """What a due date follows: nothing, a stage of the programme, or the workshop at which it was asked for."""

    FIXED = "fixed"
    STAGE = "stage"
    WORKSHOP = "workshop"


class Commitment(SQLModel, table=True):
    """One organisation's answer to one request. The columns are the state now; the history tells any past day.

    `changed_at` is the instant of the last history row: a report as of that time or later may read the columns.
    `evidence` only grows; `evidence_at` is when the first of it came. A date the steward has set is `fixed`.
    `agreement_id` is the formal layer (*Komitmen Bersama*) that it became part of.
    """

    __tablename__ = "commitments"
    __table_args__ = (
        UniqueConstraint("organizer_id", "code"),
        Index("ix_commitments_workshop", "workshop_id", "organisation_id"),
        Index("ix_commitments_organizer", "organizer_id", "id"),
        Index("ix_commitments_organisation", "organisation_id"),
        Index("ix_commitments_changed", "workshop_id", "changed_at"),
        Index("ix_commitments_house_changed", "organizer_id", "changed_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id")
    data_item_id: UUID = Field(foreign_key="data_items.id", index=True)
    organisation_id: UUID = Field(foreign_key="organisations.id")
    code: str
    due_date: date | None = None
    due_rule: DueRule = Field(default=DueRule.FIXED, sa_column=enum_column(DueRule))
    commitment_status: CommitmentStatus = Field(
        default=CommitmentStatus.REQUESTED, sa_column=enum_column(CommitmentStatus)
    )
    fulfilment_status: FulfilmentStatus = Field(
        default=FulfilmentStatus.NOT_SUBMITTED, sa_column=enum_column(FulfilmentStatus)
    )
    signatory_office: str | None = None
    pledged_workshop_id: UUID | None = Field(default=None, foreign_key="workshops.id")
    pledged_agenda_item: str | None = None
    evidence: list[dict[str, object]] = Field(default_factory=list, sa_column=json_column())
    evidence_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    agreement_id: UUID | None = Field(default=None, foreign_key="agreements.id", index=True)
    reassigned_from_id: UUID | None = Field(default=None, foreign_key="commitments.id", index=True)
    requested_until: date | None = None
    version: int = 1
    requested_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    changed_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class CommitmentHistory(SQLModel, table=True):
    """One change on one axis: who, when, from what to what, why. Append-only."""

    __tablename__ = "commitment_history"
    __table_args__ = (Index("ix_commitment_history_at", "commitment_id", "axis", "at", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    commitment_id: UUID = Field(foreign_key="commitments.id")
    axis: Axis = Field(sa_column=enum_column(Axis))
    at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    by: str
    before: str | None = None
    after: str
    reason: str | None = None


class Submission(SQLModel, table=True):
    """One delivery. `files`: [{name, size, sha256, media_type, path, profile?}]; `metadata_complete` follows from
    `details`. `remarks` are the steward's words to single parts of it: {a name in `details`, or "files/<n>": text}.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        Index("ix_submissions_commitment", "commitment_id", "id"),
        Index("ix_submissions_queue", "organizer_id", "status", "submitted_at", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    commitment_id: UUID = Field(foreign_key="commitments.id")
    url: str | None = None
    files: list[dict[str, object]] = Field(default_factory=list, sa_column=json_column())
    note: str | None = None
    complete: bool = True
    details: dict[str, str | None] = Field(default_factory=dict, sa_column=json_column())
    metadata_complete: bool = False
    status: FulfilmentStatus = Field(default=FulfilmentStatus.SUBMITTED, sa_column=enum_column(FulfilmentStatus))
    reason: str | None = None
    remarks: dict[str, str] = Field(default_factory=dict, sa_column=json_column())
    submitted_by: str
    submitted_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    reviewed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CommitmentRemark(SQLModel, table=True):
    """A question or remark about one commitment, from either side. Append-only."""

    __tablename__ = "commitment_remarks"
    __table_args__ = (Index("ix_commitment_remarks_at", "commitment_id", "at", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    commitment_id: UUID = Field(foreign_key="commitments.id")
    at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    by: str
    text: str
