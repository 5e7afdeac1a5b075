"""All messages of a workshop in the committee's list: filtered, searched by name, fifty at a time.

A name that is looked for stands in no address: the form posts, and answers with the same page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.db import settings_of
from service.documents import mail
from service.domain import letters, messages_list, messages_overview
from service.domain.messages_list import STATUSES, Filter, Standing
from service.i18n import gettext as _
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.choosing import choose
from service.pages.forms import Option
from service.pages.house import staff_page
from service.pages.menus import MESSAGES, REGISTRATIONS
from service.pages.message_words import status_of
from service.pages.messages import Reader
from service.pages.route import PageRoute
from service.routers.access import Session, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
# Whoever may only read sends no forms: what they look for does stand in the address.
Searcher = Annotated[Actor, allow_first(Permission.MESSAGES_WRITE)]
ALL = MESSAGES + "/all"
LINES = 50
_LONGEST = 100
_AGAIN = frozenset({MessageStatus.SENT, *STATUSES[Standing.FAILED]})


class Wanted(BaseModel):
    """What is looked for; what makes no sense is not looked at, since links are typed and cut."""

    workshop: str = Field("", max_length=40)
    standing: str = Field("", max_length=40)
    occasion: str = Field("", max_length=40)
    q: str = Field("", max_length=_LONGEST)
    before: str = Field("", max_length=40)

    @property
    def open(self) -> dict[str, str]:
        """What may stand in an address: everything but the name and the place in the list."""
        return {name: text for name in ("standing", "occasion") if (text := getattr(self, name))}

    @property
    def filter(self) -> Filter:
        """The same for the database."""
        name = " ".join(self.q.split())
        return Filter(
            Standing(self.standing) if self.standing in set(Standing) else None,
            Occasion(self.occasion) if self.occasion in set(Occasion) else None,
            name if name.isprintable() else "",
        )


@dataclass(frozen=True)
class Line:
    """One message. `href`: its person; `resend`: where it is sent once more."""

    name: str
    organisation: str
    href: str
    about: str
    way: str
    status: str
    reason: str
    at: datetime
    resend: str


@router.get(ALL, operation_id="page_all_messages")
async def show_all(session: Session, actor: Reader, wanted: Annotated[Wanted, Query()]) -> Response:
    """The messages of a workshop, the newest first."""
    return await _listing(session, actor, wanted)


@router.post(ALL, operation_id="page_search_messages")
async def search(request: Request, actor: Searcher) -> Response:
    """The same page for what is looked for. Nothing is changed."""
    said = await forms.typed(request)
    wanted = Wanted(**{name: said.get(name, "")[: _most(name)] for name in Wanted.model_fields})
    async with database_of(request).read() as session:
        return await _listing(session, actor, wanted)


def _most(name: str) -> int:
    return _LONGEST if name == "q" else 40


async def _listing(session: AsyncSession, actor: Actor, wanted: Wanted) -> Response:
    actor.require(Permission.CONTACTS_READ)
    choices, chosen = await choose(session, actor, _id(wanted.workshop))
    shown = await _found(session, actor, chosen, wanted) if chosen else {}
    return await staff_page(
        session,
        actor,
        "messages_list.html",
        MESSAGES,
        workshop=None,
        status=200,
        choices=choices,
        chosen=chosen,
        wanted=wanted,
        carried=f"{urlencode({'workshop': str(chosen.id)} | wanted.open)}&" if chosen else "",
        may_send=actor.may(Permission.MESSAGES_WRITE),
        **shown,
    )


async def _found(session: AsyncSession, actor: Actor, workshop: Workshop, wanted: Wanted) -> dict[str, object]:
    rows = await messages_list.page(session, workshop.id, wanted.filter, _id(wanted.before), LINES + 1)
    seen = await messages_overview.overview(session, actor, workshop.id)
    shown = rows[:LINES]
    return {
        "lines": await _lines(session, actor, shown),
        "more": str(shown[-1].id) if len(rows) > LINES else "",
        "standings": [
            Option(one.value, f"{word} ({sum(seen.total(status) for status in STATUSES[one])})")
            for one, word in _standing_words().items()
        ],
        "occasions": _occasions(seen.counts),
    }


def _standing_words() -> dict[Standing, str]:
    return {
        Standing.SENT: _("Sudah keluar"),
        Standing.FAILED: _("Tidak sampai"),
        Standing.WAITING: _("Menunggu"),
        Standing.DROPPED: _("Tidak jadi dikirim"),
    }


def _occasions(counts: Mapping[str, Mapping[MessageStatus, int]]) -> list[Option]:
    """Those that occur, by name."""
    named = [Option(one, f"{mail.occasion_name(one)} ({sum(found.values())})") for one, found in counts.items()]
    return sorted(named, key=lambda one: one.label.casefold())


async def _lines(session: AsyncSession, actor: Actor, rows: Sequence[Message]) -> list[Line]:
    ways = {
        Channel.MAIL: _("Surel"),
        Channel.WHATSAPP: _("WhatsApp"),
        Channel.SEND_LIST: _("Daftar kirim"),
        Channel.NONE: _("Tanpa kontak"),
    }
    may, settings = actor.may(Permission.MESSAGES_WRITE), settings_of(session)
    return [
        Line(
            name=who.name or "",
            organisation=who.organisation or "",
            href=f"{REGISTRATIONS}/{row.registration_id}" if row.registration_id else "",
            about=mail.occasion_name(row.occasion),
            way=ways[row.channel],
            status=status_of(row, settings),
            reason=row.error or "",
            at=row.sent_at or row.created_at,
            resend=f"{MESSAGES}/{row.id}/resend" if may and row.status in _AGAIN else "",
        )
        for row, who in zip(rows, await letters.addressees(session, rows), strict=True)
    ]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
