"""What came of something that was tried out: a mail server, a room provider, the chain of events, a backup."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from service.models.columns import UtcDateTime, enum_column, json_column
from service.tokens import new_id


class CheckName(StrEnum):
    """What can be tried."""

    SMTP = "smtp"
    ZOOM = "zoom"
    WHATSAPP = "whatsapp"
    EVENTS = "events"
    BACKUP = "backup"


class Integration(StrEnum):
    """Outside services that the settings of the installation may name."""

    SMTP = "smtp"
    ZOOM = "zoom"
    WHATSAPP = "whatsapp"


class Check(SQLModel, table=True):
    """The latest trial of its name. Real time; `finished_at` is None while it runs. `result` holds no secret."""

    __tablename__ = "checks"
    __table_args__ = (UniqueConstraint("organizer_id", "name"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    name: CheckName = Field(sa_column=enum_column(CheckName))
    by: str
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    result: dict[str, object] = Field(default_factory=dict, sa_column=json_column())
