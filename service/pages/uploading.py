"""Files that a signed-in browser sends with a form."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from fastapi import Depends, Request
from starlette.datastructures import FormData

from service import auth
from service.auth import Actor, Permission
from service.errors import CsrfFailed
from service.routers import csrf, uploads
from service.routers.access import AllowFirst, bearer_of, database_of, session_cookie_name
from service.routers.uploads import Received


class _AllowUpload(AllowFirst):
    """A browser sends no CSRF header with a file: the route compares the form's own field, before anything else."""

    async def __call__(self, request: Request) -> Actor:
        database = database_of(request)
        cookie = request.cookies.get(session_cookie_name(secure=database.settings.secure))
        async with database.read() as session:
            actor = await auth.identify(session, bearer_of(request), cookie)
        self.require(actor)
        return actor


def allow_upload(permission: Permission) -> Actor:
    """For a page's route that receives a file and compares the form's CSRF value itself, as `form_from` does."""
    return cast("Actor", Depends(_AllowUpload(permission), scope="function"))


@asynccontextmanager
async def form_from(request: Request, actor: Actor) -> AsyncIterator[FormData]:
    """The form with its files until the block ends. Raises CsrfFailed, and what `uploads.form_of` refuses."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise CsrfFailed  # nothing that could carry the value
    async with uploads.form_of(request, database_of(request).settings.max_upload_bytes) as form:
        csrf.check(actor, uploads.texts_of(form).get("csrf"))
        yield form


@asynccontextmanager
async def received(request: Request, actor: Actor, seen: dict[str, str]) -> AsyncIterator[Received]:
    """What the form carries, its files kept as `uploads.received` does; they may be missing.

    `seen` is given what was typed, without spaces around it, also where the form is refused. Raises CsrfFailed besides.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise CsrfFailed  # nothing that could carry the value
    said: dict[str, str] = {}
    try:
        async with uploads.received(request, required=False, seen=said) as form:
            csrf.check(actor, said.get("csrf"))
            seen.update(_stripped(said))
            yield form
    finally:
        seen.update(_stripped(said))


def _stripped(said: dict[str, str]) -> dict[str, str]:
    return {name: text.strip() for name, text in said.items() if text.strip()}
