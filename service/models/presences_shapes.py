"""What the API reads and writes about online presence: connections, whose they are, and a report that is taken over."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from service.models.attendance_shapes import PersonBrief, PresenceCreate
from service.models.columns import Shape


class PresencesCreate(Shape):
    """Connections as a provider reports them; repeating is harmless."""

    items: list[PresenceCreate] = Field(max_length=1000, description="At most 1,000")


class PresenceRead(Shape):
    """A stored connection and whose it is."""

    id: UUID = Field(description="Id")
    external_id: str = Field(description="The provider's registrant id, else the connection's id")
    display_name: str = Field(description="Name shown online")
    email: str | None = Field(description="Address the provider knew the visitor by; null without contacts:read")
    joined_at: datetime = Field(description="Start")
    left_at: datetime = Field(description="End; the longest that was reported")
    minutes: int = Field(description="Whole minutes of it inside the agenda")
    source: str = Field(description="Who reported it first", examples=["zoom_csv"])
    registration_ids: list[UUID] = Field(description="Whose it is; empty while nobody is known")
    decided: bool = Field(description="A person said whose it is, or nobody's; nothing automatic changes that")


class PresencesRead(Shape):
    """The connections just reported, in order."""

    items: list[PresenceRead] = Field(description="The connections")


class PresenceMatchCreate(Shape):
    """Whose connection it is. Several people may have shared it."""

    registration_ids: list[UUID] = Field(
        max_length=50, description="Registrations of the same workshop; empty: nobody's"
    )
    also_same_name: bool = Field(
        False,
        description="The same goes for every other connection with this id or this shown name that is nobody's yet",
    )


class PresenceMatchRead(PresenceRead):
    """The connection, and how many others went with it."""

    others: int = Field(description="Further connections that were given to the same people")


class Hint(StrEnum):
    """Why somebody is suggested. None of them is applied by itself."""

    EARLIER = "earlier"
    EMAIL = "email"
    NAME = "name"
    ORGANISATION = "organisation"
    MAILBOX = "mailbox"
    DOMAIN = "domain"


class SuggestionReason(Shape):
    """One reason, for programs and for people."""

    code: Hint = Field(description="The kind of reason", examples=["name"])
    text: str = Field(description="The same in words", examples=["Nama mirip: dua kata sama"])


class Suggestion(Shape):
    """Somebody whose connection it may be."""

    registration: PersonBrief = Field(description="Who")
    reasons: list[SuggestionReason] = Field(description="Why, the strongest first")


class SuggestionsRead(Shape):
    """Who it may be, the likeliest first; for a person to decide."""

    items: list[Suggestion] = Field(description="At most five")


class RefusedRow(Shape):
    """A row of a report that is not taken over."""

    row: int = Field(description="Its number in the file, from 1", examples=[7])
    reason: str = Field(description="What is wrong, in words", examples=["Waktu keluar tidak ada."])


class PresenceImportRead(Shape):
    """What became of a report's rows, or would become of them."""

    dry_run: bool = Field(description="Nothing was stored")
    timezone: str = Field(description="IANA time zone in which its times were read", examples=["Asia/Makassar"])
    date_order: str | None = Field(
        description="How dates were read: month_first or day_first; null where both say the same",
        examples=["month_first"],
    )
    rows: int = Field(description="Rows below the heads", examples=[112])
    new: int = Field(description="Connections that were not known before", examples=[97])
    repeated: int = Field(description="Rows of connections that are known already, from whatever source", examples=[9])
    skipped: int = Field(description="Rows of who only waited to be let in, or never came", examples=[4])
    matched: int = Field(description="Connections of the file that belong to somebody", examples=[88])
    unmatched: int = Field(description="Those that wait for a person to say whose they are", examples=[18])
    nobody: int = Field(description="Those of which a person said before that they are nobody's", examples=[0])
    first_at: datetime | None = Field(description="The earliest time among the connections of the file")
    last_at: datetime | None = Field(description="The latest one; a wrong time zone shows itself here")
    minutes: int = Field(description="Whole minutes of these connections together", examples=[14210])
    minutes_inside: int | None = Field(
        description="Those of them inside the agenda; null for a workshop without one", examples=[12980]
    )
    refused: list[RefusedRow] = Field(description="Rows that cannot be taken over; the first 200")
    refused_count: int = Field(description="How many there are", examples=[2])
