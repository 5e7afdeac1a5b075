"""Text for people: formal Indonesian is the source, English is the translation (gettext catalogues in locales/).

The catalogue is read from its .po file when the module loads, so there is no compiled file to forget.
"""

import io
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from service import clock

LANGUAGES = ("id", "en")
DEFAULT = "id"
_language: ContextVar[str] = ContextVar("language", default=DEFAULT)


@cache
def catalogue(language: str) -> NullTranslations:
    """The translations of one language; Indonesian is the source text itself."""
    path = Path(__file__).parent / "locales" / language / "LC_MESSAGES" / "bimtek.po"
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source))
    compiled.seek(0)
    return Translations(compiled)


def use(language: str) -> None:
    """Speak `language` for the rest of this request or task; an unknown one means Indonesian."""
    _language.set(language if language in LANGUAGES else DEFAULT)


def language() -> str:
    """The language spoken now: `id` or `en`."""
    return _language.get()


def gettext(message: str) -> str:
    """`message` (Indonesian) in the language spoken now."""
    return catalogue(_language.get()).gettext(message)


_ = gettext


def marked(message: str) -> str:
    """Marks a text for the catalogue that is kept as it is: it is translated when it is spoken. Import it as `_`."""
    return message


def negotiate(accept_language: str | None) -> str:
    """The best of our languages for an Accept-Language header (RFC 9110, 12.5.4)."""
    wanted: list[tuple[float, str]] = []
    for part in (accept_language or "").split(",")[:20]:
        tag, _sep, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        wanted.append((weight, tag.split("-")[0].lower()))
    best = [(weight, tag) for weight, tag in wanted if tag in LANGUAGES and weight > 0]
    return max(best, key=lambda pair: pair[0])[1] if best else DEFAULT


def speak_date(day: date) -> str:
    """'Senin, 3 Juli 2023', or 'Monday, 3 July 2023'."""
    return format_date(day, "EEEE, d MMMM y", locale=Locale.parse(_language.get()))


def speak_number(number: float) -> str:
    """'2,5', or '2.5': every digit, and nothing between thousands."""
    return format_decimal(number, "0.############", locale=Locale.parse(_language.get()), decimal_quantization=False)


def speak_working_days(count: int) -> str:
    """'1 hari kerja', '7 hari kerja': '1 working day', '7 working days'."""
    return gettext("1 hari kerja") if count == 1 else gettext("{days} hari kerja").format(days=count)


def speak_items(count: int) -> str:
    """'1 data', '7 data': '1 data item', '7 data items'."""
    return gettext("1 data") if count == 1 else gettext("{count} data").format(count=count)


def speak_time(instant: datetime, timezone: str) -> str:
    """'08.30 WITA', or '08:30 WITA': always with its zone."""
    local = clock.in_zone(instant, timezone)
    return local.strftime("%H.%M %Z" if _language.get() == "id" else "%H:%M %Z")


def speak_instant(instant: datetime, timezone: str) -> str:
    """'Senin, 3 Juli 2023, pukul 08.30 WITA'."""
    return gettext("{date}, pukul {time}").format(
        date=speak_date(clock.local_date(instant, timezone)), time=speak_time(instant, timezone)
    )
