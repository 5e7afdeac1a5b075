"""Organisations: agencies and outside bodies, their contacts, and the link of their portal."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import settings_of
from service.domain.identity import normalise_phone, stored_email
from service.errors import CodeTaken, InvalidInput, NotFound
from service.events import OrganisationChanged
from service.i18n import gettext as _
from service.models.people import Organisation
from service.models.people_shapes import ContactShape, OrganisationCreate, OrganisationPatch
from service.tokens import Purpose


async def find(session: AsyncSession, actor: Actor, code: str, *, lock: bool = False) -> Organisation:
    """The organisation of that code in the actor's house, locked before it is changed. Raises NotFound."""
    row = await _by_code(session, actor.tenant, code, lock=lock)
    if row is None:
        raise NotFound
    return row


async def named(session: AsyncSession, actor: Actor, code: str, pointer: str) -> Organisation:
    """The organisation a request names in the field `pointer`. Raises InvalidInput."""
    row = await _by_code(session, actor.tenant, code)
    if row is None:
        raise InvalidInput.at(pointer, _("Kode perangkat daerah tidak dikenal."))
    return row


async def codes(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    """The codes of these organisations."""
    if not ids:
        return {}
    rows = await session.exec(select(Organisation.id, Organisation.code).where(col(Organisation.id).in_(set(ids))))
    return dict(rows.all())


async def names(session: AsyncSession, ids: Collection[UUID | None]) -> dict[UUID | None, tuple[str, str]]:
    """Code and name of these organisations; None, as of somebody without one, is no key of the answer."""
    wanted = {one for one in ids if one}
    if not wanted:
        return {}
    query = select(Organisation.id, Organisation.code, Organisation.name).where(col(Organisation.id).in_(wanted))
    return {found: (code, name) for found, code, name in await session.exec(query)}


async def _by_code(session: AsyncSession, organizer_id: UUID, code: str, *, lock: bool = False) -> Organisation | None:
    query = select(Organisation).where(Organisation.organizer_id == organizer_id, Organisation.code == code)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).first()


async def page(
    session: AsyncSession,
    organizer_id: UUID,
    org_class: str | None,
    after: list[str] | None,
    limit: int,
    words: str | None = None,
) -> Sequence[Organisation]:
    """Organisations by code, at most `limit`, after the code `after`; `words` is a part of the code or name."""
    query = select(Organisation).where(Organisation.organizer_id == organizer_id)
    if org_class is not None:
        query = query.where(Organisation.org_class == org_class)
    if words:
        parts = (col(Organisation.code), col(Organisation.name))
        query = query.where(or_(*(part.icontains(words, autoescape=True) for part in parts)))
    if after is not None:
        query = query.where(col(Organisation.code) > after[0])
    return (await session.exec(query.order_by(Organisation.code).limit(limit))).all()


async def classes(session: AsyncSession, organizer_id: UUID) -> dict[str, int]:
    """How many organisations there are of each class, by name of the class."""
    query = select(Organisation.org_class, func.count()).where(Organisation.organizer_id == organizer_id)
    rows = await session.exec(query.group_by(Organisation.org_class).order_by(Organisation.org_class))
    return dict(rows.all())


async def add(session: AsyncSession, actor: Actor, data: OrganisationCreate) -> Organisation:
    """A new organisation. Raises CodeTaken, InvalidInput for a contact nobody can reach."""
    if await _by_code(session, actor.tenant, data.code) is not None:
        raise CodeTaken
    [row] = await add_all(session, actor, [data])
    return row


async def add_all(session: AsyncSession, actor: Actor, many: Sequence[OrganisationCreate]) -> list[Organisation]:
    """New organisations, whose codes the caller knows to be free. Raises InvalidInput."""
    key_id = settings_of(session).keyring.current_id
    rows = [
        Organisation(
            organizer_id=actor.tenant,
            code=data.code,
            name=data.name,
            org_class=data.org_class,
            kind=data.kind,
            contacts=checked_contacts(data.contacts),
            key_id=key_id,
        )
        for data in many
    ]
    session.add_all(rows)
    await _record(session, actor, rows)
    return rows


async def change(session: AsyncSession, actor: Actor, row: Organisation, data: OrganisationPatch) -> Organisation:
    """Applies a merge patch. Raises InvalidInput for a contact nobody can reach."""
    await change_all(session, actor, [(row, data)])
    return row


async def change_all(
    session: AsyncSession, actor: Actor, many: Sequence[tuple[Organisation, OrganisationPatch]]
) -> None:
    """Applies several. Raises InvalidInput."""
    for row, data in many:
        for name in data.model_fields_set - {"contacts"}:
            setattr(row, name, getattr(data, name))
        if "contacts" in data.model_fields_set:
            row.contacts = checked_contacts(data.contacts)
        _touch(session, row)
    await _record(session, actor, [row for row, _data in many])


async def rotate_portal_link(session: AsyncSession, actor: Actor, row: Organisation) -> Organisation:
    """Closes the organisation's portal link; the new one is signed with the current key."""
    row.link_version += 1
    row.key_id = settings_of(session).keyring.current_id
    _touch(session, row)
    await _record(session, actor, [row])
    return row


def portal_link(session: AsyncSession, row: Organisation) -> str:
    """The address that opens the organisation's portal; whoever has it acts as the organisation."""
    settings = settings_of(session)
    token = settings.keyring.issue(Purpose.PORTAL, row.id, row.link_version, row.key_id)
    return f"{settings.base_url.rstrip('/')}/portal/{token}"


def checked_contacts(contacts: Sequence[ContactShape]) -> list[dict[str, str | None]]:
    """Contacts as stored: phones in E.164, addresses without spaces and final dots. Raises InvalidInput."""
    return [_checked(number, contact) for number, contact in enumerate(contacts)]


def _checked(number: int, contact: ContactShape) -> dict[str, str | None]:
    values = contact.model_dump()
    if not any(values.values()):
        raise InvalidInput.at(f"/contacts/{number}", _("Isi setidaknya satu bagian."))
    readers = {
        "email": (stored_email, _("Isi dengan alamat surel, misalnya nama@luwukab.go.id.")),
        "phone": (normalise_phone, _("Isi dengan nomor telepon, misalnya 0812-0000-0001.")),
    }
    for name, (read, advice) in readers.items():
        if values[name] is not None:
            try:
                values[name] = read(values[name])
            except ValueError:
                raise InvalidInput.at(f"/contacts/{number}/{name}", advice) from None
    return values


def _touch(session: AsyncSession, row: Organisation) -> None:
    row.version += 1
    row.updated_at = clock.now()
    session.add(row)


async def _record(session: AsyncSession, actor: Actor, rows: Sequence[Organisation]) -> None:
    happened = [OrganisationChanged(organizer_id=actor.tenant, organisation_id=row.id) for row in rows]
    await outbox.record_all(session, happened, actor.label)
