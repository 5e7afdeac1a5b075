"""Facts and what follows from them: scans, online presence, and the attendance that is folded from both."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column, json_column
from service.tokens import new_id


class Direction(StrEnum):
    """Whether somebody came or went."""

    IN = "in"
    OUT = "out"


class Method(StrEnum):
    """How a check-in was made."""

    QR = "qr"
    MANUAL = "manual"
    SELF = "self"


class Verdict(StrEnum):
    """What the door was told."""

    ACCEPTED = "accepted"
    ALREADY_IN = "already_in"
    REFUSED = "refused"


class RefusalReason(StrEnum):
    """Why a scan was refused."""

    UNKNOWN_TICKET = "unknown_ticket"
    NOT_CONFIRMED = "not_confirmed"
    CANCELLED = "cancelled"
    OTHER_WORKSHOP = "other_workshop"
    NO_BLOCK_NOW = "no_block_now"
    CLOCK_IMPLAUSIBLE = "clock_implausible"


class AttendanceState(StrEnum):
    """A person's attendance in a block; pending until the block has ended."""

    PRESENT = "present"
    ABSENT = "absent"
    PENDING = "pending"


class AttendanceMode(StrEnum):
    """Where the person was, according to the facts."""

    OFFLINE = "offline"
    ONLINE = "online"
    DUAL = "dual"


class Checkin(SQLModel, table=True):
    """A scan as it arrived: append-only, whatever the verdict was. `answer` is what the device was told, for replays.

    `claimed_at` is the device's word, `happened_at` that time corrected by the device's measured skew, `received_at`
    ours. `needs_admit`: the person was waitlisted or pending then, so the scan counts only while somebody of the
    workshop has admitted that person. `note`: why it was recorded by hand. Annulment marks the fact and keeps it.
    """

    __tablename__ = "checkins"
    __table_args__ = (
        UniqueConstraint("workshop_id", "nonce"),
        Index("ix_checkins_fold", "registration_id", "block_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id")
    registration_id: UUID | None = Field(default=None, foreign_key="registrations.id")
    block_id: UUID | None = Field(default=None, foreign_key="attendance_blocks.id")
    direction: Direction = Field(sa_column=enum_column(Direction))
    method: Method = Field(sa_column=enum_column(Method))
    nonce: UUID
    claimed_at: datetime = Field(sa_type=UtcDateTime)
    happened_at: datetime = Field(sa_type=UtcDateTime)
    received_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    verdict: Verdict = Field(sa_column=enum_column(Verdict))
    refusal: RefusalReason | None = Field(default=None, sa_column=enum_column(RefusalReason, nullable=True))
    needs_admit: bool = False
    admit_reason: str | None = None
    note: str | None = None
    ticket_hash: str | None = None
    device_id: UUID | None = Field(default=None, foreign_key="devices.id")
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    api_key_id: UUID | None = Field(default=None, foreign_key="api_keys.id")
    answer: dict[str, object] = Field(default_factory=dict, sa_column=json_column())
    annulled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    annulled_by: str | None = None
    annulment_reason: str | None = None


class Annulment(SQLModel, table=True):
    """An undo that a device sent by nonce, kept apart so that it may arrive before the scan it undoes.

    `happened_at`: the claimed time corrected by the device's measured skew; of older undos it is not known.
    """

    __tablename__ = "annulments"
    __table_args__ = (UniqueConstraint("workshop_id", "nonce"), Index("ix_annulments_target", "workshop_id", "target"))

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id")
    nonce: UUID
    target: UUID
    reason: str
    by: str
    claimed_at: datetime = Field(sa_type=UtcDateTime)
    happened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    received_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    answer: dict[str, object] = Field(default_factory=dict, sa_column=json_column())


class Presence(SQLModel, table=True):
    """An interval somebody was connected online. Unmatched while no registration is known for it.

    `email`: the address the provider knew the visitor by, as typed. `matched_by_hand`: a person decided whose it is,
    and nothing automatic changes that.
    """

    __tablename__ = "presences"
    __table_args__ = (
        UniqueConstraint("workshop_id", "external_id", "joined_at"),
        Index("ix_presences_workshop", "workshop_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id")
    external_id: str
    display_name: str
    email: str | None = None
    joined_at: datetime = Field(sa_type=UtcDateTime)
    left_at: datetime = Field(sa_type=UtcDateTime)
    source: str = "api"
    matched_by_hand: bool = False
    received_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class PresenceMatch(SQLModel, table=True):
    """Whose presence an interval is; several people may share one connection. `manual`: a person said so."""

    __tablename__ = "presence_matches"

    presence_id: UUID = Field(primary_key=True, foreign_key="presences.id")
    registration_id: UUID = Field(primary_key=True, foreign_key="registrations.id", index=True)
    manual: bool = False


class MatchDecision(SQLModel, table=True):
    """What a person decided about whose a connection is: append-only, `matched` or taken back.

    Without `registration_id` the connection was said to be nobody's.
    """

    __tablename__ = "match_decisions"
    __table_args__ = (Index("ix_match_decisions_workshop", "workshop_id", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id")
    presence_id: UUID = Field(foreign_key="presences.id")
    registration_id: UUID | None = Field(default=None, foreign_key="registrations.id")
    matched: bool
    by: str
    at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class Attendance(SQLModel, table=True):
    """The cache of the fold: a person's attendance in a block. Exists only where a fact counts.

    `minutes` are those online inside the agenda items, also when they do not suffice. `last_fact_at` is the latest
    instant of any fact that entered the fold: a report as of that time or later may read this row, an earlier one folds
    the facts again.
    """

    __tablename__ = "attendance"
    # Covers the summary, which reads nothing else.
    __table_args__ = (Index("ix_attendance_workshop", "workshop_id", "registration_id", "block_id", "present", "mode"),)

    registration_id: UUID = Field(primary_key=True, foreign_key="registrations.id")
    block_id: UUID = Field(primary_key=True, foreign_key="attendance_blocks.id")
    workshop_id: UUID = Field(foreign_key="workshops.id")
    present: bool
    mode: AttendanceMode | None = Field(default=None, sa_column=enum_column(AttendanceMode, nullable=True))
    minutes: int = 0
    first_in: datetime | None = Field(default=None, sa_type=UtcDateTime)
    first_device: str | None = None
    last_fact_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
