"""How a person prefers to be written to, and where the committee is."""

import pytest
from httpx import AsyncClient
from sqlmodel import select

from service.auth import system
from service.db import Database
from service.domain import registrations, substitutes
from service.models.messages import Channel
from service.models.registrations import Registration
from service.models.registrations_shapes import RegistrationCreate, SubstituteCreate
from service.models.workshops import Mode
from tests import factories

PERSON = {"name": "Camat Walenrang", "email": "camat@luwukab.go.id", "mode": "offline", "consent": True}


async def test_a_preference_is_given_at_registration_and_changed_later(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        key = await factories.api_key(session, house)
    path = f"/api/v1/workshops/{gathering.id}/registrations"
    made = (await client.post(path, headers=key, json=PERSON | {"channel": "whatsapp", "language": "en"})).json()
    assert (made["channel"], made["language"]) == ("whatsapp", "en")
    one = f"/api/v1/registrations/{made['id']}"
    headers = key | {"If-Match": "*"}
    changed = (await client.patch(one, headers=headers, json={"channel": "mail", "language": None})).json()
    assert (changed["channel"], changed["language"]) == ("mail", None)
    async with database.read() as session:
        row = await session.get_one(Registration, factories.uuid(made["id"]))
        mine = factories.bearer(factories.participant_token(session, row))
    own = (await client.patch("/api/v1/my/registration", headers=mine, json={"channel": "whatsapp"})).json()
    assert (own["channel"], own["links"]) == ("whatsapp", changed["links"])


async def test_the_public_form_keeps_a_preference_too(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        gathering = await factories.workshop(session, await factories.organizer(session))
    path = f"/api/v1/workshops/{gathering.id}/registrations"
    answer = await client.post(path, json=PERSON | {"channel": "whatsapp", "language": "id"})
    assert answer.status_code == 201
    async with database.read() as session:
        row = (await session.exec(select(Registration))).one()
    assert (row.channel, row.language) == ("whatsapp", "id")


@pytest.mark.parametrize("wrong", [{"channel": "send_list"}, {"channel": "none"}, {"language": "fr"}])
async def test_only_channels_and_languages_that_can_be_chosen_are_taken(
    client: AsyncClient, database: Database, wrong: dict[str, str]
) -> None:
    async with database.write() as session:
        gathering = await factories.workshop(session, await factories.organizer(session))
    path = f"/api/v1/workshops/{gathering.id}/registrations"
    assert (await client.post(path, json=PERSON | wrong)).status_code == 422


async def test_a_substitute_inherits_no_preference(database: Database) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        data = RegistrationCreate(
            name="Camat", email="camat@luwukab.go.id", mode=Mode.OFFLINE, channel=Channel.WHATSAPP, language="en"
        )
        old = await registrations.register(session, system(house.id), gathering.id, data)
        stand_in = SubstituteCreate(name="Sekretaris", email="sekcam@luwukab.go.id")
        _old, new = await substitutes.substitute(session, system(house.id), old.id, stand_in)
    assert (new.channel, new.language) == (None, None)


async def test_the_committees_addresses_are_set_in_the_house(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        key = await factories.api_key(session, await factories.organizer(session))
    headers = key | {"If-Match": "*"}
    typed = [" Panitia@Luwukab.go.id", "panitia@luwukab.go.id", "aptika@luwukab.go.id"]
    set_to = (await client.patch("/api/v1/organizer", headers=headers, json={"committee_emails": typed})).json()
    assert set_to["committee_emails"][-1] == "aptika@luwukab.go.id"
    assert (await client.get("/api/v1/organizer", headers=key)).json() == set_to
    wrong = await client.patch("/api/v1/organizer", headers=headers, json={"committee_emails": ["a@b.id", "panitia"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/committee_emails/1")


@pytest.mark.parametrize(("language", "said"), [("id", "Isi hanya asal"), ("en", "Give the origin alone")])
@pytest.mark.parametrize("origin", ["https://luwukab.go.id/berita", "luwukab.go.id", "https://luwukab.go.id\n", "*"])
async def test_a_website_is_named_by_its_origin_alone(
    client: AsyncClient, database: Database, origin: str, language: str, said: str
) -> None:
    async with database.write() as session:
        headers = await factories.api_key(session, await factories.organizer(session))
    headers |= {"If-Match": "*", "Accept-Language": language}
    wrong = await client.patch("/api/v1/organizer", headers=headers, json={"embed_origins": [origin]})
    [error] = wrong.json()["errors"]
    assert (wrong.status_code, error["pointer"]) == (422, "/embed_origins/0")
    assert error["message"].startswith(said)
    right = await client.patch("/api/v1/organizer", headers=headers, json={"embed_origins": ["https://Luwukab.go.id/"]})
    assert right.json()["embed_origins"] == ["https://luwukab.go.id"]


async def test_a_field_that_nobody_knows_is_called_a_part_and_not_a_person(
    client: AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        headers = await factories.api_key(session, await factories.organizer(session))
    wrong = await client.patch("/api/v1/organizer", headers=headers | {"If-Match": "*"}, json={"nama": "x"})
    assert wrong.json()["errors"] == [
        {"pointer": "/nama", "message": "Bagian ini tidak dikenal; hapus atau perbaiki ejaannya."}
    ]
