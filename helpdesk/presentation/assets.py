"""Versioned addresses of our own files, of the style sheets joined for each kind of page, and of htmx's package."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app, url_for

from helpdesk.adapters import packaged

# What a kind of page is sent, in the order of the cascade. One address for each saves a phone on a slow line six
# round trips, and what is squeezed together is squeezed a quarter smaller.
COMMON = ("tokens", "base", "components", "forms")
SHEETS = {
    "public": (*COMMON, "public"),
    "work": (*COMMON, "work", "case", "desk", "charts"),
    "site": ("site",),
    "case": ("case",),
    "honour_roll": ("honour_roll",),
    "commendation": ("commendation",),
    "visitor": ("public", "site"),
    "print": ("print",),
    "paper": (*COMMON, "public", "case", "paper"),
}
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
BLANKS = re.compile(r"\s*\n\s*")


@lru_cache(maxsize=256)
def _stamp(path: str, modified: float) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10]


@lru_cache(maxsize=64)
def _joined(folder: str, name: str, modified: tuple[float, ...]) -> str:
    whole = "\n".join((Path(folder) / f"{part}.css").read_text(encoding="utf-8") for part in SHEETS[name])
    return BLANKS.sub("\n", COMMENT.sub("", whole)).strip() + "\n"


def sheet(name: str) -> str:
    """The style sheets of one kind of page as one, without comments and indentation; KeyError for no such kind."""
    folder = Path(current_app.static_folder or "") / "css"
    return _joined(str(folder), name, tuple((folder / f"{part}.css").stat().st_mtime for part in SHEETS[name]))


def register(app: Flask) -> None:
    """`asset('img/logo.svg')`, `sheet_url('public')`, `htmx_url` and `htmx_integrity` for every template."""
    folder = Path(app.static_folder or "")

    def asset(name: str) -> str:
        path = folder / name
        stamp = _stamp(str(path), path.stat().st_mtime) if path.exists() else "missing"
        return url_for("static", filename=name, v=stamp)

    def sheet_url(name: str) -> str:
        return url_for("home.sheet", sheet_name=name, v=hashlib.sha256(sheet(name).encode()).hexdigest()[:10])

    app.jinja_env.globals.update(asset=asset, sheet_url=sheet_url, htmx_integrity=packaged.HTMX_INTEGRITY)

    @app.context_processor
    def scripts() -> dict[str, object]:
        return {"htmx_url": url_for("home.htmx", v=packaged.HTMX_INTEGRITY[-8:])}
