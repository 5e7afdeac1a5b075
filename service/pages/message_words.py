"""How a message stands, as pages say it: a mail that is only kept in a folder was not sent."""

from service.models.messages import Channel, Message, MessageStatus
from service.settings import Settings

KEPT = "kept"


def keeps_mail(settings: Settings) -> bool:
    """Whether mail is only written to a folder, because no mail server is set up."""
    return settings.smtp_host is None


def status_of(message: Message, settings: Settings) -> str:
    """The status; `KEPT` for a mail that went nowhere."""
    by_mail = message.status is MessageStatus.SENT and message.channel is Channel.MAIL
    return KEPT if by_mail and message.sent_by is None and keeps_mail(settings) else message.status.value
