"""The committee's list of a workshop's people: filtered, sorted, a page at a time, and who of them is meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import SQLColumnExpression, and_, func, literal, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain.registrations_shapes import conditions, is_unreachable
from service.models.people import Organisation
from service.models.registrations import Registration, RegistrationStatus
from service.models.registrations_shapes import RegistrationFilter
from service.models.workshops import Mode

Key = tuple[str, int]
"""The place of a row: what it is sorted by, and its number."""


_TOLD_APART = 50
"""Letters of a name by which the list is sorted; beyond them, by number."""


class Order(StrEnum):
    """By what the list is sorted."""

    NUMBER = "number"
    LATEST = "latest"
    NAME = "name"
    ORGANISATION = "organisation"


@dataclass(frozen=True)
class Standing:
    """How many people there are, by status and registered mode."""

    counts: dict[tuple[RegistrationStatus, Mode], int]

    def of(self, status: RegistrationStatus, mode: Mode | None = None) -> int:
        """How many have this status, in one mode or in both."""
        return sum(count for (one, way), count in self.counts.items() if one is status and mode in (None, way))


class Brief(NamedTuple):
    """What a long list says of a person."""

    id: UUID
    number: int
    status: RegistrationStatus
    name: str


_BRIEF = [col(getattr(Registration, name)) for name in Brief._fields]
_AT_ONCE = 500


async def page(
    session: AsyncSession, workshop_id: UUID, wanted: RegistrationFilter, order: Order, after: Key | None, limit: int
) -> list[tuple[Key, Registration]]:
    """At most `limit` people with their places, those beyond `after`."""
    office = select(Organisation.name).where(Organisation.id == Registration.organisation_id).scalar_subquery()
    names: dict[Order, SQLColumnExpression[str]] = {
        Order.NAME: col(Registration.name),
        Order.ORGANISATION: func.coalesce(office, col(Registration.organisation_name), ""),
    }
    # A place has to fit into a cursor, also in a script that takes six letters for one.
    sorted_by = func.substr(func.lower(names.get(order, literal(""))), 1, _TOLD_APART)
    number = col(Registration.number)
    query = select(Registration, sorted_by).where(*conditions(workshop_id, wanted))
    if order is Order.LATEST:
        query = query.where(number < after[1]) if after else query
        query = query.order_by(number.desc())
    elif order is Order.NUMBER:
        query = query.where(number > after[1]) if after else query
        query = query.order_by(number)
    else:
        if after:
            query = query.where(or_(sorted_by > after[0], and_(sorted_by == after[0], number > after[1])))
        query = query.order_by(sorted_by, number)
    return [((str(key), row.number), row) for row, key in await session.exec(query.limit(limit))]


async def total(session: AsyncSession, workshop_id: UUID, wanted: RegistrationFilter) -> int:
    """How many there are of those who are wanted."""
    query = select(func.count()).where(*conditions(workshop_id, wanted))
    return (await session.exec(query)).one()


async def briefly(session: AsyncSession, workshop_id: UUID, wanted: RegistrationFilter) -> list[Brief]:
    """All who are wanted, by their numbers."""
    query = select(*_BRIEF).where(*conditions(workshop_id, wanted)).order_by(col(Registration.number))
    return [Brief._make(row) for row in await session.exec(query)]


async def numbered(session: AsyncSession, workshop_id: UUID, numbers: Sequence[int]) -> list[Brief]:
    """Those with these numbers, in the order given; a number that nobody has is left out."""
    found: dict[int, Brief] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        part = col(Registration.number).in_(numbers[start : start + _AT_ONCE])
        query = select(*_BRIEF).where(Registration.workshop_id == workshop_id, part)
        found |= {row.number: row for row in map(Brief._make, await session.exec(query))}
    return [found[number] for number in numbers if number in found]


async def standing(session: AsyncSession, workshop_id: UUID) -> Standing:
    """How the workshop's people stand, counted."""
    query = (
        select(Registration.status, Registration.mode, func.count())
        .where(Registration.workshop_id == workshop_id)
        .group_by(col(Registration.status), col(Registration.mode))
    )
    counts = {(RegistrationStatus(status), Mode(mode)): count for status, mode, count in await session.exec(query)}
    return Standing(counts)


async def unreachable(session: AsyncSession, workshop_id: UUID) -> int:
    """How many of those who are still registered nothing reaches."""
    lost = select(func.count()).where(Registration.workshop_id == workshop_id, is_unreachable(workshop_id))
    return (await session.exec(lost)).one()
