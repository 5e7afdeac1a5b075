"""A join link that is used from many places at once is flagged, once; one person on the move is not."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import system
from service.db import Database
from service.domain import join_uses, registrations, registrations_edit
from service.models.outbox import EventRow
from service.models.registrations import Registration
from service.models.rooms import JoinUse
from service.tokens import Keyring
from tests import factories
from tests.factories import at

KEYRING = Keyring(["k" * 32])
ANDROID = "Mozilla/5.0 (Linux; Android 13; SM-A146P) AppleWebKit/537.36 Chrome/115.0 Mobile Safari/537.36"
IN_APP = "Mozilla/5.0 (Linux; Android 13; SM-A146P; wv) AppleWebKit/537.36 Version/4.0 Chrome/114.0 WhatsApp/2.23"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/115.0 Safari/537.36"


async def person(database: Database) -> Registration:
    async with database.write() as session:
        return await factories.registration(
            session, await factories.workshop(session, await factories.organizer(session))
        )


async def use(database: Database, row: Registration, place: str) -> None:
    async with database.write() as session:
        await join_uses.record(session, await session.get_one(Registration, row.id), place)


async def flags(database: Database) -> list[int]:
    """From how many places each flagged use was the latest."""
    async with database.read() as session:
        rows = await session.exec(select(EventRow).where(EventRow.type == "link.shared"))
        return [row.data["places"] for row in rows if isinstance(row.data["places"], int)]


async def shared_at(database: Database, row: Registration) -> object:
    async with database.read() as session:
        return (await session.get_one(Registration, row.id)).link_shared_at


async def test_three_places_within_a_quarter_of_an_hour_are_flagged(database: Database) -> None:
    row = await person(database)
    for minute, place in ((0, "a"), (7, "b"), (14, "c")):
        clock.freeze(at(f"07-03 09:{minute:02}"))
        await use(database, row, place)
    assert await shared_at(database, row) == at("07-03 09:14")
    assert await flags(database) == [3]


async def test_three_places_over_a_longer_time_are_one_person_on_the_move(database: Database) -> None:
    row = await person(database)
    for minute, place in ((0, "a"), (8, "b"), (15, "c")):
        clock.freeze(at(f"07-03 09:{minute:02}"))
        await use(database, row, place)
    assert await shared_at(database, row) is None


async def test_somebody_who_goes_from_wifi_to_mobile_data_and_back_is_never_flagged(database: Database) -> None:
    row = await person(database)
    wifi, mobile = (join_uses.place_of(KEYRING, address, ANDROID) for address in ("10.1.2.3", "2404:c0:2010::7"))
    for _time in range(5):
        await use(database, row, wifi)
        await use(database, row, mobile)
    assert await flags(database) == []


async def test_the_same_places_of_different_people_are_nobodys_sharing(database: Database) -> None:
    for place in "abcd":
        await use(database, await person(database), place)
    assert await flags(database) == []


async def test_a_flagged_link_is_told_of_again_only_after_a_day(database: Database) -> None:
    row = await person(database)
    for day, hour in (("03", "09"), ("03", "13"), ("04", "10")):
        clock.freeze(at(f"07-{day} {hour}:00"))
        for place in "abcd":
            await use(database, row, place)
    assert await flags(database) == [3, 3]
    assert await shared_at(database, row) == at("07-04 10:00")


@pytest.mark.parametrize("visitors", [3, 8])
async def test_visitors_who_come_at_once_are_flagged_once(database: Database, visitors: int) -> None:
    row = await person(database)
    await asyncio.gather(*(use(database, row, str(number)) for number in range(visitors)))
    assert await flags(database) == [3]
    async with database.read() as session:
        assert (await session.exec(select(func.count()).select_from(JoinUse))).one() == visitors


async def test_without_the_lock_visitors_who_come_at_once_are_overlooked(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: on PostgreSQL each transaction would see its own place alone."""
    if database.dialect == "sqlite":
        pytest.skip("writers take turns, locked or not")
    row = await person(database)
    everybody = asyncio.Barrier(3)

    async def unlocked(session: AsyncSession, registration_id: UUID) -> Registration:
        return await session.get_one(Registration, registration_id)

    monkeypatch.setattr(registrations, "lock", unlocked)

    async def visit(place: str) -> None:
        async with database.write() as session:
            await join_uses.record(session, await session.get_one(Registration, row.id), place)
            await everybody.wait()

    await asyncio.gather(*(visit(place) for place in "abc"))
    assert await flags(database) == []


async def test_uses_are_forgotten_after_a_day(database: Database) -> None:
    row = await person(database)
    await use(database, row, "a")
    clock.freeze(clock.now() + timedelta(hours=23))
    await use(database, row, "b")
    clock.freeze(clock.now() + timedelta(hours=1, seconds=1))
    async with database.write() as session:
        assert await join_uses.forget_old(session) == 1
    async with database.read() as session:
        assert [one.place for one in await session.exec(select(JoinUse))] == ["b"]


async def test_a_new_link_begins_without_the_uses_of_the_old_one(database: Database) -> None:
    row = await person(database)
    for place in "abc":
        await use(database, row, place)
    async with database.write() as session:
        await registrations_edit.relink(session, system(row.organizer_id), row.id)
    await use(database, row, "d")
    assert await shared_at(database, row) is None
    assert await flags(database) == [3]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("203.0.113.7", ANDROID), ("203.0.113.250", ANDROID), True),
        (("203.0.113.7", ANDROID), ("203.0.114.7", ANDROID), False),
        (("2001:db8:1:2::3", ANDROID), ("2001:db8:1:ffff::9", ANDROID), True),
        (("2001:db8:1::3", ANDROID), ("2001:db8:2::3", ANDROID), False),
        (("::ffff:203.0.113.7", ANDROID), ("203.0.113.9", ANDROID), True),
        (("203.0.113.7", ANDROID), ("203.0.113.7", IN_APP), True),
        (("203.0.113.7", ANDROID), ("203.0.113.7", WINDOWS), False),
        (("", ""), ("unix:", ""), False),
    ],
)
def test_a_place_is_a_network_and_a_kind_of_device(one: tuple[str, str], other: tuple[str, str], same: bool) -> None:
    assert (join_uses.place_of(KEYRING, *one) == join_uses.place_of(KEYRING, *other)) == same


def test_a_place_names_no_address_and_another_key_names_it_differently() -> None:
    place = join_uses.place_of(KEYRING, "203.0.113.7", WINDOWS)
    assert len(place) == 32
    assert place != join_uses.place_of(Keyring(["l" * 32]), "203.0.113.7", WINDOWS)
