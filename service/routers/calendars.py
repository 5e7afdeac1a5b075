"""Calendar feeds (RFC 5545): of an organizer, of a workshop, and those of one person, organisation or staff member."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service import i18n
from service.auth import Actor, Permission
from service.documents.calendar_links import webcal
from service.documents.ics import Feed, render
from service.domain import calendars, calendars_organisations, calendars_own, calendars_staff
from service.domain.calendars import Edition
from service.domain.calendars_organisations import OrganisationEdition
from service.domain.calendars_own import OwnEdition
from service.domain.calendars_staff import StaffEdition
from service.models.organizers import Organizer
from service.models.organizers_shapes import StaffCalendarRead
from service.models.workshops import Kind
from service.routers import calendars_entries
from service.routers.access import Session, allow, database_of
from service.routers.calendars_entries import Site
from service.routers.route import ApiRoute
from service.routers.shelf import Answers, Build

router = APIRouter(route_class=ApiRoute, tags=["calendars"])

E = TypeVar("E", bound=Edition)
Visitor = Annotated[Actor, allow(Permission.PUBLIC)]
Own = Annotated[Actor, allow(Permission.SESSION_OWN)]
Download = Annotated[bool, Query(description="true: as a file to keep, not as a calendar to subscribe to")]
Kinds = Annotated[list[Kind], Query(description="Only of these kinds", default_factory=list, max_length=20)]
Token = Annotated[str, Path(description="The secret of the address", max_length=200)]

_HEADERS = {
    "Cache-Control": "private, max-age=900",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
}
_MEDIA_TYPE = "text/calendar; charset=utf-8"
_IN_A_THREAD = 20
"""From this many entries on (about 10 ms) rendering would hold up everybody else."""
_ANSWER: dict[int | str, dict[str, object]] = {
    200: {"description": "The calendar", "content": {"text/calendar": {"schema": {"type": "string"}}}}
}

_answers = Answers(_MEDIA_TYPE, _HEADERS)


# The private ones stand before the others: nothing of an organizer called `my` could ever be read here.
@router.get("/calendar/my/{token}.ics", operation_id="read_my_calendar", response_class=Response, responses=_ANSWER)
async def read_my_calendar(
    request: Request, token: Token, session: Session, _actor: Visitor, download: Download = False
) -> Response:
    """A participant's own calendar: all workshops of the organizer that the person is registered for.

    It holds the stable way into the online room for those who attend online, and for people in the hall when the
    workshop gives them one. Cancelled ones stay for weeks.
    """
    return await _answer(request, session, partial(calendars_own.of_participant, token=token), _own, download=download)


@router.get(
    "/calendar/organisation/{token}.ics",
    operation_id="read_organisation_calendar",
    response_class=Response,
    responses=_ANSWER,
)
async def read_organisation_calendar(
    request: Request, token: Token, session: Session, _actor: Visitor, download: Download = False
) -> Response:
    """An organisation's due dates, as all-day events that keep nobody busy, and the workshops it is invited to."""
    edition_of = partial(calendars_organisations.of_organisation, token=token)
    return await _answer(request, session, edition_of, _organisation, download=download)


@router.get(
    "/calendar/staff/{token}.ics", operation_id="read_staff_calendar", response_class=Response, responses=_ANSWER
)
async def read_staff_calendar(
    request: Request, token: Token, session: Session, _actor: Visitor, download: Download = False
) -> Response:
    """A staff member's calendar: the organizer's workshops, drafts too, and how much data is due on which day."""
    return await _answer(request, session, partial(calendars_staff.of_staff, token=token), _staff, download=download)


@router.get(
    "/calendar/{organizer}.ics", operation_id="read_organizer_calendar", response_class=Response, responses=_ANSWER
)
async def read_organizer_calendar(
    request: Request,
    organizer: Annotated[str, Path(description="Slug of the organizer", max_length=200)],
    session: Session,
    _actor: Visitor,
    kind: Kinds,
    download: Download = False,
) -> Response:
    """An organizer's workshops, of the last year and to come, one event per half-day. Cancelled ones stay for weeks."""
    kinds = sorted(set(kind))
    edition_of = partial(calendars.of_organizer, slug=organizer, kinds=kinds)
    return await _answer(request, session, edition_of, partial(_public, kinds=kinds), kinds, download=download)


@router.get(
    "/calendar/{organizer}/{workshop_slug}.ics",
    operation_id="read_workshop_calendar",
    response_class=Response,
    responses=_ANSWER,
)
async def read_workshop_calendar(
    request: Request,
    organizer: Annotated[str, Path(description="Slug of the organizer", max_length=200)],
    workshop_slug: Annotated[str, Path(description="Slug of the workshop", max_length=200)],
    session: Session,
    _actor: Visitor,
    download: Download = False,
) -> Response:
    """One workshop, one event per half-day."""
    edition_of = partial(calendars.of_workshop, organizer_slug=organizer, workshop_slug=workshop_slug)
    return await _answer(request, session, edition_of, _one_workshop, download=download)


@router.post("/api/v1/session/calendar", operation_id="issue_own_calendar", openapi_extra={"x-idempotency": False})
async def issue_own_calendar(session: Session, actor: Own) -> StaffCalendarRead:
    """A new address of one's own calendar at the organizer worked for. The former one ends."""
    url = await calendars_staff.issue(session, actor)
    return StaffCalendarRead(url=url, webcal=webcal(url))


@router.delete("/api/v1/session/calendar", operation_id="end_own_calendar", status_code=204)
async def end_own_calendar(session: Session, actor: Own) -> None:
    """Ends the address of one's own calendar."""
    await calendars_staff.end(session, actor)


async def _answer(
    request: Request,
    session: AsyncSession,
    edition_of: Callable[[AsyncSession], Awaitable[E]],
    feed_of: Callable[[AsyncSession, E, Organizer, Site], Awaitable[Feed]],
    kinds: list[Kind] | None = None,
    *,
    download: bool,
) -> Response:
    query = "?" + urlencode([("kind", kind) for kind in kinds]) if kinds else ""
    site = Site(database_of(request).settings.base_url.rstrip("/"), request.url.path + query)

    async def look() -> tuple[str, Build]:
        edition = await edition_of(session)
        if edition.language and "accept-language" not in request.headers:
            i18n.use(edition.language)
        return edition.etag(site.base), partial(build, edition)

    async def build(edition: E) -> tuple[str, bytes]:
        organizer = await session.get_one(Organizer, edition.organizer_id)
        feed = await feed_of(session, edition, organizer, site)
        large = len(feed.entries) >= _IN_A_THREAD
        return edition.etag(site.base), await asyncio.to_thread(render, feed) if large else render(feed)

    response = await _answers.give(request, look)
    if download:
        response.headers["Content-Disposition"] = 'attachment; filename="kalender.ics"'
    return response


async def _public(session: AsyncSession, edition: Edition, organizer: Organizer, site: Site, kinds: list[Kind]) -> Feed:
    found = await calendars.gatherings(session, edition.workshop_ids)
    return calendars_entries.public(site, organizer, found, kinds)


async def _one_workshop(session: AsyncSession, edition: Edition, organizer: Organizer, site: Site) -> Feed:
    [gathering] = await calendars.gatherings(session, edition.workshop_ids)
    return calendars_entries.one_workshop(site, organizer, gathering)


async def _own(session: AsyncSession, edition: OwnEdition, organizer: Organizer, site: Site) -> Feed:
    found = await calendars.gatherings(session, edition.workshop_ids)
    return calendars_entries.own(site, organizer, [(one, edition.seats[one.workshop.id]) for one in found])


async def _organisation(session: AsyncSession, edition: OrganisationEdition, organizer: Organizer, site: Site) -> Feed:
    invitations = await calendars_organisations.invitations(session, edition)
    found = await calendars.gatherings(session, edition.workshop_ids)
    invited = [(one, invitations[one.workshop.id]) for one in found if one.workshop.id in invitations]
    dues = await calendars_organisations.dues(session, edition)
    return calendars_entries.organisation(site, organizer, edition.organisation, invited, dues)


async def _staff(session: AsyncSession, edition: StaffEdition, organizer: Organizer, site: Site) -> Feed:
    found = await calendars.gatherings(session, edition.workshop_ids)
    return calendars_entries.staff(site, organizer, found, edition.due_days)
