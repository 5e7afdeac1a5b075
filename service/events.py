"""Every domain event: a frozen dataclass, past tense, ids only. Never personal data, never links.

The class name in snake case with a dot is its type: RegistrationConfirmed -> registration.confirmed. Types and field
names are a promise to other systems (openapi/asyncapi.json).
"""

import re
from dataclasses import asdict, dataclass, fields
from typing import ClassVar
from uuid import UUID

REGISTRY: dict[str, type["Event"]] = {}
"""Every event class by its type."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """What happened, to which rows. `organizer_id` says in whose house."""

    organizer_id: UUID
    type: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        noun, _, deed = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower().rpartition("_")
        cls.type = f"{noun}.{deed}"
        if deed != "event":
            REGISTRY[cls.type] = cls

    def data(self) -> dict[str, str | int | None]:
        """The event's fields as JSON values, the organizer left out (it stands in its own column)."""
        values = asdict(self)
        del values["organizer_id"]
        return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}


def load(event_type: str, organizer_id: UUID, data: dict[str, str | int | None]) -> Event:
    """The event as it was recorded. Raises KeyError for a type this version does not know."""
    cls = REGISTRY[event_type]
    known = {field.name: field.type for field in fields(cls)}
    values = {
        name: UUID(value) if isinstance(value, str) and "UUID" in str(known[name]) else value
        for name, value in data.items()
        if name in known
    }
    return cls(organizer_id=organizer_id, **values)


@dataclass(frozen=True, kw_only=True)
class WorkshopEvent(Event):
    """Something about one workshop. Base of the others; never recorded itself."""

    workshop_id: UUID


@dataclass(frozen=True, kw_only=True)
class WorkshopCreated(WorkshopEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class WorkshopChanged(WorkshopEvent):
    """`what` names the changed parts, comma-separated: time, venue, agenda, capacity, details."""

    what: str


@dataclass(frozen=True, kw_only=True)
class WorkshopPublished(WorkshopEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class WorkshopCancelled(WorkshopEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class WorkshopCompleted(WorkshopEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class RegistrationEvent(WorkshopEvent):
    """Something about one registration. Base of the others; never recorded itself."""

    registration_id: UUID


@dataclass(frozen=True, kw_only=True)
class RegistrationConfirmed(RegistrationEvent):
    """A seat was given at registration, approval or substitution."""


@dataclass(frozen=True, kw_only=True)
class RegistrationWaitlisted(RegistrationEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class RegistrationRequested(RegistrationEvent):
    """A registration waits for approval."""


@dataclass(frozen=True, kw_only=True)
class RegistrationPromoted(RegistrationEvent):
    """A seat became free and went to the first who waited."""


@dataclass(frozen=True, kw_only=True)
class RegistrationRejected(RegistrationEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class RegistrationCancelled(RegistrationEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class RegistrationChanged(RegistrationEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class RegistrationRelinked(RegistrationEvent):
    """The person's address changed: the links sent to the former one are dead."""


@dataclass(frozen=True, kw_only=True)
class RegistrationSwitched(RegistrationEvent):
    """The mode changed between offline and online."""


@dataclass(frozen=True, kw_only=True)
class RegistrationSubstituted(RegistrationEvent):
    """`registration_id` gave its seat to `substitute_id`."""

    substitute_id: UUID


@dataclass(frozen=True, kw_only=True)
class RegistrationRepeated(RegistrationEvent):
    """Somebody registered an address again that is known already: its owner is written to."""


@dataclass(frozen=True, kw_only=True)
class RegistrationHeld(WorkshopEvent):
    """A known contact was used with another name: the contact has to confirm."""

    held_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvitationSent(WorkshopEvent):
    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvitationDeclined(WorkshopEvent):
    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class CheckinRecorded(WorkshopEvent):
    """A scan was stored, with whatever verdict. `registration_id` is missing for unknown tickets."""

    checkin_id: UUID
    registration_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class CheckinAnnulled(WorkshopEvent):
    checkin_id: UUID
    registration_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class PresenceRecorded(WorkshopEvent):
    """Online presence arrived; `count` intervals were new."""

    count: int


@dataclass(frozen=True, kw_only=True)
class PresenceMatched(WorkshopEvent):
    presence_id: UUID
    registration_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomRequested(WorkshopEvent):
    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomOpened(WorkshopEvent):
    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomCancelled(WorkshopEvent):
    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class DeviceAdded(WorkshopEvent):
    device_id: UUID


@dataclass(frozen=True, kw_only=True)
class DeviceRevoked(WorkshopEvent):
    device_id: UUID


@dataclass(frozen=True, kw_only=True)
class CommitmentEvent(WorkshopEvent):
    """Something about one commitment. Base of the others; never recorded itself."""

    commitment_id: UUID


@dataclass(frozen=True, kw_only=True)
class CommitmentRequested(CommitmentEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class CommitmentPledged(CommitmentEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class CommitmentDeclined(CommitmentEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class CommitmentWithdrawn(CommitmentEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class CommitmentReassigned(CommitmentEvent):
    """`commitment_id` was declined; `successor_id` asks another organisation."""

    successor_id: UUID


@dataclass(frozen=True, kw_only=True)
class CommitmentExtended(CommitmentEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ExtensionRequested(CommitmentEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class SubmissionReceived(CommitmentEvent):
    submission_id: UUID


@dataclass(frozen=True, kw_only=True)
class SubmissionAccepted(CommitmentEvent):
    submission_id: UUID


@dataclass(frozen=True, kw_only=True)
class SubmissionReturned(CommitmentEvent):
    submission_id: UUID


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
