"""What happens in an organizer's house: staff, keys, organisations, programmes, messages, webhooks."""

from dataclasses import dataclass
from uuid import UUID

from service.events.base import Event


@dataclass(frozen=True, kw_only=True)
class StaffChanged(Event):
    staff_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApiKeyIssued(Event):
    api_key_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApiKeyRevoked(Event):
    api_key_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrganisationChanged(Event):
    organisation_id: UUID


@dataclass(frozen=True, kw_only=True)
class HolidaysChanged(Event):
    pass


@dataclass(frozen=True, kw_only=True)
class OrganizerCreated(Event):
    pass


@dataclass(frozen=True, kw_only=True)
class OrganizerChanged(Event):
    pass


@dataclass(frozen=True, kw_only=True)
class ProgrammeChanged(Event):
    programme_id: UUID


@dataclass(frozen=True, kw_only=True)
class DataItemChanged(Event):
    data_item_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageRequested(Event):
    """A member of staff asked for a message (again)."""

    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageBounced(Event):
    """A message came back, or its channel reported that it cannot be delivered."""

    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class WordingChanged(Event):
    wording_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookChanged(Event):
    webhook_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookDisabled(Event):
    webhook_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookTested(Event):
    """Staff asked for a trial delivery; goes to that webhook alone."""

    webhook_id: UUID
