"""What is typed and not saved is neither left by mistake nor lost with a session."""

from playwright.sync_api import Browser, Dialog, Route

from tests.browser.served import ORIGIN, fulfil

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
    page.click(".brand", no_wait_after=True)
    page.wait_for_function("true")
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
