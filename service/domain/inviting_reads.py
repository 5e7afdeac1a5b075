"""A workshop's invitations as the committee looks through them, and what inviting many would do before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, case, exists, func, or_, select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.db import run, settings_of
from service.domain import inviting, workshops
from service.domain.letters_facts import contacts_of
from service.models.invitations import OFF, Invitation, InvitationStatus
from service.models.invitations_shapes import InvitationBatch, InvitationRead
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.people import Organisation
from service.models.registrations import LIVE, Registration
from service.models.workshops import Capacity, Mode, Workshop

_ASTRAY = (MessageStatus.FAILED, MessageStatus.BOUNCED, MessageStatus.UNREACHABLE)
_INVITING = col(Message.occasion) == Occasion.INVITATION
_ON_ITS_WAY = (MessageStatus.SENT, MessageStatus.QUEUED, MessageStatus.WAITING)


class Answer(StrEnum):
    """What an organisation has said so far; `undelivered`: no message has reached it, and none is on its way."""

    UNANSWERED = "unanswered"
    NAMED = "named"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True)
class Totals:
    """A workshop's invitations in numbers. The first is the sum of `named`, `declined` and `unanswered`.

    `delegates`: those of `named`. Those `withdrawn` by the committee are counted apart.
    """

    invited: int = 0
    named: int = 0
    declined: int = 0
    unanswered: int = 0
    undelivered: int = 0
    delegates: int = 0
    withdrawn: int = 0


@dataclass(frozen=True)
class Told:
    """What became of a message."""

    channel: Channel
    status: MessageStatus
    error: str | None
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None


# Columns: a page of fifty whole messages would spend most of its time on what nobody looks at.
_TOLD = select_columns(
    col(Message.invitation_id),
    col(Message.channel),
    col(Message.status),
    col(Message.error),
    col(Message.created_at),
    col(Message.sent_at),
    col(Message.delivered_at),
    col(Message.read_at),
)


@dataclass(frozen=True)
class Uninvited:
    """Whom a workshop could still invite: an organisation, and whether anybody there can be written to."""

    code: str
    name: str
    org_class: str
    reachable: bool


@dataclass(frozen=True)
class Preview:
    """What inviting many would do: `held` seats by mode out of the `free` ones (None: unlimited)."""

    fresh: Sequence[Uninvited]
    already: Sequence[str]
    wanted: dict[Mode, int | None]
    free: dict[Mode, int | None]

    @property
    def unreachable(self) -> list[Uninvited]:
        """Those whose invitation goes out on paper only."""
        return [one for one in self.fresh if not one.reachable]

    @property
    def short(self) -> dict[Mode, int]:
        """Seats that the quotas ask for and that are not there, by mode."""
        missing = {mode: (self.wanted[mode] or 0) - left for mode, left in self.free.items() if left is not None}
        return {mode: count for mode, count in missing.items() if count > 0}


async def page(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    answer: Answer | None = None,
    words: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[InvitationRead]:
    """Invitations by the organisations' codes, at most `limit`, after the code `after`."""
    named = _named(workshop)
    query = (
        select(Invitation)
        .join(Organisation, col(Organisation.id) == col(Invitation.organisation_id))
        .outerjoin(named, named.c.invitation_id == col(Invitation.id))
        .where(Invitation.workshop_id == workshop.id)
        .order_by(col(Organisation.code))
        .limit(limit)
    )
    if answer is not None:
        query = query.where(_condition(answer, named, keeps_mail=_keeps_mail(session)))
    if words:
        parts = (col(Organisation.code), col(Organisation.name), col(Invitation.letter_number))
        query = query.where(or_(*(part.icontains(words, autoescape=True) for part in parts)))
    if after is not None:
        query = query.where(col(Organisation.code) > after)
    return await inviting.read_many(session, actor, (await session.exec(query)).all())


async def totals(session: AsyncSession, workshop: Workshop) -> Totals:
    """All invitations of a workshop, counted in one statement."""
    named = _named(workshop)

    def how_many(answer: Answer) -> ColumnElement[int]:
        return func.coalesce(
            func.sum(case((_condition(answer, named, keeps_mail=_keeps_mail(session)), 1), else_=0)), 0
        )

    query = (
        select_columns(
            func.coalesce(func.sum(case((~_is(InvitationStatus.WITHDRAWN), 1), else_=0)), 0),
            *(how_many(one) for one in (Answer.NAMED, Answer.DECLINED, Answer.UNANSWERED, Answer.UNDELIVERED)),
            func.coalesce(func.sum(case((col(Invitation.status).not_in(OFF), named.c.delegates))), 0),
            how_many(Answer.WITHDRAWN),
        )
        .select_from(Invitation)
        .outerjoin(named, named.c.invitation_id == col(Invitation.id))
        .where(col(Invitation.workshop_id) == workshop.id)
    )
    return Totals(*(int(count) for count in (await run(session, query, {})).one()))


async def last_messages(session: AsyncSession, invitations: Sequence[UUID]) -> dict[UUID, Told]:
    """The latest message about each of these invitations."""
    query = _TOLD.where(col(Message.invitation_id).in_(invitations), _INVITING).order_by(col(Message.id))
    return {row[0]: Told(*row[1:]) for row in await run(session, query, {})}


async def messages_of(session: AsyncSession, row: Invitation) -> list[Told]:
    """All messages about an invitation, the newest first."""
    query = _TOLD.where(col(Message.invitation_id) == row.id, _INVITING).order_by(col(Message.id).desc())
    return [Told(*message[1:]) for message in await run(session, query, {})]


async def delegates_of(session: AsyncSession, row: Invitation) -> Sequence[Registration]:
    """Everybody who was ever named by an invitation and stands, or stood, for the organisation; by number."""
    query = select(Registration).where(Registration.invitation_id == row.id).order_by(col(Registration.number))
    return (await session.exec(query)).all()


async def letter_codes(session: AsyncSession, actor: Actor, workshop: Workshop) -> Sequence[str]:
    """The codes of the organisations whose letters are printed, in that order."""
    query = (
        select(Organisation.code)
        .join(Invitation, col(Invitation.organisation_id) == col(Organisation.id))
        .where(
            Organisation.organizer_id == actor.tenant,
            Invitation.workshop_id == workshop.id,
            col(Invitation.status).not_in(OFF),
        )
    )
    return (await session.exec(query.order_by(Organisation.code))).all()


async def uninvited(session: AsyncSession, actor: Actor, workshop: Workshop) -> list[Uninvited]:
    """Organisations of the house without an invitation to this workshop that was not withdrawn, by name."""
    invited = exists().where(
        col(Invitation.workshop_id) == workshop.id,
        col(Invitation.organisation_id) == col(Organisation.id),
        ~_is(InvitationStatus.WITHDRAWN),
    )
    query = select(Organisation).where(Organisation.organizer_id == actor.tenant, ~invited)
    return [_choice(row) for row in await session.exec(query.order_by(Organisation.name, Organisation.code))]


async def preview(session: AsyncSession, actor: Actor, workshop_id: UUID, data: InvitationBatch) -> Preview:
    """What `inviting.invite_many` would do with the same data; it is refused for the same reasons. Writes nothing."""
    workshop = await workshops.find(session, actor, workshop_id)
    inviting.check(workshop, data.deadline)
    wanted = await inviting.meant(session, actor, data)
    before = await inviting.invited(session, workshop, [one.id for one in wanted])
    fresh = [_choice(one) for one in wanted if one.id not in before]
    capacity = (await session.exec(select(Capacity).where(Capacity.workshop_id == workshop.id))).one()
    offered = workshops.offered_modes(workshop)
    quotas = {Mode.OFFLINE: data.quota.offline, Mode.ONLINE: data.quota.online}
    return Preview(
        fresh=fresh,
        already=[one.name for one in wanted if one.id in before],
        wanted={mode: _times(quotas[mode], len(fresh)) if data.deadline else None for mode in offered},
        free={mode: workshops.seats_left(capacity, mode) for mode in offered},
    )


def _times(quota: int | None, count: int) -> int | None:
    return None if quota is None else quota * count


def _choice(row: Organisation) -> Uninvited:
    return Uninvited(row.code, row.name, row.org_class, any(contacts_of(row)))


def _named(workshop: Workshop) -> Subquery:
    """How many delegates stand for each invitation."""
    return (
        select(Registration.invitation_id, func.count().label("delegates"))
        .where(
            Registration.workshop_id == workshop.id,
            col(Registration.invitation_id).is_not(None),
            col(Registration.status).in_(LIVE),
        )
        .group_by(col(Registration.invitation_id))
        .subquery()
    )


def _is(status: InvitationStatus) -> ColumnElement[bool]:
    return col(Invitation.status) == status


def _keeps_mail(session: AsyncSession) -> bool:
    """Whether mail only goes into a folder, where it has reached nobody."""
    return settings_of(session).smtp_host is None


def _condition(answer: Answer, named: Subquery, *, keeps_mail: bool) -> ColumnElement[bool]:
    stands = col(Invitation.status).not_in(OFF)
    match answer:
        case Answer.DECLINED:
            return _is(InvitationStatus.DECLINED)
        case Answer.WITHDRAWN:
            return _is(InvitationStatus.WITHDRAWN)
        case Answer.NAMED:
            return stands & named.c.delegates.is_not(None)
        case Answer.UNANSWERED:
            return stands & named.c.delegates.is_(None)
    written = exists().where(col(Message.invitation_id) == col(Invitation.id), _INVITING)
    astray: ColumnElement[bool] = col(Message.status).in_(_ASTRAY)
    on_its_way: ColumnElement[bool] = col(Message.status).in_(_ON_ITS_WAY)
    if keeps_mail:
        sent = (col(Message.status) == MessageStatus.SENT) & (col(Message.channel) == Channel.MAIL)
        kept = sent & col(Message.sent_by).is_(None)
        astray, on_its_way = astray | kept, on_its_way & ~kept
    return stands & written.where(astray) & ~written.where(on_its_way)
