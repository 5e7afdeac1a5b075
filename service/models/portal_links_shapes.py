"""What the API reads and writes about the portal links of single contacts."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from service.models.columns import Line, Shape


class PortalLinkCreate(Shape):
    """A link for one contact of an organisation."""

    label: Line = Field(description="Office or position that gets it, no name", examples=["Kasubag Program"])
    email: Line | None = Field(
        None,
        description="Address to which mail for the organisation goes with this link in it",
        examples=["program.dishub@luwukab.go.id"],
    )


class PortalLinkRead(Shape):
    """One contact's own way into its organisation's portal. The link itself is shown once."""

    id: UUID = Field(description="Id")
    organisation: str = Field(description="Code of the organisation", examples=["dishub"])
    label: str = Field(description="Office or position that has it")
    email: str | None = Field(description="Where mail with it goes; null without contacts:read")
    created_at: datetime = Field(description="When it was made")


class PortalLinkMade(PortalLinkRead):
    """A new link, shown once: whoever has it acts as the organisation until it is closed."""

    token: str = Field(description="Bearer token, and the end of the page's address; shown once")
    portal: str = Field(description="Address of the page; shown once")
