"""Integrations as the settings have them, and their trials, which run beside requests."""

import html
from collections.abc import Mapping
from functools import partial
from urllib.parse import urlsplit

from fastapi import Request
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, ActorKind
from service.clients import mail_check, whatsapp_check, zoom_check
from service.clients.mail import Mail
from service.clients.trials import Outcome
from service.clients.zoom_check import ZoomCode, ZoomStep
from service.db import Database, settings_of
from service.domain import checks, rooms_budget
from service.domain.checks_errors import NotConfigured
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.checks import Check, CheckName, Integration
from service.models.checks_shapes import IntegrationRead, SettingRead, State, TrialRead
from service.models.organizers import Organizer, Staff
from service.models.rooms import Provider
from service.routers.access import database_of
from service.settings import Settings
from service.tokens import new_id

NEEDED: Mapping[Integration, tuple[str, ...]] = {
    Integration.SMTP: ("smtp_host", "mail_from"),
    Integration.ZOOM: ("zoom_account_id", "zoom_client_id", "zoom_client_secret"),
    Integration.WHATSAPP: ("whatsapp_phone_number_id", "whatsapp_token", "whatsapp_templates"),
}
USEFUL: Mapping[Integration, tuple[str, ...]] = {
    Integration.SMTP: ("smtp_port", "smtp_security", "smtp_user", "smtp_password"),
    Integration.ZOOM: ("zoom_user_id", "zoom_webhook_secret"),
    Integration.WHATSAPP: ("whatsapp_account_id", "whatsapp_app_secret", "whatsapp_verify_token"),
}
"""Settings by field of Settings: without the former it cannot be tried at all."""
# Neither keeps a trial from being made: it says what is wrong with them.
_TRIED_ALL_THE_SAME = {"mail_from", "whatsapp_templates"}
# Its default is for trying the service out on one computer: no server takes it.
_USELESS_UNSET = {"mail_from"}


async def listed(session: AsyncSession, actor: Actor) -> list[IntegrationRead]:
    """All of them, with the organizer's own trials."""
    rows = await checks.latest(session, actor)
    return [read(settings_of(session), one, rows.get(CheckName(one))) for one in Integration]


def read(settings: Settings, integration: Integration, row: Check | None) -> IntegrationRead:
    """An integration as it is shown."""
    names = NEEDED[integration] + USEFUL[integration]
    return IntegrationRead(
        name=integration,
        configured=is_configured(settings, integration),
        settings=[
            SettingRead(name=f"BIMTEK_{name.upper()}", state=_state(settings, name), needed=name in NEEDED[integration])
            for name in names
        ],
        trial=_trial(row) if row else None,
    )


def is_configured(settings: Settings, integration: Integration) -> bool:
    """Whether there is enough to try it out."""
    return all(getattr(settings, name) is not None for name in NEEDED[integration] if name not in _TRIED_ALL_THE_SAME)


def _state(settings: Settings, name: str) -> State:
    if name in settings.model_fields_set and getattr(settings, name):
        return "set"
    return "default" if Settings.model_fields[name].default and name not in _USELESS_UNSET else "missing"


def _trial(row: Check) -> TrialRead:
    result = row.result
    ended = row.finished_at is not None
    return TrialRead(
        running=checks.is_running(row),
        started_at=row.started_at,
        finished_at=row.finished_at,
        ok=bool(result.get("ok")) if ended else None,
        code=str(result.get("code") or "failed") if ended else None,
        steps=_texts(result.get("steps")),
        details=_texts(result.get("details")),
    )


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


async def begin(request: Request, actor: Actor, integration: Integration, *, mail_me: bool = False) -> Check:
    """Begins a trial; it is committed, so that the work finds its row.

    Raises NotConfigured, AlreadyRunning, InvalidInput when there is nobody or nothing to mail with.
    """
    database = database_of(request)
    if not is_configured(database.settings, integration):
        raise NotConfigured
    async with database.write() as session:
        house = await session.get_one(Organizer, actor.tenant)
        letter = await _letter(session, actor, integration, house) if mail_me else None
        row = await checks.begin(session, actor, CheckName(integration))
    work = {
        Integration.SMTP: partial(mail_check.check, database.settings, letter),
        Integration.ZOOM: partial(_try_zoom, database, house.slug),
        Integration.WHATSAPP: partial(whatsapp_check.check, database.settings),
    }[integration]

    async def run() -> Mapping[str, object]:
        return (await work()).result()

    request.app.state.background.start(row, run)
    return row


async def _try_zoom(database: Database, slug: str) -> Outcome:
    """Counts the meeting that it makes, unless it never came to that."""
    settings, subject = database.settings, rooms_budget.meetings(Provider.ZOOM)
    async with database.write() as session:
        spent = await rooms_budget.spend(session, subject, 1, settings.zoom_daily_writes)
    if not spent:
        return Outcome(ZoomCode.DAILY_LIMIT)
    sender = settings.mail_from
    registrant = "uji-coba@peserta.invalid" if sender.endswith("@localhost") else sender
    outcome = await zoom_check.check(settings, _("Uji coba integrasi ({slug})").format(slug=slug), registrant)
    if ZoomStep.HOST not in outcome.steps:
        async with database.write() as session:
            await rooms_budget.give_back(session, subject, 1)
    return outcome


async def _letter(session: AsyncSession, actor: Actor, integration: Integration, house: Organizer) -> Mail:
    if integration is not Integration.SMTP or actor.kind is not ActorKind.STAFF:
        raise InvalidInput.at("/mail_me", _("Surat percobaan hanya untuk server surel, kepada petugas yang masuk."))
    person = await session.get_one(Staff, actor.id)
    text = _("Surat percobaan ini membuktikan bahwa server surel menerima kiriman dari layanan Bimtek.")
    host = urlsplit(settings_of(session).base_url).hostname or "localhost"
    return Mail(
        id=str(new_id()),
        to=[person.email],
        sender_name=house.name,
        subject=_("Surat percobaan"),
        text=f"{text}\n",
        html=f"<p>{html.escape(text)}</p>",
        host=host,
    )
