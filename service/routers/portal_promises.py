"""The portal of an organisation: taking a promise back, proving it, asking about it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from service.auth import Actor, Permission
from service.domain import commitments, commitments_remarks
from service.models.commitments_shapes import CommitmentRead, ReasonGiven, RemarkCreate, RemarkRead
from service.routers import remarks, uploads
from service.routers.access import Page, PageQuery, Session, allow, allow_first
from service.routers.commitments import shown
from service.routers.commitments_evidence import EVIDENCE, proven
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["portal"])
Agency = Annotated[Actor, allow(Permission.PORTAL_OWN)]


@router.post(
    "/portal/commitments/{commitment_id}/withdrawal",
    operation_id="withdraw_own_commitment",
    response_model=CommitmentRead,
)
async def withdraw_own_commitment(
    commitment_id: UUID, data: ReasonGiven, request: Request, session: Session, actor: Agency
) -> Response:
    """We take our promise back, and say why."""
    await commitments.withdraw(session, actor, commitment_id, data)
    return await shown(request, session, actor, commitment_id)


@router.post(
    "/portal/commitments/{commitment_id}/evidence",
    operation_id="add_own_evidence",
    status_code=201,
    response_model=CommitmentRead,
    openapi_extra=EVIDENCE,
    max_body_size=uploads.UNBOUNDED,
)
async def add_own_evidence(
    commitment_id: UUID, request: Request, actor: Annotated[Actor, allow_first(Permission.PORTAL_OWN)]
) -> Response:
    """We prove our promise: files (multipart), or a reference or address (JSON). What is there already is not added
    again: then the answer is 200.
    """
    return await proven(request, actor, commitment_id)


@router.get("/portal/commitments/{commitment_id}/remarks", operation_id="list_own_remarks")
async def list_own_remarks(commitment_id: UUID, paging: PageQuery, session: Session, actor: Agency) -> Page[RemarkRead]:
    """What was asked and said about our commitment, oldest first."""
    return await remarks.listed(session, actor, commitment_id, paging)


@router.post("/portal/commitments/{commitment_id}/remarks", operation_id="make_own_remark", status_code=201)
async def make_own_remark(commitment_id: UUID, data: RemarkCreate, session: Session, actor: Agency) -> RemarkRead:
    """We ask or remark something; the steward is told of it. Never changed, never removed."""
    return await commitments_remarks.say(session, actor, commitment_id, data)
