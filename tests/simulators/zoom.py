"""A Zoom on loopback: a real HTTP server written from the published shapes, which tests put questions to.

    with ZoomSimulator() as zoom:
        settings = Settings(**zoom.settings(), data_dir=...)     # in this process
        environment = zoom.environment()                         # BIMTEK_ZOOM_* for a worker in another
        ...
        assert len(zoom.live()) == 1

State (plain attributes, read them at any time)
    zoom.meetings           {id: Meeting}, deleted ones too; zoom.live(): those that are not; zoom.only(): the one
    meeting.registrants     {e-mail in lower case: Registrant(id, name, join_url, status, added)}
    meeting.cancelled       [Registrant], those that were let go
    meeting.days            [(start, end)] without deleted occurrences; .topic .agenda .settings .type .fields .deleted
    zoom.calls              Counter by kind: token create list get update delete register batch registrants
                            status report
    zoom.requests           [Call(kind, method, path, query, body, status, answer)] in the order they came
    zoom.writes             Counter of creates and changes by UTC day

Knobs
    zoom.daily_limit = 100, zoom.per_second_limit = None, zoom.limit_headers = None (or the headers of 429)
    zoom.capacity = 4999, zoom.paid = True, zoom.report_ready = True, zoom.largest_page = 300, zoom.token_seconds = 3600
    zoom.awkward_uuids = False (uses of meetings whose uuid must be encoded twice), zoom.forget_tokens()

Faults: zoom.fail(how, on="*", times=None), for the next `times` calls of a kind, or until zoom.heal()
    "hang"  takes the request and keeps silent for zoom.hang_seconds (or until healed), without effect
    "drip"  the same, but with a byte of an answer now and then
    "500"   answers 500, without effect
    "drop"  closes the connection, without effect
    "lost"  does what was asked, then closes the connection
    with zoom.away(): nobody listens on the port at all

The meeting itself (`at` is clock.now() when not given)
    connection = zoom.join(join_url or registrant id, at=)       raises LookupError for a link that leads nowhere
    connection = zoom.join_unknown(meeting_id, "iPhone", at=)    somebody who is no registrant
    zoom.leave(connection, at=); zoom.end(meeting_id, at=)       end() lets everybody leave, then the report is there

Webhooks: every join, leave, start and end appends a Hook(event, raw) to zoom.hooks
    headers = zoom.signed(hook.raw)                              signature of now; at=, secret= to make it wrong
    zoom.deliver(hook, url)                                      POSTs it from this thread, returns the status;
                                                                 once more: a repetition
    zoom.webhook_url = "http://..."                              delivers each at once; only to a server in another
                                                                 process or thread, since it waits for the answer
    zoom.validation()                                            the raw body of endpoint.url_validation
"""

import contextlib
import hmac
import json
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self, TypedDict

import httpx
from pydantic import JsonValue, SecretStr

from service import clock
from tests.simulators.zoom_calls import Call
from tests.simulators.zoom_server import Handler, Listener
from tests.simulators.zoom_world import Connection, Meeting, Sitting, new_uuid, text

How = Literal["hang", "drip", "500", "drop", "lost"]


class ZoomSettings(TypedDict):
    """Keyword arguments of Settings."""

    zoom_account_id: str
    zoom_client_id: str
    zoom_client_secret: SecretStr
    zoom_webhook_secret: SecretStr
    zoom_api_url: str
    zoom_oauth_url: str
    zoom_per_second: int


@dataclass
class Fault:
    how: How
    on: str
    left: int | None
    over: threading.Event


@dataclass(frozen=True)
class Hook:
    """One webhook; `raw` are the bytes that are signed."""

    event: str
    raw: bytes


class ZoomSimulator:
    """See the module. Starts with `with` or start(), ends with stop() or this process."""

    def __init__(self) -> None:
        self.account_id, self.client_id = "account", secrets.token_hex(8)
        self.client_secret, self.webhook_secret = secrets.token_hex(16), secrets.token_hex(16)
        self.host_id, self.host_email = "host-id", "host@zoom.invalid"
        self.meetings: dict[int, Meeting] = {}
        self.calls: Counter[str] = Counter()
        self.requests: list[Call] = []
        self.writes: Counter[object] = Counter()
        self.pages: dict[str, int] = {}
        self.tokens: dict[str, datetime] = {}
        self.hooks: list[Hook] = []
        self.mistakes: list[str] = []
        self.recent: deque[float] = deque()
        self.lock = threading.RLock()
        self.daily_limit = 100
        self.per_second_limit: int | None = None
        self.limit_headers: dict[str, str] | None = None
        self.capacity = 4999
        self.paid = self.report_ready = True
        self.largest_page = 300
        self.token_seconds = 3600
        self.scopes = "meeting:write:admin meeting:read:admin report:read:admin"
        self.awkward_uuids = False
        self.hang_seconds = 20.0
        self.webhook_url: str | None = None
        self._faults: list[Fault] = []
        self._users = 16_778_240
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    def start(self) -> Self:
        """Listens on 127.0.0.1, on the same port as before if it was stopped."""
        self._server = Listener(("127.0.0.1", self.port), type("ZoomHandler", (Handler,), {"zoom": self}))
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Nobody listens any more; whoever hangs is let go."""
        self.heal()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._server = None

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Connections are refused."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        assert self.mistakes == []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self) -> ZoomSettings:
        """For `Settings(**zoom.settings())`, without a pace that would slow tests down."""
        return {
            "zoom_account_id": self.account_id,
            "zoom_client_id": self.client_id,
            "zoom_client_secret": SecretStr(self.client_secret),
            "zoom_webhook_secret": SecretStr(self.webhook_secret),
            "zoom_api_url": f"{self.base_url}/v2",
            "zoom_oauth_url": self.base_url,
            "zoom_per_second": 10_000,
        }

    def environment(self) -> dict[str, str]:
        """The same as environment variables."""
        plain = {name: value for name, value in self.settings().items() if not isinstance(value, SecretStr)}
        secret = {"zoom_client_secret": self.client_secret, "zoom_webhook_secret": self.webhook_secret}
        return {f"BIMTEK_{name.upper()}": str(value) for name, value in (plain | secret).items()}

    def live(self) -> list[Meeting]:
        """Meetings that are not deleted."""
        return [meeting for meeting in list(self.meetings.values()) if not meeting.deleted]

    def only(self) -> Meeting:
        """The one meeting there is."""
        (meeting,) = self.live()
        return meeting

    def fail(self, how: How, on: str = "*", times: int | None = None) -> None:
        """From now on calls of the kind `on` fail like that."""
        with self.lock:
            self._faults.append(Fault(how, on, times, threading.Event()))

    def heal(self) -> None:
        """Everything works again."""
        with self.lock:
            faults, self._faults = self._faults, []
        for fault in faults:
            fault.over.set()

    def fault_for(self, kind: str) -> Fault | None:
        """The fault that meets this call, used up by one."""
        with self.lock:
            fault = next((one for one in self._faults if one.on in {"*", kind} and one.left != 0), None)
            if fault is not None and fault.left is not None:
                fault.left -= 1
            return fault

    def forget_tokens(self) -> None:
        """Tokens given so far are no longer known."""
        self.tokens.clear()

    def too_fast(self) -> bool:
        """Whether this call is one too many in the last second."""
        now = time.monotonic()
        while self.recent and self.recent[0] <= now - 1:
            self.recent.popleft()
        if self.per_second_limit is not None and len(self.recent) >= self.per_second_limit:
            return True
        self.recent.append(now)
        return False

    def join(self, link: str, at: datetime | None = None) -> Connection:
        """A registrant comes in. Raises LookupError for a link that leads nowhere."""
        for meeting in self.live():
            for one in meeting.registrants.values():
                if link in {one.id, one.join_url} and one.status == "approved":
                    connection = self._enter(meeting, one.name, at)
                    connection.registrant = one
                    self._tell_of(connection, "joined")
                    return connection
        raise LookupError("this link leads nowhere")

    def join_unknown(self, meeting_id: int | str, name: str, at: datetime | None = None) -> Connection:
        """Somebody who is no registrant: the host, a telephone."""
        connection = self._enter(self.meetings[int(meeting_id)], name, at)
        self._tell_of(connection, "joined")
        return connection

    def leave(self, connection: Connection, at: datetime | None = None) -> None:
        """Ends one connection."""
        connection.left_at = at or clock.now()
        self._tell_of(connection, "left")

    def end(self, meeting_id: int | str, at: datetime | None = None) -> Sitting:
        """Ends the running use of a meeting."""
        meeting = self.meetings[int(meeting_id)]
        sitting = meeting.running
        assert sitting is not None
        for connection in sitting.connections:
            if connection.left_at is None:
                self.leave(connection, at)
        sitting.ended_at = at or clock.now()
        self._tell("meeting.ended", meeting, sitting, sitting.ended_at, {"end_time": text(sitting.ended_at)})
        return sitting

    def _enter(self, meeting: Meeting, name: str, at: datetime | None) -> Connection:
        at = at or clock.now()
        sitting = meeting.running
        if sitting is None:
            sitting = Sitting(new_uuid(awkward=self.awkward_uuids), at)
            meeting.sittings.append(sitting)
            self._tell("meeting.started", meeting, sitting, at, {})
        self._users += 1024
        uuid = secrets.token_hex(16).upper()
        connection = Connection(meeting.id, sitting.uuid, str(self._users), uuid, name, None, at)
        sitting.connections.append(connection)
        return connection

    def _tell_of(self, one: Connection, what: str) -> None:
        meeting = self.meetings[one.meeting_id]
        sitting = next(sitting for sitting in meeting.sittings if sitting.uuid == one.sitting)
        at = one.left_at if what == "left" else one.joined_at
        assert at is not None
        participant: dict[str, JsonValue] = {
            "user_id": one.user_id,
            "user_name": one.name,
            "participant_uuid": one.participant_uuid,
            "email": "",
            "leave_time" if what == "left" else "join_time": text(at),
        }
        if one.registrant is not None:
            participant["registrant_id"] = one.registrant.id
        self._tell(f"meeting.participant_{what}", meeting, sitting, at, {"participant": participant})

    def _tell(
        self, event: str, meeting: Meeting, sitting: Sitting, at: datetime, more: Mapping[str, JsonValue]
    ) -> None:
        told: dict[str, JsonValue] = {
            "id": str(meeting.id),
            "uuid": sitting.uuid,
            "host_id": meeting.host_id,
            "topic": meeting.topic,
            "type": meeting.type,
            "start_time": text(sitting.started_at),
            "duration": meeting.minutes,
            "timezone": meeting.fields.get("timezone", "UTC"),
            **more,
        }
        body = {
            "event": event,
            "event_ts": int(at.timestamp() * 1000),
            "payload": {"account_id": self.account_id, "object": told},
        }
        hook = Hook(event, json.dumps(body, ensure_ascii=False).encode())
        self.hooks.append(hook)
        if self.webhook_url is not None:
            self.deliver(hook, self.webhook_url)

    def validation(self) -> bytes:
        """Zoom's question whether the address is ours."""
        body = {"event": "endpoint.url_validation", "event_ts": 1, "payload": {"plainToken": secrets.token_hex(11)}}
        return json.dumps(body).encode()

    def signed(self, raw: bytes, *, at: datetime | None = None, secret: str | None = None) -> dict[str, str]:
        """The headers of a webhook that is sent now (real time), or `at`."""
        timestamp = str(int((at or clock.real_now()).timestamp()))
        key = (secret or self.webhook_secret).encode()
        signature = hmac.new(key, f"v0:{timestamp}:".encode() + raw, sha256).hexdigest()
        return {
            "x-zm-request-timestamp": timestamp,
            "x-zm-signature": f"v0={signature}",
            "content-type": "application/json",
        }

    def deliver(self, hook: Hook, url: str) -> int:
        """POSTs a webhook, signed now, with the three seconds that Zoom waits; the status it was answered with."""
        return httpx.post(url, content=hook.raw, headers=self.signed(hook.raw), timeout=3).status_code
