"""What the API reads and writes about programmes, and about copying what they ask for."""

from datetime import datetime
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field

from service.i18n import marked as _
from service.models.columns import Code, Day, Fault, Line, Shape, Slug, form

DUE = "Day on which what is asked for at this stage is due"
SHARED = "Whether the other organizers of this installation may copy it with its data items"
OF = "Name in the address of the organizer that shares it; the caller's own unless given"
ENDING = "Put behind the codes of the data items, e.g. -2024; needed where the same codes stand already"
EndingText = Annotated[
    str,
    form(
        r"^[A-Za-z0-9._-]{1,20}$",
        _("Gunakan huruf, angka, titik, garis bawah, dan tanda hubung saja; paling banyak 20 karakter."),
    ),
]
SkippedWhy = Literal["code_taken", "unknown"]


class StageShape(Shape):
    """A stage of a programme."""

    code: Code = Field(description="Key", examples=["bimtek_1"])
    label: Line = Field(description="Name", examples=["Bimtek I"])
    date: Line | None = Field(None, description="When, as the letters say it", examples=["3-4 Juli 2023"])
    due_date: Day | None = Field(None, description=DUE, examples=["2023-07-21"])


class DimensionShape(Shape):
    """A dimension of a programme, e.g. one of the six of a smart city."""

    code: Code = Field(description="Key", examples=["governance"])
    label: Line = Field(description="Name", examples=["Tata Kelola Cerdas (Smart Governance)"])
    sub: list[Line] = Field([], max_length=50, description="Sub-dimensions", examples=[["Layanan Publik"]])
    coordinator: Code | None = Field(None, description="Organisation that coordinates it", examples=["bappelitbangda"])


S = TypeVar("S", StageShape, DimensionShape)


def _different_codes(items: list[S]) -> list[S]:
    if len({item.code for item in items}) < len(items):
        raise Fault(_("Pakai setiap kode satu kali saja."))
    return items


Stages = Annotated[list[StageShape], Field(max_length=100), AfterValidator(_different_codes)]
Dimensions = Annotated[list[DimensionShape], Field(max_length=50), AfterValidator(_different_codes)]
Aliases = Annotated[dict[Line, Code], Field(max_length=500)]


class ProgrammeCreate(Shape):
    """A new programme."""

    code: Code = Field(description="Own key", examples=["smart-city"])
    name: Line = Field(description="Name", examples=["Gerakan Menuju 100 Smart City"])
    stages: Stages = Field([], description="Stages in their order")
    dimensions: Dimensions = Field([], description="Dimensions in their order")
    aliases: Aliases = Field(
        {}, description="Other spellings: the code each means", examples=[{"smart lighting": "living"}]
    )
    shared: bool = Field(False, strict=True, description=SHARED)


class ProgrammePatch(Shape):
    """A JSON merge patch of a programme; lists are replaced as a whole."""

    name: Line = Field("", description="Name")
    stages: Stages = Field([], description="Stages in their order")
    dimensions: Dimensions = Field([], description="Dimensions in their order")
    aliases: Aliases = Field({}, description="Other spellings: the code each means; replaced as a whole")
    shared: bool = Field(False, strict=True, description=SHARED)


class ProgrammeRead(Shape):
    """A programme with its stages and dimensions."""

    id: UUID = Field(description="Id")
    code: str = Field(description="Own key", examples=["smart-city"])
    name: str = Field(description="Name")
    stages: list[StageShape] = Field(description="Stages in their order")
    dimensions: list[DimensionShape] = Field(description="Dimensions in their order")
    aliases: dict[str, str] = Field(description="Other spellings: the code each means")
    shared: bool = Field(description=SHARED)
    version: int = Field(description="Counts changes; the ETag")
    updated_at: datetime = Field(description="Last change")


class ProgrammeCopy(Shape):
    """A new programme made from another one."""

    code: Code = Field(description="Key of the new programme", examples=["smart-city-2024"])
    name: Line | None = Field(None, description="Its name; that of the other one unless given")
    organizer: Slug | None = Field(None, description=OF, examples=["luwu"])
    data_items: bool = Field(True, strict=True, description="Whether its data items are copied as well")
    ending: EndingText | None = Field(None, description=ENDING)


class DataItemCopies(Shape):
    """Data items of another programme, taken into one of the caller's own."""

    organizer: Slug | None = Field(None, description=OF, examples=["luwu"])
    source: Code = Field(description="Code of the programme that has them", examples=["smart-city"])
    programme: Code = Field(description="Code of the caller's programme that gets them", examples=["smart-city-2024"])
    codes: list[Code] | None = Field(
        None, min_length=1, max_length=1000, description="Only these; all unless given", examples=[["DI-G01"]]
    )
    ending: EndingText | None = Field(None, description=ENDING)


class SkippedItem(Shape):
    """A data item that was not copied."""

    code: str = Field(description="Its code, as it would be", examples=["DI-G01"])
    reason: SkippedWhy = Field(description="Why: a data item with this code stands already, or no such item is there")


class CopiesRead(Shape):
    """What was copied and what was not."""

    programme: str = Field(description="Code of the programme that has the copies", examples=["smart-city-2024"])
    copied: list[str] = Field(description="Codes of the copies", examples=[["DI-G01-2024"]])
    skipped: list[SkippedItem] = Field(description="What was left out")


class CatalogueRead(Shape):
    """A programme that its organizer lets the others copy."""

    organizer: str = Field(description="Name in the address of the organizer", examples=["luwu"])
    organizer_name: str = Field(description="The organizer's name")
    code: str = Field(description="Code of the programme", examples=["smart-city"])
    name: str = Field(description="Name of the programme")
    stages: int = Field(description="How many stages it has")
    dimensions: int = Field(description="How many dimensions it has")
    data_items: int = Field(description="How many data items it has")
    updated_at: datetime = Field(description="Last change of the programme")
