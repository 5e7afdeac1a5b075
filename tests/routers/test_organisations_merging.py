"""Two records of one organisation become one: nothing is left behind, and what the other was called leads on."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import Column, func
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Permission
from service.db import Database, settings_of
from service.domain import (
    calendars_organisations,
    organisations,
    organisations_merging,
    quotas,
    unsubscriptions,
    workshops,
)
from service.errors import Forbidden
from service.models.agreements import Agreement, AgreementSignature
from service.models.commitments import Commitment, FulfilmentStatus
from service.models.escalations import Escalation, EscalationLevel
from service.models.invitations import Invitation, InvitationStatus
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.minutes import FollowUp
from service.models.organizers import Organizer, Programme
from service.models.people import Organisation
from service.models.portal_links import PortalLink
from service.models.registrations import Registration
from service.models.workshops import Capacity
from tests import factories
from tests.factories import at
from tests.routers.test_registrations import types
from tests.support.promises import Scene, scene

API = "/api/v1"


def naming() -> list[Column[Any]]:
    """Every column that names an organisation, also those of tables made tomorrow."""
    columns = [column for table in SQLModel.metadata.tables.values() for column in table.columns]
    return [one for one in columns if any(key.target_fullname == "organisations.id" for key in one.foreign_keys)]


async def counts(session: AsyncSession, organisation: UUID) -> dict[str, int]:
    """How many rows of each table name it."""
    return {str(one): (await session.exec(select(func.count()).where(one == organisation))).one() for one in naming()}


async def invited(session: AsyncSession, s: Scene, office: Organisation, **values: Any) -> Invitation:
    row = Invitation(
        organizer_id=s.house.id,
        workshop_id=s.workshop.id,
        organisation_id=office.id,
        quota_offline=2,
        quota_online=0,
        deadline=at("06-30 16:00"),
        key_id=settings_of(session).keyring.current_id,
        **values,
    )
    session.add(row)
    await session.flush()
    await quotas.fill(session, await workshops.lock_capacity(session, s.workshop.id), row)
    return row


async def furnish(session: AsyncSession, s: Scene, office: Organisation, email: str) -> dict[str, UUID]:
    """Something in every table for an organisation."""
    house = s.house
    ids: dict[str, Any] = {"organizer_id": house.id, "workshop_id": s.workshop.id, "organisation_id": office.id}
    asked = await s.ask(session, organisation=office.code, data_item="DI-G01")
    person = await factories.registration(session, s.workshop, organisation_id=office.id)
    agreement = await session.get(Agreement, UUID(int=7)) or Agreement(
        id=UUID(int=7), organizer_id=house.id, workshop_id=s.workshop.id, code="KB-1", title="Komitmen Bersama"
    )
    session.add(agreement)
    await session.flush()
    escalation = Escalation(**ids, level=EscalationLevel.LETTER, due_date=date(2023, 7, 14))
    session.add(escalation)
    session.add(
        AgreementSignature(
            agreement_id=agreement.id, organisation_id=office.id, signatory_office="Kepala Dinas", by="system"
        )
    )
    session.add(FollowUp(**ids, position=1, text="Menyerahkan data"))
    link = PortalLink(
        organizer_id=house.id, organisation_id=office.id, label="Sekretariat", email=email,
        key_id=office.key_id,
    )  # fmt: skip
    session.add(link)
    s.item.requested_from_id = office.id
    await session.flush()
    session.add(
        Message(
            **ids, occasion=Occasion.ESCALATION_LETTER, occasion_key=f"{office.id}", status=MessageStatus.SENT,
            channel=Channel.MAIL,            escalation_id=escalation.id,
        )
    )  # fmt: skip
    return {"commitment": asked.id, "person": person.id, "link": link.id}


async def refused(client: AsyncClient, database: Database, s: Scene, merger: str) -> None:
    """Who may not merge sees nothing of it, and what is no other organisation cannot be merged."""
    async with database.write() as session:
        reader = await factories.api_key(session, s.house, Permission.ORGANISATIONS_READ)
        stranger = await factories.api_key(session, await factories.organizer(session))
        doorkeeper = replace(s.actor, workshops=frozenset())
        with pytest.raises(Forbidden):
            await organisations_merging.preview(session, doorkeeper, s.agency.code, s.other.code)
    other = {"other": s.other.code}
    for headers, status in ((reader, 403), (stranger, 404)):
        assert (await client.post(merger, json=other, headers=headers)).status_code == status
        assert (await client.get(merger, params=other, headers=headers)).status_code == status
    for wrong in (s.agency.code, "tidak-ada"):
        assert (await client.post(merger, json={"other": wrong}, headers=s.headers)).status_code == 422


async def leads_on(client: AsyncClient, s: Scene, calendar: str) -> None:
    """What the other was called, and the links that it was given, lead to the one that stays."""
    read = (await client.get(f"{API}/organisations/{s.other.code}", headers=s.headers)).json()
    assert (read["code"], [one["position"] for one in read["contacts"]]) == (s.agency.code, ["Sekretaris", "Kepala"])
    removed = await client.delete(f"{API}/organisations/{s.other.code}", headers=s.headers)
    assert removed.json()["code"] == "not_found"
    here = f"{API}/workshops/{s.workshop.id}"
    for listed, name in (
        (f"{API}/commitments", "organisation"),
        (f"{API}/escalations", "organisation"),
        (f"{API}/data-items", "requested_from"),
        (f"{here}/registrations", "organisation"),
    ):
        found = [await client.get(listed, params={name: one.code}, headers=s.headers) for one in (s.agency, s.other)]
        assert found[0].json()["items"] == found[1].json()["items"] != [], listed
    portal = await client.get(f"{API}/portal", headers=s.other_headers)
    assert portal.json()["organisation"]["code"] == s.agency.code
    assert (await client.get(calendar.partition("testserver")[2] or calendar)).status_code == 200
    again = await client.post(f"{API}/organisations", json={"code": s.other.code, "name": "Baru"}, headers=s.headers)
    assert again.json()["code"] == "code_taken"
    rows = {"file": ("d.csv", "Nama OPD,Singkatan\nDINAS KESEHATAN,dinkes\n")}
    tried = await client.post(f"{API}/organisations/import", data={"dry_run": "true"}, files=rows, headers=s.headers)
    assert [one["verdict"] for one in tried.json()["rows"]] == ["unchanged"], tried.text


async def merged_on(client: AsyncClient, database: Database, s: Scene) -> None:
    """The one that stayed is merged into a third, by its former code; once."""
    async with database.write() as session:
        third = await factories.organisation(session, s.house)
    for code, status in ((s.other.code, 200), (s.agency.code, 409)):
        url = f"{API}/organisations/{third.code}/merger"
        assert (await client.post(url, json={"other": code}, headers=s.headers)).status_code == status
    s.agency = third


async def test_a_merger_moves_all_that_names_the_other_and_ends_what_both_have(
    client: AsyncClient, database: Database
) -> None:
    clock.freeze(at("06-20 08:00"))
    async with database.write() as session:
        s = await scene(session)
        stays, other = s.agency, s.other
        stays.contacts = [{"name": "Sekretariat", "position": "Sekretaris", "email": "s@luwukab.go.id", "phone": None}]
        other.name = "dinas kesehatan"
        other.contacts = [
            {"name": "sekretariat", "position": "Kasubag", "email": "S@luwukab.go.id", "phone": None},
            {"name": None, "position": "Kepala", "email": "k@luwukab.go.id", "phone": None},
        ]
        own, theirs = [
            await furnish(session, s, *of) for of in ((stays, "s@luwukab.go.id"), (other, "S@luwukab.go.id"))
        ]
        # Theirs is further along, and ours was withdrawn: theirs hold.
        (await session.get_one(Commitment, theirs["commitment"])).fulfilment_status = FulfilmentStatus.SUBMITTED
        await invited(session, s, stays, status=InvitationStatus.WITHDRAWN)
        holds = await invited(session, s, other)
        (await session.get_one(Registration, theirs["person"])).invitation_id = holds.id
        s.house.steward_code = other.code
        session.add(
            Programme(
                organizer_id=s.house.id, code="P", name="P", dimensions=[{"code": "d", "coordinator": other.code}]
            )
        )
        await unsubscriptions.unsubscribe(session, unsubscriptions.Subscriber(s.house.id, f"organisation:{other.id}"))
        left, calendar = (
            unsubscriptions.unsubscribe_url(session, other),
            calendars_organisations.calendar_url(session, other),
        )
    merger = f"{API}/organisations/{stays.code}/merger"
    await refused(client, database, s, merger)
    seen = (await client.get(merger, params={"other": other.code}, headers=s.headers)).json()
    assert (seen["contacts"], seen["moves"]["steward"]) == (1, 1)
    assert sorted((one["kind"], one["kept"]) for one in seen["collisions"]) == [
        ("agreement", stays.code),
        ("commitment", other.code),
        ("escalation", stays.code),
        ("invitation", other.code),
    ]
    person = f"{API}/registrations/{theirs['person']}"
    before = (await client.get(person, headers=s.headers)).headers["etag"]
    done = await client.post(merger, json={"other": other.code}, headers=s.headers)
    assert (done.status_code, done.json()) == (200, seen), done.text
    async with database.read() as session:
        assert set((await counts(session, other.id)).values()) == {0}
        assert 0 not in (await counts(session, stays.id)).values()
        mine, kept = [await session.get_one(Commitment, one["commitment"]) for one in (own, theirs)]
        assert (mine.commitment_status, kept.commitment_status) == ("declined", "requested")
        invitation = (await session.exec(select(Invitation))).one()
        assert (invitation.id, invitation.organisation_id, invitation.held_offline) == (holds.id, stays.id, 1)
        assert (await session.get_one(Capacity, s.workshop.id)).offline_reserved == 1
        house = await session.get_one(Organizer, s.house.id)
        dimensions = (await session.exec(select(Programme.dimensions))).one()
        assert (house.steward_code, dimensions[0]["coordinator"]) == (stays.code, stays.code)
        links = (await session.exec(select(PortalLink.email).order_by(PortalLink.email))).all()
        assert sorted(map(str, links)) == ["None", "s@luwukab.go.id"]
        assert await organisations.ids(session, house.id, [other.code]) == {other.code: stays.id}
        assert await organisations.current(session, house.id, [other.code, "x"]) == [stays.code, "x"]
        found = await unsubscriptions.find(session, left.rsplit("/", 1)[1])
        assert found.contact_key == f"organisation:{stays.id}"
        assert not await unsubscriptions.among(session, house.id, [found.contact_key])
    assert (await client.get(person, headers=s.headers)).headers["etag"] != before
    assert (await types(database)).count("organisation.merged") == 1
    await leads_on(client, s, calendar)
    await merged_on(client, database, s)
    await leads_on(client, s, calendar)
