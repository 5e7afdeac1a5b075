"""All organizers of the installation, for its super-owners."""

from typing import Annotated

from fastapi import APIRouter

from service.auth import Actor, Permission
from service.domain import roll_up
from service.models.roll_up_shapes import RollUpRead
from service.routers.access import Page, PageQuery, Session, allow, cursor, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["organizers"])


@router.get("/roll-up", operation_id="list_roll_up")
async def list_roll_up(
    session: Session, actor: Annotated[Actor, allow(Permission.ORGANIZERS_CREATE)], paging: PageQuery
) -> Page[RollUpRead]:
    """Every organizer with its current workshop and what is overdue, as figures. For super-owners alone."""
    after = paging.after(1)
    page, more = page_of(
        await roll_up.page(session, actor, after[0] if after else None, paging.limit + 1), paging.limit
    )
    return Page(items=list(page), next=cursor(page[-1].slug) if more else None)
