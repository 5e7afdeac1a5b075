"""What follows when reminders do not help: a letter to the head of the agency, then the regional secretary's list."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column
from service.tokens import new_id


class EscalationLevel(StrEnum):
    """`letter` to the head of the organisation; `list` of the regional secretary (Sekda)."""

    LETTER = "letter"
    LIST = "list"


class Escalation(SQLModel, table=True):
    """One step for one organisation at one workshop; `due_date` is that of the oldest item it was raised for.

    `letter_number` and `note` are the committee's, who also says when it was handled.
    """

    __tablename__ = "escalations"
    __table_args__ = (UniqueConstraint("workshop_id", "organisation_id", "level", "due_date"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id")
    organisation_id: UUID = Field(foreign_key="organisations.id")
    level: EscalationLevel = Field(sa_column=enum_column(EscalationLevel))
    due_date: date
    letter_number: str | None = None
    note: str | None = None
    raised_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    handled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    handled_by: str | None = None
    version: int = 1
