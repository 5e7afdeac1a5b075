"""Random small worlds for the reports: every branch of every definition can occur in them."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.support.report_world import Block, Change, Online, Org, Person, Promise, Scan, World

FIRST_DAY = date(2023, 7, 3)
HALF_DAYS = (
    [("09:15", "10:00"), ("10:15", "11:45")],
    [("13:00", "14:30")],
)
NEXT_COMMITMENT = {"requested": ("committed", "declined"), "committed": ("withdrawn",)}
NEXT_FULFILMENT = {
    "not_submitted": ("submitted",),
    "submitted": ("accepted", "returned"),
    "returned": ("submitted",),
    "accepted": ("returned",),
}
DIMENSIONS = ["governance", "economy", "branding"]
SETTLED = ("declined", "withdrawn", "accepted")
DUE_DAYS = [date(2023, 7, 5), date(2023, 7, 14), date(2023, 7, 21), date(2023, 7, 31)]
"""Few, so that dates coincide."""
SELDOM = st.sampled_from([False] * 7 + [True])


@st.composite
def cases(draw: st.DrawFn) -> tuple[World, list[date | datetime]]:
    """A world and two moments to ask about."""
    world = draw(worlds())
    return world, [draw(moments(world)), draw(moments(world))]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    zone = draw(st.sampled_from(["Asia/Makassar", "Asia/Jayapura"]))
    orgs = [Org(f"o{n}", draw(st.sampled_from(["opd", "opd", "external"])), _maybe(draw, zone)) for n in range(4)]
    blocks = _blocks(draw, zone)
    people = [_person(draw, number, zone) for number in range(1, 8)]
    items = {f"d{n}": draw(st.sampled_from([*DIMENSIONS, "wild", None])) for n in range(4)}
    return World(
        zone=zone,
        steward=draw(st.sampled_from(["o0", "walidata"])),
        online_threshold=draw(st.sampled_from([0.55, 0.75, 0.8, 1.0])),
        certificate_threshold=draw(st.sampled_from([0.5, 0.7, 0.8, 1.0])),
        dimensions=DIMENSIONS,
        holidays=draw(st.lists(st.dates(FIRST_DAY, date(2023, 8, 10)), max_size=4, unique=True)),
        orgs=orgs,
        blocks=blocks,
        people=people,
        scans=_attendances(draw, blocks, people) + draw(st.lists(_scans(blocks, len(people)), max_size=6)),
        online=draw(st.lists(_online(blocks, len(people)), max_size=8)),
        items=items,
        promises=[_promise(draw, n, zone) for n in range(draw(st.integers(0, 12)))],
        next_starts=draw(st.lists(_next_start(zone), max_size=2)),
    )


def moments(world: World) -> st.SearchStrategy[date | datetime]:
    """Days and instants before, during and after everything; some exactly when something happened."""
    happened = [scan.at for scan in world.scans] + [online.left_at for online in world.online]
    happened += [change.at for promise in world.promises for change in promise.changes]
    some_time: st.SearchStrategy[date | datetime] = st.one_of(
        _instants(world.zone, -5, 40),
        _instants(world.zone, 0, 3),
        st.dates(date(2023, 6, 30), date(2023, 8, 10)),
        st.just(date(2023, 8, 2)),
    )
    return st.one_of(some_time, st.sampled_from(happened)) if happened else some_time


def _instants(zone: str, first: int, last: int) -> st.SearchStrategy[datetime]:
    """Whole minutes of the days `first` to `last`, counted from the first day."""
    start = datetime.combine(FIRST_DAY, datetime.min.time(), ZoneInfo(zone))
    return st.integers(first * 24 * 60, last * 24 * 60).map(lambda minutes: start + timedelta(minutes=minutes))


def _maybe(draw: st.DrawFn, zone: str) -> datetime | None:
    return draw(st.one_of(st.none(), _instants(zone, -20, 10)))


def _blocks(draw: st.DrawFn, zone: str) -> list[Block]:
    found = []
    for number in range(draw(st.sampled_from([1, 2, 2, 3]))):
        day = FIRST_DAY + timedelta(days=number)
        for half in range(draw(st.integers(1, 2))):
            items = [
                (
                    datetime.fromisoformat(f"{day}T{start}").replace(tzinfo=ZoneInfo(zone)),
                    datetime.fromisoformat(f"{day}T{end}").replace(tzinfo=ZoneInfo(zone)),
                )
                for start, end in HALF_DAYS[half]
            ]
            found.append(Block(f"D{number + 1}{'PS'[half]}", draw(st.integers(1, 4)), items))
    return found


def _person(draw: st.DrawFn, number: int, zone: str) -> Person:
    return Person(
        number=number,
        org=draw(st.sampled_from(["o0", "o0", "o1", "o1", "o2", None])),
        code=draw(st.sampled_from([None, f"P-{number}"])),
        role=draw(st.sampled_from(["participant", "participant", "speaker", "committee"])),
        level=draw(st.sampled_from([None, "head", "staff"])),
        employment=draw(st.sampled_from([None, "pns", "pppk", "non_asn"])),
        walk_in=draw(st.sampled_from([False, False, True])),
        substitute_for=draw(st.one_of(st.none(), st.integers(1, number - 1))) if number > 1 else None,
        created_at=draw(_instants(zone, -20, 2)),
        cancelled_at=draw(st.one_of(st.none(), st.none(), _instants(zone, -2, 5))),
        rejected=draw(SELDOM),
    )


def _attendances(draw: st.DrawFn, blocks: list[Block], people: list[Person]) -> list[Scan]:
    """Plain scans at the start of some blocks for everybody: most people came to something."""
    choice = st.lists(st.sampled_from(blocks), unique_by=lambda block: block.code)
    return [Scan(person.number, block.code, block.items[0][0]) for person in people for block in draw(choice)]


@st.composite
def _scans(draw: st.DrawFn, blocks: list[Block], people: int) -> Scan:
    block = draw(st.sampled_from(blocks))
    return Scan(
        person=draw(st.integers(1, people)),
        block=block.code,
        at=block.items[0][0] + timedelta(minutes=draw(st.integers(-30, 150))),
        direction=draw(st.sampled_from(["in", "in", "in", "out"])),
        verdict=draw(st.sampled_from(["accepted", "accepted", "already_in", "refused"])),
        annulled=draw(SELDOM),
    )


@st.composite
def _online(draw: st.DrawFn, blocks: list[Block], people: int) -> Online:
    block = draw(st.sampled_from(blocks))
    joined = block.items[0][0] + timedelta(minutes=draw(st.integers(-30, 100)))
    return Online(
        people=draw(st.lists(st.integers(1, people), max_size=2, unique=True)),
        name=draw(st.sampled_from(["iPhone", "Admin", "DINAS"])),
        joined_at=joined,
        left_at=joined + timedelta(minutes=draw(st.sampled_from([1, 40, 90, 180, 400]))),
    )


@st.composite
def _next_start(draw: st.DrawFn, zone: str) -> tuple[datetime, str]:
    start = datetime.combine(draw(st.sampled_from(DUE_DAYS)), time(8), ZoneInfo(zone))
    return start, draw(st.sampled_from(["draft", "published", "cancelled"]))


def _promise(draw: st.DrawFn, number: int, zone: str) -> Promise:
    at = draw(_instants(zone, -5, 10))
    due = draw(st.sampled_from([*DUE_DAYS, *DUE_DAYS, None]))
    promise = Promise(
        code=f"C-{number}",
        item=f"d{draw(st.integers(0, 3))}",
        org=f"o{draw(st.integers(0, 3))}",
        requested_at=at,
        due=due,
        proven_at=draw(st.one_of(st.none(), _instants(zone, -5, 35))),
    )
    now = {
        "commitment": "requested",
        "fulfilment": "not_submitted",
        "due_date": due.isoformat() if due else None,
        "extension": None,
    }
    for _ in range(draw(st.integers(0, 7))):
        at += timedelta(minutes=draw(st.integers(1, 7 * 24 * 60)))
        axis = draw(st.sampled_from(["commitment", *3 * ["fulfilment"], *2 * ["due_date"], *2 * ["extension"]]))
        if now["commitment"] in ("declined", "withdrawn"):
            break
        after = _next(draw, axis, now[axis] or "")
        if after is None:
            continue
        by = draw(st.sampled_from(["staff", "system"])) if axis == "due_date" else "staff"
        promise.changes.append(Change(at, axis, now[axis], after, by))
        now[axis] = after
        _answered(promise, promise.changes[-1], now)
        if after == "submitted":
            promise.submissions.append((at, draw(st.booleans())))
    return promise


def _answered(promise: Promise, change: Change, now: dict[str, str | None]) -> None:
    """What becomes of a later date that was asked for, as the service's verbs leave it."""
    if change.axis == "extension":
        promise.requested_until = None if change.after == "refused" else date.fromisoformat(change.after)
    elif change.after in SETTLED or (
        change.axis == "due_date"
        and (
            change.by == "staff"
            or (promise.requested_until and promise.requested_until <= date.fromisoformat(change.after))
        )
    ):
        promise.requested_until = None
    now["extension"] = promise.requested_until.isoformat() if promise.requested_until else None


def _next(draw: st.DrawFn, axis: str, now: str) -> str | None:
    if axis == "extension" and now:
        return draw(st.sampled_from(["refused", DUE_DAYS[3].isoformat()]))
    if axis in ("due_date", "extension"):
        return draw(st.sampled_from(DUE_DAYS)).isoformat()
    choices = (NEXT_COMMITMENT if axis == "commitment" else NEXT_FULFILMENT).get(now)
    return draw(st.sampled_from(choices)) if choices else None
