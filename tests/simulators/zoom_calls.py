"""What each call of Zoom's API does to the simulated world."""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pydantic import JsonValue

from service import clock
from tests.simulators.zoom_world import Connection, Meeting, Refused, Registrant, Sitting, gone, text

if TYPE_CHECKING:
    from tests.simulators.zoom import ZoomSimulator


@dataclass
class Call:
    """One request as it came, and how it was answered (0: not at all)."""

    kind: str
    method: str
    path: str
    query: dict[str, str]
    body: dict[str, JsonValue]
    arguments: tuple[str, ...] = ()
    status: int = 0
    answer: JsonValue = None
    headers: dict[str, str] = field(default_factory=dict)


Answer = tuple[int, JsonValue]


def create(zoom: "ZoomSimulator", call: Call) -> Answer:
    _host(zoom, call.arguments[0])
    _daily_write(zoom)
    meeting = Meeting(80_000_000_000 + secrets.randbelow(10**10), zoom.host_id, dict(call.body))
    meeting.recur()
    zoom.meetings[meeting.id] = meeting
    unsaid = {"uuid", "host_id", "status"}
    return 201, {name: value for name, value in meeting.body().items() if name not in unsaid}


def list_meetings(zoom: "ZoomSimulator", call: Call) -> Answer:
    _host(zoom, call.arguments[0])
    rows = [line for meeting in zoom.live() for line in meeting.listed()]
    return 200, _page(zoom, call, "meetings", rows)


def get(zoom: "ZoomSimulator", call: Call) -> Answer:
    return 200, _meeting(zoom, call).body()


def update(zoom: "ZoomSimulator", call: Call) -> Answer:
    meeting = _meeting(zoom, call)
    _daily_write(zoom)
    meeting.change(call.body)
    return 204, None


def delete(zoom: "ZoomSimulator", call: Call) -> Answer:
    meeting = _meeting(zoom, call)
    wanted = call.query.get("occurrence_id")
    if wanted is None:
        meeting.deleted = True
        return 204, None
    occurrence = next((one for one in meeting.occurrences if one.id == wanted and not one.deleted), None)
    if occurrence is None:
        raise Refused(400, 300, "Invalid parameter: occurrence_id.")
    _daily_write(zoom)
    occurrence.deleted = True
    return 204, None


def register(zoom: "ZoomSimulator", call: Call) -> Answer:
    meeting = _meeting(zoom, call, missing=1001)
    _open_for_registration(zoom, meeting)
    found = _add(zoom, meeting, call.body)
    return 201, {
        "id": meeting.id,
        "registrant_id": found.id,
        "join_url": found.join_url,
        "topic": meeting.topic,
        "start_time": text(meeting.start),
        "occurrences": [one.body() for one in meeting.occurrences if not one.deleted],
    }


def batch(zoom: "ZoomSimulator", call: Call) -> Answer:
    meeting = _meeting(zoom, call)
    if meeting.type != 2:
        raise Refused(400, 303, "This API can only be used for scheduled meeting(meeting type: 2).")
    _open_for_registration(zoom, meeting)
    added = [_add(zoom, meeting, given) for given in _objects(call.body["registrants"])]
    rows: list[JsonValue] = [{"registrant_id": one.id, "email": one.email, "join_url": one.join_url} for one in added]
    return 200, {"registrants": rows}


def registrants(zoom: "ZoomSimulator", call: Call) -> Answer:
    meeting = _meeting(zoom, call)
    status = call.query.get("status", "approved")
    rows: list[dict[str, JsonValue]] = [
        {
            "id": one.id,
            "email": one.email,
            "first_name": one.first_name,
            "last_name": one.last_name,
            "status": one.status,
            "create_time": text(one.created_at),
            "join_url": one.join_url,
        }
        for one in meeting.registrants.values()
        if one.status == status
    ]
    return 200, _page(zoom, call, "registrants", rows)


def status(zoom: "ZoomSimulator", call: Call) -> Answer:
    meeting = _meeting(zoom, call)
    today = clock.real_now().date()
    for given in _objects(call.body.get("registrants", [])):
        known = [*meeting.registrants.values(), *meeting.cancelled]
        one = next((one for one in known if one.id == given.get("id")), None)
        if one is None:
            raise Refused(400, 300, "The value that you entered for the Registrant ID field is invalid.")
        if one.changes[today] >= 10:
            raise _too_many(zoom, "Daily-limit", f"the daily rate limit of (10) for the registrant ({one.email})")
        one.changes[today] += 1
        if one in meeting.cancelled:
            continue
        one.status = {"approve": "approved", "deny": "denied", "cancel": "cancelled"}[str(call.body["action"])]
        if one.status == "cancelled":
            meeting.cancelled.append(meeting.registrants.pop(one.email.lower()))
    return 204, None


def report(zoom: "ZoomSimulator", call: Call) -> Answer:
    if not zoom.paid:
        raise Refused(400, 200, "No permission.")
    use = call.arguments[0]
    sitting = _latest(zoom, int(use)) if use.isdigit() else _sitting(zoom, use)
    if sitting is None or sitting.ended_at is None or not zoom.report_ready:
        raise Refused(404, 3001, f"Meeting {use} not found or has expired.")
    with_registrant = call.query.get("include_fields") == "registrant_id"
    rows = [_reported(one, with_registrant=with_registrant) for one in sitting.connections]
    return 200, _page(zoom, call, "participants", rows)


ROUTES: Sequence[tuple[str, str, re.Pattern[str], Callable[["ZoomSimulator", Call], Answer]]] = [
    (kind, method, re.compile(f"/v2{path}".replace("{}", "([^/]+)")), handler)
    for kind, method, path, handler in (
        ("create", "POST", "/users/{}/meetings", create),
        ("list", "GET", "/users/{}/meetings", list_meetings),
        ("get", "GET", "/meetings/{}", get),
        ("update", "PATCH", "/meetings/{}", update),
        ("delete", "DELETE", "/meetings/{}", delete),
        ("register", "POST", "/meetings/{}/registrants", register),
        ("batch", "POST", "/meetings/{}/batch_registrants", batch),
        ("registrants", "GET", "/meetings/{}/registrants", registrants),
        ("status", "PUT", "/meetings/{}/registrants/status", status),
        ("report", "GET", "/report/meetings/{}/participants", report),
    )
]


def limited_by_second(zoom: "ZoomSimulator") -> Refused:
    return _too_many(zoom, "Per-second-limit", "the maximum per-second rate limit for this API")


def _too_many(zoom: "ZoomSimulator", kind: str, what: str) -> Refused:
    now = clock.real_now()
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time.min, UTC)
    resets = tomorrow if kind == "Daily-limit" else now + timedelta(seconds=1)
    real = {
        "X-RateLimit-Category": "Light",
        "X-RateLimit-Type": kind,
        "X-RateLimit-Limit": str(zoom.daily_limit if kind == "Daily-limit" else zoom.per_second_limit),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": text(resets),
        "Retry-After": text(resets),
    }
    headers = real if zoom.limit_headers is None else zoom.limit_headers
    return Refused(429, 429, f"You have exceeded {what}.", headers)


def _daily_write(zoom: "ZoomSimulator") -> None:
    today = clock.real_now().date()
    if zoom.writes[today] >= zoom.daily_limit:
        raise _too_many(zoom, "Daily-limit", f"the daily rate limit ({zoom.daily_limit}) of Meeting Create/Update")
    zoom.writes[today] += 1


def _host(zoom: "ZoomSimulator", user: str) -> None:
    if user not in {"me", zoom.host_id, zoom.host_email}:
        raise Refused(404, 1001, f"User does not exist: {user}.")


def _meeting(zoom: "ZoomSimulator", call: Call, missing: int = 3001) -> Meeting:
    number = call.arguments[0]
    meeting = zoom.meetings.get(int(number)) if number.isdigit() else None
    if meeting is None or meeting.deleted:
        raise gone(number, missing)
    return meeting


def _open_for_registration(zoom: "ZoomSimulator", meeting: Meeting) -> None:
    if not zoom.paid:
        raise Refused(400, 200, "Only available for paid users.")
    if meeting.settings.get("approval_type", 2) == 2:
        raise Refused(400, 300, f"Registration has not been enabled for this meeting: {meeting.id}.")
    if meeting.over:
        raise Refused(400, 3038, "Meeting is over, you can not register now.")


def _add(zoom: "ZoomSimulator", meeting: Meeting, given: Mapping[str, JsonValue]) -> Registrant:
    known = meeting.registrants.get(str(given["email"]).lower())
    if known is None and len(meeting.registrants) >= zoom.capacity:
        raise Refused(400, 3043, "Meeting has reached maximum attendee capacity.")
    if known is not None and known.adds[clock.real_now().date()] >= 3:
        raise _too_many(zoom, "Daily-limit", f"the daily rate limit of (3) for the registrant ({known.email})")
    return meeting.add(given)


def _latest(zoom: "ZoomSimulator", meeting_id: int) -> Sitting | None:
    meeting = zoom.meetings.get(meeting_id)
    return meeting.sittings[-1] if meeting is not None and meeting.sittings else None


def _sitting(zoom: "ZoomSimulator", use: str) -> Sitting | None:
    """One that begins with a slash or has two must have been encoded twice."""
    if use.startswith("/") or "//" in use:
        return None
    uuid = unquote(use)
    return next((one for meeting in zoom.meetings.values() for one in meeting.sittings if one.uuid == uuid), None)


def _reported(one: Connection, *, with_registrant: bool) -> dict[str, JsonValue]:
    assert one.left_at is not None
    row: dict[str, JsonValue] = {
        "id": "",
        "participant_user_id": "",
        "user_email": "",
        "user_id": one.user_id,
        "name": one.name,
        "join_time": text(one.joined_at),
        "leave_time": text(one.left_at),
        "duration": int((one.left_at - one.joined_at).total_seconds()),
        "failover": False,
        "status": "in_waiting_room" if one.waiting else "in_meeting",
    }
    return row | ({"registrant_id": one.registrant.id if one.registrant else ""} if with_registrant else {})


def _page(zoom: "ZoomSimulator", call: Call, name: str, rows: Sequence[dict[str, JsonValue]]) -> dict[str, JsonValue]:
    asked = int(call.query.get("page_size", "30"))
    if not 1 <= asked <= 300:
        raise Refused(400, 300, "Invalid field: page_size.")
    size = min(asked, zoom.largest_page)
    token = call.query.get("next_page_token", "")
    if token and token not in zoom.pages:
        raise Refused(400, 300, "The next page token is invalid or expired.")
    offset = zoom.pages.get(token, 0)
    following = ""
    if offset + size < len(rows):
        following = secrets.token_urlsafe(12)
        zoom.pages[following] = offset + size
    return {
        name: list(rows[offset : offset + size]),
        "next_page_token": following,
        "page_count": -(-len(rows) // size),
        "page_size": size,
        "total_records": len(rows),
    }


def _objects(value: JsonValue) -> list[dict[str, JsonValue]]:
    assert isinstance(value, list)
    return [one for one in value if isinstance(one, dict)]
