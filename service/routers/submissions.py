"""Submissions: handing in and downloading. Reviewing: submissions_review."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from service.auth import Actor, Permission
from service.domain import commitments_read, submissions
from service.domain.submissions import DeliveredFile
from service.errors import NotFound
from service.models.commitments_shapes import SubmissionFields, SubmissionLink, SubmissionRead
from service.routers import bodies, downloads, uploads
from service.routers.access import Allow, allow_first, database_of, identify
from service.routers.route import ApiRoute, parse_json

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["submissions"])

_LINK = SubmissionLink.model_json_schema(ref_template="#/components/schemas/{model}")
DELIVERY: dict[str, Any] = {  # OpenAPI is JSON
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
                            "description": "PDF, XLSX, DOCX, PPTX, CSV, TXT, JSON, GeoJSON, PNG, JPEG, or a ZIP of "
                            "these or of shapefiles",
                        },
                        "note": {"type": "string", "description": "Remark to the steward"},
                        "complete": {"type": "boolean", "description": "False when parts will follow"},
                        "metadata": {"type": "string", "description": "The metadata object as JSON text"},
                    },
                }
            },
            "application/json": {"schema": {key: value for key, value in _LINK.items() if key != "$defs"}},
        },
    },
}
"""Both ways to hand something in. No Idempotency-Key on uploads."""


class AllowOwner(Allow):
    """Staff and keys with commitments:read, or an organisation by its portal link; a short read of its own."""

    async def __call__(self, request: Request) -> Actor:
        async with database_of(request).read() as session:
            actor = await identify(request, session)
        if not actor.may(Permission.PORTAL_OWN):
            actor.require(self.permission)
        return actor


@router.post(
    "/commitments/{commitment_id}/submissions",
    operation_id="submit",
    status_code=201,
    openapi_extra=DELIVERY,
    max_body_size=uploads.UNBOUNDED,
)
async def submit(
    commitment_id: UUID, request: Request, actor: Annotated[Actor, allow_first(Permission.COMMITMENTS_WRITE)]
) -> SubmissionRead:
    """Hands in files (multipart) or an address (JSON `url`) for an organisation.

    Also for a commitment that is only requested: a delivery without a formal promise counts. Sent again because the
    answer was lost, the same answers with what is there; a further part may follow while one that is not `complete`
    waits for review.
    """
    return await handed_in(request, actor, commitment_id)


@router.get(
    "/submissions/{submission_id}/files/{n}",
    operation_id="download_submission_file",
    response_class=StreamingResponse,
    responses=downloads.FILE,
)
async def download_submission_file(
    submission_id: UUID,
    n: int,
    request: Request,
    actor: Annotated[Actor, Depends(AllowOwner(Permission.COMMITMENTS_READ), scope="function")],
) -> Response:
    """One delivered file, always as an attachment, for staff and for the organisation that delivered it."""
    database = database_of(request)
    async with database.read() as session:
        row = await submissions.find(session, actor, submission_id)
    if not 1 <= n <= len(row.files):
        raise NotFound
    return downloads.attached(request, row.files[n - 1])


async def handed_in(request: Request, actor: Actor, commitment_id: UUID) -> SubmissionRead:
    """Receives a delivery in three steps: a short read that checks, the stream, a short write. No transaction is open
    while a slow phone uploads.
    """
    database = database_of(request)
    async with database.read() as session:
        await submissions.check_open(session, actor, commitment_id)
    if bodies.is_json(request):
        link = bodies.validated(SubmissionLink, await bodies.json_of(request))
        return await _written(request, actor, commitment_id, link, link.url, [])
    async with uploads.received(request) as form:
        data = bodies.validated(SubmissionFields, _fields(form.fields))
        return await _written(request, actor, commitment_id, data, None, form.files)


async def _written(
    request: Request,
    actor: Actor,
    commitment_id: UUID,
    data: SubmissionFields,
    url: str | None,
    files: list[DeliveredFile],
) -> SubmissionRead:
    database = database_of(request)
    async with database.write() as session:
        row = await submissions.submit(session, actor, commitment_id, data, url=url, files=files)
        answer = await commitments_read.submission(session, actor, row)
    await uploads.discard_others(uploads.store_of(database.settings), files, row.files)
    return answer


def _fields(texts: Mapping[str, str]) -> dict[str, object]:
    fields = bodies.said(texts)
    if "metadata" in fields:
        try:
            fields["metadata"] = parse_json(texts["metadata"].encode())
        except ValueError:
            fields["metadata"] = None
    return fields
