"""Who works for the organizer: members with their roles, and those who were invited."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import api_keys, staff, staff_invitations
from service.domain.accounts_errors import InvitationOpen
from service.errors import InvalidInput, InvalidState, Refusal, Stale
from service.i18n import gettext as _
from service.models.accounts import StaffInvitation
from service.models.accounts_shapes import StaffInvitationChange, StaffInvitationCreate
from service.models.organizers import Role
from service.models.organizers_shapes import StaffPatch
from service.pages import choosing, forms, once
from service.pages.forms import Option, Typed
from service.pages.house import staff_page
from service.pages.menus import HOME, STAFF
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Paging, Session, allow, allow_first, cursor, database_of, keyset_id, page_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Keeper = Annotated[Actor, allow(Permission.STAFF_WRITE)]
KeeperFirst = Annotated[Actor, allow_first(Permission.STAFF_WRITE)]
SHOWN = 50
INVITED = STAFF + "/invitations"


@router.get(STAFF, operation_id="page_staff")
async def show_staff(
    session: Session,
    actor: Keeper,
    done: Annotated[str, Query(max_length=20)] = "",
    after: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Members in the order in which they joined, and the invitations that wait."""
    return await _list(session, actor, done=done, after=after)


@router.post(INVITED, operation_id="page_invite_staff")
async def invite(request: Request, actor: KeeperFirst) -> Response:
    """Invites somebody by mail."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            data = forms.read(StaffInvitationCreate, await _chosen(session, actor, typed, "email", "name"), _advice())
            waits = await staff_invitations.waiting_for(session, actor, data.email)
            if waits is None or typed.get("again") == data.email:
                await staff_invitations.invite(session, actor, data)
                return _back("invited")
            # It would be changed and its link would die: said before it happens.
            return await _list(session, actor, typed=typed, again=waits, status=409)
    except Refusal as refused:
        async with database.read() as session:
            return await _list(session, actor, typed=typed, errors=forms.errors_of(refused), status=refused.status)


@router.get(INVITED + "/{staff_invitation_id}", operation_id="page_staff_invitation_change")
async def show_invitation(staff_invitation_id: UUID, session: Session, actor: Keeper) -> Response:
    """The form that changes an open invitation."""
    return await _invitation(session, actor, staff_invitation_id)


@router.post(INVITED + "/{staff_invitation_id}", operation_id="page_change_staff_invitation")
async def change_invitation(staff_invitation_id: UUID, request: Request, actor: KeeperFirst) -> Response:
    """Changes name, role and workshops of an open invitation; its link stays."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            data = forms.read(StaffInvitationChange, await _chosen(session, actor, typed, "name"), _advice())
            await staff_invitations.change(session, actor, staff_invitation_id, data)
            return _back("changed")
    except InvalidInput as refused:
        async with database.read() as session:
            errors = forms.errors_of(refused)
            return await _invitation(session, actor, staff_invitation_id, typed, errors, refused.status)


@router.post(INVITED + "/{staff_invitation_id}/renew", operation_id="page_renew_staff_invitation")
async def renew(staff_invitation_id: UUID, session: Session, actor: Keeper) -> Response:
    """Sends an invitation again; the former link is dead."""
    await staff_invitations.renew(session, actor, staff_invitation_id)
    return _back("invited")


@router.post(INVITED + "/{staff_invitation_id}/revoke", operation_id="page_revoke_staff_invitation")
async def revoke(staff_invitation_id: UUID, session: Session, actor: Keeper) -> Response:
    """Takes an invitation back."""
    await staff_invitations.revoke(session, actor, staff_invitation_id)
    return _back("revoked")


@router.get(STAFF + "/{staff_id}", operation_id="page_staff_member")
async def show_member(
    staff_id: UUID, session: Session, actor: Keeper, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """One member: role, workshops, second factor, and the ways out."""
    return await _one(session, actor, staff_id, done=done)


@router.post(STAFF + "/{staff_id}", operation_id="page_change_staff_member")
async def change_member(staff_id: UUID, request: Request, actor: KeeperFirst) -> Response:
    """Changes role and workshops; the next request of that person obeys it."""
    typed = await forms.typed(request)
    return await _change(request, actor, staff_id, typed, None, "changed")


@router.post(STAFF + "/{staff_id}/disable", operation_id="page_disable_staff_member")
async def disable(staff_id: UUID, request: Request, actor: KeeperFirst) -> Response:
    """Signs a member out and keeps them out, until they are let in again."""
    return await _change(request, actor, staff_id, {}, StaffPatch(disabled=True), "disabled")


@router.post(STAFF + "/{staff_id}/enable", operation_id="page_enable_staff_member")
async def enable(staff_id: UUID, request: Request, actor: KeeperFirst) -> Response:
    """Lets a member in again."""
    return await _change(request, actor, staff_id, {}, StaffPatch(disabled=False), "enabled")


@router.post(STAFF + "/{staff_id}/remove", operation_id="page_remove_staff_member")
async def remove(staff_id: UUID, request: Request, actor: KeeperFirst) -> Response:
    """Ends a membership."""
    database = database_of(request)
    try:
        async with database.write() as session:
            await staff.remove_member(session, actor, staff_id)
    except Refusal as refused:
        return await _refused(request, actor, staff_id, refused)
    return _back("removed")


@router.post(STAFF + "/{staff_id}/second-factor", operation_id="page_take_second_factor")
async def take_second_factor(staff_id: UUID, request: Request, actor: KeeperFirst) -> Response:
    """Turns off the second factor of a colleague who lost it."""
    database = database_of(request)
    try:
        async with database.write() as session:
            await staff.take_second_factor(session, actor, staff_id)
    except Refusal as refused:
        return await _refused(request, actor, staff_id, refused)
    return RedirectResponse(f"{STAFF}/{staff_id}?done=factor_off", status_code=303)


@router.post(STAFF + "/{staff_id}/password-link", operation_id="page_make_password_link")
async def make_password_link(staff_id: UUID, request: Request, session: Session, actor: Keeper) -> Response:
    """A link that sets another password, shown this once, to be handed over."""
    place = f"{STAFF}/{staff_id}"
    try:
        link, _person = await staff.password_link(session, actor, staff_id)
    except InvalidState as refused:
        return await _one(session, actor, staff_id, errors=forms.errors_of(refused), status=refused.status)
    await once.claim(session, actor, await forms.typed(request), f"{place}?done={once.SENT}")
    return await _one(session, actor, staff_id, link=link)


async def _change(
    request: Request, actor: Actor, staff_id: UUID, typed: Typed, patch: StaffPatch | None, done: str
) -> Response:
    """Without a `patch` it is read from the form, which says which version it shows; a button acts on any."""
    try:
        async with database_of(request).write() as session:
            patch = patch or await _patch(session, actor, typed)
            member = await staff.find_member(session, actor, staff_id, lock=True)
            if typed and typed.get("version") != str(member[1].version):
                raise Stale
            await staff.change_member(session, actor, member, patch)
    except Refusal as refused:
        return await _refused(request, actor, staff_id, refused, typed)
    # Who gave up being an owner may not see this page any more.
    place = HOME if staff_id == actor.id else f"{STAFF}/{staff_id}?done={done}"
    return RedirectResponse(place, status_code=303)


async def _refused(
    request: Request, actor: Actor, staff_id: UUID, refused: Refusal, typed: Typed | None = None
) -> Response:
    """The member's page with the reason. Raises NotFound."""
    async with database_of(request).read() as session:
        kept = {} if isinstance(refused, Stale) else typed or {}
        errors = forms.errors_of(refused)
        return await _one(session, actor, staff_id, typed=kept, errors=errors, status=refused.status)


async def _patch(session: AsyncSession, actor: Actor, typed: Typed) -> StaffPatch:
    """Raises InvalidInput."""
    if "role" not in typed:
        raise InvalidInput.at("/role", _advice()["role"])
    return forms.read(StaffPatch, await _chosen(session, actor, typed), _advice())


async def _chosen(session: AsyncSession, actor: Actor, typed: Typed, *names: str) -> dict[str, object]:
    """Role, workshops and these fields. Only a door role is limited to workshops, and needs one where there are any.

    Raises InvalidInput.
    """
    door = typed.get("role") == Role.DOOR
    ticked = typed.get("workshops", "").split() if door else []
    if door and not ticked and (await choosing.choose(session, actor, None))[0]:
        raise InvalidInput.at("/workshops", _advice()["workshops"])
    return {name: typed[name] for name in (*names, "role") if name in typed} | {"workshops": ticked}


def _advice() -> dict[str, str]:
    return {
        "email": _("Isi dengan alamat surel, misalnya nama@contoh.go.id."),
        "name": _("Tuliskan nama atau jabatan petugas."),
        "role": _("Pilih peran petugas."),
        "workshops": _("Pilih kegiatan yang dijaga petugas pintu ini."),
    }


def roles() -> list[Option]:
    """What can be chosen, each with what it may do."""
    return [
        Option(Role.ORGANIZER, _("Panitia"), _("Menyiapkan dan menjalankan kegiatan, peserta, pesan, dan data.")),
        Option(Role.DOOR, _("Petugas pintu"), _("Mencatat kehadiran pada kegiatan yang dipilih, tidak lebih.")),
        Option(Role.STEWARD, _("Walidata"), _("Memeriksa data yang diserahkan instansi.")),
        Option(Role.VIEWER, _("Pembaca"), _("Melihat, tanpa kontak pribadi dan tanpa mengubah apa pun.")),
        Option(Role.OWNER, _("Pemilik"), _("Semua hak panitia, ditambah pengaturan, petugas, dan kunci API.")),
    ]


async def _list(
    session: AsyncSession,
    actor: Actor,
    *,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
    after: str | None = None,
    again: StaffInvitation | None = None,
) -> Response:
    key = Paging(cursor=after).after(1)
    found = await staff.members_of(session, actor, keyset_id(key[0]) if key else None, SHOWN + 1)
    members, more = page_of(found, SHOWN)
    waiting = await staff_invitations.listed(session, actor, None, SHOWN)
    # Without a mail server nobody receives the link: whoever invites hands it over.
    by_hand = settings_of(session).smtp_host is None
    choices, _chosen = await choosing.choose(session, actor, None)
    return await staff_page(
        session,
        actor,
        "staff.html",
        STAFF,
        status=status,
        place=STAFF,
        members=members,
        more=f"{STAFF}?after={cursor(members[-1][1].id)}" if more else "",
        own_id=actor.id,
        invited=[(row, staff_invitations.link_by_hand(session, actor, row) or "") for row in waiting],
        by_hand=by_hand,
        now=clock.real_now(),
        roles=roles(),
        choices=choices,
        typed=typed or {},
        ticked=(typed or {}).get("workshops", "").split(),
        again=again,
        errors=errors,
        done=done,
    )


async def _invitation(
    session: AsyncSession,
    actor: Actor,
    staff_invitation_id: UUID,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    row = await staff_invitations.find(session, actor, staff_invitation_id)
    if row.accepted_at or row.revoked_at:
        raise InvitationOpen
    choices, _nearest = await choosing.choose(session, actor, None)
    said = typed or {"name": row.name, "role": row.role.value, "workshops": " ".join(row.workshops)}
    return await staff_page(
        session,
        actor,
        "staff_invitation.html",
        STAFF,
        status=status,
        action=f"{INVITED}/{row.id}",
        back=STAFF,
        row=row,
        roles=roles(),
        choices=choices,
        typed=said,
        ticked=said.get("workshops", "").split(),
        errors=errors,
    )


async def _one(
    session: AsyncSession,
    actor: Actor,
    staff_id: UUID,
    *,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
    link: str = "",
) -> Response:
    """`link`: the address that was just made."""
    person, membership = await staff.find_member(session, actor, staff_id)
    choices, _chosen = await choosing.choose(session, actor, None)
    return await staff_page(
        session,
        actor,
        "staff_member.html",
        STAFF,
        status=status,
        place=f"{STAFF}/{person.id}",
        back=STAFF,
        person=person,
        membership=membership,
        own=person.id == actor.id,
        by_hand=settings_of(session).smtp_host is None,
        link=link,
        once=once.value(),
        keys=[row.name for row in await api_keys.working(session, actor.tenant, person.id)],
        roles=roles(),
        chosen_role=(typed or {}).get("role", membership.role.value),
        choices=choices,
        ticked=typed.get("workshops", "").split() if typed else membership.workshops,
        errors=errors,
        done=done,
    )


def _back(done: str) -> Response:
    return RedirectResponse(f"{STAFF}?done={done}", status_code=303)
