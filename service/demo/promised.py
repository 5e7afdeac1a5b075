"""Who was asked for which data, promised, declined, delivered: the commitments of a world."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.demo.story import Calendar, Moment, deliveries
from service.demo.world import Item, World
from service.domain import commitments, commitments_requests, submissions, submissions_review
from service.models.commitments import Commitment, CommitmentStatus, Submission
from service.models.commitments_shapes import (
    CommitmentCreate,
    Evidence,
    Metadata,
    PledgeCreate,
    ReasonGiven,
    ReassignmentCreate,
    SubmissionLink,
)

_COMPLETE = Metadata(
    concept="Menurut metadata statistik sektoral",
    definition="Menurut produsen data",
    classification="Menurut kode referensi",
    measure="Jumlah",
    unit="Menurut butir data",
)
_INCOMPLETE = Metadata(concept="Menurut produsen data")
_THEN = timedelta(seconds=1)


def commitment_moments(world: World, workshop_id: UUID, actor: Actor) -> Iterator[Moment]:
    """Every request, answer and delivery."""
    calendar = Calendar(world.timezone)
    asked: dict[datetime, list[Item]] = {}
    for entry in world.commitments:
        if _reassigned_from(world, entry) is None:
            asked.setdefault(calendar.day(entry["requested_at"]), []).append(entry)
    for at, entries in asked.items():
        yield _request(workshop_id, actor, entries, at)
    for entry in world.commitments:
        requested = calendar.day(entry["requested_at"])
        source = _reassigned_from(world, entry)
        if source is not None:
            requested = max(requested, _refused_at(calendar, source) + _THEN)
            yield _reassign(actor, entry, source, requested)
        if entry["committed_at"]:
            yield _pledge(actor, entry, max(calendar.day(entry["committed_at"]), requested) + _THEN)
        if entry["commitment_status"] in ("declined", "withdrawn"):
            yield _refuse(actor, entry, _refused_at(calendar, entry))
        if entry["submitted_at"]:
            yield from _delivery(calendar, actor, entry)


def _refused_at(calendar: Calendar, entry: Item) -> datetime:
    """The file names no day: sheets come back a day after they were handed out, promises are kept for a day."""
    return calendar.day(entry["committed_at"] or entry["requested_at"]) + timedelta(days=1)


def _reassigned_from(world: World, entry: Item) -> Item | None:
    """The declined commitment whose successor this is."""
    for other in world.commitments:
        if other is not entry and other["item_id"] == entry["item_id"] and other["reassigned_to"] == entry["org_id"]:
            return other
    return None


def _request(workshop_id: UUID, actor: Actor, entries: Sequence[Item], at: datetime) -> Moment:
    """All that was asked for on a day: one letter to each organisation."""

    async def request(session: AsyncSession) -> None:
        wanted = [
            CommitmentCreate(data_item=one["item_id"], organisation=one["org_id"], workshop=workshop_id, code=one["id"])
            for one in entries
        ]
        await commitments_requests.request_all(session, actor, wanted)

    return Moment(at, request)


def _reassign(actor: Actor, entry: Item, source: Item, at: datetime) -> Moment:
    async def reassign(session: AsyncSession) -> None:
        old = await by_code(session, actor, source["id"])
        data = ReassignmentCreate(organisation=entry["org_id"], code=entry["id"])
        await commitments_requests.reassign(session, actor, old.id, data)

    return Moment(at, reassign)


def _pledge(actor: Actor, entry: Item, at: datetime) -> Moment:
    async def pledge(session: AsyncSession) -> None:
        row = await by_code(session, actor, entry["id"])
        reference = entry["evidence_ref"]
        evidence = [Evidence(type="signed_sheet", reference=reference)] if reference else []
        office = entry["signatory_office"] or "Pimpinan instansi"
        await commitments.pledge(session, actor, row.id, PledgeCreate(signatory_office=office, evidence=evidence))

    return Moment(at, pledge)


def _refuse(actor: Actor, entry: Item, at: datetime) -> Moment:
    async def refuse(session: AsyncSession) -> None:
        row = await by_code(session, actor, entry["id"])
        reason = (entry["decline_reason"] or "tidak tersedia").replace("_", " ")
        verb = commitments.withdraw if row.commitment_status is CommitmentStatus.COMMITTED else commitments.decline
        await verb(session, actor, row.id, ReasonGiven(reason=reason))

    return Moment(at, refuse)


def _delivery(calendar: Calendar, actor: Actor, entry: Item) -> Iterator[Moment]:
    for step, name in enumerate(deliveries(entry)):
        at = calendar.day(entry["submitted_at"]) + timedelta(seconds=10 * (step + 1))
        if name == "submit":
            yield _submit(actor, entry, at)
        elif name == "return":
            yield _review(actor, entry, at, accepted=False)
        else:
            accepted = calendar.day(entry["accepted_at"] or entry["submitted_at"])
            yield _review(actor, entry, max(at, accepted), accepted=True)


def _submit(actor: Actor, entry: Item, at: datetime) -> Moment:
    async def submit(session: AsyncSession) -> None:
        row = await by_code(session, actor, entry["id"])
        url = f"https://data.demo.invalid/{entry['item_id'].lower()}"
        metadata = _COMPLETE if entry["metadata_complete"] else _INCOMPLETE
        await submissions.submit(session, actor, row.id, SubmissionLink(url=url, metadata=metadata), url=url)

    return Moment(at, submit)


def _review(actor: Actor, entry: Item, at: datetime, *, accepted: bool) -> Moment:
    async def review(session: AsyncSession) -> None:
        row = await by_code(session, actor, entry["id"])
        query = select(Submission.id).where(Submission.commitment_id == row.id).order_by(col(Submission.id).desc())
        latest = (await session.exec(query.limit(1))).one()
        if accepted:
            await submissions_review.accept(session, actor, latest)
        else:
            await submissions_review.send_back(session, actor, latest, "Perlu dilengkapi menurut lembar kerja")

    return Moment(at, review)


async def by_code(session: AsyncSession, actor: Actor, code: str) -> Commitment:
    """The commitment that carries a world's key."""
    query = select(Commitment).where(Commitment.organizer_id == actor.tenant, Commitment.code == code)
    return (await session.exec(query)).one()
