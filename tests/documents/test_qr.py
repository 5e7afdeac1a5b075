"""The codes, taken apart by ISO/IEC 18004: size, quiet zone, finder patterns, error correction level."""

import io
import re
import struct
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from service.documents import qr

TICKET = "https://bimtek.example/t/AZf3kP2mQxu8vT1nYw4cRg0LhJ5sKd7eXbNaMiOoPqE"
SVG = "{http://www.w3.org/2000/svg}"
FINDER = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
LEVELS = {0b01: "L", 0b00: "M", 0b11: "Q", 0b10: "H"}


def modules(image: bytes) -> list[str]:
    """The drawn modules with their quiet zone, row by row, 1 for black."""
    root = ET.fromstring(image)
    side = int(root.attrib["viewBox"].split()[2])
    rows = [["0"] * side for _ in range(side)]
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", root.findall(f"{SVG}path")[1].attrib["d"]):
        values = [float(number) for number in numbers.split()]
        if command == "h":
            for column in range(int(x), int(x + values[0])):
                rows[int(y)][column] = "1"
            x += values[0]
        else:
            x, y = (values[0], values[1]) if command == "M" else (x + values[0], y + values[1])
    return ["".join(row) for row in rows]


def symbol(image: bytes) -> list[str]:
    return [row[4:-4] for row in modules(image)[4:-4]]


def test_the_code_has_three_finder_patterns_and_a_size_that_exists() -> None:
    rows = symbol(qr.svg(TICKET))
    assert (len(rows) - 21) % 4 == 0
    assert [row[:7] for row in rows[:7]] == FINDER
    assert [row[-7:] for row in rows[:7]] == FINDER
    assert [row[:7] for row in rows[-7:]] == FINDER


def test_four_modules_around_the_code_stay_white() -> None:
    rows = modules(qr.svg(TICKET))
    assert not any("1" in row for row in (*rows[:4], *rows[-4:]))
    assert not any("1" in row[:4] + row[-4:] for row in rows)
    assert "1" in rows[4]
    assert rows[4][4] == "1"


@pytest.mark.parametrize("text", [TICKET, "1", "x" * 500, "Kode 👋 é"])
def test_a_quarter_of_the_code_may_be_dirty(text: str) -> None:
    first_bits = int(symbol(qr.svg(text))[8][:2], 2) ^ 0b10  # the two level bits of the format information, unmasked
    assert LEVELS[first_bits] in "MQH"


def test_it_is_black_on_a_white_ground_without_style_script_or_reference() -> None:
    image = qr.svg(TICKET)
    root = ET.fromstring(image)
    ground, code = root.findall(f"{SVG}path")
    assert ground.attrib["fill"] == "#fff"
    assert code.attrib["stroke"] == "#000"
    assert {element.tag for element in root.iter()} == {f"{SVG}svg", f"{SVG}path"}
    assert {name for element in root.iter() for name in element.attrib} == {"viewBox", "fill", "stroke", "d"}
    assert b"currentColor" not in image


def test_the_same_text_gives_the_same_bytes_and_another_text_others() -> None:
    assert qr.svg(TICKET) == qr.svg(TICKET)
    assert qr.png(TICKET) == qr.png(TICKET)
    assert qr.svg(TICKET) != qr.svg(TICKET[:-1] + "F")


def test_text_never_becomes_markup() -> None:
    assert b"script" not in qr.svg("</path><script>alert(1)</script>")


def test_the_png_shows_as_many_modules_as_the_svg() -> None:
    image = io.BytesIO(qr.png(TICKET))
    assert image.read(8) == b"\x89PNG\r\n\x1a\n"
    image.seek(16)
    side = len(modules(qr.svg(TICKET))) * 8
    assert struct.unpack(">II", image.read(8)) == (side, side)


@pytest.mark.parametrize("draw", [qr.svg, qr.png])
def test_a_text_that_no_code_can_hold_is_refused(draw: Callable[[str], bytes]) -> None:
    with pytest.raises(ValueError, match="large"):
        draw("x" * 2332)
    assert draw("x" * 2331)
