"""What offices do to their lists: merged cells, "sda", two things in one cell, signatures below, the same again."""

from collections.abc import Sequence
from typing import Any

import pytest
from httpx import AsyncClient
from openpyxl import Workbook
from sqlmodel import col, select

from service.db import Database
from service.models.registrations import Registration
from service.models.workshops import Workshop
from tests import factories
from tests.support.office_files import saved, sheet

Headers = dict[str, str]


@pytest.fixture
async def place(database: Database) -> tuple[Workshop, Headers]:
    async with database.write() as session:
        house = await factories.organizer(session)
        workshop = await factories.workshop(session, house, offline=None)
        await factories.organisation(session, house, "dinkes", name="Dinas Kesehatan")
        return workshop, await factories.api_key(session, house)


@pytest.fixture
def sent(client: AsyncClient, place: tuple[Workshop, Headers]) -> Any:
    workshop, headers = place

    async def send(data: bytes, **fields: str) -> dict[str, Any]:
        url = f"/api/v1/workshops/{workshop.id}/registrations/import"
        answer = await client.post(url, files={"file": ("a", data)}, data={"mode": "offline"} | fields, headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return send


async def people(database: Database, *names: str) -> list[tuple[object, ...]]:
    async with database.read() as session:
        rows = await session.exec(select(Registration).order_by(col(Registration.number)))
        return [tuple(getattr(row, name) for name in names) for row in rows]


def remarks(answer: dict[str, Any], kind: str = "warnings") -> list[list[str]]:
    return [[one["field"] for one in row[kind]] for row in answer["rows"]]


def verdicts(answer: dict[str, Any]) -> list[str]:
    return [row["verdict"] for row in answer["rows"]]


def merged(rows: Sequence[Sequence[object]], *ranges: str) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    for one in ranges:
        book.active.merge_cells(one)
    return saved(book)


async def test_an_organisation_in_a_merged_cell_is_that_of_every_row_beside_it(sent: Any, database: Database) -> None:
    data = merged(
        [["Instansi", "Nama", "HP"], ["PLN", "A", "081200000001"], [None, "B", "081200000002"],
         [None, "C", "081200000003"]],
        "A2:A3",
    )  # fmt: skip
    answer = await sent(data, dry_run="false")
    assert await people(database, "organisation_name") == [("PLN",), ("PLN",), (None,)]
    assert remarks(answer) == [["organisation_name"]] * 3


async def test_the_same_as_above_is_what_stands_above_but_never_a_name(sent: Any, database: Database) -> None:
    data = sheet(
        ["Nama", "Jabatan", "Instansi", "HP"],
        ["A", "Kepala Seksi", "Dinas Kesehatan", "081200000001"],
        ["B", "s.d.a", "sda", "081200000002"],
        ["C", "Idem", '"', "081200000003"],
        ["sda", "Staf", "PLN", "081200000004"],
    )
    await sent(data, dry_run="false")
    found = await people(database, "name", "position", "organisation_name")
    assert found[:3] == [("A", "Kepala Seksi", None), ("B", "Kepala Seksi", None), ("C", "Kepala Seksi", None)]
    assert found[3] == ("sda", "Staf", "PLN")
    offices = {office for [office] in (await people(database, "organisation_id"))[:3]}
    assert len(offices) == 1
    assert None not in offices


async def test_whoever_signs_below_a_list_is_not_registered(sent: Any) -> None:
    data = sheet(
        ["No", "Nama", "Jabatan", "HP"],
        [1, "A", "Kepala Seksi", "081200000001"],
        [None, "B", "Kepala Seksi", "081200000002"],
        [None, "Belopa,      Juli 2023"],
        [None, "Kepala Dinas Kominfo,"],
        [None, "PEJABAT PENANDA TANGAN, S.Sos.", "Pembina Utama Muda"],
        [None, "NIP. 19700101 199001 1 001"],
    )
    assert verdicts(await sent(data)) == ["new", "new", "ignored", "ignored", "ignored", "ignored"]


async def test_rows_that_were_numbered_and_left_open_are_no_faults(sent: Any) -> None:
    data = sheet(["No", "Nama", "HP"], [1, "A", "081200000001"], [2, "-", "-"], [3, "..........", None], [4])
    assert "faulty" not in verdicts(await sent(data))


async def test_two_things_in_one_cell_are_two(sent: Any, database: Database) -> None:
    data = sheet(
        ["Nama / NIP", "No. HP"],
        ["Kepala Bidang, S.Kom.\nNIP. 19800101 201001 1 001", "0812-0000-0001 (WA)"],
        ["Sekretaris / NIP 198001012010011002", "HP: 812 0000 0002"],
        ["Staf 12", "081200000003"],
    )
    await sent(data, dry_run="false")
    assert await people(database, "name", "nip", "phone") == [
        ("Kepala Bidang, S.Kom.", "198001012010011001", "+6281200000001"),
        ("Sekretaris", "198001012010011002", "+6281200000002"),
        ("Staf 12", None, "+6281200000003"),
    ]


async def test_a_nip_that_lost_digits_is_said_and_left_out_and_the_person_comes_in(
    sent: Any, database: Database
) -> None:
    answer = await sent(sheet(["Nama", "NIP", "HP"], ["A", 198001012010011001, "081200000001"]), dry_run="false")
    assert (verdicts(answer), remarks(answer)) == (["new"], [["nip"]])
    assert await people(database, "nip") == [(None,)]
    later = await sent(sheet(["Nama", "NIP", "HP"], ["A", "198001012010011001", "081200000001"]), dry_run="false")
    assert verdicts(later) == ["changed"]
    assert await people(database, "nip") == [("198001012010011001",)]


async def test_who_differs_only_by_title_or_has_the_same_nip_is_left_for_somebody_to_decide(
    sent: Any, database: Database
) -> None:
    await sent(b"Nama,Email\nKabid A S.T.,a@luwukab.go.id\n", dry_run="false")
    again = (
        b"Nama,Email,NIP\n"
        b"KABID A ST,A@luwukab.go.id,\n"  # the person registered above
        b"Kabid B,a@luwukab.go.id,198001012010011001\n"  # a colleague behind one address
        b"Kabid B,b@luwukab.go.id,19800101 201001 1 001\n"  # the colleague again
        b"Kabid C,c@luwukab.go.id,19800101\n"
        b"Kabid D,d@luwukab.go.id,19800101\n"  # a NIP cut short says nothing
    )
    answer = await sent(again)
    assert verdicts(answer) == ["undecided", "new", "undecided", "new", "new"]
    assert (remarks(answer), answer["counts"]["undecided"]) == ([["name"], ["email"], ["nip"], ["nip"], ["nip"]], 2)
    messages = [row["warnings"][0]["message"] for row in answer["rows"][:3]]
    named = zip(("peserta nomor 1 (Kabid A S.T.)", "nomor 1", "baris 3 (Kabid B)"), messages, strict=True)
    assert [name in said for name, said in named] == [True] * 3
    await sent(again, dry_run="false", take="[4]")
    assert await people(database, "number", "email") == [
        (1, "a@luwukab.go.id"),
        (2, "a@luwukab.go.id"),
        (3, "b@luwukab.go.id"),
        (4, "c@luwukab.go.id"),
        (5, "d@luwukab.go.id"),
    ]


async def test_heads_of_three_rows_with_a_hint_below_are_understood(sent: Any) -> None:
    answer = await sent(
        sheet(
            ["No", "Nama", "Kontak", None, "Kehadiran", None],
            [None, None, "HP", "Surel", "Luring", "Daring"],
            [None, None, None, None, "(v)", "(v)"],
            [1, "A", "081200000001", None, None, "v"],
            [2, "B", "081200000002", None, "v", "v"],
        )
    )
    fields = [column["field"] for column in answer["columns"]]
    assert fields == [None, "name", "phone", "email", "mode.offline", "mode.online"]
    assert verdicts(answer) == ["ignored", "new", "faulty"]
