"""The port to whoever runs online rooms.

A third provider is one file beside this one that has a class with the methods of `RoomProvider`, one line in
`provider()`, its name in models.rooms.Provider, and its settings. Nothing else knows providers apart: a room whose
`url` is empty is one into which people get by links of their own. Its webhooks arrive at /webhooks/{name}/{organizer}.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.settings import Settings


class RoomUnavailable(Exception):
    """No answer, or none in time: whether it did what was asked is unknown. Look before asking again."""


class RoomBusy(RoomUnavailable):
    """The provider did nothing and asks to wait until `until` (real time, UTC): too many calls in a second or a day."""

    def __init__(self, until: datetime) -> None:
        super().__init__("asked to wait")
        self.until = until


class RoomRefused(Exception):
    """The provider will never do this. Says why, without links or personal data."""


class RoomGone(RoomRefused):
    """The provider knows no such room (any more)."""


class NotOurWebhook(Exception):
    """A webhook without a signature of ours, or one whose time is past."""


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do: make rooms itself, give each person a link, report who was there.

    `daily_writes` is how many rooms may be made or changed in a day (UTC), None without a limit.
    """

    creates_rooms: bool
    personal_links: bool
    reports_presence: bool
    daily_writes: int | None = None


@dataclass(frozen=True)
class Meeting:
    """The room to be made. `key` is ours and stays the same over retries, so that no second room is made.

    `days`: when it is used, one span per day, in order, instants in UTC.
    """

    key: str
    title: str
    timezone: str
    days: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True)
class OpenedRoom:
    """A room as the provider made it; `url` is empty when only personal links lead in."""

    external_id: str | None
    url: str | None
    passcode: str | None


@dataclass(frozen=True)
class Person:
    """Who is to be let in. `key` is ours; `email` may be a stand-in. `name` is what others see."""

    key: str
    name: str
    email: str


@dataclass(frozen=True)
class PersonalLink:
    """One person's way in, as the provider gave it."""

    url: str
    external_id: str | None


@dataclass(frozen=True)
class Admitted:
    """Somebody whom the provider would let in; `email` in lower case."""

    email: str
    external_id: str
    url: str


@dataclass(frozen=True)
class Notice:
    """What a provider tells by webhook of the room `external_id`.

    `kind` is started, ended, joined or left. `key` is the same when it is repeated. `sitting` is the provider's id of
    this use of the room, `connection` of one connection in it; `registrant` is `PersonalLink.external_id`, when it is
    known who it is.
    """

    key: str
    kind: str
    external_id: str
    sitting: str
    at: datetime
    connection: str | None = None
    registrant: str | None = None
    display_name: str = ""


@dataclass(frozen=True)
class Challenge:
    """A provider's question whether the address is ours; `answer` is the JSON to be sent back."""

    answer: dict[str, str]


@dataclass(frozen=True)
class Stay:
    """One connection of the provider's report; `registrant` is `PersonalLink.external_id`, when that is known."""

    connection: str
    registrant: str | None
    display_name: str
    joined_at: datetime
    left_at: datetime


class RoomProvider(Protocol):
    """Every method may raise RoomUnavailable, RoomBusy, RoomRefused or RoomGone."""

    @property
    def capabilities(self) -> Capabilities:
        """What this provider can do."""

    def writes(self, meeting: Meeting) -> int:
        """How many of `daily_writes` making this room takes."""

    async def find_room(self, key: str) -> OpenedRoom | None:
        """The room that was made under our key, if there is one."""

    async def create_room(self, meeting: Meeting) -> OpenedRoom:
        """Makes the room. Whoever does not know how an earlier attempt ended asks `find_room` first."""

    async def update_room(self, external_id: str, meeting: Meeting) -> None:
        """Brings an existing room to these times and this title; may be repeated."""

    async def cancel_room(self, external_id: str) -> None:
        """Closes the room; one that is gone already is fine."""

    async def admit(self, external_id: str, person: Person) -> PersonalLink:
        """Gives a person a link of their own."""

    async def revoke(self, external_id: str, person: Person, personal_id: str) -> None:
        """Makes a person's link useless; one that is useless already is fine."""

    async def admitted(self, external_id: str) -> list[Admitted]:
        """Everybody the provider would let in."""

    async def report(self, external_id: str, sittings: Sequence[str]) -> list[Stay]:
        """Who was there when: in the latest use of the room and those named. RoomUnavailable until it is ready."""

    def read_webhook(self, headers: Mapping[str, str], raw: bytes) -> list[Notice] | Challenge:
        """What a webhook says; an empty list for what is of no interest. Raises NotOurWebhook, ValueError."""


class StaticRooms:
    """Any link that somebody pasted. The room exists already, so there is nothing to make, to close or to give out."""

    capabilities = Capabilities(creates_rooms=False, personal_links=False, reports_presence=False)

    def writes(self, meeting: Meeting) -> int:  # noqa: ARG002 - the port names it
        """Nothing is limited."""
        return 0

    async def find_room(self, key: str) -> OpenedRoom | None:  # noqa: ARG002 - the port names it
        """A pasted link is never looked for."""
        return None

    async def create_room(self, meeting: Meeting) -> OpenedRoom:  # noqa: ARG002 - the port names it
        """Raises RoomRefused: a pasted link is a room already."""
        raise RoomRefused("static rooms are pasted, not made")

    async def update_room(self, external_id: str, meeting: Meeting) -> None:
        """Nothing to do: whoever pasted the link keeps the room."""

    async def cancel_room(self, external_id: str) -> None:
        """Nothing to do: the link is simply no longer handed out."""

    async def admit(self, external_id: str, person: Person) -> PersonalLink:  # noqa: ARG002 - the port names them
        """Raises RoomRefused: everybody uses the room's own link."""
        raise RoomRefused("static rooms have one link for all")

    async def revoke(self, external_id: str, person: Person, personal_id: str) -> None:
        """Nothing to do: `/join` no longer opens for the person."""

    async def admitted(self, external_id: str) -> list[Admitted]:  # noqa: ARG002 - the port names it
        """Nobody in particular."""
        return []

    async def report(self, external_id: str, sittings: Sequence[str]) -> list[Stay]:  # noqa: ARG002 - the port names them
        """Nothing is known of who was there."""
        return []

    def read_webhook(self, headers: Mapping[str, str], raw: bytes) -> list[Notice] | Challenge:  # noqa: ARG002 - the port names them
        """Raises NotOurWebhook: nobody calls."""
        raise NotOurWebhook


def provider(name: str, settings: Settings) -> RoomProvider | None:
    """The provider of this name, None when it is not configured. Asked again, it is the same one."""
    from service.clients import zoom  # noqa: PLC0415 - it implements the port above

    if name == "zoom":
        return zoom.rooms(settings)
    return {"static": StaticRooms()}.get(name)
