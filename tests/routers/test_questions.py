"""A workshop's questions over HTTP: who is asked what, and that changing them loses no answer."""

from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlmodel import select

from service.db import Database
from service.models.registrations import Registration
from service.models.workshops import Workshop
from tests import factories
from tests.routers.test_registrations import form, make

DIET = {"code": "diet", "label": "Pantangan makanan?"}
SHIRT = {"code": "baju", "label": "Ukuran baju", "kind": "choice", "choices": ["S", "M", "L"], "required": True}
ROOM = {"code": "inap", "label": "Perlu penginapan?", "kind": "yes_no", "required": True, "modes": ["offline"]}
CAMERA = {"code": "kamera", "label": "Kamera", "kind": "yes_no", "required": True, "modes": ["online"]}
DECK = {"code": "materi", "label": "Judul materi", "required": True, "roles": ["speaker"]}
TOPICS = {"code": "topik", "label": "Topik", "kind": "several", "choices": ["Data", "AI"], "help": "Boleh semua"}
TEAM = {"code": "tim", "label": "Anggota tim", "kind": "number", "min": 1, "max": 5, "whole": True}
ARRIVAL = {"code": "tiba", "label": "Tiba tanggal", "kind": "date"}
ALL = [DIET, SHIRT, ROOM, CAMERA, DECK, TOPICS, TEAM, ARRIVAL]
GOOD = {"baju": "M", "inap": False, "topik": ["AI"], "tim": 3, "tiba": "2023-07-02"}


class Desk:
    """A workshop with questions, seen by its committee."""

    def __init__(self, client: AsyncClient, gathering: Workshop, key: dict[str, str]) -> None:
        self.client, self.gathering = client, gathering
        self.key = key | {"If-Match": "*"}
        self.url = f"/api/v1/workshops/{gathering.id}"
        self.people = f"{self.url}/registrations"

    async def ask(self, *questions: dict[str, Any]) -> Response:
        answer = await self.client.patch(self.url, json={"questions": list(questions)}, headers=self.key)
        assert answer.status_code == 200, answer.text
        return answer

    async def add(self, answers: dict[str, Any], **values: Any) -> dict[str, Any]:
        answer = await self.client.post(self.people, json=form(answers=answers, **values), headers=self.key)
        assert answer.status_code == 201, answer.text
        row: dict[str, Any] = answer.json()
        return row

    async def change(self, row: dict[str, Any], **body: Any) -> Response:
        return await self.client.patch(f"/api/v1/registrations/{row['id']}", json=body, headers=self.key)

    async def own_change(self, row: dict[str, Any], **body: Any) -> Response:
        own = factories.bearer(row["links"]["my"].rsplit("/", 1)[1])
        return await self.client.patch("/api/v1/my/registration", json=body, headers=own)

    async def listed(self) -> list[tuple[str, str, bool, int]]:
        shown = (await self.client.get(f"{self.url}/questions", headers=self.key)).json()
        assert shown["next"] is None
        return [(one["code"], one["kind"], one["asked"], one["answered"]) for one in shown["items"]]


@pytest.fixture
async def desk(client: AsyncClient, database: Database) -> Desk:
    _house, gathering, key = await make(database, questions=ALL)
    return Desk(client, gathering, key)


def faults(answer: Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {error["pointer"]: error["message"] for error in answer.json()["errors"]}


async def test_the_public_answers_what_its_mode_and_role_are_asked(desk: Desk, database: Database) -> None:
    online = {"answers": GOOD | {"kamera": True, "materi": "x"}}
    assert faults(await desk.client.post(desk.people, json=form(**online))) == {
        "/answers/kamera": "Kosongkan: pertanyaan ini hanya untuk peserta daring.",
        "/answers/materi": "Kosongkan: pertanyaan ini untuk peran lain.",
    }
    assert faults(await desk.client.post(desk.people, json=form(answers={}))) == {
        "/answers/baju": "Wajib diisi.",
        "/answers/inap": "Wajib diisi.",
    }
    sent = await desk.client.post(desk.people, json=form(answers=GOOD | {"diet": "  ", "kamera": None}))
    assert sent.status_code == 201
    async with database.read() as session:
        row = (await session.exec(select(Registration))).one()
    assert row.answers == GOOD


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("diet", "x" * 10_000),
        ("diet", "a\x07b"),
        ("tim", 10**16),
        ("tim", "１２"),
        ("tiba", "2023-02-30"),
        ("topik", ["Data"] * 60),
        ("diet", ["a"]),
    ],
)
async def test_an_absurd_answer_is_refused_where_it_stands(desk: Desk, code: str, answer: object) -> None:
    refused = await desk.client.post(desk.people, json=form(answers=GOOD | {code: answer}))
    assert list(faults(refused)) == [f"/answers/{code}"]


async def test_a_number_too_large_for_json_is_malformed(desk: Desk) -> None:
    body = '{"name": "A", "email": "a@b.id", "mode": "offline", "consent": true, "answers": {"tim": 1e999}}'
    refused = await desk.client.post(desk.people, content=body, headers={"Content-Type": "application/json"})
    assert list(faults(refused)) == ["/"]


async def test_text_that_others_would_run_is_kept_as_text(desk: Desk) -> None:
    for text in ("<script>alert(1)</script>", "=HYPERLINK(1)", "１２ dr. Ñ"):
        row = await desk.add({"diet": text}, email=f"p{len(text)}@luwukab.go.id")
        assert row["answers"] == {"diet": text}


async def test_staff_may_leave_open_what_is_required_and_the_person_is_asked_for_it(desk: Desk) -> None:
    row = await desk.add({}, role="speaker")
    assert row["answers"] == {}
    assert (await desk.own_change(row, answers={"materi": "Data terbuka", "baju": "M"})).status_code == 200
    assert faults(await desk.own_change(row, answers={"baju": None})) == {"/answers/baju": "Wajib diisi."}
    assert faults(await desk.own_change(row, answers={"baju": "XL", "kamera": True})) == {
        "/answers/baju": "Pilih salah satu dari daftar.",
        "/answers/kamera": "Kosongkan: pertanyaan ini hanya untuk peserta daring.",
    }
    assert (await desk.change(row, answers={"baju": None})).json()["answers"] == {"materi": "Data terbuka"}


async def test_an_edit_changes_the_answers_it_names_and_leaves_the_others(desk: Desk) -> None:
    row = await desk.add(GOOD)
    changed = await desk.own_change(row, answers={"tim": 5, "topik": None, "tiba": "", "inap": 0})
    assert changed.json()["answers"] == {"baju": "M", "inap": False, "tim": 5}
    assert changed.json()["answers"]["inap"] is False
    same = await desk.change(row, answers={"tim": 5})
    assert same.json()["version"] == changed.json()["version"]


async def test_a_switch_is_not_held_up_by_what_the_other_mode_is_asked_and_its_answers_stay(desk: Desk) -> None:
    row = await desk.add(GOOD)
    switched = await desk.client.put(
        f"/api/v1/registrations/{row['id']}/mode", json={"mode": "online"}, headers=desk.key
    )
    assert (switched.status_code, switched.json()["answers"]) == (200, GOOD)
    answered = await desk.own_change(row, answers=GOOD | {"kamera": True})
    assert answered.json()["answers"] == GOOD | {"kamera": True}


async def test_a_question_that_is_no_longer_asked_keeps_its_answers_and_comes_back_with_them(desk: Desk) -> None:
    row = await desk.add(GOOD)
    await desk.ask(DIET, TEAM)
    assert await desk.listed() == [
        ("diet", "text", True, 0),
        ("tim", "number", True, 1),
        ("baju", "choice", False, 1),
        ("inap", "yes_no", False, 1),
        ("topik", "several", False, 1),
        ("tiba", "date", False, 1),
    ]
    corrected = await desk.own_change(row, name="Kepala Bidang Statistik", answers=GOOD | {"diet": "Kacang"})
    assert corrected.json()["answers"] == GOOD | {"diet": "Kacang"}
    assert (await desk.change(row, answers={"baju": "L"})).json()["answers"]["baju"] == "L"
    assert faults(await desk.change(row, answers={"baju": "XL", "sepatu": "42"})) == {
        "/answers/baju": "Pilih salah satu dari daftar.",
        "/answers/sepatu": "Pertanyaan ini tidak ada.",
    }
    other = await desk.add({}, email="b@luwukab.go.id")
    assert list(faults(await desk.change(other, answers={"baju": "L"}))) == ["/answers/baju"]
    await desk.ask(SHIRT | {"label": "Baju"}, DIET)
    assert [one[:3] for one in await desk.listed()] == [
        ("baju", "choice", True),
        ("diet", "text", True),
        ("inap", "yes_no", False),
        ("topik", "several", False),
        ("tiba", "date", False),
        ("tim", "number", False),
    ]


async def test_a_question_of_another_kind_under_the_same_code_counts_its_own_answers(desk: Desk) -> None:
    first, second = await desk.add(GOOD), await desk.add(GOOD, email="b@luwukab.go.id")
    await desk.ask({"code": "baju", "label": "Nomor baju", "kind": "number", "required": True})
    assert (await desk.own_change(first, rank="IVa")).json()["answers"] == GOOD
    assert list(faults(await desk.own_change(first, answers={"baju": "L"}))) == ["/answers/baju"]
    assert (await desk.own_change(second, answers={"baju": 42})).status_code == 200
    assert [one for one in await desk.listed() if one[0] == "baju"] == [
        ("baju", "number", True, 1),
        ("baju", "choice", False, 1),
    ]
    await desk.ask(SHIRT)
    assert [one for one in await desk.listed() if one[0] == "baju"] == [
        ("baju", "choice", True, 1),
        ("baju", "number", False, 1),
    ]


async def test_a_choice_that_is_no_longer_offered_stays_with_those_who_chose_it(desk: Desk) -> None:
    row = await desk.add(GOOD | {"topik": ["Data", "AI"]})
    await desk.ask(SHIRT | {"choices": ["XL"]}, TOPICS | {"choices": ["Data", "Jaringan"]})
    changed = await desk.own_change(row, answers={"baju": "M", "topik": ["AI", "Jaringan"]})
    assert changed.json()["answers"] == GOOD | {"topik": ["AI", "Jaringan"]}
    other = await desk.add({"baju": "XL"}, email="b@luwukab.go.id")
    assert list(faults(await desk.own_change(other, answers={"baju": "M", "topik": ["AI"]}))) == [
        "/answers/baju",
        "/answers/topik",
    ]


async def test_questions_that_nobody_answered_leave_nothing_behind(desk: Desk, database: Database) -> None:
    await desk.add({"diet": "Kacang"})
    await desk.ask(TEAM)
    await desk.ask()
    assert await desk.listed() == [("diet", "text", False, 1)]
    async with database.read() as session:
        kept = (await session.exec(select(Workshop.former_questions))).one()
    assert [one["code"] for one in kept] == ["diet", "tim"]


async def test_an_answer_that_is_just_being_given_finds_its_question_among_the_former(
    desk: Desk, database: Database
) -> None:
    row = await desk.add({})
    await desk.ask(TEAM)
    async with database.write() as session:
        (await session.exec(select(Registration))).one().answers = {"diet": "Kacang"}
    await desk.ask()
    assert await desk.listed() == [("diet", "text", False, 1)]
    assert (await desk.own_change(row, answers={"diet": "Udang"})).json()["answers"] == {"diet": "Udang"}


async def test_an_organisation_answers_for_its_delegates_what_it_knows(desk: Desk, database: Database) -> None:
    async with database.write() as session:
        await factories.organisation(session, await factories.house_of(session, str(desk.gathering.id)), "dinkes")
    invited = await desk.client.post(f"{desk.url}/invitations", json={"organisation": "dinkes"}, headers=desk.key)
    url = f"/api/v1/invitations/{invited.json()['link'].rsplit('/', 1)[1]}/delegates"
    delegate = {"name": "Kepala Seksi", "email": "seksi@luwukab.go.id", "mode": "offline"}
    assert list(faults(await desk.client.put(url, json={"items": [delegate | {"answers": {"baju": "XL"}}]}))) == [
        "/answers/baju"
    ]
    named = await desk.client.put(url, json={"items": [delegate | {"answers": {"baju": "L", "inap": True}}]})
    assert named.status_code == 200, named.text
    changed = delegate | {"id": named.json()["delegates"][0]["id"], "answers": {"inap": False}}
    assert (await desk.client.put(url, json={"items": [changed]})).status_code == 200
    assert "answers" not in named.text
    async with database.read() as session:
        row = (await session.exec(select(Registration))).one()
    assert row.answers == {"baju": "L", "inap": False}


async def test_the_list_of_questions_is_for_staff_and_can_be_kept(desk: Desk) -> None:
    url = f"{desk.url}/questions"
    first = await desk.client.get(url, headers=desk.key)
    assert first.json()["items"][5] | {"answered": 0, "asked": True} == first.json()["items"][5]
    assert {one["help"] for one in first.json()["items"]} == {None, "Boleh semua"}
    seen = desk.key | {"If-None-Match": first.headers["etag"]}
    assert (await desk.client.get(url, headers=seen)).status_code == 304
    await desk.add({"diet": "Kacang"})
    assert (await desk.client.get(url, headers=seen)).status_code == 200
    assert (await desk.client.get(url)).status_code == 401
