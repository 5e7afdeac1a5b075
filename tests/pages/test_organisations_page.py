"""The committee keeps its organisations and their contacts, one by one or from a list that is tried first."""

import base64
import re
import zlib

import pytest
from httpx import AsyncClient

from service.auth import system
from service.db import Database
from service.domain import organisations
from service.models.organizers import Organizer, Role
from service.models.people import Organisation
from tests import factories
from tests.pages.reading import faults
from tests.pages.world import signed_in

PAGE, NEW, IMPORT = "/staff/organisations", "/staff/organisations-new", "/staff/organisations-import"
LIST = (
    "Kode;Nama Instansi;Email;Keterangan\n"
    "dinkes;Dinas Kesehatan;dinkes@luwukab.go.id;PIC Puskesmas\n"
    "dishub;Dinas Perhubungan;bukan surel;PIC Terminal\n"
)


async def found(database: Database, house: Organizer, code: str) -> Organisation:
    async with database.read() as session:
        return await organisations.find(session, system(house.id), code)


async def merges_its_double(
    client: AsyncClient, database: Database, house: Organizer, cookie: dict[str, str], csrf: str
) -> None:
    """With dinkes stays what is called alike."""
    async with database.write() as session:
        await factories.organisation(session, house, "aaa", name="Dinas Aneka")
        double = await factories.organisation(session, house, "dinkes-3", name="dinas  kesehatan")
    merge = f"{PAGE}/dinkes/merge"
    choice = (await client.get(merge, headers=cookie)).text
    assert re.findall(r'<option value="([^"]+)"', choice) == ["dinkes-3", "aaa"]
    shown = await client.get(f"{merge}?other=dinkes-3", headers=cookie)
    assert (shown.status_code, faults(shown.text, "id")) == (200, [])
    assert f'href="{PAGE}/dinkes-3/merge?other=dinkes"' in shown.text
    itself = await client.get(f"{merge}?other=dinkes", headers=cookie)
    assert (itself.status_code, 'href="#other"' in itself.text) == (422, True)
    for _pressed_twice in range(2):
        merged = await client.post(merge, data={"csrf": csrf, "other": double.code}, headers=cookie)
        assert merged.headers["location"] == f"{PAGE}/dinkes?done=merged"
    assert 'action="/staff/organisations/dinkes"' in (await client.get(f"{PAGE}/dinkes-3", headers=cookie)).text


async def test_an_organisation_gets_several_contacts_and_loses_one(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        stranger = await factories.organizer(session)
    cookie, csrf = await signed_in(database, house, Role.STEWARD)
    assert f'href="{IMPORT}"' in (await client.get(PAGE, headers=cookie)).text
    wrong = {"csrf": csrf, "code": "din kes", "name": "Dinas Kesehatan", "org_class": "opd", "contact-1-email": "x"}
    refused = await client.post(NEW, data=wrong, headers=cookie)
    assert (refused.status_code, re.findall(r'<li><a href="#([\w-]+)">', refused.text)) == (422, ["code"])
    refused = await client.post(NEW, data=wrong | {"code": "dinkes"}, headers=cookie)
    assert (refused.status_code, re.findall(r'<li><a href="#([\w-]+)">', refused.text)) == (422, ["contact-1-email"])
    good = wrong | {"code": "dinkes", "contact-0-phone": "0812-0000-0001", "contact-1-email": "dinkes@luwukab.go.id"}
    made = await client.post(NEW, data=good, headers=cookie)
    assert made.headers["location"] == f"{PAGE}/dinkes?done=added"
    row = await found(database, house, "dinkes")
    assert [(one["email"], one["phone"]) for one in row.contacts] == [
        (None, "+6281200000001"),
        ("dinkes@luwukab.go.id", None),
    ]
    assert faults((await client.get(f"{PAGE}/dinkes", headers=cookie)).text, "id") == []
    change = {"csrf": csrf, "version": "1", "name": "Dinas Kesehatan", "org_class": "opd"}
    change |= {"contact-0-phone": "0812-0000-0002"}
    changed = await client.post(f"{PAGE}/dinkes", data=change, headers=cookie)
    assert changed.headers["location"] == f"{PAGE}/dinkes?done=changed"
    assert [one["phone"] for one in (await found(database, house, "dinkes")).contacts] == ["+6281200000002"]
    stale = await client.post(f"{PAGE}/dinkes", data=change | {"name": "Dinas Lain"}, headers=cookie)
    assert (stale.status_code, "Dinas Lain" in stale.text) == (412, False)
    taken = await client.post(NEW, data=good, headers=cookie)
    assert (taken.status_code, 'value="dinkes"' in taken.text) == (409, True)
    for query, listed in (("?q=KESEHAT", True), ("?q=hub", False), ("?org_class=external", False)):
        assert ("Dinas Kesehatan" in (await client.get(PAGE + query, headers=cookie)).text) == listed
    assert "Hapus instansi" in (await client.get(f"{PAGE}/dinkes", headers=cookie)).text
    async with database.write() as session:
        await factories.organisation(session, house, "dinkes-2")
    gone = await client.post(f"{PAGE}/dinkes-2/remove", data={"csrf": csrf}, headers=cookie)
    assert gone.headers["location"] == f"{PAGE}?done=removed"
    assert (await client.get(f"{PAGE}/dinkes-2", headers=cookie)).status_code == 404
    await merges_its_double(client, database, house, cookie, csrf)
    elsewhere, _csrf = await signed_in(database, stranger, Role.OWNER)
    assert (await client.get(f"{PAGE}/dinkes", headers=elsewhere)).status_code == 404
    assert "Dinas Kesehatan" not in (await client.get(PAGE, headers=elsewhere)).text
    reader, _csrf = await signed_in(database, house, Role.VIEWER)
    assert (await client.get(PAGE, headers=reader)).status_code == 403


def packed_in(page: str) -> str:
    found: set[str] = set(re.findall(r'name="packed" value="([^"]+)"', page))
    return found.pop()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_list_is_tried_its_columns_put_right_and_its_refused_rows_handed_back(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
    cookie, csrf = await signed_in(database, house, Role.OWNER)
    files = {"file": ("instansi.csv", LIST.encode(), "text/csv")}
    assert (await client.post(IMPORT, data={"csrf": "x"}, files=files, headers=cookie)).status_code == 403
    tried = await client.post(IMPORT, data={"csrf": csrf}, files=files, headers=cookie)
    assert (tried.status_code, faults(tried.text, "id")) == (200, [])
    assert "Impor 1 instansi" in tried.text
    fields = dict(re.findall(r'<select id="(column-\d)".*?<option value="([^"]+)" selected>', tried.text, re.DOTALL))
    assert list(fields.values()) == ["code", "name", "contact_email"]
    held = {"csrf": csrf, "packed": packed_in(tried.text)}
    refused = await client.post(f"{IMPORT}/refused", data=held, headers=cookie)
    lines = refused.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Kode;Nama Instansi;Email;Keterangan;Baris;Yang perlu diperbaiki"
    assert [line.split(";")[:5] for line in lines[1:]] == [
        ["dishub", "Dinas Perhubungan", "bukan surel", "PIC Terminal", "3"]
    ]
    chosen = held | {"columns": "chosen"} | fields
    nameless = await client.post(f"{IMPORT}/again", data=chosen | {"column-0": "", "column-1": ""}, headers=cookie)
    assert (nameless.status_code, "Kolom nama belum dipilih" in nameless.text) == (422, True)
    other = chosen | {"column-2": "", "column-3": "contact_name"}
    again = await client.post(f"{IMPORT}/again", data=other, headers=cookie)
    assert "Impor 2 instansi" in again.text
    taken = {"csrf": csrf, "packed": packed_in(again.text)}
    done = await client.post(f"{IMPORT}/confirmed", data=taken, headers=cookie)
    assert done.headers["location"] == f"{PAGE}?done=imported&count=2"
    row = await found(database, house, "dishub")
    assert [(one["name"], one["email"]) for one in row.contacts] == [("PIC Terminal", None)]
    colleague, other_csrf = await signed_in(database, house, Role.OWNER)
    borrowed = await client.post(f"{IMPORT}/confirmed", data=taken | {"csrf": other_csrf}, headers=colleague)
    assert borrowed.status_code == 400
    for broken in ("x", "eJyLjgUAARUAuQ==", "ä", forged(taken["packed"])):
        sent = taken | {"packed": broken}
        assert (await client.post(f"{IMPORT}/again", data=sent, headers=cookie)).status_code == 400


def forged(packed: str) -> str:
    """The same list, a column of which means what no column can mean."""
    raw = base64.urlsafe_b64decode(packed)
    changed = zlib.decompress(raw[32:]).replace(b'"contact_name"', b'"contact_name.zzz"')
    return base64.urlsafe_b64encode(raw[:32] + zlib.compress(changed)).decode()
