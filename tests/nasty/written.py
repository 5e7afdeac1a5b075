"""Everything the service writes with one name in it: two messages with their calendars, and a feed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

from pydantic import SecretStr

from service.clients import mail
from service.documents import ics
from service.domain.letters_facts import Facts
from service.models.messages import Occasion
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Modality, Mode, Workshop
from service.settings import Settings
from service.subscribers.mailing import mail_of

SETTINGS = Settings(
    data_dir=Path("/nonexistent"), secret_key=SecretStr("0" * 40), base_url="https://bimtek.contoh.go.id"
)
ADDRESS = "peserta@contoh.go.id"
BASE = "https://bimtek.contoh.go.id"
CHANGED = datetime.fromisoformat("2023-06-20T09:00:00+08:00")
HALF_DAYS = [
    (datetime.fromisoformat(f"2023-07-{day}:00+08:00"), timedelta(hours=hours))
    for day, hours in [("03T08:00", 4), ("03T13:00", 3), ("04T08:00", 4), ("04T13:00", 4)]
]


@dataclass(frozen=True)
class Written:
    """Raw messages and calendars. REQUEST and CANCEL are what a reader finds in the messages."""

    confirmation: bytes
    cancellation: bytes
    feed: bytes
    request: bytes
    cancel: bytes

    @property
    def calendars(self) -> list[bytes]:
        return [self.feed, self.request, self.cancel]


def write(name: str, *, mode: Mode = Mode.ONLINE) -> Written:
    """Puts the name everywhere a name, a title or a place can stand."""
    facts = facts_with(name, mode=mode)
    confirmation = mail.build(mail_of(facts, SETTINGS), SETTINGS.mail_from)
    cancelled = replace(facts, occasion=Occasion.CANCELLED, status="cancelled", blocks=[], join_url=None)
    cancellation = mail.build(mail_of(cancelled, SETTINGS), SETTINGS.mail_from)
    return Written(
        confirmation, cancellation, feed(name), calendar_part(confirmation)[1], calendar_part(cancellation)[1]
    )


def facts_with(name: str, *, mode: Mode = Mode.ONLINE) -> Facts:
    """A confirmed registration for four half-days, the second shorter than the others."""
    workshop = Workshop(
        id=UUID(int=1),
        organizer_id=UUID(int=2),
        slug="a",
        title=name,
        modality=Modality.HYBRID,
        timezone="Asia/Makassar",
        starts_at=HALF_DAYS[0][0],
        ends_at=HALF_DAYS[-1][0] + HALF_DAYS[-1][1],
        venue_name=name,
        venue_address=name,
        updated_at=CHANGED,
    )
    registration = Registration(
        id=UUID(int=3),
        organizer_id=workshop.organizer_id,
        workshop_id=workshop.id,
        number=1,
        code="R1",
        contact_key="k",
        name_key="n",
        name=name,
        email=ADDRESS,
        mode=mode,
        status=RegistrationStatus.CONFIRMED,
        confirmed_at=CHANGED,
        key_id="k",
        updated_at=CHANGED,
    )
    blocks = [
        AttendanceBlock(
            id=UUID(int=10 + position),
            workshop_id=workshop.id,
            position=position,
            code=f"B{position}",
            label=name,
            starts_at=start,
            ends_at=start + length,
            checkin_from=start,
            hours=4,
        )
        for position, (start, length) in enumerate(HALF_DAYS)
    ]
    return Facts(
        message_id=UUID(int=4),
        occasion=Occasion.CONFIRMATION,
        language="id",
        recipient=name,
        organizer=name,
        title=name,
        starts_at=workshop.starts_at,
        ends_at=workshop.ends_at,
        timezone=workshop.timezone,
        to=[ADDRESS],
        venue=name,
        organisation=name,
        number=1,
        status="confirmed",
        mode=mode.value,
        reason=name,
        my_url=f"{BASE}/my/t",
        join_url=f"{BASE}/join/t",
        calendar_url=f"{BASE}/calendar/my/t.ics",
        registration=registration,
        workshop=workshop,
        blocks=blocks,
    )


def feed(name: str) -> bytes:
    entry = ics.Entry(
        uid="feed-1",
        summary=name,
        starts_at=HALF_DAYS[0][0],
        ends_at=HALF_DAYS[0][0] + HALF_DAYS[0][1],
        changed_at=CHANGED,
        description=name,
        location=name,
        categories=[name],
        conference=("Ruang daring", f"{BASE}/join/t"),
    )
    return ics.render(ics.Feed(name=name, source_url=f"{BASE}/c.ics", timezone="Asia/Makassar", entries=[entry]))


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, EmailMessage, policy=policy.default)


def calendar_part(raw: bytes) -> tuple[str, bytes]:
    """The method the message's calendar part names, and its content."""
    [part] = [part for part in read(raw).walk() if part.get_content_type() == "text/calendar"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return str(part.get_param("method")), content
