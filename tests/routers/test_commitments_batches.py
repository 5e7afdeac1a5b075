"""Many organisations are asked for many data items at once, in a few statements; what stands already is left alone."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import func, select

from service.db import Database
from service.domain import commitments_batches, data_items
from service.events import CommitmentRequested, DataRequested
from service.models.commitments import Commitment, CommitmentHistory
from service.models.commitments_batch_shapes import BatchCreate
from service.models.data_items_shapes import DataItemCreate
from service.models.organizers import Programme
from service.models.outbox import EventRow
from tests import factories
from tests.support.promises import Scene, scene
from tests.support.statements import counted

URL = "/api/v1/commitments/batch"
ITEMS = ("A-1", "A-2", "A-3")


async def _there(database: Database) -> Scene:
    """Three items of one programme, of which the first two name who should have them, and three agencies."""
    async with database.write() as session:
        s = await scene(session)
        dimensions: list[dict[str, object]] = [{"code": "living", "label": "Living", "sub": [], "coordinator": None}]
        session.add(Programme(organizer_id=s.house.id, code="sc", name="Smart City", dimensions=dimensions))
        await factories.organisation(session, s.house, "bps", org_class="external")
        for code, owner in zip(ITEMS, (s.agency.code, s.other.code, None), strict=True):
            item = {"code": code, "name": code, "programme": "sc", "requested_from": owner, "due_days": 5}
            await data_items.add(session, s.actor, DataItemCreate.model_validate(item))
    return s


async def _asked(client: AsyncClient, s: Scene, status: int = 201, **data: Any) -> dict[str, Any]:
    body = {"workshop": str(s.workshop.id), **data}
    answer = await client.post(URL, json=body, headers=s.headers)
    assert answer.status_code == status, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_every_way_to_name_items_and_organisations(client: AsyncClient, database: Database) -> None:
    s = await _there(database)
    first, second = s.agency.code, s.other.code
    tried = await _asked(client, s, 200, programme="sc", requested_from=True, dry_run=True)
    assert tried == {
        "dry_run": True,
        "requested": 2,
        "past_due": 0,
        "organisations": [{"organisation": code, "requested": 1} for code in sorted([first, second])],
        "skipped": [{"data_item": "A-3", "organisation": None, "reason": "no_organisation"}],
    }
    made = await _asked(client, s, programme="sc", requested_from=True)
    assert made == tried | {"dry_run": False}
    passed = await _asked(client, s, 200, data_items=["A-3"], org_class="opd", due_date="2023-06-01", dry_run=True)
    assert (passed["requested"], passed["past_due"]) == (2, 2)
    by_class = await _asked(client, s, data_items=["A-1", "A-3"], org_class="opd", due_date="2023-08-01")
    assert (by_class["requested"], by_class["skipped"]) == (
        3,
        [{"data_item": "A-1", "organisation": first, "reason": "already_requested"}],
    )
    listed = (await client.get(f"/api/v1/commitments?workshop={s.workshop.id}", headers=s.headers)).json()["items"]
    wanted = {(f"A-1-{first}", "2023-07-11"), (f"A-2-{second}", "2023-07-11"), (f"A-1-{second}", "2023-08-01")}
    wanted |= {(f"A-3-{code}", "2023-08-01") for code in (first, second)}
    assert {(one["code"], one["due_date"]) for one in listed} == wanted
    assert {(one["version"], len(one["history"]), one["history"][0]["to"]) for one in listed} == {(1, 1, "requested")}
    async with database.read() as session:
        told = (await session.exec(select(EventRow.type, func.count()).group_by(EventRow.type))).all()
    counts = dict(told)
    assert (counts[DataRequested.type], counts[CommitmentRequested.type]) == (2 + 2, 5)


async def test_what_is_declined_may_be_asked_for_again_under_another_code(
    client: AsyncClient, database: Database
) -> None:
    s = await _there(database)
    await _asked(client, s, data_items=["A-1"], organisations=[s.agency.code])
    [row] = (await client.get(f"/api/v1/commitments?workshop={s.workshop.id}", headers=s.headers)).json()["items"]
    reason = {"reason": "Bukan kewenangan kami"}
    await client.post(f"/api/v1/commitments/{row['id']}/decline", json=reason, headers=s.headers)
    again = await _asked(client, s, data_items=["A-1"], organisations=[s.agency.code, "bps"])
    assert (again["requested"], again["skipped"]) == (2, [])
    listed = (await client.get(f"/api/v1/commitments?workshop={s.workshop.id}", headers=s.headers)).json()["items"]
    assert sorted(one["code"] for one in listed) == sorted(
        ["A-1-bps", f"A-1-{s.agency.code}", f"A-1-{s.agency.code}-2"]
    )


async def test_what_is_not_known_or_not_clear_is_refused_at_its_place(client: AsyncClient, database: Database) -> None:
    s = await _there(database)
    agency = [s.agency.code]
    cases: list[tuple[dict[str, Any], str]] = [
        ({"organisations": agency}, "/data_items"),
        ({"data_items": ["A-1"]}, "/organisations"),
        ({"data_items": ["A-1"], "organisations": agency, "requested_from": True}, "/organisations"),
        ({"data_items": ["A-1", "A-9"], "organisations": agency}, "/data_items/1"),
        ({"data_items": ["A-1"], "organisations": [*agency, "tiada"]}, "/organisations/1"),
        ({"programme": "tiada", "organisations": agency}, "/programme"),
        ({"dimension": "living", "organisations": agency}, "/data_items"),
        ({"programme": "sc", "org_class": "tiada"}, "/org_class"),
    ]
    for data, pointer in cases:
        refused = await _asked(client, s, 422, **data)
        assert [error["pointer"] for error in refused["errors"]] == [pointer]
    async with database.read() as session:
        assert (await session.exec(select(func.count()).select_from(Commitment))).one() == 0


async def test_three_hundred_requests_cost_few_statements_and_two_at_once_make_each_once(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = await _there(database)
    codes = [f"M-{n:03}" for n in range(100)]
    async with database.write() as session:
        await data_items.add_all(session, s.actor, [{"code": code, "name": "Data"} for code in codes])
    offices = [s.agency.code, s.other.code, "bps"]
    with counted(database) as statements:
        twice = await asyncio.gather(
            *(_asked(client, s, data_items=codes, organisations=offices) for _attempt in range(2))
        )
    assert sorted(made["requested"] for made in twice) == [0, 300]
    assert len(statements) < 60
    async with database.read() as session:
        assert (await session.exec(select(func.count()).select_from(Commitment))).one() == 300
        assert (await session.exec(select(func.count()).select_from(CommitmentHistory))).one() == 300
    monkeypatch.setattr(commitments_batches, "MOST", 299)
    too_many = await _asked(client, s, 422, data_items=codes, organisations=offices)
    assert too_many["errors"][0]["pointer"] == "/organisations"


def test_the_examples_of_a_batch_go_together() -> None:
    """A client that sends what the document prints, whole or field by field, names organisations in one way."""
    schema = BatchCreate.model_json_schema()
    by_field = {name: one["examples"][0] for name, one in schema["properties"].items() if "examples" in one}
    for example in (schema["examples"][0], by_field):
        assert len(example.keys() & {"organisations", "org_class", "requested_from"}) == 1
        assert example.keys() & {"data_items", "programme", "dimension"}
    BatchCreate.model_validate(schema["examples"][0])
