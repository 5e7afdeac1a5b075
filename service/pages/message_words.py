"""How a message stands or will stand, as pages say it: a mail that is only kept in a folder was not sent."""

from service.i18n import gettext as _
from service.models.messages import Channel, Message, MessageStatus
from service.settings import Settings

KEPT = "kept"


def keeps_mail(settings: Settings) -> bool:
    """Whether mail is only written to a folder, because no mail server is set up."""
    return settings.smtp_host is None


def unsent(settings: Settings) -> str:
    """What every page says where it makes messages while mail goes nowhere; empty when it goes out."""
    if not keeps_mail(settings):
        return ""
    if settings.now is not None:
        return _("Mode demo: surel disimpan di kotak surat demo, tidak terkirim kepada siapa pun.")
    return _("Surel disimpan, belum terkirim: server surel belum disetel.")


def ways(settings: Settings) -> dict[Channel, str]:
    """How somebody is reached, in words that hold with the mail server as it is set up."""
    by_mail = _("surel disimpan, belum terkirim") if keeps_mail(settings) else _("lewat surel")
    return {
        Channel.MAIL: by_mail,
        Channel.WHATSAPP: _("lewat WhatsApp"),
        Channel.SEND_LIST: _("lewat daftar kirim, dikirim petugas dari telepon"),
        Channel.NONE: _("tanpa kontak, tidak menerima apa pun"),
    }


def status_of(message: Message, settings: Settings) -> str:
    """The status; `KEPT` for a mail that went nowhere."""
    by_mail = message.status is MessageStatus.SENT and message.channel is Channel.MAIL
    return KEPT if by_mail and message.sent_by is None and keeps_mail(settings) else message.status.value
