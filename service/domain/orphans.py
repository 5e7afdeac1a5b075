"""Files in the store that no row names: of deliveries whose last step never happened, of logos that were replaced."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.models.agreements import AgreementSignature
from service.models.commitments import Commitment, Submission
from service.models.materials import Material
from service.models.organizers import Organizer

GRACE = timedelta(days=1)
"""Younger files may belong to a delivery that is still being written down."""
ALWAYS = 20
NAMING = (
    (Submission.id, Submission.files),
    (Commitment.id, Commitment.evidence),
    (AgreementSignature.id, AgreementSignature.evidence),
    (Organizer.id, Organizer.logo_key),
    (Material.id, Material.file),
)
"""Every column that names files, beside its table's id."""
_AT_ONCE = 500
_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")


async def named(session: AsyncSession) -> set[str]:
    """The places in the store that rows name. Whoever wants what is not named lists the store before."""
    found: set[str] = set()
    for key, value in NAMING:
        last = UUID(int=0)
        while True:
            query = select(key, value).where(col(key) > last).order_by(col(key)).limit(_AT_ONCE)
            rows = (await session.exec(query)).all()
            found.update(place for _id, content in rows for place in _places(content))
            if len(rows) < _AT_ONCE:
                break
            last = rows[-1][0]
    return found


def orphans(stored: Collection[str], named: Collection[str]) -> list[str]:
    """Which of the stored files may be removed: those that no row names."""
    known = set(named)
    return [place for place in stored if place not in known]


def is_doubtful(orphans: Collection[str], named: Collection[str]) -> bool:
    """Whether so many belong to nothing that this is rather the wrong database: then none is removed."""
    return len(orphans) > max(ALWAYS, len(named))


def _places(value: object) -> Iterator[str]:
    if isinstance(value, str) and _KEY.fullmatch(value):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _places(part)
    elif isinstance(value, list):
        for part in value:
            yield from _places(part)
