"""Rows for tests, made with as few words as the test needs. Each function flushes and returns its row."""

import itertools
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service import tokens
from service.auth import API_KEY_PREFIX, DEVICE_PREFIX, GRANTABLE, ROLE_PERMISSIONS, Permission
from service.db import settings_of
from service.models.devices import Device
from service.models.organizers import ApiKey, Membership, Organizer, Role, Staff
from service.models.people import Organisation
from service.models.registrations import ParticipantRole, Registration, RegistrationStatus
from service.models.workshops import (
    AgendaItem,
    AttendanceBlock,
    Capacity,
    Modality,
    Mode,
    Workshop,
    WorkshopStatus,
)
from service.tokens import Purpose

_numbers = itertools.count(1)


def at(text: str) -> datetime:
    """'07-03 08:30' of 2023 in WITA."""
    return datetime.fromisoformat(f"2023-{text.replace(' ', 'T')}:00+08:00")


def forged(token: str) -> str:
    """A link that looks right and differs in its last characters."""
    return token[:-2] + ("BA" if token.endswith("AA") else "AA")


async def organizer(session: AsyncSession, slug: str | None = None, **values: Any) -> Organizer:
    row = Organizer(slug=slug or f"kab-{next(_numbers)}", name="Diskominfo-SP Kabupaten Luwu", **values)
    session.add(row)
    await session.flush()
    return row


async def workshop(
    session: AsyncSession,
    house: Organizer,
    *,
    offline: int | None = 50,
    online: int | None = None,
    modality: Modality = Modality.HYBRID,
    status: WorkshopStatus = WorkshopStatus.PUBLISHED,
    blocks: bool = True,
    **values: Any,
) -> Workshop:
    """A published two-day hybrid workshop on 3 and 4 July 2023 with the blocks D1P, D1S, D2P, D2S."""
    defaults: dict[str, Any] = {
        "slug": f"bimtek-{next(_numbers)}",
        "title": "Bimtek Penyusunan Masterplan Smart City",
        "kinds": ["bimtek"],
        "timezone": house.timezone,
        "starts_at": at("07-03 08:00"),
        "ends_at": at("07-04 16:00"),
        "registration_closes_at": at("07-04 12:00"),
    }
    row = Workshop(organizer_id=house.id, modality=modality, status=status, **(defaults | values))
    session.add(row)
    await session.flush()
    session.add(Capacity(workshop_id=row.id, offline_limit=offline, online_limit=online))
    if blocks:
        await _blocks(session, row)
    await session.flush()
    return row


async def _blocks(session: AsyncSession, gathering: Workshop) -> None:
    plan = [
        ("D1P", "Hari I - pagi", "07-03", [("09:15", "10:00"), ("10:15", "11:45")], 3, "07:00"),
        ("D1S", "Hari I - siang", "07-03", [("13:00", "14:30"), ("14:45", "16:15")], 4, "12:00"),
        ("D2P", "Hari II - pagi", "07-04", [("08:30", "10:00"), ("10:15", "11:45")], 4, "07:00"),
        ("D2S", "Hari II - siang", "07-04", [("13:00", "14:30"), ("14:45", "15:30")], 3, "12:00"),
    ]
    for position, (code, label, day, items, hours, opens) in enumerate(plan):
        block = AttendanceBlock(
            workshop_id=gathering.id,
            position=position,
            code=code,
            label=label,
            starts_at=at(f"{day} {items[0][0]}"),
            ends_at=at(f"{day} {items[-1][1]}"),
            checkin_from=at(f"{day} {opens}"),
            hours=hours,
        )
        session.add(block)
        await session.flush()
        for start, end in items:
            session.add(
                AgendaItem(
                    workshop_id=gathering.id,
                    block_id=block.id,
                    position=next(_numbers),
                    title="Materi",
                    starts_at=at(f"{day} {start}"),
                    ends_at=at(f"{day} {end}"),
                )
            )


async def organisation(session: AsyncSession, house: Organizer, code: str | None = None, **values: Any) -> Organisation:
    code = code or f"opd-{next(_numbers)}"
    row = Organisation(
        organizer_id=house.id,
        code=code,
        **({"name": f"Dinas {code}", "key_id": settings_of(session).keyring.current_id} | values),
    )
    session.add(row)
    await session.flush()
    return row


async def registration(session: AsyncSession, gathering: Workshop, **values: Any) -> Registration:
    """A confirmed person with a seat in the hall, not going through the domain function."""
    number = next(_numbers)
    name = str(values.pop("name", f"Kepala Bidang {number}"))
    email = values.pop("email", f"peserta{number}@luwukab.go.id")
    defaults: dict[str, Any] = {
        "number": number,
        "name_key": name.casefold(),
        "contact_key": email,
        "mode": Mode.OFFLINE,
        "role": ParticipantRole.PARTICIPANT,
        "status": RegistrationStatus.CONFIRMED,
        "holds_seat": True,
        "confirmed_at": gathering.created_at,
        "key_id": settings_of(session).keyring.current_id,
    }
    row = Registration(
        organizer_id=gathering.organizer_id, workshop_id=gathering.id, name=name, email=email, **(defaults | values)
    )
    session.add(row)
    await session.flush()
    return row


def participant_token(session: AsyncSession, row: Registration) -> str:
    return settings_of(session).keyring.issue(Purpose.PARTICIPANT, row.id, row.link_version, row.key_id)


def ticket(session: AsyncSession, row: Registration) -> str:
    return settings_of(session).keyring.issue(Purpose.TICKET, row.id, row.link_version, row.key_id)


def portal_token(session: AsyncSession, row: Organisation) -> str:
    return settings_of(session).keyring.issue(Purpose.PORTAL, row.id, row.link_version, row.key_id)


async def staff(session: AsyncSession, house: Organizer | None = None, role: Role = Role.OWNER, **values: Any) -> Staff:
    """A member of staff without a usable password; give one with `domain.organizers`."""
    email = f"staf{next(_numbers)}@luwukab.go.id"
    row = Staff(**({"email": email, "email_key": email, "name": "Kepala Seksi", "password_hash": "!"} | values))
    session.add(row)
    await session.flush()
    if house is not None:
        session.add(Membership(staff_id=row.id, organizer_id=house.id, role=role))
        await session.flush()
    return row


async def api_key(session: AsyncSession, house: Organizer, *permissions: Permission) -> dict[str, str]:
    """Request headers of a new API key; with every permission unless some are named."""
    token = tokens.random_token(API_KEY_PREFIX)
    granted = permissions or tuple(GRANTABLE)
    session.add(
        ApiKey(
            organizer_id=house.id,
            name="Situs web",
            token_hash=tokens.fingerprint(token),
            permissions=[permission.value for permission in granted],
        )
    )
    await session.flush()
    return bearer(token)


async def device(session: AsyncSession, gathering: Workshop, name: str = "Gerbang A") -> tuple[Device, dict[str, str]]:
    """A door device and its request headers."""
    token = tokens.random_token(DEVICE_PREFIX)
    row = Device(
        organizer_id=gathering.organizer_id,
        workshop_id=gathering.id,
        name=name,
        gate="A",
        token_hash=tokens.fingerprint(token),
    )
    session.add(row)
    await session.flush()
    return row, bearer(token)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def weeks_later(weeks: int, instant: datetime) -> datetime:
    return instant + timedelta(weeks=weeks)


def some_id() -> UUID:
    """An id that belongs to nothing."""
    return tokens.new_id()


ROLE_VIEWER = tuple(ROLE_PERMISSIONS[Role.VIEWER])


def uuid(text: str) -> UUID:
    return UUID(text)


async def house_of(session: AsyncSession, workshop_id: str) -> Organizer:
    gathering = await session.get(Workshop, UUID(workshop_id))
    assert gathering
    house = await session.get(Organizer, gathering.organizer_id)
    assert house
    return house
