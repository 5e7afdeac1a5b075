"""Two records of one organisation are made one: the other one is chosen, what follows is shown, then it is done."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import organisations, organisations_merging, organisations_removal
from service.domain.imports_offices import without_region
from service.domain.organisations_merging import AlreadyMerged
from service.errors import NotFound, Refusal
from service.i18n import gettext as _
from service.models.people import Organisation
from service.models.people_shapes import Collision, CollisionRead, MergeRead
from service.pages import forms
from service.pages.forms import Option
from service.pages.house import staff_page
from service.pages.menus import ORGANISATIONS
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PLACE = ORGANISATIONS + "/{code}/merge"


@router.get(PLACE, operation_id="page_merge_organisation")
async def show(
    code: str,
    session: Session,
    actor: Annotated[Actor, allow(Permission.ORGANISATIONS_WRITE)],
    other: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The choice of the other one, and once it is chosen what a merger leads to."""
    row = await organisations.find(session, actor, code)
    if not other:
        return await _page(session, actor, row)
    try:
        return await _page(session, actor, row, await organisations_merging.preview(session, actor, row.code, other))
    except Refusal as refused:
        return await _page(session, actor, row, errors=forms.errors_of(refused), status=refused.status)


@router.post(PLACE, operation_id="page_merge_organisations")
async def merge(
    code: str, request: Request, actor: Annotated[Actor, allow_first(Permission.ORGANISATIONS_WRITE)]
) -> Response:
    """Merges the other one into this one; sent twice, it is done. Raises NotFound."""
    other = (await forms.typed(request)).get("other", "")
    database = database_of(request)
    try:
        async with database.write() as session:
            await organisations_merging.merge(session, actor, code, other)
    except AlreadyMerged:
        pass
    except NotFound:
        raise
    except Refusal as refused:
        async with database.read() as session:
            row = await organisations.find(session, actor, code)
            return await _page(session, actor, row, errors=forms.errors_of(refused), status=refused.status)
    return RedirectResponse(f"{ORGANISATIONS}/{code}?done=merged", status_code=303)


def _said(one: CollisionRead) -> str:
    texts = {
        Collision.INVITATION: _(
            "Keduanya diundang ke {about}. Undangan {kept} yang berlaku, dan peserta keduanya masuk ke sana; tautan "
            "undangan yang lain berakhir."
        ),
        Collision.COMMITMENT: _(
            "Keduanya diminta {about}. Permintaan kepada {kept} yang berlaku; yang lain ditutup, riwayat dan datanya "
            "tetap tersimpan."
        ),
        Collision.AGREEMENT: _(
            "Keduanya menandatangani {about}. Tanda tangan {kept} yang berlaku; bukti keduanya tetap tersimpan."
        ),
        Collision.ESCALATION: _("Keduanya dieskalasi pada {about}. Eskalasi {kept} yang berlaku."),
    }
    return texts[one.kind].format(about=one.about, kept=one.kept)


async def _choices(session: AsyncSession, actor: Actor, row: Organisation) -> list[Option]:
    """All the others, first those that are called alike."""
    query = select(Organisation.code, Organisation.name).where(
        Organisation.organizer_id == actor.tenant, Organisation.id != row.id
    )
    found = (await session.exec(query.order_by(Organisation.name, Organisation.code))).all()
    own = without_region(row.name)
    alike = sorted(found, key=lambda one: without_region(one[1]) != own)
    return [Option(code, f"{name} ({code})") for code, name in alike]


async def _page(
    session: AsyncSession,
    actor: Actor,
    row: Organisation,
    shown: MergeRead | None = None,
    *,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    other = await organisations.find(session, actor, shown.other) if shown else None
    return await staff_page(
        session,
        actor,
        "organisation_merge.html",
        ORGANISATIONS,
        status=status,
        row=row,
        other=other,
        shown=shown,
        moves=organisations_removal.in_words(shown.moves) if shown else [],
        collisions=[_said(one) for one in shown.collisions] if shown else [],
        choices=[] if shown else await _choices(session, actor, row),
        action=f"{ORGANISATIONS}/{row.code}/merge",
        back=f"{ORGANISATIONS}/{row.code}",
        swapped=f"{ORGANISATIONS}/{other.code}/merge?other={row.code}" if other else "",
        errors=errors,
    )
