"""Registrations as the API shows them: assembled for a page at a time, never row by row."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from service import clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import organisations
from service.domain.identity import mask_nip, mask_phone
from service.models.attendance import Attendance, AttendanceState
from service.models.messages import Message, MessageStatus
from service.models.people import Organisation
from service.models.registrations import LIVE, Registration
from service.models.registrations_shapes import (
    AttendanceMark,
    MyRegistrationRead,
    RegistrationFilter,
    RegistrationLinks,
    RegistrationRead,
)
from service.models.workshops import AttendanceBlock
from service.tokens import Purpose

LONGEST_NUMBER = 9
"""Digits: more fit no column."""
_COPIED = (
    "id",
    "workshop_id",
    "number",
    "name",
    "position",
    "position_level",
    "rank",
    "mode",
    "role",
    "represents",
    "employment",
    "status",
    "channel",
    "language",
    "created_at",
    "version",
)
# Kept: to make a statement costs more than to run it, and whatever staff register is read at once.
_BLOCKS = (
    select(AttendanceBlock)
    .where(col(AttendanceBlock.workshop_id).in_(bindparam("workshops")))
    .order_by(col(AttendanceBlock.position))
)
_FACTS = select(Attendance).where(col(Attendance.registration_id).in_(bindparam("registrations")))


def matching(workshop_id: UUID, wanted: RegistrationFilter) -> SelectOfScalar[Registration]:
    """The statement for what is wanted, without order and limit."""
    return select(Registration).where(*conditions(workshop_id, wanted))


def conditions(workshop_id: UUID, wanted: RegistrationFilter) -> list[ColumnElement[bool]]:
    """What has to hold of a registration that is wanted."""
    found = [col(Registration.workshop_id) == workshop_id]
    if wanted.status:
        found.append(col(Registration.status) == wanted.status)
    if wanted.mode:
        found.append(col(Registration.mode) == wanted.mode)
    if wanted.role:
        found.append(col(Registration.role) == wanted.role)
    if wanted.organisation:
        found.append(col(Registration.organisation_id).in_(organisations.of_code(wanted.organisation)))
    if wanted.attended is not None:
        came = select(Attendance.registration_id).where(Attendance.workshop_id == workshop_id, col(Attendance.present))
        is_among = col(Registration.id).in_(came)
        found.append(is_among if wanted.attended else ~is_among)
    if wanted.unreachable:
        found.append(is_unreachable(workshop_id))
    if wanted.ids:
        found.append(col(Registration.id).in_(wanted.ids))
    if wanted.q and wanted.q.strip():
        found.append(_called(wanted.q.strip()))
    return found


def is_unreachable(workshop_id: UUID) -> ColumnElement[bool]:
    """Still registered, and without any contact, or with a message that arrived nowhere and was not sent again."""
    lost = select(Message.registration_id).where(
        Message.workshop_id == workshop_id,
        col(Message.status).in_((MessageStatus.FAILED, MessageStatus.BOUNCED, MessageStatus.UNREACHABLE)),
        col(Message.registration_id).is_not(None),
        col(Message.to_committee).is_(False),
    )
    return and_(
        col(Registration.status).in_(LIVE),
        or_(
            and_(col(Registration.email).is_(None), col(Registration.phone).is_(None)),
            col(Registration.id).in_(lost),
        ),
    )


def _called(text: str) -> ColumnElement[bool]:
    offices = select(Organisation.id).where(col(Organisation.name).icontains(text, autoescape=True))
    found = or_(
        col(Registration.name).icontains(text, autoescape=True),
        col(Registration.organisation_name).icontains(text, autoescape=True),
        col(Registration.organisation_id).in_(offices),
    )
    numbered = text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
    return or_(found, col(Registration.number) == int(text)) if numbered else found


def ticket_of(session: AsyncSession, row: Registration) -> str:
    """What the person's QR code says; dies with the person's links."""
    return settings_of(session).keyring.issue(Purpose.TICKET, row.id, row.link_version, row.key_id)


def participant_token(session: AsyncSession, row: Registration) -> str:
    """The secret of the person's mailed links."""
    return settings_of(session).keyring.issue(Purpose.PARTICIPANT, row.id, row.link_version, row.key_id)


def links_of(session: AsyncSession, row: Registration) -> RegistrationLinks:
    """The person's own addresses."""
    base, token = settings_of(session).base_url.rstrip("/"), participant_token(session, row)
    return RegistrationLinks(
        my=f"{base}/my/{token}", join=f"{base}/join/{token}", calendar=f"{base}/calendar/my/{token}.ics"
    )


async def read_many(
    session: AsyncSession, actor: Actor, rows: Sequence[Registration], *, show_nip: bool = False
) -> list[RegistrationRead]:
    """Registrations for staff, in the order given. Contact data and answers only with contacts:read.

    Ticket and links only for who may change registrations besides: whoever holds them acts as the person.
    """
    personal = actor.may(Permission.CONTACTS_READ)
    acts = personal and actor.may(Permission.REGISTRATIONS_WRITE)
    keys = [_keys_of(session, row) if acts else (None, None) for row in rows]
    known = await organisations.names(session, [row.organisation_id for row in rows])
    marks = await attendance_marks(session, rows)
    return [
        RegistrationRead(
            **{name: getattr(row, name) for name in _COPIED},
            email=row.email if personal else None,
            phone=row.phone if personal else None,
            nip=row.nip if show_nip and personal else mask_nip(row.nip),
            **_organisation_fields(row, known),
            code=row.code,
            consent=row.consent_at is not None,
            walk_in=row.walk_in,
            substitute_for=row.substitute_for_id,
            reason=row.reason,
            link_shared_at=row.link_shared_at,
            answers=row.answers if personal else {},
            ticket=ticket,
            links=links,
            attendance=marks[row.id],
        )
        for row, (ticket, links) in zip(rows, keys, strict=True)
    ]


async def read_own(session: AsyncSession, row: Registration) -> MyRegistrationRead:
    """A registration for the person itself."""
    known = await organisations.names(session, [row.organisation_id])
    marks = await attendance_marks(session, [row])
    ticket, links = _keys_of(session, row)
    return MyRegistrationRead(
        **{name: getattr(row, name) for name in _COPIED},
        email=row.email,
        phone=mask_phone(row.phone),
        nip=mask_nip(row.nip),
        **_organisation_fields(row, known),
        answers=row.answers,
        ticket=ticket,
        links=links,
        attendance=marks[row.id],
    )


async def attendance_marks(session: AsyncSession, rows: Sequence[Registration]) -> dict[UUID, list[AttendanceMark]]:
    """Every registration's blocks in order; a block that has not ended is pending until somebody is present."""
    if not rows:
        return {}
    workshops = {row.workshop_id for row in rows}
    blocks: dict[UUID, list[AttendanceBlock]] = defaultdict(list)
    for block in await session.exec(_BLOCKS, params={"workshops": list(workshops)}):
        blocks[block.workshop_id].append(block)
    facts = await session.exec(_FACTS, params={"registrations": [row.id for row in rows]})
    known = {(fact.registration_id, fact.block_id): fact for fact in facts}
    return {row.id: [_mark(block, known.get((row.id, block.id))) for block in blocks[row.workshop_id]] for row in rows}


def _keys_of(session: AsyncSession, row: Registration) -> tuple[str, RegistrationLinks] | tuple[None, None]:
    """Ticket and links; none for somebody who was replaced, or whom nothing here is about any more."""
    return (None, None) if row.replaced or row.anonymised_at else (ticket_of(session, row), links_of(session, row))


def _mark(block: AttendanceBlock, fact: Attendance | None) -> AttendanceMark:
    present = fact is not None and fact.present
    ended = clock.now() >= block.ends_at
    state = AttendanceState.PRESENT if present else AttendanceState.ABSENT if ended else AttendanceState.PENDING
    return AttendanceMark(
        block=block.code,
        state=state,
        mode=fact.mode if fact and present else None,
        minutes=fact.minutes if fact else 0,
    )


def _organisation_fields(row: Registration, known: dict[UUID | None, tuple[str, str]]) -> dict[str, str | None]:
    code, name = known.get(row.organisation_id, (None, None))
    return {"organisation": code, "organisation_name": name or row.organisation_name}
