"""Minutes on paper (notula): who met where and when, what was said, what is to be done (Tata Naskah Dinas)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import distinct
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain import follow_ups
from service.domain.file_names import safe_name
from service.domain.papers import Written, called_off, clock_hours, days_of, head_of, long_date, spoken_days
from service.models.attendance import Attendance
from service.models.minutes import Minutes
from service.models.organizers import Organizer
from service.models.registrations import Registration
from service.models.workshops import AgendaItem, Workshop

_PARAGRAPHS = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class Paper:
    """The minutes of one workshop. `facts`: name and value; `follow_ups`: what, who, by when."""

    title: str
    head: Written
    facts: Sequence[tuple[str, str]]
    agenda: Sequence[str]
    paragraphs: Sequence[str]
    follow_ups: Sequence[Written]
    chaired_by: str | None
    written_by: str | None
    logo_key: str | None
    made_at: datetime
    name: str


async def of(session: AsyncSession, workshop: Workshop, row: Minutes) -> Paper:
    """Dated by the last change, so that the same minutes are the same bytes."""
    house = await session.get_one(Organizer, workshop.organizer_id)
    titles = select(AgendaItem.title).where(AgendaItem.workshop_id == workshop.id).order_by(col(AgendaItem.starts_at))
    agreed = await follow_ups.agreed(session, workshop.id)
    return Paper(
        title=workshop.title,
        head=head_of(house),
        facts=await _facts(session, workshop, row),
        agenda=list(dict.fromkeys(await session.exec(titles))),
        paragraphs=[part.strip() for part in _PARAGRAPHS.split(row.text) if part.strip()],
        follow_ups=[
            {
                "text": one.text,
                "organisation": one.organisation or "\u2013",
                "due": long_date(one.due_date) if one.due_date else "\u2013",
            }
            for one in agreed
        ],
        chaired_by=row.chaired_by,
        written_by=row.written_by,
        logo_key=house.logo_key,
        made_at=row.updated_at,
        name=safe_name(f"Notula {workshop.title}"),
    )


async def _facts(session: AsyncSession, workshop: Workshop, row: Minutes) -> list[tuple[str, str]]:
    place = ", ".join(part for part in (workshop.venue_name, workshop.venue_address) if part)
    first, last = days_of(workshop)
    facts = [
        ("Kegiatan", workshop.title),
        ("Hari, tanggal", spoken_days(workshop)),
        ("Waktu", clock_hours(workshop.starts_at, workshop.ends_at, workshop.timezone) if first == last else None),
        ("Tempat", place or None),
        ("Dasar", workshop.basis_letter),
        ("Pimpinan", row.chaired_by),
        ("Pencatat", row.written_by),
        ("Peserta", await _attended(session, workshop.id)),
    ]
    return [(name, value) for name, value in facts if value] + called_off(workshop)


async def _attended(session: AsyncSession, workshop_id: UUID) -> str | None:
    """How many people were there, and of how many listed organisations."""
    query = (
        select(
            func.count(distinct(col(Attendance.registration_id))),
            func.count(distinct(col(Registration.organisation_id))),
        )
        .join(Registration, col(Registration.id) == col(Attendance.registration_id))
        .where(Attendance.workshop_id == workshop_id, col(Attendance.present).is_(True))
    )
    people, offices = (await session.exec(query)).one()
    if not people:
        return None
    return f"{people} orang" + (f" dari {offices} perangkat daerah/instansi" if offices else "")
