"""One person of whom every table knows something, every free text of it a canary; and who still sings."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import JSON, Column, Enum, String, Table, select
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.sqltypes import AutoString

from service import clock, tokens
from service.db import run
from service.models.announcements import Announcement
from service.models.attendance import Annulment, Checkin, Direction, Method, Presence, PresenceMatch, Verdict
from service.models.certificates import Certificate
from service.models.invitations import Invitation
from service.models.messages import Channel, Message, MessageStatus, Unsubscription
from service.models.registrations import HeldRegistration, Registration
from service.models.rooms import FormerLink, JoinUse, NoticeKind, Provider, Room, RoomLink, RoomNotice
from service.models.workshops import Workshop
from tests import factories

CANARY = "kenari-7f3a"
ADDRESS = f"{CANARY}@luwukab.go.id"
VALUES: dict[str, object] = {
    "registrations.answers": {"diet": CANARY},
    "registrations.email": ADDRESS,
    "registrations.contact_key": ADDRESS,
    "held_registrations.data": {"name": CANARY, "email": ADDRESS},
    "checkins.answer": {
        "verdict": "accepted",
        "registration": {
            "name": CANARY,
            "number": 1,
            "position": CANARY,
            "represents": CANARY,
            "organisation": CANARY,
        },
    },
    "certificates.holder": {"name": CANARY, "position": CANARY, "organisation": CANARY},
    "annulments.answer": {"verdict": "accepted", "registration": None},
    "unsubscriptions.contact_key": ADDRESS,
}
"""What is no plain text."""
NO_PERSON = {
    "agenda_items": "the published programme",
    "agreement_signatures": "what offices signed; who wrote it down is an id",
    "agreements": "what offices agree on",
    "api_keys": "keys are named after programs",
    "attendance": "facts by id; a device has a name, a person has not",
    "attendance_blocks": "the plan",
    "capacities": "counters",
    "checks": "what trials found: codes and counts; who began one is an id",
    "commitment_history": "what offices promised; who wrote it is an id",
    "commitment_remarks": "what offices ask each other; who did is an id",
    "commitments": "what offices promised, signed by an office",
    "dashboard_links": "screens are named after rooms",
    "data_items": "what is asked of offices",
    "deliveries": "ids; errors carry codes alone (promise 16)",
    "devices": "devices are named after doors",
    "escalations": "steps towards an office; who dealt with one is an id",
    "event_chains": "hashes",
    "events": "ids, see Trace",
    "follow_ups": "what offices agreed to do",
    "holidays": "days",
    "idempotency_records": "encrypted, gone after a day",
    "limit_counters": "hashes, gone when their window ends",
    "materials": "slides and handouts; who added one is an id",
    "memberships": "staff: kept as long as the account",
    "message_wordings": "the organizer's own words",
    "minutes": "the record of the office; offices chair and sign",
    "organisation_aliases": "offices",
    "organisations": "contacts of an office, which staff keep up to date",
    "organizers": "the office itself",
    "recovery_codes": "hashes of an account's own codes",
    "staff_invitations": "staff: asked to work, blanked a month after the link's end",
    "portal_links": "contacts of an office, which staff keep up to date",
    "presence_matches": "ids",
    "programmes": "the programme",
    "provider_calls": "counters",
    "reminders": "the plan",
    "screens": "screens are named after halls",
    "staff": "staff: kept as long as the account",
    "staff_sessions": "staff: gone when they end",
    "submissions": "what offices delivered; who did is an id",
    "webhooks": "addresses of systems",
    "workshops": "the published plan",
}
"""Tables in which nobody's data stands who comes to a workshop, and why."""
MEANS_NOBODY = {
    "announcements.by": "kind and id of an actor",
    "annulments.by": "kind and id of an actor",
    "certificates.issued_by": "kind and id of an actor",
    "certificates.key_id": "a signing key",
    "certificates.number": "counts the certificates of a workshop",
    "certificates.revoked_by": "kind and id of an actor",
    "certificates.wording": "the published programme and the office that signs, nothing of the holder",
    "checkins.annulled_by": "kind and id of an actor",
    "checkins.ticket_hash": "hash of a dead ticket",
    "held_registrations.key_id": "a signing key",
    "invitations.addressee": "an office",
    "invitations.key_id": "a signing key",
    "invitations.letter_date": "of the letter",
    "invitations.letter_number": "of the letter",
    "match_decisions.by": "kind and id of an actor",
    "messages.occasion": "a word of ours",
    "messages.occasion_key": "ids",
    "messages.sent_by": "kind and id of an actor",
    "messages.what": "words of ours",
    "presences.source": "a word of ours",
    "registrations.key_id": "a signing key",
    "registrations.position_level": "a level that many share, counted by reports",
    "rooms.external_id": "the room's",
    "rooms.passcode": "the room's",
    "rooms.plan": "a digest",
    "rooms.url": "the room's",
}
"""Columns of the other tables that say nothing about a person, and why."""


def columns() -> Iterator[tuple[Table, Column[object]]]:
    """Every free text, also in JSON, that may be about a person who comes to a workshop."""
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns if table.name not in NO_PERSON else ():
            text = isinstance(column.type, (String, AutoString)) and not isinstance(column.type, Enum)
            if (text or isinstance(column.type, JSON)) and f"{table.name}.{column.name}" not in MEANS_NOBODY:
                yield table, column


async def fill(session: AsyncSession, gathering: Workshop, **values: object) -> Registration:
    """The person. `values` of the registration are kept as they are."""
    office = await factories.organisation(session, await factories.house_of(session, str(gathering.id)))
    row = await factories.registration(session, gathering, **values)
    house = row.organizer_id
    room = Room(organizer_id=house, workshop_id=gathering.id, provider=Provider.ZOOM, external_id="1")
    ids: dict[str, Any] = {"organizer_id": house, "workshop_id": gathering.id}
    now, nonce = clock.now(), factories.some_id()
    scan: dict[str, Any] = {"direction": Direction.IN, "method": Method.QR, "claimed_at": now, "happened_at": now}
    seen = [
        Presence(**ids, external_id="", display_name="", joined_at=start, left_at=now)
        for start in (now, now - timedelta(minutes=1))
    ]
    key = row.key_id
    session.add_all([room, *seen])
    await session.flush()
    session.add_all(
        [
            Checkin(**ids, **scan, registration_id=row.id, nonce=nonce, verdict=Verdict.REFUSED),
            Annulment(**ids, nonce=factories.some_id(), target=nonce, reason="", by="staff:1", claimed_at=now),
            PresenceMatch(presence_id=seen[0].id, registration_id=row.id),
            HeldRegistration(**ids, number=99, key_id=key, expires_at=now),
            Invitation(**ids, organisation_id=office.id, key_id=key),
            RoomLink(room_id=room.id, registration_id=row.id, revoked_at=now),
            FormerLink(room_id=room.id, external_id=CANARY, registration_id=row.id),
            RoomNotice(organizer_id=house, room_id=room.id, key="", kind=NoticeKind.JOINED, sitting="", at=now),
            JoinUse(registration_id=row.id, place=""),
            Certificate(
                **ids,
                registration_id=row.id,
                sequence=1,
                number="001",
                hours=12,
                total_hours=14,
                key_id=key,
                issued_by="staff:1",
            ),
            Message(
                **ids,
                registration_id=row.id,
                occasion="confirmation",
                occasion_key=f"confirmation:{tokens.new_id()}",
                channel=Channel.SEND_LIST,
                status=MessageStatus.WAITING,
            ),
            Announcement(**ids, subject="", text="", by="staff:1"),
            Unsubscription(organizer_id=house, contact_key=ADDRESS),
        ]
    )
    await session.flush()
    for table, column in columns():
        if column.name not in values:
            said = VALUES.get(f"{table.name}.{column.name}", CANARY)
            await session.exec(table.update().values({column.name: said}))
    await session.refresh(row)
    return row


async def singing(session: AsyncSession) -> set[str]:
    """Where a canary is left, as `table.column`; every column of every table is read."""
    found = set()
    for table in SQLModel.metadata.sorted_tables:
        rows = (await run(session, select(table), {})).mappings().all()
        found |= {f"{table.name}.{name}" for row in rows for name, value in row.items() if CANARY in str(value)}
    return found
