"""The letter of invitation, for the organisation that opens it from its page."""

from fastapi import APIRouter, Request, Response

from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers import letters

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/invitations/{token}/letter.pdf", operation_id="page_invitation_letter")
async def show_letter(token: Token, request: Request, _visitor: Visitor) -> Response:
    """The PDF; what is wrong is said on a page."""
    return await letters.behind(request, token)
