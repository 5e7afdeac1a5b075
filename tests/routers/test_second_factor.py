"""The second factor over the API: setting up, signing in with it, losing it, and what it ends."""

import asyncio
import math
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlmodel import col, select

from service import clock
from service.db import Database
from service.domain import signing_in
from service.domain.accounts_errors import SecondFactorNeeded, StepExpired, WrongCode
from service.domain.signing_in import Visit
from service.errors import TooManyRequests
from service.models.accounts import RecoveryCode
from service.models.organizers import Membership, Organizer, Role
from service.models.outbox import EventRow
from service.tokens import fingerprint
from tests import factories
from tests.support.access_world import cookie_of
from tests.support.accounts import (
    API,
    EMAIL,
    OTHER,
    PASSWORD,
    browser,
    code_of,
    is_open,
    moved,
    owned_house,
    pointers,
    sign_in,
    time_passes,
    turn_on,
)

pytestmark = pytest.mark.usefixtures("quick_hash")
FACTOR = f"{API}/session/second-factor"
HERE = Visit("10.0.0.1")


async def challenge_of(database: Database) -> str:
    with pytest.raises(SecondFactorNeeded) as needed:
        await signing_in.sign_in(database, EMAIL, PASSWORD, HERE)
    return needed.value.challenge


async def test_a_second_factor_is_asked_for_once_its_first_code_was_typed(
    client: AsyncClient, database: Database
) -> None:
    await owned_house(database)
    here, elsewhere = await browser(client), await browser(client)
    begun = await client.post(FACTOR, json={"current_password": PASSWORD}, headers=here)
    assert begun.json()["uri"].startswith("otpauth://totp/Bimtek%20luwu")
    assert begun.json()["secret"] in begun.json()["uri"]
    assert await is_open(client, elsewhere)
    wrong = await client.put(FACTOR, json={"code": "000000x"}, headers=here)
    assert (wrong.status_code, pointers(wrong)) == (422, ["/code"])
    right = await client.put(FACTOR, json={"code": await code_of(database)}, headers=here)
    assert len(set(right.json()["codes"])) == 10
    # The session goes on under a new id; whoever had the old one, or another browser, is out.
    renewed = moved(client, here)
    assert [await is_open(client, one) for one in (here, elsewhere, renewed)] == [False, False, True]
    assert (await client.get(f"{API}/session", headers=renewed)).json()["second_factor"] == "on"
    missing = await sign_in(client)
    assert (missing.status_code, missing.json()["code"]) == (401, "second_factor_needed")
    assert "set-cookie" not in missing.headers
    assert (await sign_in(client, code=await code_of(database, later=1))).status_code == 200


async def test_a_code_signs_in_once_also_when_two_browsers_send_it_together(
    client: AsyncClient, database: Database
) -> None:
    await owned_house(database)
    await turn_on(client, database, await browser(client))
    used = await code_of(database)
    assert (await sign_in(client, code=used)).json()["code"] == "wrong_code"
    fresh = await code_of(database, later=1)
    challenge = await challenge_of(database)
    tried = [signing_in.second_step(database, challenge, fresh, HERE) for _browser in range(5)]
    outcomes = await asyncio.gather(*tried, return_exceptions=True)
    assert [type(one) for one in outcomes if isinstance(one, Exception)] == [WrongCode] * 4


async def test_a_recovery_code_stands_in_once_and_is_kept_as_a_hash(client: AsyncClient, database: Database) -> None:
    await owned_house(database)
    codes, _here = await turn_on(client, database, await browser(client))
    assert all(math.log2(31) * len(code.replace("-", "")) >= 128 for code in codes)
    typed = f" {codes[0].upper().replace('-', ' - ')} "
    challenge = await challenge_of(database)
    tried = [signing_in.second_step(database, challenge, typed, HERE) for _browser in range(3)]
    outcomes = await asyncio.gather(*tried, return_exceptions=True)
    assert [type(one) for one in outcomes if isinstance(one, Exception)] == [WrongCode] * 2
    async with database.read() as session:
        kept = (await session.exec(select(RecoveryCode))).all()
    assert {one.code_hash for one in kept} == {fingerprint(code.replace("-", "")) for code in codes}
    assert sum(one.used_at is not None for one in kept) == 1
    # Codes on paper from before they were lengthened stay good.
    async with database.write() as session:
        unused = next(one for one in kept if one.used_at is None)
        (await session.get_one(RecoveryCode, unused.id)).code_hash = fingerprint("k7mnx2ab9qrshj4d")
    assert (await sign_in(client, code="K7MN-X2AB-9QRS-HJ4D")).status_code == 200


async def test_the_second_step_is_limited_for_the_account_wherever_it_is_tried(
    client: AsyncClient, database: Database
) -> None:
    await owned_house(database)
    await turn_on(client, database, await browser(client))
    database.settings.sign_in_attempts = 2
    challenge = await challenge_of(database)
    for number in range(2):
        with pytest.raises(WrongCode):
            await signing_in.second_step(database, challenge, "12345", Visit(f"10.0.1.{number}"))
    with pytest.raises(TooManyRequests):
        await signing_in.second_step(database, challenge, await code_of(database, later=1), HERE)


async def test_the_second_step_needs_a_first_one_of_the_same_password(client: AsyncClient, database: Database) -> None:
    _house, staff = await owned_house(database)
    _codes, here = await turn_on(client, database, await browser(client))
    challenge = await challenge_of(database)
    head, _dot, seal = challenge.rpartition(".")
    late = f"{staff.id}.1000000000.{challenge.split('.')[2]}.{seal}"
    forged = [f"{head}.{'0' * len(seal)}", late, f"{staff.id}.x.y.z", "", "é"]
    body = {"current_password": PASSWORD, "password": OTHER}
    assert (await client.put(f"{API}/session/password", json=body, headers=here)).status_code == 204
    for one in [*forged, challenge]:
        with pytest.raises(StepExpired):
            await signing_in.second_step(database, one, await code_of(database, later=1), HERE)


async def test_a_challenge_ends_after_five_minutes(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owned_house(database)
    await turn_on(client, database, await browser(client))
    challenge = await challenge_of(database)
    later = clock.real_now() + timedelta(minutes=5, seconds=2)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    with pytest.raises(StepExpired):
        await signing_in.second_step(database, challenge, await code_of(database), HERE)


async def test_turning_it_off_takes_password_and_code_and_ends_other_browsers(
    client: AsyncClient, database: Database
) -> None:
    await owned_house(database)
    codes, here = await turn_on(client, database, await browser(client))
    await time_passes(database)
    assert (await sign_in(client, code=await code_of(database))).status_code == 200
    elsewhere = {"Cookie": f"bimtek={client.cookies['bimtek']}"}
    client.cookies.clear()
    for proof, pointer in (
        ({"current_password": OTHER, "code": codes[0]}, "/current_password"),
        ({"current_password": PASSWORD, "code": "bukan-kode"}, "/code"),
    ):
        refused = await client.post(f"{FACTOR}/removal", json=proof, headers=here)
        assert (refused.status_code, pointers(refused)) == (422, [pointer])
    proof = {"current_password": PASSWORD, "code": codes[1]}
    assert (await client.post(f"{FACTOR}/removal", json=proof, headers=here)).status_code == 204
    assert [await is_open(client, one) for one in (here, elsewhere, moved(client, here))] == [False, False, True]
    assert (await sign_in(client)).status_code == 200
    async with database.read() as session:
        assert (await session.exec(select(RecoveryCode))).all() == []
        changes = select(EventRow).where(EventRow.type == "account.changed")
        found = await session.exec(changes.order_by(col(EventRow.id)))
        assert [row.data["what"] for row in found] == ["second_factor_on", "second_factor_off"]


async def test_new_recovery_codes_end_the_former_ones(client: AsyncClient, database: Database) -> None:
    await owned_house(database)
    former, here = await turn_on(client, database, await browser(client))
    place = f"{API}/session/recovery-codes"
    # As many second factors: a session that was left open and a password that was seen make none.
    guessed = await client.post(place, json={"current_password": PASSWORD, "code": "bukan-kode"}, headers=here)
    assert (guessed.status_code, pointers(guessed)) == (422, ["/code"])
    made = await client.post(place, json={"current_password": PASSWORD, "code": former[1]}, headers=here)
    assert made.status_code == 201
    assert (await sign_in(client, code=former[0])).status_code == 401
    assert (await sign_in(client, code=made.json()["codes"][0])).status_code == 200


async def test_where_it_is_required_nothing_but_the_account_opens_until_it_is_on(
    client: AsyncClient, database: Database
) -> None:
    house, _staff = await owned_house(database)
    here = await browser(client)
    async with database.write() as session:
        (await session.get_one(Organizer, house.id)).second_factor = True
        key = await factories.api_key(session, house)
    assert (await client.get(f"{API}/session", headers=here)).json()["second_factor"] == "required"
    assert (await client.get(f"{API}/session", headers=here)).json()["permissions"] == []
    for path in ("staff", "organizer", "events", "messages"):
        answer = await client.get(f"{API}/{path}", headers=here)
        assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")
    led = await client.get("/staff", headers=here)
    assert (led.status_code, led.headers["location"]) == (303, "/staff/account/second-factor")
    assert (await client.get("/staff/account/second-factor", headers=here)).status_code == 200
    assert (await client.get(f"{API}/staff", headers=key)).status_code == 200
    _codes, renewed = await turn_on(client, database, here)
    assert (await client.get(f"{API}/staff", headers=renewed)).status_code == 200


async def test_an_owner_turns_off_a_colleagues_lost_factor_and_nobody_elses(
    client: AsyncClient, database: Database
) -> None:
    house, owner = await owned_house(database)
    banjar, other = await owned_house(database, "banjar", "ketua@banjar.go.id")
    _codes, theirs = await turn_on(client, database, await browser(client))
    async with database.write() as session:
        colleague = await cookie_of(session, await factories.staff(session, house, Role.OWNER), house)
        stranger = await cookie_of(session, other, banjar)
    place = f"{API}/staff/{owner.id}/second-factor"
    assert (await client.delete(place, headers=stranger)).status_code == 404
    async with database.write() as session:
        session.add(Membership(staff_id=owner.id, organizer_id=banjar.id, role=Role.VIEWER))
    shared = await client.delete(place, headers=colleague)
    assert (shared.status_code, shared.json()["code"]) == (409, "account_elsewhere")
    async with database.write() as session:
        extra = select(Membership).where(Membership.staff_id == owner.id, Membership.organizer_id != house.id)
        await session.delete((await session.exec(extra)).one())
    assert (await client.delete(place, headers=colleague)).status_code == 204
    assert not await is_open(client, theirs)
    assert (await sign_in(client)).status_code == 200
