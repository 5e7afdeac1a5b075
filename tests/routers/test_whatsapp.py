"""WhatsApp's webhook: who may tell us what, and what becomes of it."""

import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlmodel import select

from service import outbox
from service.db import Database
from service.events import RegistrationConfirmed
from service.models.messages import Channel, Message, MessageStatus
from service.models.outbox import EventRow
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.simulators.whatsapp import Sent, WhatsApp
from tests.subscribers.test_messages import kept
from tests.support.whatsapp import PHONE, connect, prefers_whatsapp

PATH = "/api/v1/webhooks/whatsapp"


@pytest.fixture
async def simulator(settings: Settings) -> AsyncIterator[WhatsApp]:
    made = WhatsApp()
    await made.start()
    connect(settings, made)
    yield made
    await made.stop()


async def sent_one(database: Database, worker: Worker, simulator: WhatsApp, **values: Any) -> Sent:
    async with database.write() as session:
        gathering = await factories.workshop(session, await factories.organizer(session))
        row = await factories.registration(session, gathering, **(prefers_whatsapp() | values))
        ids = {"organizer_id": row.organizer_id, "workshop_id": gathering.id, "registration_id": row.id}
        await outbox.record(session, RegistrationConfirmed(**ids))
    await worker.drain()
    [sent] = simulator.messages
    return sent


async def tell(client: AsyncClient, simulator: WhatsApp, *statuses: dict[str, Any], path: str = PATH) -> Response:
    raw, headers = simulator.webhook(*statuses)
    return await client.post(path, content=raw, headers=headers)


async def the_message(database: Database) -> Message:
    async with database.read() as session:
        return (await session.exec(select(Message))).one()


async def test_the_challenge_is_echoed_to_who_knows_the_word(client: AsyncClient, simulator: WhatsApp) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": "kata-sandi-webhook", "hub.challenge": "1158201444"}
    answer = await client.get(PATH, params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    assert (await client.get("/webhooks/whatsapp", params=asked)).text == "1158201444"
    for wrong in ({"hub.verify_token": "tebakan"}, {"hub.mode": "unsubscribe"}, {"hub.verify_token": ""}):
        assert (await client.get(PATH, params=asked | wrong)).status_code == 401


async def test_without_settings_there_is_no_webhook(client: AsyncClient) -> None:
    assert (await client.get(PATH, params={"hub.verify_token": ""})).status_code == 404
    assert (await client.post(PATH, content=b"{}")).status_code == 404


async def test_a_wrong_signature_has_no_effect(
    client: AsyncClient, database: Database, worker: Worker, simulator: WhatsApp
) -> None:
    sent = await sent_one(database, worker, simulator)
    raw, headers = simulator.webhook(simulator.report(sent, "failed", error=131026))
    before = (await the_message(database)).model_dump()
    signature = headers["X-Hub-Signature-256"]
    for wrong in ("", "sha256=", signature[:-1], signature.replace("sha256", "sha1"), "sha256=" + "0" * 64, "é"):
        refused = await client.post(PATH, content=raw, headers={b"X-Hub-Signature-256": wrong.encode()})
        assert refused.status_code == 401
    assert (await client.post(PATH, content=raw)).status_code == 401
    assert (await client.post(PATH, content=raw + b" ", headers=headers)).status_code == 401
    assert (await the_message(database)).model_dump() == before


async def test_reports_in_any_order_and_number_end_in_the_same_state(
    client: AsyncClient, database: Database, worker: Worker, simulator: WhatsApp
) -> None:
    sent = await sent_one(database, worker, simulator)
    states = set()
    for order in itertools.permutations(("sent", "delivered", "read")):
        async with database.write() as session:
            message = (await session.exec(select(Message))).one()
            message.delivered_at = message.read_at = None
        for word in (*order, order[0]):
            assert (await tell(client, simulator, simulator.report(sent, word))).status_code == 200
        message = await the_message(database)
        states.add((message.status, message.delivered_at, message.read_at, message.error))
    assert len(states) == 1
    [(status, delivered_at, read_at, error)] = states
    assert (status, error) == (MessageStatus.SENT, None)
    assert delivered_at is not None
    assert read_at is not None


async def test_what_was_accepted_and_then_failed_goes_on_by_mail_once(
    client: AsyncClient, database: Database, worker: Worker, settings: Settings, simulator: WhatsApp
) -> None:
    sent = await sent_one(database, worker, simulator)
    failed = simulator.report(sent, "failed", error=131026)
    for _ in range(3):
        assert (await tell(client, simulator, failed, path="/webhooks/whatsapp")).status_code == 200
        await worker.drain()
    message = await the_message(database)
    assert (message.channel, message.status, message.error) == (Channel.MAIL, MessageStatus.SENT, "WhatsApp 131026")
    assert len(kept(settings)) == 1
    await tell(client, simulator, simulator.report(sent, "sent"))
    assert (await the_message(database)).model_dump() == message.model_dump()
    async with database.read() as session:
        bounced = select(EventRow).where(EventRow.type == "message.bounced")
        assert len((await session.exec(bounced)).all()) == 1


async def test_a_failure_reported_after_the_delivery_changes_nothing(
    client: AsyncClient, database: Database, worker: Worker, simulator: WhatsApp
) -> None:
    sent = await sent_one(database, worker, simulator)
    await tell(client, simulator, simulator.report(sent, "delivered"))
    await tell(client, simulator, simulator.report(sent, "failed", error=131026))
    message = await the_message(database)
    assert (message.channel, message.status) == (Channel.WHATSAPP, MessageStatus.SENT)


async def test_a_failed_message_to_who_has_no_mail_stands_on_the_send_list(
    client: AsyncClient, database: Database, worker: Worker, simulator: WhatsApp
) -> None:
    sent = await sent_one(database, worker, simulator, email=None, contact_key=PHONE)
    await tell(client, simulator, simulator.report(sent, "failed", error=131049))
    message = await the_message(database)
    assert (message.channel, message.status) == (Channel.SEND_LIST, MessageStatus.WAITING)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"entry": {}},
        {"entry": [None, {"changes": [7, {"value": {"statuses": [None, {"id": 1}, {"id": "x", "status": "sent"}]}}]}]},
        {"entry": [{"changes": [{"value": {"messages": [{"from": "62811", "text": {"body": "Halo"}}]}}]}]},
        {
            "entry": [
                {"changes": [{"value": {"statuses": [{"id": "x", "status": "failed", "errors": [{"code": "?"}]}]}}]}
            ]
        },
    ],
)
async def test_whatever_else_is_signed_is_accepted_and_passed_over(
    client: AsyncClient, simulator: WhatsApp, body: object
) -> None:
    raw = json.dumps(body).encode()
    assert (await client.post(PATH, content=raw, headers=simulator.signed(raw))).status_code == 200


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b'{"entry": NaN}', b"[" * 5000])
async def test_what_is_no_json_is_refused(client: AsyncClient, simulator: WhatsApp, raw: bytes) -> None:
    assert (await client.post(PATH, content=raw, headers=simulator.signed(raw))).status_code == 400
