"""What is typed and not saved is neither left by mistake nor lost with a session."""

from urllib.parse import parse_qs

from playwright.sync_api import Browser, Dialog, Route

from tests.browser.served import ORIGIN, answer as served, fulfil

PAGE = f"{ORIGIN}/minutes"
TEXT = "Rapat dibuka pukul sembilan."


def test_what_is_typed_is_not_left_by_mistake_and_comes_back_after_signing_in(browser: Browser) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            # The session had ended: what follows is the sign-in page, which has no such form.
            route.fulfill(body="<h1>Masuk</h1>", content_type="text/html")
        else:
            fulfil(route)

    page = browser.new_page()
    page.on("dialog", stay)
    page.route("**", answer)
    page.goto(PAGE)
    page.fill("#text", TEXT)
    with page.expect_event("dialog"):
        page.click(".brand", no_wait_after=True)
    assert (page.url, page.input_value("#text")) == (PAGE, TEXT)
    page.click(".tongues a")
    page.wait_for_url("**lang=*#isian")
    assert page.input_value("#text") == TEXT
    page.click("[value=save]")
    page.wait_for_selector("text=Masuk")
    page.goto(f"{PAGE}#isian")
    assert (page.input_value("#text"), asked) == (TEXT, ["beforeunload"])
    page.click("[value=save]")
    page.wait_for_selector("text=Masuk")
    page.goto(PAGE)
    assert page.input_value("#text") != TEXT


def test_an_agenda_typed_in_a_session_that_had_ended_is_judged_anew_as_it_was_typed(browser: Browser) -> None:
    sent: list[dict[str, list[str]]] = []

    def answer(route: Route) -> None:
        if route.request.method == "GET":
            return fulfil(route)
        sent.append(parse_qs(route.request.post_data or ""))
        if sent[-1]["do"] == ["save"]:
            return route.fulfill(body="<h1>Masuk</h1>", content_type="text/html")
        found = served("agenda-saved")
        return route.fulfill(body=found.body, content_type=found.kind)

    page = browser.new_page()
    page.route("**", answer)
    page.goto(f"{ORIGIN}/agenda")
    page.fill("#row-0-title", "Pembukaan yang baru")
    page.click("[value=save]")
    page.wait_for_selector("text=Masuk")
    page.goto(f"{ORIGIN}/agenda#isian")
    page.wait_for_selector("text=Agenda disimpan")
    assert [one["row-title"][0] for one in sent] == ["Pembukaan yang baru"] * len(sent)
    assert (sent[-1]["do"], sent[-1]["csrf"]) == (["check"], ["c5rf"])
