"""Other systems that are told of events (Standard Webhooks)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column, json_column
from service.tokens import new_id


class WebhookStatus(StrEnum):
    """Whether events are delivered."""

    ACTIVE = "active"
    DISABLED = "disabled"


class Webhook(SQLModel, table=True):
    """An address that is told of events; no `types` means all.

    The secret is derived, like every link: from the id, `secret_version` and the key `key_id`. After a rotation the
    version before, of the key `former_key_id`, signs too until `former_until` (real time). `failing_since` (real time)
    is the first failure after the last success.
    """

    __tablename__ = "webhooks"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id", index=True)
    url: str
    description: str | None = None
    types: list[str] = Field(default_factory=list, sa_column=json_column())
    status: WebhookStatus = Field(default=WebhookStatus.ACTIVE, sa_column=enum_column(WebhookStatus))
    disabled_reason: str | None = None
    secret_version: int = 1
    former_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    key_id: str
    former_key_id: str | None = None
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
