"""Due dates follow what they depend on: the workshop, the stage of the programme, holidays, the data item itself."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service import i18n
from service.domain import due_dates, organisations
from service.events import (
    DataItemChanged,
    DataRequested,
    Event,
    HolidaysChanged,
    ProgrammeChanged,
    WorkshopChanged,
)
from service.i18n import gettext as _
from service.models.commitments import DueRule
from service.models.organizers import Organizer
from service.outbox import Reaction, subscribe


@subscribe("due_dates.follow", WorkshopChanged, ProgrammeChanged, HolidaysChanged, DataItemChanged)
async def follow(reaction: Reaction) -> None:
    """Moves what depends on the thing that has changed."""
    event = reaction.event
    async with reaction.database.read() as session:
        concerned = await _concerned(session, event)
    for workshop_id, organisation_id in concerned:
        # One short transaction each: thousands of rows in one would keep every other writer of SQLite waiting.
        async with reaction.database.write() as session:
            await _speak(session, event)
            await due_dates.follow(session, workshop_id, organisation_id, reaction.event_id, _reason(event))


@subscribe("due_dates.catch_up", DataRequested)
async def catch_up(reaction: Reaction) -> None:
    """What was asked for while the workshop was being moved may have been given the former date."""
    event = reaction.event
    assert isinstance(event, DataRequested)
    async with reaction.database.write() as session:
        await _speak(session, event)
        reason = _("Tenggat mengikuti jadwal terbaru.")
        agency = await organisations.as_now(session, event.organisation_id)
        await due_dates.follow(session, event.workshop_id, agency.id, reaction.event_id, reason)


async def _concerned(session: AsyncSession, event: Event) -> Sequence[tuple[UUID, UUID]]:
    """Workshops and organisations."""
    if isinstance(event, WorkshopChanged):
        if "time" not in event.what.split(","):
            return []
        return await due_dates.concerned(session, event.organizer_id, workshop_id=event.workshop_id)
    if isinstance(event, ProgrammeChanged):
        return await due_dates.concerned(session, event.organizer_id, programme_id=event.programme_id)
    if isinstance(event, DataItemChanged):
        return await due_dates.concerned(session, event.organizer_id, item_id=event.data_item_id)
    return await due_dates.concerned(session, event.organizer_id, rule=DueRule.WORKSHOP)


async def _speak(session: AsyncSession, event: Event) -> None:
    """The reason is kept in the history, so it is said in the language of the house."""
    i18n.use((await session.get_one(Organizer, event.organizer_id)).language)


def _reason(event: Event) -> str:
    if isinstance(event, WorkshopChanged):
        return _("Jadwal kegiatan berubah.")
    if isinstance(event, ProgrammeChanged):
        return _("Tenggat tahap program berubah.")
    if isinstance(event, HolidaysChanged):
        return _("Hari libur berubah.")
    return _("Tenggat butir data berubah.")
