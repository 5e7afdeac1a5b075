"""By which channel a message goes: what the person prefers, of what can reach the person."""

from collections.abc import Sequence

from service.models.messages import Channel, MessageStatus
from service.settings import Settings

Standing = tuple[MessageStatus, Channel]


def choose(
    emails: Sequence[str],
    phones: Sequence[str],
    *,
    preferred: Channel | None = None,
    api: bool = False,
    committee: bool = False,
) -> Standing:
    """How a message stands before it is sent. `api`: WhatsApp's Cloud API can send this message.

    What goes to the committee goes by mail. Who prefers WhatsApp gets it there when the API can send it; without the
    API by mail all the same, since a send list is work for people, who are left to those without an address.
    """
    if committee:
        return (MessageStatus.QUEUED, Channel.MAIL) if emails else (MessageStatus.UNREACHABLE, Channel.NONE)
    if phones and api and (preferred is Channel.WHATSAPP or not emails):
        return MessageStatus.QUEUED, Channel.WHATSAPP
    if emails:
        return MessageStatus.QUEUED, Channel.MAIL
    return (MessageStatus.WAITING, Channel.SEND_LIST) if phones else (MessageStatus.UNREACHABLE, Channel.NONE)


def by_api(settings: Settings, occasion: str) -> bool:
    """Whether the Cloud API is set up and has an approved template for the occasion."""
    configured = settings.whatsapp_phone_number_id is not None and settings.whatsapp_token is not None
    return configured and occasion in settings.whatsapp_templates
