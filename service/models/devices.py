"""Door devices: phones and scanners that check people in at one workshop."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime
from service.tokens import new_id


class Device(SQLModel, table=True):
    """A device of one workshop's door. Its token is shown once; only the SHA-256 is kept.

    `staff_id`: who paired the browser for their own work at the door; it is revoked with their membership.
    `synced_at` is its last upload of collected scans, `skew_seconds` by how much its clock was ahead of ours then.
    """

    __tablename__ = "devices"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id", index=True)
    name: str
    gate: str | None = None
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    token_hash: str = Field(unique=True)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    synced_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    skew_seconds: float | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
