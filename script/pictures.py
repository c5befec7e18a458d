"""Takes the pictures of docs/pictures. Arguments choose pages by name; `--en --to FOLDER` takes them in English."""

from __future__ import annotations

import argparse
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs/pictures"
PASSWORD = "wenqu-demo-2026"  # noqa: S105 - of the demo, printed for everybody
SIZES = {390: 844, 1440: 900}
THEMES = ("light", "dark")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@dataclass(frozen=True)
class Shot:
    """One page: who looks, where they begin, and the links pressed from there (CSS selectors)."""

    name: str
    login: str
    url: str
    presses: tuple[str, ...] = ()


SHOTS = (
    Shot("front", "", "/"),
    Shot("request", "", "/requests/new"),
    Shot("progress", "member-01", "/me/requests", ("main a[href^='/me/requests/']",)),
    Shot("queue", "coordinator-baoan-fuyong", "/queue"),
    Shot("case", "coordinator-baoan-fuyong", "/cases?status=consulting", ("main a[href^='/cases/']",)),
    Shot(
        "offer",
        "coordinator-baoan-fuyong",
        "/cases?status=triaged",
        ("main a[href^='/cases/']", "main a[href*='/offers']"),
    ),
    Shot("inbox", "expert-01", "/inbox"),
    Shot("hours", "expert-01", "/me/hours"),
    Shot("certificate", "expert-01", "/me/certificates", ("main a[href^='/certificates/']",)),
    Shot("overview", "operator", "/overview"),
)


@contextmanager
def desk(folder: Path) -> Iterator[str]:
    """A server on a fresh demo database, with its papers drawn; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    env = {**os.environ, "DATABASE_URL": f"sqlite:///{folder / 'desk.db'}", "INSTANCE_DIR": str(folder),
           "PUBLIC_URL": address, "FONTS_DIR": os.environ.get("FONTS_DIR", str(ROOT / "instance/fonts"))}  # fmt: skip
    flask = [sys.executable, "-m", "flask"]
    for command in (["db", "upgrade"], ["reference"], ["demo"], ["work", "--once"]):
        subprocess.run([*flask, *command], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "wsgi:app", "--threads", "4", "--bind", f"127.0.0.1:{port}",
         "--log-level", "error", "--no-control-socket"],
        cwd=ROOT, env=env,
    )  # fmt: skip
    try:
        for _ in range(150):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def take(browser: Browser, address: str, shot: Shot, width: int, theme: str, english: bool, folder: Path) -> None:
    """One picture, in as few colours as make no difference to the eye."""
    phone = width < 600
    context = browser.new_context(
        viewport={"width": width, "height": SIZES[width]},
        color_scheme="dark" if theme == "dark" else "light",
        device_scale_factor=2 if phone else 1,
        has_touch=phone,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    page = context.new_page()
    if english:
        context.add_cookies([{"name": "lang", "value": "en", "url": address}])
    if shot.login:
        _sign_in(page, address, shot.login)
    page.goto(address + shot.url)
    for selector in shot.presses:
        page.locator(selector).locator("visible=true").first.click()
        page.wait_for_load_state("networkidle")
    page.wait_for_timeout(200)
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    few = picture.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(folder / f"{shot.name}-{width}-{theme}.png", optimize=True)
    context.close()


def _sign_in(page: Page, address: str, login: str) -> None:
    page.goto(f"{address}/login")
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form[action^='/login'] button[type=submit]").click()
    page.wait_for_load_state()


def main() -> None:
    """Take all, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(s.name for s in SHOTS))
    parser.add_argument("--en", action="store_true", help="in English")
    parser.add_argument("--to", type=Path, default=FOLDER, help="the folder")
    asked = parser.parse_args()
    unknown = set(asked.names) - {s.name for s in SHOTS}
    if unknown:
        parser.error(f"no page is called {', '.join(sorted(unknown))}")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("No Chromium here: apt-get install chromium, or set CHROMIUM to one.")
    asked.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for shot in SHOTS:
            if asked.names and shot.name not in asked.names:
                continue
            for width in SIZES:
                for theme in THEMES:
                    take(browser, address, shot, width, theme, asked.en, asked.to)
            print(shot.name)
        browser.close()


if __name__ == "__main__":
    main()
