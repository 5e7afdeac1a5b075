"""Shapes of the reports and the dashboard. They have no table: every answer is computed for a workshop and a moment."""

import re
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field, JsonValue, TypeAdapter, WithJsonSchema

from service.models.columns import Instant, Shape

_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _day_or_instant(value: object) -> object:
    if not isinstance(value, str):
        return value if isinstance(value, date) else _INSTANT.validate_python(value)
    if _DAY.fullmatch(value):
        return date.fromisoformat(value)
    # An unescaped "+" of the offset arrives as a blank.
    return _INSTANT.validate_python(value.replace(" ", "+"))


AsOf = Annotated[
    datetime | date,
    BeforeValidator(_day_or_instant),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
            "examples": ["2023-08-01", "2023-08-01T08:00:00+08:00"],
        }
    ),
]
"""A day (its end in the organizer's zone) or an RFC 3339 instant."""


class ReportTitle(Shape):
    """A question in both languages."""

    id: str = Field(description="Indonesian", examples=["Kesiapan data per dimensi"])
    en: str = Field(description="English", examples=["Readiness per dimension"])


class ReportInfo(Shape):
    """One of the questions that can be asked."""

    name: str = Field(description="The report's name in the address", examples=["readiness"])
    title: ReportTitle = Field(description="What it answers")
    shape: JsonValue = Field(description="The form of its answer: `<code>`, `<text>`, `<number>` stand for values")


class ReportList(Shape):
    """All questions, always complete."""

    items: list[ReportInfo] = Field(description="The reports, in the order of the questions")
    next: None = Field(description="Always null: there is one page")


class ReportRead(Shape):
    """An answer."""

    report: str = Field(description="The report's name", examples=["readiness"])
    workshop: UUID = Field(description="The workshop that was asked about")
    as_of: AsOf = Field(description="The day or instant as of which the answer holds")
    answer: JsonValue = Field(description="In the form that `GET /reports` shows")


class ReadinessRead(Shape):
    """How far a dimension's data is, counted in data items asked at the workshop."""

    items: int = Field(description="Data items asked")
    committed: int = Field(description="Items to which an organisation is committed")
    accepted: int = Field(description="Items of which a delivery is accepted")
    awaiting_review: int = Field(description="Items with a delivery that waits for the steward")
    overdue: int = Field(description="Items that somebody owes past their due date")
    gap: int = Field(description="Items to which no organisation is committed")
    readiness_pct: float = Field(description="Accepted items in percent, one decimal", examples=[50.0])


class CommitmentTotals(Shape):
    """Commitments of the workshop by what they wait for."""

    commitments: int = Field(description="Requests made")
    owes: int = Field(description="Commitments whose organisation owes data")
    overdue: int = Field(description="Owed commitments past their due date")
    awaiting_review: int = Field(description="Deliveries that wait for the steward")
    accepted: int = Field(description="Deliveries accepted")


class HeadcountRead(Shape):
    """People counted on one day, of every role."""

    offline_only: int = Field(description="In the hall only")
    online_only: int = Field(description="Online only")
    dual: int = Field(description="Both on that day")
    unique_present: int = Field(description="Different people")


class DueRead(Shape):
    """What falls due on one day."""

    due_date: date = Field(description="The day")
    owed: int = Field(description="Commitments still owed that are due then")


class DelayRead(Shape):
    """Commitments that are late by as many working days."""

    due_date: date = Field(description="When they were due", examples=["2023-07-21"])
    working_days_late: int = Field(description="Working days since then", examples=[7])
    overdue: int = Field(description="How many", examples=[12])


class DashboardRead(Shape):
    """The state of a workshop at a glance."""

    workshop: UUID = Field(description="The workshop")
    as_of: AsOf = Field(description="The day or instant as of which everything holds")
    readiness: dict[str, ReadinessRead] = Field(description="By dimension, in the programme's order")
    totals: CommitmentTotals = Field(description="Commitments")
    attendance: dict[str, HeadcountRead] = Field(description="By day of the workshop: day1, day2, ...")
    next_due: list[DueRead] = Field(description="The next five days on which owed data falls due, from as_of's day on")
    delays: list[DelayRead] = Field(description="What is overdue, by due date, the oldest first")
