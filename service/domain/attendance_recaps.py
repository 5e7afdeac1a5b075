"""Recap of attendance: per organisation and per person, half-day by half-day, with hours (JP). For the final report.

The facts are those of the reports, as of a moment; a certificate is earned by their rule. Whoever was in the hall and
online in one half-day counts as in the hall, so that both numbers add up to people.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from uuid import UUID

from sqlalchemy import and_, or_, select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor
from service.domain import workshops
from service.domain.attendance_people import MOST_AT_ONCE, Person, people
from service.domain.commitments_as_of import Moment
from service.domain.file_names import safe_name
from service.domain.papers import Written, called_off, clock_time, head_of, long_date, spoken_days
from service.domain.reports.attended import attended_then
from service.domain.reports.earned import earning
from service.domain.reports.scope import Scope
from service.errors import NotFound
from service.models.invitations import OFF, Invitation
from service.models.organizers import Organizer
from service.models.people import Organisation
from service.models.registrations import ParticipantRole, Registration, RegistrationStatus
from service.models.sheets_shapes import SheetOrder
from service.models.workshops import AttendanceBlock

NOBODYS = "(tanpa instansi)"


@dataclass(slots=True)
class OrganisationLine:
    """An organisation: seats it was invited for, people registered, in the hall and online by half-day, hours.

    A quota that is None is open to any number; `invited` tells it from no invitation at all.
    """

    name: str
    invited: bool
    quota_offline: int | None
    quota_online: int | None
    blocks: list[tuple[int, int]]
    registered: int = 0
    unique: int = 0
    hours: int = 0

    @property
    def quota(self) -> str:
        """'2 L + 1 D', 'bebas' where any number may come, empty without an invitation."""
        if not self.invited:
            return ""
        if self.quota_offline is None and self.quota_online is None:
            return "bebas"
        seats = ((self.quota_offline, "L"), (self.quota_online, "D"))
        return " + ".join(f"{'bebas' if n is None else n} {letter}" for n, letter in seats if n != 0) or "0"


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person: by half-day where, and the minutes online; hours of the total; whether a certificate is earned."""

    name: str
    notes: tuple[str, ...]
    organisation: str
    blocks: tuple[str, ...]
    hours: int
    share: str
    earned: str


@dataclass(frozen=True)
class Recap:
    """Everything about one workshop as of a moment. `blocks`: code and label of each half-day, in order."""

    title: str
    event: str
    head: Written
    details: Sequence[tuple[str, str]]
    blocks: Sequence[tuple[str, str]]
    organisations: Sequence[OrganisationLine]
    total: OrganisationLine
    people: Sequence[PersonLine]
    first_number: int
    total_hours: int
    remarks: Sequence[str]
    as_of: str
    logo_key: str | None
    made_at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """A person in a half-day."""

    present: bool
    offline: bool
    online: bool
    minutes: int

    @property
    def said(self) -> str:
        """'L', 'D 150', 'L+D 150'; in brackets what does not suffice."""
        if not self.present:
            return f"(D {self.minutes})" if self.minutes else ""
        where = "+".join(letter for letter, there in (("L", self.offline), ("D", self.online)) if there)
        return f"{where} {self.minutes}" if self.minutes and self.online else where


@dataclass
class _Gathered:
    """What the recap is made of."""

    scope: Scope
    blocks: Sequence[AttendanceBlock]
    people: Sequence[Person]
    registered: set[UUID]
    seen: Mapping[UUID, Mapping[UUID, _Seen]]
    earners: set[UUID]
    threshold: Decimal
    total: int = field(default=0)


async def of_workshop(session: AsyncSession, actor: Actor, workshop_id: UUID, as_of: date | datetime | None) -> Recap:
    """The recap as of a moment; a date means the end of that local day, None means now. Raises NotFound."""
    workshop = await workshops.find(session, actor, workshop_id)
    organizer = await session.get_one(Organizer, workshop.organizer_id)
    moment = Moment.of(as_of, organizer.timezone)
    scope = Scope(session, organizer, workshop, moment, moment.day)
    found = await _gather(scope)
    lines = await _organisations(found)
    zone = organizer.timezone
    return Recap(
        title=f"Rekapitulasi Kehadiran: {workshop.title}",
        event=workshop.title,
        head=head_of(organizer),
        details=[
            ("Hari/tanggal", spoken_days(workshop)),
            ("Jumlah jam", f"{found.total} JP (1 JP = 45 menit)"),
            *called_off(workshop),
        ],
        blocks=[(block.code, block.label) for block in found.blocks],
        organisations=lines,
        total=_total(lines, len(found.blocks)),
        people=[_person(found, one) for one in found.people],
        first_number=1,
        total_hours=found.total,
        remarks=_remarks(found),
        as_of=f"Keadaan per {long_date(clock.local_date(moment.at, zone))}, {clock_time(moment.at, zone)}",
        logo_key=organizer.logo_key,
        made_at=clock.now(),
        name=safe_name(f"Rekap Kehadiran {workshop.slug} {moment.day.isoformat()}"),
    )


def part_of(recap: Recap, number: int) -> tuple[Recap, bool]:
    """One of the parts into which a long recap is cut, and whether another follows: the organisations are in the first.

    Raises NotFound.
    """
    parts = max(1, -(-len(recap.people) // MOST_AT_ONCE))
    if number > parts:
        raise NotFound
    if parts == 1:
        return recap, False
    start = (number - 1) * MOST_AT_ONCE
    part = replace(
        recap,
        title=f"{recap.title} (bagian {number} dari {parts})",
        organisations=recap.organisations if number == 1 else [],
        people=recap.people[start : start + MOST_AT_ONCE],
        first_number=start + 1,
        name=f"{recap.name} bagian {number}",
    )
    return part, number < parts


async def _gather(scope: Scope) -> _Gathered:
    then = await attended_then(scope)
    seen: dict[UUID, dict[UUID, _Seen]] = defaultdict(dict)
    columns = (then.c.present, then.c.offline, then.c.online, then.c.minutes)
    for person, block, present, offline, online, minutes in await scope.rows(
        select_columns(then.c.registration_id, then.c.block_id, *columns)
    ):
        seen[person][block] = _Seen(bool(present), bool(offline), bool(online), minutes)
    came = {person for person, own in seen.items() if any(one.present for one in own.values())}
    registered = await _registered(scope)
    listed = await people(scope.session, SheetOrder.ORGANISATION, col(Registration.workshop_id) == scope.workshop.id)
    earned = await earning(scope)
    enough = select_columns(earned.attended.c.registration_id).where(earned.attended.c.hours >= earned.least)
    return _Gathered(
        scope,
        [block for day in await scope.days() for block in day],
        [one for one in listed if one.id in came or one.id in registered],
        registered,
        seen,
        {row.registration_id for row in await scope.rows(enough)},
        Decimal(str(scope.organizer.certificate_threshold)),
        earned.total,
    )


async def _registered(scope: Scope) -> set[UUID]:
    """Who had a seat at that moment. Walk-ins never registered: they count where they came."""
    at = scope.moment.at
    cancelled_later = and_(
        col(Registration.status) == RegistrationStatus.CANCELLED,
        col(Registration.confirmed_at).is_not(None),
        col(Registration.cancelled_at) > at,
    )
    query = select(Registration.id).where(
        Registration.workshop_id == scope.workshop.id,
        Registration.created_at <= at,
        col(Registration.walk_in).is_(False),
        or_(col(Registration.status) == RegistrationStatus.CONFIRMED, cancelled_later),
    )
    return set(await scope.session.exec(query))


async def _organisations(found: _Gathered) -> list[OrganisationLine]:
    """Those that were invited or have anybody here, by name; behind them those that are on no list."""
    scope = found.scope
    query = (
        select_columns(
            col(Organisation.id),
            col(Organisation.code),
            col(Organisation.name),
            col(Invitation.quota_offline),
            col(Invitation.quota_online),
        )
        .join(Invitation, col(Invitation.organisation_id) == col(Organisation.id))
        .where(
            col(Invitation.workshop_id) == scope.workshop.id,
            col(Invitation.created_at) <= scope.moment.at,
            col(Invitation.status).not_in(OFF),
        )
    )
    lines: dict[tuple[bool, bool, str, str], OrganisationLine] = {}
    empty = [(0, 0)] * len(found.blocks)
    for _id, code, name, offline, online in await scope.rows(query):
        lines[False, False, name.casefold(), code] = OrganisationLine(name, True, offline, online, [*empty])
    for person in found.people:
        name = person.organisation or NOBODYS
        key = (not person.organisation, not person.organisation_code, name.casefold(), person.organisation_code)
        line = lines.setdefault(key, OrganisationLine(name, False, None, None, [*empty]))
        _count(line, found, person)
    return [lines[key] for key in sorted(lines)]


def _count(line: OrganisationLine, found: _Gathered, person: Person) -> None:
    own = found.seen.get(person.id, {})
    line.registered += person.id in found.registered
    line.unique += any(one.present for one in own.values())
    for place, block in enumerate(found.blocks):
        one = own.get(block.id)
        if one and one.present:
            hall, screen = line.blocks[place]
            line.blocks[place] = (hall + one.offline, screen + (not one.offline))
            line.hours += block.hours


def _total(lines: Sequence[OrganisationLine], blocks: int) -> OrganisationLine:
    """All together; quotas only where every invited organisation has one."""
    invited = [line for line in lines if line.invited]

    def seats(quotas: Sequence[int | None]) -> int | None:
        known = [one for one in quotas if one is not None]
        return sum(known) if len(known) == len(quotas) else None

    return OrganisationLine(
        "Jumlah",
        bool(invited),
        seats([line.quota_offline for line in invited]),
        seats([line.quota_online for line in invited]),
        [
            (sum(line.blocks[place][0] for line in lines), sum(line.blocks[place][1] for line in lines))
            for place in range(blocks)
        ],
        sum(line.registered for line in lines),
        sum(line.unique for line in lines),
        sum(line.hours for line in lines),
    )


def _person(found: _Gathered, person: Person) -> PersonLine:
    own = found.seen.get(person.id, {})
    hours = sum(block.hours for block in found.blocks if block.id in own and own[block.id].present)
    share = Decimal(hours) / found.total if found.total else Decimal(0)
    is_participant = person.role is ParticipantRole.PARTICIPANT
    return PersonLine(
        name=person.name,
        notes=person.notes,
        organisation=person.organisation,
        blocks=tuple(own[block.id].said if block.id in own else "" for block in found.blocks),
        hours=hours,
        # Rounded down, or somebody just below the threshold would seem to have reached it.
        share=_percent(share.quantize(Decimal("0.001"), ROUND_DOWN)),
        earned=("Ya" if person.id in found.earners else "Tidak") if is_participant else "\u2013",
    )


def _remarks(found: _Gathered) -> list[str]:
    codes = "; ".join(f"{block.code} = {block.label} ({block.hours} JP)" for block in found.blocks)
    legend = (
        "L = luring, D = daring dengan menit terhubung selama acara; dalam kurung: di bawah ambang, tidak dihitung "
        "hadir. Peserta yang hadir dengan kedua cara dihitung luring."
    )
    return [
        legend,
        f"Sertifikat bagi peserta: sekurang-kurangnya {_percent(found.threshold)} dari {found.total} JP.",
        *([f"Sesi: {codes}."] if codes else []),
    ]


def _percent(share: Decimal) -> str:
    """'78,5%' of 0.785, '80%' of 0.8."""
    return f"{(share * 100).normalize():f}%".replace(".", ",")
