"""Receiving files: counted while they stream, checked by content, stored outside any transaction."""

import asyncio
import errno
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from service.clients import filetypes
from service.clients.files import Store, Stored
from service.domain.file_names import safe_name
from service.domain.submissions import DeliveredFile
from service.errors import BadRequest, InvalidInput, StorageFull, UnsupportedFile, UploadCut, UploadTooLarge
from service.i18n import gettext as _
from service.settings import Settings

UNBOUNDED = 1 << 40
"""For a route's `max_body_size`: the limit is a setting, and is kept by `Counted`."""
MULTIPART_OVERHEAD = 65_536
MOST_FILES = 20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@dataclass
class Counted:
    """A request's stream that ends the request as soon as more than `limit` bytes have come.

    Raises UploadTooLarge. Keeps the last bytes, which tell whether a multipart body is whole.
    """

    receive: Receive
    limit: int
    most: int
    total: int = 0
    tail: bytes = field(default=b"", repr=False)

    async def __call__(self) -> Message:
        message = await self.receive()
        body = message.get("body", b"")
        self.total += len(body)
        if self.total > self.limit:
            raise UploadTooLarge(max_bytes=self.most)
        self.tail = (self.tail + body)[-512:]
        return message


def store_of(settings: Settings) -> Store:
    """Where delivered files are."""
    return Store(settings.data_dir / "files")


@asynccontextmanager
async def form_of(request: Request, most: int) -> AsyncIterator[FormData]:
    """The parsed multipart body, its files on disk or in memory until the block ends.

    Raises UploadTooLarge, UploadCut, StorageFull; BadRequest for what is no multipart body.
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > most + MULTIPART_OVERHEAD:
        raise UploadTooLarge(max_bytes=most)
    counted = Counted(request.receive, most + MULTIPART_OVERHEAD, most)
    stream = Request(request.scope, counted).stream()
    parser = MultiPartParser(request.headers, stream, max_files=MOST_FILES, max_fields=MOST_FILES)
    try:
        form = await parser.parse()
        # The parser takes a body that simply stops for a complete one, without its last file.
        _kind, options = parse_options_header(request.headers["content-type"])
        if b"--" + options[b"boundary"] + b"--" not in counted.tail:
            raise UploadCut
        yield form
    except MultiPartException as broken:
        raise BadRequest from broken
    except ClientDisconnect as gone:
        raise UploadCut from gone
    except OSError as failure:
        if failure.errno in _NO_ROOM:
            raise StorageFull from failure
        raise
    finally:
        # The form knows only the files that came to their end.
        for file in parser._files_to_close_on_error:  # noqa: SLF001 - nothing public closes the file that was cut
            file.close()


@asynccontextmanager
async def body_of(request: Request, most: int) -> AsyncIterator[BinaryIO]:
    """The body itself as a file, on disk or in memory until the block ends.

    Raises UploadTooLarge, UploadCut, StorageFull.
    """
    stream = Request(request.scope, Counted(request.receive, most, most)).stream()
    with SpooledTemporaryFile(max_size=MultiPartParser.spool_max_size) as file:
        try:
            async for piece in stream:
                await asyncio.to_thread(file.write, piece)
        except ClientDisconnect as gone:
            raise UploadCut from gone
        except OSError as failure:
            if failure.errno in _NO_ROOM:
                raise StorageFull from failure
            raise
        yield cast("BinaryIO", file)


def files_of(form: FormData) -> list[UploadFile]:
    """The parts named `files`. Raises InvalidInput when there are none."""
    found = [part for part in form.getlist("files") if not isinstance(part, str)]
    if not found:
        raise InvalidInput.at("/files", _("Sertakan setidaknya satu berkas atau url."))
    return found


def texts_of(form: FormData) -> dict[str, str]:
    """The other parts."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def keep(store: Store, files: Sequence[UploadFile], most: int) -> list[DeliveredFile]:
    """Checks all files, then stores them. Raises UploadTooLarge, UnsupportedFile, StorageFull."""
    if sum(file.size or 0 for file in files) > most:
        raise UploadTooLarge(max_bytes=most)
    named = [(safe_name(file.filename or ""), file.file) for file in files]
    try:
        types = [await asyncio.to_thread(filetypes.detect, name, source) for name, source in named]
    except filetypes.UnknownType as unknown:
        raise UnsupportedFile from unknown
    kept: list[DeliveredFile] = []
    try:
        for (name, source), media_type in zip(named, types, strict=True):
            stored = await save(store, source)
            kept.append(DeliveredFile(name, stored.size, stored.sha256, media_type, stored.key))
    except (OSError, StorageFull):
        await discard(store, kept)
        raise
    return kept


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
