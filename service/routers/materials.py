"""Materials of a workshop: files and links for the committee, who was there, who registered, or everybody."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import afterwards, materials, registrations, workshops
from service.domain.afterwards import Audiences
from service.domain.materials import New
from service.models.materials_shapes import MaterialFields, MaterialLink, MaterialPatch, MaterialRead, MaterialsRead
from service.models.minutes import Readers
from service.routers import bodies, downloads, uploads
from service.routers.access import (
    Page,
    PageQuery,
    Paging,
    Session,
    allow,
    allow_first,
    check_version,
    cursor,
    database_of,
    int_key,
    keyset_id,
    page_of,
    respond,
)
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["materials"])
Anybody = Annotated[Actor, allow(Permission.PUBLIC)]
Writer = Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)]
_LINK = MaterialLink.model_json_schema(ref_template="#/components/schemas/{model}")
_WORDS = [one.value for one in Readers]
_JSON: dict[str, Any] = {  # OpenAPI is JSON
    **{key: value for key, value in _LINK.items() if key != "$defs"},
    "properties": {
        **_LINK["properties"],
        "audience": {"type": "string", "enum": _WORDS, "default": "participants", "description": "Who may open it"},
    },
}
SENT: dict[str, Any] = {  # the same
    "x-idempotency": False,
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "maxItems": uploads.MOST_FILES,
                            "items": {"type": "string", "format": "binary"},
                            "description": "PDF, XLSX, DOCX, PPTX, CSV, TXT, JSON, GeoJSON, PNG, JPEG or ZIP",
                        },
                        "title": {"type": "string", "description": "What it is; for one file alone"},
                        "audience": {"type": "string", "enum": _WORDS, "description": "Who may open it"},
                    },
                }
            },
            "application/json": {"schema": _JSON},
        },
    },
}
"""Both ways to add materials. No Idempotency-Key on uploads: what is there already stays one."""


@router.get("/workshops/{workshop_id}/materials", operation_id="list_materials")
async def list_materials(workshop_id: UUID, paging: PageQuery, session: Session, actor: Anybody) -> Page[MaterialRead]:
    """The materials that the caller may open, in their order: a stranger those for everybody."""
    workshop, audiences = await afterwards.seen(session, actor, workshop_id)
    return await listed(session, workshop.id, audiences, paging)


@router.post(
    "/workshops/{workshop_id}/materials",
    operation_id="add_materials",
    status_code=201,
    openapi_extra=SENT,
    max_body_size=uploads.UNBOUNDED,
)
async def add_materials(
    workshop_id: UUID, request: Request, actor: Annotated[Actor, allow_first(Permission.WORKSHOPS_WRITE)]
) -> MaterialsRead:
    """Adds files (multipart), one material each, or a link (JSON). Sent again, the same stays one."""
    database = database_of(request)
    async with database.read() as session:
        await workshops.find(session, actor, workshop_id)
    if bodies.is_json(request):
        link = bodies.validated(MaterialLink, await bodies.json_of(request))
        return await added(request, actor, workshop_id, [New(link.title, link.audience, url=link.url)])
    async with uploads.received(request) as form:
        said = bodies.validated(MaterialFields, bodies.said(form.fields))
        return await added(request, actor, workshop_id, materials.of_files(form.files, said.title, said.audience))


@router.get("/materials/{material_id}", operation_id="read_material", response_model=MaterialRead)
async def read_material(material_id: UUID, request: Request, session: Session, actor: Anybody) -> Response:
    """One material, for who may open it."""
    row = await materials.find_open(session, actor, material_id)
    return respond(request, materials.read(row), row.version)


@router.patch("/materials/{material_id}", operation_id="change_material", response_model=MaterialRead)
async def change_material(
    material_id: UUID, data: MaterialPatch, request: Request, session: Session, actor: Writer
) -> Response:
    """Changes title, audience, address or place in the list. Needs If-Match."""
    row = await materials.held(session, actor, material_id)
    check_version(request, row.version)
    await materials.change(session, actor, row, data)
    return respond(request, materials.read(row), row.version)


@router.delete("/materials/{material_id}", operation_id="remove_material", status_code=204)
async def remove_material(material_id: UUID, session: Session, actor: Writer) -> None:
    """Takes it away for good."""
    await materials.remove(session, actor, material_id)


@router.get(
    "/materials/{material_id}/file",
    operation_id="download_material",
    response_class=StreamingResponse,
    responses=downloads.FILE,
)
async def download_material(material_id: UUID, request: Request, session: Session, actor: Anybody) -> Response:
    """The file, always as an attachment, for who may open it."""
    row = await materials.find_open(session, actor, material_id)
    return downloads.attached(request, materials.file_of(row))


@router.get("/my/materials", operation_id="list_my_materials")
async def list_my_materials(
    paging: PageQuery, session: Session, actor: Annotated[Actor, allow(Permission.REGISTRATION_OWN)]
) -> Page[MaterialRead]:
    """The materials for the person of the mailed link: more of them once attendance is recorded."""
    assert actor.id is not None
    row = await registrations.find(session, actor, actor.id)
    return await listed(session, row.workshop_id, await afterwards.of_person(session, row), paging)


async def listed(session: AsyncSession, workshop_id: UUID, audiences: Audiences, paging: Paging) -> Page[MaterialRead]:
    """A page of those for these audiences."""
    key = paging.after(2)
    after = (int_key(key[0]), keyset_id(key[1])) if key else None
    rows, more = page_of(await materials.page(session, workshop_id, audiences, after, paging.limit + 1), paging.limit)
    following = cursor(rows[-1].position, rows[-1].id) if more else None
    return Page(items=[materials.read(row) for row in rows], next=following)


async def added(request: Request, actor: Actor, workshop_id: UUID, new: list[New]) -> MaterialsRead:
    """Adds them in a transaction of its own; a file whose content is there already is not kept twice."""
    database = database_of(request)
    async with database.write() as session:
        rows = await materials.add(session, actor, workshop_id, new)
        answer = MaterialsRead(items=[materials.read(row) for row in rows])
    files = [one.file for one in new if one.file]
    await uploads.discard_others(uploads.store_of(database.settings), files, [row.file for row in rows])
    return answer
