"""Certificates as the committee, their holders and strangers with the paper in their hands read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, tokens
from service.auth import Actor
from service.db import settings_of
from service.domain import workshops
from service.domain.certificates_rule import WRONG, differences, earners
from service.domain.certificates_wording import wording
from service.models.certificates import Certificate
from service.models.certificates_shapes import (
    CertificateCheckRead,
    CertificateRead,
    CertificateStatus,
    OwnCertificate,
)
from service.models.organizers import Organizer
from service.models.workshops import Workshop
from service.tokens import Purpose

NO_NAME = "\N{EM DASH}"
UNKNOWN = CertificateCheckRead(
    **dict.fromkeys(CertificateCheckRead.model_fields) | {"status": CertificateStatus.UNKNOWN}
)
"""The answer to every code that opens nothing, whatever is wrong with it."""


@dataclass(frozen=True)
class Filters:
    """What of a workshop's certificates is wanted."""

    status: CertificateStatus | None = None
    registration: UUID | None = None


async def page(
    session: AsyncSession, actor: Actor, workshop_id: UUID, wanted: Filters, after: int | None, limit: int
) -> list[CertificateRead]:
    """At most `limit` certificates by their sequence, those beyond `after`. Raises NotFound."""
    workshop = await workshops.find(session, actor, workshop_id)
    query = select(Certificate).where(Certificate.workshop_id == workshop.id)
    match wanted.status:
        case CertificateStatus.VALID:
            query = query.where(col(Certificate.revoked_at).is_(None))
        case CertificateStatus.REVOKED:
            query = query.where(col(Certificate.revoked_at).is_not(None))
    if wanted.registration is not None:
        query = query.where(Certificate.registration_id == wanted.registration)
    if after is not None:
        query = query.where(col(Certificate.sequence) > after)
    rows = (await session.exec(query.order_by(col(Certificate.sequence)).limit(limit))).all()
    return await read(session, workshop, rows)


async def read(session: AsyncSession, workshop: Workshop, rows: Sequence[Certificate]) -> list[CertificateRead]:
    """Certificates of one workshop, with what of them is no longer right."""
    valid = {row.registration_id for row in rows if row.revoked_at is None}
    found = await earners(session, workshop, valid) if valid else None
    now = await wording(session, workshop) if valid else {}
    shown = []
    for row in rows:
        changes = differences(row, found, now) if found and row.revoked_at is None else []
        own: dict[str, object] = {
            "status": CertificateStatus.VALID if row.revoked_at is None else CertificateStatus.REVOKED,
            "name": row.holder.get("name") or NO_NAME,
            "position": row.holder.get("position"),
            "organisation": row.holder.get("organisation"),
            "outdated": bool(WRONG.intersection(changes)),
            "corrections": changes,
            "link": link_of(session, row),
        }
        shown.append(
            CertificateRead.model_validate(
                {name: own.get(name, getattr(row, name, None)) for name in CertificateRead.model_fields}
            )
        )
    return shown


async def any_holds(session: AsyncSession, workshop_id: UUID) -> bool:
    """Whether there is anything to print."""
    query = select(Certificate.id).where(Certificate.workshop_id == workshop_id, col(Certificate.revoked_at).is_(None))
    return (await session.exec(query.limit(1))).first() is not None


async def batches(session: AsyncSession, workshop_id: UUID, size: int) -> list[tuple[int, int]]:
    """The certificates that hold, `size` to a document: first and last sequence of each."""
    query = select(Certificate.sequence).where(
        Certificate.workshop_id == workshop_id, col(Certificate.revoked_at).is_(None)
    )
    held = (await session.exec(query.order_by(col(Certificate.sequence)))).all()
    return [(some[0], some[-1]) for some in (held[start : start + size] for start in range(0, len(held), size))]


async def valid_of(session: AsyncSession, registration_id: UUID) -> Certificate | None:
    """The one certificate of this person that holds."""
    query = select(Certificate).where(
        Certificate.registration_id == registration_id, col(Certificate.revoked_at).is_(None)
    )
    return (await session.exec(query)).first()


async def own(session: AsyncSession, registration_id: UUID) -> list[OwnCertificate]:
    """All of this person, the earliest first."""
    query = select(Certificate).where(Certificate.registration_id == registration_id)
    rows = await session.exec(query.order_by(col(Certificate.sequence)))
    return [
        OwnCertificate.model_validate(
            {name: row.holder.get(name, getattr(row, name, None)) for name in OwnCertificate.model_fields}
        )
        for row in rows
    ]


def link_of(session: AsyncSession, row: Certificate) -> str:
    """Where anybody can check the certificate; stands in its QR code."""
    settings = settings_of(session)
    code = settings.keyring.issue(Purpose.CERTIFICATE, row.id, row.link_version, row.key_id)
    return f"{settings.base_url.rstrip('/')}/certificates/{code}"


async def check(session: AsyncSession, code: str) -> CertificateCheckRead:
    """What a stranger who holds the paper may know; see UNKNOWN."""
    found = await _behind(session, code)
    if found is None:
        return UNKNOWN
    workshop = await session.get_one(Workshop, found.workshop_id)
    house = await session.get_one(Organizer, found.organizer_id)
    revoked = found.revoked_at
    holds = await valid_of(session, found.registration_id)
    zone = workshop.timezone
    starts_on, ends_on = (date.fromisoformat(str(found.wording[name])) for name in ("starts_on", "ends_on"))
    return CertificateCheckRead(
        status=CertificateStatus.VALID if revoked is None else CertificateStatus.REVOKED,
        number=found.number,
        initials=initials(str(found.holder.get("name") or "")),
        workshop=str(found.wording["event"]),
        organizer=house.name,
        starts_on=starts_on,
        ends_on=ends_on,
        hours=found.hours,
        total_hours=found.total_hours,
        issued_on=clock.local_date(found.issued_at, zone),
        revoked_on=clock.local_date(revoked, zone) if revoked else None,
        replaced=revoked is not None and holds is not None,
    )


def initials(name: str) -> str:
    """'Dr. H. Budi Contoh, S.Kom.' is 'B. C.': of the words before the comma that are no abbreviation, if any is left.

    Titles cannot be told from names for certain; whoever holds the paper compares.
    """
    words = name.split(",", maxsplit=1)[0].split()
    spoken = [word for word in words if not word.endswith(".")] or words
    letters = [first for word in spoken if (first := next((one for one in word if one.isalpha()), ""))]
    return " ".join(f"{one.upper()}." for one in letters) or NO_NAME


async def _behind(session: AsyncSession, code: str) -> Certificate | None:
    certificate_id = tokens.subject(code)
    row = await session.get(Certificate, certificate_id) if certificate_id else None
    if row is None:
        return None
    opens = settings_of(session).keyring.opens(code, Purpose.CERTIFICATE, row.id, row.link_version, row.key_id)
    return row if opens else None
