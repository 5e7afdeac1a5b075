"""Official letters of invitation: their words, and what is printed, read back by another program."""

import io
from typing import Any

import pytest
from httpx import AsyncClient, Response
from pypdf import PdfReader
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Permission
from service.db import Database
from service.domain.invitations import link_of
from service.models.invitations import Invitation
from service.models.organizers import Organizer
from service.models.workshops import AgendaItem, Modality, Workshop
from tests import factories
from tests.factories import at
from tests.support.access_world import Headers

HEAD = {
    "government": "Pemerintah Kabupaten Luwu",
    "office": "Dinas Kominfo-SP",
    "address": "Jalan Jenderal Sudirman, Belopa 91994",
    "place": "Belopa",
    "signatory_office": "Kepala Dinas Kominfo-SP",
    "signatory_rank": "Pembina Utama Muda",
}


class World:
    """A house with letterhead, a two-day workshop, and an agency that is invited."""

    headers: Headers
    house: Organizer
    gathering: Workshop
    invitation: Invitation
    link: str

    @property
    def letter(self) -> str:
        return f"/api/v1/workshops/{self.gathering.id}/invitations/{self.invitation.id}/letter.pdf"

    @property
    def words(self) -> str:
        return f"/api/v1/workshops/{self.gathering.id}/letter"


async def invited(session: AsyncSession, world: World, code: str, **values: Any) -> Invitation:
    agency = await factories.organisation(session, world.house, code, name=f"Dinas {code}")
    row = Invitation(
        organizer_id=world.house.id,
        workshop_id=world.gathering.id,
        organisation_id=agency.id,
        key_id=agency.key_id,
        **values,
    )
    session.add(row)
    await session.flush()
    return row


@pytest.fixture
async def world(database: Database) -> World:
    made = World()
    async with database.write() as session:
        made.house = await factories.organizer(session, letterhead=HEAD)
        made.gathering = await factories.workshop(
            session, made.house, venue_name="Aula Bappelitbangda", venue_address="Belopa"
        )
        made.headers = await factories.api_key(session, made.house)
        made.invitation = await invited(
            session,
            made,
            "dinkes",
            quota_offline=2,
            quota_online=1,
            letter_number="005/123/Diskominfo-SP",
            letter_date="19 Juni 2023",
            deadline=at("06-30 16:00"),
        )
        made.link = link_of(session, made.invitation)
    return made


def text_of(answer: Response) -> list[str]:
    """Each page's words, spaces evened out."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(answer.content)).pages]


async def test_the_letter_says_who_is_invited_to_what_and_where_to_answer(client: AsyncClient, world: World) -> None:
    answer = await client.get(world.letter, headers=world.headers)
    letter, annex = text_of(answer)
    for said in (
        "PEMERINTAH KABUPATEN LUWU DINAS KOMINFO-SP",
        "Belopa, 19 Juni 2023",
        "Nomor : 005/123/Diskominfo-SP",
        "Sifat : Penting",
        "Lampiran : 1 (satu) berkas",
        "Yth. Pimpinan Dinas dinkes di - Tempat",
        "hari/tanggal : Senin s.d. Selasa, 3 s.d. 4 Juli 2023",
        "pukul 08.00 WITA s.d. selesai",
        "Aula Bappelitbangda, Belopa; atau daring",
        "Bimtek Penyusunan Masterplan Smart City",
        "menugaskan 2 orang peserta luring dan 1 orang peserta daring",
        "paling lambat Jumat, 30 Juni 2023, pukul 16.00 WITA,",
        "Kepala Dinas Kominfo-SP,",
        "Pembina Utama Muda NIP",
    ):
        assert said in letter
    assert world.link in letter.replace(" ", "")
    assert "SUSUNAN ACARA" in annex
    assert "Senin, 3 Juli 2023" in annex
    assert "13.00–14.30 WITA" in annex
    assert "elektronik" not in letter.lower()
    attachment = answer.headers["content-disposition"]
    assert attachment.startswith('attachment; filename="Undangan 005-123-Diskominfo-SP.pdf"')


async def test_the_address_in_the_letter_can_be_clicked_and_is_the_organisations_own(
    client: AsyncClient, world: World
) -> None:
    answer = await client.get(world.letter, headers=world.headers)
    page = PdfReader(io.BytesIO(answer.content)).pages[0]
    annotations: Any = page["/Annots"]  # pypdf knows no more of it
    targets = {str(one.get_object()["/A"]["/URI"]) for one in annotations}
    assert targets == {world.link}


async def test_the_same_letter_has_the_same_bytes_and_is_an_accessible_archive_copy(
    client: AsyncClient, world: World
) -> None:
    first = await client.get(world.letter, headers=world.headers)
    again = await client.get(world.letter, headers=world.headers)
    assert first.content == again.content
    same = await client.get(world.letter, headers=world.headers | {"If-None-Match": first.headers["etag"]})
    assert same.status_code == 304
    root: Any = PdfReader(io.BytesIO(first.content)).trailer["/Root"]  # pypdf knows no more of it
    metadata = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert root["/MarkInfo"]["/Marked"]


async def test_a_letter_without_number_date_and_signatory_leaves_blank_lines_for_them(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        house = await session.get_one(Organizer, world.house.id)
        house.letterhead = {}
        bare = await invited(session, world, "bps")
    answer = await client.get(world.letter.replace(str(world.invitation.id), str(bare.id)), headers=world.headers)
    letter = text_of(answer)[0]
    assert "Nomor : …" in letter
    assert "NIP …" in letter
    assert "DISKOMINFO-SP KABUPATEN LUWU" in letter
    assert "menugaskan peserta dari instansi Bapak/Ibu" in letter


@pytest.mark.parametrize(
    ("modality", "said", "unsaid"),
    [(Modality.ONLINE, "1 orang peserta daring", "luring"), (Modality.OFFLINE, "2 orang peserta luring", "daring")],
)
async def test_a_letter_speaks_only_of_the_modes_there_are(
    client: AsyncClient, database: Database, world: World, modality: Modality, said: str, unsaid: str
) -> None:
    async with database.write() as session:
        (await session.get_one(Workshop, world.gathering.id)).modality = modality
        for item in await session.exec(select(AgendaItem)):
            await session.delete(item)
    [letter] = text_of(await client.get(world.letter, headers=world.headers))
    assert said in letter
    assert unsaid not in letter.replace("/daring", "")
    assert "Lampiran : - " in letter


async def test_own_words_stand_in_the_letter_and_the_standard_ones_where_there_are_none(
    client: AsyncClient, world: World
) -> None:
    before = await client.get(world.words, headers=world.headers)
    assert before.json()["nature"] is None
    assert before.json()["used"]["nature"] == "Penting"
    own = {"subject": "Undangan Rapat", "body": "Alinea satu.\n\nAlinea dua.", "copies": ["Bupati Luwu"]}
    assert (await client.put(world.words, json=own, headers=world.headers)).status_code == 428
    headers = world.headers | {"If-Match": before.headers["etag"]}
    kept = await client.put(world.words, json=own, headers=headers)
    assert kept.json()["used"]["subject"] == kept.json()["subject"] == "Undangan Rapat"
    assert kept.json()["version"] == before.json()["version"] + 1
    assert (await client.put(world.words, json=own, headers=headers)).status_code == 412
    letter = text_of(await client.get(world.letter, headers=world.headers))[0]
    assert "Hal : Undangan Rapat" in letter
    assert "Sifat : Penting" in letter
    assert "Alinea satu. Alinea dua." in letter
    assert "Tembusan: 1. Bupati Luwu" in letter


async def test_all_letters_come_in_one_document_without_those_who_declined(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        await invited(session, world, "bkd")
        await invited(session, world, "arsip", status="declined")
        await invited(session, world, "setda")
    path = f"/api/v1/workshops/{world.gathering.id}/letters.pdf"
    everybody = await client.get(path, headers=world.headers)
    heads = [page for page in text_of(everybody) if "Yth." in page]
    assert ["dinkes" in heads[1], "bkd" in heads[0], "setda" in heads[2], len(heads)] == [True, True, True, 3]
    first = await client.get(path, params={"limit": 2}, headers=world.headers)
    following = first.links["next"]["url"]
    rest = await client.get(following, headers=world.headers)
    assert [page.count("Dinas setda") > 0 for page in text_of(rest) if "Yth." in page] == [True]
    assert "link" not in rest.headers


async def test_the_organisation_opens_its_letter_by_its_link_on_the_page_and_in_the_api(
    client: AsyncClient, database: Database, world: World
) -> None:
    token = world.link.rsplit("/", 1)[1]
    for path in (f"/api/v1/invitations/{token}/letter.pdf", f"/invitations/{token}/letter.pdf"):
        assert "Dinas dinkes" in text_of(await client.get(path))[0]
        assert (await client.get(path.replace(token, factories.forged(token)))).status_code == 404
    async with database.write() as session:
        (await session.get_one(Invitation, world.invitation.id)).link_version += 1
    assert (await client.get(f"/invitations/{token}/letter.pdf")).status_code == 404


async def test_only_who_may_invite_reads_letters_since_they_hold_the_secret_link(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        reader = await factories.api_key(session, world.house, Permission.WORKSHOPS_READ, Permission.ORGANISATIONS_READ)
        stranger = await factories.api_key(session, await factories.organizer(session))
    assert (await client.get(world.letter, headers=reader)).status_code == 403
    assert (await client.get(world.letter, headers=stranger)).status_code == 404
    assert (await client.get(world.letter.replace("letter.pdf", "letter.pdf?x=1"))).status_code in (401, 422)
