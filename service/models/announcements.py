"""What the committee writes to participants in its own words."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime
from service.tokens import new_id


class Announcement(SQLModel, table=True):
    """One text for several people; each gets a message of their own that points here."""

    __tablename__ = "announcements"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id", index=True)
    subject: str
    text: str
    by: str
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
