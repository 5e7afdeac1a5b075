"""The Luwu Bimtek of July 2023 as a plain world, with the answers that are known for 1 August."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from tests.support.report_world import Block, Change, Online, Org, Person, Promise, Scan, World

Row = Mapping[str, Any]  # a JSON object of the fixture
REPOSITORY = Path(__file__).parents[2]
PLACES = (REPOSITORY / "service/demo/luwu.json", REPOSITORY.parent / "shared/data/luwu_bimtek_2023.json")
ZONE = "Asia/Makassar"
LEVELS = {
    "kepala": "head",
    "sekretaris": "secretary",
    "kasubag": "subdivision_head",
    "perwakilan": "representative",
    "staf": "staff",
}
ROLES = {"peserta": "participant", "narasumber": "speaker"}


def fixture() -> Row:
    """The file, wherever it lies."""
    place = next(place for place in PLACES if place.exists())
    return cast("Row", json.loads(place.read_text(encoding="utf-8")))


def expected(data: Row) -> dict[str, Any]:
    """The answers that the fixture states, by report."""
    return {query["report"]: query["expected"] for query in data["queries"] if "expected" in query}


def midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), ZoneInfo(ZONE))


def world(data: Row) -> World:
    """The fixture's facts; what it says with a day only happened at 00:00 of that day."""
    blocks = [_block(row, data["schedule"]["sessions"]) for row in data["schedule"]["blocks"]]
    by_code = {block.code: block for block in blocks}
    numbers = {row["id"]: number for number, row in enumerate(data["participants"], 1)}
    facts = data["attendance"]
    items = {row["id"]: row for row in data["data_items"]}
    host = next(fact["value"] for fact in data["event"]["facts"] if fact["field"] == "host_org")
    return World(
        zone=ZONE,
        steward=host,
        online_threshold=data["rules"]["online_block_threshold"],
        certificate_threshold=data["rules"]["certificate_min_jp_ratio"],
        dimensions=[row["id"] for row in data["dimensions"]],
        holidays=[date.fromisoformat(row["date"]) for row in data["test_vectors"]["holidays_2023"]],
        orgs=[Org(row["id"], row["org_class"], midnight("2023-06-20")) for row in data["organisations"]],
        blocks=blocks,
        people=[_person(row, numbers, blocks) for row in data["participants"]],
        scans=[
            Scan(numbers[row["participant_id"]], row["block"], by_code[row["block"]].items[0][0])
            for row in facts
            if row["mode"] == "offline"
        ],
        online=[
            *(
                _online([numbers[row["participant_id"]]], row["participant_id"], by_code[row["block"]], row["minutes"])
                for row in facts
                if row["mode"] == "online"
            ),
            *(
                _online([], row["display_name"], by_code[row["block"]], row["minutes"])
                for row in data["unmatched_zoom"]
            ),
        ],
        items={code: row["dimension"] for code, row in items.items()},
        promises=[_promise(row, date.fromisoformat(items[row["item_id"]]["due_date"])) for row in data["commitments"]],
        next_starts=[(midnight(data["queries"][0]["bimtek2_start"]) + timedelta(hours=8), "draft")],
    )


def _block(row: Row, sessions: list[Row]) -> Block:
    mine = [session for session in sessions if session["block"] == row["id"]]
    times = [(datetime.fromisoformat(s["start"]), datetime.fromisoformat(s["end"])) for s in mine]
    return Block(row["id"], row["jp"], times)


def _person(row: Row, numbers: Mapping[str, int], blocks: list[Block]) -> Person:
    second_day = blocks[2].items[0][0]
    return Person(
        number=numbers[row["id"]],
        org=row["org_id"],
        code=row["id"],
        role=ROLES[row["event_role"]],
        level=LEVELS[row["rank"]],
        employment=row["employment"],
        walk_in=row["walk_in"],
        substitute_for=numbers.get(row["substitute_for"] or ""),
        created_at=second_day if row["walk_in"] else midnight("2023-06-26"),
    )


def _online(people: list[int], name: str, block: Block, minutes: int) -> Online:
    """One unbroken stay from the block's start that gathers `minutes` inside its agenda items."""
    left = timedelta(minutes=minutes)
    for start, end in block.items:
        if left <= end - start:
            return Online(people, name, block.items[0][0], start + left)
        left -= end - start
    raise ValueError(f"{minutes} minutes do not fit into {block.code}")


def _promise(row: Row, due: date) -> Promise:
    promise = Promise(
        code=row["id"],
        item=row["item_id"],
        org=row["org_id"],
        requested_at=midnight(row["requested_at"]),
        due=due,
        changes=list(_changes(row)),
    )
    if row["evidence_ref"] is not None:
        pledged = [change.at for change in promise.changes if change.after == "committed"]
        promise.proven_at = pledged[0] if pledged else promise.requested_at
    handed_in = [change.at for change in promise.changes if change.after == "submitted"]
    promise.submissions = [(at, bool(row["metadata_complete"])) for at in handed_in]
    return promise


def _changes(row: Row) -> Iterator[Change]:
    if row["commitment_status"] == "declined":
        yield Change(midnight(row["requested_at"]) + timedelta(days=1), "commitment", "requested", "declined")
    elif row["committed_at"]:
        yield Change(midnight(row["committed_at"]), "commitment", "requested", "committed")
    if not row["submitted_at"]:
        return
    # The fixture tells the last submission and how often something was returned: a return a day, a new try half a day
    # later. What is returned now was returned once more after the last submission.
    last = midnight(row["submitted_at"])
    returned_now = row["fulfilment_status"] == "returned"
    earlier = row["return_count"] - returned_now
    status = "not_submitted"
    for number in range(earlier):
        at = last - timedelta(days=earlier - number)
        yield Change(at, "fulfilment", status, "submitted")
        yield Change(at + timedelta(hours=12), "fulfilment", "submitted", "returned")
        status = "returned"
    yield Change(last, "fulfilment", status, "submitted")
    if returned_now:
        yield Change(last + timedelta(days=1), "fulfilment", "submitted", "returned")
    if row["accepted_at"]:
        yield Change(midnight(row["accepted_at"]), "fulfilment", "submitted", "accepted")
