"""Said when the page from which something was done is gone with it: its link is dead from then on."""

from enum import StrEnum

from fastapi import APIRouter, Response

from service.pages.house import house_page
from service.pages.route import PageRoute
from service.pages.visitors import Visitor, Word, find_house
from service.routers.access import Session

router = APIRouter(route_class=PageRoute, include_in_schema=False)


class Deed(StrEnum):
    """What was done."""

    SUBSTITUTED = "substituted"
    ERASED = "erased"


def done_page(slug: str, deed: Deed) -> str:
    """Where the organizer's page stands that says it; its address tells nothing about anybody."""
    return f"/done/{slug}/{deed}"


@router.get("/done/{slug}/{deed}", operation_id="page_done")
async def show_done(slug: Word, deed: Deed, session: Session, _visitor: Visitor) -> Response:
    """That it is done, and what happens now."""
    house = await find_house(session, slug)
    return house_page(session, house, "done.html", deed=deed.value, home=f"/o/{slug}")
