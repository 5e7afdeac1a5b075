"""Mail server, Zoom and WhatsApp: what is set, what is missing without them, and a trial that says what is wrong."""

import ipaddress
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from service.auth import Actor, ActorKind, Permission
from service.db import settings_of
from service.models.checks import Integration
from service.models.checks_shapes import IntegrationRead, TrialRead
from service.models.organizers import Staff
from service.pages import forms, integration_words
from service.pages.house import staff_page
from service.pages.integration_words import About
from service.pages.menus import INTEGRATIONS
from service.pages.route import PageRoute
from service.routers import trials
from service.routers.access import Session, allow, allow_first
from service.settings import Settings

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Owner = Annotated[Actor, allow(Permission.ORGANIZER_WRITE)]
Trier = Annotated[Actor, allow_first(Permission.ORGANIZER_WRITE)]
_LOOPBACK = "localhost"
# Everything else works; what is missing is said, but is no reason for alarm.
_MINOR = {"webhook_secret_missing", "app_secret_missing", "verify_token_missing", "meeting_left"}


# Their details are names to be read one by one; those of all others are the number of an answer.
_NAMED = {"scopes_missing", "templates_missing", "templates_not_approved", "meeting_left"}


@dataclass(frozen=True)
class Verdict:
    """What a trial found: `tone` ok, warn or bad; `number`: of their answer; `untried`: templates were not seen."""

    tone: str
    what: str
    advice: str
    steps: list[str]
    number: str
    details: list[str]
    untried: bool


@dataclass(frozen=True)
class Shown:
    """One integration: what it is, what is set (name, what for, state, needed), and how its latest trial went."""

    key: Integration
    about: About
    configured: bool
    settings: list[tuple[str, str, str, bool]]
    trial: TrialRead | None
    verdict: Verdict | None


@dataclass(frozen=True)
class Address:
    """How people reach the service: `state` https, local, or open (neither)."""

    url: str
    state: str
    proxied: bool
    domain: str


@router.get(INTEGRATIONS, operation_id="page_integrations")
async def show_integrations(
    session: Session, actor: Owner, tried: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """The integrations; the page follows a trial that runs."""
    shown = [_shown(one) for one in await trials.listed(session, actor)]
    # The page may be opened by an API key, to which no mail can be sent.
    person = await session.get_one(Staff, actor.id) if actor.kind is ActorKind.STAFF else None
    return await staff_page(
        session,
        actor,
        "integrations.html",
        INTEGRATIONS,
        integrations=shown,
        running=any(one.trial and one.trial.running for one in shown),
        tried=tried,
        address=_address(settings_of(session)),
        own=person.email if person else "",
        action=INTEGRATIONS,
    )


@router.post(INTEGRATIONS + "/{integration}/trial", operation_id="page_try_integration")
async def try_integration(integration: Integration, request: Request, actor: Trier) -> Response:
    """Begins a trial; the page says what came of it."""
    typed = await forms.typed(request)
    await trials.begin(request, actor, integration, mail_me="mail_me" in typed)
    return RedirectResponse(f"{INTEGRATIONS}?tried={integration}#{integration}", status_code=303)


def _shown(one: IntegrationRead) -> Shown:
    return Shown(
        one.name,
        integration_words.about(one.name),
        one.configured,
        [(row.name, integration_words.purpose(row.name), row.state, row.needed) for row in one.settings],
        one.trial,
        _verdict(one.name, one.trial) if one.trial and one.trial.code else None,
    )


def _verdict(integration: Integration, trial: TrialRead) -> Verdict:
    steps = [integration_words.step(integration, step) for step in trial.steps]
    code = trial.code or "failed"
    untried = integration is Integration.WHATSAPP and "sender" in trial.steps and "templates" not in trial.steps
    what, advice = ("", "") if trial.ok else integration_words.finding(integration, code)
    tone = "ok" if trial.ok else "warn" if code in _MINOR else "bad"
    number = trial.details[0] if trial.details and code not in _NAMED else ""
    return Verdict(tone, what, advice, steps, number, [] if number else trial.details, untried and tone != "bad")


def _address(settings: Settings) -> Address:
    host = urlsplit(settings.base_url).hostname or ""
    state = "https" if settings.secure else "local" if host == _LOOPBACK or _is_loopback(host) else "open"
    domain = settings.mail_from.rpartition("@")[2]
    return Address(settings.base_url, state, bool(settings.trusted_proxies), "" if domain == _LOOPBACK else domain)


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
