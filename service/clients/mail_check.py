"""Tries out the mail server: reaches it, encrypts, signs in, names the sender; mails only what it is asked to."""

import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial

import aiosmtplib

from service.clients import mail
from service.clients.mail import Mail
from service.clients.trials import Outcome, Wrong, outcome
from service.settings import Settings

STEP_SECONDS = 10
_REFUSED = f"[Errno {errno.ECONNREFUSED}]"
_SIGN_IN_FIRST = 530
_HOST_MISMATCH, _ADDRESS_MISMATCH, _EXPIRED = 62, 64, 10
"""Of OpenSSL (X509_V_ERR_*)."""


class SmtpStep(StrEnum):
    """What succeeded."""

    REACHED = "reached"
    ENCRYPTED = "encrypted"
    SIGNED_IN = "signed_in"
    SENDER = "sender"
    SENT = "sent"


class SmtpCode(StrEnum):
    """What is wrong."""

    OK = "ok"
    NAME_UNKNOWN = "name_unknown"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    SILENT = "silent"
    HUNG_UP = "hung_up"
    UNWILLING = "unwilling"
    NOT_TLS = "not_tls"
    NO_STARTTLS = "no_starttls"
    CERTIFICATE_NAME = "certificate_name"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_UNKNOWN = "certificate_unknown"
    NO_SIGN_IN = "no_sign_in"
    SIGN_IN_NEEDED = "sign_in_needed"
    SIGN_IN_REFUSED = "sign_in_refused"
    SENDER_UNSET = "sender_unset"
    SENDER_REFUSED = "sender_refused"
    RECIPIENT_REFUSED = "recipient_refused"
    MESSAGE_REFUSED = "message_refused"
    ODD = "odd"


async def check(settings: Settings, letter: Mail | None = None) -> Outcome:
    """Tries out the mail server; with `letter` that is sent too, else nothing is."""
    return await outcome(partial(_walk, settings, letter), SmtpCode.OK, SmtpCode.SILENT)


async def _walk(settings: Settings, letter: Mail | None, steps: list[StrEnum]) -> None:
    server = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        use_tls=settings.smtp_security == "tls",
        start_tls=False,
        timeout=STEP_SECONDS,
    )
    try:
        with _explained():
            await server.connect()
            await server.ehlo()
            steps.append(SmtpStep.REACHED)
            await _encrypt(server, settings, steps)
            await _sign_in(server, settings, steps)
            await _name_sender(server, settings, steps)
            if letter is not None:
                await _send(server, settings, letter, steps)
    finally:
        server.close()


async def _encrypt(server: aiosmtplib.SMTP, settings: Settings, steps: list[StrEnum]) -> None:
    if settings.smtp_security == "none":
        return
    if settings.smtp_security == "starttls":
        if not server.supports_extension("starttls"):
            raise Wrong(SmtpCode.NO_STARTTLS)
        await server.starttls()
        await server.ehlo()
    steps.append(SmtpStep.ENCRYPTED)


async def _sign_in(server: aiosmtplib.SMTP, settings: Settings, steps: list[StrEnum]) -> None:
    if not settings.smtp_user:
        return
    if not server.supports_extension("auth"):
        raise Wrong(SmtpCode.NO_SIGN_IN)
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
    try:
        await server.login(settings.smtp_user, password)
    except aiosmtplib.SMTPAuthenticationError as refused:
        raise Wrong(SmtpCode.SIGN_IN_REFUSED, refused.code) from None
    steps.append(SmtpStep.SIGNED_IN)


async def _name_sender(server: aiosmtplib.SMTP, settings: Settings, steps: list[StrEnum]) -> None:
    """Names the sender and takes it back, so that nothing is sent."""
    if settings.mail_from.endswith("@localhost"):
        raise Wrong(SmtpCode.SENDER_UNSET)
    try:
        await server.mail(settings.mail_from)
        await server.rset()
    except aiosmtplib.SMTPSenderRefused as refused:
        needed = refused.code == _SIGN_IN_FIRST and not settings.smtp_user
        raise Wrong(SmtpCode.SIGN_IN_NEEDED if needed else SmtpCode.SENDER_REFUSED, refused.code) from None
    steps.append(SmtpStep.SENDER)


async def _send(server: aiosmtplib.SMTP, settings: Settings, letter: Mail, steps: list[StrEnum]) -> None:
    try:
        await server.sendmail(settings.mail_from, list(letter.to), mail.build(letter, settings.mail_from))
    except ValueError:
        raise Wrong(SmtpCode.RECIPIENT_REFUSED) from None
    except aiosmtplib.SMTPRecipientsRefused as refused:
        raise Wrong(SmtpCode.RECIPIENT_REFUSED, refused.recipients[0].code) from None
    except aiosmtplib.SMTPDataError as refused:
        raise Wrong(SmtpCode.MESSAGE_REFUSED, refused.code) from None
    steps.append(SmtpStep.SENT)


@contextmanager
def _explained() -> Iterator[None]:
    """Turns what can happen on any line into what is wrong."""
    try:
        yield
    except aiosmtplib.SMTPTimeoutError:
        raise Wrong(SmtpCode.SILENT) from None
    except aiosmtplib.SMTPResponseException as said:
        raise Wrong(SmtpCode.UNWILLING, said.code) from None
    except aiosmtplib.SMTPConnectError as away:
        raise _away(away.__cause__) from None
    except aiosmtplib.SMTPServerDisconnected:
        raise Wrong(SmtpCode.HUNG_UP) from None
    except OSError as away:
        raise _away(away) from None
    except UnicodeError:
        # Of a name that no server can have.
        raise Wrong(SmtpCode.NAME_UNKNOWN) from None
    except aiosmtplib.SMTPException as odd:
        raise Wrong(SmtpCode.ODD, type(odd).__name__) from None


def _away(cause: BaseException | None) -> Wrong:
    match cause:
        case socket.gaierror():
            return Wrong(SmtpCode.NAME_UNKNOWN)
        case ssl.SSLCertVerificationError():
            return Wrong(_certificate(cause.verify_code))
        case ssl.SSLError():
            return Wrong(SmtpCode.NOT_TLS)
        case OSError() if _REFUSED in str(cause):
            # Of a name with several addresses asyncio tells all failures in one text, without a number.
            return Wrong(SmtpCode.REFUSED)
        case OSError() if not isinstance(cause, ConnectionError):
            return Wrong(SmtpCode.UNREACHABLE)
    return Wrong(SmtpCode.HUNG_UP)


def _certificate(problem: int) -> SmtpCode:
    if problem in {_HOST_MISMATCH, _ADDRESS_MISMATCH}:
        return SmtpCode.CERTIFICATE_NAME
    return SmtpCode.CERTIFICATE_EXPIRED if problem == _EXPIRED else SmtpCode.CERTIFICATE_UNKNOWN
