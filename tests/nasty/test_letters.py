"""Nasty names in official letters: typst prints them, and runs none of them."""

import io
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from pypdf import PdfReader

from service.documents import pdf, qr
from tests.nasty.names import NAMES
from tests.support.each import each

MADE_AT = datetime(2023, 6, 19, tzinfo=UTC)
LINK = "https://bimtek.luwukab.go.id/invitations/abc"
TYPST = [
    '#panic("x")',
    "#{1+1}",
    "$ sum_(i=1)^n $ *tebal* _miring_ `kode` <label> @rujukan",
    '"#read(\\"/etc/passwd\\")" #import "@preview/cades:0.3.0": *',
    "= Judul\n- butir\n/* komentar */ // baris",
    "\\u{41} \\#sys.inputs.data #sys.inputs",
    ']#image("/etc/passwd")[',
]


def letter(name: str) -> Mapping[str, object]:
    """A letter in which every text is the same."""
    texts = ("number", "date", "nature", "attachments", "subject", "addressee", "caution", "event")
    day = {"label": name, "items": [{"hours": name, "title": name, "speakers": [name, name]}]}
    lists = {"opening": [name], "request": [name], "closing": [name], "copies": [name], "details": [(name, name)]}
    return dict.fromkeys(texts, name) | lists | {"days": [day], "link": LINK, "qr": qr.svg(LINK).decode()}


def read(head: str, names: Sequence[str]) -> PdfReader:
    lines = ("government", "office", "address", "contact", "place")
    signatory = ("signatory_office", "signatory_name", "signatory_rank", "signatory_nip")
    texts: dict[str, object] = dict.fromkeys((*lines, *signatory), head) | {"logo": None}
    data = {"title": head, "head": texts, "letters": [letter(name) for name in names]}
    return PdfReader(io.BytesIO(pdf.render("letter.typ", data, MADE_AT)))


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_letters_full_of_nasty_names_have_their_own_links_and_no_others_and_no_file() -> None:
    reader = read(NAMES[0], [*NAMES, *TYPST])
    annotations = [one.get_object() for page in reader.pages for one in page.get("/Annots", [])]
    assert {str(one["/A"].get("/URI")) for one in annotations if "/A" in one} == {LINK}
    root: Any = reader.trailer["/Root"]  # pypdf knows no more of it
    assert not {"/OpenAction", "/AA", "/Names"} & root.keys()


@pytest.mark.parametrize("name", TYPST)
def test_what_would_be_typst_is_printed_as_it_was_typed(name: str) -> None:
    words = squeezed("".join(page.extract_text() for page in read(name, [name]).pages))
    assert words.count(squeezed(name)) > 10
    metadata = read(name, [name]).metadata
    assert metadata is not None
    assert metadata.title == name


@each("name", NAMES)
def test_no_name_reaches_typst_with_a_control_or_turning_character(name: str) -> None:
    assert not {unicodedata.category(one) for one in str(pdf.printable(name)) if one != "\n"} & {"Cc", "Cs", "Co", "Cn"}
    assert "\u202e" not in str(pdf.printable(name))


@pytest.mark.parametrize("name", ["Kepala 👩🏽‍💼", "課長", "lebar\u200b\ufeff", "bukan\uffffkarakter", "\ue000"])
def test_what_no_font_shows_costs_the_letter_its_claims_at_most(name: str) -> None:
    words = squeezed(read("Dinas", [name]).pages[0].extract_text())
    assert "DINAS" in words
    assert squeezed(LINK) in words
