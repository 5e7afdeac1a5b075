"""Reminding organisations now of what they owe."""

from typing import Annotated

from fastapi import APIRouter

from service.auth import Actor, Permission
from service.domain import commitments_notices
from service.models.escalations_shapes import ReminderNotSent, RemindersCreate, RemindersSent
from service.routers.access import Session, allow
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["commitments"])


@router.post("/commitments/reminders", operation_id="remind_organisations")
async def remind_organisations(
    data: RemindersCreate, session: Session, actor: Annotated[Actor, allow(Permission.COMMITMENTS_REVIEW)]
) -> RemindersSent:
    """Reminds one organisation, or all that owe something at a workshop, at once; each at most once a day.

    Of a cancelled workshop nobody is reminded (409).
    """
    told = await commitments_notices.remind(session, actor, data.workshop, data.organisation)
    return RemindersSent(
        reminded=told.reminded,
        skipped=[ReminderNotSent(organisation=code, reason=reason) for code, reason in told.skipped.items()],
    )
