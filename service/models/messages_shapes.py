"""What the API reads and writes about messages."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from service.models.columns import Shape
from service.models.messages import Channel, MessageStatus


class MessageRead(Shape):
    """A message for staff. Neither its text nor the address it went to is kept."""

    id: UUID = Field(description="Id; the mail's Message-ID derives from it")
    workshop_id: UUID | None = Field(description="The workshop it is about")
    registration_id: UUID | None = Field(description="The registration it is about")
    invitation_id: UUID | None = Field(description="The invitation it is about")
    occasion: str = Field(description="What it is about", examples=["confirmation"])
    occasion_name: str = Field(description="The same in words", examples=["Pendaftaran terkonfirmasi"])
    what: list[str] = Field(description="Of a change: what changed", examples=[["time", "venue"]])
    recipient: str | None = Field(description="Name of the person or organisation")
    organisation: str | None = Field(description="Organisation the person comes from")
    rehearsal: bool = Field(description="Went to the committee in place of its person, as a rehearsal")
    to_committee: bool = Field(description="Was written to the committee")
    channel: Channel = Field(description="`send_list`: staff send it from a phone")
    status: MessageStatus = Field(
        description="`waiting` for the send list, `bounced` when it came back, `dropped` when its reason passed first, "
        "`unreachable` without contact"
    )
    stale: bool = Field(description="Dropped, because it came too late to be of use")
    error: str | None = Field(description="Why it could not be sent, without any address", examples=["SMTP 550"])
    attempts: int = Field(description="Tries so far that failed")
    whatsapp: str | None = Field(
        description="Opens WhatsApp with the text; only while waiting, and with messages:write and contacts:read"
    )
    sent_at: datetime | None = Field(description="When it went out, or was marked as sent")
    sent_by: str | None = Field(description="Who marked it as sent, as `kind:id`; null when the service sent it")
    delivered_at: datetime | None = Field(description="When WhatsApp reported that it arrived")
    read_at: datetime | None = Field(description="When WhatsApp reported that it was read")
    created_at: datetime = Field(description="When the occasion was noticed")


class MessageResend(Shape):
    """How a message is to be sent again."""

    channel: Literal[Channel.MAIL, Channel.WHATSAPP, Channel.SEND_LIST] | None = Field(
        None, description="By this channel alone; null: by the best one there is", examples=["send_list"]
    )


class OccasionCount(Shape):
    """How the messages of one occasion stand."""

    occasion: str = Field(description="What they are about", examples=["confirmation"])
    occasion_name: str = Field(description="The same in words", examples=["Pendaftaran terkonfirmasi"])
    counts: dict[MessageStatus, int] = Field(description="Messages by status", examples=[{"sent": 48, "failed": 2}])


class MessageSummary(Shape):
    """A workshop's messages, counted."""

    occasions: list[OccasionCount] = Field(description="By occasion and status")
    unreachable: int = Field(description="Confirmed people and invited organisations without any contact")
    send_list: int = Field(description="Messages that wait for somebody to send them from a phone")
    failed: int = Field(description="Messages that were refused")
    bounced: int = Field(description="Mails that came back")


class GroupText(Shape):
    """A text for a group: the public page alone, no personal link and no room."""

    text: str = Field(description="The text, in the organizer's language")
    url: str = Field(description="The workshop's public page", examples=["https://bimtek.example/w/luwu/bimtek-1"])
    whatsapp: str = Field(description="Opens WhatsApp with the text", examples=["https://wa.me/?text=Bimtek"])
