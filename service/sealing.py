"""Seals events: gives each its feed sequence and a hash chain per organizer, and fans it out into deliveries.

The event table is also the audit log and the change feed; the head of each chain is kept as an HMAC.
"""

import hashlib
import json
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.db import is_postgresql, settings_of
from service.models.outbox import EventChain, EventRow
from service.outbox import fan_out
from service.tokens import Keyring


def chain_hash(previous: str, row: EventRow, sequence: int) -> str:
    """SHA-256 (hex) over the previous hash and everything the row says."""
    body = json.dumps(
        [
            previous,
            str(row.organizer_id),
            sequence,
            str(row.id),
            row.type,
            row.data,
            row.actor,
            row.happened_at.isoformat(),
        ],
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(body.encode()).hexdigest()


def head_seal(keyring: Keyring, chain: EventChain) -> str:
    """HMAC over an organizer's head."""
    message = f"{chain.organizer_id}:{chain.sequence}:{chain.hash}".encode()
    return keyring.mac("event-chain", message, chain.key_id).hex()


async def waits_to_be_sealed(session: AsyncSession) -> bool:
    """Whether there is an event to seal: a look that is cheaper than a transaction that writes nothing."""
    query = select(EventRow.id).where(col(EventRow.sequence).is_(None)).limit(1)
    return (await session.exec(query)).first() is not None


async def seal(session: AsyncSession, limit: int = 500) -> int:
    """Gives the oldest unsealed events their sequence and hash, and fans them out into deliveries.

    Returns how many. The chain rows are locked in order of organizer, so sealers of several processes take turns; an
    event whose transaction commits later than a younger id simply comes later in the sequence.
    """
    pending = select(EventRow).where(col(EventRow.sequence).is_(None)).order_by(col(EventRow.id)).limit(limit)
    if is_postgresql(session):
        pending = pending.with_for_update(skip_locked=True)
    rows = list(await session.exec(pending))
    if not rows:
        return 0
    chains = await _locked_chains(session, sorted({row.organizer_id for row in rows}))
    keyring = settings_of(session).keyring
    for row in rows:
        chain = chains[row.organizer_id]
        chain.sequence += 1
        row.sequence, row.hash = chain.sequence, chain_hash(chain.hash, row, chain.sequence)
        chain.hash = row.hash
    for chain in chains.values():
        chain.key_id = keyring.current_id
        chain.seal = head_seal(keyring, chain)
    await session.flush()
    await fan_out(session, rows)
    return len(rows)


async def _locked_chains(session: AsyncSession, organizers: list[UUID]) -> dict[UUID, EventChain]:
    chains: dict[UUID, EventChain] = {}
    for organizer_id in organizers:
        chain = await session.get(EventChain, organizer_id, with_for_update=True)
        if chain is None:
            chain = EventChain(organizer_id=organizer_id, key_id=settings_of(session).keyring.current_id)
            session.add(chain)
            await session.flush()
        chains[organizer_id] = chain
    return chains
