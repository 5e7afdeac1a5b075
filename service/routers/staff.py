"""Members of staff and API keys of the caller's organizer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from service.auth import Actor, Permission
from service.domain import api_keys, staff
from service.models.accounts_shapes import PasswordLink
from service.models.organizers_shapes import (
    ApiKeyCreate,
    ApiKeyIssued,
    ApiKeyRead,
    StaffCreate,
    StaffPatch,
    StaffRead,
)
from service.routers.access import Page, PageQuery, Session, allow, check_version, cursor, keyset_id, page_of, respond
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["staff"])
StaffWriter = Annotated[Actor, allow(Permission.STAFF_WRITE)]
KeyWriter = Annotated[Actor, allow(Permission.API_KEYS_WRITE)]


@router.get("/staff", operation_id="list_staff")
async def list_staff(session: Session, actor: StaffWriter, paging: PageQuery) -> Page[StaffRead]:
    """The organizer's members of staff, in the order in which they joined."""
    after = paging.after(1)
    found = await staff.members_of(session, actor, keyset_id(after[0]) if after else None, paging.limit + 1)
    page, more = page_of(found, paging.limit)
    return Page(items=[_read(member) for member in page], next=cursor(page[-1][1].id) if more else None)


@router.post(
    "/staff",
    operation_id="add_staff",
    status_code=201,
    response_model=StaffRead,
)
async def add_staff(data: StaffCreate, request: Request, session: Session, actor: StaffWriter) -> Response:
    """Gives a person a role, and an account when the address has none yet."""
    member = await staff.add_member(session, actor, data)
    return respond(request, _read(member), member[1].version, status=201)


@router.get("/staff/{staff_id}", operation_id="get_staff", response_model=StaffRead)
async def get_staff(staff_id: UUID, request: Request, session: Session, actor: StaffWriter) -> Response:
    """One member of staff."""
    member = await staff.find_member(session, actor, staff_id)
    return respond(request, _read(member), member[1].version)


@router.patch("/staff/{staff_id}", operation_id="change_staff", response_model=StaffRead)
async def change_staff(
    staff_id: UUID, data: StaffPatch, request: Request, session: Session, actor: StaffWriter
) -> Response:
    """Changes a member's role, workshops or whether they are kept out; the next request already obeys it.

    An API key may never more than the person who made it may now, and nothing while they are kept out.
    """
    member = await staff.find_member(session, actor, staff_id, lock=True)
    check_version(request, member[1].version)
    member = await staff.change_member(session, actor, member, data)
    return respond(request, _read(member), member[1].version)


@router.delete("/staff/{staff_id}", operation_id="remove_staff", status_code=204)
async def remove_staff(staff_id: UUID, session: Session, actor: StaffWriter) -> None:
    """Ends a membership, its sessions and the API keys that the person made."""
    await staff.remove_member(session, actor, staff_id)


@router.delete("/staff/{staff_id}/second-factor", operation_id="take_second_factor", status_code=204)
async def take_second_factor(staff_id: UUID, session: Session, actor: StaffWriter) -> None:
    """Turns off the second factor of a colleague who lost it, and signs them out everywhere; they are told by mail."""
    await staff.take_second_factor(session, actor, staff_id)


@router.post(
    "/staff/{staff_id}/password-link",
    operation_id="make_password_link",
    status_code=201,
    openapi_extra={"x-idempotency": False},
)
async def make_password_link(staff_id: UUID, session: Session, actor: StaffWriter) -> PasswordLink:
    """A link to hand to a colleague who forgot the password, where no mail server is set (else 409); shown this once.

    The former link is dead. 409 `account_elsewhere` for somebody who works for another organizer too, unless a
    super-owner asks.
    """
    link, person = await staff.password_link(session, actor, staff_id)
    assert person.reset_expires_at is not None
    return PasswordLink(link=link, expires_at=person.reset_expires_at)


@router.get("/api-keys", operation_id="list_api_keys")
async def list_api_keys(session: Session, actor: KeyWriter, paging: PageQuery) -> Page[ApiKeyRead]:
    """The organizer's API keys, revoked ones included, oldest first."""
    after = paging.after(1)
    rows = await api_keys.listed(session, actor, keyset_id(after[0]) if after else None, paging.limit + 1)
    page, more = page_of(rows, paging.limit)
    items = [ApiKeyRead.model_validate(row) for row in page]
    return Page(items=items, next=cursor(page[-1].id) if more else None)


@router.post(
    "/api-keys",
    operation_id="issue_api_key",
    status_code=201,
    openapi_extra={"x-idempotency": False},
)
async def issue_api_key(data: ApiKeyCreate, session: Session, actor: KeyWriter) -> ApiKeyIssued:
    """A new API key with a subset of the caller's permissions. Its token is shown this once.

    It may no more than its maker at any time, and ends when they leave. One that a key makes has the same maker.
    """
    row, token = await api_keys.issue(session, actor, data)
    return ApiKeyIssued(**ApiKeyRead.model_validate(row).model_dump(), token=token)


@router.delete("/api-keys/{api_key_id}", operation_id="revoke_api_key", status_code=204)
async def revoke_api_key(api_key_id: UUID, session: Session, actor: KeyWriter) -> None:
    """Revokes an API key; the next request with it is refused."""
    await api_keys.revoke(session, actor, api_key_id)


def _read(member: staff.Member) -> StaffRead:
    person, membership = member
    return StaffRead(
        id=person.id,
        email=person.email,
        name=person.name,
        role=membership.role,
        workshops=[UUID(one) for one in membership.workshops],
        disabled=membership.disabled_at is not None or person.disabled_at is not None,
        second_factor=person.totp_since is not None,
        version=membership.version,
        created_at=membership.created_at,
    )
