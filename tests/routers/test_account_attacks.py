"""Accounts under attack: what a stolen session, a seen password, or somebody who has left can still do."""

import asyncio
import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlmodel import select

from service import clock
from service.auth import ROLE_PERMISSIONS, Actor, ActorKind, Permission
from service.db import Database
from service.domain import password_resets, passwords, signing_in, staff as staff_domain, staff_invitations
from service.domain.accounts_errors import SecondFactorNeeded, WrongCode
from service.domain.signing_in import Visit
from service.models.accounts import RecoveryCode, StaffInvitation
from service.models.accounts_shapes import Acceptance, StaffInvitationCreate
from service.models.organizers import Membership, Organizer, Role, Staff
from service.models.organizers_shapes import StaffCreate
from tests import factories
from tests.support.access_world import cookie_of
from tests.support.accounts import API, EMAIL, OTHER, PASSWORD, browser, code_of, owned_house, sign_in, turn_on

pytestmark = pytest.mark.usefixtures("quick_hash")
FACTOR = f"{API}/session/second-factor"
HERE = Visit("10.0.0.1")
LEFT = "pindah@luwukab.go.id"


async def left_account(database: Database) -> Staff:
    """Of somebody whom nobody employs any more, with a telephone of then, and a reset link under way."""
    async with database.write() as session:
        row = await factories.staff(session, email=LEFT, email_key=LEFT, totp_key="x.y", totp_since=clock.real_now())
        session.add(RecoveryCode(staff_id=row.id, code_hash="x"))
    return row


def acting(house: Organizer, owner: Staff, role: Role = Role.OWNER) -> Actor:
    return Actor(ActorKind.STAFF, owner.id, house.id, ROLE_PERMISSIONS[role])


async def test_a_second_factor_turned_on_while_a_password_is_compared_is_asked_for(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owned_house(database)
    here = await browser(client)
    compare = passwords.verified

    async def slowly(password: str, password_hash: str | None) -> tuple[bool, str | None]:
        monkeypatch.setattr(passwords, "verified", compare)
        await turn_on(client, database, here)
        return await compare(password, password_hash)

    monkeypatch.setattr(passwords, "verified", slowly)
    with pytest.raises(SecondFactorNeeded):
        await signing_in.sign_in(database, EMAIL, PASSWORD, HERE)


async def test_who_knows_the_password_cannot_lock_the_owner_out_by_wrong_codes(
    client: AsyncClient, database: Database
) -> None:
    await owned_house(database)
    codes, here = await turn_on(client, database, await browser(client))
    database.settings.sign_in_attempts = 1
    with pytest.raises(WrongCode):
        await signing_in.sign_in(database, EMAIL, PASSWORD, HERE, "123456")
    assert (await sign_in(client, code=await code_of(database, later=1))).status_code == 429
    assert (await sign_in(client, code=codes[0])).status_code == 200
    client.cookies.clear()
    # Nor from outside, by wrong passwords, keep her from changing hers.
    assert [(await sign_in(client, password=OTHER)).status_code for _time in range(2)] == [401, 429]
    changed = {"current_password": PASSWORD, "password": OTHER}
    assert (await client.put(f"{API}/session/password", json=changed, headers=here)).status_code == 204


async def test_a_session_left_open_does_not_finish_a_second_factor_that_was_given_up(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owned_house(database)
    here = await browser(client)
    begun = await client.post(FACTOR, json={"current_password": PASSWORD}, headers=here)
    assert begun.status_code == 201
    later = clock.real_now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    page = "/staff/account/second-factor/confirm"
    shown = await client.post(page, data={"csrf": here["X-CSRF-Token"], "code": "1"}, headers=here)
    assert begun.json()["secret"] not in shown.text
    assert (await client.put(FACTOR, json={"code": await code_of(database)}, headers=here)).status_code == 409


async def test_an_owner_turns_off_the_own_second_factor_with_password_and_code_only(
    client: AsyncClient, database: Database
) -> None:
    _house, owner = await owned_house(database)
    _codes, here = await turn_on(client, database, await browser(client))
    assert (await client.delete(f"{API}/staff/{owner.id}/second-factor", headers=here)).status_code == 409
    assert (await sign_in(client)).json()["code"] == "second_factor_needed"


async def test_an_invitation_dies_with_the_right_to_invite(client: AsyncClient, database: Database) -> None:
    house, _owner = await owned_house(database)
    async with database.write() as session:
        chief = await factories.staff(session, house, Role.OWNER)
        cookie = await cookie_of(session, chief, house)
    new = {"email": "aptika@luwukab.go.id", "name": "Aptika", "role": "viewer"}
    assert (await client.post(f"{API}/staff/invitations", json=new, headers=cookie)).status_code == 201
    async with database.read() as session:
        row = (await session.exec(select(StaffInvitation))).one()
        token = staff_invitations.link_of(session, row).rpartition("/")[2]
    assert (await client.get(f"{API}/staff-invitations/{token}")).status_code == 200
    owner = await browser(client) | {"If-Match": "*"}
    demoted = await client.patch(f"{API}/staff/{chief.id}", json={"role": "organizer"}, headers=owner)
    assert demoted.status_code == 200
    assert (await client.get(f"{API}/staff-invitations/{token}")).status_code == 404


@pytest.mark.parametrize("invited", [True, False])
async def test_an_account_that_nobody_employs_begins_anew_with_whoever_is_taken_on(
    client: AsyncClient, database: Database, invited: bool
) -> None:
    house, owner = await owned_house(database)
    former = await left_account(database)
    new = {"email": LEFT, "name": "Aptika", "role": "viewer"}
    async with database.write() as session:
        link = await password_resets.issue(session, await session.get_one(Staff, former.id))
    async with database.write() as session:
        if invited:
            data = StaffInvitationCreate.model_validate(new)
            row = await staff_invitations.invite(session, acting(house, owner), data)
            token = staff_invitations.link_of(session, row).rpartition("/")[2]
        else:
            chosen = StaffCreate.model_validate(new | {"password": OTHER})
            await staff_domain.add_member(session, acting(house, owner), chosen)
    if invited:
        await staff_invitations.accept(database, token, Acceptance(password=OTHER), HERE)
    assert (await sign_in(client, LEFT, OTHER)).status_code == 200
    stale = await client.put(
        f"{API}/password-resets/{link.rpartition('/')[2]}", json={"password": "mangga-manggis-duku"}
    )
    assert stale.status_code == 404
    async with database.read() as session:
        assert (await session.exec(select(RecoveryCode))).all() == []


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)  # SQLite has one writer at a time
async def test_of_two_houses_that_take_on_one_account_at_once_only_one_chooses_its_password(
    database: Database,
) -> None:
    luwu, banjar = [
        acting(*await owned_house(database, slug, f"ketua@{slug}.go.id"), Role.SUPER_OWNER)
        for slug in ("luwu", "banjar")
    ]
    await left_account(database)

    async def take_on(actor: Actor, password: str) -> None:
        data = StaffCreate(email=LEFT, name="Aptika", role=Role.VIEWER, password=password)
        async with database.write() as session:
            await staff_domain.add_member(session, actor, data)

    async with database.write() as session:
        data = StaffCreate(email=LEFT, name="Aptika", role=Role.VIEWER, password=PASSWORD)
        await staff_domain.add_member(session, luwu, data)
        second = asyncio.create_task(take_on(banjar, OTHER))
        # It gets as far as it can: to the account that is held here.
        await asyncio.wait({second}, timeout=0.3)
    await second
    async with database.read() as session:
        kept = (await session.exec(select(Staff.password_hash).where(Staff.email_key == LEFT))).one()
    assert await passwords.verified(PASSWORD, kept) == (True, None)


async def test_a_household_of_addresses_counts_as_one_visitor(app: FastAPI, database: Database) -> None:
    database.settings.sign_in_attempts = 1
    statuses = []
    for number in range(signing_in.ACCOUNTS_PER_ADDRESS + 1):
        door = ASGITransport(app=app, client=(f"2001:db8:1:2::{number}", 1))
        async with AsyncClient(transport=door, base_url="http://127.0.0.1:8000") as client:
            statuses.append((await sign_in(client, f"orang{number}@luwukab.go.id")).status_code)
    assert statuses == [401, 401, 401, 429]


async def test_the_calendar_of_staff_is_closed_until_the_second_factor_that_is_required_is_on(
    client: AsyncClient, database: Database
) -> None:
    house, owner = await owned_house(database)
    here = await browser(client)
    feed = (await client.post(f"{API}/session/calendar", headers=here)).json()["url"]
    path = feed.partition(":8000")[2]
    answers = [(await client.get(path)).status_code]
    for second_factor, since in ((True, None), (True, clock.real_now())):
        async with database.write() as session:
            (await session.get_one(Organizer, house.id)).second_factor = second_factor
            (await session.get_one(Staff, owner.id)).totp_since = since
        answers.append((await client.get(path)).status_code)
    assert answers == [200, 404, 200]


async def test_without_a_mail_server_links_are_handed_over_by_who_could_give_the_role(
    client: AsyncClient, database: Database
) -> None:
    invitations = f"{API}/staff/invitations"
    new = {"email": "aptika@luwukab.go.id", "name": "Aptika", "role": "owner"}
    house, owner = await owned_house(database)
    here = await browser(client)
    async with database.write() as session:
        clerk = await factories.staff(session, house, Role.ORGANIZER)
        chief = await factories.staff(session, await factories.organizer(session), Role.OWNER)
        session.add(Membership(staff_id=chief.id, organizer_id=house.id, role=Role.VIEWER))
        hirer = await factories.api_key(session, house, Permission.STAFF_WRITE)
    invited_owner = await client.post(invitations, json=new, headers=here)
    token = invited_owner.json()["link"].rpartition("/")[2]
    listed = [(await client.get(invitations, headers=one)).json()["items"][0]["link"] for one in (here, hirer)]
    assert listed == [invited_owner.json()["link"], None]
    assert (await client.get(f"{API}/staff-invitations/{token}")).status_code == 200

    def link_for(person: Staff) -> str:
        return f"{API}/staff/{person.id}/password-link"

    made = await client.post(link_for(clerk), headers=here)
    place = f"{API}/password-resets/{made.json()['link'].rpartition('/')[2]}"
    assert (await client.put(place, json={"password": PASSWORD})).status_code == 204
    refused = [await client.post(link_for(one), headers=here) for one in (owner, chief)]
    refused.append(await client.post(link_for(clerk), headers=hirer))
    assert [one.json()["code"] for one in refused] == ["invalid_state", "account_elsewhere", "forbidden"]
    page = f"/staff/people/{clerk.id}"
    once = re.findall(r'name="once" value="([^"]+)"', (await client.get(page, headers=here)).text)[0]
    shown = [await client.post(f"{page}/password-link", data={"once": once}, headers=here) for _time in range(2)]
    assert ("/reset/" in shown[0].text, shown[1].headers["location"]) == (True, f"{page}?done=sent")
    assert "Minta pemilik penyelenggara" in (await client.post("/reset", data={"email": EMAIL})).text
    database.settings.smtp_host = "127.0.0.1"
    assert (await client.get(invitations, headers=here)).json()["items"][0]["link"] is None
    assert (await client.post(link_for(clerk), headers=here)).status_code == 409
