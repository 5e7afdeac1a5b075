"""Calendar feeds as two independent programs read them, and what makes one change."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise

import vobject
from httpx import AsyncClient
from icalendar import Calendar
from icalendar.cal import Component
from sqlalchemy import event
from sqlmodel import SQLModel

from service import clock
from service.db import Database

Step = Callable[[], Awaitable[None]]


async def events(client: AsyncClient, path: str, **headers: str) -> list[Component]:
    """The VEVENTs of a feed, in order; icalendar and vobject must agree on them."""
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    ours = list(Calendar.from_ical(answer.content).walk("VEVENT"))
    theirs = vobject.readOne(answer.text).contents.get("vevent", [])
    assert [one.uid.value for one in theirs] == [str(one["UID"]) for one in ours]
    assert [one.summary.value for one in theirs] == [str(one["SUMMARY"]) for one in ours]
    assert [one.dtstart.value for one in theirs] == [one.decoded("DTSTART") for one in ours]
    assert len({one.uid.value for one in theirs}) == len(theirs)
    return ours


async def name(client: AsyncClient, path: str, **headers: str) -> str:
    """What a feed calls itself."""
    return str(Calendar.from_ical((await client.get(path, headers=headers)).content)["X-WR-CALNAME"])


async def changes(client: AsyncClient, path: str, steps: Sequence[Step]) -> list[bool]:
    """Which steps changed the feed's bytes; its ETag must have changed with them, and only then. A minute a step."""
    seen = [await client.get(path)]
    for step in steps:
        clock.freeze(clock.now() + timedelta(minutes=1))
        await step()
        again = await client.get(path, headers={"If-None-Match": seen[-1].headers["etag"]})
        seen.append(await client.get(path))
        assert again.status_code == (304 if seen[-1].content == seen[-2].content else 200), step
    pairs = list(pairwise(seen))
    changed = [one.content != before.content for before, one in pairs]
    assert changed == [one.headers["etag"] != before.headers["etag"] for before, one in pairs]
    return changed


def set_on(database: Database, row: SQLModel, **values: object) -> Step:
    """A step that sets these columns."""

    async def step() -> None:
        async with database.write() as session:
            found = await session.get_one(type(row), row.id)  # type: ignore[attr-defined] # every table of ours has an id
            found.sqlmodel_update(values)

    return step


def edit(database: Database, row: SQLModel, **values: object) -> Step:
    """A step that changes a row as the service does: its version and the instant of its last change follow."""

    async def step() -> None:
        async with database.write() as session:
            found = await session.get_one(type(row), row.id)  # type: ignore[attr-defined] # every table of ours has an id
            found.sqlmodel_update({"version": found.version + 1, "updated_at": clock.now()} | values)  # type: ignore[attr-defined] # and those edited a version

    return step


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    seen: list[str] = []

    def note(*call: object) -> None:
        seen.append(str(call[2]))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)
