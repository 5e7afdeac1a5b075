"""An organisation's calendar: what it owes and by when, and where it is invited."""

from datetime import date, datetime, timedelta

import pytest
from httpx import AsyncClient
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import Database, settings_of
from service.domain.calendars_organisations import calendar_url
from service.models.commitments import Commitment, CommitmentStatus, FulfilmentStatus
from service.models.invitations import Invitation, InvitationStatus
from service.models.people import Organisation
from service.models.workshops import Workshop, WorkshopStatus
from tests import factories
from tests.support import feeds
from tests.support.feeds import edit, set_on
from tests.support.promises import DUE, Scene, scene

API = "/api/v1"


class Agency:
    """A scene with one commitment and one invitation of the agency, and the same of its neighbour."""

    scene: Scene
    commitment: Commitment
    theirs: Commitment
    invitation: Invitation
    path: str


@pytest.fixture
async def agency(database: Database) -> Agency:
    made = Agency()
    async with database.write() as session:
        made.scene = s = await scene(session, "luwu")
        s.other.name = "Kenari Tetangga"
        made.commitment = await s.ask(session, data_item="DI-G01")
        made.theirs = await s.ask(session, organisation=s.other.code)
        made.invitation = await _invite(session, s, s.workshop, s.agency)
        hidden = await factories.workshop(session, s.house, title="Kenari Rancangan", status=WorkshopStatus.DRAFT)
        await _invite(session, s, hidden, s.agency)
        neighbours = await factories.workshop(session, s.house, title="Kenari Tetangga")
        await _invite(session, s, neighbours, s.other)
        await factories.registration(session, s.workshop, name="Kenari", email="kenari@luwukab.go.id")
        made.path = calendar_url(session, s.agency).removeprefix("http://127.0.0.1:8000")
    return made


async def _invite(session: AsyncSession, s: Scene, workshop: Workshop, organisation: Organisation) -> Invitation:
    key_id = settings_of(session).keyring.current_id
    row = Invitation(organizer_id=s.house.id, workshop_id=workshop.id, organisation_id=organisation.id, key_id=key_id)
    session.add(row)
    await session.flush()
    return row


async def test_due_dates_are_whole_days_that_keep_nobody_busy(client: AsyncClient, agency: Agency) -> None:
    *blocks, due = await feeds.events(client, agency.path)
    assert len(blocks) == 4
    assert str(due["UID"]) == str(agency.commitment.id)
    assert (due.decoded("DTSTART"), "DTEND" in due) == (DUE, False)
    assert not isinstance(due.decoded("DTSTART"), datetime)
    assert due["DTSTART"].params["VALUE"] == "DATE"
    assert (due["TRANSP"], due["STATUS"], str(due["SUMMARY"])) == ("TRANSPARENT", "CONFIRMED", "Tenggat: RPJMD")
    assert f"Kegiatan: {agency.scene.workshop.title}" in str(due["DESCRIPTION"])
    assert "Tenggat: Jumat, 14 Juli 2023" in str(due["DESCRIPTION"])
    assert await feeds.name(client, agency.path) == f"{agency.scene.house.name}: {agency.scene.agency.name}"
    english = (await feeds.events(client, agency.path, **{"Accept-Language": "en"}))[-1]
    assert str(english["SUMMARY"]) == "Due: RPJMD"


async def test_the_portal_names_the_calendar_whose_link_opens_nothing_else(client: AsyncClient, agency: Agency) -> None:
    s = agency.scene
    url = (await client.get(f"{API}/portal", headers=s.agency_headers)).json()["links"]["calendar"]
    assert url == f"http://127.0.0.1:8000{agency.path}"
    token = url.rpartition("/")[2].removesuffix(".ics")
    portal = s.agency_headers["Authorization"].removeprefix("Bearer ")
    answer = await client.get(agency.path)
    assert portal not in answer.text
    assert "/portal" not in answer.text
    assert "kenari" not in answer.text.lower()
    assert (await client.get(f"{API}/portal", headers=factories.bearer(token))).status_code == 401
    assert (await client.get(f"/portal/{token}")).status_code == 404
    for word in ("my", "staff"):
        assert (await client.get(f"/calendar/{word}/{token}.ics")).status_code == 404
    assert (await client.get(f"/calendar/organisation/{portal}.ics")).status_code == 404


async def test_a_new_portal_link_ends_the_calendar(client: AsyncClient, database: Database, agency: Agency) -> None:
    await set_on(database, agency.scene.agency, link_version=2)()
    answer = await client.get(agency.path)
    assert answer.status_code == 404
    assert agency.path.rpartition("/")[2].removesuffix(".ics") not in answer.text


@pytest.mark.parametrize(
    ("promise", "delivery", "summary", "status"),
    [
        ("requested", "not_submitted", "Tenggat", "CONFIRMED"),
        ("committed", "submitted", "Diserahkan", "CONFIRMED"),
        ("requested", "accepted", "Diterima", "CONFIRMED"),
        ("committed", "returned", "Perlu diperbaiki", "CONFIRMED"),
        ("declined", "not_submitted", "Tenggat", "CANCELLED"),
        ("withdrawn", "submitted", "Tenggat", "CANCELLED"),
        ("withdrawn", "accepted", "Diterima", "CONFIRMED"),
    ],
)
async def test_what_became_of_it_stands_in_the_summary(
    client: AsyncClient, database: Database, agency: Agency, promise: str, delivery: str, summary: str, status: str
) -> None:
    values = {"commitment_status": CommitmentStatus(promise), "fulfilment_status": FulfilmentStatus(delivery)}
    await set_on(database, agency.commitment, **values)()
    due = (await feeds.events(client, agency.path))[-1]
    assert (str(due["SUMMARY"]), due["STATUS"]) == (f"{summary}: RPJMD", status)
    clock.freeze(agency.commitment.changed_at + timedelta(weeks=8))
    left = [str(event["UID"]) for event in await feeds.events(client, agency.path)]
    assert (str(agency.commitment.id) in left) == (status == "CONFIRMED")


async def test_a_declined_invitation_is_cancelled_in_the_calendar(
    client: AsyncClient, database: Database, agency: Agency
) -> None:
    await edit(database, agency.invitation, status=InvitationStatus.DECLINED)()
    assert {str(one["STATUS"]) for one in (await feeds.events(client, agency.path))[:4]} == {"CANCELLED"}


async def test_what_is_not_due_or_long_past_is_not_shown(
    client: AsyncClient, database: Database, agency: Agency
) -> None:
    await set_on(database, agency.commitment, due_date=None)()
    assert len(await feeds.events(client, agency.path)) == 4
    clock.freeze(agency.scene.workshop.ends_at + timedelta(days=400))
    assert await feeds.events(client, agency.path) == []


async def test_the_etag_follows_everything_shown_and_nothing_else(
    client: AsyncClient, database: Database, agency: Agency
) -> None:
    s = agency.scene

    def moved(row: Commitment, **values: object) -> feeds.Step:
        async def step() -> None:
            async with database.write() as session:
                found = await session.get_one(Commitment, row.id)
                found.sqlmodel_update({"version": found.version + 1, "changed_at": clock.now()} | values)

        return step

    async with database.write() as session:
        elsewhere = await factories.workshop(session, s.house)
        await s.ask(session, workshop=elsewhere.id)
    steps = {
        "a workshop to which nobody is invited": (edit(database, elsewhere, title="Tinjauan"), True),
        "submitted": (moved(agency.commitment, fulfilment_status=FulfilmentStatus.SUBMITTED), True),
        "due later": (moved(agency.commitment, due_date=date(2023, 8, 1)), True),
        "a neighbour's": (moved(agency.theirs, due_date=date(2023, 8, 1)), False),
        "the item": (edit(database, s.item, name="RPJMD 2025"), True),
        "the workshop": (edit(database, s.workshop, title="Judul baru"), True),
        "the invitation": (edit(database, agency.invitation, status=InvitationStatus.DECLINED), True),
        "contacts": (edit(database, s.agency, contacts=[{"name": "Kenari"}]), False),
        "our name": (edit(database, s.agency, name="Dinas Perhubungan"), True),
        "minutes": (edit(database, s.house, join_window_minutes=5), False),
        "withdrawn": (moved(agency.commitment, commitment_status=CommitmentStatus.WITHDRAWN), True),
    }
    changed = await feeds.changes(client, agency.path, [step for step, _shows in steps.values()])
    assert dict(zip(steps, changed, strict=True)) == {title: shows for title, (_step, shows) in steps.items()}


async def test_a_304_costs_one_statement(client: AsyncClient, database: Database, agency: Agency) -> None:
    etag = (await client.get(agency.path)).headers["etag"]
    headers = {"If-None-Match": etag, "Cookie": "other=1"}
    with feeds.counted(database) as statements:
        assert (await client.get(agency.path, headers=headers)).status_code == 304
    assert len([one for one in statements if "SELECT" in one]) == 1, statements


async def test_an_organisation_without_anything_has_an_empty_calendar(client: AsyncClient, database: Database) -> None:
    async with database.write() as session:
        row = await factories.organisation(session, await factories.organizer(session))
        path = calendar_url(session, row).removeprefix("http://127.0.0.1:8000")
    assert await feeds.events(client, path) == []
