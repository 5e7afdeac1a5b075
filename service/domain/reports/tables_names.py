"""The words for the codes of an answer: organisations, data items, commitments, dimensions, people."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import or_, select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import pieces
from service.domain.attendance import rows_of
from service.domain.reports.scope import UNCLASSIFIED
from service.i18n import gettext as _
from service.models.commitments import Commitment
from service.models.data_items import DataItem
from service.models.organizers import Organizer, Programme
from service.models.people import Organisation
from service.models.registrations import Registration
from service.models.workshops import Workshop


@dataclass(frozen=True)
class Item:
    """A data item: its code, its name, and the code of its dimension."""

    code: str
    name: str
    dimension: str


@dataclass
class Names:
    """What codes of one house and workshop mean. A code that means nothing (any more) stands for itself."""

    house: Organizer
    organisations: dict[str, str] = field(default_factory=dict)
    dimensions: dict[str, str] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    commitments: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Code -> codes of the data item and the organisation."""
    people: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Code or number -> name and organisation, for those who may read registrations."""

    def organisation(self, code: str) -> str:
        """The name of an organisation, or of the house itself where it is its own steward."""
        return self.organisations.get(code) or (self.house.name if code == self.house.slug else code)

    def dimension(self, code: str) -> str:
        """The label of a dimension."""
        return self.dimensions.get(code) or (_("Tanpa dimensi") if code == UNCLASSIFIED else code)

    def item(self, code: str) -> Item:
        """A data item by its code."""
        return self.items.get(code) or Item(code, code, UNCLASSIFIED)

    def commitment(self, code: str) -> tuple[Item, str]:
        """What a commitment is about: the data item, and the organisation's code."""
        item, organisation = self.commitments.get(code, (code, ""))
        return self.item(item), organisation

    def person(self, code: str) -> tuple[str, str]:
        """A person's name and organisation; the bare code where the reader may not see who is registered."""
        return self.people.get(code, (code, ""))


async def offices(session: AsyncSession, house: Organizer, workshop: Workshop) -> Names:
    """Names of the organisations and dimensions; the others are looked up where an answer holds them."""
    found = await rows_of(
        session,
        sql_select(col(Organisation.code), col(Organisation.name)).where(col(Organisation.organizer_id) == house.id),
    )
    programmes = select(Programme).where(Programme.organizer_id == house.id).order_by(col(Programme.code))
    if workshop.programme_id is not None:
        programmes = programmes.where(Programme.id == workshop.programme_id)
    labels = {
        str(one["code"]): str(one.get("label") or one["code"])
        for programme in await session.exec(programmes)
        for one in programme.dimensions
    }
    return Names(house, {row.code: row.name for row in found}, labels)


async def add_items(session: AsyncSession, names: Names) -> None:
    """The whole catalogue: it is short."""
    query = sql_select(col(DataItem.code), col(DataItem.name), col(DataItem.dimension)).where(
        col(DataItem.organizer_id) == names.house.id
    )
    for code, name, dimension in await rows_of(session, query):
        names.items[code] = Item(code, name, dimension or UNCLASSIFIED)


async def add_commitments(session: AsyncSession, names: Names, codes: Collection[str]) -> None:
    """What these commitments are about."""
    query = (
        sql_select(col(Commitment.code), col(DataItem.code), col(Organisation.code))
        .join(DataItem, col(DataItem.id) == col(Commitment.data_item_id))
        .join(Organisation, col(Organisation.id) == col(Commitment.organisation_id))
        .where(col(Commitment.organizer_id) == names.house.id)
    )
    for part in pieces([*codes]):
        for code, item, organisation in await rows_of(session, query.where(col(Commitment.code).in_(part))):
            names.commitments[code] = item, organisation


async def add_people(
    session: AsyncSession, actor: Actor, names: Names, workshop: Workshop, codes: Collection[str]
) -> None:
    """Who these people are, for those who may read registrations. A code beats another person's number."""
    if not actor.may(Permission.REGISTRATIONS_READ):
        return
    query = (
        sql_select(col(Registration.code), col(Registration.number), col(Registration.name), col(Organisation.name))
        .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .where(col(Registration.workshop_id) == workshop.id)
    )
    for part in pieces([*codes]):
        numbers = [int(code) for code in part if code.isascii() and code.isdigit() and len(code) < 10]
        wanted = or_(col(Registration.code).in_(part), col(Registration.number).in_(numbers))
        for code, number, name, organisation in await rows_of(session, query.where(wanted)):
            names.people[code or str(number)] = name, organisation or ""
