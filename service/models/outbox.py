"""What happened and who must react: events, their chain, and one delivery row per interested subscriber."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from service.clock import now, real_now
from service.models.columns import UtcDateTime, enum_column, json_column
from service.tokens import new_id


class EventRow(SQLModel, table=True):
    """A recorded event: append-only audit log and change feed. The worker seals it with `sequence` and `hash`.

    `registration_id`: whose registration it is about, as `data` says too; so that a person's history is found at once.
    """

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("organizer_id", "sequence"),
        Index(
            "ix_events_unsealed",
            "id",
            sqlite_where=text("sequence IS NULL"),
            postgresql_where=text("sequence IS NULL"),
        ),
        Index(
            "ix_events_registration",
            "registration_id",
            sqlite_where=text("registration_id IS NOT NULL"),
            postgresql_where=text("registration_id IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    type: str
    data: dict[str, str | int | None] = Field(default_factory=dict, sa_column=json_column())
    actor: str = "system"
    happened_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    sequence: int | None = Field(default=None, sa_type=BigInteger)
    hash: str | None = None
    registration_id: UUID | None = None


class EventChain(SQLModel, table=True):
    """The head of an organizer's chain: how many events are sealed, the last hash, and an HMAC over both.

    The HMAC's key is not in the database, so whoever can write the tables still cannot forge a head.
    """

    __tablename__ = "event_chains"

    organizer_id: UUID = Field(primary_key=True, foreign_key="organizers.id")
    sequence: int = Field(default=0, sa_type=BigInteger)
    hash: str = ""
    key_id: str
    seal: str = ""


class DeliveryStatus(StrEnum):
    """The life of a delivery. `parked` waits for a person."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    PARKED = "parked"


_TARGETED = text("target <> ''")


class Delivery(SQLModel, table=True):
    """One subscriber's reaction to one event. Times are real time: a lease must not move with the demo's clock.

    `target` tells apart the deliveries of a subscriber that has several for one event: the id of the webhook; else "".
    `response_*` is what an outside system answered last.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "subscriber", "target"),
        Index("ix_deliveries_due", "status", "due_at"),
        Index("ix_deliveries_organizer", "organizer_id", "status", "id"),
        Index("ix_deliveries_target", "target", "id", sqlite_where=_TARGETED, postgresql_where=_TARGETED),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    event_id: UUID = Field(foreign_key="events.id")
    subscriber: str
    target: str = ""
    status: DeliveryStatus = Field(default=DeliveryStatus.PENDING, sa_column=enum_column(DeliveryStatus))
    attempts: int = 0
    due_at: datetime = Field(default_factory=real_now, sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = None
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    response_status: int | None = None
    response_ms: int | None = None
    response_excerpt: str | None = None
