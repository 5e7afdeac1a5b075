"""The Luwu world as the files that an office has at hand: lists of agencies, participants and data, a Zoom report."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from service.demo.world import LUWU

_WORLD = json.loads(LUWU.read_text(encoding="utf-8"))
_OFFICES = {one["id"]: one["name"] for one in _WORLD["organisations"]}


def people() -> list[dict[str, str]]:
    """Everybody who registered beforehand: name (an office), organisation, way of attending, address."""
    return [
        {
            "nama": f"{one['office']} {_OFFICES[one['org_id']]}",
            "instansi": one["org_id"],
            "cara hadir": {"offline": "luring", "online": "daring"}[one["registered_mode"]],
            "surel": f"{one['id'].lower()}@luwukab.go.id",
        }
        for one in _WORLD["participants"]
        if one["registered"] and one["event_role"] == "peserta"
    ]


def write(folder: Path) -> dict[str, Path]:
    """The files by name: `instansi`, `peserta`, `data`."""
    offices = [
        (one["id"], one["name"], one["org_class"], f"{one['id']}@luwukab.go.id") for one in _WORLD["organisations"]
    ]
    items = [
        (one["id"], one["name"], one["dimension"], one["requested_from"], one["due_date"])
        for one in _WORLD["data_items"]
    ]
    return {
        "instansi": _table(folder / "instansi.csv", ["kode", "nama", "kelas", "surel"], offices),
        "peserta": _table(folder / "peserta.csv", list(people()[0]), [list(one.values()) for one in people()]),
        "data": _table(folder / "data.csv", ["kode", "nama data", "dimensi", "penanggung jawab", "tenggat"], items),
    }


def zoom_report(folder: Path) -> Path:
    """Zoom's participant report of both days: those who registered for it, and one `iPhone` that nobody can place."""
    heads = [
        "Name (original name)",
        "Email",
        "Join time",
        "Leave time",
        "Duration (minutes)",
        "Guest",
        "In waiting room",
    ]
    days = [("07/03/2023 08:55:01 AM", "07/03/2023 04:20:00 PM"), ("07/04/2023 08:25:00 AM", "07/04/2023 03:20:00 PM")]
    online = [one["surel"] for one in people() if one["cara hadir"] == "daring"]
    rows = [(address.partition("@")[0], address, *times, 440, "Yes", "No") for address in online for times in days]
    return _table(folder / "zoom.csv", heads, [*rows, ("iPhone", "", *days[0], 440, "Yes", "No")])


def _table(path: Path, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        writer.writerows(rows)
    return path
