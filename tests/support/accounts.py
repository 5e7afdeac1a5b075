"""Accounts with passwords and second factors, and the browsers that use them."""

from collections.abc import Sequence
from typing import Any

from httpx import AsyncClient, Response
from sqlmodel import select

from service import clock
from service.db import Database
from service.domain import organizers, totp
from service.models.organizers import Organizer, Staff
from service.models.organizers_shapes import OrganizerCreate

EMAIL = "pemilik@luwukab.go.id"
PASSWORD = "kelapa-sagu-durian"
OTHER = "langsat-rambutan-salak"
API = "/api/v1"


async def owned_house(database: Database, slug: str = "luwu", email: str = EMAIL) -> tuple[Organizer, Staff]:
    """An organizer and its owner, who has PASSWORD."""
    data = OrganizerCreate(slug=slug, name=f"Diskominfo {slug}")
    async with database.write() as session:
        return await organizers.first_owner(session, data, email=email, name="Kepala Dinas", password=PASSWORD)


async def sign_in(
    client: AsyncClient, email: str = EMAIL, password: str = PASSWORD, code: str | None = None
) -> Response:
    """Signs a browser in over the API."""
    body = {"email": email, "password": password} | ({"code": code} if code else {})
    return await client.post(f"{API}/session", json=body)


async def browser(client: AsyncClient, email: str = EMAIL, password: str = PASSWORD) -> dict[str, str]:
    """The headers of a browser of its own, signed in; the client keeps no cookie."""
    answer = await sign_in(client, email, password)
    assert answer.status_code == 200, answer.text
    headers = {"Cookie": f"bimtek={client.cookies['bimtek']}", "X-CSRF-Token": answer.json()["csrf_token"]}
    client.cookies.clear()
    return headers


def moved(client: AsyncClient, headers: dict[str, str]) -> dict[str, str]:
    """The same browser with the new cookie that it was just given."""
    renewed = headers | {"Cookie": f"bimtek={client.cookies['bimtek']}"}
    client.cookies.clear()
    return renewed


async def is_open(client: AsyncClient, headers: dict[str, str]) -> bool:
    """Whether the browser is still signed in."""
    return (await client.get(f"{API}/session", headers=headers)).status_code == 200


async def turn_on(client: AsyncClient, database: Database, headers: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """Sets a second factor up: the recovery codes, and the browser with its new cookie."""
    begun = await client.post(f"{API}/session/second-factor", json={"current_password": PASSWORD}, headers=headers)
    assert begun.status_code == 201, begun.text
    body = {"code": await code_of(database)}
    done = await client.put(f"{API}/session/second-factor", json=body, headers=headers)
    assert done.status_code == 200, done.text
    codes: list[str] = done.json()["codes"]
    return codes, moved(client, headers)


async def code_of(database: Database, later: int = 0, email: str = EMAIL) -> str:
    """What the person's app shows now, or `later` steps from now."""
    async with database.read() as session:
        staff = (await session.exec(select(Staff).where(Staff.email_key == email))).one()
    assert staff.totp_key
    secret = totp.secret_of(database.settings.keyring, staff.id, staff.totp_key)
    assert secret
    return totp.code_at(secret, int(clock.real_now().timestamp()) // totp.SECONDS + later)


async def time_passes(database: Database) -> None:
    """As after a minute: the app shows codes that are later than the last one used."""
    async with database.write() as session:
        for staff in await session.exec(select(Staff)):
            staff.totp_step = None


def pointers(answer: Response) -> Sequence[Any]:
    """Which fields a 422 names."""
    return [error["pointer"] for error in answer.json()["errors"]]
