"""Reference and demonstration data as JSON: fields and topics, districts, and the invented cast of the demo.

`categories` and `districts` are needed by every installation. `stations`, `experts`, `companies`, `scenarios` and
`odd_ends` are the demonstration: every organisation and person in them is invented.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any


def load(name: str) -> Any:
    """The content of `<name>.json` in this package, for example `load("categories")`.

    Raises FileNotFoundError for a name without a file.
    """
    return json.loads(resources.files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
