"""Materials of a workshop: files and links, each for those it is meant for, in the order of the committee."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import and_, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.domain import afterwards
from service.domain.afterwards import Audiences
from service.domain.materials_errors import TooManyMaterials
from service.domain.submissions import DeliveredFile
from service.errors import InvalidInput, NotFound
from service.events import MaterialChanged
from service.i18n import gettext as _
from service.models.materials import Material
from service.models.materials_shapes import MOST_MATERIALS, MaterialFile, MaterialPatch, MaterialRead
from service.models.minutes import Readers

_LONGEST_TITLE = 300


@dataclass(frozen=True)
class New:
    """A material that is to be added: a file that stands in the store already, or an address."""

    title: str
    audience: Readers
    file: DeliveredFile | None = None
    url: str | None = None


def of_files(files: Sequence[DeliveredFile], title: str | None, audience: Readers) -> list[New]:
    """One for each file, called by its name unless it is the only one and has a title. Raises InvalidInput."""
    if title and len(files) > 1:
        advice = _("Kosongkan judul bila mengirim beberapa berkas; nama berkas menjadi judulnya.")
        raise InvalidInput.at("/title", advice)
    return [New(title or file.name[:_LONGEST_TITLE], audience, file=file) for file in files]


async def page(
    session: AsyncSession, workshop_id: UUID, audiences: Audiences, after: tuple[int, UUID] | None, limit: int
) -> Sequence[Material]:
    """Those for these audiences in their order, at most `limit`, after the place and id `after`."""
    query = select(Material).where(
        Material.workshop_id == workshop_id,
        col(Material.removed_at).is_(None),
        col(Material.audience).in_(sorted(audiences)),
    )
    if after is not None:
        place, last = after
        same = and_(col(Material.position) == place, col(Material.id) > last)
        query = query.where(or_(col(Material.position) > place, same))
    return (await session.exec(query.order_by(col(Material.position), col(Material.id)).limit(limit))).all()


async def held(session: AsyncSession, actor: Actor, material_id: UUID) -> Material:
    """One of the actor's house that was not removed, under the lock of its workshop. Raises NotFound."""
    row = await session.get(Material, material_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    # Not its own row: two that move materials in one list would wait for each other.
    await afterwards.hold(session, actor, row.workshop_id)
    await session.refresh(row)
    if row.removed_at is not None:
        raise NotFound
    return row


async def find_open(session: AsyncSession, actor: Actor, material_id: UUID) -> Material:
    """One that the caller, whoever that is, may open. Raises NotFound."""
    row = await session.get(Material, material_id)
    if row is None or row.removed_at is not None:
        raise NotFound
    _workshop, audiences = await afterwards.seen(session, actor, row.workshop_id)
    if row.audience not in audiences:
        raise NotFound
    return row


async def add(session: AsyncSession, actor: Actor, workshop_id: UUID, new: Sequence[New]) -> list[Material]:
    """Adds them at the end. What is there already stays one: a sender whose line was cut sends again.

    Raises NotFound, TooManyMaterials.
    """
    workshop = await afterwards.hold(session, actor, workshop_id)
    there = list(await page(session, workshop_id, afterwards.ALL, None, MOST_MATERIALS))
    answered = []
    for one in new:
        row = next((each for each in there if _is_same(each, one)), None)
        if row is None:
            if len(there) >= MOST_MATERIALS:
                raise TooManyMaterials
            row = Material(
                organizer_id=workshop.organizer_id,
                workshop_id=workshop_id,
                title=one.title,
                audience=one.audience,
                file=_stored(one.file) if one.file else {},
                url=one.url,
                position=there[-1].position + 1 if there else 1,
                by=actor.label,
            )
            there.append(row)
            session.add(row)
            await _record(session, actor, row)
        answered.append(row)
    await session.flush()
    return answered


async def change(session: AsyncSession, actor: Actor, row: Material, data: MaterialPatch) -> Material:
    """Merges a patch into one that is `held`; a new place makes the others give room. Raises InvalidInput."""
    sent = data.model_fields_set
    if "url" in sent and row.file:
        raise InvalidInput.at("/url", _("Materi ini berupa berkas. Tambahkan tautan sebagai materi baru."))
    for name in sorted(sent - {"position"}):
        setattr(row, name, getattr(data, name))
    if "position" in sent:
        await _place(session, row, data.position)
    row.version += 1
    session.add(row)
    await session.flush()
    await _record(session, actor, row)
    return row


async def remove(session: AsyncSession, actor: Actor, material_id: UUID) -> Material:
    """Takes one away for good; its file leaves the store within a day. Raises NotFound."""
    row = await held(session, actor, material_id)
    row.file, row.url = {}, None
    row.removed_at = clock.now()
    row.version += 1
    session.add(row)
    await session.flush()
    await _record(session, actor, row)
    return row


def read(row: Material) -> MaterialRead:
    """What the API shows of it."""
    return MaterialRead(
        id=row.id,
        workshop=row.workshop_id,
        title=row.title,
        audience=row.audience,
        file=MaterialFile.model_validate({name: row.file[name] for name in MaterialFile.model_fields})
        if row.file
        else None,
        link=row.url or f"/api/v1/materials/{row.id}/file",
        version=row.version,
        created_at=row.created_at,
    )


def file_of(row: Material) -> dict[str, object]:
    """The stored file. Raises NotFound for one that stands elsewhere."""
    if not row.file:
        raise NotFound
    return row.file


async def _place(session: AsyncSession, row: Material, place: int) -> None:
    others = [
        one for one in await page(session, row.workshop_id, afterwards.ALL, None, MOST_MATERIALS) if one.id != row.id
    ]
    for position, one in enumerate([*others[: place - 1], row, *others[place - 1 :]], start=1):
        one.position = position
        session.add(one)


def _stored(file: DeliveredFile) -> dict[str, object]:
    """What is kept of a file; nobody looks inside a material."""
    return {name: value for name, value in asdict(file).items() if name != "profile"}


def _is_same(row: Material, one: New) -> bool:
    known = row.file.get("sha256"), row.url
    sent = one.file.sha256 if one.file else None, one.url
    # For others it is another one: a file that is public already would else seem to be the committee's alone.
    return (row.title, row.audience, *known) == (one.title, one.audience, *sent)


async def _record(session: AsyncSession, actor: Actor, row: Material) -> None:
    event = MaterialChanged(organizer_id=row.organizer_id, workshop_id=row.workshop_id, material_id=row.id)
    await outbox.record(session, event, actor.label)
