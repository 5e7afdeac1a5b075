"""How staff come to an account and keep it safe: invitations by mail, and codes for a lost second factor."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column, json_column
from service.models.organizers import Role
from service.tokens import new_id


class StaffInvitation(SQLModel, table=True):
    """Somebody was asked to work for an organizer; whoever opens the link chooses a password and becomes a member.

    Times are real time. `link_version` counts how often the link was made anew; the former ones are dead.
    """

    __tablename__ = "staff_invitations"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id", index=True)
    email: str
    email_key: str
    name: str
    role: Role = Field(sa_column=enum_column(Role))
    workshops: list[str] = Field(default_factory=list, sa_column=json_column())
    invited_by: UUID | None = Field(default=None, foreign_key="staff.id")
    link_version: int = 1
    key_id: str
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    accepted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RecoveryCode(SQLModel, table=True):
    """A code that stands in for the second factor once. Random and shown once; only its hash is here."""

    __tablename__ = "recovery_codes"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    code_hash: str
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
