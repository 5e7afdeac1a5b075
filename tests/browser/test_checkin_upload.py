"""The station's upload to a service that answers as no service should: the queue goes on, in order, without loss."""

import json
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from playwright.sync_api import Browser, Page, Route

from tests.browser.served import ORIGIN
from tests.support.odd_service import (
    FULL_DISK,
    GUEST,
    HALF_DAY,
    MOST,
    NO_DISK,
    NOW,
    ROWS,
    SLOW_DISK,
    TOKEN,
    Json,
    Service,
    registered,
    told,
)

JSON = "application/json"
BACKLOG = MOST + 2
ONLINE = "() => globalThis.station?.state.online && globalThis.asked"
SCAN = "name => station.scan(name.padEnd(43, 'x'))"
SCAN_MANY = "names => Promise.all(names.map((name) => station.scan(name.padEnd(43, 'x'))))"
QUEUED = "station.history(1000).reverse().map((one) => one.nonce)"
WAIT_ON = """() => {
  const real = setTimeout;
  globalThis.setTimeout = (work, gap, ...given) => (given[0] === "late" ? 0 : real(work, gap, ...given));
}"""
WALK_IN = "name => station.walkIn({ name, organisation_name: 'Kelurahan Bua' })"
FOUND = "text => station.directory.search(text).map(({ id, ...one }) => [one.name, one.organisation_name, one.present])"
NAMESAKES = "name => station.directory.namesakes(name).map((one) => one.name)"
REFUSED = {"verdict": "refused", "reason": "unknown_ticket"}
UNSENT = "count => station.state.unsent === count"
SET_CLOCK = """() => {
  globalThis.now ??= Date.now;
  globalThis.behind = 0;
  Date.now = () => now() - behind;
}"""


def scan_away(page: Page, service: Service, names: list[str]) -> None:
    """Scans while the network is away, and lets it return."""
    service.away = True
    page.evaluate("station.refresh()")
    page.evaluate(SCAN_MANY, names)
    service.away = False


def arrive(page: Page, *, but: int = 0) -> None:
    page.evaluate("station.sync()")
    page.wait_for_function(UNSENT, arg=but)


def a_backlog_is_sent_in_order_and_in_parts(page: Page, service: Service) -> None:
    names = [f"tiket-{number:04}" for number in range(BACKLOG)]
    scan_away(page, service, names)
    assert page.evaluate(UNSENT, BACKLOG)
    arrive(page)
    assert [len(batch["items"]) for batch in service.uploads] == [MOST, BACKLOG - MOST]
    assert list(service.kept) == page.evaluate(QUEUED)
    assert sorted(item["ticket"].rstrip("x") for item in service.kept.values()) == names


def an_entry_that_the_service_cannot_read_keeps_nobody_else(page: Page, service: Service) -> None:
    def choke(route: Route, batch: Json) -> bool:
        bad = any(item["ticket"].startswith("rusak") for item in batch["items"])
        if bad:
            route.fulfill(status=422, json={}, content_type="application/problem+json")
        return bad

    service.mood = choke
    scan_away(page, service, ["satu", "dua", "rusak", "tiga", "empat"])
    arrive(page, but=1)
    assert {item["ticket"].rstrip("x") for item in service.kept.values()} == {"satu", "dua", "tiga", "empat"}
    assert page.evaluate("station.history().filter((one) => !one.sent).map((one) => one.problem)") == [422]
    page.evaluate(SCAN, "lima")
    page.wait_for_function(UNSENT, arg=1)


def a_service_that_asks_for_time_is_given_it(page: Page, service: Service) -> None:
    def ask(route: Route, _batch: Json) -> bool:
        if len(service.uploads) > 1:
            return False
        headers = {"Retry-After": "1"}
        route.fulfill(status=503, json={}, content_type="application/problem+json", headers=headers)
        return True

    service.mood = ask
    for name in ("sabar", "tunggu"):
        page.evaluate(SCAN, name)
        page.evaluate("station.sync()")
    page.wait_for_function(UNSENT, arg=0)
    assert service.asked_at[1] - service.asked_at[0] >= 1
    assert len(service.kept) == 2


def a_ticket_that_is_not_known_here_is_asked_about(page: Page, service: Service) -> None:
    def refuse(route: Route, batch: Json) -> bool:
        route.fulfill(json={"items": [{**told(item), **REFUSED} for item in batch["items"]]})
        return True

    service.mood = refuse
    # A slow machine must not run out of the patience that a queue of people has.
    page.evaluate(WAIT_ON)
    verdict = page.evaluate(SCAN, "asing")
    assert (verdict["source"], verdict["verdict"], verdict["provisional"]) == ("server", "refused", False)


def the_login_page_of_a_hall_is_no_answer(page: Page, service: Service) -> None:
    service.portal = True
    page.evaluate("station.refresh()")
    page.evaluate(SCAN, "aula")
    assert page.evaluate("station.state.online") is False
    assert page.evaluate("station.state.problem") is None
    service.portal = False
    arrive(page)
    assert len(service.kept) == 1


def a_clock_that_is_set_back_moves_no_scan(page: Page, service: Service) -> None:
    page.evaluate(SET_CLOCK)
    scan_away(page, service, ["satu"])
    page.evaluate("globalThis.behind = 7200000")
    scan_away(page, service, ["dua"])
    page.evaluate("station.refresh()")
    page.evaluate(SCAN, "tiga")
    arrive(page)
    assert all(abs(happened - NOW) < timedelta(minutes=10) for happened in service.happened.values())
    first, *others = (datetime.fromisoformat(batch["device_clock"]) for batch in service.uploads)
    assert {round((one - first) / timedelta(hours=1)) for one in others} == {-2}


def what_is_scanned_while_answers_are_written_is_written_once(page: Page, service: Service) -> None:
    page.evaluate(SLOW_DISK)
    page.evaluate(SCAN_MANY, [f"tiket-{number}" for number in range(12)])
    arrive(page)
    rows = page.evaluate(ROWS)
    assert sorted(rows) == sorted(service.kept)


def an_upload_whose_answer_is_lost_is_repeated_under_its_nonces(page: Page, service: Service) -> None:
    lose_an_answer(page, service)
    assert is_repeated(service)
    arrive(page)


def lose_an_answer(page: Page, service: Service) -> None:
    """Two uploads, of which the first has its answer cut in the middle."""

    def cut(route: Route, batch: Json) -> bool:
        if len(service.uploads) == 1:
            route.fulfill(body=json.dumps({"items": [told(item) for item in batch["items"]]})[:90], content_type=JSON)
        return len(service.uploads) == 1

    service.mood = cut
    scan_away(page, service, ["hilang", "juga"])
    for _attempt in "ab":
        page.evaluate("station.refresh()")


def is_repeated(service: Service) -> bool:
    first, second = service.uploads[:2]
    return bool(first["items"] == second["items"])


def who_was_taken_back_may_come_in_again(page: Page, service: Service) -> None:
    service.people = [registered("kembali", 7)]
    page.evaluate("station.refresh()")
    assert page.evaluate(SCAN, "kembali")["verdict"] == "accepted"
    arrive(page)
    service.inside = [7]
    page.evaluate("station.refresh()")
    assert page.evaluate("station.directory.search('kembali').map((one) => one.present)") == [True]
    service.away = True
    page.evaluate("station.refresh()")
    page.evaluate("station.undoLast('Salah orang')")
    assert page.evaluate("[station.state.blocks[0].present, station.state.blocks[0].inside]") == [0, 0]
    assert page.evaluate("station.directory.search('kembali').map((one) => one.present)") == [False]
    assert page.evaluate(SCAN, "kembali")["verdict"] == "accepted"
    assert page.evaluate("[station.state.blocks[0].present, station.state.blocks[0].inside]") == [1, 1]


def who_went_out_at_another_gate_may_come_in_again(page: Page, service: Service) -> None:
    service.people = [registered("pulang", 17)]
    service.inside = service.out = [17]
    page.evaluate("station.refresh()")
    service.away = True
    page.evaluate("station.refresh()")
    inside = page.evaluate("station.state.blocks[0].inside")
    assert page.evaluate(SCAN, "pulang")["verdict"] == "accepted"
    assert page.evaluate("station.state.blocks[0].inside") == inside + 1
    assert page.evaluate("station.checkIn(station.directory.search('pulang')[0])")["verdict"] == "already_in"
    page.evaluate("station.choose({direction: 'out'})")
    assert page.evaluate(SCAN, "pulang")["verdict"] == "accepted"
    page.evaluate("station.choose({direction: 'in'})")
    service.away = False
    arrive(page)
    # The scan out was made here, and is taken back: the person is inside.
    service.away = True
    page.evaluate("station.refresh()")
    page.evaluate("station.undoLast('Salah orang')")
    assert page.evaluate("station.checkIn(station.directory.search('pulang')[0])")["verdict"] == "already_in"
    service.away = False
    arrive(page)


def a_walk_in_is_among_the_people_at_once(page: Page, service: Service) -> None:
    service.people = [registered("Lurah Sabe", 7), {**registered("Lurah Bua", 8), "status": "cancelled"}]
    page.evaluate("station.refresh()")
    service.away = True
    page.evaluate("station.refresh()")
    assert page.evaluate(NAMESAKES, "lurah  bua") == []
    present = page.evaluate("station.state.blocks[0].present")
    page.evaluate(WALK_IN, "Lurah Bua")
    found = [page.evaluate(NAMESAKES, name) for name in ("lurah  BUA", "Lurah Sabe", "Lurah")]
    assert found == [["Lurah Bua"], ["Lurah Sabe"], []]
    assert ["Lurah Bua", "Kelurahan Bua", True] in page.evaluate(FOUND, "bua")
    again = page.evaluate("name => station.checkIn(station.directory.namesakes(name)[0])", "Lurah Bua")
    assert again["verdict"] == "already_in"
    assert page.evaluate("station.state.blocks[0].present") == present + 1
    service.away = False
    arrive(page)
    written = [item["walk_in"]["client_id"] for item in service.kept.values()]
    assert (len(written), len(set(written))) == (2, 1)
    assert page.evaluate(NAMESAKES, "Lurah Bua") == ["Lurah Bua"]
    service.people.append(registered("Lurah Bua", GUEST))
    page.evaluate("station.refresh()")
    assert page.evaluate("station.directory.namesakes('Lurah Bua').map((one) => one.number)") == [GUEST]


def a_half_day_chosen_by_hand_lapses_when_the_next_one_opens(page: Page, service: Service) -> None:
    page.evaluate(SET_CLOCK)
    assert page.evaluate(SCAN, "pagi")["block"] == "D1P"
    page.evaluate("station.choose({block: 'D1S'})")
    service.away = True
    page.evaluate("station.refresh()")
    again = page.evaluate(SCAN, "pagi")
    assert (again["block"], again["repeated"]) == ("D1S", False)
    page.evaluate("station.choose({block: 'D1P'})")
    assert page.evaluate("station.state.chosenBlock") == "D1P"
    page.evaluate(f"globalThis.behind = -{HALF_DAY.total_seconds() * 1000 + 60_000}")
    assert page.evaluate(SCAN, "siang")["block"] == "D1S"
    assert page.evaluate("[station.state.chosenBlock, station.state.block]") == [None, "D1S"]


def asking_anew_is_not_answered_from_before(page: Page, service: Service) -> None:
    def jump(route: Route) -> None:
        service.fulfil(route)
        service.now = NOW + HALF_DAY + timedelta(minutes=1)

    page.context.route("**/door", jump, times=1)
    page.evaluate("() => { station.refresh(); return station.refresh(); }")
    assert page.evaluate("station.state.block") == "D1S"


def what_is_no_ticket_is_told_apart_and_kept_from_the_service(page: Page, service: Service) -> None:
    held_out = [f"{ORIGIN}/my/{'A' * 43}", f"{ORIGIN}/hadir/abc", "https://example.org/", "WIFI:S:Aula;P:rahasia;;"]
    verdicts = page.evaluate("texts => Promise.all(texts.map((text) => station.scan(text)))", held_out)
    assert [one["link"] for one in verdicts] == ["own", "screen", "link", None]
    arrive(page)
    sent = {item["ticket"] for item in service.kept.values()}
    assert sent == {sha256(text.encode()).hexdigest() for text in held_out}


def a_code_of_another_service_is_not_shown_to_ours(page: Page, service: Service) -> None:
    strange = f"https://bimtek.example.org/checkin#bmd_{'B' * 43}"
    assert page.evaluate("text => station.scan(text).then(({ text }) => station.pair(text))", strange) is False
    assert page.evaluate("[station.state.problem, station.state.paired]") == ["elsewhere", True]
    assert service.tokens == {f"Bearer {TOKEN}"}


def a_revoked_device_says_so_until_it_works_again(page: Page, service: Service) -> None:
    service.people = [registered("dikenal", 7)]
    page.evaluate("station.refresh()")
    service.revoked = True
    page.evaluate("station.refresh()")
    page.wait_for_function("() => station.state.revoked")
    verdict = page.evaluate(SCAN, "dikenal")
    assert (verdict["verdict"], verdict["provisional"], verdict["revoked"]) == ("accepted", True, True)
    assert page.evaluate("token => station.pair(token)", f"bmd_{'B' * 43}") is False
    assert page.evaluate("[station.state.revoked, station.state.unsent]") == [True, 1]
    service.revoked = False
    arrive(page)
    assert page.evaluate("station.state.revoked") is False
    service.revoked = True
    page.evaluate("station.refresh()")
    page.wait_for_function("() => station.state.revoked")
    service.revoked = False
    assert page.evaluate("token => station.pair(token)", f"bmd_{'B' * 43}") is True
    assert page.evaluate("[station.state.revoked, station.state.problem]") == [False, None]
    assert page.evaluate("token => station.pair(token)", TOKEN) is True


def the_counters_are_kept_apart_from_the_people(page: Page, service: Service) -> None:
    """Thousands of people would be written with every scan."""
    page.evaluate("station.refresh()")
    page.evaluate(SLOW_DISK)
    service.inside = [7]
    page.evaluate("station.refresh()")
    assert set(page.evaluate("written")) == {"door"}


def a_full_disk_keeps_nobody_from_another_door(page: Page, service: Service) -> None:
    page.evaluate(SCAN, "satu")
    arrive(page)
    page.evaluate(FULL_DISK)
    service.workshop = str(UUID(int=9))
    assert page.evaluate("token => station.pair(token)", TOKEN) is True


def two_windows_share_one_queue(page: Page, service: Service) -> None:
    other = page.context.new_page()
    other.goto(f"{ORIGIN}/checkin")
    other.wait_for_function(ONLINE)
    page.evaluate(SCAN_MANY, ["satu", "dua"])
    other.evaluate(SCAN_MANY, ["tiga", "empat"])
    arrive(page)
    for window in (page, other):
        window.wait_for_function("() => station.history().filter((one) => one.sent).length === 4")
    assert len(service.kept) == 4


A_LONG_DAY = (
    a_backlog_is_sent_in_order_and_in_parts,
    the_login_page_of_a_hall_is_no_answer,
    an_upload_whose_answer_is_lost_is_repeated_under_its_nonces,
    what_is_no_ticket_is_told_apart_and_kept_from_the_service,
    a_code_of_another_service_is_not_shown_to_ours,
    a_revoked_device_says_so_until_it_works_again,
    a_service_that_asks_for_time_is_given_it,
    asking_anew_is_not_answered_from_before,
    an_entry_that_the_service_cannot_read_keeps_nobody_else,
)
STORIES = (
    A_LONG_DAY,
    (
        who_was_taken_back_may_come_in_again,
        who_went_out_at_another_gate_may_come_in_again,
        a_walk_in_is_among_the_people_at_once,
        a_ticket_that_is_not_known_here_is_asked_about,
        a_clock_that_is_set_back_moves_no_scan,
        a_half_day_chosen_by_hand_lapses_when_the_next_one_opens,
    ),
    (
        what_is_scanned_while_answers_are_written_is_written_once,
        the_counters_are_kept_apart_from_the_people,
        a_full_disk_keeps_nobody_from_another_door,
    ),
    (two_windows_share_one_queue,),
)


def open_station(browser: Browser, service: Service) -> Page:
    page = browser.new_context().new_page()
    serve(page, service)
    page.goto(f"{ORIGIN}/checkin#{TOKEN}")
    page.wait_for_function(ONLINE)
    return page


def serve(page: Page, service: Service) -> None:
    page.context.unroute_all()
    page.context.route("**", service.fulfil)


def test_the_queue_goes_on_whatever_the_service_answers(browser: Browser) -> None:
    """Several stories share a window; those that change what the browser itself does have others."""
    for stories in STORIES:
        page = open_station(browser, Service())
        for story in stories:
            service = Service()
            serve(page, service)
            page.evaluate("station.refresh()")
            story(page, service)
        page.context.close()

    # The proof of the nonces would notice a station that makes new ones for each attempt.
    service = Service()
    service.edits["sync.js"] = ("(entry) => entry.item)", "({ item }) => ({ ...item, nonce: crypto.randomUUID() }))")
    page = open_station(browser, service)
    lose_an_answer(page, service)
    assert not is_repeated(service)
    page.context.close()

    # Where the browser keeps nothing, the secret in the address does not stay there either.
    context = browser.new_context()
    context.route("**", Service().fulfil)
    page = context.new_page()
    page.add_init_script(NO_DISK)
    page.goto(f"{ORIGIN}/checkin#{TOKEN}")
    page.wait_for_function("() => location.hash === ''")
    context.close()
