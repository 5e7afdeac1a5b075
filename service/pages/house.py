"""A page in the name of an organizer, or of the service itself."""

from fastapi import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.db import settings_of
from service.models.organizers import Organizer
from service.models.workshops import Workshop
from service.pages.menus import commitment_tabs, section, staff_nav
from service.pages.message_words import unsent
from service.pages.render import CSP, page


def house_page(
    session: AsyncSession,
    organizer: Organizer | None,
    template: str,
    *,
    status: int = 200,
    private: bool = True,
    **context: object,
) -> Response:
    """The page with its organizer's name and colour, where to ask it, and in the demo with the banner."""
    demo = clock.now() if settings_of(session).now else None
    told = {
        "contact": public_contact(organizer) if organizer else None,
        "unsent": unsent(settings_of(session)),
        **context,
    }
    return page(template, status=status, private=private, csp=CSP, organizer=organizer, demo=demo, **told)


def public_contact(organizer: Organizer) -> str | None:
    """Where everybody may ask the organizer: what stands in its letters."""
    contact = organizer.letterhead.get("contact")
    return str(contact) if contact else None


def personal_contact(organizer: Organizer) -> str | None:
    """Where whoever has a personal link asks; without a contact in its letters, the committee's first address."""
    return public_contact(organizer) or next(iter(organizer.committee_emails), None)


async def staff_page(
    session: AsyncSession,
    actor: Actor,
    template: str,
    here: str,
    *,
    workshop: Workshop | None = None,
    status: int = 200,
    **context: object,
) -> Response:
    """A page of the committee, with its menus.

    `here` is the address of the entry it stands under; a page about one `workshop` has that one's row of pages.
    """
    organizer = await session.get_one(Organizer, actor.tenant)
    demo = clock.now() if settings_of(session).now else None
    about = {"carried": f"workshop={workshop.id}&"} if workshop is not None else {}
    return page(
        template,
        status=status,
        private=True,
        csp=CSP,
        organizer=organizer,
        timezone=organizer.timezone,
        nav=staff_nav(actor, here, workshop),
        section=section(actor, here, workshop),
        commitment_tabs=commitment_tabs(actor),
        rehearsal=workshop if workshop is not None and workshop.rehearsal else None,
        csrf=actor.csrf,
        demo=demo,
        unsent=unsent(settings_of(session)),
        **(about | context),
    )
