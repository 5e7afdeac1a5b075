"""What a seat costs and brings: the arithmetic of the capacity row. The caller holds that row's lock."""

from service import clock
from service.domain.workshops import offered_modes, registration_state, seats_left
from service.errors import Full, ModeNotOffered, RegistrationClosed, RegistrationNotOpen
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Capacity, Mode, RegistrationState, Workshop


def check_open(workshop: Workshop, capacity: Capacity) -> None:
    """Raises RegistrationNotOpen with `opens_at`, RegistrationClosed."""
    state = registration_state(workshop, capacity, clock.now())
    if state is RegistrationState.NOT_OPEN:
        assert workshop.registration_opens_at
        raise RegistrationNotOpen(
            opens_at=workshop.registration_opens_at.astimezone(clock.zone(workshop.timezone)).isoformat()
        )
    if state is RegistrationState.CLOSED:
        raise RegistrationClosed


def check_offered(workshop: Workshop, mode: Mode) -> None:
    """Raises ModeNotOffered."""
    if mode not in offered_modes(workshop):
        raise ModeNotOffered


def next_status(workshop: Workshop, capacity: Capacity, mode: Mode) -> RegistrationStatus:
    """What a new registration gets now. Raises ModeNotOffered, Full."""
    check_offered(workshop, mode)
    return RegistrationStatus.PENDING if workshop.approval else seat_or_queue(workshop, capacity, mode)


def seat_or_queue(workshop: Workshop, capacity: Capacity, mode: Mode) -> RegistrationStatus:
    """A seat while there is one, else the queue. Raises Full when the workshop keeps no queue."""
    if seats_left(capacity, mode) != 0:
        return RegistrationStatus.CONFIRMED
    if not workshop.waiting_list:
        raise Full
    return RegistrationStatus.WAITLISTED


def next_number(capacity: Capacity) -> int:
    """The next registration number of the workshop."""
    capacity.last_number += 1
    return capacity.last_number


def count(capacity: Capacity, mode: Mode, change: int) -> None:
    """Takes (+1) or frees (-1) a seat of the mode."""
    if mode is Mode.OFFLINE:
        capacity.offline_taken += change
    else:
        capacity.online_taken += change


def take_place(capacity: Capacity, row: Registration) -> None:
    """What a status brings with it: a seat and its time, or a place in the queue."""
    now = clock.now()
    if row.status is RegistrationStatus.CONFIRMED and not row.holds_seat:
        row.holds_seat = True
        row.confirmed_at = row.confirmed_at or now
        row.queued_at = None
        count(capacity, row.mode, 1)
    elif row.status is RegistrationStatus.WAITLISTED:
        row.queued_at = row.queued_at or now


def close(capacity: Capacity, row: Registration, reason: str | None) -> None:
    """Cancels a registration and counts its seat back."""
    if row.holds_seat:
        count(capacity, row.mode, -1)
    row.holds_seat = False
    row.status = RegistrationStatus.CANCELLED
    row.cancelled_at = clock.now()
    row.reason = reason
    row.queued_at = None
    row.sequence += 1
    touch(row)


def touch(row: Registration) -> None:
    """One more change."""
    row.version += 1
    row.updated_at = clock.now()
