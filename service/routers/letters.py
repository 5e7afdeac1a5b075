"""The official letters by which organisations are invited: their words, and the letters as PDF."""

import asyncio
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from service.auth import Actor, Permission
from service.documents import invitation_letter
from service.domain import invitation_letters, invitations, inviting, workshops
from service.domain.file_names import attachment
from service.domain.invitation_letters import Sheet
from service.models.letters_shapes import LetterInput, LetterRead
from service.routers import uploads
from service.routers.access import Paging, Session, allow, allow_first, check_version, cursor, database_of, respond
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["invitations"])
Inviter = Annotated[Actor, allow_first(Permission.INVITATIONS_WRITE)]
PDF = "application/pdf"
_ANSWER: dict[int | str, dict[str, object]] = {
    200: {"description": "The letter", "content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}
}


class Batch(Paging):
    """How many letters at once."""

    limit: int = Field(200, ge=1, le=200, description="Letters in one document")


@router.get("/workshops/{workshop_id}/letter", operation_id="get_letter", response_model=LetterRead)
async def get_letter(
    workshop_id: UUID, request: Request, session: Session, actor: Annotated[Actor, allow(Permission.WORKSHOPS_READ)]
) -> Response:
    """The words of the workshop's letters of invitation."""
    workshop = await workshops.find(session, actor, workshop_id)
    return respond(request, await invitation_letters.read(session, workshop), workshop.version)


@router.put("/workshops/{workshop_id}/letter", operation_id="replace_letter", response_model=LetterRead)
async def replace_letter(
    workshop_id: UUID,
    data: LetterInput,
    request: Request,
    session: Session,
    actor: Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)],
) -> Response:
    """Sets the words of the workshop's letters; If-Match is the workshop's."""
    workshop, _capacity = await workshops.find_for_change(session, actor, workshop_id)
    check_version(request, workshop.version)
    workshop = await invitation_letters.replace(session, actor, workshop, data)
    return respond(request, await invitation_letters.read(session, workshop), workshop.version)


@router.get(
    "/workshops/{workshop_id}/invitations/{invitation_id}/letter.pdf",
    operation_id="print_letter",
    response_class=Response,
    responses=_ANSWER,
)
async def print_letter(workshop_id: UUID, invitation_id: UUID, request: Request, actor: Inviter) -> Response:
    """One organisation's letter, ready to be signed. It names the organisation's secret link."""
    async with database_of(request).read() as session:
        row = await inviting.find(session, actor, workshop_id, invitation_id)
        sheet = await invitation_letters.of_invitation(session, row)
    return await answer(request, sheet, row.letter_number)


@router.get(
    "/workshops/{workshop_id}/letters.pdf", operation_id="print_letters", response_class=Response, responses=_ANSWER
)
async def print_letters(
    workshop_id: UUID, request: Request, actor: Inviter, batch: Annotated[Batch, Query()]
) -> Response:
    """All letters in one document, by the organisations' codes, without those who declined.

    When there are more than `limit`, the Link header (rel="next", RFC 8288) names the next document.
    """
    after = batch.after(1)
    async with database_of(request).read() as session:
        sheet, more = await invitation_letters.of_workshop(
            session, actor, workshop_id, after[0] if after else None, batch.limit
        )
    response = await answer(request, sheet, None)
    if more is not None:
        query = urlencode({"limit": batch.limit, "cursor": cursor(more)})
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return response


@router.get(
    "/invitations/{token}/letter.pdf",
    operation_id="get_invitation_letter",
    response_class=Response,
    responses=_ANSWER,
)
async def get_invitation_letter(
    token: Annotated[str, Path(max_length=200)],
    request: Request,
    _actor: Annotated[Actor, allow_first(Permission.PUBLIC)],
) -> Response:
    """The letter of the invitation behind the organisation's secret link."""
    return await behind(request, token)


async def behind(request: Request, token: str) -> Response:
    """The letter of the invitation behind a secret link. Raises NotFound."""
    async with database_of(request).read() as session:
        row = await invitations.open_link(session, token)
        sheet = await invitation_letters.of_invitation(session, row)
    return await answer(request, sheet, row.letter_number)


async def answer(request: Request, sheet: Sheet, number: str | None) -> Response:
    """The letters as a download, set in a thread when no connection is held any more."""
    store = uploads.store_of(database_of(request).settings)
    content = await asyncio.to_thread(invitation_letter.render, sheet, store)
    headers = {"Content-Disposition": attachment(invitation_letters.file_name(number)), "X-Robots-Tag": "noindex"}
    return Response(content, media_type=PDF, headers=headers)
