"""Questions of every kind: which answers are good, what is said of bad ones, how they are typed and shown."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from service import i18n
from service.domain import questions
from service.domain.registrations_form import faults_of, given, missing
from service.models.questions import Question, QuestionKind, Questions

LONG = "x" * 10_000
SHIRT = Question(code="baju", label="Ukuran baju", kind=QuestionKind.CHOICE, choices=["S", "M", "L"])
TOPICS = Question(code="topik", label="Topik", kind=QuestionKind.SEVERAL, choices=["Data", "Jaringan; server", "AI"])
KINDS: dict[str, Question] = {
    "text": Question(code="q", label="Teks"),
    "long_text": Question(code="q", label="Uraian", kind=QuestionKind.LONG_TEXT),
    "choice": SHIRT.model_copy(update={"code": "q"}),
    "several": TOPICS.model_copy(update={"code": "q"}),
    "yes_no": Question(code="q", label="Menginap?", kind=QuestionKind.YES_NO),
    "number": Question(code="q", label="Berat", kind=QuestionKind.NUMBER, min=-1, max=2.5),
    "any_number": Question(code="q", label="Angka", kind=QuestionKind.NUMBER),
    "count": Question(code="q", label="Anggota", kind=QuestionKind.NUMBER, min=1, max=5, whole=True),
    "date": Question(code="q", label="Tiba", kind=QuestionKind.DATE),
}
NASTY_TEXTS = ["<b>x</b>", "=1+1", "@SUM(A1)", "１２", "dr. Ñ Ω", "{{ 7*7 }}"]


@pytest.fixture(autouse=True)
def indonesian_afterwards() -> Iterator[None]:
    yield
    i18n.use("id")


def message(kind: str, answer: object) -> str | None:
    """What is said of an answer to the question of this kind; None when it is good."""
    found = faults_of([KINDS[kind]], {"q": answer}, "offline", "participant")
    assert {pointer for pointer, _text in found} <= {"/answers/q"}
    return found[0][1] if found else None


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("text", ["Kacang", " x ", "x" * 300, *NASTY_TEXTS]),
        ("long_text", ["satu\ndua", "x" * 4000, *NASTY_TEXTS]),
        ("choice", ["S", "L"]),
        ("several", [["Data"], ["AI", "Jaringan; server"]]),
        ("yes_no", [True, False]),
        ("number", [0, -1, 2.5, 1.25]),
        ("any_number", [10**15, -(10**15), 1e-9]),
        ("count", [1, 5, 3.0]),
        ("date", ["2023-07-03", "2024-02-29"]),
    ],
)
def test_good_answers_are_taken(kind: str, answers: list[object]) -> None:
    assert [(answer, message(kind, answer)) for answer in answers if message(kind, answer)] == []


@pytest.mark.parametrize(
    ("kind", "answers", "said"),
    [
        ("text", [1, True, ["a"]], "Isi dengan teks."),
        ("text", ["x" * 301, LONG], "Paling banyak 300 karakter."),
        ("text", ["a\nb"], "Tulis dalam satu baris."),
        ("text", ["a\x07b", "a\x00b", "a\u2028b"], "Hapus karakter yang tidak terlihat, lalu tulis kembali."),
        ("long_text", [LONG], "Paling banyak 4000 karakter."),
        ("long_text", ["a\x1bb"], "Hapus karakter yang tidak terlihat, lalu tulis kembali."),
        ("choice", ["s", "XL", ["S"], 1, LONG], "Pilih salah satu dari daftar."),
        ("several", ["Data", ["Data", "x"], [1], [LONG]], "Pilih dari daftar; boleh lebih dari satu."),
        ("several", [["Data", "Data"]], "Pilih masing-masing satu kali saja."),
        ("yes_no", ["ya", 1, 0, [True]], "Pilih ya atau tidak."),
        (
            "any_number",
            ["12", "１２", "1e999", True, [1], LONG, float("nan"), "=1+1"],
            "Isi dengan angka tanpa pemisah ribuan, misalnya 1500 atau 2,5.",
        ),
        ("any_number", [1e999, 2**70, 10**400], "Paling banyak 1000000000000000."),
        ("number", [-1.5, -1e999], "Paling sedikit -1."),
        ("number", [2.6], "Paling banyak 2,5."),
        ("count", [1.5, 1e999], "Isi dengan bilangan bulat, misalnya 12."),
        ("count", [0], "Paling sedikit 1."),
        ("count", [6, 2**70], "Paling banyak 5."),
        (
            "date",
            ["2023-02-30", "20230703", "2023-W27-1", "03/07/2023", "２０２３-07-03", "2023-07-03T00:00:00", 20230703],
            "Isi dengan tanggal yang ada di kalender, misalnya 2023-07-03.",
        ),
    ],
)
def test_a_bad_answer_is_told_what_to_do(kind: str, answers: list[object], said: str) -> None:
    assert [message(kind, answer) for answer in answers] == [said] * len(answers)


@pytest.mark.parametrize("empty", [None, "", "  ", []])
@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_answer_is_none_which_only_a_required_question_refuses(kind: str, empty: Any) -> None:
    needed = KINDS[kind].model_copy(update={"required": True})
    assert message(kind, empty) is None
    assert faults_of([needed], {"q": empty}, "offline", "participant") == [("/answers/q", "Wajib diisi.")]
    assert faults_of([needed], {"q": empty}, "offline", "participant", required=False) == []
    assert given({"q": empty, "a": " x "}) == {"a": "x"}


def test_faults_come_in_the_order_of_the_questions_and_what_nobody_asks_comes_last() -> None:
    first = KINDS["text"].model_copy(update={"code": "a", "required": True})
    second = KINDS["count"].model_copy(update={"code": "b"})
    found = faults_of([first, second], {"gone": "x", "b": "seven"}, "offline", "participant")
    assert [where for where, _message in found] == ["/answers/a", "/answers/b", "/answers/gone"]


def test_only_who_is_asked_must_answer_and_may() -> None:
    asked: list[dict[str, object]] = [
        {"code": "kursi", "label": "Kursi", "modes": ["offline"], "required": True},
        {"code": "kamera", "label": "Kamera", "modes": ["online"], "required": True},
        {"code": "materi", "label": "Materi", "roles": ["speaker"], "required": True},
    ]
    answers = {"kursi": "A", "kamera": "B", "materi": "C", "a/b~": "D"}
    assert [one.code for one in questions.asked(asked)] == ["kursi", "kamera"]
    assert [one.code for one in questions.asked(asked, "online", "speaker")] == ["kamera", "materi"]
    assert [one.code for one in missing(asked, {"kamera": "x"}, "online", "speaker")] == ["materi"]
    assert faults_of(asked, answers, "online", "participant") == [
        ("/answers/kursi", "Kosongkan: pertanyaan ini hanya untuk peserta luring."),
        ("/answers/materi", "Kosongkan: pertanyaan ini untuk peran lain."),
        ("/answers/a~1b~0", "Pertanyaan ini tidak ada."),
    ]
    assert faults_of(asked, answers, "offline", "speaker", kept={"a/b~": "D"}) == [
        ("/answers/kamera", "Kosongkan: pertanyaan ini hanya untuk peserta daring."),
    ]


def test_what_was_answered_before_is_never_refused_and_a_former_choice_can_stay_among_others() -> None:
    before = {"baju": "XXL", "topik": ["Lama", "Data"], "hilang": 7, "q": "dua"}
    asked = [SHIRT, TOPICS, KINDS["count"]]
    assert faults_of(asked, before, "offline", "participant", kept=before) == []
    changed = before | {"topik": ["AI", "Lama"], "baju": "M", "hilang": "x", "q": 2}
    assert faults_of(asked, changed, "offline", "participant", kept=before) == []
    former = [KINDS["count"].model_copy(update={"code": "hilang"})]
    wrong = {"baju": "XXXL", "topik": ["Baru"], "hilang": 9}
    assert dict(faults_of(asked, wrong, "offline", "participant", kept=before, former=former)) == {
        "/answers/baju": "Pilih salah satu dari daftar.",
        "/answers/topik": "Pilih dari daftar; boleh lebih dari satu.",
        "/answers/hilang": "Paling banyak 5.",
    }


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        ("text", " Kacang ", "Kacang"),
        ("text", 12.0, "12"),
        ("text", "", None),
        ("yes_no", "Ya", True),
        ("yes_no", "TIDAK", False),
        ("yes_no", "mungkin", "mungkin"),
        ("number", "2,5", 2.5),
        ("number", "2.5", 2.5),
        ("number", "-1", -1),
        ("number", 1.5, 1.5),
        ("number", "1.500", "1.500"),
        ("number", "1,500", "1,500"),
        ("number", "0,125", 0.125),
        ("number", "１２", "１２"),
        ("number", "1e999", "1e999"),
        ("number", "1_000", "1_000"),
        ("date", "2023-07-03", "2023-07-03"),
        ("date", "3/7/2023", "2023-07-03"),
        ("date", "30.02.2023", "2023-02-30"),
        ("choice", "m", "M"),
        ("choice", "XL", "XL"),
        ("several", "AI\nJaringan; server\nAI", ["AI", "Jaringan; server"]),
        ("several", "ai; data", ["AI", "Data"]),
        ("several", "AI, Data", ["AI", "Data"]),
        ("several", "Jaringan; server", ["Jaringan; server"]),
    ],
)
def test_what_is_typed_is_understood_or_left_as_it_is(kind: str, typed: object, meant: object) -> None:
    understood = questions.understood(KINDS[kind], typed)
    assert (understood, type(understood)) == (meant, type(meant))


@pytest.mark.parametrize(
    ("kind", "answer", "indonesian", "english"),
    [
        ("text", "<b>", "<b>", "<b>"),
        ("yes_no", True, "Ya", "Yes"),
        ("yes_no", False, "Tidak", "No"),
        ("number", 2.5, "2,5", "2.5"),
        ("number", 1.125, "1,125", "1.125"),
        ("number", 1234567, "1234567", "1234567"),
        ("several", ["AI", "Data"], "AI, Data", "AI, Data"),
        ("date", "2023-07-03", "Senin, 3 Juli 2023", "Monday, 3 July 2023"),
        ("date", "bukan tanggal", "bukan tanggal", "bukan tanggal"),
        ("text", None, "", ""),
        ("text", True, "Ya", "Yes"),
    ],
)
def test_an_answer_is_shown_in_both_languages_and_can_be_typed_again(
    kind: str, answer: object, indonesian: str, english: str
) -> None:
    for language, shown in (("id", indonesian), ("en", english)):
        i18n.use(language)
        assert questions.spoken(KINDS[kind], answer) == shown
        if questions.fits(KINDS[kind], answer):
            assert questions.understood(KINDS[kind], questions.typed_again(KINDS[kind], answer)) == answer


class Asked:
    """A workshop that asks for the shirt, and once asked for something else."""

    def __init__(self) -> None:
        self.questions = [SHIRT.model_dump(mode="json")]
        self.former_questions: list[dict[str, object]] = [
            {"code": "lama", "label": "Pertanyaan lama", "kind": "date"},
            {"code": "sepi", "label": "Tak dijawab"},
            {"code": "baju", "label": "Baju?", "kind": "yes_no"},
        ]


def test_an_export_has_the_current_questions_and_of_the_former_those_that_were_answered() -> None:
    seen = {"lama", "baju", "entah"}
    assert questions.columns(Asked(), seen) == [
        ("baju", "Ukuran baju"),
        ("lama", "Pertanyaan lama"),
        ("entah", "entah"),
    ]
    assert [getattr(questions.definition(Asked(), "baju", answer), "kind", None) for answer in ("M", True, 7)] == [
        "choice",
        "yes_no",
        None,
    ]


@pytest.mark.parametrize(
    "question",
    [
        {"kind": "choice"},
        {"kind": "several"},
        {"kind": "text", "choices": ["a"]},
        {"kind": "choice", "choices": ["a", "A"]},
        {"kind": "text", "min": 1},
        {"kind": "date", "whole": True},
        {"kind": "number", "min": 2, "max": 1},
        {"kind": "number", "min": "1"},
        {"kind": "number", "max": float("inf")},
        {"kind": "number", "max": 2**70},
        {"kind": "number", "min": True},
        {"required": 1},
        {"modes": ["zoom"]},
        {"help": "a\nb"},
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(question: dict[str, object]) -> None:
    adapter: TypeAdapter[list[Question]] = TypeAdapter(Questions)
    with pytest.raises(ValidationError):
        adapter.validate_python([{"code": "q", "label": "Q"} | question])
    with pytest.raises(ValidationError):
        adapter.validate_python([{"code": "q", "label": "Q"}, {"code": "q", "label": "R"}])
