"""After the workshop, for the committee: its papers with their state, the minutes, and materials for whom they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import afterwards, follow_ups, materials, minutes, papers, workshops
from service.domain.materials import New
from service.errors import InvalidInput, NotFound, Refusal, Stale
from service.i18n import gettext as _, speak_date
from service.models.attendance import Attendance
from service.models.certificates import Certificate
from service.models.materials import Material
from service.models.materials_shapes import (
    MOST_MATERIALS,
    MaterialFields,
    MaterialLink,
    MaterialPatch,
    MaterialRead,
)
from service.models.minutes import Minutes
from service.models.organizers import Organizer
from service.models.workshops import Workshop, WorkshopStatus
from service.pages import forms, uploading
from service.pages.choosing import choose
from service.pages.forms import BadForm, Option, Typed
from service.pages.house import staff_page
from service.pages.menus import CERTIFICATES, COMMITMENTS, MATERIALS, REGISTRATIONS
from service.pages.minutes import MINUTES, audience_options
from service.pages.portal_commitment import limits_of
from service.pages.portal_delivery import at_the_files
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers import uploads
from service.routers.access import Session, allow, database_of
from service.routers.materials import added

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Editor = Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)]
Uploader = Annotated[Actor, uploading.allow_upload(Permission.WORKSHOPS_WRITE)]
UPLOAD, LINK, CHANGE = "upload", "link", "change"


@dataclass(frozen=True)
class Paper:
    """Something the workshop leaves behind on paper: how it stands, and where it is."""

    name: str
    state: str
    links: Sequence[Option]


@dataclass(frozen=True)
class Kept:
    """A material in the list, and its place there."""

    read: MaterialRead
    first: bool
    last: bool


@router.get(MATERIALS, operation_id="page_materials")
async def show_materials(
    session: Session,
    actor: Editor,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What the workshop leaves behind, and how it stands."""
    return await _page(session, actor, workshop, done=done)


@router.post(MATERIALS + "/{workshop_id}", operation_id="page_upload_materials", max_body_size=uploads.UNBOUNDED)
async def upload(workshop_id: UUID, request: Request, actor: Uploader) -> Response:
    """Adds files, one material each."""
    seen: dict[str, str] = {}
    try:
        async with database_of(request).read() as session:
            await workshops.find(session, actor, workshop_id)
        async with uploading.received(request, actor, seen) as form:
            if not form.files:
                raise InvalidInput.at("/files", _("Pilih sekurang-kurangnya satu berkas."))
            said = forms.read(MaterialFields, _named(seen, "title", "audience"), _advice())
            await added(request, actor, workshop_id, materials.of_files(form.files, said.title, said.audience))
    except NotFound:
        raise
    except Refusal as refused:
        async with database_of(request).read() as session:
            return await _page(session, actor, workshop_id, {**seen, "of": UPLOAD}, at_the_files(refused))
    return _back(workshop_id, "added")


@router.post(MATERIALS + "/{workshop_id}/link", operation_id="page_link_material")
async def link(workshop_id: UUID, request: Request, session: Session, actor: Editor) -> Response:
    """Adds a link."""
    typed = await forms.typed(request)
    try:
        data = forms.read(MaterialLink, _named(typed, "title", "url", "audience"), _advice())
        await materials.add(session, actor, workshop_id, [New(data.title, data.audience, url=data.url)])
    except NotFound:
        raise
    except Refusal as refused:
        return await _page(session, actor, workshop_id, {**typed, "of": LINK}, refused)
    return _back(workshop_id, "added")


@router.post(MATERIALS + "/{workshop_id}/{material_id}", operation_id="page_change_material")
async def change(workshop_id: UUID, material_id: UUID, request: Request, session: Session, actor: Editor) -> Response:
    """What the button `do` says: change, move up or down, or take away."""
    typed = await forms.typed(request)
    do = typed.get("do", "")
    row = await materials.held(session, actor, material_id)
    if row.workshop_id != workshop_id:
        raise NotFound
    if do == "remove":
        await materials.remove(session, actor, material_id)
        return _back(workshop_id, "removed")
    try:
        if do == CHANGE and typed.get("version") != str(row.version):
            raise Stale
        await materials.change(session, actor, row, await _patch(session, row, typed, do))
    except Refusal as refused:
        return await _page(session, actor, workshop_id, {**typed, "of": str(material_id)}, refused)
    return _back(workshop_id, "changed")


async def _patch(session: AsyncSession, row: Material, typed: Typed, do: str) -> MaterialPatch:
    """Raises InvalidInput, BadForm."""
    if do == CHANGE:
        names = ("title", "audience") if row.file else ("title", "audience", "url")
        return forms.read(MaterialPatch, {name: typed.get(name, "") for name in names}, _advice())
    if do not in {"up", "down"}:
        raise BadForm
    rows = await materials.page(session, row.workshop_id, afterwards.ALL, None, MOST_MATERIALS)
    place = [one.id for one in rows].index(row.id) + 1
    return MaterialPatch(position=max(1, min(len(rows), place + (-1 if do == "up" else 1))))


def _named(typed: Typed, *names: str) -> dict[str, object]:
    return {name: typed[name] for name in names if name in typed}


def _advice() -> dict[str, str]:
    return {
        "title": _("Tuliskan judul materi."),
        "url": _("Isi dengan alamat web lengkap, misalnya https://contoh.go.id."),
        "audience": _("Pilih siapa yang boleh membuka."),
    }


async def _page(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID | None,
    typed: Typed | None = None,
    refused: Refusal | None = None,
    *,
    done: str = "",
) -> Response:
    choices, chosen = await choose(session, actor, workshop_id)
    said = typed or {}
    return await staff_page(
        session,
        actor,
        "materials.html",
        MATERIALS,
        workshop=chosen,
        status=refused.status if refused else 200,
        choices=choices,
        chosen=chosen,
        carried=f"workshop={chosen.id}&" if chosen else "",
        audiences=audience_options(),
        limits=limits_of(session),
        # Each form has inputs of its own: what was wrong in one is not said at the others.
        typed=said,
        errors=_errors(refused, said.get("of", "")) if refused else [],
        done="" if refused else done,
        **(await _shown(session, actor, chosen) if chosen else {}),
    )


def _errors(refused: Refusal, of: str) -> list[FormError]:
    """The fields are called after their form: `title-link` is not `title-upload`."""
    return [
        FormError(f"{one.field}-{of}" if one.field and one.field != "files" else one.field, one.message)
        for one in forms.errors_of(refused)
    ]


async def _shown(session: AsyncSession, actor: Actor, workshop: Workshop) -> dict[str, object]:
    rows = await materials.page(session, workshop.id, afterwards.ALL, None, MOST_MATERIALS)
    house = await session.get_one(Organizer, actor.tenant)
    is_open = workshop.status is not WorkshopStatus.DRAFT and not workshop.never_published
    kept = await minutes.of(session, workshop)
    agreed = await follow_ups.of(session, workshop.id)
    return {
        "kept": kept,
        "agreed": len(agreed),
        "requested": sum(one.data_item_id is not None for one in agreed),
        "editor": f"{MINUTES}?workshop={workshop.id}",
        "papers": await _papers(session, actor, workshop, kept),
        "materials": [Kept(materials.read(row), n == 1, n == len(rows)) for n, row in enumerate(rows, start=1)],
        "write": f"{REGISTRATIONS}/{workshop.id}/message" if actor.may(Permission.MESSAGES_WRITE) else None,
        "public_page": f"/w/{house.slug}/{workshop.slug}" if is_open else None,
    }


async def _papers(session: AsyncSession, actor: Actor, workshop: Workshop, kept: Minutes) -> list[Paper]:
    """What can be printed now. Attendance on paper carries personal data."""
    at = f"/api/v1/workshops/{workshop.id}"
    unwritten = "" if kept.version else _("Belum ditulis: formulir kosong untuk diisi dengan tangan.")
    found = [Paper(_("Notula"), unwritten, [Option(f"{at}/minutes.pdf", "PDF")])]
    if actor.may(Permission.CONTACTS_READ):
        found += await _attendance_papers(session, workshop, at)
    if actor.may(Permission.CERTIFICATES_WRITE):
        found.append(await _certificates(session, workshop))
    if actor.may(Permission.COMMITMENTS_READ):
        href = f"{COMMITMENTS}?workshop={workshop.id}"
        found.append(Paper(_("Komitmen dan data yang diminta"), "", [Option(href, _("Buka daftarnya"))]))
    return found


async def _attendance_papers(session: AsyncSession, workshop: Workshop, at: str) -> list[Paper]:
    here = select(Attendance.block_id).where(Attendance.workshop_id == workshop.id, col(Attendance.present).is_(True))
    begun = (await session.exec(here.limit(1))).first() is not None
    state = "" if begun else _("Belum ada kehadiran tercatat: formulir kosong untuk ditandatangani.")

    def both(name: str, query: str = "") -> list[Option]:
        return [Option(f"{at}/{name}.{kind}{query}", kind.upper()) for kind in ("pdf", "xlsx")]

    first, last = papers.days_of(workshop)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    sheets = [
        Paper(_("Daftar Hadir {day}").format(day=speak_date(day)), state, both("attendance-sheet", f"?date={day}"))
        for day in days
    ]
    recap = Paper(
        _("Rekapitulasi kehadiran"),
        "" if begun else _("Terisi setelah kehadiran tercatat."),
        both("attendance-recap"),
    )
    return [*sheets, recap]


async def _certificates(session: AsyncSession, workshop: Workshop) -> Paper:
    holding = select(func.count()).where(Certificate.workshop_id == workshop.id, col(Certificate.revoked_at).is_(None))
    count = (await session.exec(holding)).one()
    state = _("{count} sertifikat berlaku.").format(count=count) if count else _("Belum diterbitkan.")
    return Paper(
        _("Sertifikat"), state, [Option(f"{CERTIFICATES}?workshop={workshop.id}", _("Buka halaman sertifikat"))]
    )


def _back(workshop_id: UUID, done: str) -> Response:
    return RedirectResponse(f"{MATERIALS}?workshop={workshop_id}&done={done}", status_code=303)
