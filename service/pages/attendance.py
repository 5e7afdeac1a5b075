"""Who is there, as the committee sees it: live counters, organisations that are still missing, and corrections."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.domain import attendance_counters, attendance_history, certificates_reads
from service.domain.attendance_history import Wanted
from service.i18n import gettext as _
from service.models.attendance_history_shapes import Correction
from service.models.attendance_shapes import AttendanceSummary, OrganisationSummary, PresentCount
from service.models.registrations import Registration
from service.models.workshops import AttendanceBlock, Workshop
from service.pages import corrections
from service.pages.choosing import choose
from service.pages.forms import Option
from service.pages.house import staff_page
from service.pages.menus import ATTENDANCE, DOOR, PRESENCES
from service.pages.route import PageRoute
from service.routers.access import Session, allow, cursor
from service.routers.attendance_history import HistoryQuery

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.ATTENDANCE_READ)]
LINES = 30
ON_WALL = 14
LARGEST_NUMBER = 10**9
# Everybody who comes in by the hall's code would bury what people have corrected.
USUAL = frozenset(Correction) - {Correction.SELF}


@dataclass(frozen=True)
class BlockFigures:
    """A half-day and how many are there; `state`: over, now (runs or comes next) or coming."""

    code: str
    label: str
    starts_at: datetime
    ends_at: datetime
    present: PresentCount
    expected: int
    state: str


@dataclass(frozen=True)
class Agency:
    """An organisation: how many of its people are there, in the half-day chosen or in any."""

    code: str
    name: str
    here: int
    expected: int

    @property
    def missing(self) -> bool:
        """Nobody has come yet."""
        return self.expected > 0 and self.here == 0


@dataclass(frozen=True)
class Paper:
    """A document to download; `day`: for which day, None for all. Without files there is none yet."""

    name: str
    day: date | None
    files: list[Option]


@router.get(ATTENDANCE, operation_id="page_attendance")
async def show_attendance(
    session: Session,
    actor: Reader,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
    block: Annotated[str | None, Query(max_length=64, description="Half-day of the list; empty: any")] = None,
    sort: Annotated[str, Query(max_length=20, description="missing, name or here")] = "missing",
    q: Annotated[str, Query(max_length=100, description="Part of an organisation's name")] = "",
    kind: Annotated[str, Query(max_length=20, description="Kind of correction")] = "",
    number: Annotated[str, Query(max_length=20, description="Registration number of corrections")] = "",
    after: Annotated[str | None, Query(max_length=500, description="Where the page of corrections begins")] = None,
    wall: Annotated[str, Query(max_length=1, description="1: large figures for a screen on the wall")] = "",
) -> Response:
    """Counters of a workshop that keep themselves up to date, and what was corrected."""
    choices, chosen = await choose(session, actor, workshop)
    shown: dict[str, object] = {}
    if chosen:
        counters = await attendance_counters.read(session, chosen)
        summary = AttendanceSummary.model_validate_json(counters.body)
        shown = await _figures(session, chosen, summary, block, sort, q)
        if not wall:
            shown |= await _corrections(session, chosen, kind, number, after)
            shown |= {"papers": await _papers(session, actor, chosen, summary), "nearby": _nearby(actor, chosen)}
            shown["corrects"] = actor.may(Permission.CHECKINS_WRITE)
    return await staff_page(
        session,
        actor,
        "attendance_wall.html" if wall and chosen else "attendance.html",
        ATTENDANCE,
        workshop=chosen,
        status=200,
        choices=choices,
        chosen=chosen,
        now=clock.now(),
        carried=f"workshop={chosen.id}&{'wall=1&' if wall else ''}" if chosen else "",
        **shown,
    )


async def _figures(
    session: AsyncSession, workshop: Workshop, summary: AttendanceSummary, block: str | None, sort: str, part: str
) -> dict[str, object]:
    blocks = await blocks_of(session, workshop, summary)
    current = next((one for one in blocks if one.state == "now"), blocks[-1] if blocks else None)
    if block is None:
        block = current.code if current else ""
    current = next((one for one in blocks if one.code == block), current)
    agencies = _agencies(summary.organisations, block)
    return {
        "summary": summary,
        "days": summary.days,
        "blocks": blocks,
        "current": current,
        "block": block,
        "sort": sort,
        "q": part,
        "agencies": sort_agencies([one for one in agencies if part.strip().casefold() in one.name.casefold()], sort),
        "missing": [one for one in sort_agencies(agencies, "missing") if one.missing],
        "on_wall": ON_WALL,
        "stream": f"/api/v1/workshops/{workshop.id}/attendance/stream",
    }


async def blocks_of(session: AsyncSession, workshop: Workshop, summary: AttendanceSummary) -> list[BlockFigures]:
    """The half-days with how many are there, and which of them runs or comes next."""
    query = select(AttendanceBlock).where(AttendanceBlock.workshop_id == workshop.id)
    rows = {row.code: row for row in await session.exec(query.order_by(col(AttendanceBlock.position)))}
    counted = [(rows[one.code], one) for one in summary.blocks if one.code in rows]
    left = sorted(row.ends_at for row, _one in counted if row.ends_at > clock.now())
    return [
        BlockFigures(
            code=row.code,
            label=row.label,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            present=one.present,
            expected=one.expected,
            state="over" if row.ends_at not in left else "now" if row.ends_at == left[0] else "coming",
        )
        for row, one in counted
    ]


def _agencies(rows: Sequence[OrganisationSummary], block: str) -> list[Agency]:
    return [
        Agency(
            code=one.organisation or "",
            name=one.name or one.organisation or _("Instansi lain"),
            here=one.blocks.get(block, 0) if block else one.present.unique,
            expected=one.expected,
        )
        for one in rows
    ]


def sort_agencies(rows: Sequence[Agency], sort: str) -> list[Agency]:
    """Whose people are missing first, or by name, or by how many are here. The page's script sorts alike."""
    by_name = sorted(rows, key=lambda one: one.name.casefold())
    if sort == "name":
        return by_name
    if sort == "here":
        return sorted(by_name, key=lambda one: -one.here)
    return sorted(by_name, key=lambda one: (not one.missing, one.here - one.expected))


async def _corrections(
    session: AsyncSession, workshop: Workshop, kind: str, number: str, after: str | None
) -> dict[str, object]:
    wanted = Wanted(frozenset({Correction(kind)}) if kind in set(Correction) else USUAL)
    person = await _person(session, workshop, number) if number.strip() else None
    found = []
    if person or not number.strip():
        wanted = Wanted(wanted.kinds, person.id if person else None)
        key = HistoryQuery(cursor=after).key
        found = await attendance_history.page(session, workshop, wanted, key, LINES + 1)
    names = await corrections.names_of(session, workshop)
    following = {"workshop": workshop.id, "kind": kind, "number": number}
    more = f"?{urlencode(following | {'after': cursor(*found[LINES - 1][0])})}#koreksi" if len(found) > LINES else None
    return {
        "lines": [corrections.line(read, workshop.timezone, names) for _key, read in found[:LINES]],
        "kinds": [Option(one.value, word) for one, word in corrections.kind_words().items()],
        "kind": kind,
        "number": number,
        "person": person,
        "more": more,
        "after": after,
    }


async def _person(session: AsyncSession, workshop: Workshop, number: str) -> Registration | None:
    if not number.strip().isdecimal() or int(number) > LARGEST_NUMBER:
        return None
    query = select(Registration).where(
        Registration.workshop_id == workshop.id, Registration.number == int(number.strip())
    )
    return (await session.exec(query)).first()


def _nearby(actor: Actor, workshop: Workshop) -> list[Option]:
    """Where the same workshop's attendance is made."""
    entries = [
        (PRESENCES, _("Sambungan daring"), Permission.PRESENCES_WRITE),
        (DOOR, _("Pintu"), Permission.DEVICES_WRITE),
    ]
    return [Option(f"{path}?workshop={workshop.id}", name) for path, name, needed in entries if actor.may(needed)]


async def _papers(session: AsyncSession, actor: Actor, workshop: Workshop, summary: AttendanceSummary) -> list[Paper]:
    """What can be downloaded. All of them carry personal data."""
    if not actor.may(Permission.CONTACTS_READ):
        return []
    at = f"/api/v1/workshops/{workshop.id}"
    issued = await certificates_reads.any_holds(session, workshop.id)

    def both(name: str, query: str = "") -> list[Option]:
        return [Option(f"{at}/{name}.{kind}{query}", kind.upper()) for kind in ("pdf", "xlsx")]

    return [
        *(Paper(_("Daftar Hadir"), day.date, both("attendance-sheet", f"?date={day.date}")) for day in summary.days),
        Paper(_("Rekapitulasi kehadiran"), None, both("attendance-recap")),
        Paper(_("Tanda pengenal"), None, [Option(f"{at}/badges.pdf", "PDF")]),
        Paper(_("Sertifikat"), None, [Option(f"{at}/certificates.pdf", "PDF")] if issued else []),
    ]
