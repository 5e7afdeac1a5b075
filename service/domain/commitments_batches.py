"""Asking many organisations for many data items at once: a few statements, however many there are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import listed, pieces, run
from service.domain import commitments, organisations, programmes, workshops
from service.domain.commitments_requests import LONGEST_CODE
from service.domain.due_dates import Dates, Due
from service.domain.imports import parts
from service.errors import InvalidInput
from service.events import CommitmentRequested, DataRequested
from service.i18n import gettext as _
from service.models.commitments import Axis, Commitment, CommitmentHistory, CommitmentStatus, DueRule
from service.models.commitments_batch_shapes import (
    MOST,
    BatchCreate,
    BatchOrganisation,
    BatchRead,
    BatchSkipped,
)
from service.models.data_items import DataItem
from service.models.people import Organisation
from service.models.workshops import Workshop
from service.tokens import new_id

Pair = tuple[UUID, UUID]
Row = dict[str, Any]  # columns of many types


@dataclass(frozen=True)
class _Asked:
    """What is asked of whom: items and organisations by id, and pairs of both in the order of their codes."""

    items: Mapping[UUID, DataItem]
    offices: Mapping[UUID, str]
    pairs: Sequence[Pair]
    ownerless: Sequence[str]


async def request_many(session: AsyncSession, actor: Actor, data: BatchCreate) -> BatchRead:
    """Asks for everything that is not asked for yet; what stands already is left out and named.

    Raises NotFound, InvalidInput.
    """
    workshop = await workshops.find(session, actor, data.workshop)
    asked = await _asked(session, actor, data)
    standing = await _standing(session, workshop, asked)
    new = [pair for pair in asked.pairs if pair not in standing]
    due = await _due(session, actor, workshop, asked, data)
    if not data.dry_run and new:
        await _write(session, actor, await _rows(session, actor, workshop, asked, new, due))
    counts = Counter(asked.offices[organisation] for _item, organisation in new)
    skipped = [
        BatchSkipped(
            data_item=asked.items[item].code, organisation=asked.offices[organisation], reason="already_requested"
        )
        for item, organisation in asked.pairs
        if (item, organisation) in standing
    ]
    skipped += [BatchSkipped(data_item=code, organisation=None, reason="no_organisation") for code in asked.ownerless]
    return BatchRead(
        dry_run=data.dry_run,
        requested=len(new),
        past_due=await _past_due(session, actor, [due[item].day for item, _organisation in new]),
        organisations=[BatchOrganisation(organisation=code, requested=counts[code]) for code in sorted(counts)],
        skipped=skipped,
    )


async def _asked(session: AsyncSession, actor: Actor, data: BatchCreate) -> _Asked:
    items = await _items(session, actor, data)
    ways = [data.organisations is not None, data.org_class is not None, data.requested_from]
    if sum(ways) != 1:
        advice = _("Sebut perangkat daerah dengan satu cara: daftar kode, kelas, atau penanggung jawab tiap butir.")
        raise InvalidInput.at("/organisations", advice)
    offices = await _offices(session, actor, data, items)
    if data.requested_from:
        pairs = [(item.id, item.requested_from_id) for item in items if item.requested_from_id in offices]
        ownerless = [item.code for item in items if item.requested_from_id not in offices]
    else:
        if len(items) * len(offices) > MOST:
            said = _("Permintaan ini menghasilkan {count} komitmen. Paling banyak {most} sekaligus.")
            raise InvalidInput.at("/organisations", said.format(count=len(items) * len(offices), most=MOST))
        pairs, ownerless = [(item.id, office) for item in items for office in offices], []
    known = [(item, office) for item, office in pairs if office is not None]
    return _Asked({item.id: item for item in items}, offices, known, ownerless)


async def _items(session: AsyncSession, actor: Actor, data: BatchCreate) -> Sequence[DataItem]:
    """The items in the order of their codes, locked: nobody else asks for the same meanwhile, see `request`."""
    query = select(DataItem).where(DataItem.organizer_id == actor.tenant)
    if data.data_items is None and data.programme is None and data.dimension is None:
        raise InvalidInput.at("/data_items", _("Sebut butir data: daftar kode, program, atau dimensi."))
    if data.data_items is not None:
        query = query.where(col(DataItem.code).in_(data.data_items))
    if data.programme is not None:
        programme = await programmes.named(session, actor, data.programme, "/programme")
        query = query.where(DataItem.programme_id == programme.id)
    if data.dimension is not None:
        query = query.where(DataItem.dimension == data.dimension)
    query = query.order_by(col(DataItem.id))
    if not data.dry_run:
        query = query.with_for_update()
    found = (await session.exec(query.limit(MOST + 1), execution_options={"populate_existing": True})).all()
    if len(found) > MOST:
        raise InvalidInput.at("/data_items", _("Paling banyak {most} sekaligus.").format(most=MOST))
    _check_known(data.data_items, {item.code for item in found}, "/data_items", _("Kode data tidak dikenal."))
    if not found:
        raise InvalidInput.at("/data_items", _("Tidak ada butir data yang cocok."))
    return sorted(found, key=lambda item: item.code)


async def _offices(
    session: AsyncSession, actor: Actor, data: BatchCreate, items: Sequence[DataItem]
) -> dict[UUID, str]:
    wanted: Sequence[str] | None = None
    query = select(Organisation.id, Organisation.code).where(Organisation.organizer_id == actor.tenant)
    if data.organisations is not None:
        wanted = await organisations.current(session, actor.tenant, data.organisations)
        query = query.where(col(Organisation.code).in_(wanted))
    elif data.org_class is not None:
        query = query.where(Organisation.org_class == data.org_class)
    else:
        query = query.where(col(Organisation.id).in_({item.requested_from_id for item in items} - {None}))
    found = dict((await session.exec(query.order_by(Organisation.code))).all())
    advice = _("Kode perangkat daerah tidak dikenal.")
    _check_known(wanted, set(found.values()), "/organisations", advice)
    if data.org_class is not None and not found:
        raise InvalidInput.at("/org_class", _("Tidak ada perangkat daerah dari kelas ini."))
    return found


def _check_known(codes: Sequence[str] | None, known: set[str], pointer: str, advice: str) -> None:
    wrong = [number for number, code in enumerate(codes or ()) if code not in known]
    if wrong:
        raise InvalidInput([{"pointer": f"{pointer}/{number}", "message": advice} for number in wrong[:100]])


async def _standing(session: AsyncSession, workshop: Workshop, asked: _Asked) -> set[Pair]:
    """The pairs for which a request or a promise stands at this workshop."""
    query = select(Commitment.data_item_id, Commitment.organisation_id).where(
        Commitment.workshop_id == workshop.id,
        col(Commitment.commitment_status).in_(commitments.STANDING),
        listed(session, col(Commitment.data_item_id), list(asked.items)),
    )
    return {(item, organisation) for item, organisation in await session.exec(query)}


async def _due(
    session: AsyncSession, actor: Actor, workshop: Workshop, asked: _Asked, data: BatchCreate
) -> dict[UUID, Due]:
    dates = await Dates.of(session, actor.tenant)
    fixed = Due(data.due_date, DueRule.FIXED) if "due_date" in data.model_fields_set else None
    return {item.id: fixed or dates.due(item, workshop) for item in asked.items.values()}


async def _past_due(session: AsyncSession, actor: Actor, days: Sequence[date | None]) -> int:
    today = await commitments.today(session, actor)
    return sum(day is not None and day < today for day in days)


async def _rows(
    session: AsyncSession, actor: Actor, workshop: Workshop, asked: _Asked, new: Sequence[Pair], due: Mapping[UUID, Due]
) -> list[Row]:
    """The new rows as the table has them: thousands of model objects would keep everybody waiting."""
    made_up = [f"{asked.items[item].code}-{asked.offices[office]}"[:LONGEST_CODE] for item, office in new]
    codes = await _free_codes(session, actor.tenant, made_up)
    now = clock.now()
    first_item, first_office = new[0]
    common = Commitment(
        organizer_id=actor.tenant,
        workshop_id=workshop.id,
        data_item_id=first_item,
        organisation_id=first_office,
        code=codes[0],
        requested_at=now,
        changed_at=now,
    ).model_dump()
    return [
        {
            **common,
            "id": new_id(),
            "data_item_id": item,
            "organisation_id": office,
            "code": code,
            "due_date": due[item].day,
            "due_rule": due[item].rule,
        }
        for (item, office), code in zip(new, codes, strict=True)
    ]


async def _free_codes(session: AsyncSession, organizer_id: UUID, wanted: Sequence[str]) -> list[str]:
    """Codes like those wanted that nobody has, each once: where one is taken, with a number behind it."""
    codes = list(wanted)
    used: set[str] = set()
    waiting, number = list(range(len(codes))), 1
    while waiting:
        taken = await _taken(session, organizer_id, [codes[place] for place in waiting])
        again = []
        for place in waiting:
            if codes[place] in taken or codes[place] in used:
                again.append(place)
            used.add(codes[place])
        waiting, number = again, number + 1
        for place in waiting:
            codes[place] = f"{wanted[place][: LONGEST_CODE - 4]}-{number}"
    return codes


async def _taken(session: AsyncSession, organizer_id: UUID, codes: Sequence[str]) -> set[str]:
    taken: set[str] = set()
    for part in pieces(codes):
        query = select(Commitment.code).where(Commitment.organizer_id == organizer_id, col(Commitment.code).in_(part))
        taken |= set(await session.exec(query))
    return taken


async def _write(session: AsyncSession, actor: Actor, rows: Sequence[Row]) -> None:
    batch, house, workshop = new_id(), rows[0]["organizer_id"], rows[0]["workshop_id"]
    first = CommitmentHistory(
        commitment_id=rows[0]["id"],
        axis=Axis.COMMITMENT,
        at=rows[0]["requested_at"],
        by=actor.label,
        after=CommitmentStatus.REQUESTED,
    ).model_dump()
    for part in parts(rows):
        await run(session, insert(Commitment), part)
        entries = [{**first, "id": new_id(), "commitment_id": row["id"]} for row in part]
        await run(session, insert(CommitmentHistory), entries)
        told = [CommitmentRequested(organizer_id=house, workshop_id=workshop, commitment_id=row["id"]) for row in part]
        await outbox.record_all(session, told, actor.label)
    asked = dict.fromkeys(row["organisation_id"] for row in rows)
    happened = [
        DataRequested(organizer_id=house, workshop_id=workshop, organisation_id=one, batch_id=batch) for one in asked
    ]
    await outbox.record_all(session, happened, actor.label)
