"""The portal of an organisation: what it owes and its answers. The token is that of its portal link."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from service.auth import Actor, Permission
from service.domain import calendars_organisations, commitments, commitments_read, materials, portal, portal_afterwards
from service.models.commitments_shapes import (
    CommitmentRead,
    ExtensionRequest,
    PledgeCreate,
    ReasonGiven,
    SubmissionRead,
)
from service.models.people_shapes import OrganisationName, PortalLinks, PortalOrganizer, PortalRead, PortalWorkshop
from service.models.portal_shapes import PortalFollowUp, PortalLeft, PortalLeftList
from service.routers import uploads
from service.routers.access import Page, Session, allow, allow_first
from service.routers.commitments import PortalQuery, listed, shown
from service.routers.route import ApiRoute
from service.routers.submissions import DELIVERY, handed_in

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["portal"])
Agency = Annotated[Actor, allow(Permission.PORTAL_OWN)]


@router.get("/portal", operation_id="get_portal")
async def get_portal(session: Session, actor: Agency) -> PortalRead:
    """Who we are, where we are invited, what we owe now."""
    organisation, house = await portal.who(session, actor)
    return PortalRead(
        organisation=OrganisationName.model_validate(organisation),
        organizer=PortalOrganizer.model_validate(house),
        workshops=[PortalWorkshop.model_validate(row) for row in await portal.invited_to(session, actor)],
        commitments=await commitments_read.debt(session, actor),
        links=PortalLinks(calendar=calendars_organisations.calendar_url(session, organisation)),
    )


@router.get("/portal/workshops", operation_id="list_left_behind")
async def list_left_behind(session: Session, actor: Agency) -> PortalLeftList:
    """Minutes, materials and follow-ups of our workshops, the newest first: what any of our people may open."""
    return PortalLeftList(
        items=[
            PortalLeft(
                workshop=one.workshop.id,
                title=one.workshop.title,
                minutes=one.minutes,
                materials=[materials.read(row) for row in one.materials],
                follow_ups=[
                    PortalFollowUp(
                        id=each.follow_up.id,
                        workshop=one.workshop.id,
                        text=each.follow_up.text,
                        due_date=each.follow_up.due_date,
                        commitment=each.commitment_id,
                    )
                    for each in one.agreed
                ],
            )
            for one in await portal_afterwards.of_workshops(session, actor)
        ]
    )


@router.get("/portal/commitments", operation_id="list_own_commitments")
async def list_own_commitments(
    query: Annotated[PortalQuery, Query()], session: Session, actor: Agency
) -> Page[CommitmentRead]:
    """Our commitments by code."""
    return await listed(session, actor, query)


@router.post(
    "/portal/commitments/{commitment_id}/pledge", operation_id="pledge_own_commitment", response_model=CommitmentRead
)
async def pledge_own_commitment(
    commitment_id: UUID, data: PledgeCreate, request: Request, session: Session, actor: Agency
) -> Response:
    """We promise to deliver. Voluntary: a promise is no legal duty."""
    await commitments.pledge(session, actor, commitment_id, data)
    return await shown(request, session, actor, commitment_id)


@router.post(
    "/portal/commitments/{commitment_id}/decline", operation_id="decline_own_commitment", response_model=CommitmentRead
)
async def decline_own_commitment(
    commitment_id: UUID, data: ReasonGiven, request: Request, session: Session, actor: Agency
) -> Response:
    """We cannot deliver, and say why."""
    await commitments.decline(session, actor, commitment_id, data)
    return await shown(request, session, actor, commitment_id)


@router.post(
    "/portal/commitments/{commitment_id}/extension", operation_id="ask_extension", response_model=CommitmentRead
)
async def ask_extension(
    commitment_id: UUID, data: ExtensionRequest, request: Request, session: Session, actor: Agency
) -> Response:
    """We ask for a later due date; the steward decides."""
    await commitments.ask_extension(session, actor, commitment_id, data)
    return await shown(request, session, actor, commitment_id)


@router.post(
    "/portal/commitments/{commitment_id}/submissions",
    operation_id="submit_own",
    status_code=201,
    openapi_extra=DELIVERY,
    max_body_size=uploads.UNBOUNDED,
)
async def submit_own(
    commitment_id: UUID, request: Request, actor: Annotated[Actor, allow_first(Permission.PORTAL_OWN)]
) -> SubmissionRead:
    """We deliver files (multipart) or an address (JSON `url`), also without a formal promise."""
    return await handed_in(request, actor, commitment_id)
