"""What the committee writes to participants in its own words: one message for each, by the channel that reaches them.

Whom it goes to is decided when it is made; what it says of each person when it is sent, as of every message.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import outbox
from service.auth import Actor
from service.domain import dispatch, messages, wordings, workshops
from service.domain.registrations_shapes import conditions
from service.errors import InvalidInput
from service.events import AnnouncementMade
from service.i18n import gettext as _
from service.models.announcements import Announcement
from service.models.announcements_shapes import (
    AnnouncementCreate,
    AnnouncementPreview,
    AnnouncementRead,
    AnnouncementTo,
)
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.registrations import LIVE, Registration
from service.models.registrations_shapes import RegistrationFilter
from service.models.workshops import Modality, Workshop
from service.tokens import new_id

LONGEST_BY_WHATSAPP = 700
"""Letters that fit into WhatsApp's template: the whole message may have 1,024."""
_GIVEN_UP = col(Message.error).startswith(dispatch.GIVEN_UP)


async def make(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID,
    data: AnnouncementCreate,
    announcement_id: UUID | None = None,
) -> Announcement:
    """Writes to everybody whom it is for; `announcement_id`: made once, however often the form is sent.

    Raises NotFound, InvalidInput when there is nobody or a name in braces stands for nothing.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    # Clicked twice, the second waits here for the first, and finds what that one made.
    await session.exec(select(Workshop.id).where(Workshop.id == workshop.id).with_for_update(key_share=True))
    known = await session.get(Announcement, announcement_id) if announcement_id else None
    if known is not None and known.workshop_id == workshop.id:
        return known
    check(workshop, data)
    people = await addressed(session, workshop, data.to)
    if not people:
        raise InvalidInput.at("/to", _("Tidak ada penerima yang cocok. Longgarkan pilihannya."))
    row = Announcement(
        id=announcement_id if announcement_id and known is None else new_id(),
        organizer_id=workshop.organizer_id,
        workshop_id=workshop.id,
        subject=data.subject,
        text=data.text,
        by=actor.label,
    )
    session.add(row)
    await session.flush()
    await messages.about_people(session, Occasion.ANNOUNCEMENT, people, f"{row.id}", announcement_id=row.id)
    event = AnnouncementMade(organizer_id=row.organizer_id, workshop_id=row.workshop_id, announcement_id=row.id)
    await outbox.record(session, event, actor.label)
    return row


def placeholders(workshop: Workshop) -> list[str]:
    """What may stand in braces in an announcement of this workshop."""
    return wordings.placeholders(Occasion.ANNOUNCEMENT, placed=_is_placed(workshop))


def check(workshop: Workshop, data: AnnouncementCreate) -> None:
    """Raises InvalidInput for a name in braces that would stand for nothing."""
    for pointer, text in (("/subject", data.subject), ("/text", data.text)):
        wordings.check(pointer, text, Occasion.ANNOUNCEMENT, placed=_is_placed(workshop))


def _is_placed(workshop: Workshop) -> bool:
    return workshop.modality is not Modality.ONLINE and bool(workshop.venue_name)


async def preview(
    session: AsyncSession, actor: Actor, workshop_id: UUID, wanted: AnnouncementTo
) -> AnnouncementPreview:
    """Whom an announcement would reach, and how. Raises NotFound."""
    workshop = await workshops.find(session, actor, workshop_id)
    mailed, called, preferred = (
        col(Registration.email).is_not(None),
        col(Registration.phone).is_not(None),
        col(Registration.channel),
    )
    query = select(mailed, called, preferred, func.count()).where(*_conditions(workshop, wanted))
    channels: Counter[Channel] = Counter()
    for email, phone, way, count in await session.exec(query.group_by(mailed, called, preferred)):
        channels[_channel(session, way, email=email, phone=phone)] += count
    return AnnouncementPreview(people=channels.total(), channels=dict(channels), rehearsal=workshop.rehearsal)


async def addressed(session: AsyncSession, workshop: Workshop, wanted: AnnouncementTo) -> Sequence[Registration]:
    """Everybody whom it is for and who may still be written to, by their numbers."""
    query = select(Registration).where(*_conditions(workshop, wanted))
    return (await session.exec(query.order_by(col(Registration.number)))).all()


def _conditions(workshop: Workshop, wanted: AnnouncementTo) -> list[ColumnElement[bool]]:
    values = wanted.model_dump(exclude={"registration_ids"})
    found = conditions(workshop.id, RegistrationFilter.model_validate(values))
    if wanted.registration_ids:
        found.append(col(Registration.id).in_(wanted.registration_ids))
    elif wanted.status is None:
        found.append(col(Registration.status).in_(LIVE))
    # As silence.is_silent has it.
    return [*found, col(Registration.anonymised_at).is_(None), col(Registration.withdrawn_at).is_(None)]


def _channel(session: AsyncSession, preferred: Channel | None, *, email: bool, phone: bool) -> Channel:
    emails, phones = ["-"] * email, ["-"] * phone
    found = messages.first_standing(session, Occasion.ANNOUNCEMENT, emails, phones, preferred, rehearsal=False)
    return Channel(str(found["channel"]))


async def unsent(session: AsyncSession, workshop_id: UUID, announcement_id: UUID) -> list[Message]:
    """Its messages that are still to be sent now."""
    query = select(Message).where(
        Message.workshop_id == workshop_id,
        Message.announcement_id == announcement_id,
        or_(
            col(Message.status) == MessageStatus.QUEUED,
            (col(Message.status) == MessageStatus.FAILED) & _GIVEN_UP,
        ),
    )
    return list((await session.exec(query.order_by(col(Message.id)))).all())


async def page(
    session: AsyncSession, actor: Actor, workshop_id: UUID, before: UUID | None, limit: int
) -> list[AnnouncementRead]:
    """The workshop's announcements, the newest first. Raises NotFound."""
    workshop = await workshops.find(session, actor, workshop_id)
    query = select(Announcement).where(Announcement.workshop_id == workshop.id)
    if before is not None:
        query = query.where(col(Announcement.id) < before)
    return await read(session, (await session.exec(query.order_by(col(Announcement.id).desc()).limit(limit))).all())


async def read(session: AsyncSession, rows: Sequence[Announcement]) -> list[AnnouncementRead]:
    """Announcements of one workshop, with how their messages stand."""
    counts: dict[UUID, dict[MessageStatus, int]] = defaultdict(dict)
    query = (
        select(Message.announcement_id, Message.status, func.count())
        .where(
            col(Message.workshop_id).in_({row.workshop_id for row in rows}),
            col(Message.announcement_id).in_([row.id for row in rows]),
        )
        .group_by(col(Message.announcement_id), col(Message.status))
    )
    for announcement_id, status, count in await session.exec(query) if rows else ():
        if announcement_id is not None:
            counts[announcement_id][MessageStatus(status)] = count
    return [
        AnnouncementRead(
            id=row.id,
            subject=row.subject,
            text=row.text,
            by=row.by,
            created_at=row.created_at,
            counts=counts[row.id],
        )
        for row in rows
    ]
