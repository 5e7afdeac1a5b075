"""Writes to staff about their accounts: invitations, forgotten passwords, changes of what protects them."""

from service.domain import messages_staff
from service.events import AccountChanged, PasswordResetRequested, StaffInvited
from service.outbox import After, Reaction, subscribe
from service.subscribers import sending


@subscribe("accounts.invitation", StaffInvited)
async def invitation(reaction: Reaction) -> After | None:
    """Sends somebody the link that makes them a member of staff."""
    event = reaction.event
    assert isinstance(event, StaffInvited)
    return await sending.write(
        reaction, lambda session: messages_staff.about_invitation(session, event, str(reaction.event_id))
    )


@subscribe("accounts.reset", PasswordResetRequested)
async def reset(reaction: Reaction) -> After | None:
    """Sends the link that sets another password."""
    event = reaction.event
    assert isinstance(event, PasswordResetRequested)
    return await sending.write(
        reaction, lambda session: messages_staff.about_reset(session, event, str(reaction.event_id))
    )


@subscribe("accounts.changed", AccountChanged)
async def changed(reaction: Reaction) -> After | None:
    """Tells somebody that what protects their account changed."""
    event = reaction.event
    assert isinstance(event, AccountChanged)
    return await sending.write(
        reaction, lambda session: messages_staff.about_change(session, event, str(reaction.event_id))
    )
