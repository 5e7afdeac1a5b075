"""What may be asked of the papers of a workshop: attendance sheets, recaps and badges."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from service.models.attendance_shapes import LocalDay
from service.models.columns import Instant
from service.models.registrations import ParticipantRole
from service.models.reports import AsOf
from service.models.workshops import Mode

MOST_EMPTY_ROWS = 200
Part = Annotated[int, Field(ge=1, le=10_000, description="Which part, where there are more people than 1,000")]


class SheetOrder(StrEnum):
    """In what order people stand on a paper."""

    ORGANISATION = "organisation"
    NUMBER = "number"
    NAME = "name"


class Paper(StrEnum):
    """Sizes of paper: A4 (210 x 297 mm) and what offices call F4 or folio (215 x 330 mm)."""

    A4 = "a4"
    F4 = "f4"

    @property
    def size(self) -> tuple[int, int]:
        """Short and long side in millimetres."""
        return (215, 330) if self is Paper.F4 else (210, 297)


class SheetQuery(BaseModel):
    """Which day's sheet, and who stands on it."""

    date: LocalDay | None = Field(
        None, description="Local day; may be left out for a workshop of one day", examples=["2023-07-03"]
    )
    mode: Mode | None = Field(None, description="Only people of this mode: where they were, else as registered")
    role: ParticipantRole | None = Field(None, description="Only people of this role")
    blank: bool = Field(False, description="The form to sign, whatever has been recorded")
    absent: bool = Field(False, description="After the day: list those who did not come at the end")
    empty_rows: int | None = Field(
        None,
        ge=0,
        le=MOST_EMPTY_ROWS,
        description="Rows for people who are not on the list; 5 when left out, none once the day is over",
    )
    order: SheetOrder = Field(SheetOrder.ORGANISATION, description="By the organisation's name, number or name")
    paper: Paper = Field(Paper.A4, description="Size of the paper, used across")


class PrintedSheetQuery(SheetQuery):
    """The same as pages."""

    part: Part = 1


class RecapQuery(BaseModel):
    """As of when."""

    as_of: AsOf | None = Field(
        None, description="A day (its end in the organizer's zone) or an RFC 3339 instant; now when left out"
    )
    paper: Paper = Field(Paper.A4, description="Size of the paper, used across")


class PrintedRecapQuery(RecapQuery):
    """The same as pages."""

    part: Part = 1


class BadgesQuery(BaseModel):
    """Whose badges."""

    registration: list[UUID] = Field([], max_length=100, description="Only these registrations")
    since: Instant | None = Field(
        None,
        description="Only registrations made or changed after this instant",
        examples=["2023-07-02T16:00:00+08:00"],
    )
    mode: Mode | None = Field(None, description="Only people registered for this mode")
    order: SheetOrder = Field(SheetOrder.ORGANISATION, description="By the organisation's name, number or name")
    paper: Paper = Field(Paper.A4, description="Size of the paper: eight badges on A4, ten on F4")
    part: Part = 1
