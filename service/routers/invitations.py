"""Invitations: the committee's list, and what an organisation does with its secret link."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlmodel import col, select

from service.auth import Actor, Permission
from service.domain import invitations, inviting, inviting_withdrawal, workshops
from service.models.invitations import Invitation
from service.models.invitations_shapes import (
    Delegates,
    InvitationBatch,
    InvitationBatchRead,
    InvitationCreate,
    InvitationPatch,
    InvitationRead,
    InvitationView,
)
from service.models.registrations_shapes import Reason
from service.routers.access import (
    Page,
    PageQuery,
    Session,
    allow,
    check_version,
    cursor,
    keyset_id,
    page_of,
    respond,
)
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["invitations"])
Anybody = Annotated[Actor, allow(Permission.PUBLIC)]
Reader = Annotated[Actor, allow(Permission.ORGANISATIONS_READ)]
Inviter = Annotated[Actor, allow(Permission.INVITATIONS_WRITE)]


@router.get("/workshops/{workshop_id}/invitations", operation_id="list_invitations")
async def list_invitations(
    workshop_id: UUID,
    paging: PageQuery,
    session: Session,
    actor: Reader,
) -> Page[InvitationRead]:
    """Which organisations are invited, with quotas and how many delegates are named."""
    workshop = await workshops.find(session, actor, workshop_id)
    query = select(Invitation).where(Invitation.workshop_id == workshop.id)
    after = paging.after(1)
    if after:
        query = query.where(col(Invitation.id) > keyset_id(after[0]))
    rows = (await session.exec(query.order_by(col(Invitation.id)).limit(paging.limit + 1))).all()
    shown, more = page_of(rows, paging.limit)
    items = await inviting.read_many(session, actor, shown)
    return Page(items=items, next=cursor(shown[-1].id) if more else None)


@router.post("/workshops/{workshop_id}/invitations", operation_id="invite", status_code=201)
async def invite(workshop_id: UUID, data: InvitationCreate, session: Session, actor: Inviter) -> InvitationRead:
    """Invites an organisation; its contacts get the secret link by mail. With a deadline its quota is set aside."""
    return await _read(session, actor, await inviting.invite(session, actor, workshop_id, data))


@router.post("/workshops/{workshop_id}/invitations/batch", operation_id="invite_many", status_code=201)
async def invite_many(
    workshop_id: UUID, data: InvitationBatch, session: Session, actor: Inviter
) -> InvitationBatchRead:
    """Invites many organisations alike, in one transaction; who was invited before is left alone and listed."""
    rows, already = await inviting.invite_many(session, actor, workshop_id, data)
    return InvitationBatchRead(items=await inviting.read_many(session, actor, rows), already=already)


@router.get(
    "/workshops/{workshop_id}/invitations/{invitation_id}",
    operation_id="get_sent_invitation",
    response_model=InvitationRead,
)
async def get_sent_invitation(
    workshop_id: UUID, invitation_id: UUID, request: Request, session: Session, actor: Reader
) -> Response:
    """One invitation, as the committee sees it."""
    row = await inviting.find(session, actor, workshop_id, invitation_id)
    return respond(request, await _read(session, actor, row), row.version)


@router.patch(
    "/workshops/{workshop_id}/invitations/{invitation_id}",
    operation_id="change_invitation",
    response_model=InvitationRead,
)
async def change_invitation(
    workshop_id: UUID, invitation_id: UUID, data: InvitationPatch, request: Request, session: Session, actor: Inviter
) -> Response:
    """Changes quota, deadline or letter, needs If-Match; seats that are not held any more go to whoever waits."""
    row, capacity = await inviting.find_for_change(session, actor, workshop_id, invitation_id)
    check_version(request, row.version)
    row = await inviting.change(session, actor, row, capacity, data)
    return respond(request, await _read(session, actor, row), row.version)


@router.post("/workshops/{workshop_id}/invitations/{invitation_id}/resend", operation_id="resend_invitation")
async def resend_invitation(workshop_id: UUID, invitation_id: UUID, session: Session, actor: Inviter) -> InvitationRead:
    """Sends the secret link to the organisation's contacts once more."""
    return await _read(session, actor, await inviting.send_again(session, actor, workshop_id, invitation_id))


@router.post("/workshops/{workshop_id}/invitations/{invitation_id}/withdrawal", operation_id="withdraw_invitation")
async def withdraw_invitation(
    workshop_id: UUID, invitation_id: UUID, data: Reason, session: Session, actor: Inviter
) -> InvitationRead:
    """Takes the invitation back: its link ends at once and seats held for it go to whoever waits, in order.

    Delegates already named stay registered. The organisation's contacts are told, unless the workshop is over. It can
    be invited again, with a new link.
    """
    row = await inviting_withdrawal.withdraw(session, actor, workshop_id, invitation_id, data.reason)
    return await _read(session, actor, row)


@router.get("/invitations/{token}", operation_id="get_invitation")
async def get_invitation(token: str, session: Session, _actor: Anybody) -> InvitationView:
    """The invitation behind the organisation's secret link."""
    return await invitations.view(session, await invitations.open_link(session, token))


@router.put("/invitations/{token}/delegates", operation_id="name_delegates")
async def name_delegates(token: str, data: Delegates, session: Session, _actor: Anybody) -> InvitationView:
    """Names, replaces and withdraws the organisation's delegates, until the deadline."""
    row = await invitations.open_link(session, token)
    await invitations.name_delegates(session, row, data.items, data.all_or_none)
    return await invitations.view(session, row)


@router.post("/invitations/{token}/decline", operation_id="decline_invitation")
async def decline(token: str, data: Reason, session: Session, _actor: Anybody) -> InvitationView:
    """The organisation does not come; delegates already named are withdrawn."""
    row = await invitations.decline(session, await invitations.open_link(session, token), data.reason)
    return await invitations.view(session, row)


async def _read(session: Session, actor: Actor, row: Invitation) -> InvitationRead:
    return (await inviting.read_many(session, actor, [row]))[0]
