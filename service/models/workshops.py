"""The gathering itself: workshop, capacity row, half-days (blocks) and agenda."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column, json_column
from service.tokens import new_id


class Kind(StrEnum):
    """What sort of gathering it is; a workshop may be two at once."""

    BIMTEK = "bimtek"
    COORDINATION_MEETING = "coordination_meeting"
    FIELD_REVIEW = "field_review"
    EVALUATION = "evaluation"
    PREPARATION_MEETING = "preparation_meeting"


class Modality(StrEnum):
    """Where people attend."""

    OFFLINE = "offline"
    ONLINE = "online"
    HYBRID = "hybrid"


class Mode(StrEnum):
    """Where one person attends."""

    OFFLINE = "offline"
    ONLINE = "online"


class HallLinks(StrEnum):
    """Whether people who registered for the hall get a way into the online room."""

    NEVER = "never"
    ON_REQUEST = "on_request"
    ALWAYS = "always"


class ReminderKind(StrEnum):
    """When people are reminded; DOMAIN: H-7, H-1, an hour before, every further morning, and thanks afterwards.

    `commitments_week` and `commitments_day` remind organisations of what they owe, a week and a day before it is due,
    `commitments_overdue` every week after it was. `review` tells the committee every working morning what waits to be
    verified; `escalation` looks who is so late that a letter follows, or the regional secretary's list.
    """

    WEEK = "week"
    DAY = "day"
    HOUR = "hour"
    EACH_DAY = "each_day"
    THANKS = "thanks"
    COMMITMENTS_WEEK = "commitments_week"
    COMMITMENTS_DAY = "commitments_day"
    COMMITMENTS_OVERDUE = "commitments_overdue"
    REVIEW = "review"
    ESCALATION = "escalation"


class WorkshopStatus(StrEnum):
    """The life of a workshop."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class RegistrationState(StrEnum):
    """Whether somebody could register now."""

    NOT_OPEN = "not_open"
    OPEN = "open"
    FULL = "full"
    CLOSED = "closed"


class Workshop(SQLModel, table=True):
    """One gathering. `version` counts staff's changes, `sequence` those that calendars show (time, place, status).

    `reminders` names the kinds that are sent. While `rehearsal` is on, every message goes to the committee alone.
    `former_questions` are no longer asked, but answered. `letter` is what the letters of invitation say,
    `certificate` what certificates do. `self_checkin`: people may check themselves in by the code of a screen.
    `purpose` and `retention_days` (after the end) are the organizer's when None; `anonymised_at`: personal data is
    gone since then.
    """

    __tablename__ = "workshops"
    __table_args__ = (
        UniqueConstraint("organizer_id", "slug"),
        Index("ix_workshops_public", "status", "starts_at", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id", index=True)
    slug: str = Field(max_length=80)
    kinds: list[str] = Field(default_factory=list, sa_column=json_column())
    stage: str | None = None
    title: str
    description: str = ""
    image: str | None = None
    aims: list[str] = Field(default_factory=list, sa_column=json_column())
    modality: Modality = Field(sa_column=enum_column(Modality))
    status: WorkshopStatus = Field(default=WorkshopStatus.DRAFT, sa_column=enum_column(WorkshopStatus))
    timezone: str
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    venue_name: str | None = None
    venue_address: str | None = None
    venue_latitude: float | None = None
    venue_longitude: float | None = None
    registration_opens_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    registration_closes_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    waiting_list: bool = True
    approval: bool = False
    questions: list[dict[str, object]] = Field(default_factory=list, sa_column=json_column())
    former_questions: list[dict[str, object]] = Field(default_factory=list, sa_column=json_column())
    follows_id: UUID | None = Field(default=None, foreign_key="workshops.id", index=True)
    programme_id: UUID | None = Field(default=None, foreign_key="programmes.id")
    basis_letter: str | None = None
    cancellation_reason: str | None = None
    hall_links: HallLinks = Field(default=HallLinks.ON_REQUEST, sa_column=enum_column(HallLinks))
    reminders: list[str] = Field(default_factory=lambda: [*ReminderKind], sa_column=json_column())
    rehearsal: bool = False
    self_checkin: bool = False
    certificate: dict[str, object] = Field(default_factory=dict, sa_column=json_column())
    letter: dict[str, object] = Field(default_factory=dict, sa_column=json_column())
    purpose: str | None = None
    retention_days: int | None = None
    anonymised_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    never_published: bool = False
    version: int = 1
    sequence: int = 0
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class Capacity(SQLModel, table=True):
    """The row that is locked before a seat is given or freed, and that counts what is taken (limit None = unlimited).

    `reserved` seats are set aside for invited organisations until `release_due_at`, the earliest of their deadlines.
    It also hands out registration numbers, since whoever registers holds its lock anyway.
    """

    __tablename__ = "capacities"

    workshop_id: UUID = Field(primary_key=True, foreign_key="workshops.id")
    offline_limit: int | None = None
    offline_taken: int = 0
    offline_reserved: int = 0
    online_limit: int | None = None
    online_taken: int = 0
    online_reserved: int = 0
    release_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    last_number: int = 0


class AttendanceBlock(SQLModel, table=True):
    """A half-day for which attendance counts. Runs from the first start to the last end of its agenda items."""

    __tablename__ = "attendance_blocks"
    __table_args__ = (UniqueConstraint("workshop_id", "code"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    workshop_id: UUID = Field(foreign_key="workshops.id")
    position: int
    code: str
    label: str
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    checkin_from: datetime = Field(sa_type=UtcDateTime)
    hours: int

    @property
    def minutes(self) -> int:
        """Minutes that count: hours (JP) of 45 minutes."""
        return self.hours * 45


class AgendaItem(SQLModel, table=True):
    """One entry of the programme of the day; `block_id` says for which half-day being there counts, if any."""

    __tablename__ = "agenda_items"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    workshop_id: UUID = Field(foreign_key="workshops.id", index=True)
    block_id: UUID | None = Field(default=None, foreign_key="attendance_blocks.id")
    position: int
    title: str
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    speakers: list[str] = Field(default_factory=list, sa_column=json_column())
    hours: int = 0
