"""An agency's portal with one commitment."""

from typing import Any

from httpx import AsyncClient
from sqlmodel import select

from service.db import Database, settings_of
from service.models.commitments import Commitment
from service.models.invitations import Invitation
from service.models.workshops import AgendaItem, AttendanceBlock
from tests import factories
from tests.factories import at
from tests.support.promises import Scene, scene


class Portal:
    """An agency's portal with one commitment, due on Friday 14 July."""

    def __init__(self, s: Scene, mine: Commitment, token: str) -> None:
        self.scene, self.mine = s, mine
        self.path = f"/portal/{token}"
        self.commitment = f"{self.path}/commitments/{mine.id}"

    async def page(self, client: AsyncClient) -> str:
        return (await client.get(self.commitment)).text


async def opened(database: Database) -> Portal:
    """The portal, and an agenda with one sitting at which it can have been promised."""
    async with database.write() as session:
        s = await scene(session, "luwu")
        mine = await s.ask(session, data_item="DI-G01")
        key_id = settings_of(session).keyring.current_id
        ids: dict[str, Any] = {"organizer_id": s.house.id, "workshop_id": s.workshop.id, "organisation_id": s.agency.id}
        session.add(Invitation(**ids, key_id=key_id))
        start, end = at("07-04 14:00"), at("07-04 14:30")
        title = "Penyampaian komitmen"
        block = (await session.exec(select(AttendanceBlock.id).where(AttendanceBlock.code == "D2S"))).one()
        sitting: dict[str, Any] = {"workshop_id": s.workshop.id, "position": 900, "block_id": block, "hours": 1}
        session.add(AgendaItem(**sitting, title=title, starts_at=start, ends_at=end))
        return Portal(s, mine, factories.portal_token(session, s.agency))
