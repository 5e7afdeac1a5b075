"""Tells organisations what became of their promises and deliveries, and the committee what was asked of it.

Nobody is written to about every delivery: a reminder tells the committee every working morning what waits.
"""

from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import ActorKind
from service.domain import messages_organisations, organisations
from service.domain.letters_commitments import GRANTED, REFUSED
from service.events import (
    CommitmentEvent,
    CommitmentExtended,
    DataRequested,
    DueDatesMoved,
    ExtensionRefused,
    ExtensionRequested,
    OrganisationEvent,
    RemarkMade,
    SubmissionAccepted,
    SubmissionReturned,
)
from service.models.commitments import Axis, Commitment, CommitmentHistory, CommitmentRemark
from service.models.messages import Message, Occasion
from service.models.people import Organisation
from service.models.workshops import Workshop
from service.outbox import After, Reaction, subscribe
from service.subscribers import sending

_OF_MANY: dict[type[OrganisationEvent], Occasion] = {
    DataRequested: Occasion.DATA_REQUESTED,
    DueDatesMoved: Occasion.DUE_DATES_MOVED,
}
_OF_ONE: dict[type[CommitmentEvent], tuple[Occasion, str | None]] = {
    CommitmentExtended: (Occasion.EXTENSION_DECIDED, GRANTED),
    ExtensionRefused: (Occasion.EXTENSION_DECIDED, REFUSED),
    SubmissionAccepted: (Occasion.SUBMISSION_ACCEPTED, None),
    SubmissionReturned: (Occasion.SUBMISSION_RETURNED, None),
}


@subscribe("messages.data", *_OF_MANY)
async def data(reaction: Reaction) -> After | None:
    """Tells an organisation what it is asked for, or that due dates moved: once for all that one act brought about."""
    event = reaction.event
    assert isinstance(event, OrganisationEvent)

    async def one(session: AsyncSession) -> list[Message]:
        agency = await organisations.as_now(session, event.organisation_id)
        occasion, key = _OF_MANY[type(event)], f"{event.workshop_id}:{event.batch_id}"
        what: str | None = reaction.happened_at.isoformat()
        if isinstance(event, DataRequested):
            what = await _of_requests(session, agency, event.workshop_id, key)
            if what is None:
                return []
        return await messages_organisations.about_organisation(
            session, occasion, agency, event.workshop_id, key, what=what
        )

    return await sending.write(reaction, one)


@subscribe("messages.commitment", *_OF_ONE)
async def decided(reaction: Reaction) -> After | None:
    """Tells an organisation what the steward decided."""
    event = reaction.event
    assert isinstance(event, CommitmentEvent)
    occasion, what = _OF_ONE[type(event)]
    return await sending.write(
        reaction, lambda session: _to_organisation(session, occasion, event, str(reaction.event_id), what)
    )


@subscribe("messages.extension_asked", ExtensionRequested)
async def extension_asked(reaction: Reaction) -> After | None:
    """Tells the committee that an organisation asks for a later date."""
    event = reaction.event
    assert isinstance(event, ExtensionRequested)

    async def asked(session: AsyncSession) -> list[Message]:
        """Asked for several times, it is the latest date that is told."""
        times = select(func.count()).where(
            col(CommitmentHistory.commitment_id) == event.commitment_id,
            col(CommitmentHistory.axis) == Axis.EXTENSION,
        )
        agency, key = await _agency(session, event.commitment_id), str(reaction.event_id)
        mine = col(Message.commitment_id) == event.commitment_id
        what = await messages_organisations.not_told(session, Occasion.EXTENSION_ASKED, agency.id, key, times, mine)
        return await _to_committee(session, Occasion.EXTENSION_ASKED, event, key, what) if what else []

    return await sending.write(reaction, asked)


@subscribe("messages.remark", RemarkMade)
async def remark(reaction: Reaction) -> After | None:
    """Tells the other side what was said."""
    event = reaction.event
    assert isinstance(event, RemarkMade)

    async def other_side(session: AsyncSession) -> list[Message]:
        said = await session.get_one(CommitmentRemark, event.remark_id)
        by_organisation = said.by.partition(":")[0] == ActorKind.ORGANISATION
        tell = _to_committee if by_organisation else _to_organisation
        return await tell(session, Occasion.REMARK, event, str(said.id), str(said.id))

    return await sending.write(reaction, other_side)


async def _of_requests(session: AsyncSession, agency: Organisation, workshop_id: UUID, key: str) -> str | None:
    """Several requests in a row are one thing to say."""
    asked = select(func.count()).where(
        col(Commitment.workshop_id) == workshop_id, col(Commitment.organisation_id) == agency.id
    )
    here = col(Message.workshop_id) == workshop_id
    return await messages_organisations.not_told(session, Occasion.DATA_REQUESTED, agency.id, key, asked, here)


async def _to_organisation(
    session: AsyncSession, occasion: Occasion, event: CommitmentEvent, key: str, what: str | None
) -> list[Message]:
    agency = await _agency(session, event.commitment_id)
    columns = {"commitment_id": event.commitment_id, "what": what}
    return await messages_organisations.about_organisation(session, occasion, agency, event.workshop_id, key, **columns)


async def _to_committee(
    session: AsyncSession, occasion: Occasion, event: CommitmentEvent, key: str, what: str | None
) -> list[Message]:
    agency = await _agency(session, event.commitment_id)
    columns = {"commitment_id": event.commitment_id, "organisation_id": agency.id, "what": what}
    workshop = await session.get_one(Workshop, event.workshop_id)
    return await messages_organisations.about_workshop(session, occasion, workshop, key, **columns)


async def _agency(session: AsyncSession, commitment_id: UUID) -> Organisation:
    commitment = await session.get_one(Commitment, commitment_id)
    return await session.get_one(Organisation, commitment.organisation_id)
