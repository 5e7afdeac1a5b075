"""Online rooms of a workshop and each person's way in."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Date, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from service.clock import now, real_now
from service.models.columns import UtcDateTime, enum_column
from service.tokens import new_id


class Provider(StrEnum):
    """Who runs the room. `static` is any pasted link."""

    STATIC = "static"
    ZOOM = "zoom"


class RoomStatus(StrEnum):
    """The life of a room."""

    PENDING = "pending"
    ACTIVE = "active"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Room(SQLModel, table=True):
    """One online room. The newest active one is where `/join` leads.

    `url` is the address everybody uses. It stays empty when the provider gives each person a link of their own.
    `plan` is a digest of the times and title that the provider was last told. The reconciliation of `checked_at`
    put `repaired` people right; the next one is at `check_due_at`. `report_due_at`: when to ask who was there. None:
    there is nothing to ask.
    """

    __tablename__ = "rooms"
    __table_args__ = (Index("ix_rooms_workshop", "workshop_id", "status"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id")
    provider: Provider = Field(sa_column=enum_column(Provider))
    status: RoomStatus = Field(default=RoomStatus.PENDING, sa_column=enum_column(RoomStatus))
    url: str | None = None
    passcode: str | None = None
    external_id: str | None = None
    error: str | None = None
    plan: str | None = None
    replaces_id: UUID | None = None
    checked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    repaired: int = 0
    check_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    report_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class RoomLink(SQLModel, table=True):
    """A person's own link into a room, as the provider gave it. Shown only to its owner.

    The row is made before the provider is asked, so of two workers only one asks. Four states follow from two columns:
    neither `url` nor `revoked_at`: being asked for; `url` alone: open; both: being taken back; `revoked_at` alone:
    taken back, kept because presence may still be reported under its `external_id`. Whoever finds a row between states
    whose `asked_at` (real time) is old looks up what became of it before asking again. `email` is the address under
    which the provider knows the person, in lower case: a stand-in for people without one, and for the second of two
    who share one. `error`: why the provider would not let the person in.
    """

    __tablename__ = "room_links"
    __table_args__ = (
        UniqueConstraint("room_id", "email"),
        Index("ix_room_links_external", "external_id"),
    )

    room_id: UUID = Field(primary_key=True, foreign_key="rooms.id")
    registration_id: UUID = Field(primary_key=True, foreign_key="registrations.id", index=True)
    url: str | None = None
    email: str | None = None
    external_id: str | None = None
    asked_at: datetime = Field(default_factory=real_now, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class FormerLink(SQLModel, table=True):
    """The provider's id of a link that was replaced: presence may still be reported under it."""

    __tablename__ = "former_links"

    room_id: UUID = Field(primary_key=True, foreign_key="rooms.id")
    external_id: str = Field(primary_key=True)
    registration_id: UUID = Field(foreign_key="registrations.id")


class ProviderCall(SQLModel, table=True):
    """How often something that a provider limits per day was done: `subject` like "zoom:meetings". Days are UTC."""

    __tablename__ = "provider_calls"

    subject: str = Field(primary_key=True)
    day: date = Field(primary_key=True, sa_type=Date)
    count: int = 0


class NoticeKind(StrEnum):
    """What a provider tells of a room while it is used."""

    STARTED = "started"
    ENDED = "ended"
    JOINED = "joined"
    LEFT = "left"


class RoomNotice(SQLModel, table=True):
    """What a provider told by webhook, once: `key` is the same when it repeats itself.

    `sitting` is the provider's id of one use of the room (Zoom: the meeting's uuid), `connection` of one connection.
    """

    __tablename__ = "room_notices"
    __table_args__ = (
        UniqueConstraint("room_id", "key"),
        Index("ix_room_notices_connection", "room_id", "sitting", "connection"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    room_id: UUID = Field(foreign_key="rooms.id")
    key: str
    kind: NoticeKind = Field(sa_column=enum_column(NoticeKind))
    sitting: str
    connection: str | None = None
    registrant: str | None = None
    display_name: str = ""
    at: datetime = Field(sa_type=UtcDateTime)
    received_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class JoinUse(SQLModel, table=True):
    """One use of a join link. `place` is a keyed hash of where it came from; kept for a day."""

    __tablename__ = "join_uses"
    __table_args__ = (Index("ix_join_uses_registration", "registration_id", "at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    registration_id: UUID = Field(foreign_key="registrations.id")
    place: str
    at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
