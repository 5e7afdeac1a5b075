"""One commitment behind the portal link: how it stands, who is to act, and the short answers to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.db import settings_of
from service.domain import agenda, commitments, commitments_read, commitments_remarks, portal, submissions
from service.errors import InvalidInput, NotFound, Refusal
from service.i18n import gettext as _, speak_date, speak_number
from service.models.commitments import Axis, CommitmentStatus, FulfilmentStatus
from service.models.commitments_shapes import (
    CommitmentRead,
    EvidenceType,
    ExtensionRequest,
    Metadata,
    PledgeCreate,
    ReasonGiven,
    RemarkCreate,
)
from service.models.workshops import AgendaItem, Workshop
from service.pages import forms
from service.pages.afterwards import agency_of
from service.pages.forms import BadForm, Option, Typed
from service.pages.house import house_page
from service.pages.portal import Done
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers import uploads
from service.routers.access import Session, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PARTS = (
    *submissions.REQUIRED_METADATA,
    *(name for name in Metadata.model_fields if name not in submissions.REQUIRED_METADATA),
)
"""The parts of a description, the required ones first."""
_ELSEWHERE = {
    "pledge": {"workshop": "place", "agenda_item": "place"},
    "extend": {"reason": "why"},
    "withdraw": {"reason": "withdrawal"},
    "prove": {"files": "proof"},
}
"""Fields of one page have one name each; so the same part of two shapes is called differently."""
_MEGABYTE = 1_048_576


@dataclass(frozen=True)
class May:
    """Which forms apply now. `further`: a part waits for review, and the rest can follow."""

    answer: bool
    submit: bool
    further: bool
    extend: bool
    withdraw: bool
    prove: bool


@dataclass(frozen=True)
class Limits:
    """Of one upload: bytes and files at most, the bytes also in words."""

    most: int
    count: int
    words: str


@dataclass(frozen=True)
class Delivery:
    """What the delivery's form begins with: the description given last, and what the steward says to its parts."""

    values: Mapping[str, str | None]
    told: Mapping[str, str]
    limits: Limits
    parts: tuple[str, ...] = PARTS


@router.get("/portal/{token}/commitments/{commitment_id}", operation_id="page_commitment")
async def show_commitment(
    token: Token, commitment_id: UUID, session: Session, _visitor: Visitor, done: Done = ""
) -> Response:
    """One commitment with its history, and what can be answered now."""
    return await commitment_page(session, token, commitment_id, {}, (), done=done)


@router.post("/portal/{token}/commitments/{commitment_id}", operation_id="page_answer_commitment")
async def answer(token: Token, commitment_id: UUID, request: Request, _visitor: Visitor) -> Response:
    """What the button `do` says: pledge, decline, withdraw, extend or say."""
    typed = await forms.typed(request)
    try:
        async with database_of(request).write() as session:
            done = await _act(session, await agency_of(session, token), commitment_id, typed)
    except NotFound:
        raise
    except Refusal as refused:
        return await refused_page(request, token, commitment_id, typed, refused)
    return RedirectResponse(f"/portal/{token}/commitments/{commitment_id}?done={done}", status_code=303)


async def refused_page(request: Request, token: str, commitment_id: UUID, typed: Typed, refused: Refusal) -> Response:
    """The page again, with what was typed and what was wrong with it."""
    names = _ELSEWHERE.get(typed.get("do", ""), {})
    found = [(error, error.field.removeprefix("metadata/")) for error in forms.errors_of(refused)]
    errors = [FormError(names.get(field, field), error.message, error.label) for error, field in found]
    async with database_of(request).read() as session:
        return await commitment_page(session, token, commitment_id, typed, errors, status=refused.status)


async def _act(session: AsyncSession, actor: Actor, commitment_id: UUID, typed: Typed) -> str:
    advice = {
        "signatory_office": _("Tuliskan jabatan yang menyatakan komitmen, misalnya Kepala Dinas."),
        "reason": _("Tuliskan alasan secara singkat."),
        "until": _("Pilih tanggal tenggat yang diminta."),
        "text": _("Tuliskan pertanyaan atau penjelasan."),
    }
    match typed.get("do"):
        case "pledge":
            values = {"signatory_office": typed.get("signatory_office")} | await _place(session, typed)
            data = forms.read(PledgeCreate, values, advice)
            await commitments.pledge(session, actor, commitment_id, data)
            return "pledged"
        case "decline":
            reason = forms.read(ReasonGiven, {"reason": typed.get("reason")}, advice)
            await commitments.decline(session, actor, commitment_id, reason)
            return "declined"
        case "withdraw":
            reason = forms.read(ReasonGiven, {"reason": typed.get("withdrawal")}, advice)
            await commitments.withdraw(session, actor, commitment_id, reason)
            return "withdrawn"
        case "extend":
            wanted = {"until": typed.get("until"), "reason": typed.get("why")}
            extension = forms.read(ExtensionRequest, wanted, advice)
            await commitments.ask_extension(session, actor, commitment_id, extension)
            return "extended"
        case "say":
            remark = forms.read(RemarkCreate, {"text": typed.get("text")}, advice)
            await commitments_remarks.say(session, actor, commitment_id, remark)
            return "said"
    raise BadForm


async def _place(session: AsyncSession, typed: Typed) -> dict[str, object]:
    """The workshop or the entry of its agenda that was chosen. Raises InvalidInput."""
    place = typed.get("place")
    if place is None:
        return {}
    try:
        chosen = UUID(place)
    except ValueError:
        raise InvalidInput.at("/place", _("Pilih dari daftar.")) from None
    item = await session.get(AgendaItem, chosen)
    return {"workshop": item.workshop_id, "agenda_item": item.id} if item else {"workshop": chosen}


async def commitment_page(
    session: AsyncSession,
    token: str,
    commitment_id: UUID,
    typed: Typed,
    errors: Sequence[FormError],
    *,
    status: int = 200,
    done: str = "",
) -> Response:
    """The page of one commitment. Raises NotFound."""
    actor = await agency_of(session, token)
    organisation, house = await portal.who(session, actor)
    when = await commitments_read.moment(session, actor, None)
    read = await commitments_read.one(session, actor, commitment_id, when)
    items = await portal.items(session, actor, [read.data_item])
    workshop = await session.get_one(Workshop, read.workshop)
    left = await portal.days_left(session, actor, [read.due_date] if read.due_date else [])
    return house_page(
        session,
        house,
        "commitment.html",
        status=status,
        commitment=read,
        left=left.get(read.due_date) if read.due_date else None,
        item=items[read.data_item],
        organisation=organisation,
        workshop=workshop,
        pledged_at=await _pledged_at(session, read),
        talk=await commitments_remarks.latest(session, actor, commitment_id),
        said_dates=_dates(read),
        office=await portal.last_office(session, actor),
        places=await _places(session, workshop) if read.commitment_status is CommitmentStatus.REQUESTED else (),
        may=_open_forms(read),
        delivery=_delivery(session, read, typed),
        types=list(EvidenceType),
        done=done,
        typed=typed,
        errors=errors,
        action=f"/portal/{token}/commitments/{commitment_id}",
        base=f"/portal/{token}/commitments/{commitment_id}",
        back=f"/portal/{token}",
    )


def _open_forms(read: CommitmentRead) -> May:
    standing = read.commitment_status in commitments.STANDING
    last = read.submissions[-1] if read.submissions else None
    waits = standing and read.fulfilment_status is FulfilmentStatus.SUBMITTED
    further = waits and last is not None and not last.complete
    return May(
        answer=read.commitment_status is CommitmentStatus.REQUESTED,
        submit=read.owes or further,
        further=further,
        extend=read.owes,
        withdraw=read.commitment_status is CommitmentStatus.COMMITTED,
        prove=read.commitment_status is not CommitmentStatus.REQUESTED,
    )


def _delivery(session: AsyncSession, read: CommitmentRead, typed: Typed) -> Delivery:
    last = read.submissions[-1] if read.submissions else None
    values: Mapping[str, str | None] = last.metadata.model_dump() if last else {}
    again = typed.get("do") == "submit"
    return Delivery(
        values={name: typed.get(name) for name in PARTS} if again else values,
        told=last.remarks if last and last.status is FulfilmentStatus.RETURNED else {},
        limits=limits_of(session),
    )


def limits_of(session: AsyncSession) -> Limits:
    """What one upload may hold."""
    most = settings_of(session).max_upload_bytes
    return Limits(most, uploads.MOST_FILES, f"{speak_number(round(most / _MEGABYTE, 1))} MB")


def _dates(read: CommitmentRead) -> dict[str, date]:
    """The days that the history speaks of."""
    moved = [change for change in read.history if change.axis in (Axis.DUE_DATE, Axis.EXTENSION)]
    return {change.to: date.fromisoformat(change.to) for change in moved if change.to[:1].isdigit()}


async def _pledged_at(session: AsyncSession, read: CommitmentRead) -> str | None:
    place = await session.get(Workshop, read.pledged_workshop) if read.pledged_workshop else None
    return place.title if place else None


async def _places(session: AsyncSession, workshop: Workshop) -> list[Option]:
    """Where a promise can have been made: the workshop at which it was asked for, and the sittings of its agenda."""
    zone = workshop.timezone
    entries = [
        Option(str(row.id), f"{speak_date(clock.local_date(row.starts_at, zone))}: {row.title}")
        for row in await agenda.sittings(session, workshop.id)
    ]
    return [Option(str(workshop.id), workshop.title), *entries]
