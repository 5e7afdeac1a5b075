"""What the API reads and writes about invitations."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from service.models.columns import Code, Instant, Line, Shape
from service.models.invitations import InvitationStatus
from service.models.registrations import RegistrationStatus
from service.models.registrations_shapes import Email, Phone
from service.models.workshops import Mode


class Quota(Shape):
    """Seats an organisation may fill; null means as many as there are."""

    offline: int | None = Field(None, ge=0, le=100_000, description="Seats in the hall")
    online: int | None = Field(None, ge=0, le=100_000, description="Places online")


class InvitationCreate(Shape):
    """Invites one organisation."""

    organisation: Code = Field(description="Code of the organisation", examples=["dinkes"])
    quota: Quota = Field(default_factory=Quota, description="Seats by mode")
    letter_number: Line | None = Field(
        None, description="Number of the letter, as text", examples=["005/123/Diskominfo-SP"]
    )
    letter_date: Line | None = Field(None, description="Date of the letter, as text", examples=["19 Juni 2023"])
    deadline: Instant | None = Field(None, description="Until when delegates can be named")


class InvitationRead(Shape):
    """An invitation as staff see it."""

    id: UUID = Field(description="Identifier")
    organisation: str = Field(description="Code of the organisation")
    organisation_name: str = Field(description="Its name")
    quota: Quota = Field(description="Seats by mode")
    named: Quota = Field(description="Delegates named so far, by mode")
    letter_number: str | None = Field(description="Number of the letter")
    letter_date: str | None = Field(description="Date of the letter")
    deadline: datetime | None = Field(description="Until when delegates can be named")
    status: InvitationStatus = Field(description="sent or declined")
    reason: str | None = Field(description="Why it was declined")
    link: str | None = Field(description="The organisation's secret link; null without invitations:write")
    version: int = Field(description="Grows with every change")


class DelegateCreate(Shape):
    """Somebody the organisation sends. With `id`, one already named who stays."""

    id: UUID | None = Field(None, description="Registration of a delegate already named")
    name: Line = Field(description="Name, titles included", examples=["Kepala Subbagian Perencanaan"])
    email: Email | None = Field(None, description="E-mail address")
    phone: Phone | None = Field(None, description="Telephone")
    position: Line | None = Field(None, description="Position")
    position_level: Code | None = Field(None, description="Level of the position")
    mode: Mode = Field(description="In the hall or online", examples=["offline"])


class Delegates(Shape):
    """Everybody the organisation sends; whoever is missing is withdrawn."""

    items: list[DelegateCreate] = Field(max_length=200, description="The delegates")


class DelegateRead(Shape):
    """A delegate as the organisation sees it."""

    id: UUID = Field(description="Registration")
    number: int = Field(description="Registration number")
    name: str = Field(description="Name")
    email: str | None = Field(description="E-mail address")
    phone: str | None = Field(description="Telephone")
    position: str | None = Field(description="Position")
    mode: Mode = Field(description="Registered mode")
    status: RegistrationStatus = Field(description="Status of the registration")


class InvitationView(Shape):
    """An invitation as the invited organisation sees it."""

    workshop_id: UUID = Field(description="The workshop")
    title: str = Field(description="Its title")
    starts_at: datetime = Field(description="Start")
    ends_at: datetime = Field(description="End")
    timezone: str = Field(description="Its time zone")
    organisation: str = Field(description="Code of the organisation")
    organisation_name: str = Field(description="Its name")
    quota: Quota = Field(description="Seats by mode")
    letter_number: str | None = Field(description="Number of the letter")
    deadline: datetime | None = Field(description="Until when delegates can be named")
    status: InvitationStatus = Field(description="sent or declined")
    delegates: list[DelegateRead] = Field(description="Who is named so far")
