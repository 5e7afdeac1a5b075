"""What the API reads and writes about door devices."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from service.models.columns import Line, Shape


class DeviceCreate(Shape):
    """A new device for a workshop's door."""

    name: Line = Field(description="Name that people at the door recognise", examples=["Gerbang A"])
    gate: Line | None = Field(None, description="Where it stands", examples=["A"])


class DeviceRead(Shape):
    """A device of a workshop's door."""

    id: UUID = Field(description="Id")
    workshop_id: UUID = Field(description="The workshop it checks in for")
    name: str = Field(description="Name that people at the door recognise")
    gate: str | None = Field(description="Where it stands")
    created_at: datetime = Field(description="When it was added")


class DeviceCreated(DeviceRead):
    """A new device with its token."""

    token: str = Field(description="Shown this once; the device sends it as Bearer token")
