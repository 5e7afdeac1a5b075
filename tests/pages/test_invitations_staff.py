"""The committee invites many at once, sees who answered, reminds the others, and changes one invitation."""

import re
from datetime import timedelta

from httpx import AsyncClient
from sqlmodel import col, select

from service import clock
from service.auth import system
from service.db import Database
from service.domain import invitations, inviting, inviting_reads
from service.domain.inviting_reads import Totals
from service.models.invitations import Invitation
from service.models.invitations_shapes import DelegateCreate, InvitationBatch
from service.models.messages import Channel, Message, MessageStatus
from service.models.organizers import Organizer, Role
from service.models.workshops import Mode, Workshop
from service.worker import Worker
from tests import factories
from tests.factories import at
from tests.pages.reading import faults
from tests.pages.world import signed_in
from tests.support.statements import counted

INVITE = "/staff/invite"


async def house_with_three(database: Database) -> tuple[Organizer, Workshop]:
    """Three agencies, one of which nobody can be written to, and one outside body."""
    async with database.write() as session:
        house = await factories.organizer(session)
        for code in ("dinkes", "dishub"):
            await factories.organisation(session, house, code, contacts=[{"email": f"{code}@luwukab.go.id"}])
        await factories.organisation(session, house, "satpol")
        await factories.organisation(session, house, "pln", org_class="external")
        return house, await factories.workshop(session, house, offline=5)


async def test_a_class_is_invited_after_a_look_at_what_that_does(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    clock.freeze(at("06-20 09:00"))
    house, gathering = await house_with_three(database)
    cookie, csrf = await signed_in(database, house, Role.ORGANIZER)
    empty = (await client.get(f"/staff/invitations?workshop={gathering.id}", headers=cookie)).text
    assert f'href="{INVITE}?workshop={gathering.id}"' in empty
    form = (await client.get(f"{INVITE}?workshop={gathering.id}", headers=cookie)).text
    assert ("3 instansi belum diundang" in form, 'value="2023-07-01T08:00"' in form) == (True, True)
    path = f"{INVITE}/{gathering.id}"
    nobody = await client.post(f"{path}/preview", data={"csrf": csrf}, headers=cookie)
    assert (nobody.status_code, 'href="#whom"' in nobody.text) == (422, True)
    typed = {"csrf": csrf, "whom": "opd", "quota-offline": "2", "deadline": "2023-07-01T16:00"}
    wrong = await client.post(f"{path}/preview", data=typed | {"quota-offline": "dua"}, headers=cookie)
    assert (wrong.status_code, 'href="#quota-offline"' in wrong.text) == (422, True)
    told = await client.post(f"{path}/preview", data=typed, headers=cookie)
    assert (told.status_code, faults(told.text, "id")) == (200, [])
    for said in ("3 instansi akan diundang", "6 kursi disisihkan dari 5", "1 instansi tidak memiliki kontak"):
        assert said in told.text
    async with database.read() as session:
        assert await inviting_reads.totals(session, gathering) == Totals()
    back = await client.post(path, data=typed | {"back": "yes"}, headers=cookie)
    assert 'value="2023-07-01T16:00"' in back.text
    done = await client.post(path, data=typed, headers=cookie)
    assert done.headers["location"].endswith("done=invited&count=3&left=0")
    await worker.drain()
    async with database.read() as session:
        assert await inviting_reads.totals(session, gathering) == Totals(invited=3, unanswered=3, undelivered=3)
        rows = (await session.exec(select(Invitation))).all()
        assert {row.deadline for row in rows} == {at("07-01 16:00")}
    again = await client.post(path, data=typed | {"whom": "chosen", "organisations": "pln"}, headers=cookie)
    assert again.headers["location"].endswith("count=1&left=0")


async def test_answers_can_be_told_apart_and_only_who_is_silent_is_reminded_once_a_day(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    clock.freeze(at("06-20 09:00"))
    house, gathering = await house_with_three(database)
    cookie, csrf = await signed_in(database, house, Role.ORGANIZER)
    typed = {"csrf": csrf, "whom": "opd", "quota-offline": "1", "deadline": "2023-07-01T16:00"}
    await client.post(f"{INVITE}/{gathering.id}", data=typed, headers=cookie)
    await worker.drain()
    async with database.write() as session:
        found = {one.organisation: one for one in await inviting_reads.page(session, system(house.id), gathering)}
        came, silent, absent = [await session.get_one(Invitation, found[code].id) for code in sorted(found)]
        person = DelegateCreate(name="Kepala Seksi", email="seksi@luwukab.go.id", mode=Mode.OFFLINE)
        await invitations.name_delegates(session, came, [person])
        await invitations.decline(session, absent, "Bertepatan dengan musrenbang")
    page = f"/staff/invitations?workshop={gathering.id}"
    for answer, code in (("named", "dinkes"), ("unanswered", "dishub"), ("declined", "satpol")):
        shown = (await client.get(f"{page}&answer={answer}", headers=cookie)).text
        assert re.findall(r'<span class="code">([\w-]+)</span>', shown) == [code]
    assert "musrenbang" in shown
    remind = f"/staff/invitations/{gathering.id}/reminders"
    for later, expected in ((0, "count=0&left=1"), (25, "count=1&left=0"), (25, "count=0&left=1")):
        clock.freeze(at("06-20 09:00") + timedelta(hours=later))
        answered = await client.post(remind, data={"csrf": csrf}, headers=cookie)
        assert answered.headers["location"].endswith(expected)
    # The last one came before the message of the one before was written.
    await worker.drain()
    async with database.read() as session:
        written = [row.invitation_id for row in await session.exec(select(Message)) if row.invitation_id]
        assert sorted(map(written.count, (came.id, silent.id, absent.id))) == [1, 1, 2]
    with counted(database) as one:
        await client.get(f"{page}&answer=declined", headers=cookie)
    with counted(database) as three:
        await client.get(page, headers=cookie)
    assert len(one) == len(three)


async def test_one_invitation_is_changed_unless_somebody_was_quicker(client: AsyncClient, database: Database) -> None:
    clock.freeze(at("06-20 09:00"))
    house, gathering = await house_with_three(database)
    cookie, csrf = await signed_in(database, house, Role.ORGANIZER)
    typed = {"csrf": csrf, "whom": "chosen", "organisations": "satpol", "quota-offline": "1"}
    await client.post(f"{INVITE}/{gathering.id}", data=typed, headers=cookie)
    async with database.read() as session:
        row = (await session.exec(select(Invitation))).one()
    path = f"/staff/invitations/{gathering.id}/{row.id}"
    shown = (await client.get(path, headers=cookie)).text
    assert ("Tautan rahasia instansi" in shown, "tidak memiliki surel atau telepon" in shown) == (True, True)
    new = {"csrf": csrf, "version": "1", "quota-offline": "3", "letter_number": "005/1", "deadline": "2023-07-02T10:00"}
    assert (await client.post(path, data=new, headers=cookie)).headers["location"] == f"{path}?done=changed"
    stale = await client.post(path, data=new | {"quota-offline": "9"}, headers=cookie)
    assert (stale.status_code, 'value="3"' in stale.text, 'value="9"' in stale.text) == (412, True, False)
    past = await client.post(path, data=new | {"version": "2", "deadline": "2023-06-01T10:00"}, headers=cookie)
    assert (past.status_code, 'href="#deadline"' in past.text, faults(past.text, "id")) == (422, True, [])
    async with database.write() as session:
        kept = await session.get_one(Invitation, row.id)
        assert (kept.quota_offline, kept.deadline, kept.held_offline) == (3, at("07-02 10:00"), 3)
        await invitations.decline(session, kept, "Tidak dapat hadir")
    refused = await client.post(f"{path}/resend", data={"csrf": csrf}, headers=cookie)
    assert (refused.status_code, faults(refused.text, "id")) == (409, [])
    shown = (await client.get(path, headers=cookie)).text
    assert ("Tarik undangan" in shown, "tidak diberi tahu: tanpa kontak" in shown) == (True, True)
    silent = await client.post(f"{path}/withdrawal", data={"csrf": csrf, "reason": " "}, headers=cookie)
    assert (silent.status_code, 'href="#reason"' in silent.text, faults(silent.text, "id")) == (422, True, [])
    taken = await client.post(f"{path}/withdrawal", data={"csrf": csrf, "reason": "Salah instansi"}, headers=cookie)
    assert taken.headers["location"] == f"{path}?done=withdrawn"
    shown = (await client.get(path, headers=cookie)).text
    assert ("Alasan: Salah instansi" in shown, "Tautan rahasia" in shown, "Tarik undangan" in shown) == (
        True,
        False,
        False,
    )
    again = (await client.get(f"{INVITE}?workshop={gathering.id}&organisation=satpol", headers=cookie)).text
    assert 'value="satpol" checked' in again
    listed = await client.get(f"/staff/invitations?workshop={gathering.id}&answer=withdrawn", headers=cookie)
    assert "Salah instansi" in listed.text
    elsewhere, foreign = await signed_in(database, (await house_with_three(database))[0], Role.OWNER)
    for wanted in (path, f"/staff/invitations?workshop={gathering.id}", f"{INVITE}?workshop={gathering.id}"):
        assert (await client.get(wanted, headers=elsewhere)).status_code == 404
    stolen = await client.post(path, data=new | {"csrf": foreign}, headers=elsewhere)
    assert stolen.status_code == 404
    reader, _csrf = await signed_in(database, house, Role.VIEWER)
    assert (await client.get(path, headers=reader)).status_code == 403


async def test_an_undelivered_invitation_is_one_that_nothing_has_reached(database: Database, worker: Worker) -> None:
    clock.freeze(at("06-20 09:00"))
    house, gathering = await house_with_three(database)
    async with database.write() as session:
        actor = system(house.id)
        data = InvitationBatch(organisations=["dinkes", "dishub"])
        await inviting.invite_many(session, actor, gathering.id, data)
    await worker.drain()
    async with database.write() as session:
        first, second = (await session.exec(select(Message).order_by(col(Message.id)))).all()
        first.status = second.status = MessageStatus.BOUNCED
        session.add(first)
        await session.flush()
        assert (await inviting_reads.totals(session, gathering)).undelivered == 2
        second.status = MessageStatus.SENT
        await session.flush()
        # Without a mail server a mail that went out lies in a folder.
        assert (await inviting_reads.totals(session, gathering)).undelivered == 2
        second.channel = Channel.WHATSAPP
        await session.flush()
        page = await inviting_reads.page(session, actor, gathering, inviting_reads.Answer.UNDELIVERED)
        assert [one.id for one in page] == [first.invitation_id]
