"""Submissions as the steward reviews them: the queue, and the verdict."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from service.auth import Actor, Permission
from service.domain import commitments_read, submissions_review
from service.domain.submissions_review import Filters
from service.models.columns import Code, Line
from service.models.commitments import FulfilmentStatus
from service.models.commitments_shapes import SubmissionQueued, SubmissionRead, SubmissionReturn
from service.routers.access import Page, Paging, Session, allow, cursor, keyset_id, keyset_instant, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["submissions"])
Reader = Annotated[Actor, allow(Permission.COMMITMENTS_READ)]
Reviewer = Annotated[Actor, allow(Permission.COMMITMENTS_REVIEW)]


class SubmissionQuery(Paging):
    """Filters of the list."""

    status: FulfilmentStatus | None = Field(None, description="Only in this state; `submitted` waits for review")
    organisation: Code | None = Field(None, description="Only of this organisation (code)")
    dimension: Line | None = Field(None, description="Only of this dimension (code)")
    workshop: UUID | None = Field(None, description="Only what was asked for at this workshop (id)")


@router.get("/submissions", operation_id="list_submissions")
async def list_submissions(
    query: Annotated[SubmissionQuery, Query()], session: Session, actor: Reader
) -> Page[SubmissionQueued]:
    """Deliveries, the oldest first.

    With `status=submitted`: what waits for review, of each commitment that stands the latest delivery. The parts before
    it wait with it and are judged with it; what a declined or withdrawn commitment left behind is no part of the queue.
    """
    wanted = Filters(**query.model_dump(exclude={"limit", "cursor"}))
    key = query.after(2)
    after = (keyset_instant(key[0]), keyset_id(key[1])) if key else None
    found = await submissions_review.page(session, actor, wanted, after, query.limit + 1)
    rows, more = page_of(found, query.limit)
    last = rows[-1].row if more else None
    items = [
        SubmissionQueued(
            **dict(commitments_read.delivery(one.row, one.organisation.name)),
            code=one.commitment.code,
            data_item=one.item.code,
            name=one.item.name,
            dimension=one.item.dimension,
            organisation=one.organisation.code,
            workshop=one.commitment.workshop_id,
        )
        for one in rows
    ]
    return Page(items=items, next=cursor(last.submitted_at.isoformat(), last.id) if last else None)


@router.post("/submissions/{submission_id}/acceptance", operation_id="accept_submission")
async def accept_submission(submission_id: UUID, session: Session, actor: Reviewer) -> SubmissionRead:
    """Accepts the latest submission of a commitment, with the earlier parts that wait with it."""
    row = await submissions_review.accept(session, actor, submission_id)
    return await commitments_read.submission(session, actor, row)


@router.post("/submissions/{submission_id}/return", operation_id="return_submission")
async def return_submission(
    submission_id: UUID, data: SubmissionReturn, session: Session, actor: Reviewer
) -> SubmissionRead:
    """Returns the latest submission to its sender; also as the correction of an acceptance."""
    row = await submissions_review.send_back(session, actor, submission_id, data.reason, data.remarks)
    return await commitments_read.submission(session, actor, row)
