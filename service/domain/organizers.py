"""Organizers (tenants), and what each keeps for itself: its settings and holidays."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor, ActorKind
from service.domain import attendance, staff as staff_domain
from service.domain.identity import stored_email
from service.errors import CodeTaken, InvalidInput, NotFound
from service.events import HolidaysChanged, OrganizerChanged, OrganizerCreated
from service.i18n import gettext as _
from service.models.escalations_shapes import EscalationRule
from service.models.organizers import Holiday, Membership, Organizer, Role, Staff
from service.models.organizers_shapes import HolidayShape, OrganizerCreate, OrganizerPatch
from service.models.people import Organisation
from service.models.workshops import Workshop

# /calendar/{word}/{token}.ics: private calendars of participants, organisations, staff.
RESERVED_SLUGS = frozenset({"my", "organisation", "staff"})


async def create_organizer(session: AsyncSession, actor: Actor, data: OrganizerCreate) -> Organizer:
    """A new tenant. Raises CodeTaken when its slug exists, InvalidInput when it is reserved."""
    if data.slug in RESERVED_SLUGS:
        raise InvalidInput.at("/slug", _("Kata ini dipakai oleh layanan. Pilih yang lain."))
    if (await session.exec(select(Organizer.id).where(Organizer.slug == data.slug))).first():
        raise CodeTaken
    row = Organizer(**data.model_dump())
    session.add(row)
    await session.flush()
    await outbox.record(session, OrganizerCreated(organizer_id=row.id), actor.label)
    return row


async def first_owner(
    session: AsyncSession, data: OrganizerCreate, *, email: str, name: str, password: str, super_owner: bool = False
) -> tuple[Organizer, Staff]:
    """An organizer and the person who owns it, as `bimtek init` makes them.

    Raises CodeTaken when the organizer exists, InvalidInput for an unfit address or password, AlreadyMember when the
    address has an account.
    """
    house = await create_organizer(session, Actor(ActorKind.SYSTEM), data)
    person = await staff_domain.create_staff(session, email, name, password, super_owner=super_owner)
    session.add(Membership(staff_id=person.id, organizer_id=house.id, role=Role.OWNER))
    await session.flush()
    return house, person


async def find_public(session: AsyncSession, slug: str) -> Organizer:
    """The organizer of that name. Raises NotFound."""
    row = (await session.exec(select(Organizer).where(Organizer.slug == slug))).first()
    if row is None:
        raise NotFound
    return row


async def own(session: AsyncSession, actor: Actor, *, lock: bool = False) -> Organizer:
    """The actor's organizer; with `lock` it is held until the transaction ends. Raises NotFound."""
    row = await session.get(Organizer, actor.tenant, with_for_update=lock or None, populate_existing=lock)
    if row is None:
        raise NotFound
    return row


async def change_organizer(session: AsyncSession, actor: Actor, row: Organizer, data: OrganizerPatch) -> Organizer:
    """Changes what the patch names. Raises InvalidInput for a steward that is no organisation of the house."""
    changes = data.model_dump(include=data.model_fields_set)
    if changes.get("steward_code"):
        known = select(Organisation.id).where(
            Organisation.organizer_id == row.id, Organisation.code == changes["steward_code"]
        )
        if not (await session.exec(known)).first():
            raise InvalidInput.at("/steward_code", _("Kode ini bukan organisasi yang terdaftar."))
    if "committee_emails" in changes:
        changes["committee_emails"] = _addresses(changes["committee_emails"])
    if "letterhead" in changes:
        merged = row.letterhead | data.letterhead.model_dump(exclude_unset=True)
        changes["letterhead"] = {name: value for name, value in merged.items() if value is not None}
    if "public_progress" in changes:
        changes["public_progress"] = row.public_progress | data.public_progress.model_dump(exclude_unset=True)
    if "escalation" in changes:
        changes["escalation"] = _escalation(row, data)
    if "logo" in changes and changes["logo"] != row.logo:
        # Letters show what was uploaded, and never another logo than the pages do.
        changes["logo_key"] = None
    threshold = row.online_threshold
    row.sqlmodel_update(changes)
    await _changed(session, row)
    if row.online_threshold != threshold:
        # Attendance rows are a cache of a fold that has the threshold among its arguments.
        for workshop_id in await session.exec(select(Workshop.id).where(Workshop.organizer_id == row.id)):
            await attendance.refresh_workshop(session, workshop_id)
    await outbox.record(session, OrganizerChanged(organizer_id=row.id), actor.label)
    return row


def _escalation(row: Organizer, data: OrganizerPatch) -> dict[str, object]:
    """The merged rule. Raises InvalidInput for a list that would come before the letter."""
    merged = row.escalation | data.escalation.model_dump(exclude_unset=True)
    rule = EscalationRule.model_validate(merged)
    if rule.letter_after and rule.list_after and rule.list_after <= rule.letter_after:
        raise InvalidInput.at(
            "/escalation/list_after", _("Isi dengan jumlah hari yang lebih besar daripada letter_after.")
        )
    return merged


def _addresses(typed: Sequence[str]) -> list[str]:
    """Stored spellings, each once. Raises InvalidInput for one that is none."""
    kept: list[str] = []
    for number, address in enumerate(typed):
        try:
            kept.append(stored_email(address))
        except ValueError:
            raise InvalidInput.at(
                f"/committee_emails/{number}", _("Isi dengan alamat surel, misalnya nama@contoh.go.id.")
            ) from None
    return list(dict.fromkeys(kept))


async def holidays_of(
    session: AsyncSession, actor: Actor, after: date | None = None, limit: int | None = None
) -> Sequence[Holiday]:
    """The organizer's holidays by day, those later than `after`."""
    query = select(Holiday).where(Holiday.organizer_id == actor.tenant).order_by(col(Holiday.day)).limit(limit)
    if after is not None:
        query = query.where(col(Holiday.day) > after)
    return (await session.exec(query)).all()


async def replace_holidays(
    session: AsyncSession, actor: Actor, row: Organizer, items: Sequence[HolidayShape]
) -> Sequence[Holiday]:
    """Keeps these holidays and no others; the organizer's version counts them."""
    await session.exec(delete(Holiday).where(col(Holiday.organizer_id) == row.id))
    session.add_all(Holiday(organizer_id=row.id, **item.model_dump()) for item in items)
    await _changed(session, row)
    await outbox.record(session, HolidaysChanged(organizer_id=row.id), actor.label)
    return await holidays_of(session, actor)


async def _changed(session: AsyncSession, row: Organizer) -> None:
    row.version += 1
    row.updated_at = clock.now()
    await session.flush()
