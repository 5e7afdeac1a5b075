"""What happened in a world file, as a list of moments: each fact at its instant, so that loading can stop at any time.

A fact known only by its day happens at 00:00 local, a hall scan at its block's start, online minutes lie contiguously
over the block's agenda items. Rounds of returning and handing in again share the day of the last submission.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.demo.world import Item, World

Deed = Callable[[AsyncSession], Awaitable[None]]


@dataclass(frozen=True)
class Moment:
    """Something that happens at an instant."""

    at: datetime
    deed: Deed


class Calendar:
    """Turns the days of a world into instants."""

    def __init__(self, timezone: str) -> None:
        self.timezone = timezone

    def day(self, text: str, minutes: int = 0) -> datetime:
        """00:00 local of an ISO day, plus minutes."""
        return clock.start_of_day(date.fromisoformat(text), self.timezone) + timedelta(minutes=minutes)


def online_interval(world: World, block: str, minutes: int) -> tuple[datetime, datetime]:
    """From the block's first item until that many minutes of its items have passed; breaks do not count."""
    left = timedelta(minutes=minutes)
    items = world.items_of(block)
    end = items[0][0]
    for start, stop in items:
        if left <= timedelta():
            break
        end = min(stop, start + left)
        left -= end - start
    return items[0][0], end


def deliveries(commitment: Item) -> Iterator[str]:
    """The steps of a delivery in order: `submit` and `return` as often as it was returned, then how it stands."""
    status = commitment["fulfilment_status"]
    returned = max(cast("int", commitment["return_count"]), int(status == "returned"))
    if commitment["submitted_at"] is None:
        return
    for _round in range(returned):
        yield "submit"
        yield "return"
    if status != "returned":
        yield "submit"
    if status == "accepted":
        yield "accept"
