"""Tries out WhatsApp's Cloud API: token, sender and templates are looked at; nobody is written to."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import partial

import httpx
from pydantic import JsonValue

from service.clients.trials import Outcome, Wrong, outcome
from service.clients.web_check import STEP_SECONDS, Caller, body_of
from service.settings import Settings

LANGUAGES = ("id", "en")
"""What our messages are written in: a template is wanted in each."""
_TOKEN_DEAD = {0, 190}
_TOO_FAST = {4, 80007}
_UNKNOWN = 100
_MOST_PAGES = 20
_APPROVED = "APPROVED"


class WhatsAppStep(StrEnum):
    """What succeeded."""

    SIGNED_IN = "signed_in"
    SENDER = "sender"
    TEMPLATES = "templates"
    WEBHOOK = "webhook"


class WhatsAppCode(StrEnum):
    """What is wrong."""

    OK = "ok"
    NAME_UNKNOWN = "name_unknown"
    AWAY = "away"
    SILENT = "silent"
    TROUBLED = "troubled"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - says what happened to a token
    NOT_PERMITTED = "not_permitted"
    TOO_FAST = "too_fast"
    SENDER_UNKNOWN = "sender_unknown"
    NO_TEMPLATES = "no_templates"
    ACCOUNT_UNKNOWN = "account_unknown"
    TEMPLATES_MISSING = "templates_missing"
    TEMPLATES_NOT_APPROVED = "templates_not_approved"
    APP_SECRET_MISSING = "app_secret_missing"  # noqa: S105 - says that a secret is missing
    VERIFY_TOKEN_MISSING = "verify_token_missing"  # noqa: S105 - as above


async def check(settings: Settings) -> Outcome:
    """Tries out the Cloud API. Templates are looked at when the settings name the account that they belong to."""
    return await outcome(partial(_walk, settings), WhatsAppCode.OK, WhatsAppCode.SILENT)


async def _walk(settings: Settings, steps: list[StrEnum]) -> None:
    async with httpx.AsyncClient(timeout=STEP_SECONDS, trust_env=False) as client:
        caller = Caller(
            client, name_unknown=WhatsAppCode.NAME_UNKNOWN, away=WhatsAppCode.AWAY, silent=WhatsAppCode.SILENT
        )
        whatsapp = _WhatsApp(settings, caller)
        await whatsapp.find_sender(steps)
        if not settings.whatsapp_templates:
            raise Wrong(WhatsAppCode.NO_TEMPLATES)
        if settings.whatsapp_account_id is not None:
            _demand_templates(settings, await whatsapp.templates(settings.whatsapp_account_id))
            steps.append(WhatsAppStep.TEMPLATES)
    if settings.whatsapp_app_secret is None:
        raise Wrong(WhatsAppCode.APP_SECRET_MISSING)
    if settings.whatsapp_verify_token is None:
        raise Wrong(WhatsAppCode.VERIFY_TOKEN_MISSING)
    steps.append(WhatsAppStep.WEBHOOK)


def _demand_templates(settings: Settings, found: dict[tuple[str, str], str]) -> None:
    wanted = [(name, language) for name in sorted(set(settings.whatsapp_templates.values())) for language in LANGUAGES]
    missing = [f"{name} ({language})" for name, language in wanted if (name, language) not in found]
    if missing:
        raise Wrong(WhatsAppCode.TEMPLATES_MISSING, *missing)
    waiting = [
        f"{name} ({language}): {found[name, language]}"
        for name, language in wanted
        if found[name, language] != _APPROVED
    ]
    if waiting:
        raise Wrong(WhatsAppCode.TEMPLATES_NOT_APPROVED, *waiting)


class _WhatsApp:
    """The calls, each of which raises Wrong."""

    def __init__(self, settings: Settings, caller: Caller) -> None:
        self._base = f"{settings.whatsapp_api_url.rstrip('/')}/{settings.whatsapp_api_version}"
        self._sender = settings.whatsapp_phone_number_id
        self._token = settings.whatsapp_token.get_secret_value() if settings.whatsapp_token else ""
        self._caller = caller

    async def find_sender(self, steps: list[StrEnum]) -> None:
        answer = await self._get(f"/{self._sender}", {"fields": "id,verified_name"})
        code = _refusal(answer)
        if code is None or code is WhatsAppCode.SENDER_UNKNOWN:
            steps.append(WhatsAppStep.SIGNED_IN)
        if code is not None:
            raise Wrong(code, *_number(answer))
        steps.append(WhatsAppStep.SENDER)

    async def templates(self, account: str) -> dict[tuple[str, str], str]:
        """The account's templates: status by name and language."""
        found: dict[tuple[str, str], str] = {}
        query = {"fields": "name,language,status", "limit": "200"}
        for _page in range(_MOST_PAGES):
            answer = await self._get(f"/{account}/message_templates", query)
            code = _refusal(answer)
            if code is not None:
                unknown = code is WhatsAppCode.SENDER_UNKNOWN
                raise Wrong(WhatsAppCode.ACCOUNT_UNKNOWN if unknown else code, *_number(answer))
            body = body_of(answer)
            found |= dict(_listed(body.get("data")))
            match body.get("paging"):
                case {"next": str(), "cursors": {"after": str(after)}}:
                    query = query | {"after": after}
                case _:
                    break
        return found

    async def _get(self, path: str, query: dict[str, str]) -> httpx.Response:
        return await self._caller.call("GET", self._base + path, query=query, token=self._token)


def _listed(rows: JsonValue) -> Iterator[tuple[tuple[str, str], str]]:
    for row in rows if isinstance(rows, list) else []:
        match row:
            case {"name": str(name), "language": str(language), "status": str(status)}:
                yield (name, language), status


def _refusal(answer: httpx.Response) -> WhatsAppCode | None:
    """What an answer complains of, None when it does not."""
    if answer.is_success:
        return None
    number = _error(answer)
    if number in _TOO_FAST or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return WhatsAppCode.TOO_FAST
    if number in _TOKEN_DEAD:
        return WhatsAppCode.TOKEN_REFUSED
    if number in {3, 10} or (number is not None and 200 <= number < 300):
        return WhatsAppCode.NOT_PERMITTED
    return WhatsAppCode.SENDER_UNKNOWN if number == _UNKNOWN else WhatsAppCode.TROUBLED


def _number(answer: httpx.Response) -> Sequence[int]:
    number = _error(answer)
    return [answer.status_code if number is None else number]


def _error(answer: httpx.Response) -> int | None:
    match body_of(answer).get("error"):
        case {"code": int(code)}:
            return code
    return None
