"""Pictures are judged by their headers, and none is decoded for that."""

import io

import pytest

from service.clients.images import Image, NotAnImage, measure
from tests.support.pictures import jpeg, png


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (png(3, 2), Image("image/png", 3, 2)),
        (png(60_000, 60_000, rows=1), Image("image/png", 60_000, 60_000)),
        (jpeg(640, 480), Image("image/jpeg", 640, 480)),
        (b"\xff\xd8\xff\xff\xff\xe0\x00\x04ab" + jpeg(9, 8)[2:], Image("image/jpeg", 9, 8)),
    ],
)
def test_the_header_says_what_a_picture_is_and_how_large(content: bytes, expected: Image) -> None:
    assert measure(io.BytesIO(content)) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        png(0, 5, rows=0),
        b"\xff\xd8",
        b"\xff\xd8" + b"\xff\xe0\x00\x00" * 9,
        b"\xff\xd8" + b"\xff\xe0\x00\x02" * 5_000,
        b"GIF89a\x01\x00\x01\x00",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
    ],
)
def test_what_is_no_png_or_jpeg_with_a_size_is_refused(content: bytes) -> None:
    with pytest.raises(NotAnImage):
        measure(io.BytesIO(content))


def test_the_file_stands_at_its_beginning_afterwards() -> None:
    source = io.BytesIO(jpeg(4, 4))
    measure(source)
    assert source.tell() == 0
