"""All promised data as the committee sees it: the list with every filter of the API, and a reminder at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import commitments_notices
from service.i18n import gettext as _
from service.models.commitments import CommitmentStatus, FulfilmentStatus
from service.models.commitments_shapes import CommitmentRead
from service.models.data_items import DataItem, ItemKind
from service.models.organizers import Programme
from service.models.people import Organisation
from service.pages import forms
from service.pages.choosing import choose
from service.pages.forms import BadForm, Option, faults
from service.pages.house import staff_page
from service.pages.menus import COMMITMENTS
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Page, Session, allow
from service.routers.commitments import CommitmentQuery, listed

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.COMMITMENTS_READ)]
Writer = Annotated[Actor, allow(Permission.COMMITMENTS_WRITE)]
SHOWN = 30
_PAGING = {"limit", "cursor"}
_QUICK: Mapping[str, Mapping[str, str]] = {
    "all": {},
    "owed": {"owes": "true"},
    "late": {"overdue": "true"},
    "unanswered": {"commitment_status": "requested"},
    "waiting": {"fulfilment_status": "submitted"},
    "returned": {"fulfilment_status": "returned"},
    "extension": {"extension_requested": "true"},
}
"""The filters that are one tap away; each replaces those of the others and keeps the rest."""
_STATES = frozenset(name for values in _QUICK.values() for name in values)


@dataclass(frozen=True)
class Entry:
    """One commitment in the list, with the names of what its codes stand for."""

    read: CommitmentRead
    item: str
    organisation: str
    href: str


@dataclass(frozen=True)
class Names:
    """What people call data items, organisations, dimensions and programmes, by their codes."""

    items: Mapping[str, str]
    organisations: Mapping[str, str]
    dimensions: Mapping[str, str]
    programmes: Mapping[str, str]


@router.get(COMMITMENTS, operation_id="page_commitments")
async def show_commitments(
    request: Request,
    session: Session,
    actor: Reader,
    done: Annotated[str, Query(max_length=20)] = "",
    sent: Annotated[int, Query(ge=0, le=100_000)] = 0,
    skipped: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    """The commitments that the filters leave, by code; the names of the filters are those of `GET /commitments`."""
    given = {name: text.strip() for name, text in request.query_params.items() if text.strip()}
    given = {name: text for name, text in given.items() if name in CommitmentQuery.model_fields and name != "limit"}
    errors: Sequence[FormError] = ()
    try:
        query = CommitmentQuery.model_validate(given | {"limit": SHOWN})
    except ValidationError as invalid:
        errors = [FormError(fault["pointer"].strip("/"), fault["message"]) for fault in faults(invalid, _advice())]
        query = CommitmentQuery(limit=SHOWN)
    page = await listed(session, actor, query)
    choices, _nearest = await choose(session, actor, None)
    names = await names_of(session, actor, {read.data_item for read in page.items})
    wanted = {name: text for name, text in given.items() if name not in _PAGING}
    return await staff_page(
        session,
        actor,
        "commitments.html",
        COMMITMENTS,
        status=422 if errors else 200,
        entries=entries_of(page, names),
        more=address(wanted | {"cursor": page.next}) if page.next else "",
        wanted=wanted,
        filtered=bool(wanted.keys() - {"as_of"}),
        further=bool(wanted.keys() - _STATES - {"q", "workshop", "organisation"}),
        quick=quick(wanted),
        workshops=choices,
        names=names,
        kinds=list(ItemKind),
        promises=list(CommitmentStatus),
        deliveries=list(FulfilmentStatus),
        may_remind=actor.may(Permission.COMMITMENTS_WRITE),
        done=done,
        sent=sent,
        skipped=skipped,
        errors=errors,
        export=f"/api/v1/commitments.{{}}?{urlencode(wanted)}",
        carried=urlencode(wanted) + "&" if wanted else "",
    )


@router.post(COMMITMENTS + "/reminders", operation_id="page_remind_organisations")
async def remind(request: Request, session: Session, actor: Writer) -> Response:
    """Reminds those whose data are still awaited at a workshop, or one of them; each at most once a day."""
    typed = await forms.typed(request)
    try:
        workshop = UUID(typed.get("workshop", ""))
    except ValueError as broken:
        raise BadForm from broken
    told = await commitments_notices.remind(session, actor, workshop, typed.get("organisation"))
    kept = {"workshop": str(workshop), "organisation": typed.get("organisation")}
    counts = {"done": "reminded", "sent": str(len(told.reminded)), "skipped": str(len(told.skipped))}
    return RedirectResponse(address(kept | counts), status_code=303)


def entries_of(page: Page[CommitmentRead], names: Names) -> list[Entry]:
    """What the list shows."""
    return [
        Entry(
            read,
            names.items.get(read.data_item, read.data_item),
            names.organisations.get(read.organisation, read.organisation),
            f"{COMMITMENTS}/{read.id}",
        )
        for read in page.items
    ]


async def names_of(session: AsyncSession, actor: Actor, codes: Collection[str]) -> Names:
    """The names of these data items, and of every organisation, dimension and programme of the house."""
    items = select(DataItem.code, DataItem.name).where(
        DataItem.organizer_id == actor.tenant, col(DataItem.code).in_(codes)
    )
    offices = select(Organisation.code, Organisation.name).where(Organisation.organizer_id == actor.tenant)
    programmes = (await session.exec(select(Programme).where(Programme.organizer_id == actor.tenant))).all()
    return Names(
        dict((await session.exec(items)).all()) if codes else {},
        dict((await session.exec(offices.order_by(Organisation.name))).all()),
        {str(one["code"]): str(one["label"]) for row in programmes for one in row.dimensions},
        {row.code: row.name for row in programmes},
    )


def quick(wanted: Mapping[str, str]) -> list[tuple[Option, bool]]:
    """The filters that are one tap away, and which of them holds."""
    kept = {name: text for name, text in wanted.items() if name not in _STATES}
    labels = {
        "all": _("Semua"),
        "owed": _("Masih ditunggu"),
        "late": _("Terlambat"),
        "unanswered": _("Belum dijawab"),
        "waiting": _("Menunggu verifikasi"),
        "returned": _("Dikembalikan"),
        "extension": _("Minta perpanjangan"),
    }
    now = {name: text for name, text in wanted.items() if name in _STATES}
    return [(Option(address({**kept, **values}), labels[name]), now == values) for name, values in _QUICK.items()]


def address(values: Mapping[str, str | None]) -> str:
    """The address of the list under these filters."""
    query = urlencode({name: text for name, text in values.items() if text})
    return f"{COMMITMENTS}?{query}" if query else COMMITMENTS


def _advice() -> dict[str, str]:
    day = _("Isi dengan tanggal yang benar.")
    return {"due_before": day, "due_after": day, "as_of": day}
