"""What the API reads and writes of workshops."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints

from service.i18n import marked as _
from service.models.columns import Code, Fault, Instant, Line, Prose, Sent, Shape, Slug, form
from service.models.questions import Question, Questions
from service.models.workshops import Kind, Modality, RegistrationState, WorkshopStatus

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
# Names among the zones that stand for no place: this machine's own zone, and IANA's "not set yet".
_NOWHERE = frozenset({"Factory", "localtime", "posixrules"})


def _plausible(value: datetime) -> datetime:
    # Far from both ends of the calendar, so that no zone and no added hour leaves it.
    if not _EARLIEST <= value < _LATEST:
        raise Fault(_("Isi dengan waktu antara tahun 1970 dan 2199."))
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOWHERE


def _known_zone(value: str) -> str:
    if value not in _zones():
        raise Fault(_("Isi dengan zona waktu IANA, misalnya Asia/Makassar."))
    return value


def _different(values: list[Kind]) -> list[Kind]:
    if len(set(values)) < len(values):
        raise Fault(_("Sebut setiap jenis satu kali saja."))
    return values


Moment = Annotated[Instant, AfterValidator(_plausible)]
Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_zone)]
Kinds = Annotated[list[Kind], Field(min_length=1, max_length=2), AfterValidator(_different)]
Hours = Annotated[int, Field(strict=True, ge=0, le=24)]
Limit = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Image = Annotated[
    str,
    form(
        r"^(https://|/)[^\s\\\"'<>]+$",
        _("Isi dengan alamat https:// yang lengkap, atau jalur yang diawali garis miring, tanpa spasi."),
        max_length=500,
    ),
]
RetentionDays = Annotated[int, Field(strict=True, ge=1, le=3650)]
Aims = Annotated[list[Line], Field(max_length=20)]


# Read


class VenueRead(Shape):
    """Where people meet in person."""

    name: str | None = Field(description="Hall or building", examples=["Aula Bappelitbangda"])
    address: str | None = Field(description="Street and town")
    latitude: float | None = Field(description="Degrees north (WGS 84)", examples=[-3.3948])
    longitude: float | None = Field(description="Degrees east (WGS 84)", examples=[120.3719])


class SeatsRead(Shape):
    """Seats of one mode."""

    limit: int | None = Field(description="How many there are; null means unlimited", examples=[80])
    taken: int = Field(description="How many are given", examples=[12])


class CapacityRead(Shape):
    """Seats by mode."""

    offline: SeatsRead = Field(description="Seats in the hall")
    online: SeatsRead = Field(description="Places online")


class SeatsLeft(Shape):
    """Seats that anybody can have now; what is set aside for invited organisations is not among them."""

    offline: int | None = Field(description="In the hall; null means unlimited", examples=[38])
    online: int | None = Field(description="Online; null means unlimited")


class RegistrationWindowRead(Shape):
    """When and how people register."""

    opens_at: datetime | None = Field(description="From then on; null means from publication")
    closes_at: datetime | None = Field(description="Until then; null means until the workshop ends")
    state: RegistrationState = Field(description="Whether somebody could register now; full: no seat in any mode")
    waiting_list: bool = Field(description="Whether people wait for a seat when a mode is full")
    approval: bool = Field(description="Whether the organizer approves every registration")


class PrivacyRead(Shape):
    """What whoever registers is told about personal data."""

    purpose: str | None = Field(description="What it is collected for; null: the service's standard words")
    retention_days: int = Field(description="How many days after the workshop's end it is kept", examples=[730])


class BlockRead(Shape):
    """A half-day for which attendance counts."""

    code: str = Field(description="Short key, unique in the workshop", examples=["D1P"])
    label: str = Field(description="Name for people", examples=["Hari I (pagi)"])
    starts_at: datetime = Field(description="First start of its agenda items")
    ends_at: datetime = Field(description="Last end of its agenda items")
    checkin_from: datetime = Field(description="When the doors open")
    hours: int = Field(description="Lesson hours (JP) of 45 minutes", examples=[3])
    minutes: int = Field(description="Minutes that count: hours x 45", examples=[135])


class AgendaItemRead(Shape):
    """One entry of the programme."""

    id: UUID = Field(description="Stays the same when the agenda is replaced with this id")
    title: str = Field(description="What it is about", examples=["Penyamaan persepsi: enam dimensi dan quick win"])
    starts_at: datetime = Field(description="Start")
    ends_at: datetime = Field(description="End")
    block: str | None = Field(description="Code of the block it counts for; null for breaks", examples=["D1S"])
    speakers: list[str] = Field(description="Who speaks, as announced")
    hours: int = Field(description="Lesson hours (JP)", examples=[2])


class LinksRead(Shape):
    """Addresses for people."""

    page: str = Field(description="The workshop's public page")
    calendar: str = Field(description="The workshop's calendar (iCalendar)")


class WorkshopRead(Shape):
    """A workshop as everybody may see it; drafts only by their organizer."""

    id: UUID = Field(description="Id")
    organizer: str = Field(description="Slug of the organizer", examples=["luwu"])
    slug: str = Field(description="Its word in addresses, unique at the organizer", examples=["bimtek-1"])
    kinds: list[Kind] = Field(description="What sort of gathering it is; one or two")
    stage: str | None = Field(description="Stage of the programme", examples=["bimtek_1"])
    title: str = Field(description="Title", examples=["Bimtek Penyusunan Masterplan Smart City Tahap I"])
    description: str = Field(description="What it is about; plain text")
    image: str | None = Field(description="Address of a picture")
    aims: list[str] = Field(description="What it is for")
    modality: Modality = Field(description="Where people attend")
    status: WorkshopStatus = Field(description="draft, published, cancelled or completed")
    timezone: str = Field(description="IANA time zone in which its times are spoken", examples=["Asia/Makassar"])
    starts_at: datetime = Field(description="Start")
    ends_at: datetime = Field(description="End")
    venue: VenueRead = Field(description="Where people meet in person")
    capacity: CapacityRead = Field(description="Seats by mode")
    seats_left: SeatsLeft = Field(description="Seats that anybody can have now, by mode")
    registration: RegistrationWindowRead = Field(description="When and how people register")
    privacy: PrivacyRead = Field(description="What whoever registers is told about personal data")
    questions: list[Question] = Field(description="What the registration form asks besides")
    blocks: list[BlockRead] = Field(description="Half-days for which attendance counts, in order")
    agenda: list[AgendaItemRead] = Field(description="The programme, in order")
    follows: UUID | None = Field(description="The workshop that came before this one")
    programme: str | None = Field(description="Code of the programme it belongs to", examples=["smart-city"])
    basis_letter: str | None = Field(description="Number of the letter it is based on")
    links: LinksRead = Field(description="Addresses for people")
    version: int = Field(description="Grows with every change by the organizer", examples=[3])
    updated_at: datetime = Field(description="Last change by the organizer")


# Write


class VenueInput(Shape):
    """Where people meet in person; what is left out stays as it is, null clears it."""

    name: Line | None = Field(None, description="Hall or building", examples=["Aula Bappelitbangda"])
    address: Line | None = Field(None, description="Street and town")
    latitude: Latitude | None = Field(None, description="Degrees north (WGS 84); with longitude")
    longitude: Longitude | None = Field(None, description="Degrees east (WGS 84); with latitude")


class SeatsInput(Shape):
    """Seats of one mode."""

    limit: Limit | None = Field(None, description="How many; null means unlimited", examples=[90])


class CapacityInput(Shape):
    """Seats by mode; a mode left out stays as it is."""

    offline: SeatsInput | None = Field(None, description="Seats in the hall; null means unlimited")
    online: SeatsInput | None = Field(None, description="Places online; null means unlimited")


class RegistrationWindowInput(Shape):
    """When and how people register; what is left out stays as it is."""

    opens_at: Moment | None = Field(None, description="From then on; null means from publication")
    closes_at: Moment | None = Field(None, description="Until then; null means until the workshop ends")
    waiting_list: bool = Field(True, strict=True, description="Whether people wait for a seat when a mode is full")
    approval: bool = Field(False, strict=True, description="Whether the organizer approves every registration")


class PrivacyInput(Shape):
    """What whoever registers is told about personal data; what is left out stays as it is."""

    purpose: Prose | None = Field(None, description="What it is collected for; null: the service's standard words")
    retention_days: RetentionDays = Field(730, description="How many days after the workshop's end it is kept")


class BlockInput(Shape):
    """A half-day for which attendance counts. With agenda items its times are theirs; without, it needs its own."""

    code: Code = Field(description="Short key, unique in the workshop", examples=["D1P"])
    label: Line = Field(description="Name for people", examples=["Hari I (pagi)"])
    starts_at: Moment | None = Field(None, description="Start; the agenda items' when there are any")
    ends_at: Moment | None = Field(None, description="End; the agenda items' when there are any")
    checkin_from: Moment | None = Field(None, description="When doors open; 60 minutes before the start if left out")
    hours: Hours = Field(description="Lesson hours (JP) of 45 minutes", examples=[3])
    minutes: int | None = Field(None, description="Follows from hours; not looked at when sent back as read")


class AgendaItemInput(Shape):
    """One entry of the programme."""

    id: UUID | None = Field(None, description="Id of the entry it replaces; a new workshop gives every entry a new one")
    title: Line = Field(description="What it is about", examples=["Rancangan isi masterplan"])
    starts_at: Moment = Field(description="Start")
    ends_at: Moment = Field(description="End, later than the start")
    block: Code | None = Field(None, description="Code of the block it counts for", examples=["D1P"])
    speakers: list[Line] = Field([], max_length=20, description="Who speaks, as announced")
    hours: Hours = Field(0, description="Lesson hours (JP)", examples=[2])


Blocks = Annotated[list[BlockInput], Field(max_length=60)]
Agenda = Annotated[list[AgendaItemInput], Field(max_length=500)]


class BlocksInput(Shape):
    """All blocks of a workshop; one that is left out goes away."""

    items: Blocks = Field(description="The blocks, in order")


class AgendaInput(Shape):
    """The whole agenda of a workshop; an entry that is left out goes away."""

    items: Agenda = Field(description="The entries; shown in order of time")


class WorkshopCreate(Shape):
    """A new workshop, a draft at first."""

    slug: Slug | None = Field(None, description="Its word in addresses; made from the title if left out")
    kinds: Kinds = Field([Kind.BIMTEK], description="What sort of gathering it is; one or two")
    stage: Line | None = Field(None, description="Stage of the programme", examples=["bimtek_1"])
    title: Line = Field(description="Title", examples=["Bimtek Penyusunan Masterplan Smart City Tahap I"])
    description: Prose = Field("", description="What it is about; plain text")
    image: Image | None = Field(None, description="Address of a picture: https, or a path on this host")
    aims: Aims = Field([], description="What it is for")
    modality: Modality = Field(description="Where people attend")
    timezone: Zone | None = Field(None, description="IANA time zone; the organizer's if left out")
    starts_at: Moment = Field(description="Start", examples=["2023-07-03T08:00:00+08:00"])
    ends_at: Moment = Field(description="End, later than the start", examples=["2023-07-04T16:00:00+08:00"])
    venue: VenueInput | None = Field(None, description="Where people meet in person")
    capacity: CapacityInput = Field(CapacityInput(), description="Seats by mode; unlimited if left out")
    registration: RegistrationWindowInput = Field(RegistrationWindowInput(), description="When and how people register")
    privacy: PrivacyInput | None = Field(None, description="About personal data; the organizer's if left out")
    questions: Questions = Field([], description="What the registration form asks besides")
    blocks: Blocks = Field([], description="Half-days for which attendance counts")
    agenda: Agenda = Field([], description="The programme")
    follows: UUID | None = Field(None, description="The workshop of the same organizer that came before this one")
    programme: Code | None = Field(None, description="Code of the organizer's programme it belongs to")
    basis_letter: Line | None = Field(None, description="Number of the letter it is based on")


class WorkshopPatch(Shape):
    """A JSON merge patch (RFC 7396): what is left out stays as it is. Lists are replaced as a whole."""

    slug: Sent[Slug] = Field(None, description="Its word in addresses")
    kinds: Sent[Kinds] = Field(None, description="What sort of gathering it is; one or two")
    stage: Line | None = Field(None, description="Stage of the programme")
    title: Sent[Line] = Field(None, description="Title")
    description: Sent[Prose] = Field(None, description="What it is about; plain text")
    image: Image | None = Field(None, description="Address of a picture: https, or a path on this host")
    aims: Sent[Aims] = Field(None, description="What it is for")
    modality: Sent[Modality] = Field(None, description="Where people attend")
    timezone: Sent[Zone] = Field(None, description="IANA time zone")
    starts_at: Sent[Moment] = Field(None, description="Start; moved together with the end, the agenda moves along")
    ends_at: Sent[Moment] = Field(None, description="End, later than the start")
    venue: VenueInput | None = Field(None, description="Where people meet in person")
    capacity: Sent[CapacityInput] = Field(None, description="Seats by mode", examples=[{"offline": {"limit": 90}}])
    registration: Sent[RegistrationWindowInput] = Field(None, description="When and how people register")
    privacy: Sent[PrivacyInput] = Field(None, description="About personal data")
    questions: Sent[Questions] = Field(None, description="What the registration form asks besides")
    blocks: Sent[Blocks] = Field(None, description="Half-days for which attendance counts")
    agenda: Sent[Agenda] = Field(None, description="The programme")
    follows: UUID | None = Field(None, description="The workshop that came before this one")
    programme: Code | None = Field(None, description="Code of the organizer's programme it belongs to")
    basis_letter: Line | None = Field(None, description="Number of the letter it is based on")


class WorkshopCancellation(Shape):
    """Why a workshop does not take place."""

    reason: Line = Field(description="Reason, told to those registered", examples=["Bertepatan dengan cuti bersama"])
    notify: bool | None = Field(
        None,
        description="Whether those registered are told; left out: of an announced workshop they are, of a draft not. "
        "Invited organisations always are",
    )
