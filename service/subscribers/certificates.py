"""Writes to people that their certificate is there."""

from service.domain import certificates_letters
from service.events import CertificatesAnnounced
from service.outbox import After, Reaction, subscribe
from service.subscribers import sending


@subscribe("messages.certificates", CertificatesAnnounced)
async def announced(reaction: Reaction) -> After | None:
    """Everybody who holds one, or one person, once about each certificate."""
    event = reaction.event
    assert isinstance(event, CertificatesAnnounced)
    return await sending.write(
        reaction, lambda session: certificates_letters.tell(session, event.workshop_id, event.registration_id)
    )
