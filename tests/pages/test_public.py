"""What everybody sees: the lists, a workshop's page, its registration form, and the static files."""

import re
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response
from sqlmodel import col, func, select

from service import auth, clock
from service.db import Database
from service.models.outbox import EventRow
from service.models.registrations import HeldRegistration, Registration
from service.models.workshops import Modality, WorkshopStatus
from service.pages.guards import STAMP, TRAP, hidden
from service.settings import Settings
from tests import factories
from tests.factories import at
from tests.pages.public_world import PERSON, make, registered

QUESTIONS: list[dict[str, object]] = [
    {"code": "diet", "label": "Pantangan makanan", "kind": "text", "required": False},
    {"code": "inap", "label": "Perlu penginapan?", "kind": "yes_no", "required": True},
    {"code": "tim", "label": "Kelompok kerja", "kind": "choice", "choices": ["A", "B"], "required": True},
]


def summary(answer: Response) -> list[tuple[str, str]]:
    """The lines of the error summary: which field, what to do."""
    [block] = re.findall(r'<div class="alert alert-bad" role="alert".*?</ul>', answer.text, re.DOTALL)
    return re.findall(r'<li>(?:<a href="#([^"]+)">)?([^<]+)', block)


async def test_the_front_page_lists_what_is_published_and_leads_to_every_organizer(
    client: AsyncClient, database: Database
) -> None:
    world = await make(database)
    async with database.write() as session:
        other = await factories.organizer(session, "banjar")
        await factories.workshop(session, other, title="Evaluasi Martapura", status=WorkshopStatus.COMPLETED)
        await factories.workshop(session, other, title="Rancangan rahasia", status=WorkshopStatus.DRAFT)
        await factories.organizer(session, "kosong")
    page = await client.get("/")
    assert page.status_code == 200
    assert (
        page.text.index(world.gathering.title) < page.text.index("Sudah lewat") < page.text.index("Evaluasi Martapura")
    )
    assert f'href="http://127.0.0.1:8000{world.url}"' in page.text
    assert re.findall(r'href="/o/([^"]+)"', page.text) == ["banjar", "luwu"]
    assert "Rancangan rahasia" not in page.text
    assert "x-robots-tag" not in page.headers


async def test_an_organizers_page_shows_its_own_workshops_and_its_calendar(
    client: AsyncClient, database: Database
) -> None:
    await make(database)
    async with database.write() as session:
        await factories.workshop(session, await factories.organizer(session, "banjar"), title="Evaluasi Martapura")
    page = (await client.get("/o/banjar")).text
    assert "Evaluasi Martapura" in page
    assert "Bimtek Penyusunan" not in page
    assert 'href="webcal://127.0.0.1:8000/calendar/banjar.ics"' in page
    assert (await client.get("/calendar/banjar.ics")).status_code == 200


async def test_a_workshops_page_says_when_where_and_how_many_seats_are_left(
    client: AsyncClient, database: Database
) -> None:
    world = await make(database, offline=50)
    async with database.write() as session:
        await factories.registration(session, world.gathering)
    await client.post(world.url, data=world.person)
    page = (await client.get(world.url)).text
    assert "Senin, 3 Juli 2023" in page
    assert "09.15–16.15 WITA" in page
    assert "sisa 49 dari 50 kursi" in page
    assert page.count("Materi") == 8
    assert f'href="webcal://127.0.0.1:8000/calendar/luwu/{world.gathering.slug}.ics"' in page
    assert (await client.get(f"/calendar/luwu/{world.gathering.slug}.ics")).status_code == 200


@pytest.mark.parametrize("path", ["/o/x", "/w/luwu/x", "/w/x/bimtek", "/w/luwu/x/registered", "/o/%00", "/w/luwu/%0a"])
async def test_what_does_not_exist_is_a_page_that_says_so(client: AsyncClient, database: Database, path: str) -> None:
    await make(database)
    answer = await client.get(path)
    assert answer.status_code == 404
    assert "Tidak ditemukan" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_browser_that_goes_astray_gets_a_page_and_a_program_a_problem(client: AsyncClient) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = await client.get("/nowhere", headers=browser)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert page.headers["content-security-policy"]
    assert (await client.post("/o/luwu", headers=browser)).status_code == 405
    for path, headers in (("/nowhere", {}), ("/api/v1/nowhere", browser)):
        assert (await client.get(path, headers=headers)).headers["content-type"] == "application/problem+json"


async def test_a_draft_has_no_page_and_no_form(client: AsyncClient, database: Database) -> None:
    world = await make(database, status=WorkshopStatus.DRAFT)
    assert (await client.get(world.url)).status_code == 404
    assert (await client.post(world.url, data=world.person)).status_code == 404
    assert await registered(database) == []


async def test_the_form_registers_without_a_script_and_leads_to_the_next_step(
    client: AsyncClient, database: Database
) -> None:
    world = await make(database, questions=QUESTIONS)
    answers = {"answer-inap": "no", "answer-tim": "B", "answer-diet": "Kacang"}
    sent = await client.post(
        world.url, data={**world.person, **answers, "organisation_name": "", "phone": "0812-0000-0001"}
    )
    assert (sent.status_code, sent.headers["location"]) == (303, f"{world.url}/registered?status=confirmed")
    [row] = await registered(database)
    assert (row.name, row.email, row.phone) == (PERSON["name"], PERSON["email"], "+6281200000001")
    assert row.answers == {"inap": False, "tim": "B", "diet": "Kacang"}
    assert row.consent_at == clock.now()
    assert row.organisation_id
    next_step = await client.get(sent.headers["location"])
    assert ("belum terkirim" in next_step.text, "sedang dikirim" in next_step.text) == (True, False)
    assert PERSON["email"] not in next_step.text


async def test_nobody_learns_from_the_form_who_is_known(client: AsyncClient, database: Database) -> None:
    world = await make(database)
    first = await client.post(world.url, data=world.person)
    same = await client.post(world.url, data=world.person)
    other = await client.post(world.url, data={**world.person, "name": "Sekretaris Dinas"})
    assert {(one.status_code, one.headers["location"]) for one in (first, same, other)} == {
        (303, f"{world.url}/registered?status=confirmed")
    }
    assert len(await registered(database)) == 1
    async with database.read() as session:
        waiting = select(func.count()).where(col(HeldRegistration.registration_id).is_(None))
        assert (await session.exec(waiting)).one() == 1


async def test_a_refused_form_names_every_fault_at_its_field_and_keeps_what_was_typed(
    client: AsyncClient, database: Database
) -> None:
    world = await make(database, questions=QUESTIONS)
    typed = {"position": 'Kepala "Bidang"', "email": "bukan surel", "phone": "12", "answer-tim": "C"}
    answer = await client.post(world.url, data={**world.stamp, **typed})
    assert answer.status_code == 422
    assert summary(answer) == [
        ("name", "Tuliskan nama lengkap."),
        ("email", "Isi dengan alamat surel, misalnya nama@contoh.go.id."),
        ("phone", "Isi dengan nomor telepon, misalnya 0812-0000-0001."),
        ("mode", "Pilih cara hadir."),
        ("answer-inap", "Perlu penginapan? Wajib diisi."),
        ("answer-tim", "Kelompok kerja: Pilih salah satu dari daftar."),
        ("consent", "Persetujuan penggunaan data diperlukan untuk mendaftar."),
    ]
    for field, _message in summary(answer):
        assert f'id="{field}"' in answer.text
    assert 'value="Kepala &#34;Bidang&#34;"' in answer.text
    assert 'value="bukan surel"' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert await registered(database) == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"organisation": "tidak-ada"}, "organisation"),
        ({"name": "x" * 301}, "name"),
        ({"name": "a\x07b"}, "name"),
        ({"email": "", "phone": ""}, "email"),
        ({"mode": "zoom"}, "mode"),
        ({"consent": "no"}, "consent"),
    ],
)
async def test_one_fault_is_one_line_of_the_summary(
    client: AsyncClient, database: Database, typed: dict[str, str], field: str
) -> None:
    world = await make(database)
    answer = await client.post(world.url, data={**world.person, **typed})
    assert (answer.status_code, [line[0] for line in summary(answer)]) == (422, [field])


async def test_a_program_that_fills_in_every_field_is_told_that_it_succeeded_and_nothing_is_kept(
    client: AsyncClient, database: Database
) -> None:
    world = await make(database, online=0)
    for mode, status in (("offline", "confirmed"), ("online", "waitlisted")):
        typed = {**world.person, "mode": mode}
        trapped = await client.post(world.url, data={**typed, TRAP: "https://example.invalid"})
        assert await registered(database) == []
        assert (trapped.status_code, trapped.headers["location"]) == (303, f"{world.url}/registered?status={status}")
        honest = await client.post(world.url, data=typed)
        assert honest.headers["location"] == trapped.headers["location"]
        async with database.write() as session:
            [row] = await registered(database)
            await session.delete(await session.get_one(Registration, row.id))


@pytest.mark.parametrize("made", ["now", "never", "yesterday", "forged"])
async def test_a_form_sent_too_soon_or_without_a_good_stamp_comes_back_filled_in(
    client: AsyncClient, database: Database, made: str
) -> None:
    world = await make(database)
    now = clock.real_now()
    stamps = {
        "now": hidden(database.settings, now + timedelta(seconds=60)).stamp,
        "never": "",
        "yesterday": hidden(database.settings, now - timedelta(hours=25)).stamp,
        "forged": f"{int(now.timestamp()) - 60}.AAAAAAAAAAAAAAAAAAAAAA",
    }
    answer = await client.post(world.url, data={**PERSON, STAMP: stamps[made]})
    assert (answer.status_code, summary(answer)) == (422, [("", "Silakan kirim sekali lagi.")])
    assert f'value="{PERSON["name"]}"' in answer.text
    assert await registered(database) == []
    [fresh] = re.findall(rf'name="{STAMP}" value="([^"]+)"', answer.text)
    assert fresh != stamps[made]


async def test_too_many_registrations_from_one_address_are_asked_to_wait(
    client: AsyncClient, database: Database
) -> None:
    world = await make(database)
    database.settings.registrations_per_address = 1
    assert (await client.post(world.url, data=world.person)).status_code == 303
    answer = await client.post(world.url, data={**world.person, "email": "lain@luwukab.go.id"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert 'value="lain@luwukab.go.id"' in answer.text
    assert len(await registered(database)) == 1


async def test_whoever_gives_a_telephone_number_alone_waits_for_whatsapp(
    client: AsyncClient, database: Database
) -> None:
    world = await make(database)
    sent = await client.post(world.url, data={**world.person, "email": "", "phone": "0812-0000-0001"})
    assert sent.headers["location"] == f"{world.url}/registered?status=confirmed&via=whatsapp"
    shown = (await client.get(sent.headers["location"])).text
    assert "Tunggu pesan WhatsApp dari panitia" in shown
    assert 'href="?status=confirmed&amp;via=whatsapp&amp;lang=en"' in shown
    assert "spam" not in shown


async def test_a_question_for_the_other_mode_is_asked_of_nobody_else(client: AsyncClient, database: Database) -> None:
    room = {"code": "kamera", "label": "Kamera tersedia?", "kind": "yes_no", "required": True, "modes": ["online"]}
    world = await make(database, questions=[room])
    assert "Hanya untuk peserta daring; wajib diisi." in (await client.get(world.url)).text
    missing = await client.post(world.url, data={**world.person, "mode": "online"})
    assert [field for field, _message in summary(missing)] == ["answer-kamera"]
    without_mode = await client.post(world.url, data={**world.person, "mode": ""})
    assert [field for field, _message in summary(without_mode)] == ["mode"]
    assert (await client.post(world.url, data=world.person)).status_code == 303


async def test_the_form_says_what_the_data_is_for_and_how_long_it_is_kept(
    client: AsyncClient, database: Database
) -> None:
    world = await make(database, purpose="Untuk daftar hadir & SPJ.", retention_days=365)
    shown = (await client.get(world.url)).text
    assert "Untuk daftar hadir &amp; SPJ." in shown
    assert "Data disimpan selama 1 tahun setelah kegiatan berakhir" in shown
    assert shown.index("Data disimpan") < shown.index('id="consent"')


async def test_what_breaks_a_form_is_turned_away(client: AsyncClient, database: Database) -> None:
    world = await make(database)
    broken = {"Content-Type": "multipart/form-data"}
    attempts = [
        await client.post(world.url, data={**world.person, "name": "a\x00b"}),
        await client.post(world.url, data={f"field{n}": "x" for n in range(200)}),
        await client.post(world.url, content=b"--x\r\nnonsense", headers=broken),
        await client.post(world.url, data=world.person, files={"photo": ("a.png", b"x", "image/png")}),
    ]
    assert [answer.status_code for answer in attempts] == [400, 400, 400, 400]
    assert await registered(database) == []


async def test_a_full_mode_says_so_before_and_after(client: AsyncClient, database: Database) -> None:
    world = await make(database, offline=0, online=5, waiting_list=False)
    page = (await client.get(world.url)).text
    assert re.search(r'value="offline"[^>]* disabled', page)
    answer = await client.post(world.url, data=world.person)
    assert answer.status_code == 409
    assert summary(answer) == [("", "Tempat sudah penuh. Pilih cara hadir lain atau hubungi panitia.")]
    assert await registered(database) == []


async def test_with_a_waiting_list_the_next_step_says_that_one_waits(client: AsyncClient, database: Database) -> None:
    world = await make(database, offline=0)
    assert "Pendaftaran masuk daftar tunggu" in (await client.get(world.url)).text
    sent = await client.post(world.url, data=world.person)
    assert sent.headers["location"].endswith("?status=waitlisted")
    assert "daftar tunggu" in (await client.get(sent.headers["location"])).text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"registration_opens_at": at("06-25 08:00")}, "Pendaftaran dibuka Minggu, 25 Juni 2023, pukul 08.00 WITA."),
        ({"registration_closes_at": at("06-19 08:00")}, "Pendaftaran tidak dapat dilakukan lagi."),
        ({"status": WorkshopStatus.CANCELLED}, "Dibatalkan"),
        ({"modality": Modality.OFFLINE, "offline": 0, "waiting_list": False}, "Kursi penuh"),
    ],
)
async def test_when_nobody_can_register_the_page_says_why_instead_of_a_form(
    client: AsyncClient, database: Database, values: dict[str, object], said: str
) -> None:
    world = await make(database, **values)
    page = (await client.get(world.url)).text
    assert said in page
    assert 'method="post"' not in page
    assert (await client.post(world.url, data=world.person)).status_code == 409


async def test_a_member_of_staff_who_is_signed_in_registers_like_anybody_else(
    client: AsyncClient, database: Database
) -> None:
    world = await make(database)
    async with database.write() as session:
        cookie, _row = await auth.open_session(session, await factories.staff(session, world.house), world.house.id)
    sent = await client.post(world.url, data=world.person, headers={"Cookie": f"bimtek={cookie}"})
    assert sent.status_code == 303


async def test_looking_records_nothing(client: AsyncClient, database: Database) -> None:
    world = await make(database)
    for path in ("/", "/o/luwu", world.url, f"{world.url}/registered"):
        assert (await client.get(path)).status_code == 200
    async with database.read() as session:
        assert (await session.exec(select(func.count()).select_from(EventRow))).one() == 0


async def test_the_chosen_language_is_spoken_and_remembered(client: AsyncClient, database: Database) -> None:
    world = await make(database)
    chosen = await client.get(f"{world.url}?lang=en")
    assert "Send the registration" in chosen.text
    assert "Send the registration" in (await client.get(world.url)).text
    refused = await client.post(world.url, data=world.stamp)
    assert ("name", "Write the full name.") in summary(refused)


async def test_the_demo_says_on_every_page_that_it_is_one(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    world = await make(database)
    paths = ("/", "/o/luwu", world.url, f"{world.url}/registered", "/sign-in", "/o/nobody")
    assert not any("Mode demo" in text for text in [(await client.get(path)).text for path in paths])
    settings.now = clock.now()
    # Another address each: what was answered just now holds until something is written.
    pages = [(await client.get(path, params={"demo": ""})).text for path in paths]
    assert all("Mode demo" in page for page in pages)
    assert 'href="/demo/mail"' in pages[3]


async def test_what_a_page_loads_is_served_and_may_be_kept(client: AsyncClient, database: Database) -> None:
    await make(database)
    page = (await client.get("/")).text
    addresses = re.findall(r'(?:<link[^>]*href|<script[^>]*src)="(/static/[^"]+)"', page)
    assert len(addresses) == 2
    for address in addresses:
        answer = await client.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
    icon = await client.get("/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    assert (await client.get("/static/../app.py")).status_code == 404
