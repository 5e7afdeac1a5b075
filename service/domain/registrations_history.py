"""Everything that happened to one registration, for the committee: what was decided, written and certified, by whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import attendance_history, messages
from service.models.attendance_history_shapes import Author
from service.models.certificates import Certificate
from service.models.messages import Message
from service.models.outbox import EventRow
from service.models.registrations import Registration

MOST = 100
"""Events and messages of one person that are read, the latest."""


@dataclass(frozen=True)
class Happened:
    """An event about the person, and who made it."""

    row: EventRow
    by: Author


@dataclass(frozen=True)
class History:
    """What is known of a person besides the registration itself. Messages only for who may read them."""

    events: list[Happened]
    messages: Sequence[Message]
    certificates: Sequence[Certificate]
    substitute_for: Registration | None
    substitute: Registration | None


async def read(session: AsyncSession, actor: Actor, row: Registration) -> History:
    """The history of a person, the latest first within each kind."""
    query = select(EventRow).where(EventRow.registration_id == row.id, EventRow.organizer_id == row.organizer_id)
    events = (await session.exec(query.order_by(col(EventRow.id).desc()).limit(MOST))).all()
    names = await attendance_history.names_of(session, {one.actor for one in events})
    told: Sequence[Message] = []
    if actor.may(Permission.MESSAGES_READ):
        told = await messages.listed(session, actor, registration_id=row.id, limit=MOST)
    papers = select(Certificate).where(Certificate.registration_id == row.id)
    others = select(Registration).where(
        (col(Registration.id) == row.substitute_for_id) | (col(Registration.substitute_for_id) == row.id)
    )
    beside = (await session.exec(others)).all()
    return History(
        events=[Happened(one, attendance_history.author(one.actor, names)) for one in events],
        messages=[one for one in told if not one.to_committee],
        certificates=(await session.exec(papers.order_by(col(Certificate.issued_at).desc()))).all(),
        substitute_for=next((one for one in beside if one.id == row.substitute_for_id), None),
        substitute=next((one for one in beside if one.substitute_for_id == row.id), None),
    )
