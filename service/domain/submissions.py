"""Submissions: handing in what was promised, or only asked for. The steward's verdict: submissions_review."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import outbox
from service.auth import Actor, ActorKind
from service.domain import commitments
from service.domain.submissions_errors import DeliveryWaits
from service.errors import InvalidInput, InvalidState, NotFound
from service.events import SubmissionAccepted, SubmissionReceived, SubmissionReturned
from service.i18n import gettext as _
from service.models.commitments import Axis, Commitment, FulfilmentStatus, Submission
from service.models.commitments_shapes import Metadata, SubmissionFields

REQUIRED_METADATA = ("concept", "definition", "classification", "measure", "unit")
"""What Satu Data (Perpres 39/2019) calls the standard of a data set."""


@dataclass(frozen=True)
class DeliveredFile:
    """A file that stands in the store already: `path` is its key there, `size` in bytes, `profile` a FileProfile."""

    name: str
    size: int
    sha256: str
    media_type: str
    path: str
    profile: dict[str, object] | None = None


async def find(session: AsyncSession, actor: Actor, submission_id: UUID) -> Submission:
    """A submission of the actor's house, for an organisation only its own. Raises NotFound."""
    row = await session.get(Submission, submission_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    await commitments.find(session, actor, row.commitment_id)
    return row


async def check_open(session: AsyncSession, actor: Actor, commitment_id: UUID) -> None:
    """Whether something could be handed in now, asked before a long upload. Raises NotFound, InvalidState.

    What waits for review may be a part, or the same whose answer was lost: only the files will tell.
    """
    row = await commitments.find(session, actor, commitment_id)
    if row.fulfilment_status is FulfilmentStatus.SUBMITTED and row.commitment_status in commitments.STANDING:
        return
    _check_open(row)


async def submit(
    session: AsyncSession,
    actor: Actor,
    commitment_id: UUID,
    data: SubmissionFields,
    *,
    url: str | None = None,
    files: Sequence[DeliveredFile] = (),
) -> Submission:
    """Hands in files or an address, also a further part while one that is not `complete` waits for review.

    The same again while it waits answers with what is there: a sender whose line was cut cannot know that it arrived.
    Raises NotFound, InvalidState, DeliveryWaits while another one does, InvalidInput for an empty delivery.
    """
    if url is None and not files:
        raise InvalidInput.at("/files", _("Sertakan setidaknya satu berkas atau url."))
    # Whoever sends the same at the same time waits for this lock, and then finds what the first one wrote.
    commitment = await commitments.find(session, actor, commitment_id, lock=True)
    waiting = await _waiting(session, commitment)
    if waiting and (same := _same(waiting, actor, data, url, files)):
        return same
    if waiting and not waiting[-1].complete and commitment.commitment_status in commitments.STANDING:
        state = commitment.fulfilment_status
        await commitments.note(session, actor, commitment, Axis.FULFILMENT, state, state, None)
    else:
        _check_open(commitment)
        await commitments.deliver(session, actor, commitment, FulfilmentStatus.SUBMITTED, None)
    row = Submission(
        organizer_id=commitment.organizer_id,
        commitment_id=commitment.id,
        url=url,
        files=[asdict(file) for file in files],
        note=data.note or None,
        complete=data.complete,
        details=_details(data),
        metadata_complete=is_complete(data.metadata),
        submitted_by=actor.label,
        submitted_at=commitment.changed_at,
    )
    session.add(row)
    await session.flush()
    await record(session, actor, commitment, row, SubmissionReceived)
    return row


def is_complete(metadata: Metadata) -> bool:
    """Whether the required parts are there."""
    return all(getattr(metadata, name) for name in REQUIRED_METADATA)


def _check_open(row: Commitment) -> None:
    if row.commitment_status not in commitments.STANDING:
        raise InvalidState
    if row.fulfilment_status is FulfilmentStatus.SUBMITTED:
        raise DeliveryWaits
    if row.fulfilment_status not in commitments.DELIVERY[FulfilmentStatus.SUBMITTED]:
        raise InvalidState


async def _waiting(session: AsyncSession, commitment: Commitment) -> Sequence[Submission]:
    """What waits for review of a locked commitment, the latest last."""
    if commitment.fulfilment_status is not FulfilmentStatus.SUBMITTED:
        return []
    query = select(Submission).where(
        Submission.commitment_id == commitment.id, col(Submission.status) == FulfilmentStatus.SUBMITTED
    )
    return (await session.exec(query.order_by(col(Submission.submitted_at), col(Submission.id)))).all()


def _same(
    waiting: Sequence[Submission], actor: Actor, data: SubmissionFields, url: str | None, files: Sequence[DeliveredFile]
) -> Submission | None:
    """What was handed in by the same side before, equal in all that its sender decides."""
    ours = actor.kind is ActorKind.ORGANISATION
    content = (url, sorted(file.sha256 for file in files), data.note or None, data.complete, _details(data))
    for row in waiting:
        theirs = row.submitted_by.partition(":")[0] == ActorKind.ORGANISATION
        hashes = sorted(str(file["sha256"]) for file in row.files)
        if ours == theirs and content == (row.url, hashes, row.note, row.complete, row.details):
            return row
    return None


def _details(data: SubmissionFields) -> dict[str, str | None]:
    details: dict[str, str | None] = data.metadata.model_dump(exclude_none=True)
    return details


async def latest(session: AsyncSession, commitment_id: UUID) -> UUID | None:
    """The id of a commitment's latest submission, if there is one."""
    query = (
        select(Submission.id)
        .where(Submission.commitment_id == commitment_id)
        .order_by(col(Submission.submitted_at).desc(), col(Submission.id).desc())
    )
    return (await session.exec(query.limit(1))).first()


async def record(
    session: AsyncSession,
    actor: Actor,
    commitment: Commitment,
    row: Submission,
    happened: type[SubmissionReceived | SubmissionAccepted | SubmissionReturned],
) -> None:
    """Writes down the event about a submission."""
    event = happened(
        organizer_id=commitment.organizer_id,
        workshop_id=commitment.workshop_id,
        commitment_id=commitment.id,
        submission_id=row.id,
    )
    await outbox.record(session, event, actor.label)
