"""How a workshop writes to people, and when it reminds them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter, ValidationError

from service.auth import Actor, Permission
from service.domain import messaging, reminders, workshops
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.columns import Instant
from service.models.messaging_shapes import MessagingInput, MessagingRead, ReminderRead
from service.models.workshops import Workshop
from service.routers.access import (
    Page,
    PageQuery,
    Session,
    allow,
    check_version,
    cursor,
    keyset_id,
    page_of,
    respond,
)
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["messages"])
Reader = Annotated[Actor, allow(Permission.WORKSHOPS_READ)]
_instant: TypeAdapter[Instant] = TypeAdapter(Instant)


@router.get("/workshops/{workshop_id}/messaging", operation_id="get_messaging", response_model=MessagingRead)
async def get_messaging(workshop_id: UUID, request: Request, session: Session, actor: Reader) -> Response:
    """Whether the workshop rehearses, which reminders it sends, and whom it lets into the online room."""
    workshop = await workshops.find(session, actor, workshop_id)
    return respond(request, _read(workshop), workshop.version)


@router.put("/workshops/{workshop_id}/messaging", operation_id="replace_messaging", response_model=MessagingRead)
async def replace_messaging(
    workshop_id: UUID,
    data: MessagingInput,
    request: Request,
    session: Session,
    actor: Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)],
) -> Response:
    """Sets all of it; If-Match is the workshop's. Ending a rehearsal sends nothing again by itself."""
    workshop, _capacity = await workshops.find_for_change(session, actor, workshop_id)
    check_version(request, workshop.version)
    workshop = await messaging.change(session, actor, workshop, data)
    return respond(request, _read(workshop), workshop.version)


@router.get("/workshops/{workshop_id}/reminders", operation_id="list_reminders")
async def list_reminders(workshop_id: UUID, session: Session, actor: Reader, paging: PageQuery) -> Page[ReminderRead]:
    """The workshop's reminders by the time they are due: planned, sent, or dropped because they came too late.

    They follow the agenda, the holidays and the due dates by themselves.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    rows = await reminders.of_workshop(session, workshop.id, _position(paging.after(2)), paging.limit + 1)
    page, more = page_of(rows, paging.limit)
    following = cursor(page[-1].due_at.isoformat(), page[-1].id) if more else None
    return Page(items=[ReminderRead.model_validate(row) for row in page], next=following)


def _read(workshop: Workshop) -> MessagingRead:
    return MessagingRead.model_validate(workshop)


def _position(key: list[str] | None) -> tuple[Instant, UUID] | None:
    if key is None:
        return None
    try:
        return _instant.validate_python(key[0]), keyset_id(key[1])
    except ValidationError:
        raise InvalidInput.at("query/cursor", _("Gunakan nilai next dari jawaban sebelumnya.")) from None
