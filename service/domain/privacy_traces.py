"""How the personal data in each table goes. docs/privacy.md says it for people; a test walks all tables with canaries.

registrations: what identifies is blanked, the name becomes "Peserta <number>"; number, mode, role, level of position,
listed organisation and status stay, since attendance and reports count them. Of whoever was there name, position and
organisation are proof, and stay until retention ends. So does what the door calls a walk-in (`client_id`).
held_registrations: what was typed is blanked; so it is without us, three days after it was typed.
checkins, annulments: the stored answer keeps its verdict, and loses the name; free texts are blanked.
presences: what the provider called the person and the address it knew go, also of what it reports later; the times
stay. room_links: address and link go at once, the row when retention ends: until then presence may still be reported
under its id. former_links, room_notices: go when retention ends; a notice loses the name at once. join_uses: go.
certificates: number, hours and times stay, so that the paper can still be checked; name, position and organisation,
proof too until retention ends, go, and so does why one was revoked. Its wording is the published programme and the
office that signs, nothing of the holder's, and stays.
messages: occasion, channel and times stay, ids of other systems go; nothing is sent any more.
unsubscriptions: the address goes with the last registration that has it.
invitations: a reason for declining goes when retention ends.
announcements: what was written goes when retention ends; by whom and when it was stays.
minutes, follow_ups, materials: records of the office, which names offices in them; they stay. What is only for those
who were registered or there is closed to them with their links. A removed material loses its file at once, the store
within a day.
events and deliveries hold ids only (`service.events.Trace`); answers kept for repeated requests are encrypted and go
after a day, counters of limits are hashes and go when their window ends.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import String, and_, cast, delete, exists, func, literal, or_, tuple_, update
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from service import clock
from service.domain.contacts import Contact
from service.models.announcements import Announcement
from service.models.attendance import Annulment, Checkin, Presence, PresenceMatch
from service.models.certificates import Certificate
from service.models.invitations import Invitation
from service.models.messages import Message, MessageStatus, Unsubscription
from service.models.registrations import HeldRegistration, Registration
from service.models.rooms import FormerLink, JoinUse, Room, RoomLink, RoomNotice

NOBODY = "Peserta"
"""What stands in place of a name, before the registration's number."""
AT_ONCE = 500
"""Rows of a workshop that one transaction touches: nobody who registers meanwhile waits for longer."""
QUIETLY = {"synchronize_session": False}
"""What the session holds is read anew by whoever goes on using it."""
_UNSENT = (MessageStatus.QUEUED, MessageStatus.WAITING, MessageStatus.FAILED)
_NO_PROOF: dict[str, object] = {
    "email": None,
    "phone": None,
    "contact_key": None,
    "rank": None,
    "nip": None,
    "employment": None,
    "answers": {},
    "reason": None,
    "channel": None,
    "language": None,
    "link_requested_at": None,
    "link_shared_at": None,
}
_IDENTIFIES: dict[str, object] = {
    "name": literal(f"{NOBODY} ") + cast(col(Registration.number), String),
    # Unlike the name it is nobody else's: calendars and reports must not take two of them for one person.
    "name_key": cast(col(Registration.id), String),
    "position": None,
    "represents": None,
    "organisation_name": None,
    "code": None,
}
_OF_A_WORKSHOP: tuple[tuple[type[SQLModel], dict[str, object]], ...] = (
    (Registration, {"client_id": None, "reason": None}),
    (Invitation, {"reason": None}),
    (Annulment, {"reason": ""}),
    (Checkin, {"admit_reason": None, "note": None, "annulment_reason": None}),
    (Room, {"error": None}),
    (Announcement, {"subject": "", "text": ""}),
    (Message, {"error": None, "external_id": None}),
)
"""What names nobody by itself, or is written by hand and may name anybody."""


async def strip(session: AsyncSession, people: Sequence[Registration], *, links: bool = True) -> None:
    """Erases everything of these people but name, position and organisation, which prove that they were there.

    `links`: also their links into rooms; without it those stay until the provider has taken them back.
    """
    ids, keys = [row.id for row in people], {row.contact_key for row in people if row.contact_key}
    await _blank_held(session, people)
    await _change(session, ids, _NO_PROOF)
    await _blank_ways(session, ids, links=links)
    await drop_messages(session, ids)
    theirs = update(Message).where(col(Message.registration_id).in_(ids))
    await session.exec(theirs.values(error=None, external_id=None), execution_options=QUIETLY)
    for house in {row.organizer_id for row in people}:
        await _forget_unsubscribed(session, house, keys)


async def anonymise(session: AsyncSession, people: Sequence[Registration], *, links: bool = True) -> None:
    """Erases everything of these people; their tickets and links, also those before, are dead. See `strip`."""
    await strip(session, people, links=links)
    ids = [row.id for row in people]
    # Doors still know the ticket of the version before.
    dead = {"link_version": col(Registration.link_version) + 2, "anonymised_at": clock.now()}
    await _change(session, ids, _IDENTIFIES | dead)
    await _blank_scans(session, ids)
    papers = update(Certificate).where(col(Certificate.registration_id).in_(ids))
    await session.exec(papers.values(holder={}, revocation_reason=None), execution_options=QUIETLY)


async def drop_messages(session: AsyncSession, ids: Collection[UUID]) -> None:
    """What was not sent to these people stays unsent."""
    unsent = update(Message).where(col(Message.registration_id).in_(ids), col(Message.status).in_(_UNSENT))
    await session.exec(unsent.values(status=MessageStatus.DROPPED), execution_options=QUIETLY)


async def clean_workshop(session: AsyncSession, workshop_id: UUID) -> bool:
    """Erases what of a workshop whose people are anonymised may still name somebody; True when there is more of it."""
    rooms = select(Room.id).where(Room.workshop_id == workshop_id)
    notices = select(RoomNotice.id).where(col(RoomNotice.room_id).in_(rooms)).limit(AT_ONCE)
    gone = await session.exec(delete(RoomNotice).where(col(RoomNotice.id).in_(notices)))
    telling = or_(col(Presence.display_name) != NOBODY, col(Presence.email).is_not(None))
    named = select(Presence.id).where(Presence.workshop_id == workshop_id, telling)
    if AT_ONCE in (gone.rowcount, await _blank_presences(session, named.limit(AT_ONCE))):
        return True
    for link in (RoomLink, FormerLink):
        await session.exec(delete(link).where(col(link.room_id).in_(rooms)))
    for table, blank in _OF_A_WORKSHOP:
        columns = table.metadata.tables[str(table.__tablename__)].c
        filled = or_(*(columns[name].is_distinct_from(empty) for name, empty in blank.items()))
        statement = update(table).where(columns.workshop_id == workshop_id, filled).values(**blank)
        await session.exec(statement, execution_options=QUIETLY)
    held = update(HeldRegistration).where(col(HeldRegistration.workshop_id) == workshop_id)
    await session.exec(held.values(data={}), execution_options=QUIETLY)
    return False


async def blank_reported(session: AsyncSession, presences: Collection[UUID]) -> None:
    """Erases what a report tells anew of people of whom everything of the kind was erased before.

    The provider's id stays, by which the same connection is known when it is told once more.
    """
    erased = or_(
        col(Registration.anonymised_at).is_not(None),
        and_(col(Registration.withdrawn_at).is_not(None), col(Registration.contact_key).is_(None)),
    )
    theirs = (
        select(PresenceMatch.presence_id)
        .join(Registration, col(Registration.id) == col(PresenceMatch.registration_id))
        .where(col(PresenceMatch.presence_id).in_(presences), erased)
    )
    blank = update(Presence).where(col(Presence.id).in_(theirs)).values(display_name=NOBODY, email=None)
    await session.exec(blank, execution_options={"synchronize_session": "fetch"})


async def _change(session: AsyncSession, ids: Collection[UUID], values: Mapping[str, object]) -> None:
    counted = {"version": col(Registration.version) + 1, "updated_at": clock.now()}
    statement = update(Registration).where(col(Registration.id).in_(ids)).values(**values, **counted)
    await session.exec(statement, execution_options=QUIETLY)


async def _blank_held(session: AsyncSession, people: Sequence[Registration]) -> None:
    """What strangers typed with these people's contacts, and nobody has confirmed."""
    theirs = {(row.workshop_id, row.contact_key) for row in people if row.contact_key}
    query = select(HeldRegistration).where(
        col(HeldRegistration.workshop_id).in_({workshop_id for workshop_id, _key in theirs}),
        col(HeldRegistration.registration_id).is_(None),
    )
    for held in (await session.exec(query)).all():
        typed = [str(value) if (value := held.data.get(name)) else None for name in ("email", "phone")]
        if held.data and (held.workshop_id, Contact.of("", *typed).key) in theirs:
            held.data = {}
            session.add(held)


async def _blank_ways(session: AsyncSession, ids: Collection[UUID], *, links: bool) -> None:
    """Their ways into rooms, and what was reported from there."""
    await session.exec(delete(JoinUse).where(col(JoinUse.registration_id).in_(ids)))
    matched = select(PresenceMatch.presence_id).where(col(PresenceMatch.registration_id).in_(ids))
    await _blank_presences(session, matched)
    for kind in (RoomLink, FormerLink):
        theirs = select(col(kind.room_id), col(kind.external_id)).where(col(kind.registration_id).in_(ids))
        told = tuple_(col(RoomNotice.room_id), col(RoomNotice.registrant)).in_(theirs)
        await session.exec(update(RoomNotice).where(told).values(display_name=""), execution_options=QUIETLY)
    if links:
        # A row with neither `url` nor `revoked_at` would be asked for again.
        closed = {"revoked_at": func.coalesce(col(RoomLink.revoked_at), clock.now())}
        statement = update(RoomLink).where(col(RoomLink.registration_id).in_(ids))
        await session.exec(statement.values(url=None, email=None, error=None, **closed), execution_options=QUIETLY)


async def _blank_presences(session: AsyncSession, which: SelectOfScalar[UUID]) -> int:
    """Returns how many."""
    # The id in place of the provider's keeps (workshop, external id, start) unique.
    blank = {"display_name": NOBODY, "email": None, "external_id": cast(col(Presence.id), String)}
    statement = update(Presence).where(col(Presence.id).in_(which)).values(**blank)
    return (await session.exec(statement, execution_options=QUIETLY)).rowcount


async def _blank_scans(session: AsyncSession, ids: Collection[UUID]) -> None:
    """A repeated scan is answered as before, without the name."""
    numbers = select(Registration.id, Registration.number, Registration.organisation_id)
    people = {one[0]: one for one in await session.exec(numbers.where(col(Registration.id).in_(ids)))}
    for scan in (await session.exec(select(Checkin).where(col(Checkin.registration_id).in_(ids)))).all():
        assert scan.registration_id
        _id, number, listed = people[scan.registration_id]
        scan.answer = _nameless(scan.answer, number, listed=listed is not None)
        scan.admit_reason = scan.note = scan.annulment_reason = None
        session.add(scan)
    await session.flush()
    undone = select(col(Checkin.workshop_id), col(Checkin.nonce)).where(col(Checkin.registration_id).in_(ids))
    undos = update(Annulment).where(tuple_(col(Annulment.workshop_id), col(Annulment.target)).in_(undone))
    await session.exec(undos.values(reason=""), execution_options=QUIETLY)


def _nameless(answer: Mapping[str, object], number: int, *, listed: bool) -> dict[str, object]:
    person = answer.get("registration")
    if not isinstance(person, dict):
        return dict(answer)
    blank: dict[str, object] = {"name": f"{NOBODY} {number}", "position": None, "represents": None}
    return {**answer, "registration": person | blank | ({} if listed else {"organisation": None})}


async def _forget_unsubscribed(session: AsyncSession, organizer_id: UUID, keys: Iterable[str]) -> None:
    elsewhere = exists().where(
        col(Registration.contact_key) == col(Unsubscription.contact_key),
        col(Registration.organizer_id) == organizer_id,
    )
    mine = (col(Unsubscription.organizer_id) == organizer_id, col(Unsubscription.contact_key).in_(list(keys)))
    await session.exec(delete(Unsubscription).where(*mine, ~elsewhere), execution_options=QUIETLY)
