"""Codes of the second factor: time-based one-time passwords (RFC 6238) over HMAC-SHA1, six figures, 30 seconds.

SHA-1 because every authenticator app knows it, and some know nothing else; HMAC does not suffer from its weakness.
The secret is derived like every link of this service: a stolen database makes no codes.
"""

import base64
import hmac
import re
import secrets
from datetime import UTC, datetime
from hmac import compare_digest
from urllib.parse import quote, urlencode
from uuid import UUID

from service.tokens import Keyring

SECONDS = 30
DIGITS = 6
_DRIFT = 1
"""Steps by which a telephone's clock may be off."""
_SECRET_BYTES = 20
_PURPOSE = "second-factor"


def new_key(keyring: Keyring, now: datetime) -> str:
    """From what a secret is derived, as it is kept: the id of the key, when it was made, and a random value."""
    return f"{keyring.current_id}.{int(now.timestamp())}.{secrets.token_urlsafe(16)}"


def made_at(key: str) -> datetime | None:
    """When `new_key` made it; None when it does not say."""
    _key_id, _dot, salt = key.partition(".")
    seconds = salt.partition(".")[0]
    return datetime.fromtimestamp(int(seconds), UTC) if re.fullmatch("[0-9]{1,11}", seconds) else None


def secret_of(keyring: Keyring, staff_id: UUID, key: str) -> bytes | None:
    """The secret of 160 bits; None when the key under which it was made is no longer configured."""
    key_id, _dot, salt = key.partition(".")
    if not keyring.knows(key_id):
        return None
    return keyring.mac(_PURPOSE, f"{staff_id}:{salt}".encode(), key_id)[:_SECRET_BYTES]


def code_at(secret: bytes, step: int) -> str:
    """The code of a time step (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(secret: bytes, code: str, now: float, after: int | None) -> int | None:
    """The step whose code this is, one before or after `now` (Unix seconds) at most, and later than `after`.

    None: it is no code, or one that counted already, as did every earlier one.
    """
    present = int(now) // SECONDS
    near = range(present - _DRIFT, present + _DRIFT + 1)
    # Every step is compared, so that time does not tell which one was near.
    matching = [step for step in near if compare_digest(code_at(secret, step).encode(), code.encode())]
    return next((step for step in reversed(matching) if after is None or step > after), None)


def spelled(secret: bytes) -> str:
    """The secret as people type it into an app: base32 without padding."""
    return base64.b32encode(secret).decode("ascii").rstrip("=")


def uri(secret: bytes, issuer: str, account: str) -> str:
    """What the QR code says to an authenticator app (Key URI format)."""
    label = quote(f"{issuer}:{account}", safe="")
    return f"otpauth://totp/{label}?" + urlencode(
        {"secret": spelled(secret), "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": SECONDS},
        quote_via=quote,
    )
