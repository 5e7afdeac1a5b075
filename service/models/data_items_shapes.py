"""What the API reads and writes about data items."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from service.models.columns import Code, Day, Line, Prose, Shape
from service.models.data_items import ItemKind

DUE_DAYS = "Due so many working days from the workshop instead: negative before its first day, else after its last"


class DataItemCreate(Shape):
    """An entry of the catalogue."""

    code: Code = Field(description="Own key", examples=["DI-G01"])
    name: Line = Field(description="What is asked for", examples=["Kompilasi Renstra seluruh perangkat daerah"])
    item_kind: ItemKind = Field(ItemKind.DATA, description="What sort of thing it is")
    programme: Code | None = Field(None, description="Programme; that of the dimension unless given")
    dimension: Line | None = Field(None, description="Code or a known spelling of a dimension", examples=["governance"])
    sub_dimension: Line | None = Field(None, description="Sub-dimension", examples=["Kebijakan Publik"])
    data_kind: Line | None = Field(None, description="Hint at the format", examples=["dokumen"])
    masterplan_book: int | None = Field(None, ge=1, le=3, description="Book of the masterplan that needs it")
    requested_from: Code | None = Field(None, description="Code of the organisation that is expected to have it")
    due_date: Day | None = Field(None, description="Due date that new commitments take over")
    due_stage: Code | None = Field(None, description="Due on the date of this stage of the programme instead")
    due_days: int | None = Field(None, ge=-365, le=365, description=DUE_DAYS)
    access_class: Line | None = Field(None, description="Access class", examples=["terbuka"])
    contains_personal_data: bool = Field(False, strict=True, description="Whether it holds personal data")
    description: Prose = Field("", description="Details for the organisation")


class DataItemPatch(Shape):
    """A JSON merge patch of an entry. Of the three ways to say when it is due the one given replaces another."""

    name: Line = Field("", description="What is asked for")
    item_kind: ItemKind = Field(ItemKind.DATA, description="What sort of thing it is")
    programme: Code | None = Field(None, description="Programme; its dimensions have to include the entry's")
    dimension: Line | None = Field(None, description="Code or a known spelling of a dimension")
    sub_dimension: Line | None = Field(None, description="Sub-dimension")
    data_kind: Line | None = Field(None, description="Hint at the format")
    masterplan_book: int | None = Field(None, ge=1, le=3, description="Book of the masterplan that needs it")
    requested_from: Code | None = Field(None, description="Code of the organisation that is expected to have it")
    due_date: Day | None = Field(None, description="Due date that new commitments take over")
    due_stage: Code | None = Field(None, description="Due on the date of this stage of the programme instead")
    due_days: int | None = Field(None, ge=-365, le=365, description=DUE_DAYS)
    access_class: Line | None = Field(None, description="Access class")
    contains_personal_data: bool = Field(False, strict=True, description="Whether it holds personal data")
    description: Prose = Field("", description="Details for the organisation")


class DataItemRead(Shape):
    """An entry of the catalogue."""

    id: UUID = Field(description="Id")
    code: str = Field(description="Own key", examples=["DI-G01"])
    name: str = Field(description="What is asked for")
    item_kind: ItemKind = Field(description="What sort of thing it is")
    programme: str | None = Field(description="Code of the programme")
    dimension: str | None = Field(description="Code of the dimension", examples=["governance"])
    sub_dimension: str | None = Field(description="Sub-dimension")
    data_kind: str | None = Field(description="Hint at the format")
    masterplan_book: int | None = Field(description="Book of the masterplan that needs it")
    requested_from: str | None = Field(description="Code of the organisation that is expected to have it")
    due_date: date | None = Field(description="Due date that new commitments take over")
    due_stage: str | None = Field(description="Stage of the programme on whose date it is due")
    due_days: int | None = Field(description=DUE_DAYS)
    access_class: str | None = Field(description="Access class")
    contains_personal_data: bool = Field(description="Whether it holds personal data")
    description: str = Field(description="Details for the organisation")
    version: int = Field(description="Counts changes; part of the ETag")
    updated_at: datetime = Field(description="Last change")
