"""Messages to people: one per occasion, over the best channel there is, dropped when the occasion has passed.

Texts, links and addresses are never stored; `facts()` gathers them anew whenever a message goes out.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Boolean, and_, bindparam, func, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import is_postgresql, pieces, run, settings_of
from service.domain import channels, dispatch, unsubscriptions
from service.domain.letters import AFTER_THE_END, CURRENT, known_contact
from service.domain.letters_facts import Facts, contacts_of
from service.domain.silence import is_silent
from service.errors import InvalidState, MessageNotSendable, NotFound
from service.events import MessageRequested
from service.models.invitations import Invitation
from service.models.messages import OPTIONAL_OCCASIONS, Channel, Message, MessageStatus, Occasion
from service.models.people import Organisation
from service.models.registrations import LIVE, HeldRegistration, Registration
from service.models.workshops import Workshop
from service.tokens import new_id

Keys = Mapping[UUID, str]
_INSERT = {
    "postgresql": postgresql.insert(Message).on_conflict_do_nothing(index_elements=["occasion_key"]),
    "sqlite": sqlite.insert(Message).on_conflict_do_nothing(index_elements=["occasion_key"]),
}
_PERSON = (
    select(Registration, Workshop.rehearsal)
    .join(Workshop, col(Workshop.id) == col(Registration.workshop_id))
    .where(col(Registration.id) == bindparam("id"))
)
_GIVEN_UP = col(Message.error).startswith(dispatch.GIVEN_UP)
_OPEN = (
    select(Message)
    .where(
        col(Message.occasion_key).in_(bindparam("keys")),
        or_(
            col(Message.status) == MessageStatus.QUEUED,
            and_(col(Message.status) == MessageStatus.FAILED, or_(bindparam("refused", type_=Boolean), _GIVEN_UP)),
        ),
    )
    .order_by(col(Message.id))
)
_RECENT = select(func.count()).where(
    col(Message.registration_id) == bindparam("person"),
    col(Message.occasion) == bindparam("occasion"),
    col(Message.created_at) > bindparam("since"),
    col(Message.occasion_key) != bindparam("key"),
)
AN_HOUR = {Occasion.HELD: 5, Occasion.REPEATED: 3}
"""How often strangers can have a known contact written to within an hour: asked to confirm somebody else, or told that
the registration stands. What comes on top of that is not written about; whoever registers is answered the same.
"""
_DROP = (
    update(Message)
    .where(
        col(Message.registration_id) == bindparam("person"),
        col(Message.status) == MessageStatus.WAITING,
        col(Message.held_id).is_(None),
        col(Message.occasion).in_(bindparam("overtaken")),
    )
    .values(status=MessageStatus.DROPPED)
)
_DROP_OF_WORKSHOP = (
    update(Message)
    .where(
        col(Message.workshop_id) == bindparam("workshop"),
        col(Message.status) == MessageStatus.WAITING,
        col(Message.occasion).not_in(AFTER_THE_END),
    )
    .values(status=MessageStatus.DROPPED)
)


async def about_registration(
    session: AsyncSession, occasion: Occasion, registration_id: UUID, key: str
) -> list[Message]:
    """The message of one occasion to one person, made unless it exists; `key` tells occasions of a kind apart.

    Returns those that are to be sent now. Messages still on the send list that this one overtakes are dropped.
    """
    row, rehearsal = (await session.exec(_PERSON, params={"id": registration_id})).one()
    await _drop_overtaken(session, row)
    if is_silent(row, occasion):
        return []
    return await insert(session, [_to_person(session, occasion, row, key, rehearsal=rehearsal)])


async def about_cancelled(session: AsyncSession, workshop_id: UUID, key: str, *, silent: bool) -> list[Message]:
    """Tells everybody who is still registered that the workshop is called off, unless it happens in silence; the rest
    on the send list is dropped.

    Returns those that are to be sent now.
    """
    await run(session, _DROP_OF_WORKSHOP, {"workshop": workshop_id})
    if silent:
        return []
    query = select(Registration).where(Registration.workshop_id == workshop_id, col(Registration.status).in_(LIVE))
    people = (await session.exec(query.order_by(col(Registration.number)))).all()
    return await about_people(session, Occasion.WORKSHOP_CANCELLED, people, key)


async def about_people(
    session: AsyncSession, occasion: Occasion, people: Sequence[Registration], key: str | Keys, **columns: object
) -> list[Message]:
    """The same message to several people, with one key or one for each; `columns` of Message. Returns those to send.

    What people can do without is not made for those who unsubscribed from it.
    """
    people = [row for row in people if not is_silent(row, occasion)]
    if not people:
        return []
    if occasion in OPTIONAL_OCCASIONS:
        keys = [row.contact_key for row in people]
        left = await unsubscriptions.among(session, people[0].organizer_id, keys)
        people = [row for row in people if row.contact_key not in left]
    rehearsed = await rehearsing(session, {row.workshop_id for row in people})
    keys_of = dict.fromkeys((row.id for row in people), key) if isinstance(key, str) else key
    rows = (
        _to_person(session, occasion, row, keys_of[row.id], rehearsal=row.workshop_id in rehearsed) for row in people
    )
    return await insert(session, [row | columns for row in rows])


async def about_committee(
    session: AsyncSession, occasion: Occasion, registration: Registration, key: str, **columns: object
) -> list[Message]:
    """A message to the committee about somebody's registration. Returns those to be sent now."""
    message = _to_person(session, occasion, registration, key, rehearsal=True)
    return await insert(session, [message | {"rehearsal": False, "to_committee": True} | columns])


async def about_held(session: AsyncSession, held_id: UUID) -> list[Message]:
    """Asks the known contact to confirm a held registration, but not more often than `AN_HOUR` says.

    Returns those that are to be sent now.
    """
    held = await session.get_one(HeldRegistration, held_id)
    known = await known_contact(session, held)
    if known is None:
        return []
    rehearsal = bool(await rehearsing(session, {known.workshop_id}))
    message = _to_person(session, Occasion.HELD, known, f"{held.id}", rehearsal=rehearsal) | {"held_id": held.id}
    return [] if await _is_too_often(session, message) else await insert(session, [message])


async def about_repeated(session: AsyncSession, registration_id: UUID, key: str) -> list[Message]:
    """Tells a known contact that its registration stands, unless that was said often enough within the hour.

    Returns those that are to be sent now.
    """
    row, rehearsal = (await session.exec(_PERSON, params={"id": registration_id})).one()
    message = _to_person(session, Occasion.REPEATED, row, key, rehearsal=rehearsal)
    if is_silent(row, Occasion.REPEATED) or await _is_too_often(session, message):
        return []
    return await insert(session, [message])


async def _is_too_often(session: AsyncSession, message: dict[str, object]) -> bool:
    person, occasion = message["registration_id"], message["occasion"]
    # Without the row's lock two workers could both count one too few.
    await session.exec(select(Registration.id).where(col(Registration.id) == person).with_for_update(key_share=True))
    others = {"person": person, "occasion": occasion, "key": message["occasion_key"]}
    found = await run(session, _RECENT, others | {"since": clock.now() - timedelta(hours=1)})
    return int(found.scalar_one()) >= AN_HOUR[Occasion(str(occasion))]


async def about_invitation(session: AsyncSession, invitation_id: UUID, key: str) -> list[Message]:
    """The invitation to an organisation's contacts, one message; none for one that ended in a merger, where the other
    one holds. Returns those that are to be sent now.
    """
    invitation = await session.get(Invitation, invitation_id)
    if invitation is None:
        return []
    organisation = await session.get_one(Organisation, invitation.organisation_id)
    message = await to_organisation(session, Occasion.INVITATION, organisation, invitation.workshop_id)
    message |= {"invitation_id": invitation.id, "occasion_key": f"{Occasion.INVITATION}:{invitation.id}:{key}"}
    return await insert(session, [message])


async def find(session: AsyncSession, actor: Actor, message_id: UUID) -> Message:
    """The actor's own message, locked. Raises NotFound."""
    query = select(Message).where(Message.id == message_id, Message.organizer_id == actor.tenant).with_for_update()
    message = (await session.exec(query)).first()
    if message is None:
        raise NotFound
    return message


async def listed(
    session: AsyncSession,
    actor: Actor,
    *,
    registration_id: UUID | None = None,
    workshop_id: UUID | None = None,
    occasion: Occasion | None = None,
    statuses: Sequence[MessageStatus] = (),
    channel: Channel | None = None,
    before: UUID | None = None,
    limit: int = 200,
) -> Sequence[Message]:
    """The organizer's messages, the newest first, older than the message `before`."""
    query = select(Message).where(Message.organizer_id == actor.tenant).order_by(col(Message.id).desc()).limit(limit)
    if registration_id is not None:
        query = query.where(Message.registration_id == registration_id)
    if workshop_id is not None:
        query = query.where(Message.workshop_id == workshop_id)
    if occasion is not None:
        query = query.where(Message.occasion == occasion)
    if statuses:
        query = query.where(col(Message.status).in_(statuses))
    if channel is not None:
        query = query.where(Message.channel == channel)
    if before is not None:
        query = query.where(col(Message.id) < before)
    return (await session.exec(query)).all()


async def resend(session: AsyncSession, actor: Actor, message_id: UUID, channel: Channel | None = None) -> Message:
    """Sends a message again, to the contact as it is now, over the `channel` asked for or the best one there is.

    What never arrived keeps its row and its Message-ID; what was sent gets a new row, or mail servers would take it for
    the same message and swallow it. Raises NotFound, MessageNotSendable (still under way, its occasion has passed, or
    nobody can be reached by that channel).
    """
    message = await find(session, actor, message_id)
    found = await dispatch.facts_now(session, message)
    under_way = message.status is MessageStatus.QUEUED and message.error is None
    if under_way or found is None or dispatch.is_stale(message):
        raise MessageNotSendable
    standing = _standing_again(session, message, found, channel)
    if message.status is standing[0] is MessageStatus.WAITING:
        raise MessageNotSendable
    if message.status is MessageStatus.SENT:
        message = _again(message)
    message.status, message.channel = standing
    message.error = message.external_id = message.sent_at = None
    session.add(message)
    await session.flush()
    if message.status is MessageStatus.QUEUED:
        requested = MessageRequested(organizer_id=message.organizer_id, message_id=message.id)
        await outbox.record(session, requested, actor.label)
    return message


def _standing_again(
    session: AsyncSession, message: Message, found: Facts, channel: Channel | None
) -> channels.Standing:
    """How it stands over the channel asked for. Raises MessageNotSendable when that one does not reach anybody."""
    emails = found.to if channel in (None, Channel.MAIL) else ()
    phones = found.phones if channel is not Channel.MAIL else ()
    preferred = channel or (found.registration.channel if found.registration else None)
    standing = channels.choose(
        emails,
        phones,
        preferred=preferred,
        api=channel is not Channel.SEND_LIST and channels.by_api(settings_of(session), message.occasion),
        committee=found.rehearsal or message.to_committee,
    )
    if channel is not None and standing[1] is not channel:
        raise MessageNotSendable
    return standing


async def mark_sent(session: AsyncSession, actor: Actor, message_id: UUID) -> Message:
    """A person sent a waiting message from a phone; marking it twice keeps the first mark.

    Raises NotFound, InvalidState.
    """
    message = await find(session, actor, message_id)
    if message.status is MessageStatus.SENT and message.sent_by is not None:
        return message
    if message.status is not MessageStatus.WAITING:
        raise InvalidState
    message.status = MessageStatus.SENT
    message.sent_at, message.sent_by = clock.now(), actor.label
    session.add(message)
    await session.flush()
    return message


async def drop_stale(session: AsyncSession) -> None:
    """Takes from the send list what came too late to be of use."""
    late = (col(Message.status) == MessageStatus.WAITING) & (col(Message.stale_at) < clock.now())
    await session.exec(update(Message).where(late).values(status=MessageStatus.DROPPED, error=dispatch.STALE))


_COPIED = {
    "organizer_id",
    "workshop_id",
    "registration_id",
    "held_id",
    "invitation_id",
    "organisation_id",
    "reminder_id",
    "commitment_id",
    "escalation_id",
    "portal_link_id",
    "announcement_id",
    "staff_invitation_id",
    "staff_id",
    "to_committee",
    "what",
    "stale_at",
}


def _again(message: Message) -> Message:
    identity = new_id()
    return Message(
        id=identity,
        occasion=message.occasion,
        occasion_key=f"{message.occasion}{dispatch.RESENT}{identity}",
        channel=message.channel,
        status=message.status,
        **message.model_dump(include=_COPIED),
    )


async def rehearsing(session: AsyncSession, workshops: Collection[UUID]) -> set[UUID]:
    """Which of these workshops write to the committee alone."""
    query = select(Workshop.id).where(col(Workshop.id).in_(workshops), col(Workshop.rehearsal).is_(True))
    return set(await session.exec(query))


def _to_person(
    session: AsyncSession, occasion: Occasion, row: Registration, key: str, *, rehearsal: bool
) -> dict[str, object]:
    message = {
        "organizer_id": row.organizer_id,
        "workshop_id": row.workshop_id,
        "registration_id": row.id,
        "occasion": occasion,
        "occasion_key": f"{occasion}:{row.id}:{key}",
    }
    emails, phones = [row.email] if row.email else [], [row.phone] if row.phone else []
    return message | first_standing(session, occasion, emails, phones, row.channel, rehearsal=rehearsal)


async def to_organisation(
    session: AsyncSession, occasion: Occasion, organisation: Organisation, workshop_id: UUID
) -> dict[str, object]:
    """The row of a message to an organisation's contacts; what it is about is still to be added."""
    rehearsal = bool(await rehearsing(session, {workshop_id}))
    message = {"organizer_id": organisation.organizer_id, "workshop_id": workshop_id, "occasion": occasion}
    return message | first_standing(session, occasion, *contacts_of(organisation), None, rehearsal=rehearsal)


def first_standing(
    session: AsyncSession,
    occasion: Occasion,
    emails: Sequence[str],
    phones: Sequence[str],
    preferred: Channel | None,
    *,
    rehearsal: bool,
) -> dict[str, object]:
    """How a message stands when it is made. What goes to the committee is looked at when it is sent: only then is it
    known whether it has an address.
    """
    if rehearsal:
        return {"status": MessageStatus.QUEUED, "channel": Channel.MAIL, "rehearsal": True}
    api = channels.by_api(settings_of(session), occasion)
    status, channel = channels.choose(emails, phones, preferred=preferred, api=api)
    return {"status": status, "channel": channel}


async def insert(session: AsyncSession, rows: Sequence[dict[str, object]]) -> list[Message]:
    """Makes the messages that do not exist yet, and says which of them all still have to be sent."""
    if not rows:
        return []
    common: dict[str, object] = {"attempts": 0, "created_at": clock.now()}
    common |= dict.fromkeys(_COPIED - {"organizer_id", "workshop_id"}) | {"to_committee": False, "rehearsal": False}
    statement = _INSERT["postgresql" if is_postgresql(session) else "sqlite"]
    await run(session, statement, [{"id": new_id()} | common | row for row in rows])
    # A lone delivery that was parked with a refusal and is replayed tries again; among many, refusals stay refused.
    found: list[Message] = []
    for keys in pieces([row["occasion_key"] for row in rows]):
        found += await session.exec(_OPEN, params={"keys": keys, "refused": len(rows) == 1})
    return found


async def _drop_overtaken(session: AsyncSession, row: Registration) -> None:
    """Nobody should send from a phone what is no longer true."""
    overtaken = [occasion for occasion, statuses in CURRENT.items() if row.status not in statuses]
    await run(session, _DROP, {"person": row.id, "overtaken": overtaken})
