"""Workshops over HTTP: who sees what, what is accepted, what an edit needs."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from service import auth, clock
from service.auth import Permission
from service.db import Database
from service.models.organizers import Membership, Role
from service.models.workshops import Workshop, WorkshopStatus
from tests import factories
from tests.factories import at
from tests.support.workshops import LIST, PLAN, House, read


async def test_a_workshop_is_created_as_a_draft_with_everything_that_was_sent(house: House) -> None:
    made = await house.create()
    assert made["status"] == "draft"
    assert made["slug"] == "bimtek-penyusunan-masterplan-smart-city"
    assert made["organizer"] == "luwu"
    assert made["timezone"] == "Asia/Makassar"
    assert made["kinds"] == ["bimtek", "evaluation"]
    assert made["venue"] == {"name": "Aula Bappelitbangda", "address": None, "latitude": -3.39, "longitude": 120.37}
    assert made["capacity"] == {"offline": {"limit": 80, "taken": 0}, "online": {"limit": None, "taken": 0}}
    assert made["registration"] == {
        "opens_at": None,
        "closes_at": "2023-07-03T04:00:00Z",
        "state": "closed",
        "waiting_list": False,
        "approval": False,
    }
    [block] = made["blocks"]
    assert (block["starts_at"], block["ends_at"]) == ("2023-07-03T01:15:00Z", "2023-07-03T03:45:00Z")
    assert block["checkin_from"] == "2023-07-03T00:15:00Z"
    assert (block["hours"], block["minutes"]) == (3, 135)
    assert [item["title"] for item in made["agenda"]] == ["Registrasi", "Arah kebijakan", "Kelembagaan"]
    assert [item["block"] for item in made["agenda"]] == [None, "D1P", "D1P"]
    assert made["links"] == {
        "page": "http://127.0.0.1:8000/w/luwu/bimtek-penyusunan-masterplan-smart-city",
        "calendar": "http://127.0.0.1:8000/calendar/luwu/bimtek-penyusunan-masterplan-smart-city.ics",
    }
    assert made == await read(house.client, f"{LIST}/{made['id']}", headers=house.key)


async def test_a_slug_made_from_a_title_finds_a_free_one_and_a_given_one_is_refused(house: House) -> None:
    await house.create(title="Évaluasi: Tahap I!")
    again = await house.create(title="Evaluasi tahap I")
    assert again["slug"] == "evaluasi-tahap-i-2"
    assert (await house.create(title="評価"))["slug"] == "kegiatan"
    answer = await house.client.post(LIST, json=PLAN | {"slug": "evaluasi-tahap-i"}, headers=house.key)
    assert (answer.status_code, answer.json()["code"]) == (409, "code_taken")


async def test_a_draft_is_seen_by_its_own_house_alone(house: House, database: Database) -> None:
    draft = await house.create()
    async with database.write() as session:
        other = await factories.organizer(session)
        strangers = [
            {},
            await factories.api_key(session, other),
            await factories.api_key(session, house.row, Permission.REPORTS_READ),
        ]
    for headers in strangers:
        assert (await house.client.get(f"{LIST}/{draft['id']}", headers=headers)).status_code == 404
        assert (await read(house.client, LIST, headers=headers))["items"] == []
    assert [one["id"] for one in (await read(house.client, LIST, headers=house.key))["items"]] == [draft["id"]]
    assert (await house.act(draft, "publication")).status_code == 200
    for headers in strangers:
        assert (await read(house.client, f"{LIST}/{draft['id']}", headers=headers))["status"] == "published"


async def test_a_dead_credential_is_refused_even_where_none_is_needed(house: House) -> None:
    dead = factories.bearer("bmk_dead")
    assert (await house.client.get(LIST, headers=dead)).status_code == 401
    assert (await house.client.get(f"{LIST}/{factories.some_id()}", headers=dead)).status_code == 401


async def test_a_draft_that_is_cancelled_stays_unseen(house: House) -> None:
    draft = await house.create()
    assert (await house.act(draft, "cancellation", reason="Tidak jadi")).json()["status"] == "cancelled"
    assert (await house.client.get(f"{LIST}/{draft['id']}")).status_code == 404
    assert (await read(house.client, LIST))["items"] == []
    calendar = await house.client.get(f"/calendar/luwu/{draft['slug']}.ics")
    assert calendar.status_code == 404


@pytest.mark.parametrize(
    ("start", "moves"),
    [
        ("draft", {"publication": 200, "cancellation": 200, "completion": 409}),
        ("published", {"publication": 409, "cancellation": 200, "completion": 200}),
        ("cancelled", {"publication": 409, "cancellation": 409, "completion": 409}),
        ("completed", {"publication": 409, "cancellation": 409, "completion": 409}),
    ],
)
async def test_a_workshop_moves_only_along_its_life(
    house: House, database: Database, start: str, moves: dict[str, int]
) -> None:
    clock.freeze(at("07-04 14:00"))
    for action, expected in moves.items():
        async with database.write() as session:
            row = await factories.workshop(session, house.row, status=WorkshopStatus(start), venue_name="Aula")
        body = {"reason": "Cuti bersama"} if action == "cancellation" else {}
        answer = await house.act({"id": row.id}, action, **body)
        assert answer.status_code == expected
        if expected == 409:
            assert answer.json()["code"] == "invalid_state"
        else:
            assert answer.json()["version"] == row.version + 1


async def test_publishing_says_what_is_missing(house: House) -> None:
    nowhere = await house.create(venue=None)
    answer = await house.act(nowhere, "publication")
    assert answer.status_code == 409
    assert answer.json()["code"] == "cannot_publish"
    assert answer.json()["missing"] == ["venue.name"]
    online = await house.create(venue=None, modality="online", blocks=[], agenda=[])
    assert (await house.act(online, "publication")).status_code == 200


async def test_an_edit_needs_the_version_it_was_made_from(house: House) -> None:
    made = await house.create()
    url = f"{LIST}/{made['id']}"
    for method, part, body in [
        ("PATCH", "", {"title": "Lain"}),
        ("PUT", "/agenda", {"items": []}),
        ("PUT", "/blocks", {"items": []}),
    ]:
        bare = await house.client.request(method, url + part, json=body, headers=house.key)
        assert (bare.status_code, bare.json()["code"]) == (428, "precondition_required")
        stale = await house.edit(made, body, part=part, version=99)
        assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert (await read(house.client, url, headers=house.key)) == made


async def test_of_two_edits_made_from_one_version_one_wins(house: House) -> None:
    made = await house.create()
    answers = await asyncio.gather(*(house.edit(made, {"title": f"Judul {n}"}) for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
    [winner] = [answer.json() for answer in answers if answer.status_code == 200]
    assert winner == await read(house.client, f"{LIST}/{made['id']}", headers=house.key)


async def test_a_merge_patch_changes_what_it_names_and_null_clears(house: House) -> None:
    made = await house.create()
    answer = await house.edit(made, {"venue": {"address": "Belopa", "latitude": None, "longitude": None}})
    assert answer.json()["venue"] == {
        "name": "Aula Bappelitbangda",
        "address": "Belopa",
        "latitude": None,
        "longitude": None,
    }
    answer = await house.edit(answer.json(), {"capacity": {"online": {"limit": 200}}, "stage": "bimtek_1"})
    changed = answer.json()
    assert changed["capacity"]["offline"]["limit"] == 80
    assert changed["capacity"]["online"]["limit"] == 200
    assert (changed["stage"], changed["title"], changed["version"]) == ("bimtek_1", made["title"], 3)
    answer = await house.edit(changed, {"capacity": {"offline": {"limit": None}}, "stage": None, "venue": None})
    assert answer.json()["capacity"]["offline"]["limit"] is None
    assert answer.json()["stage"] is None
    assert set(answer.json()["venue"].values()) == {None}
    answer = await house.edit(answer.json(), {"registration": {"approval": True}})
    assert answer.json()["registration"]["approval"] is True
    assert answer.json()["registration"]["waiting_list"] is False


async def test_a_patch_that_changes_nothing_leaves_the_version_alone(house: House) -> None:
    made = await house.create()
    answer = await house.edit(made, {"title": made["title"], "capacity": {"offline": {"limit": 80}}})
    assert answer.json() == made
    assert answer.headers["etag"] == f'"{made["version"]}-0.0-closed"'


async def test_a_workshop_that_is_moved_takes_its_programme_along(house: House) -> None:
    made = await house.create()
    answer = await house.edit(
        made,
        {
            "starts_at": "2023-08-07T08:00:00+08:00",
            "ends_at": "2023-08-07T16:00:00+08:00",
            "registration": {"closes_at": None},
        },
    )
    moved = answer.json()
    assert moved["blocks"][0]["starts_at"] == "2023-08-07T01:15:00Z"
    assert moved["blocks"][0]["checkin_from"] == "2023-08-07T00:15:00Z"
    assert [item["starts_at"] for item in moved["agenda"]] == [
        "2023-08-07T00:00:00Z",
        "2023-08-07T01:15:00Z",
        "2023-08-07T02:15:00Z",
    ]
    shorter = await house.edit(moved, {"ends_at": "2023-08-07T11:00:00+08:00"})
    assert shorter.status_code == 422
    assert shorter.json()["errors"][0]["pointer"] == "/ends_at"
    assert moved["agenda"][-1]["title"] in shorter.json()["errors"][0]["message"], "it is named"


async def test_the_agenda_is_replaced_and_entries_sent_with_their_id_stay_the_same(house: House) -> None:
    made = await house.create()
    kept = made["agenda"][1] | {"starts_at": "2023-07-03T09:00:00+08:00", "title": "Arah baru"}
    new = {"title": "Diskusi", "starts_at": "2023-07-03T13:00:00+08:00", "ends_at": "2023-07-03T14:00:00+08:00"}
    answer = await house.edit(made, {"items": [new, kept]}, part="/agenda")
    changed = answer.json()
    assert [item["title"] for item in changed["agenda"]] == ["Arah baru", "Diskusi"]
    assert changed["agenda"][0]["id"] == kept["id"]
    assert changed["agenda"][1]["id"] not in {item["id"] for item in made["agenda"]}
    [block] = changed["blocks"]
    assert (block["starts_at"], block["ends_at"]) == ("2023-07-03T01:00:00Z", "2023-07-03T02:00:00Z")
    assert block["checkin_from"] == "2023-07-03T00:00:00Z"
    again = await house.edit(changed, {"items": changed["agenda"]}, part="/agenda")
    assert again.json()["agenda"] == changed["agenda"]


async def test_what_was_read_of_blocks_can_be_sent_back(house: House) -> None:
    made = await house.create()
    answer = await house.edit(made, {"items": made["blocks"]}, part="/blocks")
    assert answer.json()["blocks"] == made["blocks"]


async def test_blocks_keep_their_entries_or_their_own_times(house: House) -> None:
    made = await house.create()
    items = [
        {
            "code": "D1S",
            "label": "Siang",
            "hours": 2,
            "starts_at": at("07-03 13:00").isoformat(),
            "ends_at": at("07-03 15:00").isoformat(),
        },
        {"code": "D1P", "label": "Pagi", "hours": 4, "checkin_from": at("07-03 07:00").isoformat()},
    ]
    changed = (await house.edit(made, {"items": items}, part="/blocks")).json()
    assert [block["code"] for block in changed["blocks"]] == ["D1S", "D1P"]
    assert changed["blocks"][0]["checkin_from"] == "2023-07-03T04:00:00Z"
    assert changed["blocks"][1]["starts_at"] == made["blocks"][0]["starts_at"]
    assert changed["blocks"][1]["checkin_from"] == "2023-07-02T23:00:00Z"
    assert [item["block"] for item in changed["agenda"]] == [None, "D1P", "D1P"]
    fewer = (await house.edit(changed, {"items": items[:1]}, part="/blocks")).json()
    assert [item["block"] for item in fewer["agenda"]] == [None, None, None]


BAD: list[tuple[str, dict[str, Any]]] = [
    ("/title", {"title": "  "}),
    ("/title", {"title": "x" * 301}),
    ("/title", {"title": "a\u0007b"}),
    ("/title", {"title": None}),
    ("/kinds", {"kinds": []}),
    ("/kinds", {"kinds": ["bimtek", "evaluation", "field_review"]}),
    ("/kinds", {"kinds": ["bimtek", "bimtek"]}),
    ("/kinds/0", {"kinds": ["pesta"]}),
    ("/modality", {"modality": "telepathy"}),
    ("/timezone", {"timezone": "Asia/Luwu"}),
    ("/timezone", {"timezone": "../../etc/passwd"}),
    ("/starts_at", {"starts_at": "2023-07-03T08:00:00"}),
    ("/starts_at", {"starts_at": "kemarin"}),
    ("/starts_at", {"starts_at": "9999-12-31T23:59:59Z"}),
    ("/ends_at", {"ends_at": "2023-07-03T08:00:00+08:00"}),
    ("/ends_at", {"ends_at": "2023-07-02T08:00:00+08:00"}),
    ("/slug", {"slug": "Tidak Sah"}),
    ("/image", {"image": "javascript:alert(1)"}),
    ("/venue/latitude", {"venue": {"latitude": 91, "longitude": 0}}),
    ("/venue/longitude", {"venue": {"latitude": 0, "longitude": -181}}),
    ("/venue", {"venue": {"name": "Aula", "latitude": 1, "longitude": None}}),
    ("/venue/nama", {"venue": {"nama": "Aula"}}),
    ("/capacity/offline/limit", {"capacity": {"offline": {"limit": -1}}}),
    ("/capacity/offline/limit", {"capacity": {"offline": {"limit": 2**40}}}),
    ("/capacity/offline/limit", {"capacity": {"offline": {"limit": True}}}),
    ("/capacity", {"capacity": None}),
    (
        "/registration/closes_at",
        {"registration": {"opens_at": "2023-07-02T00:00:00Z", "closes_at": "2023-07-01T00:00:00Z"}},
    ),
    ("/questions/0", {"questions": [{"code": "a", "label": "Pilih", "kind": "choice"}]}),
    ("/status", {"status": "published"}),
    ("/blocks/0/hours", {"blocks": [{"code": "D1P", "label": "Pagi", "hours": 25}]}),
    ("/blocks/0/hours", {"blocks": [{"code": "D1P", "label": "Pagi", "hours": -1}]}),
    ("/blocks/0/code", {"blocks": [{"code": "../x", "label": "Pagi", "hours": 1}]}),
    ("/blocks/1/code", {"blocks": [{"code": "D1P", "label": "Pagi", "hours": 1}] * 2}),
    ("/blocks/1/starts_at", {"blocks": [*PLAN["blocks"], {"code": "X", "label": "Pagi", "hours": 1}]}),
    ("/blocks/0/checkin_from", {"blocks": [PLAN["blocks"][0] | {"checkin_from": "2023-07-04T08:00:00+08:00"}]}),
    ("/agenda/0/block", {"agenda": [PLAN["agenda"][0] | {"block": "D9"}]}),
    ("/agenda/0/ends_at", {"agenda": [PLAN["agenda"][1] | {"ends_at": "2023-07-03T08:00:00+08:00"}]}),
    ("/agenda/0/ends_at", {"agenda": [PLAN["agenda"][1] | {"ends_at": "2023-07-03T16:01:00+08:00"}]}),
    ("/agenda/0/starts_at", {"agenda": [PLAN["agenda"][1] | {"starts_at": "2023-07-03T07:59:00+08:00"}]}),
    ("/follows", {"follows": "00000000-0000-7000-8000-000000000000"}),
]


async def test_bad_input_is_named_and_changes_nothing(house: House) -> None:
    made = await house.create()
    for pointer, values in BAD:
        posted = await house.client.post(LIST, json=PLAN | values, headers=house.key)
        edited = await house.edit(made, values)
        for answer in (posted, edited):
            assert answer.status_code == 422, answer.text
            assert answer.json()["code"] == "invalid_input"
            assert pointer in {error["pointer"] for error in answer.json()["errors"]}
        assert [made] == (await read(house.client, LIST, headers=house.key))["items"], (pointer, values)


async def test_what_is_left_out_is_named_when_it_is_needed(house: House) -> None:
    answer = await house.client.post(LIST, json={}, headers=house.key)
    named = {error["pointer"] for error in answer.json()["errors"]}
    assert named == {"/title", "/modality", "/starts_at", "/ends_at"}


async def test_a_workshop_follows_only_one_of_the_same_house(house: House, database: Database) -> None:
    async with database.write() as session:
        foreign = await factories.workshop(session, await factories.organizer(session))
    first = await house.create()
    second = await house.create(follows=first["id"])
    assert second["follows"] == first["id"]
    for wrong in (str(foreign.id), second["id"]):
        assert (await house.edit(second, {"follows": wrong})).status_code == 422


async def test_writing_is_refused_to_everybody_else(house: House, database: Database) -> None:
    made = await house.create()
    async with database.write() as session:
        other = await factories.api_key(session, await factories.organizer(session))
        reader = await factories.api_key(session, house.row, Permission.WORKSHOPS_READ)
        row = await session.get_one(Workshop, UUID(made["id"]))
        _device, device = await factories.device(session, row)
        person = factories.bearer(factories.participant_token(session, await factories.registration(session, row)))
    url = f"{LIST}/{made['id']}"
    writes: list[tuple[str, str, Any]] = [
        ("PATCH", url, {"title": "Lain"}),
        ("PUT", f"{url}/agenda", {"items": []}),
        ("PUT", f"{url}/blocks", {"items": []}),
        ("POST", f"{url}/publication", None),
        ("POST", f"{url}/cancellation", {"reason": "x"}),
        ("POST", f"{url}/completion", None),
    ]
    for headers, expected in [({}, 401), (other, 404), (reader, 403), (device, 403), (person, 403)]:
        for method, address, body in writes:
            answer = await house.client.request(method, address, json=body, headers=headers | {"If-Match": "*"})
            assert answer.status_code == expected, (method, address)
    for headers, expected in [({}, 401), (reader, 403), (device, 403), (person, 403)]:
        assert (await house.client.post(LIST, json=PLAN, headers=headers)).status_code == expected


async def test_a_door_keeper_sees_drafts_of_the_named_workshops_only(house: House, database: Database) -> None:
    mine, other = await house.create(), await house.create()
    async with database.write() as session:
        keeper = await factories.staff(session)
        session.add(Membership(staff_id=keeper.id, organizer_id=house.row.id, role=Role.DOOR, workshops=[mine["id"]]))
        await session.flush()
        cookie, _row = await auth.open_session(session, keeper, house.row.id)
    cookies = {"Cookie": f"bimtek={cookie}"}
    assert (await house.client.get(f"{LIST}/{mine['id']}", headers=cookies)).status_code == 200
    assert (await house.client.get(f"{LIST}/{other['id']}", headers=cookies)).status_code == 404
    listed = await read(house.client, LIST, headers=cookies)
    assert [one["id"] for one in listed["items"]] == [mine["id"]]
