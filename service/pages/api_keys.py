"""API keys as the owner hands them out: what each may do, until when, when it was used last."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.domain import api_keys
from service.domain.api_keys import Maker
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.organizers import ApiKey, Organizer
from service.models.organizers_shapes import ApiKeyCreate
from service.pages import forms, once
from service.pages.forms import Typed
from service.pages.house import staff_page
from service.pages.menus import API_KEYS
from service.pages.permission_words import permission_groups
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, keyset_id, page_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Owner = Annotated[Actor, allow(Permission.API_KEYS_WRITE)]
SHOWN = 50


@router.get(API_KEYS, operation_id="page_api_keys")
async def show_keys(
    session: Session,
    actor: Owner,
    after: Annotated[str, Query(max_length=64)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The keys, revoked ones too, and the form for a new one."""
    return await _page(session, actor, after=after, done=done)


@router.post(API_KEYS, operation_id="page_issue_api_key")
async def issue(request: Request, session: Session, actor: Owner) -> Response:
    """Makes a key and shows its token, in this answer alone."""
    typed = await forms.typed(request)
    try:
        row, token = await api_keys.issue(session, actor, await _read(session, actor, typed))
    except InvalidInput as refused:
        return await _page(session, actor, typed=typed, errors=forms.errors_of(refused))
    await once.claim(session, actor, typed, f"{API_KEYS}?done={once.SENT}")
    return await _page(session, actor, made=(row, token))


@router.post(API_KEYS + "/{api_key_id}/revoke", operation_id="page_revoke_api_key")
async def revoke(api_key_id: UUID, session: Session, actor: Owner) -> Response:
    """Revokes a key; the next request with it is refused."""
    await api_keys.revoke(session, actor, api_key_id)
    return RedirectResponse(f"{API_KEYS}?done=revoked", status_code=303)


async def _read(session: AsyncSession, actor: Actor, typed: Typed) -> ApiKeyCreate:
    """Raises InvalidInput."""
    values: dict[str, object] = {"name": typed.get("name", ""), "permissions": typed.get("permissions", "").split()}
    if "expires_at" in typed:
        house = await session.get_one(Organizer, actor.tenant)
        values["expires_at"] = _end_of(typed["expires_at"], house.timezone)
    advice = {
        "name": _("Tuliskan untuk apa kunci ini, misalnya nama situs web."),
        "permissions": _("Pilih paling sedikit satu izin."),
        "expires_at": _("Pilih tanggal."),
    }
    return forms.read(ApiKeyCreate, values, advice)


def _end_of(day: str, timezone: str) -> str:
    """The end of a local day. What is no day is left as it is, for the shape to refuse."""
    try:
        return clock.end_of_day(date.fromisoformat(day), timezone).isoformat()
    except (ValueError, OverflowError):
        return day


async def _page(
    session: AsyncSession,
    actor: Actor,
    *,
    after: str = "",
    made: tuple[ApiKey, str] | None = None,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    done: str = "",
) -> Response:
    rows, more = page_of(await api_keys.listed(session, actor, keyset_id(after) if after else None, SHOWN + 1), SHOWN)
    makers = await api_keys.makers_of(session, actor, rows)
    groups = permission_groups()
    words = {str(permission): word for _title, listed in groups for permission, word in listed}
    return await staff_page(
        session,
        actor,
        "api_keys.html",
        API_KEYS,
        status=422 if errors else 200,
        keys=[_line(row, makers.get(row.created_by) if row.created_by else None, words) for row in rows],
        more=f"{API_KEYS}?after={rows[-1].id}" if more else "",
        groups=[(title, [one for one in listed if actor.may(one[0])]) for title, listed in groups],
        ticked=(typed or {}).get("permissions", "").split(),
        made=made,
        typed=typed or {},
        errors=errors,
        done=done,
        once=once.value(),
        action=API_KEYS,
    )


def _line(row: ApiKey, maker: Maker | None, words: Mapping[str, str]) -> tuple[ApiKey, list[str], str, str]:
    """The key, what it may do now, its state, and who made it."""
    holds = [one for one in row.permissions if maker is None or one in maker.permissions]
    return row, [words.get(one, one) for one in holds], _state(row, maker), maker.name if maker else ""


def _state(row: ApiKey, maker: Maker | None) -> str:
    if row.revoked_at:
        return "revoked"
    if maker is not None and not maker.permissions:
        return "resting"
    return "expired" if row.expires_at and row.expires_at <= clock.real_now() else "valid"
