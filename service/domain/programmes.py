"""Programmes: their stages and dimensions, copies of them, and those that other organizers share."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from service import clock, outbox
from service.auth import Actor
from service.domain import programmes_uses
from service.domain.programmes_uses import ProgrammeInUse
from service.errors import CodeTaken, InvalidInput, NotFound
from service.events import ProgrammeChanged, ProgrammeRemoved
from service.i18n import gettext as _
from service.models.data_items import DataItem
from service.models.organizers import Organizer, Programme
from service.models.programmes_shapes import CatalogueRead, ProgrammeCopy, ProgrammeCreate, ProgrammePatch


async def page(session: AsyncSession, actor: Actor, after: str | None, limit: int) -> Sequence[Programme]:
    """Programmes by code, those later than `after`."""
    query = select(Programme).where(Programme.organizer_id == actor.tenant).order_by(col(Programme.code)).limit(limit)
    if after is not None:
        query = query.where(col(Programme.code) > after)
    return (await session.exec(query)).all()


async def find(session: AsyncSession, actor: Actor, code: str, *, lock: bool = False) -> Programme:
    """The actor's own programme. Raises NotFound."""
    row = await _by_code(session, actor.tenant, code, lock=lock)
    if row is None:
        raise NotFound
    return row


async def named(session: AsyncSession, actor: Actor, code: str, pointer: str) -> Programme:
    """The programme a request names in the field `pointer`. Raises InvalidInput."""
    row = await _by_code(session, actor.tenant, code)
    if row is None:
        raise InvalidInput.at(pointer, _("Kode program tidak dikenal."))
    return row


async def readable(session: AsyncSession, actor: Actor, code: str, organizer: str | None) -> Programme | None:
    """The actor's own programme, or the one that another organizer shares under that code."""
    if organizer is None:
        return await _by_code(session, actor.tenant, code)
    query = (
        select(Programme)
        .join(Organizer, col(Organizer.id) == col(Programme.organizer_id))
        .where(Organizer.slug == organizer, Programme.code == code)
        .where((col(Programme.shared).is_(True)) | (Programme.organizer_id == actor.tenant))
    )
    return (await session.exec(query)).first()


async def create(session: AsyncSession, actor: Actor, data: ProgrammeCreate) -> Programme:
    """A new programme. Raises CodeTaken, InvalidInput for an alias of no dimension."""
    if await _by_code(session, actor.tenant, data.code) is not None:
        raise CodeTaken
    # JSON has no dates: those of the stages are kept as text.
    row = Programme(organizer_id=actor.tenant, **data.model_dump(mode="json"))
    return await _added(session, actor, row)


async def change(session: AsyncSession, actor: Actor, row: Programme, data: ProgrammePatch) -> Programme:
    """Changes what the patch names.

    Raises ProgrammePartInUse for a stage or dimension taken away that is used, InvalidInput for an alias of none.
    """
    await programmes_uses.check(session, row, data)
    row.sqlmodel_update(data.model_dump(mode="json", include=data.model_fields_set))
    _check_aliases(row)
    row.version += 1
    row.updated_at = clock.now()
    await session.flush()
    return await _recorded(session, actor, row)


async def remove(session: AsyncSession, actor: Actor, code: str) -> None:
    """Removes one that was made by mistake, for good. Raises NotFound, ProgrammeInUse."""
    row = await find(session, actor, code, lock=True)
    if used := await programmes_uses.hanging(session, row):
        raise ProgrammeInUse(uses=used)
    await session.delete(row)
    await session.flush()
    await outbox.record(session, ProgrammeRemoved(organizer_id=row.organizer_id, programme_id=row.id), actor.label)


async def copy(session: AsyncSession, actor: Actor, source: Programme, data: ProgrammeCopy) -> Programme:
    """A programme of the actor's own with the stages, dimensions and spellings of another one. Raises CodeTaken.

    Dates and coordinating offices belong to the house that set them: another organizer's stay there.
    """
    if await _by_code(session, actor.tenant, data.code) is not None:
        raise CodeTaken
    foreign = source.organizer_id != actor.tenant
    row = Programme(
        organizer_id=actor.tenant,
        code=data.code,
        name=data.name or source.name,
        stages=[one | ({"date": None, "due_date": None} if foreign else {}) for one in source.stages],
        dimensions=[one | ({"coordinator": None} if foreign else {}) for one in source.dimensions],
        aliases=dict(source.aliases),
    )
    return await _added(session, actor, row)


async def catalogues(session: AsyncSession, after: list[str] | None, limit: int) -> list[CatalogueRead]:
    """The programmes that organizers share, by organizer and code: nothing else of their houses."""
    items = select(func.count()).select_from(DataItem).where(col(DataItem.programme_id) == col(Programme.id))
    query: Select[*tuple[Any, ...]] = (
        Select(Programme, col(Organizer.slug), col(Organizer.name), items.correlate(Programme).scalar_subquery())
        .join(Organizer, col(Organizer.id) == col(Programme.organizer_id))
        .where(col(Programme.shared).is_(True))
        .order_by(col(Organizer.slug), col(Programme.code))
        .limit(limit)
    )
    if after is not None:
        slug, code = after
        same = (col(Organizer.slug) == slug) & (col(Programme.code) > code)
        query = query.where((col(Organizer.slug) > slug) | same)
    return [
        CatalogueRead(
            organizer=slug,
            organizer_name=name,
            code=row.code,
            name=row.name,
            stages=len(row.stages),
            dimensions=len(row.dimensions),
            data_items=count,
            updated_at=row.updated_at,
        )
        for row, slug, name, count in (await session.exec(query)).all()
    ]


async def _by_code(session: AsyncSession, organizer_id: UUID, code: str, *, lock: bool = False) -> Programme | None:
    query = select(Programme).where(Programme.organizer_id == organizer_id, Programme.code == code)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).first()


async def _added(session: AsyncSession, actor: Actor, row: Programme) -> Programme:
    _check_aliases(row)
    session.add(row)
    await session.flush()
    return await _recorded(session, actor, row)


async def _recorded(session: AsyncSession, actor: Actor, row: Programme) -> Programme:
    await outbox.record(session, ProgrammeChanged(organizer_id=row.organizer_id, programme_id=row.id), actor.label)
    return row


def _check_aliases(row: Programme) -> None:
    codes = {str(dimension["code"]) for dimension in row.dimensions}
    if not set(row.aliases.values()) <= codes:
        raise InvalidInput.at("/aliases", _("Setiap ejaan harus menunjuk kode dimensi yang ada."))
