"""Who was there: scans in the hall, minutes online, substitutes and walk-ins of a world."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.demo.story import Moment, online_interval
from service.demo.world import Item, World
from service.domain import checkins, presences, registrations
from service.models.attendance_shapes import CheckinCreate, PresenceCreate
from service.models.registrations import Registration, RegistrationStatus
from service.models.registrations_shapes import SubstituteCreate
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
            yield _arrival(workshop_id, actor, person, start - _BEFORE_THE_SCAN)
        if row["mode"] == "offline":
            yield _scan(workshop_id, actor, person, block, start)
        else:
            yield _connection(world, workshop_id, actor, block, row["minutes"], person)
    for row in world.raw.get("unmatched_zoom", []):
        yield _connection(world, workshop_id, actor, row["block"], row["minutes"], None, row["display_name"])


def _arrival(workshop_id: UUID, actor: Actor, person: Item, at: datetime) -> Moment:
    """Somebody who had not registered comes: instead of a registered colleague, or as a walk-in."""

    async def come(session: AsyncSession) -> None:
        from service.demo.loader import registration_shape

        shape = registration_shape(person)
        if person["substitute_for"]:
            replaced = await by_code(session, workshop_id, person["substitute_for"])
            fields = {name: shape[name] for name in ("name", "email", "position", "position_level", "code")}
            data = SubstituteCreate.model_validate(fields)
            _old, row = await registrations.substitute(session, actor, replaced.id, data)
        else:
            walk_in = {"client_id": person["id"], "name": shape["name"], "organisation": person["org_id"]}
            scan = {"walk_in": walk_in, "direction": "in", "method": "manual", "claimed_at": at, "nonce": new_id()}
            await checkins.check_in(session, actor, workshop_id, CheckinCreate.model_validate(scan))
            query = select(Registration).where(
                Registration.workshop_id == workshop_id, Registration.client_id == person["id"]
            )
            row = (await session.exec(query)).one()
            row.code, row.email, row.contact_key = shape["code"], shape["email"], shape["email"]
            row.position, row.position_level = shape["position"], shape["position_level"]
        row.employment, row.walk_in = shape["employment"], True
        await session.flush()

    return Moment(at, come)


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
    person: Item | None,
    display_name: str | None = None,
) -> Moment:
    joined, left = online_interval(world, block, minutes)

    async def connect(session: AsyncSession) -> None:
        row = await by_code(session, workshop_id, person["id"]) if person else None
        shape = {
            "registration_id": row.id if row else None,
            "external_id": f"{(person or {}).get('id') or display_name}",
            "display_name": person["office"] if person else display_name,
            "joined_at": joined,
            "left_at": left,
        }
        await presences.report(session, actor, workshop_id, [PresenceCreate.model_validate(shape)])

    return Moment(left, connect)


async def by_code(session: AsyncSession, workshop_id: UUID, code: str) -> Registration:
    """The registration that carries a world's key."""
    query = select(Registration).where(Registration.workshop_id == workshop_id, Registration.code == code)
    return (await session.exec(query)).one()
