"""The caller's second factor: set up, turned off, and its recovery codes."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from service.auth import Actor, Permission
from service.domain import second_factor
from service.models.accounts_shapes import (
    PasswordProof,
    RecoveryCodes,
    SecondFactorCode,
    SecondFactorProof,
    SecondFactorSetup,
)
from service.routers.access import allow_first, database_of
from service.routers.route import ApiRoute
from service.routers.sessions import set_cookie

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["session"])
Own = Annotated[Actor, allow_first(Permission.ACCOUNT_OWN)]
NO_REPLAY: dict[str, object] = {"x-idempotency": False}


@router.post("/session/second-factor", operation_id="begin_second_factor", status_code=201, openapi_extra=NO_REPLAY)
async def begin(data: PasswordProof, request: Request, actor: Own) -> SecondFactorSetup:
    """A secret for an authenticator app (RFC 6238), of no effect until its first code is sent."""
    made = await second_factor.begin(database_of(request), actor, data.current_password)
    return SecondFactorSetup(secret=made.secret, uri=made.uri)


@router.put("/session/second-factor", operation_id="confirm_second_factor")
async def confirm(data: SecondFactorCode, request: Request, response: Response, actor: Own) -> RecoveryCodes:
    """Turns the second factor on; the recovery codes are shown this once. All other sessions of the person end."""
    codes, cookie = await second_factor.confirm(database_of(request), actor, data.code)
    set_cookie(response, database_of(request).settings, cookie)
    return RecoveryCodes(codes=codes)


@router.post(
    "/session/second-factor/removal", operation_id="remove_second_factor", status_code=204, openapi_extra=NO_REPLAY
)
async def remove(data: SecondFactorProof, request: Request, response: Response, actor: Own) -> None:
    """Turns the second factor off. All other sessions of the person end."""
    cookie = await second_factor.turn_off(database_of(request), actor, data.current_password, data.code)
    set_cookie(response, database_of(request).settings, cookie)


@router.post("/session/recovery-codes", operation_id="renew_recovery_codes", status_code=201, openapi_extra=NO_REPLAY)
async def renew_codes(data: SecondFactorProof, request: Request, response: Response, actor: Own) -> RecoveryCodes:
    """Ten new recovery codes, shown this once; the former ones are dead. All other sessions of the person end."""
    codes, cookie = await second_factor.renew_codes(database_of(request), actor, data.current_password, data.code)
    set_cookie(response, database_of(request).settings, cookie)
    return RecoveryCodes(codes=codes)
