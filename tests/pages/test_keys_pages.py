"""The owner hands out an API key and sets up a webhook, by clicks."""

import asyncio
import re
from uuid import UUID

from fastapi import FastAPI
from httpx import AsyncClient
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.organizers import ApiKey, Role
from service.pages import once
from service.worker import Worker
from tests import factories
from tests.pages.test_account_page import hidden
from tests.pages.world import signed_in


async def test_a_key_is_shown_once_works_tells_when_it_was_used_and_ends(
    client: AsyncClient, database: Database, app: FastAPI
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        other = await factories.organizer(session)
        foreign = await factories.api_key(session, other)
    cookie, csrf = await signed_in(database, house, Role.OWNER)
    shown = hidden(await client.get("/staff/api-keys", headers=cookie), "once")
    form = {
        "csrf": csrf,
        "once": shown,
        "name": "Situs web <kabupaten>",
        "permissions": ["workshops:read", "organisations:read"],
        "expires_at": "2090-01-31",
    }
    # Refused, it is still good; sent three times at once, or again later, it makes one key.
    nameless = await client.post("/staff/api-keys", data=form | {"name": ""}, headers=cookie)
    assert nameless.status_code == 422
    sent = [client.post("/staff/api-keys", data=form, headers=cookie) for _time in range(3)]
    answers = sorted([await one for one in asyncio.as_completed(sent)], key=lambda one: one.status_code)
    made, *again = [*answers, await client.post("/staff/api-keys", data=form, headers=cookie)]
    assert [(one.status_code, one.headers["location"]) for one in again] == [(303, "/staff/api-keys?done=sent")] * 3
    assert "tidak ada kunci yang dibuat" in (await client.get("/staff/api-keys?done=sent", headers=cookie)).text
    [token] = re.findall(r'id="kunci-baru">(bmk_[^<]+)<', made.text)
    bearer = factories.bearer(token)
    listed = (await client.get("/staff/api-keys", headers=cookie)).text
    assert token not in listed
    assert "Situs web &lt;kabupaten&gt;" in listed
    assert "31 Januari 2090" in listed
    assert "Belum pernah dipakai" in listed

    assert (await client.get("/api/v1/organisations", headers=bearer)).status_code == 200
    assert (await client.get("/api/v1/staff", headers=bearer)).status_code == 403
    await app.state.seen.write()
    assert "Belum pernah dipakai" not in (await client.get("/staff/api-keys", headers=cookie)).text
    async with database.read() as session:
        [row] = [one for one in await session.exec(select(ApiKey)) if one.organizer_id == house.id]
        assert row.used_at is not None
        assert abs((clock.real_now() - row.used_at).total_seconds()) < 60

    revoked = await client.post(f"/staff/api-keys/{row.id}/revoke", data={"csrf": csrf}, headers=cookie)
    assert revoked.headers["location"] == "/staff/api-keys?done=revoked"
    assert (await client.get("/api/v1/organisations", headers=bearer)).status_code == 401
    # Of another house neither the key is listed nor can it be revoked.
    theirs = (await client.get("/api/v1/api-keys", headers=foreign)).json()["items"][0]["id"]
    assert (
        await client.post(f"/staff/api-keys/{theirs}/revoke", data={"csrf": csrf}, headers=cookie)
    ).status_code == 404


async def test_a_wrong_key_form_says_which_part_and_keeps_what_was_ticked(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
    cookie, csrf = await signed_in(database, house, Role.OWNER)
    for typed, fields in (
        ({"name": "", "permissions": []}, ["name", "permissions"]),
        ({"name": "Situs", "permissions": ["workshops:read"], "expires_at": "31-01-2090"}, ["expires_at"]),
        ({"name": "Situs", "permissions": ["workshops:read"], "expires_at": "2001-01-31"}, ["expires_at"]),
        ({"name": "Situs", "permissions": ["organizers:create"]}, ["permissions"]),
    ):
        form = {"csrf": csrf, "once": once.value(), **typed}
        refused = await client.post("/staff/api-keys", data=form, headers=cookie)
        assert refused.status_code == 422
        assert re.findall(r'<li><a href="#(\w+)">', refused.text) == fields
        assert ('value="workshops:read" checked' in refused.text) == ("workshops:read" in typed["permissions"])
    for_ever = {
        "csrf": csrf,
        "once": once.value(),
        "name": "Situs",
        "permissions": "workshops:read",
        "expires_at": "9999-12-31",
    }
    assert "31 Desember 9999" in (await client.post("/staff/api-keys", data=for_ever, headers=cookie)).text
    organizer, csrf = await signed_in(database, house, Role.ORGANIZER)
    assert (await client.get("/staff/api-keys", headers=organizer)).status_code == 403
    assert (await client.get("/staff/webhooks", headers=organizer)).status_code == 403


async def test_a_webhook_is_added_tried_changed_paused_and_removed(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
    cookie, csrf = await signed_in(database, house, Role.OWNER)
    refused = await client.post("/staff/webhooks", data={"csrf": csrf, "url": "http://127.0.0.1/"}, headers=cookie)
    assert (refused.status_code, 'href="#url"' in refused.text) == (422, True)
    form = {"csrf": csrf, "url": "https://hooks.invalid/bimtek", "description": "Dasbor", "types": "registration.*"}
    # A form that nobody showed lately, and one sent again, add nothing.
    old = str(UUID(int=(1_600_000_000_000 << 80) | 1))
    for typed in (form, form | {"once": old}):
        answer = await client.post("/staff/webhooks", data=typed, headers=cookie)
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff/webhooks?done=sent")
    form["once"] = once.value()
    added = (await client.post("/staff/webhooks", data=form, headers=cookie)).text
    assert (await client.post("/staff/webhooks", data=form, headers=cookie)).status_code == 303
    assert re.search(r'id="nilai-rahasia">whsec_', added)
    [page] = set(
        re.findall(
            r'href="(/staff/webhooks/[0-9a-f-]{36})"', (await client.get("/staff/webhooks", headers=cookie)).text
        )
    )
    shown = (await client.get(page, headers=cookie)).text
    assert "whsec_" not in shown
    assert 'value="registration.*" checked' in shown

    # The answer with a new secret, loaded again, makes no third one: the receiver may know only the first.
    version = {"version": re.findall(r'name="version" value="(\d+)"', shown)[0]}
    turns = [
        await client.post(page, data={"csrf": csrf, "do": "rotate", **version}, headers=cookie) for _twice in range(2)
    ]
    assert [(one.status_code, "whsec_" in one.text, "ETag" in one.text) for one in turns] == [
        (200, True, False),
        (303, False, False),
    ]

    async def do(what: str, **more: str) -> str:
        answer = await client.post(page, data={"csrf": csrf, "do": what, **more}, headers=cookie)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    assert await do("test") == f"{page}?done=test"
    await worker.drain()
    tried = (await client.get(page, headers=cookie)).text
    assert "Webhook dicoba" in tried
    [delivery] = re.findall(r'name="delivery" value="([^"]+)"', tried)
    assert await do("replay", delivery=delivery) == f"{page}?done=replay"
    assert await do("pause") == f"{page}?done=pause"
    assert "Dihentikan" in (await client.get(page, headers=cookie)).text
    stale = await client.post(page, data={**form, "do": "save", "version": "1"}, headers=cookie)
    assert stale.status_code == 412
    [now] = set(re.findall(r'name="version" value="(\d+)"', (await client.get(page, headers=cookie)).text))
    assert await do("save", version=now, url="https://hooks.invalid/dua", types="room.*") == f"{page}?done=save"
    assert 'value="registration.*" checked' not in (await client.get(page, headers=cookie)).text
    assert await do("remove") == "/staff/webhooks?done=removed"
    assert (await client.get(page, headers=cookie)).status_code == 404
