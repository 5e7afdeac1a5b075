"""A page in the name of an organizer, or of the service itself."""

from fastapi import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import settings_of
from service.models.organizers import Organizer
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
    """The page with its organizer's name and colour, and in the demo with the banner."""
    demo = clock.now() if settings_of(session).now else None
    return page(template, status=status, private=private, csp=CSP, organizer=organizer, demo=demo, **context)
