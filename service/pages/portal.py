"""An agency's portal: who it is, what it owes and by when, and what became of the rest. The link is the key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.domain import calendars_organisations, commitments, commitments_read, portal, portal_afterwards
from service.domain.portal_afterwards import LeftBehind
from service.models.commitments import FulfilmentStatus
from service.models.commitments_shapes import CommitmentRead, EvidenceType
from service.models.workshops import Workshop
from service.pages.afterwards import Left, agency_of, of_material, of_minutes
from service.pages.house import house_page
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers.access import Session
from service.routers.commitments import PortalQuery, listed

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SHOWN = 200
Done = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True)
class Entry:
    """One commitment in the list: what is asked for, how it stands, where its page is, working days that are left."""

    title: str
    href: str
    read: CommitmentRead
    left: int | None


@dataclass(frozen=True)
class Agreement:
    """What it was agreed that the organisation does; `href` is the page of the request it was turned into, or empty."""

    text: str
    due_date: date | None
    href: str


@dataclass(frozen=True)
class LeftAt:
    """What a workshop left behind for the organisation."""

    workshop: Workshop
    items: Sequence[Left]
    agreed: Sequence[Agreement]


@router.get("/portal/{token}", operation_id="page_portal")
async def show_portal(
    token: Token,
    session: Session,
    _visitor: Visitor,
    done: Done = "",
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Who we are, where we are invited, what we owe, page by page. Looking changes nothing."""
    actor = await agency_of(session, token)
    organisation, house = await portal.who(session, actor)
    listing = await listed(session, actor, PortalQuery(limit=SHOWN, cursor=cursor or None))
    entries = await _entries(session, actor, token, listing.items)
    invited = await portal.invited_to(session, actor)
    return house_page(
        session,
        house,
        "portal.html",
        organisation=organisation,
        workshops=[(row, f"/w/{house.slug}/{row.slug}") for row in invited],
        left=_left(token, await portal_afterwards.of_workshops(session, actor)),
        debt=await commitments_read.debt(session, actor),
        groups=_grouped(entries),
        sheets=_sheets(token, listing.items, await portal.asked_at(session, actor)),
        calendar=calendars_organisations.calendar_url(session, organisation),
        done=done,
        first=f"/portal/{token}" if cursor else "",
        more=f"/portal/{token}?cursor={listing.next}" if listing.next else "",
        carried=f"cursor={quote(cursor)}&" if cursor else "",
    )


def _left(token: str, workshops: Iterable[LeftBehind]) -> list[LeftAt]:
    """What the workshops left, and where it is opened."""
    shown = []
    for one in workshops:
        base = f"/portal/{token}/workshops/{one.workshop.id}"
        items = [of_minutes(base)] if one.minutes else []
        items += [of_material(row, base) for row in one.materials]
        agreed = [
            Agreement(
                each.follow_up.text,
                each.follow_up.due_date,
                f"/portal/{token}/commitments/{each.commitment_id}" if each.commitment_id else "",
            )
            for each in one.agreed
        ]
        shown.append(LeftAt(one.workshop, items, agreed))
    return shown


async def _entries(session: AsyncSession, actor: Actor, token: str, reads: Iterable[CommitmentRead]) -> list[Entry]:
    reads = list(reads)
    items = await portal.items(session, actor, {read.data_item for read in reads})
    left = await portal.days_left(session, actor, {read.due_date for read in reads if read.owes and read.due_date})
    return [
        Entry(
            items[read.data_item].name,
            f"/portal/{token}/commitments/{read.id}",
            read,
            left.get(read.due_date) if read.due_date else None,
        )
        for read in reads
    ]


def _grouped(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The entries by what is to be done about them, the most urgent first."""
    groups: dict[str, list[Entry]] = {"owed": [], "waiting": [], "accepted": [], "turned": []}
    for entry in sorted(entries, key=_urgency):
        groups[_group(entry.read)].append(entry)
    return groups


def _group(read: CommitmentRead) -> str:
    if read.owes:
        return "owed"
    if read.fulfilment_status is FulfilmentStatus.ACCEPTED:
        return "accepted"
    return "waiting" if read.commitment_status in commitments.STANDING else "turned"


def _urgency(entry: Entry) -> tuple[date, str]:
    return entry.read.due_date or date.max, entry.read.code


def _sheets(
    token: str, reads: Iterable[CommitmentRead], workshops: Mapping[UUID, Workshop]
) -> list[tuple[Workshop, str, bool]]:
    """The workshops with promises that stand, the page of each one's sheet, and whether a signed one is there."""
    standing = [read for read in reads if read.commitment_status in commitments.STANDING]
    signed = {read.workshop for read in standing for proof in read.evidence if proof.type is EvidenceType.SIGNED_SHEET}
    asked = {read.workshop for read in standing}
    return [
        (row, f"/portal/{token}/commitment-sheet?workshop={row.id}", row.id in signed)
        for row in workshops.values()
        if row.id in asked and not commitments.is_hidden(row)
    ]
