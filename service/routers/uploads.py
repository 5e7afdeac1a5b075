"""Receiving files: counted while they stream, checked by content, stored outside any transaction."""

import asyncio
import errno
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from service.clients import filetypes
from service.clients.files import Store, Stored
from service.clients.kinds import UnknownType
from service.domain import file_profiles
from service.domain.file_names import safe_name
from service.domain.submissions import DeliveredFile
from service.errors import BadRequest, InvalidInput, Refusal, StorageFull, UnsupportedFile, UploadCut, UploadTooLarge
from service.i18n import gettext as _
from service.routers.access import database_of
from service.routers.upload_words import why
from service.settings import Settings

UNBOUNDED = 1 << 40
"""For a route's `max_body_size`: the limit is a setting, and is kept by `Counted`."""
MULTIPART_OVERHEAD = 65_536
MOST_FILES = 20
MOST_TEXTS = 1_050
"""A form names each of the commitments on a signed sheet, beside its own fields."""
STALLED_SECONDS = 60.0
"""Without a single byte, after which the line counts as cut."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_LOOKING = ThreadPoolExecutor(2, "look")
"""Files are looked into by two threads at most: others must not wait because many arrive at once."""


@dataclass(frozen=True)
class Received:
    """What came with a multipart form: its texts by name, and its files, which stand in the store already."""

    fields: dict[str, str]
    files: list[DeliveredFile]


@dataclass
class Counted:
    """A request's stream that ends the request as soon as more than `limit` bytes have come.

    Raises UploadTooLarge; UploadCut when nothing comes for a minute. Keeps the last bytes, which tell whether a
    multipart body is whole.
    """

    receive: Receive
    limit: int
    most: int
    total: int = 0
    tail: bytes = field(default=b"", repr=False)

    async def __call__(self) -> Message:
        try:
            async with asyncio.timeout(STALLED_SECONDS):
                message = await self.receive()
        except TimeoutError as stalled:
            raise UploadCut from stalled
        body = message.get("body", b"")
        self.total += len(body)
        if self.total > self.limit:
            raise UploadTooLarge(max_bytes=self.most)
        self.tail = (self.tail + body)[-512:]
        return message


class _Parser(MultiPartParser):
    """Starlette's, whose files lie nameless in a folder of ours: the system's may be small, or in memory."""

    def __init__(self, headers: Headers, stream: AsyncGenerator[bytes, None], folder: Path) -> None:
        super().__init__(headers, stream, max_files=MOST_FILES, max_fields=MOST_TEXTS)
        self._folder = folder

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        part = self._current_part
        if part.file is not None:
            self._files_to_close_on_error.pop().close()
            file = _nameless(self._folder)
            self._files_to_close_on_error.append(file)
            part.file.file = cast("BinaryIO", file)

    def close(self) -> None:
        """Lets go of all files; the form knows only those that came to their end."""
        for file in self._files_to_close_on_error:
            file.close()


def _nameless(folder: Path) -> "SpooledTemporaryFile[bytes]":
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return SpooledTemporaryFile(max_size=MultiPartParser.spool_max_size, dir=str(folder))


def store_of(settings: Settings) -> Store:
    """Where delivered files are."""
    return Store(settings.data_dir / "files")


@asynccontextmanager
async def form_of(request: Request, most: int) -> AsyncIterator[FormData]:
    """The parsed multipart body, its files on disk or in memory until the block ends.

    Raises UploadTooLarge, UploadCut, StorageFull; BadRequest for what is no multipart body; InvalidInput for too many.
    """
    if "content-type" not in request.headers:
        raise BadRequest
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > most + MULTIPART_OVERHEAD:
        raise UploadTooLarge(max_bytes=most)
    counted = Counted(request.receive, most + MULTIPART_OVERHEAD, most)
    stream = Request(request.scope, counted).stream()
    parser = _Parser(request.headers, stream, store_of(database_of(request).settings).folder)
    try:
        with _judged():
            form = await parser.parse()
        # The parser takes a body that simply stops for a complete one, without its last file.
        _kind, options = parse_options_header(request.headers["content-type"])
        if b"--" + options[b"boundary"] + b"--" not in counted.tail:
            raise UploadCut
        with _judged():
            yield form
    finally:
        parser.close()


@asynccontextmanager
async def body_of(request: Request, most: int) -> AsyncIterator[BinaryIO]:
    """The body itself as a file, on disk or in memory until the block ends.

    Raises UploadTooLarge, UploadCut, StorageFull.
    """
    stream = Request(request.scope, Counted(request.receive, most, most)).stream()
    with _nameless(store_of(database_of(request).settings).folder) as file:
        with _judged():
            async for piece in stream:
                await asyncio.to_thread(file.write, piece)
        yield cast("BinaryIO", file)


@contextmanager
def _judged() -> Iterator[None]:
    """What a broken line, a broken form and a full disk mean to the sender."""
    try:
        yield
    except MultiPartException as broken:
        if broken.message.startswith("Too many files"):
            many = _("Paling banyak {count} berkas dalam satu penyerahan.").format(count=MOST_FILES)
            raise InvalidInput.at("/files", many) from broken
        if broken.message.startswith("Too many fields"):
            many = _("Terlalu banyak isian (paling banyak {max_length}).").format(max_length=MOST_TEXTS)
            raise InvalidInput.at("/", many) from broken
        raise BadRequest from broken
    except ClientDisconnect as gone:
        raise UploadCut from gone
    except OSError as failure:
        if failure.errno in _NO_ROOM:
            raise StorageFull from failure
        raise


@asynccontextmanager
async def received(
    request: Request, *, required: bool = True, seen: dict[str, str] | None = None
) -> AsyncIterator[Received]:
    """A multipart form with files named `files`, for evidence and deliveries alike; no transaction is open meanwhile.

    The files are removed again when the block ends with a refusal: only then is it sure that no row names them. A
    caller that needs only some of them discards the others. `seen` is given the texts even when the files are refused,
    so that a form can show them again.
    Raises BadRequest, UploadTooLarge, UploadCut, UnsupportedFile, StorageFull; InvalidInput when `required` files are
    missing.
    """
    settings = database_of(request).settings
    store = store_of(settings)
    async with form_of(request, settings.max_upload_bytes) as form:
        fields = texts_of(form)
        if seen is not None:
            seen.update(fields)
        files = await keep(store, files_of(form, required=required), settings.max_upload_bytes)
    try:
        yield Received(fields, files)
    except (Refusal, RequestValidationError):
        await discard(store, files)
        raise


def files_of(form: FormData, *, required: bool = True) -> list[UploadFile]:
    """The parts named `files` that a person chose. Raises InvalidInput when `required` ones are missing."""
    # A browser sends a nameless, empty part for a field in which nothing was chosen.
    found = [part for part in form.getlist("files") if not isinstance(part, str) and (part.filename or part.size)]
    if required and not found:
        raise InvalidInput.at("/files", _("Sertakan setidaknya satu berkas atau url."))
    return found


def texts_of(form: FormData) -> dict[str, str]:
    """The other parts. Those that share a name, as the boxes of one question do, make one value with a line each."""
    texts: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            texts.setdefault(name, []).append(value)
    return {name: "\n".join(values) for name, values in texts.items()}


async def keep(store: Store, files: Sequence[UploadFile], most: int) -> list[DeliveredFile]:
    """Checks all files, then stores them. Raises UploadTooLarge, UnsupportedFile, StorageFull."""
    if sum(file.size or 0 for file in files) > most:
        raise UploadTooLarge(max_bytes=most)
    named = [(safe_name(file.filename or ""), file.file) for file in files]
    loop = asyncio.get_running_loop()
    looks = [await loop.run_in_executor(_LOOKING, _looked_at, store, name, source) for name, source in named]
    faults = [
        {"pointer": f"/files/{n}", "message": f"{named[n][0]}: {why(look)}"}
        for n, look in enumerate(looks)
        if isinstance(look, UnknownType)
    ]
    if faults:
        raise UnsupportedFile(errors=faults)
    kept: list[DeliveredFile] = []
    try:
        for (name, source), look in zip(named, looks, strict=True):
            assert not isinstance(look, UnknownType)
            stored = await save(store, source)
            kept.append(DeliveredFile(name, stored.size, stored.sha256, look.media_type, stored.key, look.profile))
    except (OSError, StorageFull):
        await discard(store, kept)
        raise
    return kept


@dataclass(frozen=True)
class _Look:
    media_type: str
    profile: dict[str, object] | None


def _looked_at(store: Store, name: str, source: BinaryIO) -> _Look | UnknownType:
    try:
        media_type = filetypes.detect(name, source, store.folder)
    except UnknownType as unknown:
        return unknown
    return _Look(media_type, file_profiles.profile(media_type, source))


async def save(store: Store, source: BinaryIO) -> Stored:
    """Stores one file. Raises StorageFull."""
    try:
        return await asyncio.to_thread(store.save, source)
    except OSError as failure:
        if failure.errno in _NO_ROOM:
            raise StorageFull from failure
        raise


async def discard(store: Store, files: Sequence[DeliveredFile]) -> None:
    """Removes files whose delivery was refused."""
    for file in files:
        await asyncio.to_thread(store.delete, file.path)


async def discard_others(store: Store, files: Sequence[DeliveredFile], named: Sequence[Mapping[str, object]]) -> None:
    """Removes those of the files just received that no row names, since what they hold was there already."""
    kept = {file.get("path") for file in named}
    await discard(store, [file for file in files if file.path not in kept])
