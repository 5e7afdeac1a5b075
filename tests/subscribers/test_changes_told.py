"""Whom a change of time or place is told, beside those who are registered; and that the preview counted the same."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.db import Database
from service.documents import mail
from service.domain import inviting_reads, letters
from service.models.invitations import Invitation, InvitationStatus
from service.models.messages import Message, Occasion
from service.models.organizers import Organizer, Role
from service.models.people import Organisation
from service.models.registrations import RegistrationStatus as Status
from service.models.workshops import Workshop
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.factories import at
from tests.pages.world import signed_in
from tests.subscribers.test_changes import after
from tests.subscribers.test_messages import kept

LATER = {"starts_at": "2023-07-03T09:00:00+08:00"}
CONTACT = [{"name": "Sekretaris", "email": "dinas@luwukab.go.id", "phone": None}]
PHONE = [{"name": "Sekretaris", "email": None, "phone": "+6281200000009"}]


async def invite(session: Any, gathering: Workshop, contacts: list[dict[str, str | None]], **values: Any) -> Invitation:
    house = await session.get_one(Organizer, gathering.organizer_id)
    office = await factories.organisation(session, house, contacts=contacts)
    row = Invitation(
        organizer_id=house.id, workshop_id=gathering.id, organisation_id=office.id, key_id=office.key_id, **values
    )
    session.add(row)
    await session.flush()
    return row


async def test_a_preview_counts_exactly_the_people_and_organisations_that_are_then_told(
    database: Database, client: AsyncClient, worker: Worker, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.freeze(at("06-01 08:00"))
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        key = await factories.api_key(session, house)
        pending = await factories.registration(
            session, gathering, status=Status.PENDING, holds_seat=False, confirmed_at=None
        )
        await factories.registration(session, gathering)
        phone = {"email": None, "phone": "+6281200000001", "contact_key": "+6281200000001"}
        waiting = {"status": Status.WAITLISTED, "holds_seat": False, "confirmed_at": None}
        await factories.registration(session, gathering, **phone, **waiting, queued_at=clock.now())
        open_one = await invite(session, gathering, CONTACT, letter_number="005/1")
        await invite(session, gathering, PHONE, deadline=clock.now() + timedelta(days=3))
        await invite(session, gathering, CONTACT, deadline=clock.now() - timedelta(days=3))
        await invite(session, gathering, CONTACT, status=InvitationStatus.DECLINED)
    url = f"/api/v1/workshops/{gathering.id}"
    shown = (await client.post(f"{url}/preview", json=LATER, headers=key)).json()
    first = (clock.now() + timedelta(days=3)).isoformat().replace("+00:00", "Z")
    assert shown["invitations"] == {"letters": 1, "deadlines": 1, "first": first, "late": 0}
    changed = await client.patch(url, json=LATER, headers=key | {"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    clock.freeze(at("06-01 08:01"))
    approved = await client.post(f"/api/v1/registrations/{pending.id}/approval", headers=key)
    assert approved.json()["status"] == "confirmed"
    await after(database, worker, monkeypatch, minutes=6)
    await after(database, worker, monkeypatch, minutes=6)
    async with database.read() as session:
        rows = (await session.exec(select(Message).where(Message.occasion == Occasion.CHANGED))).all()
        [told] = [one for one in rows if one.invitation_id == open_one.id]
        facts = await letters.facts(session, told)
        of_invitation = await inviting_reads.messages_of(session, open_one)
    assert pending.id not in {one.registration_id for one in rows}
    for name, some in (
        ("told", [one for one in rows if one.registration_id]),
        ("told_organisations", [one for one in rows if one.invitation_id]),
    ):
        ways = Counter(one.channel.value for one in some)
        assert {way: ways[way] for way in ("mail", "send_list")} == {"mail": 1, "send_list": 1}
        assert (shown[name]["mail"], shown[name]["send_list"]) == (1, 1)
        assert len(some) == sum(shown[name][way] for way in ("mail", "whatsapp", "send_list", "unreachable"))
    assert len(shown["told_organisations"]["names"]) == 2
    assert facts is not None
    assert (facts.invitation, facts.invitation_url is None) == (None, False)
    letter = mail.compose(facts).text
    assert "09.00" in letter
    assert "mengundang instansi" in letter
    assert of_invitation == []
    assert any("dinas@luwukab.go.id" in str(one["To"]) for one in kept(settings))


async def test_invited_organisations_hear_once_that_a_workshop_is_called_off_and_why(
    database: Database, client: AsyncClient, worker: Worker
) -> None:
    clock.freeze(at("06-01 08:00"))
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        key = await factories.api_key(session, house)
        asked = await invite(session, gathering, CONTACT, deadline=clock.now() - timedelta(days=3))
        await invite(session, gathering, CONTACT, status=InvitationStatus.DECLINED)
    cookie, _csrf = await signed_in(database, house, Role.ORGANIZER)
    asking = (await client.get(f"/staff/setup?workshop={gathering.id}", headers=cookie)).text
    assert "1 instansi yang diundang juga diberi tahu (0 tanpa kontak)" in asking
    async with database.read() as session:
        office = await session.get_one(Organisation, asked.organisation_id)
    assert office.name in asking
    url = f"/api/v1/workshops/{gathering.id}/cancellation"
    assert (await client.post(url, json={"reason": "Aula dipakai tamu negara"}, headers=key)).status_code == 200
    await worker.drain()
    async with database.read() as session:
        [told] = (await session.exec(select(Message))).all()
        facts = await letters.facts(session, told)
    assert (told.invitation_id, told.occasion) == (asked.id, Occasion.WORKSHOP_CANCELLED)
    assert facts is not None
    letter = mail.compose(facts).text
    assert "Aula dipakai tamu negara" in letter
    assert "/invitations/" not in letter
