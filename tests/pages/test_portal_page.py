"""The pages behind an agency's portal link: what it owes, and its short answers. Files: test_portal_files."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlmodel import insert, select, update

from service import clock
from service.db import Database
from service.models.commitments import CommitmentRemark, CommitmentStatus
from service.models.organizers import Holiday, Role
from service.models.people import Organisation
from service.models.workshops import AgendaItem
from service.settings import Settings
from tests import factories
from tests.factories import at
from tests.pages.portal_world import Portal
from tests.pages.world import signed_in
from tests.support.promises import stored


async def test_the_portal_says_who_we_are_what_we_owe_and_where_we_are_invited(
    client: AsyncClient, portal: Portal
) -> None:
    page = await client.get(portal.path)
    assert page.status_code == 200
    assert portal.scene.agency.name in page.text
    assert "1 data belum diserahkan. Tenggat terdekat: Jumat, 14 Juli 2023." in page.text
    assert f'<a href="{portal.commitment}">RPJMD</a>' in page.text
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    [workshop_page] = re.findall(r'href="(/w/[^"]+)"', page.text)
    assert (await client.get(workshop_page)).status_code == 200


async def test_the_list_goes_on_where_a_page_ends(
    client: AsyncClient, database: Database, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.pages.portal.SHOWN", 2)
    async with database.write() as session:
        others = [await portal.scene.ask(session, code=f"Z-{n}") for n in range(2)]
    first = (await client.get(portal.path)).text
    [more] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = (await client.get(more)).text
    listed = [re.findall(rf'<h3><a href="{portal.path}/commitments/([^"]+)">', page) for page in (first, second)]
    assert [set(ids) for ids in listed] == [{str(portal.mine.id), str(others[0].id)}, {str(others[1].id)}]
    assert "3 data belum diserahkan." in second
    assert (f'href="{portal.path}"' in second, 'rel="next"' in second) == (True, False)
    assert (await client.get(f"{portal.path}?cursor=x")).status_code == 422


@pytest.mark.parametrize(
    ("today", "words"),
    [
        ("07-11 09:00", "(sisa 2 hari kerja)"),
        ("07-13 23:00", "(sisa 1 hari kerja)"),
        ("07-14 09:00", "(kurang dari satu hari kerja lagi)"),
        ("07-24 09:00", "(terlambat 5 hari kerja)"),
    ],
)
async def test_what_is_due_says_how_many_working_days_are_left_or_over(
    client: AsyncClient, database: Database, portal: Portal, today: str, words: str
) -> None:
    async with database.write() as session:
        for day in (12, 19):
            session.add(Holiday(organizer_id=portal.scene.house.id, day=date(2023, 7, day), name="Libur"))
    clock.freeze(at(today))
    for path in (portal.path, portal.commitment):
        assert f"Tenggat: Jumat, 14 Juli 2023 {words}" in (await client.get(path)).text


async def test_a_promise_is_made_by_an_office_at_an_event_and_taken_back_with_a_reason(
    client: AsyncClient, database: Database, portal: Portal
) -> None:
    form = (await client.get(portal.commitment)).text
    # What has no hours is a break, or the programme does not tell.
    [entry] = re.findall(r'<option value="([^"]+)">\w+, \d Juli 2023: ', form)
    typed = {"do": "pledge", "signatory_office": "Kepala Dinas", "place": entry}
    sent = await client.post(portal.commitment, data=typed)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{portal.commitment}?done=pledged")
    page = (await client.get(sent.headers["location"])).text
    assert "Komitmen sudah dicatat." in page
    assert f"Komitmen oleh Kepala Dinas · {portal.scene.workshop.title} · Penyampaian komitmen" in page
    assert 'value="pledge"' not in page
    assert (await stored(database, portal.mine.id)).commitment_status is CommitmentStatus.COMMITTED

    refused = await client.post(portal.commitment, data={"do": "withdraw"})
    assert '<a href="#withdrawal">Tuliskan alasan secara singkat.</a>' in refused.text
    await client.post(portal.commitment, data={"do": "withdraw", "withdrawal": "Data dipegang BPS."})
    assert (await stored(database, portal.mine.id)).commitment_status is CommitmentStatus.WITHDRAWN
    home = (await client.get(portal.path)).text
    assert "Tidak dilanjutkan" in home
    assert "/commitment-sheet" not in home


async def test_an_agenda_that_tells_no_sitting_from_a_break_is_offered_whole(
    client: AsyncClient, database: Database, portal: Portal
) -> None:
    async with database.write() as session:
        await session.exec(update(AgendaItem).values(hours=0))
        number = len((await session.exec(select(AgendaItem.id))).all())
    form = await portal.page(client)
    assert len(re.findall(r'<option value="[^"]+">\w+, \d Juli 2023: ', form)) == number > 1


async def test_the_newest_of_many_remarks_are_shown_and_that_there_are_older_ones(
    client: AsyncClient, database: Database, portal: Portal
) -> None:
    s, first = portal.scene, clock.now()
    about = {"organizer_id": s.house.id, "commitment_id": portal.mine.id, "by": "staff"}
    said = [about | {"id": uuid4(), "at": first + timedelta(minutes=n), "text": f"Pesan {n}."} for n in range(201)]
    async with database.write() as session:
        await session.exec(insert(CommitmentRemark), params=said)
    cookie, _csrf = await signed_in(database, s.house, Role.STEWARD)
    story = await client.get(f"/staff/commitments/{portal.mine.id}", headers=cookie)
    for page in (await portal.page(client), story.text):
        assert [int(n) for n in re.findall(r"Pesan (\d+)\.", page)] == list(range(1, 201))
        assert "Pesan yang lebih lama tidak ditampilkan di sini." in page


async def test_an_address_with_an_id_that_is_none_leads_nowhere_and_any_other_odd_part_is_named(
    client: AsyncClient, portal: Portal
) -> None:
    nowhere = [await client.get(f"{portal.path}/commitment-sheet?workshop={one}") for one in ("x", uuid4())]
    assert [answer.status_code for answer in nowhere] == [404, 404]
    odd = await client.get(portal.path, params={"done": "x" * 21})
    assert (odd.status_code, "Bagian alamat &#34;done&#34; tidak dapat dibaca." in odd.text) == (400, True)


async def test_the_office_that_promised_last_is_offered_again(
    client: AsyncClient, database: Database, portal: Portal
) -> None:
    await client.post(portal.commitment, data={"do": "pledge", "signatory_office": "Kepala Dinas"})
    async with database.write() as session:
        other = await portal.scene.ask(session)
        theirs = await portal.scene.ask(session, organisation=portal.scene.other.code)
        stranger = factories.portal_token(session, portal.scene.other)
    assert 'value="Kepala Dinas"' in (await client.get(f"{portal.path}/commitments/{other.id}")).text
    assert 'value="Kepala Dinas"' not in (await client.get(f"/portal/{stranger}/commitments/{theirs.id}")).text


async def test_a_refusal_to_promise_needs_a_reason(client: AsyncClient, database: Database, portal: Portal) -> None:
    refused = await client.post(portal.commitment, data={"do": "decline"})
    assert refused.status_code == 422
    assert '<a href="#reason">Tuliskan alasan secara singkat.</a>' in refused.text
    await client.post(portal.commitment, data={"do": "decline", "reason": "Bukan kewenangan\r\nkami."})
    assert (await stored(database, portal.mine.id)).commitment_status is CommitmentStatus.DECLINED
    assert "Tidak ada data yang masih harus diserahkan." in (await client.get(portal.path)).text
    page = (await client.get(portal.commitment)).text
    assert "Alasan: Bukan kewenangan\nkami." in page
    assert not re.findall(r'value="(pledge|decline|withdraw|extend)"', page)


async def test_more_time_is_asked_for_and_questions_go_both_ways(
    client: AsyncClient, database: Database, portal: Portal
) -> None:
    data = {"do": "extend", "until": "2023-07-28", "why": "Menunggu data kecamatan"}
    await client.post(portal.commitment, data=data)
    assert (await stored(database, portal.mine.id)).requested_until == date(2023, 7, 28)
    assert "Tenggat baru Jumat, 28 Juli 2023 sudah diminta" in (await client.get(portal.commitment)).text

    asked = await client.post(portal.commitment, data={"do": "say", "text": "Cukup <per kecamatan>?"})
    assert asked.headers["location"] == f"{portal.commitment}?done=said"
    answered = {"text": "Cukup."}
    remarks = f"/api/v1/commitments/{portal.mine.id}/remarks"
    assert (await client.post(remarks, json=answered, headers=portal.scene.headers)).status_code == 201
    said = re.findall(
        r'<li class="(ours|theirs)">.*?<p class="lines anywhere">(.*?)</p>', await portal.page(client), re.DOTALL
    )
    assert said == [("ours", "Cukup &lt;per kecamatan&gt;?"), ("theirs", "Cukup.")]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"do": "pledge"}, "signatory_office"),
        ({"do": "pledge", "signatory_office": "Kepala", "place": "aula"}, "place"),
        ({"do": "extend", "why": "Menunggu"}, "until"),
        ({"do": "extend", "why": "Menunggu", "until": "besok"}, "until"),
        ({"do": "extend", "why": "Menunggu", "until": "2023-07-14"}, "until"),
        ({"do": "extend", "until": "2023-07-28"}, "why"),
        ({"do": "say"}, "text"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(
    client: AsyncClient, database: Database, portal: Portal, typed: dict[str, str], field: str
) -> None:
    answer = await client.post(portal.commitment, data=typed)
    assert answer.status_code == 422
    assert re.findall(r'<li><a href="#(\w+)">', answer.text) == [field]
    assert f'id="{field}"' in answer.text
    assert (await stored(database, portal.mine.id)).version == portal.mine.version


async def test_nobody_opens_or_answers_what_is_not_theirs(
    client: AsyncClient, database: Database, portal: Portal
) -> None:
    async with database.write() as session:
        theirs = await portal.scene.ask(session, organisation=portal.scene.other.code)
    strange = f"{portal.path}/commitments/{theirs.id}"
    promise = {"do": "pledge", "signatory_office": "Kepala Dinas"}
    assert (await client.get(strange)).status_code == 404
    assert (await client.post(strange, data=promise)).status_code == 404
    async with database.write() as session:
        (await session.get_one(Organisation, portal.scene.agency.id)).link_version += 1
    for path in (portal.path, portal.commitment):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert portal.scene.agency.name not in answer.text
    assert (await client.post(portal.commitment, data=promise)).status_code == 404
    assert (await stored(database, portal.mine.id)).commitment_status is CommitmentStatus.REQUESTED


@pytest.mark.parametrize("typed", [{}, {"do": "accept"}])
async def test_a_button_that_does_not_exist_does_nothing(
    client: AsyncClient, portal: Portal, typed: dict[str, str]
) -> None:
    assert (await client.post(portal.commitment, data=typed)).status_code == 400


async def test_looking_changes_nothing_and_the_demo_says_that_it_is_one(
    client: AsyncClient, database: Database, portal: Portal, settings: Settings
) -> None:
    settings.now = clock.now()
    for path in (portal.path, f"{portal.commitment}?done=pledged"):
        assert "Mode demo" in (await client.get(path)).text
    assert (await stored(database, portal.mine.id)).version == portal.mine.version
