"""A person's own data, all of it: the right to a copy (UU 27/2022, article 7)."""

from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain import certificates_reads, organisations, unsubscriptions
from service.domain.registrations_shapes import attendance_marks
from service.models.attendance import Checkin, Presence, PresenceMatch
from service.models.messages import Message
from service.models.organizers import Organizer
from service.models.privacy_shapes import (
    OwnAnswer,
    OwnDataRead,
    OwnMessage,
    OwnPresence,
    OwnRegistration,
    OwnRoom,
    OwnScan,
)
from service.models.registrations import Registration
from service.models.rooms import JoinUse, Room, RoomLink
from service.models.workshops import AttendanceBlock, Workshop

S = TypeVar("S", bound=BaseModel)


async def own_data(session: AsyncSession, row: Registration) -> dict[str, object]:
    """Everything that is kept about the person, as JSON values; see OwnDataRead."""
    workshop = await session.get_one(Workshop, row.workshop_id)
    house = await session.get_one(Organizer, row.organizer_id)
    shown = OwnDataRead(
        organizer=house.name,
        workshop=workshop.title,
        starts_at=workshop.starts_at,
        ends_at=workshop.ends_at,
        kept_until=kept_until(workshop, house),
        registration=await _person(session, row),
        answers=_answers(workshop, row),
        attendance=(await attendance_marks(session, [row]))[row.id],
        scans=await _scans(session, row.id),
        presences=await _presences(session, row.id),
        certificates=await certificates_reads.own(session, row.id),
        rooms=await _rooms(session, row.id),
        link_uses=await _link_uses(session, row.id),
        messages=await _messages(session, row.id),
    )
    return shown.model_dump(mode="json")


def kept_until(workshop: Workshop, house: Organizer) -> datetime:
    """When the personal data of a workshop is anonymised; one entered after its end is kept as long from then."""
    days = house.retention_days if workshop.retention_days is None else workshop.retention_days
    return max(workshop.ends_at, workshop.created_at) + timedelta(days=days)


async def _person(session: AsyncSession, row: Registration) -> OwnRegistration:
    known = await organisations.names(session, [row.organisation_id])
    _code, listed = known.get(row.organisation_id, (None, None))
    wants_less = await unsubscriptions.among(session, row.organizer_id, [row.contact_key])
    return _shaped(
        OwnRegistration, row, organisation=listed or row.organisation_name, unsubscribed=row.contact_key in wants_less
    )


def _answers(workshop: Workshop, row: Registration) -> list[OwnAnswer]:
    asked = {str(one["code"]): str(one["label"]) for one in [*workshop.former_questions, *workshop.questions]}
    return [
        OwnAnswer.model_validate({"code": code, "question": asked.get(code), "answer": answer})
        for code, answer in row.answers.items()
    ]


async def _scans(session: AsyncSession, person: UUID) -> list[OwnScan]:
    query = (
        select(Checkin, AttendanceBlock.code)
        .outerjoin(AttendanceBlock, col(AttendanceBlock.id) == col(Checkin.block_id))
        .where(Checkin.registration_id == person)
        .order_by(col(Checkin.happened_at), col(Checkin.id))
    )
    return [_shaped(OwnScan, scan, block=block) for scan, block in await session.exec(query)]


async def _presences(session: AsyncSession, person: UUID) -> list[OwnPresence]:
    """Of a connection that several people shared, name and address are not shown: they may be another's."""
    mine = select(PresenceMatch.presence_id).where(PresenceMatch.registration_id == person)
    sharing = (
        select(func.count())
        .where(col(PresenceMatch.presence_id) == col(Presence.id))
        .correlate(Presence)
        .scalar_subquery()
    )
    query = select(Presence, sharing).where(col(Presence.id).in_(mine)).order_by(col(Presence.joined_at))
    rows = await session.exec(query)
    shared = {"display_name": "", "email": None}
    return [_shaped(OwnPresence, one, **(shared if count > 1 else {})) for one, count in rows]


async def _rooms(session: AsyncSession, person: UUID) -> list[OwnRoom]:
    query = select(RoomLink, Room.provider).join(Room, col(Room.id) == col(RoomLink.room_id))
    rows = await session.exec(query.where(RoomLink.registration_id == person).order_by(col(RoomLink.created_at)))
    return [_shaped(OwnRoom, link, provider=provider) for link, provider in rows]


async def _link_uses(session: AsyncSession, person: UUID) -> list[datetime]:
    return list(
        await session.exec(select(JoinUse.at).where(JoinUse.registration_id == person).order_by(col(JoinUse.at)))
    )


async def _messages(session: AsyncSession, person: UUID) -> list[OwnMessage]:
    """What was written to the person; not what was written to the committee about it."""
    query = select(Message).where(Message.registration_id == person, col(Message.to_committee).is_(False))
    return [_shaped(OwnMessage, one) for one in await session.exec(query.order_by(col(Message.id)))]


def _shaped(shape: type[S], row: SQLModel, **besides: object) -> S:
    """The shape's fields from the row's columns of the same name, and those that are none."""
    return shape.model_validate({name: besides.get(name, getattr(row, name, None)) for name in shape.model_fields})
