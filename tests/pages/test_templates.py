"""Every page renders in both languages, obeys the strict CSP, and can be used with a keyboard, a reader and a phone."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace as Plain

import pytest
from babel.messages.pofile import read_po
from jinja2 import UndefinedError
from jinja2.ext import extract_from_ast

from service import i18n
from service.pages import render

ZONE = "Asia/Makassar"
CATALOGUE = Path(i18n.__file__).parent / "locales" / "en" / "LC_MESSAGES" / "bimtek.po"


def wita(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.fromisoformat(f"2023-07-{day:02}T{hour:02}:{minute:02}:00+08:00").astimezone(UTC)


def agenda_item(title: str, start: datetime, end: datetime, *speakers: str) -> Plain:
    return Plain(title=title, starts_at=start, ends_at=end, speakers=list(speakers))


ORGANIZER = Plain(slug="luwu", name="Dinas Kominfo-SP Kabupaten Luwu", timezone=ZONE, logo=None)
BLOCKS = [
    Plain(code="D1P", label="Hari I - pagi", starts_at=wita(3, 9), ends_at=wita(3, 12)),
    Plain(code="D1S", label="Hari I - siang", starts_at=wita(3, 13), ends_at=wita(3, 16)),
    Plain(code="D2P", label="Hari II - pagi", starts_at=wita(4, 8, 30), ends_at=wita(4, 12)),
    Plain(code="D2S", label="Hari II - siang", starts_at=wita(4, 13), ends_at=wita(4, 15, 15)),
]
WORKSHOP = Plain(
    title="Bimbingan Teknis Penyusunan Masterplan Kota Cerdas (Smart City) dan Quick Win Program Unggulan Tahap I",
    organizer="luwu",
    kinds=["bimtek"],
    stage="bimtek_1",
    description="Penyamaan pemahaman, penguatan komitmen pemangku kepentingan, dan pemenuhan data.",
    aims=["Menyamakan pemahaman tentang kota cerdas", "Memenuhi data masterplan dan quick win"],
    modality="hybrid",
    status="published",
    timezone=ZONE,
    starts_at=wita(3, 9),
    ends_at=wita(4, 15, 15),
    venue=Plain(name="Aula Bappelitbangda", address="Kompleks Perkantoran Pemerintah Kabupaten Luwu, Belopa"),
    capacity=Plain(offline=Plain(limit=80, taken=61), online=Plain(limit=None, taken=28)),
    registration=Plain(opens_at=wita(1, 8), closes_at=wita(4, 12), state="open"),
    blocks=BLOCKS,
    agenda=[
        agenda_item("Pembukaan", wita(3, 9), wita(3, 9, 45), "Sekretaris Daerah"),
        agenda_item(
            "Pengantar kota cerdas: enam dimensi", wita(3, 9, 45), wita(3, 12), "Tenaga ahli", "Bappelitbangda"
        ),
        agenda_item("Pemetaan data per dimensi", wita(3, 13), wita(3, 16), "Tenaga ahli"),
        agenda_item("Penyusunan quick win", wita(4, 8, 30), wita(4, 12), "Tenaga ahli"),
        agenda_item("Penutupan", wita(4, 13), wita(4, 15, 15)),
    ],
    basis_letter="000.1.5/123/Diskominfo-SP",
    links=Plain(page="/luwu/bimtek-1", calendar="/calendar/luwu/bimtek-1.ics"),
)
CANCELLED = Plain(
    **{**vars(WORKSHOP), "title": "Rapat Persiapan", "kinds": ["preparation_meeting"], "status": "cancelled"}
)
REVIEW = Plain(
    **{
        **vars(WORKSHOP),
        "title": "Evaluasi dan Tinjauan Lapangan Kota Cerdas",
        "kinds": ["evaluation", "field_review"],
        "modality": "offline",
        "ends_at": wita(3, 16),
        "registration": Plain(opens_at=wita(1, 8), closes_at=None, state="full"),
    }
)
REGISTRATION = Plain(
    name="Kepala Bidang Statistik, S.Kom., M.Si.",
    number=27,
    status="confirmed",
    mode="online",
    position="Kepala Bidang Statistik",
    organisation="Dinas Komunikasi dan Informatika",
)
ATTENDANCE = [
    Plain(**vars(BLOCKS[0]), state="present", mode="offline", first_in=wita(3, 9, 2), minutes=None),
    Plain(**vars(BLOCKS[1]), state="present", mode="dual", first_in=wita(3, 13, 4), minutes=141),
    Plain(**vars(BLOCKS[2]), state="absent", mode=None, first_in=None, minutes=None),
    Plain(**vars(BLOCKS[3]), state="pending", mode=None, first_in=None, minutes=None),
]
LINKS = Plain(
    join="/join/abc",
    ticket="/my/abc/ticket.svg",
    calendar="/calendar/my/abc.ics",
    subscribe="webcal://127.0.0.1/calendar/my/abc.ics",
)
NO_LINKS = Plain(join=None, ticket=None, calendar=None, subscribe=None)
JOIN = {
    "workshop": WORKSHOP,
    "block": BLOCKS[0],
    "display_name": "27 Diskominfo-SP Kepala Bidang Statistik",
    "opens_at": wita(3, 8),
    "now": wita(3, 6, 48),
    "action": "/join/abc",
    "passcode": "481516",
    "my": "/my/abc",
}
NAV = [
    render.NavItem("Kegiatan", "/staff", current=True),
    render.NavItem("Organisasi", "/staff/organisations"),
    render.NavItem("Daftar kirim", "/staff/send-list"),
]
ERRORS = [
    render.FormError("email", "Tuliskan surel."),
    render.FormError("password", "Tuliskan kata sandi."),
    render.FormError("", "Surel atau kata sandi salah."),
]
MAIL = Plain(
    href="/demo/mail/1",
    to="kominfo@demo.invalid",
    sender="bimtek@localhost",
    subject="Pendaftaran tercatat",
    at=wita(3, 8, 31),
    text="Pendaftaran tercatat.\n\nHalaman Anda: http://127.0.0.1:8000/my/abc\n\n<script>alert(1)</script>",
)
ENTRY = Plain(
    name="Camat Walenrang",
    organisation="Kecamatan Walenrang",
    occasion="Konfirmasi pendaftaran",
    whatsapp="https://wa.me/6281100000000?text=Pendaftaran%20tercatat",
    mark="/staff/send-list/1/sent",
    sent_at=None,
    sent_by=None,
)
SENT = Plain(**{**vars(ENTRY), "name": "Camat Bua", "mark": "", "sent_at": wita(3, 8, 40), "sent_by": "Panitia"})
STAFF_LIST = [Plain(**vars(w), href="/staff/workshops/1", registered=89) for w in (WORKSHOP, REVIEW, CANCELLED)]

SAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    "sign-in": ("sign_in.html", {"action": "/sign-in", "email": "", "next": "/staff"}),
    "sign-in-refused": ("sign_in.html", {"action": "/sign-in", "email": 'a"b', "next": "", "errors": ERRORS}),
    "home": (
        "home.html",
        {
            "staff": Plain(name="Panitia Bimtek", email="panitia@demo.invalid"),
            "role": "organizer",
            "sign_out": "/sign-out",
            "workshops": STAFF_LIST,
            "nav": NAV,
        },
    ),
    "index": ("index.html", {"workshops": [WORKSHOP, REVIEW, CANCELLED], "organizers": {"luwu": ORGANIZER.name}}),
    "index-empty": ("index.html", {"workshops": [], "organizers": {}, "organizer": None}),
    "workshop": ("workshop.html", {"workshop": WORKSHOP}),
    "my": ("my.html", {"registration": REGISTRATION, "workshop": WORKSHOP, "links": LINKS, "attendance": ATTENDANCE}),
    "my-waiting": (
        "my.html",
        {
            "registration": Plain(**{**vars(REGISTRATION), "status": "waitlisted"}),
            "workshop": WORKSHOP,
            "links": NO_LINKS,
            "attendance": [],
        },
    ),
    "join-before": ("join.html", {**JOIN, "state": "before"}),
    "join-open": ("join.html", {**JOIN, "state": "open"}),
    "join-not-ready": ("join.html", {**JOIN, "state": "not_ready"}),
    "join-over": ("join.html", {**JOIN, "state": "over", "block": None}),
    "confirm": ("confirm.html", {"registration": REGISTRATION, "workshop": WORKSHOP, "action": "/confirm/abc"}),
    "mail-list": ("mail_list.html", {"mails": [MAIL, MAIL], "timezone": ZONE}),
    "mail": ("mail.html", {"mail": MAIL, "back": "/demo/mail", "timezone": ZONE}),
    "send-list": ("send_list.html", {"entries": [ENTRY, SENT], "timezone": ZONE, "nav": NAV}),
    "error": (
        "error.html",
        {"title": "Tidak ditemukan", "detail": "Periksa alamatnya.", "retry": 5, "request_id": "0189", "status": 404},
    ),
}
FRAME: dict[str, object] = {"organizer": ORGANIZER, "demo": wita(3, 8, 31), "csrf": "c5rf"}


class Reading(HTMLParser):
    """Collects the tags of a page, and the text inside the elements that must have none."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inline = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in {"script", "style"}:
            self.inline += data

    def all(self, *names: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag in names]


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
    loaded = [a.get("src") or a.get("href", "") for a in reading.all("script", "link", "img", "use", "source")]
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)


def test_links_lead_out_only_to_whatsapp_and_to_what_a_mail_says(html: str) -> None:
    addresses = [a.get("href") or a.get("action") or "" for a in Reading(html).all("a", "form")]
    outside = {address.split("/")[2] for address in addresses if address.startswith(("http:", "https:", "//"))}
    assert outside <= {"wa.me", "127.0.0.1:8000"}


def test_ids_are_unique_and_labels_and_references_reach_their_element(html: str) -> None:
    reading = Reading(html)
    ids = Counter(attributes["id"] for _tag, attributes in reading.tags if "id" in attributes)
    assert [name for name, count in ids.items() if count > 1] == []
    wanted = {a["for"] for a in reading.all("label")}
    wanted |= {a["href"][1:] for a in reading.all("a") if a.get("href", "").startswith("#")}
    for name in ("aria-describedby", "aria-labelledby"):
        wanted |= {one for _tag, a in reading.tags for one in a.get(name, "").split()}
    assert wanted <= set(ids)
    inputs = [a for a in reading.all("input", "select", "textarea") if a.get("type") != "hidden"]
    labelled = {a["for"] for a in reading.all("label")}
    assert all(a["id"] in labelled for a in inputs)


def test_a_page_has_one_main_heading_its_language_and_a_way_past_the_header(html: str) -> None:
    reading = Reading(html)
    assert reading.all("html")[0]["lang"] == i18n.language()
    assert len(reading.all("h1")) == 1
    assert reading.all("a")[0]["href"] == "#isi"
    assert all("alt" in image for image in reading.all("img"))


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
    assert "27 Diskominfo-SP Kepala Bidang Statistik" in opened
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
    assert "x-robots-tag" not in render.page("index.html", private=False, workshops=[], organizers={}).headers
