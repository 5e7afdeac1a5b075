"""The file store: complete or not at all."""

import io
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from service.clients.files import CHUNK, Store


def test_a_file_is_read_back_as_it_was_stored(tmp_path: Path) -> None:
    content = b"data" * CHUNK
    store = Store(tmp_path / "files")
    stored = store.save(io.BytesIO(content))
    assert (stored.size, stored.sha256) == (len(content), sha256(content).hexdigest())
    assert b"".join(store.read(stored.key)) == content
    assert [path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()] == [0o600]


def test_a_source_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    class Broken:
        def __init__(self) -> None:
            self.reads = 0

        def read(self, size: int) -> bytes:
            self.reads += 1
            if self.reads > 1:
                raise OSError("gone")
            return b"x" * size

    with pytest.raises(OSError, match="gone"):
        Store(tmp_path).save(cast("BinaryIO", Broken()))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_deleted_file_is_gone_and_can_be_deleted_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    stored = store.save(io.BytesIO(b"x"))
    store.delete(stored.key)
    store.delete(stored.key)
    with pytest.raises(FileNotFoundError):
        store.read(stored.key)


@pytest.mark.parametrize("key", ["../secret.key", "/etc/passwd", "ab/../../x", "", "ab/" + "0" * 31, "ab/" + "0" * 33])
def test_a_key_never_leaves_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(FileNotFoundError):
        Store(tmp_path).read(key)
