"""What hangs on the stages and dimensions of a programme: they are not taken away from under it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.orm import Mapped
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.errors import Refusal
from service.i18n import marked as _
from service.models.data_items import DataItem
from service.models.organizers import Programme
from service.models.programmes_shapes import ProgrammePatch
from service.models.workshops import Workshop


class ProgrammePartInUse(Refusal):
    """`parts`: the codes of the stages and dimensions, and how many data items or workshops use each."""

    code = "programme_part_in_use"
    title = _("Tahap atau dimensi masih dipakai")
    detail = _("Pindahkan dahulu butir data dan kegiatan yang memakainya, lalu hapus.")


class ProgrammeInUse(Refusal):
    """`uses`: how many `data_items` and `workshops` belong to it."""

    code = "programme_in_use"
    title = _("Program ini masih dipakai")
    detail = _(
        "Hanya program tanpa butir data dan kegiatan yang dapat dihapus. Pindahkan semuanya ke program lain dahulu."
    )


@dataclass(frozen=True)
class Uses:
    """How many data items name each dimension, and how many data items and workshops each stage."""

    dimensions: Counter[str]
    stages: Counter[str]


NAMING: Mapping[str, Mapped[UUID | None]] = {
    "data_items": col(DataItem.programme_id),
    "workshops": col(Workshop.programme_id),
}
"""Every column that names a programme."""


async def hanging(session: AsyncSession, row: Programme) -> dict[str, int]:
    """How much of each kind belongs to the programme; nothing for what does not."""
    counts = {
        name: (await session.exec(select(func.count()).where(column == row.id))).one()
        for name, column in NAMING.items()
    }
    return {name: count for name, count in counts.items() if count}


async def of(session: AsyncSession, row: Programme) -> Uses:
    """Counts them. Three statements."""
    dimension, due_stage, stage = col(DataItem.dimension), col(DataItem.due_stage), col(Workshop.stage)
    of_items = DataItem.programme_id == row.id
    by_dimension = select(dimension, func.count()).where(of_items, dimension.is_not(None)).group_by(dimension)
    by_due = select(due_stage, func.count()).where(of_items, due_stage.is_not(None)).group_by(due_stage)
    of_workshops = Workshop.programme_id == row.id
    by_stage = select(stage, func.count()).where(of_workshops, stage.is_not(None)).group_by(stage)
    dimensions = Counter({str(code): count for code, count in await session.exec(by_dimension)})
    stages = Counter({str(code): count for code, count in await session.exec(by_due)})
    stages.update({str(code): count for code, count in await session.exec(by_stage)})
    return Uses(dimensions, stages)


async def check(session: AsyncSession, row: Programme, data: ProgrammePatch) -> None:
    """Raises ProgrammePartInUse for a patch that takes away what is used."""
    gone_stages = _gone(row.stages, {one.code for one in data.stages}) if "stages" in data.model_fields_set else set()
    kept = {one.code for one in data.dimensions}
    gone_dimensions = _gone(row.dimensions, kept) if "dimensions" in data.model_fields_set else set()
    if not gone_stages and not gone_dimensions:
        return
    uses = await of(session, row)
    used = {code: uses.stages[code] for code in gone_stages if uses.stages[code]}
    used |= {code: uses.dimensions[code] for code in gone_dimensions if uses.dimensions[code]}
    if used:
        raise ProgrammePartInUse(parts=dict(sorted(used.items())))


def _gone(parts: list[dict[str, object]], kept: set[str]) -> set[str]:
    return {str(one["code"]) for one in parts} - kept
