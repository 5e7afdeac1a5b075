"""What a list looks like when an office takes it along: heads in the caller's language, rows batch by batch.

Heads are words that an import knows, so that what was exported can be imported again.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import is_postgresql
from service.domain import inviting, workshops
from service.i18n import gettext as _, speak_instant
from service.models.invitations import Invitation
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.workshops import Workshop

BATCH = 200
"""So few that reading them keeps nobody waiting."""
Cell = str | int | float
Row = list[Cell]


@dataclass(frozen=True)
class Batch:
    """Some rows, and the key after which the next ones come; None when these are the last."""

    rows: list[Row]
    after: str | None


@dataclass(frozen=True)
class Title:
    """What a list is called and of what it is; and the zone whose day stands in the file's name."""

    name: str
    slug: str
    timezone: str


@dataclass(frozen=True)
class Organisations:
    """The organisations of a house; `contacts` columns for as many contacts as any of them has."""

    house: Organizer
    contacts: int
    org_class: str | None

    @classmethod
    async def of(cls, session: AsyncSession, actor: Actor, org_class: str | None) -> "Organisations":
        """What the caller may see of them."""
        house = await session.get_one(Organizer, actor.tenant)
        if not actor.may(Permission.CONTACTS_READ):
            return cls(house, 0, org_class)
        length = func.jsonb_array_length if is_postgresql(session) else func.json_array_length
        most = select(func.max(length(col(Organisation.contacts)))).where(Organisation.organizer_id == actor.tenant)
        return cls(house, (await session.exec(most)).one() or 0, org_class)

    @property
    def title(self) -> Title:
        """What the file is called."""
        return Title(_("Daftar instansi"), self.house.slug, self.house.timezone)

    def heads(self) -> Row:
        """The first row."""
        contacts = [
            (_("Kontak {n}: Nama"), _("Kontak {n}: Jabatan"), _("Kontak {n}: Surel"), _("Kontak {n}: Telepon"))
            for _number in range(self.contacts)
        ]
        named = [head.format(n=number) for number, four in enumerate(contacts, 1) for head in four]
        return [_("Kode"), _("Nama"), _("Kelas"), _("Jenis"), *named]

    async def batch(self, session: AsyncSession, actor: Actor, after: str | None) -> Batch:
        """The rows after that code."""
        query = select(Organisation).where(Organisation.organizer_id == actor.tenant)
        if self.org_class:
            query = query.where(Organisation.org_class == self.org_class)
        if after is not None:
            query = query.where(col(Organisation.code) > after)
        found = (await session.exec(query.order_by(Organisation.code).limit(BATCH))).all()
        return Batch([self._row(row) for row in found], found[-1].code if len(found) == BATCH else None)

    def _row(self, row: Organisation) -> Row:
        four = ("name", "position", "email", "phone")
        said = [contact.get(part) or "" for contact in row.contacts[: self.contacts] for part in four]
        return [row.code, row.name, row.org_class, row.kind or "", *said]


@dataclass(frozen=True)
class Invitations:
    """The invitations of a workshop; `links` only for who may send them."""

    workshop: Workshop
    links: bool

    @classmethod
    async def of(cls, session: AsyncSession, actor: Actor, workshop_id: UUID) -> "Invitations":
        """What the caller may see of them. Raises NotFound."""
        workshop = await workshops.find(session, actor, workshop_id)
        return cls(workshop, actor.may(Permission.INVITATIONS_WRITE))

    @property
    def title(self) -> Title:
        """What the file is called."""
        return Title(_("Daftar undangan"), self.workshop.slug, self.workshop.timezone)

    def heads(self) -> Row:
        """The first row."""
        heads: Row = [_("Kode instansi"), _("Instansi"), _("Status"), _("Kuota luring"), _("Kuota daring")]
        heads += [_("Ditunjuk luring"), _("Ditunjuk daring"), _("Menunggu luring"), _("Menunggu daring")]
        heads += [_("Nomor surat"), _("Tanggal surat"), _("Yth."), _("Batas waktu"), _("Alasan")]
        return [*heads, _("Tautan")] if self.links else heads

    async def batch(self, session: AsyncSession, actor: Actor, after: str | None) -> Batch:
        """The rows after that id."""
        query = select(Invitation).where(Invitation.workshop_id == self.workshop.id)
        if after is not None:
            query = query.where(col(Invitation.id) > UUID(after))
        found = (await session.exec(query.order_by(col(Invitation.id)).limit(BATCH))).all()
        statuses = {"sent": _("Terkirim"), "declined": _("Menolak"), "withdrawn": _("Ditarik")}
        rows: list[Row] = []
        for one in await inviting.read_many(session, actor, found):
            counts = [one.quota, one.named, one.waiting]
            seats: Row = ["" if n is None else n for quota in counts for n in (quota.offline, quota.online)]
            due = speak_instant(one.deadline, self.workshop.timezone) if one.deadline else ""
            row: Row = [one.organisation, one.organisation_name, statuses[one.status], *seats]
            row += [one.letter_number or "", one.letter_date or "", one.addressee or "", due, one.reason or ""]
            rows.append([*row, one.link or ""] if self.links else row)
        return Batch(rows, str(found[-1].id) if len(found) == BATCH else None)
