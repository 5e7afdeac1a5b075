"""Which people a page of the list is about, as addresses and forms say it; and the way back to that list."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel, Field

from service import i18n
from service.domain.registrations_list import Order
from service.models.registrations import ParticipantRole, RegistrationStatus
from service.models.registrations_shapes import RegistrationFilter
from service.models.workshops import Mode
from service.pages.menus import REGISTRATIONS

W = TypeVar("W", bound=StrEnum)
_LONGEST = {"q": 100, "organisation": 64, "after": 500}
_AS_ALWAYS = {("sort", Order.NUMBER.value)}
_YES = {"yes": True, "no": False}


class Wanted(BaseModel):
    """What is looked for; what makes no sense is not looked at, since links are typed and cut."""

    q: str = Field("", max_length=100)
    status: str = Field("", max_length=40)
    mode: str = Field("", max_length=40)
    role: str = Field("", max_length=40)
    organisation: str = Field("", max_length=64)
    attended: str = Field("", max_length=40)
    unreachable: str = Field("", max_length=40)
    sort: str = Field("", max_length=40)
    after: str = Field("", max_length=500)

    @property
    def order(self) -> Order:
        """By what the list is sorted."""
        return _one_of(Order, self.sort) or Order.NUMBER

    @property
    def filter(self) -> RegistrationFilter:
        """The same for the database; a control character is no part of a name, and an error to PostgreSQL."""
        return RegistrationFilter(
            status=_one_of(RegistrationStatus, self.status),
            mode=_one_of(Mode, self.mode),
            role=_one_of(ParticipantRole, self.role),
            organisation=self.organisation if self.organisation.isprintable() else "",
            attended=_YES.get(self.attended),
            unreachable=self.unreachable == "yes",
            q=words if (words := " ".join(self.q.split())).isprintable() else None,
        )

    @property
    def carried(self) -> dict[str, str]:
        """What says the same again, for hidden fields: without the place in the list."""
        values = {name: str(getattr(self, name)) for name in Wanted.model_fields}
        return {
            name: text for name, text in values.items() if text and (name, text) not in _AS_ALWAYS and name != "after"
        }

    @property
    def is_filtered(self) -> bool:
        """Whether fewer than all are looked for."""
        return bool(self.carried.keys() - {"sort"})

    @property
    def open(self) -> dict[str, str]:
        """What of it may stand in an address: what was searched for is typed once more."""
        return {name: text for name, text in self.carried.items() if name != "q"}

    @property
    def tail(self) -> str:
        """The same at the end of an address that says nothing else."""
        return f"?{urlencode(self.open)}" if self.open else ""


def wanted_of(typed: Mapping[str, str]) -> Wanted:
    """What a form says."""
    return Wanted(**{name: typed.get(name, "")[: _LONGEST.get(name, 40)] for name in Wanted.model_fields})


def list_at(workshop_id: UUID, wanted: Wanted, done: str = "") -> str:
    """Where the list is that was left; `done`: what was just done."""
    return _address(REGISTRATIONS, {"workshop": str(workshop_id)} | wanted.open, done)


def person_at(registration_id: UUID, wanted: Wanted, done: str = "") -> str:
    """Where a person's page is, which leads back to the list that was left."""
    return _address(f"{REGISTRATIONS}/{registration_id}", wanted.open, done)


def export_of(workshop_id: UUID, kind: str, wanted: RegistrationFilter, *, nip: bool) -> str:
    """Where the API's file with these people is; `nip`: with the NIP in full, as the attendance sheet has it."""
    query = wanted.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    query = {name: value for name, value in query.items() if value != ""}
    if nip:
        query["nip"] = "true"
    if kind == "csv":
        query["separator"] = separator()
    address = f"/api/v1/workshops/{workshop_id}/registrations.{kind}"
    return f"{address}?{urlencode(query)}" if query else address


def separator() -> Literal["comma", "semicolon"]:
    """What parts a file's columns: a spreadsheet set to Indonesian expects semicolons."""
    return "semicolon" if i18n.language() == "id" else "comma"


def ids_of(text: str, most: int) -> list[UUID]:
    """The ids in a form's field, one a line or with spaces between; what is none is left out."""
    found = []
    for word in text.split()[:most]:
        try:
            found.append(UUID(word))
        except ValueError:
            continue
    return found


def _address(path: str, query: Mapping[str, str], done: str) -> str:
    said = {**query, "done": done} if done else query
    return f"{path}?{urlencode(said)}" if said else path


def _one_of(words: type[W], typed: str) -> W | None:
    return words(typed) if typed in set(words) else None
