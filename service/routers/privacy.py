"""The end of personal data: a copy of it, the consent taken back, erasure on request."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.documents import privacy as words
from service.domain import privacy, registrations
from service.errors import NotFound
from service.models.organizers import Organizer
from service.models.privacy_shapes import DataEndRead, ErasureReason, OwnDataRead
from service.models.registrations import Registration
from service.models.workshops import Workshop
from service.routers.access import Session, allow
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute)
Participant = Annotated[Actor, allow(Permission.REGISTRATION_OWN)]
PROOF = ["name", "position", "organisation", "attendance"]


@router.get("/my/data", operation_id="get_my_data", tags=["my"])
async def get_data(response: Response, session: Session, actor: Participant) -> OwnDataRead:
    """Everything the service keeps about the person in this workshop, unmasked; no secret links, nothing of others."""
    row = await registrations.find(session, actor, _own(actor))
    response.headers["Cache-Control"] = "no-store"
    return OwnDataRead.model_validate(await privacy.own_data(session, row))


@router.post("/my/registration/withdrawal", operation_id="withdraw_my_consent", tags=["my"])
async def withdraw(session: Session, actor: Participant) -> DataEndRead:
    """Takes the consent back: the place is given up, nobody writes any more, the data goes but for proof of attendance.

    The contact goes as soon as the message that confirms the cancellation is sent, at the latest at `erased_by`.
    """
    return await _read(session, await privacy.withdraw(session, actor, _own(actor)))


@router.post("/my/registration/erasure", operation_id="erase_my_data", tags=["my"])
async def erase(session: Session, actor: Participant) -> DataEndRead:
    """Erases everything that is no proof of attendance, at once; of somebody who was not there everything.

    Then the person's links are dead, and not even the cancellation is written about.
    """
    return await _read(session, await privacy.erase(session, actor, _own(actor)))


@router.post("/registrations/{registration_id}/erasure", operation_id="erase_registration", tags=["registrations"])
async def erase_registration(
    registration_id: UUID,
    data: ErasureReason,
    session: Session,
    actor: Annotated[Actor, allow(Permission.REGISTRATIONS_WRITE)],
) -> DataEndRead:
    """Erases a person's data on request, as the person could (needs contacts:read too); the reason is kept."""
    actor.require(Permission.CONTACTS_READ)
    return await _read(session, await privacy.erase(session, actor, registration_id, data.reason))


def _own(actor: Actor) -> UUID:
    if actor.id is None:
        raise NotFound
    return actor.id


async def _read(session: AsyncSession, row: Registration) -> DataEndRead:
    proof = await privacy.is_kept_as_proof(session, row)
    workshop = await session.get_one(Workshop, row.workshop_id)
    house = await session.get_one(Organizer, row.organizer_id)
    return DataEndRead(
        status=row.status,
        withdrawn_at=row.withdrawn_at,
        anonymised_at=row.anonymised_at,
        erased_by=row.erasure_due_at if row.contact_key else None,
        kept=PROOF if proof else [],
        kept_until=privacy.kept_until(workshop, house) if proof else None,
        note=words.end_of(proof=proof, waiting=row.contact_key is not None),
    )
