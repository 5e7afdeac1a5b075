"""The demo's post box: mail that was kept in DATA_DIR/mail instead of being sent. Exists only in the demo."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from service import clock
from service.auth import Actor, Permission
from service.clients import mail
from service.errors import NotFound
from service.pages.render import page
from service.pages.route import PageRoute
from service.routers.access import allow_first, database_of
from service.settings import Settings

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SHOWN = 200
ZONE = "Asia/Makassar"
# Whoever may look at the demo's mail must not get into an account of its staff by it.
_OPENS_AN_ACCOUNT = re.compile(r"(/(?:reset|invitation-staff)/)[\w-]{43}")
Visitor = Annotated[Actor, allow_first(Permission.PUBLIC)]


@dataclass(frozen=True)
class KeptMail:
    """A kept message; `at` is when it would have gone out, in the demo's time."""

    href: str
    to: str
    sender: str
    subject: str
    at: datetime
    text: str


@router.get("/demo/mail", operation_id="page_demo_mail")
async def list_mail(request: Request, _visitor: Visitor) -> Response:
    """All kept mail, the newest first."""
    settings = _demo(request)
    mails = await asyncio.to_thread(_newest, mail.folder(settings))
    return page("mail_list.html", mails=mails, timezone=ZONE, demo=clock.now())


@router.get("/demo/mail/{mail_id}", operation_id="page_demo_mail_one")
async def show_mail(mail_id: UUID, request: Request, _visitor: Visitor) -> Response:
    """One kept mail."""
    settings = _demo(request)
    path = mail.folder(settings) / f"{mail_id}.eml"
    try:
        kept = await asyncio.to_thread(_read, path)
    except FileNotFoundError:
        raise NotFound from None
    return page("mail.html", mail=kept, back="/demo/mail", timezone=ZONE, demo=clock.now())


def _demo(request: Request) -> Settings:
    """Raises NotFound outside the demo: these pages show secret links."""
    settings = database_of(request).settings
    if settings.now is None or settings.smtp_host is not None:
        raise NotFound
    return settings


def _newest(folder: Path) -> list[KeptMail]:
    # Names are UUIDv7: their order is the order in which the messages were made.
    return [_read(path) for path in sorted(folder.glob("*.eml"), reverse=True)[:SHOWN]]


def _read(path: Path) -> KeptMail:
    message = message_from_bytes(path.read_bytes(), EmailMessage, policy=policy.default)
    body = message.get_body(("plain",))
    return KeptMail(
        href=f"/demo/mail/{path.stem}",
        to=str(message["To"]),
        sender=str(message["From"]),
        subject=str(message["Subject"]),
        at=parsedate_to_datetime(str(message["Date"])).astimezone(UTC) + (clock.now() - clock.real_now()),
        text=_OPENS_AN_ACCOUNT.sub(r"\1...", body.get_content() if body else ""),
    )
