"""Workshops: the public list and detail, and what the organizer does with them."""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, TypeAdapter, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import workshops, workshops_reading
from service.domain.workshops_reading import Filters, Glance
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.columns import Slug
from service.models.workshops import Kind, Modality, Workshop, WorkshopStatus
from service.models.workshops_shapes import (
    AgendaInput,
    BlocksInput,
    Moment,
    WorkshopCancellation,
    WorkshopCreate,
    WorkshopPatch,
    WorkshopRead,
)
from service.routers.access import (
    Page,
    Paging,
    Session,
    allow,
    check_version,
    cursor,
    keyset_id,
    page_of,
)
from service.routers.route import ApiRoute
from service.routers.shelf import Answers, Build, Shelf

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["workshops"])

Visitor = Annotated[Actor, allow(Permission.PUBLIC)]
Writer = Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)]

_answers = Answers("application/json")
_bodies = Shelf()
_instant: TypeAdapter[datetime] = TypeAdapter(Moment)


class WorkshopQuery(Paging):
    """Which workshops are wanted."""

    organizer: Slug | None = Field(None, description="Slug of the organizer", examples=["luwu"])
    slug: Slug | None = Field(None, description="Slug of the workshop")
    since: str | None = Field(
        None,
        alias="from",
        max_length=40,
        description="Taking place at or after this date or RFC 3339 instant; a date is one of the organizer's zone",
        examples=["2023-07-01"],
    )
    until: str | None = Field(
        None,
        alias="to",
        max_length=40,
        description="Beginning at or before this date (until its end) or RFC 3339 instant",
        examples=["2023-07-31"],
    )
    kind: Kind | None = Field(None, description="Of this kind, possibly beside another")
    modality: Modality | None = Field(None, description="Held this way")
    status: WorkshopStatus | None = Field(None, description="In this status")
    q: str | None = Field(None, min_length=1, max_length=200, description="Words of the title, in any case")

    def filters(self) -> Filters:
        """What the domain understands. Raises InvalidInput."""
        return Filters(
            organizer=self.organizer,
            slug=self.slug,
            since=_day_or_instant("from", self.since),
            until=_day_or_instant("to", self.until),
            kind=self.kind,
            modality=self.modality,
            status=self.status,
            q=self.q,
        )

    def position(self) -> tuple[datetime, UUID] | None:
        """Where the page starts. Raises InvalidInput."""
        key = self.after(2)
        if key is None:
            return None
        try:
            return _instant.validate_python(key[0]), keyset_id(key[1])
        except ValidationError:
            raise InvalidInput.at("query/cursor", _("Gunakan nilai next dari jawaban sebelumnya.")) from None


@router.get("/workshops", operation_id="list_workshops", response_model=Page[WorkshopRead])
async def list_workshops(
    request: Request, query: Annotated[WorkshopQuery, Query()], session: Session, actor: Visitor
) -> Response:
    """Published, completed and cancelled workshops, newest start first; a key's own drafts too."""
    filters, position = query.filters(), query.position()

    async def look() -> tuple[str, Build]:
        found = await workshops_reading.page(session, actor, filters, position, query.limit + 1)
        glances, more = page_of([(glance, glance.etag) for glance in found], query.limit)
        last = glances[-1][0] if more else None
        following = cursor(last.starts_at.isoformat(), last.id) if last else None
        return _etag_of_list(glances, following), partial(_list_body, session, glances, following)

    return await _answers.give(request, look)


@router.get("/workshops/{workshop_id}", operation_id="read_workshop", response_model=WorkshopRead)
async def read_workshop(request: Request, workshop_id: UUID, session: Session, actor: Visitor) -> Response:
    """One workshop. Its ETag is `"<version>-<seats taken offline>.<online>-<registration state>"`."""

    async def look() -> tuple[str, Build]:
        glance = await workshops_reading.glance(session, actor, workshop_id)
        return glance.etag, partial(_body, session, glance)

    return await _answers.give(request, look)


@router.post("/workshops", operation_id="create_workshop", status_code=201, response_model=WorkshopRead)
async def create_workshop(data: WorkshopCreate, session: Session, actor: Writer) -> Response:
    """A new workshop, a draft at first. Without a slug one is made from the title."""
    workshop = await workshops.create(session, actor, data)
    return await _written(session, workshop, 201, Location=f"/api/v1/workshops/{workshop.id}")


@router.patch("/workshops/{workshop_id}", operation_id="change_workshop", response_model=WorkshopRead)
async def change_workshop(
    request: Request, workshop_id: UUID, data: WorkshopPatch, session: Session, actor: Writer
) -> Response:
    """A JSON merge patch (RFC 7396). Raising a limit lets those in who wait; lowering it takes no seat away.

    When start and end move by the same time and no agenda is sent, agenda and blocks move along.
    """
    workshop, capacity = await workshops.find_for_change(session, actor, workshop_id)
    check_version(request, workshop.version)
    await workshops.change(session, actor, workshop, capacity, data)
    return await _written(session, workshop)


@router.put("/workshops/{workshop_id}/agenda", operation_id="replace_agenda", response_model=WorkshopRead)
async def replace_agenda(
    request: Request, workshop_id: UUID, data: AgendaInput, session: Session, actor: Writer
) -> Response:
    """The whole agenda anew; entries sent with their id stay the same entries. If-Match is the workshop's."""
    workshop, _capacity = await workshops.find_for_change(session, actor, workshop_id)
    check_version(request, workshop.version)
    await workshops.replace_agenda(session, actor, workshop, data.items)
    return await _written(session, workshop)


@router.put("/workshops/{workshop_id}/blocks", operation_id="replace_blocks", response_model=WorkshopRead)
async def replace_blocks(
    request: Request, workshop_id: UUID, data: BlocksInput, session: Session, actor: Writer
) -> Response:
    """All blocks anew; equal codes stay the same block. One with attendance cannot go. If-Match is the workshop's."""
    workshop, _capacity = await workshops.find_for_change(session, actor, workshop_id)
    check_version(request, workshop.version)
    await workshops.replace_blocks(session, actor, workshop, data.items)
    return await _written(session, workshop)


@router.post("/workshops/{workshop_id}/publication", operation_id="publish_workshop", response_model=WorkshopRead)
async def publish_workshop(workshop_id: UUID, session: Session, actor: Writer) -> Response:
    """Shows a draft to everybody; 409 `cannot_publish` names what is `missing`."""
    return await _written(session, await workshops.publish(session, actor, workshop_id))


@router.post("/workshops/{workshop_id}/cancellation", operation_id="cancel_workshop", response_model=WorkshopRead)
async def cancel_workshop(workshop_id: UUID, data: WorkshopCancellation, session: Session, actor: Writer) -> Response:
    """Calls a workshop off. It stays visible, marked; a draft stays unseen."""
    row = await workshops.cancel(session, actor, workshop_id, data.reason, notify=data.notify)
    return await _written(session, row)


@router.post("/workshops/{workshop_id}/completion", operation_id="complete_workshop", response_model=WorkshopRead)
async def complete_workshop(workshop_id: UUID, session: Session, actor: Writer) -> Response:
    """Says that a published workshop has taken place. There is no way back."""
    return await _written(session, await workshops.complete(session, actor, workshop_id))


async def _body(session: AsyncSession, glance: Glance) -> tuple[str, bytes]:
    [body] = await _bodies_of(session, [(glance, glance.etag)])
    return body


async def _list_body(
    session: AsyncSession, glances: Sequence[tuple[Glance, str]], following: str | None
) -> tuple[str, bytes]:
    bodies = await _bodies_of(session, glances)
    shown = [(glance, etag) for (glance, _etag), (etag, _body) in zip(glances, bodies, strict=True)]
    items = b",".join(body for _etag, body in bodies)
    return _etag_of_list(shown, following), b'{"items":[' + items + b'],"next":' + json.dumps(following).encode() + b"}"


async def _bodies_of(session: AsyncSession, glances: Sequence[tuple[Glance, str]]) -> list[tuple[str, bytes]]:
    """ETag and JSON of each workshop; what is not on the shelf is read together."""
    bodies = {
        glance.id: (etag, body) for glance, etag in glances if (body := _bodies.get((glance.id, etag))) is not None
    }
    missing = [glance.id for glance, _etag in glances if glance.id not in bodies]
    if missing:
        for workshop_id, read in (await workshops_reading.read(session, missing)).items():
            # A seat may have been taken since the glance: the ETag is that of what was read.
            etag, body = workshops_reading.etag_of(read), read.model_dump_json().encode()
            _bodies.put((workshop_id, etag), body)
            bodies[workshop_id] = etag, body
    return [bodies[glance.id] for glance, _etag in glances]


async def _written(session: AsyncSession, workshop: Workshop, status: int = 200, **headers: str) -> Response:
    # Never put on the shelf: the transaction may still fail.
    read = (await workshops_reading.read(session, [workshop.id]))[workshop.id]
    etag = workshops_reading.etag_of(read)
    content = read.model_dump_json()
    return Response(content, status, media_type="application/json", headers={"ETag": etag, **headers})


def _etag_of_list(entries: Sequence[tuple[Glance, str]], following: str | None) -> str:
    said = ",".join([f"{glance.id.hex}{etag}" for glance, etag in entries])
    return f'"{hashlib.sha256(f"{said};{following}".encode()).hexdigest()[:32]}"'


def _day_or_instant(name: str, value: str | None) -> date | datetime | None:
    if value is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            day = date.fromisoformat(value)
            _instant.validate_python(f"{day}T12:00:00Z")
            return day
        # An offset's plus that was not percent-encoded arrives as a space.
        return _instant.validate_strings(re.sub(r" (\d\d:?\d\d)$", r"+\1", value))
    except ValueError:
        text = _("Tulis tanggal (2023-07-03) atau waktu menurut RFC 3339 (2023-07-03T08:30:00+08:00).")
        raise InvalidInput.at(f"query/{name}", text) from None
