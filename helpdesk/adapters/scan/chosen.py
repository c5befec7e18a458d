"""The scanner that the settings ask for, if any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpdesk.adapters.scan import Scanner
from helpdesk.adapters.scan.clamd import ClamdScanner
from helpdesk.config import BadSetting


def scanner_from(settings: Mapping[str, Any]) -> Scanner | None:
    """clamd where CLAMD_URL names one; None where nothing is scanned. Raises BadSetting with one line."""
    if not settings["CLAMD_URL"]:
        return None
    try:
        return ClamdScanner(settings["CLAMD_URL"])
    except ValueError as error:
        raise BadSetting(f"CLAMD_URL cannot be used: {error}") from None
