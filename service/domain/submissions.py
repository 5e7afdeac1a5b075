"""Submissions: handing in what was promised (or only asked for), and the steward's verdict."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import outbox
from service.auth import Actor
from service.domain import commitments
from service.errors import InvalidInput, InvalidState, NotFound
from service.events import SubmissionAccepted, SubmissionReceived, SubmissionReturned
from service.i18n import gettext as _
from service.models.commitments import Commitment, FulfilmentStatus, Submission
from service.models.commitments_shapes import Metadata, SubmissionFields

REQUIRED_METADATA = ("concept", "definition", "classification", "measure", "unit")
"""What Satu Data (Perpres 39/2019) calls the standard of a data set."""


@dataclass(frozen=True)
class DeliveredFile:
    """A file that stands in the store already: `path` is its key there, `size` in bytes."""

    name: str
    size: int
    sha256: str
    media_type: str
    path: str


async def find(session: AsyncSession, actor: Actor, submission_id: UUID) -> Submission:
    """A submission of the actor's house, for an organisation only its own. Raises NotFound."""
    row = await session.get(Submission, submission_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    await commitments.find(session, actor, row.commitment_id)
    return row


async def check_open(session: AsyncSession, actor: Actor, commitment_id: UUID) -> None:
    """Whether something could be handed in now, asked before a long upload. Raises NotFound, InvalidState."""
    _check_open(await commitments.find(session, actor, commitment_id))


async def submit(
    session: AsyncSession,
    actor: Actor,
    commitment_id: UUID,
    data: SubmissionFields,
    *,
    url: str | None = None,
    files: Sequence[DeliveredFile] = (),
) -> Submission:
    """Hands in files or an address. Raises NotFound, InvalidState, InvalidInput for an empty delivery."""
    if url is None and not files:
        raise InvalidInput.at("/files", _("Sertakan setidaknya satu berkas atau url."))
    commitment = await commitments.find(session, actor, commitment_id, lock=True)
    _check_open(commitment)
    await commitments.deliver(session, actor, commitment, FulfilmentStatus.SUBMITTED, None)
    row = Submission(
        organizer_id=commitment.organizer_id,
        commitment_id=commitment.id,
        url=url,
        files=[asdict(file) for file in files],
        note=data.note or None,
        complete=data.complete,
        details=data.metadata.model_dump(exclude_none=True),
        metadata_complete=is_complete(data.metadata),
        submitted_by=actor.label,
        submitted_at=commitment.changed_at,
    )
    session.add(row)
    await session.flush()
    await _record(session, actor, commitment, row, SubmissionReceived)
    return row


async def accept(session: AsyncSession, actor: Actor, submission_id: UUID) -> Submission:
    """The steward takes it. Raises NotFound; InvalidState unless it is the latest and waits for review."""
    return await _review(session, actor, submission_id, FulfilmentStatus.ACCEPTED, None)


async def send_back(session: AsyncSession, actor: Actor, submission_id: UUID, reason: str) -> Submission:
    """The steward returns it, also one accepted before. Raises NotFound; InvalidState unless it is the latest."""
    return await _review(session, actor, submission_id, FulfilmentStatus.RETURNED, reason)


def is_complete(metadata: Metadata) -> bool:
    """Whether the required parts are there."""
    return all(getattr(metadata, name) for name in REQUIRED_METADATA)


def _check_open(row: Commitment) -> None:
    if row.commitment_status not in commitments.STANDING:
        raise InvalidState
    if row.fulfilment_status not in commitments.DELIVERY[FulfilmentStatus.SUBMITTED]:
        raise InvalidState


async def _review(
    session: AsyncSession, actor: Actor, submission_id: UUID, status: FulfilmentStatus, reason: str | None
) -> Submission:
    row = await find(session, actor, submission_id)
    commitment = await commitments.find(session, actor, row.commitment_id, lock=True)
    if row.id != await _latest(session, commitment.id):
        raise InvalidState
    await session.refresh(row)
    await commitments.deliver(session, actor, commitment, status, reason)
    row.status, row.reason, row.reviewed_at = status, reason, commitment.changed_at
    session.add(row)
    await session.flush()
    happened = SubmissionAccepted if status is FulfilmentStatus.ACCEPTED else SubmissionReturned
    await _record(session, actor, commitment, row, happened)
    return row


async def _latest(session: AsyncSession, commitment_id: UUID) -> UUID | None:
    query = (
        select(Submission.id)
        .where(Submission.commitment_id == commitment_id)
        .order_by(col(Submission.submitted_at).desc(), col(Submission.id).desc())
    )
    return (await session.exec(query.limit(1))).first()


async def _record(
    session: AsyncSession,
    actor: Actor,
    commitment: Commitment,
    row: Submission,
    happened: type[SubmissionReceived | SubmissionAccepted | SubmissionReturned],
) -> None:
    event = happened(
        organizer_id=commitment.organizer_id,
        workshop_id=commitment.workshop_id,
        commitment_id=commitment.id,
        submission_id=row.id,
    )
    await outbox.record(session, event, actor.label)
