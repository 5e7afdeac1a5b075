"""Screens that show the rotating code with which people check themselves in."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column
from service.tokens import new_id


class Audience(StrEnum):
    """Who sees a screen. A code shown online makes nobody present in the hall."""

    HALL = "hall"
    ONLINE = "online"


class Screen(SQLModel, table=True):
    """A screen of one workshop, opened by its secret link. Its codes are derived from it and the time."""

    __tablename__ = "screens"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id", index=True)
    audience: Audience = Field(sa_column=enum_column(Audience))
    name: str
    link_version: int = 1
    key_id: str
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
