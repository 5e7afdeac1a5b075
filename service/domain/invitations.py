"""What an organisation does with its invitation, by its secret link: names, replaces, withdraws delegates, declines.

Whoever is named joins the queue first and gets what there is in the same moment, so that nobody is overtaken, and a
group that wants all or none is looked at as a whole. The committee's side stands in inviting.py.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox, tokens
from service.auth import Actor, ActorKind, Permission
from service.db import settings_of
from service.domain import quotas, registrations, registrations_edit, seats, substitutes, waiting, workshops
from service.domain.contacts import Contact
from service.domain.identity import canonical_name, mask_phone
from service.domain.invitations_errors import InvitationOver, InvitationWithdrawn, QuotaExceeded
from service.errors import Full, InvalidInput, NotFound
from service.events import (
    InvitationDeclined,
    RegistrationChanged,
    RegistrationEvent,
    RegistrationRepeated,
    RegistrationWaitlisted,
)
from service.i18n import gettext as _
from service.models.invitations import Invitation, InvitationStatus
from service.models.invitations_shapes import DelegateCreate, DelegateRead, InvitationView, Quota
from service.models.people import Organisation
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.registrations_shapes import RegistrationCreate, RegistrationPatch, SubstituteCreate
from service.models.workshops import Capacity, Mode, Workshop, WorkshopStatus
from service.tokens import Purpose

_WITHDRAWN = "Ditarik oleh instansi"
_PERSON = {"name", "email", "phone", "position", "position_level", "represents"}
_NOT_OF_THE_PERSON = {"id", "replaces", "number", "status"}


def link_of(session: AsyncSession, row: Invitation) -> str:
    """The organisation's secret link to its invitation."""
    settings = settings_of(session)
    token = settings.keyring.issue(Purpose.INVITATION, row.id, row.link_version, row.key_id)
    return f"{settings.base_url.rstrip('/')}/invitations/{token}"


async def open_link(session: AsyncSession, token: str) -> Invitation:
    """The invitation behind a secret link. Raises NotFound, InvitationWithdrawn."""
    invitation_id = tokens.subject(token)
    row = await session.get(Invitation, invitation_id) if invitation_id else None
    keyring = settings_of(session).keyring
    if row is None or not keyring.opens(token, Purpose.INVITATION, row.id, row.link_version, row.key_id):
        raise NotFound
    if row.status is InvitationStatus.WITHDRAWN:
        raise InvitationWithdrawn
    return row


async def decline(session: AsyncSession, row: Invitation, reason: str) -> Invitation:
    """The organisation does not come; delegates already named are withdrawn, and nothing is held any more.

    Declining again for the same reason changes nothing. Raises InvitationOver.
    """
    workshop, capacity = await _lock(session, row)
    if row.status is InvitationStatus.DECLINED and row.reason == reason:
        return row
    row.status, row.reason = InvitationStatus.DECLINED, reason
    await _withdraw(session, row, capacity, keep=frozenset())
    await quotas.fill(session, capacity, row)
    _touch(row)
    await session.flush()
    event = InvitationDeclined(organizer_id=row.organizer_id, workshop_id=row.workshop_id, invitation_id=row.id)
    await outbox.record(session, event, _acting(row).label)
    await waiting.promote(session, _acting(row), workshop, capacity)
    return row


async def name_delegates(
    session: AsyncSession, row: Invitation, delegates: Sequence[DelegateCreate], all_or_none: bool | None = None
) -> list[Registration]:
    """Replaces the organisation's delegates: new ones register, missing ones are withdrawn, the others stay.

    Within its quota an organisation needs no approval. `all_or_none`: those who have to wait get seats only together;
    None leaves that as it is. Raises InvitationOver after the deadline, QuotaExceeded, and whatever a registration can
    raise.
    """
    workshop, capacity = await _lock(session, row)
    named = {one.id: one for one in await _delegates(session, row)}
    delegates = [_unmasked(one, named) for one in _recognised(delegates, named)]
    _check_quota(row, named.values(), delegates)
    kept = _kept(named.keys(), delegates)
    if all_or_none is not None:
        row.all_or_none = all_or_none
    if row.status is InvitationStatus.DECLINED:
        row.status, row.reason = InvitationStatus.SENT, None
        await quotas.fill(session, capacity, row)
    await _withdraw(session, row, capacity, keep=kept)
    for delegate in delegates:
        if delegate.id:
            await _update(session, row, workshop, capacity, named[delegate.id], delegate)
        elif delegate.replaces:
            await _replace(session, row, workshop, capacity, named[delegate.replaces], delegate)
    fresh = [await _add(session, row, workshop, capacity, one) for one in delegates if not (one.id or one.replaces)]
    _touch(row)
    await _seat(session, row, workshop, capacity, [one for one in fresh if one])
    return await _delegates(session, row)


async def add_delegate(session: AsyncSession, row: Invitation, delegate: DelegateCreate) -> list[Registration]:
    """Names one more; the others stay. Raises what `name_delegates` raises."""
    return await name_delegates(session, row, [*await _named(session, row), delegate])


async def replace_delegate(
    session: AsyncSession, row: Invitation, delegate_id: UUID, delegate: DelegateCreate
) -> list[Registration]:
    """Somebody else comes for one who is named and takes over the seat. Raises what `name_delegates` raises."""
    instead = delegate.model_copy(update={"id": None, "replaces": delegate_id})
    others = [one for one in await _named(session, row) if one.id != delegate_id]
    return await name_delegates(session, row, [*others, instead])


async def withdraw_delegate(session: AsyncSession, row: Invitation, delegate_id: UUID) -> list[Registration]:
    """Takes one back; the others stay. Somebody who is not named changes nothing. Raises InvitationOver."""
    kept = [one for one in await _named(session, row) if one.id != delegate_id]
    return await name_delegates(session, row, kept)


async def change_delegate(session: AsyncSession, row: Invitation, delegate: DelegateCreate) -> list[Registration]:
    """Changes what is said of one who is named (`id`); the others stay. Raises what `name_delegates` raises."""
    others = await _named(session, row)
    return await name_delegates(session, row, [delegate if one.id == delegate.id else one for one in others])


async def ask_together(session: AsyncSession, row: Invitation, *, all_or_none: bool) -> list[Registration]:
    """Whether delegates who wait get seats only together; they all stay. Raises what `name_delegates` raises."""
    return await name_delegates(session, row, await _named(session, row), all_or_none)


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
        held=held(row, workshop),
        all_or_none=row.all_or_none,
        letter_number=row.letter_number,
        letter_date=row.letter_date,
        deadline=row.deadline,
        over=is_over(row, workshop),
        status=row.status,
        delegates=[_shown(one) for one in await _delegates(session, row)],
    )


def _shown(one: Registration) -> DelegateRead:
    """The telephone masked, since the link is passed on; the e-mail address as typed, for the office to check it."""
    return DelegateRead.model_validate(one).model_copy(update={"phone": mask_phone(one.phone)})


def _recognised(delegates: Sequence[DelegateCreate], named: Mapping[UUID, Registration]) -> list[DelegateCreate]:
    """Who is sent again without the id is who was named before: a list that is sent twice changes nothing."""
    meant = {one for delegate in delegates for one in (delegate.id, delegate.replaces)}
    others = [one for one in named.values() if one.contact_key and one.id not in meant]
    known: dict[tuple[str | None, str], UUID] = {(one.contact_key, one.name_key): one.id for one in others}
    found = []
    for delegate in delegates:
        same = None if delegate.id or delegate.replaces else known.pop(_identity(delegate), None)
        found.append(delegate.model_copy(update={"id": same}) if same else delegate)
    return found


def _identity(delegate: DelegateCreate) -> tuple[str | None, str]:
    contact = Contact.of(delegate.name, delegate.email, delegate.phone)
    return contact.key, contact.name_key


def _unmasked(delegate: DelegateCreate, named: Mapping[UUID, Registration]) -> DelegateCreate:
    """A telephone sent back as it was shown is the one that is known."""
    known = named.get(delegate.id) if delegate.id else None
    if known is None or delegate.phone is None or delegate.phone != mask_phone(known.phone):
        return delegate
    return delegate.model_copy(update={"phone": known.phone})


def held(row: Invitation, workshop: Workshop) -> Quota:
    """What is set aside now: nothing after the deadline, even before it has been given back."""
    if not quotas.holds(row, workshop):
        return Quota(offline=0, online=0)
    return Quota(offline=row.held_offline, online=row.held_online)


def is_over(row: Invitation, workshop: Workshop) -> bool:
    """Whether delegates can no longer be named."""
    return is_over_by(row.deadline, workshop)


def is_over_by(deadline: datetime | None, workshop: Workshop) -> bool:
    """The same of an invitation with that deadline."""
    late = deadline is not None and clock.now() > deadline
    return late or workshop.status is not WorkshopStatus.PUBLISHED or clock.now() >= workshop.ends_at


async def _lock(session: AsyncSession, row: Invitation) -> tuple[Workshop, Capacity]:
    """Nobody else names delegates or changes seats now; invitation and workshop are read anew.

    Raises InvitationOver, InvitationWithdrawn, NotFound.

    Whoever waited for the lock may have found the invitation declined or withdrawn meanwhile, or the workshop called
    off.
    """
    capacity = await workshops.lock_capacity(session, row.workshop_id)
    if await session.get(Invitation, row.id, populate_existing=True) is None:
        # Its organisation was merged into another one that is invited too.
        raise NotFound
    if row.status is InvitationStatus.WITHDRAWN:
        raise InvitationWithdrawn
    workshop = await session.get_one(Workshop, row.workshop_id, populate_existing=True)
    if is_over(row, workshop):
        raise InvitationOver
    return workshop, capacity


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


def _kept(named: Iterable[UUID], delegates: Sequence[DelegateCreate]) -> frozenset[UUID]:
    """Who stays or is replaced, each named once. Raises InvalidInput."""
    meant = [one for delegate in delegates for one in (delegate.id, delegate.replaces) if one]
    if len(meant) != len(set(meant)) or any(one.id and one.replaces for one in delegates):
        raise InvalidInput.at("/items", _("Sebuah id disebut lebih dari sekali."))
    if not set(meant) <= set(named):
        raise InvalidInput.at("/items", _("Sebuah id tidak termasuk peserta yang sudah ditunjuk."))
    return frozenset(meant)


async def _add(
    session: AsyncSession, row: Invitation, workshop: Workshop, capacity: Capacity, delegate: DelegateCreate
) -> Registration | None:
    """A delegate who joins the queue, or the registration that the same person made before and that is taken over.

    Somebody else's delegate, known by the same name and contact, is only written to, as after a public registration.
    """
    contact = Contact.of(delegate.name, delegate.email, delegate.phone)
    known = (await registrations.known(session, row.workshop_id, contact)).get(contact.name_key)
    if known is None:
        create = RegistrationCreate.model_validate(delegate.model_dump(exclude=_NOT_OF_THE_PERSON))
        return await registrations.enlist(session, workshop, capacity, create, row)
    one = await registrations.lock(session, known)
    organisation = await session.get_one(Organisation, row.organisation_id)
    if not _belongs(one, organisation):
        await _record(session, row, one, RegistrationRepeated)
        return None
    joins = await _adopt(session, row, capacity, one)
    await _record(session, row, one, RegistrationChanged)
    await _update(session, row, workshop, capacity, one, delegate)
    return one if joins else None


async def _adopt(session: AsyncSession, row: Invitation, capacity: Capacity, one: Registration) -> bool:
    """Makes somebody who registered alone a delegate. True for who waited for approval, and now for a seat.

    A seat of the pool becomes one of the quota, so that the pool gets one back.
    """
    one.invitation_id, one.organisation_id, one.organisation_name = row.id, row.organisation_id, None
    if one.holds_seat and seats.held(row, one.mode):
        seats.hold(capacity, row, one.mode, -1)
        one.quota_seat = True
    joins = one.status is RegistrationStatus.PENDING
    if joins:
        one.status, one.queued_at = RegistrationStatus.WAITLISTED, clock.now()
    seats.touch(one)
    await session.flush()
    return joins


def _belongs(one: Registration, organisation: Organisation) -> bool:
    """Whether somebody nobody has named yet comes from this organisation, or from none that is known."""
    if one.invitation_id is not None or one.organisation_id is not None:
        return one.invitation_id is None and one.organisation_id == organisation.id
    typed = one.organisation_name
    return typed is None or canonical_name(typed) == canonical_name(organisation.name)


async def _update(
    session: AsyncSession,
    row: Invitation,
    workshop: Workshop,
    capacity: Capacity,
    one: Registration,
    delegate: DelegateCreate,
) -> None:
    """Takes over what was sent and is different; what was not sent stays."""
    sent = delegate.model_dump(exclude_unset=True, exclude={*_NOT_OF_THE_PERSON, "mode"})
    changes = {name: value for name, value in sent.items() if value != getattr(one, name)}
    moves = one.mode is not delegate.mode
    if changes:
        patch = RegistrationPatch.model_validate(changes)
        await registrations_edit.change(session, _acting(row), one, patch, told=moves)
    if moves:
        await registrations.move(session, _acting(row), workshop, capacity, one, delegate.mode)


async def _replace(
    session: AsyncSession,
    row: Invitation,
    workshop: Workshop,
    capacity: Capacity,
    old: Registration,
    delegate: DelegateCreate,
) -> None:
    """The delegate takes the seat of one named before, and moves to the other mode if that is wanted."""
    who = SubstituteCreate.model_validate(delegate.model_dump(include=_PERSON))
    new = await substitutes.put_in(session, _acting(row), capacity, await registrations.lock(session, old.id), who)
    if delegate.answers:
        await registrations_edit.change(session, _acting(row), new, RegistrationPatch(answers=delegate.answers))
    if new.mode is not delegate.mode:
        await registrations.move(session, _acting(row), workshop, capacity, new, delegate.mode)


async def _seat(
    session: AsyncSession, row: Invitation, workshop: Workshop, capacity: Capacity, fresh: Sequence[Registration]
) -> None:
    """Gives out what there is and tells who stays in the queue. Raises Full when the workshop keeps none."""
    ids = {one.id for one in fresh}
    seated = {one.id for one in await waiting.promote(session, _acting(row), workshop, capacity, ids)}
    left = [one for one in fresh if one.id not in seated and one.status is RegistrationStatus.WAITLISTED]
    if left and not workshop.waiting_list:
        raise Full
    for one in left:
        await _record(session, row, one, RegistrationWaitlisted)


async def _withdraw(session: AsyncSession, row: Invitation, capacity: Capacity, keep: frozenset[UUID]) -> None:
    for delegate in await _delegates(session, row):
        if delegate.id not in keep:
            one = await registrations.lock(session, delegate.id)
            await registrations.leave(session, _acting(row), capacity, one, _WITHDRAWN)


async def _record(session: AsyncSession, row: Invitation, one: Registration, kind: type[RegistrationEvent]) -> None:
    event = kind(organizer_id=one.organizer_id, workshop_id=one.workshop_id, registration_id=one.id)
    await outbox.record(session, event, _acting(row).label)


def _touch(row: Invitation) -> None:
    row.version += 1
    row.updated_at = clock.now()


def _acting(row: Invitation) -> Actor:
    """The organisation, allowed to register and cancel its own delegates in this workshop only."""
    permissions = frozenset({Permission.REGISTRATIONS_WRITE})
    return Actor(
        ActorKind.ORGANISATION, row.organisation_id, row.organizer_id, permissions, frozenset({row.workshop_id})
    )
