"""Corrections of a registration: what they check, what they clear, whom they tell."""

from typing import Any

from httpx import AsyncClient

from service.clients import mail
from service.db import Database
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.routers.test_registrations import form, make, types

QUESTIONS = [{"code": "baju", "label": "Ukuran baju", "kind": "text", "required": True}]


async def registered(
    client: AsyncClient, database: Database, body: dict[str, object], **values: Any
) -> tuple[str, dict[str, str], dict[str, Any]]:
    """The path of a new registration, the headers of staff who edit any version, and what staff were answered."""
    _house, gathering, key = await make(database, **values)
    answer = await client.post(f"/api/v1/workshops/{gathering.id}/registrations", json=body, headers=key)
    assert answer.status_code == 201, answer.text
    return f"/api/v1/registrations/{answer.json()['id']}", key | {"If-Match": "*"}, answer.json()


async def test_a_new_address_gets_the_new_links_once(
    client: AsyncClient, database: Database, worker: Worker, settings: Settings
) -> None:
    url, key, _row = await registered(client, database, form())
    await worker.drain()
    changed = await client.patch(url, json={"email": "baru@luwukab.go.id"}, headers=key)
    await client.patch(url, json={"email": "baru@luwukab.go.id", "rank": "IVa"}, headers=key)
    await worker.drain()
    sent = [path.read_text() for path in sorted(mail.folder(settings).glob("*.eml"))]
    [letter] = [text for text in sent if "To: baru@luwukab.go.id" in text]
    token = changed.json()["links"]["my"].rsplit("/", 1)[1]
    assert token in letter.replace("=\n", "").replace("=\r\n", "")
    assert (await types(database)).count("registration.relinked") == 1


async def test_another_mailbox_of_the_same_identity_makes_the_old_link_useless(
    client: AsyncClient, database: Database
) -> None:
    url, key, row = await registered(client, database, form(email="aptıka@luwukab.go.id"))
    changed = await client.patch(url, json={"email": "aptika@luwukab.go.id"}, headers=key)
    assert changed.json()["links"]["my"] != row["links"]["my"]
    old = factories.bearer(row["links"]["my"].rsplit("/", 1)[1])
    assert (await client.get("/api/v1/my/registration", headers=old)).status_code == 401


async def test_a_patch_that_changes_nothing_leaves_version_and_links_alone(
    client: AsyncClient, database: Database
) -> None:
    url, key, row = await registered(client, database, form(phone="0812-0000-0001"))
    same = await client.patch(url, json={"phone": "+62 812 0000 0001", "name": row["name"]}, headers=key)
    assert same.json() == row
    assert await types(database) == ["registration.confirmed"]


async def test_an_organisation_is_listed_or_named_never_both(client: AsyncClient, database: Database) -> None:
    url, key, row = await registered(client, database, form(organisation_name="Karang Taruna"))
    async with database.write() as session:
        await factories.organisation(session, await factories.house_of(session, row["workshop_id"]), "dinkes")
    for body, expected in (
        ({"organisation": "dinkes"}, ("dinkes", "Dinas dinkes")),
        ({"organisation_name": "PKK"}, (None, "PKK")),
        ({"organisation": "dinkes"}, ("dinkes", "Dinas dinkes")),
        ({"organisation": None}, (None, None)),
    ):
        changed = (await client.patch(url, json=body, headers=key)).json()
        assert (changed["organisation"], changed["organisation_name"]) == expected


async def test_staff_may_leave_questions_open_but_not_answer_what_is_not_asked(
    client: AsyncClient, database: Database
) -> None:
    url, key, row = await registered(client, database, form(), questions=QUESTIONS)
    people = f"/api/v1/workshops/{row['workshop_id']}/registrations"
    unknown = {"answers": {"sepatu": "42"}}
    for answer in (
        await client.post(people, json=form(email="b@luwukab.go.id") | unknown, headers=key),
        await client.patch(url, json=unknown, headers=key),
    ):
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/answers/sepatu"]
    assert (await client.patch(url, json={"answers": {"baju": "L"}}, headers=key)).json()["answers"] == {"baju": "L"}


async def test_an_answer_to_a_question_that_is_no_longer_asked_can_stay(
    client: AsyncClient, database: Database
) -> None:
    url, key, row = await registered(client, database, form(answers={"baju": "L"}), questions=QUESTIONS)
    await client.patch(f"/api/v1/workshops/{row['workshop_id']}", json={"questions": []}, headers=key)
    kept = await client.patch(url, json={"answers": {"baju": "XL"}}, headers=key)
    assert kept.json()["answers"] == {"baju": "XL"}


async def test_answers_are_shown_only_to_those_who_may_see_contact_data(
    client: AsyncClient, database: Database
) -> None:
    url, key, row = await registered(client, database, form(answers={"baju": "0812-rahasia"}), questions=QUESTIONS)
    async with database.write() as session:
        house = await factories.house_of(session, row["workshop_id"])
        viewer = await factories.api_key(session, house, *factories.ROLE_VIEWER)
    assert (await client.get(url, headers=key)).json()["answers"] == {"baju": "0812-rahasia"}
    seen = await client.get(url, headers=viewer)
    assert (seen.status_code, seen.json()["answers"]) == (200, {})
    assert "rahasia" not in seen.text


async def test_staff_switch_the_mode_of_the_version_they_saw_and_the_person_at_any_time(
    client: AsyncClient, database: Database
) -> None:
    url, key, row = await registered(client, database, form(), online=5)
    staff = {"Authorization": key["Authorization"]}
    etag = (await client.get(url, headers=staff)).headers["etag"]
    assert (await client.put(f"{url}/mode", json={"mode": "online"}, headers=staff)).status_code == 428
    switched = await client.put(f"{url}/mode", json={"mode": "online"}, headers=staff | {"If-Match": etag})
    assert (switched.status_code, switched.json()["mode"]) == (200, "online")
    assert switched.headers["etag"] == (await client.get(url, headers=staff)).headers["etag"]
    stale = await client.put(f"{url}/mode", json={"mode": "offline"}, headers=staff | {"If-Match": etag})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    own = factories.bearer(row["links"]["my"].rsplit("/", 1)[1])
    back = await client.put("/api/v1/my/registration/mode", json={"mode": "offline"}, headers=own)
    assert (back.status_code, back.json()["mode"]) == (200, "offline")
