"""Papers in tests: what another program reads in them."""

import io
from dataclasses import dataclass

import pytest
from httpx import Response
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from pypdf import PageObject, PdfReader

ONE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""For what happens to a paper after the database was asked."""


@dataclass(frozen=True)
class Word:
    """A piece of text on a page: from its left edge in points."""

    text: str
    left: float


def pages_of(answer: Response) -> list[PageObject]:
    """The pages of a PDF that was answered."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return list(PdfReader(io.BytesIO(answer.content)).pages)


def text_of(answer: Response) -> str:
    """All its words, spaces evened out."""
    return " ".join(" ".join(page.extract_text() for page in pages_of(answer)).split())


def words_of(page: PageObject) -> list[Word]:
    """The pieces of text of a page, in the order of the page."""
    found: list[Word] = []

    def visit(text: str, matrix: list[float], line: list[float], _font: object, _size: float) -> None:
        if text.strip():
            found.append(Word(text.strip(), matrix[4] + line[4] * matrix[0]))

    page.extract_text(visitor_text=visit)
    return found


def sheets_of(answer: Response) -> list[Worksheet]:
    """The worksheets of a workbook that was answered."""
    assert answer.status_code == 200, answer.text
    book = load_workbook(io.BytesIO(answer.content))
    return [one for one in book.worksheets if isinstance(one, Worksheet)]
