"""What the API says of a list that is taken over: its columns, and a verdict per row."""

from enum import StrEnum

from pydantic import Field

from service.models.columns import Shape
from service.models.registrations import RegistrationStatus


class Verdict(StrEnum):
    """What becomes of a row; `ignored`: it is no entry (a sum, a signature), or says that it was cancelled.

    `undecided`: may well be somebody who is registered already, or of a row above; left out unless it is said to be
    another person.
    """

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    UNDECIDED = "undecided"
    FAULTY = "faulty"
    IGNORED = "ignored"


class ImportColumn(Shape):
    """A column of the list."""

    column: str = Field(description="Its letter", examples=["B"])
    head: str = Field(description="What stands above it", examples=["Nama Lengkap"])
    field: str | None = Field(description="What it is taken for; null: it is not used", examples=["name"])
    samples: list[str] = Field(description="First values; empty without contacts:read", examples=[["Kepala Bidang"]])


class ImportRemark(Shape):
    """Something wrong or doubtful in a row; never the value."""

    field: str = Field(description="The field", examples=["nip"])
    message: str = Field(description="What to do")


class ImportRow(Shape):
    """A row of the list."""

    row: int = Field(description="Number of the row in the file, from 1")
    verdict: Verdict = Field(description="What becomes of it")
    name: str | None = Field(description="Name in the row")
    organisation: str | None = Field(
        description="Code of the organisation it belongs to; null: none of the list", examples=["dinkes"]
    )
    status: RegistrationStatus | None = Field(description="What the person has, or gets by the seats that are left")
    errors: list[ImportRemark] = Field(description="Why it cannot be taken over")
    warnings: list[ImportRemark] = Field(description="What somebody should look at")


class ImportCounts(Shape):
    """How many rows got each verdict."""

    new: int = Field(description="Not known yet")
    changed: int = Field(description="Known, and something in the row is new")
    unchanged: int = Field(description="Known, and nothing is new")
    duplicate: int = Field(description="The same as a row above")
    undecided: int = Field(description="May well be somebody who is there already; left out until `take` names the row")
    faulty: int = Field(description="Cannot be taken over")
    ignored: int = Field(description="No entry: sums, signatures, and rows that say that they were cancelled")


class ImportRead(Shape):
    """What was found in a list, and what was done or would be."""

    dry_run: bool = Field(description="Nothing was written")
    sheets: list[str] = Field(description="Visible sheets of the workbook; empty for CSV")
    sheet: str | None = Field(description="The one that was read")
    head_row: int = Field(description="Row in which the heads begin; 0 when there are none")
    columns: list[ImportColumn] = Field(description="The columns and what they are taken for")
    counts: ImportCounts = Field(description="Rows by verdict")
    rows: list[ImportRow] = Field(description="Every row with its verdict, in the order of the file")
