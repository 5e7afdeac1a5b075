"""What a demo keeps in its data folder, beside database and mail. Other commands that work there go by it too."""

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from service import clock
from service.settings import Settings


@dataclass(frozen=True)
class Folder:
    """What a demo keeps in its data folder."""

    path: Path

    @property
    def keys(self) -> Path:
        """Addresses and keys, as printed."""
        return self.path / "demo.json"

    @property
    def login(self) -> Path:
        """Who can sign in: an address and its password on each line, the owner first."""
        return self.path / "demo-login.txt"

    @property
    def offset(self) -> Path:
        """How far domain time runs from real time."""
        return self.path / "clock.json"

    def keep(self, path: Path, text: str) -> None:
        """Writes a file that only its owner reads."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)

    def set_clock(self) -> None:
        """Lets domain time run as the demo's does."""
        clock.shift(timedelta(seconds=json.loads(self.offset.read_text(encoding="utf-8"))["offset_seconds"]))


def as_served(settings: Settings) -> Settings:
    """The settings with the address that the demo of this folder was last served at, unless one was configured."""
    folder = Folder(settings.data_dir)
    if "base_url" in settings.model_fields_set or not folder.keys.exists():
        return settings
    return settings.model_copy(update={"base_url": json.loads(folder.keys.read_text(encoding="utf-8"))["base_url"]})
