"""A trial of WhatsApp names the first thing that is wrong; nobody is written to."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.clients import whatsapp_check
from service.settings import Settings
from tests.simulators.whatsapp import WhatsApp
from tests.support.whatsapp import connect

ALL = ("signed_in", "sender", "templates", "webhook")


@pytest.fixture
async def whatsapp() -> AsyncIterator[WhatsApp]:
    made = WhatsApp()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def settings(whatsapp: WhatsApp, tmp_path: Path) -> Settings:
    made = Settings(data_dir=tmp_path)
    connect(made, whatsapp)
    made.whatsapp_account_id = whatsapp.account_id
    return made


async def found(settings: Settings) -> tuple[str, ...]:
    """The code, its details, and the steps."""
    outcome = await whatsapp_check.check(settings)
    assert settings.whatsapp_token
    assert settings.whatsapp_token.get_secret_value() not in repr(outcome)
    return (str(outcome.code), *outcome.details, *outcome.steps)


async def test_templates_are_found_on_every_page_or_named(settings: Settings, whatsapp: WhatsApp) -> None:
    assert len(whatsapp.templates) > whatsapp.page_size
    assert await found(settings) == ("ok", *ALL)
    whatsapp.templates.remove(("bimtek_confirmation", "en"))
    assert await found(settings) == ("templates_missing", "bimtek_confirmation (en)", *ALL[:2])
    whatsapp.unapproved["bimtek_confirmation", "en"] = "PENDING"
    assert await found(settings) == ("templates_not_approved", "bimtek_confirmation (en): PENDING", *ALL[:2])
    settings.whatsapp_account_id = "another"
    assert await found(settings) == ("account_unknown", "100", *ALL[:2])
    settings.whatsapp_account_id = None
    assert await found(settings) == ("ok", "signed_in", "sender", "webhook")
    settings.whatsapp_templates = {}
    assert await found(settings) == ("no_templates", *ALL[:2])
    assert whatsapp.messages == []


async def test_reports_that_could_not_be_verified_are_told_of(settings: Settings) -> None:
    settings.whatsapp_verify_token = None
    assert await found(settings) == ("verify_token_missing", *ALL[:3])
    settings.whatsapp_app_secret = None
    assert await found(settings) == ("app_secret_missing", *ALL[:3])


async def test_token_sender_and_line_are_told_apart(
    settings: Settings, whatsapp: WhatsApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    whatsapp.phone_number_id = "another"
    assert await found(settings) == ("sender_unknown", "100", "signed_in")
    for complaint, code in (
        ((403, 200), "not_permitted"),
        ((403, 10), "not_permitted"),
        ((400, 80007), "too_fast"),
        ((503, 2), "troubled"),
    ):
        whatsapp.complaint = complaint
        assert await found(settings) == (code, str(complaint[1]))
    settings.whatsapp_token = SecretStr("EAAG-expired")
    assert await found(settings) == ("token_refused", "190")
    monkeypatch.setattr(whatsapp_check, "STEP_SECONDS", 0.1)
    whatsapp.mode = "hang"
    assert await found(settings) == ("silent",)
    await whatsapp.stop()
    assert await found(settings) == ("away",)

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    settings.whatsapp_api_url = "https://graph.invalid"
    assert await found(settings) == ("name_unknown",)
