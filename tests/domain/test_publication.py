"""What the check list says of a workshop before it is announced."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from service import i18n
from service.domain.publication import Facts, Severity, findings
from service.models.organizers import Organizer
from service.models.rooms import RoomStatus
from service.models.workshops import AgendaItem, AttendanceBlock, Capacity, Modality, Workshop, WorkshopStatus
from tests.factories import at, some_id

HEAD: dict[str, object] = {"contact": "kominfo@luwukab.go.id", "signatory_name": "Kepala Dinas"}


def ready(**changes: Any) -> Facts:
    """A workshop of which nothing is to be said, but for these changes of its columns."""
    values: dict[str, Any] = {
        "organizer_id": some_id(),
        "slug": "bimtek-1",
        "title": "Bimtek I",
        "description": "Data masterplan",
        "modality": Modality.HYBRID,
        "status": WorkshopStatus.DRAFT,
        "timezone": "Asia/Makassar",
        "starts_at": at("07-03 08:00"),
        "ends_at": at("07-03 16:00"),
        "venue_name": "Aula",
        "venue_address": "Belopa",
    }
    gathering = Workshop(**(values | changes))
    hours: dict[str, Any] = {"starts_at": at("07-03 09:00"), "ends_at": at("07-03 12:00")}
    block = AttendanceBlock(
        workshop_id=gathering.id,
        position=0,
        code="P",
        label="Pagi",
        checkin_from=at("07-03 08:00"),
        hours=4,
        **hours,
    )
    item = AgendaItem(workshop_id=gathering.id, position=0, title="Materi", block_id=block.id, **hours)
    return Facts(
        workshop=gathering,
        capacity=Capacity(workshop_id=gathering.id, offline_limit=80, online_limit=None),
        organizer=Organizer(slug="luwu", name="Kominfo", letterhead=HEAD),
        blocks=[block],
        items=[item],
        rooms={RoomStatus.ACTIVE},
        holidays=(),
        mail=True,
        now=at("06-01 08:00"),
    )


def codes(facts: Facts) -> list[str]:
    return [one.code for one in findings(facts)]


def test_nothing_is_said_of_a_workshop_that_is_ready() -> None:
    assert codes(ready()) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"venue_name": None}, "venue_missing"),
        ({"venue_address": None}, "address_missing"),
        ({"description": ""}, "description_missing"),
        ({"rehearsal": True}, "rehearsal_on"),
        ({"registration_closes_at": at("05-01 08:00")}, "window_closed"),
        ({"registration_closes_at": at("07-05 08:00")}, "window_closes_late"),
        ({"registration_opens_at": at("07-03 17:00")}, "window_never_opens"),
        ({"registration_opens_at": at("07-03 09:00")}, "window_opens_late"),
    ],
)
def test_what_is_missing_from_the_workshop_is_found(changes: dict[str, Any], code: str) -> None:
    assert codes(ready(**changes)) == [code]


def test_what_is_missing_around_the_workshop_is_found() -> None:
    facts = ready()
    bare = Organizer(slug="luwu", name="Kominfo")
    timeless = AttendanceBlock(**(facts.blocks[0].model_dump() | {"hours": 0}))
    found = {
        "agenda": codes(replace(facts, items=[])),
        "blocks": codes(replace(facts, blocks=[], items=facts.items)),
        "hours": codes(replace(facts, blocks=[timeless])),
        "none": codes(replace(facts, rooms=())),
        "pending": codes(replace(facts, rooms={RoomStatus.PENDING})),
        "failed": codes(replace(facts, rooms={RoomStatus.FAILED})),
        "seats": codes(replace(facts, capacity=Capacity(workshop_id=some_id(), offline_limit=0, online_limit=0))),
        "unlimited": codes(replace(facts, capacity=Capacity(workshop_id=some_id()))),
        "letters": codes(replace(facts, organizer=bare, mail=False)),
        "holiday": codes(replace(facts, holidays=[date(2023, 7, 3)])),
        "over": codes(replace(facts, now=at("07-05 08:00"))),
    }
    assert found == {
        "agenda": ["agenda_missing"],
        "blocks": ["blocks_missing"],
        "hours": ["hours_missing"],
        "none": ["room_missing"],
        "pending": ["room_pending"],
        "failed": ["room_failed"],
        "seats": ["offline_seats_none", "online_seats_none"],
        "unlimited": ["hall_unlimited"],
        "letters": ["contact_missing", "mail_missing", "signatory_missing"],
        "holiday": ["not_working_day"],
        "over": ["over"],
    }


def test_a_workshop_without_a_hall_or_without_a_room_needs_none() -> None:
    offline = replace(ready(modality=Modality.OFFLINE), rooms=())
    online = ready(modality=Modality.ONLINE, venue_name=None, venue_address=None)
    assert (codes(offline), codes(online)) == ([], [])


def test_the_gravest_comes_first_and_says_what_follows_in_the_readers_language() -> None:
    facts = replace(ready(venue_name=None, description=""), rooms=())
    assert [one.severity for one in findings(facts)] == [Severity.BLOCKING, Severity.WARNING, Severity.NOTE]
    i18n.use("en")
    said = [one.sentence for one in findings(facts)]
    i18n.use("id")
    assert said[1] == "No online room yet: online participants will get no link."


def test_every_day_of_a_workshop_without_sessions_is_looked_at() -> None:
    facts = ready(starts_at=at("06-30 08:00"), ends_at=at("06-30 08:00") + timedelta(days=3))
    [off] = [one for one in findings(replace(facts, blocks=[])) if one.code == "not_working_day"]
    assert off.sentence == "Sabtu, 1 Juli 2023, Minggu, 2 Juli 2023 bukan hari kerja."
