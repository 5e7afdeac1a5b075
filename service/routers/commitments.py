"""Commitments: who promised which data, by when. Every answer is as of a moment."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import commitments, commitments_read, commitments_requests
from service.domain.commitments_read import Filters
from service.models.commitments_queries import AS_OF, CommitmentFilter, PortalFilter
from service.models.commitments_shapes import (
    AsOf,
    CommitmentCreate,
    CommitmentRead,
    ExtensionDecision,
    PledgeCreate,
    ReasonGiven,
    ReassignmentCreate,
)
from service.routers.access import Page, Paging, Session, allow, cursor, keyset_id, page_of, respond
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["commitments"])
Reader = Annotated[Actor, allow(Permission.COMMITMENTS_READ)]
Writer = Annotated[Actor, allow(Permission.COMMITMENTS_WRITE)]
Reviewer = Annotated[Actor, allow(Permission.COMMITMENTS_REVIEW)]


class PortalQuery(PortalFilter, Paging):
    """A page of an organisation's own list."""


class CommitmentQuery(CommitmentFilter, PortalQuery):
    """A page of the list."""


@router.get("/commitments", operation_id="list_commitments")
async def list_commitments(
    query: Annotated[CommitmentQuery, Query()], session: Session, actor: Reader
) -> Page[CommitmentRead]:
    """Commitments by code. Statuses, debts and delays are those at `as_of`."""
    return await listed(session, actor, query)


@router.post("/commitments", operation_id="request_commitment", status_code=201, response_model=CommitmentRead)
async def request_commitment(data: CommitmentCreate, request: Request, session: Session, actor: Writer) -> Response:
    """Asks an organisation for a data item."""
    row = await commitments_requests.request(session, actor, data)
    return await shown(request, session, actor, row.id, status=201)


@router.get("/commitments/{commitment_id}", operation_id="get_commitment", response_model=CommitmentRead)
async def get_commitment(
    commitment_id: UUID,
    request: Request,
    session: Session,
    actor: Reader,
    as_of: Annotated[AsOf | None, Query(description=AS_OF)] = None,
) -> Response:
    """One commitment with its deliveries and history."""
    return await shown(request, session, actor, commitment_id, as_of=as_of)


@router.post("/commitments/{commitment_id}/pledge", operation_id="pledge_commitment", response_model=CommitmentRead)
async def pledge_commitment(
    commitment_id: UUID, data: PledgeCreate, request: Request, session: Session, actor: Writer
) -> Response:
    """Records the organisation's promise."""
    await commitments.pledge(session, actor, commitment_id, data)
    return await shown(request, session, actor, commitment_id)


@router.post("/commitments/{commitment_id}/decline", operation_id="decline_commitment", response_model=CommitmentRead)
async def decline_commitment(
    commitment_id: UUID, data: ReasonGiven, request: Request, session: Session, actor: Writer
) -> Response:
    """Records that the organisation does not promise."""
    await commitments.decline(session, actor, commitment_id, data)
    return await shown(request, session, actor, commitment_id)


@router.post(
    "/commitments/{commitment_id}/withdrawal", operation_id="withdraw_commitment", response_model=CommitmentRead
)
async def withdraw_commitment(
    commitment_id: UUID, data: ReasonGiven, request: Request, session: Session, actor: Writer
) -> Response:
    """Records that a promise was taken back."""
    await commitments.withdraw(session, actor, commitment_id, data)
    return await shown(request, session, actor, commitment_id)


@router.post(
    "/commitments/{commitment_id}/reassignment",
    operation_id="reassign_commitment",
    status_code=201,
    response_model=CommitmentRead,
)
async def reassign_commitment(
    commitment_id: UUID, data: ReassignmentCreate, request: Request, session: Session, actor: Writer
) -> Response:
    """Asks another organisation for what was declined or withdrawn; answers with the new commitment."""
    row = await commitments_requests.reassign(session, actor, commitment_id, data)
    return await shown(request, session, actor, row.id, status=201)


@router.post("/commitments/{commitment_id}/extension", operation_id="extend_commitment", response_model=CommitmentRead)
async def extend_commitment(
    commitment_id: UUID, data: ExtensionDecision, request: Request, session: Session, actor: Reviewer
) -> Response:
    """Sets a later due date, whether the organisation asked for it or not."""
    await commitments.extend(session, actor, commitment_id, data)
    return await shown(request, session, actor, commitment_id)


@router.post(
    "/commitments/{commitment_id}/extension/refusal", operation_id="refuse_extension", response_model=CommitmentRead
)
async def refuse_extension(
    commitment_id: UUID, data: ReasonGiven, request: Request, session: Session, actor: Reviewer
) -> Response:
    """Keeps the due date although the organisation asked for a later one."""
    await commitments.refuse_extension(session, actor, commitment_id, data)
    return await shown(request, session, actor, commitment_id)


async def listed(session: AsyncSession, actor: Actor, query: PortalQuery) -> Page[CommitmentRead]:
    """A page of what the actor may see."""
    when = await commitments_read.moment(session, actor, query.as_of)
    wanted = Filters(**query.model_dump(exclude={"limit", "cursor", "as_of"}))
    key = query.after(2)
    after = (key[0], keyset_id(key[1])) if key else None
    page, more = page_of(await commitments_read.page(session, actor, when, wanted, after, query.limit + 1), query.limit)
    return Page(items=list(page), next=cursor(page[-1].code, page[-1].id) if more else None)


async def shown(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    commitment_id: UUID,
    *,
    as_of: AsOf | None = None,
    status: int = 200,
) -> Response:
    """One commitment as the answer."""
    when = await commitments_read.moment(session, actor, as_of)
    read = await commitments_read.one(session, actor, commitment_id, when)
    return respond(request, read, read.version, status=status)
