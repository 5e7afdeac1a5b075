"""Answers kept for repeated requests, and counters for limits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from service.clock import real_now
from service.models.columns import UtcDateTime
from service.tokens import new_id


class IdempotencyRecord(SQLModel, table=True):
    """The first answer to (caller, key), written in the transaction of its effect and kept 24 h (real time).

    `answer` is encrypted: it may carry links, and a stolen database must open none.
    """

    __tablename__ = "idempotency_records"
    __table_args__ = (UniqueConstraint("caller", "key"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    caller: str
    key: str
    fingerprint: str
    answer: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: datetime = Field(default_factory=real_now, sa_type=UtcDateTime)


class LimitCounter(SQLModel, table=True):
    """How often something happened in a window of real time; shared by all processes."""

    __tablename__ = "limit_counters"

    key: str = Field(primary_key=True)
    window_ends_at: datetime = Field(sa_type=UtcDateTime, index=True)
    count: int = 0
