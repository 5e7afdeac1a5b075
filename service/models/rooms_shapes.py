"""What the API reads and writes about online rooms."""

from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from service.i18n import marked as _
from service.models.columns import Fault, Line, Shape
from service.models.rooms import Provider, RoomStatus


def _web_address(value: str) -> str:
    """Raises ValueError for anything a browser would not open as a web page."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or not value.isprintable() or " " in value:
        raise Fault(_("Isi dengan alamat web lengkap, misalnya https://contoh.go.id."))
    return value


WebAddress = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_web_address)]


Passcode = Annotated[Line, StringConstraints(max_length=64)]


class RoomReplacement(Shape):
    """The room that takes another one's place, run by the same provider."""

    url: WebAddress | None = Field(
        None, description="Address of the room (`static` only)", examples=["https://meet.example.go.id/j/81234567890"]
    )
    passcode: Passcode | None = Field(None, description="Code that the room asks for (`static` only)")


class RoomCreate(RoomReplacement):
    """A new room."""

    provider: Provider = Field(description="Who runs the room: `static` is any pasted link", examples=["static"])


class RoomPeople(Shape):
    """Those who may enter the room."""

    admitted: int = Field(description="Have a link of their own")
    waiting: int = Field(description="Will be given one")
    failed: int = Field(description="The provider would not let them in; a reconciliation tries again")
    online: int = Field(description="Connections that are open now, as far as the provider has told")


class RoomRead(Shape):
    """A room, for staff who may see its address."""

    id: UUID = Field(description="Id of the room")
    workshop_id: UUID = Field(description="The workshop it belongs to")
    provider: Provider = Field(description="Who runs it")
    status: RoomStatus = Field(description="The newest `active` room is the one into which `/join` leads")
    url: str | None = Field(description="Address shared by all; null when each person has a link of their own")
    passcode: str | None = Field(description="Code that the room asks for")
    error: str | None = Field(description="Why the room could not be opened or changed, or what it waits for")
    replaces: UUID | None = Field(description="The room whose place it takes")
    people: RoomPeople | None = Field(description="Who has a link of their own; null when all share one address")
    checked_at: datetime | None = Field(description="When the provider's list of people was last compared with ours")
    repaired: int = Field(description="How many people that comparison put right")
    created_at: datetime = Field(description="When it was asked for")
    updated_at: datetime = Field(description="Last change of its status")


class RoomBudget(Shape):
    """What a provider allows today, before it is spent. Days are UTC."""

    provider: Provider = Field(description="The provider", examples=["zoom"])
    configured: bool = Field(description="Whether this service has the provider's settings")
    day: date = Field(description="The day that is counted", examples=["2023-07-03"])
    resets_at: datetime = Field(description="When the next day begins", examples=["2023-07-04T00:00:00Z"])
    limit: int | None = Field(description="How often rooms may be made or changed in a day; null without a limit")
    spent: int = Field(description="How often they were")
    remaining: int | None = Field(description="What is left; a room that needs more waits until `resets_at`")
    needed: int = Field(description="How much opening a room for this workshop takes")
    people: int = Field(description="How many people would be given a link of their own")


class JoinLink(Shape):
    """One person's way into the room that is current now. A secret: only its owner sees it."""

    url: str = Field(description="Where to go; not to be passed on", examples=["https://meet.example.go.id/j/8123"])
    passcode: str | None = Field(description="Code that the room asks for", examples=["481516"])
