"""Letters to the heads of organisations whose data is late: what stands in them, for documents/typst.

Indonesian whoever reads them, as official letters are (Tata Naskah Dinas). They ask and do not order: a commitment is
voluntary. Nobody has signed them, and no secret link stands on paper that many hands carry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from babel.dates import format_date
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import escalations
from service.domain.commitments_as_of import commitments_as_of, overdue
from service.domain.escalations import Debt
from service.domain.file_names import safe_name
from service.domain.papers import Written, head_of, long_date, spoken_days
from service.domain.working_days import holidays_of
from service.models.commitments import Commitment
from service.models.data_items import DataItem
from service.models.escalations import Escalation
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.workshops import Workshop

SUBJECT = "Permohonan dukungan penyerahan data"
_VOLUNTARY = (
    "Data tersebut menjadi bahan tindak lanjut kegiatan dimaksud. Penyerahannya didasarkan pada kesanggupan dan "
    "semangat kerja sama, dan bukan merupakan perintah."
)
_REQUEST = (
    "Apabila data telah siap, mohon kiranya Bapak/Ibu berkenan menugaskan jajaran untuk menyerahkannya melalui tautan "
    "portal yang telah kami sampaikan kepada instansi Bapak/Ibu. Apabila data belum tersedia, atau diperlukan waktu "
    "tambahan, hal tersebut dapat disampaikan melalui portal yang sama."
)
_CLOSING = "Demikian disampaikan. Atas perhatian dan kerja sama Bapak/Ibu, diucapkan terima kasih."


@dataclass(frozen=True)
class Sheet:
    """Letters under one head; see domain.invitation_letters.Sheet. `name`: of the file, without its ending."""

    name: str
    title: str
    head: Written
    letters: Sequence[Written]
    logo_key: str | None
    made_at: datetime


async def of_one(session: AsyncSession, actor: Actor, escalation_id: UUID) -> Sheet:
    """One letter. Raises NotFound."""
    return await of_many(session, [await escalations.find(session, actor, escalation_id)])


async def of_many(session: AsyncSession, rows: Sequence[Escalation]) -> Sheet:
    """The letters of one workshop, as things stand: of a step that was dealt with, as they stood then."""
    workshop = await session.get_one(Workshop, rows[0].workshop_id)
    house = await session.get_one(Organizer, workshop.organizer_id)
    holidays = await holidays_of(session, house.id)
    names = select(Organisation.id, Organisation.code, Organisation.name).where(
        col(Organisation.id).in_([row.organisation_id for row in rows])
    )
    named = {found: (code, name) for found, code, name in await session.exec(names)}
    letters = []
    for row in rows:
        moment = row.handled_at or clock.now()
        debts = await _debts(session, row, moment, house.timezone, holidays)
        if not debts:
            moment = row.raised_at
            debts = await _debts(session, row, moment, house.timezone, holidays)
        day = clock.local_date(moment, house.timezone)
        letters.append(_letter(row, workshop, named[row.organisation_id][1], day, debts))
    one = f" {named[rows[0].organisation_id][0]}" if len(rows) == 1 else ""
    return Sheet(
        name=safe_name(f"Surat data{one} {workshop.slug}"),
        title=f"{SUBJECT}: {workshop.title}",
        head=head_of(house),
        letters=letters,
        logo_key=house.logo_key,
        made_at=max(house.updated_at, workshop.updated_at, *(row.handled_at or row.raised_at for row in rows)),
    )


async def _debts(
    session: AsyncSession, row: Escalation, at: datetime, zone: str, holidays: frozenset[date]
) -> list[Debt]:
    """What the organisation owed at that moment although it was due."""
    day = clock.local_date(at, zone)
    then = commitments_as_of(
        at, col(Commitment.workshop_id) == row.workshop_id, col(Commitment.organisation_id) == row.organisation_id
    )
    query = (
        select(DataItem.code, DataItem.name, then.c.due_date, then.c.requested_at)
        .join(then, then.c.data_item_id == col(DataItem.id))
        .where(overdue(then, day))
        .order_by(then.c.due_date, col(DataItem.code))
    )
    found = [
        Debt(code, name, due, clock.working_days(escalations.counts_from(due, asked, zone), day, holidays))
        for code, name, due, asked in await session.exec(query)
    ]
    return [one for one in found if one.late]


def _letter(row: Escalation, workshop: Workshop, organisation: str, day: date, debts: Sequence[Debt]) -> Written:
    opening = (
        f"Sehubungan dengan kegiatan {workshop.title} pada {spoken_days(workshop)}, dengan hormat kami sampaikan bahwa "
        f"sampai dengan {long_date(day)} data berikut dari {organisation} masih kami nantikan:"
    )
    return {
        "number": row.letter_number,
        "date": format_date(day, "d MMMM y", locale="id"),
        "subject": SUBJECT,
        "addressee": f"Pimpinan {organisation}",
        "opening": [opening],
        "items": [
            {"name": one.name, "due": format_date(one.due, "d MMMM y", locale="id"), "late": f"{one.late} hari kerja"}
            for one in debts
        ],
        "request": [_VOLUNTARY, _REQUEST],
        "closing": [_CLOSING],
    }
