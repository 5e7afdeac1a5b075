"""Organisations by dimensions: the map that shows at a glance who must act on what. Counted in commitments."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import col

from service.domain.commitments_as_of import OWING_PROMISES, overdue, owes
from service.domain.reports.commitments import DIMENSION, its_item, its_office
from service.domain.reports.scope import Scope, count_of, in_order
from service.domain.reports.tables_names import offices
from service.models.commitments import CommitmentStatus, FulfilmentStatus
from service.models.dashboard_shapes import CellRead, MatrixDimension, MatrixRead, MatrixRow
from service.models.data_items import DataItem
from service.models.people import Organisation


class _Counts(NamedTuple):
    asked: int
    standing: int
    committed: int
    accepted: int
    awaiting_review: int
    owes: int
    overdue: int


async def matrix(scope: Scope) -> MatrixRead:
    """See `MatrixRead`. What was declined or withdrawn is asked, but neither stands nor counts as delivered."""
    names: dict[str, tuple[str, str]] = {}
    found: dict[str, dict[str, _Counts]] = {}
    for code, name, org_class, dimension, *counts in await _rows(scope):
        names[code] = name, org_class
        found.setdefault(code, {})[dimension] = _Counts(*(int(count) for count in counts))
    words = await offices(scope.session, scope.organizer, scope.workshop)
    order = in_order(await scope.dimensions(), sorted({dimension for row in found.values() for dimension in row}))
    return MatrixRead(
        workshop=scope.workshop.id,
        as_of=scope.echo,
        dimensions=[
            MatrixDimension(
                code=one, label=words.dimension(one), total=_sum(row[one] for row in found.values() if one in row)
            )
            for one in order
        ],
        organisations=[
            MatrixRow(
                code=code,
                name=name,
                org_class=org_class,
                cells={one: _sum([found[code][one]]) for one in order if one in found[code]},
                total=_sum(found[code].values()),
            )
            for code, (name, org_class) in sorted(names.items())
        ],
        total=_sum(counts for row in found.values() for counts in row.values()),
    )


async def _rows(scope: Scope) -> Iterable[tuple[str, str, str, str, *tuple[int, ...]]]:
    then = await scope.commitments()
    stands = then.c.commitment_status.in_(OWING_PROMISES)
    query = (
        select(
            col(Organisation.code),
            col(Organisation.name),
            col(Organisation.org_class),
            DIMENSION,
            func.count(),
            count_of(stands),
            count_of(then.c.commitment_status == CommitmentStatus.COMMITTED),
            count_of(stands & (then.c.fulfilment_status == FulfilmentStatus.ACCEPTED)),
            count_of(stands & (then.c.fulfilment_status == FulfilmentStatus.SUBMITTED)),
            count_of(owes(then)),
            count_of(overdue(then, scope.moment.day)),
        )
        .select_from(then)
        .join(DataItem, its_item(scope, then))
        .join(Organisation, its_office(scope, then))
        .group_by(col(Organisation.id), DIMENSION)
    )
    return [tuple(row) for row in await scope.rows(query)]


def _sum(parts: Iterable[_Counts]) -> CellRead:
    rows = list(parts)
    total = _Counts(*(sum(column) for column in zip(*rows, strict=True))) if rows else _Counts(*[0] * 7)
    share = round(total.accepted * 100 / total.standing, 1) if total.standing else None
    return CellRead(**total._asdict(), accepted_pct=share)
