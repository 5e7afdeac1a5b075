"""Attendance: who is where, as a list, as counters, and live."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
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
from service.routers.live import LiveCounters, live_counters
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
    key = paging.after(2)
    wanted = Filters(paging.block, paging.date, paging.mode, paging.organisation)
    after = (int_key(key[0]), int_key(key[1])) if key else None
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


async def _workshop_to_watch(
    workshop_id: UUID, request: Request, actor: Annotated[Actor, allow_first(Permission.ATTENDANCE_READ)]
) -> Workshop:
    async with database_of(request).read() as session:
        return await workshops.find(session, actor, workshop_id)


@router.get(
    "/workshops/{workshop_id}/attendance/stream",
    operation_id="stream_attendance",
    response_class=EventSourceResponse,
)
async def stream_attendance(
    workshop: Annotated[Workshop, Depends(_workshop_to_watch, scope="function")],
    live: Annotated[LiveCounters, Depends(live_counters)],
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events named `summary`: the counters now, then again whenever they change."""
    async for counters in live.listen(workshop):
        yield ServerSentEvent(event="summary", id=counters.etag.strip('"'), raw_data=counters.body.decode())
