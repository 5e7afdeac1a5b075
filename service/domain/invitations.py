"""Inviting organisations with a quota of seats; they name delegates or decline by their secret link."""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox, tokens
from service.auth import Actor, ActorKind, Permission
from service.db import settings_of
from service.domain import organisations, registrations, registrations_edit, seats, workshops
from service.domain.contacts import Contact, find_organisation
from service.domain.identity import canonical_name
from service.errors import Conflict, InvalidInput, InvalidState, InvitationOver, NotFound, QuotaExceeded
from service.events import (
    InvitationDeclined,
    InvitationSent,
    RegistrationChanged,
    RegistrationEvent,
    RegistrationRepeated,
)
from service.i18n import gettext as _
from service.models.invitations import Invitation, InvitationStatus
from service.models.invitations_shapes import (
    DelegateCreate,
    DelegateRead,
    InvitationCreate,
    InvitationRead,
    InvitationView,
    Quota,
)
from service.models.people import Organisation
from service.models.registrations import LIVE, Registration
from service.models.registrations_shapes import RegistrationCreate, RegistrationPatch
from service.models.workshops import Mode, Workshop, WorkshopStatus
from service.tokens import Purpose


async def invite(session: AsyncSession, actor: Actor, workshop_id: UUID, data: InvitationCreate) -> Invitation:
    """Invites an organisation once per workshop. Raises Conflict, InvalidState, InvalidInput."""
    workshop = await workshops.find(session, actor, workshop_id)
    if workshop.status in (WorkshopStatus.CANCELLED, WorkshopStatus.COMPLETED):
        raise InvalidState
    organisation_id = await find_organisation(session, workshop.organizer_id, data.organisation)
    assert organisation_id  # a code was given
    twin = select(Invitation.id).where(
        Invitation.workshop_id == workshop.id, Invitation.organisation_id == organisation_id
    )
    if (await session.exec(twin)).first() is not None:
        raise Conflict
    row = Invitation(
        organizer_id=workshop.organizer_id,
        workshop_id=workshop.id,
        organisation_id=organisation_id,
        quota_offline=data.quota.offline,
        quota_online=data.quota.online,
        letter_number=data.letter_number,
        letter_date=data.letter_date,
        deadline=data.deadline,
        key_id=settings_of(session).keyring.current_id,
    )
    session.add(row)
    await session.flush()
    event = InvitationSent(organizer_id=row.organizer_id, workshop_id=row.workshop_id, invitation_id=row.id)
    await outbox.record(session, event, actor.label)
    return row


def link_of(session: AsyncSession, row: Invitation) -> str:
    """The organisation's secret link to its invitation."""
    settings = settings_of(session)
    token = settings.keyring.issue(Purpose.INVITATION, row.id, row.link_version, row.key_id)
    return f"{settings.base_url.rstrip('/')}/invitations/{token}"


async def open_link(session: AsyncSession, token: str) -> Invitation:
    """The invitation behind a secret link. Raises NotFound."""
    invitation_id = tokens.subject(token)
    row = await session.get(Invitation, invitation_id) if invitation_id else None
    keyring = settings_of(session).keyring
    if row is None or not keyring.opens(token, Purpose.INVITATION, row.id, row.link_version, row.key_id):
        raise NotFound
    return row


async def decline(session: AsyncSession, row: Invitation, reason: str) -> Invitation:
    """The organisation does not come; delegates already named are withdrawn. Raises InvitationOver."""
    await _lock(session, row)
    await _withdraw(session, row, keep=frozenset())
    row.status, row.reason = InvitationStatus.DECLINED, reason
    row.version += 1
    row.updated_at = clock.now()
    session.add(row)
    await session.flush()
    event = InvitationDeclined(organizer_id=row.organizer_id, workshop_id=row.workshop_id, invitation_id=row.id)
    await outbox.record(session, event, f"{ActorKind.ORGANISATION}:{row.organisation_id}")
    return row


async def name_delegates(
    session: AsyncSession, row: Invitation, delegates: Sequence[DelegateCreate]
) -> list[Registration]:
    """Replaces the organisation's delegates: new ones register, missing ones are withdrawn, the others stay.

    Raises InvitationOver after the deadline, QuotaExceeded, and whatever a registration can raise.
    """
    await _lock(session, row)
    named = {one.id: one for one in await _delegates(session, row)}
    _check_quota(row, named.values(), delegates)
    kept = frozenset(delegate.id for delegate in delegates if delegate.id)
    if not kept <= named.keys():
        raise InvalidInput.at("/items", _("Sebuah id tidak termasuk peserta yang sudah ditunjuk."))
    await _withdraw(session, row, keep=kept)
    organisation = await session.get_one(Organisation, row.organisation_id)
    for delegate in delegates:
        if delegate.id:
            await _update(session, row, named[delegate.id], delegate)
        else:
            await _add(session, row, organisation, delegate)
    if row.status is InvitationStatus.DECLINED:
        row.status, row.reason = InvitationStatus.SENT, None
    row.version += 1
    row.updated_at = clock.now()
    session.add(row)
    await session.flush()
    return await _delegates(session, row)


async def add_delegate(session: AsyncSession, row: Invitation, delegate: DelegateCreate) -> list[Registration]:
    """Names one more; the others stay. Raises what `name_delegates` raises."""
    return await name_delegates(session, row, [*await _named(session, row), delegate])


async def withdraw_delegate(session: AsyncSession, row: Invitation, delegate_id: UUID) -> list[Registration]:
    """Takes one back; the others stay. Somebody who is not named changes nothing. Raises InvitationOver."""
    kept = [one for one in await _named(session, row) if one.id != delegate_id]
    return await name_delegates(session, row, kept)


async def read_many(session: AsyncSession, actor: Actor, rows: Sequence[Invitation]) -> list[InvitationRead]:
    """Invitations for staff, in the order given."""
    ids = [row.id for row in rows]
    known = await organisations.names(session, [row.organisation_id for row in rows])
    counts = {
        (invitation, mode): count
        for invitation, mode, count in await session.exec(
            select(Registration.invitation_id, Registration.mode, func.count())
            .where(col(Registration.invitation_id).in_(ids), col(Registration.status).in_(LIVE))
            .group_by(col(Registration.invitation_id), col(Registration.mode))
        )
    }
    secret = actor.may(Permission.INVITATIONS_WRITE)
    return [
        InvitationRead(
            id=row.id,
            organisation=known[row.organisation_id][0],
            organisation_name=known[row.organisation_id][1],
            quota=Quota(offline=row.quota_offline, online=row.quota_online),
            named=Quota(offline=counts.get((row.id, Mode.OFFLINE), 0), online=counts.get((row.id, Mode.ONLINE), 0)),
            letter_number=row.letter_number,
            letter_date=row.letter_date,
            deadline=row.deadline,
            status=row.status,
            reason=row.reason,
            link=link_of(session, row) if secret else None,
            version=row.version,
        )
        for row in rows
    ]


async def view(session: AsyncSession, row: Invitation) -> InvitationView:
    """The invitation for the invited organisation."""
    workshop = await session.get(Workshop, row.workshop_id)
    organisation = await session.get(Organisation, row.organisation_id)
    assert workshop
    assert organisation  # foreign keys hold both
    return InvitationView(
        workshop_id=workshop.id,
        title=workshop.title,
        starts_at=workshop.starts_at,
        ends_at=workshop.ends_at,
        timezone=workshop.timezone,
        organisation=organisation.code,
        organisation_name=organisation.name,
        quota=Quota(offline=row.quota_offline, online=row.quota_online),
        letter_number=row.letter_number,
        deadline=row.deadline,
        status=row.status,
        delegates=[DelegateRead.model_validate(one) for one in await _delegates(session, row)],
    )


def is_over(row: Invitation, workshop: Workshop) -> bool:
    """Whether delegates can no longer be named."""
    late = row.deadline is not None and clock.now() > row.deadline
    return late or workshop.status is not WorkshopStatus.PUBLISHED or clock.now() >= workshop.ends_at


async def _lock(session: AsyncSession, row: Invitation) -> None:
    """Nobody else names delegates or changes seats now; invitation and workshop are read anew. Raises InvitationOver.

    Whoever waited for the lock may have found the invitation declined, or the workshop called off, meanwhile.
    """
    await workshops.lock_capacity(session, row.workshop_id)
    await session.refresh(row)
    if is_over(row, await session.get_one(Workshop, row.workshop_id, populate_existing=True)):
        raise InvitationOver


async def _named(session: AsyncSession, row: Invitation) -> list[DelegateCreate]:
    # The lock comes before the reading: of two people who name somebody at once, neither may lose the other's.
    await _lock(session, row)
    return [DelegateCreate(id=one.id, name=one.name, mode=one.mode) for one in await _delegates(session, row)]


async def _delegates(session: AsyncSession, row: Invitation) -> list[Registration]:
    query = (
        select(Registration)
        .where(Registration.invitation_id == row.id, col(Registration.status).in_(LIVE))
        .order_by(col(Registration.number))
    )
    return list(await session.exec(query))


def _check_quota(row: Invitation, named: Iterable[Registration], delegates: Sequence[DelegateCreate]) -> None:
    """A quota refuses only what grows beyond it: an invitation over its quota can still be put right."""
    wanted = Counter(delegate.mode for delegate in delegates)
    before = Counter(one.mode for one in named)
    for mode, quota in ((Mode.OFFLINE, row.quota_offline), (Mode.ONLINE, row.quota_online)):
        if quota is not None and wanted[mode] > max(quota, before[mode]):
            raise QuotaExceeded(mode=mode, quota=quota)


async def _add(session: AsyncSession, row: Invitation, organisation: Organisation, delegate: DelegateCreate) -> None:
    """Registers a delegate, or takes over the registration that the same person made before.

    Somebody else's delegate, known by the same name and contact, is only written to, as after a public registration.
    """
    contact = Contact.of(delegate.name, delegate.email, delegate.phone)
    known = (await registrations.known(session, row.workshop_id, contact)).get(contact.name_key)
    if known is None:
        data = delegate.model_dump(exclude={"id"}) | {"organisation": organisation.code}
        create = RegistrationCreate.model_validate(data)
        await registrations.register(session, _acting(row), row.workshop_id, create, invitation_id=row.id)
        return
    event: type[RegistrationEvent] = RegistrationRepeated
    one = await registrations.lock(session, known)
    if _belongs(one, organisation):
        event = RegistrationChanged
        one.invitation_id, one.organisation_id, one.organisation_name = row.id, organisation.id, None
        seats.touch(one)
        await session.flush()
    happened = event(organizer_id=one.organizer_id, workshop_id=one.workshop_id, registration_id=one.id)
    await outbox.record(session, happened, _acting(row).label)
    if event is RegistrationChanged:
        await _update(session, row, one, delegate)


def _belongs(one: Registration, organisation: Organisation) -> bool:
    """Whether somebody nobody has named yet comes from this organisation, or from none that is known."""
    if one.invitation_id is not None or one.organisation_id is not None:
        return one.invitation_id is None and one.organisation_id == organisation.id
    typed = one.organisation_name
    return typed is None or canonical_name(typed) == canonical_name(organisation.name)


async def _update(session: AsyncSession, row: Invitation, one: Registration, delegate: DelegateCreate) -> None:
    """Takes over what was sent and is different; what was not sent stays."""
    sent = delegate.model_dump(exclude_unset=True, exclude={"id", "mode"})
    changes = {name: value for name, value in sent.items() if value != getattr(one, name)}
    if changes:
        await registrations_edit.change(session, _acting(row), one, RegistrationPatch.model_validate(changes))
    if one.mode is not delegate.mode:
        await registrations.switch_mode(session, _acting(row), one.id, delegate.mode)


async def _withdraw(session: AsyncSession, row: Invitation, keep: frozenset[UUID]) -> None:
    for delegate in await _delegates(session, row):
        if delegate.id not in keep:
            await registrations.cancel(session, _acting(row), delegate.id, "Ditarik oleh instansi")


def _acting(row: Invitation) -> Actor:
    """The organisation, allowed to register and cancel its own delegates in this workshop only."""
    permissions = frozenset({Permission.REGISTRATIONS_WRITE})
    return Actor(
        ActorKind.ORGANISATION, row.organisation_id, row.organizer_id, permissions, frozenset({row.workshop_id})
    )
