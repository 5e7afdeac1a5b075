"""Outside services: what is set for them, and whether they work."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from service.auth import Actor, Permission
from service.models.checks import Integration
from service.models.checks_shapes import IntegrationList, IntegrationRead, TrialCreate
from service.routers import trials
from service.routers.access import Session, allow, allow_first, database_of, respond
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["integrations"])
Owner = Annotated[Actor, allow(Permission.ORGANIZER_WRITE)]
Trier = Annotated[Actor, allow_first(Permission.ORGANIZER_WRITE)]


@router.get("/integrations", operation_id="list_integrations", response_model=IntegrationList)
async def list_integrations(request: Request, session: Session, actor: Owner) -> Response:
    """Mail server, Zoom and WhatsApp: which settings are set, never to what, and how the latest trial went."""
    items = await trials.listed(session, actor)
    return respond(request, IntegrationList(items=items, next=None), 0)


@router.get("/integrations/{integration}", operation_id="read_integration", response_model=IntegrationRead)
async def read_integration(integration: Integration, request: Request, session: Session, actor: Owner) -> Response:
    """One of them. While `trial.running` is true, ask again in a few seconds."""
    [found] = [one for one in await trials.listed(session, actor) if one.name is integration]
    return respond(request, found, 0)


@router.post(
    "/integrations/{integration}/trial",
    operation_id="try_integration",
    status_code=202,
    openapi_extra={"x-idempotency": False},
)
async def try_integration(
    integration: Integration, request: Request, actor: Trier, data: TrialCreate | None = None
) -> IntegrationRead:
    """Begins to try it out; `GET /integrations/{integration}` says what came of it.

    The trial stops at the first thing that is wrong. `smtp`: reaches the server, encrypts, signs in, names the sender
    and takes it back. `zoom`: signs in, looks at permissions and host, makes a meeting with registration, registers
    one address, deletes it; this counts as one of the day's meetings. `whatsapp`: looks at token, sender and templates.
    """
    row = await trials.begin(request, actor, integration, mail_me=data is not None and data.mail_me)
    return trials.read(database_of(request).settings, integration, row)
