"""Answers to a workshop's questions, as forms send and show them.

A field is called `answer-<code>`. The boxes of one question share that name, and `forms.typed` makes a
line of each that is ticked.
"""

from collections.abc import Mapping, Sequence

from service.domain import questions as domain
from service.domain.questions import asked
from service.models.questions import Question
from service.models.registrations_shapes import Answer
from service.pages.forms import Typed

__all__ = ["asked", "field_of", "labels", "read", "said", "typed_of"]


def field_of(question: Question) -> str:
    """The name of its field."""
    return f"answer-{question.code}"


def labels(questions: Sequence[Question]) -> dict[str, str]:
    """The questions by the names of their fields, for `forms.errors_of`."""
    return {field_of(question): question.label for question in questions}


def read(questions: Sequence[Question], typed: Typed) -> dict[str, Answer]:
    """What was answered, by code; open questions are left out. What makes no sense stays as it was typed."""
    said = {question.code: domain.understood(question, typed.get(field_of(question))) for question in questions}
    return {code: answer for code, answer in said.items() if answer is not None}


def said(questions: Sequence[Question], typed: Typed, stored: Mapping[str, object]) -> dict[str, Answer]:
    """What a form that opened filled in changes: None for what was emptied. What it could not show stays as it is."""
    shown = {question.code: None for question in questions if domain.fits(question, stored.get(question.code))}
    return shown | read(questions, typed)


def typed_of(questions: Sequence[Question], answers: Mapping[str, object]) -> dict[str, str]:
    """Stored answers as the form's fields hold them, for a form that opens filled in.

    Without those that were given when the question was of another kind: no field could hold them.
    """
    return {
        field_of(question): domain.typed_again(question, answers[question.code])
        for question in questions
        if domain.fits(question, answers.get(question.code))
    }
