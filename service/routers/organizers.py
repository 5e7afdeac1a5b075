"""Organizers: what everybody may know of one; its settings and holidays for its staff."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import organizers
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.organizers import Holiday, Organizer
from service.models.organizers_shapes import (
    HolidayList,
    HolidayShape,
    OrganizerCreate,
    OrganizerPatch,
    OrganizerPublic,
    OrganizerRead,
)
from service.routers import uploads
from service.routers.access import (
    Page,
    PageQuery,
    Session,
    allow,
    allow_first,
    check_version,
    cursor,
    database_of,
    page_of,
    respond,
)
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["organizers"])
Reader = Annotated[Actor, allow(Permission.WORKSHOPS_READ)]


@router.get("/organizers/{slug}", operation_id="get_organizer", response_model=OrganizerPublic)
async def get_organizer(
    slug: str, request: Request, session: Session, _actor: Annotated[Actor, allow(Permission.PUBLIC)]
) -> Response:
    """An organizer's name, time zone, logo and calendar."""
    row = await organizers.find_public(session, slug)
    return respond(request, _public(session, row), row.version)


@router.post("/organizers", operation_id="create_organizer", status_code=201, response_model=OrganizerRead)
async def create_organizer(
    data: OrganizerCreate,
    request: Request,
    session: Session,
    actor: Annotated[Actor, allow(Permission.ORGANIZERS_CREATE)],
) -> Response:
    """A new organizer. For super-owners, who then choose it with `PUT /session/organizer`."""
    row = await organizers.create_organizer(session, actor, data)
    return respond(request, OrganizerRead.model_validate(row), row.version, status=201)


@router.get("/organizer", operation_id="get_own_organizer", response_model=OrganizerRead)
async def get_own_organizer(request: Request, session: Session, actor: Reader) -> Response:
    """The caller's organizer with its settings; addresses and the signatory's NIP only with `contacts:read`."""
    row = await organizers.own(session, actor)
    read = OrganizerRead.model_validate(row)
    if not actor.may(Permission.CONTACTS_READ):
        letterhead = read.letterhead.model_copy(update={"signatory_nip": None})
        read = read.model_copy(update={"committee_emails": [], "letterhead": letterhead})
    return respond(request, read, row.version)


@router.patch("/organizer", operation_id="change_organizer", response_model=OrganizerRead)
async def change_organizer(
    data: OrganizerPatch, request: Request, actor: Annotated[Actor, allow_first(Permission.ORGANIZER_WRITE)]
) -> Response:
    """Changes the organizer's settings. Another `logo`, or none, also takes an uploaded one off its letters."""
    database = database_of(request)
    async with database.write() as session:
        row = await organizers.own(session, actor, lock=True)
        check_version(request, row.version)
        uploaded = row.logo_key
        row = await organizers.change_organizer(session, actor, row, data)
        answer = respond(request, OrganizerRead.model_validate(row), row.version)
    if uploaded is not None and row.logo_key is None:
        await asyncio.to_thread(uploads.store_of(database.settings).delete, uploaded)
    return answer


@router.get("/holidays", operation_id="list_holidays", response_model=Page[HolidayShape])
async def list_holidays(request: Request, session: Session, actor: Reader, paging: PageQuery) -> Response:
    """Holidays by day: they count as no working days in deadlines. The ETag's version is the organizer's."""
    row = await organizers.own(session, actor)
    after = paging.after(1)
    rows = await organizers.holidays_of(session, actor, _day(after[0]) if after else None, paging.limit + 1)
    page, more = page_of(rows, paging.limit)
    return respond(request, _holidays(page, cursor(page[-1].day) if more else None), row.version)


@router.put("/holidays", operation_id="replace_holidays", response_model=Page[HolidayShape])
async def replace_holidays(
    data: HolidayList,
    request: Request,
    session: Session,
    actor: Annotated[Actor, allow(Permission.HOLIDAYS_WRITE)],
) -> Response:
    """Replaces all holidays and answers them all. If-Match takes the version of the list or of the organizer."""
    row = await organizers.own(session, actor, lock=True)
    check_version(request, row.version)
    kept = await organizers.replace_holidays(session, actor, row, data.items)
    return respond(request, _holidays(kept, None), row.version)


def _public(session: AsyncSession, row: Organizer) -> OrganizerPublic:
    base_url = settings_of(session).base_url.rstrip("/")
    return OrganizerPublic(
        slug=row.slug,
        name=row.name,
        timezone=row.timezone,
        language=row.language,
        logo=row.logo,
        calendar=f"{base_url}/calendar/{row.slug}.ics",
    )


def _holidays(rows: Sequence[Holiday], after: str | None) -> Page[HolidayShape]:
    return Page(items=[HolidayShape.model_validate(row) for row in rows], next=after)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput.at("query/cursor", _("Gunakan nilai next dari jawaban sebelumnya.")) from None
