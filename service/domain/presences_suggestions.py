"""Whose a connection may be: hints for a person who decides. None of them is ever applied by itself."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from service.domain import presences_owners
from service.domain.identity import canonical_name
from service.i18n import gettext as _
from service.models.attendance import Presence, PresenceMatch
from service.models.attendance_shapes import PersonBrief
from service.models.people import Organisation
from service.models.presences_shapes import Hint, Suggestion, SuggestionReason
from service.models.registrations import LIVE, Registration
from service.models.workshops import Workshop

MOST, SHORTEST = 5, 2
"""How many are suggested; how many letters are looked for."""
_FEW = 10
"""A mail domain that more people than this share says nothing about one of them."""
_LONGEST_OFFICE = 12
_TITLES = frozenset(
    (  # noqa: SIM905 - a list of sixty words reads worse
        "dr drs dra drg ir prof hj haji hajjah bapak ibu pak bu sdr sdri mr mrs ms st sh se sos ssos skom spd sip skm"
        " sp si sik stp sth ssi sag sked shut spt mm mt mh msi mkom mpd map mkes msc mba phd amd amk apt ners ns kep gr"
        " kom pd ip ap ag hut kes eng akp kapt serda pns asn"
    ).split()
)
_NOBODY = frozenset(
    (  # noqa: SIM905 - as above
        "iphone ipad android samsung galaxy oppo vivo xiaomi redmi realme poco infinix huawei nokia asus lenovo acer"
        " laptop komputer macbook desktop admin administrator operator user zoom guest tamu peserta participant host"
        " cohost panitia moderator hp wa pc room ruang the dan dari of staf staff kantor bimtek daring online kab"
        " kabupaten luwu kota pemkab opd pro max plus note"
    ).split()
)
_PLACES = frozenset({"kabupaten", "kota", "kab"})
_SMALL = frozenset({"dan", "serta", "daerah", "pemerintah", "dinas", "badan"})
_FREEMAIL = frozenset(
    {"gmail.com", "yahoo.com", "yahoo.co.id", "ymail.com", "rocketmail.com", "outlook.com", "hotmail.com", "live.com",
     "icloud.com", "proton.me"}
)  # fmt: skip
_SPELT = {"muh": "muhammad", "moh": "muhammad", "mohammad": "muhammad", "mohamad": "muhammad", "mhd": "muhammad",
          "muhamad": "muhammad", "abd": "abdul", "sitti": "siti", "st": "siti"}  # fmt: skip
_HEADS = {"dinas": ("dis", "din"), "badan": ("ba", "b"), "kecamatan": ("kec",), "sekretariat": ("set", "sek")}
_WEIGHTS = {
    Hint.EARLIER: 100,
    Hint.EMAIL: 90,
    Hint.NAME: 40,
    Hint.ORGANISATION: 25,
    Hint.MAILBOX: 20,
    Hint.DOMAIN: 10,
}


@dataclass(frozen=True)
class _Office:
    """An organisation as people write it: its code, and the words of its name up to the place."""

    code: str
    words: tuple[str, ...]

    def is_named(self, text: str) -> bool:
        """Whether a text, as `canonical_name` gives it, holds its whole code, be it written as one word."""
        if not set(self.code.split()) - _NOBODY:
            return False
        codes = {self.code, self.code.replace(" ", "")}
        return any(f" {code} " in f" {text} " for code in codes)

    def is_same(self, other: "_Office") -> bool:
        """Whether it is that organisation; somebody may have typed its code or name."""
        typed = " ".join(self.words)
        return self.code == other.code or (not self.code and (self.words == other.words or other.is_named(typed)))

    def has_word(self, word: str) -> bool:
        """Whether a word stands in its code, is a telling one of its name, or its initials."""
        telling = len(word) > 3 and word in self.words and word not in _SMALL
        return telling or word in self.code.split() or word in _initials(self.words)

    def is_short(self, word: str) -> bool:
        """Whether a word is made of pieces of its name."""
        return abbreviates(word, self.words)


@dataclass(frozen=True)
class _Person:
    """Somebody registered, as far as a shown name or an address can hint at."""

    brief: PersonBrief
    email: str
    names: frozenset[str]
    office: _Office


@dataclass
class _Hinted:
    """Somebody with what speaks for it."""

    brief: PersonBrief
    reasons: dict[Hint, SuggestionReason] = field(default_factory=dict)
    score: float = 0

    def hint(self, code: Hint, text: str, share: float = 1) -> None:
        """Adds a reason, once."""
        if code not in self.reasons:
            self.reasons[code] = SuggestionReason(code=code, text=text)
            self.score += _WEIGHTS[code] * share


class Suggestions:
    """Suggestions for connections of one workshop, from one reading of its people."""

    def __init__(
        self, people: Sequence[_Person], earlier: Mapping[str, Collection[UUID]], offices: Sequence[_Office]
    ) -> None:
        self._known_offices = offices
        self._people = {person.brief.id: person for person in people}
        self._earlier = earlier
        self._names: dict[str, list[UUID]] = defaultdict(list)
        self._offices: dict[_Office, list[UUID]] = defaultdict(list)
        self._emails: dict[str, list[UUID]] = defaultdict(list)
        self._domains: dict[str, list[UUID]] = defaultdict(list)
        for one, person in self._people.items():
            for word in person.names:
                self._names[word].append(one)
            self._offices[person.office].append(one)
            self._emails[person.email].append(one)
            self._domains[person.email.rpartition("@")[2]].append(one)

    def of(self, row: Presence, *, personal: bool = True) -> list[Suggestion]:
        """The likeliest people; without `personal` no address is looked at."""
        found: dict[UUID, _Hinted] = {}

        def hint(
            people: Iterable[UUID], code: Hint, text: str, share: Callable[[UUID], float] = lambda _one: 1
        ) -> None:
            for one in people:
                if one in self._people:
                    found.setdefault(one, _Hinted(self._people[one].brief)).hint(code, text, share(one))

        shown = words_of(row.display_name)
        hint(self._earlier.get(row.display_name, ()), Hint.EARLIER, _("Nama tampilan ini pernah dicocokkan dengannya."))
        theirs = self._offices_in(row.display_name)
        named = self._named(shown, theirs)
        hint(named, Hint.NAME, _("Namanya mirip."), lambda one: self._likeness(one, shown))
        hint(self._of_offices(shown, theirs), Hint.ORGANISATION, _("Instansinya disebut pada nama tampilan."))
        email = presences_owners.canonical(row.email) if row.email and personal else None
        if email:
            local, _at, domain = email.rpartition("@")
            local = re.sub(r"\d+", " ", local)
            mailbox = words_of(local)
            hint(self._emails[email], Hint.EMAIL, _("Alamat surelnya sama."))
            owners = (*self._named(mailbox, theirs), *self._of_offices(mailbox, theirs or self._offices_in(local)))
            hint(owners, Hint.MAILBOX, _("Alamat surel memuat nama atau instansinya."))
            colleagues = self._within(self._domains[domain] if domain not in _FREEMAIL else [], theirs)
            hint(colleagues if len(colleagues) <= _FEW else [], Hint.DOMAIN, _("Alamat surel dari instansi yang sama."))
        best = sorted(found.values(), key=lambda one: (-one.score, one.brief.number))[:MOST]
        return [Suggestion(registration=one.brief, reasons=_strongest(one)) for one in best]

    def _offices_in(self, text: str) -> list[_Office]:
        """The house's organisations whose code stands in a text: what it says of them goes before every likeness."""
        plain = canonical_name(text)
        return [office for office in self._known_offices if office.is_named(plain)]

    def _within(self, people: Iterable[UUID], offices: Sequence[_Office]) -> list[UUID]:
        """Those of the people who are of one of these organisations; all of them where none is told."""
        return [
            one for one in people if not offices or any(self._people[one].office.is_same(office) for office in offices)
        ]

    def _named(self, words: Iterable[str], offices: Sequence[_Office]) -> list[UUID]:
        return self._within((one for word in sorted(words) for one in self._names.get(word, ())), offices)

    def _of_offices(self, words: Collection[str], told: Sequence[_Office]) -> list[UUID]:
        """Who is of the organisations that a text tells, else of those it names, else of those it may be short for."""
        if told:
            return self._within(self._people, told)
        found = {office: sum(map(office.has_word, words)) for office in self._offices}
        most = max(found.values(), default=0)
        meant = [one for one, count in found.items() if (count == most if most else any(map(one.is_short, words)))]
        return [one for office in meant for one in self._offices[office]]

    def _likeness(self, one: UUID, shown: Collection[str]) -> float:
        names = self._people[one].names
        same = sum(word in shown for word in names)
        return same * same / len(names)


async def suggestions(session: AsyncSession, workshop_id: UUID) -> Suggestions:
    """Reads who is registered for the workshop, and what was decided there before."""
    query = _registered(workshop_id).where(col(Registration.status).in_(LIVE)).order_by(col(Registration.number))
    people = [_person(row, code, name) for row, code, name in await session.exec(query)]
    house = select(Workshop.organizer_id).where(Workshop.id == workshop_id).scalar_subquery()
    known = select(Organisation.code, Organisation.name).where(Organisation.organizer_id == house)
    offices = [_office(code, name) for code, name in await session.exec(known)]
    decided = (
        select(Presence.display_name, PresenceMatch.registration_id)
        .join(PresenceMatch, col(PresenceMatch.presence_id) == col(Presence.id))
        .where(Presence.workshop_id == workshop_id, col(PresenceMatch.manual), Presence.display_name != "")
    )
    earlier: dict[str, set[UUID]] = defaultdict(set)
    for shown, person in await session.exec(decided):
        earlier[shown].add(person)
    return Suggestions(people, earlier, offices)


def _registered(workshop_id: UUID) -> Select[Registration, str, str]:
    return (
        select(Registration, Organisation.code, Organisation.name)
        .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .where(Registration.workshop_id == workshop_id)
    )


def brief_of(row: Registration, organisation: str | None) -> PersonBrief:
    """The person without contact data."""
    return PersonBrief(
        id=row.id,
        number=row.number,
        name=row.name,
        organisation=organisation or row.organisation_name,
        position=row.position,
        represents=row.represents,
        mode=row.mode,
    )


def _person(row: Registration, code: str | None, organisation: str | None) -> _Person:
    return _Person(
        brief=brief_of(row, code),
        email=(row.contact_key or "") if row.email else "",
        names=frozenset(words_of(row.name)),
        office=_office(code or "", organisation or row.organisation_name or ""),
    )


def _office(code: str, name: str) -> _Office:
    words = canonical_name(name).split()
    place = next((spot for spot, word in enumerate(words) if spot and word in _PLACES), len(words))
    return _Office(canonical_name(code), tuple(words[:place][:_LONGEST_OFFICE]))


def words_of(text: str) -> set[str]:
    """The words of a name that say who it is: no titles, no kinds of device, nothing of one or two letters."""
    words = {_SPELT.get(word, word) for word in re.findall(r"[^\W\d_]{3,}", canonical_name(text))}
    return words - _TITLES - _NOBODY


def abbreviates(word: str, office: Sequence[str]) -> bool:
    """Whether a word is made of the beginnings of an office's words, in order: "dinkes", "diskominfo", "dlh"."""
    telling = [one for one in office if one != "dan"]
    if not 3 <= len(word) <= 30 or len(telling) < 2:
        return False
    made = {0: 0}
    for one in telling:
        for done, pieces in list(made.items()):
            for piece in _pieces(one, inner=done > 0):
                if word.startswith(piece, done):
                    end = done + len(piece)
                    made[end] = max(made.get(end, 0), pieces + 1)
    return made.get(len(word), 0) > 1 or word in _initials(office)


def _initials(office: Sequence[str]) -> tuple[str, ...]:
    """The first letters of an office's words, with and without that of "Dinas"; "DPMPTSP", "DLH"."""
    telling = [one[0] for one in office if one != "dan"]
    return ("".join(telling), "".join(telling[1:])) if len(telling) > 1 else ()


@lru_cache(maxsize=2000)
def _pieces(word: str, *, inner: bool) -> tuple[str, ...]:
    """What an abbreviation takes of a word: its beginning, or, behind another piece, three to five letters of it."""
    found = {*_HEADS.get(word, ()), *(word[:size] for size in range(2, 9))}
    if inner:
        found |= {word[start : start + size] for size in (3, 4, 5) for start in range(len(word) - size + 1)}
    return tuple(found)


def _strongest(one: _Hinted) -> list[SuggestionReason]:
    return sorted(one.reasons.values(), key=lambda reason: -_WEIGHTS[reason.code])


async def search(session: AsyncSession, workshop_id: UUID, text: str) -> list[PersonBrief]:
    """People by a part of their name or organisation, whatever became of their registration; at most 20."""
    wanted = text.strip()
    if len(wanted) < SHORTEST:
        return []
    office = func.coalesce(Organisation.name, Registration.organisation_name, "")
    columns = (col(Registration.name), office, func.coalesce(Organisation.code, ""))
    query = (
        _registered(workshop_id)
        .where(or_(*(column.icontains(wanted, autoescape=True) for column in columns)))
        .order_by(col(Registration.name_key), col(Registration.number))
        .limit(20)
    )
    return [brief_of(row, name) for row, _code, name in await session.exec(query)]


async def people_of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, PersonBrief]:
    """Who these registrations are."""
    query = (
        select(Registration, Organisation.name)
        .outerjoin(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .where(col(Registration.id).in_(ids))
    )
    return {row.id: brief_of(row, name) for row, name in await session.exec(query)}
