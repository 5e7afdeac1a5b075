"""Formal agreements: prepared, printed, signed by organisations whose promises become part of them."""

import base64

import pytest
from httpx import AsyncClient

from service import auth
from service.auth import Actor, ActorKind
from service.db import Database
from service.domain import agreement_papers, agreements, commitments
from service.errors import InvalidInput
from service.models.agreements_shapes import AgreementCreate, SignatureCreate
from service.models.commitments_shapes import PledgeCreate
from service.routers.access import cursor
from service.settings import Settings
from tests import factories
from tests.routers.test_promises import API, OFFICE, begin, happened, refused, scan, stored
from tests.support.pictures import png
from tests.support.promises import scene


async def test_an_agreement_takes_in_what_was_promised_before_it_when_an_organisation_signs(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    s, [one, two] = await begin(database, 2)
    async with database.write() as session:
        stranger = await scene(session)
        later = await factories.workshop(session, s.house, follows_id=s.workshop.id)
        elsewhere = (await s.ask(session, workshop=(await factories.workshop(session, s.house)).id)).id
        theirs = (await s.ask(session, organisation=s.other.code)).id
    for each, headers in ((one, s.headers), (theirs, s.headers), (elsewhere, s.headers)):
        await client.post(f"{API}/commitments/{each}/pledge", json={"signatory_office": OFFICE}, headers=headers)
    words = {"workshop": str(later.id), "code": "KB-1", "title": "Komitmen Bersama", "text": "Satu.\n\nDua."}
    foreign = words | {"workshop": str(stranger.workshop.id)}
    assert refused(await client.post(f"{API}/agreements", json=foreign, headers=s.headers)) == (422, "invalid_input")
    made = await client.post(f"{API}/agreements", json=words, headers=s.headers)
    assert (made.status_code, made.json()["signatures"], made.json()["signed_on"]) == (201, [], None)
    assert refused(await client.post(f"{API}/agreements", json=words, headers=s.headers)) == (409, "code_taken")
    path = f"{API}/agreements/{made.json()['id']}"
    assert refused(await client.get(path, headers=stranger.headers)) == (404, "not_found")
    blank = await client.get(f"{path}/agreement.pdf", headers=s.headers)
    assert blank.headers["content-type"] == "application/pdf"

    signature = {"organisation": s.agency.code, "signatory_office": OFFICE}
    nobody = signature | {"organisation": "tidak-ada"}
    assert refused(await client.post(f"{path}/signatures", json=nobody, headers=s.headers)) == (422, "invalid_input")
    signed = await client.post(f"{path}/signatures", json=signature, headers=s.headers)
    assert signed.status_code == 201, signed.text
    [mine] = signed.json()["signatures"]
    codes = {each: (await client.get(f"{API}/commitments/{each}", headers=s.headers)).json() for each in (one, two)}
    assert (mine["organisation_name"], mine["commitments"]) == (s.agency.name, [codes[one]["code"]])
    assert (codes[one]["agreement"], codes[two]["agreement"]) == ("KB-1", None)
    assert (codes[one]["history"][-1]["axis"], codes[one]["history"][-1]["to"]) == ("agreement", "KB-1")

    await client.post(f"{API}/commitments/{two}/pledge", json={"signatory_office": OFFICE}, headers=s.headers)
    paper = png(30, 30)
    again = await client.post(
        f"{path}/signatures", **scan(paper, **signature | {"signatory_office": "Sekretaris"}), headers=s.headers
    )
    same = await client.post(
        f"{path}/signatures", **scan(paper, **signature | {"signatory_office": "Sekretaris"}), headers=s.headers
    )
    assert (again.status_code, same.status_code, same.json(), stored(settings)) == (201, 200, again.json(), 1)
    [mine] = again.json()["signatures"]
    assert (mine["signatory_office"], len(mine["commitments"]), len(mine["evidence"])) == ("Sekretaris", 2, 1)
    file = mine["evidence"][0]["file"]["path"]
    assert (await client.get(file, headers=s.headers)).content == paper
    assert refused(await client.get(file, headers=stranger.headers)) == (404, "not_found")

    dated = {"signed_on": "2023-11-14", "number": "100/KB/2023"}
    stale = await client.patch(path, json=dated, headers=s.headers | {"If-Match": made.headers["etag"]})
    assert refused(stale) == (412, "stale")
    changed = await client.patch(path, json=dated, headers=s.headers | {"If-Match": again.headers["etag"]})
    assert (changed.json()["number"], changed.json()["title"]) == ("100/KB/2023", words["title"])
    assert refused(
        await client.patch(path, json={"title": None}, headers=s.headers | {"If-Match": changed.headers["etag"]})
    ) == (422, "invalid_input")
    final = await client.get(f"{path}/agreement.pdf", headers=s.headers)
    assert len(final.content) != len(blank.content)
    assert [name for name in await happened(database) if name.startswith("agreement")] == [
        "agreement.changed",
        "agreement.signed",
        "agreement.signed",
        "agreement.changed",
    ]


async def test_agreements_are_listed_by_code_and_by_the_workshop_at_which_they_are_signed(
    client: AsyncClient, database: Database
) -> None:
    s, _none = await begin(database, 0)
    async with database.write() as session:
        other = await factories.workshop(session, s.house)
    for code in ("KB-2", "KB-1"):
        words = {"workshop": str(s.workshop.id), "code": code, "title": "Komitmen Bersama"}
        assert (await client.post(f"{API}/agreements", json=words, headers=s.headers)).status_code == 201
    first = (await client.get(f"{API}/agreements", params={"limit": 1}, headers=s.headers)).json()
    rest = (await client.get(f"{API}/agreements", params={"cursor": first["next"]}, headers=s.headers)).json()
    assert [one["code"] for one in (*first["items"], *rest["items"])] == ["KB-1", "KB-2"]
    nested = base64.urlsafe_b64encode(b"[" * 20_000).decode()
    for bad in (cursor("\x00"), cursor("\ud800"), nested):
        answer = await client.get(f"{API}/agreements", params={"cursor": bad}, headers=s.headers)
        assert refused(answer) == (422, "invalid_input")
    query = {"workshop": str(other.id)}
    assert (await client.get(f"{API}/agreements", params=query, headers=s.headers)).json()["items"] == []


async def test_whoever_is_limited_to_one_workshop_takes_in_no_promise_of_another(database: Database) -> None:
    s, _none = await begin(database, 0)
    async with database.write() as session:
        later = await factories.workshop(session, s.house, follows_id=s.workshop.id)
        everybody = Actor(ActorKind.STAFF, s.house.id, s.house.id, auth.system(s.house.id).permissions, workshops=None)
        limited = Actor(ActorKind.STAFF, s.house.id, s.house.id, everybody.permissions, workshops=frozenset({later.id}))
        before, here = await s.ask(session), await s.ask(session, workshop=later.id)
        office = PledgeCreate(signatory_office=OFFICE)
        await commitments.pledge(session, everybody, before.id, office)
        words = AgreementCreate(workshop=later.id, code="KB-1", title="Komitmen Bersama")
        row = await agreements.add(session, limited, words)
        signature = SignatureCreate(organisation=s.agency.code, signatory_office=OFFICE)
        found = []
        for actor in (limited, everybody):
            annex = (await agreement_papers.of(session, actor, row.id)).annex
            await agreements.sign(session, actor, row.id, signature)
            [signed] = (await agreements.one(session, actor, row.id)).signatures
            found.append((len(annex), signed.commitments))
        assert found == [(0, []), (1, [before.code])]
        with pytest.raises(InvalidInput):
            await commitments.pledge(session, limited, here.id, office.model_copy(update={"workshop": s.workshop.id}))
