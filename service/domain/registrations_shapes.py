"""Registrations as the API shows them: assembled for a page at a time, never row by row."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from service import clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import organisations
from service.domain.identity import mask_nip, mask_phone
from service.models.attendance import Attendance, AttendanceState
from service.models.people import Organisation
from service.models.registrations import Registration
from service.models.registrations_shapes import (
    AttendanceMark,
    MyRegistrationRead,
    RegistrationFilter,
    RegistrationLinks,
    RegistrationRead,
)
from service.models.workshops import AttendanceBlock
from service.tokens import Purpose

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
    statement = select(Registration).where(Registration.workshop_id == workshop_id)
    if wanted.status:
        statement = statement.where(col(Registration.status) == wanted.status)
    if wanted.mode:
        statement = statement.where(col(Registration.mode) == wanted.mode)
    if wanted.role:
        statement = statement.where(col(Registration.role) == wanted.role)
    if wanted.organisation:
        statement = statement.join(Organisation, col(Organisation.id) == col(Registration.organisation_id)).where(
            Organisation.code == wanted.organisation
        )
    if wanted.q:
        statement = statement.where(col(Registration.name).icontains(wanted.q, autoescape=True))
    return statement


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
