"""Formal agreements (*Komitmen Bersama*): the second layer. What an organisation has promised becomes part of one when
it signs; the promises themselves stay where they are, and stay voluntary.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import commitments, organisations, proofs
from service.errors import CodeTaken, InvalidInput, NotFound
from service.events import AgreementChanged, AgreementSigned
from service.i18n import gettext as _
from service.models.agreements import Agreement, AgreementSignature
from service.models.agreements_shapes import (
    AgreementCreate,
    AgreementPatch,
    AgreementRead,
    SignatureCreate,
    SignatureFields,
    SignatureRead,
)
from service.models.commitments import Axis, Commitment, CommitmentStatus
from service.models.people import Organisation
from service.models.workshops import Workshop

_LONGEST_CHAIN = 20
_EVIDENCE = "/api/v1/agreements/{}/signatures/{}/evidence/{{n}}"


async def find(session: AsyncSession, actor: Actor, agreement_id: UUID, *, lock: bool = False) -> Agreement:
    """An agreement of the actor's house. Raises NotFound."""
    query = select(Agreement).where(Agreement.id == agreement_id, Agreement.organizer_id == actor.tenant)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = (await session.exec(query)).first()
    if row is None:
        raise NotFound
    actor.require_workshop(row.workshop_id)
    return row


async def page(
    session: AsyncSession, actor: Actor, workshop_id: UUID | None, after: str | None, limit: int
) -> list[AgreementRead]:
    """Agreements by code, at most `limit`, after the code `after`."""
    query = select(Agreement).where(Agreement.organizer_id == actor.tenant)
    if workshop_id is not None:
        query = query.where(Agreement.workshop_id == workshop_id)
    if actor.workshops is not None:
        query = query.where(col(Agreement.workshop_id).in_(actor.workshops))
    if after is not None:
        query = query.where(col(Agreement.code) > after)
    rows = (await session.exec(query.order_by(col(Agreement.code)).limit(limit))).all()
    return await _shaped(session, rows)


async def one(session: AsyncSession, actor: Actor, agreement_id: UUID) -> AgreementRead:
    """One agreement and who has signed it. Raises NotFound."""
    [read] = await _shaped(session, [await find(session, actor, agreement_id)])
    return read


async def add(session: AsyncSession, actor: Actor, data: AgreementCreate) -> Agreement:
    """A new agreement. Raises InvalidInput, CodeTaken."""
    workshop = await session.get(Workshop, data.workshop)
    allowed = actor.workshops is None or data.workshop in actor.workshops
    if workshop is None or workshop.organizer_id != actor.tenant or not allowed:
        raise InvalidInput.at("/workshop", _("Pilih kegiatan penyelenggara ini."))
    same = select(Agreement.id).where(Agreement.organizer_id == actor.tenant, Agreement.code == data.code)
    if (await session.exec(same)).first() is not None:
        raise CodeTaken
    row = Agreement(
        organizer_id=actor.tenant, workshop_id=workshop.id, created_at=clock.now(), updated_at=clock.now(),
        **data.model_dump(exclude={"workshop"}),
    )  # fmt: skip
    return await _changed(session, actor, row)


async def change(session: AsyncSession, actor: Actor, row: Agreement, data: AgreementPatch) -> Agreement:
    """Changes a locked agreement's words."""
    for name in data.model_fields_set:
        setattr(row, name, getattr(data, name))
    row.version += 1
    row.updated_at = clock.now()
    return await _changed(session, actor, row)


async def sign(
    session: AsyncSession,
    actor: Actor,
    agreement_id: UUID,
    data: SignatureCreate | SignatureFields,
    files: Sequence[proofs.Stored] = (),
) -> bool:
    """An organisation signs: what it has promised at the workshop or those before it becomes part of the agreement.

    Signing again adds evidence and what was promised since; the office is that of the last time. False when nothing of
    it is new, as when an answer was lost. Raises NotFound, InvalidInput.
    """
    row = await find(session, actor, agreement_id, lock=True)
    who = await organisations.named(session, actor, data.organisation, "/organisation")
    query = select(AgreementSignature).where(
        AgreementSignature.agreement_id == row.id, AgreementSignature.organisation_id == who.id
    )
    now = clock.now()
    signature = (await session.exec(query)).first() or AgreementSignature(
        agreement_id=row.id, organisation_id=who.id, signatory_office="", by=actor.label, signed_at=now
    )
    before = signature.signatory_office, len(signature.evidence)
    signature.signatory_office = data.signatory_office
    signature.evidence = proofs.added(signature.evidence, _proofs(actor, data, files))
    session.add(signature)
    included = await _include(session, actor, row, who)
    if not included and before == (signature.signatory_office, len(signature.evidence)):
        return False
    row.version += 1
    row.updated_at = now
    session.add(row)
    happened = AgreementSigned(
        organizer_id=row.organizer_id, workshop_id=row.workshop_id, agreement_id=row.id, organisation_id=who.id
    )
    await outbox.record(session, happened, actor.label)
    await session.flush()
    return True


async def signed_file(
    session: AsyncSession, actor: Actor, agreement_id: UUID, organisation: str, n: int
) -> Mapping[str, object]:
    """The file of a signature's proof of this number, from 1. Raises NotFound."""
    row = await find(session, actor, agreement_id)
    query = (
        select(AgreementSignature)
        .where(AgreementSignature.agreement_id == row.id)
        .where(col(AgreementSignature.organisation_id).in_(organisations.of_code(organisation, actor.tenant)))
    )
    signature = (await session.exec(query)).first()
    file = proofs.file_of(signature.evidence, n) if signature else None
    if file is None:
        raise NotFound
    return file


async def part_of(session: AsyncSession, actor: Actor, row: Agreement) -> ColumnElement[bool]:
    """Of commitments: those that are part of the agreement or would be, did the actor record its signature now.

    Those promised at its workshop and at the ones before it (`follows`), unless they are part of another one or the
    actor is limited to other workshops.
    """
    chain = [one for one in await _chain(session, row) if actor.workshops is None or one in actor.workshops]
    free = col(Commitment.agreement_id).is_(None) & (col(Commitment.commitment_status) == CommitmentStatus.COMMITTED)
    return or_(col(Commitment.agreement_id) == row.id, free & col(Commitment.workshop_id).in_(chain))


def _proofs(
    actor: Actor, data: SignatureCreate | SignatureFields, files: Sequence[proofs.Stored]
) -> list[proofs.Stored]:
    now = clock.now()
    if isinstance(data, SignatureCreate):
        return [proofs.kept(actor, proof, now) for proof in data.evidence]
    return [proofs.kept(actor, data, now, file) for file in files]


async def _include(session: AsyncSession, actor: Actor, row: Agreement, who: Organisation) -> bool:
    """Whether there was something that was not part of it yet."""
    query = (
        select(Commitment)
        .where(
            Commitment.organisation_id == who.id,
            col(Commitment.agreement_id).is_(None),
            await part_of(session, actor, row),
        )
        .order_by(col(Commitment.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    promises = (await session.exec(query)).all()
    for promise in promises:
        promise.agreement_id = row.id
        await commitments.note(session, actor, promise, Axis.AGREEMENT, None, row.code, None)
    return bool(promises)


async def _chain(session: AsyncSession, row: Agreement) -> list[UUID]:
    """The agreement's workshop and those before it."""
    found: list[UUID] = []
    following: UUID | None = row.workshop_id
    while following is not None and following not in found and len(found) < _LONGEST_CHAIN:
        workshop = await session.get(Workshop, following)
        if workshop is None or workshop.organizer_id != row.organizer_id:
            break
        found.append(workshop.id)
        following = workshop.follows_id
    return found


async def _changed(session: AsyncSession, actor: Actor, row: Agreement) -> Agreement:
    session.add(row)
    await session.flush()
    happened = AgreementChanged(organizer_id=row.organizer_id, workshop_id=row.workshop_id, agreement_id=row.id)
    await outbox.record(session, happened, actor.label)
    return row


async def _shaped(session: AsyncSession, rows: Sequence[Agreement]) -> list[AgreementRead]:
    ids = [row.id for row in rows]
    signed: dict[UUID, list[tuple[AgreementSignature, Organisation]]] = defaultdict(list)
    query = (
        select(AgreementSignature, Organisation)
        .join(Organisation, col(Organisation.id) == col(AgreementSignature.organisation_id))
        .where(col(AgreementSignature.agreement_id).in_(ids))
    )
    for signature, who in await session.exec(query.order_by(col(Organisation.code))):
        signed[signature.agreement_id].append((signature, who))
    parts: dict[tuple[UUID | None, UUID], list[str]] = defaultdict(list)
    codes = select(Commitment.agreement_id, Commitment.organisation_id, Commitment.code)
    for agreement_id, organisation_id, code in await session.exec(
        codes.where(col(Commitment.agreement_id).in_(ids)).order_by(col(Commitment.code))
    ):
        parts[agreement_id, organisation_id].append(code)
    return [
        AgreementRead(
            **row.model_dump(exclude={"organizer_id", "workshop_id"}),
            workshop=row.workshop_id,
            signatures=[_signature(one, who, parts[row.id, who.id]) for one, who in signed[row.id]],
        )
        for row in rows
    ]


def _signature(row: AgreementSignature, who: Organisation, codes: list[str]) -> SignatureRead:
    return SignatureRead(
        organisation=who.code,
        organisation_name=who.name,
        signatory_office=row.signatory_office,
        evidence=proofs.shown(row.evidence, _EVIDENCE.format(row.agreement_id, who.code), first_at=None),
        signed_at=row.signed_at,
        commitments=codes,
    )
