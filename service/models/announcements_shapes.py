"""What the API reads and writes about announcements."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from service.models.columns import Line, Prose, Shape
from service.models.messages import Channel, MessageStatus
from service.models.registrations import ParticipantRole, RegistrationStatus
from service.models.workshops import Mode

MOST_NAMED = 1000
Subject = Annotated[Line, StringConstraints(max_length=150)]
Text = Annotated[Prose, StringConstraints(min_length=1, max_length=4000)]


class AnnouncementTo(Shape):
    """Whom it is for: everybody to whom all of this applies. Without a status whoever is still registered."""

    status: RegistrationStatus | None = Field(None, description="Only this status")
    mode: Mode | None = Field(None, description="Only this registered mode")
    organisation: str | None = Field(None, max_length=64, description="Only this organisation (code)")
    role: ParticipantRole | None = Field(None, description="Only this role")
    q: str | None = Field(None, max_length=100, description="As in the list of registrations")
    attended: bool | None = Field(None, description="Only who was present in a half-day, or in none")
    unreachable: bool = Field(False, description="Only whom a message did not reach")
    registration_ids: list[UUID] = Field([], max_length=MOST_NAMED, description="Only these registrations")


class AnnouncementCreate(Shape):
    """Names in braces stand for facts, as in message wordings: {nama}, {kegiatan}, {waktu}, {tempat}, ..."""

    subject: Subject = Field(description="Subject of the mail", examples=["Perubahan ruang makan siang"])
    text: Text = Field(
        description="What is said; an empty line begins a paragraph",
        examples=["Makan siang disediakan di lantai 2. Terima kasih, {nama}."],
    )
    to: AnnouncementTo = Field(description="Whom it is for", examples=[{"status": "confirmed", "mode": "offline"}])


class AnnouncementPreview(Shape):
    """Whom it would reach, and how."""

    people: int = Field(description="To how many it would go", examples=[89])
    channels: dict[Channel, int] = Field(
        description="By which channel; `none` has no contact at all", examples=[{"mail": 85, "send_list": 4}]
    )
    rehearsal: bool = Field(description="The workshop rehearses: everything goes to the committee alone")


class AnnouncementRead(Shape):
    """An announcement and how its messages stand."""

    id: UUID = Field(description="Identifier")
    subject: str = Field(description="Subject of the mail")
    text: str = Field(description="What is said")
    by: str = Field(description="Who made it, as `kind:id`", examples=["staff:0189"])
    created_at: datetime = Field(description="When")
    counts: dict[MessageStatus, int] = Field(description="Messages by status", examples=[{"sent": 85, "waiting": 4}])
