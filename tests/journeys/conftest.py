"""A desk that answers, a Chromium, and people who sit down in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.journeys.desk import Desk
from tests.journeys.seat import DESKTOP, PHONE, Examiner, Seat, Sit, launch


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here that asks for a Chromium is a browser test."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def examiner(chromium: Browser) -> Examiner:
    """Axe, and what it has found well in this run."""
    return Examiner(chromium)


@pytest.fixture
def desk(template_database: Path, tmp_path: Path) -> Iterator[Desk]:
    """The help desk, open."""
    opened = Desk(template_database, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def sit(desk: Desk, chromium: Browser, examiner: Examiner) -> Iterator[Sit]:
    """`sit("wang", wide=True)`: that person signs in; `sit()` is somebody nobody knows, with a phone."""
    contexts: list[BrowserContext] = []

    def _sit(who: str | None = None, *, js: bool = True, wide: bool = False, dark: bool = False, **more: Any) -> Seat:
        size: Any = DESKTOP if wide else PHONE
        context = chromium.new_context(
            **{
                "viewport": size,
                "java_script_enabled": js,
                "color_scheme": "dark" if dark else "light",
                "locale": "zh-CN",
                "timezone_id": "Asia/Shanghai",
                "reduced_motion": "reduce",
                "has_touch": not wide,
                **more,
            }
        )
        contexts.append(context)
        return Seat(desk, context, examiner, js=js, dark=dark, who=who)

    yield _sit
    for context in contexts:
        context.close()


@pytest.fixture(params=[True, False], ids=["script", "plain"])
def js(request: pytest.FixtureRequest) -> bool:
    """Once with JavaScript, once without."""
    return bool(request.param)
