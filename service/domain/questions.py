"""The questions of a workshop: who is asked what, what an answer means, and how it is shown."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import i18n
from service.db import run
from service.i18n import gettext as _
from service.models.questions import Question, QuestionKind, QuestionRead
from service.models.registrations import Registration
from service.models.registrations_shapes import Answer
from service.models.workshops import Workshop

Stored = Sequence[Question | Mapping[str, object]]
"""Questions, as shapes or as a workshop's row keeps them."""

_YES = frozenset({"yes", "ya", "y", "true", "1", "ada", "✓"})
_NO = frozenset({"no", "tidak", "tdk", "n", "false", "0"})
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_NUMBER = re.compile(r"[-+]?[0-9]{1,16}([.,][0-9]{1,12})?")
# 1.500 is fifteen hundred to one reader and one and a half to the next: nobody is guessed at.
_AMBIGUOUS = re.compile(r"[-+]?[1-9][0-9]{0,2}[.,][0-9]{3}")


class Asking(Protocol):
    """A workshop's questions, now and formerly."""

    @property
    def questions(self) -> list[dict[str, object]]: ...
    @property
    def former_questions(self) -> list[dict[str, object]]: ...


class Offered(Protocol):
    """What of a workshop says who can be asked."""

    @property
    def modality(self) -> str: ...
    @property
    def questions(self) -> Stored: ...


def parsed(questions: Stored) -> list[Question]:
    """The questions as shapes."""
    return [one if isinstance(one, Question) else Question.model_validate(one) for one in questions]


def asked(questions: Stored, mode: str | None = None, role: str | None = "participant") -> list[Question]:
    """Those that somebody with this mode and role is asked; None: with any."""
    return [question for question in parsed(questions) if is_asked(question, mode, role)]


def askable(workshop: Offered) -> list[Question]:
    """Those that the workshop asks anybody: one for people in the hall is none of an online workshop."""
    modes = {"online", "offline"} if workshop.modality == "hybrid" else {str(workshop.modality)}
    return [one for one in parsed(workshop.questions) if not one.modes or modes.intersection(one.modes)]


def is_asked(question: Question, mode: str | None, role: str | None) -> bool:
    """Whether somebody with this mode and role is asked; None: with any."""
    of_mode = mode is None or not question.modes or mode in question.modes
    return of_mode and (role is None or not question.roles or role in question.roles)


def understood(question: Question, typed: object) -> Answer:
    """What a person means who typed this, or a spreadsheet whose cell holds it; None for nothing.

    What cannot be understood stays as it was typed, so that `registrations_form.faults_of` says what is wrong.
    """
    if isinstance(typed, datetime | date):
        return typed.isoformat()[:10]
    if isinstance(typed, bool) and question.kind is QuestionKind.YES_NO:
        return typed
    if isinstance(typed, int | float) and question.kind is QuestionKind.NUMBER:
        return typed
    if isinstance(typed, float) and typed.is_integer():
        typed = int(typed)
    text = "" if typed is None else str(typed).strip()
    if not text:
        return None
    return _READERS.get(question.kind, _as_it_is)(question, text)


def fits(question: Question, answer: object) -> bool:
    """Whether this is an answer of the question's kind; a choice that is no longer offered is one too."""
    match question.kind:
        case QuestionKind.YES_NO:
            return isinstance(answer, bool)
        case QuestionKind.NUMBER:
            return isinstance(answer, int | float) and not isinstance(answer, bool)
        case QuestionKind.SEVERAL:
            return isinstance(answer, list) and bool(answer)
        case QuestionKind.DATE:
            return day_of(answer) is not None
    return isinstance(answer, str) and bool(answer.strip())


def day_of(answer: object) -> date | None:
    """The day an ISO date names, if it names one."""
    if not isinstance(answer, str) or not _ISO.fullmatch(answer):
        return None
    try:
        return date.fromisoformat(answer)
    except ValueError:
        return None


def spoken(question: Question | None, answer: object) -> str:
    """An answer as people read it, in the language spoken now; by its own type where the question has changed."""
    if answer is None:
        return ""
    if isinstance(answer, bool):
        return _("Ya") if answer else _("Tidak")
    if isinstance(answer, int | float):
        return i18n.speak_number(answer)
    if isinstance(answer, list):
        return ", ".join(str(one) for one in answer)
    day = day_of(answer) if question is not None and question.kind is QuestionKind.DATE else None
    return i18n.speak_date(day) if day else str(answer)


def typed_again(question: Question, answer: object) -> str:
    """An answer as it would be typed: `understood` makes the same of it."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, list):
        return "\n".join(str(one) for one in answer)
    text = spoken(None, answer)
    return f"{text}0" if question.kind is QuestionKind.NUMBER and _AMBIGUOUS.fullmatch(text) else text


def columns(workshop: Asking, answers_seen: Collection[str]) -> list[tuple[str, str]]:
    """Code and label of what an export shows: the current questions in order, then former ones among the codes seen."""
    known = {question.code: question.label for question in parsed(workshop.questions)}
    former = {question.code: question.label for question in parsed(workshop.former_questions)}
    gone = [code for code in former if code in answers_seen and code not in known]
    unknown = sorted(set(answers_seen) - known.keys() - former.keys())
    return [*known.items(), *((code, former[code]) for code in gone), *((code, code) for code in unknown)]


def definition(workshop: Asking, code: str, answer: object) -> Question | None:
    """The question that this answer was given to: the current one if it fits, else the former one, else None."""
    same = [one for one in parsed([*workshop.questions, *workshop.former_questions]) if one.code == code]
    return next((one for one in same if fits(one, answer)), None)


async def former_after(
    session: AsyncSession, workshop: Workshop, questions: Sequence[Question]
) -> list[dict[str, object]]:
    """The workshop's former questions once these are asked instead: one for each code, as it was asked last.

    What is no longer asked, or in another kind, joins them; what is asked again leaves them, and so does what nobody
    has answered by the next change. Not at once: somebody may be answering it in this very moment.
    """
    asked_now = {(question.code, question.kind) for question in questions}
    earlier = parsed(workshop.former_questions)
    counts = await _counts(session, workshop.id, [one.code for one in earlier])
    former = {one.code: one for one in earlier if counts[one.code]}
    former |= {one.code: one for one in parsed(workshop.questions)}
    return [one.model_dump(mode="json") for one in former.values() if (one.code, one.kind) not in asked_now]


async def overview(session: AsyncSession, workshop: Workshop) -> list[QuestionRead]:
    """Current questions in their order, then former ones with answers; each with how many registrations answered it."""
    now, former = parsed(workshop.questions), parsed(workshop.former_questions)
    counts = await _counts(session, workshop.id, [one.code for one in [*now, *former]])
    reused = {one.code for one in now} & {one.code for one in former}
    fitting = {one.code: await _fitting(session, workshop.id, one) for one in now if one.code in reused}
    current = [(one, True, fitting.get(one.code, counts[one.code])) for one in now]
    gone = [(one, False, counts[one.code] - fitting.get(one.code, 0)) for one in former]
    return [
        QuestionRead(**question.model_dump(), asked=is_current, answered=answered)
        for question, is_current, answered in current + gone
        if is_current or answered
    ]


async def replaced(session: AsyncSession, workshop: Workshop) -> list[Question]:
    """Former questions with answers under a code that asks something else now, in another kind."""
    now = {one.code: one.label for one in parsed(workshop.questions)}
    former = [one for one in parsed(workshop.former_questions) if now.get(one.code, one.label) != one.label]
    answered = {one.code for one in await overview(session, workshop) if not one.asked} if former else set()
    return [one for one in former if one.code in answered]


async def _counts(session: AsyncSession, workshop_id: UUID, codes: Sequence[str]) -> dict[str, int]:
    """How many registrations of the workshop have an answer under each code."""
    names = sorted(set(codes))
    if not names:
        return {}
    counted = [func.count(col(Registration.answers)[code].as_string()) for code in names]
    row = (await run(session, select(*counted).where(col(Registration.workshop_id) == workshop_id), {})).one()
    return dict(zip(names, row, strict=True))


async def _fitting(session: AsyncSession, workshop_id: UUID, question: Question) -> int:
    """How many of the answers under a code that was used again are answers to this question."""
    answers = col(Registration.answers)
    given = select(answers).where(
        col(Registration.workshop_id) == workshop_id, answers[question.code].as_string().is_not(None)
    )
    # All of them: SQLite hands out a single true as 1.
    return sum(fits(question, row[question.code]) for (row,) in await run(session, given, {}))


def _as_it_is(_question: Question, text: str) -> Answer:
    return text


def _yes_or_no(_question: Question, text: str) -> Answer:
    word = text.casefold()
    return True if word in _YES else False if word in _NO else text


def _number(_question: Question, text: str) -> Answer:
    if not _NUMBER.fullmatch(text) or _AMBIGUOUS.fullmatch(text):
        return text
    return float(text.replace(",", ".")) if set(text) & {".", ","} else int(text)


def _day(_question: Question, text: str) -> Answer:
    found = _DAY_FIRST.fullmatch(text)
    return f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}" if found else text


def _one_choice(question: Question, text: str) -> Answer:
    return next((choice for choice in question.choices if choice.casefold() == text.casefold()), text)


def _some_choices(question: Question, text: str) -> Answer:
    """One a line as forms send them; in a cell separated by semicolons, or by commas where no choice has one."""
    lines = [line.strip() for line in text.split("\n")]
    if set(lines) <= set(question.choices):
        return list(dict.fromkeys(lines))
    comma = any("," in choice for choice in question.choices)
    parts = re.split(r"[\n;]" if comma or re.search(r"[\n;]", text) else r"[\n;,]", text)
    named = [_one_choice(question, part.strip()) for part in parts if part.strip()]
    return [str(choice) for choice in dict.fromkeys(named)]


_READERS = {
    QuestionKind.YES_NO: _yes_or_no,
    QuestionKind.NUMBER: _number,
    QuestionKind.DATE: _day,
    QuestionKind.CHOICE: _one_choice,
    QuestionKind.SEVERAL: _some_choices,
}
