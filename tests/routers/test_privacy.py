"""Consent taken back, erasure on request, a copy of one's own data, masks."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock
from service.auth import Permission
from service.db import Database
from service.domain.letters import held_token
from service.models.attendance import Attendance
from service.models.invitations import Invitation
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.outbox import EventRow
from service.models.registrations import HeldRegistration, Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Capacity, Workshop
from service.tokens import Purpose
from service.worker import Worker
from tests import factories
from tests.factories import bearer

MINE = "/api/v1/my"
NIP = "198501012010011003"
PHONE = "+6281200000001"


async def person(database: Database, **values: Any) -> tuple[Workshop, Registration, dict[str, str], dict[str, str]]:
    """The workshop, a person of it with a seat, that person's headers and those of staff."""
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house, offline=1, retention_days=30)
        (await session.get_one(Capacity, gathering.id)).offline_taken = 1
        defaults = {"name": "Kepala Bidang Aptika", "position": "Kepala Bidang", "nip": NIP, "phone": PHONE}
        row = await factories.registration(session, gathering, **(defaults | values))
        key = await factories.api_key(session, house)
        return gathering, row, bearer(factories.participant_token(session, row)), key


async def attended(database: Database, row: Registration) -> None:
    async with database.write() as session:
        query = select(AttendanceBlock.id).where(AttendanceBlock.workshop_id == row.workshop_id)
        block = (await session.exec(query)).first()
        assert block
        ids = {"registration_id": row.id, "block_id": block, "workshop_id": row.workshop_id}
        session.add(Attendance.model_validate(ids | {"present": True, "last_fact_at": clock.now()}))


async def now(database: Database, row: Registration) -> Registration:
    async with database.read() as session:
        return await session.get_one(Registration, row.id)


async def happened(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.exec(select(EventRow.type).order_by(col(EventRow.id))))


async def written(database: Database) -> dict[str, str]:
    async with database.read() as session:
        rows = await session.exec(select(Message.occasion, Message.status).where(Message.status != "dropped"))
        return dict(rows.all())


async def test_withdrawing_gives_the_seat_to_the_next_and_writes_one_last_time(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    gathering, row, mine, _key = await person(database, answers={"diet": "tanpa kacang"})
    async with database.write() as session:
        waits = {"status": RegistrationStatus.WAITLISTED, "holds_seat": False, "queued_at": clock.now()}
        next_one = await factories.registration(session, gathering, **waits)
    answer = await client.post(f"{MINE}/registration/withdrawal", headers=mine)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["status"], body["kept"], body["anonymised_at"]) == ("cancelled", [], None)
    assert body["erased_by"] is not None
    held = await now(database, row)
    assert (held.email, held.nip, held.answers) == (row.email, None, {})
    assert (await now(database, next_one)).status is RegistrationStatus.CONFIRMED
    await worker.drain()
    assert await written(database) == {"cancelled": "sent", "promoted": "sent"}
    gone = await now(database, row)
    assert (gone.name, gone.email, gone.phone, gone.contact_key) == (f"Peserta {row.number}", None, None, None)
    assert (await client.get(f"{MINE}/registration", headers=mine)).status_code == 401
    assert await happened(database) == [
        "registration.cancelled",
        "registration.promoted",
        "registration.withdrawn",
        "registration.anonymised",
    ]


async def test_withdrawing_twice_is_withdrawing_once(client: AsyncClient, database: Database) -> None:
    _gathering, _row, mine, _key = await person(database)
    first = await client.post(f"{MINE}/registration/withdrawal", headers=mine)
    again = await client.post(f"{MINE}/registration/withdrawal", headers=mine)
    assert again.json() == first.json()
    assert await happened(database) == ["registration.cancelled", "registration.withdrawn"]


async def test_the_contact_goes_in_time_though_the_last_message_does_not(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    _gathering, row, mine, _key = await person(database, email=None, contact_key=PHONE)
    await client.post(f"{MINE}/registration/withdrawal", headers=mine)
    await worker.drain()
    assert (await now(database, row)).phone == PHONE
    assert await written(database) == {"cancelled": "waiting"}
    clock.freeze(clock.now() + timedelta(days=2))
    await worker.fire()
    assert (await now(database, row)).phone is None
    assert await written(database) == {}


@pytest.mark.parametrize("way", ["withdrawal", "erasure"])
async def test_nobody_writes_to_somebody_who_has_withdrawn(
    client: AsyncClient, database: Database, worker: Worker, way: str
) -> None:
    gathering, row, mine, key = await person(database)
    clock.freeze(gathering.ends_at + timedelta(hours=1))
    await attended(database, row)
    async with database.write() as session:
        waiting = Message(
            organizer_id=row.organizer_id,
            workshop_id=row.workshop_id,
            registration_id=row.id,
            occasion=Occasion.THANKS,
            occasion_key="thanks",
            channel=Channel.SEND_LIST,
            status=MessageStatus.WAITING,
        )
        session.add(waiting)
    body = (await client.post(f"{MINE}/registration/{way}", headers=mine)).json()
    assert body["kept"] == ["name", "position", "organisation", "attendance"]
    assert datetime.fromisoformat(body["kept_until"]) == gathering.ends_at + timedelta(days=30)
    assert (body["status"], body["erased_by"]) == ("confirmed", None)
    assert (await client.post(f"/api/v1/messages/{waiting.id}/resend", headers=key)).status_code == 409
    await worker.drain()
    assert await written(database) == {}
    kept = await now(database, row)
    assert (kept.name, kept.position, kept.email, kept.nip) == (row.name, row.position, None, None)


async def test_what_nobody_was_there_for_is_erased_at_once(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    _gathering, row, mine, _key = await person(database)
    async with database.read() as session:
        ticket = factories.ticket(session, row)
    body = (await client.post(f"{MINE}/registration/erasure", headers=mine)).json()
    assert (body["status"], body["kept"], body["erased_by"]) == ("cancelled", [], None)
    assert body["anonymised_at"] is not None
    await worker.drain()
    assert await written(database) == {}
    async with database.write() as session:
        _device, door = await factories.device(session, await session.get_one(Workshop, row.workshop_id))
    scan = {"ticket": ticket, "claimed_at": clock.now().isoformat(), "nonce": str(factories.some_id())}
    told = await client.post(f"/api/v1/workshops/{row.workshop_id}/checkins", json=scan, headers=door)
    assert (told.json()["verdict"], told.json()["reason"]) == ("refused", "unknown_ticket")


async def test_a_contact_that_was_erased_confirms_nobody_else(client: AsyncClient, database: Database) -> None:
    gathering, row, mine, _key = await person(database)
    other = {"name": "Sekretaris", "email": row.email, "mode": "offline", "consent": True}
    await client.post(f"/api/v1/workshops/{gathering.id}/registrations", json=other)
    async with database.read() as session:
        held = (await session.exec(select(HeldRegistration))).one()
        link = f"/confirm/{held_token(session, held)}"
    await client.post(f"{MINE}/registration/erasure", headers=mine)
    assert (await client.post(link)).status_code == 404


async def test_no_link_of_whatever_version_opens_for_somebody_who_was_erased(
    client: AsyncClient, database: Database
) -> None:
    _gathering, row, mine, _key = await person(database)
    await client.post(f"{MINE}/registration/erasure", headers=mine)
    async with database.read() as session:
        newest = factories.participant_token(session, await session.get_one(Registration, row.id))
    assert (await client.get(f"{MINE}/registration", headers=bearer(newest))).status_code == 401
    assert (await client.get(f"/calendar/my/{newest}.ics")).status_code == 404


async def test_staff_erase_on_request_and_say_why_until_retention_ends(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    gathering, row, _mine, key = await person(database)
    url, why = f"/api/v1/registrations/{row.id}/erasure", {"reason": "Permintaan tertulis"}
    async with database.write() as session:
        house = await factories.house_of(session, str(row.workshop_id))
        without = await factories.api_key(session, house, Permission.REGISTRATIONS_WRITE)
    assert (await client.post(url, json=why, headers=without)).status_code == 403
    assert (await client.post(url, json=why, headers=key)).status_code == 200
    shown = (await client.get(f"/api/v1/registrations/{row.id}", headers=key)).json()
    assert (shown["name"], shown["reason"]) == (f"Peserta {row.number}", why["reason"])
    assert (shown["ticket"], shown["links"], shown["email"]) == (None, None, None)
    clock.freeze(gathering.ends_at + timedelta(days=30))
    await worker.tidy()
    assert (await now(database, row)).reason is None


async def test_a_person_gets_all_of_the_own_data_and_no_secret(client: AsyncClient, database: Database) -> None:
    gathering, row, mine, _key = await person(database, answers={"diet": "tanpa kacang"})
    await attended(database, row)
    async with database.write() as session:
        other = await factories.registration(session, gathering, name="Sekretaris Dinas Lain")
    answer = await client.get(f"{MINE}/data", headers=mine)
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["registration"]["nip"], body["registration"]["phone"]) == (NIP, PHONE)
    assert body["answers"] == [{"code": "diet", "question": None, "answer": "tanpa kacang"}]
    assert [mark["state"] for mark in body["attendance"]] == ["present", "pending", "pending", "pending"]
    token = mine["Authorization"].removeprefix("Bearer ")
    assert token not in answer.text
    assert other.name not in answer.text


async def test_number_and_telephone_are_masked_for_whoever_holds_the_link(
    client: AsyncClient, database: Database
) -> None:
    _gathering, _row, mine, key = await person(database)
    shown = (await client.get(f"{MINE}/registration", headers=mine)).json()
    assert (shown["nip"], shown["phone"]) == ("•" * 14 + "1003", "•" * 10 + "0001")
    listed = (await client.get(f"/api/v1/registrations/{_row.id}", headers=key)).json()
    assert listed["phone"] == PHONE


async def test_an_office_sees_masked_telephones_of_its_delegates_and_can_send_them_back(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        office = await factories.organisation(session, house)
        keyring = database.settings.keyring
        invitation = Invitation(
            organizer_id=house.id,
            workshop_id=gathering.id,
            organisation_id=office.id,
            key_id=keyring.current_id,
        )
        session.add(invitation)
        await session.flush()
        token = keyring.issue(Purpose.INVITATION, invitation.id, 1, invitation.key_id)
    url = f"/api/v1/invitations/{token}"
    delegate = {"name": "Kepala Subbagian", "phone": PHONE, "mode": "offline"}
    await client.put(f"{url}/delegates", json={"items": [delegate]})
    [shown] = (await client.get(url)).json()["delegates"]
    assert shown["phone"] == "•" * 10 + "0001"
    back = {name: shown[name] for name in ("id", "name", "phone", "mode")}
    answer = await client.put(f"{url}/delegates", json={"items": [back | {"position": "Kepala Subbagian"}]})
    assert answer.status_code == 200, answer.text
    async with database.read() as session:
        kept = (await session.exec(select(Registration))).one()
    assert (kept.phone, kept.position) == (PHONE, "Kepala Subbagian")
