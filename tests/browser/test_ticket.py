"""The ticket is read from paper at 40 mm and from a screen in the dark, by a reader that is not ours."""

import io
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator

import pytest
import zxingcpp
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from service.documents import qr
from tests.browser.conftest import launched
from tests.browser.served import ORIGIN, TICKET, fulfil

DPI, CSS_DPI, MM = 300, 96, 25.4
NARROWEST = 40.0
# Grey on grey: of the whole range of brightness, 30 % lies between a dark module and a light one.
DIMMED = """async ([source, side]) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = new OffscreenCanvas(side, side * image.height / image.width);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  let grey = "";
  for (let i = 0; i < pixels.length; i += 4) grey += String.fromCharCode(Math.round(20 + 0.3 * pixels[i]));
  return btoa(grey);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all: nothing here needs the thread that it occupies."""
    with launched() as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone with a dark theme, as fine as a printer."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, color_scheme="dark", device_scale_factor=DPI / CSS_DPI
    )
    context.route("**", fulfil)
    yield context.new_page()
    context.close()


def read(page: Page, picture: bytes, side: int) -> zxingcpp.Barcode:
    """What a reader makes of the picture, drawn `side` pixels wide and hardly lit."""
    source = f"data:image/png;base64,{b64encode(picture).decode()}"
    grey = b64decode(page.evaluate(DIMMED, [source, side]))
    assert max(grey) - min(grey) <= 0.3 * 255 + 1
    [found] = zxingcpp.read_barcodes(memoryview(grey).cast("B", (len(grey) // side, side)))
    return found


@pytest.mark.parametrize("sample", ["my", "my-ticket"])
def test_the_printed_code_is_40_mm_wide_and_read_in_the_dark(page: Page, sample: str) -> None:
    page.goto(f"{ORIGIN}/{sample}")
    page.emulate_media(media="print")
    image = page.locator("img[src$='ticket.svg']")
    box = image.bounding_box()
    assert box is not None
    [modules] = re.findall(r'viewBox="0 0 (\d+)', qr.svg(TICKET).decode())
    symbol = box["width"] / CSS_DPI * MM * (int(modules) - 2 * qr.QUIET_ZONE) / int(modules)
    assert symbol >= NARROWEST
    found = read(page, image.screenshot(), round(NARROWEST / MM * DPI))
    assert (found.text, found.ec_level in {"M", "Q", "H"}) == (TICKET, True)


@pytest.mark.parametrize(("sample", "sheet"), [("my", "A6"), ("my", "A4"), ("my-ticket", "A6")])
def test_a_ticket_fits_on_one_sheet(page: Page, sample: str, sheet: str) -> None:
    page.goto(f"{ORIGIN}/{sample}")
    first = PdfReader(io.BytesIO(page.pdf(format=sheet))).pages[0]
    printed = " ".join(first.extract_text().split())
    words = ("Nomor 27", "Kepala Bidang Statistik", "3–4 Juli 2023", "Aula Bappelitbangda")
    assert [word for word in words if word not in printed] == []


def test_the_large_ticket_is_white_where_all_else_is_dark(page: Page) -> None:
    page.goto(f"{ORIGIN}/my-ticket")
    colours = page.evaluate("[document.documentElement, document.body].map(e => getComputedStyle(e).backgroundColor)")
    assert colours == ["rgb(255, 255, 255)"] * 2
    box = page.locator("img").bounding_box()
    assert box is not None
    assert box["width"] >= 330
    assert read(page, page.screenshot(scale="css"), 360).text == TICKET
