"""Mail that came back, as mail servers tell of it (RFC 3464)."""

import asyncio
import io
import sys
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from sqlmodel import select

from service import cli, outbox
from service.auth import Permission
from service.db import Database
from service.domain import bounces
from service.errors import NotFound, UnreadableNotice
from service.events import RegistrationConfirmed
from service.models.messages import Message, MessageStatus
from service.models.outbox import EventRow
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.conftest import SECRET
from tests.subscribers.test_messages import kept

PATH = "/api/v1/messages/bounces"

NOTIFICATION = """From: MAILER-DAEMON@mail.luwukab.go.id
To: bimtek@localhost
Subject: Undelivered Mail Returned to Sender
Message-ID: <20230620.1@mail.luwukab.go.id>
{more}MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

The mail system could not deliver your message.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.luwukab.go.id

Final-Recipient: rfc822; hilang@luwukab.go.id
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 hilang@luwukab.go.id unknown

--b1
Content-Type: {kind}

{returned}
--b1--
"""


def notification(
    message_id: str = "", *, action: str = "failed", status: str = "5.1.1", kind: str = "message/rfc822", more: str = ""
) -> bytes:
    returned = f"Subject: x\nMessage-ID: {message_id}\n\ntext\n" if message_id else "Subject: x\n\ntext\n"
    filled = NOTIFICATION.format(action=action, status=status, kind=kind, returned=returned, more=more)
    return filled.replace("\n", "\r\n").encode()


async def mailed(database: Database, worker: Worker) -> tuple[Message, dict[str, str]]:
    async with database.write() as session:
        house = await factories.organizer(session)
        row = await factories.registration(session, await factories.workshop(session, house))
        ids = {"organizer_id": house.id, "workshop_id": row.workshop_id, "registration_id": row.id}
        await outbox.record(session, RegistrationConfirmed(**ids))
        key = await factories.api_key(session, house)
    await worker.drain()
    return await the_message(database), key


async def the_message(database: Database) -> Message:
    async with database.read() as session:
        return (await session.exec(select(Message))).one()


async def report(client: AsyncClient, raw: bytes, headers: dict[str, str]) -> Response:
    return await client.post(PATH, content=raw, headers=headers | {"Content-Type": "message/rfc822"})


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers", "message/global-headers"])
async def test_a_mail_that_came_back_is_shown_and_can_be_sent_again(
    client: AsyncClient, database: Database, worker: Worker, settings: Settings, kind: str
) -> None:
    message, key = await mailed(database, worker)
    raw = notification(str(kept(settings)[0]["Message-ID"]), kind=kind)
    for _ in range(2):
        answer = await report(client, raw, key)
        shown = answer.json()
        assert (answer.status_code, shown["status"], shown["error"]) == (200, "bounced", "SMTP 5.1.1")
        assert "hilang@" not in answer.text
    async with database.read() as session:
        events = (await session.exec(select(EventRow).where(EventRow.type == "message.bounced"))).all()
    assert [event.data for event in events] == [{"message_id": str(message.id)}]
    again = await client.post(f"/api/v1/messages/{message.id}/resend", headers=key)
    assert (again.json()["id"], again.json()["status"]) == (str(message.id), "queued")
    await worker.drain()
    assert (await the_message(database)).status is MessageStatus.SENT


async def test_a_delay_is_noted_and_changes_nothing_else(
    client: AsyncClient, database: Database, worker: Worker, settings: Settings
) -> None:
    _message, key = await mailed(database, worker)
    raw = notification(str(kept(settings)[0]["Message-ID"]), action="delayed", status="4.4.1")
    shown = (await report(client, raw, key)).json()
    assert (shown["status"], shown["error"]) == ("sent", "SMTP 4.4.1")


async def test_the_mail_is_found_by_what_the_notification_answers_when_it_is_not_returned(
    client: AsyncClient, database: Database, worker: Worker, settings: Settings
) -> None:
    _message, key = await mailed(database, worker)
    raw = notification(more=f"In-Reply-To: {kept(settings)[0]['Message-ID']}\n")
    assert (await report(client, raw, key)).json()["status"] == "bounced"


async def test_unknown_foreign_and_other_hosts_mails_are_all_not_found(
    client: AsyncClient, database: Database, worker: Worker, settings: Settings
) -> None:
    message, key = await mailed(database, worker)
    ours = str(kept(settings)[0]["Message-ID"])
    async with database.write() as session:
        stranger = await factories.api_key(session, await factories.organizer(session))
        reader = await factories.api_key(
            session, await factories.house_of(session, str(message.workshop_id)), Permission.MESSAGES_READ
        )
    answers = [
        await report(client, notification(f"<{uuid4()}@127.0.0.1>"), key),
        await report(client, notification(f"<{message.id}@mail.contoh.id>"), key),
        await report(client, notification("<20230620.7@127.0.0.1>"), key),
        await report(client, notification(), key),
        await report(client, notification(ours), stranger),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 5
    assert (await report(client, notification(ours), reader)).status_code == 403
    assert (await report(client, notification(ours), {})).status_code == 401
    assert (await the_message(database)).status is MessageStatus.SENT


async def test_an_answer_from_somebody_on_leave_is_no_bounce(
    client: AsyncClient, database: Database, worker: Worker, settings: Settings
) -> None:
    _message, key = await mailed(database, worker)
    raw = f"In-Reply-To: {kept(settings)[0]['Message-ID']}\r\nAuto-Submitted: auto-replied\r\n\r\nSedang cuti.\r\n"
    assert (await report(client, raw.encode(), key)).status_code == 400


def nasty() -> list[bytes]:
    ours = f"<{uuid4()}@127.0.0.1>"
    plain = notification(ours)
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000))
    return [
        b"",
        b"\x00" * 5000,
        b"\xff\xfe\x80" * 999,
        b"\r\n" * 9999,
        b"Content-Type: multipart/report; boundary=\r\n\r\n--\r\n",
        b"Content-Type: multipart/report\r\n\r\n--x\r\n",
        b"Content-Type: multipart/report; boundary*=utf-99'x'%ff%fe; boundary*1=x\r\n\r\n",
        deep,
        b"Content-Type: message/rfc822\r\n\r\n" * 9000,
        plain.replace(b"Status: 5.1.1", b"Status: 5." + b"1" * 4000 + b".1"),
        plain.replace(b"Status: 5.1.1", b"Status: =?utf-8?q?=0D=0A?="),
        plain.replace(b"Message-ID: <", b"Message-ID: =?x?b?!!!!?= <\xff"),
        plain.replace(b"Content-Type: message/delivery-status", b"Content-Type: message/delivery-status; charset=\xe9"),
        plain.replace(b"message/rfc822", b"message/rfc822\r\nContent-Transfer-Encoding: base64"),
        plain.replace(b"Subject: x", b"Subject: " + b"x" * 500_000),
        b"Content-Type: message/delivery-status\r\n\r\n" + b"Action: failed\r\n\r\n" * 20_000,
    ]


@pytest.mark.parametrize("raw", nasty())
def test_what_is_made_to_break_the_reader_is_refused(raw: bytes) -> None:
    try:
        said = bounces.read(raw)
    except (UnreadableNotice, NotFound):
        return
    assert said.code[0] in "45"


async def test_a_body_beyond_the_limit_is_refused(client: AsyncClient, database: Database, worker: Worker) -> None:
    _message, key = await mailed(database, worker)
    assert (await report(client, b"x" * 1_100_000, key)).status_code == 413


async def test_a_mail_servers_pipe_tells_of_a_bounce_and_never_fails(
    database: Database,
    worker: Worker,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await mailed(database, worker)
    monkeypatch.setenv("BIMTEK_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("BIMTEK_SECRET_KEY", SECRET)
    if settings.database_url:
        monkeypatch.setenv("BIMTEK_DATABASE_URL", settings.database_url.get_secret_value())
    good = notification(str(kept(settings)[0]["Message-ID"]))
    for raw, said in ((b"nonsense", "Ignored: unreadable_notice\n"), (good, "")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        # The command has a loop of its own.
        await asyncio.to_thread(cli.bounce)
        assert capsys.readouterr().err == said
    assert (await the_message(database)).status is MessageStatus.BOUNCED
