"""Files as offices really send them, written by the programs and libraries that write them."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache

import typst
import xlsxwriter  # type: ignore[import-untyped] # it brings no types
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.packaging.relationship import Relationship
from openpyxl.styles import Font
from openpyxl.workbook.external_link.external import ExternalBook, ExternalLink
from PIL import Image

from tests.support.office_files import office_list, saved
from tests.support.pictures import WHITE_JPEG, png
from tests.support.raw_zip import Member, plain, written

REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MAIN = {
    "docx": ("word/document.xml", "wordprocessingml.document"),
    "pptx": ("ppt/presentation.xml", "presentationml.presentation"),
    "xlsx": ("xl/workbook.xml", "spreadsheetml.sheet"),
}
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
Named = tuple[str, bytes]


def relations(*nodes: str) -> str:
    """A part of relations."""
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{"".join(nodes)}</Relationships>'


def relation(kind: str, target: str, *, external: bool = False, number: int = 1) -> str:
    """One relation."""
    mode = ' TargetMode="External"' if external else ""
    return f'<Relationship Id="rId{number}" Type="{REL}/{kind}" Target="{target}"{mode}/>'


def office_parts(kind: str, body: str = "<p/>", **more: bytes | str) -> dict[str, bytes | str]:
    """The parts of a small document as Word, PowerPoint and Excel write it; `__` in a name stands for `/`."""
    main, told = MAIN[kind]
    types = (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
        f'<Override PartName="/{main}" ContentType="application/vnd.openxmlformats-officedocument.{told}.main+xml"/>'
        "</Types>"
    )
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": types,
        "_rels/.rels": relations(relation("officeDocument", main)),
        main: f'{HEAD}<w:document xmlns:w="x" xmlns:a="y" xmlns:r="{REL}">{body}</w:document>',
        "docProps/app.xml": f"{HEAD}<Properties/>",
    }
    return parts | {name.replace("__", "/"): part for name, part in more.items()}


def office(kind: str, body: str = "<p/>", **more: bytes | str) -> bytes:
    """Such a document. Names of parts end in `_dot_xml`."""
    return plain({name.replace("_dot_", "."): part for name, part in office_parts(kind, body, **more).items()})


def pdf(text: str = "Renstra 2024", objects: bytes = b"", *, pages: int = 1) -> bytes:
    """A PDF by a real typesetter, with more objects before its end."""
    made = _typeset("#pagebreak()\n".join(f"= {text}\nhttps://luwukab.go.id\n" for _page in range(pages)))
    place = made.rindex(b"startxref")
    return made[:place] + objects + made[place:]


@cache
def _typeset(source: str) -> bytes:
    made = typst.compile(source.encode())
    assert isinstance(made, bytes)
    return made


def object_stream(content: bytes, *, declared: bytes = b"/Filter /FlateDecode", packed: bytes | None = None) -> bytes:
    """A compressed stream of objects, as newer PDF programs write them."""
    body = zlib.compress(content) if packed is None else packed
    head = b"90 0 obj\n<< /Type /ObjStm /N 1 /First 5 %b /Length %d >>\nstream\n" % (declared, len(body))
    return head + body + b"\nendstream\nendobj\n"


def shapefile(stem: str = "batas_kecamatan") -> dict[str, bytes | str]:
    """A shapefile of one point, whose parts agree."""
    point = struct.pack("<idd", 1, 120.36, -3.39)
    bounds = struct.pack("<ii8d", 1000, 1, 120.36, -3.39, 120.36, -3.39, 0, 0, 0, 0)

    def head(words: int) -> bytes:
        return struct.pack(">7i", 9994, 0, 0, 0, 0, 0, words) + bounds

    record = struct.pack(">ii", 1, len(point) // 2) + point
    fields = b"KECAMATAN\x00\x00C\x00\x00\x00\x00\x14\x00" + bytes(14) + b"\r"
    row = b" " + b"BELOPA".ljust(20) + b"\x1a"
    dbf = struct.pack("<4BIHH20x", 3, 123, 7, 21, 1, 32 + len(fields), 21) + fields + row
    return {
        f"{stem}.shp": head((100 + len(record)) // 2) + record,
        f"{stem}.shx": head(54) + struct.pack(">ii", 50, len(point) // 2),
        f"{stem}.dbf": dbf,
        f"{stem}.prj": 'GEOGCS["WGS 84",DATUM["WGS_1984"]]',
        f"{stem}.cpg": "UTF-8",
    }


def geojson(points: int = 3) -> bytes:
    """Points with properties."""
    features = [
        {
            "type": "Feature",
            "properties": {"nama": f'Desa "{n}" \\ Ä', "jumlah": None, "aktif": True},
            "geometry": {"type": "Polygon", "coordinates": [[[120.3 + n, -3.4], [1e2, 2.5e-3], [120.3, -3.4]]]},
        }
        for n in range(points)
    ]
    return json.dumps({"name": "desa", "type": "FeatureCollection", "features": features}, indent=1).encode()


def _styled() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet("Puskesmas")
    page.write_row(0, 0, ["Nama", "Jumlah", "Situs"], book.add_format({"bold": True}))
    for row in range(1, 200):
        page.write_row(row, 0, [f"Puskesmas {row}", row, None])
        page.write_formula(row, 3, f'=IF(B{row + 1}>10,"lebih | kurang!","-")')
    page.write_url(1, 2, "https://luwukab.go.id")
    page.write_url(2, 2, "mailto:diskominfo@luwukab.go.id")
    page.write_comment(0, 0, "Sesuai SK")
    page.insert_image(3, 5, "logo.png", {"image_data": io.BytesIO(png(20, 20))})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Puskesmas!$B$2:$B$20"})
    page.insert_chart("H2", chart)
    page.add_table(0, 0, 199, 3)
    page.data_validation("B2", {"validate": "list", "source": ["a", "b"]})
    page.conditional_format("B2:B50", {"type": "data_bar"})
    book.close()
    return out.getvalue()


def _noted() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "Nama"
    sheet["A1"].font = Font(bold=True)
    sheet["A1"].comment = Comment("Diisi lengkap", "Bappelitbangda")
    sheet["A2"].hyperlink = "https://luwukab.go.id"
    return saved(book)


OWN_DISK = ("file:///C:\\Users\\Perencana\\Data 2023.xlsx", "../Rekap%20Data.xlsx", "/Data/a.xlsx", "file:///D:/b.xlsx")


def _pasted() -> bytes:
    outside = [
        relation("image", "file:///C:\\Users\\Umum\\AppData\\Temp\\msohtmlclip1\\clip_image001.png", external=True),
        relation("hyperlink", "file:///D:\\Data\\jalan.xlsx", external=True, number=2),
        relation("hyperlink", "../Data/jalan.xlsx", external=True, number=3),
    ]
    field = '<w:instrText>INCLUDEPICTURE "https://luwukab.go.id/a.png" \\* MERGEFORMATINET</w:instrText>'
    return office("docx", field, word___rels__document_dot_xml_dot_rels=relations(*outside))


def _linked(*targets: str) -> bytes:
    """A workbook that takes values from other ones, as Excel writes it."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for number, target in enumerate(targets, 1):
        sheet.append([f"=[{number}]Sheet1!$A$1"])
        link = ExternalLink(externalBook=ExternalBook(id="rId1"))
        link.file_link = Relationship(type="externalLinkPath", Target=target, TargetMode="External", Id="rId1")
        book._external_links.append(link)  # type: ignore[attr-defined] # its only way to write one
    return saved(book)


def _picture(kind: str, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (320, 200), 120 if mode == "L" else (10, 120, 200)).save(out, kind)
    return out.getvalue()


def _stored(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def _streamed() -> bytes:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_args: object) -> int:
            raise io.UnsupportedOperation

    out = Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/", "")
        archive.writestr("data/jalan.csv", "ruas;panjang\nA;2\n" * 500)
    return out.getvalue()


def honest() -> Iterator[tuple[str, Named]]:
    """What it is, the name under which it comes, its bytes."""
    csv = "kode;nama;nilai\n01;Bélopa;-3,4\n02;=SUM(A1:A2);@diskominfo\n03;cukup | baik!;+62 812\n"
    text = '<w:instrText>HYPERLINK "https://luwukab.go.id" \\h DATE</w:instrText><w:t>DDE | &lt;script&gt;</w:t>'
    chart = office("pptx", ppt__embeddings__Microsoft_Excel_Sheet1_dot_xlsx=_noted(), ppt__media__a_dot_png=png(4, 4))
    link = relations(relation("hyperlink", "https://luwukab.go.id", external=True))
    signed = office("docx", _xmlsignatures__origin_dot_sigs=b"", _xmlsignatures__sig1_dot_xml="<Signature/>")
    sheet, paper = _noted(), pdf()
    macos = {"__MACOSX/._a.csv": b"\x00\x05\x16\x07\x00", ".DS_Store": b"\x00\x00\x00\x01Bud1", "a.csv": csv.encode()}
    yield "a letter", ("Surat Pengantar.PDF", paper)
    yield "a PDF with object streams", ("laporan.pdf", pdf(objects=object_stream(b"12 0 <</Type/Page/S/GoTo>>")))
    yield "a PDF that opens at a page", ("a.pdf", pdf(objects=b"9 0 obj <</OpenAction [3 0 R /Fit]>> endobj\n"))
    yield "a PDF with a link", ("a.pdf", pdf(objects=b"9 0 obj <</S /URI /URI (https://luwukab.go.id)>> endobj\n"))
    yield "a scan with letters among its pixels", ("a.pdf", pdf(objects=b"stream\n\xff\x01/XFA\x80\x02\nendstream\n"))
    yield "a PDF by a program that adds a line", ("a.pdf", paper + b"\r\n\x00\x00")
    yield "a PDF with an incremental update", ("a.pdf", paper + b"\n9 0 obj <<>> endobj\nstartxref\n9\n%%EOF\n")
    yield "a list by WhatsApp", ("Daftar Peserta.xlsx", office_list())
    yield "a workbook with everything", ("data.xlsx", _styled())
    yield "a workbook with a comment and a link", ("a.XLSX", sheet)
    yield "a workbook that takes values from others", ("rekap.xlsx", _linked(*OWN_DISK))
    yield "a minute", ("notulen.docx", office("docx", text))
    yield "a minute with a link", ("a.docx", office("docx", word___rels__document_dot_xml_dot_rels=link))
    yield "a minute with a pasted picture and files beside it", ("a.docx", _pasted())
    yield "a signed document", ("a.docx", signed)
    yield "slides with a chart", ("paparan.pptx", chart)
    yield (
        "slides with printer settings",
        ("a.pptx", office("pptx", ppt__printerSettings__printerSettings1_dot_bin=b"\x01")),
    )
    yield "a CSV of Excel in Indonesia", ("data.csv", csv.encode())
    yield "a CSV of an old office", ("data.csv", csv.encode("cp1252"))
    yield "a CSV with a mark", ("data.CSV", b"\xef\xbb\xbf" + csv.encode())
    yield "a CSV in UTF-16", ("data.csv", csv.encode("utf-16"))
    yield "a CSV with bars", ("data.csv", b"a|b|c\n1|2|3\nbaik!|x|y\n")
    yield "a note", ("baca.txt", b"Data per Desember 2023.\r\n")
    yield "a map", ("desa.geojson", geojson())
    yield "a map with a mark", ("desa.geojson", b"\xef\xbb\xbf" + geojson(1))
    yield "a single place", ("kantor.geojson", b'{"type":"Point","coordinates":[120.3,-3.4]}')
    yield "a JSON list", ("data.json", b'[1, 2, {"a": [true, null]}]')
    yield "a shapefile", ("batas.zip", plain(shapefile()))
    yield "two shapefiles in folders", ("peta.zip", plain(shapefile("a/JALAN") | shapefile("b/desa")))
    yield "a shapefile with a description", ("p.zip", plain(shapefile("d") | {"d.shp.xml": f"{HEAD}<metadata/>"}))
    yield (
        "an archive of everything",
        ("lampiran.zip", _stored({"1/a.pdf": paper, "2/b.xlsx": sheet, "c.csv": csv.encode()})),
    )
    yield "an archive in an archive", ("semua.zip", _stored({"peta.zip": plain(shapefile()), "a.pdf": paper}))
    yield "an archive of a Mac", ("mac.zip", _stored(macos))
    yield "an archive written to a pipe", ("pipa.zip", _streamed())
    yield "an archive with a comment", ("a.zip", written(Member(b"a.csv", csv.encode()), comment=b"dari Dinas"))
    yield "an archive of old Windows", ("a.zip", written(Member(b"data\\a.csv", csv.encode())))
    yield (
        "an archive with padding",
        ("a.zip", written(Member(b"a.csv", b"a;b\n"), Member(b"b.csv", b"c\n", before=bytes(64)))),
    )
    yield "a picture", ("foto.png", _picture("PNG"))
    yield "a photo", ("foto.JPG", _picture("JPEG"))
    yield "a grey scan", ("scan.jpeg", _picture("JPEG", "L"))
    yield "a white pixel", ("a.jpg", WHITE_JPEG)
