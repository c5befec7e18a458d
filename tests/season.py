"""A season of certificates, quickly: one closed case and its certificate, copied row by row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.signing.null import NullSigner
from helpdesk.adapters.storage import Storage
from helpdesk.db import db
from helpdesk.domain import certificates, papers
from helpdesk.models import Case, Certificate
from tests.make import Make


def season(make: Make, count: int, *, storage: Storage | None = None) -> list[str]:
    """`count` valid certificates of Nanshan, drawn when there is a storage. Their numbers in order. Commits."""
    first = certificates.of_case(make.case("closed").id)[0]
    case = dict(db.session.execute(select(Case.__table__).where(Case.id == first.case_id)).mappings().one())
    paper = dict(db.session.execute(select(Certificate.__table__).where(Certificate.id == first.id)).mappings().one())
    cases: list[dict[str, Any]] = []
    copies: list[dict[str, Any]] = []
    for n in range(1, count):
        case_id = 100_000 + n
        copied = {"id": case_id, "number": f"SZ-26-{90000 + n}", "tracking_token": f"t{n}", "tracking_code": f"c{n}"}
        cases.append({**case, **copied})
        number = f"WQ-2026-9{n:06d}"
        copies.append({**paper, "id": 100_000 + n, "number": number, "code": f"copy-{n}", "case_id": case_id})
    if count > 1:
        db.session.execute(insert(Case.__table__), cases)
        db.session.execute(insert(Certificate.__table__), copies)
    db.session.commit()
    if storage is not None:
        for row in db.session.scalars(select(Certificate)).all():
            papers.mark_drawn(row.kind, row.id, papers.draw(row.kind, row.id, NullRenderer(), NullSigner(), storage))
        db.session.commit()
    db.session.expire_all()
    return list(db.session.scalars(select(Certificate.number).order_by(Certificate.number)))
