"""Registering somebody anew whose registration was cancelled or turned down: a new row, the old one keeps its facts."""

from collections.abc import Mapping
from typing import cast
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import organisations, questions, registrations
from service.domain.registrations_form import faults_of
from service.errors import InvalidState
from service.models.registrations import Registration, RegistrationStatus
from service.models.registrations_shapes import Answer, RegistrationCreate
from service.models.workshops import Workshop, WorkshopStatus

_ENDED = frozenset({RegistrationStatus.CANCELLED, RegistrationStatus.REJECTED})
_COPIED = (
    "name",
    "email",
    "phone",
    "position",
    "position_level",
    "rank",
    "mode",
    "role",
    "represents",
    "employment",
    "nip",
    "channel",
    "language",
)


def is_possible(row: Registration, workshop: Workshop) -> bool:
    """Whether somebody may be registered once more: nobody who took the consent back, or whose data were erased."""
    open_now = workshop.status in (WorkshopStatus.DRAFT, WorkshopStatus.PUBLISHED) and clock.now() < workshop.ends_at
    return open_now and row.status in _ENDED and row.withdrawn_at is None and row.anonymised_at is None


async def register_again(session: AsyncSession, actor: Actor, registration_id: UUID) -> Registration:
    """A new registration by staff with what is known of the person; answers that no longer fit are left out, and so is
    the committee's code, which stays with the old one.

    Raises NotFound, InvalidState, and whatever `registrations.register` raises.
    """
    row = await registrations.find_locked(session, actor, registration_id)
    workshop = await session.get_one(Workshop, row.workshop_id)
    if not is_possible(row, workshop):
        raise InvalidState
    codes = await organisations.codes(session, [row.organisation_id] if row.organisation_id else [])
    known = codes.get(row.organisation_id) if row.organisation_id else None
    values = {name: getattr(row, name) for name in _COPIED}
    values |= {"organisation": known, "organisation_name": None if known else row.organisation_name}
    values |= {"answers": _fitting(workshop, row), "consent": row.consent_at is not None}
    return await registrations.register(session, actor, workshop.id, RegistrationCreate.model_validate(values))


def _fitting(workshop: Workshop, row: Registration) -> dict[str, Answer]:
    answers = cast("Mapping[str, Answer]", row.answers)
    asked = {one.code for one in questions.asked(workshop.questions, row.mode, row.role)}
    return {
        code: answer
        for code, answer in answers.items()
        if code in asked and not faults_of(workshop.questions, {code: answer}, row.mode, row.role, required=False)
    }
