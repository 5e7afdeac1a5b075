"""An organizer of the size that hurts, written straight into the tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import SQLModel

from service import auth, clock
from service.auth import API_KEY_PREFIX, DEVICE_PREFIX, GRANTABLE
from service.db import Database
from service.models.attendance import Attendance, AttendanceMode
from service.models.commitments import Axis, Commitment, CommitmentHistory, CommitmentStatus, FulfilmentStatus
from service.models.data_items import DataItem
from service.models.devices import Device
from service.models.invitations import Invitation
from service.models.organizers import ApiKey, Membership, Organizer, Role, Staff
from service.models.people import Organisation
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import AgendaItem, AttendanceBlock, Capacity, Modality, Mode, Workshop, WorkshopStatus
from service.routers.access import session_cookie_name
from service.settings import Settings
from service.tokens import Purpose, fingerprint, new_id, random_token

ORGANISATIONS = 50
OTHER_WORKSHOPS = 60
COMMITMENTS_PER_ITEM = 10
HELD = 10_000
"""Seats set aside for each organisation in the workshop to which all are invited."""
_DIMENSIONS = ["governance", "branding", "economy", "living", "society", "environment"]
DEVICES = 8
"""At the door of the largest workshop."""
_CHUNK = 5_000


@dataclass(frozen=True)
class Size:
    """How much: people at a small and at the usual door, people in the summary, promises in the readiness report."""

    small: int = 500
    registrations: int = 5_000
    summary: int = 50_000
    commitments: int = 20_000


@dataclass(frozen=True)
class Entrance:
    """A workshop's door: its devices, and the tickets of everybody who may come."""

    workshop_id: UUID
    device_tokens: list[str]
    tickets: list[str]


@dataclass(frozen=True)
class World:
    """What the load generator needs to speak to the service."""

    organizer: str
    api_key: str
    small: Entrance
    hall: Entrance
    stadium: Entrance
    workshop_id: UUID
    summary_workshop_id: UUID
    invited_workshop_id: UUID
    participant_tokens: list[str]
    cookie: str = ""
    """Of the owner's browser."""


async def fill(settings: Settings, size: Size) -> World:
    """Fills a migrated, empty database."""
    database = Database(settings)
    try:
        return await _Filler(database, settings).fill(size)
    finally:
        await database.close()


class _Filler:
    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.keyring = settings.keyring
        self.now = clock.now()
        self.organizer = Organizer(slug="bench", name="Dinas Kominfo-SP Bench")
        self.organisations = [
            Organisation(
                organizer_id=self.organizer.id,
                code=f"OPD-{number:02}",
                name=f"Dinas {number:02}",
                key_id=self.keyring.current_id,
            )
            for number in range(ORGANISATIONS)
        ]

    async def fill(self, size: Size) -> World:
        api_key = random_token(API_KEY_PREFIX)
        small, hall, stadium = self._workshop("room"), self._workshop("hall"), self._workshop("stadium")
        others = [self._workshop(f"workshop-{number:02}", number) for number in range(1, OTHER_WORKSHOPS + 1)]
        await self._insert([self.organizer])
        await self._insert(self.organisations)
        key = ApiKey(organizer_id=self.organizer.id, name="bench", token_hash=fingerprint(api_key))
        key.permissions = sorted(GRANTABLE)
        await self._insert([key])
        await self._insert([small, hall, stadium, *others])
        for workshop in others:
            await self._programme(workshop)
            await self._insert([Capacity(workshop_id=workshop.id)])
        await self._programme(small)
        await self._programme(hall)
        people = await self._people(hall, size.registrations)
        blocks = await self._programme(stadium)
        crowd = await self._people(stadium, size.summary)
        await self._attendance(stadium, blocks, crowd)
        await self._commitments(hall, size.commitments)
        invited = await self._invited()
        return World(
            organizer=self.organizer.slug,
            api_key=api_key,
            small=await self._entrance(small, await self._people(small, size.small)),
            hall=await self._entrance(hall, people),
            stadium=await self._entrance(stadium, crowd, DEVICES),
            workshop_id=hall.id,
            summary_workshop_id=stadium.id,
            invited_workshop_id=invited.id,
            participant_tokens=self._links(Purpose.PARTICIPANT, people),
            cookie=await self._signed_in(),
        )

    async def _signed_in(self) -> str:
        """The cookie of the owner's browser."""
        owner = Staff(
            email="pemilik@bench.example", email_key="pemilik@bench.example", name="Pemilik", password_hash=""
        )
        await self._insert([owner])
        await self._insert([Membership(staff_id=owner.id, organizer_id=self.organizer.id, role=Role.OWNER)])
        async with self.database.write() as session:
            cookie, _row = await auth.open_session(session, owner, self.organizer.id)
        return f"{session_cookie_name(secure=False)}={cookie}"

    async def _entrance(self, workshop: Workshop, people: Sequence[UUID], devices: int = 1) -> Entrance:
        device_tokens = [random_token(DEVICE_PREFIX) for _ in range(devices)]
        await self._insert([self._device(workshop, token) for token in device_tokens])
        return Entrance(workshop.id, device_tokens, self._links(Purpose.TICKET, people))

    def _links(self, purpose: Purpose, people: Sequence[UUID]) -> list[str]:
        return [self.keyring.issue(purpose, person, 1, self.keyring.current_id) for person in people]

    async def _invited(self) -> Workshop:
        """A workshop all of whose seats are held for the organisations, more than anybody can take while measuring."""
        workshop = self._workshop("invited")
        await self._insert([workshop])
        await self._programme(workshop)
        deadline = self.now + timedelta(days=1)
        seats = HELD * ORGANISATIONS
        await self._insert(
            [Capacity(workshop_id=workshop.id, offline_limit=seats, offline_reserved=seats, release_due_at=deadline)]
        )
        await self._insert([self._invitation(workshop, one, deadline) for one in self.organisations])
        return workshop

    def _invitation(self, workshop: Workshop, organisation: Organisation, deadline: datetime) -> Invitation:
        return Invitation(
            organizer_id=self.organizer.id,
            workshop_id=workshop.id,
            organisation_id=organisation.id,
            quota_offline=HELD,
            held_offline=HELD,
            deadline=deadline,
            key_id=self.keyring.current_id,
        )

    def _workshop(self, slug: str, days_ago: int = 0) -> Workshop:
        """Two days, the first one running now (or `days_ago`)."""
        starts_at = self.now - timedelta(hours=1, days=days_ago)
        return Workshop(
            organizer_id=self.organizer.id,
            slug=slug,
            kinds=["bimtek"],
            title=f"Bimtek {slug}",
            description="Bimbingan teknis penyusunan masterplan. " * 10,
            aims=["Kesamaan pemahaman", "Komitmen pemangku kepentingan", "Penyediaan data"],
            modality=Modality.HYBRID,
            status=WorkshopStatus.PUBLISHED,
            timezone="Asia/Makassar",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(days=1, hours=8),
            venue_name="Aula",
        )

    async def _programme(self, workshop: Workshop) -> list[AttendanceBlock]:
        """Four half-days of three items each."""
        blocks, items = [], []
        for position, (code, label, hours) in enumerate(
            [
                ("D1P", "Hari I (pagi)", 0),
                ("D1S", "Hari I (siang)", 4),
                ("D2P", "Hari II (pagi)", 24),
                ("D2S", "Hari II (siang)", 28),
            ]
        ):
            starts_at = workshop.starts_at + timedelta(hours=hours)
            block = AttendanceBlock(
                workshop_id=workshop.id,
                position=position,
                code=code,
                label=label,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=3),
                checkin_from=starts_at - timedelta(minutes=30),
                hours=3,
            )
            blocks.append(block)
            items += [
                AgendaItem(
                    workshop_id=workshop.id,
                    block_id=block.id,
                    position=position * 3 + number,
                    title=f"Materi {number}",
                    starts_at=starts_at + timedelta(hours=number),
                    ends_at=starts_at + timedelta(hours=number + 1),
                    hours=1,
                )
                for number in range(3)
            ]
        await self._insert(blocks)
        await self._insert(items)
        return blocks

    def _device(self, workshop: Workshop, token: str) -> Device:
        return Device(
            organizer_id=self.organizer.id,
            workshop_id=workshop.id,
            name="Pintu utama",
            gate="A",
            token_hash=fingerprint(token),
        )

    async def _people(self, workshop: Workshop, count: int) -> list[UUID]:
        """Confirmed people in the hall; their ids by number."""
        ids = [new_id() for _ in range(count)]
        shared = self._person(workshop).model_dump()
        await self._insert([Capacity(workshop_id=workshop.id, offline_taken=count, last_number=count)])
        await self._insert_rows(
            Registration,
            [
                shared
                | {
                    "id": person_id,
                    "number": number,
                    "name": f"Peserta {number:05}",
                    "name_key": f"peserta {number:05}",
                    "email": f"peserta{number}@bench.example",
                    "contact_key": f"peserta{number}@bench.example",
                    "organisation_id": self.organisations[number % ORGANISATIONS].id,
                }
                for number, person_id in enumerate(ids, 1)
            ],
        )
        return ids

    def _person(self, workshop: Workshop) -> Registration:
        return Registration(
            organizer_id=self.organizer.id,
            workshop_id=workshop.id,
            number=0,
            name="",
            name_key="",
            position="Kepala Seksi",
            mode=Mode.OFFLINE,
            status=RegistrationStatus.CONFIRMED,
            holds_seat=True,
            confirmed_at=self.now,
            consent_at=self.now,
            key_id=self.keyring.current_id,
        )

    async def _attendance(self, workshop: Workshop, blocks: Sequence[AttendanceBlock], people: Sequence[UUID]) -> None:
        """Four of five came on the first day, every tenth online."""
        for block in blocks[:2]:
            shared = Attendance(
                registration_id=people[0],
                block_id=block.id,
                workshop_id=workshop.id,
                present=True,
                minutes=block.minutes,
                first_in=block.starts_at,
                last_fact_at=block.starts_at,
            ).model_dump()
            rows = [
                shared
                | {"registration_id": person, "mode": AttendanceMode.OFFLINE if number % 10 else AttendanceMode.ONLINE}
                for number, person in enumerate(people)
                if number % 5 != 1
            ]
            await self._insert_rows(Attendance, rows)

    async def _commitments(self, workshop: Workshop, count: int) -> None:
        items = [
            DataItem(
                organizer_id=self.organizer.id,
                code=f"DT-{number:04}",
                name=f"Data {number:04}",
                dimension=_DIMENSIONS[number % len(_DIMENSIONS)],
                due_date=self.now.date(),
            )
            for number in range(count // COMMITMENTS_PER_ITEM)
        ]
        commitments = [
            self._commitment(workshop, item, number) for item in items for number in range(COMMITMENTS_PER_ITEM)
        ]
        await self._insert(items)
        await self._insert(commitments)
        await self._insert([_requested(commitment) for commitment in commitments])

    def _commitment(self, workshop: Workshop, item: DataItem, number: int) -> Commitment:
        fulfilment = list(FulfilmentStatus)[number % len(FulfilmentStatus)]
        answers = [CommitmentStatus.REQUESTED, CommitmentStatus.COMMITTED]
        return Commitment(
            organizer_id=self.organizer.id,
            workshop_id=workshop.id,
            data_item_id=item.id,
            organisation_id=self.organisations[number].id,
            code=f"{item.code}-{number:02}",
            due_date=self.now.date() - timedelta(days=number - COMMITMENTS_PER_ITEM // 2),
            commitment_status=answers[number % 3 > 0],
            fulfilment_status=fulfilment,
        )

    async def _insert(self, rows: Sequence[SQLModel]) -> None:
        await self._insert_rows(type(rows[0]), [row.model_dump() for row in rows])

    async def _insert_rows(self, table: type[SQLModel], rows: Sequence[dict[str, object]]) -> None:
        for start in range(0, len(rows), _CHUNK):
            async with self.database.write() as session:
                connection = await session.connection()
                await connection.execute(insert(table), rows[start : start + _CHUNK])


def _requested(commitment: Commitment) -> CommitmentHistory:
    return CommitmentHistory(commitment_id=commitment.id, axis=Axis.COMMITMENT, by="system", after="requested")
