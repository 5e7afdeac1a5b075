"""Registration as the public, staff and participants see it."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.models.organizers import Organizer
from service.models.outbox import EventRow
from service.models.registrations import HeldRegistration, Registration
from service.models.workshops import Capacity, Workshop
from tests import factories
from tests.factories import at

PERSON = {
    "name": "Kepala Bidang Aptika",
    "email": "aptika@luwukab.go.id",
    "position": "Kepala Bidang",
    "mode": "offline",
    "consent": True,
}


async def make(database: Database, **values: Any) -> tuple[Organizer, Workshop, dict[str, str]]:
    """A house, its workshop, and the headers of an all-permitted key."""
    async with database.write() as session:
        house = await factories.organizer(session)
        gathering = await factories.workshop(session, house, **values)
        return house, gathering, await factories.api_key(session, house)


def form(**changes: object) -> dict[str, object]:
    return PERSON | changes


async def taken(database: Database, gathering: Workshop) -> tuple[int, int]:
    async with database.read() as session:
        row = await session.get(Capacity, gathering.id)
        assert row
        return row.offline_taken, row.online_taken


async def types(database: Database) -> list[str]:
    async with database.read() as session:
        return [row.type for row in await session.exec(select(EventRow).order_by(col(EventRow.id)))]


async def test_the_public_gets_a_receipt_without_links(client: AsyncClient, database: Database) -> None:
    _house, gathering, _key = await make(database)
    answer = await client.post(f"/api/v1/workshops/{gathering.id}/registrations", json=form())
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "number": 1,
        "status": "confirmed",
        "mode": "offline",
        "workshop_id": str(gathering.id),
    }
    assert await taken(database, gathering) == (1, 0)
    assert await types(database) == ["registration.confirmed"]


async def test_staff_who_ask_are_told_of_somebody_like_this_and_the_public_is_not(
    client: AsyncClient, database: Database
) -> None:
    _house, gathering, key = await make(database, offline=None)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    nip = "198001012010011001"
    for changes in ({"nip": nip, "organisation_name": "Bappeda"}, {"email": "lain@luwukab.go.id", "name": "Camat Bua"}):
        assert (await client.post(url, json=form(**changes), headers=key)).status_code == 201
    strange = {"email": "baru@luwukab.go.id"}
    alike = {
        "nip": {"name": "Sekretaris", "nip": "19800101 201001 1 001"} | strange,
        "contact": {"name": "Dr. KEPALA BIDANG APTIKA, M.T."},
        "organisation": {"name": "Kepala Bidang Aptika, S.Kom.", "organisation_name": "BAPPEDA"} | strange,
    }
    for by, changes in alike.items():
        refused = await client.post(f"{url}?check_doubles=true", json=form(**changes), headers=key)
        assert (refused.status_code, refused.json()["code"]) == (409, "perhaps_registered"), by
        assert [(one["number"], one["by"]) for one in refused.json()["registrations"]] == [(1, by)]
    # Another name behind the same office's address, and who is like nobody.
    for changes in ({"name": "Sekretaris Bappeda"}, {"name": "Camat Belopa"} | strange):
        answer = await client.post(f"{url}?check_doubles=true", json=form(**changes), headers=key)
        assert answer.status_code == 201, answer.text
    unasked = await client.post(f"{url}?check_doubles=true", json=form(**alike["nip"], phone="0812-0000-0009"))
    assert (unasked.status_code, set(unasked.json())) == (201, {"number", "status", "mode", "workshop_id"})


@pytest.mark.parametrize(
    "spelling",
    [
        {"email": "APTIKA@LuwuKab.go.id"},
        {"email": " aptika@luwukab.go.id. "},
        {"email": "aptıka@luwukab.go.id"},
        {"name": "KEPALA BIDANG APTIKA"},
        {"name": "Kepala  Bidang Aptıka."},
    ],
)
async def test_a_known_person_changes_nothing_is_written_to_and_sees_what_a_new_one_sees(
    client: AsyncClient, database: Database, spelling: dict[str, str]
) -> None:
    _house, gathering, _key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    await client.post(url, json=form())
    again = await client.post(url, json=form(**spelling))
    fresh = await client.post(url, json=form(name="Kepala Bidang IKP", email="ikp@luwukab.go.id"))
    assert again.status_code == fresh.status_code == 201
    assert again.json() | {"number": 0} == fresh.json() | {"number": 0}
    assert fresh.json()["number"] == again.json()["number"] + 1
    assert await taken(database, gathering) == (2, 0)
    assert await types(database) == ["registration.confirmed", "registration.repeated", "registration.confirmed"]


async def test_another_name_behind_a_known_contact_is_held_and_looks_the_same(
    client: AsyncClient, database: Database
) -> None:
    _house, gathering, _key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    await client.post(url, json=form())
    answer = await client.post(url, json=form(name="Kepala Bidang IKP"))
    assert answer.json() == {"number": 2, "status": "confirmed", "mode": "offline", "workshop_id": str(gathering.id)}
    assert await taken(database, gathering) == (1, 0)
    async with database.read() as session:
        [held] = await session.exec(select(HeldRegistration))
        assert held.data["name"] == "Kepala Bidang IKP"


async def test_an_equal_phone_with_another_address_is_another_person(client: AsyncClient, database: Database) -> None:
    _house, gathering, _key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    await client.post(url, json=form(phone="0812-0000-0001"))
    await client.post(url, json=form(email="ikp@luwukab.go.id", phone="0812-0000-0001"))
    assert await taken(database, gathering) == (2, 0)


async def test_the_public_form_names_every_fault_at_once(client: AsyncClient, database: Database) -> None:
    _house, gathering, _key = await make(database)
    answer = await client.post(
        f"/api/v1/workshops/{gathering.id}/registrations",
        json={"name": "Kepala Seksi", "mode": "offline", "role": "speaker", "code": "P-1", "answers": {"baju": "L"}},
    )
    assert answer.status_code == 422
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/consent", "/email", "/role", "/code", "/answers/baju"}


async def test_a_full_mode_waits_and_a_freed_seat_goes_to_the_first(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database, offline=1)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    first = (await client.post(url, json=form(), headers=key)).json()
    second = (await client.post(url, json=form(email="b@luwukab.go.id", name="B"), headers=key)).json()
    third = (await client.post(url, json=form(email="c@luwukab.go.id", name="C"), headers=key)).json()
    assert [one["status"] for one in (first, second, third)] == ["confirmed", "waitlisted", "waitlisted"]
    cancelled = await client.post(f"/api/v1/registrations/{first['id']}/cancellation", headers=key)
    assert cancelled.json()["status"] == "cancelled"
    statuses = {one["name"]: one["status"] for one in (await client.get(url, headers=key)).json()["items"]}
    assert statuses == {"Kepala Bidang Aptika": "cancelled", "B": "confirmed", "C": "waitlisted"}
    assert await taken(database, gathering) == (1, 0)


async def test_without_a_waiting_list_a_full_mode_is_refused(client: AsyncClient, database: Database) -> None:
    _house, gathering, _key = await make(database, offline=0, waiting_list=False)
    answer = await client.post(f"/api/v1/workshops/{gathering.id}/registrations", json=form())
    assert (answer.status_code, answer.json()["code"]) == (409, "full")


async def test_registration_keeps_to_its_window(client: AsyncClient, database: Database) -> None:
    _house, gathering, _key = await make(database, registration_opens_at=at("06-25 08:00"))
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    early = await client.post(url, json=form())
    assert (early.status_code, early.json()["code"]) == (409, "registration_not_open")
    assert early.json()["opens_at"] == "2023-06-25T08:00:00+08:00"
    clock.freeze(at("06-25 08:00"))
    assert (await client.post(url, json=form())).status_code == 201
    clock.freeze(at("07-04 12:00"))
    late = await client.post(url, json=form(email="b@luwukab.go.id"))
    assert (late.status_code, late.json()["code"]) == (409, "registration_closed")


async def test_switching_to_a_full_mode_keeps_the_old_seat(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database, offline=5, online=0)
    row = (await client.post(f"/api/v1/workshops/{gathering.id}/registrations", json=form(), headers=key)).json()
    answer = await client.put(
        f"/api/v1/registrations/{row['id']}/mode", json={"mode": "online"}, headers=key | {"If-Match": "*"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "mode_full")
    kept = (await client.get(f"/api/v1/registrations/{row['id']}", headers=key)).json()
    assert (kept["status"], kept["mode"]) == ("confirmed", "offline")
    assert await taken(database, gathering) == (1, 0)


async def test_switching_frees_the_old_seat_for_who_waits(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database, offline=1, online=1)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    first = (await client.post(url, json=form(), headers=key)).json()
    second = (await client.post(url, json=form(name="B", email="b@luwukab.go.id"), headers=key)).json()
    await client.put(
        f"/api/v1/registrations/{first['id']}/mode", json={"mode": "online"}, headers=key | {"If-Match": "*"}
    )
    promoted = (await client.get(f"/api/v1/registrations/{second['id']}", headers=key)).json()
    assert promoted["status"] == "confirmed"
    assert await taken(database, gathering) == (1, 1)


async def test_a_substitute_takes_the_seat_and_the_old_links_die(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database, offline=1)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    old = (await client.post(url, json=form(), headers=key)).json()
    token = old["links"]["my"].rsplit("/", 1)[1]
    answer = await client.post(
        f"/api/v1/registrations/{old['id']}/substitute",
        json={"name": "Kepala Seksi", "email": "seksi@luwukab.go.id", "position": "Kepala Seksi"},
        headers=key,
    )
    new = answer.json()
    assert (new["status"], new["substitute_for"]) == ("confirmed", old["id"])
    assert await taken(database, gathering) == (1, 0)
    dead = await client.get("/api/v1/my/registration", headers=factories.bearer(token))
    assert dead.status_code == 401
    assert (await client.get(f"/api/v1/registrations/{old['id']}", headers=key)).json()["status"] == "cancelled"


async def test_approval_gives_seats_in_the_committees_order(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database, offline=1, approval=True)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    one = (await client.post(url, json=form(), headers=key)).json()
    two = (await client.post(url, json=form(name="B", email="b@luwukab.go.id"), headers=key)).json()
    assert (one["status"], two["status"]) == ("pending", "pending")
    assert await taken(database, gathering) == (0, 0)
    approved = await client.post(f"/api/v1/registrations/{two['id']}/approval", headers=key)
    queued = await client.post(f"/api/v1/registrations/{one['id']}/approval", headers=key)
    assert (approved.json()["status"], queued.json()["status"]) == ("confirmed", "waitlisted")
    rejected = await client.post(f"/api/v1/registrations/{one['id']}/rejection", json={"reason": "penuh"}, headers=key)
    assert rejected.json()["status"] == "rejected"
    final = await client.post(f"/api/v1/registrations/{one['id']}/approval", headers=key)
    assert (final.status_code, final.json()["code"]) == (409, "invalid_state")
    assert "Minta orangnya mendaftar kembali" in final.json()["detail"]


async def test_the_person_reads_and_corrects_the_own_registration(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    row = (await client.post(url, json=form(nip="196608011988031001"), headers=key)).json()
    own = factories.bearer(row["links"]["my"].rsplit("/", 1)[1])
    read = await client.get("/api/v1/my/registration", headers=own)
    assert read.json()["nip"] == "••••••••••••••1001"
    assert "code" not in read.json()
    changed = await client.patch("/api/v1/my/registration", json={"position": "Plt. Kepala Dinas"}, headers=own)
    assert changed.json()["position"] == "Plt. Kepala Dinas"
    unchanged = await client.get("/api/v1/my/registration", headers=own | {"If-None-Match": changed.headers["etag"]})
    assert unchanged.status_code == 304
    assert (await client.get("/api/v1/my/ticket.svg", headers=own)).headers["content-type"] == "image/svg+xml"
    gone = await client.post("/api/v1/my/registration/cancellation", headers=own)
    assert gone.json()["status"] == "cancelled"
    assert await taken(database, gathering) == (0, 0)


async def test_staff_changes_need_the_version_they_were_made_from(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database)
    row = (await client.post(f"/api/v1/workshops/{gathering.id}/registrations", json=form(), headers=key)).json()
    url = f"/api/v1/registrations/{row['id']}"
    etag = (await client.get(url, headers=key)).headers["etag"]
    assert (await client.patch(url, json={"rank": "IVa"}, headers=key)).status_code == 428
    assert (await client.patch(url, json={"rank": "IVa"}, headers=key | {"If-Match": etag})).status_code == 200
    assert (await client.patch(url, json={"rank": "IVb"}, headers=key | {"If-Match": etag})).status_code == 412


async def test_a_new_address_renews_the_links(client: AsyncClient, database: Database) -> None:
    _house, gathering, key = await make(database)
    row = (await client.post(f"/api/v1/workshops/{gathering.id}/registrations", json=form(), headers=key)).json()
    changed = await client.patch(
        f"/api/v1/registrations/{row['id']}", json={"email": "baru@luwukab.go.id"}, headers=key | {"If-Match": "*"}
    )
    assert changed.json()["links"]["my"] != row["links"]["my"]
    dead = await client.get("/api/v1/my/registration", headers=factories.bearer(row["links"]["my"].rsplit("/", 1)[1]))
    assert dead.status_code == 401


async def test_a_viewer_sees_no_contact_data(client: AsyncClient, database: Database) -> None:
    house, gathering, _key = await make(database)
    async with database.write() as session:
        await factories.registration(session, gathering, email="rahasia@luwukab.go.id", nip="196608011988031001")
        viewer = await factories.api_key(session, house, *factories.ROLE_VIEWER)
    answer = await client.get(f"/api/v1/workshops/{gathering.id}/registrations", headers=viewer)
    [row] = answer.json()["items"]
    assert (row["email"], row["phone"], row["links"], row["ticket"]) == (None, None, None, None)
    assert "rahasia" not in answer.text
    assert "19660801" not in answer.text
    unmasked = await client.get(f"/api/v1/workshops/{gathering.id}/registrations?nip=true", headers=viewer)
    assert unmasked.status_code == 403


async def test_the_list_is_filtered_and_paged_without_loss(client: AsyncClient, database: Database) -> None:
    house, gathering, key = await make(database)
    async with database.write() as session:
        dinkes = await factories.organisation(session, house, "dinkes")
        for index in range(7):
            await factories.registration(
                session, gathering, name=f"Staf {index}", organisation_id=dinkes.id if index % 2 else None
            )
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    seen: list[str] = []
    page = (await client.get(f"{url}?limit=3", headers=key)).json()
    while True:
        seen += [one["name"] for one in page["items"]]
        if page["next"] is None:
            break
        page = (await client.get(f"{url}?limit=3&cursor={page['next']}", headers=key)).json()
    assert seen == [f"Staf {index}" for index in range(7)]
    found = (await client.get(f"{url}?organisation=dinkes", headers=key)).json()["items"]
    assert [one["name"] for one in found] == ["Staf 1", "Staf 3", "Staf 5"]
    assert [one["name"] for one in (await client.get(f"{url}?q=f 3", headers=key)).json()["items"]] == ["Staf 3"]
    assert (await client.get(f"{url}?organization=dinkes", headers=key)).status_code == 422
    assert (await client.get(f"{url}?cursor=AAAA", headers=key)).status_code == 422


async def test_a_held_person_is_registered_when_the_contact_confirms(client: AsyncClient, database: Database) -> None:
    from service.domain.registrations import confirm_held

    _house, gathering, _key = await make(database, offline=2)
    url = f"/api/v1/workshops/{gathering.id}/registrations"
    await client.post(url, json=form())
    await client.post(url, json=form(name="Kepala Bidang IKP"))
    async with database.write() as session:
        [held] = await session.exec(select(HeldRegistration))
        first = await confirm_held(session, held.id)
        again = await confirm_held(session, held.id)
    assert (first.number, first.status, first.id) == (2, "confirmed", again.id)
    assert await taken(database, gathering) == (2, 0)
    async with database.read() as session:
        people = (await session.exec(select(Registration.name).order_by(col(Registration.number)))).all()
    assert people == ["Kepala Bidang Aptika", "Kepala Bidang IKP"]
