"""The second factor of staff: set up with a telephone, proved at every sign-in, replaced by recovery codes when lost.

What asks for the password takes the Database, as signing in does. Whatever changes here ends the person's other
sessions, gives the present one a new cookie, and is told to the person by mail.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox, tokens
from service.auth import Actor
from service.db import Database, settings_of
from service.domain import limits, sessions, totp
from service.domain.accounts_errors import SecondFactorOff, SecondFactorOn, WrongCode
from service.errors import InvalidInput
from service.events import AccountChanged
from service.i18n import gettext as _
from service.models.accounts import RecoveryCode
from service.models.organizers import Organizer, Staff

CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that are taken for one another on paper."""
_GROUPS, _GROUP = 7, 4
SETTING_UP = timedelta(minutes=15)
"""From the password to the first code."""
DAY = timedelta(days=1)
PER_DAY = 3
"""In a day that many times the wrong codes of a quarter of an hour: a million codes are not tried."""


@dataclass(frozen=True)
class Setup:
    """What an authenticator app is told: the secret in base32, and the address that its QR code holds."""

    secret: str
    uri: str


async def begin(database: Database, actor: Actor, password: str) -> Setup:
    """A new secret, of no effect until `confirm`. Raises InvalidInput, TooManyRequests, SecondFactorOn."""
    known = await sessions.confirm_password(database, actor, password)
    async with database.write() as session:
        staff = await sessions.locked(session, known)
        if staff.totp_since is not None:
            raise SecondFactorOn
        staff.totp_key, staff.totp_step = totp.new_key(database.settings.keyring, clock.real_now()), None
        await session.flush()
        return await _setup(session, actor, staff)


async def pending(session: AsyncSession, actor: Actor) -> Setup:
    """The secret that waits for its first code. Raises SecondFactorOff when none does."""
    _row, staff = await sessions.current(session, actor.session_id)
    _require_pending(staff)
    return await _setup(session, actor, staff)


async def confirm(database: Database, actor: Actor, code: str) -> tuple[list[str], str]:
    """Turns it on with its first code: the recovery codes, shown this once, and the session's new cookie.

    Raises InvalidInput for a wrong code, TooManyRequests, SecondFactorOff, SecondFactorOn.
    """
    async with database.read() as session:
        _row, known = await sessions.current(session, actor.session_id)
    counted = await count(database, known.id, code)
    async with database.write() as session:
        staff = await sessions.locked(session, known)
        _require_pending(staff)
        if not _accept_totp(session, staff, _plain(code)):
            raise InvalidInput.at("/code", _(WrongCode.detail))
        staff.totp_since = clock.real_now()
        codes = await _new_codes(session, staff)
        cookie = await _changed(session, actor, staff, "second_factor_on")
    await limits.give_back(database, *counted)
    return codes, cookie


async def turn_off(database: Database, actor: Actor, password: str, code: str) -> str:
    """Turns it off; the session's new cookie. Raises InvalidInput, TooManyRequests, SecondFactorOff."""
    known = await sessions.confirm_password(database, actor, password)
    counted = await count(database, known.id, code)
    async with database.write() as session:
        staff = await _proven(session, known, code)
        await forget(session, staff)
        cookie = await _changed(session, actor, staff, "second_factor_off")
    await limits.give_back(database, *counted)
    return cookie


async def renew_codes(database: Database, actor: Actor, password: str, code: str) -> tuple[list[str], str]:
    """Ten new recovery codes in place of the former ones, and the session's new cookie.

    As many second factors, so it takes what turning it off takes. Raises InvalidInput, TooManyRequests,
    SecondFactorOff.
    """
    known = await sessions.confirm_password(database, actor, password)
    counted = await count(database, known.id, code)
    async with database.write() as session:
        staff = await _proven(session, known, code)
        codes = await _new_codes(session, staff)
        cookie = await _changed(session, actor, staff, "recovery_codes")
    await limits.give_back(database, *counted)
    return codes, cookie


async def codes_left(session: AsyncSession, staff_id: UUID) -> int:
    """How many recovery codes are still good."""
    unused = (RecoveryCode.staff_id == staff_id, col(RecoveryCode.used_at).is_(None))
    return (await session.exec(select(func.count()).select_from(RecoveryCode).where(*unused))).one()


async def take_away(session: AsyncSession, staff: Staff, by: str) -> None:
    """Turns off somebody's second factor and signs them out everywhere. `staff` is locked."""
    await forget(session, staff)
    await sessions.end_sessions(session, staff.id)
    await tell(session, staff, "second_factor_off", by)


async def forget(session: AsyncSession, staff: Staff) -> None:
    """Leaves no second factor and no recovery code."""
    staff.totp_key = staff.totp_since = staff.totp_step = None
    await session.exec(delete(RecoveryCode).where(col(RecoveryCode.staff_id) == staff.id))
    await session.flush()


async def accept(session: AsyncSession, staff: Staff, code: str) -> bool:
    """Whether this is a code of the app that has not counted yet, or a recovery code; it never counts again.

    `staff` is locked, or two requests at once could both use it.
    """
    plain = _plain(code)
    if not _is_recovery(plain):
        return _accept_totp(session, staff, plain)
    theirs = (col(RecoveryCode.staff_id) == staff.id, col(RecoveryCode.code_hash) == tokens.fingerprint(plain))
    unused = update(RecoveryCode).where(*theirs, col(RecoveryCode.used_at).is_(None))
    return (await session.exec(unused.values(used_at=clock.real_now()))).rowcount == 1


async def count(database: Database, staff_id: UUID, code: str) -> tuple[str, ...]:
    """Counts an attempt before it is made; the keys to give back when it was right. Raises TooManyRequests.

    Nobody guesses a recovery code: with one the owner comes in while a stranger uses up the attempts at figures.
    """
    if _is_recovery(_plain(code)):
        return ()
    counted = (f"second-step:account:{staff_id}", f"second-step:day:{staff_id}")
    attempts = database.settings.sign_in_attempts
    await limits.hit(database, counted[1], attempts * PER_DAY, DAY)
    await limits.hit(database, counted[0], attempts, sessions.WINDOW)
    return counted


async def tell(session: AsyncSession, staff: Staff, what: str, by: str, house: UUID | None = None) -> None:
    """Records that an account changed, so that its person is told; nobody's member is not."""
    organizer_id = house or await sessions.first_organizer(session, staff)
    if organizer_id is not None:
        event = AccountChanged(organizer_id=organizer_id, staff_id=staff.id, what=what)
        await outbox.record(session, event, by)


def _require_pending(staff: Staff) -> None:
    """Raises SecondFactorOn, SecondFactorOff when no secret waits, or it was shown so long ago that the password counts
    no more: a session left open would finish what its person began and gave up.
    """
    if staff.totp_since is not None:
        raise SecondFactorOn
    made = totp.made_at(staff.totp_key) if staff.totp_key else None
    if made is None or clock.real_now() - made > SETTING_UP:
        raise SecondFactorOff


async def _proven(session: AsyncSession, known: Staff, code: str) -> Staff:
    """The account, locked, whose code this is. Raises SecondFactorOff, InvalidInput."""
    staff = await sessions.locked(session, known)
    if staff.totp_since is None:
        raise SecondFactorOff
    if not await accept(session, staff, code):
        raise InvalidInput.at("/code", _(WrongCode.detail))
    return staff


async def _changed(session: AsyncSession, actor: Actor, staff: Staff, what: str) -> str:
    await tell(session, staff, what, actor.label, actor.organizer_id)
    return await sessions.renew(session, actor)


async def _setup(session: AsyncSession, actor: Actor, staff: Staff) -> Setup:
    secret = totp.secret_of(settings_of(session).keyring, staff.id, staff.totp_key) if staff.totp_key else None
    if secret is None:
        raise SecondFactorOff
    house = await session.get(Organizer, actor.organizer_id) if actor.organizer_id else None
    issuer = f"Bimtek {house.slug}" if house else "Bimtek"
    return Setup(totp.spelled(secret), totp.uri(secret, issuer, staff.email))


def _accept_totp(session: AsyncSession, staff: Staff, code: str) -> bool:
    secret = totp.secret_of(settings_of(session).keyring, staff.id, staff.totp_key) if staff.totp_key else None
    if secret is None:
        return False
    step = totp.step_of(secret, code, clock.real_now().timestamp(), staff.totp_step)
    if step is None:
        return False
    staff.totp_step = step
    session.add(staff)
    return True


async def _new_codes(session: AsyncSession, staff: Staff) -> list[str]:
    await session.exec(delete(RecoveryCode).where(col(RecoveryCode.staff_id) == staff.id))
    codes = [_code() for _number in range(CODES)]
    session.add_all(RecoveryCode(staff_id=staff.id, code_hash=tokens.fingerprint(_plain(code))) for code in codes)
    await session.flush()
    return codes


def _code() -> str:
    """138 random bits in seven groups, e.g. `k7mn-x2ab-9qrs-hj4d-w3te-6vyc-p8uf`. Former ones had four: still good."""
    groups = ("".join(secrets.choice(_LETTERS) for _letter in range(_GROUP)) for _group in range(_GROUPS))
    return "-".join(groups)


def _is_recovery(plain: str) -> bool:
    return not (plain.isascii() and plain.isdigit())


def _plain(code: str) -> str:
    """As typed, without what people put between the groups."""
    return "".join(code.split()).replace("-", "").casefold()
