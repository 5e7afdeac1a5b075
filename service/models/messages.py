"""Messages to people: one per occasion, never two."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field as ShapeField
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import Shape, UtcDateTime, enum_column
from service.tokens import new_id


class Channel(StrEnum):
    """How a message reaches somebody. `send_list`: a committee member sends it from a phone, one tap each."""

    MAIL = "mail"
    SEND_LIST = "send_list"
    NONE = "none"


class MessageStatus(StrEnum):
    """`waiting` stands on the send list; `unreachable` has no contact at all."""

    QUEUED = "queued"
    SENT = "sent"
    WAITING = "waiting"
    FAILED = "failed"
    DROPPED = "dropped"
    UNREACHABLE = "unreachable"


class Occasion(StrEnum):
    """What a message is about."""

    CONFIRMATION = "confirmation"
    PROMOTED = "promoted"
    WAITLISTED = "waitlisted"
    REQUESTED = "requested"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    SWITCHED = "switched"
    SUBSTITUTED = "substituted"
    SUBSTITUTE = "substitute"
    REPEATED = "repeated"
    LINKS_RENEWED = "links_renewed"
    HELD = "held"
    INVITATION = "invitation"
    WORKSHOP_CANCELLED = "workshop_cancelled"


class Message(SQLModel, table=True):
    """One message. Neither text nor link is stored: both are rendered when it is sent.

    `occasion_key` names the occasion (e.g. "confirmation:<registration>:<event>"), so a repeated event makes no second
    message. The Message-ID derives from `id` and stays the same over retries.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("occasion_key"),
        Index("ix_messages_workshop", "organizer_id", "status", "id"),
        Index("ix_messages_registration", "registration_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID | None = Field(default=None, foreign_key="workshops.id")
    registration_id: UUID | None = Field(default=None, foreign_key="registrations.id")
    held_id: UUID | None = Field(default=None, foreign_key="held_registrations.id")
    invitation_id: UUID | None = Field(default=None, foreign_key="invitations.id")
    occasion: str
    occasion_key: str
    channel: Channel = Field(sa_column=enum_column(Channel))
    status: MessageStatus = Field(sa_column=enum_column(MessageStatus))
    error: str | None = None
    attempts: int = 0
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sent_by: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class MessageRead(Shape):
    """A message for staff. Neither its text nor the address it went to is kept."""

    id: UUID = ShapeField(description="Id; the mail's Message-ID derives from it")
    workshop_id: UUID | None = ShapeField(description="The workshop it is about")
    registration_id: UUID | None = ShapeField(description="The registration it is about")
    invitation_id: UUID | None = ShapeField(description="The invitation it is about")
    occasion: str = ShapeField(description="What it is about", examples=["confirmation"])
    occasion_name: str = ShapeField(description="The same in words", examples=["Pendaftaran terkonfirmasi"])
    recipient: str | None = ShapeField(description="Name of the person or organisation")
    organisation: str | None = ShapeField(description="Organisation the person comes from")
    channel: Channel = ShapeField(description="`send_list`: staff send it from a phone")
    status: MessageStatus = ShapeField(
        description="`waiting` for the send list, `dropped` when its reason passed first, `unreachable` without contact"
    )
    error: str | None = ShapeField(description="Why it could not be sent, without any address", examples=["SMTP 550"])
    attempts: int = ShapeField(description="Tries so far that failed")
    whatsapp: str | None = ShapeField(
        description="Opens WhatsApp with the text; only while waiting, and with messages:write and contacts:read"
    )
    sent_at: datetime | None = ShapeField(description="When it went out, or was marked as sent")
    sent_by: str | None = ShapeField(description="Who marked it as sent, as `kind:id`; null when the service sent it")
    created_at: datetime = ShapeField(description="When the occasion was noticed")
