"""The certificate as it is printed: read back by other programs, and proof against what people are called."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import typst
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from service.clients.files import Store
from service.documents import certificate, pdf, qr
from service.domain.certificates_paper import Paper
from tests.nasty.names import NAMES

MADE_AT = datetime(2023, 7, 5, tzinfo=UTC)
LINK = "https://bimtek.luwukab.go.id/certificates/AZf3kP2mQxu8vT1nYw4cRg0LhJ5sKd7eXbNaMiOoPqE"
TYPST = ['#panic("x")', "$ x^2 $ *tebal* <label> @rujukan", ']#image("/etc/passwd")[', "\\u{41} #sys.inputs"]


class NoLogo(Store):
    """A store in which nothing is kept."""

    def __init__(self) -> None: ...


def one(name: str = "Kepala Bidang Aptika, S.Kom.", **values: object) -> dict[str, object]:
    made: dict[str, object] = {
        "number": "001/SERTIFIKAT/VII/2023",
        "name": name,
        "of": ["Kepala Bidang", "Dinas Kominfo-SP"],
        "hours": 12,
        "total": 14,
        "dated": "5 Juli 2023",
        "link": LINK,
        "revoked": False,
    }
    return made | values


def paper(*certificates: dict[str, object], said: str = "Bimtek Smart City") -> Paper:
    head: dict[str, object] = {"office": said, "government": said, "address": None, "contact": None, "place": None}
    signatory = dict.fromkeys(("position", "name", "rank", "nip"), said)
    shared: dict[str, object] = {
        "heading": "Sertifikat",
        "event": said,
        "body": f"yang diselenggarakan oleh\n{said}",
        "place": "Belopa",
        "signatory": signatory,
        "days": [{"label": "Senin, 3 Juli 2023", "items": [{"title": said, "speakers": [said], "hours": 14}]}],
    }
    return Paper(f"Sertifikat: {said}", [{"head": head} | shared | one for one in certificates], None, MADE_AT)


def read(made: Paper) -> PdfReader:
    return PdfReader(io.BytesIO(certificate.render(made, NoLogo())))


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_it_names_its_holder_the_hours_and_the_materials_and_claims_no_signature() -> None:
    made = paper(one())
    reader = read(made)
    front, back = (" ".join(page.extract_text().split()) for page in reader.pages)
    for said in ("Kepala Bidang Aptika, S.Kom.", "12 dari 14 jam pelajaran", "Belopa, 5 Juli 2023", "Pindai untuk"):
        assert said in front
    assert squeezed(LINK) in squeezed(front)
    assert "\u200b" not in front
    assert ("DAFTAR MATERI" in back, "elektronik" in (front + back).lower()) == (True, False)
    root: Any = reader.trailer["/Root"]  # pypdf knows no more of it
    assert "<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data().decode()
    assert certificate.render(made, NoLogo()) == certificate.render(made, NoLogo())


def test_a_revoked_one_is_marked_on_both_pages_and_one_of_no_hours_claims_none() -> None:
    revoked, its_back, hourless, _back = (
        page.extract_text() for page in read(paper(one(revoked=True), one(hours=0, total=0))).pages
    )
    assert "TIDAK BERLAKU" in revoked
    assert "TIDAK BERLAKU" in its_back
    assert "dengan kehadiran 12 dari 14" in " ".join(revoked.split())
    assert "dengan kehadiran" not in " ".join(hourless.split())


def test_a_signatory_of_many_words_stays_below_what_is_certified() -> None:
    heights: list[tuple[str, float]] = []

    def visit(text: str, matrix: list[float], line: list[float], _font: object, _size: float) -> None:
        heights.append((text, matrix[5] + line[5] * matrix[3]))

    def top(word: str) -> float:
        return max(height for text, height in heights if word in text)

    made = paper(one())
    signatory = dict.fromkeys(("position", "name", "rank", "nip"), "Pejabat " * 37)
    head = {"government": None, "contact": None, "address": "Jalan " * 50, "office": "Dinas " * 50}
    long = [{**made.certificates[0], "head": head, "signatory": signatory}]
    read(replace(made, certificates=long)).pages[0].extract_text(visitor_text=visit)
    assert 0 < top("Pejabat") < top("kehadiran")


def test_its_code_is_read_back_from_the_printed_page() -> None:
    made = paper(one())
    data: dict[str, object] = {"title": made.title, "logo": None, "missing": []}
    data["certificates"] = [{**made.certificates[0], "qr": qr.svg(LINK).decode()}]
    inputs = {"data": json.dumps(data)}
    pages: Any = typst.compile(pdf.source("certificate.typ"), format="png", ppi=110, sys_inputs=inputs)
    front = Image.open(io.BytesIO(pages[0])).convert("L")
    [found] = zxingcpp.read_barcodes(front)
    assert found.text == LINK


def test_nasty_names_are_printed_and_run_nothing_and_one_page_too_long_spoils_none() -> None:
    names = [*NAMES[::3], *TYPST, "Kepala " * 42, "K" * 300]
    reader = read(paper(*(one(name) for name in names), said=TYPST[0]))
    assert len(reader.pages) == 2 * len(names)
    annotations = [found.get_object() for page in reader.pages for found in page.get("/Annots", [])]
    assert {str(found["/A"].get("/URI")) for found in annotations if "/A" in found} == {LINK}
    for number, name in enumerate(names):
        if name in TYPST:
            assert squeezed(name) in squeezed(reader.pages[2 * number].extract_text())


def test_one_that_cannot_be_set_is_named_at_the_end_and_spoils_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    good = qr.svg
    monkeypatch.setattr(qr, "svg", lambda text: b"<svg" if "rusak" in text else good(text))
    reader = read(paper(one(), one(link="rusak", number="002/RUSAK"), one()))
    assert len(reader.pages) == 5
    assert "002/RUSAK" in reader.pages[4].extract_text()
