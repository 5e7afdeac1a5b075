"""What does not fit together in an agenda: found, never forbidden; saving refuses only what it always refused.

All of it is a function of the plan, so that a plan which is still being written is judged as a stored one is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from service import clock
from service.domain.agenda import Plan
from service.i18n import gettext as _, speak_date

HOUR = timedelta(minutes=45)
"""A lesson hour (JP)."""
MOST_DAYS = 60
"""Days of a workshop that are looked at one by one."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Severity(StrEnum):
    """`error`: it cannot take place as it is written. `warning`: probably not what was meant."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Entry:
    """An entry of the agenda. `place`: its row in the list it comes from; `block`: the code of its half-day."""

    place: int
    title: str
    starts_at: datetime
    ends_at: datetime
    block: str | None
    hours: int


@dataclass(frozen=True)
class HalfDay:
    """A block. Times are its own: they count where no entry belongs to it; `doors` None: 60 minutes before."""

    place: int
    code: str
    label: str
    hours: int
    doors: datetime | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Draft:
    """A plan, stored or still being written, and the time in which the workshop takes place."""

    starts_at: datetime
    ends_at: datetime
    timezone: str
    entries: Sequence[Entry]
    blocks: Sequence[HalfDay]

    def of(self, block: HalfDay) -> list[Entry]:
        """The entries of a block by their start."""
        mine = [entry for entry in self.entries if entry.block == block.code]
        return sorted(mine, key=lambda entry: entry.starts_at)

    def span(self, block: HalfDay) -> tuple[datetime, datetime] | None:
        """From the first start to the last end of its entries; its own time where there is none."""
        mine = self.of(block)
        if mine:
            return mine[0].starts_at, max(entry.ends_at for entry in mine)
        return (block.starts_at, block.ends_at) if block.starts_at and block.ends_at else None

    def day(self, instant: datetime) -> date:
        """The local day."""
        return clock.local_date(instant, self.timezone)


@dataclass(frozen=True)
class Conflict:
    """`code` is stable, `sentence` says what is wrong; `entries` and `blocks` are the places of those it is about."""

    code: str
    severity: Severity
    sentence: str
    entries: tuple[int, ...] = ()
    blocks: tuple[int, ...] = ()


def draft_of(plan: Plan) -> Draft:
    """A stored plan; the places are those in its lists."""
    codes: dict[UUID | None, str] = {block.id: block.code for block in plan.blocks}
    entries = [
        Entry(place, one.title, one.starts_at, one.ends_at, codes.get(one.block_id), one.hours)
        for place, one in enumerate(plan.items)
    ]
    blocks = [
        HalfDay(place, one.code, one.label, one.hours, one.checkin_from, one.starts_at, one.ends_at)
        for place, one in enumerate(plan.blocks)
    ]
    return Draft(plan.workshop.starts_at, plan.workshop.ends_at, plan.workshop.timezone, entries, blocks)


def minutes_of(entries: Sequence[Entry]) -> int:
    """Minutes in which at least one of these takes place."""
    total, until = timedelta(), _LONG_AGO
    for entry in sorted(entries, key=lambda one: one.starts_at):
        total += max(entry.ends_at - max(entry.starts_at, until), timedelta())
        until = max(entry.ends_at, until)
    return int(total / timedelta(minutes=1))


def hours_in(minutes: int) -> int:
    """Whole lesson hours (JP) in so many minutes."""
    return minutes // 45


def conflicts(draft: Draft) -> list[Conflict]:
    """Everything that does not fit together, the gravest first, then as it stands in the agenda."""
    sound = [entry for entry in draft.entries if entry.ends_at > entry.starts_at]
    rules: tuple[Callable[[Draft, Sequence[Entry]], Iterator[Conflict]], ...] = (
        _backwards,
        _outside,
        _overlaps,
        _blocks_apart,
        _hours,
        _hours_of_entries,
        _doors,
        _empty,
    )
    found = [conflict for rule in rules for conflict in rule(draft, sound)]
    return sorted(found, key=lambda one: [*Severity].index(one.severity))


def _backwards(draft: Draft, _sound: Sequence[Entry]) -> Iterator[Conflict]:
    for entry in draft.entries:
        if entry.ends_at <= entry.starts_at:
            text = _('"{title}" selesai sebelum dimulai.').format(title=entry.title)
            yield Conflict("backwards", Severity.ERROR, text, (entry.place,))


def _outside(draft: Draft, sound: Sequence[Entry]) -> Iterator[Conflict]:
    for entry in sound:
        if entry.starts_at < draft.starts_at or entry.ends_at > draft.ends_at:
            text = _('"{title}" di luar waktu kegiatan. Ubah jamnya, atau waktu kegiatan pada Data kegiatan.')
            yield Conflict("outside", Severity.ERROR, text.format(title=entry.title), (entry.place,))
        elif draft.day(entry.starts_at) != draft.day(entry.ends_at - timedelta(microseconds=1)):
            text = _('"{title}" melewati tengah malam.').format(title=entry.title)
            yield Conflict("overnight", Severity.WARNING, text, (entry.place,))


def _overlaps(_draft: Draft, sound: Sequence[Entry]) -> Iterator[Conflict]:
    ordered = sorted(sound, key=lambda entry: entry.starts_at)
    for number, later in enumerate(ordered):
        # One sentence for each entry is enough: the one that lasts longest of those still running.
        running = [one for one in ordered[:number] if one.ends_at > later.starts_at]
        if running:
            earlier = max(running, key=lambda one: one.ends_at)
            text = _('"{earlier}" dan "{later}" bertabrakan waktunya.').format(earlier=earlier.title, later=later.title)
            yield Conflict("overlap", Severity.ERROR, text, (earlier.place, later.place))


def _blocks_apart(draft: Draft, _sound: Sequence[Entry]) -> Iterator[Conflict]:
    spans = [(span, block) for block in draft.blocks if (span := draft.span(block))]
    for (start, end), block in spans:
        if draft.day(start) != draft.day(end - timedelta(microseconds=1)):
            text = _('Sesi "{block}" berisi mata acara dari beberapa hari.').format(block=block.label)
            yield Conflict("block_days", Severity.ERROR, text, _places(draft, block), (block.place,))
    spans.sort(key=lambda one: one[0])
    for ((_start, end), earlier), ((start, _end), later) in pairwise(spans):
        if start < end:
            text = _('Sesi "{earlier}" dan "{later}" bertumpuk: periksa mata acara yang masuk sesi itu.')
            said = text.format(earlier=earlier.label, later=later.label)
            yield Conflict("blocks_overlap", Severity.ERROR, said, (), (earlier.place, later.place))


def _hours(draft: Draft, _sound: Sequence[Entry]) -> Iterator[Conflict]:
    for block in draft.blocks:
        minutes, needed = minutes_of(draft.of(block)), block.hours * 45
        if block.hours == 0:
            text = _('Sesi "{block}" belum memiliki JP: tidak dihitung untuk sertifikat.').format(block=block.label)
            yield Conflict("block_no_hours", Severity.WARNING, text, (), (block.place,))
        elif minutes and not needed <= minutes < needed + 45:
            text = _('Sesi "{block}": {hours} JP adalah {needed} menit, tetapi mata acaranya {minutes} menit.')
            said = text.format(block=block.label, hours=block.hours, needed=needed, minutes=minutes)
            yield Conflict("block_minutes", Severity.WARNING, said, (), (block.place,))


def _hours_of_entries(draft: Draft, sound: Sequence[Entry]) -> Iterator[Conflict]:
    for block in draft.blocks:
        told = sum(entry.hours for entry in draft.of(block))
        if told and told != block.hours:
            text = _('Sesi "{block}" memiliki {hours} JP, tetapi mata acaranya berjumlah {told} JP.')
            said = text.format(block=block.label, hours=block.hours, told=told)
            yield Conflict("block_hours", Severity.WARNING, said, _places(draft, block), (block.place,))
    for entry in sound:
        if entry.hours and entry.block is None:
            text = _('"{title}" memiliki JP tetapi tidak masuk sesi mana pun: JP itu tidak dihitung.')
            yield Conflict("entry_no_block", Severity.WARNING, text.format(title=entry.title), (entry.place,))
        elif (entry.hours - 1) * HOUR >= entry.ends_at - entry.starts_at:
            text = _('"{title}": {hours} JP memerlukan {needed} menit.')
            said = text.format(title=entry.title, hours=entry.hours, needed=entry.hours * 45)
            yield Conflict("entry_minutes", Severity.WARNING, said, (entry.place,))


def _doors(draft: Draft, _sound: Sequence[Entry]) -> Iterator[Conflict]:
    for block in draft.blocks:
        span = draft.span(block)
        if span is None or block.doors is None:
            continue
        if block.doors >= span[1]:
            text = _('Pintu sesi "{block}" dibuka setelah sesi selesai.').format(block=block.label)
            yield Conflict("doors_after", Severity.ERROR, text, (), (block.place,))
        elif block.doors > span[0]:
            text = _('Pintu sesi "{block}" dibuka setelah sesi dimulai.').format(block=block.label)
            yield Conflict("doors_late", Severity.WARNING, text, (), (block.place,))
        elif draft.day(block.doors) != draft.day(span[0]):
            text = _('Pintu sesi "{block}" dibuka pada hari lain.').format(block=block.label)
            yield Conflict("doors_day", Severity.WARNING, text, (), (block.place,))


def _empty(draft: Draft, sound: Sequence[Entry]) -> Iterator[Conflict]:
    for block in draft.blocks:
        if draft.entries and not draft.of(block):
            text = _('Sesi "{block}" belum memiliki mata acara.').format(block=block.label)
            yield Conflict("block_empty", Severity.WARNING, text, (), (block.place,))
    filled = {draft.day(entry.starts_at) for entry in sound}
    if not filled:
        return
    first, last = draft.day(draft.starts_at), draft.day(draft.ends_at - timedelta(microseconds=1))
    for count in range(min((last - first).days + 1, MOST_DAYS)):
        day = first + timedelta(days=count)
        if day not in filled:
            yield Conflict("day_empty", Severity.WARNING, _("{day} belum memiliki acara.").format(day=speak_date(day)))


def _places(draft: Draft, block: HalfDay) -> tuple[int, ...]:
    return tuple(entry.place for entry in draft.of(block))
