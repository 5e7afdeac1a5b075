"""The pages as they are really served can be used by ear and by keyboard, in both languages."""

import pytest
from httpx import AsyncClient

from service import clock
from service.auth import system
from service.db import Database
from service.domain import invitations, inviting
from service.models.invitations_shapes import InvitationCreate
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.organizers import Role
from tests import factories
from tests.factories import at
from tests.pages.reading import faults
from tests.pages.world import signed_in
from tests.support.promises import scene


async def pages(client: AsyncClient, database: Database) -> dict[str, str]:
    """Every page that a link of the service leads a stranger to, by its path; a refused form among them."""
    async with database.write() as session:
        s = await scene(session, "luwu")
        mine = await s.ask(session)
        person = factories.participant_token(session, await factories.registration(session, s.workshop))
        portal = factories.portal_token(session, s.agency)
        data = InvitationCreate(organisation=s.agency.code)
        row = await inviting.invite(session, system(s.house.id), s.workshop.id, data)
        invitation = invitations.link_of(session, row).removeprefix("http://127.0.0.1:8000")
    workshop = f"/w/luwu/{s.workshop.slug}"
    commitment = f"/portal/{portal}/commitments/{mine.id}"
    posts = {
        workshop: {"name": ""},
        invitation: {"do": "add"},
        commitment: {"do": "extend"},
    }
    read = ["/", "/o/luwu", workshop, f"{workshop}/registered", f"/my/{person}", f"/join/{person}", "/sign-in"]
    read += [f"/my/{person}/{page}" for page in ("ticket", "data", "substitute", "cancel", "privacy")]
    read += [invitation, f"/portal/{portal}", commitment, "/o/nobody", "/done/luwu/erased"]
    found = {path: (await client.get(path)).text for path in read}
    return found | {f"POST {path}": (await client.post(path, data=typed)).text for path, typed in posts.items()}


@pytest.mark.parametrize("language", ["id", "en"])
async def test_every_page_has_a_heading_names_and_labels(
    client: AsyncClient, database: Database, language: str
) -> None:
    client.headers["Accept-Language"] = language
    clock.freeze(at("07-03 09:00"))
    found = {path: faults(html, language) for path, html in (await pages(client, database)).items()}
    assert {path: said for path, said in found.items() if said} == {}
    assert len(found) == 20


async def committee_pages(client: AsyncClient, database: Database) -> dict[str, str]:
    """Every page of the committee, with something to show on it."""
    async with database.write() as session:
        s = await scene(session, "luwu")
        person = await factories.registration(session, s.workshop, link_shared_at=clock.now(), phone="+6281100000000")
        for status in (MessageStatus.WAITING, MessageStatus.FAILED):
            message = Message(
                organizer_id=s.house.id,
                workshop_id=s.workshop.id,
                registration_id=person.id,
                occasion=Occasion.CONFIRMATION,
                occasion_key=f"{status}",
                channel=Channel.SEND_LIST if status is MessageStatus.WAITING else Channel.MAIL,
                status=status,
            )
            session.add(message)
    cookie, _csrf = await signed_in(database, s.house, Role.OWNER)
    paths = ("/staff", "/staff/messages", "/staff/send-list")
    return {path: (await client.get(path, headers=cookie)).text for path in paths}


@pytest.mark.parametrize("language", ["id", "en"])
async def test_the_committees_pages_have_headings_names_and_labels_too(
    client: AsyncClient, database: Database, language: str
) -> None:
    client.headers["Accept-Language"] = language
    shown = await committee_pages(client, database)
    assert {path: said for path, html in shown.items() if (said := faults(html, language))} == {}
    assert ["<form" in html for html in shown.values()] == [True, True, True]
    assert shown["/staff/messages"].count("<form") == 3


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<html lang="id"><h1>A</h1><a href="/"><svg></svg></a>', "an empty a"),
        ('<html lang="id"><h1>A</h1><button><span aria-hidden="true">x</span></button>', "an empty button"),
        ('<html lang="id"><h1>A</h1><input name="email" id="email">', "email has no label"),
        ('<html lang="id"><h1>A</h1><p id="a"></p><p id="a"></p>', "id a stands 2 times"),
        ('<html lang="id"><h1>A</h1><h3>B</h3>', "h1 is followed by h3"),
        ('<html lang="id"><p>A</p>', "0 main headings"),
        ("<html><h1>A</h1>", "the language is not named"),
    ],
)
def test_the_reader_notices(html: str, fault: str) -> None:
    assert faults(html + "</html>", "id") == [fault]
