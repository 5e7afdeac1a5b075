"""Invitations: the committee's list, and what an organisation does with its secret link."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import col, select

from service.auth import Actor, Permission
from service.domain import invitations, workshops
from service.models.invitations import Invitation
from service.models.invitations_shapes import Delegates, InvitationCreate, InvitationRead, InvitationView
from service.models.registrations_shapes import Reason
from service.routers.access import Page, PageQuery, Session, allow, cursor, keyset_id, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["invitations"])
Anybody = Annotated[Actor, allow(Permission.PUBLIC)]


@router.get("/workshops/{workshop_id}/invitations", operation_id="list_invitations")
async def list_invitations(
    workshop_id: UUID,
    paging: PageQuery,
    session: Session,
    actor: Annotated[Actor, allow(Permission.ORGANISATIONS_READ)],
) -> Page[InvitationRead]:
    """Which organisations are invited, with quotas and how many delegates are named."""
    workshop = await workshops.find(session, actor, workshop_id)
    query = select(Invitation).where(Invitation.workshop_id == workshop.id)
    after = paging.after(1)
    if after:
        query = query.where(col(Invitation.id) > keyset_id(after[0]))
    rows = (await session.exec(query.order_by(col(Invitation.id)).limit(paging.limit + 1))).all()
    shown, more = page_of(rows, paging.limit)
    items = await invitations.read_many(session, actor, shown)
    return Page(items=items, next=cursor(shown[-1].id) if more else None)


@router.post("/workshops/{workshop_id}/invitations", operation_id="invite", status_code=201)
async def invite(
    workshop_id: UUID,
    data: InvitationCreate,
    session: Session,
    actor: Annotated[Actor, allow(Permission.INVITATIONS_WRITE)],
) -> InvitationRead:
    """Invites an organisation; its contacts get the secret link by mail."""
    row = await invitations.invite(session, actor, workshop_id, data)
    return (await invitations.read_many(session, actor, [row]))[0]


@router.get("/invitations/{token}", operation_id="get_invitation")
async def get_invitation(token: str, session: Session, _actor: Anybody) -> InvitationView:
    """The invitation behind the organisation's secret link."""
    return await invitations.view(session, await invitations.open_link(session, token))


@router.put("/invitations/{token}/delegates", operation_id="name_delegates")
async def name_delegates(token: str, data: Delegates, session: Session, _actor: Anybody) -> InvitationView:
    """Names, replaces and withdraws the organisation's delegates, until the deadline."""
    row = await invitations.open_link(session, token)
    await invitations.name_delegates(session, row, data.items)
    return await invitations.view(session, row)


@router.post("/invitations/{token}/decline", operation_id="decline_invitation")
async def decline(token: str, data: Reason, session: Session, _actor: Anybody) -> InvitationView:
    """The organisation does not come; delegates already named are withdrawn."""
    row = await invitations.decline(session, await invitations.open_link(session, token), data.reason)
    return await invitations.view(session, row)
