"""A list of participants is tried row by row, then taken over as a whole, once."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlmodel import col, select

from service.auth import Permission
from service.db import Database
from service.domain.identity import canonical_name
from service.models.messages import Message, MessageStatus
from service.models.outbox import EventRow
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import Mode, Workshop
from service.worker import Worker
from tests import factories
from tests.support.office_files import office_list, sheet

PEOPLE = b"""Nama;Surel;No. HP;Moda;Instansi
Kepala Bidang Aptika;aptika@luwukab.go.id;081200000001;luring;Dinas Kominfo
Sekretaris Dinas;sekretaris@luwukab.go.id;;daring;Dinas Kominfo
Kasubag Program;;081200000003;zoom;PLN ULP Belopa
"""


@dataclass
class Place:
    """A workshop of two hall seats, and who may import into it."""

    workshop: Workshop
    headers: dict[str, str]
    client: AsyncClient

    @property
    def url(self) -> str:
        return f"/api/v1/workshops/{self.workshop.id}/registrations/import"

    async def send(self, data: bytes, **fields: str) -> Response:
        files = {"file": ("daftar.xlsx", data)}
        return await self.client.post(self.url, files=files, data=fields, headers=self.headers)

    async def tried(self, data: bytes, **fields: str) -> dict[str, Any]:
        answer = await self.send(data, **fields)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def done(self, data: bytes, **fields: str) -> dict[str, Any]:
        return await self.tried(data, dry_run="false", **fields)


@pytest.fixture
async def place(client: AsyncClient, database: Database) -> Place:
    async with database.write() as session:
        house = await factories.organizer(session)
        questions: list[dict[str, object]] = [
            {"code": "diet", "label": "Pantangan makanan?", "kind": "choice", "choices": ["Ya", "Tidak"]},
            {"code": "jumlah", "label": "Jumlah pendamping", "kind": "number"},
        ]
        workshop = await factories.workshop(session, house, offline=2, questions=questions)
        for code, name in (("dinkes", "Dinas Kesehatan"), ("dishub", "Dinas Perhubungan")):
            await factories.organisation(session, house, code, name=name)
        return Place(workshop, await factories.api_key(session, house), client)


async def rows_of(database: Database) -> list[Registration]:
    async with database.read() as session:
        return list(await session.exec(select(Registration).order_by(col(Registration.number))))


def verdicts(answer: dict[str, Any]) -> list[str]:
    return [row["verdict"] for row in answer["rows"]]


def said(answer: dict[str, Any], row: int, kind: str) -> list[str]:
    [found] = [one for one in answer["rows"] if one["row"] == row]
    return [remark["field"] for remark in found[kind]]


async def test_a_list_from_an_office_is_understood_as_it_is(place: Place) -> None:
    answer = await place.tried(office_list())
    assert (answer["sheets"], answer["sheet"], answer["head_row"]) == (["Petunjuk", "Peserta"], "Peserta", 4)
    fields = [column["field"] for column in answer["columns"]]
    assert fields == [None, "name", "nip", "position", "organisation_name", "phone", "email", "mode"]
    assert [(row["row"], row["verdict"]) for row in answer["rows"]] == [
        (6, "ignored"),
        (7, "new"),
        (8, "new"),
        (10, "new"),
        (12, "ignored"),
        (14, "ignored"),
        (15, "ignored"),
    ]
    assert said(answer, 8, "warnings") == ["nip", "phone", "organisation_name"]
    assert answer["columns"][1]["samples"][0] == "Kepala Bidang Aptika, S.Kom."


async def test_a_dry_run_writes_nothing(place: Place, database: Database) -> None:
    answer = await place.tried(PEOPLE)
    assert (answer["dry_run"], answer["counts"]["new"]) == (True, 3)
    assert await rows_of(database) == []
    async with database.read() as session:
        assert (await session.exec(select(EventRow))).all() == []


async def test_what_a_dry_run_says_is_what_a_real_run_does_and_a_second_one_changes_nothing(
    place: Place, database: Database
) -> None:
    tried = await place.tried(PEOPLE)
    done = await place.done(PEOPLE)
    assert done == tried | {"dry_run": False}
    rows = await rows_of(database)
    assert [(row.number, row.mode, row.phone, row.status) for row in rows] == [
        (1, "offline", "+6281200000001", "confirmed"),
        (2, "online", None, "confirmed"),
        (3, "online", "+6281200000003", "confirmed"),
    ]
    again = await place.done(PEOPLE)
    assert again["counts"]["unchanged"] == 3
    assert [row.version for row in await rows_of(database)] == [row.version for row in rows]


async def test_seats_are_given_in_the_order_of_the_file_and_the_rest_wait(place: Place, database: Database) -> None:
    lines = [f"Kepala Seksi {number};seksi{number}@luwukab.go.id" for number in range(4)]
    answer = await place.done("\n".join(["Nama;Email", *lines]).encode(), mode="offline")
    assert [row["status"] for row in answer["rows"]] == ["confirmed", "confirmed", "waitlisted", "waitlisted"]
    async with database.read() as session:
        types = [row.type for row in await session.exec(select(EventRow).order_by(col(EventRow.id)))]
    assert types == [
        "registration.confirmed",
        "registration.confirmed",
        "registration.waitlisted",
        "registration.waitlisted",
        "registrations.imported",
    ]
    one_more = await place.client.post(
        f"/api/v1/workshops/{place.workshop.id}/registrations",
        json={"name": "Staf", "email": "staf@luwukab.go.id", "mode": "offline", "consent": True},
        headers=place.headers,
    )
    assert (one_more.json()["number"], one_more.json()["status"]) == (5, "waitlisted")


async def test_with_a_faulty_row_nothing_is_taken_over_unless_it_is_skipped(place: Place, database: Database) -> None:
    data = PEOPLE + b"Staf Tanpa Moda;staf@luwukab.go.id;;entahlah;\n;tanpa.nama@luwukab.go.id;;luring;\n"
    refused = await place.send(data, dry_run="false")
    assert (refused.status_code, refused.json()["code"]) == (409, "import_faulty")
    assert [(row["row"], row["errors"][0]["field"]) for row in refused.json()["rows"]] == [(5, "mode"), (6, "name")]
    assert "entahlah" not in refused.text
    assert await rows_of(database) == []
    done = await place.done(data, skip_faulty="true")
    assert verdicts(done) == ["new", "new", "new", "faulty", "faulty"]
    assert len(await rows_of(database)) == 3


async def test_a_known_person_gets_only_what_the_row_says(place: Place, database: Database) -> None:
    await place.done(PEOPLE)
    changed = await place.done(b"Nama,Email,Jabatan\nkepala bidang APTIKA,APTIKA@luwukab.go.id.,Kepala Bidang\n")
    assert verdicts(changed) == ["changed"]
    row = (await rows_of(database))[0]
    assert (row.position, row.email, row.phone) == ("Kepala Bidang", "aptika@luwukab.go.id", "+6281200000001")


async def test_the_committees_key_finds_a_person_whose_name_changed_but_no_other_mailbox(
    place: Place, database: Database
) -> None:
    first = b"Kode,Nama,Email,Moda\nP-1,Kepala Bidang,kabid@luwukab.go.id,luring\n"
    await place.done(first)
    renamed = await place.done(first.replace(b"Kepala Bidang", b"Kepala Bidang Aptika"))
    assert verdicts(renamed) == ["changed"]
    stolen = await place.tried(first.replace(b"kabid@", b"orang.lain@"))
    assert (verdicts(stolen), said(stolen, 2, "errors")) == (["faulty"], ["code"])
    [row] = await rows_of(database)
    assert (row.name, row.name_key) == ("Kepala Bidang Aptika", canonical_name("Kepala Bidang Aptika"))


async def test_without_contact_name_and_organisation_say_who_it_is_and_a_contact_can_be_added(
    place: Place, database: Database
) -> None:
    bare = b"Nama,OPD,Moda\nKepala Seksi,Dinas Kesehatan,luring\nKepala Seksi,Dinas Perhubungan,daring\n"
    first = await place.done(bare + b"Kepala Seksi,dinas kesehatan,luring\n")
    assert verdicts(first) == ["new", "new", "duplicate"]
    assert verdicts(await place.done(bare)) == ["unchanged", "unchanged"]
    added = await place.done(b"Nama,OPD,Moda,HP\nKepala Seksi,DINKES,luring,0812 0000 0009\n")
    assert verdicts(added) == ["changed"]
    assert [row.phone for row in await rows_of(database)] == ["+6281200000009", None]


async def test_two_people_behind_one_address_stay_two_and_a_repetition_is_one(place: Place) -> None:
    answer = await place.tried(
        b"Nama,Email,Moda\nKepala Dinas,kantor@luwukab.go.id,luring\nSekretaris,kantor@luwukab.go.id,luring\n"
        b"KEPALA DINAS,Kantor@Luwukab.go.id,luring\n"
    )
    assert verdicts(answer) == ["new", "new", "duplicate"]


async def test_somebody_known_by_address_is_known_by_phone_too_and_a_stranger_of_that_name_is_doubted(
    place: Place, database: Database
) -> None:
    await place.done(PEOPLE)
    by_phone = await place.done(b"Nama,HP,Jabatan\nKepala Bidang Aptika,0812-0000-0001,Kabid\n")
    assert verdicts(by_phone) == ["changed"]
    other = await place.tried(b"Nama,HP,Moda,OPD\nSekretaris Dinas,081299999999,daring,Dinas Kominfo\n")
    assert (verdicts(other), said(other, 2, "warnings")) == (["new"], ["organisation_name", "email"])
    assert len(await rows_of(database)) == 3


async def test_whoever_took_the_consent_back_is_not_registered_again_without_a_word(
    place: Place, database: Database
) -> None:
    await place.done(PEOPLE)
    row = (await rows_of(database))[0]
    async with database.write() as session:
        session.add(row)
        row.withdrawn_at, row.status = row.created_at, RegistrationStatus.CANCELLED
    answer = await place.tried(PEOPLE)
    assert (verdicts(answer)[0], said(answer, 2, "warnings")) == ("new", ["organisation_name", "email"])


async def test_an_import_beside_registrations_sells_no_seat_twice(place: Place, database: Database) -> None:
    lines = [f"Staf {number};staf{number}@luwukab.go.id" for number in range(20)]
    one_by_one = [
        place.client.post(
            f"/api/v1/workshops/{place.workshop.id}/registrations",
            json={"name": f"Tamu {number}", "email": f"tamu{number}@luwukab.go.id", "mode": "offline"},
            headers=place.headers,
        )
        for number in range(10)
    ]
    data = "\n".join(["Nama;Email", *lines]).encode()
    answers = await asyncio.gather(*one_by_one[:5], place.send(data, dry_run="false", mode="offline"), *one_by_one[5:])
    assert {answer.status_code for answer in answers} == {200, 201}
    rows = await rows_of(database)
    assert [row.number for row in rows] == list(range(1, 31))
    assert [row.status for row in rows] == ["confirmed"] * 2 + ["waitlisted"] * 28


@pytest.mark.parametrize(
    ("typed", "code", "warned"),
    [
        ("Dinas Kesehatan", "dinkes", False),
        ("DINKES", "dinkes", False),
        ("Dinas Kesehatan Kab. Luwu", "dinkes", True),
        ("Dinas Kesehatan Kabupaten Luwu Timur", None, True),
        ("PLN ULP Belopa", None, True),
        ("Dinas Kesehatn", None, True),
    ],
)
async def test_an_organisation_is_matched_by_name_and_said_when_it_is_not_certain(
    place: Place, database: Database, typed: str, code: str | None, warned: bool
) -> None:
    answer = await place.done(f"Nama,Instansi,Moda,HP\nStaf,{typed},daring,081200000001\n".encode())
    assert ("organisation_name" in said(answer, 2, "warnings")) is warned
    assert answer["rows"][0]["organisation"] == code
    shown = (await place.client.get(place.url.removesuffix("/import"), headers=place.headers)).json()["items"][0]
    assert shown["organisation"] == code
    assert code or shown["organisation_name"] == typed


async def test_a_delegate_of_an_invited_organisation_takes_the_seat_that_is_held_for_it(place: Place) -> None:
    invited = {"organisation": "dinkes", "quota": {"offline": 1}, "deadline": "2023-06-30T00:00:00+08:00"}
    path = f"/api/v1/workshops/{place.workshop.id}/invitations"
    assert (await place.client.post(path, json=invited, headers=place.headers)).status_code == 201
    answer = await place.done(
        b"Nama,Instansi,HP\nStaf A,Lain,081200000001\nStaf B,Lain,081200000002\nStaf C,Dinas Kesehatan,081200000003\n",
        mode="offline",
    )
    assert [row["status"] for row in answer["rows"]] == ["confirmed", "waitlisted", "confirmed"]
    [shown] = (await place.client.get(path, headers=place.headers)).json()["items"]
    assert (shown["named"]["offline"], shown["held"]["offline"]) == (1, 0)


async def test_answers_are_read_by_question_and_checked(place: Place, database: Database) -> None:
    data = b"Nama,HP,Moda,Pantangan makanan?,jumlah\nA,081200000001,luring,ya,2\nB,081200000002,luring,mungkin,dua\n"
    answer = await place.done(data, skip_faulty="true")
    assert [column["field"] for column in answer["columns"]][3:] == ["answers.diet", "answers.jumlah"]
    assert said(answer, 3, "errors") == ["answers.diet", "answers.jumlah"]
    assert [row.answers for row in await rows_of(database)] == [{"diet": "Ya", "jumlah": 2}]


async def test_the_caller_can_say_what_a_column_means(place: Place) -> None:
    data = b"Kolom satu,Kolom dua,Nama\nKepala Bidang,081200000001,Luwu\n"
    mapping = json.dumps({"name": "A", "phone": 2})
    answer = await place.tried(data, mapping=mapping, mode="offline")
    assert [column["field"] for column in answer["columns"]] == ["name", "phone", None]
    assert answer["rows"][0]["name"] == "Kepala Bidang"
    headless = await place.tried(b"Kepala Bidang,081200000001\n", mapping='{"name": 1, "phone": 2}', mode="online")
    assert (headless["head_row"], verdicts(headless)) == (0, ["new"])
    for wrong in ('{"nama": "A"}', '{"name": "ZZ"}', '{"name": 9}', "[]"):
        assert (await place.send(data, mapping=wrong)).status_code == 422


async def test_a_file_without_heads_or_a_file_at_all_is_refused_with_the_way_out(place: Place) -> None:
    assert (await place.send(b"1,2,3\n4,5,6\n")).json()["errors"][0]["pointer"] == "/mapping"
    assert (await place.send(b"<html>")).json()["code"] == "import_kind_unknown"
    none = await place.client.post(place.url, files={"lain": ("a.csv", PEOPLE)}, headers=place.headers)
    assert none.json()["errors"][0]["pointer"] == "/file"
    sheets = await place.send(office_list(), sheet="Lama")
    assert sheets.json()["errors"][0]["pointer"] == "/sheet"
    too_many = await place.send(b"Nama,HP\n" + b"Staf,0812\n" * 5_001)
    assert (too_many.status_code, too_many.json()["max_rows"]) == (413, 5_000)


async def test_formulas_in_a_list_are_text_or_a_fault_never_evaluated(place: Place, database: Database) -> None:
    answer = await place.done(b'Nama,HP,Moda\n"\'=HYPERLINK(""http://x"")",+6281200000001,luring\n')
    assert [row.name for row in await rows_of(database)] == ['=HYPERLINK("http://x")']
    assert verdicts(answer) == ["new"]
    live = await place.tried(sheet(["Nama", "HP", "Moda"], ["=A1&1", "081200000001", "luring"]))
    assert said(live, 2, "errors")[0] == "name"


async def test_without_notification_nobody_is_written_to_and_with_it_everybody(
    place: Place, database: Database, worker: Worker
) -> None:
    await place.done(PEOPLE, notify="false")
    await place.done(b"Nama,Email,Moda\nStaf,staf@luwukab.go.id,daring\n")
    await worker.drain()
    async with database.read() as session:
        statuses = [row.status for row in await session.exec(select(Message).order_by(col(Message.created_at)))]
    assert sorted(statuses) == sorted([MessageStatus.DROPPED] * 3 + [MessageStatus.SENT])
    await place.done(b"Nama,Email,Moda,Mewakili\nStaf,staf@luwukab.go.id,daring,Kepala Dinas\n")
    await worker.drain()
    async with database.read() as session:
        [told] = await session.exec(select(Message).where(Message.occasion == "representing"))
        person = await session.get_one(Registration, told.registration_id)
    assert (told.status, person.represents, person.sequence) == (MessageStatus.SENT, "Kepala Dinas", 1)


async def test_samples_and_import_need_their_permissions(place: Place, database: Database) -> None:
    async with database.write() as session:
        house = await factories.house_of(session, str(place.workshop.id))
        writer = await factories.api_key(session, house, Permission.REGISTRATIONS_WRITE)
        reader = await factories.api_key(session, house, Permission.REGISTRATIONS_READ)
        stranger = await factories.api_key(session, await factories.organizer(session))
    for headers, status in ((writer, 200), (reader, 403), (stranger, 404), ({}, 401)):
        answer = await place.client.post(place.url, files={"file": ("a.csv", PEOPLE)}, headers=headers)
        assert answer.status_code == status
        if status == 200:
            assert {sample for column in answer.json()["columns"] for sample in column["samples"]} == set()


async def test_what_the_file_says_was_cancelled_is_not_registered(place: Place) -> None:
    answer = await place.tried(
        b"Nama,HP,Moda,Status\nA,081200000001,luring,Dibatalkan\nB,081200000002,luring,confirmed\n"
    )
    assert verdicts(answer) == ["ignored", "new"]


async def test_somebody_who_cancelled_can_be_registered_again(place: Place, database: Database) -> None:
    await place.done(PEOPLE)
    row = (await rows_of(database))[0]
    path = f"/api/v1/registrations/{row.id}/cancellation"
    assert (await place.client.post(path, headers=place.headers)).status_code == 200
    assert (await place.done(PEOPLE))["counts"]["new"] == 1
    statuses = [one.status for one in await rows_of(database) if one.name == row.name]
    assert statuses == [RegistrationStatus.CANCELLED, RegistrationStatus.CONFIRMED]


async def test_ticks_in_two_columns_say_the_mode(place: Place, database: Database) -> None:
    data = sheet(["Nama", "HP", "Kehadiran", None], [None, None, "Luring", "Daring"], ["A", "081200000001", "v", None],
                 ["B", "081200000002", None, "√"])  # fmt: skip
    await place.done(data)
    assert [row.mode for row in await rows_of(database)] == [Mode.OFFLINE, Mode.ONLINE]


async def test_who_mistakes_the_mapping_for_column_to_field_is_told_the_fields(place: Place) -> None:
    [error] = (await place.send(PEOPLE, mapping='{"B": "nama"}')).json()["errors"]
    assert error["pointer"] == "/mapping/B"
    for told in ('{"name": "B"}', "organisation_name", "answers.diet"):
        assert told in error["message"]


async def test_a_row_without_a_mode_says_how_to_choose_one_for_all(place: Place) -> None:
    answer = await place.tried(b"Nama,HP\nStaf,081200000001\n")
    [error] = answer["rows"][0]["errors"]
    assert (error["field"], "pilih untuk semua" in error["message"]) == ("mode", True)


async def test_heads_without_rows_are_refused(place: Place) -> None:
    answer = await place.send(b"Nama,HP,Moda\n")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/file")


@pytest.mark.parametrize(
    ("head", "letters", "fits"),
    [("Kehadiran (L/D)", "Ld", True), ("Moda", "LL", True), ("Kehadiran", "LP", False), ("L/D", "LD", False)],
)
async def test_letters_stand_for_modes_only_among_themselves_below_a_head_that_says_so(
    place: Place, head: str, letters: str, fits: bool
) -> None:
    rows = [f"Staf {number},08120000000{number},{letter}\n" for number, letter in enumerate(letters)]
    answer = await place.tried("".join([f"Nama,HP,{head}\n", *rows]).encode())
    assert verdicts(answer) == ["new" if fits else "faulty"] * 2
