"""Signing in, in one step or in two: address and password, then a code where the account has a second factor.

Every attempt is counted before it is made, in the database, and given back when it was right: from a browser that the
person has signed in with before under that browser, else under the account and the visitor's address. The hash takes a
tenth of a second, during which no transaction is open.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock, tokens
from service.db import Database, settings_of
from service.domain import known_browsers, limits, passwords, second_factor, sessions
from service.domain.accounts_errors import SecondFactorNeeded, StepExpired, WrongCode
from service.domain.identity import canonical_email
from service.domain.sessions import WINDOW
from service.errors import WrongCredentials
from service.models.organizers import Staff, StaffSession
from service.tokens import Keyring

# Behind one office address many people sign in; behind one account there is one.
ACCOUNTS_PER_ADDRESS = 3
STEP = timedelta(minutes=5)
_PURPOSE = "second-step"


@dataclass(frozen=True)
class Visit:
    """Where somebody signs in from: the client's `address`, the cookie that the browser held before (`former`), which
    ends, what browser it is, and the cookie that tells whose browser (`known`).
    """

    address: str
    former: str | None = None
    browser: str = ""
    known: str | None = None


class Opened(NamedTuple):
    """A session that begins: the new value of its cookie, its row, and the new value of the cookie `known`."""

    cookie: str
    session: StaffSession
    known: str


async def sign_in(database: Database, email: str, password: str, visit: Visit, code: str | None = None) -> Opened:
    """Opens a session.

    Raises WrongCredentials, after the same time, for an unknown address, a wrong password and a closed account;
    SecondFactorNeeded when those were right and a `code` is missing, WrongCode; TooManyRequests when too many attempts
    on the account or from the client's address failed.
    """
    staff, better_hash = await prove(database, email, password, visit)
    if staff.totp_since is None:
        async with database.write() as session:
            staff = await _unchanged(session, staff)
            # Asked again: the second factor may have been turned on while the hash was compared.
            if staff.totp_since is None:
                return await _open(session, staff, visit, better_hash)
    challenge = _challenge(database.settings.keyring, staff, clock.real_now())
    if code is None:
        raise SecondFactorNeeded(challenge)
    return await second_step(database, challenge, code, visit)


async def prove(database: Database, email: str, password: str, visit: Visit) -> tuple[Staff, str | None]:
    """The account behind address and password, and a better hash for a weak one. Raises as `sign_in` does."""
    key = account_key(email)
    async with database.read() as session:
        staff = (await session.exec(select(Staff).where(Staff.email_key == key))).first()
    counted = await _count(database, key, staff, visit)
    known = staff.password_hash if staff and staff.disabled_at is None else None
    right, better_hash = await passwords.verified(password, known)
    if staff is None or not right:
        raise WrongCredentials
    await limits.give_back(database, *counted)
    return staff, better_hash


async def _count(database: Database, key: str, staff: Staff | None, visit: Visit) -> tuple[str, ...]:
    """Counts an attempt before it is made; the keys to give back when it was right. Raises TooManyRequests."""
    attempts = database.settings.sign_in_attempts
    browser = known_browsers.known(database.settings.keyring, staff, visit.known) if staff else None
    if browser is not None:
        counted = (f"sign-in:browser:{browser}",)
        await limits.hit(database, counted[0], attempts, WINDOW)
        return counted
    account, address = _account_counter(key), f"sign-in:address:{visit.address}"
    # Both or neither: what the account's limit refuses does not use up the attempts of everybody behind the address,
    # and what the address's limit refuses does not use up those at the account.
    async with database.write() as session:
        await limits.hit_within(session, account, attempts, WINDOW)
        await limits.hit_within(session, address, attempts * ACCOUNTS_PER_ADDRESS, WINDOW)
    return account, address


async def let_try_again(session: AsyncSession, key: str) -> None:
    """Forgets the wrong passwords that were tried for an account (`account_key`): its person proved to be there."""
    await limits.forget(session, _account_counter(key))


def _account_counter(key: str) -> str:
    return f"sign-in:account:{key}"


async def second_step(database: Database, challenge: str, code: str, visit: Visit) -> Opened:
    """Opens a session with the code; `challenge` is what the first step answered.

    Raises StepExpired for a challenge that is too old, forged, or about a password that has changed since; WrongCode;
    TooManyRequests.
    """
    keyring = database.settings.keyring
    async with database.read() as session:
        staff = (await session.exec(select(Staff).where(Staff.id == _claimed(challenge)))).first()
    if staff is None or not _holds(keyring, staff, challenge):
        raise StepExpired
    counted = await second_factor.count(database, staff.id, code)
    async with database.write() as session:
        staff = await _unchanged(session, staff)
        if not _holds(keyring, staff, challenge):
            raise StepExpired
        if not await second_factor.accept(session, staff, code):
            raise WrongCode
        opened = await _open(session, staff, visit)
    await limits.give_back(database, *counted)
    return opened


async def _unchanged(session: AsyncSession, known: Staff) -> Staff:
    """The account, locked. Raises WrongCredentials when it was closed, or its password changed, meanwhile."""
    staff = await session.get(Staff, known.id, with_for_update=True, populate_existing=True)
    if staff is None or staff.disabled_at or staff.password_hash != known.password_hash:
        raise WrongCredentials
    return staff


async def _open(session: AsyncSession, staff: Staff, visit: Visit, better_hash: str | None = None) -> Opened:
    organizer_id = await sessions.first_organizer(session, staff)
    if organizer_id is None and not staff.super_owner:
        raise WrongCredentials
    if better_hash:
        staff.password_hash = better_hash
    expired = (col(StaffSession.staff_id) == staff.id) & (col(StaffSession.expires_at) <= clock.real_now())
    await session.exec(delete(StaffSession).where(expired))
    if visit.former:
        held_before = col(StaffSession.token_hash) == tokens.fingerprint(visit.former)
        await session.exec(delete(StaffSession).where(held_before))
    cookie, row = await auth.open_session(session, staff, organizer_id, visit.browser)
    return Opened(cookie, row, known_browsers.remembered(settings_of(session).keyring, staff, visit.known))


def account_key(email: str) -> str:
    """Under what an address is looked up and counted; what is none counts as itself."""
    try:
        return canonical_email(email)
    except ValueError:
        return email.strip().casefold()


def _challenge(keyring: Keyring, staff: Staff, issued: datetime) -> str:
    """Says that the password was right: whose, when, and under which password and second factor. Not stored."""
    return _signed(keyring, staff, str(int(issued.timestamp())), keyring.current_id)


def _signed(keyring: Keyring, staff: Staff, issued: str, key_id: str) -> str:
    about = f"{staff.id}:{issued}:{staff.password_hash}:{staff.totp_key}:{staff.totp_since}"
    return f"{staff.id}.{issued}.{key_id}.{keyring.mac(_PURPOSE, about.encode(), key_id).hex()}"


def _claimed(challenge: str) -> UUID | None:
    try:
        return UUID(challenge.partition(".")[0])
    except ValueError:
        return None


def _holds(keyring: Keyring, staff: Staff, challenge: str) -> bool:
    _id, _dot, rest = challenge.partition(".")
    issued, _dot, rest = rest.partition(".")
    key_id = rest.partition(".")[0]
    well_formed = issued.isascii() and issued.isdigit() and len(issued) <= 11
    if not well_formed or staff.totp_since is None or not keyring.knows(key_id):
        return False
    if not compare_digest(_signed(keyring, staff, issued, key_id).encode(), challenge.encode()):
        return False
    age = clock.real_now() - datetime.fromtimestamp(int(issued), UTC)
    return timedelta(seconds=-1) <= age <= STEP
