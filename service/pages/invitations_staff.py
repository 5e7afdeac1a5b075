"""A workshop's invitations, organisation by organisation: who has answered, who has not, and what can be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.db import settings_of
from service.domain import invitations, inviting, inviting_reads, inviting_withdrawal, workshops
from service.domain.inviting_reads import Answer, Told, Totals
from service.domain.letters_facts import contacts_of
from service.errors import NotFound, Refusal, Stale
from service.i18n import gettext as _
from service.models.invitations import Invitation
from service.models.invitations_shapes import InvitationPatch, InvitationRead, Quota
from service.models.people import Organisation
from service.models.registrations_shapes import Reason
from service.models.workshops import Workshop
from service.pages import forms, invitation_words as words
from service.pages.choosing import choose
from service.pages.forms import Typed
from service.pages.house import staff_page
from service.pages.instants import read_instant, write_instant
from service.pages.menus import INVITATIONS, ORGANISATIONS, REGISTRATIONS
from service.pages.message_words import keeps_mail
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, cursor, database_of, page_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Inviter = Annotated[Actor, allow(Permission.INVITATIONS_WRITE)]
FirstInviter = Annotated[Actor, allow_first(Permission.INVITATIONS_WRITE)]
SHOWN = 50
IN_ONE_PAPER = 200
_TEXTS = ("letter_number", "letter_date", "addressee")


@dataclass(frozen=True)
class Entry:
    """A line of the list; `over`: nobody can be named any more; `sent`: what became of the last message about it."""

    read: InvitationRead
    over: bool
    href: str
    seats: str
    deadline: str
    sent: str
    astray: bool


@dataclass(frozen=True)
class Sent:
    """A message about an invitation: what became of it, and what the other side said if it was refused."""

    text: str
    astray: bool
    error: str

    @classmethod
    def of(cls, message: Told, speak: words.Speak, *, kept: bool) -> "Sent":
        """The message in words."""
        astray = words.is_astray(message, kept=kept)
        return cls(words.message_line(message, speak, kept=kept), astray, (message.error or "") if astray else "")


@router.get(INVITATIONS, operation_id="page_invitations")
async def show_invitations(
    session: Session,
    actor: Inviter,
    workshop: Annotated[UUID | None, Query()] = None,
    answer: Annotated[str, Query(max_length=20)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=64)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
    count: Annotated[int, Query(ge=0, le=100_000)] = 0,
    left: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    """The invitations of a workshop by the organisations' codes, as far as they match."""
    choices, chosen = await choose(session, actor, workshop)
    if chosen is None:
        return await staff_page(
            session, actor, "invitations.html", INVITATIONS, choices=choices, chosen=None, done="", count=0, left=0
        )
    wanted = {"q": q.strip(), "answer": answer if answer in set(Answer) else ""}
    wanted = {name: text for name, text in wanted.items() if text}
    found = await inviting_reads.page(
        session,
        actor,
        chosen,
        Answer(wanted["answer"]) if "answer" in wanted else None,
        wanted.get("q"),
        after or None,
        SHOWN + 1,
    )
    reads, more = page_of(found, SHOWN)
    totals = await inviting_reads.totals(session, chosen)
    here = {"workshop": str(chosen.id)}
    return await staff_page(
        session,
        actor,
        "invitations.html",
        INVITATIONS,
        workshop=chosen,
        choices=choices,
        chosen=chosen,
        base=f"{INVITATIONS}/{chosen.id}",
        entries=await _entries(session, chosen, reads),
        totals=totals,
        papers=await _papers(session, actor, chosen, totals),
        wanted=wanted,
        carried=f"{urlencode(here | wanted)}&",
        more=f"{INVITATIONS}?{urlencode({**here, **wanted, 'after': reads[-1].organisation})}" if more else "",
        invitable=_invitable(chosen),
        organisations=ORGANISATIONS,
        may_register=actor.may(Permission.ORGANISATIONS_WRITE),
        done=done,
        count=count,
        left=left,
    )


@router.post(INVITATIONS + "/{workshop_id}/reminders", operation_id="page_remind_invited")
async def remind(workshop_id: UUID, session: Session, actor: Inviter) -> Response:
    """Writes once more to every organisation that has not answered."""
    sent, left = await inviting.remind(session, actor, workshop_id)
    query = {"workshop": str(workshop_id), "done": "reminded", "count": sent, "left": left}
    return RedirectResponse(f"{INVITATIONS}?{urlencode(query)}", status_code=303)


@router.get(INVITATIONS + "/{workshop_id}/{invitation_id}", operation_id="page_sent_invitation")
async def show_invitation(
    workshop_id: UUID,
    invitation_id: UUID,
    session: Session,
    actor: Inviter,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One organisation's invitation: what it said, what was sent to it, and the form that changes it."""
    row = await inviting.find(session, actor, workshop_id, invitation_id)
    return await _page(session, actor, row, done=done)


@router.post(INVITATIONS + "/{workshop_id}/{invitation_id}", operation_id="page_change_invitation")
async def change(workshop_id: UUID, invitation_id: UUID, request: Request, actor: FirstInviter) -> Response:
    """Changes quota, deadline or letter. Raises NotFound."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            row, capacity = await inviting.find_for_change(session, actor, workshop_id, invitation_id)
            if typed.get("version") != str(row.version):
                raise Stale
            data = _patch(typed, row, await workshops.find(session, actor, workshop_id))
            await inviting.change(session, actor, row, capacity, data)
            return _back(row, "changed")
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            row = await inviting.find(session, actor, workshop_id, invitation_id)
            # What somebody else has changed meanwhile is shown, or saving again would undo it.
            kept = None if isinstance(refused, Stale) else typed
            return await _page(session, actor, row, typed=kept, errors=forms.errors_of(refused), status=refused.status)


@router.post(INVITATIONS + "/{workshop_id}/{invitation_id}/resend", operation_id="page_resend_invitation")
async def resend(workshop_id: UUID, invitation_id: UUID, request: Request, actor: FirstInviter) -> Response:
    """Sends the link to the organisation's contacts once more. Raises NotFound."""
    database = database_of(request)
    try:
        async with database.write() as session:
            return _back(await inviting.send_again(session, actor, workshop_id, invitation_id), "resent")
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            row = await inviting.find(session, actor, workshop_id, invitation_id)
            return await _page(session, actor, row, errors=forms.errors_of(refused), status=refused.status)


@router.post(INVITATIONS + "/{workshop_id}/{invitation_id}/withdrawal", operation_id="page_withdraw_invitation")
async def withdraw(workshop_id: UUID, invitation_id: UUID, request: Request, actor: FirstInviter) -> Response:
    """Takes the invitation back. Raises NotFound."""
    typed = await forms.typed(request)
    database = database_of(request)
    advice = {"reason": _("Tuliskan alasan secara singkat; instansi membacanya.")}
    try:
        data = forms.read(Reason, {"reason": typed.get("reason", "")}, advice)
    except Refusal as refused:
        async with database.read() as session:
            row = await inviting.find(session, actor, workshop_id, invitation_id)
            errors = forms.errors_of(refused)
            return await _page(session, actor, row, errors=errors, status=refused.status, withdrawing=True)
    async with database.write() as session:
        row = await inviting_withdrawal.withdraw(session, actor, workshop_id, invitation_id, data.reason)
        return _back(row, "withdrawn")


def _patch(typed: Typed, row: Invitation, workshop: Workshop) -> InvitationPatch:
    """Raises InvalidInput."""
    values = values_of(typed, workshop)
    if typed.get("deadline", "") == write_instant(row.deadline, workshop.timezone):
        # A form knows minutes; what was set to the second, and may be over, stays as it is.
        del values["deadline"]
    return forms.read(InvitationPatch, values, advice())


def values_of(typed: Typed, workshop: Workshop) -> dict[str, object]:
    """What the form's fields say of an invitation; no number means as many seats as there are. Raises InvalidInput."""
    return {
        "quota": {str(mode): typed.get(f"quota-{mode}") for mode in workshops.offered_modes(workshop)},
        **{name: typed.get(name) for name in _TEXTS},
        "deadline": read_instant(typed.get("deadline"), workshop.timezone, "/deadline"),
        "all_or_none": "all_or_none" in typed,
    }


def advice() -> Mapping[str, str]:
    """What to do about each field."""
    return {"quota": _("Isi jumlah kursi dengan angka, atau kosongkan."), "deadline": _("Isi tanggal dan jam.")}


def seen(errors: Sequence[FormError]) -> list[FormError]:
    """Refusals at the fields as the form names them: `quota/offline` is its `quota-offline`."""
    return [FormError(one.field.replace("/", "-"), one.message, one.label) for one in errors]


def _invitable(workshop: Workshop) -> bool:
    try:
        inviting.check(workshop)
    except Refusal:
        return False
    return True


def _tells(workshop: Workshop) -> bool:
    """Whether organisations are still told that they are not invited any more."""
    return _invitable(workshop) and clock.now() < workshop.ends_at


def _follows(read: InvitationRead, *, reached: bool) -> list[str]:
    """What a withdrawal leads to."""
    follows = [_("Tautan instansi langsung tidak berlaku: peserta tidak dapat lagi ditunjuk atau diganti.")]
    if aside := _both(read.held):
        text = _("{count} kursi yang disisihkan diberikan kepada daftar tunggu menurut urutan; sisanya untuk umum.")
        follows.append(text.format(count=aside))
    if named := _both(read.named):
        text = _("{count} peserta yang sudah ditunjuk tetap terdaftar. Bila perlu, batalkan satu per satu.")
        follows.append(text.format(count=named))
    told = _("Kontak instansi diberi tahu beserta alasannya.")
    follows.append(told if reached else _("Instansi tidak diberi tahu: tanpa kontak, atau kegiatan sudah selesai."))
    return [*follows, _("Instansi dapat diundang lagi, dengan tautan baru.")]


def _both(seats: Quota) -> int:
    return (seats.offline or 0) + (seats.online or 0)


def _back(row: Invitation, done: str) -> Response:
    return RedirectResponse(f"{INVITATIONS}/{row.workshop_id}/{row.id}?done={done}", status_code=303)


async def _entries(session: AsyncSession, workshop: Workshop, reads: Sequence[InvitationRead]) -> list[Entry]:
    told = await inviting_reads.last_messages(session, [one.id for one in reads])
    speak, kept = words.speaker(workshop.timezone), keeps_mail(settings_of(session))
    return [
        Entry(
            read=one,
            over=invitations.is_over_by(one.deadline, workshop),
            href=f"{INVITATIONS}/{workshop.id}/{one.id}",
            seats=words.seats_line(one),
            deadline=speak(one.deadline) if one.deadline else "",
            sent=words.message_line(told.get(one.id), speak, kept=kept),
            astray=words.is_astray(told.get(one.id), kept=kept),
        )
        for one in reads
    ]


async def _papers(session: AsyncSession, actor: Actor, workshop: Workshop, totals: Totals) -> list[str]:
    """Where all letters are printed, two hundred in one document."""
    address = f"/api/v1/workshops/{workshop.id}/letters.pdf"
    letters = totals.invited - totals.declined
    if letters <= IN_ONE_PAPER:
        return [address] if letters else []
    codes = await inviting_reads.letter_codes(session, actor, workshop)
    starts = [codes[place - 1] for place in range(IN_ONE_PAPER, len(codes), IN_ONE_PAPER)]
    return [address, *(f"{address}?{urlencode({'cursor': cursor(code)})}" for code in starts)]


async def _page(
    session: AsyncSession,
    actor: Actor,
    row: Invitation,
    *,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
    withdrawing: bool = False,
) -> Response:
    workshop = await workshops.find(session, actor, row.workshop_id)
    office = await session.get_one(Organisation, row.organisation_id)
    [read] = await inviting.read_many(session, actor, [row])
    emails, phones = contacts_of(office)
    speak, kept = words.speaker(workshop.timezone), keeps_mail(settings_of(session))
    query = urlencode({"workshop": workshop.id, "organisation": office.code})
    return await staff_page(
        session,
        actor,
        "invitation_sent.html",
        INVITATIONS,
        workshop=workshop,
        status=status,
        chosen=workshop,
        invitation=read,
        row=row,
        over=invitations.is_over(row, workshop),
        contacts=(len(emails), len(phones)),
        seats=words.seats_line(read),
        messages=[Sent.of(one, speak, kept=kept) for one in await inviting_reads.messages_of(session, row)],
        delegates=await inviting_reads.delegates_of(session, row),
        modes=workshops.offered_modes(workshop),
        action=f"{INVITATIONS}/{workshop.id}/{row.id}",
        back=f"{INVITATIONS}?workshop={workshop.id}",
        letter=f"/api/v1/workshops/{workshop.id}/invitations/{row.id}/letter.pdf",
        people=f"{REGISTRATIONS}?{query}",
        office=f"{ORGANISATIONS}/{office.code}" if actor.may(Permission.ORGANISATIONS_WRITE) else "",
        typed=typed if typed is not None else _typed(row, workshop),
        errors=seen(errors),
        withdrawing=withdrawing,
        follows=_follows(read, reached=bool(emails or phones) and _tells(workshop)),
        again=f"/staff/invite?{query}" if _invitable(workshop) else "",
        done=done,
    )


def _typed(row: Invitation, workshop: Workshop) -> Typed:
    """The form as it stands."""
    numbers = {"quota-offline": row.quota_offline, "quota-online": row.quota_online}
    said = {name: str(value) for name, value in numbers.items() if value is not None}
    said |= {name: value for name in _TEXTS if (value := getattr(row, name))}
    said["deadline"] = write_instant(row.deadline, workshop.timezone)
    return said | ({"all_or_none": "yes"} if row.all_or_none else {})
