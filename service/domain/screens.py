"""Screens that show a rotating code, and which code is good when.

A code is the HMAC of (screen, 30-second step) under the keyring: nothing is stored, a stolen database shows none, and a
photograph that is passed on is worth nothing after a minute. The QR holds all of it; beside it stands a short form to
be typed by whoever sees the screen on the only device at hand.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox, tokens
from service.auth import Actor
from service.db import settings_of
from service.domain import attendance_counters, workshops
from service.domain.checkin_rules import Block, Hall
from service.errors import NotFound
from service.events import ScreenAdded, ScreenRevoked, WorkshopChanged
from service.models.attendance_shapes import AttendanceSummary
from service.models.screens import Audience, Screen
from service.models.screens_shapes import ScreenCreate
from service.models.workshops import AttendanceBlock, Workshop, WorkshopStatus
from service.tokens import Keyring, Purpose

STEP = 30
"""Seconds for which a code is on show."""
GOOD_FOR = 2
"""How many codes before the one on show are good: those that were on show within the last minute."""
AFTERWARDS = timedelta(minutes=15)
"""How long after its end a half-day still takes an online code, which is asked for when the talk is over."""
PATH = "/hadir/"
SHORT = 8
_LONG = 26
# No I, L, O, U, 0 and 1: read from afar and typed.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_PURPOSE, _SHORT_PURPOSE = "screen-code", "screen-code-short"


@dataclass(frozen=True)
class Shown:
    """A code and until when it is on show: `long` for the QR, `short` as people type it (ABCD-EFGH)."""

    long: str
    short: str
    until: datetime


@dataclass(frozen=True)
class Seen:
    """What a screen has to show now. Without `code` there is nothing to scan: switched off, or no half-day is open.

    `opens_at`: when the next half-day opens; `came`: how many are in the hall in this one, on a screen of the hall.
    """

    screen: Screen
    workshop: Workshop
    block: AttendanceBlock | None
    opens_at: datetime | None
    came: int | None
    code: Shown | None
    next_in: float


# Codes


def code_at(keyring: Keyring, screen: Screen, instant: datetime) -> Shown:
    """The code on show at that instant. Raises KeyError for a key that is no longer configured."""
    step = _step(instant)
    short = _short(keyring, screen, step)
    until = datetime.fromtimestamp((step + 1) * STEP, UTC)
    return Shown(_long(keyring, screen, step), f"{short[:4]}-{short[4:]}", until)


def typed_code(text: str) -> str:
    """What was scanned or typed, ready to be compared: the long code, or the short one without its dash."""
    last = re.split(PATH, text, flags=re.IGNORECASE)[-1]
    plain = re.sub(r"[^0-9A-Za-z]", "", re.split(r"[?#]", last)[0])
    return plain.lower() if len(plain) == _LONG else plain.upper()


def is_short(code: str) -> bool:
    """Whether a typed code can be guessed at: everything but the long one."""
    return len(code) != _LONG


def is_shaped(code: str) -> bool:
    """Whether a typed code could be one at all."""
    return len(code) in (_LONG, SHORT)


def showing(keyring: Keyring, screens: Sequence[Screen], code: str, instant: datetime) -> Screen | None:
    """The screen that shows this typed code then, or did within the minute before."""
    make = _short if is_short(code) else _long
    now = _step(instant)
    found = None
    for screen in screens:
        for step in range(now - GOOD_FOR, now + 1):
            # To the end, whatever was found: the time taken tells nothing.
            if keyring.knows(screen.key_id) and compare_digest(make(keyring, screen, step).encode(), code.encode()):
                found = screen
    return found


def _step(instant: datetime) -> int:
    return int(instant.timestamp() // STEP)


def _long(keyring: Keyring, screen: Screen, step: int) -> str:
    raw = keyring.mac(_PURPOSE, f"{screen.id}:{step}".encode(), screen.key_id)[:16]
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def _short(keyring: Keyring, screen: Screen, step: int) -> str:
    number = int.from_bytes(keyring.mac(_SHORT_PURPOSE, f"{screen.id}:{step}".encode(), screen.key_id), "big")
    letters = []
    for _place in range(SHORT):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(letters)


# Screens


def link_of(session: AsyncSession, row: Screen) -> str | None:
    """The screen's secret address; None under a key that is no longer configured, where it opens nothing."""
    settings = settings_of(session)
    if not settings.keyring.knows(row.key_id):
        return None
    return f"{settings.base_url.rstrip('/')}/screen/{_token(settings.keyring, row)}"


def _token(keyring: Keyring, row: Screen) -> str:
    return keyring.issue(Purpose.SCREEN, row.id, row.link_version, row.key_id)


async def open_link(session: AsyncSession, token: str) -> Screen:
    """The screen behind a secret link. Raises NotFound for an unknown or revoked one."""
    screen_id = tokens.subject(token)
    row = await session.get(Screen, screen_id) if screen_id else None
    keyring = settings_of(session).keyring
    if row is None or row.revoked_at or not keyring.opens(token, Purpose.SCREEN, row.id, row.link_version, row.key_id):
        raise NotFound
    return row


async def of_workshop(
    session: AsyncSession, workshop_id: UUID, after: UUID | None = None, limit: int | None = None
) -> Sequence[Screen]:
    """The workshop's screens in use, oldest first."""
    query = select(Screen).where(Screen.workshop_id == workshop_id, col(Screen.revoked_at).is_(None))
    if after:
        query = query.where(col(Screen.id) > after)
    return (await session.exec(query.order_by(col(Screen.id)).limit(limit))).all()


async def add(session: AsyncSession, actor: Actor, workshop_id: UUID, data: ScreenCreate) -> Screen:
    """A new screen. Raises NotFound."""
    workshop = await workshops.find(session, actor, workshop_id)
    row = Screen(
        organizer_id=workshop.organizer_id,
        workshop_id=workshop.id,
        audience=data.audience,
        name=data.name,
        key_id=settings_of(session).keyring.current_id,
    )
    session.add(row)
    await session.flush()
    event = ScreenAdded(organizer_id=row.organizer_id, workshop_id=workshop.id, screen_id=row.id)
    await outbox.record(session, event, actor.label)
    return row


async def revoke(session: AsyncSession, actor: Actor, screen_id: UUID) -> Screen:
    """Its link and its codes are good for nothing from now on. Revoking again changes nothing. Raises NotFound."""
    row = await session.get(Screen, screen_id)
    if row is None or row.organizer_id != actor.tenant:
        raise NotFound
    actor.require_workshop(row.workshop_id)
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        session.add(row)
        await session.flush()
        event = ScreenRevoked(organizer_id=row.organizer_id, workshop_id=row.workshop_id, screen_id=row.id)
        await outbox.record(session, event, actor.label)
    return row


async def switch(session: AsyncSession, actor: Actor, workshop: Workshop, *, enabled: bool) -> Workshop:
    """Lets people check in by the codes, or no longer, on a workshop locked with `workshops.find_for_change`."""
    if workshop.self_checkin != enabled:
        workshop.self_checkin = enabled
        workshop.version += 1
        workshop.updated_at = clock.now()
        session.add(workshop)
        await session.flush()
        event = WorkshopChanged(organizer_id=workshop.organizer_id, workshop_id=workshop.id, what="self_checkin")
        await outbox.record(session, event, actor.label)
    return workshop


# What a screen shows


async def look(session: AsyncSession, screen: Screen) -> Seen:
    """What the screen has to show now."""
    workshop = await session.get_one(Workshop, screen.workshop_id)
    now = clock.now()
    blocks = await blocks_of(session, workshop.id)
    block = open_block(workshop, blocks, screen.audience, now)
    coming = [one.checkin_from for one in blocks if one.checkin_from > now]
    good = takes_codes(workshop) and block is not None
    hall = screen.audience is Audience.HALL
    return Seen(
        screen,
        workshop,
        block,
        min(coming, default=None),
        await _came(session, workshop, block.code) if block and hall else None,
        code_at(settings_of(session).keyring, screen, now) if good else None,
        STEP - now.timestamp() % STEP,
    )


def takes_codes(workshop: Workshop) -> bool:
    """Whether people may check themselves in: switched on, and not called off."""
    return workshop.self_checkin and workshop.status is not WorkshopStatus.CANCELLED


async def blocks_of(session: AsyncSession, workshop_id: UUID) -> Sequence[AttendanceBlock]:
    """The workshop's half-days, in order."""
    query = select(AttendanceBlock).where(AttendanceBlock.workshop_id == workshop_id)
    return (await session.exec(query.order_by(col(AttendanceBlock.position)))).all()


def open_block(
    workshop: Workshop, blocks: Sequence[AttendanceBlock], audience: Audience, instant: datetime
) -> AttendanceBlock | None:
    """The half-day a code counts for then: the one the door would choose.

    Online a half-day that has just ended goes before one that has not begun: the last code is asked for when the talk
    is over, and by then the door may be open for the next one.
    """
    known = {one.code: one for one in blocks}
    plain = [Block(one.id, one.code, one.starts_at, one.ends_at, one.checkin_from) for one in blocks]
    chosen = Hall(workshop.id, workshop.organizer_id, workshop.starts_at, workshop.ends_at, plain).block_at(
        None, instant
    )
    found = known[chosen.code] if chosen else None
    if audience is Audience.HALL or (found and found.starts_at <= instant):
        return found
    ended = [one for one in blocks if one.ends_at < instant <= one.ends_at + AFTERWARDS]
    return max(ended, key=lambda one: (one.ends_at, one.code), default=found)


async def _came(session: AsyncSession, workshop: Workshop, code: str) -> int:
    counters = await attendance_counters.read(session, workshop)
    present = [one.present for one in AttendanceSummary.model_validate_json(counters.body).blocks if one.code == code]
    return sum(one.offline + one.dual for one in present)
