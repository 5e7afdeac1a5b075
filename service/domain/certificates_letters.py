"""Whom to write to about a certificate: whoever holds one, once about each that is issued."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain import messages
from service.models.certificates import Certificate
from service.models.messages import Message, Occasion
from service.models.registrations import Registration


async def tell(session: AsyncSession, workshop_id: UUID, only: UUID | None) -> list[Message]:
    """The messages to the holders of valid certificates of a workshop, or to one of them. Returns those to send now.

    Who was written to about the very certificate is not written to again. About a revocation nobody is: what comes in
    its place is told of, and where nothing does, the committee speaks with the person.
    """
    query = (
        select(Registration, Certificate.id)
        .join(Certificate, col(Certificate.registration_id) == col(Registration.id))
        .where(Certificate.workshop_id == workshop_id, col(Certificate.revoked_at).is_(None))
        .order_by(col(Certificate.sequence))
    )
    if only is not None:
        query = query.where(Certificate.registration_id == only)
    found = (await session.exec(query)).all()
    keys = {row.id: str(certificate_id) for row, certificate_id in found}
    return await messages.about_people(session, Occasion.CERTIFICATE, [row for row, _held in found], keys)
