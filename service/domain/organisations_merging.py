"""Two records of one organisation become one: whatever names the second names the first, and its codes lead there.

Everything happens in one transaction, under the locks that whoever gives seats or changes an organisation takes: first
the workshops' capacities, then both organisations, each in the order of their ids.
"""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import delete, union, update
from sqlalchemy.orm import InstrumentedAttribute
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import (
    commitments,
    organisations,
    organisations_collisions,
    portal_links,
    quotas,
    waiting,
    workshops,
)
from service.domain.imports_organisations import MOST_CONTACTS, joined
from service.domain.organisations_collisions import Collisions, Pair
from service.domain.organisations_removal import REFERRING, uses
from service.domain.unsubscriptions import contact_key
from service.errors import Conflict, Forbidden, InvalidInput, Refusal
from service.events import CommitmentDeclined, CommitmentWithdrawn, OrganisationMerged
from service.i18n import gettext as _, marked
from service.models.commitments import Axis, Commitment, CommitmentStatus
from service.models.escalations import Escalation
from service.models.invitations import Invitation
from service.models.messages import Message, Unsubscription
from service.models.organizers import Organizer, Programme
from service.models.people import Organisation, OrganisationAlias
from service.models.people_shapes import MergeRead
from service.models.registrations import Registration
from service.models.workshops import Capacity, Workshop


class TooManyContacts(Refusal):
    """`contacts`: how many both have together, `most`: how many there can be."""

    code = "too_many_contacts"
    title = marked("Kontak kedua instansi terlalu banyak")
    detail = marked("Hapus kontak yang tidak dipakai lagi sampai keduanya bersama-sama memiliki paling banyak 20.")


class AlreadyMerged(Refusal):
    code = "already_merged"
    title = marked("Kedua instansi sudah menjadi satu")
    detail = marked("Kode yang satu sudah menuju instansi yang lain; tidak ada lagi yang perlu digabungkan.")


async def preview(session: AsyncSession, actor: Actor, code: str, other_code: str) -> MergeRead:
    """What a merger would move and end. Writes nothing. Raises what `merge` raises."""
    stays, other = await _both(session, actor, code, other_code)
    return await _told(session, stays, other, await organisations_collisions.of(session, stays, other))


async def merge(session: AsyncSession, actor: Actor, code: str, other_code: str) -> MergeRead:
    """Makes `other_code` a former code of `code`; its row is gone. Returns what that moved and ended.

    Seats held twice for a workshop are held once. Nobody's registration, promise or delivery is lost. Raises NotFound,
    InvalidInput, AlreadyMerged, TooManyContacts, Forbidden for who may not see all workshops, and Conflict when one of
    both changed meanwhile.
    """
    stays, other, capacities = await _locked(session, actor, code, other_code)
    found = await organisations_collisions.of(session, stays, other, lock=True)
    told = await _told(session, stays, other, found)
    stays.contacts = _contacts(stays, other)
    for pair in found.commitments:
        await _end_commitment(session, actor, pair.ended, other.code)
    for signed in found.signatures:
        signed.kept.evidence = [*signed.kept.evidence, *signed.ended.evidence]
        await session.delete(signed.ended)
    for raised in found.escalations:
        await _end_escalation(session, raised)
    for invited in found.invitations:
        await _end_invitation(session, capacities[invited.kept.workshop_id], invited)
    await session.flush()
    await _one_mail_each(session, stays, other)
    await _move(session, stays, other)
    await _rename(session, stays, other)
    await _remember(session, stays, other)
    event = OrganisationMerged(organizer_id=actor.tenant, organisation_id=stays.id, merged_id=other.id)
    await outbox.record(session, event, actor.label)
    for capacity in capacities.values():
        await _fill_up(session, actor, capacity, stays)
    return told


async def _both(session: AsyncSession, actor: Actor, code: str, other_code: str) -> tuple[Organisation, Organisation]:
    if actor.workshops is not None:
        raise Forbidden
    stays = await organisations.find(session, actor, code)
    other = await organisations.named(session, actor, other_code, "/other")
    if stays.id == other.id:
        raise InvalidInput.at("/other", _("Pilih instansi yang lain.")) if code == other_code else AlreadyMerged
    return stays, other


async def _locked(
    session: AsyncSession, actor: Actor, code: str, other_code: str
) -> tuple[Organisation, Organisation, dict[UUID, Capacity]]:
    stays, other = await _both(session, actor, code, other_code)
    both = (stays.id, other.id)
    capacities = {
        place: await workshops.lock_capacity(session, place) for place in await _places(session, stays, other)
    }
    lock = select(Organisation).where(col(Organisation.id).in_(both)).order_by(col(Organisation.id)).with_for_update()
    rows = (await session.exec(lock, execution_options={"populate_existing": True})).all()
    if len(rows) != len(both):
        # Somebody else merged or removed one of them meanwhile.
        await _both(session, actor, code, other_code)
        raise Conflict
    if not capacities.keys() >= set(await _places(session, stays, other)):
        # Invited or registered meanwhile: that workshop's seats would be locked too late, after the organisations.
        raise Conflict
    return stays, other, capacities


async def _places(session: AsyncSession, stays: Organisation, other: Organisation) -> Sequence[UUID]:
    """Workshops to which either is invited, or where somebody of the other one is registered."""
    at = union(
        select(Invitation.workshop_id).where(col(Invitation.organisation_id).in_((stays.id, other.id))),
        select(Registration.workshop_id).where(Registration.organisation_id == other.id),
    ).subquery()
    return (await session.exec(select(at.c.workshop_id).order_by(at.c.workshop_id))).all()


async def _told(session: AsyncSession, stays: Organisation, other: Organisation, found: Collisions) -> MergeRead:
    return MergeRead(
        code=stays.code,
        other=other.code,
        moves=await uses(session, other),
        contacts=len(_contacts(stays, other)) - len(stays.contacts),
        collisions=await organisations_collisions.told(session, found, stays, other),
    )


def _contacts(stays: Organisation, other: Organisation) -> list[dict[str, str | None]]:
    together = joined(stays.contacts, other.contacts)
    if len(together) > MOST_CONTACTS:
        raise TooManyContacts(contacts=len(together), most=MOST_CONTACTS)
    return together


async def _end_commitment(session: AsyncSession, actor: Actor, row: Commitment, code: str) -> None:
    """The promise that holds stands for both; the other one's history and deliveries are kept."""
    pledged = row.commitment_status is CommitmentStatus.COMMITTED
    after = CommitmentStatus.WITHDRAWN if pledged else CommitmentStatus.DECLINED
    reason = _("Instansi {code} digabungkan; permintaan yang sama tetap berlaku.").format(code=code)
    await commitments.note(session, actor, row, Axis.COMMITMENT, row.commitment_status, after, reason)
    row.commitment_status, row.requested_until = after, None
    await commitments.recorded(session, actor, row, CommitmentWithdrawn if pledged else CommitmentDeclined)


async def _end_escalation(session: AsyncSession, pair: Pair[Escalation]) -> None:
    about = update(Message).where(col(Message.escalation_id) == pair.ended.id)
    await session.exec(about.values(escalation_id=pair.kept.id))
    await session.delete(pair.ended)


async def _end_invitation(session: AsyncSession, capacity: Capacity, pair: Pair[Invitation]) -> None:
    """Its delegates and messages belong to the one that holds; what it held goes back first."""
    kept, ended = pair.kept, pair.ended
    quotas.give_up(capacity, ended)
    await session.flush()
    for table in (Registration, Message):
        await session.exec(update(table).where(col(table.invitation_id) == ended.id).values(invitation_id=kept.id))
    await session.delete(ended)


async def _one_mail_each(session: AsyncSession, stays: Organisation, other: Organisation) -> None:
    """A contact with a link from both keeps both, but is written to once."""
    written = await portal_links.page(session, stays)
    for link in await portal_links.page(session, other):
        if link.email and not portal_links.without_link([link.email], written):
            link.email = None
    await session.flush()


async def _move(session: AsyncSession, stays: Organisation, other: Organisation) -> None:
    """What is read under the organisation's code reads otherwise now: its version grows."""
    for column in (*REFERRING.values(), col(OrganisationAlias.organisation_id)):
        attribute = cast("InstrumentedAttribute[UUID]", column)
        values: dict[str, object] = {attribute.key: stays.id}
        if hasattr(attribute.class_, "version"):
            values["version"] = attribute.class_.version + 1
        if hasattr(attribute.class_, "updated_at"):
            values["updated_at"] = clock.now()
        await session.exec(update(attribute.class_).where(column == other.id).values(values))


async def _rename(session: AsyncSession, stays: Organisation, other: Organisation) -> None:
    """Where an organisation is named by its code."""
    stewarded = update(Organizer).where(
        col(Organizer.id) == stays.organizer_id, col(Organizer.steward_code) == other.code
    )
    values = {"steward_code": stays.code, "version": col(Organizer.version) + 1, "updated_at": clock.now()}
    await session.exec(stewarded.values(values))
    query = select(Programme).where(Programme.organizer_id == stays.organizer_id).order_by(col(Programme.id))
    for programme in (await session.exec(query.with_for_update(key_share=True))).all():
        if any(one.get("coordinator") == other.code for one in programme.dimensions):
            programme.dimensions = [
                {**one, "coordinator": stays.code} if one.get("coordinator") == other.code else one
                for one in programme.dimensions
            ]
            programme.version, programme.updated_at = programme.version + 1, clock.now()


async def _remember(session: AsyncSession, stays: Organisation, other: Organisation) -> None:
    """The other row goes, and what it was called and signed its links with leads to the one that stays."""
    # Who unsubscribed the other one decided for it alone: the one that stays keeps its own choice.
    gone = delete(Unsubscription).where(
        col(Unsubscription.organizer_id) == other.organizer_id,
        col(Unsubscription.contact_key) == (contact_key(other) or ""),
    )
    await session.exec(gone)
    former = OrganisationAlias(
        id=other.id,
        organizer_id=other.organizer_id,
        organisation_id=stays.id,
        **other.model_dump(include={"code", "name", "link_version", "key_id"}),
    )
    await session.delete(other)
    session.add(former)
    stays.version, stays.updated_at = stays.version + 1, clock.now()
    await session.flush()


async def _fill_up(session: AsyncSession, actor: Actor, capacity: Capacity, stays: Organisation) -> None:
    query = select(Invitation).where(
        Invitation.workshop_id == capacity.workshop_id, Invitation.organisation_id == stays.id
    )
    invitation = (await session.exec(query, execution_options={"populate_existing": True})).first()
    if invitation is not None:
        await quotas.fill(session, capacity, invitation)
        workshop = await session.get_one(Workshop, capacity.workshop_id, populate_existing=True)
        await waiting.promote(session, actor, workshop, capacity)
