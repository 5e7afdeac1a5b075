"""Webhooks as the owner sets them up: where events go, how that went, and another try."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import deliveries, webhooks
from service.errors import Refusal, Stale
from service.i18n import gettext as _
from service.models.outbox import DeliveryStatus
from service.models.webhooks import Webhook, WebhookStatus
from service.models.webhooks_shapes import WebhookCreate, WebhookPatch
from service.pages import forms, once
from service.pages.event_words import event_word, nouns
from service.pages.forms import BadForm, Typed
from service.pages.house import staff_page
from service.pages.menus import WEBHOOKS
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, keyset_id, page_of
from service.routers.webhooks import check_url

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Owner = Annotated[Actor, allow(Permission.WEBHOOKS_WRITE)]
SHOWN = 30
_REPLAYABLE = {DeliveryStatus.PARKED, DeliveryStatus.DONE}


@router.get(WEBHOOKS, operation_id="page_webhooks")
async def show_webhooks(session: Session, actor: Owner, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """All webhooks, and the form for a new one."""
    return await _list(session, actor, done=done)


@router.post(WEBHOOKS, operation_id="page_add_webhook")
async def add(request: Request, session: Session, actor: Owner) -> Response:
    """Adds a webhook; its secret is shown in this answer alone."""
    typed = await forms.typed(request)
    try:
        data = forms.read(WebhookCreate, _values(typed), _advice())
        check_url(session, data.url)
        row = await webhooks.create(session, actor, data)
    except Refusal as refused:
        return await _list(session, actor, typed=typed, errors=forms.errors_of(refused), status=refused.status)
    await once.claim(session, actor, typed, f"{WEBHOOKS}?done={once.SENT}")
    return await _one(session, actor, row, secret=True, done="added")


@router.get(WEBHOOKS + "/{webhook_id}", operation_id="page_webhook")
async def show_webhook(
    webhook_id: UUID,
    session: Session,
    actor: Owner,
    after: Annotated[str, Query(max_length=64)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One webhook with what was sent to it."""
    return await _one(session, actor, await webhooks.find(session, actor, webhook_id), after=after, done=done)


@router.post(WEBHOOKS + "/{webhook_id}", operation_id="page_change_webhook")
async def change(webhook_id: UUID, request: Request, session: Session, actor: Owner) -> Response:
    """What the button `do` says: save, pause, resume, rotate, test, remove or replay."""
    typed = await forms.typed(request)
    row = await webhooks.find(session, actor, webhook_id, lock=True)
    match typed.get("do"):
        case "save":
            return await _saved(session, actor, row, typed)
        case "pause" | "resume" as do:
            status = WebhookStatus.ACTIVE if do == "resume" else WebhookStatus.DISABLED
            await webhooks.change(session, actor, row, WebhookPatch(status=status))
            return _back(row, do)
        case "rotate":
            return await _rotated(session, actor, row, typed)
        case "test":
            await webhooks.test(session, actor, row.id)
            return _back(row, "test")
        case "replay":
            await deliveries.replay(session, actor, _id(typed))
            return _back(row, "replay")
        case "remove":
            await webhooks.remove(session, actor, row.id)
            return RedirectResponse(f"{WEBHOOKS}?done=removed", status_code=303)
    raise BadForm


async def _rotated(session: AsyncSession, actor: Actor, row: Webhook, typed: Typed) -> Response:
    if typed.get("version") != str(row.version):
        # The answer was loaded again: another secret would end the overlap with the one that the receiver knows.
        return _back(row, once.SENT)
    return await _one(session, actor, await webhooks.rotate(session, actor, row.id), secret=True, done="rotate")


async def _saved(session: AsyncSession, actor: Actor, row: Webhook, typed: Typed) -> Response:
    try:
        if typed.get("version") != str(row.version):
            raise Stale
        data = forms.read(WebhookPatch, _values(typed), _advice())
        check_url(session, data.url)
    except Refusal as refused:
        # What somebody else has changed meanwhile is shown, or saving again would undo it.
        kept = {} if isinstance(refused, Stale) else typed
        errors = forms.errors_of(refused)
        return await _one(session, actor, row, typed=kept, errors=errors, status=refused.status)
    await webhooks.change(session, actor, row, data)
    return _back(row, "save")


def _id(typed: Typed) -> UUID:
    try:
        return UUID(typed.get("delivery", ""))
    except ValueError:
        raise BadForm from None


def _values(typed: Typed) -> dict[str, object]:
    types = typed.get("types", "").split()
    return {"url": typed.get("url", ""), "description": typed.get("description"), "types": types}


def _advice() -> dict[str, str]:
    return {"url": _("Tuliskan alamat https penerima."), "types": _("Pilih peristiwa dari daftar.")}


def _back(row: Webhook, done: str) -> Response:
    return RedirectResponse(f"{WEBHOOKS}/{row.id}?done={done}", status_code=303)


def _choices() -> list[tuple[str, str, str]]:
    """What a webhook can be told of, by noun: (value, label, note)."""
    return [(f"{noun}.*", word, ", ".join(event_word(one) for one in types)) for noun, word, types in nouns()]


async def _list(
    session: AsyncSession,
    actor: Actor,
    *,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    return await staff_page(
        session,
        actor,
        "webhooks.html",
        WEBHOOKS,
        status=status,
        webhooks=[(row, f"{WEBHOOKS}/{row.id}") for row in await webhooks.page(session, actor, None, webhooks.MOST)],
        choices=_choices(),
        ticked=(typed or {}).get("types", "").split(),
        typed=typed or {},
        errors=errors,
        done=done,
        once=once.value(),
        action=WEBHOOKS,
    )


async def _one(
    session: AsyncSession,
    actor: Actor,
    row: Webhook,
    *,
    after: str = "",
    secret: bool = False,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    before = keyset_id(after) if after else None
    found = await deliveries.listed(session, actor, status=None, before=before, limit=SHOWN + 1, target=str(row.id))
    rows, more = page_of(found, SHOWN)
    here = f"{WEBHOOKS}/{row.id}"
    single = [(one, event_word(one), "") for one in row.types if not one.endswith(".*")]
    return await staff_page(
        session,
        actor,
        "webhook.html",
        WEBHOOKS,
        status=status,
        webhook=row,
        reason=webhooks.spoken_reason(row),
        secret=webhooks.secret(settings_of(session).keyring, row) if secret else None,
        deliveries=[(one, event_word(kind), one.status in _REPLAYABLE) for one, kind in rows],
        more=f"{here}?after={rows[-1][0].id}" if more else "",
        choices=[*_choices(), *single],
        ticked=typed.get("types", "").split() if typed else row.types,
        typed=typed or {},
        errors=errors,
        done=done,
        action=here,
        back=WEBHOOKS,
    )
