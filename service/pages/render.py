"""What people see: the template environment, the words of time, and the headers every page carries."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import Protocol, TypeVar
from zlib import crc32

from babel.dates import format_date
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from service import clock, i18n
from service.documents.calendar_links import calendar_links

HERE = Path(__file__).parent
STATIC = HERE / "static"
STATIC_URL = "/static"
HTTP_OK = 200
CSP = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
# The sheet's default colour first, then its [data-accent] ones.
ACCENTS = ("laut", "nila", "daun", "marun", "ungu", "tembaga")

_PLACES = {"kabupaten", "kota"}
_TITLES = {"pemerintah", "kabupaten", "kota", "dinas"}

_BASE_CONTEXT: dict[str, object] = {
    "organizer": None,
    "nav": (),
    "demo": None,
    "rehearsal": None,
    "unsent": "",
    "csrf": None,
    "errors": (),
    "carried": "",
}


class Timed(Protocol):
    """Anything that starts at an instant: an agenda item, a block."""

    @property
    def starts_at(self) -> datetime: ...


T = TypeVar("T", bound=Timed)


@dataclass(frozen=True)
class FormError:
    """One refusal of a form: `field` is the id of the input it belongs to, or empty for the form as a whole.

    `label` is the question above the input, for the list at the top of the page, where it would else be unknown.
    """

    field: str
    message: str
    label: str = ""

    @property
    def listed(self) -> str:
        """As the list at the top of the page says it."""
        if not self.label:
            return self.message
        return f"{self.label}{' ' if self.label.endswith(tuple('?!:.')) else ': '}{self.message}"


@dataclass(frozen=True)
class NavItem:
    """One entry of the staff navigation."""

    label: str
    href: str
    current: bool = False


def speak_days(starts_at: datetime, ends_at: datetime, timezone: str) -> str:
    """'3-4 Juli 2023', or 'Senin, 3 Juli 2023' when both fall on one local day. A range has an en dash."""
    first, last = clock.local_date(starts_at, timezone), clock.local_date(ends_at, timezone)
    if first == last:
        return i18n.speak_date(first)
    pattern = "d MMMM y" if first.year != last.year else "d MMMM" if first.month != last.month else "d"
    dash = "–" if pattern == "d" else " – "  # noqa: RUF001 - a range is written with an en dash
    begin, end = (format_date(day, p, locale=i18n.language()) for day, p in ((first, pattern), (last, "d MMMM y")))
    return begin + dash + end


def speak_hours(starts_at: datetime, ends_at: datetime, timezone: str) -> str:
    """'08.30-12.00 WITA', with an en dash."""
    first, last = i18n.speak_time(starts_at, timezone), i18n.speak_time(ends_at, timezone)
    return f"{first.split(' ', maxsplit=1)[0]}–{last}"  # noqa: RUF001 - a range is written with an en dash


def speak_part(instant: datetime, timezone: str, pattern: str) -> str:
    """One part of the local date in CLDR's pattern letters: 'd' the day, 'MMM' the month's short name."""
    return format_date(clock.local_date(instant, timezone), pattern, locale=i18n.language())


def speak_iso(day: str) -> str:
    """A date of a history, which keeps texts: '2023-07-03' as 'Senin, 3 Juli 2023'."""
    return i18n.speak_date(date.fromisoformat(day))


def speak_day(day: date, pattern: str) -> str:
    """A part of a date in CLDR's pattern letters: 'EEEE' the weekday."""
    return format_date(day, pattern, locale=i18n.language())


def by_day(items: Iterable[T], timezone: str) -> list[tuple[date, list[T]]]:
    """Items in order of time, gathered under the local day on which they start."""
    ordered = sorted(items, key=lambda item: item.starts_at)
    days = groupby(ordered, key=lambda item: clock.local_date(item.starts_at, timezone))
    return [(day, list(group)) for day, group in days]


def accent(slug: str) -> str:
    """The colour of an organizer: always the same one for a slug, out of those whose contrast was checked."""
    return ACCENTS[crc32(slug.encode()) % len(ACCENTS)]


def initial(name: str) -> str:
    """The letter on an organizer's seal: of the regency or city, not of 'Kabupaten' or 'Dinas'."""
    words = [word for word in name.split() if word[:1].isalpha()]
    places = [place for kind, place in pairwise(words) if kind.lower() in _PLACES]
    distinct = places or [word for word in words if word.lower() not in _TITLES]
    return ((distinct or words or ["•"])[0])[0].upper()


@cache
def asset(name: str) -> str:
    """The address of a static file with its content's hash, so that it can be cached for a year.

    Raises FileNotFoundError.
    """
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"{STATIC_URL}/{name}?v={digest}"


class Assets(StaticFiles):
    """The static folder: an address that names the content's hash is good for a year, any other is asked again."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == HTTP_OK and path.endswith(".css"):
            response = Response(_squeezed(path), media_type="text/css")
        hashed = scope.get("query_string", b"").startswith(b"v=")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


@cache
def _squeezed(path: str) -> str:
    """A sheet as it is served: without remarks, and without the spaces that only its authors need."""
    sheet = re.sub(r"/\*.*?\*/", "", (STATIC / path).read_text(), flags=re.DOTALL)
    return re.sub(r" ?([{};,>]) ?", r"\1", " ".join(sheet.split()))


class Flat(Extension):
    """Templates whose lines are indented by one space, which may part words; what pages show in them keeps its own."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """See the class."""
        del name, filename
        return re.sub(r"(?m)^[ \t]+", " ", source)


@cache
def environment() -> Environment:
    """The one template environment: everything escaped, an unknown name is an error."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[Flat],
    )
    env.globals.update(_=i18n.gettext, language=i18n.language, asset=asset, calendar_links=calendar_links)
    env.filters.update(
        speak_date=i18n.speak_date,
        speak_number=i18n.speak_number,
        speak_working_days=i18n.speak_working_days,
        speak_items=i18n.speak_items,
        speak_time=i18n.speak_time,
        speak_instant=i18n.speak_instant,
        speak_days=speak_days,
        speak_hours=speak_hours,
        speak_part=speak_part,
        speak_day=speak_day,
        speak_iso=speak_iso,
        by_day=by_day,
        accent=accent,
        initial=initial,
    )
    return env


def render(name: str, **context: object) -> str:
    """The HTML of one template, in the language spoken now. Raises UndefinedError when the context lacks a name."""
    return environment().get_template(name).render(_BASE_CONTEXT | context)


def page(name: str, *, status: int = 200, private: bool = True, csp: str = CSP, **context: object) -> HTMLResponse:
    """A page with its security headers; `private` keeps it out of caches and search engines.

    Every template names its context in its first lines; base.html says what all of them may be given.
    """
    headers = {
        "Content-Security-Policy": csp,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Content-Language": i18n.language(),
        "Cache-Control": "no-store" if private else "no-cache",
        "Vary": "Accept-Language, Cookie",
    }
    if private:
        headers["X-Robots-Tag"] = "noindex, nofollow"
    return HTMLResponse(render(name, status=status, **context), status, headers)
