"""Workshops: planning, publishing, cancelling, completing them; and their capacity row."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Protocol
from uuid import UUID

from sqlmodel import and_, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import agenda, attendance, programmes, questions, workshops_slugs
from service.errors import CannotPublish, CodeTaken, InvalidInput, InvalidState, NotFound
from service.events import (
    WorkshopCancelled,
    WorkshopChanged,
    WorkshopCompleted,
    WorkshopCreated,
    WorkshopEvent,
    WorkshopPublished,
)
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.models.workshops import Capacity, Modality, Mode, RegistrationState, Workshop, WorkshopStatus
from service.models.workshops_shapes import (
    AgendaItemInput,
    BlockInput,
    CapacityInput,
    SeatsInput,
    WorkshopCreate,
    WorkshopPatch,
)

PUBLIC_STATUSES = (WorkshopStatus.PUBLISHED, WorkshopStatus.COMPLETED, WorkshopStatus.CANCELLED)
IS_PUBLIC = and_(col(Workshop.status).in_(PUBLIC_STATUSES), col(Workshop.never_published).is_(False))
"""In a query: what everybody may see."""

_PART_OF = {
    "starts_at": "time",
    "ends_at": "time",
    "timezone": "time",
    "modality": "modality",
    "venue_name": "venue",
    "venue_address": "venue",
    "venue_latitude": "venue",
    "venue_longitude": "venue",
}
_PARTS = ("time", "modality", "venue", "agenda", "capacity", "details")
_PLAIN = ("slug", "stage", "title", "description", "image", "aims", "modality", "timezone", "starts_at", "ends_at")
_VENUE = ("name", "address", "latitude", "longitude")


class Seats(Protocol):
    """What is said of a workshop's seats: its capacity row, or some columns of it."""

    @property
    def offline_limit(self) -> int | None: ...
    @property
    def offline_taken(self) -> int: ...
    @property
    def offline_reserved(self) -> int: ...
    @property
    def online_limit(self) -> int | None: ...
    @property
    def online_taken(self) -> int: ...
    @property
    def online_reserved(self) -> int: ...


class Offered(Protocol):
    """What of a workshop decides who may register when: its row, or some columns of it."""

    @property
    def status(self) -> WorkshopStatus: ...
    @property
    def modality(self) -> Modality: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def registration_opens_at(self) -> datetime | None: ...
    @property
    def registration_closes_at(self) -> datetime | None: ...


async def find(session: AsyncSession, actor: Actor, workshop_id: UUID) -> Workshop:
    """The actor's own workshop, drafts included. Raises NotFound."""
    actor.require_workshop(workshop_id)
    row = await session.get(Workshop, workshop_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    return row


async def find_public(session: AsyncSession, workshop_id: UUID) -> Workshop:
    """A workshop that everybody may see. Raises NotFound."""
    row = await session.get(Workshop, workshop_id)
    if row is None or row.status not in PUBLIC_STATUSES or row.never_published:
        raise NotFound
    return row


async def find_for_change(session: AsyncSession, actor: Actor, workshop_id: UUID) -> tuple[Workshop, Capacity]:
    """The actor's own workshop and its capacity row, both locked until the transaction ends. Raises NotFound.

    The capacity row comes first, as it does for whoever registers; and the workshop's lock lets rows that refer to it
    be inserted meanwhile. Otherwise an edit and a registration could wait for each other.
    """
    await find(session, actor, workshop_id)
    capacity = await lock_capacity(session, workshop_id)
    lock = select(Workshop).where(Workshop.id == workshop_id).with_for_update(key_share=True)
    workshop = (await session.exec(lock, execution_options={"populate_existing": True})).one()
    return workshop, capacity


async def lock_capacity(session: AsyncSession, workshop_id: UUID) -> Capacity:
    """The workshop's capacity row, locked until the transaction ends. Raises NotFound.

    Whoever gives or frees a seat holds this lock; that is what keeps a workshop from being oversold. On SQLite the
    writing transaction itself is the lock. What was held until a deadline that has passed goes back to everybody first.
    """
    from service.domain import quotas  # noqa: PLC0415 - quotas import this module

    query = select(Capacity).where(Capacity.workshop_id == workshop_id).with_for_update()
    row = (await session.exec(query, execution_options={"populate_existing": True})).first()
    if row is None:
        raise NotFound
    if is_release_due(row):
        await quotas.release_due(session, row)
    return row


def is_release_due(capacity: Capacity) -> bool:
    """Whether the deadline of an invitation that seats are held for has passed."""
    return capacity.release_due_at is not None and capacity.release_due_at < clock.now()


def seats_left(capacity: Seats, mode: Mode) -> int | None:
    """Seats of a mode that anybody can have, None when unlimited; never negative. Reserved ones are not among them."""
    limit, gone = (
        (capacity.offline_limit, capacity.offline_taken + capacity.offline_reserved)
        if mode is Mode.OFFLINE
        else (capacity.online_limit, capacity.online_taken + capacity.online_reserved)
    )
    return None if limit is None else max(0, limit - gone)


def offered_modes(workshop: Offered) -> tuple[Mode, ...]:
    """The modes in which people can attend."""
    return tuple(Mode) if workshop.modality == "hybrid" else (Mode(workshop.modality),)


def registration_state(workshop: Offered, capacity: Seats, now: datetime) -> RegistrationState:
    """Whether somebody could register now. `full` means no free seat in any offered mode."""
    if workshop.status is not WorkshopStatus.PUBLISHED:
        return RegistrationState.CLOSED
    if workshop.registration_opens_at and now < workshop.registration_opens_at:
        return RegistrationState.NOT_OPEN
    if now >= (workshop.registration_closes_at or workshop.ends_at):
        return RegistrationState.CLOSED
    if all(seats_left(capacity, mode) == 0 for mode in offered_modes(workshop)):
        return RegistrationState.FULL
    return RegistrationState.OPEN


async def create(session: AsyncSession, actor: Actor, data: WorkshopCreate) -> Workshop:
    """A new draft with its capacity row, blocks and agenda. Raises InvalidInput, CodeTaken."""
    house = await session.get_one(Organizer, actor.tenant)
    workshop = Workshop(
        organizer_id=house.id,
        slug=await workshops_slugs.free(session, house.id, data),
        title=data.title,
        modality=data.modality,
        timezone=data.timezone or house.timezone,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
        purpose=house.purpose,
        retention_days=house.retention_days,
    )
    names = set(type(data).model_fields) - {"slug", "timezone"}
    _assign(workshop, _values(data, names) | await _programme(session, actor, data, names))
    await _check(session, workshop)
    session.add(workshop)
    await session.flush()
    capacity = Capacity(workshop_id=workshop.id)
    _set_limits(capacity, data.capacity)
    session.add(capacity)
    plan = agenda.Plan(workshop)
    await agenda.replace(session, plan, blocks=data.blocks, items=data.agenda, keep_ids=False)
    await outbox.record(session, WorkshopCreated(organizer_id=house.id, workshop_id=workshop.id), actor.label)
    return workshop


async def change(
    session: AsyncSession, actor: Actor, workshop: Workshop, capacity: Capacity, data: WorkshopPatch
) -> Workshop:
    """Merges a patch into a workshop that is locked with `find_for_change`; whoever waits gets what became free.

    When start and end move by the same time and no agenda is sent, agenda and blocks move along. Who is registered for
    a mode that is not offered any more moves to the other one. Raises InvalidInput, CodeTaken, BlockInUse.
    """
    sent = data.model_fields_set
    slug = data.slug or workshop.slug
    if slug != workshop.slug and await workshops_slugs.is_taken(session, workshop.organizer_id, slug):
        raise CodeTaken
    before = workshop.starts_at, workshop.ends_at
    values = _values(data, sent) | await _programme(session, actor, data, sent)
    if data.questions is not None:
        values["former_questions"] = await questions.former_after(session, workshop, data.questions)
    parts = _assign(workshop, values)
    await _check(session, workshop)
    if data.capacity is not None:
        parts |= _set_limits(capacity, data.capacity)
    if "time" in parts or data.blocks is not None or data.agenda is not None:
        plan = await agenda.load(session, workshop)
        moved = workshop.starts_at - before[0]
        if data.blocks is None and data.agenda is None and moved == workshop.ends_at - before[1]:
            agenda.shift(plan, moved)
        parts |= await agenda.replace(session, plan, blocks=data.blocks, items=data.agenda)
    await _changed(session, actor, workshop, parts)
    if parts:
        await _promote(session, actor, workshop, capacity, parts)
    return workshop


async def replace_blocks(session: AsyncSession, actor: Actor, workshop: Workshop, blocks: list[BlockInput]) -> Workshop:
    """Puts these blocks in place of all others; equal codes stay the same block. Raises InvalidInput, BlockInUse."""
    plan = await agenda.load(session, workshop)
    parts = await agenda.replace(session, plan, blocks=blocks, pointer="/items")
    return await _changed(session, actor, workshop, parts)


async def replace_agenda(
    session: AsyncSession, actor: Actor, workshop: Workshop, items: list[AgendaItemInput]
) -> Workshop:
    """Puts these entries in place of all others; equal ids stay the same entry. Raises InvalidInput."""
    plan = await agenda.load(session, workshop)
    parts = await agenda.replace(session, plan, items=items, pointer="/items")
    return await _changed(session, actor, workshop, parts)


async def publish(session: AsyncSession, actor: Actor, workshop_id: UUID) -> Workshop:
    """Shows a draft to everybody. Raises NotFound, InvalidState, CannotPublish with what is `missing`."""
    workshop, capacity = await find_for_change(session, actor, workshop_id)
    _require(workshop, WorkshopStatus.DRAFT)
    if workshop.modality is not Modality.ONLINE and not workshop.venue_name:
        raise CannotPublish(missing=["venue.name"])
    await _move(session, actor, workshop, WorkshopStatus.PUBLISHED, WorkshopPublished)
    await _promote(session, actor, workshop, capacity, set())
    return workshop


async def cancel(
    session: AsyncSession, actor: Actor, workshop_id: UUID, reason: str, *, notify: bool | None = None
) -> Workshop:
    """Calls a workshop off; a draft stays unseen, and tells who is registered only with `notify`.

    Raises NotFound, InvalidState.
    """
    workshop, _capacity = await find_for_change(session, actor, workshop_id)
    _require(workshop, WorkshopStatus.DRAFT, WorkshopStatus.PUBLISHED)
    workshop.never_published = workshop.status is WorkshopStatus.DRAFT
    workshop.cancellation_reason = reason
    silent = workshop.never_published if notify is None else not notify
    called_off = partial(WorkshopCancelled, silent=silent)
    return await _move(session, actor, workshop, WorkshopStatus.CANCELLED, called_off)


async def complete(session: AsyncSession, actor: Actor, workshop_id: UUID) -> Workshop:
    """Says that a workshop has taken place. Raises NotFound, InvalidState."""
    workshop, _capacity = await find_for_change(session, actor, workshop_id)
    _require(workshop, WorkshopStatus.PUBLISHED)
    return await _move(session, actor, workshop, WorkshopStatus.COMPLETED, WorkshopCompleted)


def _require(workshop: Workshop, *statuses: WorkshopStatus) -> None:
    if workshop.status not in statuses:
        raise InvalidState(state=workshop.status)


async def _move(
    session: AsyncSession, actor: Actor, workshop: Workshop, status: WorkshopStatus, event: Callable[..., WorkshopEvent]
) -> Workshop:
    workshop.status = status
    workshop.version += 1
    workshop.sequence += 1
    workshop.updated_at = clock.now()
    await session.flush()
    await outbox.record(session, event(organizer_id=workshop.organizer_id, workshop_id=workshop.id), actor.label)
    return workshop


async def _changed(session: AsyncSession, actor: Actor, workshop: Workshop, parts: set[str]) -> Workshop:
    if not parts:
        return workshop
    workshop.version += 1
    workshop.sequence += bool(parts & {"time", "modality", "venue"})
    workshop.updated_at = clock.now()
    await session.flush()
    if parts & {"time", "agenda"}:
        await attendance.refresh_workshop(session, workshop.id)
    what = ",".join(part for part in _PARTS if part in parts)
    event = WorkshopChanged(organizer_id=workshop.organizer_id, workshop_id=workshop.id, what=what)
    await outbox.record(session, event, actor.label)
    return workshop


async def _promote(
    session: AsyncSession, actor: Actor, workshop: Workshop, capacity: Capacity, parts: set[str]
) -> None:
    """Whoever waits gets what is free; what is left then fills up the quotas that there was no room for."""
    from service.domain import modes_moved, quotas, waiting  # noqa: PLC0415 - they import this module

    if "modality" in parts:
        await modes_moved.follow(session, actor, workshop, capacity)
    await waiting.promote(session, actor, workshop, capacity)
    if parts & {"capacity", "modality"}:
        await quotas.refill(session, capacity)
    if "time" in parts:
        await quotas.schedule(session, capacity)


def _values(data: WorkshopCreate | WorkshopPatch, names: set[str]) -> dict[str, object]:
    """The columns and values that the named fields of an input mean."""
    values: dict[str, object] = {name: getattr(data, name) for name in _PLAIN if name in names}
    if "kinds" in names and data.kinds is not None:
        values["kinds"] = [kind.value for kind in data.kinds]
    if "questions" in names and data.questions is not None:
        values["questions"] = [question.model_dump(mode="json") for question in data.questions]
    if "follows" in names:
        values["follows_id"] = data.follows
    if "basis_letter" in names:
        values["basis_letter"] = data.basis_letter
    if "venue" in names:
        venue = _VENUE if data.venue is None else data.venue.model_fields_set
        values |= {f"venue_{name}": getattr(data.venue, name, None) for name in venue}
    if "privacy" in names and data.privacy is not None:
        values |= {name: getattr(data.privacy, name) for name in data.privacy.model_fields_set}
    if "registration" in names and data.registration is not None:
        for name in data.registration.model_fields_set:
            column = f"registration_{name}" if name in {"opens_at", "closes_at"} else name
            values[column] = getattr(data.registration, name)
    return values


async def _programme(
    session: AsyncSession, actor: Actor, data: WorkshopCreate | WorkshopPatch, names: Collection[str]
) -> dict[str, object]:
    """The column that the programme's code means. Raises InvalidInput."""
    if "programme" not in names:
        return {}
    if data.programme is None:
        return {"programme_id": None}
    return {"programme_id": (await programmes.named(session, actor, data.programme, "/programme")).id}


def _assign(workshop: Workshop, values: Mapping[str, object]) -> set[str]:
    changed = {column for column, value in values.items() if getattr(workshop, column) != value}
    for column in changed:
        setattr(workshop, column, values[column])
    return {_PART_OF.get(column, "details") for column in changed}


def _set_limits(capacity: Capacity, data: CapacityInput) -> set[str]:
    """Takes over the limits that were sent. Returns the part that changed, if it did."""
    parts = set()
    for mode in data.model_fields_set:
        seats: SeatsInput | None = getattr(data, mode)
        if seats is not None and "limit" not in seats.model_fields_set:
            continue
        old, new = getattr(capacity, f"{mode}_limit"), seats.limit if seats else None
        if new == old:
            continue
        setattr(capacity, f"{mode}_limit", new)
        parts.add("capacity")
    return parts


async def _check(session: AsyncSession, workshop: Workshop) -> None:
    """Raises InvalidInput for what only the whole shows to be wrong."""
    if workshop.ends_at <= workshop.starts_at:
        raise InvalidInput.at("/ends_at", _("Waktu selesai harus sesudah waktu mulai."))
    opens, closes = workshop.registration_opens_at, workshop.registration_closes_at
    if opens and closes and closes <= opens:
        raise InvalidInput.at("/registration/closes_at", _("Penutupan pendaftaran harus sesudah pembukaannya."))
    if (workshop.venue_latitude is None) != (workshop.venue_longitude is None):
        raise InvalidInput.at("/venue", _("Isi garis lintang dan garis bujur bersama-sama."))
    if workshop.follows_id is None:
        return
    own = select(Workshop.id).where(Workshop.id == workshop.follows_id, Workshop.organizer_id == workshop.organizer_id)
    with session.no_autoflush:
        known = (await session.exec(own)).first()
    if known is None or known == workshop.id:
        raise InvalidInput.at("/follows", _("Pilih kegiatan lain milik penyelenggara yang sama."))
