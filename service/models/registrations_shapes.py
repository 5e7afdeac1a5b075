"""What the API reads and writes about registrations."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from service.models.attendance import AttendanceMode, AttendanceState
from service.models.columns import Code, Line, Sent, Shape
from service.models.messages import Channel
from service.models.people import Employment
from service.models.registrations import ParticipantRole, RegistrationStatus
from service.models.workshops import Mode

Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=40)]
Nip = Annotated[str, StringConstraints(strip_whitespace=True, max_length=30)]
Preferred = Literal[Channel.MAIL, Channel.WHATSAPP]
Language = Literal["id", "en"]
Answer = str | bool | int | float | list[str] | None


def _small(answers: dict[str, Answer]) -> dict[str, Answer]:
    # How long an answer may be, its question says, at the field it belongs to.
    if len(answers) > 100 or any(len(key) > 100 or len(str(value)) > 100_000 for key, value in answers.items()):
        raise ValueError("too long")
    return answers


Answers = Annotated[dict[str, Answer], AfterValidator(_small)]


class RegistrationCreate(Shape):
    """A registration. The public form needs `consent` and an e-mail address or phone; `code` and roles are staff's."""

    name: Line = Field(description="Name as the person writes it, titles included", examples=["Kepala Bidang Aptika"])
    email: Email | None = Field(None, description="E-mail address", examples=["aptika@luwukab.go.id"])
    phone: Phone | None = Field(
        None, description="Telephone, Indonesian unless it names a country", examples=["0812-0000-0001"]
    )
    position: Line | None = Field(None, description="Position (jabatan)", examples=["Kepala Bidang"])
    position_level: Code | None = Field(
        None, description="head, secretary, subdivision_head, representative, staff, ..."
    )
    rank: Line | None = Field(None, description="Civil service rank (pangkat/golongan)", examples=["Pembina / IVa"])
    organisation: Code | None = Field(None, description="Code of a known organisation", examples=["diskominfo-sp"])
    organisation_name: Line | None = Field(None, description="Name of an organisation that is not listed")
    mode: Mode = Field(description="In the hall or online", examples=["offline"])
    role: ParticipantRole = Field(ParticipantRole.PARTICIPANT, description="What the person does at the workshop")
    represents: Line | None = Field(None, description="Whom the person represents (mewakili)")
    employment: Employment | None = Field(None, description="Employment status")
    nip: Nip | None = Field(None, description="Civil servant's number, optional")
    answers: Answers = Field({}, description="Answers to the workshop's questions, by question code")
    channel: Preferred | None = Field(
        None, description="How the person prefers to be written to; null: by mail, else WhatsApp", examples=["whatsapp"]
    )
    language: Language | None = Field(None, description="In which language; null: the organizer's", examples=["id"])
    consent: bool = Field(
        False, strict=True, description="The person agrees to the stated use of the data", examples=[True]
    )
    code: Code | None = Field(None, description="The committee's own key (staff only)")


class RegistrationReceipt(Shape):
    """The public answer: the same for a new and for a known address. Links go to the person alone."""

    number: int = Field(description="Registration number")
    status: RegistrationStatus = Field(description="What a new registration gets now")
    mode: Mode = Field(description="The mode asked for")
    workshop_id: UUID = Field(description="The workshop")


class AttendanceMark(Shape):
    """Attendance in one block."""

    block: str = Field(description="Block code", examples=["D1P"])
    state: AttendanceState = Field(description="pending until the block has ended")
    mode: AttendanceMode | None = Field(description="Where the person was, by the facts")
    minutes: int = Field(description="Minutes online that count")


class RegistrationLinks(Shape):
    """The person's own addresses. Whoever has them acts as the person."""

    my: str = Field(description="The person's page")
    join: str = Field(description="The stable way into the online room")
    calendar: str = Field(description="The person's calendar feed")


class _Common(Shape):
    id: UUID = Field(description="Identifier")
    workshop_id: UUID = Field(description="The workshop")
    number: int = Field(description="Registration number, unique in the workshop")
    name: str = Field(description="Name as typed")
    email: str | None = Field(description="E-mail address")
    phone: str | None = Field(description="Telephone in E.164")
    position: str | None = Field(description="Position")
    position_level: str | None = Field(description="Level of the position")
    rank: str | None = Field(description="Civil service rank")
    organisation: str | None = Field(description="Code of the organisation")
    organisation_name: str | None = Field(description="Name of the organisation")
    mode: Mode = Field(description="Registered mode")
    role: ParticipantRole = Field(description="Role at the workshop")
    represents: str | None = Field(description="Whom the person represents")
    employment: Employment | None = Field(description="Employment status")
    nip: str | None = Field(description="NIP, masked unless asked for")
    answers: dict[str, Answer] = Field(description="Answers to the workshop's questions")
    status: RegistrationStatus = Field(description="pending, confirmed, waitlisted, cancelled or rejected")
    ticket: str | None = Field(description="What the person's QR code says; null after a substitution")
    attendance: list[AttendanceMark] = Field(description="Attendance so far, block by block")
    links: RegistrationLinks | None = Field(description="The person's own addresses; null after a substitution")
    channel: Channel | None = Field(description="How the person prefers to be written to: mail or whatsapp")
    language: str | None = Field(description="In which language the person is written to; null: the organizer's")
    created_at: datetime = Field(description="When it was registered")
    version: int = Field(description="Grows with every change; the first part of the ETag")


class RegistrationRead(_Common):
    """A registration as staff see it; without contacts:read neither contact data nor answers; ticket and links
    need registrations:write besides.
    """

    code: str | None = Field(description="The committee's own key")
    consent: bool = Field(description="Whether the person agreed to the stated use of the data")
    walk_in: bool = Field(description="Came without registering")
    substitute_for: UUID | None = Field(description="The registration whose seat this one took over")
    reason: str | None = Field(description="Why it was cancelled or rejected, or given a seat out of turn")
    link_shared_at: datetime | None = Field(description="When the join link was used from many places at once")


class MyRegistrationRead(_Common):
    """A registration as its owner sees it."""


class RegistrationPatch(Shape):
    """Changes by staff; a JSON merge patch (RFC 7396)."""

    name: Sent[Line] = Field(None, description="Name as typed")
    email: Email | None = Field(None, description="E-mail address")
    phone: Phone | None = Field(None, description="Telephone")
    position: Line | None = Field(None, description="Position")
    position_level: Code | None = Field(None, description="Level of the position")
    rank: Line | None = Field(None, description="Civil service rank")
    organisation: Code | None = Field(None, description="Code of a known organisation")
    organisation_name: Line | None = Field(None, description="Name of an organisation that is not listed")
    role: Sent[ParticipantRole] = Field(None, description="Role at the workshop")
    represents: Line | None = Field(None, description="Whom the person represents")
    employment: Employment | None = Field(None, description="Employment status")
    nip: Nip | None = Field(None, description="Civil servant's number")
    answers: Sent[Answers] = Field(None, description="Answers to the workshop's questions")
    channel: Preferred | None = Field(None, description="How the person prefers to be written to")
    language: Language | None = Field(None, description="In which language; null: the organizer's")
    code: Code | None = Field(None, description="The committee's own key")


class MyRegistrationPatch(Shape):
    """Changes by the person; contact data is the committee's to change, since links were mailed there."""

    name: Sent[Line] = Field(None, description="Name as typed")
    position: Line | None = Field(None, description="Position")
    position_level: Code | None = Field(None, description="Level of the position")
    rank: Line | None = Field(None, description="Civil service rank")
    represents: Line | None = Field(None, description="Whom the person represents")
    employment: Employment | None = Field(None, description="Employment status")
    nip: Nip | None = Field(None, description="Civil servant's number")
    answers: Sent[Answers] = Field(None, description="Answers to the workshop's questions")
    channel: Preferred | None = Field(None, description="How the person prefers to be written to")
    language: Language | None = Field(None, description="In which language; null: the organizer's")


class RegistrationFilter(BaseModel):
    """Which registrations of a workshop, in a list and in its exports."""

    status: RegistrationStatus | None = Field(None, description="Only this status")
    mode: Mode | None = Field(None, description="Only this registered mode")
    organisation: str | None = Field(None, max_length=64, description="Only this organisation (code)")
    role: ParticipantRole | None = Field(None, description="Only this role")
    q: str | None = Field(
        None, max_length=100, description="Part of the name of a person or an organisation, or a registration number"
    )
    attended: bool | None = Field(None, description="Only who was present in a half-day, or in none")
    unreachable: bool = Field(
        False, description="Only who has neither address nor telephone, or whom a message did not reach"
    )
    ids: list[UUID] = Field([], max_length=200, description="Only these registrations")


class ModeChange(Shape):
    """Where the person wants to attend."""

    mode: Mode = Field(description="The other mode", examples=["online"])


class Reason(Shape):
    """Why; sent to the person concerned."""

    reason: Line = Field(description="Reason", examples=["Bertugas di luar daerah"])


class SeatCreate(Shape):
    """A seat for somebody who waits, before others who wait longer."""

    reason: Line = Field(description="Why out of turn", examples=["Pembicara tamu"])
    extra: bool = Field(False, description="Add a seat to the mode's limit when none is free")


class OptionalReason(Shape):
    """Why, if there is a reason to give."""

    reason: Line | None = Field(None, description="Reason", examples=["Bertugas di luar daerah"])


class SubstituteCreate(Shape):
    """Who comes instead; an e-mail address or phone is needed."""

    name: Line = Field(description="Name, titles included", examples=["Kepala Seksi Infrastruktur"])
    email: Email | None = Field(None, description="E-mail address", examples=["infrastruktur@luwukab.go.id"])
    phone: Phone | None = Field(None, description="Telephone")
    position: Line | None = Field(None, description="Position")
    position_level: Code | None = Field(None, description="Level of the position")
    represents: Line | None = Field(None, description="Whom the person represents; null: as the one replaced did")
    code: Code | None = Field(None, description="The committee's own key (staff only)")


class Representation(Shape):
    """In whose place somebody comes."""

    represents: Line | None = Field(description="Whom the person represents (mewakili)", examples=["Kepala Dinas"])
