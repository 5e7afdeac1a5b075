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
