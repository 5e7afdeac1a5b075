"""Whom a shown name suggests: an organisation that it names goes before every likeness."""

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.attendance import Presence
from tests import factories
from tests.factories import at
from tests.support.door import Door

OFFICES = {
    "bappelitbangda": "Badan Perencanaan Pembangunan, Penelitian dan Pengembangan Daerah",
    "bkpsdm": "Badan Kepegawaian dan Pengembangan Sumber Daya Manusia",
    "bpkd": "Badan Pengelola Keuangan Daerah",
    "unanda": "Universitas Andi Djemma Palopo",
    "bapenda": "Badan Pendapatan Daerah",
    "kec-bua": "Kecamatan Bua",
    "kec-belopa": "Kecamatan Belopa",
    "dinsos": "Dinas Sosial",
    "kominfo-sp": "Dinas Komunikasi, Informatika, Statistik dan Persandian",
}


@pytest.fixture
async def door(client: AsyncClient, database: Database) -> Door:
    clock.freeze(at("07-03 18:00"))
    return await Door.open(client, database)


async def suggested(door: Door, shown: str) -> list[str]:
    """Positions, which here are the codes, of who is suggested for a connection of that name."""
    async with door.database.write() as session:
        row = Presence(
            organizer_id=door.house.id, workshop_id=door.workshop.id, external_id=shown, display_name=shown,
            joined_at=at("07-03 09:00"), left_at=at("07-03 10:00"), source="zoom_csv",
        )  # fmt: skip
        session.add(row)
    answer = await door.client.get(f"/api/v1/presences/{row.id}/suggestions", headers=door.staff)
    return sorted(item["registration"]["position"] for item in answer.json()["items"])


async def test_only_people_of_the_organisation_that_is_named_are_suggested(door: Door) -> None:
    async with door.database.write() as session:
        ids = {
            code: (await factories.organisation(session, door.house, code, name=n)).id for code, n in OFFICES.items()
        }
    for code, office in ids.items():
        if code != "bapenda":
            await door.person(name="Kepala Bidang", position=code, organisation_id=office)
    await door.person(name="Andi Sekretaris", position="bpkd", organisation_id=ids["bpkd"])
    names = ("BAPENDA", "Bapenda_Kasubag", "Bapenda Andi")
    assert [await suggested(door, name) for name in names] == [[], [], []]
    await door.person(name="Pejabat Pajak", position="bapenda", organisation_id=ids["bapenda"])
    await door.person(name="Tamu Pajak", position="typed", organisation_name="Bapenda Kab. Luwu")
    assert [await suggested(door, f"{name} 2") for name in names] == [["bapenda", "typed"]] * 3
    for name, found in (
        ("Kec. Bua", ["kec-bua"]),
        ("KominfoSP_Staf", ["kominfo-sp"]),
        ("Diskominfo", ["kominfo-sp"]),
        ("Kominfo Staf", ["kominfo-sp"]),
        ("Dinas Sosial", ["dinsos"]),
        ("BPKD", ["bpkd", "bpkd"]),
    ):
        assert await suggested(door, name) == found, name
