"""Who is not written to any more: whoever took the consent back, and whom nothing here is about."""

from service.models.messages import Occasion
from service.models.registrations import Registration


def is_silent(row: Registration, occasion: Occasion) -> bool:
    """Whether nothing goes to this person on this occasion: the cancellation that a withdrawal brings is the last."""
    last = occasion is Occasion.CANCELLED and row.contact_key is not None
    return row.anonymised_at is not None or (row.withdrawn_at is not None and not last)
