"""Commitment sheets (lembar komitmen): printed for signing, and handed in again signed."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from service.auth import Actor, Permission
from service.documents import commitment_sheet
from service.domain import commitment_sheets
from service.domain.submissions import DeliveredFile
from service.models.columns import Code
from service.models.commitments_shapes import SheetFields, SheetLink, SheetRead
from service.routers import bodies, printing, uploads
from service.routers.access import allow_first, database_of
from service.routers.commitments_evidence import taken
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute)
SHEET = taken(
    SheetLink,
    {
        "signatory_office": {"type": "string", "description": "Office that signed; with it, requests become promises"},
        "agenda_item": {"type": "string", "format": "uuid", "description": "Entry of the agenda under which it was"},
        "commitments": {"type": "string", "description": "Codes of what it promises, with commas; all unless given"},
        "reference": {"type": "string", "description": "Number of the sheet"},
        "note": {"type": "string", "description": "Remark"},
    },
    [],
)


@router.get(
    "/workshops/{workshop_id}/commitment-sheets.pdf",
    operation_id="print_commitment_sheets",
    tags=["commitments"],
    response_class=Response,
    responses=printing.FILE,
)
async def print_commitment_sheets(
    workshop_id: UUID,
    request: Request,
    actor: Annotated[Actor, allow_first(Permission.COMMITMENTS_READ)],
    organisation: Annotated[Code | None, Query(description="Only this organisation (code)")] = None,
) -> Response:
    """The sheets of a workshop (Lembar Komitmen), one for each organisation with what is asked of it, to be signed by
    its head. 404 when nothing stands.
    """
    return await _printed(request, actor, workshop_id, organisation)


@router.post(
    "/workshops/{workshop_id}/commitment-sheets/{organisation}",
    operation_id="hand_in_commitment_sheet",
    tags=["commitments"],
    status_code=201,
    response_model=SheetRead,
    openapi_extra=SHEET,
    max_body_size=uploads.UNBOUNDED,
)
async def hand_in_commitment_sheet(
    workshop_id: UUID,
    organisation: Code,
    request: Request,
    actor: Annotated[Actor, allow_first(Permission.COMMITMENTS_WRITE)],
) -> Response:
    """Takes in an organisation's signed sheet: a scan (multipart), or a reference or address (JSON). It becomes
    evidence of everything that stands with the organisation at this workshop; given the office that signed, what was
    only requested becomes a promise. 200 when all of it is there already.
    """
    return await _handed_in(request, actor, workshop_id, organisation)


@router.get(
    "/portal/commitment-sheet.pdf",
    operation_id="print_own_commitment_sheet",
    tags=["portal"],
    response_class=Response,
    responses=printing.FILE,
)
async def print_own_commitment_sheet(
    workshop: Annotated[UUID, Query(description="The workshop (id)")],
    request: Request,
    actor: Annotated[Actor, allow_first(Permission.PORTAL_OWN)],
) -> Response:
    """Our sheet of a workshop (Lembar Komitmen), to be signed by our head. 404 when nothing stands."""
    return await _printed(request, actor, workshop, None)


@router.post(
    "/portal/commitment-sheet",
    operation_id="hand_in_own_commitment_sheet",
    tags=["portal"],
    status_code=201,
    response_model=SheetRead,
    openapi_extra=SHEET,
    max_body_size=uploads.UNBOUNDED,
)
async def hand_in_own_commitment_sheet(
    workshop: Annotated[UUID, Query(description="The workshop (id)")],
    request: Request,
    actor: Annotated[Actor, allow_first(Permission.PORTAL_OWN)],
) -> Response:
    """We hand in our signed sheet: a scan (multipart), or a reference or address (JSON). Given the office that signed,
    what was only requested becomes our promise. 200 when all of it is there already.
    """
    return await _handed_in(request, actor, workshop, None)


async def _printed(request: Request, actor: Actor, workshop_id: UUID, organisation: str | None) -> Response:
    async with database_of(request).read() as session:
        sheets = await commitment_sheets.of_workshop(session, actor, workshop_id, organisation)
    return await printing.answer(sheets.name, commitment_sheet.pages, sheets, printing.store_of(request))


async def _handed_in(request: Request, actor: Actor, workshop_id: UUID, organisation: str | None) -> Response:
    async with database_of(request).read() as session:
        await commitment_sheets.check(session, actor, workshop_id, organisation)
    if bodies.is_json(request):
        data = bodies.validated(SheetLink, await bodies.json_of(request))
        return await _written(request, actor, workshop_id, organisation, data, [])
    async with uploads.received(request) as form:
        fields = bodies.validated(SheetFields, bodies.said(form.fields))
        return await _written(request, actor, workshop_id, organisation, fields, form.files)


async def _written(
    request: Request,
    actor: Actor,
    workshop_id: UUID,
    organisation: str | None,
    data: SheetFields,
    files: list[DeliveredFile],
) -> Response:
    database = database_of(request)
    kept = [asdict(file) for file in files]
    async with database.write() as session:
        read, new = await commitment_sheets.take(session, actor, workshop_id, organisation, data, kept)
    if not new:
        await uploads.discard(uploads.store_of(database.settings), files)
    return Response(read.model_dump_json(), status_code=201 if new else 200, media_type="application/json")
