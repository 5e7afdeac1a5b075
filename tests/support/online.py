"""Online presence and attendance in tests: who was connected, and what the API says of it."""

from typing import Any

from service import clock
from service.models.registrations import Registration
from service.models.rooms import Provider, Room, RoomLink
from tests.factories import at
from tests.support.door import Door, Json

MORNING = at("07-03 09:02")
AFTERWARDS = at("07-03 12:00")
"""The morning is over, so that its connections can be reported."""


def connection(start: str, end: str, external_id: str = "z1", **values: Any) -> Json:
    """One connection on the first day."""
    times = {"joined_at": at(f"07-03 {start}").isoformat(), "left_at": at(f"07-03 {end}").isoformat()}
    return {"external_id": external_id, "display_name": "iPhone"} | times | values


async def report(door: Door, *items: Json) -> list[Json]:
    """What the provider reports once the morning is over."""
    clock.freeze(max(clock.now(), AFTERWARDS))
    url = f"/api/v1/workshops/{door.workshop.id}/presences"
    answer = await door.client.post(url, json={"items": list(items)}, headers=door.staff)
    assert answer.status_code == 201, answer.text
    found: list[Json] = answer.json()["items"]
    return found


async def known_online(door: Door, person: Registration, external_id: str) -> None:
    """The provider's registrant id of a person, as the room's adapter keeps it."""
    async with door.database.write() as session:
        room = Room(organizer_id=door.house.id, workshop_id=door.workshop.id, provider=Provider.ZOOM)
        session.add(room)
        await session.flush()
        session.add(
            RoomLink(
                room_id=room.id, registration_id=person.id, url="https://zoom.invalid/w/1", external_id=external_id
            )
        )


async def get(door: Door, path: str, **params: Any) -> Any:
    """What the committee reads of the workshop."""
    answer = await door.client.get(f"/api/v1/workshops/{door.workshop.id}/{path}", params=params, headers=door.staff)
    assert answer.status_code == 200, answer.text
    return answer.json()
