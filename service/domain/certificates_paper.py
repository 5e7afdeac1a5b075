"""What stands on certificates, for documents/typst/certificate.typ: Indonesian whoever reads it.

Nobody has signed it: there is room for a signature. All words are those of the day of issue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.db import settings_of
from service.domain import certificates_reads, workshops
from service.domain.certificates_wording import check_pattern, number_of, used, wording
from service.domain.papers import Written, day_range
from service.errors import NotFound
from service.models.certificates import Certificate
from service.models.certificates_shapes import (
    CertificateSettingsInput,
    CertificateSettingsRead,
    CertificateWords,
)
from service.models.organizers import Organizer
from service.models.workshops import AttendanceBlock, Workshop


@dataclass(frozen=True)
class Paper:
    """Certificates of one workshop. `logo_key`: the logo's place in the store of files; `made_at`: last changed."""

    title: str
    certificates: Sequence[Written]
    logo_key: str | None
    made_at: datetime


async def of_certificate(session: AsyncSession, row: Certificate) -> Paper:
    """One certificate, marked when it was revoked."""
    workshop = await session.get_one(Workshop, row.workshop_id)
    return await _paper(session, workshop, [row])


async def of_workshop(
    session: AsyncSession, actor: Actor, workshop_id: UUID, after: int | None, limit: int
) -> tuple[Paper, int | None]:
    """At most `limit` valid certificates by their sequence, those beyond `after`; and the one to go on after, None at
    the end. Raises NotFound, also when there is none.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    query = select(Certificate).where(Certificate.workshop_id == workshop.id, col(Certificate.revoked_at).is_(None))
    if after is not None:
        query = query.where(col(Certificate.sequence) > after)
    rows = (await session.exec(query.order_by(col(Certificate.sequence)).limit(limit + 1))).all()
    if not rows:
        raise NotFound
    following = rows[limit - 1].sequence if len(rows) > limit else None
    return await _paper(session, workshop, rows[:limit]), following


async def settings(session: AsyncSession, workshop: Workshop) -> CertificateSettingsRead:
    """The words of the workshop's certificates."""
    own = CertificateSettingsInput.model_validate(workshop.certificate)
    organizer = await session.get_one(Organizer, workshop.organizer_id)
    return CertificateSettingsRead(**own.model_dump(), used=used(workshop, organizer), version=workshop.version)


async def standard(session: AsyncSession, workshop: Workshop) -> CertificateWords:
    """What certificates say where the workshop has no words of its own."""
    organizer = await session.get_one(Organizer, workshop.organizer_id)
    return used(_worded(workshop, CertificateSettingsInput()), organizer)


async def sample(session: AsyncSession, actor: Actor, workshop_id: UUID, data: CertificateSettingsInput) -> Paper:
    """How a certificate with these words would look, of a person who is made up. Nothing is kept.

    Raises NotFound, InvalidInput.
    """
    check_pattern(data.number_pattern)
    workshop = _worded(await workshops.find(session, actor, workshop_id), data)
    blocks = (await session.exec(select(AttendanceBlock).where(AttendanceBlock.workshop_id == workshop.id))).all()
    total = sum(block.hours for block in blocks)
    row = Certificate(
        organizer_id=workshop.organizer_id,
        workshop_id=workshop.id,
        registration_id=workshop.id,
        sequence=1,
        number=number_of(workshop, 1, clock.local_date(clock.now(), workshop.timezone)),
        hours=total,
        total_hours=total,
        holder={"name": "Nama Peserta, S.Kom., M.Si.", "position": "Jabatan", "organisation": "Dinas Contoh"},
        wording=await wording(session, workshop),
        key_id=settings_of(session).keyring.current_id,
        issued_by="",
    )
    return await _paper(session, workshop, [row])


def _worded(workshop: Workshop, data: CertificateSettingsInput) -> Workshop:
    """The same workshop with other words, as a row that no session knows."""
    return Workshop(**(workshop.model_dump() | {"certificate": data.model_dump(mode="json", exclude_defaults=True)}))


async def _paper(session: AsyncSession, workshop: Workshop, rows: Sequence[Certificate]) -> Paper:
    organizer = await session.get_one(Organizer, workshop.organizer_id)
    return Paper(
        title=f"{rows[0].wording['heading']}: {rows[0].wording['event']}",
        certificates=[_certificate(session, workshop, row) for row in rows],
        logo_key=organizer.logo_key,
        made_at=max(row.revoked_at or row.issued_at for row in rows),
    )


def _certificate(session: AsyncSession, workshop: Workshop, row: Certificate) -> Written:
    issued_on = clock.local_date(row.issued_at, workshop.timezone)
    return {
        **row.wording,
        "number": row.number,
        "name": row.holder.get("name") or certificates_reads.NO_NAME,
        "of": [one for name in ("position", "organisation") if (one := row.holder.get(name))],
        "hours": row.hours,
        "total": row.total_hours,
        "dated": row.wording["dated"] or day_range(issued_on, issued_on),
        "link": certificates_reads.link_of(session, row),
        "revoked": row.revoked_at is not None,
    }
