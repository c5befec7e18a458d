"""Bundles of records as another installation would write them, and what becomes of them here."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from helpdesk.adapters.signing import detached, keys
from helpdesk.adapters.signing.keys import SigningKey
from helpdesk.domain import record_transfers
from helpdesk.models import RecordImport
from helpdesk.rules import bundles
from tests.cast import Cast

RECORD: dict[str, Any] = {
    "origin": {"id": "f05a" * 16, "name": "佛山中小企业志愿服务", "url": "https://foshan.example"},
    "volunteer": {"name": "陈明远", "number": "44060000777", "registered_on": "2022-05-01"},
    "consent": {"given_at": "2026-11-10T08:00:00+08:00", "receiver": "深圳", "wording": "transfer-2026-11"},
    "exported_at": "2026-11-10T08:00:00+08:00",
    "entries": [
        {
            "id": f"{n:04d}" * 16, "served_on": f"2025-03-0{n}", "minutes": 60 * n, "mode": "online",
            "category": "policy", "recorder": "佛山市中小企业服务中心", "confirmed_by": "company",
        }
        for n in (1, 2, 3)
    ],
}  # fmt: skip


@lru_cache(maxsize=2)
def key(name: str = "佛山") -> SigningKey:
    """The signing key of another installation, made once."""
    return keys.own(Path(tempfile.mkdtemp()), name)


def record(**changes: Any) -> dict[str, Any]:
    """The record of RECORD with other parts."""
    return {**deepcopy(RECORD), **changes}


def sealed(made: dict[str, Any], by: SigningKey | None = None) -> bytes:
    """A record with its signature, as it leaves."""
    signature = detached.sign(by or key(), bundles.canonical(made))
    return bundles.canonical({"format": bundles.FORMAT, "record": made, "signature": signature})


def imported(cast: Cast, login: str, **changes: Any) -> RecordImport:
    """A bundle that the operator has taken in for an expert of the cast."""
    expert = cast.expert(login)
    made = record(volunteer={**RECORD["volunteer"], "name": expert.name}, **changes)
    return record_transfers.take_in(cast.zhou, sealed(made), volunteer_number=expert.volunteer_number)
