"""A list of participants is tried on a page, and taken over when the committee says so."""

import re

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.models.messages import Message, MessageStatus
from service.models.organizers import Organizer, Role
from service.models.registrations import Registration
from service.worker import Worker
from tests import factories
from tests.factories import at
from tests.pages.reading import faults
from tests.pages.world import signed_in

IMPORT = "/staff/registrations-import"
LIST = (
    "Nama Lengkap;Instansi;Email\n"
    "Camat Bua;Kecamatan Bua;camat.bua@luwukab.go.id\n"
    "Camat Belopa;Kecamatan Belopa;belopa@luwukab.go.id\n"
    "Camat Walenrang;Kecamatan Walenrang;bukan surel\n"
    "Camat Bua, S.Sos.;Kecamatan Bua;camat.bua@luwukab.go.id\n"
    "CAMAT BELOPA, M.Si;Kecamatan Belopa;belopa@luwukab.go.id\n"
)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_people_of_a_list_get_seats_in_its_order_and_are_told_only_if_wished(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    clock.freeze(at("06-20 09:00"))
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house, offline=1)
    cookie, csrf = await signed_in(database, house, Role.ORGANIZER)
    assert faults((await client.get(f"{IMPORT}?workshop={gathering.id}", headers=cookie)).text, "id") == []
    path = f"{IMPORT}/{gathering.id}"
    files = {"file": ("peserta.csv", LIST.encode(), "text/csv")}
    modeless = await client.post(path, data={"csrf": csrf}, files=files, headers=cookie)
    said = modeless.text
    assert ("Impor 2 peserta" in said, said.count("Cara hadir belum disebut"), "mode=" in said) == (False, 4, False)
    # The mode is chosen beside what the trial says; the list need not be sent again.
    [packed] = set(re.findall(r'name="packed" value="([^"]+)"', modeless.text))
    tried = await client.post(f"{path}/again", data={"csrf": csrf, "packed": packed, "mode": "offline"}, headers=cookie)
    assert (tried.status_code, faults(tried.text, "id")) == (200, [])
    for said in (
        "1 orang langsung terkonfirmasi.",
        "1 masuk daftar tunggu",
        "Impor 2 peserta",
        "Mungkin ganda: 2 baris",
        "kontak dan nama tanpa gelar sama dengan baris 2 (Camat Bua).",
        'name="take-6"',
    ):
        assert said in tried.text
    [packed] = set(re.findall(r'name="packed" value="([^"]+)"', tried.text))
    held = {"csrf": csrf, "packed": packed, "mode": "offline"}
    refused = await client.post(f"{path}/refused", data=held, headers=cookie)
    assert [line.split(";")[0] for line in refused.text.splitlines()[1:]] == ["Camat Walenrang"]
    faulty = await client.post(f"{path}/confirmed", data=held, headers=cookie)
    assert (faulty.status_code, "Impor 2 peserta" in faulty.text, faults(faulty.text, "id")) == (409, True, [])
    nameless = await client.post(f"{path}/confirmed", data=held | {"columns": "chosen"}, headers=cookie)
    assert (nameless.status_code, "Arti kolom" in nameless.text) == (422, True)
    done = await client.post(f"{path}/confirmed", data=held | {"skip_faulty": "yes", "take-6": "yes"}, headers=cookie)
    told = (await client.get(done.headers["location"], headers=cookie)).text
    assert "Daftar peserta diimpor: 3 baru; 1 mungkin ganda, dilewati; 1 perlu diperbaiki, dilewati." in told
    await worker.drain()
    async with database.read() as session:
        people = (await session.exec(select(Registration).order_by(col(Registration.number)))).all()
        assert [(one.name, str(one.status)) for one in people] == [
            ("Camat Bua", "confirmed"),
            ("Camat Belopa", "waitlisted"),
            ("CAMAT BELOPA, M.Si", "waitlisted"),
        ]
        messages = [row.status for row in await session.exec(select(Message))]
        assert set(messages) == {MessageStatus.DROPPED}
    stranger, foreign = await signed_in(database, await _another(database), Role.OWNER)
    stolen = await client.post(f"{path}/confirmed", data=held | {"csrf": foreign}, headers=stranger)
    assert stolen.status_code == 404
    reader, _csrf = await signed_in(database, house, Role.VIEWER)
    assert (await client.get(f"{IMPORT}?workshop={gathering.id}", headers=reader)).status_code == 403


async def _another(database: Database) -> Organizer:
    async with database.write() as session:
        return await factories.organizer(session)
