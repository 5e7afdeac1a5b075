"""What the committee writes to participants in its own words: whom it reaches, once each, and what it says."""

from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient

from service.auth import Permission
from service.db import Database
from service.models.messages import Channel, MessageStatus
from service.models.registrations import RegistrationStatus
from service.models.workshops import Mode, Workshop
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.simulators.smtp import SmtpSink
from tests.subscribers.test_messages import text_of
from tests.support.workshops import House

TEXT = "Makan siang disediakan di lantai 2, {nama}.\n\nHarap membawa tiket."


@pytest.fixture
async def sink(settings: Settings) -> AsyncIterator[SmtpSink]:
    made = SmtpSink()
    await made.start()
    settings.smtp_host, settings.smtp_port, settings.smtp_security = "127.0.0.1", made.port, "none"
    yield made
    await made.stop()


async def _gathering(database: Database, house: House) -> Workshop:
    async with database.write() as session:
        gathering = await factories.workshop(session, house.row)
        await factories.registration(session, gathering, name="Camat Bua")
        await factories.registration(session, gathering, name="Lurah Padang", mode=Mode.ONLINE)
        await factories.registration(session, gathering, name="Staf Umum", email=None, phone="+6281100000001")
        await factories.registration(session, gathering, name="Batal", status=RegistrationStatus.CANCELLED)
        return gathering


async def test_an_announcement_is_previewed_sent_once_to_each_and_counted(
    client: AsyncClient, database: Database, worker: Worker, house: House, sink: SmtpSink
) -> None:
    gathering = await _gathering(database, house)
    path = f"/api/v1/workshops/{gathering.id}/announcements"
    body = {"subject": "Makan siang", "text": TEXT, "to": {}}
    seen = await client.post(f"{path}/preview", json=body, headers=house.key)
    assert seen.json() == {"people": 3, "channels": {"mail": 2, "send_list": 1}, "rehearsal": False}
    for empty in ("tenggat", "tempat"):  # no due date is meant, and this workshop has no place yet
        refused = await client.post(path, json=body | {"text": f"Di {{{empty}}}."}, headers=house.key)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/text")
    await worker.drain()
    assert sink.messages == []
    made = await client.post(path, json=body, headers=house.key)
    assert made.status_code == 201
    await worker.drain()
    assert len(sink.messages) == len({str(mail["To"]) for mail in sink.messages}) == 2
    [camat] = [mail for mail in sink.messages if "Camat Bua" in text_of(mail)]
    assert str(camat["Subject"]) == "Makan siang"
    assert "lantai 2, Camat Bua.\n\nHarap membawa tiket." in text_of(camat)
    assert "/my/" in text_of(camat)
    [listed] = (await client.get(path, headers=house.key)).json()["items"]
    assert listed["counts"] == {MessageStatus.SENT: 2, MessageStatus.WAITING: 1}
    waiting = (await client.get("/api/v1/messages?status=waiting", headers=house.key)).json()["items"]
    assert [one["channel"] for one in waiting] == [Channel.SEND_LIST]
    assert "lantai%202" in waiting[0]["whatsapp"]


async def test_whom_it_is_for_follows_the_filters_and_the_named(
    client: AsyncClient, database: Database, house: House
) -> None:
    gathering = await _gathering(database, house)
    path = f"/api/v1/workshops/{gathering.id}/announcements"

    async def people(**to: object) -> int:
        body = {"subject": "S", "text": "T", "to": to}
        return int((await client.post(f"{path}/preview", json=body, headers=house.key)).json()["people"])

    listed = (await client.get(f"/api/v1/workshops/{gathering.id}/registrations", headers=house.key)).json()["items"]
    cancelled = next(one["id"] for one in listed if one["status"] == "cancelled")
    assert [
        await people(mode="online"),
        await people(status="cancelled"),
        await people(registration_ids=[cancelled]),
        await people(q="lurah"),
        await people(attended=True),
    ] == [1, 1, 1, 1, 0]
    for body, pointer in (
        ({"subject": "S", "text": "T", "to": {"attended": True}}, "/to"),
        ({"subject": "S", "text": "{rahasia}", "to": {}}, "/text"),
    ):
        refused = await client.post(path, json=body, headers=house.key)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == pointer


async def test_who_may_only_read_announces_nothing(client: AsyncClient, database: Database, house: House) -> None:
    gathering = await _gathering(database, house)
    async with database.write() as session:
        reader = await factories.api_key(session, house.row, Permission.MESSAGES_READ)
        stranger = await factories.api_key(session, await factories.organizer(session))
    path = f"/api/v1/workshops/{gathering.id}/announcements"
    body = {"subject": "S", "text": "T", "to": {}}
    assert (await client.post(path, json=body, headers=reader)).status_code == 403
    assert (await client.post(path, json=body, headers=stranger)).status_code == 404
    assert (await client.get(path, headers=reader)).json()["items"] == []
