"""What the API reads about events and deliveries."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from service.models.columns import Shape
from service.models.outbox import DeliveryStatus


class EventRead(Shape):
    """A sealed event of the change feed."""

    sequence: int = Field(description="Place in the organizer's log, from 1, without gaps", examples=[1204])
    id: UUID = Field(description="Id; the same in webhooks and on the broker")
    type: str = Field(description="What happened", examples=["registration.confirmed"])
    happened_at: datetime = Field(description="When it happened")
    actor: str = Field(description="Who did it, as `kind:id`", examples=["staff:01890a5d-ac96-774b-bcce-b302099a8057"])
    data: dict[str, str | int | None] = Field(description="Ids of what it is about; never personal data")
    hash: str = Field(description="SHA-256 over the previous event's hash and this event")


class DeliveryRead(Shape):
    """One reaction to one event."""

    id: UUID = Field(description="Id")
    event_id: UUID = Field(description="The event")
    event_type: str = Field(description="What happened", examples=["registration.confirmed"])
    subscriber: str = Field(description="What reacts", examples=["messages.registration"])
    status: DeliveryStatus = Field(description="`parked` waits for a person")
    attempts: int = Field(description="Attempts so far")
    due_at: datetime = Field(description="When the next attempt is, or was, due")
    error: str | None = Field(description="Why the last attempt failed")
    settled_at: datetime | None = Field(description="When it was done or parked")
    target: UUID | None = Field(description="The webhook that is told; null for every other reaction")
    response_status: int | None = Field(description="HTTP status of the last answer", examples=[204])
    response_ms: int | None = Field(description="Milliseconds until the last answer, or until none came")
    response_excerpt: str | None = Field(description="Beginning of the last answer, at most 500 characters")
