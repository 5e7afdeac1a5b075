"""What every event has in common, and how it is read back from the log."""

import re
from dataclasses import asdict, dataclass, fields
from typing import ClassVar
from uuid import UUID

REGISTRY: dict[str, type["Event"]] = {}
"""Every event class by its type."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """What happened, to which rows. `organizer_id` says in whose house."""

    organizer_id: UUID
    type: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        noun, _, deed = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower().rpartition("_")
        cls.type = f"{noun}.{deed}"
        if deed != "event":
            REGISTRY[cls.type] = cls

    def data(self) -> dict[str, str | int | None]:
        """The event's fields as JSON values, the organizer left out (it stands in its own column)."""
        values = asdict(self)
        del values["organizer_id"]
        return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}


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
