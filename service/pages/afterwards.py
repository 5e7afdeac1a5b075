"""What a workshop left behind, for whoever may open it: on its page for everybody, on a participant's own page, and in
an organisation's portal.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth
from service.auth import ANONYMOUS, Actor
from service.documents import minutes as printed
from service.domain import materials, minutes, minutes_paper
from service.domain.afterwards import Audiences
from service.errors import NotFound
from service.i18n import gettext as _
from service.models.materials import Material
from service.models.materials_shapes import MOST_MATERIALS
from service.pages.participants import participant_of, registration_of
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor, Word, find_id
from service.routers import downloads, printing
from service.routers.access import database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True)
class Left:
    """Something to open: `size` in bytes of a file, `host` of what stands elsewhere."""

    title: str
    href: str
    size: int | None = None
    host: str | None = None


async def left(session: AsyncSession, workshop_id: UUID, audiences: Audiences, base: str) -> list[Left]:
    """The minutes and materials for these audiences; `base` is where they are opened from. Three statements at most."""
    found = []
    if await minutes.are_open(session, workshop_id, audiences):
        found.append(of_minutes(base))
    rows = await materials.page(session, workshop_id, audiences, None, MOST_MATERIALS)
    return found + [of_material(row, base) for row in rows]


@router.get("/w/{organizer}/{slug}/minutes.pdf", operation_id="page_public_minutes")
async def show_minutes(organizer: Word, slug: Word, request: Request, _visitor: Visitor) -> Response:
    """The minutes, where they are for everybody."""
    async with database_of(request).read() as session:
        paper = await _paper(session, ANONYMOUS, await find_id(session, organizer, slug))
    return await printing.answer(paper.name, printed.pages, paper, printing.store_of(request))


@router.get("/w/{organizer}/{slug}/materials/{material_id}", operation_id="page_public_material")
async def download(organizer: Word, slug: Word, material_id: UUID, request: Request, _visitor: Visitor) -> Response:
    """A file for everybody, as an attachment."""
    async with database_of(request).read() as session:
        workshop_id = await find_id(session, organizer, slug)
        file = await _file(session, ANONYMOUS, workshop_id, material_id)
    return downloads.attached(request, file)


@router.get("/my/{token}/minutes.pdf", operation_id="page_my_minutes")
async def show_own_minutes(token: Token, request: Request, _visitor: Visitor) -> Response:
    """The minutes, where they are for this participant."""
    async with database_of(request).read() as session:
        actor = await participant_of(session, token)
        paper = await _paper(session, actor, (await registration_of(session, token)).workshop_id)
    return await printing.answer(paper.name, printed.pages, paper, printing.store_of(request))


@router.get("/my/{token}/materials/{material_id}", operation_id="page_my_material")
async def download_own(token: Token, material_id: UUID, request: Request, _visitor: Visitor) -> Response:
    """A file for this participant, as an attachment."""
    async with database_of(request).read() as session:
        actor = await participant_of(session, token)
        row = await registration_of(session, token)
        file = await _file(session, actor, row.workshop_id, material_id)
    return downloads.attached(request, file)


@router.get("/portal/{token}/workshops/{workshop_id}/minutes.pdf", operation_id="page_portal_minutes")
async def show_agency_minutes(token: Token, workshop_id: UUID, request: Request, _visitor: Visitor) -> Response:
    """The minutes, where they are for this organisation."""
    async with database_of(request).read() as session:
        paper = await _paper(session, await agency_of(session, token), workshop_id)
    return await printing.answer(paper.name, printed.pages, paper, printing.store_of(request))


@router.get("/portal/{token}/workshops/{workshop_id}/materials/{material_id}", operation_id="page_portal_material")
async def download_agency(
    token: Token, workshop_id: UUID, material_id: UUID, request: Request, _visitor: Visitor
) -> Response:
    """A file for this organisation, as an attachment."""
    async with database_of(request).read() as session:
        file = await _file(session, await agency_of(session, token), workshop_id, material_id)
    return downloads.attached(request, file)


async def agency_of(session: AsyncSession, token: str) -> Actor:
    """The organisation whose portal link this is. Raises NotFound for a dead or unknown one."""
    actor = await auth.organisation(session, token)
    if actor is None:
        raise NotFound
    return actor


def of_material(row: Material, base: str) -> Left:
    """A file or link to open; `base` is where files are opened from."""
    if row.url:
        return Left(row.title, row.url, host=urlsplit(row.url).hostname)
    size = row.file.get("size")
    return Left(row.title, f"{base}/materials/{row.id}", size=size if isinstance(size, int) else None)


def of_minutes(base: str) -> Left:
    """The minutes to open."""
    return Left(_("Notula"), f"{base}/minutes.pdf")


async def _paper(session: AsyncSession, actor: Actor, workshop_id: UUID) -> minutes_paper.Paper:
    return await minutes_paper.of(session, *await minutes.shown(session, actor, workshop_id))


async def _file(session: AsyncSession, actor: Actor, workshop_id: UUID, material_id: UUID) -> dict[str, object]:
    row = await materials.find_open(session, actor, material_id)
    if row.workshop_id != workshop_id:
        raise NotFound
    return materials.file_of(row)
