"""Files that come out of installed packages: htmx is served from its wheel, never copied into the repository."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

# htmx 2.0.3, the same bytes as its authors publish; checked when it is first served and by the browser again.
HTMX_INTEGRITY = "sha384-0895/pl2MU10Hqc6jd4RvrthNlDiE9U1tWmX7WRESftEDRosgxNsQG/Ze9YMRzHq"


class WrongFile(Exception):
    """A packaged file is missing or is not the one that was pinned; the message says what to do."""


@lru_cache(maxsize=1)
def htmx_file() -> Path:
    """The path of htmx.min.js inside its package. Raises WrongFile when it is not the pinned one."""
    spec = find_spec("js_lib_htmx")
    if spec is None or not spec.submodule_search_locations:
        raise WrongFile("htmx is missing: run script/setup (package django-js-lib-htmx)")
    path = Path(spec.submodule_search_locations[0]) / "static" / "htmx" / "htmx.min.js"
    digest = base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
    if f"sha384-{digest}" != HTMX_INTEGRITY:
        raise WrongFile(f"{path.name} is not the pinned htmx: run script/setup")
    return path
