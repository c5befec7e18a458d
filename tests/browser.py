"""A browser for tests that checks every page it sees: status, headers, title, ids, labels, forms, words."""

from __future__ import annotations

import contextvars
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from helpdesk import clock as house_clock
from helpdesk.db import db
from tests.cast import PASSWORD, Cast

NS = "{http://www.w3.org/1999/xhtml}"
VOID_LABEL = {"hidden", "submit", "button", "image", "reset"}


class Page:
    """An answer as a tree to look into."""

    def __init__(self, response: TestResponse, *, fragment: bool) -> None:
        self.response = response
        self.status = response.status_code
        self.text = response.get_data().decode("utf-8", "replace")  # a picture is no text, and no reason to stop
        self.location = response.headers.get("Location", "")
        parse = html5lib.parseFragment if fragment else html5lib.parse
        self.tree: Any = parse(self.text, treebuilder="etree") if "html" in (response.content_type or "") else None

    def all(self, tag: str, **attributes: str) -> list[Any]:
        """Every element with this tag and these attributes (class_ means the class list contains it)."""
        found = []
        for element in self.tree.iter(NS + tag):
            wanted = {k.rstrip("_").replace("_", "-"): v for k, v in attributes.items()}
            if all(
                (v in (element.get(k) or "").split() if k == "class" else element.get(k) == v)
                for k, v in wanted.items()
            ):
                found.append(element)
        return found

    def says(self, words: str) -> bool:
        """Whether the words stand in the visible text."""
        return words in self.words

    @property
    def words(self) -> str:
        """All text, white space folded."""
        return re.sub(r"\s+", " ", "".join(self._texts(self.tree)))

    def _texts(self, element: Any) -> Iterator[str]:
        """In reading order. A marked word is a part of its sentence; other elements begin something of their own."""
        if element.tag in (NS + "script", NS + "style"):
            return
        gap = "" if element.tag == NS + "mark" else " "
        yield gap + (element.text or "")
        for child in element:
            yield from self._texts(child)
            yield ("" if child.tag == NS + "mark" else " ") + (child.tail or "")
        yield gap

    def form(self, action: str | None = None) -> dict[str, str]:
        """What a form would send as it stands: the one whose action, or a button's, ends so, or the first POST form."""
        forms = [f for f in self.all("form") if (f.get("method") or "get").lower() == "post"]
        if action is not None:
            forms = [f for f in forms if any(urlsplit(to).path.endswith(action) for to in _actions(f))]
        assert forms, f"no form {action!r} on this page"
        return form_values(forms[0])


def _actions(form: Any) -> Iterator[str]:
    """Where a form may go: its own address, then those of its buttons."""
    yield form.get("action") or ""
    yield from (button.get("formaction") or "" for button in form.iter(NS + "button"))


def form_values(form: Any) -> dict[str, str]:
    """The values of a form's fields as a browser would send them."""
    values: dict[str, str] = {}
    for element in form.iter():
        name = element.get("name")
        if not name:
            continue
        if element.tag == NS + "input":
            kind = (element.get("type") or "text").lower()
            if kind in ("checkbox", "radio"):
                if element.get("checked") is not None:
                    values[name] = element.get("value") or "on"
            elif kind not in ("submit", "button", "file"):
                values[name] = element.get("value") or ""
        elif element.tag == NS + "textarea":
            values[name] = (element.text or "").removeprefix("\n")
        elif element.tag == NS + "select":
            options = list(element.iter(NS + "option"))
            chosen = [o for o in options if o.get("selected") is not None] or options[:1]
            if chosen:
                values[name] = chosen[0].get("value") or ""
    return values


def apart(act: Callable[[], Any]) -> Any:
    """Run as another process would: no application context, session or `g` of the test; only the same clock."""
    moment = house_clock.now()

    def run() -> Any:
        with house_clock.at(moment):
            return act()

    return contextvars.Context().run(run)


class Browser:
    """`browser.get("/queue", as_="wang")` answers a Page after the house's checks."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.app, self.cast = app, cast
        self.clients: dict[str | None, FlaskClient] = {}

    def client(self, as_: str | None) -> FlaskClient:
        """The person's own client, signed in."""
        if as_ not in self.clients:
            client = self.app.test_client()
            if as_ is not None:
                account = self.cast.account(as_)
                key = f"{account.id}.{account.session_epoch}"
                with client.session_transaction() as session:
                    session["_user_id"], session["_fresh"] = key, True
            self.clients[as_] = client
        return self.clients[as_]

    def sign_in(self, login: str) -> None:
        """Sign in through the page itself."""
        client = self.app.test_client()
        self.clients[login] = client
        db.session.commit()
        db.session.remove()
        apart(lambda: self._post(client, "/login", {"login": login, "password": PASSWORD}, page="/login"))

    def get(self, url: str, as_: str | None = None, *, expect: int = 200, htmx: bool = False, **kwargs: Any) -> Page:
        """GET, checked. The session's own transaction is settled first, as a second process would see it."""
        headers = {"HX-Request": "true"} if htmx else {}
        return self._checked(self.open(url, as_, headers=headers, **kwargs), expect, htmx)

    def open(self, url: str, as_: str | None = None, **kwargs: Any) -> TestResponse:
        """The bare answer, unchecked."""
        client = self.client(as_)
        db.session.commit()
        db.session.remove()
        # An answer that is told while it is read is read here, where its context lives.
        return apart(lambda: client.open(url, **{"buffered": True, **kwargs}))

    def post(
        self,
        url: str,
        data: dict[str, Any] | None = None,
        as_: str | None = None,
        *,
        expect: int = 303,
        page: str | None = None,
        htmx: bool = False,
    ) -> Page:
        """POST with a CSRF token taken from `page` (default: the address itself, else any page)."""
        client = self.client(as_)
        db.session.commit()
        db.session.remove()
        answer = apart(lambda: self._post(client, url, data or {}, page=page, htmx=htmx))
        return self._checked(answer, expect, htmx)

    def _post(
        self, client: FlaskClient, url: str, data: dict[str, Any], *, page: str | None = None, htmx: bool = False
    ) -> TestResponse:
        token = self._token(client, page)
        headers = {"HX-Request": "true"} if htmx else {}
        return client.post(url, data={"csrf_token": token, **data}, headers=headers)

    def _token(self, client: FlaskClient, page: str | None) -> str:
        text = client.get(page or "/login").get_data(as_text=True)
        found = re.search(r'name="csrf[-_]token"[^>]*?(?:value|content)="([^"]+)"', text)
        assert found, f"no CSRF token on {page or '/login'}"
        return found.group(1)

    def _checked(self, response: TestResponse, expect: int, fragment: bool) -> Page:
        page = Page(response, fragment=fragment)
        assert page.status == expect, f"{response.request.path}: {page.status}, not {expect}\n{_gist(page)}"
        if page.tree is None or page.status in (302, 303):
            return page
        headers = response.headers
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        check_hygiene(page, fragment=fragment)
        return page


def check_hygiene(page: Page, *, fragment: bool) -> None:
    """What every page of the house keeps to; a new check here improves every test."""
    ids = [e.get("id") for e in page.tree.iter() if e.get("id")]
    doubled = {i for i in ids if ids.count(i) > 1}
    assert not doubled, f"ids twice: {doubled}"
    for element in page.tree.iter():
        assert element.get("style") is None, f"inline style on {element.tag}"
        assert not any(name.startswith("on") for name in element.attrib), f"inline handler on {element.tag}"
        assert element.get("required") is None, f"required on {element.get('name')}"
    for form in page.all("form"):
        assert form.get("action"), "a form without action"
        if (form.get("method") or "get").lower() == "post" and _takes_words(form):
            assert form.get("novalidate") is not None, f"{form.get('action')} validates in the browser"
    for tag in ("input", "select", "textarea"):
        for element in page.all(tag):
            if element.get("type") not in VOID_LABEL:
                assert _labelled(page, element, fragment), f"no label: {element.get('name')}"
    for element in page.tree.iter():
        for verb in ("hx-get", "hx-post"):
            if (target := element.get(verb)) and element.tag in (NS + "a", NS + "form"):
                real = element.get("href") or element.get("action")
                assert real and urlsplit(real).path == urlsplit(target).path, f"{verb} {target} beside {real}"
    if not fragment:
        assert len(page.all("h1")) == 1, f"{len(page.all('h1'))} h1"
        titles = page.all("title")
        assert titles and (titles[0].text or "").strip(), "no title"
        if page.status == 422:
            assert titles[0].text.strip().startswith(("错误：", "Error:")), titles[0].text


def _takes_words(form: Any) -> bool:
    """Whether there is something to fill in; a form of buttons has nothing to validate."""
    fields = (e for e in form.iter() if e.tag in (NS + "input", NS + "textarea", NS + "select"))
    return any((e.get("type") or "text").lower() not in VOID_LABEL for e in fields)


def _labelled(page: Page, element: Any, fragment: bool) -> bool:
    if element.get("aria-label") or element.get("aria-labelledby"):
        return True
    wanted = element.get("id")
    if wanted and any(label.get("for") == wanted for label in page.all("label")):
        return True
    return any(element in list(label.iter()) for label in page.all("label"))


def _gist(page: Page) -> str:
    return page.words[:600] if page.tree is not None else page.text[:300]
