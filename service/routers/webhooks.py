"""Webhooks of the caller's organizer: who is told of events, and how that went."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.clients import webhooks as client
from service.db import settings_of
from service.domain import deliveries, webhooks
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.outbox_shapes import DeliveryRead
from service.models.webhooks import Webhook
from service.models.webhooks_shapes import WebhookCreate, WebhookPatch, WebhookRead, WebhookSecret
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
from service.routers.deliveries import DeliveryQuery, delivery_read
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["webhooks"])
Owner = Annotated[Actor, allow(Permission.WEBHOOKS_WRITE)]
_COPIED = set(WebhookRead.model_fields) - {"disabled_reason"}


@router.get("/webhooks", operation_id="list_webhooks")
async def list_webhooks(paging: PageQuery, session: Session, actor: Owner) -> Page[WebhookRead]:
    """The organizer's webhooks, in the order in which they were added."""
    key = paging.after(1)
    found = await webhooks.page(session, actor, keyset_id(key[0]) if key else None, paging.limit + 1)
    page, more = page_of(found, paging.limit)
    return Page(items=[_read(row) for row in page], next=cursor(page[-1].id) if more else None)


@router.post("/webhooks", operation_id="add_webhook", status_code=201, openapi_extra={"x-idempotency": False})
async def add_webhook(data: WebhookCreate, session: Session, actor: Owner) -> WebhookSecret:
    """Adds a webhook; it is told of what happens from now on. Its secret is shown this once.

    Each event is a POST of CloudEvents 1.0 in JSON with the headers of Standard Webhooks. A 2xx answer within 15
    seconds takes it; everything else, redirects too, is tried again over three days. `webhook-id` is the event's id and
    stays the same, so a repeated event can be told. 410 disables the webhook, and so does failing for days.
    """
    check_url(session, data.url)
    return _with_secret(session, await webhooks.create(session, actor, data))


# `:uuid` because the webhooks that come in stand beside ours: /webhooks/whatsapp, /webhooks/zoom/{organizer}.
@router.get("/webhooks/{webhook_id:uuid}", operation_id="read_webhook", response_model=WebhookRead)
async def read_webhook(webhook_id: UUID, request: Request, session: Session, actor: Owner) -> Response:
    """One webhook."""
    row = await webhooks.find(session, actor, webhook_id)
    return respond(request, _read(row), row.version)


@router.patch("/webhooks/{webhook_id}", operation_id="change_webhook", response_model=WebhookRead)
async def change_webhook(
    webhook_id: UUID, data: WebhookPatch, request: Request, session: Session, actor: Owner
) -> Response:
    """Changes a webhook. One that is active again is told of what happens from then on.

    What it missed stands in the change feed.
    """
    row = await webhooks.find(session, actor, webhook_id, lock=True)
    check_version(request, row.version)
    if "url" in data.model_fields_set:
        check_url(session, data.url)
    row = await webhooks.change(session, actor, row, data)
    return respond(request, _read(row), row.version)


@router.delete("/webhooks/{webhook_id}", operation_id="remove_webhook", status_code=204)
async def remove_webhook(webhook_id: UUID, session: Session, actor: Owner) -> None:
    """Removes a webhook and its deliveries, also those still to come."""
    await webhooks.remove(session, actor, webhook_id)


@router.post(
    "/webhooks/{webhook_id:uuid}/rotation", operation_id="rotate_webhook", openapi_extra={"x-idempotency": False}
)
async def rotate_webhook(webhook_id: UUID, session: Session, actor: Owner) -> WebhookSecret:
    """A new secret, shown this once. For 24 hours the former one signs too."""
    return _with_secret(session, await webhooks.rotate(session, actor, webhook_id))


@router.post("/webhooks/{webhook_id:uuid}/test", operation_id="test_webhook", status_code=202)
async def try_webhook(webhook_id: UUID, session: Session, actor: Owner) -> WebhookRead:
    """Sends `webhook.tested` to this webhook alone, once, also when it is disabled; its deliveries tell how it went."""
    return _read(await webhooks.test(session, actor, webhook_id))


@router.get("/webhooks/{webhook_id}/deliveries", operation_id="list_webhook_deliveries")
async def list_webhook_deliveries(
    webhook_id: UUID, query: Annotated[DeliveryQuery, Query()], session: Session, actor: Owner
) -> Page[DeliveryRead]:
    """What was sent and what was answered, the newest first, for 30 days."""
    row = await webhooks.find(session, actor, webhook_id)
    rows = await deliveries.listed(
        session, actor, status=query.status, before=query.before(), limit=query.limit + 1, target=str(row.id)
    )
    page, more = page_of(rows, query.limit)
    return Page(items=[delivery_read(*one) for one in page], next=cursor(page[-1][0].id) if more else None)


def check_url(session: AsyncSession, url: str) -> None:
    """Raises InvalidInput for an address that no event may go to."""
    try:
        client.accepted(url, settings_of(session).webhook_networks)
    except client.Unusable:
        raise InvalidInput.at(
            "/url",
            _("Gunakan alamat https di luar jaringan dalam, tanpa nama pengguna, kata sandi, atau fragmen (#)."),
        ) from None


def _read(row: Webhook) -> WebhookRead:
    return WebhookRead(**row.model_dump(include=_COPIED), disabled_reason=webhooks.spoken_reason(row))


def _with_secret(session: AsyncSession, row: Webhook) -> WebhookSecret:
    secret = webhooks.secret(settings_of(session).keyring, row)
    return WebhookSecret(**_read(row).model_dump(), secret=secret)
