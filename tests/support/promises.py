"""A house with a workshop, an agency, a catalogue entry: what tests of commitments begin with."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth
from service.auth import Actor
from service.db import Database
from service.domain import commitments_requests, data_items
from service.models.commitments import Commitment, CommitmentHistory
from service.models.commitments_shapes import CommitmentCreate
from service.models.data_items import DataItem
from service.models.data_items_shapes import DataItemCreate
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.workshops import Workshop
from tests import factories

DUE = date(2023, 7, 14)


@dataclass
class Scene:
    """One house, its caller with every permission, and what commitments refer to."""

    house: Organizer
    actor: Actor
    headers: dict[str, str]
    workshop: Workshop
    agency: Organisation
    other: Organisation
    item: DataItem
    agency_headers: dict[str, str]
    other_headers: dict[str, str]

    async def ask(self, session: AsyncSession, **values: Any) -> Commitment:
        """A fresh request to the agency, for a data item of its own unless one is named."""
        if "data_item" not in values:
            code = f"DI-{factories.some_id().hex[-12:]}"
            await data_items.add(session, self.actor, DataItemCreate(code=code, name="Data", due_date=DUE))
            values["data_item"] = code
        defaults = {"organisation": self.agency.code, "workshop": self.workshop.id}
        return await commitments_requests.request(session, self.actor, CommitmentCreate(**(defaults | values)))

    def agency_actor(self, organisation: Organisation | None = None) -> Actor:
        """The agency as a caller."""
        row = organisation or self.agency
        permissions = frozenset({auth.Permission.PORTAL_OWN})
        return Actor(auth.ActorKind.ORGANISATION, row.id, row.organizer_id, permissions, frozenset(), row.name)


async def scene(session: AsyncSession, slug: str | None = None) -> Scene:
    house = await factories.organizer(session, slug)
    agency = await factories.organisation(session, house)
    other = await factories.organisation(session, house)
    actor = auth.system(house.id)
    item = await data_items.add(session, actor, DataItemCreate(code="DI-G01", name="RPJMD", due_date=DUE))
    return Scene(
        house=house,
        actor=actor,
        headers=await factories.api_key(session, house),
        workshop=await factories.workshop(session, house),
        agency=agency,
        other=other,
        item=item,
        agency_headers=factories.bearer(factories.portal_token(session, agency)),
        other_headers=factories.bearer(factories.portal_token(session, other)),
    )


async def history_of(database: Database, commitment_id: UUID) -> list[CommitmentHistory]:
    """The history, oldest first."""
    async with database.read() as session:
        query = select(CommitmentHistory).where(CommitmentHistory.commitment_id == commitment_id)
        return list(await session.exec(query.order_by(col(CommitmentHistory.at), col(CommitmentHistory.id))))


async def stored(database: Database, commitment_id: UUID) -> Commitment:
    """The row as it is in the database."""
    async with database.read() as session:
        return await session.get_one(Commitment, commitment_id)
