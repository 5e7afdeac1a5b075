"""What programs fetch beside the pages: the picture of a link, the map of the site, and what robots may read."""

import hashlib
from dataclasses import astuple
from functools import partial
from xml.sax.saxutils import escape

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from sqlmodel import col, select

from service import i18n
from service.db import settings_of
from service.documents import preview
from service.documents.preview import Preview
from service.domain import workshops
from service.errors import NotFound
from service.models.organizers import Organizer
from service.models.workshops import Workshop
from service.models.workshops_shapes import WorkshopRead
from service.pages.render import STATIC, accent, initial, speak_days
from service.pages.route import PageRoute
from service.pages.visitors import Visitor, Word, base_of, find_house, find_workshop, modality_word
from service.routers.access import Session, etag_matches, not_modified
from service.routers.shelf import Shelf

router = APIRouter(route_class=PageRoute, include_in_schema=False)
MOST_ADDRESSES = 20_000
A_DAY = {"Cache-Control": "public, max-age=86400"}
AN_HOUR = {"Cache-Control": "public, max-age=3600"}
_pictures = Shelf(max_bytes=4_000_000)


@router.get("/w/{organizer}/{slug}/preview/{language}.png", operation_id="page_preview")
async def show_preview(
    organizer: Word, slug: Word, language: Word, request: Request, session: Session, _visitor: Visitor
) -> Response:
    """The picture that messengers show beside the link to a workshop."""
    if language not in i18n.LANGUAGES:
        raise NotFound
    i18n.use(language)
    house, workshop = await find_house(session, organizer), await find_workshop(session, organizer, slug)
    said = _said(house, workshop)
    etag = f'"{hashlib.sha256(repr(astuple(said)).encode()).hexdigest()[:16]}"'
    if etag_matches(request, etag):
        return not_modified(etag, **A_DAY)
    picture = _pictures.get(etag)
    if picture is None:
        picture = await to_thread.run_sync(partial(preview.png, said))
        _pictures.put(etag, picture)
    return Response(picture, media_type="image/png", headers={"ETag": etag, **A_DAY})


@router.get("/sitemap.xml", operation_id="page_sitemap")
async def show_sitemap(session: Session, _visitor: Visitor) -> Response:
    """Every page that search engines may find (sitemaps.org 0.9), the newest workshops first."""
    query = (
        select(Organizer.slug, Workshop.slug, Workshop.updated_at)
        .join(Workshop, col(Workshop.organizer_id) == col(Organizer.id))
        .where(workshops.IS_PUBLIC)
        .order_by(col(Workshop.starts_at).desc(), col(Workshop.id).desc())
        .limit(MOST_ADDRESSES)
    )
    rows, base = (await session.exec(query)).all(), base_of(session)
    addresses = [(f"{base}/", "")]
    addresses += [(f"{base}/o/{house}", "") for house in sorted({house for house, _slug, _at in rows})]
    addresses += [(f"{base}/w/{house}/{slug}", at.strftime("%Y-%m-%dT%H:%M:%SZ")) for house, slug, at in rows]
    body = "".join(_entry(address, changed) for address, changed in addresses)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{body}'
    return Response(f"{text}\n</urlset>\n", media_type="application/xml", headers=AN_HOUR)


@router.get("/robots.txt", operation_id="page_robots")
async def show_robots(session: Session, _visitor: Visitor) -> Response:
    """What robots may read (RFC 9309); of a demo nothing."""
    # Secret links are not named here: a robot that may not read such a page would not see that it forbids indexing.
    closed = ["/"] if settings_of(session).now else ["/api/", "/staff"]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), "", f"Sitemap: {base_of(session)}/sitemap.xml"]
    return Response("\n".join(lines) + "\n", media_type="text/plain", headers=AN_HOUR)


@router.get("/favicon.ico", operation_id="page_favicon")
async def show_favicon(_visitor: Visitor) -> Response:
    """For browsers that ask for it unasked, beside a calendar file for example; pages name the real one."""
    return Response((STATIC / "favicon.svg").read_bytes(), media_type="image/svg+xml", headers=A_DAY)


def _said(house: Organizer, workshop: WorkshopRead) -> Preview:
    days = speak_days(workshop.starts_at, workshop.ends_at, workshop.timezone)
    place = workshop.venue.name if workshop.modality != "online" else None
    return Preview(
        accent=accent(house.slug),
        initial=initial(house.name),
        house=house.name,
        title=workshop.title,
        lines=tuple(line for line in (days, place) if line),
        badge=modality_word(workshop.modality),
    )


def _entry(address: str, changed: str) -> str:
    when = f"<lastmod>{changed}</lastmod>" if changed else ""
    return f"\n<url><loc>{escape(address)}</loc>{when}</url>"
