"""The owner keeps who the house is, its letterhead and rules, its programmes, and its own words, in plain forms."""

import html
import re
from typing import Any

import pytest
from httpx import AsyncClient, Response

from service.db import Database
from service.domain.programmes_smart_city import programme
from service.models.organizers import Role
from tests.pages.world import signed_in
from tests.support.pictures import png
from tests.support.promises import Scene, scene

# The statements behind these pages run on both kinds of database in tests/routers.
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
SETTINGS, PROGRAMMES = "/staff/settings", "/staff/catalogue/programmes"
WORDING = "/staff/wordings/reminder_day/id"


class Owner:
    """A signed-in browser without script."""

    def __init__(self, client: AsyncClient, s: Scene, cookie: dict[str, str], csrf: str) -> None:
        self.client, self.s, self.cookie, self.csrf = client, s, cookie, csrf

    async def get(self, address: str) -> Response:
        return await self.client.get(address, headers=self.cookie)

    async def shown(self, address: str) -> str:
        answer = await self.get(address)
        assert answer.status_code == 200, answer.text
        return html.unescape(answer.text)

    async def post(self, address: str, **data: Any) -> Response:
        return await self.client.post(address, data={"csrf": self.csrf} | data, headers=self.cookie)

    async def read(self, path: str) -> Any:
        return (await self.client.get(f"/api/v1{path}", headers=self.s.headers)).json()


async def _owner(client: AsyncClient, database: Database, role: Role = Role.OWNER) -> Owner:
    async with database.write() as session:
        s = await scene(session)
    return Owner(client, s, *await signed_in(database, s.house, role))


def _fields(page: str) -> dict[str, str]:
    """What the page's inputs and areas hold, as a browser would send it with `do` left to the button."""
    found = {
        name: value
        for name, value in re.findall(r'<input[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', page)
        if name not in {"csrf", "shared"}
    }
    found |= dict(re.findall(r'<textarea[^>]*? name="([^"]+)"[^>]*>([^<]*)</textarea>', page))
    return {name: html.unescape(text) for name, text in found.items()}


def _refusals(answer: Response) -> list[str]:
    """The fields that the summary leads to."""
    return re.findall(r'<li><a href="#([\w-]+)">', answer.text)


@ON_SQLITE
async def test_each_part_is_saved_alone_and_what_is_wrong_is_said_at_its_field(
    client: AsyncClient, database: Database
) -> None:
    owner = await _owner(client, database)
    house = {"version": "1", "name": "Diskominfo Luwu", "language": "id", "timezone": "Asia/Jayapura"}
    wrong = await owner.post(f"{SETTINGS}/house", **house | {"name": "", "committee_emails": "a@luwu.go.id\nnobody"})
    assert (wrong.status_code, _refusals(wrong)) == (422, ["name"])
    wrong = await owner.post(f"{SETTINGS}/house", **house, committee_emails="a@luwukab.go.id\nnobody")
    assert (_refusals(wrong), "nobody</textarea>" in wrong.text) == (["committee_emails"], True)
    wrong = await owner.post(f"{SETTINGS}/house", **house, kemendagri_code="9103", bps_code="94.03")
    assert _refusals(wrong) == ["kemendagri_code", "bps_code"]
    saved = await owner.post(f"{SETTINGS}/house", **house, committee_emails="a@luwukab.go.id", bps_code="7317")
    assert saved.headers["location"] == f"{SETTINGS}?done=saved"
    assert (await owner.post(f"{SETTINGS}/house", **house)).status_code == 412
    rules = {"online_threshold": "70,5", "certificate_threshold": "80", "join_window_minutes": "30"}
    assert _refusals(await owner.post(f"{SETTINGS}/rules", version="2", **rules | {"online_threshold": "0"})) == [
        "online_threshold"
    ]
    await owner.post(f"{SETTINGS}/rules", version="2", **rules)
    await owner.post(f"{SETTINGS}/letterhead", version="3", government="Pemerintah Kabupaten Luwu", place="Belopa")
    clash = await owner.post(f"{SETTINGS}/data", version="4", letter_after="9", list_after="3")
    assert (_refusals(clash), "letter_after." in clash.text) == (["list_after"], False)
    await owner.post(f"{SETTINGS}/data", version="4", steward_code=owner.s.agency.code, letter_after="5")
    await owner.post(f"{SETTINGS}/website", version="5", embed_origins="https://luwukab.go.id", enabled="yes")
    await owner.post(f"{SETTINGS}/privacy", version="6", retention_days="365")
    await owner.post(f"{SETTINGS}/letterhead", version="7", place="Belopa", signatory_nip="123")
    assert "tidak seperti NIP" in await owner.shown(f"{SETTINGS}/letterhead")
    await owner.post(f"{SETTINGS}/security", version="8", second_factor="yes")
    kept = await owner.read("/organizer")
    assert {name: kept[name] for name in ("name", "bps_code", "online_threshold", "join_window_minutes")} == {
        "name": "Diskominfo Luwu",
        "bps_code": "7317",
        "online_threshold": 0.705,
        "join_window_minutes": 30,
    }
    assert (kept["letterhead"]["government"], kept["letterhead"]["place"]) == (None, "Belopa")
    assert kept["escalation"] == {"letter_after": 5, "list_after": None, "send": False}
    assert kept["public_progress"] == {"enabled": True, "burn_up": False, "organisations": False}
    assert (kept["retention_days"], kept["second_factor"], kept["steward_code"]) == (365, True, owner.s.agency.code)


@ON_SQLITE
async def test_a_letterhead_is_looked_at_and_a_logo_uploaded(client: AsyncClient, database: Database) -> None:
    owner = await _owner(client, database)
    letter = await owner.post(f"{SETTINGS}/letterhead.pdf", government="Pemerintah Kabupaten Contoh")
    assert (letter.headers["content-type"], letter.content[:5]) == ("application/pdf", b"%PDF-")
    assert (await owner.read("/organizer"))["letterhead"]["government"] is None
    data = {"csrf": owner.csrf, "version": "1"}
    logo = {"logo": ("logo.png", png(40, 50), "image/png")}

    async def upload(files: dict[str, Any], **more: str) -> Response:
        return await client.post(f"{SETTINGS}/logo", data=data | more, files=files, headers=owner.cookie)

    assert (await upload(logo, csrf="x")).status_code == 403
    assert (await upload({"logo": ("logo.png", b"GIF", "image/png")})).status_code == 415
    assert (await upload(logo, version="7")).status_code == 412
    assert (await upload(logo)).headers["location"] == f"{SETTINGS}/letterhead?done=logo"
    address = (await owner.read("/organizer"))["logo"]
    assert f'<img src="{address}"' in await owner.shown(f"{SETTINGS}/letterhead")
    await owner.post(f"{SETTINGS}/logo/removed")
    assert (await owner.read("/organizer"))["logo"] is None
    assert (await owner.get(f"{SETTINGS}/nothing")).status_code == 404


async def test_a_programme_begins_filled_and_nothing_in_use_is_taken_out_of_it(
    client: AsyncClient, database: Database
) -> None:
    owner = await _owner(client, database)
    assert _refusals(await owner.post(PROGRAMMES, code="a b", name="")) == ["code", "name"]
    begun = await owner.post(PROGRAMMES, **{"code": "sc", "name": "Smart City", "from": "smart-city"})
    here = f"{PROGRAMMES}/sc"
    assert begun.headers["location"] == f"{here}?done=added"
    expected = programme("sc", "Smart City").model_dump(mode="json")
    assert {name: (await owner.read("/programmes/sc"))[name] for name in expected} == expected

    form = _fields((await owner.get(here)).text)
    added = await owner.post(here, **form, do="stage-add")
    assert "belum disimpan" in added.text
    form = _fields(added.text) | {"stage-9-label": "Evaluasi III", "stage-9-due": "2027-07-21"}
    raised = await owner.post(here, **form, do="stage-up-9")
    form = _fields(raised.text) | {"dimension-0-coordinator": owner.s.agency.name.upper(), "aliases": "sky = tiada"}
    refused = await owner.post(here, **form, do="save")
    assert (refused.status_code, _refusals(refused)) == (422, ["aliases"])
    form |= {"aliases": "Smart Lighting = living\nE = mc2 = living"}
    nobody = await owner.post(here, **form | {"dimension-0-coordinator": "x", "stage-0-label": ""}, do="save")
    assert _refusals(nobody) == ["stage-0-label", "dimension-0-coordinator"]
    saved = await owner.post(here, **form, shared="yes")
    assert saved.headers["location"] == f"{here}?done=changed"
    kept = await owner.read("/programmes/sc")
    assert [stage["code"] for stage in kept["stages"]][-2:] == ["evaluasi_iii", "evaluasi_2"]
    assert kept["dimensions"][0]["coordinator"] == owner.s.agency.code
    assert (kept["aliases"], kept["shared"]) == ({"Smart Lighting": "living", "E = mc2": "living"}, True)
    assert (await owner.post(here, **form)).status_code == 412

    item = {"code": "L-1", "name": "Peta", "programme": "sc", "dimension": "living", "due_stage": "evaluasi_iii"}
    await client.post("/api/v1/data-items", json=item, headers=owner.s.headers)
    wish = {"data_item": "L-1", "organisation": owner.s.agency.code, "workshop": str(owner.s.workshop.id)}
    asked = await client.post("/api/v1/commitments", json=wish, headers=owner.s.headers)
    assert asked.json()["due_date"] == "2027-07-21"
    form = _fields((await owner.get(here)).text) | {"shared": "yes", "aliases": ""}
    dropped = _fields((await owner.post(here, **form, do="dimension-drop-3")).text)
    used = await owner.post(here, **dropped, do="save")
    assert (used.status_code, "Kehidupan Cerdas (Smart Living) (1)" in used.text) == (409, True)
    moving = await owner.post(here, **form | {"stage-8-due": "2027-08-02"})
    assert "1 tenggat komitmen bergeser" in moving.text
    assert (await owner.read("/programmes/sc"))["version"] == 2
    confirmed = await owner.post(here, **_fields(moving.text), do="save-and-move")
    assert confirmed.headers["location"] == f"{here}?done=changed"
    assert (await owner.read("/programmes/sc"))["stages"][8]["due_date"] == "2027-08-02"
    assert "dipakai oleh 1 butir data dan 0 kegiatan" in await owner.shown(here)
    assert (await owner.post(f"{here}/remove")).status_code == 409
    await client.post("/api/v1/programmes", json={"code": "salah", "name": "Salah"}, headers=owner.s.headers)
    gone = await owner.post(f"{PROGRAMMES}/salah/remove")
    assert gone.headers["location"] == f"{PROGRAMMES}?done=removed"
    assert "Program dihapus." in await owner.shown(gone.headers["location"])


@ON_SQLITE
async def test_own_words_are_looked_at_kept_and_given_up(client: AsyncClient, database: Database) -> None:
    owner = await _owner(client, database, Role.ORGANIZER)
    assert "Menjelang kegiatan" in await owner.shown("/staff/wordings")
    form = _fields((await owner.get(WORDING)).text)
    standard = form["text"]
    assert "Silakan siapkan keperluan" in standard
    assert (await owner.post(WORDING, **form)).headers["location"] == f"{WORDING}?done=same"
    looked = await owner.post(WORDING, version="", text="Salam {nama}.", do="preview")
    assert "Salam Kepala Bidang Contoh." in looked.text
    mail = await owner.post(f"{WORDING}/mail", text="Salam <b>{nama}</b>.")
    assert "Salam &lt;b&gt;Kepala Bidang Contoh" in mail.text
    assert "sandbox" in mail.headers["content-security-policy"]
    unknown = await owner.post(WORDING, version="", text="Salam {nam}.")
    assert (unknown.status_code, _refusals(unknown), "{nam}." in unknown.text) == (422, ["text"], True)
    await owner.post(WORDING, version="", text="Salam {nama}.", subject="Hadir: {kegiatan}")
    stale = await owner.post(WORDING, version="", text="Halo {nama}.")
    assert (stale.status_code, "Salam {nama}." in stale.text, "Halo {nama}.</textarea>" in stale.text) == (
        412,
        True,
        True,
    )
    assert "Tulisan sendiri" in await owner.shown("/staff/wordings")
    back = await owner.post(WORDING, do="standard")
    assert back.headers["location"] == f"{WORDING}?done=standard"
    assert _fields((await owner.get(WORDING)).text)["text"] == standard
    assert (await owner.get("/staff/wordings/password_reset/id")).status_code == 404
    assert (await owner.get(SETTINGS)).status_code == 403
