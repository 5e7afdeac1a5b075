"""What must hold of a workshop's seats after every step, reckoned from the rows apart from the service."""

from collections import Counter
from datetime import datetime
from uuid import UUID

from service.models.invitations import Invitation
from service.models.registrations import LIVE, Registration, RegistrationStatus
from service.models.workshops import Capacity, Mode

WAITLISTED, CONFIRMED = RegistrationStatus.WAITLISTED, RegistrationStatus.CONFIRMED


class SeatRules:
    """`rows` and `invited` are the workshop's as they are now, `before` its capacity row as it was a step ago."""

    rows: dict[UUID, Registration]
    invited: dict[UUID, Invitation]
    before: Capacity | None
    workshop_id: UUID

    def counts_are_what_is_counted(self, capacity: Capacity) -> None:
        seated = Counter(one.mode for one in self.rows.values() if one.holds_seat)
        assert (capacity.offline_taken, capacity.online_taken) == (seated[Mode.OFFLINE], seated[Mode.ONLINE])
        assert capacity.offline_reserved == sum(one.held_offline for one in self.invited.values())
        assert capacity.online_reserved == sum(one.held_online for one in self.invited.values())
        for one in self.rows.values():
            assert not one.holds_seat or one.status is CONFIRMED
            assert not one.quota_seat or (one.holds_seat and one.invitation_id)
            assert (one.status is WAITLISTED) == (one.queued_at is not None) or one.status not in LIVE
        numbers = [one.number for one in self.rows.values()]
        assert len(set(numbers)) == len(numbers)
        holding = [
            one for one in self.invited.values() if one.status == "sent" and one.deadline and not one.released_at
        ]
        assert capacity.release_due_at == min((one.deadline for one in holding if one.deadline), default=None)
        for row in self.invited.values():
            for mode, held, quota in (
                (Mode.OFFLINE, row.held_offline, row.quota_offline),
                (Mode.ONLINE, row.held_online, row.quota_online),
            ):
                delegates = [one for one in self.rows.values() if one.invitation_id == row.id and one.mode is mode]
                assert held == 0 or (row in holding and quota is not None)
                assert held == 0 or held + sum(one.holds_seat for one in delegates) <= (quota or 0)

    def nothing_beyond_the_limit(self, capacity: Capacity) -> None:
        """A limit may be lowered below what is taken or promised; then nothing is added."""
        past = self.before or Capacity(workshop_id=self.workshop_id)
        for limit, now, then in (
            (capacity.offline_limit, capacity.offline_taken, past.offline_taken),
            (capacity.online_limit, capacity.online_taken, past.online_taken),
            (
                capacity.offline_limit,
                capacity.offline_taken + capacity.offline_reserved,
                past.offline_taken + past.offline_reserved,
            ),
            (
                capacity.online_limit,
                capacity.online_taken + capacity.online_reserved,
                past.online_taken + past.online_reserved,
            ),
        ):
            assert limit is None or now <= max(limit, then)

    def nobody_waits_in_vain(self, capacity: Capacity) -> None:
        groups: dict[UUID, list[Mode]] = {}
        for one in self.rows.values():
            if one.status is not WAITLISTED:
                continue
            invitation = self.invited[one.invitation_id] if one.invitation_id else None
            if invitation and invitation.all_or_none:
                groups.setdefault(invitation.id, []).append(one.mode)
            else:
                assert room(capacity, one.mode, invitation) == 0
        for invitation_id, needed in groups.items():
            rooms = {mode: room(capacity, mode, self.invited[invitation_id]) for mode in Mode}
            assert any(rooms[mode] < wanted for mode, wanted in Counter(needed).items())

    def groups_come_together(self, rows: dict[UUID, Registration], invited: dict[UUID, Invitation]) -> None:
        for invitation_id, invitation in invited.items():
            if not (invitation.all_or_none and self.invited[invitation_id].all_or_none):
                continue
            waited = [
                id_ for id_, one in rows.items() if one.invitation_id == invitation_id and one.status is WAITLISTED
            ]
            assert len({self.rows[one].status for one in waited if self.rows[one].status in LIVE}) <= 1

    def nobody_is_overtaken(self, rows: dict[UUID, Registration]) -> None:
        """Seats of the pool go by the queue, in which a group stands where the last of it stands."""
        waited = [one for one in rows.values() if one.status is WAITLISTED]
        last: dict[UUID | None, tuple[datetime, int]] = {}
        for one in waited:
            last[one.invitation_id] = max(last.get(one.invitation_id, place(one)), place(one))
        for mode in Mode:
            waits = [place(one) for one in waited if one.mode is mode and self.waits_alone(one.id, mode)]
            got = [
                last[one.invitation_id] if self.grouped(one) else place(one)
                for one in waited
                if one.mode is mode and self.sits_in_the_pool(self.rows[one.id], mode)
            ]
            assert not (waits and got) or max(got) < min(waits)
            newcomers = [one for one in self.rows.values() if one.id not in rows and self.sits_in_the_pool(one, mode)]
            assert not waits or all(one.substitute_for_id or self.grouped(one) for one in newcomers)

    def sits_in_the_pool(self, row: Registration, mode: Mode) -> bool:
        return row.holds_seat and row.mode is mode and not row.quota_seat

    def waits_alone(self, one: UUID, mode: Mode) -> bool:
        row = self.rows[one]
        return row.status is WAITLISTED and row.mode is mode and not self.grouped(row)

    def grouped(self, row: Registration) -> bool:
        return row.invitation_id is not None and self.invited[row.invitation_id].all_or_none


def place(row: Registration) -> tuple[datetime, int]:
    assert row.queued_at
    return row.queued_at, row.number


def room(capacity: Capacity, mode: Mode, invitation: Invitation | None) -> float:
    """Seats that are left for a delegate of that invitation, reckoned apart from the service."""
    offline = mode is Mode.OFFLINE
    limit = capacity.offline_limit if offline else capacity.online_limit
    if limit is None:
        return float("inf")
    taken = capacity.offline_taken if offline else capacity.online_taken
    reserved = capacity.offline_reserved if offline else capacity.online_reserved
    own = (invitation.held_offline if offline else invitation.held_online) if invitation else 0
    return max(0, min(limit - taken, max(0, limit - taken - reserved) + own))
