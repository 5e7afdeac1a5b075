"""People check themselves in: behind their own link with camera or keyboard, or by the address in the screen's QR code.

Only a button, a POST, records anything. A phone's own camera opens `/hadir/<code>`, which says nothing about who holds
the phone; a cookie that the page behind the link has set, and that goes to no other path, says it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock
from service.auth import Actor
from service.db import settings_of
from service.domain import screens, self_checkins
from service.domain.self_checkins import Told
from service.errors import NotFound, Refusal
from service.i18n import gettext as _, speak_time
from service.models.attendance import RefusalReason, Verdict
from service.models.attendance_shapes import CheckinRead
from service.models.registrations import Registration
from service.models.screens import Audience
from service.models.screens_shapes import SelfCheckinCreate
from service.models.workshops import AttendanceBlock, Workshop
from service.pages import forms
from service.pages.house import house_page
from service.pages.participants import participant_of, participant_page
from service.pages.render import CSP, FormError
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers.access import Session, database_of
from service.routers.sessions import require_same_origin

router = APIRouter(route_class=PageRoute, include_in_schema=False)
CAMERA_CSP = f"{CSP}; script-src 'self' 'wasm-unsafe-eval'"
COOKIE = "bimtek-hadir"
KEPT = timedelta(days=7)
CodeInPath = Annotated[str, Path(max_length=100)]


@dataclass(frozen=True)
class Result:
    """What came of a code: `tone` and `sign` of the notice, a sentence, and what to do next if anything."""

    tone: str
    sign: str
    title: str
    step: str = ""


@router.get("/my/{token}/checkin", operation_id="page_my_checkin")
async def show_my_checkin(token: Token, session: Session, _visitor: Visitor) -> Response:
    """Camera and field for the code of a screen."""
    response = await _page(session, await participant_of(session, token), token)
    introduce(session, response, token)
    return response


def introduce(session: AsyncSession, response: Response, token: str) -> None:
    """Lets the phone that opens a person's link be known at the address in the screen's QR code."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(KEPT.total_seconds()),
        path=screens.PATH.rstrip("/"),
        secure=settings_of(session).secure,
        httponly=True,
        samesite="lax",
    )


@router.post("/my/{token}/checkin", operation_id="page_check_myself_in")
async def check_myself_in(token: Token, request: Request, _visitor: Visitor) -> Response:
    """Records the code that was scanned or typed, and says what came of it."""
    return await _record(request, token, (await forms.typed(request)).get("code", ""))


@router.get("/hadir/{code}", operation_id="page_hadir")
async def show_hadir(code: CodeInPath, request: Request, session: Session, _visitor: Visitor) -> Response:
    """Where a phone's own camera ends up: the button, or how to get to it."""
    token = request.cookies.get(COOKIE, "")
    actor = await auth.participant(session, token)
    strange = not screens.is_shaped(screens.typed_code(code))
    status = NotFound.status if strange else 200
    if actor is None:
        return house_page(session, None, "hadir.html", status=status, private=True, strange=strange)
    if strange:
        wrong = FormError("", _("Itu bukan kode kehadiran. Arahkan kamera ke kode di layar."))
        return await _page(session, actor, token, errors=[wrong], status=status)
    return await _page(session, actor, token, scanned=code)


@router.post("/hadir/{code}", operation_id="page_check_in_by_camera")
async def check_in_by_camera(code: CodeInPath, request: Request, _visitor: Visitor) -> Response:
    """Records the code for whoever's phone this is. Raises CrossSite: here a cookie speaks for the visitor."""
    require_same_origin(request, database_of(request).settings)
    token = request.cookies.get(COOKIE, "")
    try:
        return await _record(request, token, code)
    except NotFound:
        return RedirectResponse(f"{screens.PATH}{code}", status_code=303)


async def _record(request: Request, token: str, code: str) -> Response:
    database = database_of(request)
    nonce = (await forms.typed(request)).get("nonce", "")
    async with database.read() as session:
        actor = await participant_of(session, token)
    told, refused = None, None
    try:
        data = forms.read(SelfCheckinCreate, {"code": code, "nonce": nonce or uuid4()}, _advice())
        told = await self_checkins.check_in(database, actor, data)
    except Refusal as refusal:
        refused = refusal
    async with database.read() as session:
        if refused:
            errors = forms.errors_of(refused)
            return await _page(session, actor, token, typed={"code": code}, errors=errors, status=refused.status)
        return await _page(session, actor, token, told=told)


def _advice() -> dict[str, str]:
    return {"code": _("Ketik kode delapan huruf yang tampil di layar."), "nonce": _("Muat ulang halaman ini.")}


async def _page(
    session: AsyncSession,
    actor: Actor,
    token: str,
    *,
    told: Told | None = None,
    scanned: str = "",
    typed: forms.Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    row = await session.get_one(Registration, actor.id)
    workshop = await session.get_one(Workshop, row.workshop_id)
    blocks = await screens.blocks_of(session, workshop.id)
    places = (screens.open_block(workshop, blocks, audience, clock.now()) for audience in Audience)
    block = next(filter(None, places), None)
    response = await participant_page(
        session,
        row,
        "my_checkin.html",
        token,
        status=status,
        state="off" if not screens.takes_codes(workshop) else "open" if block else "closed",
        result=_result(told, workshop, blocks) if told else None,
        block=block.label if block else None,
        opens_at=_next(blocks),
        scanned=scanned,
        action=f"{screens.PATH}{scanned}" if scanned else f"/my/{token}/checkin",
        code_path=screens.PATH,
        nonce=uuid4(),
        typed=typed or {},
        errors=errors,
    )
    if not scanned:
        response.headers["Content-Security-Policy"] = CAMERA_CSP
    return response


def _next(blocks: Sequence[AttendanceBlock]) -> datetime | None:
    return min((one.checkin_from for one in blocks if one.checkin_from > clock.now()), default=None)


def _result(told: Told, workshop: Workshop, blocks: Sequence[AttendanceBlock]) -> Result:
    """The answer in a sentence."""
    if told.verdict is Verdict.REFUSED:
        return _refused(told.reason)
    label = next((one.label for one in blocks if one.code == told.block), told.block or "")
    if isinstance(told, CheckinRead):
        since = speak_time(told.first.at if told.first else clock.now(), workshop.timezone)
        if told.verdict is Verdict.ALREADY_IN:
            said = _("Kehadiran {block} sudah tercatat sejak pukul {time}.")
        else:
            said = _("Kehadiran {block} tercatat pukul {time}.")
        return Result("ok", "check", said.format(block=label, time=since))
    assert told.joined_at is not None
    assert told.left_at is not None
    first, last = (speak_time(one, workshop.timezone) for one in (told.joined_at, told.left_at))
    if first == last:
        title = _("Kehadiran daring {block} tercatat mulai pukul {time}.").format(block=label, time=first)
    else:
        title = _("Kehadiran daring {block} tercatat pukul {first} sampai {last}.").format(
            block=label, first=first, last=last
        )
    step = _("Masukkan kode sekali lagi pada akhir sesi: waktu di antara kode pertama dan terakhir yang dihitung.")
    return Result("ok", "check", title, step)


def _refused(reason: RefusalReason | None) -> Result:
    title = {
        RefusalReason.NOT_CONFIRMED: _("Pendaftaran Anda belum dikonfirmasi."),
        RefusalReason.CANCELLED: _("Pendaftaran Anda sudah dibatalkan."),
        RefusalReason.NO_BLOCK_NOW: _("Belum ada sesi yang dibuka."),
    }.get(reason or RefusalReason.UNKNOWN_TICKET, _("Kehadiran tidak dapat dicatat."))
    return Result("bad", "cross", title, _("Temui panitia di pintu masuk; kehadiran Anda dapat dicatat di sana."))
