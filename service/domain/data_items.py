"""Data items: the catalogue of what a programme needs from whom."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import organisations
from service.errors import CodeTaken, InvalidInput, NotFound
from service.events import DataItemChanged
from service.i18n import gettext as _
from service.models.data_items import DataItem, ItemKind
from service.models.data_items_shapes import DataItemCreate, DataItemPatch, DataItemRead
from service.models.organizers import Programme


async def find(session: AsyncSession, actor: Actor, code: str, *, lock: bool = False) -> DataItem:
    """The item of that code in the actor's house, locked before it is changed. Raises NotFound."""
    row = await _by_code(session, actor.tenant, code, lock=lock)
    if row is None:
        raise NotFound
    return row


async def named(session: AsyncSession, actor: Actor, code: str, pointer: str) -> DataItem:
    """The item a request names in the field `pointer`. Raises InvalidInput."""
    row = await _by_code(session, actor.tenant, code)
    if row is None:
        raise InvalidInput.at(pointer, _("Kode data tidak dikenal."))
    return row


async def _by_code(session: AsyncSession, organizer_id: UUID, code: str, *, lock: bool = False) -> DataItem | None:
    query = select(DataItem).where(DataItem.organizer_id == organizer_id, DataItem.code == code)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).first()


async def page(
    session: AsyncSession,
    actor: Actor,
    dimension: str | None,
    item_kind: ItemKind | None,
    after: list[str] | None,
    limit: int,
) -> Sequence[DataItem]:
    """Items by code, at most `limit`, after the code `after`."""
    query = select(DataItem).where(DataItem.organizer_id == actor.tenant)
    if dimension is not None:
        query = query.where(DataItem.dimension == dimension)
    if item_kind is not None:
        query = query.where(DataItem.item_kind == item_kind)
    if after is not None:
        query = query.where(col(DataItem.code) > after[0])
    return (await session.exec(query.order_by(DataItem.code).limit(limit))).all()


async def add(session: AsyncSession, actor: Actor, data: DataItemCreate) -> DataItem:
    """A new entry. Raises CodeTaken; InvalidInput for an unknown dimension, programme or organisation."""
    if await _by_code(session, actor.tenant, data.code) is not None:
        raise CodeTaken
    row = DataItem(organizer_id=actor.tenant, **data.model_dump(exclude={"programme", "dimension", "requested_from"}))
    row.programme_id, row.dimension = await _placed(session, actor, data.programme, data.dimension)
    row.requested_from_id = await _organisation_id(session, actor, data.requested_from)
    session.add(row)
    await session.flush()
    return await _recorded(session, actor, row)


async def change(session: AsyncSession, actor: Actor, row: DataItem, data: DataItemPatch) -> DataItem:
    """Applies a merge patch. Raises InvalidInput for an unknown dimension or organisation."""
    given = data.model_fields_set
    for name in given - {"dimension", "requested_from"}:
        setattr(row, name, getattr(data, name))
    if "dimension" in given:
        row.programme_id, row.dimension = await _placed(session, actor, None, data.dimension, row.programme_id)
    if "requested_from" in given:
        row.requested_from_id = await _organisation_id(session, actor, data.requested_from)
    row.version += 1
    row.updated_at = clock.now()
    session.add(row)
    await session.flush()
    return await _recorded(session, actor, row)


async def reads(session: AsyncSession, actor: Actor, rows: Sequence[DataItem]) -> list[DataItemRead]:
    """What the API shows of these items: two queries, however many they are."""
    owners = await organisations.codes(session, [row.requested_from_id for row in rows if row.requested_from_id])
    programmes = {programme.id: programme.code for programme in await _programmes(session, actor)}
    return [
        DataItemRead.model_validate(
            row.model_dump(exclude={"organizer_id", "programme_id", "requested_from_id", "created_at"})
            | {
                "requested_from": owners.get(row.requested_from_id) if row.requested_from_id else None,
                "programme": programmes.get(row.programme_id) if row.programme_id else None,
            }
        )
        for row in rows
    ]


async def _programmes(session: AsyncSession, actor: Actor) -> Sequence[Programme]:
    query = select(Programme).where(Programme.organizer_id == actor.tenant).order_by(Programme.code)
    return (await session.exec(query)).all()


async def _organisation_id(session: AsyncSession, actor: Actor, code: str | None) -> UUID | None:
    return (await organisations.named(session, actor, code, "/requested_from")).id if code else None


async def _placed(
    session: AsyncSession, actor: Actor, programme: str | None, dimension: str | None, kept: UUID | None = None
) -> tuple[UUID | None, str | None]:
    """The programme and the dimension's code; sources misspell dimensions, so the programme's aliases count."""
    known = await _programmes(session, actor)
    if programme is not None:
        known = [one for one in known if one.code == programme]
        if not known:
            raise InvalidInput.at("/programme", _("Kode program tidak dikenal."))
        kept = known[0].id
    if dimension is None or not known:
        return kept, dimension
    for one in sorted(known, key=lambda candidate: candidate.id != kept):
        code = _spellings(one).get(_plain(dimension))
        if code is not None:
            return one.id, code
    listed = ", ".join(dict.fromkeys(str(entry["code"]) for one in known for entry in one.dimensions))
    raise InvalidInput.at("/dimension", _("Dimensi tidak dikenal. Pilih salah satu: {known}.").format(known=listed))


def _spellings(programme: Programme) -> dict[str, str]:
    """Every accepted spelling of a dimension, and its code."""
    spellings = {_plain(alias): code for alias, code in programme.aliases.items()}
    for entry in programme.dimensions:
        code = str(entry["code"])
        spellings |= {_plain(code): code, _plain(str(entry.get("label", code))): code}
    return spellings


def _plain(spelling: str) -> str:
    return " ".join(spelling.casefold().split())


async def _recorded(session: AsyncSession, actor: Actor, row: DataItem) -> DataItem:
    await outbox.record(session, DataItemChanged(organizer_id=actor.tenant, data_item_id=row.id), actor.label)
    return row
