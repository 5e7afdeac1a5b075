"""What the pages of invitations say of each one: how many are named, and what became of a message.

Said here and not in the template: fifty lines of it in a row are what such a page spends its time on.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache

from service.domain.inviting_reads import Told
from service.i18n import gettext as _, speak_instant
from service.models.invitations_shapes import InvitationRead
from service.models.messages import Channel, MessageStatus

Speak = Callable[[datetime], str]
_ASTRAY = (MessageStatus.FAILED, MessageStatus.BOUNCED, MessageStatus.UNREACHABLE)


def speaker(timezone: str) -> Speak:
    """Speaks instants of one page: many of its lines name the same minute."""
    spoken = cache(lambda minute: speak_instant(minute, timezone))
    return lambda instant: spoken(instant.replace(second=0, microsecond=0))


def seats_line(read: InvitationRead) -> str:
    """'2 dari 3 luring · 1 menunggu kursi': how many are named of each mode that is for them."""
    named, quota = read.named, read.quota
    in_hall = _("{named} dari {quota} luring"), _("{named} luring, tanpa batas")
    online = _("{named} dari {quota} daring"), _("{named} daring, tanpa batas")
    lines = [_named(named.offline or 0, quota.offline, *in_hall), _named(named.online or 0, quota.online, *online)]
    waiting = (read.waiting.offline or 0) + (read.waiting.online or 0)
    lines.append(_("{count} menunggu kursi").format(count=waiting) if waiting else "")
    return " · ".join(filter(None, lines))


def _named(named: int, quota: int | None, limited: str, unlimited: str) -> str:
    if quota is None:
        return unlimited.format(named=named)
    return limited.format(named=named, quota=quota) if quota or named else ""


def is_astray(message: Told | None, *, kept: bool) -> bool:
    """Whether it has reached nobody. `kept`: mail is only kept in a folder."""
    if message is None:
        return False
    stored = kept and message.status is MessageStatus.SENT and message.channel is Channel.MAIL
    return stored or message.status in _ASTRAY


def message_line(message: Told | None, speak: Speak, *, kept: bool) -> str:
    """What became of a message; None: it is not made yet. `kept`: mail is only kept in a folder."""
    if message is None:
        return _("Sedang disiapkan")
    if message.status is MessageStatus.SENT:
        return _sent(message, speak, kept=kept and message.channel is Channel.MAIL)
    words = {
        MessageStatus.QUEUED: _("Sedang dikirim"),
        MessageStatus.WAITING: _("Menunggu di daftar kirim"),
        MessageStatus.UNREACHABLE: _("Tidak ada kontak"),
        MessageStatus.BOUNCED: _("Ditolak surel tujuan"),
        MessageStatus.FAILED: _("Gagal dikirim"),
    }
    return words.get(message.status, _("Tidak dikirim"))


def _sent(message: Told, speak: Speak, *, kept: bool) -> str:
    if message.read_at:
        return _("Dibaca {instant}").format(instant=speak(message.read_at))
    if message.delivered_at:
        return _("Sampai {instant}").format(instant=speak(message.delivered_at))
    if kept:
        return _("Disimpan {instant}, tidak dikirim").format(instant=speak(message.sent_at or message.created_at))
    return _("Terkirim {instant}").format(instant=speak(message.sent_at or message.created_at))
