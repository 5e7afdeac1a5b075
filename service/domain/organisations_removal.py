"""Removing an organisation that was added by mistake: only one to which nothing refers."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete, func, literal, union_all
from sqlalchemy.orm import Mapped
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import outbox
from service.auth import Actor
from service.domain import organisations
from service.errors import NotFound, Refusal
from service.events import OrganisationChanged
from service.i18n import gettext as _, marked
from service.models.agreements import AgreementSignature
from service.models.commitments import Commitment
from service.models.data_items import DataItem
from service.models.escalations import Escalation
from service.models.invitations import Invitation
from service.models.messages import Message
from service.models.minutes import FollowUp
from service.models.organizers import Organizer, Programme
from service.models.people import Organisation, OrganisationAlias
from service.models.portal_links import PortalLink
from service.models.registrations import Registration

REFERRING: Mapping[str, Mapped[UUID] | Mapped[UUID | None]] = {
    "invitations": col(Invitation.organisation_id),
    "registrations": col(Registration.organisation_id),
    "data_items": col(DataItem.requested_from_id),
    "commitments": col(Commitment.organisation_id),
    "agreements": col(AgreementSignature.organisation_id),
    "escalations": col(Escalation.organisation_id),
    "follow_ups": col(FollowUp.organisation_id),
    "portal_links": col(PortalLink.organisation_id),
    "messages": col(Message.organisation_id),
}
"""Every column that names an organisation, but for the former codes of it."""


class OrganisationInUse(Refusal):
    """`uses`: how much of each kind refers to it."""

    code = "organisation_in_use"
    title = marked("Instansi ini masih dipakai")
    detail = marked(
        "Instansi yang sudah dirujuk tidak dapat dihapus. Ubah namanya bila keliru, atau gabungkan dengan instansi "
        "yang sama."
    )


async def uses(session: AsyncSession, row: Organisation) -> dict[str, int]:
    """How much of each kind refers to the organisation; nothing for what does not. Three statements."""
    counts = [
        select(literal(name).label("name"), func.count().label("count")).where(column == row.id)
        for name, column in REFERRING.items()
    ]
    found = union_all(*counts).subquery()
    told: dict[str, int] = dict(
        (await session.exec(select(found.c.name, found.c.count).where(found.c.count > 0))).all()
    )
    if await _is_steward(session, row):
        told["steward"] = 1
    if coordinating := await _coordinated(session, row):
        told["dimensions"] = coordinating
    return told


async def remove(session: AsyncSession, actor: Actor, code: str) -> None:
    """Removes it for good. Raises NotFound, OrganisationInUse."""
    row = await organisations.find(session, actor, code, lock=True)
    if row.code != code:
        # Whoever tidies up after a merger means the one that is gone, not the one that stays.
        raise NotFound
    if used := await uses(session, row):
        raise OrganisationInUse(uses=used)
    await session.exec(delete(OrganisationAlias).where(col(OrganisationAlias.organisation_id) == row.id))
    await session.delete(row)
    await session.flush()
    await outbox.record(session, OrganisationChanged(organizer_id=actor.tenant, organisation_id=row.id), actor.label)


def in_words(used: Mapping[str, int]) -> list[str]:
    """What refers to an organisation, as a person reads it."""
    words = {
        "invitations": _("{count} undangan"),
        "registrations": _("{count} pendaftaran"),
        "data_items": _("{count} butir data"),
        "commitments": _("{count} komitmen data"),
        "agreements": _("{count} bagian berita acara kesepakatan"),
        "escalations": _("{count} eskalasi"),
        "follow_ups": _("{count} tindak lanjut"),
        "portal_links": _("{count} tautan portal"),
        "messages": _("{count} pesan"),
        "dimensions": _("{count} dimensi program"),
        "steward": _("peran walidata"),
    }
    return [words[name].format(count=count) for name, count in used.items()]


async def _is_steward(session: AsyncSession, row: Organisation) -> bool:
    query = select(Organizer.id).where(Organizer.id == row.organizer_id, Organizer.steward_code == row.code)
    return (await session.exec(query)).first() is not None


async def _coordinated(session: AsyncSession, row: Organisation) -> int:
    """How many dimensions of programmes it coordinates."""
    query = select(Programme.dimensions).where(Programme.organizer_id == row.organizer_id)
    return sum(one.get("coordinator") == row.code for dimensions in await session.exec(query) for one in dimensions)
