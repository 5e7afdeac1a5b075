"""The sample pages and the service's own files, answered in the browser itself: nothing else has to run."""

from playwright.sync_api import Route

from service.documents import qr
from service.pages import render
from tests.pages.samples import FRAME, SAMPLES

TICKET = "AZHpmEbscp6sv3hSWbJKIYvXDH9eZCaWqSLAYRo10Bg"
ORIGIN = "http://127.0.0.1:8000"


def fulfil(route: Route) -> None:
    """The sample named by the path, under the pages' strict policy. Anything else that a page asks for is an error."""
    path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
    if path.endswith(".svg") and "ticket" in path:
        route.fulfill(body=qr.svg(TICKET), content_type="image/svg+xml")
    elif path.startswith(("/api/", "/checkin/")):
        # What a page's script asks for once it runs: nothing is there, and the page must bear it.
        route.fulfill(status=204)
    elif path.startswith("/static/"):
        route.fulfill(path=render.STATIC / path.removeprefix("/static/"))
    else:
        template, context = SAMPLES[path.strip("/")]
        headers = {"Content-Security-Policy": render.CSP}
        route.fulfill(body=render.render(template, **(FRAME | context)), content_type="text/html", headers=headers)
