"""The samples of the door's page, of the screens with a code, and of the page where it is read."""

from base64 import b64encode

from service.documents import qr
from service.models.screens import Audience
from service.models.screens_shapes import CODE_EXAMPLE, ScreenCodeRead
from service.pages import render
from service.pages.door import DeviceEntry, Pairing, ScreenEntry
from service.pages.forms import Option
from service.pages.my_checkin import Result
from tests.pages.sampled import NAV, WORKSHOP, ZONE, wita
from tests.pages.sampled_my import OWN, Samples

ADDRESS = f"http://127.0.0.1:8000/hadir/{CODE_EXAMPLE}"
QR = f"data:image/svg+xml;base64,{b64encode(qr.svg(ADDRESS)).decode()}"
SEEN = ScreenCodeRead(
    enabled=True,
    audience=Audience.HALL,
    code=CODE_EXAMPLE,
    address=ADDRESS,
    short="7KQM-2XWD",
    qr=QR,
    shown_until=wita(3, 9),
    next_in=21.5,
    block="D1P",
    label="Hari I - pagi",
    opens_at=wita(3, 12),
    came=47,
)
ONLINE = SEEN.model_copy(update={"audience": Audience.ONLINE, "came": None})
NOTHING = {"code": None, "address": None, "short": None, "qr": None, "block": None, "label": None, "came": None}
CLOSED = SEEN.model_copy(update=NOTHING)
SCREEN: dict[str, object] = {
    "shown": SEEN,
    "state": "code",
    "workshop": WORKSHOP,
    "now": wita(3, 8),
    "source": "/api/v1/screens/abc/code",
}
READING: dict[str, object] = {
    **OWN,
    "state": "open",
    "result": None,
    "block": "Hari I - pagi",
    "opens_at": None,
    "scanned": "",
    "action": "/my/abc/checkin",
    "code_path": "/hadir/",
    "nonce": "01890a5d-ac96-774b-bcce-b302099a8057",
    "contact": "panitia@luwukab.go.id",
}
WRONG = [render.FormError("code", "Ketik kode delapan huruf yang tampil di layar.")]
RECORDED = Result("ok", "check", "Kehadiran Hari I - pagi tercatat pukul 09.02 WITA.", "Masukkan kode sekali lagi.")
CHOSEN = {**vars(WORKSHOP), "id": "01890a5d", "self_checkin": True}
DOOR: dict[str, object] = {
    "choices": [Option("01890a5d", WORKSHOP.title)],
    "chosen": type("Chosen", (), CHOSEN),
    "base": "/staff/door/01890a5d",
    "devices": [
        DeviceEntry("Gerbang A", "A", wita(3, 8), 7, "/staff/door/devices/1/revoke"),
        DeviceEntry("Gerbang B", None, None, None, "/staff/door/devices/2/revoke"),
        DeviceEntry("Gerbang C", None, wita(3, 8), -121, "/staff/door/devices/3/revoke"),
    ],
    "screens": [
        ScreenEntry(
            "Layar aula", online=False, link="http://127.0.0.1:8000/screen/abc", revoke="/staff/door/screens/1"
        ),
        ScreenEntry("Zoom", online=True, link="http://127.0.0.1:8000/screen/abd", revoke="/x/2"),
        ScreenEntry("Lobi", online=False, link=None, revoke="/x/3"),
    ],
    "audiences": [Option(Audience.HALL, "Di aula"), Option(Audience.ONLINE, "Di ruang daring")],
    "paired": None,
    "once": "x",
    "typed": {},
    "done": "screen-added",
    "nav": NAV,
    "timezone": ZONE,
}
PAIRED = Pairing("Gerbang A", "http://10.0.0.5/checkin#bmd_abc", QR, safe=False, twin=True)
NAMELESS = [render.FormError("device-name", "Tuliskan nama perangkat.")]

DOOR_SAMPLES: Samples = {
    "screen": ("screen.html", SCREEN),
    "screen-online": ("screen.html", {**SCREEN, "shown": ONLINE}),
    "screen-closed": ("screen.html", {**SCREEN, "shown": CLOSED, "state": "closed"}),
    "my-checkin": ("my_checkin.html", READING),
    "my-checkin-refused": ("my_checkin.html", {**READING, "errors": WRONG}),
    "my-checkin-done": ("my_checkin.html", {**READING, "result": RECORDED}),
    "my-checkin-closed": ("my_checkin.html", {**READING, "state": "closed", "opens_at": wita(3, 12), "block": None}),
    "my-checkin-off": ("my_checkin.html", {**READING, "state": "off"}),
    "my-checkin-scanned": ("my_checkin.html", {**READING, "scanned": CODE_EXAMPLE, "action": f"/hadir/{CODE_EXAMPLE}"}),
    "hadir": ("hadir.html", {"strange": False}),
    "hadir-strange": ("hadir.html", {"strange": True}),
    "door": ("door.html", DOOR),
    "door-paired": ("door.html", {**DOOR, "paired": PAIRED, "done": ""}),
    "door-refused": ("door.html", {**DOOR, "errors": NAMELESS, "devices": [], "screens": [], "done": ""}),
    "door-none": ("door.html", {**DOOR, "chosen": None, "choices": [], "done": ""}),
}
