"""Commitment sheets (*lembar komitmen*): what stands in them, and what a signed one brings about.

They are Indonesian whoever reads them, as official papers are (Tata Naskah Dinas). A sheet asks, it does not oblige.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from babel.dates import format_date
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from service import clock
from service.auth import Actor, ActorKind
from service.domain import commitments, organisations, proofs, workshops
from service.domain.file_names import safe_name
from service.domain.papers import Written, called_off, head_of, spoken_days
from service.errors import InvalidInput, InvalidState, NotFound
from service.events import EvidenceAdded
from service.i18n import gettext as _
from service.models.commitments import Commitment, CommitmentStatus
from service.models.commitments_shapes import (
    EvidenceFields,
    EvidenceType,
    PledgeCreate,
    SheetFields,
    SheetLink,
    SheetRead,
)
from service.models.data_items import DataItem
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.workshops import Workshop

_STANDS = col(Commitment.commitment_status).in_(commitments.STANDING)


@dataclass(frozen=True)
class Sheets:
    """The sheets of one workshop under one head, one for each organisation.

    `logo_key`: where the logo is stored; `made_at`: when the sheets were asked for, in the organizer's clock.
    """

    title: str
    event: str
    head: Written
    details: Sequence[tuple[str, str]]
    sheets: Sequence[Written]
    logo_key: str | None
    made_at: datetime
    name: str


async def of_workshop(session: AsyncSession, actor: Actor, workshop_id: UUID, organisation: str | None) -> Sheets:
    """The sheets of all organisations that something stands with, or of one; an organisation gets its own.

    Raises NotFound, also when nothing stands.
    """
    workshop = await _workshop(session, actor, workshop_id)
    query = _standing(workshop.id)
    if actor.kind is ActorKind.ORGANISATION:
        query = query.where(Organisation.id == actor.id)
    elif organisation is not None:
        offices = organisations.of_code(organisation, workshop.organizer_id)
        query = query.where(col(Organisation.id).in_(offices))
    rows = (await session.exec(query)).all()
    if not rows:
        raise NotFound
    house = await session.get_one(Organizer, workshop.organizer_id)
    sheets = [_sheet([(row, item) for row, item, _who in group]) | {"organisation": who.name, "code": who.code}
              for who, group in groupby(rows, key=lambda each: each[2])]  # fmt: skip
    one = f" {rows[0][2].code}" if len(sheets) == 1 else ""
    return Sheets(
        title=f"Lembar Komitmen: {workshop.title}",
        event=workshop.title,
        head=head_of(house),
        details=_details(workshop),
        sheets=sheets,
        logo_key=house.logo_key,
        made_at=clock.now(),
        name=safe_name(f"Lembar Komitmen{one} {workshop.slug}"),
    )


async def take(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID,
    organisation: str | None,
    data: SheetFields,
    files: Sequence[proofs.Stored] = (),
) -> tuple[SheetRead, bool]:
    """A signed sheet: evidence of what stands with the organisation at the workshop; with the office that signed, a
    promise of what was only requested. An organisation hands in its own. Also whether anything of it is new.

    Raises NotFound, InvalidState when nothing stands, InvalidInput.
    """
    workshop = await _workshop(session, actor, workshop_id)
    who = await _organisation(session, actor, organisation)
    rows = await _locked(session, workshop, who, data.commitments)
    pledged, news = [], 0
    for row in rows:
        promises = row.commitment_status is CommitmentStatus.REQUESTED and data.signatory_office is not None
        if promises:
            await commitments.pledge(session, actor, row.id, _pledge(workshop, data))
            pledged.append(row.code)
        if commitments.prove(row, _proofs(actor, data, files, max(clock.now(), row.changed_at))):
            news += 1
            if not promises:
                row.version += 1
                session.add(row)
                await commitments.recorded(session, actor, row, EvidenceAdded)
    await session.flush()
    codes = sorted(row.code for row in rows)
    read = SheetRead(workshop=workshop.id, organisation=who.code, pledged=sorted(pledged), proven=codes)
    return read, bool(pledged or news)


async def standing(
    session: AsyncSession, workshop_id: UUID, organisation: str
) -> Sequence[tuple[Commitment, DataItem]]:
    """What stands with an organisation at a workshop, as its sheet lists it."""
    query = _standing(workshop_id).where(Organisation.code == organisation)
    return [(row, item) for row, item, _who in await session.exec(query)]


async def check(session: AsyncSession, actor: Actor, workshop_id: UUID, organisation: str | None) -> None:
    """Whether a signed sheet could be handed in, asked before a long upload. Raises NotFound."""
    await _workshop(session, actor, workshop_id)
    await _organisation(session, actor, organisation)


def _standing(workshop_id: UUID) -> Select[Commitment, DataItem, Organisation]:
    return (
        select(Commitment, DataItem, Organisation)
        .join(DataItem, col(DataItem.id) == col(Commitment.data_item_id))
        .join(Organisation, col(Organisation.id) == col(Commitment.organisation_id))
        .where(Commitment.workshop_id == workshop_id, _STANDS)
        .order_by(col(Organisation.code), col(Commitment.code))
    )


async def _workshop(session: AsyncSession, actor: Actor, workshop_id: UUID) -> Workshop:
    if actor.kind is not ActorKind.ORGANISATION:
        return await workshops.find(session, actor, workshop_id)
    workshop = await session.get(Workshop, workshop_id)
    if workshop is None or workshop.organizer_id != actor.tenant or commitments.is_hidden(workshop):
        raise NotFound
    return workshop


async def _organisation(session: AsyncSession, actor: Actor, code: str | None) -> Organisation:
    if actor.kind is ActorKind.ORGANISATION:
        return await session.get_one(Organisation, actor.id)
    return await organisations.find(session, actor, code or "")


async def _locked(
    session: AsyncSession, workshop: Workshop, who: Organisation, wanted: Collection[str] | None
) -> Sequence[Commitment]:
    # In the order of their ids: two sheets at once never wait for each other.
    query = (
        select(Commitment)
        .where(Commitment.workshop_id == workshop.id, Commitment.organisation_id == who.id, _STANDS)
        .order_by(col(Commitment.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = (await session.exec(query)).all()
    if not rows:
        raise InvalidState
    if wanted is None:
        return rows
    if set(wanted) - {row.code for row in rows}:
        raise InvalidInput.at("/commitments", _("Sebutkan kode komitmen yang masih berlaku dari perangkat daerah ini."))
    return [row for row in rows if row.code in wanted]


def _pledge(workshop: Workshop, data: SheetFields) -> PledgeCreate:
    assert data.signatory_office
    return PledgeCreate(
        signatory_office=data.signatory_office, workshop=workshop.id, agenda_item=data.agenda_item, evidence=[]
    )


def _proofs(actor: Actor, data: SheetFields, files: Sequence[proofs.Stored], at: datetime) -> list[proofs.Stored]:
    said = EvidenceFields(type=EvidenceType.SIGNED_SHEET, reference=data.reference, note=data.note)
    if files:
        return [proofs.kept(actor, said, at, file) for file in files]
    url = data.url if isinstance(data, SheetLink) else None
    return [proofs.kept(actor, said, at) | {"url": url}]


def _details(workshop: Workshop) -> list[tuple[str, str]]:
    place = [("Tempat", workshop.venue_name)] if workshop.venue_name else []
    return [("Kegiatan", workshop.title), ("Hari, tanggal", spoken_days(workshop)), *place, *called_off(workshop)]


def _sheet(rows: Sequence[tuple[Commitment, DataItem]]) -> Written:
    return {
        "items": [
            {
                "code": row.code,
                "name": item.name,
                "detail": item.description,
                "due": _short(row.due_date),
                "promised": row.commitment_status is CommitmentStatus.COMMITTED,
            }
            for row, item in rows
        ]
    }


def _short(day: date | None) -> str:
    """'21 Juli 2023', a dash for none."""
    return format_date(day, "d MMMM y", locale="id") if day else "\u2013"
