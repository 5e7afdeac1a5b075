"""A forgotten password: a link by mail, good once and for an hour, sets another one.

Whoever asks is answered the same for every address and after the same work: what follows happens in the worker.
"""

from datetime import timedelta

from sqlalchemy import Uuid, bindparam, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox, tokens
from service.db import Database, run, settings_of
from service.domain import known_browsers, limits, passwords, second_factor, sessions
from service.domain.signing_in import account_key, let_try_again
from service.errors import NotFound
from service.events import PasswordResetRequested
from service.models.columns import UtcDateTime
from service.models.organizers import Staff
from service.tokens import Purpose

GOOD_FOR = timedelta(hours=1)
PER_ACCOUNT, PER_ADDRESS = 3, 30
"""How often one address is written to, and one visitor asks, within an hour."""
_RENEW = (
    update(Staff)
    .where(col(Staff.id) == bindparam("whose", type_=Uuid))
    .values(
        reset_version=col(Staff.reset_version) + 1,
        reset_key_id=bindparam("key"),
        reset_expires_at=bindparam("until", type_=UtcDateTime),
    )
)


async def request(database: Database, email: str, address: str) -> None:
    """Has a link sent, if the address has an account that may sign in; the former link is dead then.

    Raises TooManyRequests, for unknown addresses too.
    """
    key = account_key(email)
    await limits.hit(database, f"reset:address:{address}", PER_ADDRESS, GOOD_FOR)
    async with database.write() as session:
        # In here, so that something is written and synced to disk for nobody's account as well.
        await limits.hit_within(session, f"reset:account:{key}", PER_ACCOUNT, GOOD_FOR)
        found = (await session.exec(select(Staff).where(Staff.email_key == key))).first()
        staff = found if found and found.disabled_at is None else _nobody()
        house = await sessions.first_organizer(session, staff)
        await _renew(session, staff)
        if house is not None:
            event = PasswordResetRequested(organizer_id=house, staff_id=staff.id)
            await outbox.record(session, event)
        else:
            # A stranger's clock must not tell: as many statements as for somebody.
            await _renew(session, staff)


def _nobody() -> Staff:
    return Staff(email="", email_key="", name="", password_hash="")


async def issue(session: AsyncSession, staff: Staff) -> str:
    """A new link for an account, whose wrong passwords are forgiven; the former link is dead."""
    await _renew(session, staff)
    await let_try_again(session, staff.email_key)
    await session.refresh(staff)
    return link_of(session, staff)


def link_of(session: AsyncSession, staff: Staff) -> str:
    """The address of the present link. A secret. Raises ValueError when there is none."""
    if staff.reset_key_id is None:
        raise ValueError("no link")
    settings = settings_of(session)
    token = settings.keyring.issue(Purpose.RESET, staff.id, staff.reset_version, staff.reset_key_id)
    return f"{settings.base_url.rstrip('/')}/reset/{token}"


def is_open(staff: Staff) -> bool:
    """Whether the account has a link that is still good."""
    in_time = staff.reset_expires_at is not None and staff.reset_expires_at > clock.real_now()
    return in_time and staff.reset_key_id is not None and staff.disabled_at is None


async def find(session: AsyncSession, token: str, *, lock: bool = False) -> Staff:
    """Whose password the link sets. Raises NotFound when it is used, replaced, too old or none."""
    staff_id = tokens.subject(token)
    row = await session.get(Staff, staff_id, with_for_update=lock or None, populate_existing=lock) if staff_id else None
    if row is None or not is_open(row) or row.reset_key_id is None:
        raise NotFound
    if not settings_of(session).keyring.opens(token, Purpose.RESET, row.id, row.reset_version, row.reset_key_id):
        raise NotFound
    return row


async def use(database: Database, token: str, password: str, known: str | None = None) -> tuple[str, str]:
    """Sets the password and signs the person out everywhere; the second factor stays, wrong passwords are forgiven.

    Answers the address to sign in with, and the new value of the cookie that makes the browser known (`known` before;
    known_browsers.py): while a stranger uses up the attempts at the account, so its person comes in from a new browser.

    Of two at once the first counts. Raises NotFound for a dead link, InvalidInput for an unfit password.
    """
    async with database.read() as session:
        person = await find(session, token)
    passwords.check_rules(password, person.email, "/password")
    new_hash = await passwords.hashed(password)
    async with database.write() as session:
        staff = await find(session, token, lock=True)
        sessions.set_password(staff, new_hash)
        await let_try_again(session, staff.email_key)
        await sessions.end_sessions(session, staff.id)
        await second_factor.tell(session, staff, "password", f"staff:{staff.id}")
        return staff.email, known_browsers.remembered(database.settings.keyring, staff, known)


async def _renew(session: AsyncSession, staff: Staff) -> None:
    key_id = settings_of(session).keyring.current_id
    await run(session, _RENEW, {"whose": staff.id, "key": key_id, "until": clock.real_now() + GOOD_FOR})
