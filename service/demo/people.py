"""The people of a world as registrations. Offices stand for names: no private person is invented."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.demo.world import Item
from service.models.registrations import Registration

LEVELS = {
    "kepala": "head",
    "sekretaris": "secretary",
    "kasubag": "subdivision_head",
    "perwakilan": "representative",
    "staf": "staff",
}
ROLES = {
    "peserta": "participant",
    "narasumber": "speaker",
    "moderator": "moderator",
    "panitia": "committee",
    "tamu": "guest",
}


def registration_shape(entry: Item) -> Item:
    """A participant of a world as registration input."""
    return {
        "name": entry["office"],
        "position": entry["office"],
        "position_level": LEVELS.get(entry["rank"], entry["rank"]),
        "email": f"{entry['id'].lower()}@demo.invalid",
        "organisation": entry["org_id"],
        "mode": entry["registered_mode"] or "offline",
        "role": ROLES.get(entry["event_role"], "participant"),
        "employment": entry["employment"],
        "consent": True,
        "code": entry["id"],
    }


async def by_code(session: AsyncSession, workshop_id: UUID, code: str) -> Registration:
    """The registration that carries a world's key."""
    query = select(Registration).where(Registration.workshop_id == workshop_id, col(Registration.code) == code)
    return (await session.exec(query)).one()
