"""The words of certificates that are the same for everybody: how they are numbered, what they say, who signs.

Indonesian whoever reads them. They are kept with each certificate on the day of issue: what was certified stays,
whatever the workshop, its settings or the letterhead say later. The logo alone is today's.
"""

import re
import string
from collections.abc import Sequence
from datetime import date
from itertools import groupby

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.domain.papers import Written, day_range, days_of, head_of, long_date
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.certificates_shapes import PATTERN, CertificateSettingsInput, CertificateWords, Signatory
from service.models.organizers import Organizer
from service.models.workshops import AgendaItem, AttendanceBlock, Modality, Workshop

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_SIGNATORY = ("name", "rank", "nip")
_HEAD = ("government", "office", "address", "contact")
_NAMES = frozenset({"number", "workshop", "year", "month_roman"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


async def wording(session: AsyncSession, workshop: Workshop) -> Written:
    """What certificates issued now say of themselves; `dated` is None where each bears its own day."""
    organizer = await session.get_one(Organizer, workshop.organizer_id)
    said = used(workshop, organizer)
    head = head_of(organizer)
    starts_on, ends_on = days_of(workshop)
    return {
        "heading": said.title,
        "event": workshop.title,
        "body": said.body,
        "place": said.place,
        "dated": _dated(CertificateSettingsInput.model_validate(workshop.certificate).dated),
        "signatory": said.signatory.model_dump() if said.signatory else None,
        "days": await _days(session, workshop),
        "head": {name: head[name] for name in _HEAD},
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
    }


def check_pattern(pattern: str | None) -> None:
    """Raises InvalidInput for a pattern from which no number can be made; None is the standard one."""
    try:
        parts = [part[1:] for part in string.Formatter().parse(pattern or PATTERN) if part[1] is not None]
    except ValueError:
        parts = [("", "", None)]
    plain = all(name in _NAMES and not spec and not turned for name, spec, turned in parts)
    if not plain or "number" not in [name for name, _spec, _turned in parts]:
        advice = _(
            "Gunakan {number}, dan bila perlu {workshop}, {year}, dan {month_roman}; "
            "tanda kurung kurawal lain tidak diterima."
        )
        raise InvalidInput.at("/number_pattern", advice)


def number_of(workshop: Workshop, sequence: int, day: date) -> str:
    """The number on the paper: "012/SERTIFIKAT/BIMTEK-1/VII/2023"."""
    own = CertificateSettingsInput.model_validate(workshop.certificate)
    return (own.number_pattern or PATTERN).format(
        number=f"{sequence:0{own.number_digits}d}",
        workshop=workshop.slug.upper(),
        year=day.year,
        month_roman=_ROMAN[day.month - 1],
    )


def used(workshop: Workshop, organizer: Organizer) -> CertificateWords:
    """The workshop's own words, and the standard ones in place of those it has not."""
    own = CertificateSettingsInput.model_validate(workshop.certificate)
    head = head_of(organizer)
    place = own.place or head["place"]
    today = clock.local_date(clock.now(), workshop.timezone)
    return CertificateWords(
        number_pattern=own.number_pattern or PATTERN,
        number_example=number_of(workshop, 1, today),
        title=own.title or "Sertifikat",
        body=own.body or _body(workshop, str(head["office"])),
        place=str(place) if place else None,
        signatory=own.signatory or _of_letters(head),
    )


def _of_letters(head: Written) -> Signatory | None:
    position = head["signatory_office"]
    if not position:
        return None
    return Signatory.model_validate({"position": position} | {name: head[f"signatory_{name}"] for name in _SIGNATORY})


def _body(workshop: Workshop, office: str) -> str:
    days = day_range(*days_of(workshop))
    return f"yang diselenggarakan oleh {office}\npada tanggal {days} {_where(workshop)}"


def _where(workshop: Workshop) -> str:
    hall = f"di {workshop.venue_name}" if workshop.venue_name else "secara luring"
    match workshop.modality:
        case Modality.ONLINE:
            return "secara daring"
        case Modality.HYBRID:
            return f"{hall} dan secara daring"
    return hall


def _dated(value: str | None) -> str | None:
    """Text as it is; a date is spoken."""
    if value is None or not _DATE.fullmatch(value):
        return value
    try:
        return day_range(date.fromisoformat(value), date.fromisoformat(value))
    except ValueError:
        return value


async def _days(session: AsyncSession, workshop: Workshop) -> list[Written]:
    """The materials by day. Where the entries of the agenda do not tell their hours (JP), the half-days do."""
    agenda = select(AgendaItem).where(AgendaItem.workshop_id == workshop.id)
    items = (await session.exec(agenda.order_by(col(AgendaItem.starts_at), col(AgendaItem.position)))).all()
    half_days = select(AttendanceBlock).where(AttendanceBlock.workshop_id == workshop.id)
    blocks = (await session.exec(half_days.order_by(col(AttendanceBlock.starts_at)))).all()
    told = [item for item in items if item.block_id is not None and item.hours]
    if sum(item.hours for item in told) == sum(block.hours for block in blocks):
        entries = [(item.starts_at, item.title, item.speakers, item.hours) for item in told]
    else:
        entries = [(block.starts_at, _titles(items, block), [], block.hours) for block in blocks]
    by_day = groupby(entries, key=lambda entry: clock.local_date(entry[0], workshop.timezone))
    return [
        {
            "label": long_date(day),
            "items": [{"title": title, "speakers": speakers, "hours": hours} for _at, title, speakers, hours in some],
        }
        for day, some in by_day
    ]


def _titles(items: Sequence[AgendaItem], block: AttendanceBlock) -> str:
    """The half-day and what it is made of."""
    titles = dict.fromkeys(item.title for item in items if item.block_id == block.id)
    return f"{block.label}: {'; '.join(titles)}" if titles else block.label
