"""Who of a list is registered already: the committee's key, else contact and name, else name and organisation."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain.identity import canonical_email, canonical_name
from service.domain.imports import parts
from service.domain.imports_values import Entry
from service.i18n import gettext as _
from service.models.registrations import LIVE, Registration

Place = tuple[str, str]
"""A name and an organisation, as they are compared."""


class People:
    """The registrations that a list may mean. Each is meant once: `take` gives it away."""

    def __init__(self, rows: Iterable[Registration], names: dict[UUID, str]) -> None:
        self._names = names
        self._codes: dict[str, Registration] = {}
        self._contacts: dict[tuple[str, str], Registration] = {}
        self._places: dict[Place, list[Registration]] = defaultdict(list)
        self._phones: dict[tuple[str, str], list[Registration]] = defaultdict(list)
        self._withdrawn: set[tuple[str | None, str]] = set()
        self._mailboxes: dict[str, set[str]] = defaultdict(set)
        self._taken: set[UUID] = set()
        for row in rows:
            if row.code is not None:
                self._codes[row.code] = row
            if row.withdrawn_at is not None:
                self._withdrawn.add((row.contact_key, row.name_key))
            if row.status in LIVE:
                if row.phone:
                    self._phones[row.phone, row.name_key].append(row)
                if row.contact_key:
                    self._contacts[row.contact_key, row.name_key] = row
                    self._mailboxes[row.contact_key].add(row.name_key)
                self._places[self._place_of(row)].append(row)

    @classmethod
    async def of(
        cls, session: AsyncSession, workshop_id: UUID, entries: Sequence[Entry], names: dict[UUID, str], *, lock: bool
    ) -> "People":
        """Reads those with a name, contact or code of the list; locked in one order when they will be changed."""
        rows: dict[UUID, Registration] = {}
        wanted = {
            "name_key": sorted({entry.contact.name_key for entry in entries}),
            "contact_key": sorted({entry.contact.key for entry in entries if entry.contact.key}),
            "code": sorted({str(entry.values["code"]) for entry in entries if "code" in entry.values}),
        }
        for column, values in wanted.items():
            for some in parts(values):
                query = select(Registration).where(
                    Registration.workshop_id == workshop_id, col(getattr(Registration, column)).in_(some)
                )
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
        """Somebody new: whoever else in the list has the same contact is doubted."""
        if entry.contact.key:
            self._mailboxes[entry.contact.key].add(entry.contact.name_key)

    def doubts(self, entry: Entry, offices: Collection[str]) -> Iterator[str]:
        """What somebody should look at before this person is taken for a new one."""
        contact = entry.contact
        if (contact.key, contact.name_key) in self._withdrawn and contact.key:
            yield _("Orang ini pernah menarik persetujuannya; pastikan ia ingin didaftarkan kembali.")
        if self._mailboxes.get(contact.key or "", set()) - {contact.name_key}:
            yield _("Kontak ini juga dipakai peserta lain; pastikan memang dua orang.")
        if contact.key and any((contact.name_key, office) in self._places for office in offices):
            yield _("Nama dan instansi ini sudah terdaftar dengan kontak lain; pastikan memang dua orang.")

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


def _same_contact(entry: Entry, row: Registration) -> bool:
    if entry.contact.email and row.email:
        return entry.contact.key == canonical_email(row.email)
    return not entry.contact.phone or not row.phone or entry.contact.phone == row.phone
