"""Who was there: scans in the hall, minutes online, substitutes and walk-ins of a world."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.demo.people import by_code, registration_shape
from service.demo.story import Moment, online_interval
from service.demo.world import Item, World
from service.domain import checkins, presences, registrations, substitutes
from service.models.attendance_shapes import CheckinCreate, PresenceCreate
from service.models.registrations import ParticipantRole, Registration, RegistrationStatus
from service.models.registrations_shapes import RegistrationCreate, SubstituteCreate
from service.tokens import new_id

_BEFORE_THE_SCAN = timedelta(seconds=1)


def attendance_moments(world: World, workshop_id: UUID, actor: Actor) -> Iterator[Moment]:
    """Every scan, connection and arrival of somebody who had not registered."""
    people = {entry["id"]: entry for entry in world.participants}
    arrived: set[str] = set()
    rows = sorted(world.raw["attendance"], key=lambda row: world.items_of(row["block"])[0][0])
    for row in rows:
        person, block = people[row["participant_id"]], row["block"]
        start = world.items_of(block)[0][0]
        if not person["registered"] and person["id"] not in arrived:
            arrived.add(person["id"])
            yield _arrival(workshop_id, actor, person, start, row["mode"])
        if row["mode"] == "offline":
            yield _scan(workshop_id, actor, person, block, start)
        else:
            name = person["office"]
            yield _connection(world, workshop_id, actor, block, row["minutes"], person["id"], name, known=True)
    for number, row in enumerate(world.raw.get("unmatched_zoom", [])):
        yield _connection(world, workshop_id, actor, row["block"], row["minutes"], f"{number}", row["display_name"])


def _arrival(workshop_id: UUID, actor: Actor, person: Item, start: datetime, mode: str) -> Moment:
    """Somebody who had not registered comes: instead of a registered colleague, to the door, or online."""
    shape = registration_shape(person)

    async def come(session: AsyncSession) -> None:
        if person["substitute_for"]:
            replaced = await by_code(session, workshop_id, person["substitute_for"])
            fields = {name: shape[name] for name in ("name", "email", "position", "position_level", "code")}
            data = SubstituteCreate.model_validate(fields)
            _old, row = await substitutes.substitute(session, actor, replaced.id, data)
        elif mode == "offline":
            row = await _walk_in(session, workshop_id, actor, shape, start)
        else:
            online = RegistrationCreate.model_validate(shape | {"mode": "online"})
            row = await registrations.register(session, actor, workshop_id, online)
        row.employment, row.role, row.walk_in = shape["employment"], ParticipantRole(shape["role"]), person["walk_in"]
        await session.flush()

    return Moment(start - _BEFORE_THE_SCAN, come)


async def _walk_in(session: AsyncSession, workshop_id: UUID, actor: Actor, shape: Item, at: datetime) -> Registration:
    """The door registers a person by name and organisation; what else the world knows is filled in afterwards."""
    walk_in = {"client_id": shape["code"], "name": shape["name"], "organisation": shape["organisation"]}
    scan = {"walk_in": walk_in, "direction": "in", "method": "manual", "claimed_at": at, "nonce": new_id()}
    await checkins.check_in(session, actor, workshop_id, CheckinCreate.model_validate(scan))
    known = select(Registration).where(
        Registration.workshop_id == workshop_id, col(Registration.client_id) == shape["code"]
    )
    row = (await session.exec(known)).one()
    row.code, row.email, row.contact_key = shape["code"], shape["email"], shape["email"]
    row.position, row.position_level = shape["position"], shape["position_level"]
    return row


def _scan(workshop_id: UUID, actor: Actor, person: Item, block: str, at: datetime) -> Moment:
    async def scan(session: AsyncSession) -> None:
        row = await by_code(session, workshop_id, person["id"])
        admitted = row.status is RegistrationStatus.CONFIRMED
        shape = {
            "registration_id": row.id,
            "block": block,
            "direction": "in",
            "method": "manual" if person["walk_in"] else "qr",
            "claimed_at": at,
            "nonce": new_id(),
            "admit": None if admitted else {"reason": "Hadir menurut daftar hadir"},
        }
        await checkins.check_in(session, actor, workshop_id, CheckinCreate.model_validate(shape))

    return Moment(at, scan)


def _connection(
    world: World,
    workshop_id: UUID,
    actor: Actor,
    block: str,
    minutes: int,
    external_id: str,
    display_name: str,
    *,
    known: bool = False,
) -> Moment:
    joined, left = online_interval(world, block, minutes)

    async def connect(session: AsyncSession) -> None:
        shape = {
            "registration_id": (await by_code(session, workshop_id, external_id)).id if known else None,
            "external_id": external_id,
            "display_name": display_name,
            "joined_at": joined,
            "left_at": left,
        }
        await presences.report(session, actor, workshop_id, [PresenceCreate.model_validate(shape)])

    return Moment(left, connect)
