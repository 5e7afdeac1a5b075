"""Offline scans: any order, any repetition, any cut of the upload give the same final state."""

import itertools
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from sqlmodel import select

from service import clock
from service.db import Database
from service.models.registrations import Registration, RegistrationStatus
from tests.factories import at
from tests.support.door import Door, Json, scan, undo, walk_in

NOON = at("07-03 12:00")
SKEWS = {"A": timedelta(hours=-2), "B": timedelta(), "C": timedelta(hours=2)}


async def by_name(door: Door) -> dict[tuple[str, str], tuple[object, ...]]:
    """The final state without ids, so that two workshops can be compared."""
    async with door.database.read() as session:
        query = select(Registration.id, Registration.name).where(Registration.workshop_id == door.workshop.id)
        names: dict[UUID, str] = dict((await session.exec(query)).all())
    return {(names[person], block): row for (person, block), row in (await door.attendance()).items()}


async def people_of(door: Door) -> dict[str, Json]:
    cancelled = {"status": RegistrationStatus.CANCELLED, "cancelled_at": at("07-03 07:50"), "holds_seat": False}
    return {
        "hadir": (await door.person(name="hadir"))[1],
        "antre": (await door.person(name="antre", status=RegistrationStatus.WAITLISTED, holds_seat=False))[1],
        "batal": (await door.person(name="batal", **cancelled))[1],
    }


def collected(people: dict[str, Json], skew: timedelta, device: str) -> list[Json]:
    """What one device collected: times by its own clock."""
    start = at("07-03 07:40") + skew + timedelta(minutes=ord(device) - ord("A"))
    moments = (start + timedelta(minutes=5 * n) for n in itertools.count())
    wrong = scan(people["hadir"], next(moments))
    return [
        wrong,
        scan(people["batal"], next(moments)),
        scan(people["antre"], next(moments)),
        scan(people["hadir"], next(moments), direction="out"),
        scan(people["hadir"], next(moments)),
        scan(people["antre"], next(moments), admit={"reason": "Izin"}),
        scan(walk_in("tamu"), next(moments)),
        undo(wrong, next(moments)) if device != "B" else scan(people["batal"], next(moments)),
        scan(people["antre"], next(moments), block="D1S"),
    ]


@pytest.fixture
def at_noon() -> None:
    clock.freeze(NOON)


@pytest.mark.usefixtures("at_noon")
async def test_three_devices_with_wrong_clocks_in_six_upload_orders_agree(
    client: AsyncClient, database: Database
) -> None:
    states = []
    for order in itertools.permutations(SKEWS):
        door = await Door.open(client, database)
        people = await people_of(door)
        batches = {name: collected(people, skew, name) for name, skew in SKEWS.items()}
        devices = {name: await door.device(f"Gerbang {name}") for name in SKEWS}
        for name in order:
            await door.upload(batches[name], headers=devices[name], skew=SKEWS[name])
        states.append(await by_name(door))
    assert all(state == states[0] for state in states)
    assert {person for person, _ in states[0]} == {"hadir", "antre", "batal", "Tamu tamu"}
    assert states[0]["hadir", "D1P"][3:] == (at("07-03 07:41"), "Gerbang B")
    assert states[0]["batal", "D1P"][3:] == (at("07-03 07:45"), "Gerbang A")


@pytest.mark.usefixtures("at_noon")
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
async def test_any_order_repetition_and_cut_gives_the_same_state(
    client: AsyncClient, database: Database, seed: int
) -> None:
    await agree(client, database, seed)


@pytest.mark.soak
@pytest.mark.usefixtures("at_noon")
@settings(
    max_examples=100,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
async def test_very_many_orders_repetitions_and_cuts_give_the_same_state(
    client: AsyncClient, database: Database, seed: int
) -> None:
    await agree(client, database, seed)


async def agree(client: AsyncClient, database: Database, seed: int) -> None:
    """What arrives in order, at once and once gives the same state as in another order, in parts and repeated."""
    random, expected = Random(seed), None  # drawn before the coroutine runs: hypothesis cannot interrupt one
    for shuffled in (False, True):
        door = await Door.open(client, database)
        people = await people_of(door)
        items = collected(people, timedelta(), "A") + collected(people, timedelta(), "C")
        online = {
            "registration_id": str((await door.person(name="daring"))[0].id),
            "external_id": "z1",
            "display_name": "iPhone",
        }
        presences = [
            online | {"joined_at": at(f"07-03 {start}").isoformat(), "left_at": at(f"07-03 {end}").isoformat()}
            for start, end in [("08:55", "09:40"), ("08:55", "10:20"), ("10:10", "11:50")]
        ]
        parts = [items, []]
        if shuffled:
            items = [*items, *random.sample(items, random.randint(0, len(items)))]
            random.shuffle(items)
            random.shuffle(presences)
            cut = random.randint(0, len(items))
            parts = [items[:cut], items[cut:]]
        await door.upload(parts[0])
        for presence in presences:
            url = f"/api/v1/workshops/{door.workshop.id}/presences"
            answer = await client.post(url, json={"items": [presence]}, headers=door.staff)
            assert answer.status_code == 201, answer.text
        for item in parts[1] if random.random() < 0.5 else []:
            if "annul" not in item:
                await door.send(item)
        await door.upload(parts[1])
        state = await by_name(door)
        assert state["daring", "D1P"][:3] == (True, "online", 135)
        expected = expected or state
        assert state == expected
