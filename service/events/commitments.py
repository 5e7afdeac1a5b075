"""What happens to promised data."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from service.events.base import Trace, WorkshopEvent


@dataclass(frozen=True, kw_only=True)
class CommitmentEvent(WorkshopEvent):
    """Something about one commitment. Base of the others; never recorded itself."""

    person: ClassVar[Trace] = Trace.NONE
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
class ExtensionRefused(CommitmentEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class CommitmentRescheduled(CommitmentEvent):
    """Its due date followed the workshop or the stage that it depends on."""


@dataclass(frozen=True, kw_only=True)
class EvidenceAdded(CommitmentEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class RemarkMade(CommitmentEvent):
    remark_id: UUID


@dataclass(frozen=True, kw_only=True)
class OrganisationEvent(WorkshopEvent):
    """Something about one organisation's promises at a workshop. Base of the others; never recorded itself.

    `batch_id` is the same in all that one act brought about.
    """

    person: ClassVar[Trace] = Trace.NONE
    organisation_id: UUID
    batch_id: UUID


@dataclass(frozen=True, kw_only=True)
class DataRequested(OrganisationEvent):
    """An organisation was asked for one or many data items at once."""


@dataclass(frozen=True, kw_only=True)
class DueDatesMoved(OrganisationEvent):
    """Due dates of an organisation followed the workshop or the stage that they depend on."""


@dataclass(frozen=True, kw_only=True)
class AgreementChanged(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE
    agreement_id: UUID


@dataclass(frozen=True, kw_only=True)
class AgreementSigned(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE
    agreement_id: UUID
    organisation_id: UUID


@dataclass(frozen=True, kw_only=True)
class EscalationRaised(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE
    escalation_id: UUID
    organisation_id: UUID


@dataclass(frozen=True, kw_only=True)
class EscalationHandled(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE
    escalation_id: UUID
    organisation_id: UUID
