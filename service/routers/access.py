"""What every route declares: its session, and the permission it needs. Beside them: paging and If-Match."""

import base64
import binascii
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from typing import Annotated, Generic, TypeVar, cast
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth
from service.auth import DEVICE_PREFIX, Actor, ActorKind, Permission
from service.db import Database
from service.domain import workshops
from service.errors import InvalidInput, PreconditionRequired, Stale
from service.i18n import gettext as _
from service.models.columns import Instant, Shape
from service.routers import csrf

T = TypeVar("T")
_instant: TypeAdapter[datetime] = TypeAdapter(Instant)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# An agenda of 500 entries has nine fields in each; the body's size is limited before.
MOST_FIELDS = 6000


def database_of(request: Request) -> Database:
    """The database of the application that answers this request."""
    return cast("Database", request.app.state.database)


class _Undone(Exception):
    """Ends the request's transaction without a commit."""


async def undo(request: Request) -> None:
    """Ends the transaction of the request's `Session`, if there is one: nothing that was done in it stays.

    What answers a refusal may open its own: on SQLite a second writer would wait for the first.
    """
    transaction: AsyncExitStack | None = getattr(request.state, "transaction", None)
    if transaction is not None:
        await transaction.__aexit__(_Undone, _Undone(), None)


async def _request_session(request: Request) -> AsyncIterator[AsyncSession]:
    database = database_of(request)
    async with AsyncExitStack() as transaction:
        opened = database.read() if request.method in SAFE_METHODS else database.write()
        session = await transaction.enter_async_context(opened)
        request.state.transaction = transaction
        yield session


Session = Annotated[AsyncSession, Depends(_request_session, scope="function")]
"""The request's session; function scope makes it commit before the answer leaves."""


def session_cookie_name(*, secure: bool) -> str:
    """`__Host-` pins the cookie to this host and https; browsers refuse that prefix on plain loopback."""
    return "__Host-bimtek" if secure else "bimtek"


def bearer_of(request: Request) -> str | None:
    """The credential of the Authorization header, if it is a Bearer one."""
    scheme, _sep, credential = request.headers.get("authorization", "").partition(" ")
    return credential.strip() or None if scheme.lower() == "bearer" else None


async def identify(request: Request, session: AsyncSession, *, of_no_house: bool = False) -> Actor:
    """The caller; `of_no_house`: for what is about no organizer.

    Raises Unauthenticated for a dead credential, CsrfFailed and OtherOrganizer for a browser's write (csrf.py).
    """
    cookie = request.cookies.get(session_cookie_name(secure=database_of(request).settings.secure))
    bearer = bearer_of(request)
    actor = await auth.identify(session, bearer, cookie)
    by_cookie = actor.kind is ActorKind.STAFF and bearer is None
    if by_cookie and request.method not in SAFE_METHODS:
        csrf.check(actor, await _sent_csrf(request), of_no_house=of_no_house)
    if actor.kind in (ActorKind.API_KEY, ActorKind.STAFF):
        request.app.state.seen.note(actor)
    return actor


async def _sent_csrf(request: Request) -> str | None:
    header = request.headers.get("x-csrf-token")
    if header is not None:
        return header
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        value = (await request.form(max_fields=MOST_FIELDS)).get("csrf")
        return value if isinstance(value, str) else None
    return None


class Allow:
    """The permission a route needs, written in its signature; see `allow` and `allow_first`.

    Who holds one of `instead` may come in too: the domain then tells what for.
    """

    def __init__(self, permission: Permission, *instead: Permission) -> None:
        self.permission = permission
        self.instead = instead
        # About the person, or about all organizers: the same whichever of them a form was shown for.
        self.of_no_house = permission in (Permission.ACCOUNT_OWN, Permission.ORGANIZERS_CREATE)

    def require(self, actor: Actor) -> None:
        """Raises Unauthenticated, Forbidden."""
        if not any(actor.may(one) for one in self.instead):
            actor.require(self.permission)


class AllowInTransaction(Allow):
    """Answers 401, 403 or the Actor, and claims the request's Idempotency-Key if it carries one."""

    async def __call__(self, request: Request, session: Session) -> Actor:
        actor = await identify(request, session, of_no_house=self.of_no_house)
        self.require(actor)
        attempt = getattr(request.state, "idempotency", None)
        if attempt is not None:
            await attempt.claim(session, actor)
        return actor


class AllowFirst(Allow):
    """Answers 401, 403 or the Actor from a short read of its own, which has ended when the route's function begins.

    For a public route everybody is a stranger: a browser signs in again with its former session's cookie.
    """

    async def __call__(self, request: Request) -> Actor:
        if self.permission is Permission.PUBLIC:
            return auth.ANONYMOUS
        async with database_of(request).read() as session:
            actor = await identify(request, session, of_no_house=self.of_no_house)
        self.require(actor)
        return actor


class Caller:
    """Somebody whose request is not looked at yet: a hot path may find out who it is along with everything else.

    `device_token` is what such a path may go by; without it the caller has been identified already.
    """

    def __init__(self, request: Request, rule: AllowInTransaction, until_answered: AsyncExitStack) -> None:
        self.database = database_of(request)
        self.device_token = _device_token(request)
        self._request = request
        self._rule = rule
        self._until_answered = until_answered
        self._identified: tuple[AsyncSession, Actor] | None = None

    async def identify(self) -> tuple[AsyncSession, Actor]:
        """The request's session and the Actor. Raises Unauthenticated, Forbidden."""
        if self._identified is None:
            session = await self._until_answered.enter_async_context(self.database.write())
            self._identified = session, await self._rule(self._request, session)
        return self._identified


def _device_token(request: Request) -> str | None:
    """A device's credential, unless an answer may have to be kept or replayed."""
    token = bearer_of(request)
    if token is None or not token.startswith(f"{DEVICE_PREFIX}_") or hasattr(request.state, "idempotency"):
        return None
    return token


class AllowLater(Allow):
    """Answers a Caller, whom the route identifies if it has to; see `allow_later`."""

    async def __call__(self, request: Request) -> AsyncIterator[Caller]:
        async with AsyncExitStack() as until_answered:
            caller = Caller(request, AllowInTransaction(self.permission, *self.instead), until_answered)
            if caller.device_token is None:
                await caller.identify()
            try:
                yield caller
            except RequestValidationError:
                # Who may not come in is not told what the form looks like.
                session, actor = await caller.identify()
                with suppress(ValueError):
                    await workshops.find(session, actor, UUID(request.path_params.get("workshop_id", "")))
                raise


def allow(permission: Permission, *instead: Permission) -> Actor:
    """For a route's signature: `actor: Annotated[Actor, allow(Permission.X)]`."""
    return cast("Actor", Depends(AllowInTransaction(permission, *instead), scope="function"))


def allow_first(permission: Permission) -> Actor:
    """The same for a route that takes no `Session` and opens its own transactions: sign-in, uploads, streams.

    No Idempotency-Key there: such a route says `openapi_extra={"x-idempotency": False}`.
    """
    return cast("Actor", Depends(AllowFirst(permission), scope="function"))


def allow_later(permission: Permission) -> Caller:
    """For a writing route that knows a quicker way to look up a device: `caller: Annotated[Caller, allow_later(X)]`.

    The route either proves the permission itself in the statement that acts, or calls `caller.identify()`.
    """
    return cast("Caller", Depends(AllowLater(permission), scope="function"))


def permission_of(route: APIRoute) -> Permission | None:
    """The permission a route declares in its signature, None when it declares none."""
    found = _rule_of(route)
    return found[1].permission if found else None


def hears_everybody(route: APIRoute) -> bool:
    """Whether a public route's answer hangs on who asks. An actor that a route does not use is called `_actor`."""
    found = _rule_of(route)
    return found is not None and not isinstance(found[1], AllowFirst) and not found[0].startswith("_")


def _rule_of(route: APIRoute) -> tuple[str, Allow] | None:
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        declared: object = dependant.call
        if isinstance(declared, Allow):
            return dependant.name or "", declared
        waiting += dependant.dependencies
    return None


class Page(Shape, Generic[T]):
    """A page of a list; `next` is the cursor of the following page, null on the last one."""

    items: list[T] = Field(description="This page's entries")
    next: str | None = Field(description="Cursor of the next page")


class Paging(BaseModel):
    """`limit` and `cursor` of a list."""

    limit: int = Field(50, ge=1, le=200, description="Entries per page")
    cursor: str | None = Field(None, max_length=500, description="Cursor of a previous answer's `next`")

    def after(self, count: int) -> list[str] | None:
        """The key after which the page starts, `count` texts; None for the first page. Raises InvalidInput."""
        if self.cursor is None:
            return None
        try:
            key = json.loads(base64.urlsafe_b64decode(self.cursor.encode("ascii") + b"=="))
            # Nothing that a database could not even look for.
            ours = isinstance(key, list) and all(isinstance(part, str) and b"\0" not in part.encode() for part in key)
        except (ValueError, binascii.Error, RecursionError):
            ours = False
        if not ours or len(key) != count:
            raise InvalidInput.at("query/cursor", _("Gunakan nilai next dari jawaban sebelumnya."))
        return cast("list[str]", key)


def cursor(*key: object) -> str:
    """The opaque cursor for a keyset position."""
    raw = json.dumps([str(part) for part in key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


PageQuery = Annotated[Paging, Query()]


def check_version(request: Request, current: int) -> None:
    """Compares If-Match's version with the row's. Raises PreconditionRequired, Stale.

    Of an ETag only the part before the first `-` counts: seats taken meanwhile do not make an edit stale.
    """
    header = request.headers.get("if-match")
    if header is None:
        raise PreconditionRequired
    if header.strip() == "*":
        return
    versions = [tag.strip().removeprefix("W/").strip('"').split("-")[0] for tag in header.split(",")]
    if str(current) not in versions:
        raise Stale


def etag_matches(request: Request, etag: str) -> bool:
    """Whether If-None-Match names this strong ETag."""
    header = request.headers.get("if-none-match")
    return header is not None and names_etag(header, etag)


def names_etag(header: str, etag: str) -> bool:
    """Whether an If-None-Match header names this ETag (RFC 9110, 13.1.2: compared weakly)."""
    bare = etag.removeprefix("W/")
    return header.strip() == "*" or bare in (tag.strip().removeprefix("W/") for tag in header.split(","))


def not_modified(etag: str, **headers: str) -> Response:
    """304 with the ETag."""
    return Response(status_code=304, headers={"ETag": etag, **headers})


def respond(request: Request, shape: Shape, version: int, *, status: int = 200) -> Response:
    """A single read with its strong ETag `"<version>-<digest of the body>"`, or 304."""
    body = shape.model_dump_json().encode()
    etag = f'"{version}-{hashlib.sha256(body).hexdigest()[:16]}"'
    if request.method in SAFE_METHODS and etag_matches(request, etag):
        return not_modified(etag)
    return Response(body, status_code=status, headers={"ETag": etag}, media_type="application/json")


def int_key(text: str) -> int:
    """A cursor part that is a number. Raises InvalidInput."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidInput.at("query/cursor", _("Gunakan nilai next dari jawaban sebelumnya."))
    return int(text)


def keyset_id(text: str) -> UUID:
    """A cursor part that is an id. Raises InvalidInput."""
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput.at("query/cursor", _("Gunakan nilai next dari jawaban sebelumnya.")) from None


def keyset_instant(text: str) -> datetime:
    """A cursor part that is an instant. Raises InvalidInput."""
    try:
        return _instant.validate_python(text)
    except ValidationError:
        raise InvalidInput.at("query/cursor", _("Gunakan nilai next dari jawaban sebelumnya.")) from None


def page_of(rows: Sequence[T], limit: int) -> tuple[Sequence[T], bool]:
    """Splits `limit + 1` fetched rows into the page and whether there is more."""
    return rows[:limit], len(rows) > limit
