"""A camera that sees a QR code: Chromium's fake one, fed with a short film in YUV4MPEG2."""

from pathlib import Path

import segno

WIDTH, HEIGHT = 640, 480
MODULE, QUIET = 8, 4
WALL, DARK, LIGHT, GREY = 200, 16, 235, 128


def film(path: Path, text: str) -> Path:
    """Writes a film of one picture: the code of `text`, printed on a white sheet before a grey wall."""
    rows = [[0 if dark else 1 for dark in row] for row in segno.make(text, error="m", micro=False).matrix]
    blank = [[1] * (len(rows) + 2 * QUIET)] * QUIET
    sheet = [*blank, *([1] * QUIET + row + [1] * QUIET for row in rows), *blank]
    lines = [b"".join(bytes([LIGHT if module else DARK]) * MODULE for module in row) for row in sheet]
    side = len(lines) * MODULE
    left, above = (WIDTH - side) // 2, (HEIGHT - side) // 2
    wall = bytes([WALL])
    printed = b"".join((wall * left + line + wall * (WIDTH - left - side)) * MODULE for line in lines)
    luma = wall * (WIDTH * above) + printed + wall * (WIDTH * (HEIGHT - above - side))
    frame = b"FRAME\n" + luma + bytes([GREY]) * (WIDTH * HEIGHT // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420\n".encode() + frame * 2)
    return path


def looking_at(path: Path) -> list[str]:
    """Chromium's switches for a camera that shows that film, and for a person who allows it."""
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    return [*fake, f"--use-file-for-fake-video-capture={path}"]
