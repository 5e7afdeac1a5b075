"""Who has earned a certificate: the one rule, for the report that counts them and for those who issue them."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from sqlalchemy import Subquery, func, select
from sqlmodel import col

from service.domain.reports.attended import attended_then, per_block
from service.domain.reports.scope import Scope
from service.models.registrations import ParticipantRole, Registration


@dataclass(frozen=True)
class Earning:
    """What a workshop gives and asks for, in hours (JP).

    `total` is what it gives, `enough` the organizer's threshold of that. `attended` are the people with the role
    participant who were in a block at all, whatever became of their registration: columns registration_id, hours.
    """

    total: int
    enough: Decimal
    attended: Subquery

    @property
    def least(self) -> int:
        """The fewest whole hours that suffice; never none, even of a workshop that gives none."""
        return max(1, int(self.enough.to_integral_value(ROUND_CEILING)))


async def earning(scope: Scope) -> Earning:
    """The rule for this workshop at this moment."""
    then = await attended_then(scope)
    blocks = [block for day in await scope.days() for block in day]
    total = sum(block.hours for block in blocks)
    hours = per_block({block.id: block.hours for block in blocks}, then.c.block_id)
    attended = (
        select(then.c.registration_id, func.sum(hours).label("hours"))
        .join(Registration, col(Registration.id) == then.c.registration_id)
        .where(then.c.present == 1, col(Registration.role) == ParticipantRole.PARTICIPANT)
        .group_by(then.c.registration_id)
        .subquery("attended_hours")
    )
    return Earning(total, Decimal(str(scope.organizer.certificate_threshold)) * total, attended)
