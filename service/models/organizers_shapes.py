"""What the API reads and writes about organizers, their staff, sessions, keys and holidays."""

import re
from collections import Counter
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.i18n import marked as _
from service.models.columns import Code, Day, Fault, Instant, Line, Prose, Shape, Slug, form
from service.models.dashboard_shapes import PublicProgress
from service.models.escalations_shapes import EscalationRule
from service.models.organizers import Role
from service.models.workshops_shapes import Image, RetentionDays, Zone

SECOND_FACTOR = "Whether its staff must sign in with a second factor; who has none sets it up first"
Share = Annotated[float, Field(gt=0, le=1)]
Minutes = Annotated[int, Field(strict=True, ge=0, le=1440)]
Domain = Annotated[
    str,
    form(
        r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$",
        _("Isi dengan nama domain dalam huruf kecil, misalnya peserta.contoh.go.id."),
        max_length=120,
    ),
]
Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254)]
CommitteeEmails = Annotated[list[Email], Field(max_length=20)]
# A province has two digits; a regency two more. The two systems differ, so neither is derived from the other.
KemendagriCode = Annotated[
    str, form(r"^[0-9]{2}(\.[0-9]{2})?$", _("Isi dengan kode wilayah, misalnya 73.17."), strip=True)
]
BpsCode = Annotated[str, form(r"^[0-9]{2}([0-9]{2})?$", _("Isi dengan kode wilayah, misalnya 7317."), strip=True)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]
PermissionName = Annotated[
    str, form(r"^[a-z_]+:[a-z]+$", _("Isi dengan nama izin, misalnya workshops:read."), max_length=60)
]
Language = Literal["id", "en"]
MemberRole = Literal[Role.OWNER, Role.ORGANIZER, Role.DOOR, Role.VIEWER, Role.STEWARD]


class SecondFactorState(StrEnum):
    """`required`: the organizer worked for wants one, and this person has none yet."""

    ON = "on"
    OFF = "off"
    REQUIRED = "required"


class OrganizerPublic(Shape):
    """What everybody may know of an organizer."""

    slug: str = Field(description="Its word in addresses", examples=["luwu"])
    name: str = Field(description="Name", examples=["Dinas Kominfo-SP Kabupaten Luwu"])
    timezone: str = Field(description="IANA time zone in which it speaks", examples=["Asia/Makassar"])
    language: str = Field(description="Its language: id or en", examples=["id"])
    logo: str | None = Field(description="Address of its logo")
    calendar: str = Field(
        description="Address of its public calendar", examples=["https://bimtek.example/calendar/luwu.ics"]
    )


class OrganizerCreate(Shape):
    """A new organizer."""

    slug: Slug = Field(
        description="Its word in addresses; stays as it is, since calendars subscribe to it", examples=["luwu"]
    )
    name: Line = Field(description="Name", examples=["Dinas Kominfo-SP Kabupaten Luwu"])
    timezone: Zone = Field("Asia/Makassar", description="IANA time zone in which it speaks")
    language: Language = Field("id", description="Its language")
    kemendagri_code: KemendagriCode | None = Field(None, description="Region code of Kemendagri", examples=["73.17"])
    bps_code: BpsCode | None = Field(None, description="Region code of BPS", examples=["7317"])


class Letterhead(Shape):
    """What stands at the head and the foot of the organizer's letters."""

    government: Line | None = Field(None, description="First line", examples=["Pemerintah Kabupaten Luwu"])
    office: Line | None = Field(
        None, description="Second line; the organizer's name if left out", examples=["Dinas Komunikasi dan Informatika"]
    )
    address: Line | None = Field(None, description="Street, town, post code")
    contact: Line | None = Field(None, description="Telephone, e-mail, website, as they stand in letters")
    place: Line | None = Field(None, description="Where letters are dated", examples=["Belopa"])
    signatory_office: Line | None = Field(None, description="Who signs", examples=["Kepala Dinas Kominfo-SP"])
    signatory_name: Line | None = Field(None, description="The name below the signature, titles included")
    signatory_rank: Line | None = Field(None, description="Rank (pangkat)", examples=["Pembina Utama Muda"])
    signatory_nip: Line | None = Field(None, description="NIP, as it stands in letters")


_ORIGIN = re.compile(r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?/?$", re.ASCII)


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise PydanticCustomError("no_origin", "not an origin")
    return value.lower().rstrip("/")


Origin = Annotated[
    str,
    StringConstraints(max_length=200),
    AfterValidator(_origin),
    WithJsonSchema({"type": "string", "pattern": _ORIGIN.pattern, "maxLength": 200}),
]
Origins = Annotated[list[Origin], Field(max_length=20)]


class OrganizerPatch(Shape):
    """A JSON merge patch of the organizer."""

    name: Line = Field("", description="Name")
    timezone: Zone = Field("", description="IANA time zone in which it speaks")
    language: Language = Field("id", description="Its language")
    kemendagri_code: KemendagriCode | None = Field(None, description="Region code of Kemendagri")
    bps_code: BpsCode | None = Field(None, description="Region code of BPS; not derived from the other")
    logo: Image | None = Field(None, description="Address of its logo: https, or a path on this host")
    alias_domain: Domain | None = Field(
        None, description="Domain of stand-in addresses for people without e-mail in an online room"
    )
    steward_code: Code | None = Field(
        None, description="Organisation that reviews submissions (walidata); null: the organizer itself"
    )
    online_threshold: Share = Field(0.75, description="Share of a block's minutes that makes a person present online")
    certificate_threshold: Share = Field(0.8, description="Share of the hours that earns a certificate")
    join_window_minutes: Minutes = Field(60, description="Minutes before a block from which the join page opens")
    letterhead: Letterhead = Field(Letterhead(), description="What stands at the head and the foot of its letters")
    purpose: Prose | None = Field(
        None, description="What personal data is collected for, in new workshops; null: the service's standard words"
    )
    retention_days: RetentionDays = Field(
        730, description="How many days after their end new workshops keep personal data"
    )
    embed_origins: Origins = Field(
        [], description="Websites that may show its workshops in a frame", examples=[["https://luwukab.go.id"]]
    )
    committee_emails: CommitteeEmails = Field(
        [], description="Where the committee is written to; empty: its owners and organizers"
    )
    public_progress: PublicProgress = Field(
        PublicProgress(), description="What of the promised data everybody may see; nothing unless enabled"
    )
    escalation: EscalationRule = Field(
        EscalationRule(), description="After how many working days of delay a letter follows, then the list"
    )
    second_factor: bool = Field(False, strict=True, description=SECOND_FACTOR)


class OrganizerRead(Shape):
    """The organizer, for its staff."""

    id: UUID = Field(description="Id")
    slug: str = Field(description="Its word in addresses", examples=["luwu"])
    name: str = Field(description="Name")
    timezone: str = Field(description="IANA time zone in which it speaks")
    language: str = Field(description="Its language: id or en")
    kemendagri_code: str | None = Field(description="Region code of Kemendagri")
    bps_code: str | None = Field(description="Region code of BPS")
    logo: str | None = Field(description="Address of its logo")
    alias_domain: str | None = Field(
        description="Domain of stand-in addresses for people without e-mail in an online room"
    )
    steward_code: str | None = Field(description="Organisation that reviews submissions; null: the organizer itself")
    online_threshold: float = Field(description="Share of a block's minutes that makes a person present online")
    certificate_threshold: float = Field(description="Share of the hours that earns a certificate")
    join_window_minutes: int = Field(description="Minutes before a block from which the join page opens")
    letterhead: Letterhead = Field(description="What stands at the head and the foot of its letters")
    purpose: str | None = Field(description="What personal data is collected for, in new workshops")
    retention_days: int = Field(description="How many days after their end new workshops keep personal data")
    embed_origins: list[str] = Field(description="Websites that may show its workshops in a frame")
    committee_emails: list[str] = Field(
        description="Where the committee is written to; empty: its owners and organizers"
    )
    public_progress: PublicProgress = Field(description="What of the promised data everybody may see")
    escalation: EscalationRule = Field(
        description="After how many working days of delay a letter follows, then the list"
    )
    second_factor: bool = Field(description=SECOND_FACTOR)
    version: int = Field(description="Counts changes; the ETag")
    updated_at: datetime = Field(description="Last change")


class HolidayShape(Shape):
    """A day that is no working day."""

    day: Day = Field(description="The day", examples=["2023-06-29"])
    name: Line = Field(description="Its name", examples=["Iduladha 1444 Hijriah"])
    kind: Code = Field("libur_nasional", description="libur_nasional, cuti_bersama or a word of your own")


def _each_day_once(items: list[HolidayShape]) -> list[HolidayShape]:
    if any(count > 1 for count in Counter(item.day for item in items).values()):
        raise Fault(_("Sebut setiap hari satu kali saja."))
    return items


class HolidayList(Shape):
    """All holidays of an organizer, to be kept instead of those so far."""

    items: Annotated[list[HolidayShape], Field(max_length=2000), AfterValidator(_each_day_once)] = Field(
        description="All holidays, of all years; those not named are dropped"
    )


class StaffCreate(Shape):
    """A new member of staff. The password is the first one; the person changes it."""

    email: Email = Field(description="Address to sign in with", examples=["aptika@luwukab.go.id"])
    name: Line = Field(description="Name or office, as others see it", examples=["Kepala Bidang Aptika"])
    password: Password | None = Field(
        None,
        description="First password, at least 12 characters; an account that works for another organizer keeps its own",
    )
    role: MemberRole = Field(description="What the person does", examples=["organizer"])
    workshops: list[UUID] = Field([], max_length=200, description="Workshops that a door role may check in")


class StaffPatch(Shape):
    """A JSON merge patch of a membership."""

    role: MemberRole = Field(Role.VIEWER, description="What the person does")
    workshops: list[UUID] = Field([], max_length=200, description="Workshops that a door role may check in")
    disabled: bool = Field(False, strict=True, description="true signs the person out at once and keeps them out")


class StaffRead(Shape):
    """A member of the organizer's staff."""

    id: UUID = Field(description="Id")
    email: str = Field(description="Address to sign in with")
    name: str = Field(description="Name or office")
    role: Role = Field(description="What the person does")
    workshops: list[UUID] = Field(description="Workshops that a door role may check in")
    disabled: bool = Field(description="Whether the person is kept out")
    second_factor: bool = Field(description="Whether the person signs in with a second factor")
    version: int = Field(description="Counts changes of the membership; part of the ETag")
    created_at: datetime = Field(description="Member since")


class ApiKeyCreate(Shape):
    """A new API key."""

    name: Line = Field(description="What it is for", examples=["Situs web kabupaten"])
    permissions: list[PermissionName] = Field(
        min_length=1, max_length=60, description="A subset of the maker's permissions", examples=[["workshops:read"]]
    )
    expires_at: Instant | None = Field(None, description="When it stops working; null for never")


class ApiKeyRead(Shape):
    """An API key, without its token."""

    id: UUID = Field(description="Id")
    name: str = Field(description="What it is for")
    permissions: list[str] = Field(description="What it may do, as far as its maker may do it now")
    created_by: UUID | None = Field(description="Member of staff who made it, or whose key did; null: the service")
    created_at: datetime = Field(description="Made at")
    expires_at: datetime | None = Field(description="When it stops working; null for never")
    revoked_at: datetime | None = Field(description="When it was revoked; null while it works")
    used_at: datetime | None = Field(description="When it was used last, to a few minutes; null for never")


class ApiKeyIssued(ApiKeyRead):
    """A new API key with its token, which is shown this once."""

    token: str = Field(description="The secret to send as Authorization: Bearer; shown this once")


class SignIn(Shape):
    """Address and password."""

    email: Annotated[str, StringConstraints(max_length=254)] = Field(
        description="Address", examples=["aptika@luwukab.go.id"]
    )
    password: Password = Field(description="Password")
    code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] | None = Field(
        None, description="Where the account has a second factor: six figures of the app, or a recovery code"
    )


class OrganizerChoice(Shape):
    """The organizer to work for."""

    slug: Slug = Field(description="Its word in addresses", examples=["luwu"])


class PasswordChange(Shape):
    """The old and the new password."""

    current_password: Password = Field(description="The password so far")
    password: Password = Field(description="The new one, at least 12 characters")


class SessionStaff(Shape):
    """Who is signed in."""

    id: UUID = Field(description="Id")
    name: str = Field(description="Name or office")
    email: str = Field(description="Address")


class SessionOrganizer(Shape):
    """An organizer that can be chosen."""

    slug: str = Field(description="Its word in addresses")
    name: str = Field(description="Name")
    role: Role = Field(description="What the person does there")


class StaffCalendarRead(Shape):
    """A staff member's calendar. Whoever has the address reads it; a new one ends it."""

    url: str = Field(
        description="Address to subscribe to; shown this once",
        examples=["https://bimtek.example/calendar/staff/AZh3...ics"],
    )
    webcal: str = Field(
        description="The same for programs that open webcal addresses",
        examples=["webcal://bimtek.example/calendar/staff/AZh3...ics"],
    )


class SessionRead(Shape):
    """The signed-in browser."""

    csrf_token: str = Field(description="To be sent as X-CSRF-Token with every change")
    staff: SessionStaff = Field(description="Who is signed in")
    organizer: SessionOrganizer | None = Field(description="The organizer worked for")
    organizers: list[SessionOrganizer] = Field(description="Those that can be chosen")
    permissions: list[str] = Field(description="What the person may do at this organizer")
    second_factor: SecondFactorState = Field(
        description="on, off, or required: then nothing but the account is open until it is on"
    )
    expires_at: datetime = Field(description="End of the session")
