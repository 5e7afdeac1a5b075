"""A person's place in a workshop: the table and the shapes the API reads and writes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column, json_column
from service.models.messages import Channel
from service.models.people import Employment
from service.models.workshops import Mode
from service.tokens import new_id


class RegistrationStatus(StrEnum):
    """The life of a registration."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


LIVE = (RegistrationStatus.PENDING, RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED)
_LIVE_SQL = text("status IN ('pending', 'confirmed', 'waitlisted')")


class ParticipantRole(StrEnum):
    """What somebody does at the workshop."""

    PARTICIPANT = "participant"
    SPEAKER = "speaker"
    MODERATOR = "moderator"
    COMMITTEE = "committee"
    GUEST = "guest"


class Registration(SQLModel, table=True):
    """One person in one workshop.

    `contact_key` (canonical e-mail, else phone) and `name_key` say who it is: the same pair cannot be live twice in a
    workshop. `holds_seat` marks what the capacity row counts; walk-ins and admitted people hold none. All links of
    somebody who was `replaced` by a substitute are dead; doors still know the ticket of the `link_version` before.
    `quota_seat`: the seat came out of an invitation's quota and goes back to it while that is held. `withdrawn_at`: the
    person took the consent back and is not written to any more. `anonymised_at`: nothing here is about a person now.
    `erasure_due_at`: something still waits to be erased, until a last message and a link are gone, at the latest then.
    `channel` and `language` are what the person prefers to be written in. `link_requested_at`: somebody with a seat in
    the hall asked for the way into the online room. `link_shared_at`: the link was used from many places at once.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        UniqueConstraint("workshop_id", "number"),
        UniqueConstraint("workshop_id", "code"),
        UniqueConstraint("workshop_id", "client_id"),
        Index(
            "uq_registrations_person",
            "workshop_id",
            "contact_key",
            "name_key",
            unique=True,
            sqlite_where=_LIVE_SQL,
            postgresql_where=_LIVE_SQL,
        ),
        Index("ix_registrations_queue", "workshop_id", "status", "mode", "queued_at", "number"),
        Index("ix_registrations_organisation", "organisation_id"),
        Index("ix_registrations_contact", "contact_key", "name_key"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id", index=True)
    workshop_id: UUID = Field(foreign_key="workshops.id")
    number: int
    code: str | None = None
    name: str
    name_key: str
    email: str | None = None
    phone: str | None = None
    contact_key: str | None = None
    position: str | None = None
    position_level: str | None = None
    rank: str | None = None
    organisation_id: UUID | None = Field(default=None, foreign_key="organisations.id")
    organisation_name: str | None = None
    mode: Mode = Field(sa_column=enum_column(Mode))
    role: ParticipantRole = Field(default=ParticipantRole.PARTICIPANT, sa_column=enum_column(ParticipantRole))
    represents: str | None = None
    employment: Employment | None = Field(default=None, sa_column=enum_column(Employment, nullable=True))
    nip: str | None = None
    answers: dict[str, object] = Field(default_factory=dict, sa_column=json_column())
    status: RegistrationStatus = Field(sa_column=enum_column(RegistrationStatus))
    holds_seat: bool = False
    quota_seat: bool = False
    walk_in: bool = False
    client_id: str | None = None
    substitute_for_id: UUID | None = Field(default=None, foreign_key="registrations.id", index=True)
    invitation_id: UUID | None = Field(default=None, foreign_key="invitations.id", index=True)
    queued_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str | None = None
    consent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    anonymised_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    erasure_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    channel: Channel | None = Field(default=None, sa_column=enum_column(Channel, nullable=True))
    language: str | None = None
    link_requested_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    link_shared_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    link_version: int = 1
    replaced: bool = False
    key_id: str
    sequence: int = 0
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class HeldRegistration(SQLModel, table=True):
    """A public registration with a known contact and another name. Becomes a registration when the contact confirms.

    One that only repeats a registration is that one from the beginning, and holds no data.
    """

    __tablename__ = "held_registrations"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id", index=True)
    workshop_id: UUID = Field(foreign_key="workshops.id", index=True)
    number: int
    data: dict[str, object] = Field(default_factory=dict, sa_column=json_column())
    key_id: str
    registration_id: UUID | None = Field(default=None, foreign_key="registrations.id")
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
