"""Commitments as a list to take along, with the filters of the list and as of the same moment."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row as Found, func, select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import commitments_told as told
from service.domain.attendance import rows_of
from service.domain.commitments_as_of import Moment
from service.domain.commitments_filters import Filters, chosen
from service.domain.exports import BATCH, Batch, Row, Title
from service.domain.exports_data_items import kind_words
from service.i18n import gettext as _
from service.models.commitments import Commitment, CommitmentStatus, FulfilmentStatus, Submission
from service.models.data_items import DataItem
from service.models.organizers import Holiday, Organizer
from service.models.people import Organisation
from service.models.workshops import Workshop


def promise_words() -> dict[CommitmentStatus, str]:
    """What the states of a promise are called."""
    return {
        CommitmentStatus.REQUESTED: _("Diminta"),
        CommitmentStatus.COMMITTED: _("Berkomitmen"),
        CommitmentStatus.DECLINED: _("Menolak/Tidak tersedia"),
        CommitmentStatus.WITHDRAWN: _("Dicabut"),
    }


def delivery_words() -> dict[FulfilmentStatus, str]:
    """What the states of a delivery are called."""
    return {
        FulfilmentStatus.NOT_SUBMITTED: _("Belum diserahkan"),
        FulfilmentStatus.SUBMITTED: _("Menunggu verifikasi"),
        FulfilmentStatus.RETURNED: _("Dikembalikan untuk perbaikan"),
        FulfilmentStatus.ACCEPTED: _("Diterima"),
    }


@dataclass(frozen=True)
class Commitments:
    """The commitments of a house that the filters let through, as they stood at one moment."""

    house: Organizer
    when: Moment
    wanted: Filters
    holidays: frozenset[date]

    @classmethod
    async def of(
        cls, session: AsyncSession, actor: Actor, wanted: Filters, as_of: date | datetime | None
    ) -> "Commitments":
        """What the caller may see of them; every batch is told as of the same moment."""
        house = await session.get_one(Organizer, actor.tenant)
        days = await session.exec(select(col(Holiday.day)).where(Holiday.organizer_id == house.id))
        return cls(house, Moment.of(as_of, house.timezone), wanted, frozenset(days.all()))

    @property
    def title(self) -> Title:
        """What the file is called."""
        return Title(_("Daftar komitmen"), self.house.slug, self.house.timezone)

    def heads(self) -> Row:
        """The first row."""
        heads: Row = [_("Kode komitmen"), _("Kegiatan"), _("Kode data"), _("Nama data"), _("Jenis"), _("Dimensi")]
        heads += [_("Kode instansi"), _("Instansi"), _("Tenggat"), _("Komitmen"), _("Penyerahan")]
        heads += [_("Terlambat (hari kerja)"), _("Menunggu"), _("Pejabat yang menyatakan"), _("Jumlah penyerahan")]
        return heads

    async def batch(self, session: AsyncSession, actor: Actor, after: str | None) -> Batch:
        """The rows after that code."""
        found = await self._found(session, actor, after)
        return Batch([self._row(one) for one in found], found[-1].code if len(found) == BATCH else None)

    async def _found(self, session: AsyncSession, actor: Actor, after: str | None) -> list[Found[*tuple[Any, ...]]]:
        shown = await chosen(session, actor, self.when, self.wanted, after, BATCH)
        handed_in = (
            sql_select(func.count())
            .where(col(Submission.commitment_id) == shown.c.id, col(Submission.submitted_at) <= self.when.at)
            .correlate(shown)
            .scalar_subquery()
        )
        query = (
            sql_select(
                col(Commitment.code),
                col(Workshop.title),
                col(DataItem.code).label("item"),
                col(DataItem.name).label("item_name"),
                col(DataItem.item_kind),
                col(DataItem.dimension),
                col(Organisation.code).label("organisation"),
                col(Organisation.name).label("organisation_name"),
                col(Commitment.signatory_office),
                handed_in.label("deliveries"),
                *(one for one in shown.c if one.name != "id"),
            )
            .join(shown, shown.c.id == col(Commitment.id))
            .join(Workshop, col(Workshop.id) == col(Commitment.workshop_id))
            .join(DataItem, col(DataItem.id) == col(Commitment.data_item_id))
            .join(Organisation, col(Organisation.id) == col(Commitment.organisation_id))
            .order_by(col(Commitment.code))
        )
        return list(await rows_of(session, query))

    def _row(self, one: Found[*tuple[Any, ...]]) -> Row:
        late = clock.working_days(one.due_date, self.when.day, self.holidays) if one.overdue else ""
        waiting = told.waiting_on(
            one.commitment_status,
            one.fulfilment_status,
            asked=one.extension_asked,
            organisation=one.organisation,
            steward=self.house.steward_code or self.house.slug,
        )
        promised = one.commitment_status in (CommitmentStatus.COMMITTED, CommitmentStatus.WITHDRAWN)
        row: Row = [one.code, one.title, one.item, one.item_name, kind_words()[one.item_kind], one.dimension or ""]
        row += [one.organisation, one.organisation_name, one.due_date.isoformat() if one.due_date else ""]
        row += [promise_words()[one.commitment_status], delivery_words()[one.fulfilment_status], late, waiting or ""]
        return [*row, (one.signatory_office if promised else None) or "", one.deliveries]
