"""Two records become one while somebody answers, invites, promises, or the worker has not written yet."""

from httpx import AsyncClient, Response
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.db import Database
from service.domain import commitments, inviting, organisations_merging
from service.models.commitments import Commitment, FulfilmentStatus
from service.models.invitations import Invitation
from service.models.invitations_shapes import InvitationBatch
from service.models.messages import Message, Occasion
from service.models.outbox import Delivery, DeliveryStatus
from service.worker import Worker
from tests.factories import at
from tests.support.promises import Scene, scene
from tests.test_race_state import DELEGATES, overtaken

API = "/api/v1"


async def furnished(database: Database) -> Scene:
    clock.freeze(at("06-20 08:00"))
    async with database.write() as session:
        return await scene(session)


def both(s: Scene) -> InvitationBatch:
    return InvitationBatch.model_validate({"organisations": [s.agency.code, s.other.code], "quota": {"offline": 1}})


async def merge(client: AsyncClient, s: Scene) -> Response:
    url = f"{API}/organisations/{s.agency.code}/merger"
    return await client.post(url, json={"other": s.other.code}, headers=s.headers)


async def test_who_answers_an_invitation_that_ends_meanwhile_is_told_that_its_link_is_dead(
    client: AsyncClient, database: Database
) -> None:
    s = await furnished(database)
    url = f"{API}/workshops/{s.workshop.id}/invitations"
    made = await client.post(f"{url}/batch", json=both(s).model_dump(mode="json", exclude_none=True), headers=s.headers)
    [theirs] = [one for one in made.json()["items"] if one["organisation"] == s.other.code]

    async def merged(session: AsyncSession) -> object:
        return await organisations_merging.merge(session, s.actor, s.agency.code, s.other.code)

    link = f"{API}/invitations/{theirs['link'].rsplit('/', 1)[1]}/delegates"
    late = await overtaken(database, merged, lambda: client.put(link, json=DELEGATES))
    assert late.status_code == 404, late.text


async def test_two_who_were_invited_while_they_were_merged_are_merged_the_next_time(
    client: AsyncClient, database: Database
) -> None:
    s = await furnished(database)

    async def invited(session: AsyncSession) -> object:
        return await inviting.invite_many(session, s.actor, s.workshop.id, both(s))

    late = await overtaken(database, invited, lambda: merge(client, s))
    if database.dialect == "postgresql":
        assert (late.status_code, late.json()["code"]) == (409, "conflict")
        late = await merge(client, s)
    assert late.status_code == 200, late.text
    again = await merge(client, s)
    assert (again.status_code, again.json()["code"]) == (409, "already_merged")


async def test_what_is_handed_in_meanwhile_is_what_holds(client: AsyncClient, database: Database) -> None:
    s = await furnished(database)
    async with database.write() as session:
        ours, theirs = [await s.ask(session, organisation=one.code, data_item="DI-G01") for one in (s.agency, s.other)]

    async def handed_in(session: AsyncSession) -> None:
        row = await commitments.find(session, s.agency_actor(s.other), theirs.id, lock=True)
        row.fulfilment_status = FulfilmentStatus.SUBMITTED
        await session.flush()

    late = await overtaken(database, handed_in, lambda: merge(client, s))
    assert late.json()["collisions"][0]["kept"] == s.other.code, late.text
    async with database.read() as session:
        rows = {row.id: row.commitment_status for row in await session.exec(select(Commitment))}
    assert (rows[ours.id], rows[theirs.id]) == ("declined", "requested")


async def test_what_was_not_yet_written_to_the_other_one_goes_to_the_one_that_stays(
    client: AsyncClient, database: Database, worker: Worker
) -> None:
    s = await furnished(database)
    async with database.write() as session:
        for office in (s.agency, s.other):
            session.add(office)
            office.contacts = [{"email": f"{office.code}@luwukab.go.id"}]
        invited, _before = await inviting.invite_many(session, s.actor, s.workshop.id, both(s))
        [ours, theirs] = sorted(invited, key=lambda one: one.organisation_id == s.other.id)
        ours.deadline = at("06-19 16:00")
        await s.ask(session, organisation=s.other.code)
    assert (await merge(client, s)).status_code == 200
    await worker.drain()
    async with database.read() as session:
        left = await session.exec(select(Delivery.subscriber).where(col(Delivery.status) != DeliveryStatus.DONE))
        assert list(left) == []
        told = (await session.exec(select(Message.occasion, Message.organisation_id, Message.invitation_id))).all()
        assert list(await session.exec(select(Invitation.id))) == [theirs.id]
    assert sorted(told) == [
        (Occasion.DATA_REQUESTED, s.agency.id, None),
        (Occasion.INVITATION, None, theirs.id),
    ]
