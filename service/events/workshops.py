"""What happens to a workshop: its plan, rooms, devices and reminders."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from service.events.base import Trace, WorkshopEvent


@dataclass(frozen=True, kw_only=True)
class WorkshopCreated(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE


@dataclass(frozen=True, kw_only=True)
class WorkshopChanged(WorkshopEvent):
    """`what` names the changed parts, comma-separated: time, modality, venue, agenda, capacity, details, messaging,
    letter, self_checkin.
    """

    person: ClassVar[Trace] = Trace.NONE
    what: str


@dataclass(frozen=True, kw_only=True)
class WorkshopPublished(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE


@dataclass(frozen=True, kw_only=True)
class WorkshopCancelled(WorkshopEvent):
    """`silent`: who is registered is not written to."""

    person: ClassVar[Trace] = Trace.NONE
    silent: bool = False


@dataclass(frozen=True, kw_only=True)
class WorkshopRemoved(WorkshopEvent):
    """Made by mistake: it was never announced, and nobody belonged to it."""

    person: ClassVar[Trace] = Trace.NONE


@dataclass(frozen=True, kw_only=True)
class WorkshopCompleted(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE


@dataclass(frozen=True, kw_only=True)
class ReminderFired(WorkshopEvent):
    """It is time for a reminder."""

    person: ClassVar[Trace] = Trace.NONE
    reminder_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomRequested(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE
    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomOpened(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE
    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomCancelled(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE
    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomReplaced(WorkshopEvent):
    """`room_id` takes the place of `former_id`; nobody's link changes."""

    person: ClassVar[Trace] = Trace.NONE
    room_id: UUID
    former_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomFailed(WorkshopEvent):
    """The provider will not make the room; staff have to look."""

    person: ClassVar[Trace] = Trace.NONE
    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomCheckRequested(WorkshopEvent):
    """Who has a link of the provider and who should have one is to be compared."""

    person: ClassVar[Trace] = Trace.NONE
    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomReportRequested(WorkshopEvent):
    """A use of the room is over: the provider's report of who was there is to be fetched."""

    person: ClassVar[Trace] = Trace.NONE
    room_id: UUID


@dataclass(frozen=True, kw_only=True)
class RoomNoticed(WorkshopEvent):
    """The provider told what happened in a room."""

    person: ClassVar[Trace] = Trace.INDIRECT
    room_id: UUID
    notice_id: UUID


@dataclass(frozen=True, kw_only=True)
class DeviceAdded(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE
    device_id: UUID


@dataclass(frozen=True, kw_only=True)
class DeviceRevoked(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE
    device_id: UUID


@dataclass(frozen=True, kw_only=True)
class ScreenAdded(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE
    screen_id: UUID


@dataclass(frozen=True, kw_only=True)
class ScreenRevoked(WorkshopEvent):
    person: ClassVar[Trace] = Trace.NONE
    screen_id: UUID


@dataclass(frozen=True, kw_only=True)
class MinutesChanged(WorkshopEvent):
    """The minutes, or what is to be followed up."""

    person: ClassVar[Trace] = Trace.NONE


@dataclass(frozen=True, kw_only=True)
class MaterialChanged(WorkshopEvent):
    """A material was added, changed or removed."""

    person: ClassVar[Trace] = Trace.NONE
    material_id: UUID


@dataclass(frozen=True, kw_only=True)
class AnnouncementMade(WorkshopEvent):
    """The committee wrote to participants."""

    person: ClassVar[Trace] = Trace.NONE
    announcement_id: UUID
