"""Invitations of staff and forgotten passwords, over the API, with the mails that carry their links."""

import asyncio
import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock
from service.auth import system
from service.clients import mail
from service.db import Database
from service.domain import limits, password_resets, staff_invitations
from service.domain.signing_in import Visit
from service.errors import NotFound
from service.models.accounts import StaffInvitation
from service.models.accounts_shapes import Acceptance
from service.models.messages import Message, MessageStatus
from service.models.organizers import Membership, Role, Staff
from service.worker import Worker
from tests import factories
from tests.support.access_world import cookie_of
from tests.support.accounts import (
    API,
    EMAIL,
    OTHER,
    PASSWORD,
    browser,
    is_open,
    owned_house,
    pointers,
    sign_in,
    turn_on,
)
from tests.support.statements import counted

pytestmark = pytest.mark.usefixtures("quick_hash")
NEW = {"email": "aptika@luwukab.go.id", "name": "Kepala Bidang Aptika", "role": "organizer"}
INVITED = f"{API}/staff/invitations"
_LINK = re.compile(r"http://\S+/(?:invitation-staff|reset)/(\S+)")


def mails(database: Database) -> list[EmailMessage]:
    folder = mail.folder(database.settings)
    found = sorted(folder.glob("*.eml")) if folder.exists() else []
    return [message_from_bytes(path.read_bytes(), EmailMessage, policy=policy.default) for path in found]


def token_in(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    found = _LINK.search(body.get_content() if body else "")
    assert found
    return found[1]


async def invited(client: AsyncClient, database: Database, headers: dict[str, str], **values: str) -> str:
    """Invites somebody; the token of the link as it is now."""
    answer = await client.post(INVITED, json=NEW | values, headers=headers)
    assert answer.status_code == 201, answer.text
    async with database.read() as session:
        latest = (await session.exec(select(StaffInvitation).order_by(col(StaffInvitation.id).desc()))).first()
        assert latest
        return staff_invitations.link_of(session, latest).rpartition("/")[2]


async def accept(client: AsyncClient, token: str, password: str = OTHER) -> int:
    return (await client.post(f"{API}/staff-invitations/{token}/acceptance", json={"password": password})).status_code


async def test_an_invitation_goes_by_mail_and_makes_a_member_with_a_password_of_their_own(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    await owned_house(database)
    owner = await browser(client)
    assert (await client.post(INVITED, json=NEW, headers=owner)).status_code == 201
    await worker.drain()
    [letter] = mails(database)
    assert (str(letter["To"]), str(letter["Subject"])) == (NEW["email"], "Undangan menjadi petugas: Diskominfo luwu")
    token = token_in(letter)
    offer = await client.get(f"{API}/staff-invitations/{token}")
    assert (offer.json()["organizer"], offer.json()["role"]) == ("Diskominfo luwu", "organizer")
    weak = await client.post(f"{API}/staff-invitations/{token}/acceptance", json={"password": "password12345"})
    assert (weak.status_code, pointers(weak)) == (422, ["/password"])
    assert await accept(client, token) == 204
    assert await accept(client, token) == 404
    joined = (await sign_in(client, NEW["email"], OTHER)).json()
    assert (joined["staff"]["name"], joined["organizer"]["role"]) == (NEW["name"], "organizer")
    assert (await client.get(INVITED, headers=owner)).json()["items"] == []


async def test_of_two_acceptances_at_once_one_counts(client: AsyncClient, database: Database) -> None:
    await owned_house(database)
    token = await invited(client, database, await browser(client))
    data = Acceptance(password=OTHER)
    tried = [staff_invitations.accept(database, token, data, Visit("10.0.0.1")) for _time in range(5)]
    outcomes = await asyncio.gather(*tried, return_exceptions=True)
    assert [type(one) for one in outcomes if not isinstance(one, str)] == [NotFound] * 4
    async with database.read() as session:
        assert len((await session.exec(select(Membership))).all()) == 2


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)  # SQLite has one writer at a time
async def test_an_invitation_that_is_being_revoked_is_not_accepted_meanwhile(
    client: AsyncClient, database: Database
) -> None:
    house, _owner = await owned_house(database)
    token = await invited(client, database, await browser(client))
    async with database.write() as session:
        row = (await session.exec(select(StaffInvitation))).one()
        await staff_invitations.revoke(session, system(house.id), row.id)
        accepting = asyncio.create_task(
            staff_invitations.accept(database, token, Acceptance(password=OTHER), Visit("10.0.0.1"))
        )
        # It gets as far as it can: to the row that is held here.
        await asyncio.wait({accepting}, timeout=0.3)
    with pytest.raises(NotFound):
        await accepting


async def test_two_houses_invitations_of_one_person_accepted_at_once_make_one_account(
    client: AsyncClient, database: Database
) -> None:
    await owned_house(database)
    await owned_house(database, "banjar", "ketua@banjar.go.id")
    links = [await invited(client, database, await browser(client, email)) for email in (EMAIL, "ketua@banjar.go.id")]
    data = Acceptance(password=OTHER)
    tried = [staff_invitations.accept(database, token, data, Visit("10.0.0.1")) for token in links]
    outcomes = await asyncio.gather(*tried, return_exceptions=True)
    assert outcomes.count(NEW["email"]) >= 1
    # Whoever came second is told to try again, with the password that now is the account's.
    for token, outcome in zip(links, outcomes, strict=True):
        assert outcome == NEW["email"] or await accept(client, token) == 204
    async with database.read() as session:
        person = (await session.exec(select(Staff).where(Staff.email_key == NEW["email"]))).one()
        assert len((await session.exec(select(Membership).where(Membership.staff_id == person.id))).all()) == 2


async def test_a_former_link_a_revoked_one_and_an_old_one_are_dead(client: AsyncClient, database: Database) -> None:
    await owned_house(database)
    owner = await browser(client)
    first = await invited(client, database, owner)
    second = await invited(client, database, owner, role="viewer")
    assert first != second
    [waiting] = (await client.get(INVITED, headers=owner)).json()["items"]
    assert waiting["role"] == "viewer"
    assert (await client.post(f"{INVITED}/{waiting['id']}/renewal", headers=owner)).status_code == 200
    assert [await accept(client, one) for one in (first, second)] == [404, 404]
    third = await invited(client, database, owner)
    async with database.write() as session:
        (await session.exec(select(StaffInvitation))).one().expires_at = clock.real_now() - timedelta(seconds=1)
    assert await accept(client, third) == 404
    assert (await client.get(INVITED, headers=owner)).json()["items"][0]["expired"] is True
    fourth = await invited(client, database, owner)
    assert (await client.delete(f"{INVITED}/{waiting['id']}", headers=owner)).status_code == 204
    assert await accept(client, fourth) == 404


async def test_nobody_comes_back_by_an_invitation_they_made_before_they_left(
    client: AsyncClient, database: Database
) -> None:
    house, _owner = await owned_house(database)
    async with database.write() as session:
        leaving = await factories.staff(session, house, Role.OWNER)
        cookie = await cookie_of(session, leaving, house)
    token = await invited(client, database, cookie, role="owner")
    owner = await browser(client)
    patch = {"role": "viewer"}
    changed = await client.patch(f"{API}/staff/{leaving.id}", json=patch, headers=owner | {"If-Match": "*"})
    assert changed.status_code == 200
    assert await accept(client, token) == 404


async def test_nobody_invites_to_more_than_they_hold_or_into_anothers_house(
    client: AsyncClient, database: Database
) -> None:
    house, _owner = await owned_house(database)
    theirs, _chief = await owned_house(database, "banjar", "ketua@banjar.go.id")
    async with database.write() as session:
        weak_key = await factories.api_key(session, house)
        gathering = await factories.workshop(session, theirs)
    stranger = await browser(client, "ketua@banjar.go.id")
    await invited(client, database, await browser(client))
    async with database.read() as session:
        row = (await session.exec(select(StaffInvitation))).one()
    assert (await client.delete(f"{INVITED}/{row.id}", headers=stranger)).status_code == 404
    assert (await client.post(f"{INVITED}/{row.id}/renewal", headers=stranger)).status_code == 404
    door = NEW | {"role": "door", "workshops": [str(gathering.id)]}
    refused = await client.post(INVITED, json=door, headers=weak_key)
    assert (refused.status_code, pointers(refused)) == (422, ["/workshops"])
    assert (await client.post(INVITED, json=NEW | {"role": "super_owner"}, headers=weak_key)).status_code == 422


async def test_inviting_tells_nobody_whether_an_address_has_an_account_and_sets_no_password_of_it(
    client: AsyncClient, database: Database
) -> None:
    await owned_house(database)
    await owned_house(database, "banjar", "ketua@banjar.go.id")
    owner = await browser(client)
    known = await client.post(INVITED, json=NEW | {"email": "ketua@banjar.go.id"}, headers=owner)
    unknown = await client.post(INVITED, json=NEW | {"email": "tiada@banjar.go.id"}, headers=owner)
    blank = {"id": "", "email": "", "created_at": "", "expires_at": "", "link": ""}
    assert (known.status_code, known.json() | blank) == (unknown.status_code, unknown.json() | blank)
    token = await invited(client, database, owner, email="ketua@banjar.go.id")
    async with database.write() as session:
        query = select(StaffInvitation).where(StaffInvitation.email_key == "ketua@banjar.go.id")
        token = staff_invitations.link_of(session, (await session.exec(query)).one()).rpartition("/")[2]
    assert await accept(client, token, OTHER) == 422
    assert (await sign_in(client, "ketua@banjar.go.id", OTHER)).status_code == 401
    assert await accept(client, token, PASSWORD) == 204
    assert len((await sign_in(client, "ketua@banjar.go.id")).json()["organizers"]) == 2


async def ask(client: AsyncClient, email: str = EMAIL) -> tuple[int, str]:
    answer = await client.post(f"{API}/password-resets", json={"email": email})
    return answer.status_code, answer.text


async def reset(client: AsyncClient, token: str, password: str = OTHER) -> int:
    return (await client.put(f"{API}/password-resets/{token}", json={"password": password})).status_code


async def test_a_forgotten_password_is_replaced_once_and_ends_every_session(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    await owned_house(database)
    codes, here = await turn_on(client, database, await browser(client))
    assert (await ask(client, "PEMILIK@luwukab.go.id."))[0] == 202
    await worker.drain()
    letters = {str(one["Subject"]): one for one in mails(database)}
    letter = letters["Kata sandi baru: Diskominfo luwu"]
    token = token_in(letter)
    assert str(letter["To"]) == EMAIL
    assert await reset(client, token, "password12345") == 422
    assert await reset(client, token) == 204
    assert await reset(client, token, "mangga-manggis-duku") == 404
    assert not await is_open(client, here)
    assert (await sign_in(client)).status_code == 401
    # The mailbox alone opens nothing: the second factor is still asked for.
    assert (await sign_in(client, password=OTHER)).json()["code"] == "second_factor_needed"
    assert (await sign_in(client, password=OTHER, code=codes[0])).status_code == 200
    await worker.drain()
    told = [one for one in mails(database) if "Perubahan keamanan akun" in str(one["Subject"])]
    assert len(told) == 2


async def test_of_two_uses_of_one_reset_link_at_once_one_counts(client: AsyncClient, database: Database) -> None:
    _house, owner = await owned_house(database)
    async with database.write() as session:
        token = (await password_resets.issue(session, await session.get_one(Staff, owner.id))).rpartition("/")[2]
    tried = [password_resets.use(database, token, f"{OTHER}-{number}") for number in range(4)]
    outcomes = await asyncio.gather(*tried, return_exceptions=True)
    assert [type(one) for one in outcomes if not isinstance(one, tuple)] == [NotFound] * 3
    opened = [(await sign_in(client, password=f"{OTHER}-{number}")).status_code for number in range(4)]
    assert sorted(opened) == [200, 401, 401, 401]


async def test_a_reset_link_dies_with_time_with_the_next_one_and_with_a_change_of_the_password(
    client: AsyncClient, database: Database
) -> None:
    _house, owner = await owned_house(database)

    async def issue() -> str:
        async with database.write() as session:
            return (await password_resets.issue(session, await session.get_one(Staff, owner.id))).rpartition("/")[2]

    former, present = await issue(), await issue()
    assert await reset(client, former) == 404
    async with database.write() as session:
        (await session.get_one(Staff, owner.id)).reset_expires_at = clock.real_now() - timedelta(seconds=1)
    assert await reset(client, present) == 404
    latest, here = await issue(), await browser(client)
    body = {"current_password": PASSWORD, "password": "mangga-manggis-duku"}
    assert (await client.put(f"{API}/session/password", json=body, headers=here)).status_code == 204
    assert await reset(client, latest) == 404


async def test_asking_for_a_reset_tells_nobody_whether_the_address_has_an_account(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    await owned_house(database)
    async with database.write() as session:
        nobodys = await factories.staff(session, email="tanpa@luwukab.go.id", email_key="tanpa@luwukab.go.id")
        closed = await factories.staff(session, email="tutup@luwukab.go.id", email_key="tutup@luwukab.go.id")
        closed.disabled_at = clock.now()
    answers, work = [], []
    for email in (EMAIL, nobodys.email, closed.email, "tiada@luwukab.go.id", "bukan surel"):
        before = database.commits
        with counted(database) as statements:
            answers.append(await ask(client, email))
        work.append((len(statements), database.commits - before))
    assert answers == [(202, "null")] * 5
    assert len(set(work)) == 1, work
    await worker.drain()
    assert [str(one["To"]) for one in mails(database)] == [EMAIL]


async def test_resets_are_limited_for_the_address_alike_whether_it_is_known_or_not(
    client: AsyncClient, database: Database
) -> None:
    await owned_house(database)
    for email in (EMAIL, "tiada@luwukab.go.id"):
        statuses = [(await ask(client, email))[0] for _time in range(password_resets.PER_ACCOUNT + 1)]
        assert statuses == [202, 202, 202, 429]
    async with database.write() as session:
        await limits.forget_old(session)
    flood = [(await ask(client, f"orang{number}@luwukab.go.id"))[0] for number in range(password_resets.PER_ADDRESS)]
    assert flood[-1] == 429


async def test_a_link_that_was_used_before_its_mail_went_out_is_not_sent(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    _house, owner = await owned_house(database)
    await ask(client)
    async with database.write() as session:
        row = await session.get_one(Staff, owner.id)
        row.reset_key_id = row.reset_expires_at = None
    await worker.drain()
    assert mails(database) == []
    async with database.read() as session:
        assert [one.status for one in await session.exec(select(Message))] == [MessageStatus.DROPPED]


async def test_the_demos_public_mail_box_shows_no_link_that_opens_an_account(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    await owned_house(database)
    await ask(client)
    await client.post(INVITED, json=NEW, headers=await browser(client))
    await worker.drain()
    database.settings.now = clock.now()
    shown = [
        (await client.get(f"/demo/mail/{path.stem}")).text for path in mail.folder(database.settings).glob("*.eml")
    ]
    assert len(shown) == 2
    for token in map(token_in, mails(database)):
        assert not any(token in text for text in shown)


async def test_who_never_answered_an_invitation_is_forgotten_after_a_month(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    await owned_house(database)
    await invited(client, database, await browser(client))
    async with database.write() as session:
        (await session.exec(select(StaffInvitation))).one().expires_at = clock.real_now() - timedelta(days=31)
    await worker.tidy()
    async with database.read() as session:
        row = (await session.exec(select(StaffInvitation))).one()
    assert (row.email, row.email_key, row.name, row.revoked_at is None) == ("", "", "", False)


async def test_ones_sessions_are_listed_and_ended_and_nobody_elses(client: AsyncClient, database: Database) -> None:
    house, _owner = await owned_house(database)
    phone = {"User-Agent": "Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0"}
    signed = await client.post(f"{API}/session", json={"email": EMAIL, "password": PASSWORD}, headers=phone)
    lost = {"Cookie": f"bimtek={client.cookies['bimtek']}", "X-CSRF-Token": signed.json()["csrf_token"]}
    client.cookies.clear()
    here, third = await browser(client), await browser(client)
    async with database.write() as session:
        stranger = await cookie_of(session, await factories.staff(session, house), house)
    listed = (await client.get(f"{API}/sessions", headers=here)).json()["items"]
    assert [one["current"] for one in listed] == [False, True, False]
    assert listed[2]["browser"] == "Firefox, Android"
    place = f"{API}/sessions/{listed[2]['id']}"
    assert (await client.delete(place, headers=stranger)).status_code == 404
    assert await is_open(client, lost)
    assert (await client.delete(place, headers=here)).status_code == 204
    assert [await is_open(client, one) for one in (lost, here, third)] == [False, True, True]
    assert (await client.delete(f"{API}/sessions", headers=here)).status_code == 204
    assert [await is_open(client, one) for one in (here, third, stranger)] == [True, False, True]
