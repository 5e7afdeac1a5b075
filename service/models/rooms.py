"""Online rooms of a workshop and each person's way in."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field as ShapeField, StringConstraints
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import Line, Shape, UtcDateTime, enum_column
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


def _web_address(value: str) -> str:
    """Raises ValueError for anything a browser would not open as a web page."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or not value.isprintable() or " " in value:
        raise ValueError("not an http(s) address")
    return value


WebAddress = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_web_address)]


class RoomCreate(Shape):
    """A new room."""

    provider: Provider = ShapeField(description="Who runs the room: `static` is any pasted link", examples=["static"])
    url: WebAddress | None = ShapeField(
        None, description="Address of the room (`static` only)", examples=["https://meet.example.go.id/j/81234567890"]
    )
    passcode: Annotated[Line, StringConstraints(max_length=64)] | None = ShapeField(
        None, description="Code that the room asks for", examples=["481516"]
    )


class RoomRead(Shape):
    """A room, for staff who may see its address."""

    id: UUID = ShapeField(description="Id of the room")
    workshop_id: UUID = ShapeField(description="The workshop it belongs to")
    provider: Provider = ShapeField(description="Who runs it")
    status: RoomStatus = ShapeField(description="The newest `active` room is the one into which `/join` leads")
    url: str | None = ShapeField(description="Address shared by all; null when each person has a link of their own")
    passcode: str | None = ShapeField(description="Code that the room asks for")
    error: str | None = ShapeField(description="Why the room could not be opened")
    created_at: datetime = ShapeField(description="When it was asked for")
    updated_at: datetime = ShapeField(description="Last change of its status")


class JoinLink(Shape):
    """One person's way into the room that is current now. A secret: only its owner sees it."""

    url: str = ShapeField(
        description="Where to go; not to be passed on", examples=["https://meet.example.go.id/j/8123"]
    )
    passcode: str | None = ShapeField(description="Code that the room asks for", examples=["481516"])
