"""Deciding on several people at once: whom a decision applies to, and in which order they are taken.

Each is decided in a transaction of its own, so that nobody who registers meanwhile waits for all of them. Thousands are
decided on in portions: who is still to come is a list of numbers, which a portion shortens.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from uuid import UUID, uuid5

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import attendance_person, registrations
from service.domain.registrations_list import Brief
from service.errors import InvalidState
from service.models.attendance import Verdict
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock

MOST = 100_000
"""How many can be meant at once."""


class Deed(StrEnum):
    """What can be decided on several at once."""

    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    ATTEND = "attend"


APPLIES: dict[Deed, frozenset[RegistrationStatus]] = {
    Deed.APPROVE: frozenset({RegistrationStatus.PENDING}),
    Deed.REJECT: frozenset({RegistrationStatus.PENDING, RegistrationStatus.WAITLISTED}),
    Deed.CANCEL: frozenset(LIVE),
    Deed.ATTEND: frozenset(LIVE),
}


REACHED: dict[Deed, frozenset[RegistrationStatus]] = {
    Deed.APPROVE: frozenset({RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED}),
    Deed.REJECT: frozenset({RegistrationStatus.REJECTED}),
    Deed.CANCEL: frozenset({RegistrationStatus.CANCELLED}),
    Deed.ATTEND: frozenset(),
}
"""How somebody stands after it, who need not be decided on again when a portion is sent once more."""


def runs(numbers: Iterable[int]) -> str:
    """Numbers as they are written down, in their order: those that follow one another as `first-last`."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def numbers_in(text: str, most: int = MOST) -> list[int]:
    """What `runs` wrote, at most so many of them; what is no number is left out."""
    found: list[int] = []
    for first, last in re.findall(r"(\d{1,9})(?:-(\d{1,9}))?", text, re.ASCII):
        found += range(int(first), min(int(last or first), int(first) + most - len(found) - 1) + 1)
    return found


def concerned(deed: Deed, rows: Sequence[Brief]) -> list[Brief]:
    """Those to whom it applies, in the order in which they are taken.

    Whoever waits is cancelled first: a seat that becomes free would go to somebody who is about to lose it again.
    """
    meant = [row for row in rows if row.status in APPLIES[deed]]
    return sorted(meant, key=lambda row: (row.status is RegistrationStatus.CONFIRMED, row.number))


async def decide(
    session: AsyncSession, actor: Actor, deed: Deed, registration_id: UUID, reason: str | None
) -> Registration:
    """Decides on one of them; for attendance see `attend`. Raises NotFound, InvalidState, Full."""
    row = await registrations.find(session, actor, registration_id)
    if row.status in REACHED[deed]:
        return row
    match deed:
        case Deed.APPROVE:
            return await registrations.approve(session, actor, registration_id)
        case Deed.REJECT:
            return await registrations.reject(session, actor, registration_id, reason or "")
        case Deed.CANCEL:
            return await registrations.cancel(session, actor, registration_id, reason)
        case Deed.ATTEND:
            raise InvalidState


async def attend(
    session: AsyncSession, actor: Actor, registration_id: UUID, block: str, reason: str, nonce: UUID
) -> Verdict:
    """Records by hand that one of them came, as on the person's page. `nonce` is that of the form: sent once more it
    records nothing twice. Raises NotFound, InvalidInput.
    """
    row = await registrations.find(session, actor, registration_id)
    mine = uuid5(nonce, str(registration_id))
    return (await attendance_person.record(session, actor, row, block, reason, mine)).verdict


async def open_blocks(session: AsyncSession, workshop_id: UUID) -> Sequence[AttendanceBlock]:
    """The half-days that somebody can have come to by now, in their order."""
    query = select(AttendanceBlock).where(
        AttendanceBlock.workshop_id == workshop_id, col(AttendanceBlock.checkin_from) <= clock.now()
    )
    return (await session.exec(query.order_by(col(AttendanceBlock.starts_at), col(AttendanceBlock.position)))).all()
