"""Files over the portal link: deliveries and proofs go in, and what was delivered can be looked at again."""

from collections.abc import Mapping
from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from service.domain import commitments, commitments_evidence, submissions
from service.domain.proofs import Stored
from service.domain.submissions import DeliveredFile
from service.errors import InvalidInput, NotFound, Refusal, StorageFull, UnsupportedFile, UploadCut, UploadTooLarge
from service.i18n import gettext as _
from service.models.commitments_shapes import Evidence, EvidenceFields, SubmissionFields, SubmissionLink
from service.pages import forms
from service.pages.afterwards import agency_of
from service.pages.forms import Typed, what_to_do
from service.pages.portal_commitment import PARTS, refused_page
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers import downloads, uploads
from service.routers.access import Session, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
OF_FILES = (UnsupportedFile, UploadTooLarge, UploadCut, StorageFull)
"""What is wrong with the files themselves, and is said at their field."""


@router.get("/portal/{token}/commitments/{commitment_id}/submissions", operation_id="page_submissions")
@router.get("/portal/{token}/commitments/{commitment_id}/evidence", operation_id="page_evidence")
async def lead_back(token: Token, commitment_id: UUID, session: Session, _visitor: Visitor) -> Response:
    """The page of the forms that post here, for whoever asks for it anew, as in another language."""
    await agency_of(session, token)
    return RedirectResponse(f"/portal/{token}/commitments/{commitment_id}", status_code=303)


@router.post(
    "/portal/{token}/commitments/{commitment_id}/submissions",
    operation_id="page_submit",
    max_body_size=uploads.UNBOUNDED,
)
async def submit(token: Token, commitment_id: UUID, request: Request, _visitor: Visitor) -> Response:
    """Hands in files, an address or both: a short read that checks, the stream, a short write."""
    seen: dict[str, str] = {}
    try:
        await _check_open(request, token, commitment_id)
        async with uploads.received(request, required=False, seen=seen) as form:
            await _submitted(request, token, commitment_id, stripped(form.fields), form.files)
    except NotFound:
        raise
    except Refusal as refused:
        return await refused_page(
            request, token, commitment_id, stripped(seen) | {"do": "submit"}, at_the_files(refused)
        )
    return RedirectResponse(f"/portal/{token}/commitments/{commitment_id}?done=submitted", status_code=303)


@router.post(
    "/portal/{token}/commitments/{commitment_id}/evidence",
    operation_id="page_prove",
    max_body_size=uploads.UNBOUNDED,
)
async def prove(token: Token, commitment_id: UUID, request: Request, _visitor: Visitor) -> Response:
    """Adds a proof of the promise: a scan, or where the paper is."""
    seen: dict[str, str] = {}
    try:
        async with database_of(request).read() as session:
            await commitments.find(session, await agency_of(session, token), commitment_id)
        async with uploads.received(request, required=False, seen=seen) as form:
            unused = await _proven(request, token, commitment_id, stripped(form.fields), form.files)
    except NotFound:
        raise
    except Refusal as refused:
        return await refused_page(
            request, token, commitment_id, stripped(seen) | {"do": "prove"}, at_the_files(refused)
        )
    await uploads.discard(uploads.store_of(database_of(request).settings), unused)
    return RedirectResponse(f"/portal/{token}/commitments/{commitment_id}?done=proven", status_code=303)


@router.get("/portal/{token}/submissions/{submission_id}/files/{n}", operation_id="page_submission_file")
async def download(token: Token, submission_id: UUID, n: int, request: Request, _visitor: Visitor) -> Response:
    """One delivered file, as an attachment."""
    async with database_of(request).read() as session:
        row = await submissions.find(session, await agency_of(session, token), submission_id)
    if not 1 <= n <= len(row.files):
        raise NotFound
    return downloads.attached(request, row.files[n - 1])


@router.get("/portal/{token}/commitments/{commitment_id}/evidence/{n}", operation_id="page_evidence_file")
async def download_proof(token: Token, commitment_id: UUID, n: int, request: Request, _visitor: Visitor) -> Response:
    """The file of one proof, as an attachment."""
    async with database_of(request).read() as session:
        file = await commitments_evidence.file(session, await agency_of(session, token), commitment_id, n)
    return downloads.attached(request, file)


def at_the_files(refused: Refusal) -> Refusal:
    """What is wrong with files, said at their field; any other refusal as it is."""
    if not isinstance(refused, OF_FILES):
        return refused
    named = refused.extra.get("errors")
    said = [f"{error['message']}" for error in named] if isinstance(named, list) else [what_to_do(refused)]
    return InvalidInput.at("/files", f"{_(refused.title)}. {' '.join(said)}")


async def _check_open(request: Request, token: str, commitment_id: UUID) -> None:
    async with database_of(request).read() as session:
        await submissions.check_open(session, await agency_of(session, token), commitment_id)


async def _submitted(
    request: Request, token: str, commitment_id: UUID, typed: Typed, files: list[DeliveredFile]
) -> None:
    values: dict[str, object] = {
        "note": typed.get("note"),
        "complete": typed.get("partial") != "yes",
        "metadata": {name: typed[name] for name in PARTS if name in typed},
    }
    advice = {"url": _("Isi dengan alamat web lengkap, misalnya https://data.contoh.go.id/set/12.")}
    url = typed.get("url")
    if url is None and not files:
        raise InvalidInput.at("/files", _("Pilih berkas, atau isi tautan ke tempat data berada."))
    data = (
        forms.read(SubmissionFields, values, advice)
        if url is None
        else forms.read(SubmissionLink, values | {"url": url}, advice)
    )
    database = database_of(request)
    async with database.write() as session:
        actor = await agency_of(session, token)
        row = await submissions.submit(session, actor, commitment_id, data, url=url, files=files)
    await uploads.discard_others(uploads.store_of(database.settings), files, row.files)


async def _proven(
    request: Request, token: str, commitment_id: UUID, typed: Typed, files: list[DeliveredFile]
) -> list[DeliveredFile]:
    """Keeps the proof; answers the files that were there already."""
    advice = {"type": _("Pilih jenis bukti.")}
    values = {name: typed[name] for name in ("type", "reference") if name in typed}
    if not files and "reference" not in values:
        raise InvalidInput.at("/reference", _("Isi nomor atau tempat dokumen, atau pilih berkas."))
    shape: type[Evidence | EvidenceFields] = EvidenceFields if files else Evidence
    data = forms.read(shape, values, advice)
    async with database_of(request).write() as session:
        actor = await agency_of(session, token)
        one_each: list[Stored | None] = [asdict(file) for file in files] or [None]
        kept = [await commitments_evidence.add(session, actor, commitment_id, data, file) for file in one_each]
    return [file for file, is_new in zip(files, kept, strict=False) if not is_new]


def stripped(fields: Mapping[str, str]) -> dict[str, str]:
    """What was typed, without spaces around it; empty fields are left out."""
    lines = {name: text.replace("\r\n", "\n").strip() for name, text in fields.items()}
    return {name: text for name, text in lines.items() if text}
