"""Who of a list is registered already: the committee's key, else contact and name, else name and organisation."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import SQLColumnExpression, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain.doubles import nip_digits
from service.domain.identity import canonical_email, canonical_name, nip_key, untitled_name
from service.domain.imports import parts
from service.domain.imports_values import Entry
from service.i18n import gettext as _
from service.models.registrations import LIVE, Registration

Mark = tuple[str, str, str]
"""What tells that two rows are one person: its kind, its value, and the name beside it."""
Place = tuple[str, str]
"""A name and an organisation, as they are compared."""


class Whom(NamedTuple):
    """Somebody whom a row may mean: a row above it, or a registration by its number."""

    row: int | None
    number: int | None
    name: str

    def __str__(self) -> str:
        """As the committee finds them."""
        if self.row is None:
            return _("peserta nomor {number} ({name})").format(number=self.number, name=self.name)
        return _("baris {row} ({name})").format(row=self.row, name=self.name)


class People:
    """The registrations that a list may mean. Each is meant once: `take` gives it away."""

    def __init__(self, rows: Iterable[Registration], names: dict[UUID, str]) -> None:
        self._names = names
        self._codes: dict[str, Registration] = {}
        self._contacts: dict[tuple[str, str], Registration] = {}
        self._places: dict[Place, list[Registration]] = defaultdict(list)
        self._phones: dict[tuple[str, str], list[Registration]] = defaultdict(list)
        self._withdrawn: set[tuple[str | None, str]] = set()
        self._mailboxes: dict[str, dict[str, Whom]] = defaultdict(dict)
        self._alike: dict[Mark, Whom] = {}
        self._taken: set[UUID] = set()
        for row in rows:
            if row.code is not None:
                self._codes[row.code] = row
            if row.withdrawn_at is not None:
                self._withdrawn.add((row.contact_key, row.name_key))
            if row.status in LIVE:
                whom = Whom(None, row.number, row.name)
                self._notice(_marks(row.name, row.contact_key if row.email else None, row.phone, row.nip), whom)
                if row.phone:
                    self._phones[row.phone, row.name_key].append(row)
                if row.contact_key:
                    self._contacts[row.contact_key, row.name_key] = row
                    self._mailboxes[row.contact_key][row.name_key] = whom
                self._places[self._place_of(row)].append(row)

    @classmethod
    async def of(
        cls, session: AsyncSession, workshop_id: UUID, entries: Sequence[Entry], names: dict[UUID, str], *, lock: bool
    ) -> "People":
        """Reads those with a name, contact, NIP or code of the list; locked in one order when they will be changed."""
        rows: dict[UUID, Registration] = {}
        wanted: list[tuple[SQLColumnExpression[Any], set[str | None]]] = [
            (col(Registration.name_key), {entry.contact.name_key for entry in entries}),
            (col(Registration.contact_key), {entry.contact.key for entry in entries}),
            (col(Registration.phone), {entry.contact.phone for entry in entries}),
            (nip_digits(), {nip_key(str(entry.values.get("nip", ""))) for entry in entries}),
            (col(Registration.code), {str(entry.values["code"]) for entry in entries if "code" in entry.values}),
        ]
        for column, values in wanted:
            for some in parts(sorted(filter(None, values))):
                query = select(Registration).where(Registration.workshop_id == workshop_id, column.in_(some))
                alive = col(Registration.status).in_(LIVE)
                kept = [col(Registration.code).is_not(None), col(Registration.withdrawn_at).is_not(None)]
                query = query.where(or_(alive, *kept))
                if lock:
                    query = query.order_by(col(Registration.id)).with_for_update(key_share=True)
                found = await session.exec(query, execution_options={"populate_existing": True})
                rows |= {row.id: row for row in found}
        return cls(rows.values(), names)

    def take(self, entry: Entry, offices: Collection[str]) -> tuple[Registration | None, bool]:
        """Whom a row means, None for somebody new, and whether a row above meant the same registration.

        `offices`: the organisation by its own name and as it was typed. What stands in the way is noted on the row.
        """
        row = self._by_code(entry) or self._by_contact(entry) or self._by_place(entry, offices)
        if row is None or entry.errors:
            return row, False
        repeated = row.id in self._taken
        self._taken.add(row.id)
        return row, repeated

    def join(self, entry: Entry) -> None:
        """Somebody of the list, new or known: whoever below has the same contact or NIP is doubted."""
        contact, whom = entry.contact, Whom(entry.row, None, entry.name)
        if contact.key:
            self._mailboxes[contact.key].setdefault(contact.name_key, whom)
        self._notice(_marks_of(entry), whom)

    def twin(self, entry: Entry) -> tuple[str, str] | None:
        """Whom somebody taken for new may well be: the field by which, and what to say. A person has to decide."""
        marks = _marks_of(entry)
        if not entry.contact.email:
            # An equal phone is somebody else only where both say an address.
            marks += [("phone beside an email", *mark[1:]) for mark in marks if mark[0] == "phone"]
        else:
            marks = [("phone", *mark[1:]) if mark[0] == "phone beside an email" else mark for mark in marks]
        mark = next((one for one in marks if one in self._alike), None)
        if mark is None:
            return None
        if mark[0] == "nip":
            return "nip", _("Mungkin ganda: NIP sama dengan {whom}.").format(whom=self._alike[mark])
        said = _("Mungkin ganda: kontak dan nama tanpa gelar sama dengan {whom}.")
        return "name", said.format(whom=self._alike[mark])

    def _notice(self, marks: Iterable[Mark], whom: Whom) -> None:
        for mark in marks:
            self._alike.setdefault(mark, whom)

    def doubts(self, entry: Entry, offices: Collection[str]) -> Iterator[str]:
        """What somebody should look at before this person is taken for a new one."""
        contact = entry.contact
        if (contact.key, contact.name_key) in self._withdrawn and contact.key:
            yield _("Orang ini pernah menarik persetujuannya; pastikan ia ingin didaftarkan kembali.")
        for name, whom in self._mailboxes.get(contact.key or "", {}).items():
            if name != contact.name_key:
                yield _("Kontak ini juga dipakai {whom}; pastikan memang dua orang.").format(whom=whom)
                break
        same = [row for office in offices for row in self._places.get((contact.name_key, office), [])]
        if contact.key and same:
            whom = Whom(None, same[0].number, same[0].name)
            yield _(
                "Nama dan instansi ini sudah terdaftar dengan kontak lain: {whom}. Pastikan memang dua orang."
            ).format(whom=whom)

    def _by_code(self, entry: Entry) -> Registration | None:
        row = self._codes.get(str(entry.values["code"])) if "code" in entry.values else None
        if row is None:
            return None
        twin = self._contacts.get((row.contact_key or "", entry.contact.name_key))
        if row.status not in LIVE:
            entry.wrong("code", _("Kode ini milik pendaftaran yang sudah dibatalkan. Gunakan kode lain."))
        elif (entry.contact.key and row.contact_key and not _same_contact(entry, row)) or (twin and twin is not row):
            entry.wrong("code", _("Kode ini milik orang lain. Ubah nama atau kontak pada pendaftarannya."))
        return row

    def _by_contact(self, entry: Entry) -> Registration | None:
        contact = entry.contact
        row = self._contacts.get((contact.key, contact.name_key)) if contact.key else None
        if row is not None or not contact.phone:
            return row
        # An equal phone is the same person unless both say an address, and not the same one.
        same = [
            one for one in self._phones.get((contact.phone, contact.name_key), []) if not (one.email and contact.email)
        ]
        return same[0] if len(same) == 1 else None

    def _by_place(self, entry: Entry, offices: Collection[str]) -> Registration | None:
        """Without a contact on either side, name and organisation say who it is; two of them nobody can tell apart."""
        same = [row for office in offices for row in self._places.get((entry.contact.name_key, office), [])]
        if entry.contact.key:
            same = [row for row in same if row.contact_key is None]
        free = [row for row in same if row.id not in self._taken]
        numbered = [row for row in free if row.number == entry.number]
        if len(free) > 1 and not numbered:
            entry.wrong(
                "name", _("Beberapa orang terdaftar dengan nama dan instansi ini; isi surel, telepon, atau kodenya.")
            )
        # Everybody of that name was meant by rows above: this one repeats one of them.
        return next(iter([*numbered, *free, *same]), None)

    def _place_of(self, row: Registration) -> Place:
        office = self._names.get(row.organisation_id) if row.organisation_id else row.organisation_name
        return row.name_key, canonical_name(office or "")


def _marks_of(entry: Entry) -> list[Mark]:
    contact, nip = entry.contact, str(entry.values.get("nip", ""))
    return _marks(entry.name, contact.key if contact.email else None, contact.phone, nip)


def _marks(name: str, email: str | None, phone: str | None, nip: str | None) -> list[Mark]:
    """By what somebody is known again, whatever the titles and the case of the name. `email`: as it is compared."""
    person, digits = untitled_name(name), nip_key(nip)
    found = [("nip", digits, "")] if digits else []
    found += [("email", email, person)] if email else []
    return found + ([("phone beside an email" if email else "phone", phone, person)] if phone else [])


def _same_contact(entry: Entry, row: Registration) -> bool:
    if entry.contact.email and row.email:
        return entry.contact.key == canonical_email(row.email)
    return not entry.contact.phone or not row.phone or entry.contact.phone == row.phone
