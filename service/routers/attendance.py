"""Attendance: who is where, as a list, as counters, and live."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field

from service.auth import Actor, Permission
from service.domain import attendance_counters, attendance_reads, workshops
from service.domain.attendance_reads import Filters
from service.models.attendance import AttendanceMode
from service.models.attendance_shapes import AttendanceRead, AttendanceSummary, LocalDay
from service.models.columns import Code
from service.models.workshops import Workshop
from service.routers.access import (
    Page,
    Paging,
    Session,
    allow,
    allow_first,
    cursor,
    database_of,
    etag_matches,
    int_key,
    not_modified,
    page_of,
)
from service.routers.live import RETRY_SECONDS, LiveCounters, key, live_counters
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["attendance"])


class AttendanceQuery(Paging):
    """What part of the list is wanted."""

    block: Code | None = Field(None, description="Block code", examples=["D1P"])
    date: LocalDay | None = Field(None, description="Local day of the block", examples=["2023-07-03"])
    mode: AttendanceMode | None = Field(None, description="Only people present in this way")
    organisation: Code | None = Field(None, description="Organisation code")


@router.get("/workshops/{workshop_id}/attendance", operation_id="list_attendance")
async def list_attendance(
    workshop_id: UUID,
    paging: Annotated[AttendanceQuery, Query()],
    session: Session,
    actor: Annotated[Actor, allow(Permission.ATTENDANCE_READ)],
) -> Page[AttendanceRead]:
    """Every confirmed or attending person in every block, by registration number."""
    workshop = await workshops.find(session, actor, workshop_id)
    last = paging.after(2)
    wanted = Filters(paging.block, paging.date, paging.mode, paging.organisation)
    after = (int_key(last[0]), int_key(last[1])) if last else None
    found = await attendance_reads.page(session, workshop, wanted, after, paging.limit + 1)
    page, more = page_of(found, paging.limit)
    return Page(items=[read for _, read in page], next=cursor(*page[-1][0]) if more else None)


@router.get(
    "/workshops/{workshop_id}/attendance/summary",
    operation_id="summarise_attendance",
    response_model=AttendanceSummary,
)
async def summarise_attendance(
    workshop_id: UUID,
    request: Request,
    session: Session,
    actor: Annotated[Actor, allow(Permission.ATTENDANCE_READ)],
) -> Response:
    """How many people are present and were expected, per half-day, day and organisation."""
    workshop = await workshops.find(session, actor, workshop_id)
    counters = await attendance_counters.read(session, workshop)
    if etag_matches(request, counters.etag):
        return not_modified(counters.etag)
    return Response(counters.body, headers={"ETag": counters.etag}, media_type="application/json")


async def _watched(
    workshop_id: UUID, request: Request, actor: Annotated[Actor, allow_first(Permission.ATTENDANCE_READ)]
) -> tuple[Workshop, Actor]:
    async with database_of(request).read() as session:
        return await workshops.find(session, actor, workshop_id), actor


@router.get(
    "/workshops/{workshop_id}/attendance/stream",
    operation_id="stream_attendance",
    response_class=EventSourceResponse,
)
async def stream_attendance(
    watched: Annotated[tuple[Workshop, Actor], Depends(_watched, scope="function")],
    live: Annotated[LiveCounters, Depends(live_counters)],
    last_event_id: Annotated[str, Header(max_length=200, description="The `id` of the last message received")] = "",
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events named `summary`: the counters now, then again whenever they change, at most twice a second.

    Counters that `Last-Event-ID` names are not told again. A comment comes every 15 seconds while nothing happens. The
    stream ends after 5 minutes, or within seconds when the caller's session or key is ended: open it again.
    """
    yield ServerSentEvent(retry=RETRY_SECONDS * 1000, comment="counters")
    async for counters in live.listen(*watched, last_event_id):
        yield ServerSentEvent(event="summary", id=key(counters), raw_data=counters.body.decode())
