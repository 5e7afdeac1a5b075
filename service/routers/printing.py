"""Papers as downloads, set one after the other in a thread of their own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec

from fastapi import Request, Response

from service.clients.files import Store
from service.domain.file_names import attachment
from service.routers import uploads
from service.routers.access import database_of

PDF = "application/pdf"
FILE: dict[int | str, dict[str, object]] = {
    200: {"description": "The file", "content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}
}
P = ParamSpec("P")
_printer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="promises")
"""One paper at a time: many pages take much memory while they are set. And nobody else waits for this thread."""


def store_of(request: Request) -> Store:
    """Where the logo of a letterhead is."""
    return uploads.store_of(database_of(request).settings)


async def answer(name: str, render: Callable[P, bytes], *args: P.args, **kwargs: P.kwargs) -> Response:
    """The paper as `<name>.pdf`; call it when no connection is held any more."""
    content = await asyncio.get_running_loop().run_in_executor(_printer, partial(render, *args, **kwargs))
    headers = {
        "Content-Disposition": attachment(f"{name}.pdf"),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }
    return Response(content, media_type=PDF, headers=headers)
