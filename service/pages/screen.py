"""The screen in the hall, or shared online: a rotating code behind a secret link. It works for hours unattended."""

from fastapi import APIRouter, Response

from service import clock
from service.domain import screens
from service.models.organizers import Organizer
from service.pages.house import house_page
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers.access import Session
from service.routers.screens import shown

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/screen/{token}", operation_id="page_screen")
async def show_screen(token: Token, session: Session, _visitor: Visitor) -> Response:
    """What the screen shows now; its script keeps it so, without it the page reloads itself."""
    screen = await screens.open_link(session, token)
    seen = await screens.look(session, screen)
    house = await session.get_one(Organizer, screen.organizer_id)
    read = shown(session, seen)
    return house_page(
        session,
        house,
        "screen.html",
        status=200,
        private=True,
        shown=read,
        state=state_of(enabled=read.enabled, code=read.code),
        workshop=seen.workshop,
        now=clock.now(),
        source=f"/api/v1/screens/{token}/code",
    )


def state_of(*, enabled: bool, code: str | None) -> str:
    """Which part of the page is seen; the script decides in the same way."""
    return "code" if code else "closed" if enabled else "off"
