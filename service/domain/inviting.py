"""The committee's side of invitations: inviting one organisation or many, changing what was set, sending again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import organisations, quotas, waiting, workshops
from service.domain.invitations import held, is_over, link_of
from service.domain.invitations_errors import AlreadyInvited, InvitationOver
from service.errors import InvalidInput, InvalidState, NotFound
from service.events import InvitationChanged, InvitationSent
from service.i18n import gettext as _
from service.models.invitations import Invitation, InvitationStatus
from service.models.invitations_shapes import (
    InvitationBatch,
    InvitationCreate,
    InvitationPatch,
    InvitationRead,
    Quota,
)
from service.models.messages import Message, Occasion
from service.models.outbox import EventRow
from service.models.people import Organisation
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.workshops import Capacity, Mode, Workshop, WorkshopStatus

_OVER = (WorkshopStatus.CANCELLED, WorkshopStatus.COMPLETED)
_REST = timedelta(hours=24)
"""Nobody is reminded more often."""
_UNWRITTEN = timedelta(hours=1)
_LETTER = ("letter_number", "letter_date", "addressee")


async def invite(session: AsyncSession, actor: Actor, workshop_id: UUID, data: InvitationCreate) -> Invitation:
    """Invites an organisation once per workshop, or anew after a withdrawal; with a deadline its quota is set aside.

    Raises AlreadyInvited, InvalidState, InvalidInput.
    """
    workshop, capacity = await _lock(session, actor, workshop_id)
    organisation = await organisations.named(session, actor, data.organisation, "/organisation")
    before = await invited(session, workshop, [organisation.id])
    if before:
        raise AlreadyInvited(invitation_id=before[organisation.id])
    _check_deadline(workshop, data.deadline)
    return await _send(session, actor, workshop, capacity, organisation, data)


async def invite_many(
    session: AsyncSession, actor: Actor, workshop_id: UUID, data: InvitationBatch
) -> tuple[list[Invitation], list[str]]:
    """Invites organisations alike, by code. Returns the new invitations, and who was invited before and is left alone.

    Raises InvalidState, InvalidInput for a code or class that is not known.
    """
    workshop, capacity = await _lock(session, actor, workshop_id)
    _check_deadline(workshop, data.deadline)
    wanted = await meant(session, actor, data)
    before = await invited(session, workshop, [one.id for one in wanted])
    made = [await _send(session, actor, workshop, capacity, one, data) for one in wanted if one.id not in before]
    return made, [one.code for one in wanted if one.id in before]


async def find(session: AsyncSession, actor: Actor, workshop_id: UUID, invitation_id: UUID) -> Invitation:
    """The invitation to one of the actor's workshops. Raises NotFound."""
    workshop = await workshops.find(session, actor, workshop_id)
    row = await session.get(Invitation, invitation_id)
    if row is None or row.workshop_id != workshop.id:
        raise NotFound
    return row


async def find_for_change(
    session: AsyncSession, actor: Actor, workshop_id: UUID, invitation_id: UUID
) -> tuple[Invitation, Capacity]:
    """The same, as it is while nobody else can give or free a seat. Raises NotFound."""
    await workshops.find(session, actor, workshop_id)
    capacity = await workshops.lock_capacity(session, workshop_id)
    row = await session.get(Invitation, invitation_id, populate_existing=True)
    if row is None or row.workshop_id != workshop_id:
        raise NotFound
    return row, capacity


async def change(
    session: AsyncSession, actor: Actor, row: Invitation, capacity: Capacity, data: InvitationPatch
) -> Invitation:
    """Merges a patch into an invitation found for change; what is set aside follows quota and deadline.

    Delegates keep their seats, also beyond a smaller quota. Raises InvalidInput, InvalidState for a withdrawn one.
    """
    sent = data.model_dump(exclude_unset=True)
    if row.status is InvitationStatus.WITHDRAWN:
        raise InvalidState
    if "quota" in sent:
        quota = sent.pop("quota") or {"offline": None, "online": None}
        sent |= {f"quota_{mode}": seats for mode, seats in quota.items()}
    sent = {name: value for name, value in sent.items() if value != getattr(row, name)}
    if not sent:
        return row
    workshop = await session.get_one(Workshop, row.workshop_id, populate_existing=True)
    _check_deadline(workshop, sent.get("deadline"))
    for name, value in sent.items():
        setattr(row, name, value)
    row.version += 1
    row.updated_at = clock.now()
    await quotas.fill(session, capacity, row)
    await _record(session, actor, row, InvitationChanged)
    await waiting.promote(session, actor, workshop, capacity)
    return row


async def send_again(session: AsyncSession, actor: Actor, workshop_id: UUID, invitation_id: UUID) -> Invitation:
    """Writes to the organisation once more. Raises NotFound, InvitationOver, InvalidState unless it stands."""
    row = await find(session, actor, workshop_id, invitation_id)
    if row.status is not InvitationStatus.SENT:
        raise InvalidState
    if is_over(row, await session.get_one(Workshop, workshop_id)):
        raise InvitationOver
    await _record(session, actor, row, InvitationSent)
    return row


async def remind(session: AsyncSession, actor: Actor, workshop_id: UUID) -> tuple[int, int]:
    """Writes once more to every organisation that has not answered. Returns how many, and how many were left out.

    Left out is who was written to within a day, and whom the deadline has passed by. Raises NotFound, InvalidState.
    """
    workshop, _capacity = await _lock(session, actor, workshop_id)
    answered = select(Registration.invitation_id).where(
        Registration.workshop_id == workshop.id,
        col(Registration.invitation_id).is_not(None),
        col(Registration.status).in_(LIVE),
    )
    query = select(Invitation).where(
        Invitation.workshop_id == workshop.id,
        Invitation.status == InvitationStatus.SENT,
        col(Invitation.id).not_in(answered),
    )
    silent = (await session.exec(query.order_by(col(Invitation.id)))).all()
    lately = select(Message.invitation_id).where(
        col(Message.invitation_id).in_([row.id for row in silent]),
        Message.occasion == Occasion.INVITATION,
        col(Message.created_at) > clock.now() - _REST,
    )
    written = set(await session.exec(lately)) | await _on_their_way(session, workshop)
    rows = [row for row in silent if row.id not in written and not is_over(row, workshop)]
    events = [
        InvitationSent(organizer_id=row.organizer_id, workshop_id=row.workshop_id, invitation_id=row.id) for row in rows
    ]
    await outbox.record_all(session, events, actor.label)
    return len(rows), len(silent) - len(rows)


async def _on_their_way(session: AsyncSession, workshop: Workshop) -> set[UUID | None]:
    """Invitations sent within the hour: the worker writes their messages a moment later, and a button is pressed twice.

    By the ids, which begin with the real time they were made at (see tokens.new_id): the log may be long.
    """
    since = UUID(int=int((clock.real_now() - _UNWRITTEN).timestamp() * 1000) << 80)
    query = select(EventRow.data).where(
        col(EventRow.id) > since,
        EventRow.organizer_id == workshop.organizer_id,
        EventRow.type == InvitationSent.type,
        col(EventRow.happened_at) > clock.now() - _REST,
    )
    return {UUID(str(data["invitation_id"])) for data in await session.exec(query)}


async def read_many(session: AsyncSession, actor: Actor, rows: Sequence[Invitation]) -> list[InvitationRead]:
    """Invitations for staff, in the order given."""
    known = await organisations.names(session, [row.organisation_id for row in rows])
    named, waits = await _counts(session, rows), await _counts(session, rows, queued=True)
    gatherings = {one: await session.get_one(Workshop, one) for one in {row.workshop_id for row in rows}}
    secret = actor.may(Permission.INVITATIONS_WRITE)
    return [
        InvitationRead(
            id=row.id,
            organisation=known[row.organisation_id][0],
            organisation_name=known[row.organisation_id][1],
            quota=Quota(offline=row.quota_offline, online=row.quota_online),
            named=named[row.id],
            waiting=waits[row.id],
            held=held(row, gatherings[row.workshop_id]),
            all_or_none=row.all_or_none,
            addressee=row.addressee,
            letter_number=row.letter_number,
            letter_date=row.letter_date,
            deadline=row.deadline,
            released_at=row.released_at,
            status=row.status,
            reason=row.reason,
            link=link_of(session, row) if secret and row.status is not InvitationStatus.WITHDRAWN else None,
            version=row.version,
        )
        for row in rows
    ]


async def _lock(session: AsyncSession, actor: Actor, workshop_id: UUID) -> tuple[Workshop, Capacity]:
    await workshops.find(session, actor, workshop_id)
    capacity = await workshops.lock_capacity(session, workshop_id)
    workshop = await session.get_one(Workshop, workshop_id, populate_existing=True)
    check(workshop)
    return workshop, capacity


def check(workshop: Workshop, deadline: datetime | None = None) -> None:
    """Whether organisations can be invited, until then. Raises InvalidState when the workshop is over, InvalidInput."""
    if workshop.status in _OVER:
        raise InvalidState
    _check_deadline(workshop, deadline)


def _check_deadline(workshop: Workshop, deadline: datetime | None) -> None:
    if deadline is not None and deadline < clock.now():
        raise InvalidInput.at("/deadline", _("Waktu ini sudah lewat; isi waktu yang akan datang."))
    if deadline is not None and deadline > workshop.ends_at:
        raise InvalidInput.at("/deadline", _("Isi waktu sebelum kegiatan selesai."))


async def _send(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    capacity: Capacity,
    organisation: Organisation,
    data: InvitationCreate | InvitationBatch,
) -> Invitation:
    terms: dict[str, object] = {
        "quota_offline": data.quota.offline,
        "quota_online": data.quota.online,
        "deadline": data.deadline,
        "all_or_none": data.all_or_none,
        "key_id": settings_of(session).keyring.current_id,
        **data.model_dump(include=set(_LETTER)),
    }
    row = await _withdrawn(session, workshop, organisation)
    if row is None:
        ids = {"organizer_id": workshop.organizer_id, "workshop_id": workshop.id, "organisation_id": organisation.id}
        row = Invitation.model_validate(ids | terms)
    else:
        for name, value in (terms | {"status": InvitationStatus.SENT, "reason": None}).items():
            setattr(row, name, value)
        row.link_version, row.version = row.link_version + 1, row.version + 1
        row.created_at = row.updated_at = clock.now()
    session.add(row)
    await session.flush()
    await quotas.fill(session, capacity, row)
    await _record(session, actor, row, InvitationSent)
    return row


async def _withdrawn(session: AsyncSession, workshop: Workshop, organisation: Organisation) -> Invitation | None:
    query = select(Invitation).where(
        Invitation.workshop_id == workshop.id, Invitation.organisation_id == organisation.id
    )
    return (await session.exec(query)).first()


async def _record(
    session: AsyncSession, actor: Actor, row: Invitation, kind: type[InvitationSent | InvitationChanged]
) -> None:
    await session.flush()
    event = kind(organizer_id=row.organizer_id, workshop_id=row.workshop_id, invitation_id=row.id)
    await outbox.record(session, event, actor.label)


async def meant(session: AsyncSession, actor: Actor, data: InvitationBatch) -> Sequence[Organisation]:
    """The organisations that a batch names, by code. Raises InvalidInput for a code or class that is not known."""
    if (data.organisations is None) == (data.org_class is None):
        raise InvalidInput.at(
            "/organisations", _("Isi kode instansi pada organisations, atau satu kelas pada org_class; tidak keduanya.")
        )
    codes = await organisations.current(session, actor.tenant, data.organisations or [])
    query = select(Organisation).where(Organisation.organizer_id == actor.tenant)
    if data.organisations is None:
        query = query.where(Organisation.org_class == data.org_class)
    else:
        query = query.where(col(Organisation.code).in_(codes))
    found = (await session.exec(query.order_by(Organisation.code))).all()
    if not (found or data.organisations):
        raise InvalidInput.at("/org_class", await _classes(session, actor))
    unknown = set(codes) - {one.code for one in found}
    if unknown:
        raise InvalidInput(
            [
                {"pointer": f"/organisations/{position}", "message": _("Kode perangkat daerah tidak dikenal.")}
                for position, code in enumerate(codes)
                if code in unknown
            ]
        )
    return found


async def _classes(session: AsyncSession, actor: Actor) -> str:
    """What to do about a class that no organisation has."""
    query = select(Organisation.org_class).where(
        Organisation.organizer_id == actor.tenant, col(Organisation.org_class).is_not(None)
    )
    classes = (await session.exec(query.distinct().order_by(col(Organisation.org_class)))).all()
    if not classes:
        return _("Belum ada instansi yang memiliki kelas; isi kode instansi pada organisations.")
    listed = ", ".join(one for one in classes if one)
    return _("Tidak ada instansi dengan kelas ini. Kelas yang ada: {classes}.").format(classes=listed)


async def invited(session: AsyncSession, workshop: Workshop, organisations: Sequence[UUID]) -> dict[UUID, UUID]:
    """The invitations that stand or were declined, by organisation; who was withdrawn can be invited anew."""
    query = select(Invitation.organisation_id, Invitation.id).where(
        Invitation.workshop_id == workshop.id,
        col(Invitation.organisation_id).in_(organisations),
        Invitation.status != InvitationStatus.WITHDRAWN,
    )
    return dict((await session.exec(query)).all())


async def _counts(session: AsyncSession, rows: Sequence[Invitation], *, queued: bool = False) -> dict[UUID, Quota]:
    """Delegates by invitation and mode: those named, or those of them who wait."""
    statuses = (RegistrationStatus.WAITLISTED,) if queued else LIVE
    query = (
        select(Registration.invitation_id, Registration.mode, func.count())
        .where(col(Registration.invitation_id).in_([row.id for row in rows]), col(Registration.status).in_(statuses))
        .group_by(col(Registration.invitation_id), col(Registration.mode))
    )
    counts = {(invitation, mode): count for invitation, mode, count in await session.exec(query)}
    return {
        row.id: Quota(offline=counts.get((row.id, Mode.OFFLINE), 0), online=counts.get((row.id, Mode.ONLINE), 0))
        for row in rows
    }
