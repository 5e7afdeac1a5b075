"""What an organisation reads of what workshops left behind."""

from datetime import date
from uuid import UUID

from pydantic import Field

from service.models.columns import Shape
from service.models.materials_shapes import MaterialRead


class PortalFollowUp(Shape):
    """Something that the organisation was agreed to do, as the minutes have it."""

    id: UUID = Field(description="Id")
    workshop: UUID = Field(description="At which workshop")
    text: str = Field(description="What is to be done")
    due_date: date | None = Field(description="By when")
    commitment: UUID | None = Field(description="The request for data that it was turned into")


class PortalLeft(Shape):
    """What one workshop left behind for the organisation."""

    workshop: UUID = Field(description="Id of the workshop")
    title: str = Field(description="Its title")
    minutes: bool = Field(description="Whether there are minutes: read them at /workshops/{id}/minutes")
    materials: list[MaterialRead] = Field(description="What may be opened; files at /materials/{id}/file")
    follow_ups: list[PortalFollowUp] = Field(description="What the minutes say that the organisation does")


class PortalLeftList(Shape):
    """All of it."""

    items: list[PortalLeft] = Field(description="By workshop")
