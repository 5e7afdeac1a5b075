"""What the public form must carry and may not."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.registrations_shapes import RegistrationCreate


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
    _refuse(faults + answer_faults(workshop, data))


def answer_faults(workshop: Asking, data: RegistrationCreate) -> list[tuple[str, str]]:
    """Answers to questions that are not asked, and required ones that are missing."""
    missing = [
        (f"/answers/{question.get('code')}", _("Wajib diisi."))
        for question in workshop.questions
        if question.get("required") and data.answers.get(str(question.get("code"))) in (None, "", [])
    ]
    return _unknown(workshop, data.answers) + missing


def check_known(workshop: Asking, answers: Collection[str], kept: Collection[str] = ()) -> None:
    """Answers by code, each to a question that is asked or, in `kept`, once was. Raises InvalidInput."""
    _refuse(_unknown(workshop, [code for code in answers if code not in kept]))


def _unknown(workshop: Asking, answers: Collection[str]) -> list[tuple[str, str]]:
    asked = {question.get("code") for question in workshop.questions}
    return [(f"/answers/{code}", _("Pertanyaan ini tidak ada.")) for code in answers if code not in asked]


def _refuse(faults: list[tuple[str, str]]) -> None:
    if faults:
        raise InvalidInput([{"pointer": pointer, "message": message} for pointer, message in faults])
