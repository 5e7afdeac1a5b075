"""The committee runs a workshop in the browser: finds people, decides on them, writes to them, adds and corrects."""

import re
from asyncio import gather
from collections.abc import Mapping

from httpx import AsyncClient, Response
from sqlmodel import col, select

from service.db import Database
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.organizers import Role
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Capacity, Mode, Workshop, WorkshopStatus
from service.worker import Worker
from tests import factories
from tests.pages.world import World, signed_in
from tests.support.statements import counted

LIST = "/staff/registrations"


class Committee:
    """A signed-in member of the committee."""

    def __init__(self, client: AsyncClient, cookie: dict[str, str], csrf: str) -> None:
        self.client, self.cookie, self.csrf = client, cookie, csrf

    async def opened(self, path: str) -> str:
        answer = await self.client.get(path, headers=self.cookie)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def sends(self, path: str, **fields: object) -> Response:
        return await self.client.post(path, headers=self.cookie, data={"csrf": self.csrf, **fields})


async def committee(client: AsyncClient, database: Database, world: World, role: Role = Role.ORGANIZER) -> Committee:
    cookie, csrf = await signed_in(database, world.house, role)
    return Committee(client, cookie, csrf)


async def people(database: Database, world: World) -> dict[str, Registration]:
    """The one of the world, one who waits for approval, one on the waiting list, one online without contact."""
    async with database.write() as session:
        office = await factories.organisation(session, world.house, "dlh", name="Dinas Lingkungan Hidup")
        rows = [
            await factories.registration(
                session, world.gathering, name="Calon", status=RegistrationStatus.PENDING, holds_seat=False
            ),
            await factories.registration(
                session, world.gathering, name="Antre", status=RegistrationStatus.WAITLISTED, holds_seat=False
            ),
            await factories.registration(
                session, world.gathering, name="Daring", mode=Mode.ONLINE, email=None, organisation_id=office.id
            ),
        ]
        capacity = await session.get_one(Capacity, world.gathering.id)
        capacity.offline_taken, capacity.online_taken = 1, 1
        return {row.name: row for row in [world.row, *rows]}


def named(page: str) -> list[str]:
    """Who stands in the list, in its order."""
    return re.findall(r"data-panel [^>]*>([^<]+)</a>", page)


def hidden(page: str, name: str) -> str:
    [found] = re.findall(rf'name="{name}" value="([^"]*)"', page)
    return str(found)


async def reloaded(database: Database, rows: Mapping[str, Registration]) -> dict[str, RegistrationStatus]:
    async with database.read() as session:
        query = select(Registration).where(col(Registration.id).in_([row.id for row in rows.values()]))
        return {row.name: row.status for row in await session.exec(query)}


async def test_people_are_found_by_filters_and_words_and_a_page_costs_the_same_for_all(
    client: AsyncClient, database: Database, world: World
) -> None:
    await people(database, world)
    staff = await committee(client, database, world)
    about = f"?workshop={world.gathering.id}"
    whole = await staff.opened(LIST + about)
    assert named(whole) == ["Kepala Bidang Aptika", "Calon", "Antre", "Daring"]
    # Not from the search field, which changes when it is left: the list would be drawn anew under the first tick.
    assert "change from:(#saring select)" in whole
    for query, found in {
        "&status=pending": ["Calon"],
        "&mode=online": ["Daring"],
        "&organisation=dlh": ["Daring"],
        "&unreachable=yes": ["Daring"],
        "&attended=yes": [],
        "&sort=name": ["Antre", "Calon", "Daring", "Kepala Bidang Aptika"],
        "&sort=organisation": ["Calon", "Antre", "Daring", "Kepala Bidang Aptika"],
        "&sort=latest": ["Daring", "Antre", "Calon", "Kepala Bidang Aptika"],
        "&status=nonsense&after=broken": ["Kepala Bidang Aptika", "Calon", "Antre", "Daring"],
    }.items():
        assert named(await staff.opened(LIST + about + query)) == found, query
    # Pasted from a letter, a space may be one that does not break. Nobody who writes waits for who only looks.
    for words, found in {"dinas\xa0lingkungan": ["Daring"], "aptika": ["Kepala Bidang Aptika"]}.items():
        async with database.write():
            answer = await staff.sends(LIST, workshop=str(world.gathering.id), q=words)
        assert (answer.status_code, named(answer.text)) == (200, found)
    with counted(database) as few:
        await staff.opened(LIST + about)
    async with database.write() as session:
        for number in range(60):
            await factories.registration(session, world.gathering, name=f"{'Ꮳ' * 70} {number:02}")
    with counted(database) as many:
        first = await staff.opened(LIST + about + "&sort=name")
    # One more: how many there are is counted as soon as they do not stand on one page.
    assert len(many) <= len(few) + 1
    after = hidden(first, "after") if 'name="after"' in first else ""
    rest = await staff.sends(LIST, workshop=str(world.gathering.id), sort="name", after=after)
    assert sorted(named(first) + named(rest.text)) == sorted({*named(first), *named(rest.text)})
    assert len(named(first) + named(rest.text)) == 64


async def test_several_are_decided_on_after_it_is_said_who_and_what_follows(
    client: AsyncClient, database: Database, world: World
) -> None:
    rows = await people(database, world)
    staff = await committee(client, database, world)
    bulk = f"{LIST}/{world.gathering.id}/bulk"
    nobody = await staff.sends(bulk, deed="cancel")
    assert (nobody.status_code, "Centang dahulu" in nobody.text) == (422, True)
    asked = await staff.sends(bulk, deed="cancel", ids=[str(rows["Antre"].id), str(rows["Kepala Bidang Aptika"].id)])
    assert "2 pendaftaran dibatalkan" in asked.text
    chosen = hidden(asked.text, "chosen")
    # Whoever waits goes first, or would be given the seat that the other gives up.
    assert chosen == f"{rows['Antre'].number} {rows['Kepala Bidang Aptika'].number}"
    assert (await reloaded(database, rows))["Antre"] is RegistrationStatus.WAITLISTED
    done = await staff.sends(f"{bulk}/decision", deed="cancel", chosen=chosen, reason="Ditunda")
    assert re.findall(r" · ([^<]+)</a>", done.text) == ["Kepala Bidang Aptika", "Antre"]
    assert "Dibatalkan</span>" in done.text
    again = await staff.sends(f"{bulk}/decision", deed="reject", chosen=chosen, reason="Ditunda")
    assert "badge-bad" in again.text
    approved = await staff.sends(bulk, deed="approve", all="yes")
    assert "Dibatalkan (2)" in approved.text
    refused = await staff.sends(f"{bulk}/decision", deed="reject", chosen=str(rows["Calon"].number))
    assert (refused.status_code, "Tuliskan alasannya." in refused.text) == (422, True)
    await staff.sends(f"{bulk}/decision", deed="approve", chosen=hidden(approved.text, "chosen"))
    assert await reloaded(database, rows) == {
        "Kepala Bidang Aptika": RegistrationStatus.CANCELLED,
        "Antre": RegistrationStatus.CANCELLED,
        "Calon": RegistrationStatus.CONFIRMED,
        "Daring": RegistrationStatus.CONFIRMED,
    }
    file = await staff.sends(bulk, deed="csv", all="yes", q="calon")
    assert file.headers["content-type"].startswith("text/csv")
    assert "Calon" in file.text
    assert "Daring" not in file.text


async def test_the_list_is_found_again_as_it_was_left(client: AsyncClient, database: Database, world: World) -> None:
    rows = await people(database, world)
    staff = await committee(client, database, world)
    kept = "mode=offline&status=pending"
    left = f"{LIST}?workshop={world.gathering.id}&status=pending&mode=offline"
    back = left.replace("&", "&amp;")
    listed = await staff.opened(f"{LIST}?workshop={world.gathering.id}&{kept}")
    address = f"{LIST}/{rows['Calon'].id}?status=pending&mode=offline"
    assert address.replace("&", "&amp;") in listed
    assert back in await staff.opened(address)
    assert address.replace("&", "&amp;") in await staff.opened(address.replace("?", "/edit?"))
    approved = await staff.sends(address.replace("?", "/approval?"))
    assert approved.headers["location"] == f"{address}&done=approved"
    bulk, filters = f"{LIST}/{world.gathering.id}/bulk", {"status": "pending", "mode": "offline"}
    asked = await staff.sends(bulk, deed="cancel", ids=str(rows["Antre"].id), **filters)
    assert back in asked.text
    # A name stands in no address: the way back posts it.
    named_one = await staff.sends(bulk, deed="cancel", all="yes", q="antre", **filters)
    assert 'form="kembali"' in named_one.text
    assert hidden(named_one.text.partition('id="kembali"')[2].partition("</form>")[0], "q") == "antre"
    done = await staff.sends(f"{bulk}/decision", deed="cancel", chosen=hidden(asked.text, "chosen"), **filters)
    assert back in done.text


async def test_a_message_is_seen_before_it_is_sent_and_sent_once(
    client: AsyncClient, database: Database, world: World, worker: Worker
) -> None:
    await people(database, world)
    staff = await committee(client, database, world)
    opened = await staff.sends(f"{LIST}/{world.gathering.id}/bulk", deed="message", all="yes", status="confirmed")
    fields = {"to": hidden(opened.text, "to").replace("&#34;", '"'), "status": "confirmed"}
    fields |= {"subject": "Makan siang", "text": "Di lantai 2, {nama}."}
    path = f"{LIST}/{world.gathering.id}/message"
    wrong = await staff.sends(path, **fields | {"text": "{rahasia}"}, step="preview")
    assert (wrong.status_code, "rahasia" in wrong.text) == (422, True)
    seen = await staff.sends(path, **fields, step="preview")
    assert "Di lantai 2, Kepala Bidang Contoh." in seen.text
    assert all(said in seen.text for said in ("1 surel disimpan, belum terkirim", "Buat pesan untuk 1 orang"))
    fields |= {"nonce": hidden(seen.text, "nonce")}
    twice = await gather(*(staff.sends(path, **fields, step="send") for _click in range(2)))
    assert {sent.headers["location"] for sent in twice} == {
        f"{LIST}?workshop={world.gathering.id}&status=confirmed&done=told"
    }
    async with database.read() as session:
        made = (await session.exec(select(Message).where(col(Message.announcement_id).is_not(None)))).all()
    assert sorted(one.status for one in made) == [MessageStatus.QUEUED, MessageStatus.UNREACHABLE]
    assert "Makan siang" in await staff.opened(f"/staff/overview?workshop={world.gathering.id}")


async def test_a_person_is_added_corrected_and_read_with_the_whole_history(
    client: AsyncClient, database: Database, world: World, worker: Worker
) -> None:
    staff = await committee(client, database, world)
    new = f"{LIST}/{world.gathering.id}/new"
    assert "Tambah peserta" in await staff.opened(new)
    nameless = await staff.sends(new, mode="offline", role="speaker")
    assert (nameless.status_code, 'href="#name"' in nameless.text) == (422, True)
    expert = {"mode": "offline", "role": "speaker", "email": "ahli@luwukab.go.id"}
    added = await staff.sends(new, name="Tenaga Ahli", **expert)
    # Another title is the same person until somebody says otherwise; so is a number that is no NIP.
    asked = await staff.sends(new, name="Dr. TENAGA AHLI, M.T.", nip="1980", **expert)
    assert (asked.status_code, "Tetap tambahkan" in asked.text) == (409, True)
    assert ("kontak sama dengan nomor" in asked.text, "NIP tidak berbentuk 18 angka" in asked.text) == (True, True)
    assert (await staff.sends(new, name="Dr. Tenaga Ahli", sure="yes", **expert)).status_code == 303
    address = added.headers["location"].removesuffix("?done=added")
    form = await staff.opened(f"{address}/edit")
    values = {"name": "Tenaga Ahli, M.T.", "role": "speaker", "email": "ahli@luwukab.go.id", "position": "Ahli"}
    saved = await staff.sends(f"{address}/edit", **values, version=hidden(form, "version"))
    assert saved.headers["location"] == f"{address}?done=changed"
    stale = await staff.sends(f"{address}/edit", **values | {"position": "Lain"}, version=hidden(form, "version"))
    assert (stale.status_code, 'value="Lain"' in stale.text) == (412, True)
    for verb, fields, done in (
        ("mode", {"mode": "online"}, "switched"),
        ("links", {}, "relinked"),
        ("cancellation", {"reason-cancel": "Berhalangan"}, "cancelled"),
    ):
        answer = await staff.sends(f"{address}/{verb}", **fields)
        assert answer.headers["location"] == f"{address}?done={done}"
    refused = await staff.sends(f"{address}/approval")
    assert refused.status_code == 409
    await worker.drain()
    page = await staff.opened(address)
    story = page.split('class="story"')[1]
    told = re.findall(r"<p class=\"anywhere\">(.*?)(?:<|$)", story)
    for said in ("Pendaftaran dikonfirmasi", "Data pendaftar berubah", "Cara hadir diganti", "Tautan peserta diganti"):
        assert any(one.startswith(f"{said}, oleh Panitia Satu") for one in told), (said, told)
    assert "Berhalangan" in page
    erased = await staff.sends(f"{address}/erasure", **{"reason-erase": "Permintaan tertulis"})
    assert erased.headers["location"] == f"{address}?done=erased"
    assert "Tenaga Ahli" not in await staff.opened(address)


async def test_who_may_only_read_sees_no_contacts_and_changes_nothing(
    client: AsyncClient, database: Database, world: World
) -> None:
    async with database.write() as session:
        row = await session.get_one(Registration, world.row.id)
        row.nip, row.phone = "198001012005011001", "+6281100000007"
    await people(database, world)
    reader = await committee(client, database, world, Role.VIEWER)
    overview = await reader.opened(f"/staff/overview?workshop={world.gathering.id}")
    assert ("menunggu panitia" in overview, "Tidak ada yang menunggu" in overview) == (True, False)
    assert ("Peran Anda di sini membaca saja" in overview, "/invitations.xlsx" in overview) == (True, True)
    log = await reader.opened("/staff/events")
    assert ("Periksa sekarang" in log, (await reader.sends("/staff/events/verification")).status_code) == (False, 403)
    address = f"{LIST}/{world.row.id}"
    page = await reader.opened(address)
    listed = await reader.opened(f"{LIST}?workshop={world.gathering.id}")
    for secret in (world.row.email or "", "81100000007", "198001012005011001", "/my/"):
        assert secret not in page + listed
    assert "Ubah data" not in page
    refused = [
        (await reader.client.get(f"{address}/edit", headers=reader.cookie)).status_code,
        (await reader.sends(f"{address}/cancellation")).status_code,
        (await reader.sends(f"{LIST}/{world.gathering.id}/bulk", deed="cancel", all="yes")).status_code,
        (await reader.sends(f"{LIST}/{world.gathering.id}/bulk", deed="message", all="yes")).status_code,
        (await reader.sends(f"{LIST}/{world.gathering.id}/message", step="send")).status_code,
    ]
    assert refused == [403] * 5
    async with database.write() as session:
        other = await factories.organizer(session)
    cookie, csrf = await signed_in(database, other, Role.OWNER)
    stranger = Committee(client, cookie, csrf)
    assert (await client.get(address, headers=cookie)).status_code == 404
    assert (await stranger.sends(f"{address}/cancellation")).status_code == 404
    decision = f"{LIST}/{world.gathering.id}/bulk/decision"
    assert (await stranger.sends(decision, deed="cancel", chosen=str(world.row.number))).status_code == 404


async def test_the_overview_says_what_waits_for_the_committee(
    client: AsyncClient, database: Database, world: World
) -> None:
    rows = await people(database, world)
    async with database.write() as session:
        # Nobody could do anything about either: the person has gone, the reminder is stale.
        gone = await session.get_one(Registration, rows["Antre"].id)
        gone.status, gone.link_shared_at = RegistrationStatus.CANCELLED, gone.created_at
        session.add(
            Message(
                organizer_id=world.house.id,
                workshop_id=world.gathering.id,
                registration_id=rows["Calon"].id,
                occasion=Occasion.REMINDER_DAY,
                occasion_key="stale",
                channel=Channel.MAIL,
                status=MessageStatus.BOUNCED,
                stale_at=gone.created_at,
            )
        )
    staff = await committee(client, database, world)
    page = await staff.opened(f"/staff/overview?workshop={world.gathering.id}")
    assert "pesan tidak sampai" not in page
    assert "dipakai dari banyak tempat" not in page
    assert "1 pendaftaran menunggu persetujuan." in page
    assert "2 peserta tidak dapat dihubungi." in page
    assert f"{LIST}?status=pending&amp;workshop={world.gathering.id}" in page
    async with database.write() as session:
        (await session.get_one(Workshop, world.gathering.id)).rehearsal = True
    page = await staff.opened(f"/staff/overview?workshop={world.gathering.id}")
    assert "Gladi masih menyala" in page
    new = f"{LIST}/{world.gathering.id}/new"
    assert (new in page, "masih terbuka untuk umum" in page) == (True, True)
    async with database.write() as session:
        (await session.get_one(Workshop, world.gathering.id)).status = WorkshopStatus.CANCELLED
    page = await staff.opened(f"/staff/overview?workshop={world.gathering.id}")
    assert (new in page, "masih terbuka untuk umum" in page) == (False, False)
    assert (await client.get(new, headers=staff.cookie)).status_code == 303
    door = await committee(client, database, world, Role.DOOR)
    assert (await client.get("/staff/overview", headers=door.cookie)).status_code == 403
