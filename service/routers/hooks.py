"""What room providers tell us by webhook."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from service.auth import Actor, Permission
from service.clients import rooms as port
from service.clients.rooms import Challenge, Notice, NotOurWebhook
from service.domain import rooms_notices
from service.domain.rooms_notices import Told
from service.errors import NotFound, UnreadableNotice, WrongSignature
from service.models.rooms import NoticeKind, Provider
from service.routers.access import allow_first, database_of
from service.routers.route import ApiRoute

router = APIRouter(route_class=ApiRoute, tags=["rooms"])

_BODY = {
    "x-idempotency": False,
    "requestBody": {
        "required": True,
        "description": "The provider's own JSON, signed over its bytes",
        "content": {"application/json": {"schema": {"type": "object"}, "example": {"event": "meeting.started"}}},
    },
}
_DESCRIPTION = """Takes what a provider tells of an organizer's rooms: who came, who went, when it ended.

The signature covers the raw bytes and a time that is at most minutes old; anything else is 401 and has no effect. A
repeated notice counts once. The answer comes before the work: 200 `{"kept": n}`, or what the provider asks when it
checks the address. Meetings that are not ours are ignored."""


async def _receive(provider: Provider, organizer: str, request: Request) -> Response:
    database = database_of(request)
    gate = port.provider(provider, database.settings)
    if gate is None:
        raise NotFound
    try:
        said = gate.read_webhook(request.headers, await request.body())
    except NotOurWebhook:
        raise WrongSignature from None
    except ValueError:
        raise UnreadableNotice from None
    if isinstance(said, Challenge):
        async with database.read() as session:
            await rooms_notices.check_house(session, organizer)
        return JSONResponse(said.answer)
    async with database.write() as session:
        kept = await rooms_notices.keep(session, provider, organizer, [_told(one) for one in said])
    return JSONResponse({"kept": kept})


def _told(notice: Notice) -> Told:
    return Told(
        key=notice.key,
        kind=NoticeKind(notice.kind),
        external_id=notice.external_id,
        sitting=notice.sitting,
        at=notice.at,
        connection=notice.connection,
        registrant=notice.registrant,
        display_name=notice.display_name,
    )


def _endpoint(provider: Provider) -> None:
    """One address per provider, by name: /webhooks/{id}/... is taken by webhooks that go out.

    The short form is what committees paste into a provider's settings, so it stays out of the document.
    """

    async def receive(
        organizer: Annotated[str, Path(description="Slug of the organizer", max_length=80)],
        request: Request,
        _actor: Annotated[Actor, allow_first(Permission.PUBLIC)],
    ) -> Response:
        return await _receive(provider, organizer, request)

    for prefix, in_schema in (("/api/v1", True), ("", False)):
        router.add_api_route(
            f"{prefix}/webhooks/{provider}/{{organizer}}",
            receive,
            methods=["POST"],
            operation_id=f"receive_{provider}_webhook" + ("" if in_schema else "_short"),
            include_in_schema=in_schema,
            response_class=JSONResponse,
            description=_DESCRIPTION,
            openapi_extra=_BODY,
        )


for _provider in Provider:
    if _provider is not Provider.STATIC:
        _endpoint(_provider)
