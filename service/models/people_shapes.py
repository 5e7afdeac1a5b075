"""What the API reads and writes about organisations, and what an agency's portal shows."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from service.models.columns import Code, Line, Shape
from service.models.workshops import WorkshopStatus


class ContactShape(Shape):
    """Who speaks for an organisation; the office rather than the person where possible."""

    name: Line | None = Field(None, description="Name")
    position: Line | None = Field(None, description="Position", examples=["Kasubag Program"])
    email: Line | None = Field(None, description="E-mail address", examples=["dishub@luwukab.go.id"])
    phone: Line | None = Field(None, description="Telephone; kept as +62...", examples=["+6281200000001"])


class OrganisationCreate(Shape):
    """A new organisation."""

    code: Code = Field(description="Own key", examples=["dishub"])
    name: Line = Field(description="Full name", examples=["Dinas Perhubungan"])
    org_class: Code = Field("opd", description="opd (agency of the regency) or e.g. external")
    kind: Line | None = Field(None, description="e.g. dinas, badan, kecamatan, bumn", examples=["dinas"])
    contacts: list[ContactShape] = Field([], max_length=20, description="Who speaks for it")


class OrganisationPatch(Shape):
    """A JSON merge patch of an organisation; `contacts` is replaced as a whole."""

    name: Line = Field("", description="Full name")
    org_class: Code = Field("opd", description="opd (agency of the regency) or e.g. external")
    kind: Line | None = Field(None, description="e.g. dinas, badan, kecamatan, bumn")
    contacts: list[ContactShape] = Field([], max_length=20, description="Who speaks for it")


class OrganisationLinks(Shape):
    """The organisation's own address. Whoever has it acts as the organisation."""

    portal: str = Field(description="Address of the agency's page")


class OrganisationRead(Shape):
    """An agency or outside body."""

    id: UUID = Field(description="Id")
    code: str = Field(description="Own key", examples=["dishub"])
    name: str = Field(description="Full name")
    org_class: str = Field(description="opd or e.g. external")
    kind: str | None = Field(description="e.g. dinas, badan, kecamatan, bumn")
    contacts: list[ContactShape] | None = Field(description="Who speaks for it; null without contacts:read")
    links: OrganisationLinks | None = Field(description="null without organisations:write")
    version: int = Field(description="Counts changes; part of the ETag")
    updated_at: datetime = Field(description="Last change")


class OrganisationName(Shape):
    """What a public form needs to know of an organisation."""

    code: str = Field(description="Key", examples=["dishub"])
    name: str = Field(description="Full name", examples=["Dinas Perhubungan"])


class PortalOrganizer(Shape):
    """The office that asks."""

    slug: str = Field(description="Its short name")
    name: str = Field(description="Its name")
    timezone: str = Field(description="Its IANA zone", examples=["Asia/Makassar"])


class PortalWorkshop(Shape):
    """A workshop to which the organisation is invited."""

    id: UUID = Field(description="Id")
    title: str = Field(description="Title")
    starts_at: datetime = Field(description="Start")
    ends_at: datetime = Field(description="End")
    timezone: str = Field(description="IANA zone of the workshop")
    status: WorkshopStatus = Field(description="published, completed or cancelled")


class PortalDebt(Shape):
    """What the organisation owes now."""

    total: int = Field(description="Commitments in all, declined and withdrawn ones included")
    owes: int = Field(description="Not yet delivered, or returned")
    overdue: int = Field(description="Of these, past their due date")
    unanswered: int = Field(description="Requests without an answer")
    next_due_date: date | None = Field(description="The nearest due date that has not passed")


class PortalLinks(Shape):
    """What the organisation may take along."""

    calendar: str = Field(description="Calendar of its due dates and workshops; read-only, and opens nothing else")


class PortalRead(Shape):
    """An agency's own view."""

    organisation: OrganisationName = Field(description="Who we are")
    organizer: PortalOrganizer = Field(description="Who asks")
    workshops: list[PortalWorkshop] = Field(description="Where we are invited, by start")
    commitments: PortalDebt = Field(description="What we owe")
    links: PortalLinks = Field(description="What we may take along")


class MergeCreate(Shape):
    """Which organisation is the same one, kept twice."""

    other: Code = Field(description="Code of the organisation that ends", examples=["dinas-kesehatan-2"])


class Collision(StrEnum):
    """What both organisations have of which there can be only one."""

    INVITATION = "invitation"
    COMMITMENT = "commitment"
    AGREEMENT = "agreement"
    ESCALATION = "escalation"


class CollisionRead(Shape):
    """One such thing, and whose holds."""

    kind: Collision = Field(description="Both are invited, were asked for the same item, signed, or are late alike")
    about: str = Field(description="The workshop, data item or agreement")
    kept: str = Field(description="Code of the organisation whose one holds; the other one's ends")


class MergeRead(Shape):
    """What a merger moves and ends."""

    code: str = Field(description="Code of the organisation that stays")
    other: str = Field(description="Code of the one that ends, and finds the one that stays from then on")
    moves: dict[str, int] = Field(description="How much of each kind names the other one", examples=[{"messages": 2}])
    contacts: int = Field(description="Contacts that the one that stays gets beside its own")
    collisions: list[CollisionRead] = Field(description="What both have of which one ends")
