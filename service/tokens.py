"""Secret links are derived, not stored.

A link is base64url(id || HMAC-SHA256(key, "purpose:id:version")[:16]), 43 characters. The row keeps the version and the
id of the key it was issued under: a stolen database opens no link, `version + 1` revokes one, and a new key leaves
printed tickets alive. API keys, device tokens and session ids are random instead, and stored as their SHA-256.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

_MAC_BYTES = 16


class Purpose(StrEnum):
    """What a link is good for; a link of one purpose never opens another."""

    PARTICIPANT = "participant"
    TICKET = "ticket"
    PORTAL = "portal"
    INVITATION = "invitation"
    HELD = "held"
    UNSUBSCRIBE = "unsubscribe"
    STAFF_CALENDAR = "staff_calendar"
    ORGANISATION_CALENDAR = "organisation_calendar"
    SCREEN = "screen"
    CERTIFICATE = "certificate"
    PORTAL_CONTACT = "portal_contact"
    DASHBOARD = "dashboard"
    STAFF_INVITATION = "staff_invitation"
    RESET = "password_reset"


class Keyring:
    """Signing keys by id; the first one signs what is new.

    Raises ValueError when a key has fewer than 32 characters.
    """

    def __init__(self, keys: list[str]) -> None:
        if any(len(key) < 32 for key in keys):
            raise ValueError("A secret key needs at least 32 characters: BIMTEK_SECRET_KEY, BIMTEK_FORMER_SECRET_KEYS")
        self._keys = {hashlib.sha256(b"key-id:" + key.encode()).hexdigest()[:8]: key.encode() for key in keys}
        self.current_id = next(iter(self._keys))

    @property
    def ids(self) -> list[str]:
        """The ids of all configured keys."""
        return [*self._keys]

    def knows(self, key_id: str) -> bool:
        """Whether the key of that id is configured."""
        return key_id in self._keys

    def mac(self, purpose: str, message: bytes, key_id: str | None = None) -> bytes:
        """HMAC-SHA256 under the named key (32 bytes). Raises KeyError for a key that is no longer configured."""
        return hmac.digest(self._keys[key_id or self.current_id], purpose.encode() + b":" + message, "sha256")

    def issue(self, purpose: Purpose, subject: UUID, version: int, key_id: str) -> str:
        """The secret link of a row at this version."""
        return _encode(subject.bytes + self._link_mac(purpose, subject, version, key_id))

    def opens(self, token: str, purpose: Purpose, subject: UUID, version: int, key_id: str) -> bool:
        """Whether `token` is the link that `issue` would give now; compared in constant time."""
        raw = _decode(token)
        if raw is None or raw[:16] != subject.bytes or key_id not in self._keys:
            return False
        return hmac.compare_digest(raw[16:], self._link_mac(purpose, subject, version, key_id))

    def issued(self, token: str, purpose: Purpose, versions: Iterable[int]) -> tuple[UUID, int, str] | None:
        """Row, version and key id of a link, found by trying every key; None when it is none of these versions."""
        about = subject(token)
        if about is None:
            return None
        tried = ((version, key_id) for key_id in self._keys for version in versions)
        return next(((about, *one) for one in tried if self.opens(token, purpose, about, *one)), None)

    def _link_mac(self, purpose: Purpose, subject: UUID, version: int, key_id: str) -> bytes:
        return self.mac(purpose, f"{subject}:{version}".encode(), key_id)[:_MAC_BYTES]


def subject(token: str) -> UUID | None:
    """The id that a link claims to be about (not yet verified), or None when it is no link."""
    raw = _decode(token)
    return UUID(bytes=raw[:16]) if raw else None


def random_token(prefix: str) -> str:
    """A new random secret of 256 bits, `prefix` telling people and secret scanners what it is."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def fingerprint(secret: str) -> str:
    """SHA-256 (hex), the form in which random secrets are stored and tickets stand in rosters."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _decode(token: str) -> bytes | None:
    if len(token) != 43:
        return None
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    # Base64's last character carries two unused bits: without this, four spellings of one link would open.
    return raw if _encode(raw) == token else None


def made_at(identity: UUID) -> datetime:
    """When an id of `new_id` was made, in real time: a UUIDv7 begins with its milliseconds (RFC 9562)."""
    return datetime.fromtimestamp((identity.int >> 80) / 1000, UTC)


_uuid_lock = threading.Lock()
_last_uuid_ms = 0
_uuid_counter = 0


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562), sorted by creation within this process. Not a secret."""
    global _last_uuid_ms, _uuid_counter  # noqa: PLW0603 - the counter keeps ids of one millisecond in order
    with _uuid_lock:
        milliseconds = max(time.time_ns() // 1_000_000, _last_uuid_ms)
        if milliseconds == _last_uuid_ms:
            _uuid_counter += 1
            if _uuid_counter > 0xFFF:
                milliseconds, _uuid_counter = milliseconds + 1, 0
        else:
            _uuid_counter = secrets.randbelow(0x400)
        _last_uuid_ms = milliseconds
        counter = _uuid_counter
    tail = int.from_bytes(os.urandom(8), "big") & 0x3FFFFFFFFFFFFFFF
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (counter << 64) | (0b10 << 62) | tail)
