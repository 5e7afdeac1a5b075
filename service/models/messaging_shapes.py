"""What the API reads and writes about whom a workshop writes to, and when it reminds them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from service.models.columns import Shape
from service.models.messages import ReminderStatus
from service.models.workshops import HallLinks, ReminderKind


def _each_once(kinds: list[ReminderKind]) -> list[ReminderKind]:
    """In the order of the calendar, whatever order they came in."""
    return [kind for kind in ReminderKind if kind in kinds]


Kinds = Annotated[list[ReminderKind], Field(max_length=20), AfterValidator(_each_once)]


class MessagingRead(Shape):
    """How a workshop writes to people."""

    rehearsal: bool = Field(description="While true, every message goes to the committee alone, marked as a rehearsal")
    reminders: list[ReminderKind] = Field(
        description="Which reminders are sent", examples=[["week", "day", "hour", "each_day", "thanks"]]
    )
    hall_links: HallLinks = Field(
        description="Whether people with a seat in the hall get a way into the online room", examples=["on_request"]
    )
    version: int = Field(description="The workshop's version, for If-Match", examples=[3])


class MessagingInput(Shape):
    """How a workshop is to write to people; all of it at once."""

    rehearsal: bool = Field(
        strict=True, description="While true, every message goes to the committee alone, marked as a rehearsal"
    )
    reminders: Kinds = Field(
        description="Which reminders are sent; the others are not planned",
        examples=[["week", "day", "hour", "each_day", "thanks", "commitments_week", "commitments_day"]],
    )
    hall_links: HallLinks = Field(
        description="Whether people with a seat in the hall get a way into the online room: never, on_request, always",
        examples=["on_request"],
    )


class ReminderRead(Shape):
    """A reminder that is planned, was sent, or came too late."""

    id: UUID = Field(description="Identifier")
    kind: ReminderKind = Field(description="What sort of reminder", examples=["day"])
    about: date = Field(description="The day it is about: of the workshop, or on which data is due")
    due_at: datetime = Field(description="When it is sent")
    stale_at: datetime = Field(description="From when on it is useless and dropped instead")
    status: ReminderStatus = Field(description="planned, fired (people are being written to) or dropped")
    fired_at: datetime | None = Field(description="When it was last fired")
