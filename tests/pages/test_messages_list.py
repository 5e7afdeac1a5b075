"""All messages of a workshop: found by how they stand, what they are about and whom they are for; kept is not sent."""

import re
from typing import Any

from httpx import AsyncClient

from service.db import Database
from service.models.invitations import Invitation
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.organizers import Role
from service.settings import Settings
from tests import factories
from tests.pages.test_messages_page import message
from tests.pages.test_registrations_page import committee
from tests.pages.world import World
from tests.support.statements import counted

ALL = "/staff/messages/all"


def named(page: str) -> list[str]:
    return re.findall(r'<strong class="anywhere">(?:<a [^>]*>)?([^<]+)<', page)


async def test_messages_are_found_by_standing_occasion_and_name_and_a_page_costs_the_same_for_all(
    client: AsyncClient, database: Database, world: World
) -> None:
    staff = await committee(client, database, world)
    here = f"{ALL}?workshop={world.gathering.id}"
    assert "Belum ada pesan" in await staff.opened(here)
    await message(database, world, MessageStatus.SENT, name="Camat Bua")
    await message(database, world, MessageStatus.BOUNCED, "550 unknown", name="Camat Belopa")
    with counted(database) as few:
        first = await staff.opened(here)
    for index in range(54):
        await message(database, world, MessageStatus.WAITING, name=f"Staf {index}")
    with counted(database) as many:
        page = await staff.opened(here)
    assert (named(first), len(few)) == (["Camat Belopa", "Camat Bua"], len(many))
    assert (len(named(page)), named(page)[0]) == (50, "Staf 53")
    [before] = re.findall(r'name="before" value="([^"]+)"', page)
    rest = await staff.sends(ALL, workshop=world.gathering.id, before=before)
    assert named(rest.text)[-2:] == ["Camat Belopa", "Camat Bua"]
    for wanted, found in (
        ({"standing": "sent"}, ["Camat Bua"]),
        ({"standing": "failed"}, ["Camat Belopa"]),
        ({"q": "camat"}, ["Camat Belopa", "Camat Bua"]),
        ({"occasion": "changed"}, []),
        ({"q": "%"}, []),
    ):
        answer = await staff.sends(ALL, workshop=world.gathering.id, **wanted)
        assert named(answer.text) == found, wanted
    assert "Tidak ada pesan yang cocok" in answer.text
    kept = await staff.sends(ALL, workshop=world.gathering.id, standing="sent", q="bua")
    assert f"?workshop={world.gathering.id}&amp;standing=sent&amp;lang=en" in kept.text


async def test_mail_that_only_went_to_a_folder_is_said_to_be_kept_not_sent(
    client: AsyncClient, database: Database, world: World, settings: Settings
) -> None:
    told = await message(database, world, MessageStatus.SENT, name="Camat Bua")
    async with database.write() as session:
        office = await factories.organisation(session, world.house)
        ids: dict[str, Any] = {"organizer_id": world.house.id, "workshop_id": world.gathering.id}
        row = Invitation(**ids, organisation_id=office.id, key_id=office.key_id)
        session.add(row)
        await session.flush()
        about: dict[str, Any] = {
            "invitation_id": row.id,
            "occasion": Occasion.INVITATION,
            "occasion_key": "invitation:1",
        }
        session.add(Message(**ids, **about, channel=Channel.MAIL, status=MessageStatus.SENT))
    staff = await committee(client, database, world, Role.OWNER)
    pages = [
        f"/staff/registrations/{told.registration_id}",
        f"{ALL}?workshop={world.gathering.id}",
        f"/staff/invitations?workshop={world.gathering.id}",
        f"/staff/invitations/{world.gathering.id}/{row.id}",
    ]
    for path in pages:
        page = await staff.opened(path)
        assert ("Disimpan" in page, "Terkirim" in page) == (True, False), path
    settings.smtp_host = "127.0.0.1"
    for path in pages:
        page = await staff.opened(path)
        assert ("Disimpan" in page, "Terkirim" in page) == (False, True), path
