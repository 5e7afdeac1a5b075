"""How staff come to an account, and back to one: invitations and forgotten passwords."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.domain import password_resets, staff_invitations
from service.models.accounts import StaffInvitation
from service.models.accounts_shapes import (
    Acceptance,
    InvitationOffer,
    NewPassword,
    ResetRequest,
    StaffInvitationCreate,
    StaffInvitationRead,
)
from service.routers import visiting
from service.routers.access import (
    Page,
    PageQuery,
    Session,
    allow,
    allow_first,
    cursor,
    database_of,
    keyset_id,
    page_of,
)
from service.routers.route import ApiRoute
from service.routers.sessions import set_known, visit_of

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["staff"])
StaffWriter = Annotated[Actor, allow(Permission.STAFF_WRITE)]
Anyone = Annotated[Actor, allow(Permission.PUBLIC)]
AnyoneFirst = Annotated[Actor, allow_first(Permission.PUBLIC)]
NO_REPLAY: dict[str, object] = {"x-idempotency": False}


@router.get("/staff/invitations", operation_id="list_staff_invitations")
async def list_invitations(session: Session, actor: StaffWriter, paging: PageQuery) -> Page[StaffInvitationRead]:
    """The organizer's invitations that are neither accepted nor revoked, oldest first."""
    after = paging.after(1)
    found = await staff_invitations.listed(session, actor, keyset_id(after[0]) if after else None, paging.limit + 1)
    page, more = page_of(found, paging.limit)
    return Page(items=[_read(session, actor, row) for row in page], next=cursor(page[-1].id) if more else None)


@router.post("/staff/invitations", operation_id="invite_staff", status_code=201)
async def invite(data: StaffInvitationCreate, session: Session, actor: StaffWriter) -> StaffInvitationRead:
    """Asks somebody by mail to work for the organizer; whoever opens the link within seven days chooses a password.

    Asked again for the same address, the open invitation is changed and sent again; its former link is dead. Without a
    mail server the answer carries the link.
    """
    return _read(session, actor, await staff_invitations.invite(session, actor, data))


@router.post("/staff/invitations/{staff_invitation_id}/renewal", operation_id="renew_staff_invitation")
async def renew(staff_invitation_id: UUID, session: Session, actor: StaffWriter) -> StaffInvitationRead:
    """Sends an invitation again, with a new link and seven more days."""
    return _read(session, actor, await staff_invitations.renew(session, actor, staff_invitation_id))


@router.delete("/staff/invitations/{staff_invitation_id}", operation_id="revoke_staff_invitation", status_code=204)
async def revoke(staff_invitation_id: UUID, session: Session, actor: StaffWriter) -> None:
    """Takes an invitation back; its link is dead at once."""
    await staff_invitations.revoke(session, actor, staff_invitation_id)


@router.get("/staff-invitations/{token}", operation_id="get_staff_invitation")
async def offer(token: str, session: Session, _actor: Anyone) -> InvitationOffer:
    """What the bearer of an invitation's link is offered."""
    row, house = await staff_invitations.opened(session, token)
    return InvitationOffer(
        organizer=house.name, email=row.email, name=row.name, role=row.role, expires_at=row.expires_at
    )


@router.post(
    "/staff-invitations/{token}/acceptance",
    operation_id="accept_staff_invitation",
    status_code=204,
    openapi_extra=NO_REPLAY,
)
async def accept(token: str, data: Acceptance, request: Request, _actor: AnyoneFirst) -> None:
    """Becomes a member: with a new account, or with the one that the address has. The link is good once."""
    await staff_invitations.accept(database_of(request), token, data, visit_of(request))


@router.post("/password-resets", operation_id="request_password_reset", status_code=202, openapi_extra=NO_REPLAY)
async def request_reset(data: ResetRequest, request: Request, _actor: AnyoneFirst) -> None:
    """Has a link sent that sets another password. The answer is the same whether the address has an account or not."""
    await password_resets.request(database_of(request), data.email, visiting.source(request))


@router.put("/password-resets/{token}", operation_id="reset_password", status_code=204)
async def reset(token: str, data: NewPassword, request: Request, response: Response, _actor: AnyoneFirst) -> None:
    """Sets the password and ends all sessions of the person; the second factor stays. The link is good once."""
    database = database_of(request)
    _email, known = await password_resets.use(database, token, data.password, visit_of(request).known)
    set_known(response, database.settings, known)


def _read(session: AsyncSession, actor: Actor, row: StaffInvitation) -> StaffInvitationRead:
    return StaffInvitationRead(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        workshops=[UUID(one) for one in row.workshops],
        invited_by=row.invited_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        expired=row.expires_at <= clock.real_now(),
        link=staff_invitations.link_by_hand(session, actor, row),
    )
