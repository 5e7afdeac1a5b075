"""Every page of the committee's menu opens, and costs as many statements with many people as with few."""

import re
from collections.abc import Iterator
from pathlib import Path

from fastapi.routing import APIRoute
from httpx import AsyncClient
from sqlmodel import select

from service import auth, clock, pages
from service.db import Database
from service.domain import commitments_requests, data_items, inviting
from service.models.commitments_shapes import CommitmentCreate
from service.models.data_items_shapes import DataItemCreate
from service.models.invitations_shapes import InvitationCreate
from service.models.organizers import Organizer, Role, Staff
from service.models.registrations import RegistrationStatus
from service.models.workshops import Mode, Workshop
from service.worker import Worker
from tests import factories
from tests.factories import at
from tests.pages.world import signed_in
from tests.support.statements import counted

MOST_STATEMENTS = 40
"""Of one page, sign-in and menu included."""


def _addresses() -> Iterator[str]:
    """Every page that needs no id in its address."""
    for router in pages.all_routers():
        for route in router.routes:
            assert isinstance(route, APIRoute)
            wanted = route.path.startswith(("/staff", "/dashboard")) and "{" not in route.path
            if wanted and "GET" in (route.methods or ()):
                yield route.path


async def _grow(database: Database, house: Organizer, gathering: Workshop, first: int, last: int) -> None:
    """More of everything that pages list."""
    actor = auth.system(house.id)
    async with database.write() as session:
        for number in range(first, last):
            office = await factories.organisation(session, house, f"opd-{number:03}")
            await inviting.invite(session, actor, gathering.id, InvitationCreate(organisation=office.code))
            status = (RegistrationStatus.CONFIRMED, RegistrationStatus.PENDING, RegistrationStatus.WAITLISTED)[
                number % 3
            ]
            await factories.registration(
                session,
                gathering,
                organisation_id=office.id,
                status=status,
                holds_seat=status is RegistrationStatus.CONFIRMED,
                mode=(Mode.OFFLINE, Mode.ONLINE)[number % 2],
                email=None if number % 4 == 0 else f"orang{number}@luwukab.go.id",
            )
            await factories.device(session, gathering, name=f"Pintu {number}")
            await data_items.add(session, actor, DataItemCreate(code=f"DI-{number:03}", name=f"Data {number}"))
            asked = CommitmentCreate(data_item=f"DI-{number:03}", organisation=office.code, workshop=gathering.id)
            await commitments_requests.request(session, actor, asked)
            await factories.workshop(session, house, title=f"Bimtek {number}", slug=f"bimtek-{number}")
    for number in range(first, last):
        await signed_in(database, house, (Role.VIEWER, Role.DOOR)[number % 2])


async def test_pages_open_and_do_not_ask_the_database_once_for_each_line(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    clock.freeze(at("07-03 10:00"))
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        gathering = await factories.workshop(session, house, title="Bimtek I", slug="bimtek-satu")
    cookie, _csrf = await signed_in(database, house, Role.OWNER)
    async with database.write() as session:
        for one in await session.exec(select(Staff)):
            one.super_owner = True
    # Setting up the second factor is opened by one's password.
    addresses = sorted(set(_addresses()) - {"/staff/account/second-factor/setup"})
    assert "/staff/overview" in addresses

    async def cost(count: int) -> dict[str, int]:
        found = {}
        for address in addresses:
            with counted(database) as statements:
                answer = await client.get(f"{address}?workshop={gathering.id}", headers=cookie)
            assert answer.status_code == 200, (address, count, answer.text[:2000])
            found[address] = len(statements)
        return found

    assert set(await cost(0)) == set(addresses)
    await _grow(database, house, gathering, 0, 4)
    await worker.drain()
    few = await cost(4)
    await _grow(database, house, gathering, 4, 13)
    await worker.drain()
    many = await cost(13)
    assert {address: (few[address], many[address]) for address in addresses if many[address] > few[address]} == {}
    assert {address: count for address, count in many.items() if count > MOST_STATEMENTS} == {}


def test_what_templates_tell_a_script_is_read_by_one() -> None:
    folder = Path(pages.__file__).parent
    read = "".join(one.read_text() for one in (folder / "static").glob("*.[cj]s*"))
    at_the_door = ("checkin.html", "_checkin.html")  # which has scripts of its own
    pages_told = "".join(one.read_text() for one in (folder / "templates").iterdir() if one.name not in at_the_door)
    told = set(re.findall(r"\sdata-([a-z-]+)", pages_told))
    read = re.sub(r"//[^\n]*|/\*.*?\*/", "", read, flags=re.DOTALL)

    def is_read(name: str) -> bool:
        there = re.sub(r"-(.)", lambda found: found[1].upper(), name)
        return re.search(rf'data-{name}\b|[.?]{there}\b|"{there}"|[{{,] {there}\b', read) is not None

    assert sorted(name for name in told if not is_read(name)) == []
