"""What was agreed to be done (tindak lanjut), and turning it into data items that are requested of organisations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.db import settings_of
from service.domain import (
    channels,
    commitments,
    commitments_requests,
    data_items,
    minutes,
    organisations,
    portal_links,
    workshops,
)
from service.domain.data_items import References
from service.domain.letters_facts import contacts_of
from service.domain.papers import spoken_days
from service.errors import AlreadyRequested, InvalidInput
from service.i18n import gettext as _, speak_date
from service.models.commitments import Commitment
from service.models.commitments_shapes import CommitmentCreate
from service.models.data_items import DataItem, ItemKind
from service.models.data_items_shapes import DataItemCreate
from service.models.messages import Channel, Occasion
from service.models.minutes import FollowUp, Minutes
from service.models.minutes_shapes import Agreed, FollowUpInput, FollowUpRead, FollowUpRequests
from service.models.people import Organisation
from service.models.workshops import Workshop

CODED = "TL"
"""How the codes of data items begin that were made of follow-ups (tindak lanjut)."""
_SLUG = 48


@dataclass(frozen=True)
class Said:
    """One of them as somebody wants it to be."""

    text: str
    organisation_id: UUID | None
    due_date: date | None


@dataclass(frozen=True)
class Asked:
    """An organisation that would be asked, how it would be told, and for what."""

    name: str
    way: Channel
    rows: Sequence[FollowUp]


async def of(session: AsyncSession, workshop_id: UUID) -> Sequence[FollowUp]:
    """All of a workshop, in order."""
    query = select(FollowUp).where(FollowUp.workshop_id == workshop_id)
    return (await session.exec(query.order_by(col(FollowUp.position), col(FollowUp.id)))).all()


async def agreed(session: AsyncSession, workshop_id: UUID) -> list[Agreed]:
    """As minutes tell them: two statements."""
    rows = await of(session, workshop_id)
    names = await organisations.names(session, [row.organisation_id for row in rows])
    return [
        Agreed(text=row.text, organisation=names.get(row.organisation_id, ("", None))[1], due_date=row.due_date)
        for row in rows
    ]


async def reads(session: AsyncSession, workshop_id: UUID) -> list[FollowUpRead]:
    """As the committee sees them: four statements, however many they are."""
    rows = await of(session, workshop_id)
    names = await organisations.names(session, [row.organisation_id for row in rows])
    items = [row.data_item_id for row in rows if row.data_item_id]
    query = select(DataItem.id, DataItem.code).where(col(DataItem.id).in_(items))
    codes = dict((await session.exec(query)).all()) if items else {}
    asked = await _latest(session, workshop_id, items)
    return [_read(row, names.get(row.organisation_id), codes, asked) for row in rows]


async def replace(session: AsyncSession, actor: Actor, kept: Minutes, items: Sequence[FollowUpInput]) -> Minutes:
    """Puts these in place of all others, under the lock by which the minutes are held; equal ids stay the same one.

    Raises InvalidInput for an unknown id or organisation, and where one that was turned into a request would change.
    """
    rows = {row.id: row for row in await of(session, kept.workshop_id)}
    offices = await _offices(session, actor, [item.organisation for item in items])
    before = [(row.id, _said(row)) for row in rows.values()]
    after = []
    for place, item in enumerate(items):
        wanted = Said(item.text, _office(offices, item, place), item.due_date)
        row = _named(rows, item, place) or FollowUp(
            organizer_id=kept.organizer_id, workshop_id=kept.workshop_id, position=place, text=item.text
        )
        if row.data_item_id is not None and _said(row) != wanted:
            raise InvalidInput.at(f"/items/{place}/text", _asked_already())
        row.position, row.text = place, wanted.text
        row.organisation_id, row.due_date = wanted.organisation_id, wanted.due_date
        session.add(row)
        after.append((row.id, wanted))
    if any(row.data_item_id for row in rows.values()):
        raise InvalidInput.at("/items", _asked_already())
    for row in rows.values():
        await session.delete(row)
    return kept if before == after else await minutes.changed(session, actor, kept)


async def requestable(session: AsyncSession, workshop_id: UUID, wanted: Sequence[UUID]) -> list[FollowUp]:
    """These, as they could be turned into requests.

    Raises AlreadyRequested; InvalidInput for an unknown one and one without an organisation.
    """
    known = {row.id: row for row in await of(session, workshop_id)}
    return [_requestable(known, one, place) for place, one in enumerate(dict.fromkeys(wanted))]


async def check_ahead(session: AsyncSession, actor: Actor, rows: Sequence[FollowUp]) -> None:
    """Raises InvalidInput for one whose day has passed: typed, that is a slip; programs may carry old records."""
    today = await commitments.today(session, actor)
    for place, row in enumerate(rows):
        if row.due_date is not None and row.due_date < today:
            advice = _("{day} sudah lewat, jadi langsung terlambat. Pilih tanggal yang akan datang, atau kosongkan.")
            raise InvalidInput.at(f"/follow_ups/{place}/due_date", advice.format(day=speak_date(row.due_date)))


async def are_asked(session: AsyncSession, workshop_id: UUID, wanted: Sequence[UUID]) -> bool:
    """Whether all of these were turned into requests already."""
    asked = {row.id for row in await of(session, workshop_id) if row.data_item_id is not None}
    return set(wanted) <= asked


async def whom(session: AsyncSession, rows: Sequence[FollowUp]) -> list[Asked]:
    """Whom these would go to, and how each is reached: three statements."""
    settings, ids = settings_of(session), {row.organisation_id for row in rows if row.organisation_id}
    query = select(Organisation).where(col(Organisation.id).in_(ids)).order_by(col(Organisation.name))
    links = await portal_links.with_mail(session, ids)
    api = channels.by_api(settings, Occasion.DATA_REQUESTED)
    asked = []
    for office in await session.exec(query):
        emails, phones = contacts_of(office)
        _status, way = channels.choose(emails or [one.email or "" for one in links.get(office.id, [])], phones, api=api)
        asked.append(Asked(office.name, way, [row for row in rows if row.organisation_id == office.id]))
    return asked


async def request(session: AsyncSession, actor: Actor, kept: Minutes, data: FollowUpRequests) -> Sequence[Commitment]:
    """Turns these into data items requested of their organisations at this workshop; each of those is told once.

    Under the lock by which the minutes are held. Raises what `requestable` does; InvalidInput for an unknown dimension.
    """
    rows = await requestable(session, kept.workshop_id, data.follow_ups)
    workshop = await workshops.find(session, actor, kept.workshop_id)
    offices = await organisations.codes(session, [row.organisation_id for row in rows if row.organisation_id])
    wanted = [offices[row.organisation_id] for row in rows if row.organisation_id]
    codes = await _free_codes(session, workshop, len(rows))
    references = await References.of(session, actor, wanted)
    columns = [
        references.columns(_item(row, code, office, workshop, data.dimension))
        for row, code, office in zip(rows, codes, wanted, strict=True)
    ]
    made = await data_items.add_all(session, actor, columns)
    await session.flush()
    for row, item in zip(rows, made, strict=True):
        row.data_item_id = item.id
        session.add(row)
    asked = await commitments_requests.request_all(
        session,
        actor,
        [
            CommitmentCreate(data_item=code, organisation=office, workshop=workshop.id)
            for code, office in zip(codes, wanted, strict=True)
        ],
    )
    await minutes.changed(session, actor, kept)
    return asked


def _item(row: FollowUp, code: str, office: str, workshop: Workshop, dimension: str | None) -> DataItemCreate:
    return DataItemCreate(
        code=code,
        name=row.text,
        item_kind=ItemKind.FOLLOW_UP,
        dimension=dimension,
        requested_from=office,
        due_date=row.due_date,
        description=f"{workshop.title}, {spoken_days(workshop)}",
    )


def _requestable(known: Mapping[UUID, FollowUp], one: UUID, place: int) -> FollowUp:
    row = known.get(one)
    if row is None:
        raise InvalidInput.at(f"/follow_ups/{place}", _("Tindak lanjut tidak dikenal. Muat ulang daftarnya."))
    if row.data_item_id is not None:
        raise AlreadyRequested
    if row.organisation_id is None:
        advice = _("Pilih dahulu instansi yang mengerjakan tindak lanjut ini.")
        raise InvalidInput.at(f"/follow_ups/{place}", advice)
    return row


async def _free_codes(session: AsyncSession, workshop: Workshop, count: int) -> list[str]:
    base = f"{CODED}-{workshop.slug[:_SLUG].strip('-')}-"
    query = select(DataItem.code).where(
        DataItem.organizer_id == workshop.organizer_id, col(DataItem.code).startswith(base, autoescape=True)
    )
    taken = set(await session.exec(query))
    free = (code for n in range(1, count + len(taken) + 1) if (code := f"{base}{n}") not in taken)
    return [next(free) for _place in range(count)]


async def _offices(session: AsyncSession, actor: Actor, codes: Sequence[str | None]) -> dict[str, UUID]:
    return await organisations.ids(session, actor.tenant, {code for code in codes if code})


def _office(offices: Mapping[str, UUID], item: FollowUpInput, place: int) -> UUID | None:
    if item.organisation is None:
        return None
    if item.organisation not in offices:
        raise InvalidInput.at(f"/items/{place}/organisation", _("Kode perangkat daerah tidak dikenal."))
    return offices[item.organisation]


def _named(rows: dict[UUID, FollowUp], item: FollowUpInput, place: int) -> FollowUp | None:
    """The one that is meant, taken out of `rows`."""
    if item.id is None:
        return None
    if item.id not in rows:
        raise InvalidInput.at(f"/items/{place}/id", _("Tindak lanjut tidak dikenal. Muat ulang daftarnya."))
    return rows.pop(item.id)


def _said(row: FollowUp) -> Said:
    return Said(row.text, row.organisation_id, row.due_date)


def _asked_already() -> str:
    return _("Tindak lanjut yang sudah menjadi permintaan data diubah pada halaman komitmennya.")


async def _latest(session: AsyncSession, workshop_id: UUID, items: Sequence[UUID]) -> dict[UUID, Commitment]:
    """The last request for each of these items at the workshop."""
    if not items:
        return {}
    query = select(Commitment).where(Commitment.workshop_id == workshop_id, col(Commitment.data_item_id).in_(items))
    rows = await session.exec(query.order_by(col(Commitment.requested_at), col(Commitment.id)))
    return {row.data_item_id: row for row in rows}


def _read(
    row: FollowUp, office: tuple[str, str] | None, codes: Mapping[UUID, str], asked: Mapping[UUID, Commitment]
) -> FollowUpRead:
    commitment = asked.get(row.data_item_id) if row.data_item_id else None
    return FollowUpRead(
        id=row.id,
        text=row.text,
        organisation=office[0] if office else None,
        organisation_name=office[1] if office else None,
        due_date=row.due_date,
        data_item=codes.get(row.data_item_id) if row.data_item_id else None,
        commitment=commitment.id if commitment else None,
        commitment_status=commitment.commitment_status if commitment else None,
        fulfilment_status=commitment.fulfilment_status if commitment else None,
    )
