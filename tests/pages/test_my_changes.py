"""What a person changes behind the mailed link: data, answers, who comes, and that nobody comes."""

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service.db import Database
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Capacity, Mode, Workshop
from tests.factories import participant_token
from tests.pages.world import World

GROUP: dict[str, object] = {
    "code": "kelompok",
    "label": "Kelompok kerja",
    "kind": "choice",
    "choices": ["Data", "Aplikasi"],
    "required": True,
}
LODGING: dict[str, object] = {
    "code": "inap",
    "label": "Perlu penginapan?",
    "kind": "yes_no",
    "required": True,
    "modes": ["offline"],
}
NEXT = {"name": "Kepala Seksi Statistik", "email": "statistik@luwukab.go.id"}


async def stored(database: Database, world: World) -> Registration:
    async with database.read() as session:
        return await session.get_one(Registration, world.row.id)


async def asks(database: Database, world: World, *questions: dict[str, object]) -> None:
    async with database.write() as session:
        (await session.get_one(Workshop, world.gathering.id)).questions = list(questions)


async def test_the_person_corrects_the_data_and_an_empty_field_clears(
    client: AsyncClient, database: Database, world: World
) -> None:
    page = f"/my/{world.token}/data"
    typed = {"name": "Kepala Bidang Aptika, S.Kom.", "rank": "Pembina / IVa", "represents": "Kepala Dinas"}
    saved = await client.post(page, data=typed | {"nip": "198501012010011012"})
    assert saved.headers["location"] == f"/my/{world.token}?done=corrected"
    shown = (await client.get(saved.headers["location"])).text
    for said in ("Data Anda sudah diperbarui.", "S.Kom.", "Mewakili Kepala Dinas", "••••••••••••••1012"):
        assert said in shown
    assert "19850101" not in shown + (await client.get(page)).text
    await client.post(page, data={"name": "Kepala Bidang Aptika"})
    row = await stored(database, world)
    assert (row.rank, row.represents, row.nip) == (None, None, "198501012010011012")
    await client.post(page, data={"name": "Kepala Bidang Aptika", "forget_nip": "yes"})
    assert (await stored(database, world)).nip is None


async def test_a_name_is_needed_and_what_was_typed_stays(client: AsyncClient, database: Database, world: World) -> None:
    refused = await client.post(f"/my/{world.token}/data", data={"name": "", "position": "Kepala Bidang"})
    assert refused.status_code == 422
    assert '<a href="#name">Tuliskan nama lengkap.</a>' in refused.text
    assert 'value="Kepala Bidang"' in refused.text
    assert (await stored(database, world)).version == 1


async def test_answers_are_shown_and_changed(client: AsyncClient, database: Database, world: World) -> None:
    await asks(database, world, GROUP, LODGING)
    page = f"/my/{world.token}/answers"
    saved = await client.post(page, data={"answer-kelompok": "Data", "answer-inap": "no"})
    assert saved.headers["location"] == f"/my/{world.token}?done=answered"
    assert "<dt>Kelompok kerja</dt><dd>Data</dd>" in (await client.get(f"/my/{world.token}")).text
    assert '<option value="Data" selected>' in (await client.get(page)).text
    refused = await client.post(page, data={"answer-kelompok": "Lain", "answer-inap": ""})
    assert refused.status_code == 422
    assert '<a href="#answer-kelompok">Kelompok kerja: Pilih salah satu dari daftar.</a>' in refused.text
    assert '<a href="#answer-inap">Perlu penginapan? Wajib diisi.</a>' in refused.text
    assert '<p class="refusal" id="answer-inap-refusal-1">Wajib diisi.</p>' in refused.text
    assert (await stored(database, world)).answers == {"kelompok": "Data", "inap": False}


async def test_what_the_other_way_of_attending_asks_for_is_asked_at_the_top_after_a_switch(
    client: AsyncClient, database: Database, world: World
) -> None:
    await asks(database, world, LODGING)
    async with database.write() as session:
        row = await session.get_one(Registration, world.row.id)
        row.mode, row.holds_seat = Mode.ONLINE, False
    page = f"/my/{world.token}"
    assert "Silakan lengkapi data berikut." not in (await client.get(page)).text
    await client.post(page, data={"do": "mode", "mode": "offline"})
    assert "Silakan lengkapi data berikut." in (await client.get(page)).text
    refused = await client.post(f"{page}/answers", data={"do": "missing"})
    assert (refused.status_code, "Pendaftaran Anda" in refused.text) == (422, True)
    assert 'href="#answer-inap"' in refused.text
    await client.post(f"{page}/answers", data={"do": "missing", "answer-inap": "yes"})
    assert (await stored(database, world)).answers == {"inap": True}
    assert "Silakan lengkapi data berikut." not in (await client.get(page)).text


async def test_a_substitute_takes_the_seat_and_the_old_page_is_gone(
    client: AsyncClient, database: Database, world: World
) -> None:
    page = f"/my/{world.token}/substitute"
    assert "tidak berlaku lagi" in (await client.get(page)).text
    nameless = await client.post(page, data={"name": "Kepala Seksi Statistik"})
    assert '<a href="#email">Isi alamat surel atau nomor telepon.</a>' in nameless.text
    done = await client.post(page, data=NEXT)
    assert (done.status_code, done.headers["location"]) == (303, f"/done/{world.house.slug}/substituted")
    said = await client.get(done.headers["location"])
    assert "Tempat sudah diserahkan kepada pengganti" in said.text
    assert (await client.get(f"/my/{world.token}")).status_code == 404
    async with database.read() as session:
        query = select(Registration).where(Registration.substitute_for_id == world.row.id)
        new = (await session.exec(query)).one()
        assert (new.name, new.holds_seat) == ("Kepala Seksi Statistik", True)
        fresh = participant_token(session, new)
    assert "Kursi Anda di tempat sudah pasti" in (await client.get(f"/my/{fresh}")).text


async def test_cancelling_asks_once_more_and_gives_the_seat_back(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        (await session.get_one(Capacity, world.gathering.id)).offline_taken = 1
    page = f"/my/{world.token}/cancel"
    assert "Ya, batalkan pendaftaran" in (await client.get(page)).text
    assert (await stored(database, world)).status is RegistrationStatus.CONFIRMED
    done = await client.post(page, data={"reason": "Bertugas di luar daerah"})
    shown = (await client.get(done.headers["location"])).text
    assert "Pendaftaran sudah dibatalkan dan kursi dilepas." in shown
    assert f'href="/w/{world.house.slug}/{world.gathering.slug}"' in shown
    row = await stored(database, world)
    assert (row.status, row.reason) == (RegistrationStatus.CANCELLED, "Bertugas di luar daerah")
    async with database.read() as session:
        assert (await session.get_one(Capacity, world.gathering.id)).offline_taken == 0


@pytest.mark.parametrize("path", ["data", "answers", "substitute", "cancel"])
async def test_nothing_is_left_to_change_once_it_is_cancelled(
    client: AsyncClient, database: Database, world: World, path: str
) -> None:
    await asks(database, world, GROUP)
    async with database.write() as session:
        (await session.get_one(Registration, world.row.id)).status = RegistrationStatus.CANCELLED
    before = await stored(database, world)
    assert (await client.get(f"/my/{world.token}/{path}")).status_code == 404
    typed = NEXT | {"answer-kelompok": "Data"}
    assert (await client.post(f"/my/{world.token}/{path}", data=typed)).status_code in (303, 404, 409)
    assert (await stored(database, world)).model_dump() == before.model_dump()
    assert f"/{path}" not in (await client.get(f"/my/{world.token}")).text


@pytest.mark.parametrize("path", ["", "/data", "/substitute", "/cancel", "/privacy"])
async def test_an_english_page_says_in_which_language_the_organizer_wrote(
    client: AsyncClient, world: World, path: str
) -> None:
    pages = [(await client.get(f"/my/{world.token}{path}?lang={language}")).text for language in ("en", "id")]
    assert [f'lang="id">{world.gathering.title}<' in page for page in pages] == [True, False]
