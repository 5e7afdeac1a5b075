"""Which page a form belongs to: where somebody goes on who asks again for what only a form can be sent to."""

from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from fastapi.routing import APIRoute

TYPED = "#isian"
"""At the end of an address: what was typed there and not saved is put back by unsaved.js, which kept it in the tab."""


def page_of(request: Request) -> str | None:
    """The address of the page whose form is sent to the requested one: the longest one that it begins with.

    The workshop that the rest names goes into its query, with what stands in the query already. None for what is a
    page itself, or belongs to none.
    """
    pages = _pages(request)
    shown = {one.path for one in pages if "GET" in (one.methods or ())}
    form = request.scope.get("route") if request.method != "GET" else _form_at(request, pages, shown)
    if not isinstance(form, APIRoute) or form not in pages:
        return None
    path = form.path
    while path and path not in shown:
        path = path.rpartition("/")[0]
    if not path:
        return None
    found = form.path_regex.match(request.url.path)
    inside = found.groupdict() if found else {}
    query = dict(request.query_params)
    if "{workshop_id}" not in path and _is_id(inside.get("workshop_id", "")):
        query["workshop"] = inside["workshop_id"]
    return path.format(**inside) + (f"?{urlencode(query)}" if query else "")


def _pages(request: Request) -> list[APIRoute]:
    routes: list[APIRoute] = request.app.state.api_routes
    return [one for one in routes if not one.include_in_schema]


def _form_at(request: Request, pages: list[APIRoute], shown: set[str]) -> APIRoute | None:
    """Also where a page's placeholder fits the same address."""
    path = request.url.path
    return next((one for one in pages if one.path not in shown and one.path_regex.match(path)), None)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
