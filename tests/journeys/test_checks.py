"""The design's checks that only a browser can make, on one page of every kind for every kind of reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from helpdesk.jobs import registry, worker
from tests.browser import Page as Answer
from tests.journeys import town as towns
from tests.journeys.desk import Desk
from tests.journeys.seat import DESKTOP, PHONE, Examiner, Seat, measure

WIDTHS = (320, 360, 390, 768, 1440)
READERS = (None, "lin", "chen", "wang", "zhou", "feng")
# A reader's own text spacing, WCAG 2.2, 1.4.12.
SPACED = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }
"""


@dataclass
class Standing:
    """A desk with a town in it that stays for all tests of this file; nobody writes to it."""

    desk: Desk
    town: towns.Town
    pages: dict[str | None, list[str]]


@pytest.fixture(scope="module")
def standing(template_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    desk = Desk(template_database, tmp_path_factory.mktemp("standing"))
    with desk.inside() as make:
        town = towns.build(make)
    with desk.app.app_context():
        worker.run_due(registry.outside_from(desk.app.config))
    yield Standing(desk, town, {who: one_of_each(desk, town, who) for who in READERS})
    desk.close()


def one_of_each(desk: Desk, town: towns.Town, who: str | None) -> list[str]:
    """The address of one page of every view this person comes to; of cases one in each state."""
    client = desk.app.test_client()
    doors = ["/"] if who else town.doors()
    if who is not None:
        cookie = desk.cookie_of(who)
        client.set_cookie(cookie["name"], cookie["value"])
        doors.append(desk.home_of(who))

    def get(url: str) -> Answer:
        return Answer(client.get(url), fragment=False)

    found, per_view = [], set()
    for each in towns.crawl(desk.app, get, doors, most=1):
        view = towns.endpoint_of(desk.app, each.url)
        if view in ("cases.show", "tracking.show", "requests.show"):
            again = "?" in each.url
        else:
            again = view in per_view
        if each.page.status == 200 and each.page.tree is not None and each.page.all("main") and not again:
            per_view.add(view)
            found.append(each.url)
    return found


@pytest.fixture
def seat(standing: Standing, chromium: Browser, examiner: Examiner) -> Iterator[Any]:
    """`seat("chen", wide=False)`: that person in front of the standing desk."""
    contexts = []

    def sit(who: str | None, *, wide: bool, dark: bool = False, **more: Any) -> Seat:
        size: Any = DESKTOP if wide else PHONE
        scheme: Any = "dark" if dark else "light"
        context = chromium.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce", **more)
        contexts.append(context)
        return Seat(standing.desk, context, examiner, js=True, dark=dark, who=who)

    yield sit
    for context in contexts:
        context.close()


@pytest.mark.parametrize("who", READERS, ids=str)
def test_every_page(standing, seat, who):
    """Checks 1 to 4, 20 and 32 on each page: widths, 200 % text, text spacing, targets for fingers (axe sees to the
    mouse), letters, axe, contrast in the dark, nothing against the policy."""
    one, troubles = seat(who, wide=True), Troubles()
    page, fingers = one.page, one.context.new_cdp_session(one.page)
    at_home = DESKTOP if who in ("wang", "zhou", "feng") else PHONE
    assert standing.pages[who]
    for url in standing.pages[who]:
        page.set_viewport_size(DESKTOP)
        page.goto(standing.desk.address + url)
        one.settle()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            troubles.fits(page, f"{width} px")
        page.set_viewport_size(at_home)
        with troubles:
            one.examiner.check(page, has_script=True, dark=False)
        page.set_viewport_size(PHONE)
        fingers.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        assert page.evaluate("matchMedia('(pointer: coarse)').matches")
        troubles.small(page, "smallTargets", 44)
        troubles.small(page, "smallWords", 12)
        page.emulate_media(color_scheme="dark")
        with troubles:
            one.examiner.check_contrast(page)
        page.emulate_media(color_scheme="light")
        measure(page, "wear", "html { font-size: 32px !important }")
        troubles.fits(page, "text at 200 %")
        measure(page, "wear", SPACED)
        troubles.fits(page, "text spacing")
        fingers.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    with troubles:
        one.no_trouble()
    troubles.none()


class Troubles(list[str]):
    """All that is wrong, told at the end: one run shows everything."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, _: Any) -> bool:
        if isinstance(error, AssertionError):
            self.append(str(error))
            return True
        return False

    def fits(self, page: Page, how: str) -> None:
        """No sideways scrolling of the document."""
        wide = measure(page, "wider")
        if wide:
            self.append(f"{page.url} scrolls sideways at {how}: {'; '.join(wide)}")

    def small(self, page: Page, what: str, least: int) -> None:
        """Nothing smaller than this."""
        here = urlsplit(page.url).path
        self.extend(f"{here}: {what}, under {least} px: {each}" for each in measure(page, what, least))

    def none(self) -> None:
        """Fail when there was any."""
        assert not self, "\n".join(dict.fromkeys(self))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_of_components(standing, seat, dark):
    """Every piece in every state on one page: it fits every width, and axe finds nothing."""
    one, troubles = seat("wang", wide=True, dark=dark), Troubles()
    one.page.goto(standing.desk.address + "/components")
    one.settle()
    for width in WIDTHS:
        one.page.set_viewport_size({"width": width, "height": 844})
        troubles.fits(one.page, f"{width} px")
    with troubles:
        one.examiner.check(one.page, has_script=True, dark=dark)
    with troubles:
        one.no_trouble()
    troubles.none()


def test_reading_text_is_large_and_can_be_larger(standing, seat):
    """Check 32: 16 px at 1.7 on public pages; with large text the root is 20 px."""
    one = seat(None, wide=False)
    one.open("/")
    assert measure(one.page, "style", "main") == ["16px", "27.2px"]
    one.press(one.page.locator("footer button[value=large]"))
    assert measure(one.page, "style", "html")[0] == "20px"


@pytest.mark.parametrize(("who", "url"), [(None, "/"), ("chen", "/inbox"), ("wang", "/queue")], ids=str)
def test_tab_begins_with_the_skip_link_and_reads_like_the_page(standing, seat, who, url):
    """Check 6: skip link first, and it works; the order of tabbing is the order on the page; no trap."""
    one = seat(who, wide=True)
    page = one.open(url).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.skip')"), "the skip link is not first"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    places = []
    for _ in range(60):
        page.keyboard.press("Tab")
        place = measure(page, "focus")
        if place is None:
            break
        places.append(place)
    assert len(set(places)) > 2
    assert places[: len(set(places))] == sorted(set(places)), "tabbing jumps about"


def test_focus_can_be_seen_everywhere_on_a_page(standing, seat):
    """Check 5, as far as a machine can see it: whatever is focused has an outline of its own."""
    one = seat("wang", wide=True)
    page = one.open("/queue").page
    for _ in range(25):
        page.keyboard.press("Tab")
        assert not measure(page, "focusWithoutRing")
