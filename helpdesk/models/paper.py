"""What every paper has: a number, a code by which anybody may check it, frozen facts, a file, a signature.

Kinds of papers are models of their own with this mixed in. None is ever deleted: it is superseded or revoked, and the
public page says so (办法67 art. 14-17; rule R07).
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.db import Model, stored_enum


class PaperStatus(enum.StrEnum):
    VALID = "valid"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


class SigningCertificate(Model):
    """The public half of a key that has signed papers; kept for ever, so that a new key leaves old papers valid."""

    __tablename__ = "signing_certificates"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    algorithm: Mapped[str] = mapped_column(String(40))
    pem: Mapped[str]
    is_seal: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    first_used_at: Mapped[datetime]


class Paper:
    """The columns of a paper. `kind` names it in `domain/papers.KINDS`; `facts` are frozen when it is issued."""

    kind: ClassVar[str]

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    code: Mapped[str] = mapped_column(String(24), unique=True)
    status: Mapped[PaperStatus] = mapped_column(stored_enum(PaperStatus), default=PaperStatus.VALID)
    facts: Mapped[dict[str, Any]]
    issued_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]
    pdf_key: Mapped[str | None] = mapped_column(String(120))
    pdf_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    pdf_bytes: Mapped[int | None]
    rendered_at: Mapped[datetime | None]
    signer: Mapped[str | None] = mapped_column(ForeignKey("signing_certificates.fingerprint"))
