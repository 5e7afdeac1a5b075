"""The samples of the pages that prepare a workshop: its agenda, questions, letter, and what certificates say."""

from types import SimpleNamespace as Plain

from service.domain.agenda_conflicts import Conflict, Severity
from service.models.certificates_shapes import CertificateWords, Signatory
from service.models.letters_shapes import LetterWords
from service.models.questions import Question, QuestionKind, QuestionRead
from service.models.workshops import Mode
from service.pages import questions_form, render
from service.pages.agenda import Day, Line
from service.pages.agenda_grid import Half, Row
from service.pages.forms import Option
from service.pages.setup_steps import Step
from tests.pages.sampled import NAV, WORKSHOP, ZONE

STEPS = [
    Step("details", "Data kegiatan", "/staff/setup/details?workshop=1", "done", "sudah siap"),
    Step("agenda", "Agenda", "/staff/setup/agenda?workshop=1", "warning", "perlu dilihat"),
    Step("questions", "Pertanyaan", "/staff/setup/questions?workshop=1", "", "boleh dilewati"),
    Step("letter", "Surat undangan", "/staff/setup/letter?workshop=1", "blocking", "belum lengkap"),
]
CHOSEN = Plain(**vars(WORKSHOP) | {"id": "1", "version": 3})
COMMON: dict[str, object] = {"chosen": CHOSEN, "errors": [], "done": "", "timezone": ZONE, "nav": NAV}

OPENING = Row("1", "2023-07-03", "09:00", "09:45", "", "Pembukaan", "Sekretaris Daerah; Bupati", "", "")
TALK = Row("2", "2023-07-03", "09:30", "12:00", "", 'Pengantar "enam dimensi"', "", "s0", "3")
REVIEW = Row("3", "2023-07-04", "08:30", "12:00", "", "Diskusi <kelompok>", "Tenaga ahli", "s2", "4")
MORNING = Half("s0", "1", "D1P", "Hari I - pagi", "3", "08:00", "", "2023-07-03", "09:30", "12:00")
EMPTY = Half("s1", "", "D2P", "Hari II - pagi", "0")
AFTERNOON = Half("s2", "1", "D2S", "Hari II - siang", "4", "12:00")
OVERLAP = Conflict("overlap", Severity.ERROR, '"Pembukaan" dan "Pengantar" bertabrakan waktunya.', (0, 1))
UNCOUNTED = Conflict("block_no_hours", Severity.WARNING, 'Sesi "Hari II - pagi" belum memiliki JP.', (), (1,))
DAY_EMPTY = Conflict("day_empty", Severity.WARNING, "Selasa, 4 Juli 2023 belum memiliki acara.")
AGENDA: dict[str, object] = {
    **COMMON,
    "steps": STEPS,
    "version": "3",
    "days": [
        Day("2023-07-03", "Senin, 3 Juli 2023", [Line(0, OPENING, "error"), Line(1, TALK, "error", fresh=True)], 3),
        Day("2023-07-04", "Selasa, 4 Juli 2023", [Line(2, REVIEW, "", "08.30–12.00", open=False)], 0),
        Day("2023-07-05", "Rabu, 5 Juli 2023", [], 0),
    ],
    "stray": [],
    "halves": [
        Line(0, MORNING, "", open=False, minutes=150, needed=135, used=True),
        Line(1, EMPTY, "warning"),
        Line(2, AFTERNOON, "", minutes=180, needed=180, used=True),
    ],
    "day_options": [Option("2023-07-03", "Sen, 3 Jul"), Option("2023-07-04", "Sel, 4 Jul")],
    "conflicts": [OVERLAP, UNCOUNTED, DAY_EMPTY],
    "total": 3,
    "said": {"copy-from": "2023-07-03"},
    "unsaved": True,
    "moved": False,
}
REFUSED = [
    render.FormError("row-1-starts", "Isi jamnya, misalnya 09.15.", "Baris 2"),
    render.FormError("half-1-code", "Isi kode pendek.", "Sesi 2"),
    render.FormError("shift-by", "Isi jumlah menit."),
]

LODGING = Question(
    code="inap", label="Perlu penginapan?", kind=QuestionKind.YES_NO, modes=[Mode.OFFLINE], required=True
)
SHIRT = Question(code="kaus", label="Ukuran kaus", kind=QuestionKind.CHOICE, choices=["S", "M"])
FORMER = Question(code="lama", label="Berapa tahun?", kind=QuestionKind.NUMBER, min=0, max=40)


def read(question: Question, answered: int, *, asked: bool = True) -> QuestionRead:
    return QuestionRead(**question.model_dump(), asked=asked, answered=answered)


QUESTIONS: dict[str, object] = {
    **COMMON,
    "steps_list": STEPS,
    "asked": [read(LODGING, 12), read(SHIRT, 0)],
    "former": [read(FORMER, 3, asked=False), read(SHIRT, 1, asked=False)],
    "shown": [LODGING, SHIRT],
    "idle": ["kendaraan"],
    "ready": list(questions_form.ready().values())[:2],
    "kinds": {one.value: one.label for one in questions_form.kinds()},
    "most": 30,
    "done": "remove",
    "undo": "lama",
}
QUESTION: dict[str, object] = {
    **COMMON,
    "typed": questions_form.typed_of(SHIRT) | {"roles": "speaker"},
    "of": "kaus",
    "answered": 4,
    "kinds": questions_form.kinds(),
    "modes": questions_form.modes(),
    "roles": questions_form.roles(),
}
LETTER: dict[str, object] = {
    **COMMON,
    "steps_list": STEPS,
    "values": {"subject": 'Undangan "Bimtek"'},
    "standard": LetterWords(
        nature="Penting", attachments="-", subject="Undangan", body="Dengan hormat,", closing="Salam"
    ),
    "of_house": True,
    "done": "saved",
}
WORDS = CertificateWords(
    number_pattern="{number}/X",
    number_example="001/X",
    title="Sertifikat",
    body="yang diadakan",
    place=None,
    signatory=None,
)
CERTIFICATE: dict[str, object] = {
    **COMMON,
    "values": {"number_digits": "3", "signatory_name": "Nama"},
    "used": WORDS,
    "standard": WORDS,
    "done": "saved",
}
SIGNED = WORDS.model_copy(update={"signatory": Signatory(position="Kepala Dinas"), "place": "Belopa"})

GRID_SAMPLES: dict[str, tuple[str, dict[str, object]]] = {
    "agenda": ("agenda.html", AGENDA),
    "agenda-refused": ("agenda.html", {**AGENDA, "errors": REFUSED, "stray": [Line(3, Row(title="Tanpa hari"), "")]}),
    "agenda-saved": (
        "agenda.html",
        {**AGENDA, "days": [], "halves": [], "conflicts": [], "unsaved": False, "done": "saved"},
    ),
    "questions": ("setup_questions.html", QUESTIONS),
    "questions-none": (
        "setup_questions.html",
        {**QUESTIONS, "asked": [], "former": [], "shown": [], "done": "", "undo": ""},
    ),
    "question": ("setup_question.html", QUESTION),
    "question-refused": (
        "setup_question.html",
        {
            **QUESTION,
            "typed": {"kind": "choice"},
            "of": "",
            "answered": 0,
            "errors": [render.FormError("choices", "Tulis sedikitnya dua pilihan."), render.FormError("max", "Isi.")],
        },
    ),
    "letter-words": ("setup_letter.html", LETTER),
    "letter-words-refused": (
        "setup_letter.html",
        {**LETTER, "errors": [render.FormError("copies", "Banyak.")]},
    ),
    "certificate-words": ("certificates_settings.html", CERTIFICATE),
    "certificate-words-refused": (
        "certificates_settings.html",
        {**CERTIFICATE, "standard": SIGNED, "errors": [render.FormError("signatory_position", "Isi jabatan.")]},
    ),
}
