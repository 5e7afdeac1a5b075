"""Bodies of requests that may be JSON or a multipart form, read while no transaction is open."""

import json
from collections.abc import Mapping
from typing import TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from service.errors import BadRequest, UploadCut
from service.models.columns import Shape
from service.routers import uploads
from service.routers.access import database_of
from service.routers.route import StrictRequest

S = TypeVar("S", bound=Shape)


def is_json(request: Request) -> bool:
    """Whether the body says that it is JSON rather than a form. Raises BadRequest for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"application/json", "multipart/form-data"}:
        raise BadRequest
    return kind == "application/json"


async def json_of(request: Request) -> object:
    """The JSON of a body that is not parsed yet. Raises BadRequest, BodyTooLarge, UploadCut."""
    limit = database_of(request).settings.max_body_bytes
    try:
        return await StrictRequest(request.scope, uploads.Counted(request.receive, limit, limit)).json()
    except json.JSONDecodeError as broken:
        raise BadRequest from broken
    except ClientDisconnect as gone:
        raise UploadCut from gone


def validated(shape: type[S], values: object) -> S:
    """The values as a shape. Raises RequestValidationError, which is answered like that of any other body."""
    try:
        return shape.model_validate(values)
    except ValidationError as invalid:
        errors = [{**error, "loc": ("body", *error["loc"])} for error in invalid.errors()]
        raise RequestValidationError(errors, body=values) from invalid


def said(fields: Mapping[str, str]) -> dict[str, object]:
    """A form's texts without those left empty."""
    return {name: text for name, text in fields.items() if text.strip()}
