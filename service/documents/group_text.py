"""The text for a WhatsApp group: what everybody may know of a workshop, and its public page alone."""

from datetime import datetime
from urllib.parse import quote

from service import i18n
from service.documents.mail import one_line
from service.i18n import gettext as _


def compose(
    *, title: str, starts_at: datetime, ends_at: datetime, timezone: str, venue: str | None, page: str, language: str
) -> str:
    """The text, in the organizer's language."""
    spoken = i18n.language()
    i18n.use(language)
    try:
        when = _("{start} sampai {end}").format(
            start=i18n.speak_instant(starts_at, timezone), end=i18n.speak_instant(ends_at, timezone)
        )
        lines = [one_line(title), _("Waktu: {when}").format(when=when)]
        if venue:
            lines.append(_("Tempat: {venue}").format(venue=one_line(venue)))
        lines += [
            _("Informasi dan pendaftaran: {page}").format(page=page),
            _("Tautan ruang daring bersifat pribadi dan dikirim kepada setiap peserta. Mohon tidak meneruskannya."),
        ]
        return "\n".join(lines) + "\n"
    finally:
        i18n.use(spoken)


def whatsapp_url(text: str) -> str:
    """Opens WhatsApp with the text, to be sent to whom one chooses."""
    return f"https://wa.me/?text={quote(text, safe='')}"
