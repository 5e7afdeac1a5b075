"""Formal agreements on paper: the text, who signs, and what was promised as its annex (Tata Naskah Dinas)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from babel.dates import format_date
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import agreements
from service.domain.file_names import safe_name
from service.domain.papers import Written, head_of, long_date, spoken_days
from service.models.agreements import Agreement, AgreementSignature
from service.models.commitments import Commitment
from service.models.data_items import DataItem
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.workshops import Workshop

_PARAGRAPHS = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class Paper:
    """One agreement. `parties`: who signs, and the office once it has; `annex`: what each has promised."""

    title: str
    number: str | None
    head: Written
    paragraphs: Sequence[str]
    occasion: str
    signed_on: str | None
    parties: Sequence[Written]
    annex: Sequence[Written]
    logo_key: str | None
    made_at: datetime
    name: str


async def of(session: AsyncSession, actor: Actor, agreement_id: UUID) -> Paper:
    """Until it has a date, of all that have promised something; then of those that have signed. Raises NotFound."""
    row = await agreements.find(session, actor, agreement_id)
    workshop = await session.get_one(Workshop, row.workshop_id)
    house = await session.get_one(Organizer, row.organizer_id)
    promised = await _promised(session, actor, row)
    signed = await _signed(session, row)
    offices = {who.code: signature for signature, who in signed}
    names = {who.code: who.name for _signature, who in signed}
    if row.signed_on is None:
        names |= {who.code: who.name for _row, _item, who in promised}
    return Paper(
        title=row.title,
        number=row.number,
        head=head_of(house),
        paragraphs=[part.strip() for part in _PARAGRAPHS.split(row.text) if part.strip()],
        occasion=f"{workshop.title}, {spoken_days(workshop)}",
        signed_on=long_date(row.signed_on) if row.signed_on else None,
        parties=[_party(name, offices.get(code)) for code, name in sorted(names.items())],
        annex=[
            {"organisation": who.name, "items": [_item(one, item) for one, item, _who in group]}
            for who, group in groupby(promised, key=lambda each: each[2])
            if who.code in names
        ],
        logo_key=house.logo_key,
        made_at=clock.now(),
        name=safe_name(f"Komitmen Bersama {row.code}"),
    )


async def _promised(
    session: AsyncSession, actor: Actor, row: Agreement
) -> Sequence[tuple[Commitment, DataItem, Organisation]]:
    query = (
        select(Commitment, DataItem, Organisation)
        .join(DataItem, col(DataItem.id) == col(Commitment.data_item_id))
        .join(Organisation, col(Organisation.id) == col(Commitment.organisation_id))
        .where(Commitment.organizer_id == row.organizer_id, await agreements.part_of(session, actor, row))
        .order_by(col(Organisation.code), col(Commitment.code))
    )
    if row.signed_on is not None:
        query = query.where(Commitment.agreement_id == row.id)
    return (await session.exec(query)).all()


async def _signed(session: AsyncSession, row: Agreement) -> Sequence[tuple[AgreementSignature, Organisation]]:
    query = (
        select(AgreementSignature, Organisation)
        .join(Organisation, col(Organisation.id) == col(AgreementSignature.organisation_id))
        .where(AgreementSignature.agreement_id == row.id)
    )
    return (await session.exec(query)).all()


def _party(name: str, signature: AgreementSignature | None) -> Written:
    return {"organisation": name, "office": signature.signatory_office if signature else None}


def _item(row: Commitment, item: DataItem) -> Written:
    due = format_date(row.due_date, "d MMMM y", locale="id") if row.due_date else "\u2013"
    return {"code": row.code, "name": item.name, "due": due}
