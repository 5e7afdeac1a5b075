"""A workshop's questions on a form: the right field for every kind, and what comes back from it."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock, i18n
from service.db import Database
from service.models.questions import Question
from service.models.registrations import Registration
from service.pages import answers, guards, render
from service.pages.render import FormError
from service.settings import Settings
from tests import factories
from tests.pages.reading import Reading

QUESTIONS: list[dict[str, object]] = [
    {"code": "diet", "label": "Pantangan makanan", "help": "Misalnya <kacang>."},
    {"code": "harapan", "label": "Harapan", "kind": "long_text"},
    {"code": "tim", "label": "Kelompok", "kind": "choice", "choices": ["A, B", "<C>"], "required": True},
    {"code": "topik", "label": "Topik", "kind": "several", "choices": ["Data", "AI; IoT"], "required": True},
    {"code": "inap", "label": "Menginap?", "kind": "yes_no", "modes": ["offline"], "required": True},
    {"code": "kamera", "label": "Kamera?", "kind": "yes_no", "modes": ["online"], "required": True},
    {"code": "anggota", "label": "Anggota", "kind": "number", "min": 1, "max": 5, "whole": True},
    {"code": "berat", "label": "Berat", "kind": "number", "max": 20.5},
    {"code": "tiba", "label": "Tiba", "kind": "date"},
    {"code": "judul", "label": "Judul materi", "roles": ["speaker"], "required": True},
]
ANSWERS: dict[str, object] = {
    "diet": "<b>",
    "harapan": "satu\ndua",
    "tim": "<C>",
    "topik": ["Data", "AI; IoT"],
    "inap": False,
    "anggota": 3,
    "berat": 1.125,
    "tiba": "2023-07-02",
}
ASKED = answers.asked(QUESTIONS)


@pytest.fixture(autouse=True)
def indonesian_afterwards() -> Iterator[None]:
    yield
    i18n.use("id")


def form(typed: Mapping[str, str], errors: tuple[FormError, ...] = (), questions: list[Question] = ASKED) -> str:
    source = '{% from "_questions.html" import questions %}{{ questions(asked, typed, errors) }}'
    return render.environment().from_string(source).render(asked=questions, typed=typed, errors=errors)


def fields(html: str) -> dict[str, dict[str, str]]:
    """The field, or the first of several, of every question."""
    found = [a for a in Reading(html).all("input", "select", "textarea") if a.get("id") == a["name"]]
    return {one["name"].removeprefix("answer-"): one for one in found}


def test_every_kind_has_its_field() -> None:
    shown = fields(form({}))
    assert {code: field.get("type") for code, field in shown.items()} == {
        "diet": "text",
        "harapan": None,
        "tim": None,
        "topik": "checkbox",
        "inap": "radio",
        "kamera": "radio",
        "anggota": "text",
        "berat": "text",
        "tiba": "date",
    }
    # A minus sign is not on the keyboard of a telephone that offers digits alone.
    assert (shown["anggota"]["inputmode"], shown["berat"]["inputmode"]) == ("numeric", "text")


def test_what_only_one_mode_is_asked_says_so_and_is_required_of_nobody_else() -> None:
    html = form({})
    assert {code for code, field in fields(html).items() if "required" in field} == {"tim"}
    assert "Hanya untuk peserta luring; wajib diisi." in html
    assert "Hanya untuk peserta daring; wajib diisi." in html
    assert html.count("(opsional)") == len(["diet", "harapan", "anggota", "berat", "tiba"])


def test_help_limits_and_faults_are_read_out_with_their_field() -> None:
    html = form({"answer-anggota": "9"}, (FormError("answer-anggota", "Paling banyak 5."),))
    ids = [attributes["id"] for _tag, attributes in Reading(html).tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    described = {a["aria-describedby"].strip() for _tag, a in Reading(html).tags if "aria-describedby" in a}
    assert {"answer-diet-hint", "answer-inap-hint", "answer-anggota-hint answer-anggota-refusal-1"} <= described
    assert {one for names in described for one in names.split()} <= set(ids)
    assert "Misalnya &lt;kacang&gt;." in html
    assert "Antara 1 dan 5." in html
    assert "Paling banyak 20,5." in html
    assert fields(html)["anggota"]["value"] == "9"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_stored_answers_fill_the_form_and_come_back_unchanged(language: str) -> None:
    i18n.use(language)
    typed = answers.typed_of(ASKED, ANSWERS)
    assert answers.read(ASKED, typed) == ANSWERS
    html = form(typed)
    assert [a["value"] for _tag, a in Reading(html).tags if "checked" in a] == ["Data", "AI; IoT", "no"]
    assert [a["value"] for a in Reading(html).all("option") if "selected" in a] == ["<C>"]
    assert "<C>" not in html
    assert "<b>" not in html


def test_an_answer_of_another_kind_is_neither_shown_nor_taken_away() -> None:
    stored = ANSWERS | {"anggota": "lima", "tiba": "lusa", "inap": "ya"}
    typed = answers.typed_of(ASKED, stored)
    assert stored.keys() - answers.read(ASKED, typed).keys() == {"anggota", "tiba", "inap"}
    emptied = answers.said(ASKED, {"answer-berat": "2,5"}, stored)
    assert emptied == {"diet": None, "harapan": None, "tim": None, "topik": None, "berat": 2.5}


def test_a_choice_that_is_no_longer_offered_stays_on_the_form_unless_it_was_refused() -> None:
    typed = {"answer-tim": "Lama", "answer-topik": "Dulu\nData"}
    assert [a["value"] for _tag, a in Reading(form(typed)).tags if "checked" in a or "selected" in a] == [
        "Lama",
        "Data",
        "Dulu",
    ]
    refused = form(typed, (FormError("answer-tim", "x"), FormError("answer-topik", "x")))
    assert "Lama" not in refused
    assert "Dulu" not in refused


async def test_a_visitor_answers_every_kind_without_a_script(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house, questions=QUESTIONS)
    guard = guards.hidden(settings, clock.real_now() - timedelta(minutes=1))
    sent: dict[str, Any] = {
        "name": "Kepala Bidang Aptika",
        "email": "aptika@luwukab.go.id",
        "mode": "offline",
        "consent": "yes",
        guard.stamp_field: guard.stamp,
        **answers.typed_of(ASKED, ANSWERS),
        "answer-topik": ["Data", "AI; IoT"],
        "answer-kamera": "yes",
        "answer-judul": "Bukan untuk peserta",
    }
    url = f"/w/{house.slug}/{gathering.slug}"
    wrong = await client.post(url, data=sent | {"answer-tiba": "2023-02-30", "answer-berat": "1e999"})
    assert wrong.status_code == 422
    for said in ("Tiba: Isi dengan tanggal", "Berat: Isi dengan angka", 'value="1e999"'):
        assert said in wrong.text
    answer = await client.post(url, data=sent)
    assert answer.status_code == 303, answer.text
    async with database.read() as session:
        row = (await session.exec(select(Registration))).one()
    assert row.answers == ANSWERS
