"""What a workshop leaves behind in words: its minutes (notula) and what is to be followed up."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column
from service.tokens import new_id


class Readers(StrEnum):
    """Who may read minutes or a material; each includes those before it.

    `attendees` are registered people who were there, `participants` everybody whose registration stands.
    """

    COMMITTEE = "committee"
    ATTENDEES = "attendees"
    PARTICIPANTS = "participants"
    PUBLIC = "public"


class Minutes(SQLModel, table=True):
    """The minutes of one workshop. `text` is plain, a blank line between paragraphs; offices sign, not persons."""

    __tablename__ = "minutes"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id", unique=True)
    text: str = ""
    chaired_by: str | None = None
    written_by: str | None = None
    audience: Readers = Field(default=Readers.COMMITTEE, sa_column=enum_column(Readers))
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class FollowUp(SQLModel, table=True):
    """One thing that was agreed to be done. `data_item_id` is the data item it was turned into."""

    __tablename__ = "follow_ups"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id", index=True)
    position: int
    text: str
    organisation_id: UUID | None = Field(default=None, foreign_key="organisations.id")
    due_date: date | None = None
    data_item_id: UUID | None = Field(default=None, foreign_key="data_items.id")
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
