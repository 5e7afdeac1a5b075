"""Recomputes the sealed event log and names what does not fit.

Each event's hash covers the one before it; the head of an organizer's chain carries an HMAC whose key is not in the
database. So whoever can write every table still cannot change the log unseen. Events not yet sealed are not covered.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from hmac import compare_digest
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import sealing
from service.db import settings_of
from service.events import registration_of
from service.models.organizers import Organizer
from service.models.outbox import EventChain, EventRow

_PAGE = 1000


class Flaw(StrEnum):
    """How a log differs from what was sealed. `rewritten`: its hashes fit each other, but not the head."""

    CHANGED = "changed"
    DELETED = "deleted"
    SWAPPED = "swapped"
    CUT = "cut"
    ADDED = "added"
    REWRITTEN = "rewritten"
    HEAD = "head"
    KEY = "key"


EXPLANATIONS = {
    Flaw.CHANGED: "differs from what was sealed",
    Flaw.DELETED: "was deleted; the event named is the next one left",
    Flaw.SWAPPED: "does not belong here: it changed places with another",
    Flaw.CUT: "and everything after it was deleted",
    Flaw.ADDED: "was not sealed by this service: it lies behind the head",
    Flaw.REWRITTEN: "does not lead to the head: events up to here were changed and their hashes made to fit",
    Flaw.HEAD: "is the head, and was not written by this service",
    Flaw.KEY: "is the head, and its key is not configured (BIMTEK_FORMER_SECRET_KEYS)",
}


@dataclass(frozen=True)
class Finding:
    """The first flaw of an organizer's log: at which sequence, and on which event (None: there is none)."""

    organizer: str
    flaw: Flaw
    sequence: int
    event_id: UUID | None

    def __str__(self) -> str:
        event = f" (event {self.event_id})" if self.event_id else ""
        return f"{self.organizer}: sequence {self.sequence}{event} {EXPLANATIONS[self.flaw]}"


@dataclass(frozen=True)
class Head:
    """Where an organizer's log ends. Kept outside the machine, it shows a log that was set back as a whole."""

    organizer: str
    sequence: int
    hash: str


@dataclass(frozen=True)
class Verdict:
    """The heads that were found, and the first flaw of each log that has one."""

    heads: list[Head]
    findings: list[Finding]


async def verify(session: AsyncSession) -> Verdict:
    """Checks every organizer's log; may run while events are recorded and sealed."""
    verdict = Verdict([], [])
    for organizer_id, slug in await session.exec(select(Organizer.id, Organizer.slug).order_by(col(Organizer.slug))):
        one = await verify_one(session, organizer_id, slug)
        verdict.heads.extend(one.heads)
        verdict.findings.extend(one.findings)
    return verdict


async def verify_one(session: AsyncSession, organizer_id: UUID, slug: str) -> Verdict:
    """Checks one organizer's log."""
    # In this order: whoever seals in between moves the head past the last event we saw, never the other way.
    newest = select(func.max(EventRow.sequence)).where(EventRow.organizer_id == organizer_id)
    last = (await session.exec(newest)).one()
    head = await session.get(EventChain, organizer_id)
    finding = await _first_flaw(session, slug, organizer_id, last or 0, head)
    heads = [Head(slug, head.sequence, head.hash)] if head else []
    return Verdict(heads, [finding] if finding else [])


async def _first_flaw(
    session: AsyncSession, slug: str, organizer_id: UUID, last: int, head: EventChain | None
) -> Finding | None:
    if head is None:
        return await _without_head(session, slug, organizer_id, last)
    if flaw := _flaw_of_head(session, head):
        return Finding(slug, flaw, head.sequence, None)
    if finding := await _flaw_of_rows(session, slug, head):
        return finding
    if last > head.sequence:
        behind = select(EventRow.id).where(EventRow.organizer_id == organizer_id, EventRow.sequence == last)
        return Finding(slug, Flaw.ADDED, last, (await session.exec(behind)).first())
    return None


async def _flaw_of_rows(session: AsyncSession, slug: str, head: EventChain) -> Finding | None:
    previous, expected = "", 1
    async for row in _rows(session, head.organizer_id, head.sequence):
        if row.sequence != expected:
            return Finding(slug, Flaw.DELETED, expected, row.id)
        if row.hash != sealing.chain_hash(previous, row, expected):
            moved = await _belongs_elsewhere(session, previous, row, head.sequence)
            return Finding(slug, Flaw.SWAPPED if moved else Flaw.CHANGED, expected, row.id)
        # The hash leaves this column out: it repeats what `data` says, for who asks for one person's history.
        if row.registration_id != registration_of(row.type, row.data):
            return Finding(slug, Flaw.CHANGED, expected, row.id)
        previous, expected = row.hash, expected + 1
    if expected <= head.sequence:
        return Finding(slug, Flaw.CUT, expected, None)
    return None if previous == head.hash else Finding(slug, Flaw.REWRITTEN, head.sequence, None)


async def _without_head(session: AsyncSession, slug: str, organizer_id: UUID, last: int) -> Finding | None:
    """An organizer's creation is an event: only one that still waits for its seal excuses a missing head."""
    waiting = select(EventRow.id).where(EventRow.organizer_id == organizer_id, col(EventRow.sequence).is_(None))
    if last == 0 and (await session.exec(waiting)).first():
        return None
    return Finding(slug, Flaw.HEAD if last else Flaw.CUT, last or 1, None)


def _flaw_of_head(session: AsyncSession, head: EventChain) -> Flaw | None:
    try:
        right = sealing.head_seal(settings_of(session).keyring, head)
    except KeyError:
        return Flaw.KEY
    return None if compare_digest(right, head.seal) else Flaw.HEAD


async def _belongs_elsewhere(session: AsyncSession, previous: str, found: EventRow, until: int) -> bool:
    """Whether some later event fits where `found` stands."""
    here = found.sequence or 0
    async for row in _rows(session, found.organizer_id, until, after=here):
        if sealing.chain_hash(previous, row, here) in (row.hash, found.hash):
            return True
    return False


async def _rows(session: AsyncSession, organizer_id: UUID, until: int, after: int = 0) -> AsyncIterator[EventRow]:
    """Sealed events by sequence, a page at a time."""
    while True:
        query = select(EventRow).where(
            EventRow.organizer_id == organizer_id, col(EventRow.sequence) > after, col(EventRow.sequence) <= until
        )
        page = (await session.exec(query.order_by(col(EventRow.sequence)).limit(_PAGE))).all()
        for row in page:
            yield row
        if len(page) < _PAGE:
            return
        after = page[-1].sequence or 0
        session.expunge_all()
