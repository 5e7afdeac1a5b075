"""Read-only links to the dashboard, for the screen of a meeting room."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime
from service.tokens import new_id


class DashboardLink(SQLModel, table=True):
    """A screen that shows the dashboard of one workshop (None: of whichever is current)."""

    __tablename__ = "dashboard_links"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id", index=True)
    workshop_id: UUID | None = Field(default=None, foreign_key="workshops.id")
    name: str
    link_version: int = 1
    key_id: str
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
