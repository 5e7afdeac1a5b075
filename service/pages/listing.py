"""The lists of workshops: of all organizers, and of one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import ANONYMOUS
from service.domain import workshops, workshops_reading
from service.domain.workshops_reading import Filters
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.models.workshops import Kind, Modality, Workshop
from service.models.workshops_shapes import Moment, WorkshopRead
from service.pages.route import PageRoute
from service.pages.visitors import Front, Visitor, Word, base_of, find_house, open_page, query_of
from service.routers.access import Paging, Session, cursor, keyset_id, page_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SHOWN, SHOWN_PAST = 12, 4
"""How many of what comes and of what is over: the page is to stay light."""
PAST = "past"
W = TypeVar("W", bound=StrEnum)
Position = tuple[datetime, UUID]
_instant: TypeAdapter[datetime] = TypeAdapter(Moment)


class Wanted(BaseModel):
    """What a visitor looks for; what makes no sense is not looked at, since links are typed and cut."""

    q: str = Field("", max_length=200)
    kind: str = Field("", max_length=40)
    modality: str = Field("", max_length=40)
    show: str = Field("", max_length=40)
    after: str = Field("", max_length=500)

    @property
    def text(self) -> str:
        """The words looked for; a control character is no word, and an error to PostgreSQL."""
        return self.q.strip() if self.q.isprintable() else ""

    @property
    def is_filtered(self) -> bool:
        """Whether less than everything is shown."""
        return bool(self.text or _one_of(Kind, self.kind) or _one_of(Modality, self.modality))

    @property
    def past(self) -> bool:
        """Whether what is over is looked for."""
        return self.show == PAST

    def query(self, *, past: bool, after: str = "") -> str:
        """The query of the address that shows this."""
        found = {"kind": _one_of(Kind, self.kind) or "", "modality": _one_of(Modality, self.modality) or ""}
        return query_of(q=self.text, **found, show=PAST if past else "", after=after)


@dataclass(frozen=True)
class Section:
    """Workshops under a heading; `more` leads to those that follow, and says so in `more_label`."""

    heading: str
    workshops: Sequence[WorkshopRead]
    more: str = ""
    more_label: str = ""


@dataclass(frozen=True)
class Host:
    """An organizer that has something to show."""

    name: str
    language: str


@router.get("/", operation_id="page_workshops")
async def show_all(
    request: Request, session: Session, _visitor: Visitor, wanted: Annotated[Wanted, Query()]
) -> Response:
    """Every organizer's published workshops."""
    return await _listing(request, session, None, wanted)


@router.get("/o/{organizer}", operation_id="page_organizer")
async def show_organizer(
    organizer: Word, request: Request, session: Session, _visitor: Visitor, wanted: Annotated[Wanted, Query()]
) -> Response:
    """One organizer's published workshops, and its calendar."""
    return await _listing(request, session, await find_house(session, organizer), wanted)


async def _listing(request: Request, session: AsyncSession, house: Organizer | None, wanted: Wanted) -> Response:
    base, path = base_of(session), f"/o/{house.slug}" if house else "/"
    front = Front(
        url=base + path,
        title=_("Kegiatan {organizer}").format(organizer=house.name) if house else _("Daftar kegiatan"),
        description=_(
            "Jadwal bimbingan teknis dan rapat perangkat daerah, luring dan daring: waktu, tempat, kursi yang "
            "tersedia, dan pendaftaran."
        ),
        query=wanted.query(past=wanted.past, after=wanted.after),
        indexed=not (wanted.is_filtered or wanted.after),
    )
    return open_page(
        request,
        session,
        house,
        "index.html",
        front=front,
        path=path,
        wanted=wanted,
        sections=await _sections(session, house, wanted, path),
        kinds=list(Kind),
        modalities=list(Modality),
        hosts=await _hosts(session),
        calendar=f"{base}/calendar/{house.slug}.ics" if house else None,
    )


async def _sections(session: AsyncSession, house: Organizer | None, wanted: Wanted, path: str) -> list[Section]:
    """What comes, soonest first, and a glimpse of what is over; or, on demand, all that is over."""
    # Whole minutes: the statement is kept by its filters.
    now = clock.now().replace(second=0, microsecond=0)
    filters = Filters(
        organizer=house.slug if house else None,
        kind=_one_of(Kind, wanted.kind),
        modality=_one_of(Modality, wanted.modality),
        q=wanted.text or None,
    )
    after = _position(wanted.after)
    found: list[Section] = []
    if not wanted.past:
        coming, following = await _page(session, replace(filters, coming_at=now), after, SHOWN)
        more = f"{path}?{wanted.query(past=False, after=following)}" if following else ""
        found.append(Section(_("Akan datang dan sedang berlangsung"), coming, more, _("Kegiatan berikutnya")))
    if wanted.past or after is None:
        size = SHOWN if wanted.past else SHOWN_PAST
        over, following = await _page(session, replace(filters, over_at=now), after, size)
        onward = wanted.query(past=True, after=following if wanted.past else "")
        label = _("Kegiatan sebelumnya") if wanted.past else _("Semua kegiatan yang sudah lewat")
        found.append(Section(_("Sudah lewat"), over, f"{path}?{onward}" if following else "", label))
    return [section for section in found if section.workshops]


async def _page(
    session: AsyncSession, filters: Filters, after: Position | None, size: int
) -> tuple[list[WorkshopRead], str]:
    """A page of workshops, and where the next one begins, if there is one."""
    glances, more = page_of(await workshops_reading.page(session, ANONYMOUS, filters, after, size + 1), size)
    found = await workshops_reading.read(session, [glance.id for glance in glances])
    following = cursor(glances[-1].starts_at.isoformat(), glances[-1].id) if more else ""
    return [found[glance.id] for glance in glances if glance.id in found], following


def _position(after: str) -> Position | None:
    """Where a page begins; a broken cursor begins at the beginning."""
    try:
        key = Paging(limit=1, cursor=after or None).after(2)
        return (_instant.validate_python(key[0]), keyset_id(key[1])) if key else None
    except (InvalidInput, ValidationError):
        return None


def _one_of(words: type[W], typed: str) -> W | None:
    return words(typed) if typed in set(words) else None


async def _hosts(session: AsyncSession) -> dict[str, Host]:
    """Those who have something to show, by name."""
    shown = (
        select(Organizer.slug, Organizer.name, Organizer.language)
        .join(Workshop, col(Workshop.organizer_id) == col(Organizer.id))
        .where(workshops.IS_PUBLIC)
        .distinct()
        .order_by(Organizer.name)
    )
    return {slug: Host(name, language) for slug, name, language in await session.exec(shown)}
