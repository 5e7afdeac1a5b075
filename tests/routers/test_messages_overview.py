"""What the committee sees of a workshop's messages, and what it may put into a group."""

from urllib.parse import unquote

import pytest
from httpx import AsyncClient

from service import outbox
from service.auth import Permission
from service.db import Database
from service.events import RegistrationConfirmed
from service.models.invitations import Invitation
from service.models.messages import Channel, Message, MessageStatus
from service.models.organizers import Organizer
from service.models.registrations import Registration, RegistrationStatus
from service.models.rooms import Provider, Room, RoomStatus
from service.models.workshops import Workshop, WorkshopStatus
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.subscribers.test_messages import kept

PHONE = "+6281100000000"


async def make(database: Database, worker: Worker, **values: object) -> tuple[Workshop, Registration, dict[str, str]]:
    """A workshop, somebody who was just confirmed, and the headers of an all-permitted key."""
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        row = await factories.registration(session, gathering, **values)
        ids = {"workshop_id": gathering.id, "registration_id": row.id}
        await outbox.record(session, RegistrationConfirmed(organizer_id=house.id, **ids))
        key = await factories.api_key(session, house)
    await worker.drain()
    return gathering, row, key


async def test_a_workshops_messages_are_counted_with_those_whom_nothing_reaches(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    gathering, row, key = await make(database, worker)
    async with database.write() as session:
        house = await session.get_one(Organizer, gathering.organizer_id)
        nobody = {"email": None, "contact_key": None}
        await factories.registration(session, gathering, **nobody)
        await factories.registration(session, gathering, **nobody, status=RegistrationStatus.CANCELLED)
        await factories.registration(session, gathering, email=None, phone=PHONE, contact_key=PHONE)
        for number, contacts in enumerate(([], [{"phone": PHONE}], [{"email": None, "phone": None}])):
            agency = await factories.organisation(session, house, contacts=contacts)
            session.add(
                Invitation(
                    organizer_id=house.id, workshop_id=gathering.id, organisation_id=agency.id, key_id=agency.key_id
                )
            )
            statuses = (MessageStatus.FAILED, MessageStatus.BOUNCED, MessageStatus.WAITING)
            session.add(
                Message(
                    organizer_id=house.id,
                    workshop_id=gathering.id,
                    registration_id=row.id,
                    occasion="thanks",
                    occasion_key=f"thanks:{number}",
                    channel=Channel.MAIL,
                    status=statuses[number],
                )
            )
    answer = await client.get(f"/api/v1/workshops/{gathering.id}/messages/summary", headers=key)
    seen = answer.json()
    counts = {one["occasion"]: one["counts"] for one in seen["occasions"]}
    assert counts == {"confirmation": {"sent": 1}, "thanks": {"failed": 1, "bounced": 1, "waiting": 1}}
    assert seen["occasions"][0]["occasion_name"] == "Pendaftaran terkonfirmasi"
    assert {name: seen[name] for name in ("unreachable", "send_list", "failed", "bounced")} == {
        "unreachable": 3,
        "send_list": 1,
        "failed": 1,
        "bounced": 1,
    }


async def test_messages_are_listed_by_workshop_and_occasion(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    gathering, _row, key = await make(database, worker)
    queries = (
        {"workshop": str(gathering.id)},
        {"workshop": str(factories.some_id())},
        {"occasion": "confirmation"},
        {"occasion": "thanks", "workshop": str(gathering.id)},
    )
    pages = [await client.get("/api/v1/messages", params=query, headers=key) for query in queries]
    found = [len(page.json()["items"]) for page in pages]
    assert found == [1, 0, 1, 0]
    assert (await client.get("/api/v1/messages", params={"occasion": "lunch"}, headers=key)).status_code == 422


@pytest.mark.parametrize("language", ["id", "en"])
async def test_the_text_for_a_group_names_the_public_page_and_nothing_personal(
    client: AsyncClient, database: Database, worker: Worker, settings: Settings, language: str
) -> None:
    gathering, row, key = await make(database, worker)
    async with database.write() as session:
        house = await session.get_one(Organizer, gathering.organizer_id)
        house.language = language
        token = factories.participant_token(session, row)
        session.add(
            Room(
                organizer_id=house.id,
                workshop_id=gathering.id,
                provider=Provider.STATIC,
                status=RoomStatus.ACTIVE,
                url="https://meet.example/secret-room",
            )
        )
    said = (await client.get(f"/api/v1/workshops/{gathering.id}/group-text", headers=key)).json()
    page = f"{settings.base_url}/w/{house.slug}/{gathering.slug}"
    assert (said["url"], page in said["text"], said["text"].count("://")) == (page, True, 1)
    assert ("Registration" in said["text"] or "registration" in said["text"]) is (language == "en")
    assert unquote(said["whatsapp"]) == f"https://wa.me/?text={said['text']}"
    assert not any(secret in str(said) for secret in (token, "/join/", "/my/", "secret-room", row.name))
    assert (await client.get(page.removeprefix(settings.base_url))).status_code == 200


async def test_a_draft_has_no_text_for_a_group(client: AsyncClient, database: Database, worker: Worker) -> None:
    gathering, _row, key = await make(database, worker)
    async with database.write() as session:
        (await session.get_one(Workshop, gathering.id)).status = WorkshopStatus.DRAFT
    answer = await client.get(f"/api/v1/workshops/{gathering.id}/group-text", headers=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_state")


@pytest.mark.parametrize("path", ["messages/summary", "group-text"])
async def test_strangers_see_neither_counts_nor_text(
    client: AsyncClient, database: Database, worker: Worker, path: str
) -> None:
    gathering, _row, _key = await make(database, worker)
    async with database.write() as session:
        stranger = await factories.api_key(session, await factories.organizer(session))
        house = await session.get_one(Organizer, gathering.organizer_id)
        other = await factories.api_key(session, house, Permission.WORKSHOPS_READ)
    url = f"/api/v1/workshops/{gathering.id}/{path}"
    statuses = [(await client.get(url, headers=headers)).status_code for headers in (stranger, other, {})]
    assert statuses == [404, 403, 401]


async def test_what_was_mailed_can_be_sent_from_a_phone_instead(
    client: AsyncClient, database: Database, worker: Worker, settings: Settings
) -> None:
    _gathering, _row, key = await make(database, worker, phone=PHONE)
    [message] = (await client.get("/api/v1/messages", headers=key)).json()["items"]
    path = f"/api/v1/messages/{message['id']}/resend"
    again = (await client.post(path, headers=key, json={"channel": "send_list"})).json()
    assert (again["channel"], again["status"]) == ("send_list", "waiting")
    assert again["whatsapp"].startswith("https://wa.me/6281100000000?text=")
    await worker.drain()
    assert len(kept(settings)) == 1
    for channel, status in (("whatsapp", 409), ("none", 422)):
        assert (await client.post(path, headers=key, json={"channel": channel})).status_code == status


async def test_a_bounced_mail_is_sent_from_a_phone_in_its_own_row(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    _gathering, _row, key = await make(database, worker, phone=PHONE)
    [message] = (await client.get("/api/v1/messages", headers=key)).json()["items"]
    async with database.write() as session:
        (await session.get_one(Message, factories.uuid(message["id"]))).status = MessageStatus.BOUNCED
    path = f"/api/v1/messages/{message['id']}/resend"
    again = (await client.post(path, headers=key, json={"channel": "send_list"})).json()
    assert (again["id"], again["status"], again["error"]) == (message["id"], "waiting", None)


async def test_in_rehearsal_nobodys_number_is_offered_to_the_committees_phone(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    gathering, _row, key = await make(database, worker, email=None, phone=PHONE, contact_key=PHONE)
    async with database.write() as session:
        (await session.get_one(Workshop, gathering.id)).rehearsal = True
    [message] = (await client.get("/api/v1/messages", headers=key)).json()["items"]
    assert (message["status"], message["whatsapp"]) == ("waiting", None)
