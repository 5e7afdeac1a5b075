"""Where an attendance sheet ends: a signature that stands on a page of its own could have been taken from another."""

import io
from dataclasses import replace
from pathlib import Path

from pypdf import PdfReader

from service.clients.files import Store
from service.documents import attendance_sheet
from tests.nasty.test_sheets import sheet


def test_the_signature_shares_its_page_with_the_last_rows_however_many_there_are(tmp_path: Path) -> None:
    made = replace(sheet(["Kepala Bidang"]), rows=[], absent=[], recorded=False)
    pages = set()
    for count in range(3, 14):
        content = attendance_sheet.pages(replace(made, empty=range(1, count + 1)), Store(tmp_path), (210, 297))
        reader = PdfReader(io.BytesIO(content))
        last = reader.pages[-1].extract_text()
        assert "NIP Kepala Bidang" in " ".join(last.split())
        assert f"{count}. \u2026" in last
        pages.add(len(reader.pages))
    assert pages == {1, 2}
