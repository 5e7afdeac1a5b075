"""What the API reads and writes about the materials of a workshop."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from service.models.columns import Line, Shape
from service.models.commitments_shapes import WebAddress
from service.models.minutes import Readers

MOST_MATERIALS = 200
WHO = "Who may open it; each of the four includes those before it"


class MaterialLink(Shape):
    """A material that stands elsewhere."""

    title: Line = Field(description="What it is", examples=["Paparan tenaga ahli"])
    url: WebAddress = Field(description="Where it is", examples=["https://data.luwukab.go.id/paparan"])
    audience: Readers = Field(Readers.PARTICIPANTS, description=WHO)


class MaterialFields(Shape):
    """What is said of files that are sent. Without a title each is called by the name of its file."""

    title: Line | None = Field(None, description="What it is; for one file alone")
    audience: Readers = Field(Readers.PARTICIPANTS, description=WHO)


class MaterialPatch(Shape):
    """A JSON merge patch of a material. Another file is another material."""

    title: Line = Field("", description="What it is")
    audience: Readers = Field(Readers.PARTICIPANTS, description=WHO)
    url: WebAddress = Field(
        "",
        description="Where it is; only of one that stands elsewhere",
        examples=["https://data.luwukab.go.id/paparan"],
    )
    position: int = Field(1, ge=1, le=MOST_MATERIALS, description="Place in the list, from 1; the others make room")


class MaterialFile(Shape):
    """A stored file."""

    name: str = Field(description="Name of the file", examples=["paparan.pdf"])
    size: int = Field(description="Bytes")
    media_type: str = Field(description="Type by content", examples=["application/pdf"])


class MaterialRead(Shape):
    """A file or a link of a workshop."""

    id: UUID = Field(description="Id")
    workshop: UUID = Field(description="The workshop")
    title: str = Field(description="What it is")
    audience: Readers = Field(description=WHO)
    file: MaterialFile | None = Field(description="The file, unless it stands elsewhere")
    link: str = Field(description="Where it is: a path of this service for a file, else the address given")
    version: int = Field(description="Counts changes; part of the ETag")
    created_at: datetime = Field(description="When it was added")


class MaterialsRead(Shape):
    """Several materials."""

    items: list[MaterialRead] = Field(description="In the order they were sent")
