"""A trial of Zoom names the first thing that is wrong, and leaves no meeting behind."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.clients import zoom_check
from service.settings import Settings
from tests.simulators.zoom import ZoomSimulator

ALL = ("signed_in", "scopes", "host", "meeting", "registration", "cleaned_up", "webhook")


@pytest.fixture
def zoom() -> Iterator[ZoomSimulator]:
    with ZoomSimulator() as made:
        yield made


@pytest.fixture
def settings(zoom: ZoomSimulator, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, **zoom.settings())


async def found(settings: Settings) -> tuple[str, ...]:
    """The code, its details, and the steps."""
    outcome = await zoom_check.check(settings, "Uji coba", "bimtek@luwukab.go.id")
    assert settings.zoom_client_secret
    assert settings.zoom_client_secret.get_secret_value() not in repr(outcome)
    return (str(outcome.code), *outcome.details, *outcome.steps)


async def test_a_working_account_makes_a_meeting_and_deletes_it(settings: Settings, zoom: ZoomSimulator) -> None:
    assert await found(settings) == ("ok", *ALL)
    [meeting] = zoom.meetings.values()
    assert (meeting.topic, meeting.deleted, len(meeting.registrants)) == ("Uji coba", True, 1)
    zoom.scopes = " ".join(zoom_check.SCOPES)
    settings.zoom_webhook_secret = None
    assert await found(settings) == ("webhook_secret_missing", *ALL[:-1])
    zoom.scopes = ""
    assert (await found(settings))[0] == "webhook_secret_missing"


async def test_who_cannot_reach_zoom_or_sign_in_is_told_why(
    settings: Settings, zoom: ZoomSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.zoom_account_id = "other"
    assert await found(settings) == ("account_refused", "400")
    settings.zoom_client_secret = SecretStr("rahasia-yang-keliru")
    assert await found(settings) == ("app_refused", "401")
    zoom.fail("500", "token", 1)
    assert await found(settings) == ("troubled", "500")
    with zoom.away():
        assert await found(settings) == ("away",)
    monkeypatch.setattr(zoom_check, "STEP_SECONDS", 0.1)
    zoom.fail("hang", "token", 1)
    assert await found(settings) == ("silent",)

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    settings.zoom_oauth_url = "https://zoom.invalid"
    assert await found(settings) == ("name_unknown",)


async def test_an_account_that_lacks_something_is_told_what(settings: Settings, zoom: ZoomSimulator) -> None:
    zoom.scopes = "meeting:write:admin meeting:read:list_meetings:admin meeting:read:meeting"
    lacking = ("meeting:read:list_registrants:admin", "report:read:list_meeting_participants:admin")
    assert await found(settings) == ("scopes_missing", *lacking, "signed_in")
    zoom.scopes = ""
    settings.zoom_user_id = "nobody@zoom.invalid"
    assert await found(settings) == ("host_unknown", "1001", *ALL[:2])
    settings.zoom_user_id = "me"
    zoom.paid = False
    assert await found(settings) == ("no_registration", "200", *ALL[:4])
    assert zoom.live() == []
    zoom.paid = True
    zoom.fail("500", "delete", 1)
    [left] = [(await found(settings))[:2]]
    assert left == ("meeting_left", str(zoom.only().id))
    zoom.daily_limit = 1
    assert await found(settings) == ("too_fast", *ALL[:3])
    zoom.fail("500", "create", 1)
    assert await found(settings) == ("troubled", "500", *ALL[:3])
