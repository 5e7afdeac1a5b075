"""Files that came from outside, given back: always as an attachment, never to be run or guessed at by a browser."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from service.clients import filetypes
from service.domain.file_names import attachment
from service.errors import NotFound
from service.routers import uploads
from service.routers.access import database_of, etag_matches, not_modified

FILE: dict[int | str, dict[str, Any]] = {  # OpenAPI is JSON
    200: {
        "description": "The file, as what it was found to be when it was taken in",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in sorted(filetypes.MEDIA_TYPES)},
    }
}


def attached(request: Request, file: Mapping[str, object]) -> Response:
    """A stored file (name, size, sha256, media_type, path), or 304. Raises NotFound when it is gone."""
    etag = f'"{file["sha256"]}"'
    if etag_matches(request, etag):
        return not_modified(etag)
    try:
        content = uploads.store_of(database_of(request).settings).read(str(file["path"]))
    except FileNotFoundError as lost:
        raise NotFound from lost
    headers = {
        "Content-Disposition": attachment(str(file["name"])),
        "Content-Length": str(file["size"]),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "ETag": etag,
    }
    return StreamingResponse(content, media_type=str(file["media_type"]), headers=headers)
