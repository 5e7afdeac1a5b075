"""What the API says of a list of holidays that is tried or taken over."""

from pydantic import Field

from service.models.columns import Shape
from service.models.organizers_shapes import HolidayShape


class UnreadLine(Shape):
    """A line of the list that was not taken as it stands: no day is read in it, or one that stands there already."""

    line: int = Field(description="Its number in the list, from 1", examples=[7])
    text: str = Field(description="The line, cut after 100 characters", examples=["31 Februari 2024"])
    message: str = Field(description="Why, or what of it was left out", examples=["Tanggal ini tidak ada di kalender."])


class HolidayImport(Shape):
    """What becomes of a list of holidays, and what follows from it."""

    dry_run: bool = Field(description="Whether nothing was written")
    added: list[HolidayShape] = Field(description="Days that were none so far")
    changed: list[HolidayShape] = Field(description="Days with another name or kind")
    removed: list[HolidayShape] = Field(description="Days that the whole list of their year lacks")
    same: int = Field(description="How many days stay as they are", examples=[24])
    unread: list[UnreadLine] = Field(
        description="Lines not taken as they stand; every other line is a day above or a heading"
    )
    moved: int = Field(description="How many due dates of commitments move along", examples=[3])
    organisations: int = Field(description="How many organisations are told of that", examples=[2])
