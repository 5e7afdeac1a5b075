"""What does not fit together in a workshop's agenda."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from service.auth import Actor, Permission
from service.domain import agenda, agenda_conflicts, workshops
from service.models.agenda_shapes import ConflictList, ConflictRead
from service.routers.access import Session, allow, respond
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["workshops"])


@router.get(
    "/workshops/{workshop_id}/agenda/conflicts", operation_id="list_agenda_conflicts", response_model=ConflictList
)
async def list_conflicts(
    workshop_id: UUID, request: Request, session: Session, actor: Annotated[Actor, allow(Permission.WORKSHOPS_READ)]
) -> Response:
    """Entries that overlap, run backwards or leave the workshop, hours (JP) that do not add up, doors that open late.

    Nothing here forbids anything: what cannot be stored is refused when it is sent.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    plan = await agenda.load(session, workshop)
    found = [
        ConflictRead(
            code=one.code,
            severity=one.severity,
            message=one.sentence,
            items=[plan.items[place].id for place in one.entries],
            blocks=[plan.blocks[place].code for place in one.blocks],
        )
        for one in agenda_conflicts.conflicts(agenda_conflicts.draft_of(plan))
    ]
    return respond(request, ConflictList(items=found, next=None), workshop.version)
