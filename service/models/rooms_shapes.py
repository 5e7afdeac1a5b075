"""What the API reads and writes about online rooms."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from service.models.columns import Line, Shape
from service.models.rooms import Provider, RoomStatus


def _web_address(value: str) -> str:
    """Raises ValueError for anything a browser would not open as a web page."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or not value.isprintable() or " " in value:
        raise ValueError("not an http(s) address")
    return value


WebAddress = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_web_address)]


class RoomCreate(Shape):
    """A new room."""

    provider: Provider = Field(description="Who runs the room: `static` is any pasted link", examples=["static"])
    url: WebAddress | None = Field(
        None, description="Address of the room (`static` only)", examples=["https://meet.example.go.id/j/81234567890"]
    )
    passcode: Annotated[Line, StringConstraints(max_length=64)] | None = Field(
        None, description="Code that the room asks for", examples=["481516"]
    )


class RoomRead(Shape):
    """A room, for staff who may see its address."""

    id: UUID = Field(description="Id of the room")
    workshop_id: UUID = Field(description="The workshop it belongs to")
    provider: Provider = Field(description="Who runs it")
    status: RoomStatus = Field(description="The newest `active` room is the one into which `/join` leads")
    url: str | None = Field(description="Address shared by all; null when each person has a link of their own")
    passcode: str | None = Field(description="Code that the room asks for")
    error: str | None = Field(description="Why the room could not be opened")
    created_at: datetime = Field(description="When it was asked for")
    updated_at: datetime = Field(description="Last change of its status")


class JoinLink(Shape):
    """One person's way into the room that is current now. A secret: only its owner sees it."""

    url: str = Field(description="Where to go; not to be passed on", examples=["https://meet.example.go.id/j/8123"])
    passcode: str | None = Field(description="Code that the room asks for", examples=["481516"])
