"""Formal agreements (Komitmen Bersama): the second layer above the working commitments."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.documents import agreement
from service.domain import agreement_papers, agreements
from service.domain.submissions import DeliveredFile
from service.models.agreements_shapes import (
    AgreementCreate,
    AgreementPatch,
    AgreementRead,
    SignatureCreate,
    SignatureFields,
)
from service.models.columns import Code
from service.models.commitments_shapes import EvidenceType
from service.routers import bodies, downloads, printing, uploads
from service.routers.access import (
    Page,
    Paging,
    Session,
    allow,
    allow_first,
    check_version,
    cursor,
    database_of,
    page_of,
    respond,
)
from service.routers.commitments_evidence import taken
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["agreements"])
Reader = Annotated[Actor, allow(Permission.COMMITMENTS_READ)]
Writer = Annotated[Actor, allow(Permission.COMMITMENTS_WRITE)]
SIGNATURE = taken(
    SignatureCreate,
    {
        "organisation": {"type": "string", "description": "Code of the organisation"},
        "signatory_office": {"type": "string", "description": "Office that signed"},
        "type": {"type": "string", "enum": [one.value for one in EvidenceType], "description": "What the file is"},
        "reference": {"type": "string", "description": "Number or place of the paper"},
        "note": {"type": "string", "description": "Remark"},
    },
    ["organisation", "signatory_office"],
)


class AgreementQuery(Paging):
    """Filters of the list."""

    workshop: UUID | None = Field(None, description="Only this workshop (id)")


@router.get("/agreements", operation_id="list_agreements")
async def list_agreements(
    query: Annotated[AgreementQuery, Query()], session: Session, actor: Reader
) -> Page[AgreementRead]:
    """Formal agreements by code."""
    key = query.after(1)
    found = await agreements.page(session, actor, query.workshop, key[0] if key else None, query.limit + 1)
    page, more = page_of(found, query.limit)
    return Page(items=list(page), next=cursor(page[-1].code) if more else None)


@router.post("/agreements", operation_id="create_agreement", status_code=201, response_model=AgreementRead)
async def create_agreement(data: AgreementCreate, request: Request, session: Session, actor: Writer) -> Response:
    """Prepares a formal agreement for the workshop at which it is to be signed."""
    row = await agreements.add(session, actor, data)
    return await _shown(request, session, actor, row.id, status=201)


@router.get("/agreements/{agreement_id}", operation_id="get_agreement", response_model=AgreementRead)
async def get_agreement(agreement_id: UUID, request: Request, session: Session, actor: Reader) -> Response:
    """One agreement, and who has signed it."""
    return await _shown(request, session, actor, agreement_id)


@router.patch("/agreements/{agreement_id}", operation_id="change_agreement", response_model=AgreementRead)
async def change_agreement(
    agreement_id: UUID, data: AgreementPatch, request: Request, session: Session, actor: Writer
) -> Response:
    """Changes its words, number and date. Needs If-Match."""
    row = await agreements.find(session, actor, agreement_id, lock=True)
    check_version(request, row.version)
    await agreements.change(session, actor, row, data)
    return await _shown(request, session, actor, agreement_id)


@router.get(
    "/agreements/{agreement_id}/agreement.pdf",
    operation_id="print_agreement",
    response_class=Response,
    responses=printing.FILE,
)
async def print_agreement(
    agreement_id: UUID, request: Request, actor: Annotated[Actor, allow_first(Permission.COMMITMENTS_READ)]
) -> Response:
    """The paper (Komitmen Bersama) with room for signatures, and what was promised as its annex: of all that have
    promised something at its workshop or those before it; once it has a date, of those that have signed.
    """
    async with database_of(request).read() as session:
        paper = await agreement_papers.of(session, actor, agreement_id)
    return await printing.answer(paper.name, agreement.pages, paper, printing.store_of(request))


@router.post(
    "/agreements/{agreement_id}/signatures",
    operation_id="sign_agreement",
    status_code=201,
    response_model=AgreementRead,
    openapi_extra=SIGNATURE,
    max_body_size=uploads.UNBOUNDED,
)
async def sign_agreement(
    agreement_id: UUID, request: Request, actor: Annotated[Actor, allow_first(Permission.COMMITMENTS_WRITE)]
) -> Response:
    """Records that an organisation has signed (JSON, or multipart with the signed paper). What it has promised at the
    agreement's workshop or those before it becomes part of the agreement. Signing again adds what came since; the
    answer is 200 when all of it is there already.
    """
    async with database_of(request).read() as session:
        await agreements.find(session, actor, agreement_id)
    if bodies.is_json(request):
        data = bodies.validated(SignatureCreate, await bodies.json_of(request))
        return await _signed(request, actor, agreement_id, data, [])
    async with uploads.received(request) as form:
        fields = bodies.validated(SignatureFields, bodies.said(form.fields))
        return await _signed(request, actor, agreement_id, fields, form.files)


@router.get(
    "/agreements/{agreement_id}/signatures/{organisation}/evidence/{n}",
    operation_id="download_signature_evidence",
    response_class=StreamingResponse,
    responses=downloads.FILE,
)
async def download_signature_evidence(
    agreement_id: UUID,
    organisation: Code,
    n: int,
    request: Request,
    actor: Annotated[Actor, allow_first(Permission.COMMITMENTS_READ)],
) -> Response:
    """The file of one proof of a signature, always as an attachment."""
    async with database_of(request).read() as session:
        file = await agreements.signed_file(session, actor, agreement_id, organisation, n)
    return downloads.attached(request, file)


async def _signed(
    request: Request,
    actor: Actor,
    agreement_id: UUID,
    data: SignatureCreate | SignatureFields,
    files: list[DeliveredFile],
) -> Response:
    database = database_of(request)
    async with database.write() as session:
        new = await agreements.sign(session, actor, agreement_id, data, [asdict(file) for file in files])
        answer = await _shown(request, session, actor, agreement_id, status=201 if new else 200)
    if not new:
        await uploads.discard(uploads.store_of(database.settings), files)
    return answer


async def _shown(
    request: Request, session: AsyncSession, actor: Actor, agreement_id: UUID, *, status: int = 200
) -> Response:
    read = await agreements.one(session, actor, agreement_id)
    return respond(request, read, read.version, status=status)
