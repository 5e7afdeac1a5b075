"""What the API reads and writes about messages."""

from datetime import datetime
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
    recipient: str | None = Field(description="Name of the person or organisation")
    organisation: str | None = Field(description="Organisation the person comes from")
    channel: Channel = Field(description="`send_list`: staff send it from a phone")
    status: MessageStatus = Field(
        description="`waiting` for the send list, `dropped` when its reason passed first, `unreachable` without contact"
    )
    error: str | None = Field(description="Why it could not be sent, without any address", examples=["SMTP 550"])
    attempts: int = Field(description="Tries so far that failed")
    whatsapp: str | None = Field(
        description="Opens WhatsApp with the text; only while waiting, and with messages:write and contacts:read"
    )
    sent_at: datetime | None = Field(description="When it went out, or was marked as sent")
    sent_by: str | None = Field(description="Who marked it as sent, as `kind:id`; null when the service sent it")
    created_at: datetime = Field(description="When the occasion was noticed")
