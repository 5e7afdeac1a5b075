"""Archives that mean harm: they inflate, hide, lie, or write where they should not."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator

from tests.support.honest_files import Named, office, pdf, shapefile
from tests.support.raw_zip import Member, plain, written

CSV = b"kode;nilai\n1;2\n"
ZEROS = bytes(21_000_000)


def _zip(*members: Member, name: str = "a.zip") -> Named:
    return name, written(*members)


def bomb() -> bytes:
    """An entry that unpacks to a thousand times its size, truthfully declared."""
    return written(Member(b"data.csv", ZEROS))


def overlapping(count: int = 200) -> bytes:
    """Entries of which each reads the same packed bytes again (Fifield, 2019)."""
    kernel = Member(b"0.csv", b"a;b\n" * 10_000)
    return written(kernel, *(Member(b"0.csv", kernel.data, packed=b"", offset=0) for _n in range(count)))


def quine() -> bytes:
    """Archives in archives, deeper than anybody packs them."""
    inner = written(Member(b"a.csv", CSV))
    for depth in range(5):
        inner = written(Member(b"%d.zip" % depth, inner, method=0))
    return inner


def _paths() -> Iterator[tuple[str, bytes]]:
    yield "up", b"../../etc/cron.d/a.csv"
    yield "up with the other slash", b"..\\..\\Startup\\a.csv"
    yield "in the middle", b"a/../../b.csv"
    yield "from the root", b"/etc/passwd.csv"
    yield "from a share", b"//server/share/a.csv"
    yield "from a drive", b"C:\\Windows\\a.csv"
    yield "into a stream", b"a.csv:evil.exe"
    yield "a device", b"CON.csv"
    yield "a device in a folder", b"data/lpt1.csv"
    yield "a line end", b"a\n.csv"
    yield "a NUL", b"a.exe\x00.csv"
    yield "nothing", b""
    yield "nothing before a NUL", b"\x00a.csv"
    yield "turned around", "a\u202evsc.exe.csv".encode()
    yield "a point at the end", b"a.csv."
    yield "a space at the end", b"folder /a.csv"
    yield "an empty step", b"a//b.csv"
    yield "here", b"./a.csv"
    yield "without end", b"a" * 500 + b".csv"


def _lies() -> Iterator[tuple[str, Named]]:
    honest = Member(b"a.csv", CSV)
    yield "less than it unpacks to", _zip(Member(b"a.csv", b"x;y\n" * 50_000, size=10))
    cut = zlib.crc32(b"x;y\n")
    yield "less, with the checksum of that", _zip(Member(b"a.csv", b"x;y\n" * 50_000, size=4, crc=cut))
    yield "more than it unpacks to", _zip(Member(b"a.csv", CSV, size=9_000))
    yield "a wrong checksum", _zip(Member(b"a.csv", CSV, crc=1))
    yield "another name inside", _zip(Member(b"a.csv", CSV, local_name=b"a.exe", flags=0))
    yield "another method inside", _zip(Member(b"a.csv", CSV, local_method=0))
    yield "another size inside", _zip(Member(b"a.csv", CSV, local_size=1))
    yield "a method nobody knows", _zip(Member(b"a.csv", CSV, method=97))
    yield "packed with bzip2", ("a.zip", _by(zipfile.ZIP_BZIP2))
    yield "packed with LZMA", ("a.zip", _by(zipfile.ZIP_LZMA))
    yield "stored, with another size", _zip(Member(b"a.csv", CSV, method=0, size=3, crc=zlib.crc32(CSV[:3])))
    yield "damaged", _zip(Member(b"a.csv", CSV, packed=b"\xff\xff\xff\xff"))
    yield "data behind the end of the packed", _zip(Member(b"a.csv", CSV, packed=_deflated(CSV) + b"MZ" * 50))
    yield "an offset outside", _zip(Member(b"a.csv", CSV, offset=90_000))
    yield "two of one name", _zip(honest, Member(b"a.csv", b"lain"))
    yield "two names that differ in case", _zip(honest, Member(b"A.CSV", b"lain"))
    yield "an entry that the directory hides", _zip(honest, Member(b"b.csv", CSV, before=_hidden()))
    yield "much between two entries", _zip(honest, Member(b"b.csv", CSV, before=bytes(5_000)))
    yield "something before the first", ("a.zip", written(honest, prefix=b"PK\x03\x04" + bytes(200)))
    yield "something behind the end", ("a.zip", written(honest, suffix=b"MZ" + bytes(200)))
    yield "two ends", ("a.zip", written(honest, comment=_ends()))
    yield "two archives", ("a.zip", written(honest) + written(honest))
    yield "cut", ("a.zip", written(honest)[:-12])
    yield "no entry", ("a.zip", b"PK\x03\x04" + written())
    yield "a folder with content", _zip(Member(b"data/", CSV))
    yield "overlapping entries", ("a.zip", overlapping())
    yield "a link", _zip(Member(b"a.csv", b"/etc/passwd", attributes=(stat.S_IFLNK | 0o777) << 16))
    yield "a pipe", _zip(Member(b"a.csv", b"", attributes=(stat.S_IFIFO | 0o777) << 16))


def _contents() -> Iterator[tuple[str, Named]]:
    macros = office("xlsx", xl__vbaProject_dot_bin=b"\xd0\xcf\x11\xe0")
    shape = shapefile()
    yield "encrypted", _zip(Member(b"a.csv", CSV, flags=1))
    yield "strongly encrypted", _zip(Member(b"a.csv", CSV, flags=0x41))
    yield "with AES", _zip(Member(b"a.csv", CSV, method=99, flags=1))
    yield "a program", _zip(Member(b"a.exe", b"MZ\x90\x00"))
    yield "a program named as a table", _zip(Member(b"a.csv", b"MZ\x90\x00\x03"))
    yield "a program on a Mac", _zip(Member(b"__MACOSX/._a.csv", b"#!/bin/sh\nrm -rf /\n"))
    yield "a hidden program", _zip(Member(b".DS_Store", b"MZ\x90\x00"))
    yield "a shortcut", _zip(Member(b"a.lnk", b"L\x00\x00\x00\x01\x14\x02\x00"))
    yield "a script", _zip(Member(b"a.js", b"WScript.Shell"))
    yield "a script for a terminal", _zip(Member(b"data/run.sh", b"#!/bin/sh\n"))
    yield "a page", _zip(Member(b"a.html", b"<script>alert(1)</script>"))
    yield "a page named as a note", _zip(Member(b"a.txt", b"<script>alert(1)</script>"))
    yield "a disk", _zip(Member(b"a.iso", b"\x00" * 100))
    yield "no name at all", _zip(Member(b"README", b"text"))
    yield "a workbook with macros in it", ("a.zip", plain({"b.xlsx": macros}))
    yield "macros, deeper", ("a.zip", plain({"b.zip": plain({"c/d.xlsx": macros})}))
    yield "a PDF with a script in it", ("a.zip", plain({"a.pdf": pdf(objects=b"<</S/JavaScript>>")}))
    yield "DDE in a table in it", ("a.zip", plain({"a.csv": b"nama\n=cmd|' /C calc'!A0\n"}))
    yield "an office document of another name", ("a.zip", office("docx"))
    yield "archives without end", ("a.zip", quine())
    yield "a bomb", ("a.zip", bomb())
    yield "a bomb in a bomb", ("a.zip", plain({"a.zip": bomb()}))
    yield "many small bombs", _zip(*(Member(b"%d.csv" % n, ZEROS[:5_000_000]) for n in range(6)))
    yield "too many entries", ("a.zip", _many(10_001))
    yield "a shapefile without its table", ("a.zip", plain({k: v for k, v in shape.items() if not k.endswith(".dbf")}))
    yield "a shapefile without its index", ("a.zip", plain({k: v for k, v in shape.items() if not k.endswith(".shx")}))
    yield "a shapefile that is a program", ("a.zip", plain(shape | {"batas_kecamatan.shp": b"MZ" + bytes(200)}))
    yield "a table of a shapefile that lies", ("a.zip", plain(shape | {"batas_kecamatan.dbf": b"\x03" + bytes(80)}))
    yield "a projection that is a program", ("a.zip", plain(shape | {"batas_kecamatan.prj": b"MZ\x90\x00\x03"}))
    xxe = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
    yield "a description with an entity", ("a.zip", plain(shape | {"batas_kecamatan.shp.xml": xxe}))
    yield "named as a table", ("a.csv", plain({"a.csv": CSV}))
    yield "named as a workbook", ("a.xlsx", plain({"a.csv": CSV}))


def hostile_archives() -> Iterator[tuple[str, Named]]:
    """What it is, the name under which it comes, its bytes."""
    for what, name in _paths():
        yield f"a path: {what}", _zip(Member(name, CSV, flags=0x800))
    for what, named in _lies():
        yield f"a lie: {what}", named
    for what, named in _contents():
        yield f"an archive: {what}", named


def _by(method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a.csv", CSV * 100)
    return out.getvalue()


def _deflated(content: bytes) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflate.compress(content) + deflate.flush()


def _hidden() -> bytes:
    return struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 2, 2, 5, 0) + b"b.exeMZ"


def _ends() -> bytes:
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, 0, 0, 0)


def _many(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.csv", b"")
    return out.getvalue()
