"""The event log as the committee reads it: what happened, when, by whom, and whether it is still as it was sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BeforeValidator
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, ActorKind, Permission
from service.db import Database
from service.domain import attendance_history, checks, events
from service.domain.events import LARGEST, Wanted
from service.domain.verification import EXPLANATIONS, Flaw, verify_one
from service.i18n import gettext as _
from service.models.checks import CheckName
from service.models.organizers import Organizer
from service.models.outbox import EventRow
from service.pages import corrections
from service.pages.event_words import event_word, nouns
from service.pages.forms import Option
from service.pages.house import staff_page
from service.pages.menus import EVENTS
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of, page_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.EVENTS_READ)]
Checker = Annotated[Actor, allow_first(Permission.DELIVERIES_WRITE)]
# A form sends a field that was left empty, too.
Day = Annotated[date | None, BeforeValidator(lambda text: text or None)]
SHOWN = 50
_BY = (ActorKind.STAFF, ActorKind.API_KEY, ActorKind.DEVICE, ActorKind.PARTICIPANT, ActorKind.ORGANISATION)


@dataclass(frozen=True)
class Entry:
    """One event in words; `details`: the ids of what it is about."""

    sequence: int
    at: datetime
    word: str
    kind: str
    by: str
    details: list[tuple[str, str]]


@router.get(EVENTS, operation_id="page_events")
async def show_events(
    session: Session,
    actor: Reader,
    noun: Annotated[str, Query(max_length=40, description="What it is about; empty: everything")] = "",
    by: Annotated[str, Query(max_length=20, description="Kind of who did it")] = "",
    since: Annotated[Day, Query(description="First day")] = None,
    until: Annotated[Day, Query(description="Last day")] = None,
    before: Annotated[int | None, Query(ge=1, le=LARGEST, description="Only events of a lower number")] = None,
) -> Response:
    """The log, the newest first."""
    house = await session.get_one(Organizer, actor.tenant)
    wanted = Wanted(
        types=next((types for name, _word, types in nouns() if name == noun), ()),
        by=by if by in {*_BY, ActorKind.SYSTEM} else "",
        since=clock.start_of_day(since, house.timezone) if since else None,
        until=clock.end_of_day(until, house.timezone) if until else None,
    )
    rows, more = page_of(await events.latest(session, actor, wanted, before, SHOWN + 1), SHOWN)
    chosen = {"noun": noun, "by": by, "since": since or "", "until": until or ""}
    check = (await checks.latest(session, actor)).get(CheckName.EVENTS)
    return await staff_page(
        session,
        actor,
        "events.html",
        EVENTS,
        status=200,
        entries=await _entries(session, rows),
        more=f"{EVENTS}?{urlencode(chosen | {'before': rows[-1].sequence})}" if more else "",
        first_page=before is None,
        filtered=any(chosen.values()),
        nouns=[Option(name, word) for name, word, _types in nouns()],
        actors=[Option(kind, word) for kind, word in _actor_words().items()],
        chosen=chosen,
        carried=f"{urlencode(chosen)}&",
        check=check,
        running=check is not None and checks.is_running(check),
        flaw=_flaw_word(check.result) if check and check.finished_at else None,
        action=EVENTS if actor.may(Permission.DELIVERIES_WRITE) else "",
    )


@router.post(EVENTS + "/verification", operation_id="page_verify_events")
async def verify(request: Request, actor: Checker) -> Response:
    """Begins to compare the whole log with its seals; the page says what came out."""
    database = database_of(request)
    # It ends before the work begins, whose result needs the row.
    async with database.write() as session:
        row = await checks.begin(session, actor, CheckName.EVENTS)

    async def work() -> Mapping[str, object]:
        return await _verified(database, actor)

    request.app.state.background.start(row, work)
    return RedirectResponse(EVENTS, status_code=303)


async def _verified(database: Database, actor: Actor) -> Mapping[str, object]:
    async with database.read() as session:
        house = await session.get_one(Organizer, actor.tenant)
        verdict = await verify_one(session, house.id, house.slug)
    checked = verdict.heads[0].sequence if verdict.heads else 0
    if not verdict.findings:
        return {"ok": True, "events": checked, "hash": verdict.heads[0].hash if verdict.heads else ""}
    return {"ok": False, "events": checked, **{name: str(value) for name, value in asdict(verdict.findings[0]).items()}}


async def _entries(session: AsyncSession, rows: Sequence[EventRow]) -> list[Entry]:
    names = await attendance_history.names_of(session, {row.actor for row in rows})
    return [
        Entry(
            row.sequence or 0,
            row.happened_at,
            event_word(row.type),
            row.type,
            _by(row.actor, names),
            [(name, str(value)) for name, value in row.data.items() if value is not None],
        )
        for row in rows
    ]


def _by(label: str, names: Mapping[str, str]) -> str:
    kind = label.partition(":")[0]
    if kind == ActorKind.ORGANISATION:
        return names.get(label) or _("instansi")
    return corrections.who(attendance_history.author(label, names))


def _actor_words() -> dict[str, str]:
    return {
        ActorKind.STAFF: _("Petugas"),
        ActorKind.PARTICIPANT: _("Peserta"),
        ActorKind.ORGANISATION: _("Perangkat Daerah"),
        ActorKind.DEVICE: _("Perangkat di pintu"),
        ActorKind.API_KEY: _("Kunci API"),
        ActorKind.SYSTEM: _("Layanan ini"),
    }


def _flaw_word(result: Mapping[str, object]) -> str | None:
    """What is wrong, in words; None when nothing is. A check that could not be made names its error."""
    if result.get("ok"):
        return None
    words = {
        Flaw.CHANGED: _("Peristiwa nomor {sequence} berbeda dari yang disegel."),
        Flaw.DELETED: _("Peristiwa nomor {sequence} dihapus."),
        Flaw.SWAPPED: _("Peristiwa nomor {sequence} bertukar tempat dengan yang lain."),
        Flaw.CUT: _("Peristiwa nomor {sequence} dan semua sesudahnya dihapus."),
        Flaw.ADDED: _("Peristiwa nomor {sequence} tidak disegel oleh layanan ini."),
        Flaw.REWRITTEN: _("Peristiwa sampai nomor {sequence} ditulis ulang dan tidak cocok dengan segel terakhir."),
        Flaw.HEAD: _("Segel terakhir (nomor {sequence}) tidak ditulis oleh layanan ini."),
        Flaw.KEY: _("Kunci segel terakhir (nomor {sequence}) tidak dikenal; periksa BIMTEK_FORMER_SECRET_KEYS."),
    }
    flaw = result.get("flaw")
    if flaw not in EXPLANATIONS:
        return _("Pemeriksaan gagal: {error}").format(error=result.get("error"))
    return words[Flaw(str(flaw))].format(sequence=result["sequence"])
