"""Online rooms of a workshop and each person's way in."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from service.clock import now
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
    """One online room. The newest active one is where `/join` leads."""

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
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class RoomLink(SQLModel, table=True):
    """A person's own link into a room, as the provider gave it. Shown only to its owner."""

    __tablename__ = "room_links"

    room_id: UUID = Field(primary_key=True, foreign_key="rooms.id")
    registration_id: UUID = Field(primary_key=True, foreign_key="registrations.id", index=True)
    url: str
    external_id: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
