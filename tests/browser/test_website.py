"""Every example of docs/website.md, run against a service that listens: by PHP, by node, in an office's own pages."""

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from service.db import Database
from service.models.organizers import Organizer
from tests import factories
from tests.browser.conftest import Site
from tests.factories import at
from tests.support.browser import PATIENCE_MS, take_time
from tests.support.website import examples, html, website

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
TITLE = "Rapat <b>Depan</b>"
FITS = "() => document.documentElement.scrollHeight <= document.documentElement.clientHeight + 1"
TYPED = {"name": "Kepala Seksi Data", "email": "data@luwukab.go.id", "mode": "offline", "consent": True}


@pytest.fixture
def future(site: Site) -> Site:
    """The examples ask for what comes after today, by the clock on the wall: something has to."""

    async def make() -> None:
        database = Database(site.settings)
        async with database.write() as session:
            house = await session.get_one(Organizer, site.house.id)
            begin, end = (at(f"07-03 {hour}").replace(year=2099) for hour in ("08:00", "12:00"))
            await factories.workshop(
                session, house, title=TITLE, slug="depan", venue_name="Aula A&B", starts_at=begin, ends_at=end
            )
        await database.close()

    asyncio.run(make())
    return site


def registered(site: Site) -> list[str]:
    url = f"{site.base_url}/api/v1/workshops/{site.gathering.id}/registrations"
    return [one["email"] for one in httpx.get(url, headers=site.key).json()["items"]]


def run(program: str, *arguments: str, cwd: Path) -> Any:  # JSON
    """What a program prints, as JSON. A missing one is a failure in CI and a loud skip elsewhere."""
    found = shutil.which(program)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{program} is missing")
        pytest.skip(f"{program.upper()} IS MISSING, ITS EXAMPLES DID NOT RUN")
    done = subprocess.run([found, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def kept_in(folder: Path, site: Site) -> None:
    for name, code in examples(site.base_url).items():
        (folder / name).write_text(code, encoding="utf-8")


def test_php_lists_what_comes_shows_what_it_kept_while_the_service_is_away_and_registers(
    future: Site, tmp_path: Path
) -> None:
    kept_in(tmp_path, future)
    (tmp_path / "run.php").write_text(
        "<?php $tags = []; function add_shortcode($tag, $function) { global $tags; $tags[$tag] = $function; }"
        "require 'bimtek.php'; echo json_encode($tags['kegiatan_bimtek']());"
    )
    first = run("php", "run.php", cwd=tmp_path)
    assert "Rapat &lt;b&gt;Depan&lt;/b&gt;" in first
    assert "03-07-2099, 08.00 WITA di Aula A&amp;B, sisa 50 kursi" in first
    [kept] = (tmp_path / "bimtek-kept").iterdir()
    marked = kept.read_text().replace("Depan", "Lama")
    kept.write_text(marked)
    assert "Lama" in run("php", "run.php", cwd=tmp_path), "a 304 shows what was kept"
    _php_registers_once_and_says_what_is_wrong_by_field(future, tmp_path)
    plugin = tmp_path / "bimtek.php"
    plugin.write_text(plugin.read_text().replace("'ignore_errors' => true", "'ignore_errors' => true, 'proxy' => 'x'"))
    assert "Lama" in run("php", "run.php", cwd=tmp_path), "nobody answers"
    kept.unlink()
    assert "tidak dapat dimuat" in run("php", "run.php", cwd=tmp_path)


def _php_registers_once_and_says_what_is_wrong_by_field(site: Site, folder: Path) -> None:
    (folder / "register.php").write_text(
        "<?php require 'bimtek-register.php'; $typed = json_decode($argv[2], true);"
        "echo json_encode(bimtek_register($argv[1], $typed, 'kunci-1'));"
    )

    def register(typed: Mapping[str, object]) -> Any:  # JSON
        return run("php", "register.php", str(site.gathering.id), json.dumps(typed), cwd=folder)

    assert register({"mode": "offline"})["errors"]["name"]
    assert register(TYPED | {"consent": False})["errors"]["consent"]
    assert [register(TYPED), register(TYPED)] == [{"status": "confirmed", "errors": []}] * 2
    assert registered(site) == [TYPED["email"]]


def test_the_functions_of_the_scripts_run_in_node_too(future: Site, tmp_path: Path) -> None:
    kept_in(tmp_path, future)
    code = "".join((tmp_path / name).read_text() for name in ("list.js", "form.js"))
    (tmp_path / "run.mjs").write_text(
        f"{code}\nconst first = await workshops('luwu'); const asked = [];"
        "const real = fetch; globalThis.fetch = async (...all) => { const said = await real(...all);"
        " asked.push(said.status); return said; };"
        "const second = await workshops('luwu'); const id = await workshopId(BIMTEK, 'luwu', 'bimtek-1');"
        f"const wrong = await register(BIMTEK, id, {{mode: 'offline'}}, 'k-0');"
        f"const typed = {json.dumps(TYPED)};"
        "const done = [await register(BIMTEK, id, typed, 'k-1'), await register(BIMTEK, id, typed, 'k-1')];"
        "const nobody = await register('http://127.0.0.1:9', id, typed, 'k-1');"
        "console.log(JSON.stringify({titles: first.map((one) => one.title), asked, wrong, done, nobody,"
        " same: JSON.stringify(second) === JSON.stringify(first)}));"
    )
    said = run("node", "run.mjs", cwd=tmp_path)
    assert said["titles"] == [TITLE]
    assert (said["same"], said["asked"][0]) == (True, 304)
    assert said["wrong"]["errors"]["name"]
    assert said["done"] == [{"status": "confirmed"}] * 2
    assert said["nobody"]["errors"] == {"": "Sambungan terputus. Silakan kirim sekali lagi."}
    assert registered(future) == [TYPED["email"]]


def _busy_years(site: Site) -> None:
    """Eleven workshops more, one in each year after the first."""

    async def make() -> None:
        database = Database(site.settings)
        async with database.write() as session:
            house = await session.get_one(Organizer, site.house.id)
            for year in range(2100, 2111):
                begin, end = (at(f"07-03 {hour}").replace(year=year) for hour in ("08:00", "12:00"))
                await factories.workshop(
                    session, house, title=f"Rapat {year}", slug=f"y{year}", starts_at=begin, ends_at=end, blocks=False
                )
        await database.close()

    asyncio.run(make())


def test_of_more_than_ten_the_soonest_are_listed(future: Site, tmp_path: Path) -> None:
    _busy_years(future)
    kept_in(tmp_path, future)
    # Small pages, so that several are read.
    php = (tmp_path / "bimtek.php").read_text().replace("'limit' => 100", "'limit' => 5")
    code = (tmp_path / "list.js").read_text().replace('limit: "100"', 'limit: "5"')
    (tmp_path / "bimtek.php").write_text(php)
    (tmp_path / "run.php").write_text("<?php require 'bimtek.php'; echo json_encode(bimtek_list());")
    (tmp_path / "run.mjs").write_text(
        f"{code}\nconsole.log(JSON.stringify((await workshops('luwu')).map((one) => one.title)));"
    )
    soonest = [TITLE, *(f"Rapat {year}" for year in range(2100, 2109))]
    assert run("node", "run.mjs", cwd=tmp_path) == soonest
    shown = run("php", "run.php", cwd=tmp_path)
    assert re.findall(r'">([^<]*)</a>', shown) == [escape(title) for title in soonest]


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[Page]:
    """A visitor's window; fails on errors of scripts, refused frames and cookies."""
    context = browser.new_context(viewport={"width": 900, "height": 700})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    try:
        yield page
        assert errors == []
        assert context.cookies() == []
    finally:
        context.close()


def allow(site: Site, *origins: str) -> None:
    headers = site.key | {"If-Match": "*"}
    url = f"{site.base_url}/api/v1/organizer"
    assert httpx.patch(url, json={"embed_origins": [*origins]}, headers=headers).status_code == 200


def test_frames_grow_to_what_they_show_a_person_registers_in_one_and_strangers_get_none(
    future: Site, browser: Browser
) -> None:
    made = examples(future.base_url)
    pages = {"/": html(made["list.html"]), "/daftar": html(made["form.html"]), "/bingkai": html(made["frame.html"])}
    with website(pages) as office:
        allow(future, office)
        with opened(browser, f"{office}/") as page:
            inside = page.frame_locator("iframe")
            expect(inside.get_by_role("link", name=TITLE)).to_be_visible()
            grown = "() => document.querySelector('iframe').clientHeight !== 480"
            page.wait_for_function(grown)
            page.frames[1].wait_for_function(FITS)
            inside.get_by_role("link", name=TITLE).click()
            page.wait_for_url(f"{future.base_url}/w/luwu/depan?lang=id")
            page.context.clear_cookies()
        with opened(browser, f"{office}/bingkai") as page:
            expect(page.frame_locator("iframe").get_by_role("link", name=TITLE)).to_be_visible()
        with opened(browser, f"{office}/daftar") as page:
            _registers_in_english(page)
        with opened(browser, "about:blank") as page, page.expect_console_message(_is_refused):
            page.goto(f"{office.replace('127.0.0.1', 'localhost')}/")
    assert registered(future) == [TYPED["email"]]


def _is_refused(message: ConsoleMessage) -> bool:
    """Another website, if only by its name, gets no frame."""
    return "frame-ancestors" in message.text


def _registers_in_english(page: Page) -> None:
    expect(page.locator("iframe")).to_have_attribute("title", "Registration")
    inside = page.frame_locator("iframe")
    inside.get_by_label("Full name").fill(str(TYPED["name"]))
    inside.get_by_label("In person").check()
    inside.get_by_role("checkbox").check()
    inside.locator("button[type=submit]").click()
    expect(inside.get_by_role("alert")).to_be_visible()
    inside.locator("#email").fill(str(TYPED["email"]))
    take_time(page.frames[1])
    inside.locator("button[type=submit]").click()
    expect(inside.get_by_role("status")).to_be_visible()
    page.wait_for_function("() => document.querySelector('iframe').clientHeight < 500")


def test_the_list_and_the_form_by_script_work_on_another_website(future: Site, browser: Browser) -> None:
    made = examples(future.base_url)
    scripts = [f"<script>{made[name]}</script>" for name in ("list.js", "list-start.js", "form.js", "form-start.js")]
    with (
        website({"/": html(made["head.html"], made["list-by-script.html"], made["form-by-script.html"], *scripts)}) as (
            office
        ),
        opened(browser, f"{office}/") as page,
    ):
        expect(page.locator("#kegiatan li")).to_have_text([TITLE + " Jumat, 03 Juli 2099 pukul 08.00, sisa 50 kursi"])
        page.get_by_role("button", name="Daftar").click()
        expect(page.locator("[data-error=name]")).not_to_be_empty()
        page.get_by_label("Nama lengkap").fill(str(TYPED["name"]))
        page.get_by_label("Surel").fill(str(TYPED["email"]))
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Daftar").dblclick()
        expect(page.get_by_text("Pendaftaran diterima")).to_be_visible()
        for address in page.locator("link[rel=alternate]").evaluate_all("all => all.map((one) => one.href)"):
            assert httpx.get(address).status_code == 200
    assert registered(future) == [TYPED["email"]]
