"""What happens to a workshop: its plan, rooms, devices and reminders."""

from dataclasses import dataclass
from uuid import UUID

from service.events.base import WorkshopEvent


@dataclass(frozen=True, kw_only=True)
class WorkshopCreated(WorkshopEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class WorkshopChanged(WorkshopEvent):
    """`what` names the changed parts, comma-separated: time, venue, agenda, capacity, details, messaging."""

    what: str


@dataclass(frozen=True, kw_only=True)
class WorkshopPublished(WorkshopEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class WorkshopCancelled(WorkshopEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class WorkshopCompleted(WorkshopEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ReminderFired(WorkshopEvent):
    """It is time for a reminder."""

    reminder_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomRequested(WorkshopEvent):
    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomOpened(WorkshopEvent):
    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomCancelled(WorkshopEvent):
    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomReplaced(WorkshopEvent):
    """`room_id` takes the place of `former_id`; nobody's link changes."""

    room_id: UUID
    former_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomFailed(WorkshopEvent):
    """The provider will not make the room; staff have to look."""

    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomCheckRequested(WorkshopEvent):
    """Who has a link of the provider and who should have one is to be compared."""

    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomReportRequested(WorkshopEvent):
    """A use of the room is over: the provider's report of who was there is to be fetched."""

    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomNoticed(WorkshopEvent):
    """The provider told what happened in a room."""

    room_id: UUID
    notice_id: UUID


@dataclass(frozen=True, kw_only=True)
class DeviceAdded(WorkshopEvent):
    device_id: UUID


@dataclass(frozen=True, kw_only=True)
class DeviceRevoked(WorkshopEvent):
    device_id: UUID
