"""What every event has in common, and how it is read back from the log."""

import re
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

REGISTRY: dict[str, type["Event"]] = {}
"""Every event class by its type."""


class Trace(StrEnum):
    """What of a person an event leaves in the log, and how that goes. Events are kept, so it is never more than an id.

    An id is a pseudonym as long as its row names somebody, and means nobody as soon as that row was anonymised.
    """

    NONE = "none"
    REGISTRATION = "registration"
    HELD = "held_registration"
    INDIRECT = "by_way_of_another_row"
    STAFF = "staff"

    @property
    def erased(self) -> str:
        """How the personal data goes."""
        return _ERASED[self]


_ERASED = {
    Trace.NONE: "There is none.",
    Trace.REGISTRATION: "The ids of registrations mean nobody once those are anonymised.",
    Trace.HELD: "The id of a held registration, whose content is blanked when it is confirmed or has expired.",
    Trace.INDIRECT: "The id of a row that points to a registration, and means nobody once that is anonymised.",
    Trace.STAFF: "The id of an account or key of staff, kept as long as the log: it says who was responsible.",
}


@dataclass(frozen=True, kw_only=True)
class Event:
    """What happened, to which rows. `organizer_id` says in whose house.

    Every kind says in `person` what it leaves of a person. Defining one that does not raises TypeError.
    """

    organizer_id: UUID
    type: ClassVar[str] = ""
    person: ClassVar[Trace]

    def __init_subclass__(cls) -> None:
        noun, _, deed = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower().rpartition("_")
        cls.type = f"{noun}.{deed}"
        if deed == "event":
            return
        if not isinstance(getattr(cls, "person", None), Trace):
            raise TypeError(f"{cls.__name__} does not say how its personal data goes: person: ClassVar[Trace]")
        REGISTRY[cls.type] = cls

    def data(self) -> dict[str, str | int | None]:
        """The event's fields as JSON values, the organizer left out (it stands in its own column)."""
        values = vars(self).items()
        return {
            name: str(value) if isinstance(value, UUID) else value for name, value in values if name != "organizer_id"
        }


def load(event_type: str, organizer_id: UUID, data: dict[str, str | int | None]) -> Event:
    """The event as it was recorded. Raises KeyError for a type this version does not know."""
    cls = REGISTRY[event_type]
    known = {field.name: field.type for field in fields(cls)}
    values = {
        name: UUID(value) if isinstance(value, str) and "UUID" in str(known[name]) else value
        for name, value in data.items()
        if name in known
    }
    return cls(organizer_id=organizer_id, **values)


@dataclass(frozen=True, kw_only=True)
class WorkshopEvent(Event):
    """Something about one workshop. Base of the others; never recorded itself."""

    workshop_id: UUID
