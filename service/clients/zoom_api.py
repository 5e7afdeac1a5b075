"""Zoom's API over HTTP: sign-in (Server-to-Server OAuth), pace, and what its refusals mean.

Nothing that Zoom writes in words is passed on, since it quotes addresses of people: only its codes, in our words.
"""

import asyncio
import logging
import math
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TypeVar
from weakref import WeakKeyDictionary

import httpx
from pydantic import BaseModel, JsonValue, SecretStr, ValidationError

from service import clock
from service.clients.rooms import RoomBusy, RoomGone, RoomRefused, RoomUnavailable
from service.clients.zoom_shapes import Refusal, Token
from service.i18n import marked as _

CALL_SECONDS = 15
TASK_SECONDS = 120
"""Well below the five minutes for which a delivery is ours, even for a task of many pages."""

_TOKEN_MARGIN = timedelta(seconds=60)
_LONGEST_TURN = 20
_LONGEST_WAIT = timedelta(days=2)
_TOKEN_DEAD = 124
_GONE = {1001, 3001}


_WORDS = {
    200: _("perlu paket berbayar"),
    300: _("ada isian yang tidak diterima"),
    1001: _("rapat atau penyelenggaranya tidak ditemukan"),
    3000: _("rapat tidak dapat diakses"),
    3001: _("rapat tidak ditemukan"),
    3038: _("rapat sudah selesai"),
    3043: _("rapat sudah penuh"),
    3161: _("penyelenggara rapat tidak diizinkan mengadakan rapat"),
    4711: _("aplikasi Zoom kekurangan izin (scope)"),
}

# Both write addresses, which hold registrants and the host's mailbox, and the second writes tokens.
for _talkative in ("httpx", "httpcore"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)

_Shape = TypeVar("_Shape", bound=BaseModel)
_Loop = asyncio.AbstractEventLoop


@dataclass(frozen=True)
class ZoomAccount:
    """What is needed to speak to Zoom for one host."""

    account_id: str
    client_id: str
    client_secret: SecretStr
    webhook_secret: SecretStr | None
    user_id: str
    api_url: str
    oauth_url: str
    per_second: int
    daily_writes: int


class Pace:
    """Spaces calls evenly, so that no second holds more than allowed. Has no lock: one serves every event loop."""

    def __init__(self, per_second: int) -> None:
        self._gap = 1 / per_second
        self._free = 0.0

    async def turn(self) -> None:
        """Waits until it is our turn. Raises RoomBusy instead of waiting long."""
        now = time.monotonic()
        wait = max(self._free - now, 0)
        if wait > _LONGEST_TURN:
            raise RoomBusy(clock.real_now() + timedelta(seconds=wait))
        self._free = now + wait + self._gap
        await asyncio.sleep(wait)


class ZoomApi:
    """One account's door to Zoom, shared by the whole process: its token and its pace."""

    def __init__(self, account: ZoomAccount) -> None:
        self.account = account
        self.pace = Pace(account.per_second)
        self._token = ""
        self._token_ends = datetime.min.replace(tzinfo=UTC)
        # An asyncio lock belongs to one loop; a process may run several, one after another.
        self._locks: WeakKeyDictionary[_Loop, asyncio.Lock] = WeakKeyDictionary()

    @asynccontextmanager
    async def line(self) -> AsyncIterator["Line"]:
        """Connections for one task, closed when it ends. Raises RoomUnavailable when it takes too long."""
        try:
            async with (
                asyncio.timeout(TASK_SECONDS),
                httpx.AsyncClient(verify=_tls(), timeout=CALL_SECONDS) as client,
            ):
                yield Line(self, client)
        except TimeoutError:
            raise RoomUnavailable("no answer in time") from None

    async def token(self, client: httpx.AsyncClient, dead: str | None = None) -> str:
        """A valid token other than `dead`. One task fetches it, the others wait for it."""
        async with self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            if self._token == dead or clock.real_now() >= self._token_ends:
                fetched = await self._fetch_token(client)
                self._token = fetched.access_token.get_secret_value()
                self._token_ends = clock.real_now() + timedelta(seconds=fetched.expires_in) - _TOKEN_MARGIN
            return self._token

    async def _fetch_token(self, client: httpx.AsyncClient) -> Token:
        account = self.account
        request = client.build_request(
            "POST",
            f"{account.oauth_url}/oauth/token",
            params={"grant_type": "account_credentials", "account_id": account.account_id},
        )
        basic = httpx.BasicAuth(account.client_id, account.client_secret.get_secret_value())
        answer = await _send(client, request, basic)
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise RoomBusy(_until(answer))
        if not answer.is_success:
            # Wrong credentials are put right in the settings; what waits is done then.
            raise RoomUnavailable(f"Zoom sign-in {answer.status_code}")
        return read(answer, Token)


class Line:
    """Calls of one task. Every call may raise RoomUnavailable, RoomBusy, RoomRefused, RoomGone."""

    def __init__(self, api: ZoomApi, client: httpx.AsyncClient) -> None:
        self._api = api
        self._client = client

    async def call(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: JsonValue = None
    ) -> httpx.Response:
        """One call; a second one with a new token when Zoom no longer knows ours."""
        token = await self._api.token(self._client)
        answer = await self._once(method, path, query, body, token)
        if answer.status_code == httpx.codes.UNAUTHORIZED or _code(answer) == _TOKEN_DEAD:
            token = await self._api.token(self._client, dead=token)
            answer = await self._once(method, path, query, body, token)
        _raise_for(answer)
        return answer

    async def _once(
        self, method: str, path: str, query: Mapping[str, str] | None, body: JsonValue, token: str
    ) -> httpx.Response:
        await self._api.pace.turn()
        request = self._client.build_request(
            method,
            self._api.account.api_url + path,
            params=query,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
        return await _send(self._client, request)


async def _send(client: httpx.AsyncClient, request: httpx.Request, auth: httpx.Auth | None = None) -> httpx.Response:
    try:
        async with asyncio.timeout(CALL_SECONDS):
            return await client.send(request, auth=auth, follow_redirects=False)
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise RoomUnavailable("not reachable") from None
    except (httpx.TimeoutException, TimeoutError):
        raise RoomUnavailable("no answer in time") from None
    except httpx.RequestError as lost:
        raise RoomUnavailable(f"connection lost ({type(lost).__name__})") from None


def read(answer: httpx.Response, shape: type[_Shape]) -> _Shape:
    """The answer's body. Raises RoomUnavailable when it is none of that shape: what happened is unknown."""
    try:
        return shape.model_validate_json(answer.content)
    except ValidationError:
        raise RoomUnavailable("unreadable answer") from None


def _raise_for(answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise RoomBusy(_until(answer))
    code = _code(answer)
    if status >= 500 or status < 400 or status in {401, 408} or code == _TOKEN_DEAD:
        raise RoomUnavailable(f"Zoom {status}")
    words = f"Zoom {code or status}: {_WORDS.get(code, _('ditolak'))}"
    raise RoomGone(words) if code in _GONE else RoomRefused(words)


def _code(answer: httpx.Response) -> int:
    """Zoom's own error code, 0 without one."""
    if answer.is_success:
        return 0
    with suppress(ValidationError):
        return Refusal.model_validate_json(answer.content).code
    return 0


def _until(answer: httpx.Response) -> datetime:
    """When Zoom wants to be asked again; daily limits without a header end at 00:00 UTC."""
    now = clock.real_now()
    for header in ("Retry-After", "X-RateLimit-Reset"):
        instant = _instant(answer.headers.get(header, ""), now)
        if instant is not None:
            return min(max(instant, now + timedelta(seconds=1)), now + _LONGEST_WAIT)
    if "daily" in (answer.headers.get("X-RateLimit-Type", "") + answer.text).lower():
        return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return now + timedelta(seconds=2)


def _instant(text: str, now: datetime) -> datetime | None:
    """An ISO 8601 instant, an HTTP date, seconds to wait, or seconds since 1970."""
    with suppress(ValueError, OverflowError):
        seconds = float(text)
        if not math.isfinite(seconds):
            return None
        return datetime.fromtimestamp(seconds, UTC) if seconds > 1e9 else now + timedelta(seconds=seconds)
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        with suppress(ValueError, TypeError):
            found = parse(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return None


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading all certificates again for each task takes longer than the task."""
    return httpx.create_ssl_context()
