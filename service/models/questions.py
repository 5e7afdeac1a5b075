"""What an organizer asks on the registration form, besides name and contact."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StrictFloat, StrictInt, model_validator

from service.i18n import marked as _
from service.models.columns import Code, Fault, Line, Shape
from service.models.registrations import ParticipantRole
from service.models.workshops import Mode

LARGEST = 10**15
"""Up to here a whole number is the same in JSON, JavaScript and a spreadsheet."""


class QuestionKind(StrEnum):
    """How a question is answered."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    SEVERAL = "several"
    YES_NO = "yes_no"
    NUMBER = "number"
    DATE = "date"


CHOOSING = frozenset({QuestionKind.CHOICE, QuestionKind.SEVERAL})
Bound = Annotated[StrictInt | StrictFloat, Field(ge=-LARGEST, le=LARGEST)]


class Question(Shape):
    """Something the organizer asks on the registration form."""

    code: Code = Field(description="Name of the answer in a registration's answers", examples=["diet"])
    label: Line = Field(description="The question", examples=["Apakah Anda memiliki pantangan makanan?"])
    kind: QuestionKind = Field(
        QuestionKind.TEXT,
        description="How it is answered: a text (text, long_text), one of the choices (choice), a list of choices "
        "(several), true or false (yes_no), a JSON number (number), YYYY-MM-DD (date)",
    )
    choices: list[Line] = Field([], max_length=50, description="What can be chosen; for kinds choice and several only")
    required: bool = Field(False, strict=True, description="Whether it must be answered by those who are asked")
    help: Line | None = Field(None, description="What helps to answer it", examples=["Misalnya alergi kacang"])
    modes: list[Mode] = Field([], max_length=2, description="Asked of these modes only; empty: of both")
    roles: list[ParticipantRole] = Field([], max_length=5, description="Asked of these roles only; empty: of all")
    min: Bound | None = Field(None, description="Smallest answer; for kind number only", examples=[1])
    max: Bound | None = Field(None, description="Largest answer; for kind number only", examples=[5])
    whole: bool = Field(False, strict=True, description="Whole numbers only; for kind number only")

    @model_validator(mode="after")
    def _parts_fit(self) -> "Question":
        if (self.kind in CHOOSING) != bool(self.choices):
            raise Fault(_("Isi choices hanya untuk jenis choice dan several, dan di sana selalu."))
        if self.kind is not QuestionKind.NUMBER and (self.whole or (self.min, self.max) != (None, None)):
            raise Fault(_("Isi min, max, dan whole hanya untuk jenis number."))
        if self.min is not None and self.max is not None and self.max < self.min:
            raise Fault(_("Isi max yang tidak lebih kecil daripada min."))
        return self


def _distinct(question: Question) -> Question:
    """Checked on the way in alone, so that questions asked before stay readable."""
    if len({choice.casefold() for choice in question.choices}) < len(question.choices):
        raise Fault(_("Sebut setiap pilihan satu kali saja."))
    return question


def _own_codes(questions: list[Question]) -> list[Question]:
    if len({question.code for question in questions}) < len(questions):
        raise Fault(_("Pakai setiap kode satu kali saja."))
    return questions


Questions = Annotated[
    list[Annotated[Question, AfterValidator(_distinct)]], Field(max_length=30), AfterValidator(_own_codes)
]


class QuestionRead(Shape):
    """A question that is asked, or was, as staff see it."""

    code: str = Field(description="Name of the answer in a registration's answers")
    label: str = Field(description="The question")
    kind: QuestionKind = Field(description="How it is answered")
    choices: list[str] = Field(description="What can be chosen")
    required: bool = Field(description="Whether it must be answered by those who are asked")
    help: str | None = Field(description="What helps to answer it")
    modes: list[Mode] = Field(description="Asked of these modes only; empty: of both")
    roles: list[ParticipantRole] = Field(description="Asked of these roles only; empty: of all")
    min: int | float | None = Field(description="Smallest answer")
    max: int | float | None = Field(description="Largest answer")
    whole: bool = Field(description="Whole numbers only")
    asked: bool = Field(description="false for a former question: removed, or its kind was changed")
    answered: int = Field(description="How many registrations have an answer to it", examples=[12])


class QuestionList(Shape):
    """Everything that is asked, and everything that was and has answers."""

    items: list[QuestionRead] = Field(description="Current questions in their order, then former ones with answers")
    next: None = Field(description="null: the list is complete")
