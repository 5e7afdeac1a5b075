"""What happens to people in a workshop: places, links, scans and presence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from service.events.base import Trace, WorkshopEvent


@dataclass(frozen=True, kw_only=True)
class RegistrationEvent(WorkshopEvent):
    """Something about one registration. Base of the others; never recorded itself."""

    person: ClassVar[Trace] = Trace.REGISTRATION
    registration_id: UUID


_OF_PERSONS = {"registration", "link", "certificate"}
"""Nouns of the events about one registration, also of kinds that this version does not know any more."""


def registration_of(event_type: str, data: Mapping[str, str | int | None]) -> UUID | None:
    """Whose registration an event is about, by what it says; None for one that is about no single person's place."""
    said = data.get("registration_id") if event_type.partition(".")[0] in _OF_PERSONS else None
    return UUID(str(said)) if said else None


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
class RegistrationSeated(RegistrationEvent):
    """The committee gave a seat to somebody who waited, out of turn."""


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
    """The person's links were renewed, e.g. because the address changed: those sent before are dead."""


@dataclass(frozen=True, kw_only=True)
class RegistrationRepresenting(RegistrationEvent):
    """In whose place the person comes (mewakili) changed."""


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

    person: ClassVar[Trace] = Trace.HELD
    held_id: UUID


@dataclass(frozen=True, kw_only=True)
class LinkRequested(RegistrationEvent):
    """Somebody with a seat in the hall asked for the way into the online room."""


@dataclass(frozen=True, kw_only=True)
class LinkShared(RegistrationEvent):
    """A join link was used from `places` places at once."""

    places: int


@dataclass(frozen=True, kw_only=True)
class InvitationSent(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE
    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvitationChanged(WorkshopEvent):
    """The committee changed its quota, deadline or letter."""

    person: ClassVar[Trace] = Trace.NONE
    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvitationDeclined(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE
    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvitationWithdrawn(WorkshopEvent):
    """The committee took it back: its link is dead, nothing is held for it, and who was named stays registered."""

    person: ClassVar[Trace] = Trace.NONE
    invitation_id: UUID


@dataclass(frozen=True, kw_only=True)
class InvitationReleased(WorkshopEvent):
    """The deadline came: `seats` of the quota that nobody was named for went back to the pool."""

    person: ClassVar[Trace] = Trace.NONE
    invitation_id: UUID
    seats: int


@dataclass(frozen=True, kw_only=True)
class RegistrationWithdrawn(RegistrationEvent):
    """The person took the consent back: no message goes out any more, and what is not needed as proof is erased."""


@dataclass(frozen=True, kw_only=True)
class RegistrationAnonymised(RegistrationEvent):
    """Personal data was erased, on request or because its time was over."""


@dataclass(frozen=True, kw_only=True)
class WorkshopAnonymised(WorkshopEvent):
    """The retention time is over: nobody's personal data is left."""

    person: ClassVar[Trace] = Trace.NONE


@dataclass(frozen=True, kw_only=True)
class RegistrationsImported(WorkshopEvent):
    """A list was taken over; every person in it has an event besides."""

    person: ClassVar[Trace] = Trace.NONE
    count: int


@dataclass(frozen=True, kw_only=True)
class CheckinRecorded(WorkshopEvent):
    """A scan was stored, with whatever verdict. `registration_id` is missing for unknown tickets."""

    person: ClassVar[Trace] = Trace.REGISTRATION
    checkin_id: UUID
    registration_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class CheckinAnnulled(WorkshopEvent):
    person: ClassVar[Trace] = Trace.REGISTRATION
    checkin_id: UUID
    registration_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class PresenceRecorded(WorkshopEvent):
    """Online presence arrived; `count` intervals were new."""

    person: ClassVar[Trace] = Trace.NONE
    count: int


@dataclass(frozen=True, kw_only=True)
class PresenceMatched(WorkshopEvent):
    person: ClassVar[Trace] = Trace.REGISTRATION
    presence_id: UUID
    registration_id: UUID


@dataclass(frozen=True, kw_only=True)
class CertificateIssued(RegistrationEvent):
    """For the first time, or anew after a correction."""

    certificate_id: UUID


@dataclass(frozen=True, kw_only=True)
class CertificateRevoked(RegistrationEvent):
    """It no longer holds; a corrected one has an event of its own."""

    certificate_id: UUID


@dataclass(frozen=True, kw_only=True)
class CertificatesAnnounced(WorkshopEvent):
    """Whoever holds a certificate is to be told, once about each; `registration_id`: that person alone."""

    person: ClassVar[Trace] = Trace.REGISTRATION
    registration_id: UUID | None
