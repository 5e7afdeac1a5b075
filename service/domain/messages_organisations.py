"""Messages to organisations, and to the committee about what they promised: one per occasion and contact."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from service.domain import messages, portal_links, unsubscriptions
from service.domain.letters_facts import contacts_of, told_before
from service.models.invitations import Invitation
from service.models.messages import OPTIONAL_OCCASIONS, Channel, Message, MessageStatus, Occasion
from service.models.people import Organisation
from service.models.portal_links import PortalLink
from service.models.workshops import Workshop


async def about_organisations(
    session: AsyncSession,
    occasion: Occasion,
    organisations: Sequence[Organisation],
    workshop_id: UUID,
    key: str,
    **columns: object,
) -> list[Message]:
    """The same message to several organisations; `key` tells occasions of a kind apart, `columns` of Message.

    A contact with a link of its own gets a mail of its own; the others share one. What is optional is not made for
    organisations that unsubscribed. Returns those to be sent now.
    """
    if not organisations:
        return []
    if occasion in OPTIONAL_OCCASIONS:
        keys = {one.id: unsubscriptions.contact_key(one) for one in organisations}
        left = await unsubscriptions.among(session, organisations[0].organizer_id, list(keys.values()))
        organisations = [one for one in organisations if keys[one.id] not in left]
    rehearsal = bool(await messages.rehearsing(session, {workshop_id}))
    contacts = await portal_links.with_mail(session, [one.id for one in organisations])
    rows: list[dict[str, object]] = []
    for one in organisations:
        common = {"organizer_id": one.organizer_id, "workshop_id": workshop_id, "occasion": occasion}
        common |= {"organisation_id": one.id, "occasion_key": f"{occasion}:{one.id}:{key}"} | columns
        rows += [common | row for row in _rows(session, occasion, one, common, contacts.get(one.id, []), rehearsal)]
    return await messages.insert(session, rows)


async def about_invitations(
    session: AsyncSession,
    occasion: Occasion,
    invited: Sequence[tuple[Invitation, Organisation]],
    key: str,
    **columns: object,
) -> list[Message]:
    """The same message to invited organisations, one each to all its contacts, about the invitation; otherwise as
    `about_organisations`. Returns those to be sent now.
    """
    rehearsed = await messages.rehearsing(session, {one.workshop_id for one, _organisation in invited})
    rows: list[dict[str, object]] = []
    for one, organisation in invited:
        common: dict[str, object] = {"organizer_id": one.organizer_id, "workshop_id": one.workshop_id}
        common |= {"invitation_id": one.id, "occasion": occasion, "occasion_key": f"{occasion}:{one.id}:{key}"}
        standing = messages.first_standing(
            session, occasion, *contacts_of(organisation), None, rehearsal=one.workshop_id in rehearsed
        )
        rows.append(common | columns | standing)
    return await messages.insert(session, rows)


async def about_organisation(
    session: AsyncSession,
    occasion: Occasion,
    organisation: Organisation,
    workshop_id: UUID,
    key: str,
    **columns: object,
) -> list[Message]:
    """The same for one."""
    return await about_organisations(session, occasion, [organisation], workshop_id, key, **columns)


async def about_workshop(
    session: AsyncSession, occasion: Occasion, workshop: Workshop, key: str, **columns: object
) -> list[Message]:
    """A message to the committee about a workshop. Returns those to be sent now."""
    message: dict[str, object] = {
        "organizer_id": workshop.organizer_id,
        "workshop_id": workshop.id,
        "occasion": occasion,
        "occasion_key": f"{occasion}:{workshop.id}:{key}",
        "to_committee": True,
        "status": MessageStatus.QUEUED,
        "channel": Channel.MAIL,
    }
    return await messages.insert(session, [message | columns])


async def not_told(
    session: AsyncSession,
    occasion: Occasion,
    organisation_id: UUID,
    key: str,
    asked: SelectOfScalar[int],
    *where: ColumnElement[bool],
) -> str | None:
    """What a message about what was asked for has to remember, see `told_before`; None when an earlier one told of all.

    `asked` counts everything that was ever asked for, `where` finds the messages about it; `key` as for the message.
    Locks the organisation: of several acts at once, one message tells.
    """
    lock = select(Organisation.id).where(Organisation.id == organisation_id).with_for_update(key_share=True)
    await session.exec(lock)
    count = (await session.exec(asked)).one()
    query = select(Message).where(
        Message.occasion == occasion,
        Message.organisation_id == organisation_id,
        col(Message.status).not_in((MessageStatus.DROPPED, MessageStatus.FAILED)),
        *where,
    )
    earlier = (await session.exec(query.order_by(col(Message.created_at)))).all()
    # Tried again: the message that was made the first time is still to be sent.
    if any(key in one.occasion_key for one in earlier):
        return str(count)
    if any(told_before(one.what)[0] >= count for one in earlier):
        return None
    return " ".join([str(count), *(one.created_at.isoformat() for one in earlier[-1:])])


def reachable(organisation: Organisation, contacts: Sequence[PortalLink]) -> bool:
    """Whether mail reaches anybody there."""
    return bool(contacts or contacts_of(organisation)[0])


def _rows(
    session: AsyncSession,
    occasion: Occasion,
    organisation: Organisation,
    common: dict[str, object],
    contacts: Sequence[PortalLink],
    rehearsal: bool,
) -> list[dict[str, object]]:
    """What tells the messages apart: one for all who share the main link, one for each with a link of its own."""
    emails, phones = contacts_of(organisation)
    shared = portal_links.without_link(emails, contacts)
    rows: list[dict[str, object]] = []
    if shared or not contacts:
        rows.append(messages.first_standing(session, occasion, shared or emails, phones, None, rehearsal=rehearsal))
    for contact in contacts:
        standing = messages.first_standing(session, occasion, [contact.email or ""], (), None, rehearsal=rehearsal)
        key = f"{common['occasion_key']}:{contact.id}"
        rows.append(standing | {"portal_link_id": contact.id, "occasion_key": key})
    return rows
