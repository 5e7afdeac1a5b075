"""Plain HTML forms: what was typed, and what was wrong with it, said at the field it belongs to.

The forms of participants and agencies carry no CSRF value. The secret link in their address is what authorises them,
and the public registration needs nothing at all; no cookie speaks for the visitor. Another site that makes a browser
post here would have to know the link, and whoever knows it needs no victim's browser.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from service.errors import BadRequest, InvalidInput, Refusal
from service.i18n import gettext as _
from service.models.columns import Shape
from service.pages.render import FormError

S = TypeVar("S", bound=Shape)
Typed = Mapping[str, str]
MOST_FIELDS = 100


@dataclass(frozen=True)
class Option:
    """Something that can be chosen; `note` stands below its label."""

    value: str
    label: str
    note: str = ""
    disabled: bool = False


async def typed(request: Request) -> dict[str, str]:
    """What was typed, without spaces around it; empty fields are left out. Raises BadRequest."""
    try:
        form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    except HTTPException as broken:
        raise BadRequest from broken
    values = {name: text.replace("\r\n", "\n").strip() for name, text in form.items() if isinstance(text, str)}
    if any("\x00" in text for pair in values.items() for text in pair):
        raise BadRequest
    return {name: text for name, text in values.items() if text}


def read(shape: type[S], values: Mapping[str, object], advice: Mapping[str, str]) -> S:
    """The shape these values make. Raises InvalidInput with the `advice` of every field that is wrong."""
    try:
        return shape.model_validate(values)
    except ValidationError as invalid:
        raise InvalidInput(faults(invalid, advice)) from invalid


def faults(invalid: ValidationError, advice: Mapping[str, str]) -> list[dict[str, str]]:
    """Each wrong field once, as InvalidInput lists them."""
    found: dict[str, str] = {}
    for error in invalid.errors(include_input=False, include_url=False):
        pointer = "/" + "/".join(str(part) for part in error["loc"][:2])
        if error["type"] == "string_too_long":
            message = _("Paling banyak {max_length} karakter.").format(**error["ctx"])
        else:
            message = advice.get(str(error["loc"][0]), _("Nilainya tidak sah."))
        found.setdefault(pointer, message)
    return [{"pointer": pointer, "message": message} for pointer, message in found.items()]


def errors_of(refusal: Refusal, labels: Mapping[str, str] | None = None) -> list[FormError]:
    """A refusal as the form says it; a field that stands in `labels` is called by its name."""
    if not isinstance(refusal, InvalidInput):
        return [FormError("", f"{_(refusal.title)}. {_(refusal.detail)}")]
    errors = refusal.extra["errors"]
    assert isinstance(errors, list)
    said = []
    for error in errors:
        field = error["pointer"].strip("/").replace("answers/", "answer-", 1)
        label = (labels or {}).get(field)
        said.append(FormError(field, f"{label}: {error['message']}" if label else error["message"]))
    return said
