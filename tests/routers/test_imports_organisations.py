"""A list of organisations with their contacts is tried, then taken over as a whole, once."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service.auth import Permission
from service.db import Database
from service.models.organizers import Organizer
from service.models.people import Organisation
from tests import factories
from tests.support.office_files import sheet
from tests.support.statements import counted

URL = "/api/v1/organisations/import"
LIST = sheet(
    ["DAFTAR PERANGKAT DAERAH", None, None, None, None],
    ["No", "Nama OPD", "Singkatan", "Kontak Person", "Email", "No. HP"],
    [1, "Dinas Kesehatan", "dinkes", "Kasubag Program", "dinkes@luwukab.go.id", 81200000001],
    [2, "Dinas Perhubungan", None, None, "dishub@luwukab.go.id", None],
    [3, "PLN ULP Belopa", "pln", None, None, "0812-0000-0003"],
)


@pytest.fixture
async def house(database: Database) -> Organizer:
    async with database.write() as session:
        house = await factories.organizer(session)
        await factories.organisation(session, house, "dishub", name="DINAS PERHUBUNGAN")
        return house


@pytest.fixture
async def owner(database: Database, house: Organizer) -> dict[str, str]:
    async with database.write() as session:
        return await factories.api_key(session, house)


async def sent(client: AsyncClient, headers: dict[str, str], data: bytes, **fields: str) -> dict[str, Any]:
    answer = await client.post(URL, files={"file": ("opd.xlsx", data)}, data=fields, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_long_list_is_written_in_few_statements(
    client: AsyncClient, database: Database, owner: dict[str, str]
) -> None:
    rows = [[f"k-{number}", f"Kantor {number}", f"k{number}@luwukab.go.id"] for number in range(200)]
    with counted(database) as statements:
        await sent(client, owner, sheet(["Kode", "Nama", "Email"], *rows), dry_run="false")
    assert len(statements) < 40


async def test_two_lists_with_the_same_new_organisations_at_once_add_each_once(
    client: AsyncClient, database: Database, owner: dict[str, str]
) -> None:
    rows = [[f"k-{number}", f"Kantor {number}"] for number in range(20)]
    lists = [sheet(["Kode", "Nama"], *some) for some in (rows, rows[::-1], rows)]
    answers = await asyncio.gather(*(sent(client, owner, data, dry_run="false") for data in lists))
    assert sorted(answer["counts"]["new"] for answer in answers) == [0, 0, 20]


def verdicts(answer: dict[str, Any]) -> list[str]:
    return [row["verdict"] for row in answer["rows"]]


async def stored(database: Database) -> list[Organisation]:
    async with database.read() as session:
        return list(await session.exec(select(Organisation).order_by(col(Organisation.code))))


async def test_organisations_are_added_and_known_ones_get_what_is_new(
    client: AsyncClient, database: Database, owner: dict[str, str]
) -> None:
    tried = await sent(client, owner, LIST)
    assert verdicts(tried) == ["new", "changed", "new"]
    fields = [column["field"] for column in tried["columns"]]
    assert fields == [None, "name", "code", "contact_name", "contact_email", "contact_phone"]
    assert len(await stored(database)) == 1
    assert await sent(client, owner, LIST, dry_run="false") == tried | {"dry_run": False}
    rows = await stored(database)
    assert [(row.code, row.name) for row in rows] == [
        ("dinkes", "Dinas Kesehatan"),
        ("dishub", "Dinas Perhubungan"),
        ("pln", "PLN ULP Belopa"),
    ]
    assert rows[0].contacts == [
        {"name": "Kasubag Program", "position": None, "email": "dinkes@luwukab.go.id", "phone": "+6281200000001"}
    ]
    assert verdicts(await sent(client, owner, LIST, dry_run="false")) == ["unchanged"] * 3


async def test_another_contact_joins_and_replaces_nobody(
    client: AsyncClient, database: Database, owner: dict[str, str]
) -> None:
    await sent(client, owner, LIST, dry_run="false")
    other = b"Kode,Nama,Email\ndinkes,Dinas Kesehatan,lain@luwukab.go.id\n"
    assert verdicts(await sent(client, owner, other, dry_run="false")) == ["changed"]
    assert [one["email"] for one in (await stored(database))[0].contacts] == [
        "dinkes@luwukab.go.id",
        "lain@luwukab.go.id",
    ]


async def test_a_new_organisation_without_a_code_gets_one_and_a_similar_one_is_warned_about(
    client: AsyncClient, database: Database, owner: dict[str, str]
) -> None:
    data = b"Nama\nBadan Pusat Statistik\nDinas Perhubungan Kab. Luwu\nBadan Pusat Statistik\n"
    answer = await sent(client, owner, data, dry_run="false")
    assert verdicts(answer) == ["new", "new", "duplicate"]
    assert [len(row["warnings"]) for row in answer["rows"]] == [0, 1, 1]
    codes = [row.code for row in await stored(database)]
    assert codes == ["badan-pusat-statistik", "dinas-perhubungan-kab-luwu", "dishub"]


async def test_every_address_of_a_cell_becomes_a_contact(
    client: AsyncClient, database: Database, owner: dict[str, str]
) -> None:
    data = b"Kode,Nama,Email\nbps,BPS,bps@luwukab.go.id; kepala@luwukab.go.id\n"
    for verdict in ("new", "unchanged"):
        assert verdicts(await sent(client, owner, data, dry_run="false")) == [verdict]
    assert [one["email"] for one in (await stored(database))[0].contacts] == [
        "bps@luwukab.go.id",
        "kepala@luwukab.go.id",
    ]


async def test_a_faulty_contact_stops_all_of_it(client: AsyncClient, database: Database, owner: dict[str, str]) -> None:
    data = b"Nama,Email\nBPS,bps@luwukab.go.id\nBappeda,bukan surel\n"
    answer = await client.post(URL, files={"file": ("opd.csv", data)}, data={"dry_run": "false"}, headers=owner)
    assert (answer.status_code, answer.json()["code"]) == (409, "import_faulty")
    assert "bukan surel" not in answer.text
    assert len(await stored(database)) == 1


async def test_only_who_may_change_organisations_imports_them(
    client: AsyncClient, database: Database, house: Organizer
) -> None:
    async with database.write() as session:
        reader = await factories.api_key(session, house, Permission.ORGANISATIONS_READ)
    assert (await client.post(URL, files={"file": ("a.csv", LIST)}, headers=reader)).status_code == 403
    assert (await client.post(URL, files={"file": ("a.csv", LIST)})).status_code == 401


async def test_what_is_no_code_yet_becomes_one_and_is_said(
    client: AsyncClient, database: Database, owner: dict[str, str]
) -> None:
    data = b"Nama,Singkatan\nKecamatan Belopa,Kec. Belopa\n"
    answer = await sent(client, owner, data, dry_run="false")
    assert [(row["organisation"], len(row["warnings"])) for row in answer["rows"]] == [("Kec-Belopa", 1)]
    assert "Kec-Belopa" in [row.code for row in await stored(database)]
    assert verdicts(await sent(client, owner, data)) == ["unchanged"]


async def test_what_can_be_no_code_says_what_one_looks_like(client: AsyncClient, owner: dict[str, str]) -> None:
    answer = await sent(client, owner, f"Nama,Singkatan\nKantor,{'a' * 65}\n".encode())
    [error] = answer["rows"][0]["errors"]
    assert error["field"] == "code"
    assert "64" in error["message"]


async def test_rows_of_one_name_are_one_organisation_whatever_their_codes_say(
    client: AsyncClient, database: Database, owner: dict[str, str]
) -> None:
    data = b"Kode,Nama\ndinkes,Dinas Kesehatan\nDK,dinas  kesehatan\n,DINAS KESEHATAN\nhub,Dinas Perhubungan\n"
    answer = await sent(client, owner, data, dry_run="false")
    assert verdicts(answer) == ["new", "duplicate", "duplicate", "changed"]
    assert [row["organisation"] for row in answer["rows"]][3] == "dishub"
    assert "baris 2" in answer["rows"][1]["warnings"][0]["message"]
    assert "dishub" in answer["rows"][3]["warnings"][0]["message"]
    assert [row.code for row in await stored(database)] == ["dinkes", "dishub"]
