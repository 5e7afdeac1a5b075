"""Slides, handouts and other files of a workshop, or links to where they are."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column, json_column
from service.models.minutes import Readers
from service.tokens import new_id


class Material(SQLModel, table=True):
    """One file or link. `file` is {path, name, size, sha256, media_type}, as submissions keep theirs; else `url`.

    What was removed is kept as a row without its file.
    """

    __tablename__ = "materials"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id", index=True)
    title: str
    audience: Readers = Field(sa_column=enum_column(Readers))
    file: dict[str, object] = Field(default_factory=dict, sa_column=json_column())
    url: str | None = None
    position: int = 0
    by: str
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
