"""What a super-owner reads about all organizers of the installation."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from service.models.columns import Shape
from service.models.workshops import WorkshopStatus


class RollUpWorkshop(Shape):
    """The workshop that an organizer's dashboard shows unasked."""

    id: UUID = Field(description="Id")
    title: str = Field(description="Title")
    status: WorkshopStatus = Field(description="Where it stands in its life")
    starts_at: datetime = Field(description="Begin")
    ends_at: datetime = Field(description="End")
    timezone: str = Field(description="IANA time zone")
    registered: int = Field(description="Confirmed registrations")
    present: int = Field(description="Registrations present in at least one half-day")
    items: int = Field(description="Data items asked")
    accepted: int = Field(description="Data items of which a delivery is accepted")
    readiness_pct: float = Field(description="Accepted items in percent, one decimal", examples=[50.0])


class RollUpRead(Shape):
    """One organizer at a glance: figures only, no person and no organisation."""

    slug: str = Field(description="Its word in addresses", examples=["luwu"])
    name: str = Field(description="Name")
    workshop: RollUpWorkshop | None = Field(description="Its current workshop; null before the first is published")
    awaiting_review: int = Field(description="Deliveries that wait for its steward, of all workshops")
    overdue: int = Field(description="Owed commitments past their due date, of all workshops")
