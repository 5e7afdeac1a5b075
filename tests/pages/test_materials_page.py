"""After the workshop in a browser: minutes, follow-ups that become requests, materials, and who sees them where."""

import re

from httpx import AsyncClient, Response
from sqlmodel import select

from service.db import Database
from service.models.commitments import Commitment
from service.models.organizers import Role
from tests import factories
from tests.pages.world import signed_in
from tests.routers.test_minutes import was_there
from tests.routers.test_promises import API, begin
from tests.support.pictures import png
from tests.support.statements import counted

MINUTES, MATERIALS = "/staff/minutes", "/staff/materials"
ROWS = {"rows": "3", "text-0": "Menetapkan wali data", "text-1": "Memperbarui peta", "ask-0": "yes", "ask-1": "yes"}
WORDS = {"text": "Rapat dibuka.", "audience": "attendees", "do": "save"}


def said(answer: Response) -> list[str]:
    return re.findall(r'class="refusal"[^>]*>([^<]+)<', answer.text)


async def test_minutes_and_follow_ups_are_saved_together_and_asked_for_without_losing_a_word(
    client: AsyncClient, database: Database
) -> None:
    s, _none = await begin(database, 0)
    cookie, csrf = await signed_in(database, s.house, Role.ORGANIZER)
    page, action = f"{MINUTES}?workshop={s.workshop.id}", f"{MINUTES}/{s.workshop.id}"
    form = {"csrf": csrf, "version": "0", **WORDS, **ROWS}
    assert (await client.post(action, headers=cookie, data=form | {"csrf": "x"})).status_code == 403

    odd = {"organisation-0": "Dinas Entah", "due-1": "besok", "do": "request"}
    wrong = await client.post(action, headers=cookie, data=form | odd)
    assert (wrong.status_code, said(wrong), "Rapat dibuka." in wrong.text, "Dinas Entah" in wrong.text) == (
        422,
        ["Instansi tidak dikenal. Pilih dari daftar, atau tulis kodenya.", "Pilih tanggal."],
        True,
        True,
    )
    assert "hari libur" not in wrong.text
    sunday = {"organisation-0": s.agency.name, "due-0": "2023-07-30", "do": "request"}
    alone = await client.post(action, headers=cookie, data=form | sunday)
    assert "hari libur" in alone.text
    assert (alone.status_code, said(alone)) == (422, ["Pilih dahulu instansi yang mengerjakan tindak lanjut ini."])
    whom = {"organisation-0": s.agency.name.upper(), "organisation-1": s.other.code, "due-1": "2023-07-28"}
    asking = form | whom | {"do": "request", "rows": "4"}
    past = await client.post(action, headers=cookie, data=asking | {"due-1": "2022-07-28"})
    assert (past.status_code, said(past)[0].split(",")[0]) == (422, "Kamis")
    asked = await client.post(action, headers=cookie, data=asking)
    where = asked.headers["location"]
    review = (await client.get(where, headers=cookie)).text
    assert all(name in review for name in (s.agency.name, s.other.name, "Jumat, 28 Juli 2023", "belum terkirim"))
    sure = {"csrf": csrf, **{n: re.findall(f'name="{n}" value="([^"]+)"', review) for n in ("version", "ask")}}
    async with database.read() as session:
        assert (await session.exec(select(Commitment))).all() == []
    for _twice in range(2):
        done = await client.post(f"{action}/requests", headers=cookie, data=sure)
        assert (done.status_code, done.headers["location"]) == (303, f"{page}&done=requested")
    assert (await client.get(where, headers=cookie)).headers["location"] == page
    async with database.read() as session:
        rows = (await session.exec(select(Commitment))).all()
    assert {(row.organisation_id, str(row.due_date)) for row in rows} == {
        (s.agency.id, "None"),
        (s.other.id, "2023-07-28"),
    }
    shown = (await client.get(page, headers=cookie)).text
    assert (shown.count("Sudah diminta"), 'name="version" value="' in shown) == (2, True)
    assert all(f'href="/staff/commitments/{row.id}"' in shown for row in rows)

    ids = {f"id-{n}": one for n, one in enumerate(re.findall(r'name="id-\d+" value="([^"]+)"', shown))}
    [version] = re.findall(r'name="version" value="(\d+)"', shown)
    stale = await client.post(action, headers=cookie, data=form | {"text": "Naskah saya"})
    assert stale.status_code == 412
    assert ("Naskah saya" in stale.text, "Naskah yang tersimpan sekarang" in stale.text) == (True, True)
    assert f'name="version" value="{version}"' in stale.text
    kept = {"csrf": csrf, "version": version, **WORDS, **ids, "rows": "4", "text-2": "Satu lagi", "text": "Baru"}
    assert (await client.post(action, headers=cookie, data=kept)).status_code == 303
    last = (await client.get(f"{API}/workshops/{s.workshop.id}/follow-ups", headers=s.headers)).json()["items"]
    assert [(one["text"], one["data_item"] is not None) for one in last] == [
        ("Menetapkan wali data", True),
        ("Memperbarui peta", True),
        ("Satu lagi", False),
    ]
    viewer, _csrf = await signed_in(database, s.house, Role.VIEWER)
    assert [(await client.get(where, headers=viewer)).status_code for where in (page, MATERIALS)] == [403, 403]


async def test_materials_are_uploaded_ordered_changed_and_seen_where_they_belong(
    client: AsyncClient, database: Database
) -> None:
    s, _none = await begin(database, 0)
    people = await was_there(database, s)
    cookie, csrf = await signed_in(database, s.house, Role.ORGANIZER)
    page, action = f"{MATERIALS}?workshop={s.workshop.id}", f"{MATERIALS}/{s.workshop.id}"
    empty = (await client.get(page, headers=cookie)).text
    assert ("Belum ada materi." in empty, "Tulis notula" in empty) == (True, True)
    nothing = await client.post(action, headers=cookie, files={"x": b""}, data={"csrf": csrf, "title": "Paparan"})
    assert (nothing.status_code, said(nothing), "Paparan" in nothing.text) == (
        422,
        ["Pilih sekurang-kurangnya satu berkas."],
        True,
    )
    mixed = [("files", one) for one in (("baik.png", png(3, 3)), ("alat.exe", b"MZ\x90\x00"))]
    refused = await client.post(action, headers=cookie, files=mixed, data={"csrf": csrf})
    assert (refused.status_code, "PNG, atau JPG" in refused.text, "Belum ada berkas yang disimpan" in refused.text) == (
        422,
        True,
        True,
    )
    file = {"files": ("paparan.png", png(3, 3), "image/png")}
    assert (await client.post(action, headers=cookie, files=file, data={"csrf": "x"})).status_code == 403
    for audience in ("attendees", "public"):
        fields = {"csrf": csrf, "title": f"Untuk {audience}", "audience": audience}
        assert (await client.post(action, headers=cookie, files=file, data=fields)).status_code == 303
    bad = await client.post(f"{action}/link", headers=cookie, data={"csrf": csrf, "title": "Rekaman", "url": "x"})
    assert (bad.status_code, len(said(bad)), 'value="Rekaman"' in bad.text) == (422, 1, True)
    link = {"csrf": csrf, "title": "Rekaman", "url": "https://luwukab.go.id/r", "audience": "participants"}
    await client.post(f"{action}/link", headers=cookie, data=link)
    with counted(database) as few:
        shown = (await client.get(page, headers=cookie)).text
    one, two, three = dict.fromkeys(re.findall(rf'action="({action}/[0-9a-f-]{{36}})"', shown))

    await client.post(three, headers=cookie, data={"csrf": csrf, "do": "up"})
    changed = {"csrf": csrf, "do": "change", "version": "1", "title": "Peta", "audience": "public"}
    assert (await client.post(two, headers=cookie, data=changed)).status_code == 303
    stale = await client.post(two, headers=cookie, data=changed | {"title": "X"})
    assert (stale.status_code, "Data sudah berubah" in stale.text, 'value="X"' in stale.text) == (412, True, True)
    listed = (await client.get(f"{API}/workshops/{s.workshop.id}/materials", headers=s.headers)).json()["items"]
    assert [each["title"] for each in listed] == ["Untuk attendees", "Rekaman", "Peta"]
    assert (await client.post(f"{MATERIALS}/{factories.some_id()}/{one[-36:]}", headers=cookie, data=changed)).is_error
    with counted(database) as many:
        await client.get(page, headers=cookie)
    assert len(many) == len(few)

    at, held = f"{API}/workshops/{s.workshop.id}", s.headers | {"If-Match": "*"}
    await client.put(f"{at}/minutes", json={"text": "", "audience": "participants"}, headers=held)
    assert "minutes.pdf" not in (await client.get(f"/my/{next(iter(people.values()))['Authorization'][7:]}")).text
    await client.put(f"{at}/follow-ups", json={"items": [{"text": "Menetapkan wali data"}]}, headers=held)
    front = f"/w/{s.house.slug}/{s.workshop.slug}"
    mine = {who: f"/my/{each['Authorization'].removeprefix('Bearer ')}" for who, each in people.items()}
    seen = {}
    for who, where in {"public": front, **mine}.items():
        html = (await client.get(where)).text
        seen[who] = re.findall(rf'href="{where}/(minutes.pdf|materials/[^"]+)"', html)
    files = [f"materials/{each[-36:]}" for each in (one, two)]
    assert seen == {
        "public": [files[1]],
        "participants": ["minutes.pdf", files[1]],
        "attendees": ["minutes.pdf", *files],
    }
    assert (await client.get(f"{mine['attendees']}/{files[0]}")).content == png(3, 3)
    assert (await client.get(f"{mine['participants']}/minutes.pdf")).content[:5] == b"%PDF-"
    closed = (f"{front}/minutes.pdf", f"{front}/{files[0]}", f"{mine['participants']}/{files[0]}")
    assert [(await client.get(where)).status_code for where in closed] == [404, 404, 404]
    await client.post(two, headers=cookie, data={"csrf": csrf, "do": "remove"})
    assert (await client.get(f"{front}/{files[1]}")).status_code == 404
