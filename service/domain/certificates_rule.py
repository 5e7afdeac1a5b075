"""Whose certificate is due, and which of those that were issued is no longer right.

Exactly the people of the report certificate-eligibility (`reports.earned`). Of somebody anonymised there is no name to
print: none is issued any more, and those that were stay as they are.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select as select_columns
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain.commitments_as_of import Moment
from service.domain.papers import Written
from service.domain.reports.earned import earning
from service.domain.reports.scope import Scope
from service.models.certificates import Certificate
from service.models.certificates_shapes import CertificateCorrection
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.registrations import Registration
from service.models.workshops import Workshop

PRINTED = ("name", "position", "organisation")


@dataclass(frozen=True)
class Person:
    """A participant who was there, with what a certificate issued now would say."""

    id: UUID
    number: int
    name: str
    position: str | None
    organisation: str | None
    hours: int
    anonymised: bool

    @property
    def holder(self) -> dict[str, object]:
        """See Certificate."""
        return {name: getattr(self, name) for name in PRINTED}


@dataclass(frozen=True)
class Earners:
    """Participants who were there, by id: those with the `least` hours and those with fewer. `total`: the workshop's
    hours.
    """

    total: int
    enough: dict[UUID, Person]
    below: dict[UUID, Person]


async def earners(session: AsyncSession, workshop: Workshop, only: Collection[UUID] | None = None) -> Earners:
    """Who has earned what by now, in the order of their registrations; `only`: of these people alone."""
    organizer = await session.get_one(Organizer, workshop.organizer_id)
    moment = Moment.of(None, organizer.timezone)
    scope = Scope(session, organizer, workshop, moment, moment.day)
    earned = await earning(scope)
    query = (
        select_columns(
            col(Registration.id),
            col(Registration.number),
            col(Registration.name),
            col(Registration.position),
            func.coalesce(col(Organisation.name), col(Registration.organisation_name)),
            earned.attended.c.hours,
            col(Registration.anonymised_at).is_not(None),
        )
        .join(earned.attended, earned.attended.c.registration_id == col(Registration.id))
        .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .order_by(col(Registration.number))
    )
    if only is not None:
        query = query.where(col(Registration.id).in_(only))
    people = [Person(*row) for row in await scope.rows(query)]
    return Earners(
        earned.total,
        {one.id: one for one in people if one.hours >= earned.least},
        {one.id: one for one in people if one.hours < earned.least},
    )


def differences(certificate: Certificate, found: Earners, wording: Written) -> list[CertificateCorrection]:
    """What of a valid certificate is not as the rows tell it now; `wording`: what one issued now would say."""
    below = found.below.get(certificate.registration_id)
    person = found.enough.get(certificate.registration_id, below)
    if person is None:
        return [CertificateCorrection.NOT_EARNED]
    if person.anonymised:
        return []
    changed = [CertificateCorrection(name) for name in PRINTED if certificate.holder.get(name) != getattr(person, name)]
    if certificate.hours != person.hours:
        changed.append(CertificateCorrection.HOURS)
    if certificate.total_hours != found.total:
        changed.append(CertificateCorrection.TOTAL_HOURS)
    if certificate.wording != wording:
        changed.append(CertificateCorrection.WORDING)
    return [*changed, CertificateCorrection.NOT_EARNED] if below else changed


WRONG = frozenset(
    {
        CertificateCorrection.NAME,
        CertificateCorrection.HOURS,
        CertificateCorrection.TOTAL_HOURS,
        CertificateCorrection.NOT_EARNED,
    }
)
"""What makes a certificate wrong. A person may have another position since, the committee another signatory, without a
word of it being untrue."""
