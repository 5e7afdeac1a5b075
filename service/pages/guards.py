"""What keeps programs off the public forms without a captcha: a field for people to leave empty, and a time of issue.

The time is signed, so a program can neither invent one nor use an old one for ever. It binds nobody: no cookie, no
address, nothing to remember on our side.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hmac import compare_digest

from service import clock
from service.settings import Settings

TRAP = "catatan_tambahan"
"""The field that stays empty. No browser fills in a field of that name by itself."""
STAMP = "stempel"
LONGEST = timedelta(hours=24)
_PURPOSE = "form-stamp"


class Verdict(StrEnum):
    """`trapped`: a program filled in what people do not see. `hurried`: faster than anybody types, or no good stamp."""

    OK = "ok"
    TRAPPED = "trapped"
    HURRIED = "hurried"


@dataclass(frozen=True)
class Guard:
    """What a form carries besides its questions; `_guards.html` writes it."""

    trap: str
    stamp_field: str
    stamp: str


def hidden(settings: Settings, issued_at: datetime | None = None) -> Guard:
    """What a form shown now carries (real time, unless `issued_at` says when)."""
    issued = str(int((issued_at or clock.real_now()).timestamp()))
    return Guard(TRAP, STAMP, f"{issued}.{_seal(settings, issued, settings.keyring.current_id)}")


def judge(typed: Mapping[str, str], settings: Settings) -> Verdict:
    """Whether a person sent this form. `trapped` is answered like a success and kept nowhere; `hurried`: ask again."""
    if typed.get(TRAP):
        return Verdict.TRAPPED
    issued = _issued(typed.get(STAMP, ""), settings)
    if issued is None:
        return Verdict.HURRIED
    age = clock.real_now() - issued
    # Whole seconds are signed: what was issued within this second seems to have been issued at its beginning.
    return Verdict.OK if timedelta(seconds=settings.form_seconds) <= age <= LONGEST else Verdict.HURRIED


def _issued(stamp: str, settings: Settings) -> datetime | None:
    issued, _dot, seal = stamp.partition(".")
    if not (issued.isascii() and issued.isdigit() and len(issued) <= 11 and seal.isascii()):
        return None
    if not any(compare_digest(seal, _seal(settings, issued, key_id)) for key_id in settings.keyring.ids):
        return None
    return datetime.fromtimestamp(int(issued), UTC)


def _seal(settings: Settings, issued: str, key_id: str) -> str:
    return base64.urlsafe_b64encode(settings.keyring.mac(_PURPOSE, issued.encode(), key_id)[:16]).decode().rstrip("=")
