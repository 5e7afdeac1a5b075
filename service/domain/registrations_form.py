"""What a registration must carry and may not: the public form's rules, and the answers to the workshop's questions."""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from service.domain import questions as asking
from service.domain.questions import Stored, fits, is_asked
from service.errors import InvalidInput
from service.i18n import gettext as _, speak_number
from service.models.columns import Line, Prose
from service.models.questions import LARGEST, Question, QuestionKind
from service.models.registrations import Registration
from service.models.registrations_shapes import Answer, RegistrationCreate
from service.models.workshops import Mode

LONGEST = 4000
"""Characters of a long text."""

Fault = tuple[str, str]
_LINE: TypeAdapter[str] = TypeAdapter(Line)
_PROSE: TypeAdapter[str] = TypeAdapter(Prose)


class Asking(Protocol):
    """A workshop, or what of it asks questions."""

    @property
    def questions(self) -> Sequence[Mapping[str, object]]: ...


def check_public(workshop: Asking, data: RegistrationCreate) -> None:
    """What the public form must carry and may not. Raises InvalidInput with every fault at once."""
    faults = []
    if not data.consent:
        faults.append(("/consent", _("Persetujuan penggunaan data diperlukan untuk mendaftar.")))
    if not (data.email or data.phone):
        faults.append(("/email", _("Isi alamat surel atau nomor telepon.")))
    if data.role != "participant":
        faults.append(("/role", _("Peran lain ditetapkan oleh panitia.")))
    if data.code is not None:
        faults.append(("/code", _("Kode ditetapkan oleh panitia.")))
    # A page has everything checked at once, also when nothing says yet how the person attends.
    mode = getattr(data, "mode", "")
    _refuse(faults + faults_of(workshop.questions, data.answers, mode, data.role))


def check_answers(workshop: Asking, data: RegistrationCreate) -> None:
    """The answers that staff or an organisation give for somebody: they may leave open what is required.

    Raises InvalidInput.
    """
    _refuse(faults_of(workshop.questions, data.answers, data.mode, data.role, required=False))


def given(answers: Mapping[str, Answer]) -> dict[str, object]:
    """The answers as they are kept: without empty ones, and without spaces around a text."""
    trimmed = {code: answer.strip() if isinstance(answer, str) else answer for code, answer in answers.items()}
    return {code: answer for code, answer in trimmed.items() if not _is_empty(answer)}


def merged(
    workshop: asking.Asking, row: Registration, changes: Mapping[str, Answer], *, role: str, required: bool
) -> dict[str, object]:
    """The stored answers of a person with some changed (RFC 7396: null takes one away). Raises InvalidInput.

    Only what is changed is checked, so nothing that was answered once is in the way of another answer.
    """
    touched = {code: answer for code, answer in changes.items() if row.answers.get(code) != answer}
    kept = {code: answer for code, answer in row.answers.items() if code not in touched}
    faults = faults_of(
        workshop.questions, touched, row.mode, role, required=False, kept=row.answers, former=workshop.former_questions
    )
    emptied = {code for code, answer in touched.items() if _is_empty(answer)}
    if required:
        open_now = missing(workshop.questions, kept | given(touched), row.mode, role)
        faults += [_required(question) for question in open_now if question.code in emptied]
    _refuse(faults)
    return kept | given(touched)


def missing(questions: Stored, answers: Mapping[str, object], mode: str, role: str) -> list[Question]:
    """Required questions that a person with this mode and role still has to answer."""
    asked = asking.asked(questions, mode, role)
    return [question for question in asked if question.required and not fits(question, answers.get(question.code))]


def faults_of(
    questions: Stored,
    answers: Mapping[str, object],
    mode: str,
    role: str,
    *,
    required: bool = True,
    kept: Mapping[str, object] | None = None,
    former: Stored = (),
) -> list[Fault]:
    """What is wrong with answers, in the order of the questions, each as (JSON pointer, what to do); empty answers
    count as none.

    Only questions asked of this mode and role can be answered, and are required where `required` is true. `kept` are
    the answers so far: those are never refused, whatever has become of their question; `former` defines such questions.
    """
    now = {question.code: question for question in asking.parsed(questions)}
    once = {question.code: question for question in asking.parsed(former)}
    before = kept or {}
    faults = []
    for code, answer in answers.items():
        if _is_empty(answer) or (code in before and before[code] == answer):
            continue
        message = _fault(now.get(code) or once.get(code), answer, before.get(code))
        if code not in before:
            message = _not_asked(now.get(code), mode, role) or message
        if message:
            faults.append((pointer(code), message))
    if required:
        asked = [question for question in now.values() if is_asked(question, mode, role)]
        faults += [_required(one) for one in asked if one.required and _is_empty(answers.get(one.code))]
    order = [pointer(code) for code in now]
    return sorted(faults, key=lambda fault: [*order, fault[0]].index(fault[0]))


def pointer(code: str) -> str:
    """Where an answer stands in a body (RFC 6901)."""
    return "/answers/" + code.replace("~", "~0").replace("/", "~1")


def _is_empty(answer: object) -> bool:
    return answer is None or answer == [] or (isinstance(answer, str) and not answer.strip())


def _required(question: Question) -> Fault:
    return pointer(question.code), _("Wajib diisi.")


def _not_asked(question: Question | None, mode: str, role: str) -> str | None:
    if question is None:
        return _("Pertanyaan ini tidak ada.")
    if not is_asked(question, mode, None):
        if mode == Mode.ONLINE:
            return _("Kosongkan: pertanyaan ini hanya untuk peserta luring.")
        return _("Kosongkan: pertanyaan ini hanya untuk peserta daring.")
    return None if is_asked(question, None, role) else _("Kosongkan: pertanyaan ini untuk peran lain.")


def _fault(question: Question | None, answer: object, before: object) -> str | None:
    if question is None:
        return _prose_fault(answer) if isinstance(answer, str) else None
    match question.kind:
        case QuestionKind.CHOICE:
            return _choice_fault(question, answer, before)
        case QuestionKind.SEVERAL:
            return _several_fault(question, answer, before)
        case QuestionKind.NUMBER:
            return _number_fault(question, answer)
    return _SIMPLE[question.kind](answer)


def _line_fault(answer: object) -> str | None:
    if isinstance(answer, str) and "\n" in answer.strip():
        return _("Tulis dalam satu baris.")
    return _text_fault(_LINE, answer)


def _prose_fault(answer: object) -> str | None:
    if isinstance(answer, str) and len(answer.strip()) > LONGEST:
        return _("Paling banyak {max_length} karakter.").format(max_length=LONGEST)
    return _text_fault(_PROSE, answer)


def _text_fault(rule: TypeAdapter[str], answer: object) -> str | None:
    if not isinstance(answer, str):
        return _("Isi dengan teks.")
    try:
        rule.validate_python(answer)
    except ValidationError as invalid:
        [error] = invalid.errors(include_input=False, include_url=False)
        if error["type"] == "string_too_long":
            return _("Paling banyak {max_length} karakter.").format(**error["ctx"])
        return _("Hapus karakter yang tidak terlihat, lalu tulis kembali.")
    return None


def _yes_no_fault(answer: object) -> str | None:
    return None if isinstance(answer, bool) else _("Pilih ya atau tidak.")


def _date_fault(answer: object) -> str | None:
    return None if asking.day_of(answer) else _("Isi dengan tanggal yang ada di kalender, misalnya 2023-07-03.")


_SIMPLE = {
    QuestionKind.TEXT: _line_fault,
    QuestionKind.LONG_TEXT: _prose_fault,
    QuestionKind.YES_NO: _yes_no_fault,
    QuestionKind.DATE: _date_fault,
}


def _number_fault(question: Question, answer: object) -> str | None:
    number = isinstance(answer, int | float) and not isinstance(answer, bool)
    if not number or (isinstance(answer, float) and math.isnan(answer)):
        return _("Isi dengan angka tanpa pemisah ribuan, misalnya 1500 atau 2,5.")
    assert isinstance(answer, int | float)
    if question.whole and isinstance(answer, float) and not answer.is_integer():
        return _("Isi dengan bilangan bulat, misalnya 12.")
    least = -LARGEST if question.min is None else question.min
    most = LARGEST if question.max is None else question.max
    if answer < least:
        return _("Paling sedikit {min}.").format(min=speak_number(least))
    return _("Paling banyak {max}.").format(max=speak_number(most)) if answer > most else None


def _choice_fault(question: Question, answer: object, before: object) -> str | None:
    return None if answer in _choices(question, before) else _("Pilih salah satu dari daftar.")


def _several_fault(question: Question, answer: object, before: object) -> str | None:
    choices = _choices(question, before)
    if not isinstance(answer, list) or any(one not in choices for one in answer):
        return _("Pilih dari daftar; boleh lebih dari satu.")
    return None if len(set(answer)) == len(answer) else _("Pilih masing-masing satu kali saja.")


def _choices(question: Question, before: object) -> list[object]:
    """What was chosen while it still was offered can stay chosen."""
    return [*question.choices, *(before if isinstance(before, list) else [before])]


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise InvalidInput([{"pointer": pointer, "message": message} for pointer, message in faults])
