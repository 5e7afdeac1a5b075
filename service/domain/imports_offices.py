"""Which organisation a list means: by its code or name, or by a name that is nearly the same, which is said."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain.identity import canonical_name
from service.i18n import gettext as _
from service.models.organizers import Organizer
from service.models.people import Organisation, OrganisationAlias

_REGION = re.compile(r"\b(?:kabupaten|kab|kota|provinsi|prov|pemkab|pemkot)\b(.*)$")
_SHORT = {"kec": "kecamatan", "kel": "kelurahan", "pkm": "puskesmas"}
_KINDS = frozenset({"dinas", "badan", "kantor", "bagian", "sekretariat"})
_LITTLE = frozenset({"dan", "and", "pada", "di", "pemerintah", "pemda", "daerah"})


@dataclass(frozen=True)
class Office:
    """An organisation of the house, and how its name is compared."""

    id: UUID
    code: str
    name: str


@dataclass(frozen=True)
class Match:
    """What a cell means: an organisation of the house, or None for one that is only named."""

    office: Office | None
    warning: str | None = None


class Offices:
    """The organisations of one house."""

    def __init__(self, offices: Iterable[Office], house: str, former: Iterable[Office] = ()) -> None:
        self._exact: dict[str, list[Office]] = defaultdict(list)
        self._near: dict[str, list[Office]] = defaultdict(list)
        self._region = region_of(house)
        self._former: dict[str, Office] = {}
        self.names: dict[UUID, str] = {}
        for office in offices:
            self.names[office.id] = office.name
            for word in {canonical_name(office.name), office.code.casefold(), canonical_name(office.code)}:
                self._exact[word].append(office)
            self._near[without_region(office.name)].append(office)
        present = {one.id: one for found in self._exact.values() for one in found}
        for old in former:
            for word in {canonical_name(old.name), old.code.casefold(), canonical_name(old.code)}:
                self._exact.setdefault(word, [present[old.id]])
            self._near.setdefault(without_region(old.name), [present[old.id]])
            self._former[old.code.casefold()] = present[old.id]

    @classmethod
    async def of(cls, session: AsyncSession, organizer_id: UUID) -> "Offices":
        """Reads them."""
        rows = await session.exec(
            select(Organisation.id, Organisation.code, Organisation.name).where(
                Organisation.organizer_id == organizer_id
            )
        )
        former = await session.exec(
            select(Organisation.id, OrganisationAlias.code, OrganisationAlias.name)
            .join(OrganisationAlias, col(OrganisationAlias.organisation_id) == col(Organisation.id))
            .where(Organisation.organizer_id == organizer_id)
        )
        house = (await session.exec(select(Organizer.name).where(Organizer.id == organizer_id))).one()
        return cls([Office(*row) for row in rows], house, [Office(*row) for row in former])

    def by_code(self, code: str) -> Office | None:
        """The organisation of that code, whatever its case."""
        found = (one for one in self._exact.get(code.casefold(), []) if one.code.casefold() == code.casefold())
        return next(found, self._former.get(code.casefold()))

    def named(self, text: str) -> Match:
        """By code or name, else by a name that differs in its region or in small words: with a warning then."""
        exact = self._exact.get(canonical_name(text)) or self._exact.get(text.casefold())
        if exact and len({one.id for one in exact}) == 1:
            return Match(exact[0])
        plain = without_region(text)
        kind, _space, short = plain.partition(" ")
        # "Dinas PUPR" is the one whose code is PUPR.
        near = exact or self._near.get(plain) or (self._exact.get(short, []) if kind in _KINDS else [])
        if not near:
            return Match(None)
        if len({one.id for one in near}) > 1:
            return Match(None, _("Beberapa instansi bernama mirip; isi kode instansi agar tercatat pada yang benar."))
        office, typed = near[0], region_of(text)
        known = region_of(office.name) or self._region
        if typed and known and typed != known:
            return Match(None, _("Nama instansi menyebut daerah lain; dicatat sebagai instansi di luar daftar."))
        said = _("Instansi dicocokkan dengan {name} ({code}); periksa apakah benar.")
        return Match(office, said.format(name=office.name, code=office.code))


def region_of(name: str) -> str:
    """The region an organisation's name ends with: "Dinas Kesehatan Kab. Luwu" -> "luwu"."""
    found = _REGION.search(canonical_name(name))
    return found[1].strip() if found else ""


def without_region(name: str) -> str:
    """A name for comparison without its region and small words."""
    plain = canonical_name(name.replace("&", " dan "))
    core = _REGION.sub("", plain).strip() or plain
    return " ".join(_SHORT.get(word, word) for word in core.split() if word not in _LITTLE) or core
