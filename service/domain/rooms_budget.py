"""What a provider allows in a day (UTC, real time): counted before it is asked."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import is_postgresql
from service.models.rooms import Provider, ProviderCall


@dataclass(frozen=True)
class Budget:
    """How many rooms may still be made or changed today; `limit` None means any number."""

    day: date
    resets_at: datetime
    limit: int | None
    spent: int

    @property
    def remaining(self) -> int | None:
        """What is left of the limit."""
        return None if self.limit is None else max(0, self.limit - self.spent)


def meetings(provider: Provider) -> str:
    """The subject under which rooms that are made or changed are counted."""
    return f"{provider}:meetings"


def today() -> date:
    """The day that counts."""
    return clock.real_now().date()


def resets_at() -> datetime:
    """When everything may be spent again: the next 00:00 UTC."""
    return datetime.combine(today() + timedelta(days=1), time.min, UTC)


async def spend(session: AsyncSession, subject: str, count: int, limit: int | None) -> bool:
    """Counts `count` more today, unless that would exceed the limit. Returns whether it was spent."""
    if limit is not None and count > limit:
        return False
    insert = (postgresql.insert if is_postgresql(session) else sqlite.insert)(ProviderCall)
    more = col(ProviderCall.count) + count
    statement = (
        insert.values(subject=subject, day=today(), count=count)
        .on_conflict_do_update(
            index_elements=["subject", "day"],
            set_={"count": more},
            where=more <= limit if limit is not None else None,
        )
        .returning(col(ProviderCall.count))
    )
    return (await session.exec(statement)).first() is not None


async def give_back(session: AsyncSession, subject: str, count: int) -> None:
    """Takes back what was counted for something that the provider did not do."""
    mine = (col(ProviderCall.subject) == subject, col(ProviderCall.day) == today(), col(ProviderCall.count) >= count)
    await session.exec(update(ProviderCall).where(*mine).values(count=col(ProviderCall.count) - count))


async def read(session: AsyncSession, provider: Provider, limit: int | None) -> Budget:
    """Today's budget for rooms."""
    row = await session.get(ProviderCall, (meetings(provider), today()))
    return Budget(today(), resets_at(), limit, row.count if row else 0)
