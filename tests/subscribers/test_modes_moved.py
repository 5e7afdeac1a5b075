"""A workshop loses the hall or the online room: who had chosen it moves to the other, and is told so."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.documents import mail
from service.domain import letters
from service.models.invitations import Invitation
from service.models.messages import Message, Occasion
from service.models.organizers import Role
from service.models.registrations import Registration, RegistrationStatus as Status
from service.models.workshops import Capacity, Mode, WorkshopStatus
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.factories import at
from tests.pages.test_setup_page import Desk
from tests.pages.world import signed_in
from tests.subscribers.test_changes import after
from tests.subscribers.test_changes_told import CONTACT, invite
from tests.subscribers.test_messages import kept


async def test_who_attended_online_moves_to_the_hall_as_its_preview_says_and_alone_is_told(
    database: Database, client: AsyncClient, worker: Worker, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.freeze(at("06-01 08:00"))
    online: dict[str, Any] = {"mode": Mode.ONLINE}
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house, offline=3, online=3)
        key = await factories.api_key(session, house)
        people = [await factories.registration(session, gathering)]
        people += [
            await factories.registration(session, gathering, **online, confirmed_at=clock.now() - timedelta(days=days))
            for days in (1, 3, 2)
        ]
        asked: dict[str, Any] = {"status": Status.PENDING, "holds_seat": False, "confirmed_at": None}
        people.append(await factories.registration(session, gathering, **online, **asked))
        capacity = await session.get_one(Capacity, gathering.id)
        capacity.offline_taken, capacity.online_taken, capacity.online_reserved = 1, 3, 1
        invited = await invite(
            session, gathering, CONTACT, quota_online=1, held_online=1, deadline=clock.now() + timedelta(days=9)
        )
        capacity.release_due_at = invited.deadline
    url = f"/api/v1/workshops/{gathering.id}"
    shown = (await client.post(f"{url}/preview", json={"modality": "offline"}, headers=key)).json()
    assert shown["modality"] == {"before": "hybrid", "after": "offline"}
    assert {name: shown["switched"][name] for name in ("count", "waiting", "enough")} == {
        "count": 4,
        "waiting": 1,
        "enough": 4,
    }
    assert shown["switched"]["told"]["mail"] == 4
    assert (shown["told"]["mail"], shown["told_organisations"]["mail"], shown["promoted"]) == (0, 1, 0)
    assert shown["invitations_without_mode"] == 1
    changed = await client.patch(url, json={"modality": "offline"}, headers=key | {"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    await worker.drain()
    await after(database, worker, monkeypatch, minutes=6)
    async with database.read() as session:
        rows = (await session.exec(select(Registration).order_by(col(Registration.number)))).all()
        assert {row.mode for row in rows} == {Mode.OFFLINE}
        assert [row.status.value for row in rows] == ["confirmed", "waitlisted", "confirmed", "confirmed", "pending"]
        capacity = await session.get_one(Capacity, gathering.id)
        counts = (capacity.offline_taken, capacity.online_taken, capacity.online_reserved)
        assert counts == (3, 0, 0), "nothing is held for delegates who could not be named"
        assert (await session.get_one(Invitation, invited.id)).held_online == 0
        told = (await session.exec(select(Message).order_by(col(Message.registration_id)))).all()
        assert {one.registration_id for one in told if one.registration_id} == {row.id for row in people[1:]}
        assert {one.occasion for one in told if one.registration_id} == {Occasion.SWITCHED}
        [office] = [one for one in told if one.invitation_id]
        said = {one.registration_id: await letters.facts(session, one) for one in told}
    assert office.what == "modality"
    waiting, seated = (mail.compose(facts).text for row in rows[1:3] if (facts := said[row.id]))
    for letter in (waiting, seated):
        assert "kini hanya diselenggarakan secara luring (di tempat)." in letter
        assert "Cara hadir: Luring" in letter
        assert "Tempat yang baru" not in letter
    assert "Status: daftar tunggu." in waiting
    assert "Pemberitahuan dikirim begitu kursi tersedia." in waiting
    assert "METHOD:CANCEL" in _calendar(settings, rows[1])
    assert "METHOD:REQUEST" in _calendar(settings, rows[2])


async def test_the_page_of_a_draft_asks_too_and_offers_seats_for_all(database: Database, client: AsyncClient) -> None:
    clock.freeze(at("06-01 08:00"))
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house, offline=1, status=WorkshopStatus.DRAFT)
        for _time in range(2):
            await factories.registration(session, gathering, mode=Mode.ONLINE)
        (await session.get_one(Capacity, gathering.id)).online_taken = 2
    desk = Desk(client, house, *await signed_in(database, house, Role.ORGANIZER))
    form = await desk.form(f"/staff/setup/details?workshop={gathering.id}") | {"modality": "offline"}
    status, asked = await desk.post(f"/staff/setup/details/{gathering.id}", **form)
    assert (status, "2 peserta daring pindah ke luring." in asked) == (200, True)
    assert "1 di antaranya masuk daftar tunggu" in asked
    assert 'name="enough" value="2"' in asked
    assert (await desk.post(f"/staff/setup/details/{gathering.id}", **form, enough="2"))[0] == 303
    async with database.read() as session:
        rows = (await session.exec(select(Registration))).all()
        assert {(row.mode, row.status) for row in rows} == {(Mode.OFFLINE, Status.CONFIRMED)}
        assert (await session.get_one(Capacity, gathering.id)).offline_limit == 2


def _calendar(settings: Settings, row: Registration) -> str:
    [found] = [one for one in kept(settings) if str(row.email) in str(one["To"])]
    return "".join(part.get_content() for part in found.walk() if part.get_content_type() == "text/calendar")
