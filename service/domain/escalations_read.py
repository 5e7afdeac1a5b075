"""What the API and the pages show of escalation: a few queries a page, however many rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import escalations, organisations
from service.domain.escalations import Debt
from service.domain.working_days import holidays_of
from service.models.escalations import Escalation, EscalationLevel
from service.models.escalations_shapes import EscalationRead
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.workshops import Workshop


@dataclass(frozen=True)
class Filters:
    """Which steps a list holds; None means any."""

    workshop: UUID | None = None
    organisation: str | None = None
    level: EscalationLevel | None = None
    handled: bool | None = None


async def page(
    session: AsyncSession, actor: Actor, wanted: Filters, after: tuple[datetime, UUID] | None, limit: int
) -> list[EscalationRead]:
    """The latest first, at most `limit`, after the key `after`."""
    query = (
        select(Escalation, Organisation)
        .join(Organisation, col(Organisation.id) == col(Escalation.organisation_id))
        .where(Escalation.organizer_id == actor.tenant)
        .order_by(col(Escalation.raised_at).desc(), col(Escalation.id).desc())
        .limit(limit)
    )
    if actor.workshops is not None:
        query = query.where(col(Escalation.workshop_id).in_(actor.workshops))
    if wanted.workshop is not None:
        query = query.where(Escalation.workshop_id == wanted.workshop)
    if wanted.organisation is not None:
        offices = organisations.of_code(wanted.organisation, actor.tenant)
        query = query.where(col(Escalation.organisation_id).in_(offices))
    if wanted.level is not None:
        query = query.where(Escalation.level == wanted.level)
    if wanted.handled is not None:
        handled = col(Escalation.handled_at).is_not(None)
        query = query.where(handled if wanted.handled else ~handled)
    if after is not None:
        at, last = after
        same = and_(col(Escalation.raised_at) == at, col(Escalation.id) < last)
        query = query.where(or_(col(Escalation.raised_at) < at, same))
    return await _reads(session, actor, (await session.exec(query)).all())


async def one(session: AsyncSession, actor: Actor, row: Escalation) -> EscalationRead:
    """One step."""
    organisation = await session.get_one(Organisation, row.organisation_id)
    [read] = await _reads(session, actor, [(row, organisation)])
    return read


async def _reads(
    session: AsyncSession, actor: Actor, rows: Sequence[tuple[Escalation, Organisation]]
) -> list[EscalationRead]:
    house = await session.get_one(Organizer, actor.tenant)
    today, holidays = clock.local_date(clock.now(), house.timezone), await holidays_of(session, house.id)
    debts: dict[UUID, dict[UUID, list[Debt]]] = {}
    for workshop_id in {row.workshop_id for row, _organisation in rows}:
        workshop = await session.get_one(Workshop, workshop_id)
        debts[workshop_id] = await escalations.arrears(session, workshop, house, today, holidays)
    return [_read(row, one, debts[row.workshop_id].get(one.id, [])) for row, one in rows]


def _read(row: Escalation, organisation: Organisation, debts: Sequence[Debt]) -> EscalationRead:
    return EscalationRead(
        id=row.id,
        workshop=row.workshop_id,
        organisation=organisation.code,
        organisation_name=organisation.name,
        level=row.level,
        due_date=row.due_date,
        items=len(debts),
        working_days_late=escalations.latest(debts),
        letter_number=row.letter_number,
        note=row.note,
        raised_at=row.raised_at,
        handled_at=row.handled_at,
        handled_by=row.handled_by,
        version=row.version,
    )
