"""The port to whoever runs online rooms.

A third provider is one file beside this one that has a class with the methods of `RoomProvider`, one line in
`provider()`, its name in models.rooms.Provider, and its settings. Nothing else knows providers apart: a room whose
`url` is empty is one into which people get by links of their own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.settings import Settings


class RoomUnavailable(Exception):
    """The provider did not answer, or asked to wait; trying again later makes sense."""


class RoomRefused(Exception):
    """The provider will never do this. Says why, without links or personal data."""


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do: make rooms itself, give each person a link, report who was there."""

    creates_rooms: bool
    personal_links: bool
    reports_presence: bool


@dataclass(frozen=True)
class Meeting:
    """The room to be made. `key` is ours and stays the same over retries, so that no second room is made."""

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
    """Who is to be let in. `key` is ours; `email` may be a stand-in for people without one."""

    key: str
    name: str
    email: str


@dataclass(frozen=True)
class PersonalLink:
    """One person's way in, as the provider gave it."""

    url: str
    external_id: str | None


class RoomProvider(Protocol):
    """Every method may raise RoomUnavailable or RoomRefused and may be repeated with the same key."""

    @property
    def capabilities(self) -> Capabilities:
        """What this provider can do."""

    async def create_room(self, meeting: Meeting) -> OpenedRoom:
        """Makes the room, or finds the one made under the same key."""

    async def cancel_room(self, external_id: str) -> None:
        """Closes the room; one that is gone already is fine."""

    async def admit(self, external_id: str, person: Person) -> PersonalLink:
        """Gives a person a link of their own."""

    async def revoke(self, external_id: str, person: Person, personal_id: str) -> None:
        """Makes a person's link useless."""


class StaticRooms:
    """Any link that somebody pasted. The room exists already, so there is nothing to make, to close or to give out."""

    capabilities = Capabilities(creates_rooms=False, personal_links=False, reports_presence=False)

    async def create_room(self, meeting: Meeting) -> OpenedRoom:  # noqa: ARG002 - the port names it
        """Raises RoomRefused: a pasted link is a room already."""
        raise RoomRefused("static rooms are pasted, not made")

    async def cancel_room(self, external_id: str) -> None:
        """Nothing to do: the link is simply no longer handed out."""

    async def admit(self, external_id: str, person: Person) -> PersonalLink:  # noqa: ARG002 - the port names them
        """Raises RoomRefused: everybody uses the room's own link."""
        raise RoomRefused("static rooms have one link for all")

    async def revoke(self, external_id: str, person: Person, personal_id: str) -> None:
        """Nothing to do: `/join` no longer opens for the person."""


def provider(name: str, settings: Settings) -> RoomProvider | None:  # noqa: ARG001 - other providers read their settings
    """The provider of this name, None when it is not configured."""
    return {"static": StaticRooms()}.get(name)
