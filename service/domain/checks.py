"""Trials that take their time: begun by somebody, run beside requests, their latest result kept.

Real time throughout. While a trial runs its process says so every BEAT; one that has been silent for SILENCE died with
its process, whichever process looks, and may be begun again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import organizers
from service.domain.checks_errors import AlreadyRunning
from service.models.checks import Check, CheckName

BEAT = timedelta(seconds=10)
SILENCE = timedelta(minutes=1)
_ALIVE, _STOPPED = "alive_at", "stopped"


@dataclass(frozen=True)
class Run:
    """One trial: the row is that of its successors too, and tells them apart by when they began."""

    check_id: UUID
    started_at: datetime


async def latest(session: AsyncSession, actor: Actor) -> dict[CheckName, Check]:
    """The latest trial of each name that was ever tried."""
    rows = await session.exec(select(Check).where(Check.organizer_id == actor.tenant))
    return {row.name: row for row in rows}


async def begin(session: AsyncSession, actor: Actor, name: CheckName) -> Check:
    """Notes that a trial begins, instead of its former result. Raises AlreadyRunning."""
    # The organizer's row makes two that begin at once see one another.
    house = await organizers.own(session, actor, lock=True)
    found = select(Check).where(Check.organizer_id == house.id, Check.name == name)
    row = (await session.exec(found, execution_options={"populate_existing": True})).first()
    now = clock.real_now()
    if row is None:
        row = Check(organizer_id=house.id, name=name, by=actor.label, started_at=now)
    elif is_running(row):
        raise AlreadyRunning
    row.by, row.started_at, row.finished_at, row.result = actor.label, now, None, {}
    session.add(row)
    await session.flush()
    return row


async def beat(session: AsyncSession, run: Run) -> None:
    """Says that it still runs."""
    await _write(session, run, result={_ALIVE: clock.real_now().isoformat()})


async def finish(session: AsyncSession, run: Run, result: Mapping[str, object]) -> None:
    """Keeps what came out, unless it was begun again meanwhile."""
    await _write(session, run, finished_at=clock.real_now(), result=dict(result))


async def give_up(session: AsyncSession, run: Run) -> None:
    """Notes that it will not end, so that it can be begun again at once."""
    await _write(session, run, result={_STOPPED: True})


async def _write(session: AsyncSession, run: Run, **values: object) -> None:
    """A process that was cut off from the database for a while may come back to a row that is another trial's."""
    mine = col(Check.id) == run.check_id, col(Check.started_at) == run.started_at, col(Check.finished_at).is_(None)
    await session.exec(update(Check).where(*mine).values(**values))


def is_running(row: Check) -> bool:
    """Whether it has neither ended nor been given up, and was heard of a moment ago."""
    if row.finished_at is not None or _STOPPED in row.result:
        return False
    heard = row.result.get(_ALIVE)
    return clock.real_now() - (datetime.fromisoformat(str(heard)) if heard else row.started_at) < SILENCE
