"""Versioned addresses of our own files and of htmx, which comes out of its package."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, url_for

from helpdesk.adapters import packaged


@lru_cache(maxsize=256)
def _stamp(path: str, modified: float) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10]


def register(app: Flask) -> None:
    """`asset('css/base.css')`, `htmx_url()` and `htmx_integrity` for every template."""
    folder = Path(app.static_folder or "")

    def asset(name: str) -> str:
        path = folder / name
        stamp = _stamp(str(path), path.stat().st_mtime) if path.exists() else "missing"
        return url_for("static", filename=name, v=stamp)

    app.jinja_env.globals.update(asset=asset, htmx_integrity=packaged.HTMX_INTEGRITY)

    @app.context_processor
    def scripts() -> dict[str, object]:
        return {"htmx_url": url_for("home.htmx", v=packaged.HTMX_INTEGRITY[-8:])}
