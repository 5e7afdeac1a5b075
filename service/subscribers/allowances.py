"""How many messages a channel may still send in this minute, all processes together.

Counting is a transaction of its own, too dear to pay for every message: a process takes a share of the minute at once
and spends it. What is left of a share when the minute is over is forgotten, so a channel sends at most what its limit
allows, and up to one share per process less.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from service import clock
from service.db import Database
from service.domain import limits
from service.errors import TooManyRequests
from service.models.messages import Channel
from service.outbox import Later
from service.settings import Settings

MINUTE = timedelta(minutes=1)
SHARES = 30
"""Into how many shares a minute is divided: 600 mails make 30 transactions instead of 600."""


@dataclass
class _Share:
    left: int = 0
    until: datetime | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


_shares: WeakKeyDictionary[Database, defaultdict[Channel, _Share]] = WeakKeyDictionary()


async def spend(database: Database, channel: Channel) -> None:
    """Counts one message of a channel. Raises Later, until the minute is over, when no more may be sent in it."""
    limit = _limit(database.settings, channel)
    if limit is None:
        return
    share = _shares.setdefault(database, defaultdict(_Share))[channel]
    async with share.turn:
        if share.left == 0 or share.until is None or share.until <= clock.real_now():
            size = max(1, limit // SHARES)
            try:
                share.until = await limits.hit(database, f"channel:{channel}", limit, MINUTE, count=size)
            except TooManyRequests as full:
                raise Later(timedelta(seconds=full.retry_after or 1)) from None
            share.left = size
        share.left -= 1


def _limit(settings: Settings, channel: Channel) -> int | None:
    """Messages per minute; None where nobody is there to be overrun: mail that is written to files."""
    if channel is Channel.WHATSAPP:
        return settings.whatsapp_per_minute
    return settings.mail_per_minute if settings.smtp_host else None
