"""The static files: cached by their content, small, and readable in every colour scheme."""

import re

import httpx
import pytest

from service.pages import render


@pytest.mark.anyio
async def test_a_hashed_static_address_is_good_for_a_year_and_a_bare_one_is_not() -> None:
    transport = httpx.ASGITransport(render.Assets())
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        hashed = await client.get(render.asset("bimtek.css").removeprefix(render.STATIC_URL))
        bare = await client.get("/bimtek.css")
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert bare.headers["cache-control"] == "no-cache"
    assert bare.text == hashed.text
    assert bare.headers["content-type"] == "text/css; charset=utf-8"


@pytest.mark.anyio
async def test_a_sheet_is_served_without_what_only_its_authors_need() -> None:
    transport = httpx.ASGITransport(render.Assets())
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        served = (await client.get("/bimtek.css")).text
    written = (render.STATIC / "bimtek.css").read_text()
    assert len(served) < 0.9 * len(written)
    assert "/*" not in served

    def bones(sheet: str) -> str:
        return re.sub(r"\s|/\*.*?\*/", "", sheet, flags=re.DOTALL)

    assert bones(served) == bones(written)
    assert ".occasion :is(h2,h3) a{" in served


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def schemes() -> list[dict[str, str]]:
    """The colours of each accent in the light and in the dark scheme, as the sheet's first and second halves say."""
    sheet = (render.STATIC / "bimtek.css").read_text()
    light, dark = sheet.split("@media (prefers-color-scheme: dark)")[0], sheet.split("/* ---------- Ground")[0]
    found = []
    for part in (light, dark):
        root = dict(re.findall(r"--([\w-]+): (#\w{6});", " ".join(re.findall(r":root \{[^}]*\}", part))))
        for name in render.ACCENTS:
            own = re.findall(rf'data-accent="{name}"\] \{{([^}}]*)\}}', part)
            found.append(root | dict(re.findall(r"--([\w-]+): (#\w{6});", own[-1] if own else "")) | {"name": name})
    return found


@pytest.mark.parametrize("colours", schemes(), ids=lambda colours: colours["name"] + colours["paper"])
def test_words_can_be_read_in_every_colour_scheme(colours: dict[str, str]) -> None:
    pairs = [("ink", "paper"), ("ink", "surface"), ("muted", "paper"), ("muted", "surface"), ("on-accent", "accent")]
    pairs += [("accent", ground) for ground in ("paper", "surface", "accent-soft")]
    pairs += [(tone, f"{tone}-soft") for tone in ("ok", "warn", "bad", "info")]
    pairs += [("ink", f"{tone}-soft") for tone in ("ok", "warn", "bad", "info", "accent")]
    pairs += [("muted", "sunken"), ("bad", "surface"), ("focus", "paper"), ("focus", "accent-soft")]
    ratios = {(word, ground): contrast(colours[word], colours[ground]) for word, ground in pairs}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}
    assert contrast(colours["edge"], colours["surface"]) >= 3


def test_the_sheet_and_the_list_of_accents_name_the_same_colours() -> None:
    sheet = (render.STATIC / "bimtek.css").read_text()
    assert set(re.findall(r'data-accent="(\w+)"', sheet)) == set(render.ACCENTS[1:])


def test_the_verdicts_differ_by_more_than_colour() -> None:
    sheet = (render.STATIC / "bimtek.css").read_text()
    borders = re.findall(r"\.verdict-(?:again|refused) \{ border: [\d.]+rem (\w+)", sheet)
    assert sorted(borders) == ["dashed", "double"]


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("Dinas Komunikasi, Informatika, Statistik dan Persandian Kabupaten Luwu", "L"),
        ("Pemerintah Kota Palopo", "P"),
        ("Dinas Kominfo", "K"),
        ("Kabupaten", "K"),
        ("-", "•"),
    ],
)
def test_the_seal_bears_the_letter_of_the_regency_or_city(name: str, letter: str) -> None:
    assert render.initial(name) == letter


def test_organizers_have_a_lasting_colour_of_their_own() -> None:
    assert render.accent("luwu") == render.accent("luwu")
    assert len({render.accent(slug) for slug in ("luwu", "luwu-timur", "luwu-utara", "banjar")}) > 1
