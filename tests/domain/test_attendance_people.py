"""The order of people on papers."""

from typing import Any

from service.domain.attendance_people import Person, in_order
from service.models.registrations import ParticipantRole
from service.models.sheets_shapes import SheetOrder
from service.models.workshops import Mode
from tests.factories import some_id


def person(number: int, name: str, organisation: str, level: str = "", code: str = "") -> Person:
    texts: dict[str, Any] = dict.fromkeys(("nip", "rank", "position", "represents", "phone", "key_id"), "")
    return Person(
        **texts,
        id=some_id(),
        number=number,
        name=name,
        role=ParticipantRole.PARTICIPANT,
        mode=Mode.OFFLINE,
        walk_in=False,
        organisation_id=None,
        organisation_code=code,
        organisation=organisation,
        level=level,
        link_version=1,
    )


def test_by_organisation_they_stand_by_its_name_with_its_head_first() -> None:
    people = [
        person(1, "Tamu", ""),
        person(2, "Staf", "Dinas Arsip", "staff", "z"),
        person(3, "ajudan", "dinas arsip"),
        person(4, "Kepala", "Dinas Arsip", "head", "z"),
        person(5, "Kepala", "Dinas Kesehatan", "head", "a"),
        person(6, "Sekretaris", "Badan Pendapatan", "secretary", "y"),
    ]
    assert [one.number for one in in_order(people, SheetOrder.ORGANISATION)] == [6, 4, 3, 2, 5, 1]
