"""Loads a world through the domain functions, moving the clock to each fact. Stops at the instant it is told."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import GRANTABLE, Actor, system
from service.db import Database
from service.demo import colleagues, left_behind, occasions, occasions_promised
from service.demo.attended import attendance_moments
from service.demo.people import registration_shape
from service.demo.promised import commitment_moments
from service.demo.story import Calendar, Moment
from service.demo.world import Item, World
from service.domain import (
    api_keys,
    data_items,
    devices,
    inviting,
    organisations,
    organizers,
    programmes,
    registrations,
    rooms,
    workshops,
)
from service.domain.organisations import portal_link
from service.domain.registrations_shapes import participant_token
from service.models.data_items_shapes import DataItemCreate
from service.models.devices_shapes import DeviceCreate
from service.models.invitations import Invitation
from service.models.invitations_shapes import InvitationCreate, Quota
from service.models.organizers_shapes import (
    ApiKeyCreate,
    HolidayShape,
    Letterhead,
    OrganizerCreate,
    OrganizerPatch,
)
from service.models.people import Organisation
from service.models.people_shapes import OrganisationCreate
from service.models.programmes_shapes import ProgrammeCreate
from service.models.registrations import Registration
from service.models.registrations_shapes import RegistrationCreate
from service.models.rooms_shapes import RoomCreate
from service.models.workshops import Workshop
from service.models.workshops_shapes import WorkshopCreate

OWNER = "pemilik@demo.invalid"
PREPARED = timedelta(days=14)
"""How long before the workshop everything is prepared; people register in the days after."""


_ITEM_FIELDS = (
    "name",
    "dimension",
    "sub_dimension",
    "data_kind",
    "masterplan_book",
    "access_class",
    "contains_personal_data",
    "requested_from",
    "due_date",
)


@dataclass
class Loaded:
    """The keys of a loaded world, as `bimtek demo` prints them."""

    organizer: str
    workshop_id: UUID
    api_key: str
    device_token: str
    password: str
    participants: dict[str, str] = field(default_factory=dict)
    organisations: dict[str, str] = field(default_factory=dict)


class Loader:
    """Loads one world into an empty database."""

    def __init__(self, world: World, password: str) -> None:
        self.world = world
        self.password = password
        self.calendar = Calendar(world.timezone)

    async def load(self, database: Database, until: datetime) -> Loaded:
        """Everything that happened up to `until`, or nothing when it is interrupted. Leaves the clock frozen there."""
        async with database.write() as session:
            clock.freeze(min(self.world.starts_at - PREPARED, until))
            loaded = await self._prepare(session)
            for moment in sorted(self._moments(loaded), key=lambda moment: moment.at):
                if moment.at <= until:
                    clock.freeze(moment.at)
                    await moment.deed(session)
            clock.freeze(until)
            await self._collect_links(session, loaded)
        return loaded

    def _moments(self, loaded: Loaded) -> Iterator[Moment]:
        yield from self._registrations(loaded.workshop_id)
        yield from attendance_moments(self.world, loaded.workshop_id, self.actor)
        yield from commitment_moments(self.world, loaded.workshop_id, self.actor)
        yield from occasions_promised.moments(self.held)
        own = occasions.Held(self.actor, loaded.workshop_id)
        yield from left_behind.moments({**self.held, self.world.raw["event"]["id"]: own})

    async def _prepare(self, session: AsyncSession) -> Loaded:
        world = self.world
        house, _owner = await organizers.first_owner(
            session,
            OrganizerCreate(
                slug=world.slug,
                name=f"{world.name_of(world.steward)} {world.facts['regency']}",
                timezone=world.timezone,
                kemendagri_code=world.facts.get("region_code"),
                bps_code=_bps_code(world),
            ),
            email=OWNER,
            name="Pemilik Demo",
            password=self.password,
            super_owner=True,
        )
        self.actor: Actor = system(house.id)
        holidays = world.holidays
        await organizers.replace_holidays(session, self.actor, house, [_holiday(entry) for entry in holidays])
        await self._organisations(session)
        rules = world.raw.get("rules", {})
        await organizers.change_organizer(
            session,
            self.actor,
            house,
            OrganizerPatch(
                online_threshold=rules.get("online_block_threshold", 0.75),
                certificate_threshold=rules.get("certificate_min_jp_ratio", 0.8),
                steward_code=world.steward,
                letterhead=Letterhead(
                    government=f"Pemerintah {world.facts['regency']}",
                    office=world.name_of(world.steward),
                    address=_address(world.facts),
                    signatory_office=f"Kepala {world.name_of(world.steward)}",
                ),
            ),
        )
        await programmes.create(session, self.actor, _programme(world))
        await self._data_items(session)
        workshop = await self._workshop(session)
        await self._invite_everybody(session, workshop)
        _key, api_key = await api_keys.issue(
            session, self.actor, ApiKeyCreate(name="Kunci demo", permissions=sorted(GRANTABLE))
        )
        _device, device_token = await devices.add(
            session, self.actor, workshop.id, DeviceCreate(name="Ponsel gerbang utama", gate="Gerbang utama")
        )
        self.held = await occasions.load(session)
        await occasions_promised.prepare(session, self.held)
        await colleagues.hire(session, self.actor, workshop.id, self.password)
        return Loaded(house.slug, workshop.id, api_key, device_token, self.password)

    async def _organisations(self, session: AsyncSession) -> None:
        for entry in self.world.organisations:
            contact = {"position": "Sekretariat", "email": f"{entry['id']}@demo.invalid"}
            shape = {"code": entry["id"], "contacts": [contact]}
            shape |= {name: entry[name] for name in ("name", "org_class", "kind")}
            await organisations.add(session, self.actor, OrganisationCreate.model_validate(shape))

    async def _data_items(self, session: AsyncSession) -> None:
        for entry in self.world.data_items:
            shape = {"code": entry["id"], "item_kind": "data"} | {name: entry[name] for name in _ITEM_FIELDS}
            await data_items.add(session, self.actor, DataItemCreate.model_validate(shape))

    async def _workshop(self, session: AsyncSession) -> Workshop:
        world, facts = self.world, self.world.facts
        first = await workshops.create(session, self.actor, WorkshopCreate.model_validate(_workshop_shape(world)))
        await workshops.publish(session, self.actor, first.id)
        if facts.get("modality") in ("online", "hybrid"):
            url = f"https://rapat.demo.invalid/j/{world.slug}"
            room = RoomCreate(provider="static", url=url, passcode=f"{world.starts_at:%d%m%Y}")
            await rooms.open_room(session, self.actor, first.id, room)
        if world.next_days:
            await workshops.create(
                session, self.actor, WorkshopCreate.model_validate(_next_workshop_shape(world, first.id))
            )
        return first

    async def _invite_everybody(self, session: AsyncSession, workshop: Workshop) -> None:
        coming = Counter((entry["org_id"], entry["registered_mode"]) for entry in self.world.participants)
        for entry in self.world.organisations:
            seats = {mode: max(2, coming[entry["id"], mode]) for mode in ("offline", "online")}
            data = InvitationCreate(organisation=entry["id"], quota=Quota(**seats))
            await inviting.invite(session, self.actor, workshop.id, data)

    def _registrations(self, workshop_id: UUID) -> Iterator[Moment]:
        """People register one after the other from the day after the preparation."""
        start = self.world.starts_at - PREPARED + timedelta(days=1)
        registered = [entry for entry in self.world.participants if entry["registered"]]
        for index, entry in enumerate(registered):

            async def register(session: AsyncSession, entry: Item = entry) -> None:
                data = RegistrationCreate.model_validate(registration_shape(entry))
                row = await registrations.register(session, self.actor, workshop_id, data)
                invited = await _invitation_of(session, workshop_id, row.organisation_id)
                named = update(Registration).where(col(Registration.id) == row.id)
                await session.exec(named.values(invitation_id=invited))

            yield Moment(start + timedelta(minutes=10 * index), register)

    async def _collect_links(self, session: AsyncSession, loaded: Loaded) -> None:
        people = select(Registration).where(Registration.workshop_id == loaded.workshop_id)
        for person in await session.exec(people.order_by(col(Registration.number))):
            if person.code:
                loaded.participants[person.code] = participant_token(session, person)
        agencies = select(Organisation).where(Organisation.organizer_id == self.actor.tenant)
        for agency in await session.exec(agencies.order_by(col(Organisation.code))):
            loaded.organisations[agency.code] = portal_link(session, agency).rsplit("/", 1)[1]


async def _invitation_of(session: AsyncSession, workshop_id: UUID, organisation_id: UUID | None) -> UUID | None:
    query = select(Invitation.id).where(
        Invitation.workshop_id == workshop_id, Invitation.organisation_id == organisation_id
    )
    return (await session.exec(query)).first()


def _bps_code(world: World) -> str | None:
    known = world.raw.get("test_vectors", {}).get("region_codes", [])
    return next((str(entry["bps"]) for entry in known if entry["name"] == world.facts.get("regency")), None)


def _holiday(entry: Item) -> HolidayShape:
    # A note goes on, behind the name, about where the day was looked up.
    name = (entry.get("note") or entry["kind"].replace("_", " ").capitalize()).partition(";")[0]
    return HolidayShape(day=entry["date"], name=name, kind=entry["kind"])


def _programme(world: World) -> ProgrammeCreate:
    stages = [
        {
            "code": stage["stage"],
            "label": stage["stage"].replace("_", " ").title(),
            "date": _spoken(stage["date"]),
            "due_date": _last_day(stage["date"]),
        }
        for stage in world.raw.get("programme_stages", [])
    ]
    dimensions = [
        {"code": entry["id"], "label": entry["label_id"], "sub": entry["sub"], "coordinator": entry["coordinator"]}
        for entry in world.raw["dimensions"]
    ]
    shape = {"code": "smart-city", "name": "Gerakan Menuju 100 Smart City", "stages": stages, "dimensions": dimensions}
    return ProgrammeCreate.model_validate(shape | {"aliases": world.raw.get("dimension_aliases", {})})


def _spoken(days: str | list[str]) -> str:
    return days if isinstance(days, str) else " - ".join(days)


def _last_day(days: str | list[str]) -> str | None:
    """The last day of a stage; None where only the month or the year is known."""
    last = days if isinstance(days, str) else days[-1]
    try:
        return date.fromisoformat(last).isoformat()
    except ValueError:
        return None


def _workshop_shape(world: World) -> Item:
    facts = world.facts
    blocks = [
        {"code": block["id"], "label": block["label"], "hours": block["jp"], "checkin_from": _doors(world, block["id"])}
        for block in world.blocks
    ]
    agenda = [
        {
            "title": entry["title"],
            "starts_at": entry["start"],
            "ends_at": entry["end"],
            "block": entry["block"],
            "speakers": [world.name_of(name) for name in (entry["by"] or "").split(";") if name.strip()],
            "hours": entry["jp"],
        }
        for entry in world.agenda
    ]
    noon = min(world.ends_at, world.ends_at.replace(hour=12, minute=0, second=0, microsecond=0))
    offline = {"limit": facts.get("hall_capacity")}
    return {
        "slug": world.raw["event"]["id"],
        "kinds": ["bimtek"],
        "stage": "bimtek_1",
        "title": facts["title"],
        "aims": facts.get("aims", []),
        "modality": facts.get("modality", "hybrid"),
        "timezone": world.timezone,
        "starts_at": world.starts_at.isoformat(),
        "ends_at": world.ends_at.isoformat(),
        "venue": {"name": facts.get("venue"), "address": _address(facts)},
        "capacity": {"offline": offline, "online": {"limit": None}},
        "registration": {"closes_at": noon.isoformat()},
        "blocks": blocks,
        "agenda": agenda,
    }


def _address(facts: Item) -> str | None:
    """Where the venue stands; what follows a comma is a remark to the file's reader."""
    place = facts.get("place_district")
    return str(place).split(",", maxsplit=1)[0] if place else None


def _doors(world: World, block: str) -> str:
    """Doors open at 07:00 for a morning, at 12:00 for an afternoon."""
    start = world.items_of(block)[0][0]
    return start.replace(hour=7 if start.hour < 12 else 12, minute=0, second=0, microsecond=0).isoformat()


def _next_workshop_shape(world: World, follows: UUID) -> Item:
    first, last = world.next_days[0], world.next_days[-1]
    offset = world.starts_at.isoformat()[19:]
    return {
        "slug": f"{world.slug}-bimtek-2-{first.year}",
        "kinds": ["bimtek"],
        "stage": "bimtek_2",
        "title": str(world.facts["title"]).replace("Tahap I", "Tahap II"),
        "modality": world.facts.get("modality", "hybrid"),
        "timezone": world.timezone,
        "starts_at": f"{first}T08:00:00{offset}",
        "ends_at": f"{last}T16:00:00{offset}",
        "venue": {"name": world.facts.get("venue")},
        "follows": str(follows),
    }
