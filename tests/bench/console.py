"""What the committee's pages cost with many people in the workshop: each one alone, one after the other."""

from collections.abc import Iterator
from itertools import cycle

from service.pages import menus
from tests.bench.fill import ORGANISATIONS, World
from tests.bench.load import request
from tests.bench.rows import Requests, Row

ABOUT_A_WORKSHOP = (
    menus.OVERVIEW,
    menus.SETUP,
    menus.INVITATIONS,
    menus.REGISTRATIONS,
    menus.DOOR,
    menus.ATTENDANCE,
    menus.PRESENCES,
    menus.CERTIFICATES,
    menus.MATERIALS,
    menus.MESSAGES,
)
OTHERS = (
    menus.HOME,
    menus.ACCOUNT,
    menus.SETTINGS,
    menus.STAFF,
    menus.ORGANISATIONS,
    menus.PROGRAMMES,
    menus.HOLIDAYS,
    menus.WORDINGS,
    menus.API_KEYS,
    menus.WEBHOOKS,
    menus.INTEGRATIONS,
    menus.EVENTS,
    menus.BACKUPS,
)
NAME = "console"
_WARM_UP = 20
_SECONDS = 2.0


def rows(registrations: int) -> list[Row]:
    """A row for each page, about the workshop with so many registrations, and for one to which many are invited."""
    return [
        Row(
            f"{NAME}: {page}, {registrations:,} people",
            _visits(page, about=page in ABOUT_A_WORKSHOP),
            contains=b"</html>",
            clients=1,
            warm_up=_WARM_UP,
            longest=_SECONDS,
        )
        for page in (*ABOUT_A_WORKSHOP, *OTHERS)
    ] + [
        Row(
            f"{NAME}: {menus.INVITATIONS}, {ORGANISATIONS} organisations",
            _invitations,
            contains=b"</html>",
            clients=1,
            warm_up=_WARM_UP,
            longest=_SECONDS,
        )
    ]


def _invitations(world: World, port: int) -> Iterator[bytes]:
    address = f"{menus.INVITATIONS}?workshop={world.invited_workshop_id}"
    return cycle([request("GET", address, cookie=world.cookie)])


def _visits(page: str, *, about: bool) -> Requests:
    def requests(world: World, port: int) -> Iterator[bytes]:
        address = f"{page}?workshop={world.workshop_id}" if about else page
        return cycle([request("GET", address, cookie=world.cookie)])

    return requests
