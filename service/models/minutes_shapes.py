"""What the API reads and writes about minutes and what is to be followed up."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from service.models.columns import Code, Day, Line, LongProse, Shape
from service.models.commitments import CommitmentStatus, FulfilmentStatus
from service.models.minutes import Readers

MOST_FOLLOW_UPS = 100


class MinutesInput(Shape):
    """The minutes of a workshop (notula), as a whole."""

    text: LongProse = Field(description="Plain text, a blank line between paragraphs", examples=["Rapat dibuka."])
    chaired_by: Line | None = Field(None, description="Office that chaired", examples=["Sekretaris Daerah"])
    written_by: Line | None = Field(None, description="Office that took the minutes", examples=["Kabid Aptika"])
    audience: Readers = Field(
        Readers.COMMITTEE, description="Who may read them; each of the four includes those before it"
    )


class Agreed(Shape):
    """One thing that was agreed, as the minutes tell it."""

    text: str = Field(description="What is to be done", examples=["Menetapkan wali data tiap perangkat daerah"])
    organisation: str | None = Field(description="Name of the organisation that does it")
    due_date: date | None = Field(description="By when")


class MinutesRead(Shape):
    """The minutes of a workshop; of one without minutes the committee sees version 0."""

    workshop: UUID = Field(description="The workshop")
    text: str = Field(description="Plain text, a blank line between paragraphs")
    chaired_by: str | None = Field(description="Office that chaired")
    written_by: str | None = Field(description="Office that took the minutes")
    audience: Readers = Field(description="Who may read them")
    follow_ups: list[Agreed] = Field(description="What is to be followed up")
    version: int = Field(description="Counts changes of the minutes and of what is to be followed up")
    updated_at: datetime = Field(description="Last change")


class FollowUpInput(Shape):
    """One thing to be done; with the `id` of one that is there, that one."""

    id: UUID | None = Field(None, description="Id of the one that is meant; a new one without it")
    text: Line = Field(description="What is to be done", examples=["Menetapkan wali data tiap perangkat daerah"])
    organisation: Code | None = Field(None, description="Code of the organisation that does it")
    due_date: Day | None = Field(None, description="By when", examples=["2023-07-21"])


class FollowUpList(Shape):
    """All of them, in order. What was turned into a request has to be among them, unchanged."""

    items: list[FollowUpInput] = Field(max_length=MOST_FOLLOW_UPS, description="All of them, in order")


class FollowUpRead(Shape):
    """One thing to be done, and what became of the request it was turned into."""

    id: UUID = Field(description="Id")
    text: str = Field(description="What is to be done")
    organisation: str | None = Field(description="Code of the organisation that does it")
    organisation_name: str | None = Field(description="Its name")
    due_date: date | None = Field(description="By when")
    data_item: str | None = Field(description="Code of the data item it was turned into")
    commitment: UUID | None = Field(description="The latest request for that data item at this workshop")
    commitment_status: CommitmentStatus | None = Field(description="What was answered to it")
    fulfilment_status: FulfilmentStatus | None = Field(description="What was delivered for it")


class FollowUpsRead(Shape):
    """All of them, in order."""

    items: list[FollowUpRead] = Field(description="All of them, in order")
    version: int = Field(description="That of the minutes; part of the ETag")


class FollowUpRequests(Shape):
    """Those that are to be turned into data items, each requested of its organisation."""

    follow_ups: list[UUID] = Field(
        min_length=1, max_length=MOST_FOLLOW_UPS, description="Their ids; each needs an organisation"
    )
    dimension: Line | None = Field(None, description="Code or a known spelling of the dimension they belong to")
