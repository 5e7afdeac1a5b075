"""What the public form must carry and may not."""

from collections.abc import Mapping, Sequence
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
    faults += answer_faults(workshop, data)
    if faults:
        raise InvalidInput([{"pointer": pointer, "message": message} for pointer, message in faults])


def answer_faults(workshop: Asking, data: RegistrationCreate) -> list[tuple[str, str]]:
    """Answers to questions that are not asked, and required ones that are missing."""
    asked = {str(question.get("code")): question for question in workshop.questions}
    unknown = [(f"/answers/{code}", _("Pertanyaan ini tidak ada.")) for code in data.answers if code not in asked]
    missing = [
        (f"/answers/{code}", _("Wajib diisi."))
        for code, question in asked.items()
        if question.get("required") and data.answers.get(code) in (None, "", [])
    ]
    return unknown + missing
