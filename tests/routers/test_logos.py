"""The organizer's logo: judged by its content, read by everybody, printed at the head of letters."""

import errno
import io
import os
from pathlib import Path

import pytest
from httpx import AsyncClient
from pypdf import PdfReader
from pypdf.generic import StreamObject

from service.auth import Permission
from service.clients.files import Store
from service.db import Database
from service.domain import invitation_letters
from service.models.invitations import Invitation
from service.models.organizers import Organizer
from service.settings import Settings
from tests import factories
from tests.support.access_world import Headers
from tests.support.pictures import WHITE_JPEG, jpeg, png

LOGO = "/api/v1/organizer/logo"


@pytest.fixture
async def house(database: Database) -> Organizer:
    async with database.write() as session:
        return await factories.organizer(session)


@pytest.fixture
async def headers(database: Database, house: Organizer) -> Headers:
    async with database.write() as session:
        return await factories.api_key(session, house) | {"If-Match": "*"}


def form(content: bytes, name: str = "logo.png") -> dict[str, tuple[str, bytes]]:
    return {"logo": (name, content)}


def kept(settings: Settings) -> list[Path]:
    return [path for path in (settings.data_dir / "files").rglob("*") if path.is_file()]


@pytest.mark.parametrize(("content", "kind"), [(png(40, 50), "image/png"), (WHITE_JPEG, "image/jpeg")])
async def test_an_uploaded_logo_is_read_by_everybody_under_an_address_that_names_its_content(
    client: AsyncClient, house: Organizer, headers: Headers, content: bytes, kind: str
) -> None:
    changed = await client.put(LOGO, files=form(content, "anything.exe"), headers=headers)
    assert changed.status_code == 200, changed.text
    address = changed.json()["logo"]
    public = await client.get(f"/api/v1/organizers/{house.slug}")
    assert public.json()["logo"] == address
    read = await client.get(address)
    assert (read.content, read.headers["content-type"]) == (content, kind)
    assert read.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in read.headers["content-security-policy"]
    assert "immutable" in read.headers["cache-control"]
    again = await client.get(address, headers={"If-None-Match": read.headers["etag"]})
    assert again.status_code == 304


async def test_a_new_logo_ends_the_former_one_and_deleting_ends_both(
    client: AsyncClient, headers: Headers, settings: Settings
) -> None:
    first = (await client.put(LOGO, files=form(png(4, 4)), headers=headers)).json()["logo"]
    second = (await client.put(LOGO, files=form(png(5, 5)), headers=headers)).json()["logo"]
    assert ((await client.get(first)).status_code, (await client.get(second)).status_code) == (404, 200)
    assert len(kept(settings)) == 1
    assert (await client.delete(LOGO, headers=headers)).status_code == 204
    assert (await client.get(second)).status_code == 404
    assert kept(settings) == []
    assert (await client.get("/api/v1/organizer", headers=headers)).json()["logo"] is None


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 415),
        (b"GIF89a\x01\x00\x01\x00", 415),
        (png(30_000, 30_000, rows=1), 422),
        (jpeg(9_000, 10), 422),
        (png(20, 20)[:60], 415),
        (png(20, 20) + b"\x00" * 524_288, 413),
        (b"", 415),
    ],
)
async def test_what_is_no_small_readable_picture_is_refused_and_not_kept(
    client: AsyncClient, headers: Headers, settings: Settings, content: bytes, status: int
) -> None:
    answer = await client.put(LOGO, files=form(content), headers=headers)
    assert answer.status_code == status, answer.text
    assert kept(settings) == []


async def test_whoever_sends_another_kind_of_picture_is_told_which_to_send(
    client: AsyncClient, headers: Headers
) -> None:
    answer = await client.put(LOGO, files=form(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), headers=headers)
    assert answer.json()["detail"] == "Kirim logo sebagai PNG atau JPEG."


async def test_a_stale_or_unversioned_upload_and_a_reader_change_nothing(
    client: AsyncClient, database: Database, house: Organizer, headers: Headers, settings: Settings
) -> None:
    async with database.write() as session:
        reader = await factories.api_key(session, house, Permission.WORKSHOPS_READ)
    for sent, status in ((headers | {"If-Match": '"99"'}, 412), (reader, 403), ({}, 401)):
        assert (await client.put(LOGO, files=form(png(4, 4)), headers=sent)).status_code == status
    without = {name: value for name, value in headers.items() if name != "If-Match"}
    assert (await client.put(LOGO, files=form(png(4, 4)), headers=without)).status_code == 428
    assert (await client.put(LOGO, files={"other": b"x"}, headers=headers)).status_code == 422
    assert kept(settings) == []


async def test_the_logo_stands_at_the_head_of_the_letter_and_a_lost_file_does_not_keep_it_back(
    client: AsyncClient, database: Database, house: Organizer, headers: Headers, settings: Settings
) -> None:
    async with database.write() as session:
        gathering = await factories.workshop(session, house, blocks=False)
        agency = await factories.organisation(session, house)
        row = Invitation(
            organizer_id=house.id, workshop_id=gathering.id, organisation_id=agency.id, key_id=agency.key_id
        )
        session.add(row)
        await session.flush()
        assert (await invitation_letters.of_invitation(session, row)).logo_key is None
    path = f"/api/v1/workshops/{gathering.id}/invitations/{row.id}/letter.pdf"
    await client.put(LOGO, files=form(png(40, 50)), headers=headers)
    assert _images((await client.get(path, headers=headers)).content) == [(40, 50)]
    for lost in kept(settings):
        lost.unlink()
    assert _images((await client.get(path, headers=headers)).content) == []


@pytest.mark.parametrize(
    ("logo", "stays"), [(None, False), ("https://luwukab.go.id/logo.png", False), ("the uploaded one", True)]
)
async def test_another_logo_or_none_takes_the_uploaded_one_off_the_letters(
    client: AsyncClient,
    database: Database,
    house: Organizer,
    headers: Headers,
    settings: Settings,
    *,
    logo: str | None,
    stays: bool,
) -> None:
    uploaded = (await client.put(LOGO, files=form(png(4, 4)), headers=headers)).json()["logo"]
    said = uploaded if stays else logo
    changed = await client.patch("/api/v1/organizer", json={"logo": said}, headers=headers)
    assert (changed.status_code, changed.json()["logo"]) == (200, said)
    async with database.read() as session:
        assert ((await session.get_one(Organizer, house.id)).logo_key is not None) is stays
    assert (await client.get(uploaded)).status_code == (200 if stays else 404)
    assert len(kept(settings)) == stays


async def test_a_logo_that_finds_no_room_is_refused_as_any_upload_is(
    client: AsyncClient, headers: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Store, "save", full)
    assert (await client.put(LOGO, files=form(png(4, 4)), headers=headers)).status_code == 507


def _images(content: bytes) -> list[tuple[int, int]]:
    reader = PdfReader(io.BytesIO(content))
    objects = [reader.get_object(number) for number in reader.xref[0]]
    pictures = [one for one in objects if isinstance(one, StreamObject) and one.get("/Subtype") == "/Image"]
    return [(int(str(one["/Width"])), int(str(one["/Height"]))) for one in pictures]
