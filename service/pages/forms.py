"""Plain HTML forms: what was typed, and what was wrong with it, said at the field it belongs to.

The forms of participants and agencies carry no CSRF value. The secret link in their address is what authorises them,
and the public registration needs nothing at all; no cookie speaks for the visitor. Another site that makes a browser
post here would have to know the link, and whoever knows it needs no victim's browser.
"""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException

from service.errors import BadRequest, CsrfFailed, InvalidInput, NotFound, Refusal, Stale, TooManyRequests
from service.i18n import gettext as _
from service.models.columns import Shape
from service.pages.render import FormError
from service.routers.access import database_of

S = TypeVar("S", bound=Shape)
Typed = Mapping[str, str]
Deed = Callable[[AsyncSession, Typed], Awaitable[str]]
"""Does what a form asks for; answers what is `done`, or the address to go to when it begins with a slash."""
MOST_FIELDS = 100
# 30 questions with 50 boxes each can all be ticked, beside the form's own fields.
MOST_VALUES = 1600
_MINUTE = 60


@dataclass(frozen=True)
class Option:
    """Something that can be chosen; `note` stands below its label."""

    value: str
    label: str
    note: str = ""
    disabled: bool = False


class BadForm(BadRequest):
    """Not what our forms send; said to people, who write no JSON."""

    detail = CsrfFailed.detail


class Form(Protocol):
    """Shows a form again, with what was typed and what was wrong with it."""

    def __call__(
        self, session: AsyncSession, token: str, typed: Typed, errors: Sequence[FormError], status: int
    ) -> Awaitable[Response]: ...


class Reachable(Protocol):
    """Somebody as typed, and where messages would go."""

    @property
    def email(self) -> str | None: ...
    @property
    def phone(self) -> str | None: ...


async def submit(request: Request, token: str, home: str, act: Deed, form: Form) -> Response:
    """Does what was asked and leads on, to `home` unless the deed says otherwise; a refusal shows the form again, in a
    transaction that has seen none of it. Raises NotFound.
    """
    said = await typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            done = await act(session, said)
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            return await form(session, token, said, errors_of(refused), refused.status)
    return RedirectResponse(done if done.startswith("/") else f"{home}?done={done}", status_code=303)


async def typed(request: Request, most: int = MOST_FIELDS) -> dict[str, str]:
    """What was typed, without spaces around it; empty fields are left out. Raises BadForm, also for over `most` fields.

    Fields that share a name, as the boxes of one question do, make one value with a line each.
    """
    try:
        form = await request.form(max_files=0, max_fields=MOST_VALUES)
    except HTTPException as broken:
        raise BadForm from broken
    values: dict[str, str] = {}
    for name, text in form.multi_items():
        if isinstance(text, str) and (line := text.replace("\r\n", "\n").strip()):
            values[name] = f"{values[name]}\n{line}" if name in values else line
    if len(values) > most or any("\x00" in text for pair in values.items() for text in pair):
        raise BadForm
    return values


def read(shape: type[S], values: Mapping[str, object], advice: Mapping[str, str]) -> S:
    """The shape these values make. Raises InvalidInput with the `advice` of every field that is wrong."""
    try:
        return shape.model_validate(values)
    except ValidationError as invalid:
        raise InvalidInput(faults(invalid, advice)) from invalid


def advice() -> dict[str, str]:
    """What to do about the fields by which a person is registered."""
    return {
        "name": _("Tuliskan nama lengkap."),
        "mode": _("Pilih cara hadir."),
        "organisation": _("Pilih instansi dari daftar."),
        "email": _("Isi dengan alamat surel, misalnya nama@contoh.go.id."),
        "phone": _("Isi dengan nomor telepon, misalnya 0812-0000-0001."),
    }


def check_reachable(person: Reachable) -> None:
    """A link for somebody has to go somewhere. Raises InvalidInput."""
    if not (person.email or person.phone):
        raise InvalidInput.at("/email", _("Isi alamat surel atau nomor telepon."))


def faults(invalid: ValidationError, advice: Mapping[str, str]) -> list[dict[str, str]]:
    """Each wrong field once, as InvalidInput lists them."""
    found: dict[str, str] = {}
    for error in invalid.errors(include_input=False, include_url=False):
        pointer = "/" + "/".join(str(part) for part in error["loc"][:2])
        if error["type"] == "string_too_long":
            message = _("Paling banyak {max_length} karakter.").format(**error["ctx"])
        else:
            # A rule of the whole shape names no field.
            message = advice.get(str(next(iter(error["loc"]), "")), _("Nilainya tidak sah."))
        found.setdefault(pointer, message)
    return [{"pointer": pointer, "message": message} for pointer, message in found.items()]


def what_to_do(refusal: Refusal) -> str:
    """A refusal's advice to people, who see no headers."""
    if isinstance(refusal, Stale):
        return _(
            "Orang lain menyimpan lebih dahulu, atau formulir yang sama dikirim dua kali. Periksa isian di bawah, "
            "lalu simpan lagi."
        )
    wait = refusal.retry_after
    if wait is None or not isinstance(refusal, TooManyRequests):
        return _(refusal.detail)
    if wait <= _MINUTE:
        return _("Coba lagi dalam {seconds} detik.").format(seconds=wait)
    return _("Coba lagi dalam {minutes} menit.").format(minutes=math.ceil(wait / _MINUTE))


def errors_of(refusal: Refusal, labels: Mapping[str, str] | None = None) -> list[FormError]:
    """A refusal as the form says it; a field that stands in `labels` is called by its name at the top of the page."""
    if not isinstance(refusal, InvalidInput):
        return [FormError("", f"{_(refusal.title)}. {what_to_do(refusal)}")]
    errors = refusal.extra["errors"]
    assert isinstance(errors, list)
    fields = [error["pointer"].strip("/").replace("answers/", "answer-", 1) for error in errors]
    names = labels or {}
    return [
        FormError(field, error["message"], names.get(field, "")) for field, error in zip(fields, errors, strict=True)
    ]
