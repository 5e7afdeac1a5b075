"""Calendar feeds (RFC 5545): of an organizer, of a workshop, and a person's own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.documents.ics import Entry, Feed, Status, render
from service.domain import calendars
from service.domain.calendars import Contents, Edition, Gathering
from service.i18n import gettext as _, speak_time
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Modality, Mode, WorkshopStatus
from service.routers.access import Session, allow, database_of
from service.routers.route import ApiRoute
from service.routers.shelf import Answers, Build

router = APIRouter(route_class=ApiRoute, tags=["calendars"])

Visitor = Annotated[Actor, allow(Permission.PUBLIC)]

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


# Before the other two: nothing of an organizer called `my` could ever be read here.
@router.get("/calendar/my/{token}.ics", operation_id="read_my_calendar", response_class=Response, responses=_ANSWER)
async def read_my_calendar(
    request: Request,
    token: Annotated[str, Path(description="The person's token, from the mailed link", max_length=200)],
    session: Session,
    _actor: Visitor,
) -> Response:
    """A participant's own calendar, with the stable way into the online room for those who attend online."""
    return await _answer(request, session, partial(calendars.of_participant, token=token), token)


@router.get(
    "/calendar/{organizer}.ics", operation_id="read_organizer_calendar", response_class=Response, responses=_ANSWER
)
async def read_organizer_calendar(
    request: Request,
    organizer: Annotated[str, Path(description="Slug of the organizer", max_length=200)],
    session: Session,
    _actor: Visitor,
) -> Response:
    """An organizer's workshops, of the last year and to come, one event per half-day. Cancelled ones stay for weeks."""
    return await _answer(request, session, partial(calendars.of_organizer, slug=organizer))


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
) -> Response:
    """One workshop, one event per half-day."""
    edition_of = partial(calendars.of_workshop, organizer_slug=organizer, workshop_slug=workshop_slug)
    return await _answer(request, session, edition_of)


async def _answer(
    request: Request,
    session: AsyncSession,
    edition_of: Callable[[AsyncSession], Awaitable[Edition]],
    token: str | None = None,
) -> Response:
    async def look() -> tuple[str, Build]:
        edition = await edition_of(session)
        return edition.etag, partial(build, edition)

    async def build(edition: Edition) -> tuple[str, bytes]:
        base = database_of(request).settings.base_url.rstrip("/")
        feed = _feed(await calendars.contents(session, edition), base, request.url.path, token)
        large = len(feed.entries) >= _IN_A_THREAD
        return edition.etag, await asyncio.to_thread(render, feed) if large else render(feed)

    return await _answers.give(request, look)


def _feed(contents: Contents, base: str, path: str, token: str | None) -> Feed:
    name, timezone = contents.organizer.name, contents.organizer.timezone
    if path != f"/calendar/{contents.organizer.slug}.ics":
        [gathering] = contents.gatherings
        name, timezone = gathering.workshop.title, gathering.workshop.timezone
    join = f"{base}/join/{token}" if token else None
    entries = [
        entry
        for gathering in contents.gatherings
        for entry in _entries(gathering, base, contents.organizer.slug, contents.registration, join)
    ]
    return Feed(name=name, source_url=f"{base}{path}", timezone=timezone, entries=entries)


def _entries(
    gathering: Gathering, base: str, organizer: str, registration: Registration | None, join: str | None
) -> Iterator[Entry]:
    """One entry per block, or one for the whole workshop."""
    workshop = gathering.workshop
    status = _status(workshop.status, registration)
    online = registration.mode is Mode.ONLINE if registration else workshop.modality is Modality.ONLINE
    place = [workshop.venue_name, workshop.venue_address] if not online else [_("Daring")]
    enters = join if online and status == "CONFIRMED" else None
    blocks: Sequence[AttendanceBlock | None] = gathering.blocks or [None]
    for block in blocks:
        yield Entry(
            uid=str((block or workshop).id),  # a UUID (RFC 7986, 5.3): a new host name makes no second event
            summary=f"{workshop.title} · {block.label}" if block else workshop.title,
            starts_at=(block or workshop).starts_at,
            ends_at=(block or workshop).ends_at,
            changed_at=max(workshop.updated_at, registration.updated_at) if registration else workshop.updated_at,
            sequence=workshop.sequence + (registration.sequence if registration else 0),
            status=status,
            description=_description(gathering, block, registration),
            location=", ".join(part for part in place if part),
            latitude=None if online else workshop.venue_latitude,
            longitude=None if online else workshop.venue_longitude,
            url=None if enters else f"{base}/w/{organizer}/{workshop.slug}",
            conference=(_("Ruang daring"), enters) if enters else None,
        )


def _status(workshop: WorkshopStatus, registration: Registration | None) -> Status:
    if workshop is WorkshopStatus.CANCELLED:
        return "CANCELLED"
    if registration is None or registration.status is RegistrationStatus.CONFIRMED:
        return "CONFIRMED"
    waits = registration.status in (RegistrationStatus.WAITLISTED, RegistrationStatus.PENDING)
    return "TENTATIVE" if waits else "CANCELLED"


def _description(gathering: Gathering, block: AttendanceBlock | None, registration: Registration | None) -> str:
    paragraphs = [gathering.workshop.description]
    if registration is not None:
        mode = _("Luring") if registration.mode is Mode.OFFLINE else _("Daring")
        lines = [_("Moda kehadiran: {mode}").format(mode=mode)]
        if registration.status is RegistrationStatus.WAITLISTED:
            lines.append(_("Anda berada dalam daftar tunggu."))
        if registration.status is RegistrationStatus.PENDING:
            lines.append(_("Pendaftaran Anda menunggu persetujuan panitia."))
        paragraphs.insert(0, "\n".join(lines))
    timezone = gathering.workshop.timezone
    paragraphs.append(
        "\n".join(
            f"{speak_time(item.starts_at, timezone)} {item.title}"
            for item in gathering.items
            if block is not None and item.block_id == block.id
        )
    )
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
