"""New drafts that are mostly ready: from one of the occasions, or like an earlier workshop, without its people."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import agenda, questions, workshops
from service.domain.working_days import holidays_of, next_working_day
from service.domain.workshop_kinds import OCCASIONS, Occasion
from service.errors import InvalidInput, NotFound
from service.i18n import gettext as _
from service.models.organizers import Organizer, Programme
from service.models.preparation_shapes import WorkshopCopy
from service.models.questions import Question
from service.models.workshops import Capacity, Kind, Modality, Workshop
from service.models.workshops_shapes import (
    AgendaItemInput,
    BlockInput,
    CapacityInput,
    RegistrationWindowInput,
    SeatsInput,
    VenueInput,
    WorkshopCreate,
)

_EARLIEST, _LATEST = date(1971, 1, 1), date(2198, 1, 1)
_OWN = ("hall_links", "self_checkin", "purpose", "retention_days", "letter", "reminders")
"""What a copy takes over as it is."""


async def from_occasion(
    session: AsyncSession, actor: Actor, code: str, first_day: date, title: str | None = None
) -> Workshop:
    """A draft as this occasion mostly is, from `first_day` on; a second day is the next working day.

    Raises NotFound for an unknown code, InvalidInput.
    """
    occasion = next((one for one in OCCASIONS if one.code == code), None)
    if occasion is None:
        raise NotFound
    _check_day(first_day)
    house = await session.get_one(Organizer, actor.tenant)
    days = _days(occasion, first_day, await holidays_of(session, house.id))
    row = await workshops.create(session, actor, _draft(occasion, days, house.timezone, title))
    row.letter = dict(occasion.letter)
    session.add(row)
    await session.flush()
    return row


async def copy(session: AsyncSession, actor: Actor, workshop_id: UUID, data: WorkshopCopy) -> Workshop:
    """A draft like the workshop, which it follows, with every time of day on a later or earlier day.

    Its people, invitations, rooms, the number of its letter and the day on its certificates stay where they are.
    Raises NotFound, InvalidInput.
    """
    former = await workshops.find(session, actor, workshop_id)
    _check_day(data.starts_on)
    try:
        draft = await _likeness(session, former, _Move(former, data.starts_on), data.title or former.title)
    except (ValidationError, OverflowError) as far:
        # Doors or a last day that lie years from the first one leave the years in which workshops can be.
        raise _no_such_day() from far
    row = await workshops.create(session, actor, draft)
    for name in _OWN:
        setattr(row, name, getattr(former, name))
    row.certificate = {name: said for name, said in former.certificate.items() if name != "dated"}
    session.add(row)
    await session.flush()
    return row


class _Move:
    """Brings instants to another day, at the same time of day where the workshop takes place."""

    def __init__(self, former: Workshop, first_day: date) -> None:
        self._zone = clock.zone(former.timezone)
        self._days = first_day - clock.local_date(former.starts_at, former.timezone)

    def __call__(self, instant: datetime) -> datetime:
        return instant.astimezone(self._zone) + self._days

    def coming(self, instant: datetime | None) -> datetime | None:
        """The same, or None for what would be over already: a window that opened long ago is open."""
        return self(instant) if instant is not None and self(instant) > clock.now() else None


async def _likeness(session: AsyncSession, former: Workshop, move: _Move, title: str) -> WorkshopCreate:
    plan = await agenda.load(session, former)
    capacity = await session.get_one(Capacity, former.id)
    programme = await session.get(Programme, former.programme_id) if former.programme_id else None
    codes = {block.id: block.code for block in plan.blocks}
    return WorkshopCreate(
        kinds=[Kind(kind) for kind in former.kinds],
        stage=former.stage,
        title=title,
        description=former.description,
        image=former.image,
        aims=former.aims,
        modality=former.modality,
        timezone=former.timezone,
        starts_at=move(former.starts_at),
        ends_at=move(former.ends_at),
        venue=VenueInput(
            name=former.venue_name,
            address=former.venue_address,
            latitude=former.venue_latitude,
            longitude=former.venue_longitude,
        ),
        capacity=_seats(capacity.offline_limit, capacity.online_limit),
        registration=RegistrationWindowInput(
            opens_at=move.coming(former.registration_opens_at),
            closes_at=move.coming(former.registration_closes_at),
            waiting_list=former.waiting_list,
            approval=former.approval,
        ),
        questions=questions.parsed(former.questions),
        blocks=[
            BlockInput(
                code=block.code,
                label=block.label,
                starts_at=move(block.starts_at),
                ends_at=move(block.ends_at),
                checkin_from=move(block.checkin_from),
                hours=block.hours,
            )
            for block in plan.blocks
        ],
        agenda=[
            AgendaItemInput(
                title=item.title,
                starts_at=move(item.starts_at),
                ends_at=move(item.ends_at),
                block=codes.get(item.block_id) if item.block_id else None,
                speakers=item.speakers,
                hours=item.hours,
            )
            for item in plan.items
        ],
        follows=former.id if move(former.starts_at) > former.starts_at else None,
        programme=programme.code if programme else None,
    )


def _draft(occasion: Occasion, days: list[date], timezone: str, title: str | None) -> WorkshopCreate:
    items = [
        AgendaItemInput(
            title=line_title,
            starts_at=_at(days[day], start, timezone),
            ends_at=_at(days[day], end, timezone),
            block=block,
            hours=hours,
        )
        for day, start, end, line_title, block, hours in occasion.agenda
    ]
    starts_at, ends_at = items[0].starts_at, items[-1].ends_at
    hours = {code: sum(item.hours for item in items if item.block == code) for code, _label in occasion.blocks}
    return WorkshopCreate(
        kinds=list(occasion.kinds),
        stage=occasion.stage,
        title=title or occasion.title,
        description=occasion.description,
        aims=list(occasion.aims),
        modality=occasion.modality,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=_seats(occasion.seats if occasion.modality is not Modality.ONLINE else None, None),
        registration=RegistrationWindowInput(closes_at=ends_at),
        questions=[Question.model_validate(one) for one in occasion.questions],
        blocks=[BlockInput(code=code, label=label, hours=hours[code]) for code, label in occasion.blocks],
        agenda=items,
    )


def _seats(offline: int | None, online: int | None) -> CapacityInput:
    return CapacityInput(offline=SeatsInput(limit=offline), online=SeatsInput(limit=online))


def _days(occasion: Occasion, first_day: date, holidays: Collection[date]) -> list[date]:
    """As many days as the agenda needs; the first is where one wants it, the others are working days."""
    days = [first_day]
    while len(days) <= max(line[0] for line in occasion.agenda):
        days.append(next_working_day(days[-1], holidays))
    return days


def _at(day: date, hour: str, timezone: str) -> datetime:
    return datetime.fromisoformat(f"{day.isoformat()}T{hour}:00").replace(tzinfo=clock.zone(timezone))


def _check_day(day: date) -> None:
    if not _EARLIEST <= day < _LATEST:
        raise _no_such_day()


def _no_such_day() -> InvalidInput:
    return InvalidInput.at("/starts_on", _("Isi dengan tanggal antara tahun 1971 dan 2197."))
