"""One person in front of one browser window. Every page they come to is looked at."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Playwright, Response, expect

from tests.cast import PASSWORD
from tests.journeys.desk import Desk
from tests.servers import missing

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
NARROWEST = 360
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# A refusal that htmx shows in the page is an answer, not a fault.
ANSWERS = (400, 401, 403, 404, 409, 410, 413, 422, 429)

MEASURES = Path(__file__).with_name("measure.js").read_text(encoding="utf-8").rstrip().rstrip(";")


def measure(page: Page, what: str, *given: Any) -> Any:
    """The answer of one of the functions in measure.js."""
    return page.evaluate(f"given => {MEASURES}.{what}(...given)", list(given))


def launch(playwright: Playwright) -> Browser:
    """The system's Chromium; CHROMIUM names another one."""
    binary = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if binary is None:
        missing("Chromium", "apt-get install chromium, or set CHROMIUM")
    return playwright.chromium.launch(executable_path=binary, args=FLAGS)


class Examiner:
    """Runs axe. A structure that was found well in this run, at this width and theme, is not examined again."""

    def __init__(self, chromium: Browser) -> None:
        self.chromium, self.axe = chromium, Axe()
        self.well: set[str] = set()

    def check(self, page: Page, *, has_script: bool, dark: bool) -> None:
        """No violation of WCAG 2.2 AA or of axe's best practice."""
        html = page.content()
        sign = hashlib.sha256(f"{page.viewport_size} {dark} {structure(html)}".encode()).hexdigest()
        if sign in self.well:
            return
        found = self._run(page) if has_script else self._run_elsewhere(page, html, dark)
        troubles = [
            f"{v['id']}: {v['help']}\n    " + "\n    ".join(n["html"][:200] for n in v["nodes"][:4]) for v in found
        ]
        assert not troubles, f"axe on {page.url}:\n" + "\n".join(troubles)
        self.well.add(sign)

    def check_contrast(self, page: Page) -> None:
        """Only the rule that another theme can break."""
        sign = hashlib.sha256(f"{page.viewport_size} contrast {structure(page.content())}".encode()).hexdigest()
        if sign in self.well:
            return
        found = self._run(page, {"type": "rule", "values": ["color-contrast"]})
        lines = [n["html"][:160] + " " + n["any"][0]["message"][:160] for v in found for n in v["nodes"][:4]]
        assert not lines, f"contrast in the dark on {page.url}:\n" + "\n".join(lines)
        self.well.add(sign)

    def _run(self, page: Page, only: Any = None) -> list[Any]:
        options = {"runOnly": only or AXE_TAGS, "resultTypes": ["violations"]}
        violations: list[Any] = self.axe.run(page, options=options).response["violations"]
        return violations

    def _run_elsewhere(self, page: Page, html: str, dark: bool) -> list[Any]:
        """Axe needs timers, which a window without script does not have: the same page is laid before one that has,
        with the page's own scripts taken out."""
        bare = re.sub(r"<script\b.*?</script>", "", html, flags=re.DOTALL)
        scheme: Any = "dark" if dark else "light"
        context = self.chromium.new_context(viewport=page.viewport_size, color_scheme=scheme)
        try:
            copy = context.new_page()
            copy.route(page.url.partition("#")[0], lambda route: route.fulfill(body=bare, content_type="text/html"))
            copy.goto(page.url)
            return self._run(copy)
        finally:
            context.close()


def structure(html: str) -> str:
    """A page without its words and values: what axe looks at, apart from whether there are words at all."""
    html = re.sub(r"<script\b.*?</script>", "", html, flags=re.DOTALL)
    html = re.sub(
        r'\b(value|href|action|content|datetime|data-keep|data-copy|hx-headers|hx-get|hx-post)="[^"]+"', r"\1", html
    )
    html = re.sub(r"\d+", "0", html)
    return re.sub(r">[^<]*[^<\s][^<]*<", ">x<", html)


class Seat:
    """`seat.open("/queue")`, `seat.press("派单")`, `seat.write("标题", "…")`, `seat.sees("待接单")`."""

    def __init__(
        self, desk: Desk, context: BrowserContext, examiner: Examiner, *, js: bool, dark: bool, who: str | None
    ) -> None:
        self.desk, self.context, self.examiner = desk, context, examiner
        self.js, self.dark, self.who, self.english = js, dark, who, False
        self.troubles: list[str] = []
        self.in_flight = 0
        self.page = context.new_page()
        self.page.set_default_timeout(30_000)
        self._listen(self.page)
        if who is not None:
            context.add_cookies([desk.cookie_of(who)])  # type: ignore[list-item]

    # --- going about ---

    def open(self, path: str, *, expect_status: int = 200) -> Seat:
        """Type an address. The page is looked at."""
        answer = self.page.goto(path if path.startswith("http") else self.desk.address + path)
        assert answer is not None
        assert answer.status == expect_status, f"{path}: {answer.status}, not {expect_status}"
        self.settle()
        return self.look()

    def sign_in(self, who: str) -> None:
        """Through the page itself."""
        self.open("/login")
        self.fill_in_login(who)

    def fill_in_login(self, who: str) -> Seat:
        """Name and password, and in."""
        self.page.locator("input[name=login]").fill(who)
        self.page.locator("input[name=password]").fill(PASSWORD)
        return self.press(self.page.locator("main form[action^='/login'] button[type=submit]"))

    def press(self, what: str | Locator, *, within: str = "body", look: bool = True) -> Seat:
        """Click a button or link (by its words, or a locator) that asks the server, and wait for the answer."""
        target = self.button(what, within) if isinstance(what, str) else what
        with self.page.expect_event("request"):
            target.click(no_wait_after=True)
        self.settle()
        return self.look() if look else self

    def follow(self, address: str, *, within: str = "body") -> Seat:
        """Press the first visible link whose address ends so: the same in every language."""
        return self.press(self.link(address, within))

    def link(self, address: str, within: str = "body") -> Locator:
        """The first visible link whose address, without query and fragment, ends so."""
        ends = ", ".join(f"a[href{how}'{address}{sign}']" for how, sign in (("$=", ""), ("*=", "?"), ("*=", "#")))
        return self.page.locator(within).locator(ends).locator("visible=true").first

    def submit(self, action: str, *, value: str = "", look: bool = True) -> Seat:
        """Send the form whose action ends so, with its first button or the one of this value."""
        ends = f"form[action$='{action}'], form[action*='{action}?']"
        form = self.page.locator("main").locator(ends).locator("visible=true").first
        which = f"button[value='{value}']" if value else "button[type=submit]:not([formaction])"
        return self.press(form.locator(which).locator("visible=true").first, look=look)

    def button(self, words: str, within: str = "body") -> Locator:
        """The first visible button or link that says so: exactly, or else among other words."""
        box = self.page.locator(within)
        exact = re.compile(rf"^\s*{re.escape(words)}\s*$")
        for name in (exact, words):
            found = box.get_by_role("button", name=name).or_(box.get_by_role("link", name=name))
            seen = found.locator("visible=true")
            if seen.count():
                return seen.first
        raise AssertionError(f"nothing to press says {words!r} on {self.page.url}:\n{self.words()[:1500]}")

    def tap(self, what: str | Locator, *, within: str = "body") -> Seat:
        """Click something that asks nobody: opens a menu, moves the focus."""
        (self.button(what, within) if isinstance(what, str) else what).click()
        return self

    def write(self, name: str, text: str) -> Seat:
        """Into the field of this name (the name the form sends)."""
        self.field(name).fill(text)
        return self

    def choose(self, name: str, value: str = "") -> Seat:
        """Tick a box, or the choice of a list with this value."""
        wanted = f"main [name='{name}']" + (f"[value='{value}']" if value else "")
        box = self.page.locator(wanted).locator("visible=true").first
        if box.evaluate("e => e.localName") == "select":
            box.select_option(value)
        else:
            # The label covers the box in chips and cards: press where a finger would.
            box.check(force=True)
        return self

    def pick(self, name: str, value: str) -> Seat:
        """An entry of a drop-down list."""
        self.page.locator(f"main select[name='{name}']").select_option(value)
        return self

    def field(self, name: str) -> Locator:
        """The visible field that sends this name."""
        return self.page.locator(f"main [name='{name}']").locator("visible=true").first

    # --- seeing ---

    def words(self) -> str:
        """What stands in the page's main part, white space folded."""
        return re.sub(r"\s+", " ", self.page.locator("main").inner_text())

    def sees(self, *words: str) -> Seat:
        """These words are, or very soon will be, on the page."""
        for each in words:
            expect(self.page.locator("body")).to_contain_text(each, timeout=15_000, use_inner_text=True)
        return self

    def sees_not(self, *words: str) -> Seat:
        """These words are nowhere on the page."""
        for each in words:
            expect(self.page.locator("body")).not_to_contain_text(each, timeout=2000)
        return self

    @property
    def path(self) -> str:
        """The address without its host."""
        parts = urlsplit(self.page.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def look(self) -> Seat:
        """What every page keeps to: language, no sideways scrolling, axe, no complaint in the console."""
        page = self.page
        lang = page.locator("html").get_attribute("lang")
        assert lang == ("en" if self.english else "zh-Hans"), f"{page.url} says its language is {lang}"
        size = page.viewport_size
        assert size is not None
        self._fits()
        if size["width"] > NARROWEST:
            page.set_viewport_size({"width": NARROWEST, "height": size["height"]})
            self._fits()
            page.set_viewport_size(size)
        self.examiner.check(page, has_script=self.js, dark=self.dark)
        self.no_trouble()
        return self

    def _fits(self) -> None:
        wide = measure(self.page, "wider")
        assert not wide, f"{self.page.url} scrolls sideways:\n" + "\n".join(wide)

    def no_trouble(self) -> None:
        """The console was silent, nobody else was asked, nothing broke."""
        assert not self.troubles, f"{self.page.url}:\n" + "\n".join(self.troubles)

    # --- waiting ---

    def lose_session(self) -> None:
        """The session is over, as after too long an absence.

        The sign of presence leaves a moment after the page: an answer still under way would hand the cookie back, so
        the page is left to come to rest first.
        """
        self.page.wait_for_timeout(ARRIVAL)
        self.settle()
        self.context.clear_cookies()

    def settle(self) -> None:
        """Until every request is answered and htmx has put the answers in their places."""
        for _ in range(400):
            self.page.wait_for_load_state("load")
            if self.in_flight == 0 and not self.page.locator(BUSY).count():
                return
            self.page.wait_for_timeout(15)
        pytest.fail(f"{self.page.url} does not come to rest")

    def _listen(self, page: Page) -> None:
        def begun(_: Any) -> None:
            self.in_flight += 1

        def ended(_: Any) -> None:
            self.in_flight -= 1

        page.on("request", begun)
        page.on("requestfinished", ended)
        page.on("requestfailed", ended)
        page.on("response", self._answered)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        # Leaving unsent words behind asks first; whoever walks away in a test means it.
        page.on("dialog", lambda dialog: dialog.accept())

    def _answered(self, response: Response) -> None:
        if not response.url.startswith((self.desk.address, "data:")):
            self.troubles.append(f"asked somebody else: {response.url}")
        kind = response.request.resource_type
        if (
            response.status >= 500
            or (response.status >= 400 and kind not in ("document", "xhr", "fetch"))
            or (response.status >= 400 and response.status not in ANSWERS)
        ):
            self.troubles.append(f"{response.status} for {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text and not _htmx_told(message.text):
            self.troubles.append(f"console: {message.text}")


ARRIVAL = 500  # ms; every question a page asks by itself on arrival has left by then (presence: 200)
BUSY = ".htmx-request, .htmx-swapping, .htmx-settling"


def _htmx_told(text: str) -> bool:
    """htmx prints every answer over 399 to the console; those are looked at as answers."""
    return text.startswith("Response Status Error Code 4")


Sit = Callable[..., Seat]
