"""Tries out Zoom: signs in, looks at permissions and host, makes a meeting, registers somebody in it, deletes it.

That costs one of the meetings that the host may make in a day. Zoom writes to nobody.
"""

from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from functools import partial
from urllib.parse import quote

import httpx
from pydantic import JsonValue

from service import clock
from service.clients.trials import Outcome, Wrong, outcome
from service.clients.web_check import STEP_SECONDS, Caller, body_of
from service.settings import Settings

_WRITE, _READ, _REPORT = "meeting:write", "meeting:read", "report:read"
SCOPES = {
    "meeting:write:meeting:admin": _WRITE,
    "meeting:update:meeting:admin": _WRITE,
    "meeting:delete:meeting:admin": _WRITE,
    "meeting:write:registrant:admin": _WRITE,
    "meeting:update:registrant_status:admin": _WRITE,
    "meeting:read:meeting:admin": _READ,
    "meeting:read:list_meetings:admin": _READ,
    "meeting:read:list_registrants:admin": _READ,
    "report:read:list_meeting_participants:admin": _REPORT,
}
"""What our calls need, by Zoom's newer names, and the older one that includes it."""
_NO_SCOPE, _PAID_ONLY, _USER_UNKNOWN = 4711, 200, 1001
_TOO_FAST = 429


class ZoomStep(StrEnum):
    """What succeeded."""

    SIGNED_IN = "signed_in"
    SCOPES = "scopes"
    HOST = "host"
    MEETING = "meeting"
    REGISTRATION = "registration"
    CLEANED_UP = "cleaned_up"
    WEBHOOK = "webhook"


class ZoomCode(StrEnum):
    """What is wrong."""

    OK = "ok"
    NAME_UNKNOWN = "name_unknown"
    AWAY = "away"
    SILENT = "silent"
    TROUBLED = "troubled"
    APP_REFUSED = "app_refused"
    ACCOUNT_REFUSED = "account_refused"
    SCOPES_MISSING = "scopes_missing"
    HOST_UNKNOWN = "host_unknown"
    TOO_FAST = "too_fast"
    DAILY_LIMIT = "daily_limit"
    MEETING_REFUSED = "meeting_refused"
    NO_REGISTRATION = "no_registration"
    MEETING_LEFT = "meeting_left"
    WEBHOOK_SECRET_MISSING = "webhook_secret_missing"  # noqa: S105 - says that a secret is missing


async def check(settings: Settings, topic: str, registrant: str) -> Outcome:
    """Tries out Zoom with a meeting called `topic`, in which `registrant`, an e-mail address, is registered."""
    return await outcome(partial(_walk, settings, topic, registrant), ZoomCode.OK, ZoomCode.SILENT)


async def _walk(settings: Settings, topic: str, registrant: str, steps: list[StrEnum]) -> None:
    async with httpx.AsyncClient(timeout=STEP_SECONDS) as client:
        caller = Caller(client, name_unknown=ZoomCode.NAME_UNKNOWN, away=ZoomCode.AWAY, silent=ZoomCode.SILENT)
        zoom = _Zoom(settings, caller)
        granted = await zoom.sign_in()
        steps.append(ZoomStep.SIGNED_IN)
        missing = [scope for scope, older in SCOPES.items() if granted and not _holds(granted, scope, older)]
        if missing:
            raise Wrong(ZoomCode.SCOPES_MISSING, *missing)
        steps.append(ZoomStep.SCOPES)
        await zoom.find_host()
        steps.append(ZoomStep.HOST)
        await _try_meeting(zoom, topic, registrant, steps)
    if settings.zoom_webhook_secret is None:
        raise Wrong(ZoomCode.WEBHOOK_SECRET_MISSING)
    steps.append(ZoomStep.WEBHOOK)


async def _try_meeting(zoom: "_Zoom", topic: str, registrant: str, steps: list[StrEnum]) -> None:
    meeting = await zoom.make_meeting(topic)
    steps.append(ZoomStep.MEETING)
    try:
        await zoom.register(meeting, registrant)
    except Wrong:
        # What stopped the registration is worth more than a meeting that nobody knows of.
        with suppress(Wrong):
            await zoom.delete(meeting)
        raise
    steps.append(ZoomStep.REGISTRATION)
    await zoom.delete(meeting)
    steps.append(ZoomStep.CLEANED_UP)


class _Zoom:
    """The calls, each of which raises Wrong."""

    def __init__(self, settings: Settings, caller: Caller) -> None:
        self._settings = settings
        self._caller = caller
        self._token = ""

    async def sign_in(self) -> set[str]:
        """Signs in; the scopes that were granted, none when Zoom does not say."""
        settings = self._settings
        secret = settings.zoom_client_secret.get_secret_value() if settings.zoom_client_secret else ""
        answer = await self._caller.call(
            "POST",
            f"{settings.zoom_oauth_url}/oauth/token",
            query={"grant_type": "account_credentials", "account_id": settings.zoom_account_id or ""},
            basic=(settings.zoom_client_id or "", secret),
        )
        body = body_of(answer)
        if answer.status_code == _TOO_FAST:
            raise Wrong(ZoomCode.TOO_FAST)
        if answer.is_client_error:
            app = body.get("error") == "invalid_client"
            raise Wrong(ZoomCode.APP_REFUSED if app else ZoomCode.ACCOUNT_REFUSED, answer.status_code)
        token = body.get("access_token")
        if not answer.is_success or not isinstance(token, str):
            raise Wrong(ZoomCode.TROUBLED, answer.status_code)
        self._token = token
        return set(str(body.get("scope") or "").split())

    async def find_host(self) -> None:
        answer = await self._call("GET", self._meetings, query={"type": "scheduled", "page_size": "1"})
        self._demand(answer, {_USER_UNKNOWN: ZoomCode.HOST_UNKNOWN}, ZoomCode.MEETING_REFUSED)

    async def make_meeting(self, topic: str) -> str:
        """Tomorrow, a quarter of an hour, with registration; its number."""
        body: JsonValue = {
            "topic": topic,
            "type": 2,
            "start_time": f"{clock.real_now() + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
            "duration": 15,
            "timezone": "UTC",
            "settings": {
                "approval_type": 0,
                "registrants_email_notification": False,
                "registrants_confirmation_email": False,
                "email_notification": False,
            },
        }
        answer = await self._call("POST", self._meetings, body=body)
        self._demand(answer, {_PAID_ONLY: ZoomCode.NO_REGISTRATION}, ZoomCode.MEETING_REFUSED)
        return str(body_of(answer).get("id", ""))

    async def register(self, meeting: str, address: str) -> None:
        path = f"/meetings/{quote(meeting, safe='')}/registrants"
        answer = await self._call("POST", path, body={"email": address, "first_name": "Uji", "last_name": "Coba"})
        self._demand(answer, {}, ZoomCode.NO_REGISTRATION)

    async def delete(self, meeting: str) -> None:
        try:
            answer = await self._call("DELETE", f"/meetings/{quote(meeting, safe='')}")
        except Wrong:
            raise Wrong(ZoomCode.MEETING_LEFT, meeting) from None
        if not answer.is_success:
            raise Wrong(ZoomCode.MEETING_LEFT, meeting)

    @property
    def _meetings(self) -> str:
        return f"/users/{quote(self._settings.zoom_user_id, safe='')}/meetings"

    async def _call(
        self, method: str, path: str, *, query: dict[str, str] | None = None, body: JsonValue = None
    ) -> httpx.Response:
        url = self._settings.zoom_api_url + path
        return await self._caller.call(method, url, query=query, body=body, token=self._token)

    def _demand(self, answer: httpx.Response, known: dict[int, ZoomCode], otherwise: ZoomCode) -> None:
        """Raises Wrong unless it succeeded: what a code of theirs means here, else `otherwise`."""
        if answer.is_success:
            return
        if answer.status_code == _TOO_FAST:
            raise Wrong(ZoomCode.TOO_FAST)
        if not answer.is_client_error:
            raise Wrong(ZoomCode.TROUBLED, answer.status_code)
        code = body_of(answer).get("code")
        if code == _NO_SCOPE:
            raise Wrong(ZoomCode.SCOPES_MISSING)
        number = code if isinstance(code, int) else answer.status_code
        raise Wrong(known.get(number, otherwise), number)


def _holds(granted: set[str], scope: str, older: str) -> bool:
    """Whether a scope is there by its newer or older name, for the whole account or for the app's own user."""
    newer = scope.removesuffix(":admin")
    return not granted.isdisjoint(f"{name}{suffix}" for name in (newer, older) for suffix in ("", ":admin", ":master"))
