"""Papers as PDF: plain facts in, bytes out. Twins: `weasyprint` draws the real paper, `null` one for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True)
class Facts:
    """What every paper says: its number, its code with the address to check it, the deployment's pattern, and whether
    its signature is an official electronic seal (《电子签名法》 art. 16) or a mark against tampering only."""

    number: str
    verification_code: str
    verify_url: str
    city: str
    has_seal: bool


@dataclass(frozen=True, kw_only=True)
class CertificateFacts(Facts):
    """Everything a certificate says, as plain values; all times are whole minutes.

    办法67 art. 15 demands service time, content and recording organisation; the rest follows 民发〔2015〕149号.
    `minutes_by_mode` knows online, phone, onsite and station. `company_name` is None when the company did not agree
    to be named. `confirmed_by` is "company" or "station". `ledger_digest` is the hash of the last ledger line.
    """

    has_seal: bool = False
    expert_name: str
    expert_number: str
    category_zh: str
    category_en: str
    company_name: str | None
    case_number: str
    starts_on: date
    ends_on: date
    minutes_total: int
    minutes_by_mode: Mapping[str, int]
    content: str
    confirmed_by: str
    rating: int | None
    station_name: str
    issuer_name: str
    handler_name: str
    cumulative_minutes: int
    issued_on: date
    ledger_digest: str
    salutation: str = "同志"


class PaperRenderer(Protocol):
    """Turns the facts of any kind of paper into one PDF file."""

    def render(self, facts: Facts) -> bytes:
        """The PDF. The same facts give the same bytes. Raises RenderingUnavailable."""
        ...


class RenderingUnavailable(Exception):
    """This machine cannot draw this paper; the message is one line saying why and what to do."""


class TooLong(RenderingUnavailable):
    """The text left its box; a tighter setting may help."""
