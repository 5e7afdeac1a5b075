"""Every page renders in both languages, obeys the strict CSP, and can be used with a keyboard, a reader and a phone."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
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


@pytest.fixture(params=[(sample, language) for sample in SAMPLES for language in i18n.LANGUAGES], ids="-".join)
def html(request: pytest.FixtureRequest) -> str:
    sample, language = request.param
    i18n.use(language)
    return html_of(sample)


def test_every_template_has_a_sample() -> None:
    names = {path.name for path in (render.HERE / "templates").glob("[!_]*.html")}
    mine = {"base.html", *(template for template, _context in SAMPLES.values())}
    assert mine == names


def test_nothing_is_inline_and_nothing_is_loaded_from_elsewhere(html: str) -> None:
    reading = Reading(html)
    assert reading.inline.strip() == ""
    assert not reading.all("style", "iframe", "object", "embed", "base")
    names = {name for _tag, attributes in reading.tags for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith(("on", "hx-on"))}
    loading = reading.all("script", "img", "use", "source")
    loading += [a for a in reading.all("link") if a["rel"] not in {"canonical", "alternate"}]
    loaded = [a.get("src") or a.get("href", "") for a in loading if a.get("type") != "application/ld+json"]
    elsewhere = [address for address in loaded if not address.startswith("data:image/")]
    assert all(address.startswith("/") and not address.startswith("//") for address in elsewhere)


def test_links_lead_out_only_to_whatsapp_to_calendars_to_the_map_and_to_what_a_mail_says(html: str) -> None:
    addresses = [a.get("href") or a.get("action") or "" for a in Reading(html).all("a", "form")]
    outside = {address.split("/")[2] for address in addresses if address.startswith(("http:", "https:", "//"))}
    calendars = {"calendar.google.com", "outlook.live.com", "outlook.office.com"}
    assert outside <= {"wa.me", "127.0.0.1:8000", "www.openstreetmap.org"} | calendars


def test_ids_are_unique_and_labels_and_references_reach_their_element(html: str) -> None:
    reading = Reading(html)
    ids = Counter(attributes["id"] for _tag, attributes in reading.tags if "id" in attributes)
    assert [name for name, count in ids.items() if count > 1] == []
    wanted = {a["for"] for a in reading.all("label")}
    wanted |= {a["href"][1:] for a in reading.all("a") if a.get("href", "").startswith("#")}
    for name in ("aria-describedby", "aria-labelledby"):
        wanted |= {one for _tag, a in reading.tags for one in a.get(name, "").split()}
    assert wanted <= set(ids)


def test_a_page_can_be_used_by_ear_and_keyboard_alone(html: str) -> None:
    assert faults(html, i18n.language()) == []
    assert Reading(html).all("a")[0]["href"] == "#isi"


def test_every_posting_form_carries_the_csrf_value(html: str) -> None:
    forms = len([a for a in Reading(html).all("form") if a.get("method") == "post"])
    assert html.count('name="csrf" value="c5rf"') == forms


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
    response = render.page("error.html", status=404, title="Tidak ditemukan", detail="", retry=None, request_id=None)
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
