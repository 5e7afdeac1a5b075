"""What a door device reads to show where it stands: its workshop, the half-days and their counters."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from service.models.attendance_shapes import PresentCount
from service.models.columns import Shape
from service.models.workshops import Modality


class DoorWorkshop(Shape):
    """The workshop whose door this is."""

    id: UUID = Field(description="Id")
    title: str = Field(description="Title")
    timezone: str = Field(description="IANA zone in which its times are spoken", examples=["Asia/Makassar"])
    modality: Modality = Field(description="Where people attend")
    starts_at: datetime = Field(description="Start")
    ends_at: datetime = Field(description="End")


class DoorDevice(Shape):
    """The device that asks."""

    id: UUID = Field(description="Id")
    name: str = Field(description="Name that people at the door recognise", examples=["Gerbang A"])
    gate: str | None = Field(description="Where it stands", examples=["A"])


class DoorBlock(Shape):
    """One half-day with its counters."""

    code: str = Field(description="Block code", examples=["D1P"])
    label: str = Field(description="Its name for people", examples=["Hari I - pagi"])
    starts_at: datetime = Field(description="Start")
    ends_at: datetime = Field(description="End")
    checkin_from: datetime = Field(description="From when the door is open for it")
    expected: int = Field(description="Confirmed registrations")
    present: PresentCount = Field(description="Who is there, as in the attendance summary")
    inside: int = Field(description="People whose last counted scan of this block is in")
    numbers: list[int] = Field(description="Registration numbers of those present in the hall, sorted")
    out: list[int] = Field(description="Registration numbers of those who came and have left again, sorted")


class DoorOrganisation(Shape):
    """An organisation that somebody who walks in may name."""

    code: str = Field(description="Code", examples=["diskominfo-sp"])
    name: str = Field(description="Name")


class DoorRead(Shape):
    """The door of a workshop as it is now."""

    workshop: DoorWorkshop = Field(description="The workshop")
    device: DoorDevice | None = Field(description="The device that asks; null for staff and API keys")
    server_time: datetime = Field(description="Our clock; not part of the ETag, see `X-Server-Time`")
    blocks: list[DoorBlock] = Field(description="The half-days in order")
    organisations: list[DoorOrganisation] = Field(description="All organisations of the house, by name")
