"""Every refusal as problem+json (RFC 9457), in the caller's language."""

import json
import re
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from service import errors
from service.db import Busy
from service.errors import Refusal
from service.i18n import gettext as _
from service.models.columns import Fault, asked_by
from service.pages import route as pages
from service.pages.route import refusal_page, to_page
from service.routers import visiting
from service.routers.access import database_of

log = structlog.get_logger()
HTTP_NOT_ALLOWED = 405
# How pydantic names a member of an enum among what it expected: <Role.OWNER: 'owner'>.
_MEMBER = re.compile(r"<\w+\.\w+: ('[^']*')>")

# sqlite3's message and PostgreSQL's SQLSTATE for "no room left".
_DISK_FULL = ("database or disk is full", "53100", "disk i/o error", "no space left")
# "40P01": of two who waited for each other, the one that PostgreSQL sent away; the other one goes on.
_AWAY = (
    "08",
    "40P01",
    "57P0",
    "53300",
    "connection",
    "could not connect",
    "closed",
    "locked",
    "shutting down",
    "starting up",
)


def problem(request: Request, refusal: Refusal) -> Response:
    """The answer to a refused request. What a refusal tells besides never takes the place of RFC 9457's members."""
    body: dict[str, object] = {
        "type": f"urn:bimtek:problem:{refusal.code}",
        "title": _(refusal.title),
        "status": refusal.status,
        "detail": _(refusal.detail),
        "instance": f"urn:uuid:{request.scope.get('request_id', '')}",
        "code": refusal.code,
    }
    headers = dict(refusal.headers)
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    return Response(
        json.dumps(body | refusal.extra | body, default=str, ensure_ascii=False),
        status_code=refusal.status,
        headers=headers,
        media_type="application/problem+json",
    )


def _answer(request: Request, refusal: Refusal) -> Response:
    """A problem, or a page for a person who followed a link outside the API."""
    return problem(request, refusal) if _by_program(request) else refusal_page(request, refusal)


def _by_program(request: Request) -> bool:
    """A person's browser gets a page; on the API only where a link has led it to a document there (Fetch Metadata)."""
    if request.url.path.startswith("/api/"):
        return request.method != "GET" or request.headers.get("sec-fetch-mode") != "navigate"
    return "text/html" not in request.headers.get("accept", "")


def install(app: FastAPI) -> None:
    """Registers the handlers that turn every failure into a problem."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, _database)
    for kind in (PoolTimeout, Busy, ConnectionError, TimeoutError):
        app.add_exception_handler(kind, _away)
    app.add_exception_handler(Exception, _crashed)


async def _refused(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, Refusal)
    if not _by_program(request):
        return await pages.answer(request, failure)
    response = problem(request, await visiting.judged(request, failure))
    attempt = getattr(request.state, "idempotency", None)
    if attempt is not None and attempt.conflict is failure and attempt.caller:
        await attempt.keep_conflict(database_of(request), response)
    return response


async def _invalid(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, RequestValidationError)
    messages: dict[str, str] = {}
    for error in failure.errors()[:50]:
        # A value that fits no branch of a union fails once per branch; a person needs to hear it once.
        messages.setdefault(_pointer(error, failure.body), _message(error))
    listed = [{"pointer": pointer, "message": message} for pointer, message in messages.items()]
    return problem(request, errors.InvalidInput(listed))


def _pointer(error: Mapping[str, Any], body: object) -> str:
    """RFC 6901 for the body ("/venue/name"), "query/limit" for parameters.

    pydantic puts names of union branches and validators between the steps: only steps that lead on in the body count,
    and the last one when it names what is missing or unknown there.
    """
    where, *steps = error["loc"]
    if where != "body":
        return "/".join(str(part) for part in error["loc"][:2])
    path: list[str] = []
    for number, step in enumerate(steps, 1):
        if (isinstance(body, dict) and step in body) or (isinstance(body, list) and step in range(len(body))):
            body = body[step]
        elif number < len(steps) or error["type"] not in ("missing", "extra_forbidden"):
            continue
        path.append(str(step))
    return "/" + "/".join(path)


def _message(error: Mapping[str, object]) -> str:
    kind = str(error["type"])
    context = error.get("ctx")
    limits = dict(context) if isinstance(context, Mapping) else {}
    fault = limits.get("error")
    if isinstance(fault, Fault):
        return _(str(fault))
    if kind == "string_too_short" and limits["min_length"] == 1:
        return _("Isi bagian ini.")
    if "expected" in limits:
        limits["expected"] = _MEMBER.sub(r"\1", str(limits["expected"])).replace(" or ", _(" atau "))
    if "input" in error and error["input"] is None and (kind.endswith("_type") or kind in ("enum", "literal_error")):
        # The null of a merge patch, for what cannot be taken away.
        return _("Wajib diisi.")
    texts = {
        "missing": _("Wajib diisi."),
        "extra_forbidden": _("Bagian ini tidak dikenal; hapus atau perbaiki ejaannya."),
        "string_too_long": _("Paling banyak {max_length} karakter."),
        "string_too_short": _("Paling sedikit {min_length} karakter."),
        "string_pattern_mismatch": _(asked_by(limits.get("pattern"))),
        "no_origin": _("Isi hanya asal, misalnya https://contoh.go.id, tanpa alamat di belakangnya."),
        "string_type": _("Isi dengan teks."),
        "int_type": _("Isi dengan bilangan bulat."),
        "int_parsing": _("Isi dengan bilangan bulat."),
        "int_from_float": _("Isi dengan bilangan bulat."),
        "float_type": _("Isi dengan bilangan."),
        "float_parsing": _("Isi dengan bilangan."),
        "finite_number": _("Isi dengan bilangan."),
        "bool_type": _("Isi dengan true atau false."),
        "bool_parsing": _("Isi dengan true atau false."),
        "list_type": _("Isi dengan daftar JSON."),
        "dict_type": _("Isi dengan objek JSON."),
        "enum": _("Pilih salah satu: {expected}."),
        "literal_error": _("Pilih salah satu: {expected}."),
        "uuid_parsing": _("Isi dengan UUID."),
        "uuid_type": _("Isi dengan UUID."),
        "timezone_aware": _("Sertakan zona waktu, misalnya +08:00."),
        "datetime_from_date_parsing": _("Tulis waktu menurut RFC 3339, misalnya 2023-07-03T08:30:00+08:00."),
        "datetime_type": _("Tulis waktu menurut RFC 3339, misalnya 2023-07-03T08:30:00+08:00."),
        "datetime_parsing": _("Tulis waktu menurut RFC 3339, misalnya 2023-07-03T08:30:00+08:00."),
        "date_from_datetime_parsing": _("Tulis tanggal sebagai TTTT-BB-HH, misalnya 2023-07-03."),
        "date_type": _("Tulis tanggal sebagai TTTT-BB-HH, misalnya 2023-07-03."),
        "date_parsing": _("Tulis tanggal sebagai TTTT-BB-HH, misalnya 2023-07-03."),
        "greater_than_equal": _("Paling kecil {ge}."),
        "less_than_equal": _("Paling besar {le}."),
        "too_long": _("Terlalu banyak isian (paling banyak {max_length})."),
        "too_short": _("Terlalu sedikit isian (paling sedikit {min_length})."),
        "json_invalid": _("Bukan JSON yang sah."),
        "model_attributes_type": _("Kirim objek JSON dengan Content-Type application/json."),
    }
    try:
        return texts.get(kind, _("Nilainya tidak sah.")).format(**limits)
    except KeyError:
        return _("Nilainya tidak sah.")


async def _http(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, HTTPException)
    known: dict[int, type[Refusal]] = {
        401: errors.Unauthenticated,
        403: errors.Forbidden,
        404: errors.NotFound,
        405: errors.MethodNotAllowed,
        413: errors.BodyTooLarge,
    }
    if failure.status_code == HTTP_NOT_ALLOWED and not _by_program(request) and (page := to_page(request)):
        return page
    refusal = known.get(failure.status_code, errors.BadRequest)()
    refusal.headers |= dict(failure.headers or {})
    if failure.status_code == HTTP_NOT_ALLOWED:
        refusal.headers["Allow"] = ", ".join(_allowed(request))
    return _answer(request, refusal)


def _allowed(request: Request) -> list[str]:
    """The methods of all routes at this address: the router names those of the first one alone."""
    routes: list[APIRoute] = request.app.state.api_routes
    known = {method for one in routes if one.path_regex.match(request.url.path) for method in one.methods or ()}
    return sorted(known | ({"HEAD"} if "GET" in known else set()))


async def _database(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, DBAPIError)
    said = f"{getattr(failure.orig, 'sqlstate', '') or ''} {failure.orig}".lower()
    if any(mark in said for mark in _DISK_FULL):
        return _answer(request, errors.StorageFull())
    if isinstance(failure, IntegrityError):
        # A rule of the database that no domain function checked first, usually a lost race for a unique code.
        return problem(request, errors.Conflict())
    if isinstance(failure, DataError):
        return problem(request, errors.InvalidInput.at("/", _("Sebuah nilai di luar batas penyimpanan.")))
    if failure.connection_invalidated or isinstance(failure, OperationalError) or _says_away(said):
        return await _away(request, failure)
    return await _crashed(request, failure)


def _says_away(said: str) -> bool:
    return any(said.startswith(mark.lower()) or (len(mark) > 5 and mark in said) for mark in _AWAY)


async def _away(request: Request, failure: Exception) -> Response:
    log.warning("database_away", error=type(failure).__name__)
    return _answer(request, errors.Unavailable(retry_after=2))


async def _crashed(request: Request, failure: Exception) -> Response:
    log.error("crashed", request_id=request.scope.get("request_id"), error=type(failure).__name__, exc_info=failure)
    return _answer(request, errors.ServerError())
