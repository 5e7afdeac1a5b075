"""A world file, read: the format of the Luwu fixture."""

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast

Item = dict[str, Any]  # an entry of a JSON file; each use names the field it needs

LUWU = Path(__file__).with_name("luwu.json")


@dataclass(frozen=True)
class World:
    """One workshop and everything around it. Raises KeyError when the file lacks a part."""

    raw: Item

    @classmethod
    def read(cls, path: Path = LUWU) -> "World":
        """Reads a file. Raises OSError, ValueError."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    @cached_property
    def facts(self) -> Item:
        """What is known about the workshop, by field."""
        return {fact["field"]: fact["value"] for fact in self.raw["event"]["facts"]}

    @property
    def slug(self) -> str:
        """The organizer's word in addresses: 'Kabupaten Luwu' -> luwu."""
        words = re.sub(r"^(kabupaten|kota)\s+", "", str(self.facts.get("regency", "Kabupaten Luwu")).lower())
        return re.sub(r"[^a-z0-9]+", "-", words).strip("-")

    @property
    def timezone(self) -> str:
        """The zone in which its days begin."""
        return str(self.facts.get("timezone", "Asia/Makassar"))

    @property
    def steward(self) -> str:
        """Code of the organisation that hosts and reviews the data (walidata)."""
        return str(self.facts.get("host_org", self.organisations[0]["id"]))

    @property
    def organisations(self) -> list[Item]:
        """Agencies and outside bodies."""
        return cast("list[Item]", self.raw["organisations"])

    @property
    def participants(self) -> list[Item]:
        """People, by office."""
        return cast("list[Item]", self.raw["participants"])

    @property
    def data_items(self) -> list[Item]:
        """What is asked for."""
        return cast("list[Item]", self.raw["data_items"])

    @property
    def commitments(self) -> list[Item]:
        """Who was asked for it, and what became of it."""
        return cast("list[Item]", self.raw["commitments"])

    @property
    def agenda(self) -> list[Item]:
        """The programme, breaks included."""
        return cast("list[Item]", self.raw["schedule"]["sessions"])

    @property
    def blocks(self) -> list[Item]:
        """The half-days."""
        return cast("list[Item]", self.raw["schedule"]["blocks"])

    @property
    def holidays(self) -> list[Item]:
        """Days on which nobody works, of whatever year."""
        vectors = cast("dict[str, list[Item]]", self.raw.get("test_vectors", {}))
        return [entry for name, entries in vectors.items() if name.startswith("holidays") for entry in entries]

    def items_of(self, block: str) -> list[tuple[datetime, datetime]]:
        """Start and end of a block's agenda items, in order of time."""
        spans = [
            (datetime.fromisoformat(entry["start"]), datetime.fromisoformat(entry["end"]))
            for entry in self.agenda
            if entry["block"] == block
        ]
        return sorted(spans)

    @property
    def starts_at(self) -> datetime:
        """The first start of the programme."""
        return min(datetime.fromisoformat(entry["start"]) for entry in self.agenda)

    @property
    def ends_at(self) -> datetime:
        """The last end of the programme."""
        return max(datetime.fromisoformat(entry["end"]) for entry in self.agenda)

    @property
    def next_days(self) -> list[date]:
        """The days of the workshop that follows this one; empty when the file names none."""
        for stage in self.raw.get("programme_stages", []):
            if stage["stage"] == "bimtek_2" and isinstance(stage["date"], list):
                return [date.fromisoformat(day) for day in stage["date"]]
        starts = [query["bimtek2_start"] for query in self.raw.get("queries", []) if query.get("bimtek2_start")]
        return [date.fromisoformat(starts[0])] if starts else []

    def name_of(self, code: str) -> str:
        """An organisation's name, or the word itself for a speaker who is none."""
        known = {entry["id"]: str(entry["name"]) for entry in self.organisations}
        return known.get(code.strip(), code.strip())
