"""Zoom's webhooks: signed over their raw bytes, within five minutes, repeated until they are answered."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from service import clock
from service.clients.rooms import Challenge, Notice, NotOurWebhook
from service.clients.zoom_shapes import EventName, Hook, HookObject, UrlValidation

_Shape = TypeVar("_Shape", bound=BaseModel)

WINDOW = timedelta(seconds=300)
_KINDS = {
    "meeting.started": "started",
    "meeting.ended": "ended",
    "meeting.participant_joined": "joined",
    "meeting.participant_left": "left",
}


def read_webhook(secret: SecretStr | None, headers: Mapping[str, str], raw: bytes) -> list[Notice] | Challenge:
    """What a webhook says; an empty list for what is of no interest.

    Raises NotOurWebhook for a signature that is missing, wrong or older or newer than five minutes, ValueError for
    what is signed but cannot be read.
    """
    if secret is None:
        raise NotOurWebhook
    _verify(secret, {name.lower(): value for name, value in headers.items()}, raw)
    event = _parse(EventName, raw).event
    if event == "endpoint.url_validation":
        token = _parse(UrlValidation, raw).payload.plain_token
        return Challenge({"plainToken": token, "encryptedToken": _mac(secret, token.encode())})
    return [_notice(_KINDS[event], _parse(Hook, raw))] if event in _KINDS else []


def _verify(secret: SecretStr, headers: Mapping[str, str], raw: bytes) -> None:
    signature, timestamp = headers.get("x-zm-signature", ""), headers.get("x-zm-request-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise NotOurWebhook
    if abs(clock.real_now().timestamp() - int(timestamp)) > WINDOW.total_seconds():
        raise NotOurWebhook
    expected = "v0=" + _mac(secret, f"v0:{timestamp}:".encode() + raw)
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        raise NotOurWebhook


def _notice(kind: str, hook: Hook) -> Notice:
    meeting = hook.payload.object
    if kind in {"started", "ended"}:
        at = datetime.fromtimestamp(hook.event_ts / 1000, UTC)
        return Notice(_key(kind, meeting, "", at), kind, str(meeting.id), meeting.uuid, at)
    person = meeting.participant
    if person is None:
        raise ValueError("a webhook of a participant without participant")
    time = person.join_time if kind == "joined" else person.leave_time
    if time is None:
        raise ValueError("a webhook of a participant without time")
    connection = person.participant_uuid or str(person.user_id)
    at = time.astimezone(UTC)
    return Notice(
        key=_key(kind, meeting, connection, at),
        kind=kind,
        external_id=str(meeting.id),
        sitting=meeting.uuid,
        at=at,
        connection=connection or None,
        registrant=person.registrant_id or None,
        display_name=person.user_name,
    )


def _key(kind: str, meeting: HookObject, connection: str, at: datetime) -> str:
    """The same when Zoom repeats itself, since it is made of what happened and not of the call."""
    return sha256(f"{kind}\n{meeting.uuid}\n{connection}\n{at.isoformat()}".encode("utf-8", "replace")).hexdigest()


def _mac(secret: SecretStr, message: bytes) -> str:
    return hmac.new(secret.get_secret_value().encode(), message, sha256).hexdigest()


def _parse(shape: type[_Shape], raw: bytes) -> _Shape:
    try:
        return shape.model_validate_json(raw)
    except ValidationError as wrong:
        # Its own words would quote what was sent.
        raise ValueError(f"a webhook with {wrong.error_count()} mistakes") from None
