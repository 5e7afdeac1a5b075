"""The form of one question: what was typed, what it means, and questions that are ready to be asked."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from itertools import chain, count

from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.questions import CHOOSING, Question, QuestionKind
from service.models.registrations import ParticipantRole
from service.models.workshops import Mode
from service.pages import forms
from service.pages.forms import Option, Typed

LONGEST_CODE = 32


def kinds() -> list[Option]:
    """How a question can be answered, in words."""
    return [
        Option(QuestionKind.TEXT, _("Teks pendek")),
        Option(QuestionKind.LONG_TEXT, _("Teks panjang")),
        Option(QuestionKind.CHOICE, _("Satu pilihan"), _("Peserta memilih satu dari daftar.")),
        Option(QuestionKind.SEVERAL, _("Beberapa pilihan"), _("Peserta mencentang satu atau lebih.")),
        Option(QuestionKind.YES_NO, _("Ya atau tidak")),
        Option(QuestionKind.NUMBER, _("Angka")),
        Option(QuestionKind.DATE, _("Tanggal")),
    ]


def modes() -> list[Option]:
    """For whom a question is, by mode."""
    return [
        Option("", _("Semua peserta")),
        Option(Mode.OFFLINE, _("Hanya peserta luring")),
        Option(Mode.ONLINE, _("Hanya peserta daring")),
    ]


def roles() -> list[Option]:
    """For whom a question is, by role."""
    return [
        Option(ParticipantRole.PARTICIPANT, _("Peserta")),
        Option(ParticipantRole.SPEAKER, _("Narasumber")),
        Option(ParticipantRole.MODERATOR, _("Moderator")),
        Option(ParticipantRole.COMMITTEE, _("Panitia")),
        Option(ParticipantRole.GUEST, _("Tamu")),
    ]


def ready() -> dict[str, Question]:
    """Questions that committees ask often, by a name that stays."""
    made = [
        Question(code="pantangan-makanan", label=_("Apakah ada pantangan makanan?"), help=_("Misalnya alergi kacang.")),
        Question(
            code="kebutuhan-khusus",
            label=_("Apakah ada kebutuhan khusus agar dapat mengikuti kegiatan dengan nyaman?"),
            help=_("Misalnya akses kursi roda atau juru bahasa isyarat."),
        ),
        Question(
            code="penginapan",
            label=_("Apakah memerlukan penginapan?"),
            kind=QuestionKind.YES_NO,
            modes=[Mode.OFFLINE],
            required=True,
        ),
        Question(code="laptop", label=_("Apakah membawa laptop?"), kind=QuestionKind.YES_NO, modes=[Mode.OFFLINE]),
        Question(
            code="ukuran-kaus",
            label=_("Ukuran kaus"),
            kind=QuestionKind.CHOICE,
            choices=["S", "M", "L", "XL", "XXL"],
            modes=[Mode.OFFLINE],
        ),
        Question(code="harapan", label=_("Apa yang diharapkan dari kegiatan ini?"), kind=QuestionKind.LONG_TEXT),
    ]
    return {one.code: one for one in made}


def typed_of(question: Question) -> dict[str, str]:
    """A question as its form shows it."""
    return {
        "code": question.code,
        "label": question.label,
        "kind": question.kind,
        "choices": "\n".join(question.choices),
        "help": question.help or "",
        "mode": question.modes[0] if len(question.modes) == 1 else "",
        "roles": "\n".join(question.roles),
        "min": _said(question.min),
        "max": _said(question.max),
    } | {name: "yes" for name in ("required", "whole") if getattr(question, name)}


def read(typed: Typed, code: str | None, taken: Collection[str]) -> Question:
    """The question that was typed; `code` is that of the one it replaces. Raises InvalidInput."""
    label = typed.get("label", "")
    if not label:
        raise InvalidInput.at("/label", _("Tuliskan pertanyaannya."))
    kind = typed.get("kind", "")
    values: dict[str, object] = {
        "code": code or free_code(typed.get("code") or label, taken),
        "label": label,
        "kind": kind,
        "required": "required" in typed,
        "help": typed.get("help"),
        "modes": [typed["mode"]] if typed.get("mode") else [],
        "roles": typed.get("roles", "").splitlines(),
    }
    if kind in CHOOSING:
        values["choices"] = _choices(typed.get("choices", ""))
    elif kind == QuestionKind.NUMBER:
        values |= _bounds(typed)
    return forms.read(Question, values, _advice())


def free_code(wish: str, taken: Collection[str]) -> str:
    """A short key made of these words that no other question of the workshop has, or had."""
    plain = unicodedata.normalize("NFKD", wish).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_CODE].strip("-") or "pertanyaan"
    return next(one for one in chain([base], (f"{base}-{number}" for number in count(2))) if one not in taken)


def _choices(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        raise InvalidInput.at("/choices", _("Tulis sedikitnya dua pilihan, satu tiap baris."))
    if len({line.casefold() for line in lines}) < len(lines):
        raise InvalidInput.at("/choices", _("Sebut setiap pilihan satu kali saja."))
    return lines


def _bounds(typed: Typed) -> Mapping[str, object]:
    low, high = (_bound(typed.get(name, ""), name) for name in ("min", "max"))
    if low is not None and high is not None and high < low:
        raise InvalidInput.at("/max", _("Isi angka terbesar yang tidak lebih kecil daripada angka terkecil."))
    return {"min": low, "max": high, "whole": "whole" in typed}


def _bound(text: str, name: str) -> int | float | None:
    if not text:
        return None
    if not re.fullmatch(r"[-+]?[0-9]{1,15}([.,][0-9]{1,6})?", text):
        raise InvalidInput.at(f"/{name}", _("Isi dengan angka, misalnya 5."))
    return float(text.replace(",", ".")) if set(text) & {".", ","} else int(text)


def _said(bound: float | None) -> str:
    return "" if bound is None else str(bound)


def _advice() -> dict[str, str]:
    return {
        "label": _("Tuliskan pertanyaannya."),
        "kind": _("Pilih cara menjawabnya."),
        "choices": _("Tulis paling banyak 50 pilihan, satu tiap baris."),
        "mode": _("Pilih untuk siapa pertanyaan ini."),
        "modes": _("Pilih untuk siapa pertanyaan ini."),
        "roles": _("Pilih untuk siapa pertanyaan ini."),
        "help": _("Tulis dalam satu baris."),
    }
