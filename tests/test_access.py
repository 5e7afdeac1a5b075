"""Every operation refuses every caller who has no business there. Generated from the routes and the OpenAPI document.

A new route is covered without a word here. A new noun needs a row in tests/support/access_world.py; a failure says so.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from httpx import AsyncClient, Response

from service.auth import ROLE_PERMISSIONS, Permission
from service.db import Database
from service.models.organizers import Role
from service.routers.access import SAFE_METHODS, permission_of
from service.settings import Settings
from tests.support.access_world import CANARY, Headers, World, build
from tests.support.synthesis import Body

# They say nothing about anybody's data; /metrics asks for loopback or its own key.
WITHOUT_PERMISSION = {"/healthz", "/readyz", "/metrics"}
# What a token of one's own opens, and what is everybody's own.
SIGNED_IN = {Permission.SESSION_OWN, Permission.ACCOUNT_OWN}
OWN = SIGNED_IN | {Permission.DEVICE_OWN, Permission.REGISTRATION_OWN, Permission.PORTAL_OWN}
REFUSED = {401, 403, 404}


@dataclass(frozen=True)
class Operation:
    """A route and one of its methods."""

    method: str
    route: APIRoute
    permission: Permission | None

    def __str__(self) -> str:
        return f"{self.method} {self.route.path}"

    @property
    def writes(self) -> bool:
        return self.method not in SAFE_METHODS

    @property
    def endless(self) -> bool:
        return self.route.path.endswith("/stream")


def operations(app: FastAPI) -> list[Operation]:
    return [
        Operation(method, route, permission_of(route))
        for route in app.state.api_routes
        for method in sorted(route.methods or ())
    ]


def guarded(app: FastAPI) -> list[Operation]:
    """Operations that not everybody may use."""
    return [one for one in operations(app) if one.permission not in {None, Permission.PUBLIC}]


@dataclass(frozen=True)
class Attempt:
    """A well-formed request; `ours` when its address names a row of ours, `body_ours` when its body does."""

    path: str
    query: dict[str, Any]
    content: dict[str, Any]
    ours: bool
    body_ours: bool


def described(app: FastAPI, operation: Operation) -> dict[str, Any]:
    """What the document says of it; nothing of a page."""
    document: dict[str, Any] = app.openapi()
    told: dict[str, Any] = document["paths"].get(operation.route.path, {}).get(operation.method.lower(), {})
    return told


def attempt(app: FastAPI, world: World, operation: Operation) -> Attempt:
    path, ours = world.fill(operation.route.path)
    told = described(app, operation)
    synthesis = Body(world.ids, app.openapi()["components"]["schemas"])
    query = {
        parameter["name"]: synthesis.value(parameter["schema"], parameter["name"])
        for parameter in told.get("parameters", [])
        if parameter["in"] == "query" and parameter.get("required")
    }
    ours = ours or synthesis.ours
    synthesis.ours = False
    content = _content(told.get("requestBody", {}).get("content", {}), synthesis)
    return Attempt(path, query, content, ours, synthesis.ours)


def _content(offered: dict[str, Any], synthesis: Body) -> dict[str, Any]:
    for kind, described in offered.items():
        value = synthesis.value(described["schema"])
        if kind.endswith("json"):
            return {"json": value}
        if kind == "multipart/form-data":
            return {"files": {"files": ("data.csv", b"a,b\n1,2\n", "text/csv")}}
        return {"content": value} if isinstance(value, str) else {"data": value}
    return {}


async def send(app: FastAPI, client: AsyncClient, world: World, operation: Operation, headers: Headers) -> Response:
    made = attempt(app, world, operation)
    try:
        async with asyncio.timeout(10 if operation.endless else 60):
            return await client.request(
                operation.method, made.path, params=made.query, headers={"If-Match": "*"} | headers, **made.content
            )
    except TimeoutError:
        return Response(200, text="a stream that was opened")


def turned_away(answer: Response) -> bool:
    """401, or for a page the way to the sign-in form."""
    return answer.status_code == 401 or answer.headers.get("location", "").startswith("/sign-in")


@pytest.fixture
async def world(database: Database) -> World:
    async with database.write() as session:
        return await build(session)


async def test_every_route_declares_a_permission(app: FastAPI) -> None:
    silent = {one.route.path for one in operations(app) if one.permission is None}
    assert silent == WITHOUT_PERMISSION


async def test_no_write_is_guarded_by_what_a_viewer_holds(app: FastAPI) -> None:
    open_to_viewers = ROLE_PERMISSIONS[Role.VIEWER]
    assert [str(one) for one in operations(app) if one.writes and one.permission in open_to_viewers] == []


@pytest.mark.parametrize("all_with_all", [False, pytest.param(True, marks=pytest.mark.soak)])
async def test_dead_credentials_and_none_open_nothing(
    app: FastAPI, client: AsyncClient, world: World, settings: Settings, *, all_with_all: bool
) -> None:
    """Each operation meets three of them or more, on the other database one; and each of them meets many."""
    opened = []
    every = 1 if all_with_all else len(world.refused) if settings.on_postgresql else 3
    for number, (caller, headers) in enumerate(world.refused.items()):
        for operation in guarded(app)[number % every :: every]:
            answer = await send(app, client, world, operation, headers)
            if not turned_away(answer):
                opened.append(f"{operation} for {caller}: {answer.status_code}")
    assert opened == []


async def test_a_dead_credential_is_refused_where_none_is_needed(client: AsyncClient, world: World) -> None:
    headers = world.refused["revoked key"]
    answer = await client.get(f"/api/v1/organizers/{world.ids['organizers/slug']}", headers=headers)
    assert answer.status_code == 401


async def test_another_tenants_key_finds_nothing_of_ours(app: FastAPI, client: AsyncClient, world: World) -> None:
    found = []
    for operation in guarded(app):
        made = attempt(app, world, operation)
        if operation.endless and not made.ours:
            continue
        answer = await send(app, client, world, operation, world.foreign_key)
        # A code of ours in a body is an unknown code there: 422 says as much as 404.
        expected = REFUSED if made.ours else REFUSED | {422} if made.body_ours else None
        if expected is not None and answer.status_code not in expected:
            found.append(f"{operation}: {answer.status_code} {answer.text[:200]}")
        if answer.status_code >= 500 or leaks(answer, world):
            found.append(f"{operation} tells of us: {answer.status_code} {answer.text[:200]}")
    assert found == []


def leaks(answer: Response, world: World) -> bool:
    ids = [value for value in world.ids.values() if re.fullmatch(r"[0-9a-f-]{36}", value)]
    return CANARY in answer.text or any(value in answer.text for value in ids)


async def test_a_device_opens_no_other_workshop(app: FastAPI, client: AsyncClient, world: World) -> None:
    opened = []
    for operation in guarded(app):
        if operation.permission is Permission.DEVICE_OWN:
            continue
        answer = await send(app, client, world, operation, world.other_device)
        if answer.status_code not in REFUSED and not turned_away(answer):
            opened.append(f"{operation}: {answer.status_code} {answer.text[:200]}")
    assert opened == []


async def test_a_viewer_changes_nothing(app: FastAPI, client: AsyncClient, world: World) -> None:
    changed = []
    for operation in guarded(app):
        if not operation.writes or operation.permission in SIGNED_IN:
            continue
        answer = await send(app, client, world, operation, world.viewer)
        if answer.status_code != 403:
            changed.append(f"{operation}: {answer.status_code} {answer.text[:200]}")
    assert changed == []


async def test_a_links_bearer_uses_nothing_of_the_staff(
    app: FastAPI, client: AsyncClient, world: World, settings: Settings
) -> None:
    """All with all on one database; on the other each operation meets one of them, and each of them many."""
    used = []
    every = 1 if not settings.on_postgresql else len(world.links)
    for number, (caller, headers) in enumerate(world.links.items()):
        for operation in guarded(app)[number % every :: every]:
            if operation.permission in OWN - SIGNED_IN:
                continue
            answer = await send(app, client, world, operation, headers)
            if answer.status_code not in REFUSED:
                used.append(f"{operation} for {caller}: {answer.status_code}")
    assert used == []


async def test_a_revoked_link_opens_nothing(app: FastAPI, client: AsyncClient, world: World) -> None:
    opened = []
    for operation in operations(app):
        if "{token}" not in operation.route.path:
            continue
        answer = await send(app, client, world, operation, {})
        if answer.status_code not in REFUSED:
            opened.append(f"{operation}: {answer.status_code} {answer.text[:200]}")
    assert opened == []


async def test_a_browsers_write_without_its_token_is_refused(app: FastAPI, client: AsyncClient, world: World) -> None:
    done = []
    cookie_only = {"Cookie": world.owner["Cookie"]}
    for operation in guarded(app):
        if not operation.writes:
            continue
        for headers in (cookie_only, cookie_only | {"X-CSRF-Token": world.viewer["X-CSRF-Token"]}):
            answer = await send(app, client, world, operation, headers)
            if answer.status_code != 403:
                done.append(f"{operation}: {answer.status_code} {answer.text[:200]}")
    assert done == []


async def test_the_owner_is_let_in_so_the_refusals_above_mean_something(
    app: FastAPI, client: AsyncClient, world: World
) -> None:
    refused, untold = [], []
    for operation in guarded(app):
        if operation.writes or operation.endless or operation.permission in OWN - SIGNED_IN:
            continue
        if operation.permission is Permission.ORGANIZERS_CREATE:
            continue  # whoever owns one house does not see the others
        if "{token}" in operation.route.path:
            continue
        answer = await send(app, client, world, operation, world.owner)
        if answer.status_code in {401, 403}:
            refused.append(f"{operation}: {answer.status_code} {answer.text[:200]}")
        told = described(app, operation)
        if told and answer.status_code == 200 and ("etag" in answer.headers) != ("304" in told["responses"]):
            untold.append(f"{operation}: {answer.headers.get('etag')}")
    assert refused == []
    assert untold == []
    assert await untold_versions(app, client, world) == []


async def untold_versions(app: FastAPI, client: AsyncClient, world: World) -> list[str]:
    """Updates of which the document does not say rightly whether they need to know the version."""
    wrong = []
    for operation in guarded(app):
        told = described(app, operation)
        if operation.method not in {"PATCH", "PUT"} or operation.permission in OWN or not told:
            continue
        if "application/json" not in told["requestBody"]["content"]:
            continue  # a form that is made up is refused first
        named = [one["required"] for one in told["parameters"] if one["name"] == "If-Match"]
        made = attempt(app, world, operation)
        answer = await client.request(
            operation.method, made.path, params=made.query, headers=world.owner, **made.content
        )
        if (answer.status_code == 428) != any(named) and named != [False]:
            wrong.append(f"{operation}: {answer.status_code} {answer.text[:200]}")
    return wrong
