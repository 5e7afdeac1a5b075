"""Somebody of each role to sign in as, beside the owner."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.domain import staff
from service.models.organizers import Role
from service.models.organizers_shapes import StaffCreate

COLLEAGUES = (
    ("panitia@demo.invalid", "Panitia Demo", Role.ORGANIZER),
    ("walidata@demo.invalid", "Walidata Demo", Role.STEWARD),
    ("pintu@demo.invalid", "Petugas Pintu Demo", Role.DOOR),
    ("pembaca@demo.invalid", "Pembaca Demo", Role.VIEWER),
)


async def hire(session: AsyncSession, actor: Actor, workshop_id: UUID, password: str) -> None:
    """All of them with the owner's password; the doors are those of this workshop."""
    for email, name, role in COLLEAGUES:
        doors = [str(workshop_id)] if role is Role.DOOR else []
        shape = {"email": email, "name": name, "password": password, "role": role, "workshops": doors}
        await staff.add_member(session, actor, StaffCreate.model_validate(shape))
