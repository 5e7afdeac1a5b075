"""The station's page and what makes it an app: the same for everybody, and complete without network."""

import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest
from httpx import AsyncClient

from service.pages import checkin, render

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def shell_of(script: str) -> dict[str, dict[str, str]]:
    found = re.match(r"const SHELL = (\{.*?\n\});\n", script, re.DOTALL)
    assert found
    shell: dict[str, dict[str, str]] = json.loads(found[1])
    return shell


async def test_everything_the_station_keeps_is_served_as_its_worker_expects(client: AsyncClient) -> None:
    answer = await client.get("/checkin/sw.js")
    assert answer.headers["service-worker-allowed"] == "/checkin"
    assert answer.headers["cache-control"] == "no-cache"
    shell = shell_of(answer.text)
    pages = [(await client.get(address)).text for address in shell["pages"].values()]
    assert [re.findall(r'<html lang="(\w+)"', page) for page in pages] == [["id"], ["en"]]
    named = {address for page in pages for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page)}
    assert named <= shell["files"].keys()
    for address, integrity in shell["files"].items():
        body = (await client.get(address)).content
        assert integrity in ("", f"sha256-{b64encode(sha256(body).digest()).decode()}"), address


async def test_the_station_imports_nothing_that_its_worker_does_not_keep(client: AsyncClient) -> None:
    kept = {address.partition("?")[0] for address in shell_of((await client.get("/checkin/sw.js")).text)["files"]}
    folder = render.STATIC / "checkin"
    modules = list(folder.rglob("*.js"))
    for module in modules:
        imported = re.findall(r'(?:from|import\()\s*"(\.[^"]+)"', module.read_text())
        found = {(module.parent / name).resolve().relative_to(render.STATIC.resolve()) for name in imported}
        assert {f"/static/{path.as_posix()}" for path in found} <= kept, module.name
    assert len(modules) > 10


async def test_another_content_is_another_version(client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = (await client.get("/checkin/sw.js")).text
    assert (await client.get("/checkin/sw.js")).text == first
    content = checkin._content
    monkeypatch.setattr(checkin, "_content", lambda address: content(address) + b" " * address.endswith("rules.js"))
    checkin.worker.cache_clear()
    second = (await client.get("/checkin/sw.js")).text
    checkin.worker.cache_clear()
    assert shell_of(first)["version"] != shell_of(second)["version"]


async def test_the_page_may_run_webassembly_and_nothing_from_elsewhere(client: AsyncClient) -> None:
    answer = await client.get("/checkin")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["cache-control"] == "no-cache"
    assert re.findall(r"<script(?! type=\"module\" src=\"/static/)", answer.text) == []


@pytest.mark.parametrize(("language", "name"), [("id", "Meja check-in"), ("en", "Check-in desk")])
async def test_the_station_can_be_installed_in_both_languages(client: AsyncClient, language: str, name: str) -> None:
    answer = await client.get("/checkin/app.webmanifest", headers={"Accept-Language": language})
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    assert (manifest["name"], manifest["lang"], manifest["start_url"]) == (name, language, "/checkin")
    for icon in manifest["icons"]:
        found = await client.get(icon["src"])
        assert (found.status_code, found.headers["content-type"]) == (200, "image/png")
