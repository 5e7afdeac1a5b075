"""Messages to people: one per occasion, never two."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Date, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, enum_column
from service.models.workshops import ReminderKind
from service.tokens import new_id


class Channel(StrEnum):
    """How a message reaches somebody. `send_list`: a committee member sends it from a phone, one tap each."""

    MAIL = "mail"
    WHATSAPP = "whatsapp"
    SEND_LIST = "send_list"
    NONE = "none"


class MessageStatus(StrEnum):
    """`waiting` stands on the send list; `bounced` came back; `dropped` lost its reason, or came too late;
    `unreachable` has no contact at all.
    """

    QUEUED = "queued"
    SENT = "sent"
    WAITING = "waiting"
    FAILED = "failed"
    BOUNCED = "bounced"
    DROPPED = "dropped"
    UNREACHABLE = "unreachable"


class Occasion(StrEnum):
    """What a message is about."""

    CONFIRMATION = "confirmation"
    PROMOTED = "promoted"
    WAITLISTED = "waitlisted"
    REQUESTED = "requested"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    SWITCHED = "switched"
    REPRESENTING = "representing"
    SUBSTITUTED = "substituted"
    SUBSTITUTE = "substitute"
    REPEATED = "repeated"
    LINKS_RENEWED = "links_renewed"
    HELD = "held"
    INVITATION = "invitation"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    WORKSHOP_CANCELLED = "workshop_cancelled"
    CHANGED = "changed"
    ROOM_CHANGED = "room_changed"
    REMINDER_WEEK = "reminder_week"
    REMINDER_DAY = "reminder_day"
    REMINDER_HOUR = "reminder_hour"
    REMINDER_EACH_DAY = "reminder_each_day"
    THANKS = "thanks"
    CERTIFICATE = "certificate"
    COMMITMENTS_DUE = "commitments_due"
    COMMITMENTS_OVERDUE = "commitments_overdue"
    DATA_REQUESTED = "data_requested"
    DUE_DATES_MOVED = "due_dates_moved"
    EXTENSION_ASKED = "extension_asked"
    EXTENSION_DECIDED = "extension_decided"
    SUBMISSION_ACCEPTED = "submission_accepted"
    SUBMISSION_RETURNED = "submission_returned"
    REMARK = "remark"
    REVIEW_WAITING = "review_waiting"
    ESCALATION_LETTER = "escalation_letter"
    ESCALATION_LIST = "escalation_list"
    LINK_SHARED = "link_shared"
    ANNOUNCEMENT = "announcement"
    STAFF_INVITATION = "staff_invitation"
    RESET = "password_reset"
    ACCOUNT_CHANGED = "account_changed"


OPTIONAL_OCCASIONS = frozenset(
    {
        Occasion.REMINDER_WEEK,
        Occasion.REMINDER_DAY,
        Occasion.REMINDER_HOUR,
        Occasion.REMINDER_EACH_DAY,
        Occasion.THANKS,
        Occasion.COMMITMENTS_DUE,
        Occasion.COMMITMENTS_OVERDUE,
    }
)
"""What people can do without: it carries List-Unsubscribe (RFC 8058), and is not sent to those who used it."""


ABOUT_DATA = frozenset(
    {
        Occasion.COMMITMENTS_DUE,
        Occasion.COMMITMENTS_OVERDUE,
        Occasion.DATA_REQUESTED,
        Occasion.DUE_DATES_MOVED,
        Occasion.EXTENSION_ASKED,
        Occasion.EXTENSION_DECIDED,
        Occasion.SUBMISSION_ACCEPTED,
        Occasion.SUBMISSION_RETURNED,
        Occasion.REMARK,
        Occasion.REVIEW_WAITING,
        Occasion.ESCALATION_LETTER,
        Occasion.ESCALATION_LIST,
    }
)
"""About promised data, not about the gathering."""


_INVITES = text("invitation_id IS NOT NULL")


TO_STAFF = frozenset({Occasion.STAFF_INVITATION, Occasion.RESET, Occasion.ACCOUNT_CHANGED})
"""About an account. Always said in our words: what protects accounts is not rewritten."""


class Message(SQLModel, table=True):
    """One message. Neither text nor link is stored: both are rendered when it is sent.

    `occasion_key` names the occasion (e.g. "confirmation:<registration>:<event>"), so a repeated event makes no second
    message. The Message-ID derives from `id` and stays the same over retries. `what` says what an occasion is about,
    e.g. the changed parts "time,venue". After `stale_at` (domain time) it is dropped instead of sent. A `rehearsal`
    went to the committee in place of its person. `portal_link_id` is the one contact of the organisation that it goes
    to; `staff_id` or `staff_invitation_id` the member of staff. `external_id` is the channel's own id of it.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("occasion_key"),
        Index("ix_messages_workshop", "organizer_id", "status", "id"),
        Index("ix_messages_registration", "registration_id"),
        Index("ix_messages_external", "external_id"),
        Index("ix_messages_of_workshop", "workshop_id", "status"),
        Index("ix_messages_invitation", "invitation_id", sqlite_where=_INVITES, postgresql_where=_INVITES),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID | None = Field(default=None, foreign_key="workshops.id")
    registration_id: UUID | None = Field(default=None, foreign_key="registrations.id")
    held_id: UUID | None = Field(default=None, foreign_key="held_registrations.id")
    invitation_id: UUID | None = Field(default=None, foreign_key="invitations.id")
    organisation_id: UUID | None = Field(default=None, foreign_key="organisations.id")
    reminder_id: UUID | None = Field(default=None, foreign_key="reminders.id")
    commitment_id: UUID | None = Field(default=None, foreign_key="commitments.id")
    escalation_id: UUID | None = Field(default=None, foreign_key="escalations.id")
    portal_link_id: UUID | None = Field(default=None, foreign_key="portal_links.id")
    announcement_id: UUID | None = Field(default=None, foreign_key="announcements.id")
    staff_invitation_id: UUID | None = Field(default=None, foreign_key="staff_invitations.id")
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    to_committee: bool = False
    rehearsal: bool = False
    occasion: str
    occasion_key: str
    what: str | None = None
    channel: Channel = Field(sa_column=enum_column(Channel))
    status: MessageStatus = Field(sa_column=enum_column(MessageStatus))
    error: str | None = None
    attempts: int = 0
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sent_by: str | None = None
    external_id: str | None = None
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    stale_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class ReminderStatus(StrEnum):
    """The life of a reminder; `dropped` came too late to be of use."""

    PLANNED = "planned"
    FIRED = "fired"
    DROPPED = "dropped"


class Reminder(SQLModel, table=True):
    """When everybody concerned is reminded, computed from the agenda and computed anew when it moves.

    `about` is the day it is about: a day of the workshop, or a due date. Times are domain time.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        UniqueConstraint("workshop_id", "kind", "about"),
        Index("ix_reminders_due", "status", "due_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id")
    kind: ReminderKind = Field(sa_column=enum_column(ReminderKind))
    about: date = Field(sa_type=Date)
    due_at: datetime = Field(sa_type=UtcDateTime)
    stale_at: datetime = Field(sa_type=UtcDateTime)
    status: ReminderStatus = Field(default=ReminderStatus.PLANNED, sa_column=enum_column(ReminderStatus))
    fired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MessageWording(SQLModel, table=True):
    """An organizer's own words for an occasion, in one language, in place of ours. Names in braces stand for facts."""

    __tablename__ = "message_wordings"
    __table_args__ = (UniqueConstraint("organizer_id", "occasion", "language"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    occasion: str
    language: str
    subject: str | None = None
    text: str
    version: int = 1
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class Unsubscription(SQLModel, table=True):
    """A contact (canonical, as `Registration.contact_key`) that wants only what is essential from this organizer."""

    __tablename__ = "unsubscriptions"

    organizer_id: UUID = Field(primary_key=True, foreign_key="organizers.id")
    contact_key: str = Field(primary_key=True)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
