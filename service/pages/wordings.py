"""The house's own words for its messages: written, looked at as mail and WhatsApp, tried on oneself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import i18n
from service.auth import Actor, Permission
from service.documents.mail import Letter, compose, occasion_name
from service.documents.words import OCCASIONS
from service.domain import wordings, wordings_sample
from service.errors import InvalidInput, NotFound, Refusal, Stale
from service.i18n import gettext as _
from service.models.messages import MessageWording, Occasion
from service.models.wordings_shapes import Language, WordingDraft, WordingInput
from service.pages import choosing, forms
from service.pages.forms import BadForm, Typed
from service.pages.house import staff_page
from service.pages.menus import WORDINGS
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of
from service.routers.wordings import send_trial

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.MESSAGES_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.MESSAGES_WRITE)]
About = Annotated[Occasion, Path()]
_MOST = 200
_LETTER_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; sandbox"
_GROUPS: dict[str, tuple[Occasion, ...]] = {
    "registration": (
        Occasion.CONFIRMATION, Occasion.PROMOTED, Occasion.WAITLISTED, Occasion.REQUESTED, Occasion.REJECTED,
        Occasion.HELD, Occasion.REPEATED, Occasion.CANCELLED, Occasion.SWITCHED, Occasion.REPRESENTING,
        Occasion.SUBSTITUTED, Occasion.SUBSTITUTE, Occasion.LINKS_RENEWED,
    ),
    "workshop": (
        Occasion.INVITATION, Occasion.INVITATION_WITHDRAWN, Occasion.CHANGED, Occasion.ROOM_CHANGED,
        Occasion.WORKSHOP_CANCELLED,
    ),
    "around": (
        Occasion.REMINDER_WEEK, Occasion.REMINDER_DAY, Occasion.REMINDER_HOUR, Occasion.REMINDER_EACH_DAY,
        Occasion.THANKS, Occasion.CERTIFICATE,
    ),
    "data": (
        Occasion.DATA_REQUESTED, Occasion.DUE_DATES_MOVED, Occasion.COMMITMENTS_DUE, Occasion.COMMITMENTS_OVERDUE,
        Occasion.EXTENSION_DECIDED, Occasion.SUBMISSION_ACCEPTED, Occasion.SUBMISSION_RETURNED, Occasion.REMARK,
        Occasion.ESCALATION_LETTER,
    ),
    "committee": (
        Occasion.EXTENSION_ASKED, Occasion.REVIEW_WAITING, Occasion.ESCALATION_LIST, Occasion.LINK_SHARED,
    ),
}  # fmt: skip
"""Messages that may be worded; what guards an account keeps our words."""
_EDITABLE = frozenset(one for group in _GROUPS.values() for one in group)


@dataclass(frozen=True)
class Entry:
    """A message of the list, and the languages in which the house has its own words."""

    name: str
    href: str
    own: list[str]


@dataclass(frozen=True)
class Editing:
    """What the form shows; `kept`: the words somebody else has kept meanwhile, where a stale form was refused."""

    occasion: Occasion
    language: Language
    typed: Typed
    version: str
    own: bool
    kept: MessageWording | None = None


@router.get(WORDINGS, operation_id="page_wordings")
async def show_wordings(session: Session, actor: Reader, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """The messages by what they are about, and which of them have words of the house's own."""
    own: dict[str, list[str]] = {}
    for row in await wordings.listed(session, actor, None, _MOST):
        own.setdefault(row.occasion, []).append(row.language)
    groups = [(title, [_entry(one, own) for one in _GROUPS[name]]) for name, title in _titles().items()]
    return await staff_page(session, actor, "wordings.html", WORDINGS, groups=groups, done=done)


@router.get(WORDINGS + "/{occasion}/{language}", operation_id="page_wording")
async def show_wording(
    occasion: About,
    language: Language,
    session: Session,
    actor: Reader,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One message in one language, with its preview. Raises NotFound."""
    _check_editable(occasion)
    row = await wordings.find(session, actor, occasion, language)
    return await _page(session, actor, _kept(occasion, language, row), done=done)


@router.post(WORDINGS + "/{occasion}/{language}", operation_id="page_change_wording")
async def change(occasion: About, language: Language, request: Request, actor: Writer) -> Response:
    """Keeps the words, shows or tries them, or lets ours stand again, as the button says. Raises NotFound."""
    _check_editable(occasion)
    typed = await forms.typed(request)
    database = database_of(request)
    editing = Editing(occasion, language, typed, typed.get("version", ""), "version" in typed)
    try:
        match typed.get("do", "save"):
            case "preview":
                async with database.read() as session:
                    return await _page(session, actor, editing)
            case "test":
                tried = await send_trial(database, actor, _draft(editing))
                async with database.read() as session:
                    return await _page(session, actor, editing, tried=tried.recipients)
            case "standard":
                async with database.write() as session:
                    await wordings.remove(session, actor, occasion, language)
                return RedirectResponse(f"{WORDINGS}/{occasion}/{language}?done=standard", status_code=303)
            case _:
                async with database.write() as session:
                    done = await _keep(session, actor, editing)
                return RedirectResponse(f"{WORDINGS}/{occasion}/{language}?done={done}", status_code=303)
    except Refusal as refused:
        async with database.read() as session:
            if isinstance(refused, Stale):
                row = await wordings.find(session, actor, occasion, language)
                version = str(row.version) if row else ""
                editing = Editing(occasion, language, typed, version, row is not None, row)
            errors = forms.errors_of(refused)
            return await _page(session, actor, editing, errors=errors, status=refused.status)


@router.post(WORDINGS + "/{occasion}/{language}/mail", operation_id="page_preview_mail")
async def show_mail(occasion: About, language: Language, request: Request, actor: Writer) -> Response:
    """The letter as mail programs show it, on a page of its own. Raises NotFound, InvalidInput."""
    _check_editable(occasion)
    typed = await forms.typed(request)
    async with database_of(request).read() as session:
        draft = _draft(Editing(occasion, language, typed, "", own=False))
        letter = compose(await wordings_sample.facts(session, actor, draft))
    headers = {
        "Content-Security-Policy": _LETTER_CSP,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return HTMLResponse(letter.html, headers=headers)


async def _keep(session: AsyncSession, actor: Actor, editing: Editing) -> str:
    """What was done. Raises Stale, InvalidInput."""
    row = await wordings.find(session, actor, editing.occasion, editing.language, lock=True)
    if editing.version != (str(row.version) if row else ""):
        raise Stale
    values = {"text": editing.typed.get("text", ""), "subject": editing.typed.get("subject")}
    data = forms.read(WordingInput, values, _advice())
    if data.subject is None and data.text == standard(editing.occasion, editing.language)[1]:
        if row is None:
            return "same"
        await wordings.remove(session, actor, editing.occasion, editing.language)
        return "standard"
    await wordings.write(session, actor, row, editing.occasion, editing.language, data.subject, data.text)
    return "saved"


def standard(occasion: Occasion, language: str) -> tuple[str, str]:
    """What the message is about and what it says first, in our words."""
    spoken = i18n.language()
    i18n.use(language)
    try:
        return OCCASIONS[occasion.value]()
    finally:
        i18n.use(spoken)


def _draft(editing: Editing) -> WordingDraft:
    """Raises InvalidInput."""
    typed = editing.typed
    values = {
        "occasion": editing.occasion,
        "language": editing.language,
        "subject": typed.get("subject"),
        "text": typed.get("text", ""),
        "workshop": typed.get("workshop"),
    }
    return forms.read(WordingDraft, values, _advice())


def _advice() -> dict[str, str]:
    return {
        "text": _("Tuliskan isi pesannya."),
        "subject": _("Tulis dalam satu baris."),
        "workshop": _("Pilih kegiatan dari daftar."),
    }


def _kept(occasion: Occasion, language: Language, row: MessageWording | None) -> Editing:
    if row is None:
        return Editing(occasion, language, {"text": standard(occasion, language)[1]}, "", own=False)
    typed = {"text": row.text, **({"subject": row.subject} if row.subject else {})}
    return Editing(occasion, language, typed, str(row.version), own=True)


def _check_editable(occasion: Occasion) -> None:
    if occasion not in _EDITABLE:
        raise NotFound


def _entry(occasion: Occasion, own: Mapping[str, list[str]]) -> Entry:
    return Entry(occasion_name(occasion.value), f"{WORDINGS}/{occasion}", own.get(occasion.value, []))


def _titles() -> dict[str, str]:
    return {
        "registration": _("Kepada peserta: pendaftaran"),
        "workshop": _("Kepada peserta dan yang diundang: kegiatan"),
        "around": _("Kepada peserta: pengingat dan sesudahnya"),
        "data": _("Kepada perangkat daerah: data"),
        "committee": _("Kepada panitia"),
    }


def _marks(occasion: Occasion) -> list[tuple[str, str]]:
    """What may stand in braces in this message, and what each stands for."""
    meanings = {
        "nama": _("nama penerima"),
        "kegiatan": _("judul kegiatan"),
        "waktu": _("hari dan jam kegiatan"),
        "tempat": _("nama tempat"),
        "instansi": _("instansi penerima"),
        "nomor": _("nomor pendaftaran"),
        "penyelenggara": _("nama penyelenggara"),
        "tenggat": _("batas waktu atau tenggat data"),
    }
    return [(f"{{{name}}}", meanings[name]) for name in wordings.placeholders(occasion)]


async def _preview(session: AsyncSession, actor: Actor, editing: Editing, chosen: str) -> Letter:
    """What the words make of the facts of a workshop. Raises InvalidInput."""
    typed = {**editing.typed, "workshop": chosen} if chosen else editing.typed
    draft = _draft(replace(editing, typed=typed))
    return compose(await wordings_sample.facts(session, actor, draft))


async def _page(
    session: AsyncSession,
    actor: Actor,
    editing: Editing,
    *,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
    tried: int = 0,
) -> Response:
    shown = _id(editing.typed.get("workshop"))
    choices, nearest = await choosing.choose(session, actor, shown)
    chosen = str(nearest.id) if nearest else ""
    preview = None
    if not errors:
        try:
            preview = await _preview(session, actor, editing, chosen)
        except InvalidInput as refused:
            # Looking is never refused: htmx would leave the former preview standing.
            errors = forms.errors_of(refused)
    return await staff_page(
        session,
        actor,
        "wording.html",
        WORDINGS,
        status=status,
        editing=editing,
        about=occasion_name(editing.occasion.value),
        address=f"{WORDINGS}/{editing.occasion}",
        standard=standard(editing.occasion, editing.language),
        marks=_marks(editing.occasion),
        preview=preview,
        choices=choices,
        chosen=chosen,
        errors=errors,
        done=done,
        tried=tried,
    )


def _id(text: str | None) -> UUID | None:
    """Raises BadForm."""
    try:
        return UUID(text) if text else None
    except ValueError as broken:
        raise BadForm from broken
