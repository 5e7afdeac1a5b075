"""The commitment sheet behind the portal link: printed, signed by the organisation's head, handed in as a scan."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.documents import commitment_sheet
from service.domain import commitment_sheets, commitments, commitments_read, portal
from service.domain.commitments_read import Filters
from service.domain.submissions import DeliveredFile
from service.errors import InvalidInput, NotFound, Refusal
from service.i18n import gettext as _
from service.models.commitments_shapes import SheetFields
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.afterwards import agency_of
from service.pages.forms import Option, Typed
from service.pages.house import house_page
from service.pages.portal_commitment import limits_of
from service.pages.portal_delivery import at_the_files, stripped
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers import printing, uploads
from service.routers.access import Session, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
OfWorkshop = Annotated[UUID | None, Query()]
"""Without one there is no sheet; that is said only to whoever has a link."""
SHOWN = 500


@router.get("/portal/{token}/commitment-sheet", operation_id="page_commitment_sheet")
async def show_sheet(token: Token, session: Session, _visitor: Visitor, workshop: OfWorkshop = None) -> Response:
    """What stands in the sheet, and the three steps."""
    return await _page(session, token, _asked(workshop), {}, ())


@router.get("/portal/{token}/commitment-sheet.pdf", operation_id="page_print_commitment_sheet")
async def print_sheet(token: Token, request: Request, _visitor: Visitor, workshop: OfWorkshop = None) -> Response:
    """The sheet to be signed."""
    async with database_of(request).read() as session:
        actor = await agency_of(session, token)
        sheets = await commitment_sheets.of_workshop(session, actor, _asked(workshop), None)
    return await printing.answer(sheets.name, commitment_sheet.pages, sheets, printing.store_of(request))


@router.post(
    "/portal/{token}/commitment-sheet", operation_id="page_hand_in_commitment_sheet", max_body_size=uploads.UNBOUNDED
)
async def hand_in(token: Token, request: Request, _visitor: Visitor, workshop: OfWorkshop = None) -> Response:
    """Takes in the signed scan: a short read that checks, the stream, a short write."""
    database, at = database_of(request), _asked(workshop)
    seen: dict[str, str] = {}
    try:
        async with database.read() as session:
            await commitment_sheets.check(session, await agency_of(session, token), at, None)
        async with uploads.received(request, required=False, seen=seen) as form:
            is_new = await _taken(request, token, at, stripped(form.fields), form.files)
    except NotFound:
        raise
    except Refusal as refused:
        errors = forms.errors_of(at_the_files(refused))
        async with database.read() as session:
            return await _page(session, token, at, stripped(seen), errors, status=refused.status)
    if not is_new:
        await uploads.discard(uploads.store_of(database.settings), form.files)
    return RedirectResponse(f"/portal/{token}?done=signed", status_code=303)


def _asked(workshop: UUID | None) -> UUID:
    if workshop is None:
        raise NotFound
    return workshop


async def _taken(request: Request, token: str, workshop: UUID, typed: Typed, files: list[DeliveredFile]) -> bool:
    if not files:
        raise InvalidInput.at("/files", _("Pilih berkas pindaian lembar yang sudah ditandatangani."))
    if "signatory_office" not in typed:
        raise InvalidInput.at("/signatory_office", _("Tuliskan jabatan yang menandatangani, misalnya Kepala Dinas."))
    data = read_fields(typed)
    async with database_of(request).write() as session:
        actor = await agency_of(session, token)
        kept = [asdict(file) for file in files]
        _read, is_new = await commitment_sheets.take(session, actor, workshop, None, data, kept)
    return is_new


def read_fields(typed: Typed) -> SheetFields:
    """What goes with the scan. Raises InvalidInput, also when nothing is ticked: that never means everything."""
    if not ticked(typed):
        raise InvalidInput.at("/commitments", _("Beri tanda pada data yang tercantum pada lembar bertanda tangan."))
    values: dict[str, object] = {name: typed[name] for name in ("signatory_office", "reference") if name in typed}
    return forms.read(SheetFields, values | {"commitments": ticked(typed)}, {})


def ticked(typed: Typed) -> list[str]:
    """The codes of what was said to stand on the signed sheet."""
    return typed.get("commitments", "").split()


async def _page(
    session: AsyncSession,
    token: str,
    workshop_id: UUID,
    typed: Typed,
    errors: Sequence[FormError],
    *,
    status: int = 200,
) -> Response:
    actor = await agency_of(session, token)
    await commitment_sheets.check(session, actor, workshop_id, None)
    organisation, house = await portal.who(session, actor)
    when = await commitments_read.moment(session, actor, None)
    found = await commitments_read.page(session, actor, when, Filters(workshop=workshop_id), None, SHOWN)
    reads = [read for read in found if read.commitment_status in commitments.STANDING]
    if not reads:
        raise NotFound
    items = await portal.items(session, actor, {read.data_item for read in reads})
    address = f"/portal/{token}/commitment-sheet"
    return house_page(
        session,
        house,
        "portal_sheet.html",
        status=status,
        organisation=organisation,
        workshop=await session.get_one(Workshop, workshop_id),
        boxes=[Option(read.code, items[read.data_item].name, read.commitment_status) for read in reads],
        ticked=ticked(typed) if typed else [read.code for read in reads],
        entries=[(items[read.data_item].name, f"/portal/{token}/commitments/{read.id}", read) for read in reads],
        office=await portal.last_office(session, actor),
        limits=limits_of(session),
        typed=typed,
        errors=errors,
        paper=f"{address}.pdf?workshop={workshop_id}",
        action=f"{address}?workshop={workshop_id}",
        carried=f"workshop={workshop_id}&",
        back=f"/portal/{token}",
    )
