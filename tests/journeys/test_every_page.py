"""A robot follows every link for every kind of reader: nothing leads nowhere, nothing changes by looking, and what
holds for one page holds for all. Numbers are those of the design's forty checks."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import MetaData

from helpdesk import clock, create_app
from helpdesk.db import READ_ONLY, begin, db, is_modelled
from helpdesk.jobs import registry, worker
from tests.browser import Browser, Page, check_hygiene
from tests.cast import Cast
from tests.conftest import NOW, settings
from tests.journeys import town as towns
from tests.journeys.desk import home_of
from tests.journeys.town import Found
from tests.make import Make

# Views that no link leads to, each with its reason.
WITHOUT_A_LINK = {
    "static": "files",
    "home.htmx": "a file out of a package",
    "home.sheet": "a style sheet",
    "requests.account": "a member who signed in has an account; the same view by the link is reached",
    "erasures.confirm": "linked once no case of the company is open; the same view for one case is reached",
    "home.components": "for whoever builds pages",
    "home.favicon": "for browsers that ask whatever the page says",
    "home.robots": "for robots",
    "health.show": "for machines that watch",
}
# Reading these writes on purpose: an overseer's every look at a case is logged (rule R16).
LOGGED_READINGS = {"access_log", "accesses", "access"}

KB = 1000
PUBLIC, DESK, WITH_SCRIPTS = 20 * KB, 30 * KB, 60 * KB


@dataclass
class Census:
    """All pages that all kinds of reader come to, and which tables their reading changed."""

    browser: Browser
    found: dict[str | None, list[Found]] = field(default_factory=dict)
    untidy: set[str] = field(default_factory=set)
    changed: dict[str | None, set[str]] = field(default_factory=dict)

    def pages(self, *people: str | None) -> Iterator[Found]:
        """What these people came to and what is a page or a piece of one."""
        for who in people or tuple(self.found):
            yield from (f for f in self.found[who] if f.page.tree is not None and f.page.status == 200)

    def walk(self, town: towns.Town, who: str | None) -> Iterator[Found]:
        """Everything this person comes to, in at the doors and along every link."""
        doors = town.doors()
        if who is not None:
            doors.append(home_of(self.browser.app, who))

        def get(url: str) -> Page:
            page = Page(self.browser.open(url, who), fragment=False)
            if page.tree is not None and page.status != 303:
                try:
                    check_hygiene(page, fragment=False)
                except AssertionError as trouble:
                    self.untidy.add(f"{url}: {trouble}")
            return page

        yield from towns.crawl(self.browser.app, get, doors)


@pytest.fixture(scope="module")
def census(template_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Census]:
    """The robot's walk, made once."""
    folder = tmp_path_factory.mktemp("census")
    shutil.copy(template_database, folder / "town.db")
    app = create_app(settings(folder, f"sqlite:///{folder / 'town.db'}"))
    with clock.at(NOW), app.app_context():
        begin(read_only=False)
        cast = Cast()
        town = towns.build(Make(cast))
        db.session.commit()
        worker.run_due(registry.outside_from(app.config))
        census = Census(Browser(app, cast))
        for who in towns.PEOPLE:
            before = fingerprint()
            census.found[who] = list(census.walk(town, who))
            after = fingerprint()
            census.changed[who] = {name for name in after if after[name] != before.get(name)}
        yield census
        db.session.remove()
        db.engine.dispose()


class AnyOf(int):
    """A status that equals any of these."""

    statuses: tuple[int, ...]

    def __new__(cls, *statuses: int) -> AnyOf:
        made = super().__new__(cls, statuses[0])
        made.statuses = statuses
        return made

    def __eq__(self, other: object) -> bool:
        return other in self.statuses

    def __ne__(self, other: object) -> bool:
        return other not in self.statuses

    __hash__ = int.__hash__


def fingerprint() -> dict[str, str]:
    """Every table's rows as one number each."""
    db.session.commit()
    tables = MetaData()
    # FTS5 keeps shadow tables without row ids beside the index; the index itself is compared as it is.
    indexes = ("case_search", "article_search")
    tables.reflect(db.engine, only=lambda name, _: name in indexes or is_modelled(name, "table", None))
    prints = {}
    with db.engine.connect().execution_options(**{READ_ONLY: True}) as connection:
        for table in tables.sorted_tables:
            rows = connection.exec_driver_sql(f"SELECT * FROM {table.name} ORDER BY rowid").all()
            prints[table.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
        connection.rollback()
    return prints


@pytest.mark.parametrize("who", towns.PEOPLE, ids=str)
def test_every_link_leads_somewhere(census, who):
    dead = {
        f"{f.came_from} leads to {f.url}: {f.page.status}"
        for f in census.found[who]
        if f.page.status not in (200, 204, 303)
    }
    assert not dead, "\n".join(sorted(dead))


def test_every_page_is_tidy(census):
    """What the browser of the other tests checks on each page it sees: here on all there are."""
    assert not census.untidy, "\n".join(sorted(census.untidy))


@pytest.mark.parametrize("who", towns.PEOPLE, ids=str)
def test_looking_changes_nothing(census, who):
    """Check 23: a robot that opens every address, as a mail scanner would, changes no row of any table."""
    allowed = LOGGED_READINGS if who == "sun" else set()
    assert census.changed[who] <= allowed, f"looking changed {census.changed[who]}"


def test_every_page_is_reached_by_a_link(census):
    """A page nobody can come to is a page nobody has."""
    app = census.browser.app
    met = {towns.endpoint_of(app, f.url) for found in census.found.values() for f in found}
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())} - set(WITHOUT_A_LINK)
    assert pages <= met, f"no link leads to {sorted(pages - met)}"


def test_pages_say_that_htmx_gets_another_answer(census):
    for found in census.pages():
        assert "HX-Request" in found.page.response.headers.get("Vary", ""), found.url


@pytest.mark.parametrize("who", [None, "chen", "wang"], ids=str)
def test_pieces_for_htmx_are_whole_pages_when_opened_alone(census, who):
    """Checks 21 and 22: what htmx fetches is a page of its own for everybody else, and a piece of it for htmx."""
    browser = census.browser
    pieces: dict[str, str] = {}
    for found in census.pages(who):
        for element in found.page.tree.iter():
            for verb in ("hx-get", "hx-post", "hx-put"):
                target = element.get(verb)
                real = element.get("href") or element.get("action") or element.get("formaction")
                if target and real:
                    assert urlsplit(real).path == urlsplit(target).path, f"{verb} {target} beside {real} on {found.url}"
                if target and verb == "hx-get":
                    endpoint = towns.endpoint_of(browser.app, target)
                    assert endpoint, f"{target} on {found.url} leads nowhere"
                    pieces.setdefault(endpoint, target)
    for url in pieces.values():
        whole = browser.get(url, as_=who, expect=AnyOf(200, 204, 303))
        assert whole.status != 200 or (whole.all("html") and whole.all("main")), f"{url} alone is no page"
        piece = browser.get(url, as_=who, expect=AnyOf(200, 204, 286), htmx=True)
        assert "<html" not in piece.text, f"{url} gives htmx a whole page"
        back = browser.open(url, who, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
        assert back.status_code in (204, 303) or "<html" in back.get_data(as_text=True), (
            f"{url}: the way back is no page"
        )


@pytest.mark.parametrize("who", [None, "chen", "wang", "zhou"], ids=str)
def test_pages_are_light(census, who):
    """Check 17: HTML and CSS of a public page within 20 kB, of a desk page within 30, with all scripts within 60."""
    static: dict[str, int] = {}
    fat = []
    for found in census.pages(who):
        page = found.page
        if not page.all("main"):
            continue
        styles = [e.get("href") for e in page.all("link", rel="stylesheet") if e.get("media") != "print"]
        scripts = [e.get("src") for e in page.all("script") if e.get("src")]
        for url in (*styles, *scripts):
            assert url.startswith("/"), f"{found.url} asks somebody else: {url}"
            if url not in static:
                static[url] = towns.squeezed(census.browser.open(url, who).get_data())
        weight = towns.squeezed(page.text.encode()) + sum(static[url] for url in styles)
        limit = PUBLIC if page.all("body", class_="site") else DESK
        whole = weight + sum(static[url] for url in scripts)
        if weight > limit or whole > WITH_SCRIPTS:
            fat.append(f"{found.url}: {weight / KB:.1f} kB of {limit / KB:.0f}, with scripts {whole / KB:.1f}")
    assert not fat, "\n".join(fat)


# --- forms (check 11) and words ---


def test_forms_let_the_server_say_what_is_missing(census):
    """No asterisks, nothing cut while it is typed; `required` and `novalidate` are looked at on every page anyway."""
    forms = 0
    for found in census.pages():
        page = found.page
        for label in [*page.all("label"), *page.all("legend")]:
            text = "".join(label.itertext())
            assert "*" not in text, f"an asterisk on {found.url}: {text}"
            forms += 1
        for box in [*page.all("input"), *page.all("textarea")]:
            assert box.get("maxlength") is None, f"{found.url} cuts what is typed into {box.get('name')}"
    assert forms


def test_nothing_speaks_of_a_system_or_cheers(census):
    """The voice (look, 8.1): we, not "the system", save in the national one's name; no exclamation marks; no
    "success"."""
    loud = []
    for found in census.pages():
        loud += [
            f"{found.url}: {m}"
            for m in re.findall(
                r".{0,12}(?:(?<!跟随)(?<!全国志愿服务信息)系统|成功|！|敬请|请知悉).{0,12}", found.page.words
            )
        ]
    assert not loud, "\n".join(sorted(set(loud)))


def test_the_site_serves_all_its_files_itself():
    """No address of another host in a style sheet or script; no web fonts (check 17)."""
    folder = Path(__file__).parents[2] / "helpdesk" / "static"
    for path in [*folder.glob("css/*.css"), *folder.glob("js/*.js")]:
        text = path.read_text(encoding="utf-8")
        assert "@font-face" not in text and "@import" not in text, path.name
        assert not re.findall(r"url\(\s*['\"]?(?:https?:)?//", text), path.name
