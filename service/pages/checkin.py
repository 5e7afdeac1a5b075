"""The check-in station: a page that works as an installed app, also without network; its modules say what it does.

The page is the same for everybody; who may do what is decided by the API, which the page asks with a device's token.
"""

import contextvars
import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from service import i18n
from service.auth import Actor, Permission
from service.i18n import gettext as _
from service.pages.render import CSP, STATIC, STATIC_URL, page, render
from service.pages.route import PageRoute
from service.routers.access import allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Anyone = Annotated[Actor, allow_first(Permission.PUBLIC)]

PATH = "/checkin"
TEMPLATE = "checkin.html"
FOLDER = "checkin"
WORKER = "sw.js"
# WebAssembly reads QR codes where the browser cannot; 'wasm-unsafe-eval' allows nothing else.
STATION_CSP = (
    f"{CSP.replace('data:', 'data: blob:')}; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "media-src 'self' blob:; manifest-src 'self'"
)
_ADDRESSES = re.compile(r'(?:href|src)="(/static/[^"]+)"')
_ICONS = {"icon-192.png": ("192x192", "any"), "icon-512.png": ("512x512", "any")}
_MASKABLE = {"icon-maskable-512.png": ("512x512", "maskable")}
_REMARKS = ("LICENSE", ".txt", ".md")


@router.get(PATH, operation_id="page_checkin")
async def show(request: Request, _actor: Anyone) -> Response:
    """The station. It holds nothing of anybody, and asks a device for its token."""
    return page(TEMPLATE, private=False, csp=STATION_CSP, demo=_is_demo(request))


@router.get(f"{PATH}/{WORKER}", operation_id="checkin_worker")
async def show_worker(request: Request, _actor: Anyone) -> Response:
    """The service worker, which names the version of all that it keeps: another version is another worker."""
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": PATH, "Content-Security-Policy": CSP}
    return Response(worker(_is_demo(request)), media_type="text/javascript; charset=utf-8", headers=headers)


@router.get(f"{PATH}/app.webmanifest", operation_id="checkin_manifest")
async def show_manifest(_actor: Anyone) -> Response:
    """What a phone needs to install the station (W3C Web Application Manifest)."""
    icons = [
        {"src": f"{STATIC_URL}/{FOLDER}/{name}", "sizes": sizes, "type": "image/png", "purpose": purpose}
        for name, (sizes, purpose) in (_ICONS | _MASKABLE).items()
    ]
    manifest = {
        "id": PATH,
        "name": _("Meja check-in"),
        "short_name": "Check-in",
        "lang": i18n.language(),
        "start_url": PATH,
        "scope": PATH,
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b5c63",
        "icons": icons,
    }
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
    return JSONResponse(manifest, headers=headers, media_type="application/manifest+json")


@cache
def worker(demo: bool) -> str:
    """The service worker's script: what it keeps, by content, and its own text.

    Raises FileNotFoundError when the page names a file that does not exist.
    """
    text = (STATIC / FOLDER / WORKER).read_text()
    pages = {language: _spoken(language, demo) for language in i18n.LANGUAGES}
    files = {address: _integrity(address) for address in _addresses(pages.values())}
    content = json.dumps([text, pages, {address: _content(address).hex() for address in files}], sort_keys=True)
    shell = {
        "version": hashlib.sha256(content.encode()).hexdigest()[:16],
        "pages": {language: f"{PATH}?lang={language}" for language in pages},
        "files": files,
    }
    return f"const SHELL = {json.dumps(shell, indent=1)};\n{text}"


def _addresses(pages: Iterable[str]) -> list[str]:
    """All that the station may load: its own folder, and what its page names beside."""
    own = (path for path in (STATIC / FOLDER).rglob("*") if path.is_file())
    ours = {
        f"{STATIC_URL}/{path.relative_to(STATIC).as_posix()}"
        for path in own
        if path.name != WORKER and not any(mark in path.name for mark in _REMARKS)
    }
    named = {address for text in pages for address in _ADDRESSES.findall(text)}
    paths = {urlsplit(address).path for address in named}
    return sorted(named | (ours - paths))


def _content(address: str) -> bytes:
    return (STATIC / urlsplit(address).path.removeprefix(f"{STATIC_URL}/")).read_bytes()


def _integrity(address: str) -> str:
    """Subresource integrity, so that files of two versions never mix. Sheets are served squeezed and go without."""
    if urlsplit(address).path.endswith(".css"):
        return ""
    return f"sha256-{b64encode(hashlib.sha256(_content(address)).digest()).decode()}"


def _spoken(language: str, demo: bool) -> str:
    """The page in a language, whatever this request speaks."""

    def speak() -> str:
        i18n.use(language)
        return render(TEMPLATE, demo=demo)

    return contextvars.copy_context().run(speak)


def _is_demo(request: Request) -> bool:
    return database_of(request).settings.now is not None
