"""Organisations: agencies and outside bodies, their contacts, and the link of their portal."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, Subquery, func, literal, or_, select as sql_select, tuple_, union_all
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import settings_of
from service.domain.identity import normalise_phone, stored_email
from service.errors import CodeTaken, InvalidInput, NotFound
from service.events import OrganisationChanged
from service.i18n import gettext as _
from service.models.people import Organisation, OrganisationAlias
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
    found = (await session.exec(query)).first()
    if found is not None:
        return found
    now = select(Organisation).join(OrganisationAlias, col(OrganisationAlias.organisation_id) == col(Organisation.id))
    now = now.where(OrganisationAlias.organizer_id == organizer_id, OrganisationAlias.code == code)
    if lock:
        now = now.with_for_update(of=Organisation).execution_options(populate_existing=True)
    return (await session.exec(now)).first()


def by_any_code() -> Subquery:
    """`organizer_id`, `code` and `id` of organisations, also by the codes of those that were merged into them."""
    own = select(Organisation.organizer_id, Organisation.code, Organisation.id)
    former = select(OrganisationAlias.organizer_id, OrganisationAlias.code, OrganisationAlias.organisation_id)
    return union_all(own, former).subquery("by_any_code")


def of_code(code: str, organizer_id: UUID | None = None) -> Select[tuple[UUID]]:
    """The id behind a code, also a former one, for a query that looks at one house's rows only."""
    known = by_any_code()
    found = sql_select(known.c.id).where(known.c.code == code)
    return found if organizer_id is None else found.where(known.c.organizer_id == organizer_id)


async def ids(session: AsyncSession, organizer_id: UUID, codes: Collection[str]) -> dict[str, UUID]:
    """The organisations of these codes, also former ones."""
    if not codes:
        return {}
    known = by_any_code()
    query = select(known.c.code, known.c.id).where(known.c.organizer_id == organizer_id, known.c.code.in_(set(codes)))
    return dict((await session.exec(query)).all())


async def current(session: AsyncSession, organizer_id: UUID, codes: Sequence[str]) -> list[str]:
    """The codes as they are now, in their order: that of a merged organisation is the code of the one that stays."""
    former = select(OrganisationAlias.code, Organisation.code).join(
        Organisation, col(Organisation.id) == col(OrganisationAlias.organisation_id)
    )
    former = former.where(OrganisationAlias.organizer_id == organizer_id, col(OrganisationAlias.code).in_(codes))
    renamed = dict((await session.exec(former)).all())
    return [renamed.get(code, code) for code in codes]


async def as_now(session: AsyncSession, organisation_id: UUID) -> Organisation:
    """What an event calls by an id: that organisation, or the one that it was merged into since."""
    former = await session.get(OrganisationAlias, organisation_id)
    return await session.get_one(Organisation, former.organisation_id if former else organisation_id)


async def page(
    session: AsyncSession,
    organizer_id: UUID,
    org_class: str | None,
    after: list[str] | None,
    limit: int,
    words: str | None = None,
    *,
    by_name: bool = False,
) -> Sequence[Organisation]:
    """Organisations by code, at most `limit`, after the code `after`; `words` is a part of the code or name.

    `by_name`: as people look for them; `after` is the code of the last one all the same.
    """
    query = select(Organisation).where(Organisation.organizer_id == organizer_id)
    if org_class is not None:
        query = query.where(Organisation.org_class == org_class)
    if words:
        parts = (col(Organisation.code), col(Organisation.name))
        query = query.where(or_(*(part.icontains(words, autoescape=True) for part in parts)))
    name = func.lower(Organisation.name)
    if after is not None and by_name:
        last = select(name).where(Organisation.organizer_id == organizer_id, Organisation.code == after[0])
        query = query.where(tuple_(name, col(Organisation.code)) > tuple_(last.scalar_subquery(), literal(after[0])))
    elif after is not None:
        query = query.where(col(Organisation.code) > after[0])
    order = [name, col(Organisation.code)] if by_name else [col(Organisation.code)]
    return (await session.exec(query.order_by(*order).limit(limit))).all()


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
        "email": (stored_email, _("Isi dengan alamat surel, misalnya nama@contoh.go.id.")),
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
