"""Certificates: issued by rule, numbered without gaps, corrected, revoked, checked by strangers."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock
from service.auth import Actor, Permission
from service.db import Database
from service.domain import certificates, privacy_traces, reports, workshops
from service.domain.certificates_reads import initials
from service.models.certificates_shapes import CertificateIssue
from service.models.messages import Message
from service.models.organizers import Organizer
from service.models.registrations import ParticipantRole, Registration
from service.models.workshops import AttendanceBlock, Capacity, Workshop, WorkshopStatus
from service.worker import Worker
from tests import factories
from tests.factories import at, forged
from tests.support import fixture_world
from tests.support.certified import ALL, Certified
from tests.support.report_tables import Tables
from tests.support.sheets import ONE

END = date(2023, 8, 1)


@pytest.fixture
async def certified(client: AsyncClient, database: Database) -> Certified:
    return await Certified.open(client, database)


async def rename(certified: Certified, row: Registration, name: str) -> None:
    async with certified.database.write() as session:
        (await session.get_one(Registration, row.id)).name = name


async def test_those_who_earned_one_get_numbers_in_order_and_issuing_again_changes_nothing(
    certified: Certified,
) -> None:
    people = [await certified.person(), await certified.person(), await certified.person(role=ParticipantRole.SPEAKER)]
    await certified.person("D1P", "D1S")
    due = {"issued": 2, "not_earned": 1}
    assert await certified.issue(dry_run=True) == due | {"dry_run": True}
    assert await certified.listed() == []
    assert await certified.issue() == due
    assert await certified.issue() == {"unchanged": 2, "not_earned": 1}
    rows = await certified.listed()
    assert [(row["sequence"], row["number"]) for row in rows] == [
        (1, "001/SERTIFIKAT/BIMTEK-1/VII/2023"),
        (2, "002/SERTIFIKAT/BIMTEK-1/VII/2023"),
    ]
    assert [row["registration_id"] for row in rows] == [str(one.id) for one in people[:2]]
    assert [(row["hours"], row["total_hours"], row["status"], row["outdated"]) for row in rows] == [
        (14, 14, "valid", False)
    ] * 2


async def test_before_the_end_nobody_has_earned_one_and_the_answer_says_what_to_do(certified: Certified) -> None:
    await certified.person()
    clock.freeze(at("07-04 15:59"))
    early = await certified.client.post(f"{certified.url}/certificates", json={}, headers=certified.key)
    told = early.json()
    assert (early.status_code, told["status"], told["code"], told["state"]) == (
        409,
        409,
        "workshop_not_over",
        "published",
    )
    assert "nyatakan kegiatan selesai" in early.json()["detail"]
    await certified.client.post(f"{certified.url}/completion", headers=certified.key)
    assert await certified.issue() == {"issued": 1}


async def test_a_correction_shows_and_issuing_again_replaces_what_it_made_wrong(certified: Certified) -> None:
    renamed, longer, lost, same = [await certified.person(*blocks) for blocks in (ALL, ("D1P", "D1S", "D2P"), ALL, ALL)]
    await certified.issue()
    await rename(certified, renamed, "Kepala Bidang Persandian")
    async with certified.database.write() as session:
        (await session.get_one(Registration, same.id)).position = "Sekretaris"
    await certified.attend(longer, *ALL)
    await certified.attend(lost, "D1P", "D2P")
    shown = {row["registration_id"]: (row["outdated"], row["corrections"]) for row in await certified.listed()}
    assert shown == {
        str(renamed.id): (True, ["name"]),
        str(longer.id): (True, ["hours"]),
        str(lost.id): (True, ["hours", "not_earned"]),
        str(same.id): (False, ["position"]),
    }
    assert await certified.issue() == {"corrected": 2, "revoked": 1, "unchanged": 1, "not_earned": 1}
    old, new = await certified.listed(registration=str(renamed.id))
    assert (old["status"], old["revocation_reason"]) == ("revoked", "Koreksi data: nama")
    assert (new["status"], new["name"], new["sequence"]) == ("valid", "Kepala Bidang Persandian", 5)
    assert new["replaces_id"] == old["id"]
    await certified.attend(lost, *ALL)
    assert await certified.issue(registration_ids=[str(lost.id), str(same.id)]) == {"issued": 1, "corrected": 1}
    assert [row["sequence"] for row in await certified.listed(status="valid")] == [5, 6, 7, 8]


async def test_a_higher_threshold_says_what_it_changed_and_no_number_is_given_twice(
    certified: Certified,
) -> None:
    await certified.person("D1P", "D1S", "D2P")

    async def ask_for(share: float) -> list[tuple[str, list[str]]]:
        async with certified.database.write() as session:
            (await session.get_one(Organizer, certified.house.id)).certificate_threshold = share
        return [(row["number"][:3], row["corrections"]) for row in await certified.listed(status="valid")]

    await certified.issue()
    assert await ask_for(1) == [("001", ["not_earned"])]
    assert await certified.issue() == {"revoked": 1, "not_earned": 1}
    assert await ask_for(0) == []
    assert await certified.issue() == {"issued": 1}
    assert await ask_for(0.7) == [("002", [])]
    old, new = await certified.listed()
    assert (await certified.check(old["link"]))["replaced"]
    await certified.revoke(new)
    assert not (await certified.check(old["link"]))["replaced"]


async def test_one_revoked_by_hand_comes_back_by_name_only(certified: Certified) -> None:
    person = await certified.person()
    await certified.issue()
    [row] = await certified.listed()
    revoked = await certified.revoke(row)
    assert (revoked.json()["status"], revoked.json()["revocation_reason"]) == ("revoked", "Keliru")
    assert (await certified.revoke(row)).status_code == 409
    assert await certified.issue() == {"withheld": 1}
    assert (await certified.check(row["link"]))["status"] == "revoked"
    assert await certified.issue(registration_ids=[str(person.id)]) == {"issued": 1}
    told = await certified.check(row["link"])
    assert (told["status"], told["replaced"], told["revoked_on"]) == ("revoked", True, "2023-07-05")
    assert (await certified.issue(registration_ids=[str((await certified.person("D1P")).id)])) == {"not_earned": 1}
    strange = {"registration_ids": [str(factories.some_id())]}
    answer = await certified.client.post(f"{certified.url}/certificates", json=strange, headers=certified.key)
    assert answer.json()["errors"][0]["pointer"] == "/registration_ids"


async def test_what_was_certified_stays_until_somebody_is_named(certified: Certified) -> None:
    person = await certified.person()
    await certified.issue()
    [row] = await certified.listed()
    url = f"{certified.url}/certificates/{row['id']}.pdf"
    printed = (await certified.client.get(url, headers=certified.key)).content
    own: dict[str, object] = {"place": "Palopo", "dated": "2023-07-04", "signatory": {"position": "Bupati"}}
    async with certified.database.write() as session:
        workshop = await session.get_one(Workshop, certified.workshop.id)
        workshop.title, workshop.certificate, workshop.updated_at = "Lain", own, clock.now()
        (await session.get_one(Organizer, certified.house.id)).letterhead = {"office": "Lain"}
    assert (await certified.client.get(url, headers=certified.key)).content == printed
    assert (await certified.check(row["link"]))["workshop"] == certified.workshop.title
    [shown] = await certified.listed()
    assert (shown["outdated"], shown["corrections"]) == (False, ["wording"])
    assert await certified.issue() == {"unchanged": 1}
    assert await certified.issue(registration_ids=[str(person.id)]) == {"corrected": 1}
    said = (await certified.stored())[1].wording
    assert (said["event"], said["place"], said["dated"]) == ("Lain", "Palopo", "4 Juli 2023")


async def test_where_there_are_no_hours_nobody_has_earned_one(certified: Certified) -> None:
    await certified.person()
    async with certified.database.write() as session:
        mine = select(AttendanceBlock).where(AttendanceBlock.workshop_id == certified.workshop.id)
        for block in (await session.exec(mine)).all():
            block.hours = 0
        actor = auth.system(certified.house.id)
        asked = await reports.ask(session, actor, "certificate-eligibility", certified.workshop.id, END)
    assert isinstance(asked.answer, dict)
    assert asked.answer["eligible"] == 0
    refused = await certified.client.post(f"{certified.url}/certificates", json={}, headers=certified.key)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_hours")


@ONE
async def test_numbers_and_words_are_the_workshops_own(certified: Certified) -> None:
    url = f"{certified.url}/certificate-settings"
    standard = (await certified.client.get(url, headers=certified.key)).json()
    assert standard["used"]["number_example"] == "001/SERTIFIKAT/BIMTEK-1/VII/2023"
    assert standard["used"]["signatory"]["position"] == "Kepala Dinas Kominfo-SP"
    assert "3 s.d. 4 Juli 2023 di Aula Bappelitbangda dan secara daring" in standard["used"]["body"]
    match = certified.key | {"If-Match": '"1"'}
    for wrong in ("{month_roman}", "{number}{0}", "{number!r}", "{number:>9}", "{number", "{number.__class__}"):
        refused = await certified.client.put(url, json={"number_pattern": wrong}, headers=match)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/number_pattern")
    own = {"number_pattern": "{number}/BIMTEK-SC/KOMINFO-SP/{month_roman}/{year}", "number_digits": 4}
    kept = await certified.client.put(url, json=own, headers=match)
    assert (kept.json()["used"]["number_example"], kept.json()["version"]) == ("0001/BIMTEK-SC/KOMINFO-SP/VII/2023", 2)
    assert (await certified.client.put(url, json={}, headers=match)).status_code == 412
    await certified.person()
    await certified.issue()
    assert (await certified.listed())[0]["number"] == "0001/BIMTEK-SC/KOMINFO-SP/VII/2023"


async def test_strangers_learn_initials_and_hours_and_of_a_wrong_code_nothing_at_all(
    certified: Certified, client: AsyncClient
) -> None:
    person = await certified.person(name="Dr. Kenari Rahasia, S.Kom.", position="Jabatan Rahasia")
    await certified.issue()
    [row] = await certified.listed()
    told = await certified.check(row["link"])
    assert told == {
        "status": "valid",
        "number": "001/SERTIFIKAT/BIMTEK-1/VII/2023",
        "initials": "K. R.",
        "workshop": certified.workshop.title,
        "organizer": certified.house.name,
        "starts_on": "2023-07-03",
        "ends_on": "2023-07-04",
        "hours": 14,
        "total_hours": 14,
        "issued_on": "2023-07-05",
        "revoked_on": None,
        "replaced": False,
    }
    path = row["link"].removeprefix("http://127.0.0.1:8000")
    seen = await client.get(path)
    assert (seen.status_code, "Sertifikat ini berlaku" in seen.text, "Rahasia" in seen.text) == (200, True, False)
    async with certified.database.read() as session:
        ticket = factories.ticket(session, person)
    certified.database.settings.failed_links = 10
    wrong = [forged(path[14:]), ticket, "x", "a" * 43]
    assert {(await certified.check(code))["status"] for code in wrong} == {"unknown"}
    assert len({str(await certified.check(f"/{code}")) for code in wrong}) == 1
    page = await client.get(f"/certificates/{wrong[0]}")
    assert (page.status_code, "Sertifikat tidak dikenal" in page.text) == (404, True)
    await client.get(f"/certificates/{wrong[1]}")
    assert (await client.get(f"/api/v1/certificates/{wrong[0]}")).status_code == 429
    assert (await certified.check(row["link"]))["status"] == "valid"
    await certified.revoke(row)
    gone = (await client.get(path)).text
    assert ("Sertifikat ini tidak berlaku lagi" in gone, "Rabu, 5 Juli 2023" in gone) == (True, True)
    assert "Keliru" not in gone


@ONE
async def test_the_holder_finds_the_certificate_on_the_own_page(certified: Certified, client: AsyncClient) -> None:
    person = await certified.person()
    async with certified.database.read() as session:
        token = factories.participant_token(session, person)
    own = f"/my/{token}/certificate.pdf"
    assert own not in (await client.get(f"/my/{token}")).text
    assert (await client.get(own)).status_code == 404
    await certified.issue()
    assert f'href="{own}"' in (await client.get(f"/my/{token}")).text
    by_page = await client.get(own)
    by_token = await client.get("/api/v1/my/certificate.pdf", headers=factories.bearer(token))
    assert by_page.content == by_token.content
    assert {one.headers["cache-control"] for one in (by_page, by_token)} == {"no-store"}
    assert 'filename="Sertifikat 001-SERTIFIKAT-BIMTEK-1-VII-2023.pdf"' in by_page.headers["content-disposition"]


async def test_all_certificates_are_printed_in_turn_for_those_who_may_see_contacts(
    certified: Certified, client: AsyncClient
) -> None:
    for _ in range(2):
        await certified.person()
    url = f"{certified.url}/certificates.pdf"
    assert (await client.get(url, headers=certified.key)).status_code == 404
    await certified.issue()
    first = await client.get(url, params={"limit": 1}, headers=certified.key)
    following = first.headers["link"].removeprefix("<").split(">")[0]
    second = await client.get(following, headers=certified.key)
    assert {first.status_code, second.status_code} == {200}
    assert ("link" in second.headers, first.content == second.content) == (False, False)
    one = (await certified.listed())[0]
    single = await client.get(f"{certified.url}/certificates/{one['id']}.pdf", headers=certified.key)
    assert single.content == first.content
    async with certified.database.write() as session:
        blind = await factories.api_key(session, certified.house, Permission.ATTENDANCE_READ)
    assert (await client.get(url, headers=blind)).status_code == 403


async def test_people_are_written_to_once_about_each_certificate(certified: Certified, worker: Worker) -> None:
    person = await certified.person()
    await certified.person(email=None, contact_key=None)

    async def told() -> Sequence[tuple[str, str]]:
        await worker.drain()
        async with certified.database.read() as session:
            rows = await session.exec(select(Message).order_by(Message.id))  # type: ignore[arg-type] # a column
            return [(row.occasion, row.status.value) for row in rows]

    await certified.issue()
    assert await told() == []
    await certified.issue(notify=True)
    await certified.issue(notify=True)
    await certified.issue(notify=True, registration_ids=[str(person.id)])
    assert sorted(await told()) == [("certificate", "sent"), ("certificate", "unreachable")]
    await rename(certified, person, "Kepala Bidang Persandian")
    await certified.issue(notify=True)
    assert len(await told()) == 3
    mails = [path.read_text() for path in certified.database.settings.data_dir.glob("mail/*.eml")]
    assert len(mails) == 2
    assert sum("menggantikan yang terdahulu" in mail for mail in mails) == 1
    assert all("/my/" in mail and "application/pdf" not in mail for mail in mails)


async def test_of_somebody_anonymised_the_paper_still_checks_and_none_is_issued(certified: Certified) -> None:
    person, other = await certified.person(), await certified.person()
    await certified.issue(registration_ids=[str(person.id)])
    async with certified.database.write() as session:
        for one in (person, other):
            await privacy_traces.anonymise(session, [await session.get_one(Registration, one.id)])
    await certified.attend(person, "D1P")
    assert await certified.issue() == {"unchanged": 1, "not_earned": 1}
    [row] = await certified.listed()
    assert (row["name"], row["outdated"]) == ("\N{EM DASH}", False)
    told = await certified.check(row["link"])
    assert (told["status"], told["initials"], told["number"]) == ("valid", "\N{EM DASH}", row["number"])


async def race(certified: Certified) -> list[int]:
    """Everybody's certificates, asked for four times at once; the statuses of the answers."""
    url = f"{certified.url}/certificates"
    calls = (certified.client.post(url, json={}, headers=certified.key) for _ in range(4))
    return sorted(answer.status_code for answer in await asyncio.gather(*calls))


async def test_issuing_several_times_at_once_gives_each_person_one_and_leaves_no_number_out(
    certified: Certified,
) -> None:
    people = [await certified.person() for _ in range(5)]
    assert await race(certified) == [200] * 4
    rows = await certified.stored()
    assert [row.sequence for row in rows] == [1, 2, 3, 4, 5]
    assert {row.registration_id for row in rows} == {one.id for one in people}


async def test_without_the_lock_somebody_who_issues_at_the_same_time_fails(
    certified: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the lock on the capacity row keeps two from counting alike. On SQLite writers queue anyway."""
    met, carry_out = asyncio.Barrier(4), certificates._carry_out
    if certified.database.dialect == "sqlite":
        pytest.skip("a SQLite database has one writer at a time, there is no lock to switch off")

    async def unlocked(session: AsyncSession, actor: Actor, workshop_id: UUID) -> tuple[Workshop, Capacity]:
        return await workshops.find(session, actor, workshop_id), await session.get_one(Capacity, workshop_id)

    async def together(*args: Any) -> None:
        await met.wait()
        await carry_out(*args)

    monkeypatch.setattr(workshops, "find_for_change", unlocked)
    monkeypatch.setattr(certificates, "_carry_out", together)
    await certified.person()
    assert await race(certified) != [200] * 4
    assert len(await certified.stored()) == 1


@ONE
async def test_of_the_fixture_exactly_the_people_of_the_report_get_one(database: Database) -> None:
    data = fixture_world.fixture()
    async with database.write() as session:
        tables = Tables(session, fixture_world.world(data))
        await tables.write()
        tables.workshop.status = WorkshopStatus.COMPLETED
    clock.freeze(at("08-01 23:59"))
    actor = auth.system(tables.organizer.id)
    async with database.write() as session:
        asked = await reports.ask(session, actor, "certificate-eligibility", tables.workshop.id, END)
        made = await certificates.issue(session, actor, tables.workshop.id, CertificateIssue())
    known = fixture_world.expected(data)["certificate-eligibility"]
    assert (asked.answer, made.issued) == (known, known["eligible"])
    assert made.not_earned == len(known["present_but_not_eligible"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Dr. H. Budi Contoh, S.Kom., M.Si.", "B. C."),
        ("HM Hilman", "H. H."),
        ("dr. Sp.", "D. S."),
        ("  'Ainun\u00a0Contoh DP", "A. C. D."),
        ("007 <b>", "B."),
        ("\u202e\u200b...", "\N{EM DASH}"),
        ("", "\N{EM DASH}"),
    ],
)
def test_initials_leave_out_what_is_an_abbreviation(name: str, said: str) -> None:
    assert initials(name) == said
