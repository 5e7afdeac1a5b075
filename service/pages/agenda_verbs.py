"""What the buttons of the agenda's form do to what stands in it: rows are added, moved, copied; nothing is stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import chain, count

from service import clock
from service.domain import agenda_conflicts
from service.domain.agenda import DOORS_OPEN
from service.domain.agenda_conflicts import Entry
from service.i18n import gettext as _
from service.pages.agenda_grid import MOST_HALVES, MOST_ROWS, Grid, Half, Row, clock_of, is_day, number, until_of
from service.pages.forms import BadForm
from service.pages.render import FormError

Said = Mapping[str, str]
"""The form's few fields that are neither rows nor half-days."""
Verb = Callable[[Grid, str, Said], Sequence[FormError]]
_FIRST, _LASTING = time(8), timedelta(minutes=60)
_NOON = time(12)
_LONGEST = 24 * 60
_NO_LESSON = (
    "ishoma", "istirahat", "rehat", "registrasi", "break", "salat", "makan",
    "pembukaan", "penutupan", "sambutan", "laporan panitia", "foto", "opening", "closing",
)  # fmt: skip
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


def carry_out(grid: Grid, deed: str, said: Said) -> Sequence[FormError]:
    """Does what the button says, 'row-up 3'; the errors of what cannot be done. Raises BadForm for no such button."""
    name, _space, about = deed.partition(" ")
    if name not in _VERBS:
        raise BadForm
    errors = _VERBS[name](grid, about, said)
    grid.arrange()
    return errors


def _nothing(_grid: Grid, _about: str, _said: Said) -> Sequence[FormError]:
    return ()


def _add_row(grid: Grid, day: str, _said: Said) -> Sequence[FormError]:
    """A row that goes on where its day's last one ends, in the same half-day."""
    if len(grid.rows) >= MOST_ROWS:
        return [FormError("", _("Paling banyak {count} mata acara.").format(count=MOST_ROWS))]
    last = max((row for row in grid.rows if row.day == day), key=lambda row: row.ends, default=None)
    begin = last.ends if last and grid.moment(day, last.ends) else _FIRST.strftime("%H:%M")
    start = grid.moment(day, begin)
    if start is None:
        raise BadForm
    ends = clock_of(start + _LASTING, grid.zone)
    grid.rows.append(Row(day=day, starts=begin, ends=ends, half=last.half if last else ""))
    grid.touch(grid.rows[-1], alone=True)
    return ()


def _open_row(grid: Grid, about: str, _said: Said) -> Sequence[FormError]:
    grid.touch(grid.rows[_place(about, grid.rows)], alone=True)
    return ()


def _shut_row(grid: Grid, about: str, _said: Said) -> Sequence[FormError]:
    grid.rows[_place(about, grid.rows)].open = False
    return ()


def _remove_row(grid: Grid, about: str, _said: Said) -> Sequence[FormError]:
    del grid.rows[_place(about, grid.rows)]
    return ()


def _move_row(grid: Grid, about: str, step: int) -> Sequence[FormError]:
    """Changes places with the neighbour of the same day: each keeps its length, the pause between them stays."""
    place = _place(about, grid.rows)
    first, second = sorted((place, place + step))
    if first < 0 or second >= len(grid.rows) or grid.rows[first].day != grid.rows[second].day:
        return ()
    earlier, later = grid.rows[first], grid.rows[second]
    span, span_later = grid.span(earlier), grid.span(later)
    if span is None or span_later is None:
        return [FormError("", _("Isi jam kedua mata acara itu dahulu."))]
    (start, end), (start_later, end_later) = span, span_later
    middle = start + (end_later - start_later)
    _set_times(grid, later, start, middle)
    pause = max(start_later - end, timedelta())
    _set_times(grid, earlier, middle + pause, middle + pause + (end - start))
    grid.touch(grid.rows[place])
    return ()


def _add_half(grid: Grid, _about: str, _said: Said) -> Sequence[FormError]:
    if len(grid.halves) >= MOST_HALVES:
        return [FormError("", _("Paling banyak {count} sesi.").format(count=MOST_HALVES))]
    place = len(grid.halves) + 1
    label = _("Sesi {number}").format(number=place)
    grid.halves.append(Half(key=_free_key(grid), code=_free_code(grid, f"S{place}"), label=label, hours="0"))
    grid.touch(grid.halves[-1], alone=True)
    return ()


def _open_half(grid: Grid, about: str, _said: Said) -> Sequence[FormError]:
    grid.touch(grid.halves[_place(about, grid.halves)], alone=True)
    return ()


def _shut_half(grid: Grid, about: str, _said: Said) -> Sequence[FormError]:
    grid.halves[_place(about, grid.halves)].open = False
    return ()


def _remove_half(grid: Grid, about: str, _said: Said) -> Sequence[FormError]:
    gone = grid.halves.pop(_place(about, grid.halves))
    for row in grid.rows:
        if row.half == gone.key:
            row.half = ""
    return ()


def _move_half(grid: Grid, about: str, step: int) -> Sequence[FormError]:
    place = _place(about, grid.halves)
    if 0 <= place + step < len(grid.halves):
        grid.halves.insert(place + step, grid.halves.pop(place))
        grid.touch(grid.halves[place + step])
    return ()


def _copy_day(grid: Grid, _about: str, said: Said) -> Sequence[FormError]:
    """The rows of one day once more on another, in half-days of that day where there are as many."""
    source, target = said.get("copy-from", ""), said.get("copy-to", "")
    if not (is_day(source) and is_day(target)) or source == target:
        return [FormError("copy-to", _("Pilih dua hari yang berbeda."))]
    copied = [replace(row, id="", day=target, open=False) for row in grid.rows if row.day == source]
    if len(grid.rows) + len(copied) > MOST_ROWS:
        return [FormError("", _("Paling banyak {count} mata acara.").format(count=MOST_ROWS))]
    there = _halves_on(grid, target)
    pairs = dict(zip(_halves_on(grid, source), there, strict=False))
    grid.rows += [replace(row, half=pairs.get(row.half, "")) for row in copied]
    return ()


def _shift(grid: Grid, _about: str, said: Said) -> Sequence[FormError]:
    """Everything so many minutes later or, with a minus, earlier; of one day or of all. Doors move along."""
    typed, day = said.get("shift-by", ""), said.get("shift-day", "")
    sign, digits = (-1, typed[1:]) if typed[:1] in {"-", "−"} else (1, typed.removeprefix("+"))  # noqa: RUF001 - a phone's minus
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 6 and 0 < int(digits) <= _LONGEST):
        return [FormError("shift-by", _("Isi jumlah menit, misalnya 30, atau -30 untuk memajukan."))]
    by = timedelta(minutes=sign * int(digits))
    doors = {half.key: grid.doors(half) for half in grid.halves}
    moved = [row for row in grid.rows if day in {"", row.day}]
    for row in moved:
        if span := grid.span(row):
            _set_times(grid, row, span[0] + by, span[1] + by)
    touched = {row.half for row in moved}
    for half in grid.halves:
        opens = doors[half.key]
        if half.key in touched and opens is not None:
            half.doors = clock_of(opens + by, grid.zone)
    return ()


def _split(grid: Grid, _about: str, _said: Said) -> Sequence[FormError]:
    """Half-days made of mornings and afternoons, for the rows that have hours (JP) or belong to none yet.

    No row gets hours by it. A half-day has those of its rows; where no row of the agenda has any, those in its minutes.
    """
    days = sorted({row.day for row in grid.rows})
    filled: dict[str, Half] = {}
    for row in grid.rows:
        span = grid.span(row)
        if span is None or (row.half and grid.half_of(row.half)) or not _counts(row, span):
            continue
        morning = clock.in_zone(span[0], grid.zone).time() < _NOON
        half = _half_for(grid, days.index(row.day), morning=morning)
        row.half = half.key
        filled[half.key] = half
    typed = any(number(row.hours) for row in grid.rows)
    for half in filled.values():
        spans = _spans(grid, half)
        own = sum(number(row.hours) for row, _span in spans)
        half.hours = str(min(24, own if typed else _hours_of([span for _row, span in spans])))
        half.doors = half.doors or clock_of(min(span[0] for _row, span in spans) - DOORS_OPEN, grid.zone)
    return ()


def _counts(row: Row, span: tuple[datetime, datetime]) -> bool:
    """Pauses, openings, registration and the like last under a lesson hour or say so."""
    words = row.title.lower()
    return bool(number(row.hours)) or (
        not any(word in words for word in _NO_LESSON) and span[1] - span[0] >= agenda_conflicts.HOUR
    )


def _half_for(grid: Grid, day: int, *, morning: bool) -> Half:
    code = f"D{day + 1}{'P' if morning else 'S'}"
    found = next((half for half in grid.halves if half.code == code), None)
    if found:
        return found
    roman = _ROMAN[day] if day < len(_ROMAN) else str(day + 1)
    label = _("Hari {day} (pagi)") if morning else _("Hari {day} (siang)")
    made = Half(key=_free_key(grid), code=code, label=label.format(day=roman), hours="0")
    grid.halves.append(made)
    return made


def _count_hours(grid: Grid, _about: str, _said: Said) -> Sequence[FormError]:
    """Lesson hours (JP) of each half-day from the minutes of its rows, shared out to these by their lengths."""
    for half in grid.halves:
        rows = _spans(grid, half)
        if not rows:
            continue
        total = min(24, _hours_of([span for _row, span in rows]))
        half.hours = str(total)
        minutes = [max(0, int((end - start) / timedelta(minutes=1))) for _row, (start, end) in rows]
        for (row, _span), share in zip(rows, _shared(total, minutes), strict=True):
            row.hours = str(share or "")
    return ()


def _spans(grid: Grid, half: Half) -> list[tuple[Row, tuple[datetime, datetime]]]:
    """The rows of a half-day whose times are known."""
    return [(row, span) for row in grid.rows if row.half == half.key and (span := grid.span(row))]


def _hours_of(spans: Sequence[tuple[datetime, datetime]]) -> int:
    return agenda_conflicts.hours_in(agenda_conflicts.minutes_of([_entry(*span) for span in spans]))


def _entry(start: datetime, end: datetime) -> Entry:
    return Entry(0, "", start, end, None, 0)


def _shared(total: int, minutes: Sequence[int]) -> list[int]:
    """Whole hours for each; what is left goes to those who lost most by rounding down."""
    shares = [agenda_conflicts.hours_in(one) for one in minutes]
    losers = sorted(range(len(minutes)), key=lambda place: minutes[place] % 45, reverse=True)
    for place in losers[: max(0, total - sum(shares))]:
        shares[place] += 1
    return shares


def _set_times(grid: Grid, row: Row, start: datetime, end: datetime) -> None:
    row.day = clock.local_date(start, grid.zone).isoformat()
    row.starts, row.ends = clock_of(start, grid.zone), clock_of(end, grid.zone)
    row.until = until_of(start, end, grid.zone)


def _halves_on(grid: Grid, day: str) -> list[str]:
    """The keys of the half-days of a day by time; those without rows by the day they have themselves."""
    used = {row.half for row in grid.rows}
    rows = sorted((row.starts, row.half) for row in grid.rows if row.day == day and row.half)
    own = sorted((half.starts, half.key) for half in grid.halves if half.key not in used and half.day == day)
    return list(dict.fromkeys(key for _starts, key in [*rows, *own]))


def _free_key(grid: Grid) -> str:
    taken = {half.key for half in grid.halves}
    return next(key for place in count() if (key := f"s{place}") not in taken)


def _free_code(grid: Grid, wish: str) -> str:
    taken = {half.code for half in grid.halves}
    return next(code for code in chain([wish], (f"{wish}-{place}" for place in count(2))) if code not in taken)


def _place(about: str, lines: Sequence[object]) -> int:
    """Raises BadForm."""
    if not (about.isascii() and about.isdecimal()) or int(about[:6]) >= len(lines):
        raise BadForm
    return int(about[:6])


_VERBS: dict[str, Verb] = {
    "check": _nothing,
    "row-add": _add_row,
    "row-open": _open_row,
    "row-shut": _shut_row,
    "row-remove": _remove_row,
    "row-up": lambda grid, about, _said: _move_row(grid, about, -1),
    "row-down": lambda grid, about, _said: _move_row(grid, about, 1),
    "half-add": _add_half,
    "half-open": _open_half,
    "half-shut": _shut_half,
    "half-remove": _remove_half,
    "half-up": lambda grid, about, _said: _move_half(grid, about, -1),
    "half-down": lambda grid, about, _said: _move_half(grid, about, 1),
    "copy": _copy_day,
    "shift": _shift,
    "split": _split,
    "count": _count_hours,
}
