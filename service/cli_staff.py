"""`bimtek staff`: ways back for whoever keeps the server, when nobody is left who could help on the pages."""

from typing import Annotated

import typer
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.cli_database import with_database
from service.db import Database
from service.demo_folder import as_served
from service.domain import password_resets, second_factor, signing_in
from service.models.organizers import Staff
from service.settings import Settings

app = typer.Typer(name="staff", no_args_is_help=True, help="Accounts of people who locked themselves out.")
Whose = Annotated[str, typer.Argument(metavar="EMAIL", help="Address that the person signs in with")]
BY = "system"


class NoAccount(typer.BadParameter):
    """The address has no account."""


@app.command("second-factor-off")
def second_factor_off(email: Whose) -> None:
    """Turn off somebody's second factor, sign them out everywhere and tell them by mail. Be sure who asks for it."""

    async def go(database: Database) -> bool:
        async with database.write() as session:
            staff = await _account(session, email)
            was_on = staff.totp_since is not None
            if was_on:
                await second_factor.take_away(session, staff, BY)
            return was_on

    on = with_database(Settings(), go)
    typer.echo("Turned off. The password alone signs in now." if on else "It was not on.")


@app.command("password-reset")
def password_reset(email: Whose) -> None:
    """Print a link that sets another password, good once and for an hour: whoever has it gets into the account."""
    settings = as_served(Settings())

    async def go(database: Database) -> str:
        async with database.write() as session:
            return await password_resets.issue(session, await _account(session, email))

    typer.echo(with_database(settings, go))


async def _account(session: AsyncSession, email: str) -> Staff:
    """The account of that address, locked. Raises NoAccount."""
    query = select(Staff).where(Staff.email_key == signing_in.account_key(email)).with_for_update()
    staff = (await session.exec(query)).first()
    if staff is None:
        raise NoAccount(f"There is no account {email}.")
    return staff
