"""The catalogue as a list, with heads and words that its import knows."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.domain import data_items
from service.domain.data_items import Filters
from service.domain.exports import BATCH, Batch, Row, Title
from service.i18n import gettext as _
from service.models.data_items import ItemKind
from service.models.data_items_shapes import DataItemRead
from service.models.organizers import Organizer


def kind_words() -> dict[ItemKind, str]:
    """What the kinds of data items are called."""
    return {
        ItemKind.DATA: _("Data"),
        ItemKind.NEED: _("Kebutuhan"),
        ItemKind.PROGRAMME: _("Program"),
        ItemKind.EVIDENCE: _("Bukti pendukung"),
        ItemKind.FOLLOW_UP: _("Tindak lanjut"),
    }


@dataclass(frozen=True)
class DataItems:
    """The catalogue of a house."""

    house: Organizer

    @classmethod
    async def of(cls, session: AsyncSession, actor: Actor) -> "DataItems":
        """The caller's own."""
        return cls(await session.get_one(Organizer, actor.tenant))

    @property
    def title(self) -> Title:
        """What the file is called."""
        return Title(_("Katalog data"), self.house.slug, self.house.timezone)

    def heads(self) -> Row:
        """The first row."""
        heads: Row = [_("Kode"), _("Nama data"), _("Jenis"), _("Program"), _("Dimensi"), _("Subdimensi")]
        heads += [_("Bentuk data"), _("Buku masterplan"), _("Kode perangkat daerah"), _("Tenggat"), _("Tahap")]
        return [*heads, _("Hari kerja dari kegiatan"), _("Kelas akses"), _("Data pribadi"), _("Keterangan")]

    async def batch(self, session: AsyncSession, actor: Actor, after: str | None) -> Batch:
        """The rows after that code."""
        found = await data_items.page(session, actor, Filters(), [after] if after is not None else None, BATCH)
        words = kind_words()
        rows = [_row(read, words) for read in await data_items.reads(session, actor, found)]
        return Batch(rows, found[-1].code if len(found) == BATCH else None)


def _row(read: DataItemRead, words: dict[ItemKind, str]) -> Row:
    row: Row = [read.code, read.name, words[read.item_kind], read.programme or "", read.dimension or ""]
    row += [read.sub_dimension or "", read.data_kind or "", read.masterplan_book or "", read.requested_from or ""]
    row += [read.due_date.isoformat() if read.due_date else "", read.due_stage or ""]
    row += ["" if read.due_days is None else read.due_days, read.access_class or ""]
    return [*row, _("ya") if read.contains_personal_data else _("tidak"), read.description]
