"""What the rows of a feed look like in a calendar."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid5

from service.documents.ics import Entry, Feed, Status
from service.domain.calendars import Gathering
from service.domain.calendars_organisations import Due
from service.domain.calendars_own import Seat
from service.domain.calendars_staff import DueDay
from service.domain.workshops import PUBLIC_STATUSES
from service.i18n import gettext as _, speak_date, speak_items, speak_time
from service.models.commitments import CommitmentStatus, FulfilmentStatus
from service.models.invitations import OFF, Invitation, InvitationStatus
from service.models.organizers import Organizer
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Kind, Modality, Mode, WorkshopStatus

_TURNED_DOWN = (CommitmentStatus.DECLINED, CommitmentStatus.WITHDRAWN)


@dataclass(frozen=True)
class Site:
    """Where a feed is: the service's address and the feed's own (path and query)."""

    base: str
    address: str

    def feed(self, name: str, timezone: str, entries: Iterable[Entry]) -> Feed:
        """A feed at this address."""
        return Feed(name=name, source_url=f"{self.base}{self.address}", timezone=timezone, entries=list(entries))

    def page(self, organizer: Organizer, gathering: Gathering) -> str:
        """The workshop's public page."""
        return f"{self.base}/w/{organizer.slug}/{gathering.workshop.slug}"


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """What a feed says of a workshop beside the workshop itself; `notes` stand before its description."""

    changed_at: datetime
    status: Status
    url: str | None
    sequence: int = 0
    online: bool = False
    notes: Sequence[str] = ()
    conference: str | None = None


def public(site: Site, organizer: Organizer, gatherings: Iterable[Gathering], kinds: Sequence[Kind]) -> Feed:
    """An organizer's public feed."""
    names = ", ".join(kind_name(kind) for kind in kinds)
    name = f"{organizer.name}: {names}" if names else organizer.name
    return site.feed(name, organizer.timezone, _all_public(site, organizer, gatherings))


def one_workshop(site: Site, organizer: Organizer, gathering: Gathering) -> Feed:
    """A workshop's public feed."""
    workshop = gathering.workshop
    return site.feed(workshop.title, workshop.timezone, _all_public(site, organizer, [gathering]))


def own(site: Site, organizer: Organizer, seats: Iterable[tuple[Gathering, Seat]]) -> Feed:
    """A person's feed. Its name names nobody: calendars show it to whoever looks over a shoulder."""
    name = _("{organizer}: kegiatan Anda").format(organizer=organizer.name)
    entries = (
        entry for gathering, seat in seats for entry in _entries(gathering, _seated(site, organizer, gathering, seat))
    )
    return site.feed(name, organizer.timezone, entries)


_INVITED = {
    InvitationStatus.SENT: lambda: _("Instansi Anda diundang."),
    InvitationStatus.DECLINED: lambda: _("Instansi Anda menyatakan tidak hadir."),
    InvitationStatus.WITHDRAWN: lambda: _("Undangan instansi Anda ditarik oleh panitia."),
}


def organisation(
    site: Site,
    organizer: Organizer,
    organisation_name: str,
    invited: Iterable[tuple[Gathering, Invitation]],
    dues: Iterable[Due],
) -> Feed:
    """An organisation's feed."""
    name = f"{organizer.name}: {organisation_name}"
    entries = [_due(due) for due in dues]
    for gathering, invitation in invited:
        workshop = gathering.workshop
        shown = _Shown(
            changed_at=max(workshop.updated_at, invitation.updated_at),
            status="CANCELLED" if invitation.status in OFF else _status(workshop.status),
            url=site.page(organizer, gathering),
            sequence=invitation.version - 1,
            online=workshop.modality is Modality.ONLINE,
            notes=[_INVITED[invitation.status]()],
        )
        entries += _entries(gathering, shown)
    return site.feed(name, organizer.timezone, entries)


def staff(site: Site, organizer: Organizer, gatherings: Iterable[Gathering], days: Iterable[DueDay]) -> Feed:
    """A staff member's feed."""
    name = _("{organizer}: panitia").format(organizer=organizer.name)
    entries = [_due_day(organizer, day) for day in days]
    for gathering in gatherings:
        workshop = gathering.workshop
        draft = workshop.status is WorkshopStatus.DRAFT
        shown = _Shown(
            changed_at=workshop.updated_at,
            status="TENTATIVE" if draft else _status(workshop.status),
            url=None if draft or workshop.never_published else site.page(organizer, gathering),
            online=workshop.modality is Modality.ONLINE,
            notes=[_("Rancangan, belum diumumkan.")] if draft else [],
        )
        entries += _entries(gathering, shown)
    return site.feed(name, organizer.timezone, entries)


def kind_name(kind: Kind) -> str:
    """What people call such a gathering."""
    names = {
        Kind.BIMTEK: _("Bimbingan Teknis"),
        Kind.COORDINATION_MEETING: _("Rapat Koordinasi"),
        Kind.FIELD_REVIEW: _("Tinjauan Lapangan"),
        Kind.EVALUATION: _("Evaluasi"),
        Kind.PREPARATION_MEETING: _("Rapat Persiapan"),
    }
    return names[kind]


def _all_public(site: Site, organizer: Organizer, gatherings: Iterable[Gathering]) -> Iterator[Entry]:
    for gathering in gatherings:
        workshop = gathering.workshop
        shown = _Shown(
            changed_at=workshop.updated_at,
            status=_status(workshop.status),
            url=site.page(organizer, gathering),
            online=workshop.modality is Modality.ONLINE,
        )
        yield from _entries(gathering, shown)


def _seated(site: Site, organizer: Organizer, gathering: Gathering, seat: Seat) -> _Shown:
    row, online = seat.registration, seat.registration.mode is Mode.ONLINE
    join = f"{site.base}/join/{seat.token}" if seat.token else None
    notes = [_("Cara hadir: {mode}").format(mode=_("Daring") if online else _("Luring"))]
    if row.status is RegistrationStatus.WAITLISTED:
        notes.append(_("Anda berada dalam daftar tunggu."))
    if row.status is RegistrationStatus.PENDING:
        notes.append(_("Pendaftaran Anda menunggu persetujuan panitia."))
    if join:
        opens = _("Tautan ruang daring bersifat pribadi dan terbuka {minutes} menit sebelum acara dimulai.")
        notes.append(opens.format(minutes=organizer.join_window_minutes))
    if join and not online:
        # Not as CONFERENCE: its link stands in the location too, where people in the hall need the hall.
        notes.append(_("Ruang daring: {link}").format(link=join))
    enters = join if online else None
    return _Shown(
        changed_at=seat.changed_at,
        status=_own_status(gathering.workshop.status, row),
        url=None if enters else site.page(organizer, gathering),
        sequence=seat.sequence,
        online=online,
        notes=["\n".join(notes)],
        conference=enters,
    )


def _entries(gathering: Gathering, shown: _Shown) -> Iterator[Entry]:
    """One entry per block, or one for the whole workshop."""
    workshop = gathering.workshop
    place = [_("Daring")] if shown.online else [workshop.venue_name, workshop.venue_address]
    blocks: Sequence[AttendanceBlock | None] = gathering.blocks or [None]
    for block in blocks:
        yield Entry(
            uid=str((block or workshop).id),  # a UUID (RFC 7986, 5.3): a new host name makes no second event
            summary=f"{workshop.title} · {block.label}" if block else workshop.title,
            starts_at=(block or workshop).starts_at,
            ends_at=(block or workshop).ends_at,
            changed_at=shown.changed_at,
            sequence=workshop.sequence + shown.sequence,
            status=shown.status,
            description="\n\n".join(filter(None, [*shown.notes, workshop.description, _agenda(gathering, block)])),
            location=", ".join(part for part in place if part),
            latitude=None if shown.online else workshop.venue_latitude,
            longitude=None if shown.online else workshop.venue_longitude,
            url=shown.url,
            conference=(_("Ruang daring"), shown.conference) if shown.conference else None,
        )


def _agenda(gathering: Gathering, block: AttendanceBlock | None) -> str:
    zone = gathering.workshop.timezone
    return "\n".join(
        f"{speak_time(item.starts_at, zone)} {item.title}"
        for item in gathering.items
        if block is not None and item.block_id == block.id
    )


def _due(due: Due) -> Entry:
    """A due date: a whole day. What was turned down is cancelled, unless it was delivered and accepted all the same."""
    row = due.commitment
    assert row.due_date is not None
    accepted = row.fulfilment_status is FulfilmentStatus.ACCEPTED
    turned_down = row.commitment_status in _TURNED_DOWN and not accepted
    words = {
        FulfilmentStatus.NOT_SUBMITTED: (_("Tenggat: {item}"), _("Belum diserahkan")),
        FulfilmentStatus.SUBMITTED: (_("Diserahkan: {item}"), _("Diserahkan, menunggu pemeriksaan")),
        FulfilmentStatus.ACCEPTED: (_("Diterima: {item}"), _("Diterima")),
        FulfilmentStatus.RETURNED: (_("Perlu diperbaiki: {item}"), _("Dikembalikan untuk diperbaiki")),
    }
    summary, state = words[row.fulfilment_status]
    if turned_down:
        declined = row.commitment_status is CommitmentStatus.DECLINED
        summary, state = _("Tenggat: {item}"), _("Tidak disanggupi") if declined else _("Kesanggupan ditarik")
    announced = due.workshop.status in PUBLIC_STATUSES and not due.workshop.never_published
    lines = [_("Kegiatan: {workshop}").format(workshop=due.workshop.title)] if announced else []
    lines += [
        _("Tenggat: {date}").format(date=speak_date(row.due_date)),
        _("Status: {state}").format(state=state),
    ]
    return Entry(
        uid=str(row.id),
        summary=summary.format(item=due.item.name),
        starts_at=row.due_date,
        changed_at=max(row.changed_at, due.item.updated_at, due.workshop.updated_at),
        sequence=row.version - 1,
        status="CANCELLED" if turned_down else "CONFIRMED",
        description="\n".join(lines),
    )


def _due_day(organizer: Organizer, day: DueDay) -> Entry:
    summary, detail = _("{items} jatuh tempo"), _("Belum diserahkan, dari {count} instansi.")
    return Entry(
        uid=str(uuid5(organizer.id, f"due:{day.day:%Y-%m-%d}")),
        summary=summary.format(items=speak_items(day.items)),
        starts_at=day.day,
        changed_at=day.changed_at,
        description=detail.format(count=day.organisations),
    )


def _status(workshop: WorkshopStatus) -> Status:
    return "CANCELLED" if workshop is WorkshopStatus.CANCELLED else "CONFIRMED"


def _own_status(workshop: WorkshopStatus, registration: Registration) -> Status:
    if workshop is WorkshopStatus.CANCELLED or registration.status is RegistrationStatus.CONFIRMED:
        return _status(workshop)
    waits = registration.status in (RegistrationStatus.WAITLISTED, RegistrationStatus.PENDING)
    return "TENTATIVE" if waits else "CANCELLED"
