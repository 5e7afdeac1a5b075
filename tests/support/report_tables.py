"""Puts a plain world into the tables, as if everything had happened through the service."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from service import tokens
from service.db import settings_of
from service.domain.attendance import refresh_workshop
from service.models.attendance import Checkin, Direction, Method, Presence, PresenceMatch, RefusalReason, Verdict
from service.models.commitments import (
    Axis,
    Commitment,
    CommitmentHistory,
    CommitmentStatus,
    FulfilmentStatus,
    Submission,
)
from service.models.data_items import DataItem
from service.models.invitations import Invitation
from service.models.organizers import Holiday, Organizer, Programme
from service.models.people import Employment, Organisation
from service.models.registrations import ParticipantRole, Registration, RegistrationStatus
from service.models.workshops import AgendaItem, AttendanceBlock, Mode, Workshop, WorkshopStatus
from tests import factories
from tests.support.report_world import Block, Person, Promise, World


class Tables:
    """Writes one world for a new organizer; `organizer` and `workshop` are its rows."""

    organizer: Organizer
    workshop: Workshop

    def __init__(self, session: AsyncSession, world: World) -> None:
        self.session = session
        self.world = world
        self.orgs: dict[str, UUID] = {org.code: tokens.new_id() for org in world.orgs}
        self.blocks: dict[str, UUID] = {block.code: tokens.new_id() for block in world.blocks}
        self.people: dict[int, UUID] = {person.number: tokens.new_id() for person in world.people}
        self.items: dict[str, UUID] = {code: tokens.new_id() for code in world.items}

    async def write(self) -> None:
        world = self.world
        self.organizer = await factories.organizer(
            self.session,
            timezone=world.zone,
            steward_code=world.steward,
            online_threshold=world.online_threshold,
            certificate_threshold=world.certificate_threshold,
        )
        dimensions: list[dict[str, object]] = [{"code": code, "label": code, "sub": []} for code in world.dimensions]
        await self._insert(
            [Programme(organizer_id=self.organizer.id, code="smart-city", name="Smart City", dimensions=dimensions)]
        )
        starts = min((block.items[0][0] for block in world.blocks), default=factories.at("07-03 08:00"))
        ends = max((block.items[-1][1] for block in world.blocks), default=factories.at("07-03 16:00"))
        self.workshop = await factories.workshop(
            self.session, self.organizer, blocks=False, starts_at=starts, ends_at=ends, slug="bimtek-1"
        )
        for number, (start, status) in enumerate(world.next_starts):
            await factories.workshop(
                self.session,
                self.organizer,
                blocks=False,
                starts_at=start,
                ends_at=start + timedelta(hours=8),
                status=WorkshopStatus(status),
                follows_id=self.workshop.id,
                slug=f"next-{number}",
            )
        await self._insert([Holiday(organizer_id=self.organizer.id, day=day, name="Libur") for day in world.holidays])
        await self._organisations()
        await self._programme_of_the_days()
        await self._insert([self._registration(person) for person in world.people])
        await self._facts()
        await self._commitments()

    async def _organisations(self) -> None:
        key_id = settings_of(self.session).keyring.current_id
        await self._insert(
            [
                Organisation(
                    id=self.orgs[org.code],
                    organizer_id=self.organizer.id,
                    code=org.code,
                    name=org.code,
                    org_class=org.org_class,
                    key_id=key_id,
                )
                for org in self.world.orgs
            ]
        )
        await self._insert(
            [
                Invitation(
                    organizer_id=self.organizer.id,
                    workshop_id=self.workshop.id,
                    organisation_id=self.orgs[org.code],
                    key_id=key_id,
                    created_at=org.invited_at,
                )
                for org in self.world.orgs
                if org.invited_at
            ]
        )

    async def _programme_of_the_days(self) -> None:
        await self._insert([self._block(position, block) for position, block in enumerate(self.world.blocks)])
        await self._insert(
            [
                AgendaItem(
                    workshop_id=self.workshop.id,
                    block_id=self.blocks[block.code],
                    position=position,
                    title="Materi",
                    starts_at=start,
                    ends_at=end,
                )
                for block in self.world.blocks
                for position, (start, end) in enumerate(block.items)
            ]
        )

    def _block(self, position: int, block: Block) -> AttendanceBlock:
        return AttendanceBlock(
            id=self.blocks[block.code],
            workshop_id=self.workshop.id,
            position=position,
            code=block.code,
            label=block.code,
            starts_at=block.items[0][0],
            ends_at=block.items[-1][1],
            checkin_from=block.items[0][0] - timedelta(hours=1),
            hours=block.hours,
        )

    def _registration(self, person: Person) -> Registration:
        status = RegistrationStatus.CONFIRMED
        if person.rejected:
            status = RegistrationStatus.REJECTED
        elif person.cancelled_at:
            status = RegistrationStatus.CANCELLED
        return Registration(
            id=self.people[person.number],
            organizer_id=self.organizer.id,
            workshop_id=self.workshop.id,
            number=person.number,
            code=person.code,
            name=f"Jabatan {person.number}",
            name_key=f"jabatan {person.number}",
            position_level=person.level,
            organisation_id=self.orgs[person.org] if person.org else None,
            mode=Mode.OFFLINE,
            role=ParticipantRole(person.role),
            employment=Employment(person.employment) if person.employment else None,
            status=status,
            walk_in=person.walk_in,
            substitute_for_id=self.people[person.substitute_for] if person.substitute_for is not None else None,
            cancelled_at=person.cancelled_at,
            created_at=person.created_at,
            key_id=settings_of(self.session).keyring.current_id,
        )

    async def _facts(self) -> None:
        await self._insert(
            [
                Checkin(
                    organizer_id=self.organizer.id,
                    workshop_id=self.workshop.id,
                    registration_id=self.people[scan.person],
                    block_id=self.blocks[scan.block],
                    direction=Direction(scan.direction),
                    method=Method.QR,
                    nonce=tokens.new_id(),
                    claimed_at=scan.at,
                    happened_at=scan.at,
                    received_at=scan.at,
                    verdict=Verdict(scan.verdict),
                    refusal=RefusalReason.CANCELLED if scan.verdict == "refused" else None,
                    annulled_at=scan.at if scan.annulled else None,
                )
                for scan in self.world.scans
            ]
        )
        presences = [
            Presence(
                organizer_id=self.organizer.id,
                workshop_id=self.workshop.id,
                external_id=f"zoom-{number}",
                display_name=online.name,
                joined_at=online.joined_at,
                left_at=online.left_at,
            )
            for number, online in enumerate(self.world.online)
        ]
        await self._insert(presences)
        await self._insert(
            [
                PresenceMatch(presence_id=presence.id, registration_id=self.people[person])
                for presence, online in zip(presences, self.world.online, strict=True)
                for person in online.people
            ]
        )
        await refresh_workshop(self.session, self.workshop.id)

    async def _commitments(self) -> None:
        await self._insert(
            [
                DataItem(id=self.items[code], organizer_id=self.organizer.id, code=code, name=code, dimension=dimension)
                for code, dimension in self.world.items.items()
            ]
        )
        rows = [self._commitment(promise) for promise in self.world.promises]
        await self._insert(rows)
        pairs = list(zip(rows, self.world.promises, strict=True))
        await self._insert([line for row, promise in pairs for line in self._history(row, promise)])
        await self._insert(
            [
                Submission(
                    organizer_id=self.organizer.id,
                    commitment_id=row.id,
                    url="https://data.example",
                    metadata_complete=complete,
                    submitted_by="test",
                    submitted_at=at,
                )
                for row, promise in pairs
                for at, complete in promise.submissions
            ]
        )

    def _commitment(self, promise: Promise) -> Commitment:
        due = promise.last("due_date", promise.due.isoformat() if promise.due else None)
        return Commitment(
            organizer_id=self.organizer.id,
            workshop_id=self.workshop.id,
            data_item_id=self.items[promise.item],
            organisation_id=self.orgs[promise.org],
            code=promise.code,
            due_date=datetime.fromisoformat(due).date() if due else None,
            commitment_status=CommitmentStatus(promise.last("commitment", "requested") or ""),
            fulfilment_status=FulfilmentStatus(promise.last("fulfilment", "not_submitted") or ""),
            evidence=[{"type": "signed_sheet", "reference": promise.code}] if promise.proven_at else [],
            evidence_at=promise.proven_at,
            requested_until=promise.requested_until,
            requested_at=promise.requested_at,
            changed_at=max([promise.requested_at, *(change.at for change in promise.changes)]),
        )

    def _history(self, row: Commitment, promise: Promise) -> list[CommitmentHistory]:
        asked = CommitmentHistory(
            commitment_id=row.id,
            axis=Axis.COMMITMENT,
            at=promise.requested_at,
            by="test",
            before=None,
            after="requested",
        )
        return [asked] + [
            CommitmentHistory(
                commitment_id=row.id,
                axis=Axis(change.axis),
                at=change.at,
                by=change.by,
                before=change.before,
                after=change.after,
            )
            for change in promise.changes
        ]

    async def _insert(self, rows: Sequence[SQLModel]) -> None:
        if rows:
            await self.session.exec(insert(type(rows[0])), params=[row.model_dump() for row in rows])
