"""An organizer's logo: uploaded by its staff, read by everybody under an address that names its content."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData, UploadFile

from service.auth import Actor, Permission
from service.clients import images
from service.clients.files import Stored
from service.documents import pdf
from service.domain import logos, organizers
from service.errors import InvalidInput, NotFound, Refusal, UnsupportedLogo, UploadTooLarge
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.models.organizers_shapes import OrganizerRead
from service.routers import uploads
from service.routers.access import Session, allow, allow_first, check_version, database_of, respond
from service.routers.route import ApiRoute

router = APIRouter(route_class=ApiRoute, tags=["organizers"])
MOST_BYTES = 524_288
MOST_PIXELS = 3_000
"""To a side. Whoever decodes it needs 36 MB at most."""

_FORM: dict[str, Any] = {  # OpenAPI is JSON
    "x-idempotency": False,
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["logo"],
                    "properties": {
                        "logo": {
                            "type": "string",
                            "format": "binary",
                            "description": "PNG or JPEG of at most 512 KiB and 3000 x 3000 pixels",
                        }
                    },
                }
            }
        },
    },
}
_PICTURE: dict[int | str, dict[str, object]] = {
    200: {"description": "The logo", "content": {"image/png": {}, "image/jpeg": {}}}
}


@router.put(
    "/api/v1/organizer/logo",
    operation_id="replace_logo",
    response_model=OrganizerRead,
    openapi_extra=_FORM,
    max_body_size=uploads.UNBOUNDED,
)
async def replace_logo(request: Request, actor: Annotated[Actor, allow_first(Permission.ORGANIZER_WRITE)]) -> Response:
    """Keeps a new logo, which stands on the pages and at the head of letters. If-Match is the organizer's."""
    async with uploads.form_of(request, MOST_BYTES) as form:
        kept = await keep(request, actor, form, lambda row: check_version(request, row.version))
    return respond(request, kept, kept.version)


async def keep(request: Request, actor: Actor, form: FormData, check: Callable[[Organizer], None]) -> OrganizerRead:
    """Keeps the form's picture as the logo; `check` may refuse the organizer as it stands.

    Raises InvalidInput, UploadTooLarge, UnsupportedLogo, and what `check` does.
    """
    database = database_of(request)
    store = uploads.store_of(database.settings)
    file = form.get("logo")
    if not isinstance(file, UploadFile) or not (file.filename or file.size):
        raise InvalidInput.at("/logo", _("Sertakan berkas gambar PNG atau JPEG."))
    image = await _checked(file)
    stored = await uploads.save(store, file.file)
    try:
        async with database.write() as session:
            row = await organizers.own(session, actor, lock=True)
            check(row)
            former = await logos.keep(session, actor, row, stored.key, _address(row.slug, stored, image))
            kept = OrganizerRead.model_validate(row)
    except Refusal:
        await asyncio.to_thread(store.delete, stored.key)
        raise
    if former is not None:
        await asyncio.to_thread(store.delete, former)
    return kept


@router.delete("/api/v1/organizer/logo", operation_id="remove_logo", status_code=204)
async def remove_logo(request: Request, actor: Annotated[Actor, allow_first(Permission.ORGANIZER_WRITE)]) -> None:
    """Removes the logo, also one that is only an address."""
    await drop(request, actor)


async def drop(request: Request, actor: Actor) -> None:
    """Takes the logo off pages and letters."""
    database = database_of(request)
    async with database.write() as session:
        row = await organizers.own(session, actor, lock=True)
        former = await logos.keep(session, actor, row, None, None)
    if former is not None:
        await asyncio.to_thread(uploads.store_of(database.settings).delete, former)


@router.get("/logos/{organizer}/{name}", operation_id="read_logo", response_class=Response, responses=_PICTURE)
async def read_logo(
    organizer: str, name: str, request: Request, session: Session, _actor: Annotated[Actor, allow(Permission.PUBLIC)]
) -> Response:
    """An uploaded logo. The address names its content, so it may be kept for a year."""
    if not (organizer + name).isprintable():
        raise NotFound
    key = await logos.find(session, organizer, f"/logos/{organizer}/{name}")
    try:
        chunks = uploads.store_of(database_of(request).settings).read(key)
    except FileNotFoundError as lost:
        raise NotFound from lost
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    media_type = "image/png" if name.endswith(".png") else "image/jpeg"
    return Response(await asyncio.to_thread(b"".join, chunks), media_type=media_type, headers=headers)


async def _checked(file: UploadFile) -> images.Image:
    """What it is by its content; decoded only when its header says that this is safe.

    Raises UploadTooLarge, UnsupportedLogo, InvalidInput.
    """
    if (file.size or 0) > MOST_BYTES:
        raise UploadTooLarge(max_bytes=MOST_BYTES)
    try:
        image = images.measure(file.file)
    except images.NotAnImage as unknown:
        raise UnsupportedLogo from unknown
    if max(image.width, image.height) > MOST_PIXELS:
        raise InvalidInput.at("/logo", _("Gambar paling besar 3000 x 3000 piksel."))
    content = await file.read()
    await file.seek(0)
    svg = pdf.picture(content, image.media_type, image.width, image.height)
    if not await asyncio.to_thread(pdf.is_readable, svg):
        raise UnsupportedLogo
    return image


def _address(slug: str, stored: Stored, image: images.Image) -> str:
    return f"/logos/{slug}/{stored.sha256[:16]}{image.ending}"
