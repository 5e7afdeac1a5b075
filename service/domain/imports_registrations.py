"""Taking over a list of participants: a plan with a verdict per row, which a dry run shows and a real run carries out.

The plan is made from what is read under the lock of the capacity row, in the order of the file. Seats are counted on
copies, so that a dry run says what would happen and writes nothing.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.domain import questions as asking, registrations, registrations_form, seats, workshops
from service.domain.contacts import Contact
from service.domain.identity import canonical_name
from service.domain.imports import Judged
from service.domain.imports_columns import words_of
from service.domain.imports_heads import Found
from service.domain.imports_offices import Office, Offices
from service.domain.imports_people import People
from service.domain.imports_values import Entry, Reader, faults_of, says_mode_by_letter
from service.errors import Full, InvalidInput, InvalidState, ModeNotOffered
from service.i18n import gettext as _
from service.models.imports_shapes import Verdict
from service.models.invitations import Invitation
from service.models.registrations import ParticipantRole, Registration, RegistrationStatus
from service.models.registrations_shapes import RegistrationCreate
from service.models.workshops import Capacity, Mode, Workshop, WorkshopStatus


@dataclass
class Plan:
    """What an import would do. `capacity` and `invitations` are copies on which the seats were counted."""

    workshop: Workshop
    capacity: Capacity
    invitations: dict[UUID, Invitation]
    judged: list[Judged] = field(default_factory=list)
    new: list[Registration] = field(default_factory=list)
    changed: list[tuple[Registration, dict[str, object]]] = field(default_factory=list)


def labels_of(workshop: Workshop) -> dict[str, str]:
    """How heads name the workshop's questions, former ones too: by label, by code, by both."""
    named: dict[str, str] = {}
    for one in asking.parsed([*workshop.former_questions, *workshop.questions]):
        for text in (one.label, one.code, f"{one.label} {one.code}"):
            named[" ".join(words_of(text))] = f"answers.{one.code}"
    return named


async def check_open(session: AsyncSession, actor: Actor, workshop_id: UUID) -> Workshop:
    """The workshop, before a list for it is received. Raises NotFound, InvalidState."""
    workshop = await workshops.find(session, actor, workshop_id)
    if workshop.status not in (WorkshopStatus.DRAFT, WorkshopStatus.PUBLISHED):
        raise InvalidState
    return workshop


def entries_of(workshop: Workshop, found: Found) -> list[Entry]:
    """The rows as they are understood. Takes a moment and needs no database: for a thread, before the transaction."""
    known = {one.code: one for one in asking.parsed([*workshop.former_questions, *workshop.questions])}
    reader = Reader(found.fields, known, letters=says_mode_by_letter(found))
    return [reader.read(line) for line in found.data]


async def plan(
    session: AsyncSession,
    actor: Actor,
    workshop_id: UUID,
    entries: Sequence[Entry],
    mode: Mode | None,
    *,
    lock: bool,
    taken: Collection[int] = (),
) -> Plan:
    """Judges every row; `mode` is for those that name none, `lock` for a real run.

    `taken`: rows of people to be added although they may well be somebody who is there already.
    Raises NotFound, InvalidState.
    """
    workshop = await workshops.find(session, actor, workshop_id)
    if lock:
        _offer, capacity = await seats.lock(session, workshop_id)
        await session.refresh(workshop)
    else:
        row = (await session.exec(select(Capacity).where(Capacity.workshop_id == workshop_id))).one()
        capacity = Capacity(**row.model_dump())
    if workshop.status not in (WorkshopStatus.DRAFT, WorkshopStatus.PUBLISHED):
        raise InvalidState
    made = Plan(workshop, capacity, await _invitations(session, workshop_id))
    offered = workshops.offered_modes(workshop)
    only = mode or (next(iter(offered)) if len(offered) == 1 else None)
    offices = await Offices.of(session, workshop.organizer_id)
    people = await People.of(session, workshop_id, entries, offices.names, lock=lock)
    judge = _Judge(session, made, offices, people, only, frozenset(taken))
    # Thousands of rows take seconds: others are served in the meantime.
    made.judged += await asyncio.to_thread(lambda: [judge.row(entry) for entry in entries])
    return made


async def _invitations(session: AsyncSession, workshop_id: UUID) -> dict[UUID, Invitation]:
    """Copies of those that hold seats, by organisation."""
    query = select(Invitation).where(
        Invitation.workshop_id == workshop_id,
        or_(col(Invitation.held_offline) > 0, col(Invitation.held_online) > 0),
    )
    found = await session.exec(query, execution_options={"populate_existing": True})
    return {row.organisation_id: Invitation(**row.model_dump()) for row in found}


class _Judge:
    """Judges row after row, remembering those above."""

    def __init__(
        self,
        session: AsyncSession,
        made: Plan,
        offices: Offices,
        people: People,
        mode: Mode | None,
        taken: frozenset[int],
    ) -> None:
        self.session, self.plan, self.offices, self.people, self.mode = session, made, offices, people, mode
        self._taken = taken
        self._seen: dict[str, int] = {}

    def row(self, entry: Entry) -> Judged:
        """The verdict on a row, and what it does to the plan."""
        if entry.over:
            entry.doubtful("status", _("Berkas menyebut pendaftaran ini dibatalkan atau ditolak; tidak diimpor."))
            return _judged(entry, Verdict.IGNORED)
        office, near, named = self._office(entry)
        entry.matched = office.code if office else None
        places = {canonical_name(name) for name in (office.name if office else named, named)}
        known, repeated = self.people.take(entry, places) if entry.name else (None, False)
        if entry.errors or entry.data is None:
            return _judged(entry, Verdict.FAULTY)
        above = self._repeated(entry, min(places), known)
        if above or repeated:
            said = _("Orang ini sudah ada pada baris di atasnya; baris ini dilewati.")
            if above:
                said = _("Orang ini sudah ada pada baris {row}; baris ini dilewati.").format(row=above)
            entry.doubtful("name", said)
            return _judged(entry, Verdict.DUPLICATE)
        if known is None:
            return self._new(entry, entry.data, office, places)
        self.people.join(entry)
        as_typed = canonical_name(known.organisation_name or "") == canonical_name(named)
        # What was registered under a name that is only nearly the same stays there.
        return self._known(
            entry, entry.data, known, office, touch_office=bool(named or office) and not (near and as_typed)
        )

    def _office(self, entry: Entry) -> tuple[Office | None, bool, str]:
        """The organisation, whether its name is only nearly the same, and the name that was typed."""
        typed, code = str(entry.values.get("organisation_name", "")), entry.organisation_code
        office = self.offices.by_code(code) if code else None
        if code and office is None:
            entry.doubtful("organisation", _("Kode instansi tidak dikenal; instansi dicocokkan menurut namanya."))
            typed = typed or code[:300]
        if office or not typed:
            return office, False, typed
        match = self.offices.named(typed)
        if match.warning:
            entry.doubtful("organisation_name", match.warning)
        elif match.office is None and self.offices.names:
            entry.doubtful(
                "organisation_name", _("Instansi ini tidak ada di daftar; namanya dicatat sebagaimana tertulis.")
            )
        return match.office, match.warning is not None, typed

    def _repeated(self, entry: Entry, place: str, known: Registration | None) -> int | None:
        """The row above that was the same person; of those without a contact only the new ones are compared."""
        contact, code = entry.contact, entry.values.get("code")
        keys = {f"code:{code}"} if code is not None else set()
        if contact.key:
            keys.add(f"contact:{contact.key}:{contact.name_key}")
        elif known is None:
            keys.add(f"place:{place}:{contact.name_key}")
        above = min((self._seen[key] for key in keys if key in self._seen), default=None)
        for key in keys:
            self._seen.setdefault(key, entry.row)
        return above

    def _new(self, entry: Entry, typed: RegistrationCreate, office: Office | None, places: set[str]) -> Judged:
        made, mode = self.plan, entry.mode or self.mode
        if mode is None:
            said = _("Cara hadir belum disebut: luring atau daring. Isi di berkas, atau pilih untuk semua.")
            entry.wrong("mode", said)
            return _judged(entry, Verdict.FAULTY)
        asked_now = {str(one["code"]) for one in made.workshop.questions}
        if entry.answers.keys() - asked_now:
            entry.doubtful("answers", _("Jawaban atas pertanyaan yang tidak lagi diajukan dilewati."))
        answers = {code: answer for code, answer in entry.answers.items() if code in asked_now}
        entry.refuse(registrations_form.faults_of(made.workshop.questions, answers, mode, typed.role, required=False))
        twin = self.people.twin(entry)
        if twin:
            entry.doubtful(*twin)
        for doubt in self.people.doubts(entry, places) if not twin else ():
            entry.doubtful("email", doubt)
        if not entry.contact.key:
            entry.doubtful("email", _("Tanpa surel atau telepon; tiket dan tautan tidak dapat dikirim."))
        if twin and not entry.errors and entry.row not in self._taken:
            return _judged(entry, Verdict.UNDECIDED)
        data = typed.model_copy(
            update={"mode": mode, "answers": answers} | ({"organisation_name": None} if office else {})
        )
        invitation = self._holding(office, mode) if typed.role is ParticipantRole.PARTICIPANT else None
        try:
            seats.check_offered(made.workshop, mode)
            confirmed = RegistrationStatus.CONFIRMED
            status = confirmed if invitation else seats.next_status(made.workshop, made.capacity, mode)
        except (Full, ModeNotOffered) as refusal:
            entry.wrong("mode", _(refusal.title))
        if entry.errors:
            return _judged(entry, Verdict.FAULTY)
        row = registrations.new_row(
            self.session,
            made.workshop,
            data,
            entry.contact,
            office.id if office else None,
            status=status,
            number=seats.next_number(made.capacity),
        )
        seats.take_place(made.capacity, row, invitation)
        row.invitation_id = invitation.id if invitation else None
        made.new.append(row)
        self.people.join(entry)
        return _judged(entry, Verdict.NEW, status)

    def _holding(self, office: Office | None, mode: Mode) -> Invitation | None:
        """The invitation whose quota has a seat for the person; its delegates were approved by being invited."""
        invitation = self.plan.invitations.get(office.id) if office else None
        taken = seats.left(self.plan.capacity, mode) == 0
        return None if invitation is None or taken or not seats.held(invitation, mode) else invitation

    def _known(
        self, entry: Entry, typed: RegistrationCreate, row: Registration, office: Office | None, *, touch_office: bool
    ) -> Judged:
        changes: dict[str, object] = {name: getattr(typed, name) for name in entry.values if name in _CHANGED}
        if touch_office:
            changes["organisation_id"] = office.id if office else None
            changes["organisation_name"] = None if office else entry.values.get("organisation_name")
        if entry.mode and entry.mode is not row.mode:
            said = _("Cara hadir berbeda dari pendaftaran. Ubah pada pendaftarannya; impor tidak mengubahnya.")
            entry.doubtful("mode", said)
        if entry.answers:
            try:
                changes["answers"] = registrations_form.merged(
                    self.plan.workshop, row, entry.answers, role=str(changes.get("role", row.role)), required=False
                )
            except InvalidInput as invalid:
                entry.refuse(faults_of(invalid))
                return _judged(entry, Verdict.FAULTY, row.status)
        changes |= _identity(entry, row)
        changes = {name: value for name, value in changes.items() if not _is_said(value, getattr(row, name))}
        if not changes:
            return _judged(entry, Verdict.UNCHANGED, row.status)
        self.plan.changed.append((row, changes))
        return _judged(entry, Verdict.CHANGED, row.status)


_CHANGED = frozenset(
    {
        "name",
        "position",
        "position_level",
        "rank",
        "represents",
        "code",
        "role",
        "employment",
        "nip",
        "channel",
        "language",
    }
)
"""What a row may change of somebody who is registered already; contact and organisation have rules of their own."""


def _identity(entry: Entry, row: Registration) -> dict[str, object]:
    """Contact data that was missing. A stored address stays, also where another spelling means the same person."""
    given = entry.contact
    email, phone = row.email or given.email, given.phone or row.phone
    if row.email and given.email and row.email != given.email:
        entry.doubtful("email", _("Surel ditulis lain dari yang tercatat; surel yang tercatat tetap dipakai."))
    contact = Contact.of(entry.name, email, phone)
    changes: dict[str, object] = {
        "email": email,
        "phone": contact.phone,
        "name_key": contact.name_key,
        "contact_key": contact.key,
    }
    if (contact.email or contact.phone) != (row.email or row.phone):
        # As after an edit: the links that went elsewhere, or nowhere, are renewed.
        changes["link_version"] = row.link_version + 1
    return changes


def _is_said(value: object, stored: object) -> bool:
    """Whether this is stored already; what a cell cannot show, as two spaces in a row, makes no difference."""
    return value == stored or (isinstance(value, str) and isinstance(stored, str) and value == " ".join(stored.split()))


def _judged(entry: Entry, verdict: Verdict, status: RegistrationStatus | None = None) -> Judged:
    remarks = tuple(entry.errors), tuple(entry.warnings)
    return Judged(entry.row, verdict, entry.name or None, status, *remarks, entry.matched)
