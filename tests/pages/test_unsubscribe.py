"""Ending optional messages by their link: on the page, or by one click in the mail program (RFC 8058)."""

from typing import Any

import pytest
from httpx import AsyncClient
from pydantic import SecretStr
from sqlmodel import select

from service.auth import system
from service.db import Database, settings_of
from service.domain import dispatch, messages, messages_organisations, organisations, unsubscriptions
from service.errors import MessageNotSendable
from service.models.messages import Message, MessageStatus, Occasion, Unsubscription
from service.models.people import Organisation
from service.models.registrations import Registration
from service.models.workshops import Workshop
from tests import factories


async def make(database: Database) -> tuple[Workshop, Registration, str]:
    async with database.write() as session:
        gathering = await factories.workshop(session, await factories.organizer(session))
        row = await factories.registration(session, gathering)
        return gathering, row, unsubscriptions.unsubscribe_url(session, row)


async def ended(database: Database) -> list[str]:
    async with database.read() as session:
        return sorted(await session.exec(select(Unsubscription.contact_key)))


async def occasions(database: Database, *rows: Registration) -> list[str]:
    """What these people would be sent: one reminder, one change."""
    async with database.write() as session:
        for occasion in (Occasion.REMINDER_DAY, Occasion.CHANGED):
            await messages.about_people(session, occasion, rows, "k")
        return sorted(await session.exec(select(Message.occasion)))


async def test_opening_the_page_records_nothing(client: AsyncClient, database: Database) -> None:
    _gathering, _row, url = await make(database)
    page = await client.get(url)
    assert page.status_code == 200
    assert "Berhenti menerima pesan pengingat?" in page.text
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert await ended(database) == []


@pytest.mark.parametrize(
    "body", [{"data": {"List-Unsubscribe": "One-Click"}}, {"files": {"List-Unsubscribe": (None, "One-Click")}}, {}]
)
async def test_one_click_ends_optional_messages_and_no_others(
    client: AsyncClient, database: Database, body: dict[str, Any]
) -> None:
    _gathering, row, url = await make(database)
    for _ in range(2):
        answer = await client.post(url, **body)
        assert answer.status_code == 200
        assert "Pesan pengingat dihentikan" in answer.text
    assert await ended(database) == [row.contact_key]
    assert await occasions(database, row) == ["changed"]


async def test_the_same_page_leads_back(client: AsyncClient, database: Database) -> None:
    _gathering, row, url = await make(database)
    await client.post(url, data={"action": "end"})
    answer = await client.post(url, data={"action": "again"})
    assert "Berhenti menerima pesan pengingat?" in answer.text
    assert await ended(database) == []
    assert await occasions(database, row) == ["changed", "reminder_day"]


async def test_it_holds_for_the_contact_in_every_workshop_of_the_house_and_in_no_other_house(
    client: AsyncClient, database: Database
) -> None:
    gathering, row, url = await make(database)
    await client.post(url)
    async with database.write() as session:
        house = await factories.house_of(session, str(gathering.id))
        same = {"email": row.email, "contact_key": row.contact_key}
        here = await factories.registration(session, await factories.workshop(session, house), **same)
        elsewhere = await factories.workshop(session, await factories.organizer(session))
        there = await factories.registration(session, elsewhere, **same)
        colleague = await factories.registration(session, gathering)
        made = []
        for people in ([here, colleague], [there]):
            made += await messages.about_people(session, Occasion.THANKS, people, "k")
    assert {message.registration_id for message in made} == {colleague.id, there.id}


async def test_an_organisation_ends_reminders_of_what_it_owes(client: AsyncClient, database: Database) -> None:
    gathering, _row, _url = await make(database)
    async with database.write() as session:
        house = await factories.house_of(session, str(gathering.id))
        agency = await factories.organisation(session, house, contacts=[{"email": "sekretariat@luwukab.go.id"}])
        url = unsubscriptions.unsubscribe_url(session, agency)
    await client.post(url)
    assert await ended(database) == [f"organisation:{agency.id}"]
    async with database.write() as session:
        found = await session.get_one(Organisation, agency.id)
        assert (
            await messages_organisations.about_organisation(session, Occasion.COMMITMENTS_DUE, found, gathering.id, "k")
            == []
        )


async def test_the_link_in_an_old_mail_outlives_new_links(client: AsyncClient, database: Database) -> None:
    gathering, row, url = await make(database)
    async with database.write() as session:
        house = await factories.house_of(session, str(gathering.id))
        agency = await factories.organisation(session, house, contacts=[{"email": "sekretariat@luwukab.go.id"}])
        agencys = unsubscriptions.unsubscribe_url(session, agency)
        (await session.get_one(Registration, row.id)).link_version += 1
        settings = settings_of(session)
        assert settings.secret_key
        settings.former_secret_keys, settings.secret_key = [settings.secret_key], SecretStr("another-key" * 4)
        del settings.keyring
        before = agency.key_id
        renewed = await organisations.rotate_portal_link(session, system(house.id), agency)
        assert renewed.key_id != before
    for old in (url, agencys):
        assert (await client.post(old)).status_code == 200
    assert await ended(database) == sorted([f"organisation:{agency.id}", str(row.contact_key)])


async def test_what_was_queued_before_somebody_unsubscribed_is_dropped_and_not_sent_again(
    client: AsyncClient, database: Database
) -> None:
    _gathering, row, url = await make(database)
    async with database.write() as session:
        made = await messages.about_people(session, Occasion.REMINDER_DAY, [row], "k")
        made += await messages.about_people(session, Occasion.CHANGED, [row], "k")
    await client.post(url)
    async with database.write() as session:
        taken = [await dispatch.take(session, message.id) for message in made]
        assert [one is not None for one in taken] == [False, True]
        dropped = await session.get_one(Message, made[0].id)
        assert dropped.status is MessageStatus.DROPPED
        with pytest.raises(MessageNotSendable):
            await messages.resend(session, system(row.organizer_id), dropped.id)


async def test_other_links_and_those_of_a_former_contact_open_nothing(client: AsyncClient, database: Database) -> None:
    _gathering, row, url = await make(database)
    async with database.write() as session:
        other = f"/unsubscribe/{factories.participant_token(session, row)}"
        (await session.get_one(Registration, row.id)).contact_key = "pengganti@luwukab.go.id"
    for dead in (url, other, "/unsubscribe/x"):
        assert (await client.get(dead)).status_code == 404
        assert (await client.post(dead)).status_code == 404
    assert await ended(database) == []


async def test_a_list_longer_than_a_statement_takes_is_looked_through(database: Database) -> None:
    _gathering, row, _url = await make(database)
    async with database.write() as session:
        await unsubscriptions.unsubscribe(session, unsubscriptions.Subscriber(row.organizer_id, "39999"))
        keys = [f"{number}" for number in range(40_000)]
        assert await unsubscriptions.among(session, row.organizer_id, keys) == {"39999"}
