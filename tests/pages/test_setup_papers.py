"""What a workshop asks, what its letters say, and what its certificates say, as the committee sets them on pages."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx import AsyncClient

from service import clock
from service.db import Database
from service.models.organizers import Organizer, Role
from service.models.workshops import Workshop
from tests import factories
from tests.factories import at
from tests.pages.reading import faults
from tests.pages.world import signed_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def prepared(database: Database) -> tuple[Organizer, Workshop, dict[str, str], str]:
    clock.freeze(at("06-20 09:00"))
    async with database.write() as session:
        house = await factories.organizer(session, letterhead={"signatory_office": "Kepala Dinas"})
        workshop = await factories.workshop(session, house, venue_name="Aula")
    return house, workshop, *(await signed_in(database, house, Role.ORGANIZER))


async def kept(database: Database, workshop: Workshop) -> Workshop:
    async with database.read() as session:
        return await session.get_one(Workshop, workshop.id)


async def test_questions_are_added_ordered_changed_removed_and_asked_again(
    client: AsyncClient, database: Database
) -> None:
    _house, workshop, cookie, csrf = await prepared(database)
    action, page = f"/staff/setup/questions/{workshop.id}", f"/staff/setup/questions?workshop={workshop.id}"

    async def press(**typed: str) -> dict[str, list[str]]:
        answer = await client.post(action, headers=cookie, data={"csrf": csrf} | typed)
        assert answer.status_code == 303, answer.text
        assert faults((await client.get(answer.headers["location"], headers=cookie)).text, "id") == []
        return parse_qs(urlsplit(answer.headers["location"]).query)

    async def codes() -> list[object]:
        return [one["code"] for one in (await kept(database, workshop)).questions]

    await press(do="ready penginapan")
    version = str((await kept(database, workshop)).version)
    new = {"do": "save", "version": version, "label": "Berapa lama bertugas?", "kind": "number"}
    wrong = await client.post(action, headers=cookie, data={"csrf": csrf, "min": "5", "max": "1"} | new)
    assert (wrong.status_code, 'id="max-refusal-1"' in wrong.text) == (422, True)
    none = await client.post(action, headers=cookie, data={"csrf": csrf} | new | {"kind": "choice", "choices": "Satu"})
    assert (none.status_code, 'id="choices-refusal-1"' in none.text) == (422, True)
    assert (await press(**new, min="0", max="40,5"))["about"] == ["berapa-lama-bertugas"]
    late = await client.post(action, headers=cookie, data={"csrf": csrf} | new)
    assert (late.status_code, "Berapa lama" in late.text) == (412, True)
    assert "berubah sejak halaman ini dibuka" in late.text
    await press(do="up berapa-lama-bertugas")
    assert await codes() == ["berapa-lama-bertugas", "penginapan"]

    async with database.write() as session:
        await factories.registration(session, workshop, answers={"penginapan": True})
    shown = (await client.get(f"{page}&edit=penginapan", headers=cookie)).text
    assert "Sudah dijawab 1 orang." in shown
    listed = (await client.get(page, headers=cookie)).text
    assert "1 orang sudah menjawab. Jawaban mereka tetap disimpan" in listed
    await press(do="remove penginapan")
    assert await codes() == ["berapa-lama-bertugas"]
    assert "Pernah ditanyakan" in (await client.get(page, headers=cookie)).text
    await press(do="again penginapan")
    asked = (await kept(database, workshop)).questions
    assert [(one["code"], one["kind"], one["modes"]) for one in asked] == [
        ("berapa-lama-bertugas", "number", []),
        ("penginapan", "yes_no", ["offline"]),
    ]
    assert asked[0]["max"] == 40.5
    version = str((await kept(database, workshop)).version)
    typed = {"do": "save", "of": "penginapan", "version": version, "label": "Menginap?", "kind": "text"}
    await press(**typed, roles="speaker")
    assert (await kept(database, workshop)).questions[1]["roles"] == ["speaker"]
    assert "Kini ditanyakan dengan cara lain" in (await client.get(page, headers=cookie)).text
    assert (await client.post(action, headers=cookie, data={"csrf": csrf, "do": "up nobody"})).status_code == 404
    assert (await client.get(f"{page}&edit=nobody", headers=cookie)).status_code == 404


async def test_a_letter_is_worded_and_shown_as_it_would_be_printed(client: AsyncClient, database: Database) -> None:
    _house, workshop, cookie, csrf = await prepared(database)
    action, page = f"/staff/setup/letter/{workshop.id}", f"/staff/setup/letter?workshop={workshop.id}"
    html = (await client.get(page, headers=cookie)).text
    assert "Bila dikosongkan: Dengan hormat, bersama ini kami mengundang" in html
    # The letterhead is the owner's to set.
    assert "Atur kop surat" not in html
    version = re.search(r'name="version" value="(\d+)"', html)
    assert version
    typed = {"csrf": csrf, "version": version[1], "subject": "Undangan Bimtek", "copies": "Bupati Luwu\n\nArsip"}
    sample = await client.post(action, headers=cookie, data=typed | {"sample": "yes"})
    assert sample.content.startswith(b"%PDF")
    assert sample.headers["content-disposition"].startswith("inline")
    assert (await kept(database, workshop)).letter == {}
    many = await client.post(action, headers=cookie, data=typed | {"copies": "\n".join("a" * 21)})
    assert (many.status_code, 'id="copies-refusal-1"' in many.text, 'value="Undangan Bimtek"' in many.text) == (
        422,
        True,
        True,
    )
    done = await client.post(action, headers=cookie, data=typed)
    assert done.headers["location"] == f"{page}&done=saved"
    assert (await kept(database, workshop)).letter == {"subject": "Undangan Bimtek", "copies": ["Bupati Luwu", "Arsip"]}
    late = await client.post(action, headers=cookie, data=typed | {"subject": "Lain"})
    assert (late.status_code, 'value="Lain"' in late.text) == (412, True)
    assert faults(late.text, "id") == []


async def test_certificates_are_worded_and_shown_as_they_would_be_printed(
    client: AsyncClient, database: Database
) -> None:
    house, workshop, cookie, csrf = await prepared(database)
    action = f"/staff/certificates/{workshop.id}/settings"
    page = f"/staff/certificates/settings?workshop={workshop.id}"
    html = (await client.get(page, headers=cookie)).text
    assert "Bila dikosongkan, seperti pada surat: Kepala Dinas." in html
    typed = {"csrf": csrf, "version": "1", "number_pattern": "{number}/BIMTEK/{year}", "number_digits": "2"}
    sample = await client.post(action, headers=cookie, data=typed | {"sample": "yes"})
    assert (sample.status_code, sample.content[:4]) == (200, b"%PDF")
    for wrong, field in (
        ({"number_pattern": "{nomor}"}, "number_pattern"),
        ({"number_digits": "9"}, "number_digits"),
        ({"signatory_name": "Nama"}, "signatory_position"),
        ({"signatory_position": "Kepala", "signatory_name": "a" * 301}, "signatory_name"),
    ):
        for act in ({}, {"sample": "yes"}):
            refused = await client.post(action, headers=cookie, data=typed | wrong | act)
            assert (refused.status_code, f'id="{field}-refusal-1"' in refused.text) == (422, True), field
    signed = {"signatory_position": "Sekretaris Daerah", "signatory_nip": "197001011990011001"}
    done = await client.post(action, headers=cookie, data=typed | signed)
    assert done.headers["location"] == f"{page}&done=saved"
    stored = (await kept(database, workshop)).certificate
    assert (stored["number_digits"], stored["number_pattern"]) == (2, "{number}/BIMTEK/{year}")
    shown = (await client.get(page, headers=cookie)).text
    assert "Nomor pertama sekarang: 01/BIMTEK/2023" in shown
    assert 'value="Sekretaris Daerah"' in shown
    assert faults(shown, "id") == []
    viewer, _csrf = await signed_in(database, house, Role.VIEWER)
    assert (await client.get(page, headers=viewer)).status_code == 403
