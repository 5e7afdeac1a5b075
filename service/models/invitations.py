"""What an organisation was invited to: its quota of seats and the letter."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column
from service.tokens import new_id


class InvitationStatus(StrEnum):
    """The life of an invitation: the organisation declines, the committee withdraws."""

    SENT = "sent"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


OFF = (InvitationStatus.DECLINED, InvitationStatus.WITHDRAWN)
"""Nobody is expected of such an invitation."""


class Invitation(SQLModel, table=True):
    """An organisation's invitation to one workshop; letter numbers are text, never parsed.

    `held_offline` and `held_online` are the seats set aside for delegates not named yet; the capacity row counts them
    as reserved. With `released_at` what was unused went back to the pool. `all_or_none`: delegates who wait get seats
    only together. `addressee` stands behind "Yth." in the letter.
    """

    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("workshop_id", "organisation_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id", index=True)
    workshop_id: UUID = Field(foreign_key="workshops.id")
    organisation_id: UUID = Field(foreign_key="organisations.id", index=True)
    quota_offline: int | None = None
    quota_online: int | None = None
    held_offline: int = 0
    held_online: int = 0
    released_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    all_or_none: bool = False
    addressee: str | None = None
    letter_number: str | None = None
    letter_date: str | None = None
    deadline: datetime | None = Field(default=None, sa_type=UtcDateTime)
    status: InvitationStatus = Field(default=InvitationStatus.SENT, sa_column=enum_column(InvitationStatus))
    reason: str | None = None
    link_version: int = 1
    key_id: str
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
