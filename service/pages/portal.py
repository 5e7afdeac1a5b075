"""An agency's portal: who it is, what it owes and by when, and its answers. The link is the key."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth
from service.auth import Actor
from service.domain import calendars_organisations, commitments, commitments_read, portal, submissions
from service.domain.commitments_read import Filters
from service.errors import NotFound, Refusal
from service.i18n import gettext as _
from service.models.commitments import CommitmentStatus
from service.models.commitments_shapes import (
    CommitmentRead,
    ExtensionRequest,
    PledgeCreate,
    ReasonGiven,
    SubmissionLink,
)
from service.models.data_items import DataItem
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.forms import BadForm, Typed
from service.pages.house import house_page
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers.access import Session, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SHOWN = 500


@dataclass(frozen=True)
class Entry:
    """One commitment in the list: what is asked for, how it stands, where its page is."""

    title: str
    href: str
    read: CommitmentRead


@router.get("/portal/{token}", operation_id="page_portal")
async def show_portal(token: Token, session: Session, _visitor: Visitor) -> Response:
    """Who we are, where we are invited, what we owe. Looking changes nothing."""
    actor = await _agency(session, token)
    organisation, house = await portal.who(session, actor)
    when = await commitments_read.moment(session, actor, None)
    reads = await commitments_read.page(session, actor, when, Filters(), None, SHOWN)
    items = await _items(session, actor, [read.data_item for read in reads])
    entries = [Entry(items[read.data_item].name, f"/portal/{token}/commitments/{read.id}", read) for read in reads]
    invited = await portal.invited_to(session, actor)
    return house_page(
        session,
        house,
        "portal.html",
        organisation=organisation,
        workshops=[(row, f"/w/{house.slug}/{row.slug}") for row in invited],
        debt=await commitments_read.debt(session, actor),
        owed=sorted((entry for entry in entries if entry.read.owes), key=_urgency),
        settled=[entry for entry in entries if not entry.read.owes],
        calendar=calendars_organisations.calendar_url(session, organisation),
    )


@router.get("/portal/{token}/commitments/{commitment_id}", operation_id="page_commitment")
async def show_commitment(
    token: Token,
    commitment_id: UUID,
    session: Session,
    _visitor: Visitor,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One commitment with its history, and what can be answered now."""
    return await _page(session, token, commitment_id, {}, (), done=done)


@router.post("/portal/{token}/commitments/{commitment_id}", operation_id="page_answer_commitment")
async def answer(token: Token, commitment_id: UUID, request: Request, _visitor: Visitor) -> Response:
    """What the button `do` says: pledge, decline, submit or extend."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            done = await _act(session, await _agency(session, token), commitment_id, typed)
    except NotFound:
        raise
    except Refusal as refused:
        errors = forms.errors_of(refused)
        if typed.get("do") == "extend":
            errors = [FormError("why" if error.field == "reason" else error.field, error.message) for error in errors]
        async with database.read() as session:
            return await _page(session, token, commitment_id, typed, errors, status=refused.status)
    return RedirectResponse(f"/portal/{token}/commitments/{commitment_id}?done={done}", status_code=303)


async def _act(session: AsyncSession, actor: Actor, commitment_id: UUID, typed: Typed) -> str:
    advice = {
        "signatory_office": _("Tuliskan jabatan yang menyanggupi, misalnya Kepala Dinas."),
        "reason": _("Tuliskan alasan secara singkat."),
        "url": _("Isi dengan alamat web lengkap, misalnya https://data.luwukab.go.id/set/12."),
        "until": _("Pilih tanggal tenggat yang diminta."),
    }
    match typed.get("do"):
        case "pledge":
            pledge = forms.read(PledgeCreate, _only(typed, "signatory_office"), advice)
            await commitments.pledge(session, actor, commitment_id, pledge)
            return "pledged"
        case "decline":
            await commitments.decline(
                session, actor, commitment_id, forms.read(ReasonGiven, _only(typed, "reason"), advice)
            )
            return "declined"
        case "submit":
            values = _only(typed, "url", "note") | {"complete": typed.get("partial") != "yes"}
            link = forms.read(SubmissionLink, values, advice)
            await submissions.submit(session, actor, commitment_id, link, url=link.url)
            return "submitted"
        case "extend":
            values = {"until": typed.get("until"), "reason": typed.get("why")}
            extension = forms.read(ExtensionRequest, values, advice)
            await commitments.ask_extension(session, actor, commitment_id, extension)
            return "extended"
    raise BadForm


def _only(typed: Typed, *names: str) -> dict[str, object]:
    return {name: typed[name] for name in names if name in typed}


async def _agency(session: AsyncSession, token: str) -> Actor:
    """The organisation whose link this is. Raises NotFound for a dead or unknown one."""
    actor = await auth.organisation(session, token)
    if actor is None:
        raise NotFound
    return actor


async def _items(session: AsyncSession, actor: Actor, codes: Collection[str]) -> dict[str, DataItem]:
    query = select(DataItem).where(DataItem.organizer_id == actor.tenant, col(DataItem.code).in_(set(codes)))
    return {item.code: item for item in await session.exec(query)}


def _urgency(entry: Entry) -> tuple[date, str]:
    return entry.read.due_date or date.max, entry.read.code


async def _page(
    session: AsyncSession,
    token: str,
    commitment_id: UUID,
    typed: Typed,
    errors: Sequence[FormError],
    *,
    status: int = 200,
    done: str = "",
) -> Response:
    actor = await _agency(session, token)
    organisation, house = await portal.who(session, actor)
    when = await commitments_read.moment(session, actor, None)
    read = await commitments_read.one(session, actor, commitment_id, when)
    items = await _items(session, actor, [read.data_item])
    standing = read.commitment_status in commitments.STANDING
    return house_page(
        session,
        house,
        "commitment.html",
        status=status,
        commitment=read,
        item=items[read.data_item],
        organisation=organisation,
        workshop=await session.get_one(Workshop, read.workshop),
        may_answer=read.commitment_status is CommitmentStatus.REQUESTED,
        may_submit=read.owes,
        may_extend=standing and read.owes,
        done=done,
        typed=typed,
        errors=errors,
        action=f"/portal/{token}/commitments/{commitment_id}",
        back=f"/portal/{token}",
    )
