"""Transactional outbox: `record()` in the caller's transaction; the worker seals, fans out, claims and settles.

At least once: every handler is idempotent and free of order. Sealing, which also fans out, stands in sealing.py.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, bindparam, insert, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, events
from service.db import Database, as_json, is_postgresql, rows_in_json, run, settings_of
from service.events import Event, registration_of
from service.models.outbox import Delivery, DeliveryStatus, EventRow
from service.settings import Settings
from service.tokens import new_id

log = structlog.get_logger()

LEASE = timedelta(minutes=5)
RETRY_GAPS = [timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800)]


@dataclass(frozen=True)
class Reaction:
    """What a handler is given: the database (it opens its own short transactions) and the event."""

    database: Database
    settings: Settings
    event: Event
    event_id: UUID
    happened_at: datetime
    attempt: int
    delivery_id: UUID
    target: str = ""


class Park(Exception):
    """Raised by a handler when trying again is useless; the delivery waits for a person.

    `answer`: what an outside system said, kept with the delivery.
    """

    def __init__(self, reason: str, answer: "Answer | None" = None) -> None:
        super().__init__(reason)
        self.answer = answer


class Later(Exception):
    """Raised by a handler that knows when to try again; does not count as an attempt.

    `answer`: what an outside system said, kept with the delivery.
    """

    def __init__(self, delay: timedelta, answer: "Answer | None" = None) -> None:
        super().__init__(f"again in {delay}")
        self.delay = delay
        self.answer = answer


@dataclass(frozen=True)
class Answer:
    """What an outside system said to a delivery: HTTP status (None: nothing), milliseconds, the beginning of the body.

    `after` is written in the transaction that settles the delivery.
    """

    status: int | None = None
    ms: int | None = None
    excerpt: str | None = None
    after: "After | None" = None


class Failed(Exception):
    """Raised by a handler when the attempt failed, with words that may be shown and what the outside system said."""

    def __init__(self, reason: str, answer: Answer | None = None) -> None:
        super().__init__(reason)
        self.answer = answer


After = Callable[[AsyncSession], Awaitable[None]]
"""What a handler wants written in the transaction that settles deliveries: nothing that can be refused."""
Handler = Callable[[Reaction], Awaitable[After | Answer | None]]
When = Callable[[Settings], bool]
Targets = Callable[[AsyncSession, Sequence[EventRow]], Awaitable[dict[UUID, list[str]]]]
"""Of a subscriber with several deliveries per event: for events, by id, whom to tell."""


@dataclass(frozen=True)
class Subscriber:
    """Who reacts to which events (none named: all), and whether this installation has any use for it."""

    types: frozenset[str]
    handler: Handler
    when: When
    targets: Targets | None
    gaps: Sequence[timedelta]


_subscribers: dict[str, Subscriber] = {}


def subscribe(
    name: str,
    *event_types: type[Event],
    when: When = lambda _: True,
    targets: Targets | None = None,
    gaps: Sequence[timedelta] = RETRY_GAPS,
) -> Callable[[Handler], Handler]:
    """Registers a handler under a stable name ("messages.confirmation") for these events; no types means all.

    `when` tells whether an event gets a delivery at all, by the settings under which it is sealed; `targets` gives it
    one per target. `gaps` are the pauses after failures; after the last one the delivery is parked.
    """

    def register(handler: Handler) -> Handler:
        _subscribers[name] = Subscriber(frozenset(kind.type for kind in event_types), handler, when, targets, gaps)
        return handler

    return register


def subscribers_of(event_type: str, settings: Settings) -> list[str]:
    """Names of the subscribers that react to this event."""
    return [
        name
        for name, subscriber in sorted(_subscribers.items())
        if (not subscriber.types or event_type in subscriber.types) and subscriber.when(settings)
    ]


_RECORD = insert(EventRow)
_COLUMNS = ("id", "organizer_id", "type", "data", "actor", "happened_at", "registration_id")
_RECORD_MANY = _RECORD.from_select(
    _COLUMNS, rows_in_json(EventRow.metadata.tables["events"], _COLUMNS), include_defaults=False
)


async def record(session: AsyncSession, event: Event, actor: str = "system") -> None:
    """Writes the event into the caller's transaction."""
    await record_all(session, [event], actor)


async def record_all(session: AsyncSession, happened: Sequence[Event], actor: str = "system") -> None:
    """Writes several events in one statement."""
    if not happened:
        return
    # The events may name rows that are still to be written.
    await session.flush()
    rows = [row_of(session, event, actor) for event in happened]
    if len(rows) > 1 and is_postgresql(session):
        await run(session, _RECORD_MANY, as_json(rows))
    else:
        await run(session, _RECORD, rows)


def row_of(session: AsyncSession, event: Event, actor: str) -> dict[str, object]:
    """The row of an event, for a hot path that writes it in a statement of its own; wakes the worker at the commit."""
    session.info["recorded"] = True
    data = event.data()
    return {
        "id": new_id(),
        "organizer_id": event.organizer_id,
        "type": event.type,
        "data": data,
        "actor": actor,
        "happened_at": clock.now(),
        "registration_id": registration_of(event.type, data),
    }


# Delivering


async def fan_out(session: AsyncSession, rows: Sequence[EventRow]) -> None:
    """Writes one delivery per event and interested subscriber, or per target of a subscriber that has several."""
    settings, now = settings_of(session), clock.real_now()
    targets = {name: await one.targets(session, rows) for name, one in _subscribers.items() if one.targets}
    deliveries: list[dict[str, object]] = [
        {
            "id": new_id(),
            "organizer_id": row.organizer_id,
            "event_id": row.id,
            "subscriber": name,
            "target": target,
            "status": DeliveryStatus.PENDING,
            "attempts": 0,
            "due_at": now,
        }
        for row in rows
        for name in subscribers_of(row.type, settings)
        for target in (targets[name].get(row.id, []) if name in targets else [""])
    ]
    if deliveries:
        await session.exec(insert(Delivery), params=deliveries)


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(col(Delivery.status) == DeliveryStatus.PENDING, col(Delivery.due_at) <= now),
        and_(col(Delivery.status) == DeliveryStatus.RUNNING, col(Delivery.leased_until) < now),
    )


async def waits_to_be_delivered(session: AsyncSession) -> bool:
    """Whether a delivery is due: a look that is cheaper than a transaction that writes nothing."""
    return (await session.exec(select(Delivery.id).where(_due(clock.real_now())).limit(1))).first() is not None


async def claim(session: AsyncSession, limit: int) -> list[Delivery]:
    """Takes due deliveries without a target under a lease; those of a dead worker come back when its lease runs out."""
    return await _claim(session, col(Delivery.target) == "", limit)


async def claim_targeted(session: AsyncSession, limit: int, busy: Collection[str] = ()) -> list[Delivery]:
    """Takes due deliveries that have a target, none of the `busy` ones, like `claim`.

    Apart from the others, which would wait behind thousands of them: an event has one delivery per webhook.
    """
    return await _claim(session, and_(col(Delivery.target) != "", col(Delivery.target).not_in(busy)), limit)


async def _claim(session: AsyncSession, wanted: ColumnElement[bool], limit: int) -> list[Delivery]:
    """MATERIALIZED matters on PostgreSQL: without it the planner may run the LIMIT more than once."""
    now = clock.real_now()
    due = select(Delivery.id).where(_due(now), wanted).order_by(col(Delivery.due_at), col(Delivery.id)).limit(limit)
    if is_postgresql(session):
        due = due.with_for_update(skip_locked=True)
    picked = due.cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
    statement = (
        update(Delivery)
        .where(col(Delivery.id).in_(select(picked.c.id)))
        .values(status=DeliveryStatus.RUNNING, leased_until=now + LEASE, attempts=Delivery.attempts + 1)
        .returning(Delivery)
        .execution_options(synchronize_session=False)
    )
    return list((await session.exec(statement)).scalars())


async def events_of(session: AsyncSession, deliveries: Sequence[Delivery]) -> dict[UUID, EventRow]:
    """The events to be delivered, by id."""
    wanted = {delivery.event_id for delivery in deliveries}
    if not wanted:
        return {}
    return {row.id: row for row in await session.exec(select(EventRow).where(col(EventRow.id).in_(wanted)))}


@dataclass(frozen=True)
class Outcome:
    """How a delivery went: its columns (see `_SETTLE`), and what is written with them."""

    subject: tuple[str, str]
    values: dict[str, object]
    after: After | None = None


async def deliver(database: Database, delivery: Delivery, row: EventRow | None) -> Outcome:
    """Runs one claimed delivery: done, again later, or parked with its error. `settle` writes the outcome."""
    subscriber = _subscribers.get(delivery.subscriber)
    if subscriber is None or row is None or row.type not in events.REGISTRY:
        return _outcome(delivery, DeliveryStatus.PARKED, error="no handler for this event in this version")
    try:
        event = events.load(row.type, row.organizer_id, row.data)
        reaction = Reaction(
            database,
            database.settings,
            event,
            row.id,
            row.happened_at,
            delivery.attempts,
            delivery.id,
            delivery.target,
        )
        said = await subscriber.handler(reaction)
    except Later as later:
        attempts = delivery.attempts - 1
        return _outcome(delivery, DeliveryStatus.PENDING, again=later.delay, attempts=attempts, answer=later.answer)
    except Park as reason:
        return _outcome(delivery, DeliveryStatus.PARKED, error=str(reason), answer=reason.answer)
    except Exception as failure:  # noqa: BLE001 - whatever a handler raises is kept with the delivery
        log.warning("delivery_failed", subscriber=delivery.subscriber, kind=row.type, error=type(failure).__name__)
        answer = failure.answer if isinstance(failure, Failed) else None
        if delivery.attempts > len(subscriber.gaps):
            return _outcome(delivery, DeliveryStatus.PARKED, error=_describe(failure), answer=answer)
        gap = subscriber.gaps[delivery.attempts - 1]
        return _outcome(delivery, DeliveryStatus.PENDING, again=gap, error=_describe(failure), answer=answer)
    return _outcome(delivery, DeliveryStatus.DONE, answer=said if isinstance(said, Answer) else Answer(after=said))


def _describe(failure: Exception) -> str:
    """The kind of failure alone, unless its words were made to be shown: others may quote a row, an address, a link."""
    return str(failure) if isinstance(failure, Failed) else type(failure).__name__


def _outcome(
    delivery: Delivery,
    status: DeliveryStatus,
    *,
    again: timedelta | None = None,
    attempts: int | None = None,
    error: str | None = None,
    answer: Answer | None = None,
) -> Outcome:
    now = clock.real_now()
    answer = answer or Answer()
    values = {
        "delivery_id": delivery.id,
        "claim": delivery.attempts,
        "status": status,
        "error": error,
        "due_at": delivery.due_at if again is None else now + again,
        "attempts": delivery.attempts if attempts is None else attempts,
        "settled_at": now if status in (DeliveryStatus.DONE, DeliveryStatus.PARKED) else None,
        "response_status": answer.status,
        "response_ms": answer.ms,
        "response_excerpt": answer.excerpt,
    }
    return Outcome((delivery.subscriber, delivery.target), values, answer.after)


_SETTLED = ("status", "error", "due_at", "attempts", "settled_at", "response_status", "response_ms", "response_excerpt")
_SETTLE = (
    update(Delivery)
    # Our lease may have run out and another worker taken over: its claim raised `attempts`, and wins.
    .where(col(Delivery.id) == bindparam("delivery_id"), col(Delivery.attempts) == bindparam("claim"))
    .values({name: bindparam(name) for name in _SETTLED})
    .values(leased_until=None)
)


async def settle(session: AsyncSession, outcomes: Sequence[Outcome]) -> None:
    """Writes how deliveries went, and what their handlers left to be written with it."""
    # In order of target: two processes that settle failures of the same webhooks would lock each other out.
    for outcome in sorted(outcomes, key=lambda one: one.subject):
        if outcome.after is not None:
            await outcome.after(session)
    await run(session, _SETTLE, [outcome.values for outcome in outcomes])


async def release(session: AsyncSession) -> None:
    """Makes every claimed delivery due at once. Only for who knows that no other worker lives (SQLite's process)."""
    values: dict[str, object] = {"status": DeliveryStatus.PENDING, "leased_until": None}
    await session.exec(update(Delivery).where(col(Delivery.status) == DeliveryStatus.RUNNING).values(**values))


async def replay(session: AsyncSession, delivery: Delivery) -> None:
    """Puts a parked delivery back into the queue, due now."""
    delivery.status = DeliveryStatus.PENDING
    delivery.attempts = 0
    delivery.due_at = clock.real_now()
    delivery.settled_at = None
    session.add(delivery)
    await session.flush()
    session.info["recorded"] = True
