"""A participant and the personal data: what it is for, how long it stays, a copy of it, and its end."""

import json
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.documents import privacy as words
from service.domain import privacy
from service.domain.registrations_shapes import participant_token
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.models.registrations import Registration
from service.models.workshops import Workshop
from service.pages.done import Deed, done_page
from service.pages.forms import BadForm, Typed
from service.pages.participants import participant_page, registration_of, submit
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.visitors import Token, Visitor
from service.routers.access import Session

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/my/{token}/privacy", operation_id="page_my_privacy")
async def show_privacy(token: Token, session: Session, _visitor: Visitor) -> Response:
    """What the data is for and how long it is kept, and how to have it back or gone."""
    return await _form(session, token, {})


@router.post("/my/{token}/privacy", operation_id="page_end_my_data")
async def end_data(token: Token, request: Request, _visitor: Visitor) -> Response:
    """What the button `do` says, once it is confirmed: withdraw the consent, or erase the data."""
    return await submit(request, token, _act, _form)


@router.get("/my/{token}/data.json", operation_id="page_my_data_file")
async def download_data(token: Token, session: Session, _visitor: Visitor) -> Response:
    """Everything that is kept about the person, as a file."""
    row = await registration_of(session, token)
    headers = {
        "Content-Disposition": f'attachment; filename="data-{row.number}.json"',
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
    }
    text = json.dumps(await privacy.own_data(session, row), ensure_ascii=False, indent=2)
    return Response(text, media_type="application/json", headers=headers)


async def _act(session: AsyncSession, actor: Actor, typed: Typed) -> str:
    assert actor.id is not None
    ends = {"withdraw": privacy.withdraw, "erase": privacy.erase}
    do = typed.get("do", "")
    if do not in ends:
        raise BadForm
    if typed.get(f"sure_{do}") != "yes":
        raise InvalidInput.at(f"/sure_{do}", _("Beri tanda centang bila memang yakin."))
    row: Registration = await ends[do](session, actor, actor.id)
    if row.anonymised_at is None:
        return f"/my/{participant_token(session, row)}/privacy"
    house = await session.get_one(Organizer, row.organizer_id)
    return done_page(house.slug, Deed.ERASED)


async def _form(
    session: AsyncSession, token: str, typed: Typed, errors: Sequence[FormError] = (), status: int = 200
) -> Response:
    row = await registration_of(session, token)
    house = await session.get_one(Organizer, row.organizer_id)
    workshop = await session.get_one(Workshop, row.workshop_id)
    proof = await privacy.is_kept_as_proof(session, row)
    days = house.retention_days if workshop.retention_days is None else workshop.retention_days
    return await participant_page(
        session,
        row,
        "my_privacy.html",
        token,
        status=status,
        notice=words.notice_of(house.name, workshop.purpose or house.purpose, days),
        ended=words.end_of(proof=proof, waiting=row.contact_key is not None) if row.withdrawn_at else None,
        kept=words.kept_as_proof()
        if proof
        else _("Semua data Anda dihapus; tiket, tautan, dan halaman ini tidak berlaku lagi."),
        typed=typed,
        errors=errors,
    )
