"""Delivered files in a local folder. A file is there completely and on disk, or not at all."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

CHUNK = 262_144
_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")
_UNFINISHED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}\.part")


@dataclass(frozen=True)
class Stored:
    """A file in the store: its key there, its size in bytes, the SHA-256 (hex) of its content."""

    key: str
    size: int
    sha256: str


class Store:
    """A folder of files under made-up names; the sender's name never becomes a path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, source: BinaryIO) -> Stored:
        """Copies `source` from where it stands: temporary name, fsync, rename. Blocks. Raises OSError."""
        name = uuid4().hex
        key = f"{name[-2:]}/{name}"
        target = self.folder / key
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = target.with_suffix(".part")
        digest, size = hashlib.sha256(), 0
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(target)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        # Both: the folder itself may be new.
        _sync_folder(target.parent)
        _sync_folder(self.folder)
        return Stored(key, size, digest.hexdigest())

    def read(self, key: str) -> Iterator[bytes]:
        """The content in chunks. Blocks. Raises FileNotFoundError at once, before the first chunk is asked for."""
        return _chunks(self._path(key).open("rb"))

    def delete(self, key: str) -> None:
        """Removes a file; one that is gone already is fine. Blocks."""
        self._path(key).unlink(missing_ok=True)

    def older_than(self, instant: datetime) -> tuple[list[str], list[Path]]:
        """The keys of files that were there before, and unfinished ones nobody writes to any more. Blocks."""
        keys, unfinished = [], []
        for path in sorted(self.folder.glob("*/*")):
            key = f"{path.parent.name}/{path.name}"
            # It may have been removed since it was listed.
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime >= instant.timestamp():
                    continue
                if _KEY.fullmatch(key):
                    keys.append(key)
                elif _UNFINISHED.fullmatch(key):
                    unfinished.append(path)
        return keys, unfinished

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Which of these files are not there. Blocks."""
        return [key for key in keys if not self._path(key).exists()]

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise FileNotFoundError(key)
        return self.folder / key


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


def _sync_folder(folder: Path) -> None:
    # Without this the new name may be lost in a power cut although the content is on disk.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
