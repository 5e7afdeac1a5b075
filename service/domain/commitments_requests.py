"""Asking organisations for data items, and asking somebody else for what was declined."""

import re
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import commitments, commitments_remarks, data_items, organisations, workshops
from service.domain.due_dates import Dates, Due
from service.errors import AlreadyRequested, CodeTaken, InvalidInput, InvalidState
from service.events import CommitmentReassigned, CommitmentRequested, DataRequested
from service.i18n import gettext as _
from service.models.commitments import Axis, Commitment, CommitmentStatus, DueRule
from service.models.commitments_shapes import CommitmentCreate, ReasonGiven, ReassignmentCreate, RemarkCreate
from service.models.data_items import DataItem
from service.models.people import Organisation

LONGEST_CODE = 64


async def request(session: AsyncSession, actor: Actor, data: CommitmentCreate) -> Commitment:
    """Asks an organisation for a data item. Raises InvalidInput, NotFound, AlreadyRequested, CodeTaken."""
    [row] = await request_all(session, actor, [data])
    return row


async def request_all(session: AsyncSession, actor: Actor, many: Sequence[CommitmentCreate]) -> list[Commitment]:
    """Asks for several at once, one after the other; each organisation is told once. Raises what `request` does."""
    rows = [await _requested(session, actor, data) for data in many]
    await _tell(session, actor, rows)
    return rows


async def _requested(session: AsyncSession, actor: Actor, data: CommitmentCreate) -> Commitment:
    workshop = await workshops.find(session, actor, data.workshop)
    organisation = await organisations.named(session, actor, data.organisation, "/organisation")
    item = await data_items.named(session, actor, data.data_item, "/data_item")
    due = Due(data.due_date, DueRule.FIXED)
    if "due_date" not in data.model_fields_set:
        due = (await Dates.of(session, actor.tenant)).due(item, workshop)
    row = Commitment(
        organizer_id=actor.tenant,
        workshop_id=workshop.id,
        data_item_id=item.id,
        organisation_id=organisation.id,
        due_date=due.day,
        due_rule=due.rule,
        code=data.code or f"{item.code}-{organisation.code}"[:LONGEST_CODE],
    )
    return await _asked(session, actor, row, given_code=data.code)


async def recall(session: AsyncSession, actor: Actor, commitment_id: UUID, data: ReasonGiven) -> Commitment:
    """The committee takes back what it asked for by mistake: nobody owes it, and the organisation is told why.

    It counts as declined, by the committee: only what was promised can be withdrawn. Raises NotFound, InvalidState.
    """
    row = await commitments.decline(session, actor, commitment_id, data)
    text = _("Permintaan data ini ditarik oleh penyelenggara. Alasan: {reason}").format(reason=data.reason)
    await commitments_remarks.say(session, actor, commitment_id, RemarkCreate(text=text))
    return row


async def reassign(session: AsyncSession, actor: Actor, commitment_id: UUID, data: ReassignmentCreate) -> Commitment:
    """Asks another organisation for what was declined or withdrawn: a new row that points back.

    Raises NotFound, InvalidState (it stands, or was reassigned already), InvalidInput, AlreadyRequested, CodeTaken.
    """
    old = await commitments.find(session, actor, commitment_id, lock=True)
    successor = select(Commitment.id).where(Commitment.reassigned_from_id == old.id)
    if old.commitment_status in commitments.STANDING or (await session.exec(successor)).first() is not None:
        raise InvalidState
    organisation = await organisations.named(session, actor, data.organisation, "/organisation")
    if organisation.id == old.organisation_id:
        raise InvalidInput.at("/organisation", _("Pilih perangkat daerah yang lain."))
    item = await session.get_one(DataItem, old.data_item_id)
    row = Commitment(
        organizer_id=old.organizer_id,
        workshop_id=old.workshop_id,
        data_item_id=old.data_item_id,
        organisation_id=organisation.id,
        due_date=old.due_date,
        due_rule=old.due_rule,
        code=data.code or await _code_after(session, old, item, organisation),
        reassigned_from_id=old.id,
    )
    row = await _asked(session, actor, row, given_code=data.code)
    await _tell(session, actor, [row])
    happened = CommitmentReassigned(
        organizer_id=old.organizer_id, workshop_id=old.workshop_id, commitment_id=old.id, successor_id=row.id
    )
    await outbox.record(session, happened, actor.label)
    return row


async def _code_after(session: AsyncSession, old: Commitment, item: DataItem, organisation: Organisation) -> str:
    """A made-up code names the organisation that is asked now; one given by hand is carried on."""
    former = await session.get_one(Organisation, old.organisation_id)
    made_up = f"{item.code}-{former.code}"[:LONGEST_CODE]
    if old.code == made_up or re.fullmatch(rf"{re.escape(made_up[: LONGEST_CODE - 4])}-\d+", old.code):
        return f"{item.code}-{organisation.code}"[:LONGEST_CODE]
    return re.sub(r"-\d+$", "", old.code) if old.reassigned_from_id else old.code


async def _asked(session: AsyncSession, actor: Actor, row: Commitment, *, given_code: str | None) -> Commitment:
    # The item's row is the lock under which nobody else asks for the same thing, or takes the same made-up code.
    await session.exec(select(DataItem.id).where(DataItem.id == row.data_item_id).with_for_update())
    same = select(Commitment.id).where(
        Commitment.data_item_id == row.data_item_id,
        Commitment.workshop_id == row.workshop_id,
        Commitment.organisation_id == row.organisation_id,
        col(Commitment.commitment_status).in_(commitments.STANDING),
    )
    if (await session.exec(same)).first() is not None:
        raise AlreadyRequested
    row.code = await _free_code(session, row, made_up=given_code is None)
    row.requested_at = row.changed_at = clock.now()
    session.add(row)
    await session.flush()
    await commitments.note(session, actor, row, Axis.COMMITMENT, None, CommitmentStatus.REQUESTED, None)
    row.version = 1
    await commitments.recorded(session, actor, row, CommitmentRequested)
    return row


async def _tell(session: AsyncSession, actor: Actor, rows: Sequence[Commitment]) -> None:
    """One event per workshop and organisation, however many items it was asked for."""
    firsts: dict[tuple[UUID, UUID], Commitment] = {}
    for row in rows:
        firsts.setdefault((row.workshop_id, row.organisation_id), row)
    told = [
        DataRequested(
            organizer_id=row.organizer_id,
            workshop_id=row.workshop_id,
            organisation_id=row.organisation_id,
            batch_id=row.id,
        )
        for row in firsts.values()
    ]
    await outbox.record_all(session, told, actor.label)


async def _free_code(session: AsyncSession, row: Commitment, *, made_up: bool) -> str:
    code, number = row.code, 1
    while await _taken(session, row.organizer_id, code):
        if not made_up:
            raise CodeTaken
        number += 1
        code = f"{row.code[: LONGEST_CODE - 4]}-{number}"
    return code


async def _taken(session: AsyncSession, organizer_id: UUID, code: str) -> bool:
    query = select(Commitment.id).where(Commitment.organizer_id == organizer_id, Commitment.code == code)
    return (await session.exec(query)).first() is not None
