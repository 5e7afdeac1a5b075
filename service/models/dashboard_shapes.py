"""What the dashboard shows besides totals: the matrix, the burn-up, links for screens, and what everybody may see."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from service.models.columns import Line, Shape
from service.models.reports import AsOf


class CellRead(Shape):
    """Commitments of one organisation to one dimension, or of all of them together."""

    asked: int = Field(description="Requests made, whatever was answered", examples=[5])
    standing: int = Field(description="Of these, neither declined nor withdrawn", examples=[4])
    committed: int = Field(description="Promised", examples=[3])
    accepted: int = Field(description="Delivered and accepted", examples=[2])
    awaiting_review: int = Field(description="Delivered, waiting for the steward", examples=[1])
    owes: int = Field(description="Still owed", examples=[1])
    overdue: int = Field(description="Owed past the due date", examples=[0])
    accepted_pct: float | None = Field(
        description="Accepted in percent of those standing, one decimal; null when none stands", examples=[50.0]
    )


class MatrixDimension(Shape):
    """A column of the matrix."""

    code: str = Field(description="The dimension's code; `other` for items that name none", examples=["governance"])
    label: str = Field(description="Its name", examples=["Tata Kelola Cerdas (Smart Governance)"])
    total: CellRead = Field(description="All its commitments")


class MatrixRow(Shape):
    """A row of the matrix."""

    code: str = Field(description="The organisation's code", examples=["dlh"])
    name: str = Field(description="Its name", examples=["Dinas Lingkungan Hidup"])
    org_class: str = Field(description="Its class", examples=["opd"])
    cells: dict[str, CellRead] = Field(description="By dimension; one without a request to it is left out")
    total: CellRead = Field(description="All its commitments")


class MatrixRead(Shape):
    """Who was asked for what, and how far it is: organisations by dimensions, counted in commitments."""

    workshop: UUID = Field(description="The workshop")
    as_of: AsOf = Field(description="The day or instant as of which everything holds")
    dimensions: list[MatrixDimension] = Field(description="In the programme's order")
    organisations: list[MatrixRow] = Field(description="Those that were asked, by code")
    total: CellRead = Field(description="Everything")


class BurnUpPoint(Shape):
    """How far it was at the end of a day."""

    day: date = Field(description="The local day", examples=["2023-07-21"])
    standing: int = Field(description="Commitments asked, neither declined nor withdrawn", examples=[57])
    delivered: int = Field(description="Of these, delivered: accepted, or waiting for the steward", examples=[25])
    accepted: int = Field(description="Of these, accepted", examples=[20])


class BurnUpDue(Shape):
    """What was to be delivered by a day, by the due dates known at the moment asked about."""

    day: date = Field(description="A due date", examples=["2023-07-21"])
    due: int = Field(description="Standing commitments due by the end of that day", examples=[40])


class BurnUpRead(Shape):
    """What has come in, day by day, against what was to come in."""

    workshop: UUID = Field(description="The workshop")
    as_of: AsOf = Field(description="The day or instant at which the line ends")
    points: list[BurnUpPoint] = Field(description="Days on which something changed; it holds until the next one")
    due: list[BurnUpDue] = Field(description="Days on which something is due; may lie in the future")
    undated: int = Field(description="Standing commitments without a due date", examples=[0])


class DashboardLinkCreate(Shape):
    """A new link for a screen."""

    name: Line = Field(description="Where the screen stands", examples=["Ruang rapat Sekretaris Daerah"])
    workshop: UUID | None = Field(None, description="The workshop it shows; null: whichever is current")


class DashboardLinkRead(Shape):
    """A link for a screen, without its secret."""

    id: UUID = Field(description="Id")
    name: str = Field(description="Where the screen stands", examples=["Ruang rapat Sekretaris Daerah"])
    workshop: UUID | None = Field(description="The workshop it shows; null: whichever is current")
    created_at: datetime = Field(description="Made at")


class DashboardLinkIssued(DashboardLinkRead):
    """A new link, shown this once."""

    token: str = Field(description="The end of the address; shown this once", examples=["AZh3..."])
    link: str = Field(
        description="Address to open on the screen; whoever has it sees the dashboard",
        examples=["https://bimtek.example/dashboard/AZh3..."],
    )


class PublicProgress(Shape):
    """What of the promised data everybody may see. File names, reasons and contacts never are."""

    enabled: bool = Field(False, strict=True, description="Whether there is a public page at all")
    burn_up: bool = Field(False, strict=True, description="Show what has come in, day by day")
    organisations: bool = Field(False, strict=True, description="Name the organisations and what they have delivered")
