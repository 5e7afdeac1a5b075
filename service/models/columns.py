"""Column types shared by all tables."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, PydanticCustomError
from sqlalchemy import JSON, Column, DateTime, Dialect, Enum
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

from service.i18n import marked as _

# Named constraints, so that a later migration can find them on SQLite too.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC in the database (SQLite keeps no zone).

    Raises ValueError for a naive datetime.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored instant must name its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")


def json_column() -> Column[object]:
    """A JSON value that is never NULL."""
    return Column(Json, nullable=False)


def enum_column(values: type[StrEnum], *, nullable: bool = False, index: bool = False) -> Column[StrEnum]:
    """A closed set of words, stored as text so that a new word needs no migration of types."""
    kind = Enum(
        values,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda enum: [member.value for member in enum],
    )
    return Column(kind, nullable=nullable, index=index)


# RFC 3339, and two readings of it that are plain: without the seconds, and +0800 for +08:00.
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
_FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _date_time(value: object) -> object:
    # Pydantic takes numbers for seconds or milliseconds, as it sees fit. A missing offset is refused by its own name.
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE_TIME.fullmatch(value)):
        return value
    raise PydanticCustomError("datetime_type", "not a date-time of RFC 3339")


def _full_date(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _FULL_DATE.fullmatch(value)):
        return value
    raise PydanticCustomError("date_type", "not a full-date of RFC 3339")


def _representable(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as absurd:
        raise ValueError("outside the calendar") from absurd


Written = Annotated[AwareDatetime, BeforeValidator(_date_time)]
"""An RFC 3339 instant with offset, as it was written."""
Instant = Annotated[Written, AfterValidator(_representable)]
"""The same, kept in UTC."""
Day = Annotated[date, BeforeValidator(_full_date)]
"""An RFC 3339 full-date."""


class Fault(ValueError):
    """What is wrong with a value, said as what to do about it: an Indonesian text marked for the catalogue."""


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def _clean(value: str) -> str:
    if _CONTROL.search(value):
        raise Fault(_("Hapus karakter yang tidak tercetak."))
    return value


def _one_line(value: str) -> str:
    if any(mark in value for mark in "\t\n\u0085\u2028\u2029"):
        raise Fault(_("Tulis dalam satu baris, tanpa tab."))
    return _clean(value)


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_one_line)]
"""One line of text for people."""
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000), AfterValidator(_clean)]
"""Several lines of text for people; may be empty."""
LongProse = Annotated[str, StringConstraints(strip_whitespace=True, max_length=50_000), AfterValidator(_clean)]
"""Pages of text for people; may be empty."""
_asked: dict[str, str] = {}


def form(
    pattern: str, asked: str, *, strip: bool = False, min_length: int | None = None, max_length: int | None = None
) -> StringConstraints:
    """A pattern that a text has to match, and what it asks for, said to people."""
    _asked[pattern] = asked
    return StringConstraints(pattern=pattern, strip_whitespace=strip, min_length=min_length, max_length=max_length)


def asked_by(pattern: object) -> str:
    """What a pattern asks for, as a text marked for the catalogue."""
    return _asked.get(str(pattern), _("Bentuknya tidak sesuai."))


_CODE = _(
    "Gunakan huruf, angka, titik, garis bawah, dan tanda hubung saja, diawali huruf atau angka; "
    "paling banyak 64 karakter."
)
_SLUG = _("Gunakan huruf kecil, angka, dan tanda hubung saja, diawali huruf atau angka; paling banyak 80 karakter.")
Code = Annotated[str, form(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", _CODE)]
"""The customer's own short key."""
Slug = Annotated[str, form(r"^[a-z0-9][a-z0-9-]{0,79}$", _SLUG)]
"""A word that stands in an address."""


T = TypeVar("T")


class _NeverNull:
    """Refuses null, which a merge patch uses to take something away, for what cannot be taken away."""

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        made = handler(source)
        assert made["type"] == "nullable"
        inner: CoreSchema = made["schema"]
        return inner


Sent = Annotated[T | None, _NeverNull()]
"""Of a merge patch: None only where it was not sent."""


class Shape(BaseModel):
    """Base of every shape of the API. Unknown names are refused; numbers are finite."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, allow_inf_nan=False)
