"""The published shapes of Zoom's Meetings API, as far as the simulator speaks them, written as JSON Schemas.

Names, types, lengths and words are the published ones. A request that has anything else is answered with code 300.
"""

from pydantic import JsonValue

Schema = dict[str, JsonValue]


def _object(required: str = "", **properties: JsonValue) -> Schema:
    made: Schema = {"type": "object", "additionalProperties": False}
    made["properties"] = {**properties}
    made["required"] = [*required.split()]
    return made


def _list(items: Schema, most: int | None = None) -> Schema:
    made: Schema = {"type": "array", "items": items}
    return made if most is None else made | {"maxItems": most}


def _text(longest: int | None = None, **more: JsonValue) -> Schema:
    made: Schema = {"type": "string", **more}
    return made if longest is None else made | {"maxLength": longest}


def _one_of(*values: int | str) -> Schema:
    return {"enum": list(values)}


WHOLE: Schema = {"type": "integer"}
YES_NO: Schema = {"type": "boolean"}
INSTANT = _text(format="date-time", pattern="Z$")
TIMEZONES = ("UTC", "Asia/Jakarta", "Asia/Singapore", "Asia/Tokyo", "Asia/Bangkok", "Asia/Hong_Kong", "Asia/Taipei")

SETTINGS = _object(
    approval_type=_one_of(0, 1, 2),
    registration_type=_one_of(1, 2, 3),
    registrants_email_notification=YES_NO,
    registrants_confirmation_email=YES_NO,
    email_notification=YES_NO,
    show_share_button=YES_NO,
    waiting_room=YES_NO,
    join_before_host=YES_NO,
    jbh_time=_one_of(0, 5, 10, 15),
    mute_upon_entry=YES_NO,
    participant_video=YES_NO,
    allow_multiple_devices=YES_NO,
    close_registration=YES_NO,
)
RECURRENCE = _object(
    "type",
    type=_one_of(1, 2, 3),
    repeat_interval={"type": "integer", "minimum": 1, "maximum": 99},
    end_times={"type": "integer", "minimum": 1, "maximum": 60},
    end_date_time=INSTANT,
)
MEETING_INPUT = _object(
    topic=_text(200),
    agenda=_text(2000),
    type=_one_of(1, 2, 3, 8, 10),
    start_time=INSTANT,
    duration={"type": "integer", "minimum": 1, "maximum": 1440},
    timezone=_one_of(*TIMEZONES),
    password=_text(10),
    default_password=YES_NO,
    recurrence=RECURRENCE,
    settings=SETTINGS,
)
REGISTRANT_INPUT = _object(
    "email first_name", email=_text(128, pattern="^[^@\\s]+@[^@\\s]+$"), first_name=_text(64), last_name=_text(64)
)
REQUESTS: dict[str, Schema] = {
    "create": MEETING_INPUT,
    "update": MEETING_INPUT,
    "register": REGISTRANT_INPUT,
    "batch": _object(
        "registrants",
        registrants=_list(REGISTRANT_INPUT, 30),
        auto_approve=YES_NO,
        registrants_confirmation_email=YES_NO,
    ),
    "status": _object(
        "action",
        action=_one_of("approve", "cancel", "deny"),
        registrants=_list(_object(id=_text(), email=_text()), 30),
    ),
}

OCCURRENCE = _object(occurrence_id=_text(), start_time=INSTANT, duration=WHOLE, status=_one_of("available", "deleted"))
_MEETING: dict[str, JsonValue] = {
    "id": WHOLE,
    "host_email": _text(),
    "topic": _text(200),
    "agenda": _text(2000),
    "type": _one_of(1, 2, 3, 8, 10),
    "start_time": INSTANT,
    "duration": WHOLE,
    "timezone": _text(),
    "created_at": INSTANT,
    "password": _text(),
    "join_url": _text(),
    "start_url": _text(),
    "recurrence": RECURRENCE,
    "occurrences": _list(OCCURRENCE),
    "settings": SETTINGS,
}
MADE_MEETING = _object("id type settings", **_MEETING)
MEETING = _object(
    "id uuid type settings", **_MEETING, uuid=_text(), host_id=_text(), status=_one_of("waiting", "started")
)
LISTED_MEETING = _object(
    "id",
    id=WHOLE,
    uuid=_text(),
    host_id=_text(),
    topic=_text(),
    agenda=_text(250),
    type=_one_of(1, 2, 3, 8),
    start_time=INSTANT,
    duration=WHOLE,
    timezone=_text(),
    created_at=INSTANT,
    join_url=_text(),
)
REGISTRANT = _object(
    "id email first_name",
    id=_text(),
    email=_text(128),
    first_name=_text(64),
    last_name=_text(64),
    status=_one_of("approved", "denied", "pending"),
    create_time=INSTANT,
    join_url=_text(),
)
PARTICIPANT = _object(
    id=_text(),
    name=_text(),
    user_id=_text(),
    registrant_id=_text(),
    participant_user_id=_text(),
    user_email=_text(),
    join_time=INSTANT,
    leave_time=INSTANT,
    duration=WHOLE,
    failover=YES_NO,
    status=_one_of("in_meeting", "in_waiting_room"),
)
PAGED: dict[str, JsonValue] = {
    "next_page_token": _text(),
    "page_count": WHOLE,
    "page_size": {"type": "integer", "maximum": 300},
    "total_records": WHOLE,
}
ANSWERS: dict[str, Schema] = {
    "create": MADE_MEETING,
    "get": MEETING,
    "list": _object("meetings", meetings=_list(LISTED_MEETING), page_number=WHOLE, **PAGED),
    "register": _object(
        "registrant_id",
        id=WHOLE,
        registrant_id=_text(),
        join_url=_text(),
        topic=_text(200),
        start_time=INSTANT,
        occurrences=_list(OCCURRENCE),
    ),
    "batch": _object(
        registrants=_list(_object(registrant_id=_text(), email=_text(), join_url=_text())),
    ),
    "registrants": _object("registrants", registrants=_list(REGISTRANT), page_number=WHOLE, **PAGED),
    "report": _object("participants", participants=_list(PARTICIPANT), **PAGED),
}
