"""The channel of a message: the whole rule, case by case."""

from typing import Any

import pytest
from pydantic import SecretStr

from service.domain.channels import by_api, choose
from service.models.messages import Channel, MessageStatus
from service.settings import Settings

MAIL = (MessageStatus.QUEUED, Channel.MAIL)
WHATSAPP = (MessageStatus.QUEUED, Channel.WHATSAPP)
SEND_LIST = (MessageStatus.WAITING, Channel.SEND_LIST)
NOBODY = (MessageStatus.UNREACHABLE, Channel.NONE)


@pytest.mark.parametrize(
    ("email", "phone", "preferred", "api", "expected"),
    [
        (True, True, None, False, MAIL),
        (True, True, None, True, MAIL),
        (True, True, Channel.MAIL, True, MAIL),
        (True, True, Channel.WHATSAPP, True, WHATSAPP),
        (True, True, Channel.WHATSAPP, False, MAIL),
        (True, False, Channel.WHATSAPP, True, MAIL),
        (False, True, None, True, WHATSAPP),
        (False, True, Channel.MAIL, True, WHATSAPP),
        (False, True, Channel.WHATSAPP, True, WHATSAPP),
        (False, True, None, False, SEND_LIST),
        (False, True, Channel.WHATSAPP, False, SEND_LIST),
        (False, False, None, True, NOBODY),
        (False, False, Channel.WHATSAPP, True, NOBODY),
        (True, False, None, False, MAIL),
    ],
)
def test_the_channel_follows_the_preference_and_what_can_reach_the_person(
    email: bool, phone: bool, preferred: Channel | None, api: bool, expected: tuple[MessageStatus, Channel]
) -> None:
    emails, phones = ["a@luwukab.go.id"] * email, ["+6281100000000"] * phone
    assert choose(emails, phones, preferred=preferred, api=api) == expected


@pytest.mark.parametrize("preferred", [None, Channel.WHATSAPP])
def test_the_committee_is_written_to_by_mail_or_not_at_all(preferred: Channel | None) -> None:
    assert choose(["a@x.id"], ["+62811"], preferred=preferred, api=True, committee=True) == MAIL
    assert choose([], ["+62811"], preferred=preferred, api=True, committee=True) == NOBODY


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"whatsapp_phone_number_id": "1", "whatsapp_token": SecretStr("t")}, True),
        ({"whatsapp_phone_number_id": "1"}, False),
        ({"whatsapp_token": SecretStr("t")}, False),
    ],
)
def test_the_api_needs_a_sender_a_token_and_a_template(values: dict[str, Any], expected: bool) -> None:
    settings = Settings(whatsapp_templates={"confirmation": "konfirmasi"}, **values)
    assert by_api(settings, "confirmation") is expected
    assert by_api(settings, "invitation") is False
