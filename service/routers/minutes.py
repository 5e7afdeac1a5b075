"""Minutes of a workshop (notula), and what is to be followed up."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.documents import minutes as printed
from service.domain import follow_ups, minutes, minutes_paper, workshops
from service.models.minutes import Minutes
from service.models.minutes_shapes import FollowUpList, FollowUpRequests, FollowUpsRead, MinutesInput, MinutesRead
from service.routers import printing
from service.routers.access import Allow, Session, allow, check_version, database_of, identify, respond
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["minutes"])
Anybody = Annotated[Actor, allow(Permission.PUBLIC)]
Writer = Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)]
Reader = Annotated[Actor, allow(Permission.COMMITMENTS_READ)]


class AllowAnybody(Allow):
    """Who calls, if anybody says so, from a short read of its own: no connection is held while a paper is set."""

    async def __call__(self, request: Request) -> Actor:
        async with database_of(request).read() as session:
            return await identify(request, session)


@router.get("/workshops/{workshop_id}/minutes", operation_id="read_minutes", response_model=MinutesRead)
async def read_minutes(workshop_id: UUID, request: Request, session: Session, actor: Anybody) -> Response:
    """The minutes, for those they are meant for: the committee, who was there, who registered, or everybody.

    The committee reads empty ones of version 0 before anything is written; for everybody else that is 404.
    """
    _workshop, row = await minutes.shown(session, actor, workshop_id)
    return await _shown(request, session, row)


@router.put("/workshops/{workshop_id}/minutes", operation_id="write_minutes", response_model=MinutesRead)
async def write_minutes(
    workshop_id: UUID, data: MinutesInput, request: Request, session: Session, actor: Writer
) -> Response:
    """Writes the minutes as a whole. Needs If-Match; before anything is written that is `"0"`."""
    row = await minutes.held(session, actor, workshop_id)
    check_version(request, row.version)
    return await _shown(request, session, await minutes.write(session, actor, row, data))


@router.get(
    "/workshops/{workshop_id}/minutes.pdf",
    operation_id="print_minutes",
    response_class=Response,
    responses=printing.FILE,
)
async def print_minutes(
    workshop_id: UUID,
    request: Request,
    actor: Annotated[Actor, Depends(AllowAnybody(Permission.PUBLIC), scope="function")],
) -> Response:
    """The minutes on paper with the letterhead, what was agreed, and room for signatures; for who may read them."""
    async with database_of(request).read() as session:
        paper = await minutes_paper.of(session, *await minutes.shown(session, actor, workshop_id))
    return await printing.answer(paper.name, printed.pages, paper, printing.store_of(request))


@router.get("/workshops/{workshop_id}/follow-ups", operation_id="list_follow_ups", response_model=FollowUpsRead)
async def list_follow_ups(workshop_id: UUID, request: Request, session: Session, actor: Reader) -> Response:
    """What is to be followed up, and what became of what was requested."""
    row = await minutes.of(session, await workshops.find(session, actor, workshop_id))
    return await _listed(request, session, row)


@router.put("/workshops/{workshop_id}/follow-ups", operation_id="replace_follow_ups", response_model=FollowUpsRead)
async def replace_follow_ups(
    workshop_id: UUID, data: FollowUpList, request: Request, session: Session, actor: Writer
) -> Response:
    """Puts this list in place of the former one. Needs If-Match with the version of the minutes.

    What was turned into a request stays as it is, and has to be among them.
    """
    row = await minutes.held(session, actor, workshop_id)
    check_version(request, row.version)
    return await _listed(request, session, await follow_ups.replace(session, actor, row, data.items))


@router.post(
    "/workshops/{workshop_id}/follow-ups/requests",
    operation_id="request_follow_ups",
    status_code=201,
    response_model=FollowUpsRead,
)
async def request_follow_ups(
    workshop_id: UUID,
    data: FollowUpRequests,
    request: Request,
    session: Session,
    actor: Annotated[Actor, allow(Permission.COMMITMENTS_WRITE)],
) -> Response:
    """Turns each into a data item of the kind `follow_up`, requested of its organisation, which is told at once."""
    row = await minutes.held(session, actor, workshop_id)
    await follow_ups.request(session, actor, row, data)
    return await _listed(request, session, row, status=201)


async def _shown(request: Request, session: AsyncSession, row: Minutes) -> Response:
    read = MinutesRead(
        workshop=row.workshop_id,
        text=row.text,
        chaired_by=row.chaired_by,
        written_by=row.written_by,
        audience=row.audience,
        follow_ups=await follow_ups.agreed(session, row.workshop_id),
        version=row.version,
        updated_at=row.updated_at,
    )
    return respond(request, read, row.version)


async def _listed(request: Request, session: AsyncSession, row: Minutes, *, status: int = 200) -> Response:
    items = await follow_ups.reads(session, row.workshop_id)
    return respond(request, FollowUpsRead(items=items, version=row.version), row.version, status=status)
