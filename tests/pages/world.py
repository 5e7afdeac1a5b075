"""A house with a workshop, one participant and that person's link."""

from dataclasses import dataclass

from service import auth
from service.auth import system
from service.db import Database
from service.domain import rooms
from service.models.organizers import Organizer, Role
from service.models.registrations import Registration
from service.models.rooms import Provider, Room, RoomStatus
from service.models.rooms_shapes import RoomCreate
from service.models.workshops import HallLinks, Workshop
from tests import factories

ADDRESS = "https://meet.example.go.id/j/1"


@dataclass
class World:
    """The person has a seat in the hall; `token` is the secret of the person's links."""

    house: Organizer
    gathering: Workshop
    row: Registration
    token: str

    @property
    def join(self) -> str:
        """The path of the person's join page."""
        return f"/join/{self.token}"


async def open_room(database: Database, world: World, url: str = ADDRESS, passcode: str | None = None) -> None:
    """A room with a pasted link, which is the current one from now on."""
    async with database.write() as session:
        data = RoomCreate(provider=Provider.STATIC, url=url, passcode=passcode)
        await rooms.open_room(session, system(world.house.id), world.gathering.id, data)


async def personal_room(database: Database, world: World) -> Room:
    """A room of a provider that gives each person a link, and has given none yet."""
    async with database.write() as session:
        room = Room(
            organizer_id=world.house.id,
            workshop_id=world.gathering.id,
            provider=Provider.ZOOM,
            status=RoomStatus.ACTIVE,
        )
        session.add(room)
        return room


async def policy(database: Database, world: World, hall_links: HallLinks) -> None:
    """Whether people with a seat in the hall get a way into the online room."""
    async with database.write() as session:
        (await session.get_one(Workshop, world.gathering.id)).hall_links = hall_links


async def signed_in(database: Database, house: Organizer, role: Role) -> tuple[dict[str, str], str]:
    """The cookie of a signed-in member of staff, and the CSRF value."""
    async with database.write() as session:
        staff = await factories.staff(session, house, role, name="Panitia Satu")
        cookie, row = await auth.open_session(session, staff, house.id)
        return {"Cookie": f"bimtek={cookie}"}, row.csrf
