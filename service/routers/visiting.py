"""Where a request comes from, as far as the service remembers it, and how much may come from there."""

import contextlib
from collections import Counter
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeout
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import Busy, Database
from service.domain import join_uses, limits
from service.errors import NotFound, Refusal, TooManyRequests, Unauthenticated
from service.routers.access import bearer_of, database_of

WINDOW = timedelta(minutes=10)
SHARES = 50
"""A process counts wrong links by itself and writes them down in shares, or a flood of them would be one of writes."""
MOST_SOURCES = 10_000
_IPV6_HOUSEHOLD = 64


def place_of(request: Request) -> str:
    """The visitor's network and kind of device as a keyed hash. Behind a trusted proxy the forwarded address counts."""
    address = request.client.host if request.client else ""
    return join_uses.place_of(database_of(request).settings.keyring, address, request.headers.get("user-agent", ""))


def source_of(address: str) -> str:
    """What limits count as one source: an IPv4 address, the /64 of an IPv6 one; what is no address counts as itself."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((int(ip), _IPV6_HOUSEHOLD), strict=False))


def source(request: Request) -> str:
    """Where a request comes from, as limits count it. Behind a trusted proxy the forwarded address counts."""
    return source_of(request.client.host if request.client else "")


async def count_registration(request: Request, session: AsyncSession) -> None:
    """Counts a public registration from the visitor's address; an office shares one, so the limit is generous.

    In the transaction of the registration itself and before its locks: a registration costs one commit, not two, and
    what is refused costs nobody a place. How often one contact is written to is limited where messages are made.
    Raises TooManyRequests.
    """
    most = database_of(request).settings.registrations_per_address
    await limits.hit_within(session, f"registration:{source(request)}", most, WINDOW)


class Guesses:
    """Wrong links and keys of this process that are not yet written down, and who has sent too many of them."""

    def __init__(self) -> None:
        self._pending: Counter[str] = Counter()
        self._until: dict[str, datetime] = {}

    async def count(self, database: Database, source: str) -> int | None:
        """One more from there; the seconds to wait when it was one too many, in all processes together."""
        now = clock.real_now()
        if (until := self._until.get(source, now)) > now:
            return int((until - now).total_seconds()) + 1
        limit = database.settings.failed_links
        if len(self._pending) + len(self._until) >= MOST_SOURCES:
            self._pending.clear()
            self._until.clear()
        self._pending[source] += 1
        if self._pending[source] < max(1, limit // SHARES):
            return None
        try:
            await limits.hit(database, f"link:{source}", limit, WINDOW, count=self._pending.pop(source, 1))
        except TooManyRequests as full:
            self._until[source] = now + timedelta(seconds=full.retry_after or 1)
            return full.retry_after
        return None


async def judged(request: Request, refusal: Refusal) -> Refusal:
    """The refusal of a wrong link or credential, or TooManyRequests for an address that has sent too many of them.

    Good links from there still open: an office shares one address, and 128 bits are not guessed. To be called when the
    request's transaction has ended.
    """
    by_link = isinstance(refusal, NotFound) and "token" in request.path_params
    by_key = isinstance(refusal, Unauthenticated) and bearer_of(request) is not None
    if not (by_link or by_key):
        return refusal
    wait = await _counted(request)
    return refusal if wait is None else TooManyRequests(retry_after=wait)


async def count_guess(request: Request) -> None:
    """Counts a code that opened nothing, like a wrong link, though it is answered. Raises TooManyRequests."""
    wait = await _counted(request)
    if wait is not None:
        raise TooManyRequests(retry_after=wait)


async def _counted(request: Request) -> int | None:
    guesses: Guesses = request.app.state.guesses
    with contextlib.suppress(DBAPIError, PoolTimeout, OSError, Busy):  # uncounted while the database is away
        return await guesses.count(database_of(request), source_of(request.client.host if request.client else ""))
    return None
