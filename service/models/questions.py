"""What an organizer asks on the registration form, besides name and contact."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from service.models.columns import Code, Line, Shape


class QuestionKind(StrEnum):
    """How a question is answered."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    YES_NO = "yes_no"


class Question(Shape):
    """Something the organizer asks on the registration form."""

    code: Code = Field(description="Name of the answer in a registration's answers", examples=["diet"])
    label: Line = Field(description="The question", examples=["Apakah Anda memiliki pantangan makanan?"])
    kind: QuestionKind = Field(QuestionKind.TEXT, description="How it is answered")
    choices: list[Line] = Field([], max_length=50, description="What can be chosen; for kind choice only")
    required: bool = Field(False, strict=True, description="Whether it must be answered")

    @model_validator(mode="after")
    def _choices_fit(self) -> "Question":
        if (self.kind is QuestionKind.CHOICE) != bool(self.choices):
            raise ValueError("choices go with kind choice")
        return self


Questions = Annotated[list[Question], Field(max_length=30)]
