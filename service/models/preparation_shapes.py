"""What the API reads and writes about preparing a workshop: readiness, what a change leads to, and copies."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from service.models.columns import Day, Line, Shape
from service.models.workshops import Modality, ReminderKind


class FindingRead(Shape):
    """Something to look at before the workshop is announced."""

    code: str = Field(description="Stable name", examples=["room_missing"])
    severity: str = Field(
        description="blocking (it cannot be published), warning (people would be harmed) or note", examples=["warning"]
    )
    place: str = Field(
        description="Where it is put right: details, agenda, questions, letter, room, publication, organizer or "
        "integrations",
        examples=["room"],
    )
    sentence: str = Field(description="What is so, and what follows from it, in the caller's language")
    page: str = Field(description="The committee's page where it is put right")


class PreparationRead(Shape):
    """Whether a workshop is ready to be announced."""

    ready: bool = Field(description="Whether nothing is blocking; warnings and notes are the committee's to judge")
    items: list[FindingRead] = Field(description="What there is to look at, the gravest first")


class ToldRead(Shape):
    """How many would be written to about a change of time or place, by the way that reaches them."""

    mail: int = Field(description="By mail", examples=[61])
    whatsapp: int = Field(description="By WhatsApp's API")
    send_list: int = Field(description="By the committee, from the send list")
    unreachable: int = Field(description="Not at all: neither address nor number")


class OrganisationsTold(ToldRead):
    """The same of invited organisations."""

    names: list[str] = Field(
        description="Who is reached, by name: five of them at most", examples=[["Dinas Kesehatan"]]
    )


class TimeMove(Shape):
    """When the workshop begins or ends, where that would change."""

    what: Literal["starts_at", "ends_at"] = Field(description="Which of the two", examples=["starts_at"])
    before: datetime = Field(description="As it is now")
    after: datetime = Field(description="As it would be")


class VenueMove(Shape):
    """The name of the venue, where that would change."""

    before: str | None = Field(description="As it is now")
    after: str | None = Field(description="As it would be")


class ModalityMove(Shape):
    """How the workshop is held, where that would change."""

    before: Modality = Field(description="As it is now")
    after: Modality = Field(description="As it would be")


class SwitchedRead(Shape):
    """The people registered for a mode that would not be offered any more: they move to the other one."""

    count: int = Field(description="How many would attend in the other mode, and be told", examples=[3])
    waiting: int = Field(description="How many of them would be without a seat, on the waiting list", examples=[1])
    enough: int | None = Field(
        description="The limit of seats of that mode with which nobody would wait; null: nobody of them would"
    )
    told: ToldRead = Field(description="The ways that reach them")


class ClosingKept(Shape):
    """When registration closes, where the workshop moves and that does not."""

    at: datetime = Field(description="As it stays")
    late: bool = Field(description="Whether the workshop would be over by then")


class InvitationsKept(Shape):
    """What open invitations go on saying although the workshop moves."""

    letters: int = Field(description="How many letters with a number were made and carry the former time or place")
    deadlines: int = Field(description="How many deadlines to name participants stay as they are")
    first: datetime | None = Field(description="The first of those deadlines")
    late: int = Field(description="How many of them the workshop would have begun by")


class ReminderMove(Shape):
    """A planned reminder whose time would change."""

    kind: ReminderKind = Field(description="What sort of reminder", examples=["day"])
    before: datetime | None = Field(description="When it is planned now; null: not at all")
    after: datetime | None = Field(description="When it would be planned; null: not at all any more")


class RoomsTold(Shape):
    """What the providers of online rooms would be told of new times or a new title."""

    count: int = Field(description="How many rooms would change at their provider")
    needed: int = Field(description="How much of what the provider allows today that takes, at least")
    remaining: int = Field(description="What the provider still allows today; a change that needs more waits")


class DueDatesMoved(Shape):
    """Due dates that follow the workshop."""

    count: int = Field(description="How many due dates would move")
    organisations: int = Field(description="How many organisations would be told")


class ChangePreview(Shape):
    """What a change would lead to, were it saved now. Nothing was changed."""

    times: list[TimeMove] = Field(description="New times of the workshop")
    venue: VenueMove | None = Field(description="Its new venue; null: the same as now")
    modality: ModalityMove | None = Field(description="How it would be held; null: the same as now")
    switched: SwitchedRead = Field(description="Who would have to attend in another mode; all zero when nobody")
    invitations_without_mode: int = Field(
        description="How many open invitations have a quota of a mode that would not be offered"
    )
    closing: ClosingKept | None = Field(description="When registration closes, if it stays while the times move")
    invitations: InvitationsKept = Field(description="What open invitations go on saying; all zero when nothing moves")
    calendars: bool = Field(description="Whether the change shows in public and personal calendars")
    told: ToldRead = Field(description="Who is written to about the change; all zero when nobody is")
    told_organisations: OrganisationsTold = Field(
        description="Which organisations are written to: those invited that have not declined, before the deadline"
    )
    rehearsal: bool = Field(description="Whether all of that goes to the committee alone")
    promoted: int = Field(description="How many people on the waiting list would get a seat, and be told")
    seats_short: int = Field(description="How many more seats are taken than the new limits give; nobody loses a seat")
    reminders: list[ReminderMove] = Field(description="Planned reminders whose time would change")
    rooms: RoomsTold = Field(description="What providers of online rooms would be told")
    due_dates: DueDatesMoved = Field(description="Due dates of data that would move along")
    effective: bool = Field(description="Whether anything of this would happen at all")


class WorkshopCopy(Shape):
    """A new draft like an earlier workshop, on other days, without its people."""

    starts_on: Day = Field(description="The new first day; every time of day stays", examples=["2023-08-07"])
    title: Line | None = Field(None, description="Its title; that of the earlier one if left out")
