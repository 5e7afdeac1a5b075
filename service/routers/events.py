"""The change feed: sealed events, a page at a time or as server-sent events."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import AfterValidator, BaseModel, Field

from service.auth import Actor, Permission
from service.db import Database
from service.domain import events
from service.domain.events import LARGEST
from service.errors import Refusal
from service.events import REGISTRY
from service.i18n import marked as _
from service.models.columns import Fault
from service.models.outbox_shapes import EventRead
from service.routers.access import Page, Session, allow, allow_first, database_of, identify, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["events"])
BATCH = 200


def _known(name: str) -> str:
    if name not in REGISTRY:
        raise Fault(_("Jenis peristiwa ini tidak dikenal; lihat openapi/asyncapi.json."))
    return name


EventType = Annotated[str, AfterValidator(_known)]
Sequence64 = Annotated[int, Field(ge=0, le=LARGEST)]


class EventQuery(BaseModel):
    """Which events."""

    after: Sequence64 = Field(0, description="Only events later than this sequence")
    type: list[EventType] = Field([], description="Only these types; may be repeated", examples=[["checkin.recorded"]])
    limit: int = Field(50, ge=1, le=200, description="Events per page")


class StreamQuery(BaseModel):
    """Where the stream begins, and which events it carries."""

    after: Sequence64 | None = Field(None, description="Begin after this sequence; without it, with the next event")
    type: list[EventType] = Field([], description="Only these types; may be repeated", examples=[["checkin.recorded"]])


@router.get("/events", operation_id="list_events")
async def list_events(
    query: Annotated[EventQuery, Query()], session: Session, actor: Annotated[Actor, allow(Permission.EVENTS_READ)]
) -> Page[EventRead]:
    """Sealed events, the oldest first. `next` is the `after` of the following page.

    The sequence has no gaps and never changes, so a reader that keeps its last sequence misses nothing.
    """
    rows = await events.sealed(session, actor, after=query.after, types=query.type, limit=query.limit + 1)
    page, more = page_of(rows, query.limit)
    return Page(items=[EventRead.model_validate(row) for row in page], next=str(page[-1].sequence) if more else None)


@router.get(
    "/events/stream",
    operation_id="stream_events",
    response_class=EventSourceResponse,
    openapi_extra={"x-idempotency": False},
)
async def stream_events(
    request: Request,
    query: Annotated[StreamQuery, Query()],
    actor: Annotated[Actor, allow_first(Permission.EVENTS_READ)],
    last_event_id: Annotated[Sequence64 | None, Header(description="The last sequence the reader has seen")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Sealed events as they come (server-sent events): `id` is the sequence, `event` the type, `data` the event.

    A reader that reconnects with `Last-Event-ID` misses nothing. A credential that dies ends the stream.
    """
    database = database_of(request)
    position = last_event_id if last_event_id is not None else query.after
    if position is None:
        async with database.read() as session:
            position = await events.head(session, actor.tenant)
    ticker = _ticker(request, database)
    with ticker.following(actor.tenant):
        while await ticker.beyond(actor.tenant, position):
            found, position = await _read_on(request, database, position)
            for event in found:
                if not query.type or event.type in query.type:
                    yield ServerSentEvent(raw_data=event.model_dump_json(), event=event.type, id=str(event.sequence))
            if position < 0:
                return


async def _read_on(request: Request, database: Database, position: int) -> tuple[Sequence[EventRead], int]:
    """The next events and the new position; a negative one when the caller may no longer read."""
    async with database.read() as session:
        try:
            actor = await identify(request, session)
            actor.require(Permission.EVENTS_READ)
        except Refusal:
            return [], -1
        rows = await events.sealed(session, actor, after=position, limit=BATCH)
    found = [EventRead.model_validate(row) for row in rows]
    return found, found[-1].sequence if found else position


def _ticker(request: Request, database: Database) -> events.Ticker:
    state = request.app.state
    if not hasattr(state, "event_ticker"):
        state.event_ticker = events.Ticker(database)
    ticker: events.Ticker = state.event_ticker
    return ticker
