"""Mail out: SMTP when a server is configured, else one .eml file per message in DATA_DIR/mail.

Headers cannot be injected: text loses its line breaks and control characters, and is encoded here. Python's own email
package decodes encoded words in what it is given and writes the line breaks inside them as new headers; when it folds a
long quoted name it loses the quotes. "=?" is pulled apart for the sake of others who write our headers anew.
"""

import asyncio
import contextlib
import os
import re
import unicodedata
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote

import aiosmtplib

from service import clock
from service.settings import Settings

COMMAND_SECONDS = 20
MESSAGE_SECONDS = 90

_QUOTABLE = re.compile(r"[A-Za-z0-9 .,'()/&-]{1,100}")
_PLAIN = re.compile(r"[A-Za-z0-9][\x20-\x7e]{0,59}")
_LINE_BREAK = re.compile("\r\n|\r|\n")
_URI_SAFE = "%/:?#[]@!$&'()*+,;=~"
_UNSAFE = re.compile(r"[^a-z0-9-]")
_UNQUOTABLE = re.compile(r"[^A-Za-z0-9 ._()+,@-]")
_ADDRESS = re.compile(r"([^\s\x00-\x20\x7f-\x9f<>(),;:\"\\\[\]@]+)@([^\s\x00-\x20\x7f-\x9f<>(),;:\"\\\[\]@]+)")


class MailRefused(Exception):
    """The recipient's server will never take this message. Says the SMTP code, never the address."""


class MailUnavailable(Exception):
    """The message may go through later. Says the SMTP code or the kind of failure, never the address."""


class MailDeferred(MailUnavailable):
    """The server is there, but puts this message off (4xx): others may go through meanwhile."""


@dataclass(frozen=True)
class Attachment:
    """A file sent along; `content_type` like "text/calendar; charset=utf-8" is written as it stands.

    The name's letters beyond ASCII are written as RFC 2231 has them; it should not be longer than 100 characters.
    """

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One message. `id` stays the same over retries; the Message-ID derives from it.

    `invitation` is for the person's calendar (iTIP), its type naming the method (RFC 6047). `unsubscribe` is an
    address that takes one click, as RFC 8058 has it when it is https.
    """

    id: str
    to: Sequence[str]
    sender_name: str
    subject: str
    text: str
    html: str
    host: str
    attachments: Sequence[Attachment] = ()
    invitation: Attachment | None = None
    unsubscribe: str | None = None


async def send(settings: Settings, mail: Mail) -> str | None:
    """Hands the message over; why some of several recipients were refused, if any were.

    Raises MailRefused when trying again is useless, MailUnavailable otherwise.
    """
    try:
        message = build(mail, settings.mail_from)
    except ValueError:
        raise MailRefused("unusable address") from None
    if settings.smtp_host is None:
        await asyncio.to_thread(_write, folder(settings), mail.id, message)
        return None
    return await _smtp(settings, settings.smtp_host, [_address(address) for address in mail.to], message)


async def probe(settings: Settings) -> str | None:
    """Connects to the mail server and greets it, nothing more; what is wrong with it, None when it answers."""
    server = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        timeout=COMMAND_SECONDS,
    )
    try:
        await server.connect()
        await server.quit()
    except (aiosmtplib.SMTPException, OSError) as away:
        return f"{type(away).__name__}: {away}"
    return None


def folder(settings: Settings) -> Path:
    """Where messages are kept when there is no mail server."""
    return settings.data_dir / "mail"


def build(mail: Mail, sender: str) -> bytes:
    """The message (RFC 5322), its text headers encoded here (RFC 2047). Raises ValueError for an unusable address."""
    headers = {
        "Message-ID": f"<{mail.id}@{mail.host}>",
        "Date": format_datetime(clock.real_now()),
        "From": f"{_phrase(mail.sender_name)} <{_address(sender)}>",
        "To": ",\r\n ".join(_address(address) for address in mail.to),
        "Subject": _unstructured(mail.subject),
        "Auto-Submitted": "auto-generated",
    }
    if mail.unsubscribe is not None:
        headers["List-Unsubscribe"] = f"<{_link(mail.unsubscribe)}>"
        if mail.unsubscribe.startswith("https:"):
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode() + b"MIME-Version: 1.0\r\n" + _content(mail)


def _content(mail: Mail) -> bytes:
    """The body with its Content-Type, written here: the email package takes ten times as long.

    The calendar is the last alternative, which Google and Outlook show as an invitation, and a file for everybody else.
    The file has Google's own type for it: a second text/calendar would be offered as a second event.
    """
    bodies = [_words("text/plain", mail.text), _words("text/html", mail.html)]
    files = [*mail.attachments]
    if mail.invitation is not None:
        bodies.append(_entity(mail.invitation.content_type, "base64", _base64(mail.invitation.content)))
        files.insert(0, Attachment(mail.invitation.name, "application/ics", mail.invitation.content))
    message = _multipart("alternative", mail.id, bodies)
    if not files:
        return message
    return _multipart("mixed", mail.id, [message, *(_file(file) for file in files)])


def _multipart(kind: str, name: str, parts: Sequence[bytes]) -> bytes:
    """Neither quoted-printable nor base64 has "=_" anywhere, so that no part can hold the boundary."""
    boundary = f"=_{kind}_{name}"
    between = f"--{boundary}".encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n'.encode()
    return b"\r\n".join([head, *(between + b"\r\n" + part for part in parts), between + b"--\r\n"])


def _words(kind: str, text: str) -> bytes:
    """Text as quoted-printable, its line breaks CR LF whatever they were; the first one tells b2a_qp which to write."""
    lines = "".join(f"{line}\r\n" for line in _LINE_BREAK.split(text.removesuffix("\n"))).encode("utf-8", "replace")
    return _entity(f'{kind}; charset="utf-8"', "quoted-printable", b2a_qp(lines, istext=True))


def _file(file: Attachment) -> bytes:
    """`name` is for old programs, which know no RFC 2231; both of a kind would be a defect to some others."""
    line = header_text(file.name)
    plain = _UNQUOTABLE.sub("_", line)
    named = f'filename="{plain}"' if plain == line else f"filename*=UTF-8''{quote(line, safe='')}"
    kind = f'{file.content_type}; name="{plain}"\r\nContent-Disposition: attachment; {named}'
    return _entity(kind, "base64", _base64(file.content))


def _entity(content_type: str, encoding: str, body: bytes) -> bytes:
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + body


def _base64(content: bytes) -> bytes:
    return encodebytes(content).replace(b"\n", b"\r\n")


def _link(address: str) -> str:
    """An address that ends neither its line nor its angle brackets."""
    return quote(address, safe=_URI_SAFE, errors="replace")


def _address(text: str) -> str:
    """A stored address; letters beyond ASCII before the @ need a server with SMTPUTF8. Raises ValueError."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise ValueError("no address for a header")
    return f"{found[1]}@{found[2].encode('idna').decode('ascii')}"


def _phrase(text: str) -> str:
    """A display name: quoted when everybody reads it alike, else as encoded words."""
    text = header_text(text)
    return f'"{text}"' if _QUOTABLE.fullmatch(text) else _encoded_words(text)


def _unstructured(text: str) -> str:
    text = header_text(text)
    return text if _PLAIN.fullmatch(text) else _encoded_words(text)


def _encoded_words(text: str) -> str:
    """RFC 2047; each word holds whole characters and at most 45 octets, which makes 75 characters with its frame."""
    pieces, piece = [], ""
    for character in text:
        if len((piece + character).encode()) > 45:
            pieces.append(piece)
            piece = ""
        piece += character
    return "\r\n ".join(f"=?utf-8?b?{b64encode(one.encode()).decode()}?=" for one in [*pieces, piece])


def header_text(text: str) -> str:
    """`text` as it may stand in a header: one line, no control or invisible characters, no encoded words."""
    visible = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    line = " ".join(visible.split())
    while "=?" in line:
        line = line.replace("=?", "= ?")
    return line[:200]


async def _smtp(settings: Settings, host: str, recipients: list[str], message: bytes) -> str | None:
    international = not all(address.isascii() for address in recipients)
    try:
        async with asyncio.timeout(MESSAGE_SECONDS):
            refusals, _said = await aiosmtplib.send(
                message,
                sender=settings.mail_from,
                recipients=recipients,
                mail_options=["SMTPUTF8"] if international else None,
                hostname=host,
                port=settings.smtp_port,
                username=settings.smtp_user,
                password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
                use_tls=settings.smtp_security == "tls",
                start_tls=settings.smtp_security == "starttls",
                timeout=COMMAND_SECONDS,
            )
    except aiosmtplib.SMTPRecipientsRefused as refused:
        codes = [recipient.code for recipient in refused.recipients]
        raise _outcome(max(codes) if min(codes) >= 500 else min(codes)) from None
    except aiosmtplib.SMTPDataError as refused:
        raise _outcome(refused.code) from None
    except aiosmtplib.SMTPNotSupported as missing:
        # Without SMTPUTF8 this address alone cannot be written to; without STARTTLS our own setting is wrong.
        name = type(missing).__name__
        raise (MailRefused(name) if international and "SMTPUTF8" in str(missing) else MailUnavailable(name)) from None
    except aiosmtplib.SMTPResponseException as refused:
        # Sign-in or sender refused: our own setting is wrong, not this message.
        raise MailUnavailable(f"SMTP {refused.code}") from None
    except (aiosmtplib.SMTPException, OSError) as away:
        raise MailUnavailable(type(away).__name__) from None
    return f"SMTP {max(said.code for said in refusals.values())}" if refusals else None


def _outcome(code: int) -> Exception:
    return MailRefused(f"SMTP {code}") if code >= 500 else MailDeferred(f"SMTP {code}")


def _write(into: Path, name: str, raw: bytes) -> None:
    """One file per message: a repetition overwrites it, and a reader never sees half of it."""
    into.mkdir(parents=True, exist_ok=True)
    target = into / f"{_UNSAFE.sub('', name)}.eml"
    draft = target.with_suffix(".tmp")
    try:
        with draft.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as full:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise MailUnavailable(type(full).__name__) from None
