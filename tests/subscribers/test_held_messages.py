"""Nobody's mailbox is filled by strangers who type its address."""

from datetime import timedelta

from httpx import AsyncClient

from service import clock
from service.clients import mail
from service.db import Database
from service.settings import Settings
from service.worker import Worker
from tests.routers.test_registrations import form, make


async def test_a_known_contact_is_asked_about_five_strangers_an_hour(
    client: AsyncClient, database: Database, worker: Worker, settings: Settings
) -> None:
    _house, gathering, _key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    await client.post(url, json=form())
    await worker.drain()

    async def strangers(count: int) -> tuple[int, list[dict[str, object]]]:
        """How many mails they caused, and what they were told apart from their number."""
        before = len(list(mail.folder(settings).glob("*.eml")))
        answers = [await client.post(url, json=form(name=f"Orang {index}")) for index in range(count)]
        await worker.drain()
        after = len(list(mail.folder(settings).glob("*.eml")))
        return after - before, [answer.json() | {"number": 0} for answer in answers]

    caused, told = await strangers(7)
    assert caused == 5
    assert told == [told[0]] * 7
    clock.freeze(clock.now() + timedelta(hours=1))
    assert (await strangers(1))[0] == 1
