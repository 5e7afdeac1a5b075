"""What the API reads and writes about escalation: its rule, its letters, and the regional secretary's list."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from service.models.columns import Code, Line, Prose, Shape
from service.models.escalations import EscalationLevel

WorkingDays = Annotated[int, Field(strict=True, ge=1, le=250)]


class EscalationRule(Shape):
    """When reminders are not enough. Days are working days of delay of the oldest item that is owed, counted from its
    due date, or from the day it was asked for if that came later.
    """

    letter_after: WorkingDays | None = Field(
        5, description="Days of delay after which a letter to the agency's head is prepared; null: never", examples=[5]
    )
    list_after: WorkingDays | None = Field(
        10,
        description="Days of delay after which it stands on the regional secretary's list; null: never",
        examples=[10],
    )
    send: bool = Field(
        False,
        strict=True,
        description="Whether the letter goes to the organisation by mail at once, rather than to the committee to sign",
    )


class EscalationRead(Shape):
    """One step taken for one organisation at one workshop."""

    id: UUID = Field(description="Id")
    workshop: UUID = Field(description="The workshop (id)")
    organisation: Code = Field(description="The organisation (code)", examples=["dispusip"])
    organisation_name: str = Field(description="Its name")
    level: EscalationLevel = Field(description="letter to its head, or list of the regional secretary")
    due_date: date = Field(
        description="Since when the oldest item that it was raised for counts: its due date, or the day of the request",
        examples=["2023-07-14"],
    )
    items: int = Field(description="How many items are overdue now", examples=[3])
    working_days_late: int = Field(description="Working days by which the oldest of those is late", examples=[7])
    letter_number: str | None = Field(description="The number of the letter, when it was given one")
    note: str | None = Field(description="What the committee noted")
    raised_at: datetime = Field(description="When it was raised")
    handled_at: datetime | None = Field(description="When the committee had dealt with it; null until then")
    handled_by: str | None = Field(description="Who said so (kind and id)")
    version: int = Field(description="Counts changes; part of the ETag")


class EscalationPatch(Shape):
    """A JSON merge patch."""

    letter_number: Line | None = Field(None, description="The letter's number", examples=["005/231/Diskominfo-SP/2023"])
    note: Prose | None = Field(None, description="A note of the committee's")


class EscalationHandled(Shape):
    """That it was dealt with."""

    note: Prose | None = Field(None, description="How", examples=["Surat disampaikan melalui kurir."])


class RemindersCreate(Shape):
    """Whom to remind now of what they owe."""

    workshop: UUID = Field(description="Of what was asked for at this workshop (id)")
    organisation: Code | None = Field(None, description="Only this organisation (code); null: all that owe something")


class ReminderNotSent(Shape):
    """An organisation that is not written to, and why."""

    organisation: str = Field(description="Code", examples=["dispusip"])
    reason: str = Field(
        description="nothing_owed, reminded_today, unsubscribed or unreachable", examples=["reminded_today"]
    )


class RemindersSent(Shape):
    """Who is reminded now, and who is not."""

    reminded: list[str] = Field(description="Codes of the organisations that are written to", examples=[["dinkes"]])
    skipped: list[ReminderNotSent] = Field(description="The others")
