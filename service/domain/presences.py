"""Online presence: intervals as a provider reports them, and whose they are. Nobody is guessed by name."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import delete, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import is_postgresql
from service.domain import attendance, workshops
from service.errors import InvalidInput, NotFound
from service.events import PresenceMatched, PresenceRecorded
from service.i18n import gettext as _
from service.models.attendance import Presence, PresenceMatch
from service.models.attendance_shapes import PresenceCreate, PresenceRead
from service.models.registrations import Registration
from service.models.rooms import Room, RoomLink
from service.models.workshops import Workshop
from service.tokens import new_id

_PRESENCES = Presence.metadata.tables["presences"]
_MATCHES = PresenceMatch.metadata.tables["presence_matches"]


async def report(
    session: AsyncSession, actor: Actor, workshop_id: UUID, items: Sequence[PresenceCreate], source: str = "api"
) -> list[Presence]:
    """Stores connections, matches those it can, and answers with them in order. Raises NotFound, InvalidInput.

    One connection is (workshop, external_id, joined_at): repeating it changes nothing, a later end replaces an earlier.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    await _check_people(session, workshop_id, items)
    before = await _known(session, workshop_id, items)
    await _insert(session, workshop, items, source)
    stored = await _known(session, workshop_id, items)
    changed = [row for key, row in stored.items() if key not in before or before[key].left_at != row.left_at]
    people = await _match(session, workshop_id, items, stored)
    await attendance.lock(session, people)
    await attendance.refresh(session, workshop_id, people)
    if changed:
        event = PresenceRecorded(organizer_id=workshop.organizer_id, workshop_id=workshop_id, count=len(changed))
        await outbox.record(session, event, actor.label)
    return [stored[item.external_id, item.joined_at] for item in items]
