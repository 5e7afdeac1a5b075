"""Mail as a real SMTP server receives it, and as a parser of somebody else's reads it."""

from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.clients.mail import Attachment, Mail, MailDeferred, MailRefused, MailUnavailable, build, header_text, send
from service.settings import Settings
from tests.support.smtp import SmtpSink

INJECTIONS = [
    "=?utf-8?q?=0D=0ABcc:_evil@example.org?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5vcmc=?=",
    "=?us-ascii?Q?=0ABcc:evil@example.org?= =?us-ascii?Q?=0ABcc:evil@example.org?=",
    "==?utf-8?q?=0D=0ABcc:_evil@example.org?=",
    "=\u200b?utf-8?q?=0D=0ABcc:_evil@example.org?=",
    "a\r\nBcc: evil@example.org",
    "a\nBcc: evil@example.org",
    "a\rBcc: evil@example.org",
    "a\u2028Bcc: evil@example.org",
    "a\u2029Bcc: evil@example.org",
    "a\x85Bcc: evil@example.org",
    "a\x0bBcc: evil@example.org",
    "a\x0cBcc: evil@example.org",
    "a\x1cBcc: evil@example.org",
    "a\x1dBcc: evil@example.org",
    "a\x1eBcc: evil@example.org",
    "a\x00Bcc: evil@example.org",
    "a\r\n\r\nbody",
    "a\r\n Bcc: evil@example.org",
    "a\n\tBcc: evil@example.org",
    "%0D%0ABcc: evil@example.org",
    "&#13;&#10;Bcc: evil@example.org",
    "evil@example.org, other@example.org",
    "<evil@example.org>",
    "Dinas <evil@example.org>",
    '"Dinas" <evil@example.org>',
    "Dinas; evil@example.org",
    "group: evil@example.org;",
    "(comment) Dinas",
    'quo"te',
    "back\\slash",
    "\\r\\nBcc: evil@example.org",
    "'); DROP TABLE messages; --",
    "{0.__class__.__mro__}",
    "{organizer}",
    "{{ 7*7 }}",
    "{% raw %}",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "=cmd|'/C calc'!A0",
    "+62811",
    "@SUM(1)",
    "--boundary",
    "--===============0==",
    ".",
    "..",
    "\u202eevil",
    "\u2066evil\u2069",
    "\ufeffBOM",
    "\ud800",
    "\U0001f600" * 50,
    "é" * 300,
    "x" * 1000,
    "drg. H. Nama Jabatan, S.KM., M.Kes.",
    "dr. Nama Jabatan, Sp.PD-KGEH, FINASIM",
    "Subject: lain",
    "To: evil@example.org",
    "Content-Type: text/html",
    "\t\t",
    "",
]
CALENDAR = Attachment("jadwal.ics", 'text/calendar; charset="utf-8"', b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
INVITATION = Attachment(
    "invite.ics", 'text/calendar; charset="utf-8"; method=REQUEST', "METHOD:REQUEST\r\nX:é\r\n".encode()
)
HEADERS = ["Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"]


def letter(**changes: object) -> Mail:
    values: dict[str, object] = {
        "id": "0189f7a0-0000-7000-8000-000000000001",
        "to": ["peserta@luwukab.go.id"],
        "sender_name": "Dinas Kominfo-SP Kabupaten Luwu",
        "subject": "Pendaftaran terkonfirmasi",
        "text": "Yth. Kepala Bidang,\n",
        "html": "<p>Yth. Kepala Bidang,</p>",
        "host": "bimtek.luwukab.go.id",
    }
    return Mail(**(values | changes))  # type: ignore[arg-type] # changes are the test's


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, EmailMessage, policy=policy.default)


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    made = SmtpSink()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def through(sink: SmtpSink, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=sink.port, smtp_security="none")


def test_there_are_sixty_nasty_names() -> None:
    assert len(set(INJECTIONS)) >= 60


@pytest.mark.parametrize("name", INJECTIONS)
def test_a_nasty_name_makes_no_header_and_no_recipient(name: str) -> None:
    raw = build(letter(sender_name=name, subject=name, text=name, html=name), "bimtek@localhost")
    for reader in (policy.default, policy.compat32, policy.SMTP):
        parsed = message_from_bytes(raw, policy=reader)
        assert parsed.keys() == HEADERS
    parsed = read(raw)
    assert [address.addr_spec for address in parsed["To"].addresses] == ["peserta@luwukab.go.id"]
    assert [address.addr_spec for address in parsed["From"].addresses] == ["bimtek@localhost"]
    assert parsed.is_multipart()
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]


def test_an_ordinary_name_with_titles_is_kept_as_typed() -> None:
    name = "drg. H. Nama Jabatan, S.KM., M.Kes. é"
    parsed = read(build(letter(subject=name, sender_name=name), "a@b.go.id"))
    assert parsed["Subject"] == name
    assert parsed["From"].addresses[0].display_name == name
    assert header_text(name) == name


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b\r\nBcc: evil@example.org",
        "a b@c.go.id",
        "a@b, evil@example.org",
        "<a@b>",
        "a@b@c",
        "a@" + "x" * 64,
    ],
)
async def test_an_unusable_address_is_refused_without_being_repeated(tmp_path: Path, address: str) -> None:
    with pytest.raises(MailRefused) as refused:
        await send(Settings(data_dir=tmp_path), letter(to=[address]))
    assert "evil" not in str(refused.value)


async def test_the_server_gets_one_message_with_text_html_and_calendar(sink: SmtpSink, through: Settings) -> None:
    await send(through, letter(attachments=[CALENDAR]))
    [message] = sink.messages
    assert sink.recipients == [["peserta@luwukab.go.id"]]
    assert message["Message-ID"] == "<0189f7a0-0000-7000-8000-000000000001@bimtek.luwukab.go.id>"
    assert message["Auto-Submitted"] == "auto-generated"
    [attached] = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("jadwal.ics", "text/calendar")
    assert attached.get_content() == "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    body = message.get_body(("plain",))
    assert body
    assert body.get_content() == "Yth. Kepala Bidang,\r\n"


async def test_an_invitation_is_the_last_alternative_and_a_file_of_the_same_bytes(
    sink: SmtpSink, through: Settings
) -> None:
    await send(through, letter(invitation=INVITATION, attachments=[CALENDAR]))
    [message] = sink.messages
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
        "text/calendar",
    ]
    inline, file, other = [*message.walk()][4:]
    assert (inline.get_param("method"), inline.get_param("charset"), inline.get_content_disposition()) == (
        "REQUEST",
        "utf-8",
        None,
    )
    assert inline.get_payload(decode=True) == file.get_payload(decode=True) == INVITATION.content
    assert (file.get_filename(), other.get_filename()) == ("invite.ics", "jadwal.ics")


def test_what_is_not_essential_can_be_unsubscribed_with_one_click() -> None:
    parsed = read(build(letter(unsubscribe="https://bimtek.luwukab.go.id/unsubscribe/t"), "a@b.go.id"))
    assert parsed["List-Unsubscribe"] == "<https://bimtek.luwukab.go.id/unsubscribe/t>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "List-Unsubscribe" not in read(build(letter(), "a@b.go.id"))


def test_one_click_is_promised_for_https_alone() -> None:
    parsed = read(build(letter(unsubscribe="http://127.0.0.1:8000/unsubscribe/t"), "a@b.go.id"))
    assert parsed["List-Unsubscribe"] == "<http://127.0.0.1:8000/unsubscribe/t>"
    assert "List-Unsubscribe-Post" not in parsed


def test_an_address_to_unsubscribe_adds_no_header() -> None:
    raw = build(letter(unsubscribe="https://x.go.id/>\r\nBcc: evil@example.org"), "a@b.go.id")
    assert read(raw).keys() == [*HEADERS[:6], "List-Unsubscribe", "List-Unsubscribe-Post", *HEADERS[6:]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "satu",
        "satu\n",
        "satu\r\ndua\rtiga\n\n",
        "x" * 500,
        "é" * 500 + "\n.\n..\n",
        "akhir spasi \nakhir tab\t\n",
        "--=_alternative_0189f7a0-0000-7000-8000-000000000001--\nFrom x\n",
        "a=3D\x00\x1b\x85\u2028b",
    ],
)
def test_words_arrive_as_they_were_in_lines_that_every_server_takes(text: str) -> None:
    raw = build(letter(text=text, html=text, invitation=INVITATION), "a@b.go.id")
    assert max(map(len, raw.split(b"\r\n"))) <= 100
    assert not raw.replace(b"\r\n", b"").count(b"\n")
    assert not raw.replace(b"\r\n", b"").count(b"\r")
    for part in [*read(raw).walk()][2:4]:
        assert not part.defects
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
        assert content.decode() == lines.replace("\n", "\r\n") + "\r\n"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("550 no such peserta@luwukab.go.id", MailRefused), ("451 try later", MailDeferred), ("452 full", MailDeferred)],
)
@pytest.mark.parametrize("stage", ["recipient", "data"])
async def test_what_the_server_says_decides_whether_to_try_again(
    sink: SmtpSink, through: Settings, answer: str, outcome: type[Exception], stage: str
) -> None:
    sink.answer(stage, answer)
    with pytest.raises(outcome) as raised:
        await send(through, letter())
    assert type(raised.value) is outcome
    assert str(raised.value) == f"SMTP {answer[:3]}"


async def test_a_server_that_is_away_or_does_not_know_us_is_tried_again(sink: SmtpSink, through: Settings) -> None:
    signing_in = through.model_copy(update={"smtp_user": "bimtek", "smtp_password": SecretStr("wrong")})
    with pytest.raises(MailUnavailable):
        await send(signing_in, letter())
    await sink.stop()
    with pytest.raises(MailUnavailable):
        await send(through, letter())


async def test_without_a_server_a_repetition_overwrites_the_same_file(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    await send(settings, letter(subject="Pertama"))
    await send(settings, letter(subject="Kedua"))
    [kept] = (tmp_path / "mail").iterdir()
    assert kept.name == "0189f7a0-0000-7000-8000-000000000001.eml"
    assert read(kept.read_bytes())["Subject"] == "Kedua"


async def test_an_address_that_a_server_cannot_spell_is_refused_alone(sink: SmtpSink, through: Settings) -> None:
    with pytest.raises(MailRefused, match="SMTPNotSupported"):
        await send(through, letter(to=["panitia-\u00e9@luwukab.go.id"]))
    assert sink.messages == []


@pytest.mark.parametrize(
    "name", ["Undangan 005-123.pdf", 'Undangan Ñomor "5"; x=é.pdf', "a\r\nBcc: b@c.pdf", "=?utf-8?q?=0D=0ABcc:x?=.pdf"]
)
def test_an_attachments_name_reads_as_it_is_and_adds_no_header(name: str) -> None:
    raw = build(letter(attachments=[Attachment(name, "application/pdf", b"%PDF-1.7")]), "a@b.invalid")
    message = read(raw)
    part = next(message.iter_attachments())
    assert part.get_filename() == header_text(name)
    assert not part.defects
    assert sorted(part.keys()) == ["Content-Disposition", "Content-Transfer-Encoding", "Content-Type"]
    assert message["Bcc"] is None
    assert max(len(line) for line in raw.splitlines()) < 998
