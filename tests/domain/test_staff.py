"""Accounts, passwords and the counters in front of them."""

import asyncio
from datetime import datetime, timedelta

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlmodel import select

from service.auth import ROLE_PERMISSIONS, Actor, ActorKind, Permission
from service.db import Database
from service.domain import api_keys, limits, organizers, passwords, signing_in, staff
from service.domain.signing_in import Visit
from service.errors import CodeTaken, Forbidden, InvalidInput, LastOwner, TooManyRequests, WrongCredentials
from service.models.idempotency import LimitCounter
from service.models.organizers import Organizer, Role, Staff
from service.models.organizers_shapes import ApiKeyCreate, OrganizerCreate, StaffCreate
from tests import factories

pytestmark = pytest.mark.usefixtures("quick_hash")
PASSWORD = "kelapa-sagu-durian"
LUWU = OrganizerCreate(slug="luwu", name="Diskominfo-SP Kabupaten Luwu")
WINDOW = timedelta(minutes=15)


async def owner_of_luwu(database: Database) -> tuple[Organizer, Staff]:
    async with database.write() as session:
        return await organizers.first_owner(
            session, LUWU, email="Pemilik@LuwuKab.go.id", name="Kepala Dinas", password=PASSWORD
        )


def member_actor(house: Organizer, role: Role) -> Actor:
    return Actor(ActorKind.STAFF, factories.some_id(), house.id, ROLE_PERMISSIONS[role])


async def test_the_first_owner_signs_in_with_any_spelling_of_the_address(database: Database) -> None:
    house, _person = await owner_of_luwu(database)
    opened = await signing_in.sign_in(database, " pemilik@luwukab.GO.ID. ", PASSWORD, Visit("10.0.0.1"))
    assert opened.session.organizer_id == house.id
    assert opened.cookie.startswith("bms_")


async def test_an_organizer_is_made_once(database: Database) -> None:
    await owner_of_luwu(database)
    with pytest.raises(CodeTaken):
        await owner_of_luwu(database)


async def test_a_reserved_word_names_no_organizer(database: Database) -> None:
    async with database.write() as session:
        with pytest.raises(InvalidInput):
            await organizers.create_organizer(
                session, Actor(ActorKind.SYSTEM), OrganizerCreate(slug="my", name="Milik sendiri")
            )


async def test_the_password_is_kept_as_argon2id_only(database: Database) -> None:
    _house, person = await owner_of_luwu(database)
    assert person.password_hash.startswith("$argon2id$")
    assert PASSWORD not in repr(person)


async def test_a_weaker_hash_is_renewed_at_sign_in(database: Database) -> None:
    _house, person = await owner_of_luwu(database)
    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)).hash(PASSWORD)
    async with database.write() as session:
        (await session.exec(select(Staff))).one().password_hash = weak
    await signing_in.sign_in(database, person.email, PASSWORD, Visit("10.0.0.1"))
    async with database.read() as session:
        renewed = (await session.exec(select(Staff))).one().password_hash
    assert renewed != weak
    assert "m=64,t=1" in renewed


async def test_unknown_wrong_and_disabled_are_refused_alike_after_a_full_hash(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, person = await owner_of_luwu(database)
    async with database.write() as session:
        closed = await staff.create_staff(session, "tutup@luwukab.go.id", "Mantan petugas", PASSWORD)
        closed.disabled_at = closed.created_at
        nobody = await staff.create_staff(session, "tanpa@luwukab.go.id", "Tanpa keanggotaan", PASSWORD)
        assert house.id
    compared: list[str] = []
    compare = passwords._hasher.verify_and_update

    def compare_and_note(password: str, known: str) -> tuple[bool, str | None]:
        compared.append(known)
        return compare(password, known)

    monkeypatch.setattr(passwords._hasher, "verify_and_update", compare_and_note)
    tries = [
        ("tiada@luwukab.go.id", PASSWORD),
        (person.email, "bukan-kata-sandinya"),
        (closed.email, PASSWORD),
        (nobody.email, PASSWORD),
        ("bukan surel", PASSWORD),
    ]
    for email, password in tries:
        with pytest.raises(WrongCredentials):
            await signing_in.sign_in(database, email, password, Visit("10.0.0.1"))
    assert len(compared) == len(tries)
    assert all("m=64,t=1" in known for known in compared)


async def test_a_counter_refuses_beyond_its_limit_and_says_when_to_come_back(database: Database) -> None:
    for _time in range(3):
        await limits.hit(database, "pintu", 3, WINDOW)
    with pytest.raises(TooManyRequests) as refused:
        await limits.hit(database, "pintu", 3, WINDOW)
    assert 1 <= (refused.value.retry_after or 0) <= 901
    await limits.hit(database, "pintu lain", 3, WINDOW)


async def test_a_counter_starts_anew_when_its_window_is_over(database: Database) -> None:
    for _time in range(3):
        await limits.hit(database, "pintu", 3, WINDOW)
    async with database.write() as session:
        counter = (await session.exec(select(LimitCounter))).one()
        counter.window_ends_at -= timedelta(minutes=16)
    await limits.hit(database, "pintu", 3, WINDOW)
    async with database.write() as session:
        assert (await session.exec(select(LimitCounter))).one().count == 1
        await limits.forget_old(session)
    async with database.read() as session:
        assert len((await session.exec(select(LimitCounter))).all()) == 1


async def test_concurrent_hits_are_all_counted(database: Database) -> None:
    answers = await asyncio.gather(
        *(limits.hit(database, "pintu", 5, WINDOW) for _time in range(20)), return_exceptions=True
    )
    assert sum(isinstance(answer, TooManyRequests) for answer in answers) == 15
    assert sum(isinstance(answer, datetime) for answer in answers) == 5


async def test_guesses_at_one_account_end_but_other_accounts_go_on(database: Database) -> None:
    _house, person = await owner_of_luwu(database)
    limit = database.settings.sign_in_attempts = 3
    for number in range(limit):
        with pytest.raises(WrongCredentials):
            await signing_in.sign_in(database, person.email, "salah-sama-sekali", Visit(f"10.0.0.{number}"))
    with pytest.raises(TooManyRequests):
        await signing_in.sign_in(database, person.email, PASSWORD, Visit("10.0.1.1"))


async def test_guesses_from_one_address_end_whatever_the_account(database: Database) -> None:
    database.settings.sign_in_attempts = 2
    limit = 2 * signing_in.ACCOUNTS_PER_ADDRESS
    refusals = []
    for number in range(limit + 1):
        with pytest.raises((WrongCredentials, TooManyRequests)) as refused:
            await signing_in.sign_in(database, f"orang{number}@luwukab.go.id", PASSWORD, Visit("10.0.0.1"))
        refusals.append(type(refused.value))
    assert refusals == [WrongCredentials] * limit + [TooManyRequests]


async def test_right_passwords_are_not_counted(database: Database) -> None:
    _house, person = await owner_of_luwu(database)
    database.settings.sign_in_attempts = 2
    for _time in range(4):
        await signing_in.sign_in(database, person.email, PASSWORD, Visit("10.0.0.1"))


@pytest.mark.parametrize("role", [Role.ORGANIZER, Role.STEWARD, Role.OWNER])
async def test_nobody_gives_a_role_above_their_own(database: Database, role: Role) -> None:
    house, _person = await owner_of_luwu(database)
    hirer = Actor(
        ActorKind.API_KEY, factories.some_id(), house.id, ROLE_PERMISSIONS[Role.VIEWER] | {Permission.STAFF_WRITE}
    )
    data = StaffCreate(email="baru@luwukab.go.id", name="Staf baru", password=PASSWORD, role=role)
    async with database.write() as session:
        with pytest.raises(Forbidden):
            await staff.add_member(session, hirer, data)


async def test_a_key_carries_no_permission_that_its_maker_lacks(database: Database) -> None:
    house, _person = await owner_of_luwu(database)
    data = ApiKeyCreate(name="Situs", permissions=["workshops:write"])
    async with database.write() as session:
        with pytest.raises(Forbidden):
            await api_keys.issue(session, member_actor(house, Role.VIEWER), data)


@pytest.mark.parametrize("word", ["session:own", "organizers:create", "no:such"])
async def test_some_permissions_are_carried_by_no_key(database: Database, word: str) -> None:
    house, _person = await owner_of_luwu(database)
    actor = member_actor(house, Role.SUPER_OWNER)
    async with database.write() as session:
        with pytest.raises(InvalidInput):
            await api_keys.issue(session, actor, ApiKeyCreate(name="Situs", permissions=[word]))


async def test_two_owners_cannot_remove_each_other_at_once(database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        first, second = [await factories.staff(session, house, Role.OWNER) for _time in range(2)]

    async def remove(leaver: Staff) -> None:
        async with database.write() as session:
            await staff.remove_member(session, member_actor(house, Role.OWNER), leaver.id)

    async with database.write() as session:
        await staff.remove_member(session, member_actor(house, Role.OWNER), second.id)
        race = asyncio.create_task(remove(first))
        # Without the lock the other removal is through by now; with it, it waits for this transaction's end.
        await asyncio.wait({race}, timeout=0.5)
    with pytest.raises(LastOwner):
        await race
