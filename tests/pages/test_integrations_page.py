"""The owner sees what is set for mail, Zoom and WhatsApp, tries them by a click, and reads what is wrong."""

import re
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from pydantic import SecretStr
from sqlmodel import select

from service.clients.mail_check import SmtpCode, SmtpStep
from service.clients.whatsapp_check import WhatsAppCode, WhatsAppStep
from service.clients.zoom_check import ZoomCode, ZoomStep
from service.db import Database
from service.domain import rooms_budget
from service.models.checks import Check, CheckName, Integration
from service.models.organizers import Organizer, Role
from service.models.rooms import Provider
from service.pages import integration_words
from service.routers import trials
from service.settings import Settings
from tests import factories
from tests.pages.world import signed_in
from tests.simulators.whatsapp import WhatsApp
from tests.simulators.zoom import ZoomSimulator
from tests.support.smtp import SmtpSink
from tests.support.whatsapp import connect

PAGE = "/staff/integrations"
API = "/api/v1/integrations"


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    made = SmtpSink()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def house(database: Database) -> Organizer:
    async with database.write() as session:
        return await factories.organizer(session, "luwu")


def test_every_code_step_and_setting_has_its_words() -> None:
    for integration, codes, steps in (
        (Integration.SMTP, SmtpCode, SmtpStep),
        (Integration.ZOOM, ZoomCode, ZoomStep),
        (Integration.WHATSAPP, WhatsAppCode, WhatsAppStep),
    ):
        assert integration_words.about(integration).title
        assert all(integration_words.finding(integration, code) for code in [*codes, "failed"] if code != "ok")
        assert [step for step in steps if integration_words.step(integration, step) == step] == []
        for name in trials.NEEDED[integration] + trials.USEFUL[integration]:
            assert name in Settings.model_fields
            assert integration_words.purpose(f"BIMTEK_{name.upper()}")


async def test_a_refused_password_is_said_and_put_right_and_a_mail_comes(
    client: AsyncClient, database: Database, app: FastAPI, house: Organizer, sink: SmtpSink
) -> None:
    settings = database.settings
    cookie, csrf = await signed_in(database, house, Role.OWNER)
    bare = (await client.get(PAGE, headers=cookie)).text
    assert bare.count("Belum dipasang") == 3
    assert "Coba sekarang" not in bare

    settings.smtp_host, settings.smtp_port, settings.smtp_security = "127.0.0.1", sink.port, "none"
    settings.mail_from, settings.smtp_user = "bimtek@luwukab.go.id", "akun-surat"
    sink.password, settings.smtp_password = "kata-sandi-benar", SecretStr("kata-sandi-keliru")

    async def tried(**form: str) -> str:
        begun = await client.post(f"{PAGE}/smtp/trial", data={"csrf": csrf} | form, headers=cookie)
        assert begun.headers["location"] == f"{PAGE}?tried=smtp#smtp"
        await app.state.background.settle()
        return (await client.get(f"{PAGE}?tried=smtp", headers=cookie)).text

    wrong = await tried()
    assert "Server menolak akun atau kata sandinya." in wrong
    assert "Nomor jawaban: 535" in wrong
    assert not re.search("kata-sandi-|akun-surat", wrong)
    settings.smtp_password = SecretStr("kata-sandi-benar")
    assert "Semuanya berfungsi." in await tried()
    assert sink.messages == []
    assert "Surat percobaan diterima server" in await tried(mail_me="yes")
    assert [message["Subject"] for message in sink.messages] == ["Surat percobaan"]

    async with database.write() as session:
        row = (await session.exec(select(Check))).one()
        row.finished_at, row.result = None, {}
    running = (await client.get(PAGE, headers=cookie)).text
    assert 'hx-trigger="every 2s"' in running
    again = await client.post(f"{PAGE}/smtp/trial", data={"csrf": csrf}, headers=cookie)
    assert (again.status_code, "Masih berjalan" in again.text) == (409, True)
    viewer, _csrf = await signed_in(database, house, Role.ORGANIZER)
    assert (await client.get(PAGE, headers=viewer)).status_code == 403


async def test_programs_begin_trials_and_read_what_came_of_them(
    client: AsyncClient, database: Database, app: FastAPI, house: Organizer
) -> None:
    async with database.write() as session:
        key = await factories.api_key(session, house)
        foreign = await factories.api_key(session, await factories.organizer(session))
    refused = await client.post(f"{API}/zoom/trial", headers=key)
    assert (refused.status_code, refused.json()["code"]) == (409, "integration_not_configured")

    whatsapp = WhatsApp()
    await whatsapp.start()
    connect(database.settings, whatsapp)
    database.settings.whatsapp_token = SecretStr("EAAG-rahasia")
    with ZoomSimulator() as zoom:
        for name, value in zoom.settings().items():
            setattr(database.settings, name, value)
        begun = (await client.post(f"{API}/zoom/trial", headers=key)).json()
        assert (begun["trial"]["running"], begun["trial"]["code"]) == (True, None)
        assert (await client.post(f"{API}/whatsapp/trial", json={"mail_me": False}, headers=key)).status_code == 202
        await app.state.background.settle()
        assert zoom.live() == []
    await whatsapp.stop()
    read = await client.get(f"{API}/zoom", headers=key)
    assert read.json()["trial"]["code"] == "ok"
    assert (await client.get(f"{API}/zoom", headers=key | {"If-None-Match": read.headers["etag"]})).status_code == 304
    listed = await client.get(API, headers=key)
    smtp, zoomed, messaging = listed.json()["items"]
    assert (smtp["configured"], zoomed, messaging["trial"]["code"]) == (False, read.json(), "token_refused")
    assert {"name": "BIMTEK_ZOOM_CLIENT_SECRET", "state": "set", "needed": True} in zoomed["settings"]
    assert not re.search(f"EAAG-rahasia|{zoom.client_secret}|{zoom.client_id}", listed.text)
    assert [one["trial"] for one in (await client.get(API, headers=foreign)).json()["items"]] == [None] * 3

    database.settings.smtp_host = "127.0.0.1"
    nobody = await client.post(f"{API}/smtp/trial", json={"mail_me": True}, headers=key)
    assert (nobody.status_code, nobody.json()["errors"][0]["pointer"]) == (422, "/mail_me")
    assert (await client.get(f"{API}/backup", headers=key)).status_code == 422


async def test_a_trial_of_zoom_spends_one_meeting_of_the_day_and_none_when_it_never_came_to_it(
    client: AsyncClient, database: Database, app: FastAPI, house: Organizer
) -> None:
    async with database.write() as session:
        key = await factories.api_key(session, house)

    async def tried() -> tuple[str, int]:
        await client.post(f"{API}/zoom/trial", headers=key)
        await app.state.background.settle()
        code = (await client.get(f"{API}/zoom", headers=key)).json()["trial"]["code"]
        async with database.read() as session:
            return code, (await rooms_budget.read(session, Provider.ZOOM, None)).spent

    with ZoomSimulator() as zoom:
        for name, value in zoom.settings().items():
            setattr(database.settings, name, value)
        database.settings.zoom_daily_writes = 1
        zoom.client_secret = "another"
        assert await tried() == ("app_refused", 0)
        assert database.settings.zoom_client_secret
        zoom.client_secret = database.settings.zoom_client_secret.get_secret_value()
        assert await tried() == ("ok", 1)
        assert await tried() == ("daily_limit", 1)
    async with database.read() as session:
        assert {row.name for row in await session.exec(select(Check))} == {CheckName.ZOOM}
