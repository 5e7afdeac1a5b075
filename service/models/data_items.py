"""What is asked of agencies: data, needs, programmes, evidence, follow-ups."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column
from service.tokens import new_id


class ItemKind(StrEnum):
    """What sort of thing is asked for."""

    DATA = "data"
    NEED = "need"
    PROGRAMME = "programme"
    EVIDENCE = "evidence"
    FOLLOW_UP = "follow_up"


class DataItem(SQLModel, table=True):
    """One entry of the catalogue of what the programme needs. `data_kind` is a format hint.

    At most one of three says when it is due: `due_date`, the date of the programme's stage `due_stage`, or `due_days`
    working days from the workshop at which it is asked for (negative: before its first day, else after its last).
    """

    __tablename__ = "data_items"
    __table_args__ = (
        UniqueConstraint("organizer_id", "code"),
        Index("ix_data_items_dimension", "organizer_id", "dimension"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    programme_id: UUID | None = Field(default=None, foreign_key="programmes.id")
    code: str
    name: str
    item_kind: ItemKind = Field(default=ItemKind.DATA, sa_column=enum_column(ItemKind))
    dimension: str | None = None
    sub_dimension: str | None = None
    data_kind: str | None = None
    masterplan_book: int | None = None
    requested_from_id: UUID | None = Field(default=None, foreign_key="organisations.id")
    due_date: date | None = None
    due_stage: str | None = None
    due_days: int | None = None
    access_class: str | None = None
    contains_personal_data: bool = False
    description: str = ""
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
