"""Data items: the catalogue of what a programme needs from whom."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_
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

DUE = ("due_date", "due_stage", "due_days")
_PLACED = frozenset({"programme", "dimension", "requested_from", *DUE})
Columns = Mapping[str, Any]  # the table's columns, of many types


@dataclass(frozen=True)
class Filters:
    """Which items a list holds; None means any. `q`: a part of the code or the name."""

    dimension: str | None = None
    item_kind: ItemKind | None = None
    programme: str | None = None
    requested_from: str | None = None
    q: str | None = None


@dataclass(frozen=True)
class References:
    """What items of a house refer to: its programmes, and the ids of its organisations by code."""

    programmes: Sequence[Programme]
    offices: Mapping[str, UUID]

    @classmethod
    async def of(cls, session: AsyncSession, actor: Actor, codes: Collection[str | None]) -> "References":
        """The programmes, and the organisations of these codes."""
        query = select(Programme).where(Programme.organizer_id == actor.tenant).order_by(Programme.code)
        programmes = (await session.exec(query)).all()
        wanted = {code for code in codes if code}
        return cls(programmes, await organisations.ids(session, actor.tenant, wanted))

    def columns(self, data: DataItemCreate | DataItemPatch, row: DataItem | None = None) -> Columns:
        """What of `data` the table keeps, for a new row or as changes of `row`.

        Raises InvalidInput for an unknown dimension, programme, stage or organisation, and for two kinds of due date.
        """
        given = data.model_fields_set
        columns: dict[str, Any] = {name: getattr(data, name) for name in given - _PLACED}
        kept = row.programme_id if row else None
        if given & {"programme", "dimension"}:
            dimension = data.dimension if "dimension" in given or row is None else row.dimension
            columns["programme_id"], columns["dimension"] = self._placed(data, dimension, kept)
        if "requested_from" in given:
            columns["requested_from_id"] = self._office(data.requested_from)
        columns |= _due(data)
        stage = columns.get("due_stage", row.due_stage if row else None)
        if stage is not None and ({"due_stage", "programme_id"} & columns.keys()):
            columns["programme_id"] = self._with_stage(stage, columns.get("programme_id", kept))
        return columns

    def _office(self, code: str | None) -> UUID | None:
        if code is None:
            return None
        if code not in self.offices:
            raise InvalidInput.at("/requested_from", _("Kode perangkat daerah tidak dikenal."))
        return self.offices[code]

    def _placed(
        self, data: DataItemCreate | DataItemPatch, dimension: str | None, kept: UUID | None
    ) -> tuple[UUID | None, str | None]:
        """The programme and the dimension's code; sources misspell dimensions, so the programme's aliases count."""
        known = self.programmes
        if "programme" in data.model_fields_set:
            kept = None
        if data.programme is not None:
            known = [one for one in known if one.code == data.programme]
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

    def _with_stage(self, stage: str, programme_id: UUID | None) -> UUID:
        """The programme that has the stage: the item's own, else the only one."""
        own = [one for one in self.programmes if programme_id in (None, one.id)]
        having = [one.id for one in own if stage in _stages(one)]
        if len(having) == 1:
            return having[0]
        known = ", ".join(dict.fromkeys(code for one in own for code in _stages(one)))
        said = _("Tahap tidak dikenal. Pilih tahap dari program butir data ini: {known}.")
        raise InvalidInput.at("/due_stage", said.format(known=known or "-"))


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
    session: AsyncSession, actor: Actor, wanted: Filters, after: list[str] | None, limit: int
) -> Sequence[DataItem]:
    """Items by code, at most `limit`, after the code `after`."""
    query = select(DataItem).where(DataItem.organizer_id == actor.tenant)
    if wanted.dimension is not None:
        query = query.where(DataItem.dimension == wanted.dimension)
    if wanted.item_kind is not None:
        query = query.where(DataItem.item_kind == wanted.item_kind)
    if wanted.programme is not None:
        programmes = select(Programme.id).where(
            Programme.organizer_id == actor.tenant, Programme.code == wanted.programme
        )
        query = query.where(col(DataItem.programme_id).in_(programmes))
    if wanted.requested_from is not None:
        offices = organisations.of_code(wanted.requested_from, actor.tenant)
        query = query.where(col(DataItem.requested_from_id).in_(offices))
    if wanted.q is not None:
        parts = (column.icontains(wanted.q, autoescape=True) for column in (col(DataItem.code), col(DataItem.name)))
        query = query.where(or_(*parts))
    if after is not None:
        query = query.where(col(DataItem.code) > after[0])
    return (await session.exec(query.order_by(DataItem.code).limit(limit))).all()


async def add(session: AsyncSession, actor: Actor, data: DataItemCreate) -> DataItem:
    """A new entry. Raises CodeTaken; InvalidInput for an unknown dimension, programme, stage or organisation."""
    if await _by_code(session, actor.tenant, data.code) is not None:
        raise CodeTaken
    references = await References.of(session, actor, [data.requested_from])
    [row] = await add_all(session, actor, [references.columns(data)])
    return row


async def add_all(session: AsyncSession, actor: Actor, many: Sequence[Columns]) -> list[DataItem]:
    """New entries, whose codes the caller knows to be free."""
    rows = [DataItem(organizer_id=actor.tenant, **columns) for columns in many]
    session.add_all(rows)
    await _record(session, actor, rows)
    return rows


async def change(session: AsyncSession, actor: Actor, row: DataItem, data: DataItemPatch) -> DataItem:
    """Applies a merge patch. Raises InvalidInput for an unknown dimension, programme, stage or organisation."""
    references = await References.of(session, actor, [data.requested_from])
    await change_all(session, actor, [(row, references.columns(data, row))])
    return row


async def change_all(session: AsyncSession, actor: Actor, many: Sequence[tuple[DataItem, Columns]]) -> None:
    """Changes several."""
    for row, columns in many:
        for name, value in columns.items():
            setattr(row, name, value)
        row.version += 1
        row.updated_at = clock.now()
        session.add(row)
    await _record(session, actor, [row for row, _columns in many])


async def reads(session: AsyncSession, actor: Actor, rows: Sequence[DataItem]) -> list[DataItemRead]:
    """What the API shows of these items: two queries, however many they are."""
    owners = await organisations.codes(session, [row.requested_from_id for row in rows if row.requested_from_id])
    query = select(Programme.id, Programme.code).where(Programme.organizer_id == actor.tenant)
    programmes = dict((await session.exec(query)).all())
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


async def spellings_of(session: AsyncSession, actor: Actor, dimension: str) -> set[str]:
    """The codes that a spelling of a dimension means in the programmes of the actor's organizer; at least itself."""
    programmes = await session.exec(select(Programme).where(Programme.organizer_id == actor.tenant))
    meant = (_spellings(one).get(_plain(dimension)) for one in programmes)
    return {dimension, *(code for code in meant if code)}


def _due(data: DataItemCreate | DataItemPatch) -> dict[str, Any]:
    """The three ways to say when it is due, of which one excludes the others: naming one takes the place of another."""
    given = [name for name in DUE if name in data.model_fields_set]
    said = [name for name in given if getattr(data, name) is not None]
    if len(said) > 1:
        advice = _("Pilih satu saja: tanggal, tahap program, atau hari kerja dari kegiatan.")
        raise InvalidInput.at(f"/{said[1]}", advice)
    return {name: getattr(data, name) for name in (DUE if said else given)}


def _stages(programme: Programme) -> list[str]:
    return [str(one["code"]) for one in programme.stages]


def _spellings(programme: Programme) -> dict[str, str]:
    """Every accepted spelling of a dimension, and its code."""
    spellings = {_plain(alias): code for alias, code in programme.aliases.items()}
    for entry in programme.dimensions:
        code = str(entry["code"])
        spellings |= {_plain(code): code, _plain(str(entry.get("label", code))): code}
    return spellings


def _plain(spelling: str) -> str:
    return " ".join(spelling.casefold().split())


async def _record(session: AsyncSession, actor: Actor, rows: Sequence[DataItem]) -> None:
    happened = [DataItemChanged(organizer_id=actor.tenant, data_item_id=row.id) for row in rows]
    await outbox.record_all(session, happened, actor.label)
