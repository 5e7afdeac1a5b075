"""Zoom behind the port of clients/rooms.py: one meeting per workshop, in which every person is a registrant.

Only personal links lead in, so the meeting's own link is never read. Zoom sends no mail of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC
from functools import cache
from typing import TypeVar
from urllib.parse import quote

from pydantic import JsonValue

from service import clock
from service.clients.rooms import (
    Admitted,
    Capabilities,
    Challenge,
    Meeting,
    Notice,
    OpenedRoom,
    Person,
    PersonalLink,
    RoomGone,
    RoomRefused,
    RoomUnavailable,
    Stay,
)
from service.clients.zoom_api import Line, ZoomAccount, ZoomApi, read
from service.clients.zoom_schedule import Schedule, schedule
from service.clients.zoom_shapes import (
    AddedRegistrant,
    Meeting as ZoomMeeting,
    Meetings,
    Occurrence,
    Paged,
    Registrants,
    Report,
    ReportedParticipant,
)
from service.clients.zoom_webhooks import read_webhook
from service.settings import Settings

_LONGEST_TOPIC = 200
_LONGEST_NAME = 64
_PAGE = "300"
_Page = TypeVar("_Page", bound=Paged)

# A waiting room would switch joining before the host off and have the host let in hundreds by hand; who may come in is
# already decided by registration. People can try their sound a quarter of an hour before, and a host who is late keeps
# nobody out.
_SETTINGS: dict[str, JsonValue] = {
    "approval_type": 0,
    "registration_type": 1,
    "registrants_email_notification": False,
    "registrants_confirmation_email": False,
    "email_notification": False,
    "show_share_button": False,
    "waiting_room": False,
    "join_before_host": True,
    "jbh_time": 15,
    "mute_upon_entry": True,
}


class ZoomRooms:
    """The methods of RoomProvider, see there. One instance per account and process shares token and pace."""

    def __init__(self, account: ZoomAccount) -> None:
        self._account = account
        self._api = ZoomApi(account)
        self._meetings = f"/users/{quote(account.user_id, safe='')}/meetings"
        self.capabilities = Capabilities(
            creates_rooms=True, personal_links=True, reports_presence=True, daily_writes=account.daily_writes
        )

    def writes(self, meeting: Meeting) -> int:
        """One for the meeting, one for each occurrence to be deleted because it falls on a day that is not ours."""
        return 1 + schedule(meeting.days, meeting.timezone).too_many

    async def find_room(self, key: str) -> OpenedRoom | None:
        """The meeting whose agenda begins with our key."""
        async with self._api.line() as zoom:
            with _host_exists():
                pages = await _pages(zoom, self._meetings, Meetings, {"type": "scheduled"})
            for listed in (one for page in pages for one in page.meetings if one.agenda.startswith(_mark(key))):
                with suppress(RoomGone):
                    return _opened(read(await zoom.call("GET", f"/meetings/{listed.id}"), ZoomMeeting))
        return None

    async def create_room(self, meeting: Meeting) -> OpenedRoom:
        """Makes the meeting, then deletes occurrences that are too many.

        When that fails half-way, `find_room` finds the meeting and `update_room` deletes the rest.
        """
        plan = schedule(meeting.days, meeting.timezone)
        async with self._api.line() as zoom:
            body = _fields(meeting) | plan.fields(recurring=len(meeting.days) > 1)
            with _host_exists():
                answer = await zoom.call("POST", self._meetings, body=body)
            made = read(answer, ZoomMeeting)
            await _delete_others(zoom, made.id, made.occurrences, plan)
        return _opened(made)

    async def update_room(self, external_id: str, meeting: Meeting) -> None:
        """Tells Zoom the title and the days still to come: it ignores times of which the first is past."""
        coming = [day for day in meeting.days if day[0] > clock.now()]
        plan = schedule(coming, meeting.timezone) if coming else None
        times = plan.fields(recurring=len(meeting.days) > 1) if plan else {}
        path = f"/meetings/{quote(external_id, safe='')}"
        async with self._api.line() as zoom:
            await zoom.call("PATCH", path, body=_fields(meeting) | times)
            if plan and len(meeting.days) > 1:
                now = read(await zoom.call("GET", path), ZoomMeeting)
                await _delete_others(zoom, now.id, now.occurrences, plan)

    async def cancel_room(self, external_id: str) -> None:
        """Deletes the meeting; Zoom tells nobody."""
        async with self._api.line() as zoom:
            with suppress(RoomGone):
                await zoom.call("DELETE", f"/meetings/{quote(external_id, safe='')}")

    async def admit(self, external_id: str, person: Person) -> PersonalLink:
        """Adds a registrant. Zoom answers the same address with the same registrant, three times a day."""
        first, last = _split(person.name)
        body: dict[str, JsonValue] = {"email": person.email, "first_name": first, "last_name": last}
        async with self._api.line() as zoom:
            answer = await zoom.call("POST", f"/meetings/{quote(external_id, safe='')}/registrants", body=body)
        added = read(answer, AddedRegistrant)
        return PersonalLink(added.join_url, added.registrant_id)

    async def revoke(self, external_id: str, person: Person, personal_id: str) -> None:
        """Cancels a registrant; Zoom tells nobody."""
        path = f"/meetings/{quote(external_id, safe='')}/registrants/status"
        body: dict[str, JsonValue] = {"action": "cancel", "registrants": [{"id": personal_id, "email": person.email}]}
        async with self._api.line() as zoom:
            with suppress(RoomGone):
                await zoom.call("PUT", path, body=body)

    async def admitted(self, external_id: str) -> list[Admitted]:
        """Every approved registrant."""
        path = f"/meetings/{quote(external_id, safe='')}/registrants"
        async with self._api.line() as zoom:
            return [
                Admitted(one.email.lower(), one.id, one.join_url)
                for page in await _pages(zoom, path, Registrants, {"status": "approved"})
                for one in page.registrants
            ]

    async def report(self, external_id: str, sittings: Sequence[str]) -> list[Stay]:
        """Everybody's connections, each once, in the latest use and in those named."""
        stays: dict[Stay, None] = {}
        async with self._api.line() as zoom:
            for use in dict.fromkeys((external_id, *sittings)):
                path = f"/report/meetings/{_use(use)}/participants"
                try:
                    for page in await _pages(zoom, path, Report, {"include_fields": "registrant_id"}):
                        stays.update((stay, None) for row in page.participants if (stay := _stay(row)) is not None)
                except RoomGone:
                    raise RoomUnavailable("the report is not ready") from None
        return list(stays)

    def read_webhook(self, headers: Mapping[str, str], raw: bytes) -> list[Notice] | Challenge:
        """See clients/zoom_webhooks.py."""
        return read_webhook(self._account.webhook_secret, headers, raw)


def rooms(settings: Settings) -> ZoomRooms | None:
    """The provider of these settings, always the same one; None when they name no app."""
    if settings.zoom_account_id is None or settings.zoom_client_id is None or settings.zoom_client_secret is None:
        return None
    return _rooms(
        ZoomAccount(
            account_id=settings.zoom_account_id,
            client_id=settings.zoom_client_id,
            client_secret=settings.zoom_client_secret,
            webhook_secret=settings.zoom_webhook_secret,
            user_id=settings.zoom_user_id,
            api_url=settings.zoom_api_url.rstrip("/"),
            oauth_url=settings.zoom_oauth_url.rstrip("/"),
            per_second=settings.zoom_per_second,
            daily_writes=settings.zoom_daily_writes,
        )
    )


@cache
def _rooms(account: ZoomAccount) -> ZoomRooms:
    return ZoomRooms(account)


@contextmanager
def _host_exists() -> Iterator[None]:
    """Of a host, not of a meeting, "gone" means that our own setting is wrong."""
    try:
        yield
    except RoomGone:
        raise RoomRefused("Zoom 1001: rapat atau penyelenggaranya tidak ditemukan") from None


async def _pages(zoom: Line, path: str, shape: type[_Page], query: Mapping[str, str]) -> list[_Page]:
    """Every page of a list."""
    pages: list[_Page] = []
    tokens = {""}
    more: dict[str, str] = {}
    while True:
        page = read(await zoom.call("GET", path, query={**query, "page_size": _PAGE, **more}), shape)
        pages.append(page)
        if page.next_page_token in tokens:  # a token that came before would lead round for ever
            return pages
        tokens.add(page.next_page_token)
        more = {"next_page_token": page.next_page_token}


async def _delete_others(zoom: Line, meeting: int, occurrences: Sequence[Occurrence], plan: Schedule) -> None:
    for one in occurrences:
        if one.status != "deleted" and not plan.wants(one.start_time):
            await zoom.call("DELETE", f"/meetings/{meeting}", query={"occurrence_id": one.occurrence_id})


def _fields(meeting: Meeting) -> dict[str, JsonValue]:
    topic = _storable(meeting.title)[:_LONGEST_TOPIC]
    return {"topic": topic, "agenda": _mark(meeting.key), "settings": _SETTINGS}


def _mark(key: str) -> str:
    """Closed by brackets, so that no key is the beginning of another."""
    return f"[{key}]"


def _opened(meeting: ZoomMeeting) -> OpenedRoom:
    return OpenedRoom(external_id=str(meeting.id), url=None, passcode=meeting.password or None)


def _split(name: str) -> tuple[str, str]:
    """The name as Zoom's two fields, which it shows with a space between: at a space, where the rest then fits."""
    name = " ".join(_storable(name).split()) or "-"
    if len(name) <= _LONGEST_NAME:
        return name, ""
    at = name.rfind(" ", 1, _LONGEST_NAME + 1)
    if at < 0 or len(name) - at - 1 > _LONGEST_NAME:
        at = _LONGEST_NAME
    return name[:at], name[at:].strip()[:_LONGEST_NAME]


def _storable(text: str) -> str:
    """Lone surrogates have no bytes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _use(use: str) -> str:
    """A meeting's id or one use's uuid in a path: Zoom wants some uuids encoded twice."""
    once = quote(use, safe="")
    return quote(once, safe="") if use.startswith("/") or "//" in use else once


def _stay(row: ReportedParticipant) -> Stay | None:
    """None for who never came in, or whose times are missing. A `user_id` comes again in another use."""
    if row.join_time is None or row.leave_time is None or row.status != "in_meeting":
        return None
    joined, left = row.join_time.astimezone(UTC), row.leave_time.astimezone(UTC)
    connection = f"{row.user_id}@{joined.timestamp():.0f}"
    return Stay(connection, row.registrant_id or None, row.name, joined, left)
