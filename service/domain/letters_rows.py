"""The rows behind a page of messages, fetched together: the queries grow with the workshops, not with the messages."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BindParameter, bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain import letters_commitments, rooms
from service.domain.letters_commitments import Promised
from service.models.announcements import Announcement
from service.models.certificates import Certificate
from service.models.invitations import Invitation
from service.models.messages import Message, MessageWording, Occasion, Reminder
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.registrations import HeldRegistration, Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Workshop

_IDS: BindParameter[object] = bindparam("ids")
_HOSTS = (
    select(Workshop, Organizer)
    .join(Organizer, col(Organizer.id) == col(Workshop.organizer_id))
    .where(col(Workshop.id).in_(_IDS))
)
_PEOPLE = (
    select(Registration, Organisation.name)
    .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
    .where(col(Registration.id).in_(_IDS))
)
_HELD = select(HeldRegistration).where(col(HeldRegistration.id).in_(_IDS))
_INVITED = (
    select(Invitation, Organisation)
    .join(Organisation, col(Organisation.id) == col(Invitation.organisation_id))
    .where(col(Invitation.id).in_(_IDS))
)
_AGENCIES = select(Organisation).where(col(Organisation.id).in_(_IDS))
_REMINDERS = select(Reminder).where(col(Reminder.id).in_(_IDS))
_BLOCKS = (
    select(AttendanceBlock)
    .where(col(AttendanceBlock.workshop_id).in_(_IDS))
    .order_by(col(AttendanceBlock.starts_at), col(AttendanceBlock.position))
)
_ANNOUNCEMENTS = select(Announcement).where(col(Announcement.id).in_(_IDS))
_WORDINGS = select(MessageWording).where(col(MessageWording.organizer_id).in_(_IDS))
_CERTIFICATES = select(Certificate).where(
    col(Certificate.registration_id).in_(_IDS), col(Certificate.revoked_at).is_(None)
)


@dataclass(frozen=True)
class Rows:
    """What stands behind a page of messages. Rooms and half-days only where somebody is told of them.

    `certificates`: those that hold, by person. `promised`: what organisations promised. `wordings`: by organizer,
    occasion and language.
    """

    hosts: dict[UUID, tuple[Workshop, Organizer]]
    people: dict[UUID, tuple[Registration, str | None]]
    held: dict[UUID, HeldRegistration]
    invited: dict[UUID, tuple[Invitation, Organisation]]
    agencies: dict[UUID, Organisation]
    reminders: dict[UUID, Reminder]
    online: dict[UUID, bool]
    blocks: dict[UUID, list[AttendanceBlock]]
    certificates: dict[UUID, Certificate]
    promised: Promised
    wordings: dict[tuple[UUID, str, str], MessageWording]
    announcements: dict[UUID, Announcement]


async def gather(session: AsyncSession, messages: Sequence[Message]) -> Rows:
    """Everything that the messages' letters may speak of."""
    people, held, invited, agencies, reminders = (
        [getattr(message, name) for message in messages if getattr(message, name) is not None]
        for name in ("registration_id", "held_id", "invitation_id", "organisation_id", "reminder_id")
    )
    workshops = {"ids": [*{message.workshop_id for message in messages}]}
    found = {"ids": people}
    rows = Rows(
        hosts={host[0].id: host for host in await session.exec(_HOSTS, params=workshops)},
        people={one[0].id: one for one in await session.exec(_PEOPLE, params=found)} if people else {},
        held={one.id: one for one in await session.exec(_HELD, params={"ids": held})} if held else {},
        invited={one[0].id: one for one in await session.exec(_INVITED, params={"ids": invited})} if invited else {},
        agencies={one.id: one for one in await session.exec(_AGENCIES, params={"ids": agencies})} if agencies else {},
        reminders={one.id: one for one in await session.exec(_REMINDERS, params={"ids": reminders})}
        if reminders
        else {},
        online={},
        blocks=defaultdict(list),
        certificates={},
        promised=Promised(),
        wordings={},
        announcements={},
    )
    houses = {organizer.id for _workshop, organizer in rows.hosts.values()}
    for one in await session.exec(_WORDINGS, params={"ids": [*houses]}) if houses else ():
        rows.wordings[one.organizer_id, one.occasion, one.language] = one
    said = {message.announcement_id for message in messages if message.announcement_id}
    for told in await session.exec(_ANNOUNCEMENTS, params={"ids": [*said]}) if said else ():
        rows.announcements[told.id] = told
    await _gather_plans(session, rows, messages)
    await letters_commitments.gather(session, rows.promised, messages, rows.hosts, rows.agencies, rows.reminders)
    return rows


async def _gather_plans(session: AsyncSession, rows: Rows, messages: Sequence[Message]) -> None:
    """Rooms and half-days, for those with a seat and those who hear of a change; and certificates."""
    certified = {one.registration_id for one in messages if one.occasion == Occasion.CERTIFICATE}
    for held in await session.exec(_CERTIFICATES, params={"ids": [*certified]}) if certified else ():
        rows.certificates[held.registration_id] = held
    seated = {one.workshop_id for one, _name in rows.people.values() if one.status is RegistrationStatus.CONFIRMED}
    for workshop_id in seated & rows.hosts.keys():
        rows.online[workshop_id] = await rooms.is_online(session, rows.hosts[workshop_id][0])
    told = seated | {one.workshop_id for one in messages if one.workshop_id and one.occasion == Occasion.CHANGED}
    for block in await session.exec(_BLOCKS, params={"ids": [*told]}) if told else ():
        rows.blocks[block.workshop_id].append(block)
