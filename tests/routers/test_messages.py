"""Messages over HTTP: lists, sending again, marking what a person sent."""

from urllib.parse import unquote

from httpx import AsyncClient
from sqlalchemy import event

from service import outbox
from service.auth import Permission
from service.db import Database
from service.events import RegistrationConfirmed
from service.models.organizers import Organizer
from service.models.registrations import Registration
from service.models.workshops import Workshop
from service.worker import Worker
from tests import factories

PHONE = "+6281100000000"


async def make(database: Database, worker: Worker, **values: object) -> tuple[Organizer, Registration, dict[str, str]]:
    """A house, somebody who was just confirmed, and the headers of an all-permitted key."""
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        agency = await factories.organisation(session, house, name="Dinas Kesehatan")
        row = await factories.registration(session, gathering, organisation_id=agency.id, **values)
        ids = {"workshop_id": gathering.id, "registration_id": row.id}
        await outbox.record(session, RegistrationConfirmed(organizer_id=house.id, **ids))
        key = await factories.api_key(session, house)
    await worker.drain()
    return house, row, key


def by_phone() -> dict[str, object]:
    return {"email": None, "phone": PHONE, "contact_key": PHONE, "name": "Camat Walenrang"}


async def test_messages_are_listed_by_registration_status_and_channel(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    _house, row, key = await make(database, worker)
    found = {}
    for query in (
        {},
        {"registration": str(row.id)},
        {"registration": str(factories.some_id())},
        {"status": "sent"},
        {"status": "waiting"},
        {"channel": "mail"},
        {"channel": "none"},
    ):
        answer = await client.get("/api/v1/messages", params=query, headers=key)
        found[str(query)] = len(answer.json()["items"])
    assert list(found.values()) == [1, 1, 0, 1, 0, 1, 0]
    [message] = (await client.get("/api/v1/messages", headers=key)).json()["items"]
    assert (message["occasion"], message["occasion_name"]) == ("confirmation", "Pendaftaran terkonfirmasi")
    assert (message["recipient"], message["organisation"]) == (row.name, "Dinas Kesehatan")
    assert message["whatsapp"] is None
    assert (await client.get("/api/v1/messages", params={"state": "sent"}, headers=key)).status_code == 422


async def test_the_send_list_gives_the_whole_text_to_those_who_may_send_it(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    house, row, key = await make(database, worker, **by_phone())
    async with database.write() as session:
        token = factories.participant_token(session, row)
        reader = await factories.api_key(session, house, Permission.MESSAGES_READ)
    query = {"status": "waiting", "channel": "send_list"}
    [message] = (await client.get("/api/v1/messages", params=query, headers=key)).json()["items"]
    address, _sep, text = message["whatsapp"].partition("?text=")
    assert address == "https://wa.me/6281100000000"
    assert f"/my/{token}" in unquote(text)
    assert unquote(text).startswith("Yth. Camat Walenrang,\n")
    [hidden] = (await client.get("/api/v1/messages", params=query, headers=reader)).json()["items"]
    assert hidden["whatsapp"] is None


async def test_a_message_sent_by_hand_is_marked_once_with_who_and_when(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    _house, _row, key = await make(database, worker, **by_phone())
    [message] = (await client.get("/api/v1/messages", headers=key)).json()["items"]
    path = f"/api/v1/messages/{message['id']}/sent"
    marked = (await client.post(path, headers=key)).json()
    assert (marked["status"], marked["sent_by"].split(":")[0]) == ("sent", "api_key")
    assert marked["sent_at"] == "2023-06-20T01:00:00Z"
    assert (await client.post(path, headers=key)).json() == marked


async def test_what_was_mailed_is_not_marked_by_hand_but_can_be_sent_again(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    _house, _row, key = await make(database, worker)
    [message] = (await client.get("/api/v1/messages", headers=key)).json()["items"]
    assert (await client.post(f"/api/v1/messages/{message['id']}/sent", headers=key)).status_code == 409
    again = await client.post(f"/api/v1/messages/{message['id']}/resend", headers=key)
    assert (again.status_code, again.json()["status"]) == (200, "queued")
    too_soon = await client.post(f"/api/v1/messages/{again.json()['id']}/resend", headers=key)
    assert (too_soon.status_code, too_soon.json()["code"]) == (409, "message_not_sendable")
    await worker.drain()
    shown = (await client.get("/api/v1/messages", headers=key)).json()["items"]
    assert [one["status"] for one in shown] == ["sent", "sent"]


async def test_an_unreachable_person_is_reached_after_an_address_was_added(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    _house, row, key = await make(database, worker, email=None, contact_key=None)
    [message] = (await client.get("/api/v1/messages", params={"status": "unreachable"}, headers=key)).json()["items"]
    async with database.write() as session:
        (await session.get_one(Registration, row.id)).email = "baru@luwukab.go.id"
    await client.post(f"/api/v1/messages/{message['id']}/resend", headers=key)
    await worker.drain()
    [sent] = (await client.get("/api/v1/messages", headers=key)).json()["items"]
    assert (sent["id"], sent["status"], sent["channel"]) == (message["id"], "sent", "mail")


async def test_what_waits_for_a_phone_is_mailed_once_there_is_an_address(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    _house, row, key = await make(database, worker, **by_phone())
    [message] = (await client.get("/api/v1/messages", headers=key)).json()["items"]
    path = f"/api/v1/messages/{message['id']}/resend"
    assert (await client.post(path, headers=key)).status_code == 409
    async with database.write() as session:
        (await session.get_one(Registration, row.id)).email = "baru@luwukab.go.id"
    assert (await client.post(path, headers=key, json={"channel": "send_list"})).status_code == 409
    assert (await client.post(path, headers=key)).status_code == 200
    await worker.drain()
    [sent] = (await client.get("/api/v1/messages", headers=key)).json()["items"]
    assert (sent["id"], sent["status"], sent["channel"]) == (message["id"], "sent", "mail")


async def test_the_messages_of_another_house_do_not_exist(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    house, _row, key = await make(database, worker)
    async with database.write() as session:
        stranger = await factories.api_key(session, await factories.organizer(session))
        reader = await factories.api_key(session, house, Permission.MESSAGES_READ)
    [message] = (await client.get("/api/v1/messages", headers=key)).json()["items"]
    for action in ("sent", "resend"):
        path = f"/api/v1/messages/{message['id']}/{action}"
        assert (await client.post(path, headers=stranger)).status_code == 404
        assert (await client.post(path, headers=reader)).status_code == 403
        assert (await client.post(path)).status_code == 401
    assert (await client.get("/api/v1/messages", headers=stranger)).json()["items"] == []


async def test_the_send_list_costs_the_same_few_queries_for_one_person_and_for_ten(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    house, row, key = await make(database, worker, **by_phone())
    query = {"status": "waiting", "channel": "send_list"}
    seen: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    counts = []
    for people in (1, 10):
        seen.clear()
        items = (await client.get("/api/v1/messages", params=query, headers=key)).json()["items"]
        assert [bool(item["whatsapp"]) for item in items] == [True] * people
        counts.append(len(seen))
        async with database.write() as session:
            gathering = await session.get_one(Workshop, row.workshop_id)
            for number in range(9):
                phone = f"+62811000001{number:02}"
                other = await factories.registration(session, gathering, email=None, phone=phone, contact_key=phone)
                ids = {"workshop_id": gathering.id, "registration_id": other.id}
                await outbox.record(session, RegistrationConfirmed(organizer_id=house.id, **ids))
        await worker.drain()
    assert counts[0] == counts[1]
