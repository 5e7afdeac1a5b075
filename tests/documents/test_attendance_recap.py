"""The recap of a workshop of weeks: more half-days than stand beside each other on paper."""

import io
from pathlib import Path

from pypdf import PdfReader

from service.clients.files import Store
from service.documents import attendance_recap
from tests.nasty.test_sheets import recap
from tests.support.sheets import words_of


def test_thirty_one_half_days_all_stand_on_the_paper_and_the_signature_comes_once(tmp_path: Path) -> None:
    codes = [f"D{number:02}" for number in range(1, 32)]
    content = attendance_recap.pages(recap(["Kepala Bidang"], codes), Store(tmp_path), (210, 297))
    pages = PdfReader(io.BytesIO(content)).pages
    words = [word for page in pages for word in words_of(page)]
    assert max(word.left for word in words) < pages[0].mediabox.width - 30
    text = " ".join(word.text for word in words)
    assert [code for code in codes if text.count(code) < 2] == []
    assert text.count("NIP Kepala Bidang") == 1
