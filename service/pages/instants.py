"""Day and hour as a form has them (`datetime-local`), without a zone: they are meant in the workshop's."""

from datetime import datetime

from service import clock
from service.errors import InvalidInput
from service.i18n import gettext as _


def read_instant(text: str | None, timezone: str, pointer: str) -> datetime | None:
    """'2023-07-01T16:00' in that zone; None for nothing. Raises InvalidInput at `pointer`."""
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput.at(pointer, _("Isi tanggal dan jam.")) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=clock.zone(timezone))


def write_instant(instant: datetime | None, timezone: str) -> str:
    """The same the other way round."""
    return clock.in_zone(instant, timezone).strftime("%Y-%m-%dT%H:%M") if instant else ""
