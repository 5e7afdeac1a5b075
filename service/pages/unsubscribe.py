"""Ending messages one can do without, by the link they carry. Opening the page records nothing."""

from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain import unsubscriptions
from service.domain.unsubscriptions import Subscriber
from service.models.organizers import Organizer
from service.pages import forms
from service.pages.house import house_page
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers.access import database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
AGAIN = "again"


@router.get("/unsubscribe/{token}", operation_id="page_unsubscribe")
async def show(token: Token, request: Request, _visitor: Visitor) -> Response:
    """Says which messages end, and asks."""
    async with database_of(request).read() as session:
        who = await unsubscriptions.find(session, token)
        return await _page(session, who, token)


@router.post("/unsubscribe/{token}", operation_id="page_unsubscribe_now")
async def change(token: Token, request: Request, _visitor: Visitor) -> Response:
    """Ends them, or begins them again. A mail program posts `List-Unsubscribe=One-Click` here (RFC 8058)."""
    values = await forms.typed(request)
    async with database_of(request).write() as session:
        who = await unsubscriptions.find(session, token)
        if values.get("action") == AGAIN:
            await unsubscriptions.subscribe_again(session, who)
        else:
            await unsubscriptions.unsubscribe(session, who)
        return await _page(session, who, token)


async def _page(session: AsyncSession, who: Subscriber, token: str) -> Response:
    house = await session.get_one(Organizer, who.organizer_id)
    ended = bool(await unsubscriptions.among(session, who.organizer_id, [who.contact_key]))
    return house_page(
        session,
        house,
        "unsubscribe.html",
        ended=ended,
        house_name=house.name,
        action=f"/unsubscribe/{token}",
        word=AGAIN if ended else "end",
    )
