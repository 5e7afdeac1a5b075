"""Showing workshops: which ones a caller sees, their ETag from as few columns as possible, and the whole of them.

Whoever shows workshops often (lists, websites that poll) reads a `Glance` first, in one statement, and the rest only
when the ETag is new.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, cast, or_, select as core_select, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.domain.workshops import IS_PUBLIC, registration_state, seats_left
from service.errors import NotFound
from service.models.organizers import Organizer, Programme
from service.models.questions import Question
from service.models.workshops import (
    AgendaItem,
    AttendanceBlock,
    Capacity,
    Kind,
    Modality,
    Mode,
    RegistrationState,
    Workshop,
    WorkshopStatus,
)
from service.models.workshops_shapes import (
    AgendaItemRead,
    BlockRead,
    CapacityRead,
    LinksRead,
    PrivacyRead,
    RegistrationWindowRead,
    SeatsLeft,
    SeatsRead,
    VenueRead,
    WorkshopRead,
)

_DEFAULT_ZONE = "Asia/Makassar"
RETENTION_DAYS = 730
"""How long personal data is kept after workshops that do not say."""


class _Around(NamedTuple):
    """What is said of a workshop that stands elsewhere: slug of the organizer, code of the programme, our address."""

    organizer: str
    programme: str | None
    base_url: str


class Glance(NamedTuple):
    """What of a workshop decides its ETag, and its place in a list."""

    id: UUID
    version: int
    status: WorkshopStatus
    modality: Modality
    starts_at: datetime
    ends_at: datetime
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None
    offline_limit: int | None
    offline_taken: int
    offline_reserved: int
    online_limit: int | None
    online_taken: int
    online_reserved: int

    @property
    def etag(self) -> str:
        """`"<version>-<taken>-<state>"`, as of now; taken is `<offline>.<online>`."""
        offline = _Shown(self.offline_limit, self.offline_taken, seats_left(self, Mode.OFFLINE))
        online = _Shown(self.online_limit, self.online_taken, seats_left(self, Mode.ONLINE))
        return _etag(self.version, offline, online, registration_state(self, self, clock.now()))


_COLUMNS = [
    col(getattr(Capacity if name.startswith(("offline", "online")) else Workshop, name)) for name in Glance._fields
]


@dataclass(frozen=True)
class Filters:
    """Which workshops are wanted. `since` and `until`: taking place then; a date means that local day.

    `coming_at`: those that were not over at that instant, soonest first; `over_at`: the others.
    """

    organizer: str | None = None
    slug: str | None = None
    since: date | datetime | None = None
    until: date | datetime | None = None
    kind: Kind | None = None
    modality: Modality | None = None
    status: WorkshopStatus | None = None
    q: str | None = None
    coming_at: datetime | None = None
    over_at: datetime | None = None


async def glance(session: AsyncSession, actor: Actor, workshop_id: UUID) -> Glance:
    """A workshop that the actor sees: a public one, or the actor's own draft. Raises NotFound."""
    found = await _run(session, _one(_house(actor)), {"workshop_id": workshop_id})
    if not found:
        raise NotFound
    return found[0]


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, after: tuple[datetime, UUID] | None, limit: int
) -> list[Glance]:
    """At most `limit` workshops that the actor sees, beyond the position `after`: newest start first, unless coming."""
    zone = await _zone(session, filters)
    return await _run(session, _many(_house(actor), filters, zone, after, limit), {})


def etag_of(read: WorkshopRead) -> str:
    """The ETag of a body."""
    seats, left = read.capacity, read.seats_left
    offline = _Shown(seats.offline.limit, seats.offline.taken, left.offline)
    online = _Shown(seats.online.limit, seats.online.taken, left.online)
    return _etag(read.version, offline, online, read.registration.state)


async def read(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, WorkshopRead]:
    """Workshops as everybody may see them, by id; four statements however many there are. Asks nobody's permission."""
    # The version is read first: should an edit come in between, the body is too new for its ETag, never too old, and
    # nobody asks for that ETag any more.
    heads = (
        select(Workshop, Capacity, Organizer.slug, Programme.code)
        .join(Capacity, col(Capacity.workshop_id) == col(Workshop.id))
        .join(Organizer, col(Organizer.id) == col(Workshop.organizer_id))
        .outerjoin(Programme, col(Programme.id) == col(Workshop.programme_id))
        .where(col(Workshop.id).in_(ids))
    )
    found = (await session.exec(heads)).all()
    blocks: defaultdict[UUID, list[AttendanceBlock]] = defaultdict(list)
    all_blocks = select(AttendanceBlock).where(col(AttendanceBlock.workshop_id).in_(ids))
    for block in await session.exec(all_blocks.order_by(col(AttendanceBlock.position))):
        blocks[block.workshop_id].append(block)
    items: defaultdict[UUID, list[AgendaItem]] = defaultdict(list)
    all_items = select(AgendaItem).where(col(AgendaItem.workshop_id).in_(ids))
    for item in await session.exec(all_items.order_by(col(AgendaItem.position))):
        items[item.workshop_id].append(item)
    base = settings_of(session).base_url.rstrip("/")
    return {
        row.id: _shape(row, capacity, _Around(slug, programme, base), blocks[row.id], items[row.id])
        for row, capacity, slug, programme in found
    }


def _etag(version: int, offline: "_Shown", online: "_Shown", state: RegistrationState) -> str:
    return f'"{version}-{offline.mark}.{online.mark}-{state}"'


class _Shown(NamedTuple):
    """What the body says of a mode's seats."""

    limit: int | None
    taken: int
    left: int | None

    @property
    def mark(self) -> str:
        """What is taken; and what is left, where seats set aside for the invited make that another number."""
        plain = None if self.limit is None else max(0, self.limit - self.taken)
        return f"{self.taken}" if self.left == plain else f"{self.taken}r{self.left}"


House = tuple[UUID, frozenset[UUID] | None] | None
"""The organizer whose drafts are seen, and which of them (None: all); None for strangers."""


def _house(actor: Actor) -> House:
    if actor.organizer_id is None or not actor.may(Permission.WORKSHOPS_READ):
        return None
    return actor.organizer_id, actor.workshops


# Statements are kept, since building one costs more than running it.
@lru_cache(maxsize=256)
def _one(house: House) -> Select[*tuple[object, ...]]:
    return _glances(house).where(col(Workshop.id) == bindparam("workshop_id"))


@lru_cache(maxsize=256)
def _many(
    house: House, filters: Filters, zone: str, after: tuple[datetime, UUID] | None, limit: int
) -> Select[*tuple[object, ...]]:
    query = _glances(house).where(*_wanted(filters, zone))
    order = [col(Workshop.starts_at), col(Workshop.id)]
    soonest_first = filters.coming_at is not None
    if after is not None:
        query = query.where(tuple_(*order) > after if soonest_first else tuple_(*order) < after)
    return query.order_by(*(order if soonest_first else [column.desc() for column in order])).limit(limit)


def _glances(house: House) -> Select[*tuple[object, ...]]:
    seen = IS_PUBLIC
    if house is not None:
        own = col(Workshop.organizer_id) == house[0]
        seen = or_(seen, own if house[1] is None else and_(own, col(Workshop.id).in_(house[1])))
    return core_select(*_COLUMNS).join(Capacity, col(Capacity.workshop_id) == col(Workshop.id)).where(seen)


async def _run(
    session: AsyncSession, query: Select[*tuple[object, ...]], parameters: dict[str, object]
) -> list[Glance]:
    connection = await session.connection()
    return [Glance._make(row) for row in await connection.execute(query, parameters)]


async def _zone(session: AsyncSession, filters: Filters) -> str:
    """The zone in which dates of the filters are meant."""
    named = any(bound is not None and not isinstance(bound, datetime) for bound in (filters.since, filters.until))
    if not named or filters.organizer is None:
        return _DEFAULT_ZONE
    query = select(Organizer.timezone).where(Organizer.slug == filters.organizer)
    return (await session.exec(query)).first() or _DEFAULT_ZONE


def _wanted(filters: Filters, zone: str) -> list[ColumnElement[bool]]:
    conditions = _when(filters, zone)
    if filters.organizer is not None:
        house = select(Organizer.id).where(Organizer.slug == filters.organizer).scalar_subquery()
        conditions.append(col(Workshop.organizer_id) == house)
    if filters.slug is not None:
        conditions.append(col(Workshop.slug) == filters.slug)
    if filters.kind is not None:
        # The words of a closed set, quoted: the same text search on both databases, where JSON operators differ.
        conditions.append(cast(col(Workshop.kinds), String).contains(f'"{filters.kind}"'))
    if filters.modality is not None:
        conditions.append(col(Workshop.modality) == filters.modality)
    if filters.status is not None:
        conditions.append(col(Workshop.status) == filters.status)
    if filters.q is not None:
        conditions.append(col(Workshop.title).icontains(filters.q, autoescape=True))
    return conditions


def _when(filters: Filters, zone: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.since is not None:
        since = filters.since
        start = since if isinstance(since, datetime) else clock.start_of_day(since, zone)
        conditions.append(col(Workshop.ends_at) > start)
    if filters.until is not None:
        until = filters.until
        conditions.append(
            col(Workshop.starts_at) <= (until if isinstance(until, datetime) else clock.end_of_day(until, zone))
        )
    if filters.coming_at is not None:
        conditions.append(~_over(filters.coming_at))
    if filters.over_at is not None:
        conditions.append(_over(filters.over_at))
    return conditions


def _over(instant: datetime) -> ColumnElement[bool]:
    return or_(col(Workshop.ends_at) <= instant, col(Workshop.status) == WorkshopStatus.COMPLETED)


def _shape(
    row: Workshop,
    capacity: Capacity,
    around: _Around,
    blocks: Sequence[AttendanceBlock],
    items: Sequence[AgendaItem],
) -> WorkshopRead:
    codes = {block.id: block.code for block in blocks}
    return WorkshopRead(
        id=row.id,
        organizer=around.organizer,
        slug=row.slug,
        kinds=[Kind(kind) for kind in row.kinds],
        stage=row.stage,
        title=row.title,
        description=row.description,
        image=row.image,
        aims=row.aims,
        modality=row.modality,
        status=row.status,
        timezone=row.timezone,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        venue=VenueRead(
            name=row.venue_name,
            address=row.venue_address,
            latitude=row.venue_latitude,
            longitude=row.venue_longitude,
        ),
        capacity=CapacityRead(
            offline=SeatsRead(limit=capacity.offline_limit, taken=capacity.offline_taken),
            online=SeatsRead(limit=capacity.online_limit, taken=capacity.online_taken),
        ),
        seats_left=SeatsLeft(offline=seats_left(capacity, Mode.OFFLINE), online=seats_left(capacity, Mode.ONLINE)),
        registration=RegistrationWindowRead(
            opens_at=row.registration_opens_at,
            closes_at=row.registration_closes_at,
            state=registration_state(row, capacity, clock.now()),
            waiting_list=row.waiting_list,
            approval=row.approval,
        ),
        privacy=PrivacyRead(purpose=row.purpose, retention_days=row.retention_days or RETENTION_DAYS),
        questions=[Question.model_validate(question) for question in row.questions],
        blocks=[BlockRead.model_validate(block) for block in blocks],
        agenda=[_item(item, codes) for item in items],
        follows=row.follows_id,
        programme=around.programme,
        basis_letter=row.basis_letter,
        links=LinksRead(
            page=f"{around.base_url}/w/{around.organizer}/{row.slug}",
            calendar=f"{around.base_url}/calendar/{around.organizer}/{row.slug}.ics",
        ),
        version=row.version,
        updated_at=row.updated_at,
    )


def _item(item: AgendaItem, codes: dict[UUID, str]) -> AgendaItemRead:
    return AgendaItemRead(
        id=item.id,
        title=item.title,
        starts_at=item.starts_at,
        ends_at=item.ends_at,
        block=codes.get(item.block_id) if item.block_id else None,
        speakers=item.speakers,
        hours=item.hours,
    )
