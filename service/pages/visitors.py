"""What pages for everybody share: finding by the words of an address, what search engines are told, and the ETag."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Path, Request, Response
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, i18n
from service.auth import ANONYMOUS, Actor, Permission
from service.db import settings_of
from service.domain import workshops_reading
from service.domain.workshops_reading import Filters
from service.errors import NotFound
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.models.workshops import Modality, Mode
from service.models.workshops_shapes import WorkshopRead
from service.pages.guards import LONGEST
from service.pages.house import house_page
from service.routers.access import allow_first, etag_matches

Visitor = Annotated[Actor, allow_first(Permission.PUBLIC)]
"""The visitor is always a stranger here: a member of staff who is signed in sees and registers like anybody else."""
Word = Annotated[str, Path(max_length=200)]
Token = Annotated[str, Path(max_length=64)]
"""The end of a mailed link, which alone says who it is."""
DESCRIBED = 200
"""Characters of a description; search engines and messengers show no more."""


@dataclass(frozen=True)
class Front:
    """What search engines and messengers are told of a page. `url` names no language, `query` is the rest of it.

    `image` is an address; `drawn` says that it is the one we draw, so that its size is known.
    """

    url: str
    title: str
    description: str
    query: str = ""
    image: str | None = None
    drawn: bool = False
    indexed: bool = True

    def address(self, language: str = "") -> str:
        """The page's own address, in `language` if that is named."""
        query = "&".join(part for part in (self.query, language and f"lang={language}") if part)
        return f"{self.url}?{query}" if query else self.url


def shortened(text: str) -> str:
    """`text` in one line of at most DESCRIBED characters, cut between words."""
    line = " ".join(text.split())
    if len(line) <= DESCRIBED:
        return line
    return line[: DESCRIBED - 1].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def query_of(**values: str) -> str:
    """The part of an address behind the question mark, without what is empty."""
    return urlencode({name: value for name, value in values.items() if value})


def modality_word(modality: Modality) -> str:
    """How people attend, in one word."""
    return {Modality.OFFLINE: _("Luring"), Modality.ONLINE: _("Daring"), Modality.HYBRID: _("Hibrida")}[modality]


def mode_words() -> dict[Mode, str]:
    """The ways of attending, as forms offer them."""
    return {Mode.OFFLINE: _("Luring (di tempat)"), Mode.ONLINE: _("Daring")}


async def find_house(session: AsyncSession, slug: str) -> Organizer:
    """The organizer of this name. Raises NotFound."""
    # A control character in an address is an error to PostgreSQL, and no organizer's name to us.
    query = select(Organizer).where(Organizer.slug == slug)
    house = (await session.exec(query)).first() if slug.isprintable() else None
    if house is None:
        raise NotFound
    return house


async def find_id(session: AsyncSession, organizer: str, slug: str) -> UUID:
    """The workshop of this address, if everybody may see it. Raises NotFound."""
    if not (organizer + slug).isprintable():
        raise NotFound
    glances = await workshops_reading.page(session, ANONYMOUS, Filters(organizer=organizer, slug=slug), None, 1)
    if not glances:
        raise NotFound
    return glances[0].id


async def find_workshop(session: AsyncSession, organizer: str, slug: str) -> WorkshopRead:
    """What everybody may see of the workshop of this address. Raises NotFound."""
    found_id = await find_id(session, organizer, slug)
    return (await workshops_reading.read(session, [found_id]))[found_id]


def base_of(session: AsyncSession) -> str:
    """The address under which people reach the service, without a slash at its end."""
    return settings_of(session).base_url.rstrip("/")


def open_page(
    request: Request,
    session: AsyncSession,
    house: Organizer | None,
    template: str,
    *,
    front: Front,
    stamp: str = "",
    **context: object,
) -> Response:
    """A page for everybody with an ETag, or 304; `stamp` is what of it differs in every answer."""
    named = request.query_params.get("lang", "")
    response = house_page(
        session,
        house,
        template,
        status=200,
        private=False,
        front=front,
        canonical=front.address(named if named in i18n.LANGUAGES else ""),
        carried=front.query and f"{front.query}&",
        **context,
    )
    if not front.indexed:
        response.headers["X-Robots-Tag"] = "noindex"
    body = bytes(response.body)
    if stamp:
        # A browser keeps the page with the stamp it first came with; a new ETag is due before that is too old.
        shift = int(clock.real_now().timestamp() // (LONGEST / 2 / timedelta(seconds=1)))
        body = body.replace(stamp.encode(), str(shift).encode())
    # Weak (RFC 9110, 8.8.1): the stamp makes two answers differ that say the same.
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:16]}-{i18n.language()}"'
    response.headers["ETag"] = etag
    if not etag_matches(request, etag):
        return response
    kept = {name: value for name, value in response.headers.items() if name not in {"content-type", "content-length"}}
    return Response(status_code=304, headers=kept)
