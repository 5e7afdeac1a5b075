"""What people are shown of their own data, and what they are answered who end it."""

from datetime import datetime

from pydantic import Field

from service.models.attendance import Direction, Method, Verdict
from service.models.certificates_shapes import OwnCertificate
from service.models.columns import Line, Shape
from service.models.messages import Channel, MessageStatus
from service.models.people import Employment
from service.models.registrations import ParticipantRole, RegistrationStatus
from service.models.registrations_shapes import Answer, AttendanceMark
from service.models.workshops import Mode


class ErasureReason(Shape):
    """Why somebody's data is erased by staff."""

    reason: Line = Field(description="On whose request, or why", examples=["Permintaan tertulis yang bersangkutan"])


class DataEndRead(Shape):
    """What became of a person's data."""

    status: RegistrationStatus = Field(description="How the registration stands", examples=["cancelled"])
    withdrawn_at: datetime | None = Field(description="Since when the person is not written to")
    anonymised_at: datetime | None = Field(description="Since when nothing is about the person any more")
    erased_by: datetime | None = Field(description="Contact data is erased by then, after the last message; else gone")
    kept: list[str] = Field(description="What stays as proof of attendance", examples=[["name", "position"]])
    kept_until: datetime | None = Field(description="When that is anonymised too")
    note: str = Field(description="The same in words for the person")


class OwnAnswer(Shape):
    """An answer to a question of the organizer."""

    code: str = Field(description="The question's code", examples=["diet"])
    question: str | None = Field(description="The question; null when it is not asked any more")
    answer: Answer = Field(description="What was answered")


class OwnRegistration(Shape):
    """Everything that is kept about the person itself, unmasked."""

    number: int = Field(description="Registration number")
    code: str | None = Field(description="The committee's own key")
    name: str = Field(description="Name as typed")
    email: str | None = Field(description="E-mail address")
    phone: str | None = Field(description="Telephone in E.164")
    position: str | None = Field(description="Position")
    position_level: str | None = Field(description="Level of the position")
    rank: str | None = Field(description="Civil service rank")
    organisation: str | None = Field(description="Name of the organisation")
    represents: str | None = Field(description="Whom the person represents")
    employment: Employment | None = Field(description="Employment status")
    nip: str | None = Field(description="Civil servant's number")
    mode: Mode = Field(description="Registered mode")
    role: ParticipantRole = Field(description="Role at the workshop")
    status: RegistrationStatus = Field(description="How the registration stands")
    reason: str | None = Field(description="Why it was cancelled or turned down")
    walk_in: bool = Field(description="Whether the person came without a registration")
    channel: Channel | None = Field(description="How the person prefers to be written to")
    language: str | None = Field(description="In which language")
    unsubscribed: bool = Field(description="Whether the person wants only what is essential")
    consent_at: datetime | None = Field(description="When the person agreed")
    withdrawn_at: datetime | None = Field(description="When the person took that back")
    created_at: datetime = Field(description="When the registration was made")
    confirmed_at: datetime | None = Field(description="When a seat was given")
    cancelled_at: datetime | None = Field(description="When it was cancelled")
    link_requested_at: datetime | None = Field(description="When somebody of the hall asked for the online room")
    link_shared_at: datetime | None = Field(description="When the join link was used from many places at once")


class OwnScan(Shape):
    """A scan at the door."""

    block: str | None = Field(description="Block code")
    direction: Direction = Field(description="In or out")
    method: Method = Field(description="How it was made")
    happened_at: datetime = Field(description="When")
    verdict: Verdict = Field(description="What the door was told")
    annulled_at: datetime | None = Field(description="When it was undone")


class OwnPresence(Shape):
    """An interval of presence online."""

    joined_at: datetime = Field(description="When it began")
    left_at: datetime = Field(description="When it ended")
    display_name: str = Field(description="The name shown in the room")
    email: str | None = Field(description="The address the provider told", examples=["peserta@luwukab.go.id"])
    source: str = Field(description="Who reported it")


class OwnMessage(Shape):
    """A message that was sent, or was to be."""

    occasion: str = Field(description="What it was about", examples=["confirmation"])
    channel: Channel = Field(description="How it went")
    status: MessageStatus = Field(description="What became of it")
    sent_at: datetime | None = Field(description="When it was sent")
    delivered_at: datetime | None = Field(description="When it arrived, if that was told")
    read_at: datetime | None = Field(description="When it was read, if that was told")


class OwnRoom(Shape):
    """A link into an online room, given out by the room's provider."""

    provider: str = Field(description="Who runs the room", examples=["zoom"])
    email: str | None = Field(description="The address under which the provider knows the person")
    created_at: datetime = Field(description="When it was given out")
    revoked_at: datetime | None = Field(description="When it was taken back")


class OwnDataRead(Shape):
    """Everything the service keeps about a person in one workshop. Secret links are not in it."""

    organizer: str = Field(description="Who keeps it")
    workshop: str = Field(description="The workshop's title")
    starts_at: datetime = Field(description="When the workshop begins")
    ends_at: datetime = Field(description="When it ends")
    kept_until: datetime = Field(description="When it is anonymised")
    registration: OwnRegistration = Field(description="The person")
    answers: list[OwnAnswer] = Field(description="What the person answered")
    attendance: list[AttendanceMark] = Field(description="Attendance by half-day")
    scans: list[OwnScan] = Field(description="Scans at the door, the earliest first")
    presences: list[OwnPresence] = Field(description="Presence online, the earliest first")
    certificates: list[OwnCertificate] = Field(description="Certificates, the earliest first")
    rooms: list[OwnRoom] = Field(description="Links into online rooms")
    link_uses: list[datetime] = Field(description="When the join link was used, of the last day")
    messages: list[OwnMessage] = Field(description="Messages to the person, the earliest first")
