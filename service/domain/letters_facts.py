"""What a letter may say, gathered by letters.py and letters_commitments.py."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from service.models.escalations import Escalation
from service.models.invitations import Invitation
from service.models.people import Organisation
from service.models.registrations import Registration
from service.models.workshops import AttendanceBlock, Workshop


class Owed(NamedTuple):
    """A data item that is asked for: when it is due, if ever, and by how many working days it is late; when it was due
    `before`; `new`: it was not asked for in an earlier message, as others named beside it were.
    """

    name: str
    due: date | None
    late: int = 0
    before: date | None = None
    new: bool = False


class Tally(NamedTuple):
    """An organisation of which `items` wait, the oldest since `since`, which is `days` working days ago."""

    name: str
    items: int
    since: date
    days: int


@dataclass(kw_only=True)
class Facts:
    """Everything a letter may say; see documents.mail.Facts. `to` and `phones` are where it may go; what goes to the
    committee gets its addresses from `dispatch.facts_now`.

    `what`: the changed parts. `schedule`: label, start and end of each half-day that matters. `day`: what a reminder is
    about. `person`: whose link went round, from `places` places. `meant_for`: whom a rehearsed message would reach.
    `own_subject`, `own_text`: the organizer's own words, see `wordings.spoken`. `invitation`: whose letter goes along.
    `item`: the data item that all of it is about, `until` the date asked for or set, `remark` what was said about it,
    `parts` what was said about its parts. `owed`, `tallies`: see Owed and Tally. `escalations`: whose letters go along.
    """

    message_id: UUID
    occasion: str
    language: str
    recipient: str
    organizer: str
    title: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    to: Sequence[str] = ()
    phones: Sequence[str] = ()
    modality: str | None = None
    venue: str | None = None
    organisation: str | None = None
    number: int | None = None
    status: str | None = None
    mode: str | None = None
    represents: str | None = None
    reason: str | None = None
    letter_number: str | None = None
    deadline: datetime | None = None
    my_url: str | None = None
    join_url: str | None = None
    calendar_url: str | None = None
    confirm_url: str | None = None
    invitation_url: str | None = None
    unsubscribe_url: str | None = None
    certificate_url: str | None = None
    portal_url: str | None = None
    what: Sequence[str] = ()
    owed: Sequence[Owed] = ()
    item: str | None = None
    until: date | None = None
    remark: str | None = None
    parts: Sequence[tuple[str, str]] = ()
    tallies: Sequence[tuple[str, int, date, int]] = ()
    staff_url: str | None = None
    account_url: str | None = None
    schedule: Sequence[tuple[str, datetime, datetime]] = ()
    day: date | None = None
    display_name: str | None = None
    person: str | None = None
    places: int | None = None
    rehearsal: bool = False
    meant_for: Sequence[str] = ()
    own_subject: Sequence[str] | None = None
    own_text: Sequence[str] | None = None
    registration: Registration | None = None
    invitation: Invitation | None = None
    escalations: Sequence[Escalation] = ()
    workshop: Workshop | None = None
    blocks: Sequence[AttendanceBlock] = field(default_factory=list)


def contacts_of(organisation: Organisation) -> tuple[list[str], list[str]]:
    """The organisation's addresses and telephone numbers."""
    emails = [contact.get("email") for contact in organisation.contacts]
    phones = [contact.get("phone") for contact in organisation.contacts]
    return list(dict.fromkeys(filter(None, emails))), list(dict.fromkeys(filter(None, phones)))


def told_before(what: str | None) -> tuple[int, datetime | None]:
    """How much had been asked for when a message was made, and when the message before it was made, if any was."""
    count, _space, before = (what or "").partition(" ")
    return int(count) if count.isdecimal() else 0, datetime.fromisoformat(before) if before else None
