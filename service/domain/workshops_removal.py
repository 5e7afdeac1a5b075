"""Removing a workshop that was made by mistake: one that was never announced and to which nobody belongs."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete, func, literal, union_all
from sqlalchemy.orm import Mapped
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import outbox
from service.auth import Actor
from service.domain import workshops
from service.errors import InvalidState, Refusal
from service.events import WorkshopRemoved
from service.i18n import gettext as _, marked
from service.models.agreements import Agreement
from service.models.announcements import Announcement
from service.models.attendance import Annulment, Attendance, Checkin, MatchDecision, Presence
from service.models.certificates import Certificate
from service.models.commitments import Commitment
from service.models.dashboard_links import DashboardLink
from service.models.devices import Device
from service.models.escalations import Escalation
from service.models.invitations import Invitation
from service.models.materials import Material
from service.models.messages import Message, Reminder
from service.models.minutes import FollowUp, Minutes
from service.models.registrations import HeldRegistration, Registration
from service.models.rooms import Provider, Room
from service.models.screens import Screen
from service.models.workshops import AgendaItem, AttendanceBlock, Capacity, Workshop, WorkshopStatus

REFERRING: Mapping[str, tuple[Mapped[UUID] | Mapped[UUID | None], ...]] = {
    "registrations": (col(Registration.workshop_id), col(HeldRegistration.workshop_id)),
    "invitations": (col(Invitation.workshop_id),),
    "commitments": (col(Commitment.workshop_id), col(Commitment.pledged_workshop_id), col(Escalation.workshop_id)),
    "agreements": (col(Agreement.workshop_id),),
    "messages": (col(Message.workshop_id), col(Announcement.workshop_id)),
    "scans": (col(Checkin.workshop_id), col(Annulment.workshop_id)),
    "presences": (col(Presence.workshop_id), col(MatchDecision.workshop_id), col(Attendance.workshop_id)),
    "certificates": (col(Certificate.workshop_id),),
    "minutes": (col(Minutes.workshop_id), col(FollowUp.workshop_id)),
    "materials": (col(Material.workshop_id),),
    "followers": (col(Workshop.follows_id),),
}
"""What keeps a workshop: every column that names one, but for what is only part of its preparation."""
OWN: tuple[type[SQLModel], ...] = (
    AgendaItem,
    AttendanceBlock,
    Reminder,
    DashboardLink,
    Device,
    Screen,
    Room,
    Capacity,
)
"""What goes with it, in this order."""


class WorkshopInUse(Refusal):
    """`uses`: how much of each kind belongs to it."""

    code = "workshop_in_use"
    title = marked("Kegiatan ini sudah dipakai")
    detail = marked(
        "Kegiatan yang sudah memuat peserta, undangan, atau data tidak dapat dihapus. Batalkan kegiatannya."
    )


def removable(workshop: Workshop) -> bool:
    """Whether it never was announced: a draft, or one that was called off as a draft."""
    return workshop.status is WorkshopStatus.DRAFT or workshop.never_published


async def uses(session: AsyncSession, workshop: Workshop) -> dict[str, int]:
    """How much of each kind belongs to the workshop; nothing for what does not. One statement."""
    counts = [
        select(literal(name).label("name"), func.count().label("count")).where(column == workshop.id)
        for name, columns in REFERRING.items()
        for column in columns
    ]
    counts.append(
        # A meeting at the provider would be left behind there.
        select(literal("rooms").label("name"), func.count().label("count")).where(
            Room.workshop_id == workshop.id, Room.provider != Provider.STATIC
        )
    )
    found = union_all(*counts).subquery()
    told: dict[str, int] = {}
    for name, count in await session.exec(select(found.c.name, found.c.count).where(found.c.count > 0)):
        told[name] = told.get(name, 0) + count
    return told


async def remove(session: AsyncSession, actor: Actor, workshop_id: UUID) -> None:
    """Removes it for good, with its agenda, doors and screens. Raises NotFound, InvalidState, WorkshopInUse."""
    row, _capacity = await workshops.find_for_change(session, actor, workshop_id)
    if not removable(row):
        raise InvalidState(state=row.status)
    # Whatever is about to refer to it is waited for, and seen; what comes after waits, and finds it gone.
    await session.refresh(row, with_for_update=True)
    if used := await uses(session, row):
        raise WorkshopInUse(uses=used)
    for table in OWN:
        await session.exec(delete(table).where(table.workshop_id == row.id))  # type: ignore[attr-defined] # each has it
    await session.delete(row)
    await session.flush()
    await outbox.record(session, WorkshopRemoved(organizer_id=row.organizer_id, workshop_id=workshop_id), actor.label)


def in_words(used: Mapping[str, int]) -> list[str]:
    """What belongs to a workshop, as a person reads it."""
    words = {
        "registrations": _("{count} pendaftaran"),
        "invitations": _("{count} undangan"),
        "commitments": _("{count} komitmen data"),
        "agreements": _("{count} berita acara kesepakatan"),
        "messages": _("{count} pesan"),
        "scans": _("{count} pindaian"),
        "presences": _("{count} catatan kehadiran"),
        "certificates": _("{count} sertifikat"),
        "minutes": _("{count} notula dan tindak lanjut"),
        "materials": _("{count} materi"),
        "followers": _("{count} kegiatan lanjutan"),
        "rooms": _("{count} ruang daring di Zoom"),
    }
    return [words[name].format(count=count) for name, count in used.items()]
