"""`bimtek device`: door devices without a browser: adding one prints the code that pairs it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import segno
import typer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth
from service.cli_database import with_database
from service.db import Database
from service.demo_folder import as_served
from service.domain import devices
from service.models.devices import Device
from service.models.devices_shapes import DeviceCreate
from service.models.organizers import Organizer
from service.models.workshops import Workshop
from service.settings import Settings

app = typer.Typer(name="device", no_args_is_help=True, help="Phones and scanners at the door of a workshop.")

Which = Annotated[str, typer.Option("--workshop", help="The workshop's word in addresses, or its id")]
House = Annotated[str | None, typer.Option("--organizer", help="Whose it is, where several have such a workshop")]
_SAFE_HOSTS = {"localhost", "127.0.0.1", "::1"}
_LONGEST_LIST = 10_000


class NotNamed(typer.BadParameter):
    """The words on the command line name no row, or several."""


@app.command()
def add(
    workshop: Which,
    name: Annotated[str, typer.Option(help='Name that people at the door recognise, e.g. "Gerbang A"')],
    gate: Annotated[str | None, typer.Option(help="Where it stands")] = None,
    organizer: House = None,
    png: Annotated[Path | None, typer.Option(help="Also write the code to this file, to be printed")] = None,
) -> None:
    """Add a device and print the code that pairs it, this once: whoever has it can check people in."""
    settings = as_served(Settings())

    async def go(database: Database) -> tuple[str, bool]:
        async with database.write() as session:
            found = await _workshop(session, workshop, organizer)
            actor = auth.system(found.organizer_id)
            others = await devices.page(session, actor, found.id, None, _LONGEST_LIST)
            row, token = await devices.add(session, actor, found.id, DeviceCreate(name=name, gate=gate))
            return token, any(other.name.casefold() == row.name.casefold() for other in others)

    token, doubled = with_database(settings, go)
    address = f"{settings.base_url.rstrip('/')}/checkin#{token}"
    code = segno.make_qr(address, error="m")
    code.terminal(out=sys.stdout, compact=True)
    typer.echo(f"{address}\nScan it with the device's camera, or open the address there. It is shown this once.")
    if png is not None:
        # Before anything stands in it: whoever reads it can check people in.
        png.touch(0o600)
        png.chmod(0o600)
        code.save(str(png), kind="png", scale=10)
        typer.echo(f"Written: {png}")
    _warn_of_unsafe(settings.base_url)
    if doubled:
        typer.echo(
            f"Warning: another device of this workshop is called {name} too. Nobody can tell their scans apart; "
            "see `bimtek device list` and `bimtek device revoke`.",
            err=True,
        )


def _warn_of_unsafe(base_url: str) -> None:
    parts = urlsplit(base_url)
    if parts.scheme != "https" and parts.hostname not in _SAFE_HOSTS:
        typer.echo(
            f"Warning: {base_url} is not https. Phones will refuse camera and installation; see `bimtek doctor`.",
            err=True,
        )


@app.command("list")
def list_devices(workshop: Which, organizer: House = None) -> None:
    """Print the devices in use: id, name, gate, last upload (UTC) and how far its clock was off then."""

    async def go(database: Database) -> Sequence[Device]:
        async with database.read() as session:
            found = await _workshop(session, workshop, organizer)
            return await devices.page(session, auth.system(found.organizer_id), found.id, None, _LONGEST_LIST)

    rows = with_database(Settings(), go)
    for row in rows:
        typer.echo("  ".join((str(row.id), row.name, row.gate or "-", _synced(row))))
    if not rows:
        typer.echo("No devices.")


def _synced(row: Device) -> str:
    if row.synced_at is None:
        return "never synced"
    skew = f", clock {row.skew_seconds:+.0f} s" if row.skew_seconds is not None else ""
    return f"synced {row.synced_at:%F %T}{skew}"


@app.command()
def revoke(device: Annotated[UUID, typer.Argument(help="Its id, see `bimtek device list`")]) -> None:
    """Revoke a device at once. What it has scanned stays."""

    async def go(database: Database) -> None:
        async with database.write() as session:
            row = await session.get(Device, device)
            if row is None:
                raise NotNamed(f"There is no device {device}.")
            await devices.revoke(session, auth.system(row.organizer_id), device)

    with_database(Settings(), go)
    typer.echo("Revoked.")


async def _workshop(session: AsyncSession, named: str, organizer: str | None) -> Workshop:
    """The workshop of this slug or id. Raises NotNamed."""
    query = select(Workshop).join(Organizer, col(Organizer.id) == col(Workshop.organizer_id))
    identity = _id(named)
    query = query.where(Workshop.id == identity) if identity else query.where(Workshop.slug == named)
    if organizer is not None:
        query = query.where(Organizer.slug == organizer)
    found = (await session.exec(query.limit(2))).all()
    if len(found) == 1:
        return found[0]
    raise NotNamed(
        f"Several organizers have a workshop {named}: say --organizer." if found else f"There is no workshop {named}."
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
