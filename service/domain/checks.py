"""Trials that take their time: begun by somebody, run beside requests, their latest result kept.

Real time throughout. A trial whose process died counts as running until LONGEST has passed.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import organizers
from service.domain.checks_errors import AlreadyRunning
from service.models.checks import Check, CheckName

LONGEST = timedelta(minutes=30)


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


async def finish(session: AsyncSession, check_id: UUID, result: Mapping[str, object]) -> None:
    """Keeps what came out."""
    row = await session.get_one(Check, check_id)
    row.finished_at, row.result = clock.real_now(), dict(result)
    session.add(row)
    await session.flush()


async def give_up(session: AsyncSession, check_id: UUID) -> None:
    """Notes that it will not end, so that it can be begun again at once."""
    row = await session.get_one(Check, check_id)
    row.result = {"stopped": True}
    session.add(row)
    await session.flush()


def is_running(row: Check) -> bool:
    """Whether it has neither ended nor been given up."""
    return row.finished_at is None and not row.result and clock.real_now() - row.started_at < LONGEST
