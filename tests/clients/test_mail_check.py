"""A trial of the mail server names the first thing that is wrong, and what had succeeded before it."""

import errno
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.clients import mail_check
from service.clients.mail import Mail
from service.settings import Settings
from tests.support.certified_line import server_side
from tests.support.smtp import SmtpSink

PASSWORD = "kata-sandi-server-surat"
LETTER = Mail(
    id="0189f7a0-0000-7000-8000-000000000009",
    to=["panitia@luwukab.go.id"],
    sender_name="Dinas Kominfo-SP",
    subject="Surat percobaan",
    text="Surat percobaan.\n",
    html="<p>Surat percobaan.</p>",
    host="bimtek.luwukab.go.id",
)


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    made = SmtpSink()
    yield made
    await made.stop()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, smtp_host="localhost", smtp_security="none", mail_from="bimtek@luwukab.go.id")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


async def found(settings: Settings, sink: SmtpSink, letter: Mail | None = None) -> tuple[str, ...]:
    """The code, its details, and the steps."""
    settings.smtp_port = sink.port
    outcome = await mail_check.check(settings, letter)
    assert outcome.ok == (outcome.code == "ok")
    assert PASSWORD not in repr(outcome)
    return (str(outcome.code), *outcome.details, *outcome.steps)


async def test_a_server_that_is_not_there_is_told_apart_from_one_that_does_not_speak(
    settings: Settings, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_check, "STEP_SECONDS", 0.2)
    await sink.start()
    sink.mode = "refuse"
    assert await found(settings, sink) == ("hung_up",)
    sink.mode = "hang"
    assert await found(settings, sink) == ("silent",)
    await sink.stop()
    assert await found(settings, sink) == ("refused",)
    settings.smtp_host = "x" * 64 + ".go.id"
    assert await found(settings, sink) == ("name_unknown",)
    settings.smtp_host = "surat.luwukab.go.id"
    for trouble, code in (
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "name_unknown"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "unreachable"),
    ):

        def fails(*_: object, trouble: OSError = trouble, **__: object) -> None:
            raise trouble

        monkeypatch.setattr(socket, "getaddrinfo", fails)
        assert await found(settings, sink) == (code,)


async def test_a_line_that_cannot_be_encrypted_says_why(
    settings: Settings, sink: SmtpSink, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sink.start()
    settings.smtp_security = "starttls"
    assert await found(settings, sink) == ("no_starttls", "reached")
    settings.smtp_security = "tls"
    assert await found(settings, sink) == ("not_tls",)

    settings.smtp_security = "starttls"
    sink.tls = server_side(certificates)
    assert await found(settings, sink) == ("certificate_unknown", "reached")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "localhost.crt"))
    assert await found(settings, sink) == ("ok", "reached", "encrypted", "sender")
    settings.smtp_host = "127.0.0.1"
    assert await found(settings, sink) == ("certificate_name", "reached")
    settings.smtp_host = "localhost"
    sink.tls = server_side(certificates, days=-1)
    assert await found(settings, sink) == ("certificate_expired", "reached")


async def test_tls_from_the_start_is_reached_and_judged_too(
    settings: Settings, sink: SmtpSink, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink.tls, sink.tls_first = server_side(certificates), True
    await sink.start()
    settings.smtp_security = "tls"
    assert await found(settings, sink) == ("certificate_unknown",)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "localhost.crt"))
    assert await found(settings, sink) == ("ok", "reached", "encrypted", "sender")
    monkeypatch.setattr(mail_check, "STEP_SECONDS", 0.2)
    settings.smtp_security = "starttls"
    assert await found(settings, sink) == ("silent",)


async def test_who_may_not_sign_in_or_send_is_told_so(settings: Settings, sink: SmtpSink) -> None:
    await sink.start()
    settings.smtp_user = "bimtek"
    assert await found(settings, sink) == ("no_sign_in", "reached")
    sink.password = PASSWORD
    settings.smtp_password = SecretStr(f"{PASSWORD}?")
    assert await found(settings, sink) == ("sign_in_refused", "535", "reached")
    settings.smtp_user = None
    assert await found(settings, sink) == ("sign_in_needed", "530", "reached")
    settings.smtp_user, settings.smtp_password = "bimtek", SecretStr(PASSWORD)
    assert await found(settings, sink) == ("ok", "reached", "signed_in", "sender")
    sink.refused_sender = "553 5.7.1 not yours"
    assert await found(settings, sink) == ("sender_refused", "553", "reached", "signed_in")
    settings.mail_from = "bimtek@localhost"
    assert await found(settings, sink) == ("sender_unset", "reached", "signed_in")
    assert sink.messages == []


async def test_a_mail_goes_out_only_when_one_is_asked_for(settings: Settings, sink: SmtpSink) -> None:
    await sink.start()
    assert await found(settings, sink) == ("ok", "reached", "sender")
    assert sink.messages == []
    assert await found(settings, sink, LETTER) == ("ok", "reached", "sender", "sent")
    assert [message["Subject"] for message in sink.messages] == ["Surat percobaan"]
    sink.answer("recipient", "550 5.1.1 unknown")
    assert await found(settings, sink, LETTER) == ("recipient_refused", "550", "reached", "sender")
    sink.answer("data", "554 5.7.1 spam")
    assert await found(settings, sink, LETTER) == ("message_refused", "554", "reached", "sender")
