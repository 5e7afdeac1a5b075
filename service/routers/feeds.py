"""What websites and feed readers subscribe to: an organizer's workshops as Atom and as JSON Feed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, i18n
from service.auth import ANONYMOUS, Actor, Permission
from service.documents import feeds
from service.documents.feeds import Entry, Feed
from service.domain import organizers, workshops_reading
from service.domain.workshops_reading import Filters, Glance
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.models.workshops import Modality, WorkshopStatus
from service.models.workshops_shapes import WorkshopRead
from service.routers.access import Session, allow, database_of
from service.routers.calendars_entries import kind_name
from service.routers.route import ApiRoute
from service.routers.shelf import Answers, Build

router = APIRouter(route_class=ApiRoute, tags=["feeds"])
ENTRIES = 50
ATOM, JSON = "application/atom+xml; charset=utf-8", "application/feed+json; charset=utf-8"
_HEADERS = {"Cache-Control": "public, max-age=900"}
_atom, _json = Answers(ATOM, _HEADERS), Answers(JSON, _HEADERS)

Visitor = Annotated[Actor, allow(Permission.PUBLIC)]
Slug = Annotated[str, Path(description="Slug of the organizer", max_length=200)]


def _described(media_type: str, schema: str) -> dict[int | str, dict[str, object]]:
    kind = media_type.split(";", maxsplit=1)[0]
    return {200: {"description": "The feed", "content": {kind: {"schema": {"type": schema}}}}}


@router.get(
    "/feeds/{organizer}.atom",
    operation_id="read_atom_feed",
    response_class=Response,
    responses=_described(ATOM, "string"),
)
async def read_atom_feed(organizer: Slug, request: Request, session: Session, _actor: Visitor) -> Response:
    """An organizer's workshops, newest start first, as Atom (RFC 4287)."""
    return await _answer(request, session, organizer, _atom, feeds.atom)


@router.get(
    "/feeds/{organizer}.json",
    operation_id="read_json_feed",
    response_class=Response,
    responses=_described(JSON, "object"),
)
async def read_json_feed(organizer: Slug, request: Request, session: Session, _actor: Visitor) -> Response:
    """The same as JSON Feed 1.1; times, place and seats stand in each item's `_bimtek`."""
    return await _answer(request, session, organizer, _json, feeds.json_feed)


@dataclass(frozen=True)
class _Site:
    base: str
    path: str


async def _answer(
    request: Request, session: AsyncSession, slug: str, answers: Answers, write: Callable[[Feed], bytes]
) -> Response:
    site = _Site(database_of(request).settings.base_url.rstrip("/"), request.url.path)

    async def look() -> tuple[str, Build]:
        house = await organizers.find_public(session, slug if slug.isprintable() else "")
        if "accept-language" not in request.headers:
            i18n.use(house.language)
        glances = await workshops_reading.page(session, ANONYMOUS, Filters(organizer=slug), None, ENTRIES)

        async def build() -> tuple[str, bytes]:
            found = await workshops_reading.read(session, [glance.id for glance in glances])
            rows = [found[glance.id] for glance in glances if glance.id in found]
            return _etag(site, house, glances), write(_feed(site, house, rows))

        return _etag(site, house, glances), build

    return await answers.give(request, look)


def _etag(site: _Site, house: Organizer, glances: list[Glance]) -> str:
    said = [site.base, i18n.language(), str(house.version), *(f"{one.id}{one.etag}" for one in glances)]
    return f'"{hashlib.sha256(" ".join(said).encode()).hexdigest()[:32]}"'


def _feed(site: _Site, house: Organizer, rows: list[WorkshopRead]) -> Feed:
    return Feed(
        id=house.id.urn,
        title=_("Kegiatan {organizer}").format(organizer=house.name),
        author=house.name,
        url=site.base + site.path,
        home=f"{site.base}/o/{house.slug}",
        language=i18n.language(),
        updated_at=max([house.created_at, *(row.updated_at for row in rows)]),
        entries=[_entry(row) for row in rows],
    )


def _entry(row: WorkshopRead) -> Entry:
    modes = {"offline": _("Luring"), "online": _("Daring")}
    seats = [
        f"{label}: {_left(left)}"
        for (mode, label), left in zip(modes.items(), (row.seats_left.offline, row.seats_left.online), strict=True)
        if row.modality in (Modality.HYBRID, mode)
    ]
    place = ", ".join(filter(None, (row.venue.name, row.venue.address)))
    facts = [
        (_("Waktu"), _when(row)),
        (_("Tempat"), _("Daring") if row.modality is Modality.ONLINE else place),
        (_("Kursi"), "; ".join(seats) if row.status is WorkshopStatus.PUBLISHED else ""),
        (_("Pendaftaran sampai"), _until(row) if row.status is WorkshopStatus.PUBLISHED else ""),
        (_("Status"), _("dibatalkan") if row.status is WorkshopStatus.CANCELLED else ""),
    ]
    return Entry(
        id=row.id.urn,
        title=row.title,
        url=row.links.page,
        calendar=row.links.calendar,
        updated_at=row.updated_at,
        text=row.description,
        facts=[(label, value) for label, value in facts if value],
        tags=[(kind.value, kind_name(kind)) for kind in row.kinds],
        data=_data(row),
    )


def _data(row: WorkshopRead) -> dict[str, object]:
    dumped = row.model_dump(mode="json", include={"slug", "status", "modality", "timezone", "venue", "seats_left"})
    zone = clock.zone(row.timezone)
    return dumped | {
        "starts_at": row.starts_at.astimezone(zone).isoformat(),
        "ends_at": row.ends_at.astimezone(zone).isoformat(),
    }


def _when(row: WorkshopRead) -> str:
    first, last = i18n.speak_instant(row.starts_at, row.timezone), i18n.speak_instant(row.ends_at, row.timezone)
    if clock.local_date(row.starts_at, row.timezone) == clock.local_date(row.ends_at, row.timezone):
        last = i18n.speak_time(row.ends_at, row.timezone)
    return _("{start} sampai {end}").format(start=first, end=last)


def _until(row: WorkshopRead) -> str:
    return i18n.speak_instant(row.registration.closes_at or row.ends_at, row.timezone)


def _left(seats: int | None) -> str:
    return _("tanpa batas") if seats is None else _("sisa {left}").format(left=seats)
