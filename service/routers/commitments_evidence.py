"""Evidence: what shows that a promise was made. Typed, and only added."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from service.auth import Actor, Permission
from service.domain import commitments, commitments_evidence
from service.domain.submissions import DeliveredFile
from service.models.columns import Shape
from service.models.commitments_shapes import CommitmentRead, Evidence, EvidenceFields, EvidenceType
from service.routers import bodies, downloads, uploads
from service.routers.access import allow_first, database_of
from service.routers.commitments import shown
from service.routers.route import ApiRoute
from service.routers.submissions import AllowOwner

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["commitments"])


def taken(shape: type[Shape], fields: Mapping[str, object], required: list[str]) -> dict[str, Any]:  # OpenAPI is JSON
    """OpenAPI of a body that is JSON of `shape`, or a form of files with these `fields`."""
    files = {
        "type": "array",
        "maxItems": uploads.MOST_FILES,
        "items": {"type": "string", "format": "binary"},
        "description": "Scans: PDF, PNG or JPEG, or any other file that can be delivered",
    }
    form = {"type": "object", "required": ["files", *required], "properties": {"files": files, **fields}}
    link = shape.model_json_schema(ref_template="#/components/schemas/{model}")
    as_json = {key: value for key, value in link.items() if key != "$defs"}
    content = {"multipart/form-data": {"schema": form}, "application/json": {"schema": as_json}}
    return {"x-idempotency": False, "requestBody": {"required": True, "content": content}}


EVIDENCE = taken(
    Evidence,
    {
        "type": {"type": "string", "enum": [one.value for one in EvidenceType], "description": "What it is"},
        "reference": {"type": "string", "description": "Number or place of the paper"},
        "note": {"type": "string", "description": "Remark"},
    },
    ["type"],
)


@router.post(
    "/commitments/{commitment_id}/evidence",
    operation_id="add_evidence",
    status_code=201,
    response_model=CommitmentRead,
    openapi_extra=EVIDENCE,
    max_body_size=uploads.UNBOUNDED,
)
async def add_evidence(
    commitment_id: UUID, request: Request, actor: Annotated[Actor, allow_first(Permission.COMMITMENTS_WRITE)]
) -> Response:
    """Adds proofs: files (multipart), or a reference or address (JSON). What is there already is not added again: then
    the answer is 200.
    """
    return await proven(request, actor, commitment_id)


@router.get(
    "/commitments/{commitment_id}/evidence/{n}",
    operation_id="download_evidence",
    response_class=StreamingResponse,
    responses=downloads.FILE,
)
async def download_evidence(
    commitment_id: UUID,
    n: int,
    request: Request,
    actor: Annotated[Actor, Depends(AllowOwner(Permission.COMMITMENTS_READ), scope="function")],
) -> Response:
    """The file of one proof, always as an attachment, for staff and for the organisation that promised."""
    async with database_of(request).read() as session:
        file = await commitments_evidence.file(session, actor, commitment_id, n)
    return downloads.attached(request, file)


async def proven(request: Request, actor: Actor, commitment_id: UUID) -> Response:
    """Receives proofs: a short read that checks, the stream, a short write."""
    async with database_of(request).read() as session:
        await commitments.find(session, actor, commitment_id)
    if bodies.is_json(request):
        data = bodies.validated(Evidence, await bodies.json_of(request))
        return await _written(request, actor, commitment_id, data, [])
    async with uploads.received(request) as form:
        fields = bodies.validated(EvidenceFields, bodies.said(form.fields))
        return await _written(request, actor, commitment_id, fields, form.files)


async def _written(
    request: Request, actor: Actor, commitment_id: UUID, data: Evidence | EvidenceFields, files: list[DeliveredFile]
) -> Response:
    database = database_of(request)
    unused: list[DeliveredFile] = []
    new = False
    async with database.write() as session:
        if not files:
            new = await commitments_evidence.add(session, actor, commitment_id, data)
        for file in files:
            added = await commitments_evidence.add(session, actor, commitment_id, data, asdict(file))
            new = new or added
            unused += [] if added else [file]
        answer = await shown(request, session, actor, commitment_id, status=201 if new else 200)
    await uploads.discard(uploads.store_of(database.settings), unused)
    return answer
