"""Check-in at the door."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from pydantic_core import to_json

from service.auth import Actor, Permission
from service.domain import checkin_at_once, checkin_batches, checkins, devices
from service.models.attendance_shapes import (
    AnnulmentCreate,
    AnnulmentRead,
    CheckinBatch,
    CheckinBatchRead,
    CheckinCreate,
    CheckinRead,
    RosterRead,
)
from service.models.columns import Instant
from service.routers.access import Caller, Session, allow, allow_later, etag_matches, not_modified
from service.routers.route import ApiRoute
from service.routers.shelf import Shelf

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["checkins"])
Door = Annotated[Actor, allow(Permission.CHECKINS_WRITE)]
_rosters = Shelf()
"""People as JSON, without the time of asking: before the doors open every device takes the same roster."""


class RosterQuery(BaseModel):
    """Which part of the roster is wanted."""

    since: Instant | None = Field(
        None, description="Only people changed after this instant (`server_time` of the last read)"
    )


@router.post("/workshops/{workshop_id}/checkins", operation_id="check_in", response_model=CheckinRead)
async def check_in(
    workshop_id: UUID, data: CheckinCreate, caller: Annotated[Caller, allow_later(Permission.CHECKINS_WRITE)]
) -> Response:
    """Stores one scan, whatever the verdict. A repeated nonce gets the first answer, whatever has changed since."""
    told = None
    if caller.device_token:
        told = await checkin_at_once.check_in(caller.database, caller.device_token, workshop_id, data)
    if told is None:
        session, actor = await caller.identify()
        told = await checkins.check_in(session, actor, workshop_id, data)
    return Response(told.model_dump_json(), media_type="application/json")


@router.post(
    "/workshops/{workshop_id}/checkins/batch", operation_id="check_in_batch", openapi_extra={"x-any-text": True}
)
async def check_in_batch(
    workshop_id: UUID, data: CheckinBatch, request: Request, session: Session, actor: Door
) -> CheckinBatchRead:
    """Stores what a device collected offline, however old: a verdict each, in order; nothing is dropped.

    `device_clock` is compared with ours at the moment the request begins, so it must be read anew for each attempt.
    An item with a nonce that is otherwise malformed is kept and refused (`unknown_ticket`, or `clock_implausible` for
    an unreadable `claimed_at`); only items without a usable nonce make the whole request 422.
    """
    received_at: datetime = request.state.received_at
    told = await checkin_batches.check_in_batch(session, actor, workshop_id, data, received_at)
    return CheckinBatchRead(items=told)


@router.post("/checkins/{checkin_id}/annulment", operation_id="annul_checkin")
async def annul_checkin(checkin_id: UUID, data: AnnulmentCreate, session: Session, actor: Door) -> AnnulmentRead:
    """Undoes a scan, from any device of the workshop. The fact stays, marked; undoing it again changes nothing."""
    row = await checkins.annul(session, actor, checkin_id, data.reason)
    return AnnulmentRead(
        checkin_id=row.id,
        nonce=row.nonce,
        annulled_at=row.annulled_at or row.received_at,
        annulled_by=row.annulled_by or "",
        reason=row.annulment_reason or "",
    )


@router.get("/workshops/{workshop_id}/roster", operation_id="get_roster", response_model=RosterRead)
async def get_roster(
    workshop_id: UUID, query: Annotated[RosterQuery, Query()], request: Request, session: Session, actor: Door
) -> Response:
    """Everybody a door may meet, for work without network. No contact data; tickets as SHA-256.

    The ETag stands for the people; `server_time` moves on without it, which makes it a weak one.
    """
    etag = f"W/{await devices.roster_etag(session, actor, workshop_id, query.since)}"
    if etag_matches(request, etag):
        return not_modified(etag)
    people = _rosters.get((workshop_id, etag))
    if people is None:
        roster = await devices.roster(session, actor, workshop_id, query.since)
        people = to_json(roster.items)
        _rosters.put((workshop_id, etag), people)
    # Older than the people: what is changed from now on comes with the next `since`.
    now: datetime = request.state.received_at
    body = b'{"items":%b,"server_time":%b}' % (people, to_json(now))
    return Response(body, headers={"ETag": etag}, media_type="application/json")
