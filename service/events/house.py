"""What happens in an organizer's house: staff, keys, organisations, programmes, messages, webhooks."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from service.events.base import Event, Trace


@dataclass(frozen=True, kw_only=True)
class StaffChanged(Event):
    person: ClassVar[Trace] = Trace.STAFF
    staff_id: UUID


@dataclass(frozen=True, kw_only=True)
class StaffInvited(Event):
    """Somebody was asked, or asked again, to work for the organizer."""

    person: ClassVar[Trace] = Trace.STAFF
    staff_invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class AccountChanged(Event):
    """Password or second factor of a member of staff changed; `what`: password, second_factor_on, second_factor_off,
    recovery_codes.
    """

    person: ClassVar[Trace] = Trace.STAFF
    staff_id: UUID
    what: str


@dataclass(frozen=True, kw_only=True)
class PasswordResetRequested(Event):
    person: ClassVar[Trace] = Trace.STAFF
    staff_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApiKeyIssued(Event):
    person: ClassVar[Trace] = Trace.STAFF
    api_key_id: UUID


@dataclass(frozen=True, kw_only=True)
class ApiKeyRevoked(Event):
    person: ClassVar[Trace] = Trace.STAFF
    api_key_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrganisationChanged(Event):
    person: ClassVar[Trace] = Trace.NONE
    organisation_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrganisationMerged(Event):
    """Two records of one organisation: whatever named `merged_id` names `organisation_id` now."""

    person: ClassVar[Trace] = Trace.NONE
    organisation_id: UUID
    merged_id: UUID


@dataclass(frozen=True, kw_only=True)
class HolidaysChanged(Event):
    person: ClassVar[Trace] = Trace.NONE


@dataclass(frozen=True, kw_only=True)
class OrganizerCreated(Event):
    person: ClassVar[Trace] = Trace.NONE


@dataclass(frozen=True, kw_only=True)
class OrganizerChanged(Event):
    person: ClassVar[Trace] = Trace.NONE


@dataclass(frozen=True, kw_only=True)
class ProgrammeChanged(Event):
    person: ClassVar[Trace] = Trace.NONE
    programme_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProgrammeRemoved(Event):
    """One that was made by mistake: nothing named it."""

    person: ClassVar[Trace] = Trace.NONE
    programme_id: UUID


@dataclass(frozen=True, kw_only=True)
class DataItemChanged(Event):
    person: ClassVar[Trace] = Trace.NONE
    data_item_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageRequested(Event):
    """A member of staff asked for a message (again)."""

    person: ClassVar[Trace] = Trace.INDIRECT
    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageBounced(Event):
    """A message came back, or its channel reported that it cannot be delivered."""

    person: ClassVar[Trace] = Trace.INDIRECT
    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class WordingChanged(Event):
    person: ClassVar[Trace] = Trace.NONE
    wording_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookChanged(Event):
    person: ClassVar[Trace] = Trace.NONE
    webhook_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookDisabled(Event):
    person: ClassVar[Trace] = Trace.NONE
    webhook_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookTested(Event):
    """Staff asked for a trial delivery; goes to that webhook alone."""

    person: ClassVar[Trace] = Trace.NONE
    webhook_id: UUID


@dataclass(frozen=True, kw_only=True)
class PortalLinkChanged(Event):
    """A contact of an organisation was given a link of its own, or that link was closed."""

    person: ClassVar[Trace] = Trace.NONE
    organisation_id: UUID
    portal_link_id: UUID


@dataclass(frozen=True, kw_only=True)
class DashboardLinkChanged(Event):
    """A screen was given a read-only link, or that link was closed."""

    person: ClassVar[Trace] = Trace.NONE
    dashboard_link_id: UUID
