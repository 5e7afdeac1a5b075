"""QR codes (ISO/IEC 18004): black on white with the full quiet zone, so that they scan on dark pages and on paper."""

import io

import segno

QUIET_ZONE = 4  # modules
PIXELS_PER_MODULE = 8


def svg(text: str, *, mask: int | None = None) -> bytes:
    """`text` as an SVG image without size (it fills its `<img>`), style or script, which a strict CSP would block.

    Error correction is M or better. `mask` (0..7) instead of the best of the eight takes a fifth of the time, for
    hundreds at once; every reader knows all of them. Raises ValueError when `text` is too long for a QR code (2,331
    bytes).
    """
    image = io.BytesIO()
    _code(text, mask).save(
        image, kind="svg", border=QUIET_ZONE, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    return image.getvalue()


def png(text: str) -> bytes:
    """`text` as a PNG image, for mail programs, which show no SVG; 8 pixels a module. Raises ValueError like `svg`."""
    image = io.BytesIO()
    _code(text).save(image, kind="png", border=QUIET_ZONE, dark="#000", light="#fff", scale=PIXELS_PER_MODULE)
    return image.getvalue()


def _code(text: str, mask: int | None = None) -> segno.QRCode:
    return segno.make_qr(text, error="m", boost_error=True, mask=mask)
