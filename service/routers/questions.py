"""What a workshop asks, and what it once asked."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from service.auth import Actor, Permission
from service.domain import questions, workshops
from service.models.questions import QuestionList
from service.routers.access import Session, allow, respond
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["questions"])


@router.get("/workshops/{workshop_id}/questions", operation_id="list_questions", response_model=QuestionList)
async def list_questions(
    workshop_id: UUID,
    request: Request,
    session: Session,
    actor: Annotated[Actor, allow(Permission.REGISTRATIONS_READ)],
) -> Response:
    """The questions of the registration form, then former ones whose answers are kept; with how many answered each."""
    workshop = await workshops.find(session, actor, workshop_id)
    shown = QuestionList(items=await questions.overview(session, workshop), next=None)
    return respond(request, shown, workshop.version)
