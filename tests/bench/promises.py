"""What fifty houses' promises cost one of them: each report, the dashboard and the lists, now and in the past."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle
from urllib.parse import urlencode
from uuid import UUID

from service import clock
from service.auth import API_KEY_PREFIX, GRANTABLE
from service.db import Database
from service.domain.reports import REPORTS
from service.models.organizers import ApiKey
from service.settings import Settings
from service.tokens import fingerprint, random_token
from tests.bench.fill import Entrance, World
from tests.bench.load import request
from tests.bench.rows import API, Requests, Row
from tests.support import many_promises
from tests.support.many_promises import Many

MINE = 7
KEY = random_token(API_KEY_PREFIX)
SECONDS = 3.0
_DOOR = Entrance(UUID(int=0), [], [])
WORLD = World("", KEY, _DOOR, _DOOR, _DOOR, _DOOR.workshop_id, _DOOR.workshop_id, _DOOR.workshop_id, [])
"""Nobody's: these rows know their own."""
LISTS: tuple[dict[str, str], ...] = (
    {},
    {"organisation": "opd-003"},
    {"dimension": "economy", "fulfilment_status": "returned"},
    {"commitment_status": "withdrawn"},
    {"overdue": "true"},
    {"waiting_on": "opd-003"},
    {"extension_requested": "true"},
    {"q": "Dinas 12"},
)


def size(*, quick: bool) -> Many:
    """180,000 commitments, or a tenth."""
    start = clock.now() - timedelta(days=33)
    return Many(start, houses=5) if quick else Many(start)


async def fill(settings: Settings, many: Many) -> None:
    """Fills a migrated, empty PostgreSQL database; `KEY` reads house 7, or the last one."""
    database = Database(settings)
    try:
        async with database.write() as session:
            await many_promises.write(session, many, settings.keyring.current_id)
            key = ApiKey(organizer_id=many_promises.house_id(_mine(many)), name="bench", token_hash=fingerprint(KEY))
            key.permissions = sorted(GRANTABLE)
            session.add(key)
    finally:
        await database.close()


def rows(many: Many) -> list[Row]:
    """One client, asking about now and about a day since which most has changed in turn."""
    workshop = str(many_promises.workshop_id(_mine(many)))
    among = f"of {many.commitments:,}"
    past = {"as_of": many.middle.isoformat()}

    def row(name: str, path: str, contains: bytes, **query: str) -> Row:
        asked = [query, query | past]
        return Row(f"{name} {among}", _get(path, asked), contains=contains, clients=1, warm_up=20)

    return [
        *(row(f"promises: {name}", f"/reports/{name}", b'"answer"', workshop=workshop) for name in REPORTS),
        row("promises: dashboard", "/dashboard", b'"totals"', workshop=workshop),
        row("promises: matrix", "/dashboard/matrix", b'"organisations"', workshop=workshop),
        row("promises: burn-up", "/dashboard/burn-up", b'"points"', workshop=workshop),
        *(row(f"promises: list {urlencode(wanted)}", "/commitments", b'"items"', **wanted) for wanted in LISTS),
    ]


def _get(path: str, queries: list[dict[str, str]]) -> Requests:
    def requests(_world: World, _port: int) -> Iterator[bytes]:
        return cycle([request("GET", f"{API}{path}?{urlencode(query)}", bearer=KEY) for query in queries])

    return requests


def _mine(many: Many) -> int:
    return min(MINE, many.houses)
