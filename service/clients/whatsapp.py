"""WhatsApp out, by the Cloud API: approved templates only, since these people have not written to us first.

A template's body has four variables, in this order: {{1}} the recipient, {{2}} the workshop's title, {{3}} when it is
(of what the committee announces: its text), {{4}} the personal link. It needs a version for each language (id, en)
that is spoken.

The API takes no key that would make a repetition harmless. When an answer is lost the message is sent again, and the
person may read it twice; unless WhatsApp's webhook reports the first one before that: `biz_opaque_callback_data` comes
back with every report, and names the message.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from ssl import SSLContext

import httpx

from service.settings import Settings

SECONDS = 20.0
PAUSE = timedelta(minutes=1)
"""How long we hold back when WhatsApp says that we are too fast, but not until when."""
LONGEST_PAUSE = timedelta(hours=1)

_TOO_FAST = frozenset({4, 80007, 130429, 131048, 133016})
_ONE_PERSON_TOO_OFTEN = 131056
_REFUSED = frozenset({100, 130472, 131008, 131009, 131021, 131026, 131030, 131047, 131049, 131050, 131051})
_TEMPLATES = range(132000, 133000)
_NOT_DIGITS = re.compile(r"[^0-9]")
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


class WhatsAppRefused(Exception):
    """This message will never go out this way. Says the error code, never the number."""


class WhatsAppUnavailable(Exception):
    """The message may go through later, or may even have gone out. Says the error code or the kind of failure."""


class WhatsAppDeferred(WhatsAppUnavailable):
    """This person was written to too often just now: others may go through meanwhile."""


class WhatsAppBusy(WhatsAppUnavailable):
    """All of us are too fast; `delay` says how long to hold back."""

    def __init__(self, reason: str, delay: timedelta) -> None:
        super().__init__(reason)
        self.delay = delay


@dataclass(frozen=True)
class Template:
    """One message: an approved template and what its variables say. `id` comes back with every report about it."""

    id: str
    to: str
    name: str
    language: str
    parameters: Sequence[str]


async def send(settings: Settings, message: Template) -> str:
    """Hands the message over; its id at WhatsApp.

    Raises WhatsAppRefused when trying again is useless, WhatsAppBusy, WhatsAppDeferred, else WhatsAppUnavailable.
    """
    assert settings.whatsapp_token
    assert settings.whatsapp_phone_number_id
    address = "/".join(
        (
            settings.whatsapp_api_url.rstrip("/"),
            settings.whatsapp_api_version,
            settings.whatsapp_phone_number_id,
            "messages",
        )
    )
    headers = {"Authorization": f"Bearer {settings.whatsapp_token.get_secret_value()}"}
    try:
        async with httpx.AsyncClient(timeout=SECONDS, verify=_trusted(), trust_env=False) as client:
            answer = await client.post(address, json=_body(message), headers=headers)
    except httpx.HTTPError as away:
        raise WhatsAppUnavailable(f"WhatsApp {type(away).__name__}") from None
    return _accepted(answer)


def _body(message: Template) -> dict[str, object]:
    parameters = [{"type": "text", "text": _line(text)} for text in message.parameters]
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": _NOT_DIGITS.sub("", message.to),
        "type": "template",
        "template": {
            "name": message.name,
            "language": {"code": message.language},
            "components": [{"type": "body", "parameters": parameters}],
        },
        "biz_opaque_callback_data": message.id,
    }


def _line(text: str) -> str:
    """A variable may hold no line break, tab or row of spaces, and may not be empty."""
    return _UNFIT.sub(" ", text.encode("utf-8", "replace").decode()).strip()[:1000] or "-"


@cache
def _trusted() -> SSLContext:
    """Read once: it takes longer to read the certificates than to send a message."""
    return httpx.create_ssl_context(trust_env=False)


def _accepted(answer: httpx.Response) -> str:
    body = _json(answer)
    if answer.is_success:
        match body:
            case {"messages": [{"id": str(theirs)}, *_]}:
                return theirs
        raise WhatsAppUnavailable("WhatsApp gave no id")
    error = body.get("error")
    code = error.get("code") if isinstance(error, Mapping) else None
    if code == _ONE_PERSON_TOO_OFTEN:
        raise WhatsAppDeferred(f"WhatsApp {code}")
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or code in _TOO_FAST:
        raise WhatsAppBusy(f"WhatsApp {code or answer.status_code}", _pause(answer.headers.get("retry-after", "")))
    if isinstance(code, int) and answer.is_client_error and (code in _REFUSED or code in _TEMPLATES):
        raise WhatsAppRefused(f"WhatsApp {code}")
    raise WhatsAppUnavailable(f"WhatsApp {code if isinstance(code, int) else answer.status_code}")


def _json(answer: httpx.Response) -> Mapping[str, object]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _pause(header: str) -> timedelta:
    return min(timedelta(seconds=int(header)), LONGEST_PAUSE) if header.isascii() and header.isdigit() else PAUSE
