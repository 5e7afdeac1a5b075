"""Commitments by the ten thousand, made by PostgreSQL itself: many houses alike, each with a workshop, promises that
were kept in every way, their history and deliveries, and people who came.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import md5
from uuid import UUID

from sqlalchemy import ColumnElement, Insert, insert, literal, literal_column, select, text
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from service.db import run_sql
from service.models.attendance import Attendance, AttendanceMode, Checkin, Direction, Method, Verdict
from service.models.commitments import Axis, Commitment, CommitmentHistory, Submission
from service.models.data_items import DataItem
from service.models.organizers import Organizer, Programme
from service.models.people import Employment, Organisation
from service.models.registrations import Registration, RegistrationStatus
from service.models.workshops import AttendanceBlock, Capacity, Modality, Mode, Workshop, WorkshopStatus

DIMENSIONS = ("governance", "branding", "economy", "living", "society", "environment")
_NOBODY = UUID(int=0)
_ASKED = ("h", "o", "i")
# Of twenty: answered late or never (0, 1), declined (2), withdrawn (3), only promised (4 to 7), delivered (8 to 10),
# returned (11 to 13), delivered again (14, 15), accepted (16 to 19).
_LETTER = '[{"type": "letter", "reference": "400/1/2023"}]'
_KIND = "((o * 7 + i * 13 + h) % 20)"


@dataclass(frozen=True)
class Many:
    """How much: houses, and of each its organisations and what each of them is asked for. `start` of the workshops."""

    start: datetime
    houses: int = 50
    organisations: int = 60
    items: int = 60

    @property
    def commitments(self) -> int:
        return self.houses * self.organisations * self.items

    @property
    def middle(self) -> datetime:
        """When everything had been promised and nearly nothing delivered: most rows have changed since."""
        return self.start + timedelta(days=8)

    def house(self, *numbers: str) -> str:
        """The rows of houses times what else is counted, as something to select from."""
        counts = {"h": self.houses, "o": self.organisations, "i": self.items, "p": 2, "b": 4}
        return ", ".join(f"generate_series(1, {counts[name]}) {name}" for name in ("h", *numbers))


def house_id(number: int) -> UUID:
    """The organizer's id, of 1..houses."""
    return _uuid(f"house-{number}")


def workshop_id(number: int) -> UUID:
    """Its workshop's."""
    return _uuid(f"workshop-{number}")


def programme_id(number: int) -> UUID:
    """Its programme's."""
    return _uuid(f"programme-{number}")


async def write(session: AsyncSession, many: Many, key_id: str) -> None:
    """Writes everything, and tells PostgreSQL how much there is."""
    for statement in (*_houses(many, key_id), *_attended(many, key_id), *_promises(many)):
        await session.exec(statement)
    await run_sql(session, "ANALYZE")


def _houses(many: Many, key_id: str) -> Iterator[Insert]:
    house, programme, workshop = _id("house", "h"), _id("programme", "h"), _id("workshop", "h")
    yield _rows(Organizer(slug="", name="Diskominfo-SP"), many.house(), id=house, slug="'kab-' || h")
    dimensions: list[dict[str, object]] = [{"code": code, "label": code, "sub": []} for code in DIMENSIONS]
    yield _rows(
        Programme(organizer_id=_NOBODY, code="smart-city", name="Smart City", dimensions=dimensions),
        many.house(),
        id=programme,
        organizer_id=house,
    )
    gathering = Workshop(
        organizer_id=_NOBODY,
        slug="bimtek-1",
        title="Bimtek I",
        modality=Modality.HYBRID,
        status=WorkshopStatus.COMPLETED,
        timezone="Asia/Makassar",
        starts_at=many.start,
        ends_at=many.start + timedelta(days=1, hours=8),
    )
    yield _rows(gathering, many.house(), id=workshop, organizer_id=house, programme_id=programme)
    yield _rows(Capacity(workshop_id=_NOBODY), many.house(), workshop_id=workshop)
    office = Organisation(organizer_id=_NOBODY, code="", name="", key_id=key_id)
    yield _rows(
        office,
        many.house("o"),
        id=_id("office", "h", "o"),
        organizer_id=house,
        code="'opd-' || lpad(CAST(o AS text), 3, '0')",
        name="'Dinas ' || o",
        org_class="CASE WHEN o % 5 = 0 THEN 'external' ELSE 'opd' END",
    )
    named = ", ".join(f"'{code}'" for code in DIMENSIONS)
    yield _rows(
        DataItem(organizer_id=_NOBODY, code="", name=""),
        many.house("i"),
        id=_id("item", "h", "i"),
        organizer_id=house,
        programme_id=programme,
        code="'DI-' || lpad(CAST(i AS text), 3, '0')",
        name="'Data ' || i",
        dimension=f"(ARRAY[{named}])[1 + i % 6]",
        item_kind="(ARRAY['data', 'need', 'follow_up'])[1 + i % 3]",
    )


def _promises(many: Many) -> Iterator[Insert]:
    grid = many.house("o", "i")
    history = CommitmentHistory(commitment_id=_NOBODY, axis=Axis.COMMITMENT, by="staff", after="")
    late = "o % 7"
    due = f"CAST({_at(many, 14)} AS date) + 7 * (i % 4)"
    yield _rows(
        Commitment(organizer_id=_NOBODY, workshop_id=_NOBODY, data_item_id=_NOBODY, organisation_id=_NOBODY, code=""),
        grid,
        id=_id("promise", *_ASKED),
        organizer_id=_id("house", "h"),
        workshop_id=_id("workshop", "h"),
        data_item_id=_id("item", "h", "i"),
        organisation_id=_id("office", "h", "o"),
        code="'C-' || lpad(CAST(i AS text), 3, '0') || '-' || lpad(CAST(o AS text), 3, '0')",
        due_date=f"{due} + CASE WHEN i % 5 = 0 THEN 7 ELSE 0 END",
        commitment_status=_case({1: "requested", 2: "declined", 3: "withdrawn"}, "committed"),
        fulfilment_status=_case({7: "not_submitted", 10: "submitted", 13: "returned", 15: "submitted"}, "accepted"),
        evidence='CAST(CASE WHEN o % 3 = 0 THEN \'[]\' ELSE \'[{"type": "letter", "reference": "1"}]\' END AS jsonb)',
        evidence_at=f"CASE WHEN o % 3 = 0 THEN NULL ELSE {_at(many, 1)} END",
        requested_at=_at(many, 0),
        changed_at=f"{_at(many, 3)} + INTERVAL '1 day' * CASE WHEN {_KIND} < 8 THEN 0 ELSE 12 + {late} END",
    )
    steps = [
        ("commitment", None, "requested", "true", "0"),
        ("commitment", "requested", "committed", f"{_KIND} > 2", "1"),
        ("commitment", "requested", "declined", f"{_KIND} = 2", "1"),
        ("commitment", "committed", "withdrawn", f"{_KIND} = 3", "3"),
        ("fulfilment", "not_submitted", "submitted", f"{_KIND} > 7", f"10 + {late}"),
        ("fulfilment", "submitted", "returned", f"{_KIND} BETWEEN 11 AND 15", f"13 + {late}"),
        ("fulfilment", "returned", "submitted", f"{_KIND} BETWEEN 14 AND 15", f"15 + {late}"),
        ("fulfilment", "submitted", "accepted", f"{_KIND} > 15", f"14 + {late}"),
    ]
    for number, (axis, before, after, condition, days) in enumerate(steps):
        yield _rows(
            history,
            grid,
            condition,
            id=_id(f"step-{number}", *_ASKED),
            commitment_id=_id("promise", *_ASKED),
            axis=f"'{axis}'",
            at=_at(many, days),
            before=f"'{before}'" if before else "NULL",
            after=f"'{after}'",
        )
    yield _rows(
        history,
        grid,
        "i % 5 = 0",
        id=_id("later", *_ASKED),
        commitment_id=_id("promise", *_ASKED),
        axis="'due_date'",
        at=_at(many, 9),
        before=f"CAST({due} AS text)",
        after=f"CAST({due} + 7 AS text)",
    )
    for number, (condition, days) in enumerate(
        [(f"{_KIND} > 7", f"10 + {late}"), (f"{_KIND} BETWEEN 14 AND 15", f"15 + {late}")]
    ):
        yield _rows(
            Submission(organizer_id=_NOBODY, commitment_id=_NOBODY, url="https://data.example", submitted_by="staff"),
            grid,
            condition,
            id=_id(f"delivery-{number}", *_ASKED),
            organizer_id=_id("house", "h"),
            commitment_id=_id("promise", *_ASKED),
            metadata_complete="o % 4 > 0",
            submitted_at=_at(many, days),
        )


def _attended(many: Many, key_id: str) -> Iterator[Insert]:
    hours = "(ARRAY[0, 4, 24, 28])[b]"
    begins = f"{_at(many, 0)} + INTERVAL '1 hour' * {hours}"
    block = AttendanceBlock(
        workshop_id=_NOBODY,
        position=0,
        code="",
        label="",
        starts_at=many.start,
        ends_at=many.start,
        checkin_from=many.start,
        hours=3,
    )
    workshop, block_id, person = _id("workshop", "h"), _id("block", "h", "b"), _id("person", "h", "o", "p")
    yield _rows(
        block,
        many.house("b"),
        id=block_id,
        workshop_id=workshop,
        position="b",
        code="(ARRAY['D1P', 'D1S', 'D2P', 'D2S'])[b]",
        label="CAST(b AS text)",
        starts_at=begins,
        ends_at=f"{begins} + INTERVAL '3 hours'",
        checkin_from=begins,
    )
    yield _rows(
        Registration(
            organizer_id=_NOBODY,
            workshop_id=_NOBODY,
            number=0,
            name="",
            name_key="",
            mode=Mode.OFFLINE,
            employment=Employment.PNS,
            status=RegistrationStatus.CONFIRMED,
            key_id=key_id,
        ),
        many.house("o", "p"),
        id=person,
        organizer_id=_id("house", "h"),
        workshop_id=workshop,
        organisation_id=_id("office", "h", "o"),
        number="o * 2 + p",
        name="'Peserta ' || o || '-' || p",
        name_key="'peserta ' || o || '-' || p",
        position_level="CASE WHEN p = 1 AND o % 3 = 0 THEN 'head' END",
        created_at=_at(many, -1),
    )
    came = "(o + p + b) % 6 > 0"
    yield _rows(
        Checkin(
            organizer_id=_NOBODY,
            workshop_id=_NOBODY,
            direction=Direction.IN,
            method=Method.QR,
            nonce=_NOBODY,
            claimed_at=many.start,
            happened_at=many.start,
            received_at=many.start,
            verdict=Verdict.ACCEPTED,
        ),
        many.house("o", "p", "b"),
        came,
        id=_id("scan", "h", "o", "p", "b"),
        organizer_id=_id("house", "h"),
        workshop_id=workshop,
        registration_id=person,
        block_id=block_id,
        nonce=_id("nonce", "h", "o", "p", "b"),
        claimed_at=begins,
        happened_at=begins,
        received_at=begins,
    )
    yield _rows(
        Attendance(
            registration_id=_NOBODY,
            block_id=_NOBODY,
            workshop_id=_NOBODY,
            present=True,
            mode=AttendanceMode.OFFLINE,
            first_in=many.start,
            last_fact_at=many.start,
        ),
        many.house("o", "p", "b"),
        came,
        registration_id=person,
        block_id=block_id,
        workshop_id=workshop,
        first_in=begins,
        last_fact_at=begins,
    )


def _case(bounds: dict[int, str], rest: str) -> str:
    """SQL: the text of the first bound that the kind does not exceed."""
    return (
        "CASE "
        + " ".join(f"WHEN {_KIND} <= {most} THEN '{value}'" for most, value in bounds.items())
        + (f" ELSE '{rest}' END")
    )


def _at(many: Many, days: int | str) -> str:
    """SQL: the instant so many days after the workshop's start."""
    return f"(CAST('{many.start.isoformat()}' AS timestamptz) + INTERVAL '1 day' * ({days}))"


def _id(kind: str, *numbers: str) -> str:
    """SQL: the id of what these numbers count."""
    return f"CAST(md5('{kind}'" + "".join(f" || '-' || {name}" for name in numbers) + ") AS uuid)"


def _uuid(text_: str) -> UUID:
    return UUID(md5(text_.encode(), usedforsecurity=False).hexdigest())


def _rows(template: SQLModel, source: str, condition: str = "true", **columns: str) -> Insert:
    """A row like the template for each of the source's, with these columns computed (SQL)."""
    table = template.metadata.tables[str(type(template).__tablename__)]
    given = template.model_dump()
    values: list[ColumnElement[object]] = [
        literal_column(columns[column.name]) if column.name in columns else literal(given[column.name], column.type)
        for column in table.columns
    ]
    query = select(*values).select_from(text(source)).where(text(condition))
    return insert(table).from_select([column.name for column in table.columns], query)
