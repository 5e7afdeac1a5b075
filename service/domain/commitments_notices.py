"""Reminding organisations by hand of what they owe: at once, and of each workshop once a day."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import outbox
from service.auth import Actor
from service.domain import messages_organisations, organisations, portal_links, unsubscriptions, workshops
from service.domain.commitments import today
from service.domain.commitments_as_of import OWING_DELIVERIES, OWING_PROMISES
from service.domain.commitments_errors import NobodyReminded
from service.domain.letters_facts import contacts_of
from service.events import MessageRequested
from service.models.commitments import Commitment
from service.models.messages import Message, Occasion
from service.models.people import Organisation
from service.models.workshops import Workshop, WorkshopStatus

NOTHING_OWED, TODAY, UNSUBSCRIBED, UNREACHABLE = "nothing_owed", "reminded_today", "unsubscribed", "unreachable"


@dataclass
class Reminded:
    """Codes of the organisations that are written to; of the others, why not."""

    reminded: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


async def remind(
    session: AsyncSession, actor: Actor, workshop_id: UUID, organisation_code: str | None = None
) -> Reminded:
    """Reminds one organisation, or all that owe something at the workshop. Raises NotFound; InvalidInput for a code
    nobody has; NobodyReminded when the workshop was cancelled.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    if workshop.status is WorkshopStatus.CANCELLED:
        raise NobodyReminded
    # Locked, so that two who ask at once do not both find that nobody was reminded today.
    await session.exec(select(Workshop.id).where(Workshop.id == workshop_id).with_for_update(key_share=True))
    owing = await _owing(session, workshop_id)
    told = Reminded()
    if organisation_code is not None:
        named = await organisations.named(session, actor, organisation_code, "/organisation")
        if named.id not in {one.id for one in owing}:
            told.skipped[named.code] = NOTHING_OWED
        owing = [one for one in owing if one.id == named.id]
    day = (await today(session, actor)).isoformat()
    contacts = await portal_links.with_mail(session, [one.id for one in owing])
    keys = [unsubscriptions.contact_key(one) for one in owing]
    left = await unsubscriptions.among(session, workshop.organizer_id, keys) if owing else set()
    before = await _written(session, workshop_id, day)
    for one in owing:
        if one.id in before:
            told.skipped[one.code] = TODAY
        elif unsubscriptions.contact_key(one) in left:
            told.skipped[one.code] = UNSUBSCRIBED
        elif not contacts.get(one.id) and contacts_of(one) == ([], []):
            told.skipped[one.code] = UNREACHABLE
        else:
            told.reminded.append(one.code)
    chosen = [one for one in owing if one.code in told.reminded]
    made = await messages_organisations.about_organisations(
        session, Occasion.COMMITMENTS_DUE, chosen, workshop_id, _key(workshop_id, day)
    )
    await outbox.record_all(
        session, [MessageRequested(organizer_id=one.organizer_id, message_id=one.id) for one in made], actor.label
    )
    return told


async def _owing(session: AsyncSession, workshop_id: UUID) -> Sequence[Organisation]:
    owing = select(Commitment.organisation_id).where(
        Commitment.workshop_id == workshop_id,
        col(Commitment.commitment_status).in_(OWING_PROMISES),
        col(Commitment.fulfilment_status).in_(OWING_DELIVERIES),
    )
    query = select(Organisation).where(col(Organisation.id).in_(owing)).order_by(col(Organisation.code))
    return (await session.exec(query)).all()


async def _written(session: AsyncSession, workshop_id: UUID, day: str) -> set[UUID]:
    query = select(Message.organisation_id).where(
        Message.workshop_id == workshop_id,
        Message.occasion == Occasion.COMMITMENTS_DUE,
        col(Message.occasion_key).contains(_key(workshop_id, day)),
    )
    return {one for one in await session.exec(query) if one}


def _key(workshop_id: UUID, day: str) -> str:
    return f"by hand:{workshop_id}:{day}"
