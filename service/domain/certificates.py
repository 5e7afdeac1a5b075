"""Certificates: what they say, to whom they are issued, and when they are taken back.

Issuing is safe to repeat: it issues what is due, corrects what is wrong (the old one is revoked, the new one has a
number of its own), and revokes what is no longer earned. Numbers count within a workshop; whoever takes one holds the
lock of the workshop's capacity row, so that none is taken twice or left out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import pieces, settings_of
from service.domain import workshops
from service.domain.certificates_errors import NoHours, WorkshopNotOver
from service.domain.certificates_rule import WRONG, Earners, Person, differences, earners
from service.domain.certificates_wording import check_pattern, number_of, wording
from service.domain.papers import Written
from service.errors import InvalidInput, InvalidState, NotFound
from service.events import CertificateIssued, CertificateRevoked, CertificatesAnnounced, Event, WorkshopChanged
from service.i18n import gettext as _
from service.models.certificates import Certificate
from service.models.certificates_shapes import (
    CertificateCorrection,
    CertificateIssue,
    CertificateOutcome,
    CertificateSettingsInput,
)
from service.models.registrations import Registration
from service.models.workshops import Workshop, WorkshopStatus
from service.tokens import new_id

_SAID = {
    CertificateCorrection.NAME: "nama",
    CertificateCorrection.POSITION: "jabatan",
    CertificateCorrection.ORGANISATION: "instansi",
    CertificateCorrection.HOURS: "jam pelajaran",
    CertificateCorrection.TOTAL_HOURS: "jumlah jam pelajaran kegiatan",
    CertificateCorrection.WORDING: "redaksi",
    CertificateCorrection.NOT_EARNED: "syarat tidak lagi terpenuhi",
}
"""In the register, which is Indonesian whoever corrects; without the data itself."""


@dataclass
class _Plan:
    """What issuing would do. `due`: the people, each with the last certificate before if there was one; `below`: those
    who were there for too few hours; `withheld`: certificates that somebody revoked by hand.
    """

    total: int
    wording: Written
    due: list[tuple[Person, Certificate | None]] = field(default_factory=list)
    revoked: list[tuple[Certificate, list[CertificateCorrection]]] = field(default_factory=list)
    corrected: int = 0
    unchanged: int = 0
    not_earned: int = 0
    below: list[Person] = field(default_factory=list)
    withheld: list[Certificate] = field(default_factory=list)

    def outcome(self, *, dry_run: bool) -> CertificateOutcome:
        return CertificateOutcome(
            issued=len(self.due) - self.corrected,
            corrected=self.corrected,
            revoked=len(self.revoked) - self.corrected,
            unchanged=self.unchanged,
            not_earned=self.not_earned,
            withheld=len(self.withheld),
            dry_run=dry_run,
        )


@dataclass(frozen=True)
class Preview:
    """What issuing to everybody would do. `total`: the workshop's hours; `below`: who was there for too few of them;
    `withheld`: the ids of certificates that were revoked by hand and would be earned.
    """

    outcome: CertificateOutcome
    total: int
    below: Sequence[Person]
    withheld: Collection[UUID]


async def replace_settings(
    session: AsyncSession, actor: Actor, workshop: Workshop, data: CertificateSettingsInput
) -> Workshop:
    """Keeps these words and no others; the workshop's version counts them. Certificates already issued stay.

    Raises InvalidInput.
    """
    check_pattern(data.number_pattern)
    workshop.certificate = data.model_dump(mode="json", exclude_defaults=True)
    workshop.version += 1
    workshop.updated_at = clock.now()
    session.add(workshop)
    await session.flush()
    changed = WorkshopChanged(organizer_id=workshop.organizer_id, workshop_id=workshop.id, what="certificate")
    await outbox.record(session, changed, actor.label)
    return workshop


async def issue(session: AsyncSession, actor: Actor, workshop_id: UUID, data: CertificateIssue) -> CertificateOutcome:
    """Issues, corrects and revokes, for everybody or for the people named; a dry run only counts.

    Raises NotFound, WorkshopNotOver, NoHours, InvalidInput for people of another workshop.
    """
    workshop, _capacity = await workshops.find_for_change(session, actor, workshop_id)
    plan = await _plan(session, workshop, set(data.registration_ids) if data.registration_ids else None)
    if not data.dry_run:
        await _carry_out(session, actor, workshop, plan)
        if data.notify:
            await _announce(session, actor, workshop, data.registration_ids)
    return plan.outcome(dry_run=data.dry_run)


async def preview(session: AsyncSession, workshop: Workshop) -> Preview:
    """What issuing to everybody would do now, without a lock. Raises WorkshopNotOver, NoHours."""
    plan = await _plan(session, workshop, None)
    return Preview(plan.outcome(dry_run=True), plan.total, plan.below, {one.id for one in plan.withheld})


async def revoke(
    session: AsyncSession, actor: Actor, workshop_id: UUID, certificate_id: UUID, reason: str
) -> Certificate:
    """Takes one back by hand; issuing to everybody does not bring it back. Raises NotFound, InvalidState."""
    await workshops.find_for_change(session, actor, workshop_id)
    row = await find(session, actor, workshop_id, certificate_id)
    if row.revoked_at is not None:
        raise InvalidState
    _end(row, actor, reason, by_hand=True)
    session.add(row)
    await outbox.record(session, _event(CertificateRevoked, row), actor.label)
    return row


async def find(session: AsyncSession, actor: Actor, workshop_id: UUID, certificate_id: UUID) -> Certificate:
    """A certificate of one of the actor's workshops, as it is now. Raises NotFound."""
    await workshops.find(session, actor, workshop_id)
    row = await session.get(Certificate, certificate_id, populate_existing=True)
    if row is None or row.workshop_id != workshop_id:
        raise NotFound
    return row


def _check_over(workshop: Workshop) -> None:
    ended = workshop.status is WorkshopStatus.PUBLISHED and clock.now() >= workshop.ends_at
    if not ended and workshop.status is not WorkshopStatus.COMPLETED:
        raise WorkshopNotOver(state=workshop.status.value, ends_at=workshop.ends_at.isoformat())


async def _plan(session: AsyncSession, workshop: Workshop, only: set[UUID] | None) -> _Plan:
    found = await _earned(session, workshop, only)
    last = await _last(session, workshop, only)
    plan = _Plan(found.total, await wording(session, workshop), below=list(found.below.values()))
    plan.not_earned = len(found.below) if only is None else len(only - found.enough.keys())
    for person_id, one in last.items():
        if one.revoked_at is None and person_id not in found.enough:
            changes = differences(one, found, plan.wording)
            if changes:
                plan.revoked.append((one, changes))
            else:
                plan.unchanged += 1
    for person in found.enough.values():
        held = last.get(person.id)
        if held is not None and held.revoked_at is None:
            changes = differences(held, found, plan.wording)
            if changes and (only is not None or WRONG.intersection(changes)):
                plan.revoked.append((held, changes))
                plan.due.append((person, held))
                plan.corrected += 1
            else:
                plan.unchanged += 1
        elif person.anonymised:
            continue
        elif held is not None and held.revoked_by_hand and only is None:
            plan.withheld.append(held)
        else:
            plan.due.append((person, held))
    return plan


async def _earned(session: AsyncSession, workshop: Workshop, only: set[UUID] | None) -> Earners:
    """Who has earned one, where anything can be certified. Raises WorkshopNotOver, NoHours, InvalidInput."""
    _check_over(workshop)
    if only is not None:
        await _check_people(session, workshop, only)
    found = await earners(session, workshop, only)
    if not found.total:
        raise NoHours
    return found


async def _check_people(session: AsyncSession, workshop: Workshop, only: Collection[UUID]) -> None:
    mine = select(Registration.id).where(Registration.workshop_id == workshop.id, col(Registration.id).in_(only))
    if set(await session.exec(mine)) != set(only):
        raise InvalidInput.at("/registration_ids", _("Pilih peserta kegiatan ini."))


async def _last(session: AsyncSession, workshop: Workshop, only: Collection[UUID] | None) -> dict[UUID, Certificate]:
    """Each person's latest certificate: if any holds, it is this one."""
    query = select(Certificate).where(Certificate.workshop_id == workshop.id).order_by(col(Certificate.sequence))
    if only is not None:
        query = query.where(col(Certificate.registration_id).in_(only))
    return {row.registration_id: row for row in await session.exec(query)}


async def _carry_out(session: AsyncSession, actor: Actor, workshop: Workshop, plan: _Plan) -> None:
    happened: list[Event] = []
    for row, changes in plan.revoked:
        _end(row, actor, "Koreksi data: " + ", ".join(_SAID[one] for one in changes))
        session.add(row)
        happened.append(_event(CertificateRevoked, row))
    # The old ones have to be gone first: a person has one valid certificate.
    await session.flush()
    highest = select(func.max(Certificate.sequence)).where(Certificate.workshop_id == workshop.id)
    first = ((await session.exec(highest)).one() or 0) + 1
    today = clock.local_date(clock.now(), workshop.timezone)
    key_id = settings_of(session).keyring.current_id
    rows = [
        Certificate(
            id=new_id(),
            organizer_id=workshop.organizer_id,
            workshop_id=workshop.id,
            registration_id=person.id,
            sequence=sequence,
            number=number_of(workshop, sequence, today),
            hours=person.hours,
            total_hours=plan.total,
            holder=person.holder,
            wording=plan.wording,
            replaces_id=before.id if before else None,
            key_id=key_id,
            issued_by=actor.label,
        )
        for sequence, (person, before) in enumerate(plan.due, first)
    ]
    for some in pieces(rows):
        await session.exec(insert(Certificate), params=[row.model_dump() for row in some])
    happened += [_event(CertificateIssued, row) for row in rows]
    await outbox.record_all(session, happened, actor.label)


def _end(row: Certificate, actor: Actor, reason: str, *, by_hand: bool = False) -> None:
    row.revoked_at, row.revoked_by = clock.now(), actor.label
    row.revocation_reason, row.revoked_by_hand = reason, by_hand


def _event(kind: type[CertificateIssued] | type[CertificateRevoked], row: Certificate) -> Event:
    return kind(
        organizer_id=row.organizer_id,
        workshop_id=row.workshop_id,
        registration_id=row.registration_id,
        certificate_id=row.id,
    )


async def _announce(session: AsyncSession, actor: Actor, workshop: Workshop, only: Collection[UUID] | None) -> None:
    """Asks for the messages: one event for everybody, or one for each person who was named."""
    told = [None] if only is None else sorted(set(only))
    ids = {"organizer_id": workshop.organizer_id, "workshop_id": workshop.id}
    await outbox.record_all(session, [CertificatesAnnounced(**ids, registration_id=one) for one in told], actor.label)
