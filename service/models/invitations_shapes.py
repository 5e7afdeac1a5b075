"""What the API reads and writes about invitations."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from service.models.columns import Code, Instant, Line, Sent, Shape
from service.models.invitations import InvitationStatus
from service.models.registrations import RegistrationStatus
from service.models.registrations_shapes import Answers, Email, Phone
from service.models.workshops import Mode


class Quota(Shape):
    """Seats an organisation may fill; null means as many as there are."""

    offline: int | None = Field(None, ge=0, le=100_000, description="Seats in the hall; null: as many as there are")
    online: int | None = Field(None, ge=0, le=100_000, description="Places online; null: as many as there are")


def _other_mode_too(quota: Quota) -> Quota:
    [*named] = quota.model_fields_set
    if len(named) != 1 or getattr(quota, named[0]) is None:
        return quota
    return Quota(**{"offline": 0, "online": 0, named[0]: getattr(quota, named[0])})


FirstQuota = Annotated[Quota, AfterValidator(_other_mode_too)]
"""Whoever names a number for one mode alone means nobody in the other."""
_LEFT_OUT = "a mode left out beside a number gets none; null, or no quota at all: as many as there are"


class InvitationCreate(Shape):
    """Invites one organisation."""

    organisation: Code = Field(description="Code of the organisation", examples=["dinkes"])
    quota: FirstQuota = Field(default_factory=Quota, description=f"Seats by mode: {_LEFT_OUT}")
    letter_number: Line | None = Field(
        None, description="Number of the letter, as text", examples=["005/123/Diskominfo-SP"]
    )
    letter_date: Line | None = Field(None, description="Date of the letter, as text", examples=["19 Juni 2023"])
    addressee: Line | None = Field(None, description="Whom the letter addresses, after Yth.", examples=["Kepala Dinas"])
    deadline: Instant | None = Field(
        None,
        description="Until when delegates can be named, at most to the workshop's end; until then the quota is set "
        "aside, as far as there is room",
    )
    all_or_none: bool = Field(False, description="Delegates who have to wait get seats only together")


class InvitationBatch(Shape):
    """Invites many organisations alike: those named in `organisations`, or all of an `org_class`, not both."""

    organisations: list[Code] | None = Field(
        None, min_length=1, max_length=500, description="Codes of the organisations", examples=[["dinkes", "disdik"]]
    )
    org_class: Line | None = Field(None, description="All organisations of this class instead, e.g. opd")
    quota: FirstQuota = Field(default_factory=Quota, description=f"Seats by mode, for each: {_LEFT_OUT}")
    letter_number: Line | None = Field(None, description="Number of the letter, as text")
    letter_date: Line | None = Field(None, description="Date of the letter, as text")
    addressee: Line | None = Field(None, description="Whom the letter addresses, after Yth.")
    deadline: Instant | None = Field(None, description="Until when delegates can be named")
    all_or_none: bool = Field(False, description="Delegates who have to wait get seats only together")


class InvitationPatch(Shape):
    """Changes to an invitation; a JSON merge patch (RFC 7396), also inside `quota`."""

    quota: Quota | None = Field(
        None,
        description="Seats by mode; a mode left out stays as it is, null: as many as there are",
        examples=[{"offline": 3}],
    )
    letter_number: Line | None = Field(None, description="Number of the letter, as text")
    letter_date: Line | None = Field(None, description="Date of the letter, as text")
    addressee: Line | None = Field(None, description="Whom the letter addresses, after Yth.")
    deadline: Instant | None = Field(None, description="Until when delegates can be named")
    all_or_none: Sent[bool] = Field(None, description="Delegates who have to wait get seats only together")


class InvitationRead(Shape):
    """An invitation as staff see it."""

    id: UUID = Field(description="Identifier")
    organisation: str = Field(description="Code of the organisation")
    organisation_name: str = Field(description="Its name")
    quota: Quota = Field(description="Seats by mode")
    named: Quota = Field(description="Delegates named so far, by mode")
    waiting: Quota = Field(description="Those of them who have no seat yet, by mode")
    held: Quota = Field(description="Seats set aside for delegates who are not named yet, by mode")
    all_or_none: bool = Field(description="Delegates who have to wait get seats only together")
    addressee: str | None = Field(description="Whom the letter addresses, after Yth.")
    letter_number: str | None = Field(description="Number of the letter")
    letter_date: str | None = Field(description="Date of the letter")
    deadline: datetime | None = Field(description="Until when delegates can be named")
    released_at: datetime | None = Field(description="When what was set aside went back to everybody")
    status: InvitationStatus = Field(description="sent, declined by the organisation, or withdrawn by the committee")
    reason: str | None = Field(description="Why it was declined or withdrawn")
    link: str | None = Field(description="The organisation's secret link; null without invitations:write, or withdrawn")
    version: int = Field(description="Grows with every change")


class InvitationBatchRead(Shape):
    """What an invitation of many has done."""

    items: list[InvitationRead] = Field(description="The new invitations")
    already: list[str] = Field(description="Codes of those invited before, who are left alone")


class DelegateCreate(Shape):
    """Somebody the organisation sends. With `id`, one already named who stays; with `replaces`, the one who comes in
    the place of somebody named before.
    """

    id: UUID | None = Field(None, description="Registration of a delegate already named")
    replaces: UUID | None = Field(None, description="Registration of the delegate whose seat this person takes over")
    name: Line = Field(description="Name, titles included", examples=["Kepala Subbagian Perencanaan"])
    email: Email | None = Field(None, description="E-mail address")
    phone: Phone | None = Field(None, description="Telephone")
    position: Line | None = Field(None, description="Position")
    position_level: Code | None = Field(None, description="Level of the position")
    represents: Line | None = Field(None, description="Whom the person represents (mewakili)")
    mode: Mode = Field(description="In the hall or online", examples=["offline"])
    answers: Answers = Field(
        {}, description="Answers to the workshop's questions, by question code; the delegate is asked for the others"
    )
    number: int | None = Field(None, description="Not looked at when sent back as read")
    status: RegistrationStatus | None = Field(None, description="Not looked at when sent back as read")


class Delegates(Shape):
    """Everybody the organisation sends; whoever is missing is withdrawn."""

    items: list[DelegateCreate] = Field(max_length=200, description="The delegates")
    all_or_none: bool | None = Field(
        None, description="Delegates who have to wait get seats only together; null leaves it as it is"
    )


class DelegateRead(Shape):
    """A delegate as the organisation sees it."""

    id: UUID = Field(description="Registration")
    number: int = Field(description="Registration number")
    name: str = Field(description="Name")
    email: str | None = Field(description="E-mail address")
    phone: str | None = Field(description="Telephone, masked; sent back like this it stays")
    position: str | None = Field(description="Position")
    represents: str | None = Field(description="Whom the person represents")
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
    held: Quota = Field(description="Seats set aside for delegates who are not named yet, by mode")
    all_or_none: bool = Field(description="Delegates who have to wait get seats only together")
    letter_number: str | None = Field(description="Number of the letter")
    letter_date: str | None = Field(description="Date of the letter")
    deadline: datetime | None = Field(description="Until when delegates can be named")
    over: bool = Field(description="Whether delegates can no longer be named")
    status: InvitationStatus = Field(description="sent or declined; the link of a withdrawn one is dead")
    delegates: list[DelegateRead] = Field(description="Who is named so far")
