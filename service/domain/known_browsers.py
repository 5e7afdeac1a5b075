"""Browsers that somebody signed in with before: what fails there is counted apart from what strangers try.

Whoever knows an address can use up the attempts at its password; its person still comes in from a browser that is known
(OWASP "device cookies"). The cookie holds a signed token for each of the last few accounts, as offices share computers.
A token names the account and the browser, opens nothing by itself, and ends with the password. Nothing is stored.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from hmac import compare_digest
from uuid import UUID

from service.models.organizers import Staff
from service.tokens import Keyring, new_id

MOST = 5
"""Accounts that one browser is known for."""
_PURPOSE = "known-browser"
_ID_BYTES, _MAC_BYTES = 16, 16
_LONGEST = 2 * MOST * 64


@dataclass(frozen=True)
class _Token:
    staff_id: UUID
    browser: UUID
    mac: bytes
    text: str


def remembered(keyring: Keyring, staff: Staff, held: str | None) -> str:
    """The cookie's value once this person has signed in; `held` is the one before, whose other accounts stay."""
    browser = new_id()
    raw = staff.id.bytes + browser.bytes + _mac(keyring, staff, browser, keyring.current_id)
    others = [one.text for one in _read(held) if one.staff_id != staff.id]
    return ".".join([urlsafe_b64encode(raw).decode("ascii"), *others[: MOST - 1]])


def known(keyring: Keyring, staff: Staff, held: str | None) -> UUID | None:
    """The browser, if this person has signed in with it under the present password."""
    theirs = next((one for one in _read(held) if one.staff_id == staff.id), None)
    if theirs is None:
        return None
    right = [compare_digest(theirs.mac, _mac(keyring, staff, theirs.browser, key_id)) for key_id in keyring.ids]
    return theirs.browser if any(right) else None


def _mac(keyring: Keyring, staff: Staff, browser: UUID, key_id: str) -> bytes:
    # Not under reset_version: anybody who knows the address changes that one by asking for a link.
    about = f"{staff.id}:{browser}:{staff.password_hash}"
    return keyring.mac(_PURPOSE, about.encode(), key_id)[:_MAC_BYTES]


def _read(held: str | None) -> list[_Token]:
    """What a cookie claims; whatever is no token is left out."""
    if held is None or len(held) > _LONGEST:
        return []
    found = [(text, _decoded(text)) for text in held.split(".")]
    return [
        _Token(UUID(bytes=raw[:_ID_BYTES]), UUID(bytes=raw[_ID_BYTES : 2 * _ID_BYTES]), raw[2 * _ID_BYTES :], text)
        for text, raw in found
        if len(raw) == 2 * _ID_BYTES + _MAC_BYTES
    ]


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.encode("ascii"))
    except (UnicodeEncodeError, Error):
        return b""
