"""The people on a workshop's papers: who stands there, in what order, under what words."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select as select_columns
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain.attendance import rows_of
from service.models.people import Organisation
from service.models.registrations import ParticipantRole, Registration
from service.models.sheets_shapes import SheetOrder
from service.models.workshops import Mode

ROLES = {
    ParticipantRole.PARTICIPANT: "Peserta",
    ParticipantRole.SPEAKER: "Narasumber",
    ParticipantRole.MODERATOR: "Moderator",
    ParticipantRole.COMMITTEE: "Panitia",
    ParticipantRole.GUEST: "Tamu",
}
MODES = {Mode.OFFLINE: "luring", Mode.ONLINE: "daring"}
_LEVELS = {"head": 0, "secretary": 1, "subdivision_head": 2}
MOST_AT_ONCE = 1000
"""People in one document of pages; setting more of them at once would take more memory than a small machine has."""


@dataclass(frozen=True, slots=True)
class Person:
    """A registration as papers need it; texts are as they were typed, empty where nothing is known."""

    id: UUID
    number: int
    name: str
    role: ParticipantRole
    mode: Mode
    walk_in: bool
    nip: str
    rank: str
    position: str
    represents: str
    phone: str
    organisation_id: UUID | None
    organisation_code: str
    organisation: str
    level: str
    link_version: int
    key_id: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What stands below the name."""
        role = () if self.role is ParticipantRole.PARTICIPANT else (ROLES[self.role],)
        return (*role, f"mewakili {self.represents}") if self.represents else role


async def people(session: AsyncSession, order: SheetOrder, *conditions: ColumnElement[bool]) -> list[Person]:
    """The registrations for which all conditions hold, in order."""
    query = (
        select_columns(
            col(Registration.id),
            col(Registration.number),
            col(Registration.name),
            col(Registration.role),
            col(Registration.mode),
            col(Registration.walk_in),
            *(
                func.coalesce(col(column), "")
                for column in (
                    Registration.nip,
                    Registration.rank,
                    Registration.position,
                    Registration.represents,
                    Registration.phone,
                )
            ),
            col(Registration.organisation_id),
            func.coalesce(col(Organisation.code), ""),
            func.coalesce(col(Organisation.name), col(Registration.organisation_name), ""),
            func.coalesce(col(Registration.position_level), ""),
            col(Registration.link_version),
            col(Registration.key_id),
        )
        .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .where(*conditions)
    )
    return in_order([Person(*row) for row in await rows_of(session, query)], order)


def in_order(found: Sequence[Person], order: SheetOrder) -> list[Person]:
    """By number; by name; or by the organisations' names, the head of each first, and who is of none behind."""
    match order:
        case SheetOrder.NUMBER:
            return sorted(found, key=lambda one: one.number)
        case SheetOrder.NAME:
            return sorted(found, key=lambda one: (one.name.casefold(), one.number))
    return sorted(
        found,
        key=lambda one: (
            not one.organisation,
            one.organisation.casefold(),
            _LEVELS.get(one.level, len(_LEVELS)),
            one.name.casefold(),
            one.number,
        ),
    )
