"""WhatsApp's webhook: what became of messages. Signed over the bytes as they arrived (X-Hub-Signature-256)."""

import contextlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from service.auth import Actor, Permission
from service.domain import dispatch
from service.domain.dispatch import Receipt
from service.errors import NotFound, Unauthenticated, UnreadableNotice
from service.routers.access import allow_first, database_of
from service.routers.route import ApiRoute, parse_json

router = APIRouter(route_class=ApiRoute, tags=["webhooks"])
PATHS = ("/api/v1/webhooks/whatsapp", "/webhooks/whatsapp")
MOST_STATUSES = 1000
_KNOWN = frozenset({"sent", "delivered", "read", "failed"})
_TEXT: dict[int | str, dict[str, object]] = {
    200: {"description": "The challenge, echoed", "content": {"text/plain": {"schema": {"type": "string"}}}}
}
_JSON = {"application/json": {"schema": {"type": "object", "description": "A notification as Meta sends it"}}}
Caller = Annotated[Actor, allow_first(Permission.PUBLIC)]


async def answer_challenge(
    request: Request,
    _caller: Caller,
    mode: Annotated[str, Query(alias="hub.mode", max_length=100, description="`subscribe`")] = "",
    token: Annotated[str, Query(alias="hub.verify_token", max_length=500, description="Our word")] = "",
    challenge: Annotated[str, Query(alias="hub.challenge", max_length=500, description="To be echoed")] = "",
) -> Response:
    """Shows Meta that this address is ours, when it asks with the word that was set for it."""
    ours = database_of(request).settings.whatsapp_verify_token
    if ours is None:
        raise NotFound
    known = hmac.compare_digest(token.encode("utf-8", "replace"), ours.get_secret_value().encode())
    if mode != "subscribe" or not known:
        raise Unauthenticated
    return Response(challenge, media_type="text/plain", headers={"X-Content-Type-Options": "nosniff"})


async def receive_statuses(request: Request, _caller: Caller) -> Response:
    """Takes WhatsApp's reports: sent, delivered, read, failed; in any order, any number of times."""
    secret = database_of(request).settings.whatsapp_app_secret
    if secret is None:
        raise NotFound
    raw = await request.body()
    expected = "sha256=" + hmac.digest(secret.get_secret_value().encode(), raw, "sha256").hex()
    signature = request.headers.get("x-hub-signature-256", "")
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode()):
        raise Unauthenticated
    try:
        receipts = list(_receipts(parse_json(raw)))
    except ValueError:
        raise UnreadableNotice from None
    if receipts:
        async with database_of(request).write() as session:
            await dispatch.receive(session, receipts[:MOST_STATUSES])
    return Response(status_code=200)


for _path in PATHS:
    _shown = _path == PATHS[0]
    router.add_api_route(
        _path,
        answer_challenge,
        operation_id="verify_whatsapp_webhook" if _shown else "verify_whatsapp_webhook_short",
        responses=_TEXT,
        response_class=Response,
        include_in_schema=_shown,
    )
    router.add_api_route(
        _path,
        receive_statuses,
        methods=["POST"],
        operation_id="receive_whatsapp_statuses" if _shown else "receive_whatsapp_statuses_short",
        response_class=Response,
        include_in_schema=_shown,
        openapi_extra={"x-idempotency": False, "requestBody": {"required": True, "content": _JSON}},
    )


def _receipts(body: object) -> Iterator[Receipt]:
    """The reports in a notification; whatever else Meta sends (messages, templates) is passed over."""
    for entry in _listed(body, "entry"):
        for change in _listed(entry, "changes"):
            value = change.get("value") if isinstance(change, Mapping) else None
            for status in _listed(value, "statuses"):
                match status:
                    case {"id": str(external_id), "status": str(word)} if word in _KNOWN and len(external_id) <= 500:
                        yield Receipt(external_id, _our_id(status), word, _error(status))


def _listed(value: object, name: str) -> list[object]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, list) else []


def _our_id(status: object) -> UUID | None:
    match status:
        case {"biz_opaque_callback_data": str(reference)}:
            with contextlib.suppress(ValueError):
                return UUID(reference)
    return None


def _error(status: object) -> str | None:
    match status:
        case {"errors": [{"code": int(code)}, *_]}:
            return str(code)
    return None
