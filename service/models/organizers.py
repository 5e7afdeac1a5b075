"""Tenants and who works for them: organizers, staff, memberships, sessions, API keys, holidays, programmes."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column, json_column
from service.tokens import new_id


class Role(StrEnum):
    """What a member of staff does for an organizer."""

    OWNER = "owner"
    ORGANIZER = "organizer"
    DOOR = "door"
    VIEWER = "viewer"
    STEWARD = "steward"
    SUPER_OWNER = "super_owner"


class Organizer(SQLModel, table=True):
    """A regency's ICT office: the tenant to which everything belongs.

    `steward_code` is the organisation that reviews what agencies deliver (walidata); None means the organizer itself.
    `alias_domain` gives people without an e-mail address one that room providers accept. `committee_emails` is where
    the committee is written to; when empty, its owners and organizers are. `logo_key` is the uploaded logo's place in
    the store of files. `purpose` of collecting personal data; it is kept for `retention_days` after a workshop's end.
    `embed_origins` are the websites that may show the workshops in a frame. `escalation` says after how many working
    days of delay an agency's head is written to and the regional secretary's list names it; `public_progress` what of
    the promised data everybody may see. `second_factor`: its staff must sign in with one.
    """

    __tablename__ = "organizers"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(unique=True, max_length=80)
    name: str
    timezone: str = "Asia/Makassar"
    language: str = "id"
    kemendagri_code: str | None = None
    bps_code: str | None = None
    logo: str | None = None
    alias_domain: str | None = None
    steward_code: str | None = None
    online_threshold: float = 0.75
    certificate_threshold: float = 0.8
    join_window_minutes: int = 60
    committee_emails: list[str] = Field(default_factory=list, sa_column=json_column())
    letterhead: dict[str, object] = Field(default_factory=dict, sa_column=json_column())
    logo_key: str | None = None
    purpose: str | None = None
    retention_days: int = 730
    embed_origins: list[str] = Field(default_factory=list, sa_column=json_column())
    escalation: dict[str, object] = Field(default_factory=dict, sa_column=json_column())
    public_progress: dict[str, object] = Field(default_factory=dict, sa_column=json_column())
    second_factor: bool = False
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class Staff(SQLModel, table=True):
    """A person who signs in. May work for several organizers; a super-owner sees all of them.

    From `totp_key` the secret of the second factor (RFC 6238) is derived, in force since `totp_since`; `totp_step` is
    the last time step whose code was used, since no code counts twice. `reset_version` is that of the link that sets a
    new password, good until `reset_expires_at`; the real time, as is `totp_since`.
    """

    __tablename__ = "staff"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str
    email_key: str = Field(unique=True)
    name: str
    password_hash: str
    super_owner: bool = False
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    totp_key: str | None = None
    totp_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    totp_step: int | None = None
    reset_version: int = 0
    reset_key_id: str | None = None
    reset_expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class Membership(SQLModel, table=True):
    """A staff member's role at one organizer; `workshops` names those a door role may check in (ids as text).

    `calendar_version` and `calendar_key_id` are those of its calendar link; version 0 means that there is none yet.

    An organizer disables its own memberships; `Staff.disabled_at` closes the account everywhere.
    """

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("staff_id", "organizer_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    organizer_id: UUID = Field(foreign_key="organizers.id", index=True)
    role: Role = Field(sa_column=enum_column(Role))
    workshops: list[str] = Field(default_factory=list, sa_column=json_column())
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    calendar_version: int = 0
    calendar_key_id: str | None = None
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class StaffSession(SQLModel, table=True):
    """A signed-in browser. The cookie is random, only its SHA-256 is here; times are real time.

    `browser` says in a few words what it was ("Firefox, Android"), `seen_at` when it was used last, to a few minutes.
    """

    __tablename__ = "staff_sessions"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    token_hash: str = Field(unique=True)
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    organizer_id: UUID | None = Field(default=None, foreign_key="organizers.id")
    csrf: str
    browser: str = ""
    seen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class ApiKey(SQLModel, table=True):
    """A website's or script's key, with a subset of its maker's permissions. `used_at` is right to a few minutes."""

    __tablename__ = "api_keys"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id", index=True)
    name: str
    token_hash: str = Field(unique=True)
    permissions: list[str] = Field(default_factory=list, sa_column=json_column())
    created_by: UUID | None = Field(default=None, foreign_key="staff.id")
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Holiday(SQLModel, table=True):
    """A day that is no working day. Editable, since holidays move at short notice."""

    __tablename__ = "holidays"
    __table_args__ = (UniqueConstraint("organizer_id", "day"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    day: date
    name: str
    kind: str = "libur_nasional"


class Programme(SQLModel, table=True):
    """A programme with its stages and dimensions, e.g. Gerakan Menuju 100 Smart City.

    `dimensions`: [{code, label, sub: [label], coordinator: organisation code | null}]; `aliases`: {spelling: code}.
    A `shared` one may be copied by the other organizers of the installation.
    """

    __tablename__ = "programmes"
    __table_args__ = (UniqueConstraint("organizer_id", "code"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    code: str
    name: str
    stages: list[dict[str, object]] = Field(default_factory=list, sa_column=json_column())
    dimensions: list[dict[str, object]] = Field(default_factory=list, sa_column=json_column())
    aliases: dict[str, str] = Field(default_factory=dict, sa_column=json_column())
    shared: bool = False
    version: int = 1
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
