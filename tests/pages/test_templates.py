"""Every page renders in both languages, obeys the strict CSP, and can be used with a keyboard, a reader and a phone."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sized
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from jinja2 import UndefinedError
from jinja2.ext import extract_from_ast

from service import i18n
from service.pages import render
from tests.pages.reading import Reading, faults
from tests.pages.sampled import ZONE, wita
from tests.pages.sampled_public import LISTED
from tests.pages.samples import FRAME, SAMPLES

CATALOGUE = Path(i18n.__file__).parent / "locales" / "en" / "LC_MESSAGES" / "bimtek.po"


@pytest.fixture(autouse=True)
def indonesian_afterwards() -> Iterator[None]:
    i18n.use("id")
    yield
    i18n.use("id")


def html_of(sample: str) -> str:
    template, context = SAMPLES[sample]
    return render.render(template, **(FRAME | context))


def test_every_template_has_a_sample() -> None:
    names = {path.name for path in (render.HERE / "templates").glob("[!_]*.html")}
    mine = {"base.html", *(template for template, _context in SAMPLES.values())}
    assert mine == names


def inline_or_loaded_from_elsewhere(reading: Reading, html: str) -> list[str]:
    found = [f"inline: {reading.inline.strip()}"] if reading.inline.strip() else []
    found += [tag for tag, _attributes in reading.tags if tag in {"style", "iframe", "object", "embed", "base"}]
    names = {name for _tag, attributes in reading.tags for name in attributes}
    found += sorted(name for name in names if name == "style" or name.startswith(("on", "hx-on")))
    loading = reading.all("script", "img", "use", "source")
    loading += [a for a in reading.all("link") if a["rel"] not in {"canonical", "alternate"}]
    loaded = [a.get("src") or a.get("href", "") for a in loading if a.get("type") != "application/ld+json"]
    elsewhere = [address for address in loaded if not address.startswith("data:image/")]
    return found + [address for address in elsewhere if not address.startswith("/") or address.startswith("//")]


def links_that_lead_out(reading: Reading, html: str) -> set[str]:
    """Only to WhatsApp, to calendars, to the map and to what a mail says may they."""
    addresses = [a.get("href") or a.get("action") or "" for a in reading.all("a", "form")]
    outside = {address.split("/")[2] for address in addresses if address.startswith(("http:", "https:", "//"))}
    calendars = {"calendar.google.com", "outlook.live.com", "outlook.office.com"}
    return outside - {"wa.me", "127.0.0.1:8000", "www.openstreetmap.org"} - calendars


def ids_that_stand_twice_or_are_missed(reading: Reading, html: str) -> set[str]:
    """Labels and references reach their element."""
    ids = Counter(attributes["id"] for _tag, attributes in reading.tags if "id" in attributes)
    wanted = {a["for"] for a in reading.all("label")}
    wanted |= {a["href"][1:] for a in reading.all("a") if a.get("href", "").startswith("#")}
    for name in ("aria-describedby", "aria-labelledby"):
        wanted |= {one for _tag, a in reading.tags for one in a.get(name, "").split()}
    return {name for name, count in ids.items() if count > 1} | wanted - set(ids)


def obstacles_by_ear_and_keyboard(reading: Reading, html: str) -> list[str]:
    skipping = reading.all("a")[0]["href"] == "#isi"
    return faults(html, i18n.language()) + ([] if skipping else ["the first link does not lead to the content"])


def posting_forms_without_the_csrf_value(reading: Reading, html: str) -> int:
    forms = len([a for a in reading.all("form") if a.get("method") == "post"])
    return forms - html.count('name="csrf" value="c5rf"')


def more_than_forty_kilobytes_of_styles_and_scripts(reading: Reading, html: str) -> list[str]:
    """As a phone in a hall loads them, once: compressed."""
    links = [a["href"] for a in reading.all("link") if a["rel"] == "stylesheet"] + [
        a["src"] for a in reading.all("script") if "src" in a
    ]
    names = sorted({link.partition("?")[0].removeprefix(f"{render.STATIC_URL}/") for link in links})
    return names if sum(map(_compressed, names)) >= 40_000 else []


@cache
def _compressed(name: str) -> int:
    return len(gzip.compress((render.STATIC / name).read_bytes()))


CHECKS: list[Callable[[Reading, str], Sized | int]] = [
    inline_or_loaded_from_elsewhere,
    links_that_lead_out,
    ids_that_stand_twice_or_are_missed,
    obstacles_by_ear_and_keyboard,
    posting_forms_without_the_csrf_value,
    more_than_forty_kilobytes_of_styles_and_scripts,
]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_page_obeys_the_policy_and_everybody_can_use_it(sample: str, language: str) -> None:
    i18n.use(language)
    html = html_of(sample)
    reading = Reading(html)
    assert {check.__name__: found for check in CHECKS if (found := check(reading, html))} == {}


def test_every_word_of_the_templates_has_an_english_translation() -> None:
    env = render.environment()
    folder = render.HERE / "templates"
    sources = [env.parse((folder / name).read_text()) for name in env.list_templates()]
    used = {message for source in sources for _line, _function, message in extract_from_ast(source)}
    with CATALOGUE.open("rb") as catalogue:
        english = {message.id for message in read_po(catalogue) if message.string}
    assert used - english == set()


def test_indented_lines_cost_one_space_which_still_parts_words() -> None:
    source = "<p>\n      {% if true %}Berikutnya:{% endif %}\n        <b>{{ said }}</b>\n      </p>"
    assert render.environment().from_string(source).render(said="a\n    b") == "<p>\nBerikutnya: <b>a\n    b</b>\n </p>"


def test_one_day_and_one_item_are_singular_in_english() -> None:
    i18n.use("en")
    assert [i18n.speak_working_days(count) for count in (1, 13)] == ["1 working day", "13 working days"]
    assert [i18n.speak_items(count) for count in (1, 2)] == ["1 data item", "2 data items"]
    assert "Due: Friday, 21 July 2023 (3 working days left)" in html_of("portal")


def test_an_english_reader_gets_english() -> None:
    assert "Tunjukkan kode ini" in html_of("my")
    i18n.use("en")
    assert "Show this code at the entrance." in html_of("my")


def test_what_a_person_typed_is_escaped() -> None:
    assert 'value="a&#34;b"' in html_of("sign-in-refused")
    assert "&lt;script&gt;alert(1)" in html_of("mail")
    assert '<a href="http://127.0.0.1:8000/my/abc" rel="noopener noreferrer">' in html_of("mail")


def test_a_template_without_what_it_needs_says_so() -> None:
    with pytest.raises(UndefinedError):
        render.render("workshop.html", **FRAME)


def test_times_are_spoken_with_their_zone_in_the_language_of_the_reader() -> None:
    assert "Senin, 3 Juli 2023" in html_of("workshop")
    assert "09.00–12.00 WITA" in html_of("my")
    i18n.use("en")
    assert "Monday, 3 July 2023, 08:00 WITA" in html_of("join-before")


@pytest.mark.parametrize(
    ("first", "last", "spoken"),
    [
        (wita(3, 9), wita(3, 16), "Senin, 3 Juli 2023"),
        (wita(3, 9), wita(4, 16), "3–4 Juli 2023"),
        (wita(31, 9), datetime(2023, 8, 1, 1, tzinfo=UTC), "31 Juli – 1 Agustus 2023"),
        (
            datetime(2023, 12, 31, 1, tzinfo=UTC),
            datetime(2024, 1, 1, 1, tzinfo=UTC),
            "31 Desember 2023 – 1 Januari 2024",
        ),
        (datetime(2023, 7, 2, 17, tzinfo=UTC), datetime(2023, 7, 3, 15, tzinfo=UTC), "Senin, 3 Juli 2023"),
    ],
)
def test_a_span_of_days_says_no_more_than_it_must(first: datetime, last: datetime, spoken: str) -> None:
    assert render.speak_days(first, last, ZONE) == spoken


def test_the_join_page_counts_from_the_servers_time_and_posts_only_when_open() -> None:
    before, opened = html_of("join-before"), html_of("join-open")
    assert 'data-opens-at="2023-07-03T00:00:00+00:00" data-now="2023-07-02T22:48:00+00:00"' in before
    assert "<form" not in before
    assert 'action="/join/abc"' in opened
    assert "27 Kepala Bidang Statistik - Diskominfo-SP" in opened
    assert "countdown.js" not in opened


def test_htmx_is_told_to_live_with_the_strict_policy() -> None:
    reading = Reading(render.environment().from_string('{% from "_parts.html" import htmx %}{{ htmx() }}').render())
    settings = json.loads(reading.all("meta")[0]["content"])
    assert settings["allowEval"] is False
    assert settings["includeIndicatorStyles"] is False
    assert reading.all("script")[0]["src"] == render.asset("htmx-2.0.11.min.js")


def test_the_error_summary_leads_to_the_refused_inputs() -> None:
    html = html_of("sign-in-refused")
    assert '<a href="#email">Tuliskan surel.</a>' in html
    assert html.count('aria-invalid="true"') == 2
    assert "Periksa kembali isian" not in html_of("sign-in")


def test_a_page_carries_its_security_headers() -> None:
    response = render.page(
        "error.html", status=404, title="Tidak ditemukan", detail="", retry=None, request_id=None, form=None, home=None
    )
    assert response.status_code == 404
    headers = dict(response.headers)
    assert headers["content-security-policy"] == render.CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["cache-control"] == "no-store"
    assert headers["content-language"] == "id"


def test_a_public_page_may_be_found_by_search_engines() -> None:
    context: dict[str, Any] = LISTED
    assert "x-robots-tag" not in render.page("index.html", private=False, **context).headers
