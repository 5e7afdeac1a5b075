"""Names of files: readable, harmless, in a header that no name can break."""

import pytest
from hypothesis import given, strategies as st

from service.domain.file_names import LONGEST, attachment, safe_name


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Renstra 2019-2024.pdf", "Renstra 2019-2024.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Data\\RPJMD.pdf", "RPJMD.pdf"),
        (".htaccess", "htaccess"),
        ("", "berkas"),
        ("...", "berkas"),
        ("a\r\nX-Injected: 1.pdf", "aX-Injected_ 1.pdf"),
        ("laporan\u202efdp.exe", "laporanfdp.exe"),
        ("daftar;isi.csv", "daftar_isi.csv"),
        ("x" * 300 + ".pdf", "x" * (LONGEST - 4) + ".pdf"),
    ],
)
def test_a_sent_name_is_kept_readable_and_made_harmless(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


@given(st.text(max_size=400))
def test_whatever_is_sent_fits_a_header_and_a_folder(sent: str) -> None:
    name = safe_name(sent)
    assert 1 <= len(name) <= LONGEST
    assert not set(name) & set('/\\"<>|:*?;\r\n\x00')
    assert not name.startswith(".")
    header = attachment(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_the_real_name_stands_beside_an_ascii_one() -> None:
    assert attachment("café.pdf") == "attachment; filename=\"cafe.pdf\"; filename*=UTF-8''caf%C3%A9.pdf"
