"""People check themselves in: with the code of the hall's screen into the hall, with one shown online as present there.

The time is ours, not the phone's. A code of the hall makes a scan as the door makes it; one shown online never does:
it begins or lengthens an interval of online presence, whatever room the workshop has. A repeated nonce gets the first
answer; a repeated online code, which stores nothing new, gets the interval that it is part of.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.db import Database, settings_of
from service.domain import attendance, checkins, limits, presences, screens, workshops
from service.domain.screens_errors import NoBlockOpen, NonceTaken, SelfCheckinOff, TooManyCodes, WrongCode
from service.errors import TooManyRequests
from service.models.attendance import Checkin, Method, Presence, RefusalReason, Verdict
from service.models.attendance_shapes import CheckinCreate, CheckinRead, PresenceCreate
from service.models.registrations import Registration, RegistrationStatus
from service.models.screens import Audience
from service.models.screens_shapes import OnlineCheckinRead, SelfCheckinCreate
from service.models.workshops import AttendanceBlock, Workshop

SOURCE = "code"
WRONG_CODES, WINDOW = 10, timedelta(minutes=10)
"""How many short codes one person may get wrong."""
GOOD_CODES = 30
"""More than anybody needs: each is stored."""

Told = CheckinRead | OnlineCheckinRead


async def check_in(database: Database, actor: Actor, data: SelfCheckinCreate) -> Told:
    """Checks the participant in. Raises SelfCheckinOff, WrongCode, NoBlockOpen, TooManyCodes, TooManyRequests.

    Takes the Database: the count of wrong codes must survive their refusal. It is taken beforehand, so that guesses
    sent at once are counted as well, and given back when the code was right or not the reason.
    """
    code = screens.typed_code(data.code)
    counted = f"self-checkin:wrong:{actor.id}" if screens.is_short(code) else None
    if counted:
        try:
            await limits.hit(database, counted, WRONG_CODES, WINDOW)
        except TooManyRequests as full:
            raise TooManyCodes(retry_after=full.retry_after) from None
    wrong = False
    try:
        async with database.write() as session:
            return await _check_in(session, actor, code, data.nonce)
    except WrongCode:
        wrong = True
        raise
    finally:
        if counted and not wrong:
            await limits.give_back(database, counted)


async def _check_in(session: AsyncSession, actor: Actor, code: str, nonce: UUID) -> Told:
    assert actor.id is not None
    row = await session.get_one(Registration, actor.id)
    earlier = await _answer_to(session, row, nonce)
    if earlier is not None:
        return earlier
    workshop = await workshops.find(session, actor, row.workshop_id)
    if not screens.takes_codes(workshop):
        raise SelfCheckinOff
    now = clock.now()
    shown = await screens.of_workshop(session, workshop.id)
    screen = screens.showing(settings_of(session).keyring, shown, code, now)
    if screen is None:
        repeated = await _repeated(session, row, code, nonce)
        if repeated is None:
            raise WrongCode
        return repeated
    await limits.hit_within(session, f"self-checkin:good:{row.id}", GOOD_CODES, WINDOW)
    blocks = await screens.blocks_of(session, workshop.id)
    block = screens.open_block(workshop, blocks, screen.audience, now)
    if block is None:
        raise NoBlockOpen
    if screen.audience is Audience.ONLINE:
        return await _online(session, actor, workshop, block, nonce, now)
    return await _hall(session, actor, workshop, nonce, now)


async def _hall(session: AsyncSession, actor: Actor, workshop: Workshop, nonce: UUID, now: datetime) -> CheckinRead:
    scan = CheckinCreate(registration_id=actor.id, method=Method.SELF, claimed_at=now, nonce=nonce)
    told = await checkins.check_in(session, actor, workshop.id, scan)
    if told.registration is None or told.registration.id != actor.id:
        # Somebody else's scan has this nonce: its answer is not for this person.
        raise NonceTaken
    return told


async def _online(
    session: AsyncSession, actor: Actor, workshop: Workshop, block: AttendanceBlock, nonce: UUID, now: datetime
) -> OnlineCheckinRead:
    assert actor.id is not None
    await attendance.lock(session, [actor.id])
    row = await session.get_one(Registration, actor.id, populate_existing=True)
    refused = _refusal(row)
    if refused:
        return OnlineCheckinRead(
            verdict=Verdict.REFUSED, reason=refused, nonce=nonce, block=block.code, joined_at=None, left_at=None
        )
    connection = f"{_connection(row)}{block.code}"
    # A half-day that was put off keeps its code: what was begun on another day is not gone on with.
    day = clock.start_of_day(clock.local_date(block.checkin_from, workshop.timezone), workshop.timezone)
    query = select(Presence).where(
        Presence.workshop_id == workshop.id, Presence.external_id == connection, col(Presence.joined_at) >= day
    )
    begun = (await session.exec(query.order_by(col(Presence.joined_at)))).first()
    joined_at = min(begun.joined_at, now) if begun else now
    item = PresenceCreate(registration_id=row.id, external_id=connection, joined_at=joined_at, left_at=now)
    [stored] = await presences.report(session, actor, workshop.id, [item], source=SOURCE)
    return _told(stored, nonce)


def _refusal(row: Registration) -> RefusalReason | None:
    """As the door says it."""
    match row.status:
        case RegistrationStatus.CONFIRMED:
            return None
        case RegistrationStatus.CANCELLED:
            return RefusalReason.CANCELLED
    return RefusalReason.NOT_CONFIRMED


def _connection(row: Registration) -> str:
    """What a person's online codes are stored under, before the half-day's code."""
    return f"{SOURCE}:{row.id}:"


def _told(stored: Presence, nonce: UUID) -> OnlineCheckinRead:
    return OnlineCheckinRead(
        verdict=Verdict.ACCEPTED,
        reason=None,
        nonce=nonce,
        block=stored.external_id.split(":", 2)[2],
        joined_at=stored.joined_at,
        left_at=stored.left_at,
    )


async def _answer_to(session: AsyncSession, row: Registration, nonce: UUID) -> CheckinRead | None:
    query = select(Checkin.answer).where(
        Checkin.workshop_id == row.workshop_id, Checkin.nonce == nonce, Checkin.registration_id == row.id
    )
    answer = (await session.exec(query)).first()
    return CheckinRead.model_validate(answer) if answer is not None else None


async def _repeated(session: AsyncSession, row: Registration, code: str, nonce: UUID) -> OnlineCheckinRead | None:
    """The interval that this code has begun or ended: the answer got lost, and meanwhile the code is over."""
    query = select(Presence).where(
        Presence.workshop_id == row.workshop_id, col(Presence.external_id).startswith(_connection(row))
    )
    shown = [one for one in await screens.of_workshop(session, row.workshop_id) if one.audience is Audience.ONLINE]
    keyring = settings_of(session).keyring
    for stored in await session.exec(query):
        if any(screens.showing(keyring, shown, code, moment) for moment in (stored.joined_at, stored.left_at)):
            return _told(stored, nonce)
    return None
