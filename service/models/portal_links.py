"""Links to an organisation's portal for single contacts, each of which can be closed alone."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime
from service.tokens import new_id


class PortalLink(SQLModel, table=True):
    """One contact's own way in. `label` is an office or position; mail to the organisation reaches `email` with it."""

    __tablename__ = "portal_links"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    organisation_id: UUID = Field(foreign_key="organisations.id", index=True)
    label: str
    email: str | None = None
    link_version: int = 1
    key_id: str
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
