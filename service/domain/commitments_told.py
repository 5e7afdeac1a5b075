"""What a commitment's history tells as of a moment: who is to act next, which later date is asked for."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row

from service.auth import ActorKind
from service.domain.commitments_as_of import OWING_DELIVERIES, OWING_PROMISES, REFUSED, SETTLED
from service.domain.commitments_lives import Change
from service.models.commitments import Axis, CommitmentStatus, FulfilmentStatus


def extension_asked(row: Row[*tuple[Any, ...]], history: Sequence[Change], at: datetime) -> Change | None:
    """The request for a later date that waited for an answer at `at`, of a row of commitments; `history` ends there."""
    if row.changed_at <= at and row.requested_until is None:
        return None
    overtaken: date | None = None
    for entry in reversed(history):
        if entry.axis is Axis.EXTENSION:
            waits = entry.after != REFUSED and not (overtaken and overtaken >= date.fromisoformat(entry.after))
            return entry if waits else None
        if entry.after in SETTLED:
            return None
        if entry.axis is Axis.DUE_DATE:
            # A date that follows a workshop is no answer of the steward's.
            if entry.by.partition(":")[0] != ActorKind.SYSTEM:
                return None
            overtaken = max(overtaken or date.min, date.fromisoformat(entry.after))
    return None


def agreement(history: Sequence[Change]) -> str | None:
    """Code of the formal agreement that it had become part of."""
    return next((entry.after for entry in reversed(history) if entry.axis is Axis.AGREEMENT), None)


def waiting_on(
    promise: CommitmentStatus, delivery: FulfilmentStatus, *, asked: bool, organisation: str, steward: str
) -> str | None:
    """Who is to act next: the code of the organisation or of the steward; None when nobody."""
    if promise not in OWING_PROMISES or delivery is FulfilmentStatus.ACCEPTED:
        return None
    return organisation if delivery in OWING_DELIVERIES and not asked else steward
