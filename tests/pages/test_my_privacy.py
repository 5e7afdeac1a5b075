"""The page on personal data: what for and how long, a copy, the consent taken back, erasure."""

from httpx import AsyncClient
from sqlmodel import col, select

from service.db import Database
from service.models.attendance import Attendance, AttendanceMode
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Workshop
from tests.factories import at
from tests.pages.world import World


async def stored(database: Database, world: World) -> Registration:
    async with database.read() as session:
        return await session.get_one(Registration, world.row.id)


async def test_purpose_and_retention_are_the_workshops_own(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        gathering = await session.get_one(Workshop, world.gathering.id)
        gathering.purpose, gathering.retention_days = "Data dipakai untuk masterplan.", 365
    text = (await client.get(f"/my/{world.token}/privacy")).text
    assert "Data dipakai untuk masterplan." in text
    assert "1 tahun" in text


async def test_the_person_gets_a_copy_as_a_file_that_no_cache_keeps(client: AsyncClient, world: World) -> None:
    answer = await client.get(f"/my/{world.token}/data.json")
    assert answer.json()["registration"]["name"] == "Kepala Bidang Aptika"
    assert answer.headers["content-disposition"] == f'attachment; filename="data-{world.row.number}.json"'
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert world.token not in answer.text


async def test_without_a_tick_nothing_ends(client: AsyncClient, database: Database, world: World) -> None:
    for deed in ("withdraw", "erase"):
        refused = await client.post(f"/my/{world.token}/privacy", data={"do": deed})
        assert refused.status_code == 422
        assert f'<a href="#sure_{deed}">Beri tanda centang bila memang yakin.</a>' in refused.text
    unknown = await client.post(f"/my/{world.token}/privacy", data={"do": "x"})
    assert (unknown.status_code, "Muat ulang halaman, lalu kirim kembali." in unknown.text) == (400, True)
    assert (await stored(database, world)).status is RegistrationStatus.CONFIRMED


async def test_the_consent_is_taken_back_and_the_page_says_what_becomes_of_the_data(
    client: AsyncClient, database: Database, world: World
) -> None:
    page = f"/my/{world.token}/privacy"
    done = await client.post(page, data={"do": "withdraw", "sure_withdraw": "yes"})
    assert done.headers["location"] == page
    text = (await client.get(page)).text
    assert "Persetujuan sudah ditarik" in text
    assert 'value="withdraw"' not in text
    row = await stored(database, world)
    assert (row.status, row.withdrawn_at is None) == (RegistrationStatus.CANCELLED, False)


async def test_erasure_closes_the_page_of_who_was_not_there(
    client: AsyncClient, database: Database, world: World
) -> None:
    done = await client.post(f"/my/{world.token}/privacy", data={"do": "erase", "sure_erase": "yes"})
    assert done.headers["location"] == f"/done/{world.house.slug}/erased"
    assert "Data pribadi sudah dihapus" in (await client.get(done.headers["location"])).text
    assert (await client.get(f"/my/{world.token}")).status_code == 404
    assert "Aptika" not in (await stored(database, world)).name


async def test_who_was_there_reads_what_is_kept_as_proof(client: AsyncClient, database: Database, world: World) -> None:
    async with database.write() as session:
        first = (await session.exec(select(AttendanceBlock.id).order_by(col(AttendanceBlock.position)))).first()
        assert first
        fact = Attendance(
            registration_id=world.row.id,
            block_id=first,
            workshop_id=world.gathering.id,
            present=True,
            mode=AttendanceMode.OFFLINE,
            last_fact_at=at("07-03 09:02"),
        )
        session.add(fact)
    page = f"/my/{world.token}/privacy"
    assert "Nama, jabatan, dan instansi disimpan" in (await client.get(page)).text
    done = await client.post(page, data={"do": "erase", "sure_erase": "yes"})
    assert done.headers["location"] == page
    assert "Kontak, NIP, dan jawaban Anda dihapus." in (await client.get(page)).text
    row = await stored(database, world)
    assert (row.name, row.email) == ("Kepala Bidang Aptika", None)
