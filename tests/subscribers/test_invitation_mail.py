"""The mail that invites an organisation carries the official letter."""

import io
from email import message_from_bytes, policy
from email.message import EmailMessage

from pypdf import PdfReader

from service.auth import system
from service.db import Database
from service.domain import inviting
from service.models.invitations_shapes import InvitationCreate
from service.settings import Settings
from service.worker import Worker
from tests import factories


async def test_the_letter_goes_along_with_the_invitation(
    database: Database, worker: Worker, settings: Settings
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house)
        contact = {"name": "Sekretariat", "email": "dinkes@luwukab.go.id"}
        await factories.organisation(session, house, "dinkes", name="Dinas Kesehatan", contacts=[contact])
        data = InvitationCreate(organisation="dinkes", letter_number="005/7/Ñ")
        await inviting.invite(session, system(house.id), gathering.id, data)
    await worker.drain()
    [written] = (settings.data_dir / "mail").glob("*.eml")
    message = message_from_bytes(written.read_bytes(), EmailMessage, policy=policy.default)
    [letter] = message.iter_attachments()
    assert (letter.get_content_type(), letter.get_filename()) == ("application/pdf", "Undangan 005-7-Ñ.pdf")
    words = PdfReader(io.BytesIO(letter.get_content())).pages[0].extract_text()
    assert "Yth. Pimpinan Dinas Kesehatan" in words
    assert "/invitations/" in str(message.get_body(("plain",)))
