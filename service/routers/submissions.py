"""Submissions: handing in, reviewing, downloading."""

import json
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from service.auth import Actor, Permission
from service.domain import commitments_read, submissions
from service.domain.file_names import attachment
from service.domain.submissions import DeliveredFile
from service.errors import BadRequest, NotFound, Refusal, UploadCut
from service.models.commitments_shapes import ReasonGiven, SubmissionFields, SubmissionLink, SubmissionRead
from service.routers import uploads
from service.routers.access import (
    Allow,
    Session,
    allow,
    allow_first,
    database_of,
    etag_matches,
    identify,
    not_modified,
)
from service.routers.route import ApiRoute, StrictRequest, parse_json

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["submissions"])
Reviewer = Annotated[Actor, allow(Permission.COMMITMENTS_REVIEW)]
S = TypeVar("S", bound=SubmissionFields)

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
                            "description": "PDF, XLSX, DOCX, PPTX, ZIP, CSV, TXT, JSON, GeoJSON, PNG or JPEG",
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

    Also for a commitment that is only requested: a delivery without a formal promise counts.
    """
    return await handed_in(request, actor, commitment_id)


@router.post("/submissions/{submission_id}/acceptance", operation_id="accept_submission")
async def accept_submission(submission_id: UUID, session: Session, actor: Reviewer) -> SubmissionRead:
    """Accepts the latest submission of a commitment."""
    row = await submissions.accept(session, actor, submission_id)
    return await commitments_read.submission(session, actor, row)


@router.post("/submissions/{submission_id}/return", operation_id="return_submission")
async def return_submission(
    submission_id: UUID, data: ReasonGiven, session: Session, actor: Reviewer
) -> SubmissionRead:
    """Returns the latest submission to its sender; also as the correction of an acceptance."""
    row = await submissions.send_back(session, actor, submission_id, data.reason)
    return await commitments_read.submission(session, actor, row)


@router.get(
    "/submissions/{submission_id}/files/{n}",
    operation_id="download_submission_file",
    response_class=StreamingResponse,
    responses={200: {"description": "The file", "content": {"application/octet-stream": {}}}},
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
    file = DeliveredFile(**row.files[n - 1])  # type: ignore[arg-type] # JSON of exactly these fields
    etag = f'"{file.sha256}"'
    if etag_matches(request, etag):
        return not_modified(etag)
    try:
        content = uploads.store_of(database.settings).read(file.path)
    except FileNotFoundError as lost:
        raise NotFound from lost
    headers = {
        "Content-Disposition": attachment(file.name),
        "Content-Length": str(file.size),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "ETag": etag,
    }
    return StreamingResponse(content, media_type=file.media_type, headers=headers)


async def handed_in(request: Request, actor: Actor, commitment_id: UUID) -> SubmissionRead:
    """Receives a delivery in three steps: a short read that checks, the stream, a short write. No transaction is open
    while a slow phone uploads.
    """
    database = database_of(request)
    async with database.read() as session:
        await submissions.check_open(session, actor, commitment_id)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return await _link(request, actor, commitment_id)
    if kind != "multipart/form-data":
        raise BadRequest
    settings = database.settings
    store = uploads.store_of(settings)
    async with uploads.form_of(request, settings.max_upload_bytes) as form:
        data = _validated(SubmissionFields, _fields(uploads.texts_of(form)))
        files = await uploads.keep(store, uploads.files_of(form), settings.max_upload_bytes)
    try:
        return await _written(request, actor, commitment_id, data, None, files)
    except Refusal:
        # Only a refusal is sure to have left no row behind; after any other failure the files stay.
        await uploads.discard(store, files)
        raise


async def _link(request: Request, actor: Actor, commitment_id: UUID) -> SubmissionRead:
    limit = database_of(request).settings.max_body_bytes
    try:
        body = await StrictRequest(request.scope, uploads.Counted(request.receive, limit, limit)).json()
    except json.JSONDecodeError as broken:
        raise BadRequest from broken
    except ClientDisconnect as gone:
        raise UploadCut from gone
    data = _validated(SubmissionLink, body)
    return await _written(request, actor, commitment_id, data, data.url, [])


async def _written(
    request: Request,
    actor: Actor,
    commitment_id: UUID,
    data: SubmissionFields,
    url: str | None,
    files: list[DeliveredFile],
) -> SubmissionRead:
    async with database_of(request).write() as session:
        row = await submissions.submit(session, actor, commitment_id, data, url=url, files=files)
        return await commitments_read.submission(session, actor, row)


def _fields(texts: dict[str, str]) -> dict[str, object]:
    if "metadata" not in texts:
        return dict(texts)
    try:
        metadata: object = parse_json(texts["metadata"].encode())
    except ValueError:
        metadata = None
    return texts | {"metadata": metadata}


def _validated(shape: type[S], values: object) -> S:
    try:
        return shape.model_validate(values)
    except ValidationError as invalid:
        errors = [{**error, "loc": ("body", *error["loc"])} for error in invalid.errors()]
        raise RequestValidationError(errors, body=values) from invalid
