"""The tables of `domain.exports` line by line: headings, then text and numbers. Ids and dates are text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask_babel import gettext

from helpdesk import clock
from helpdesk.i18n import N_
from helpdesk.models import Certificate, Expert, HoursEntry
from helpdesk.presentation import monthly_page
from helpdesk.presentation.tables import Cell
from helpdesk.presentation.words import named, word
from helpdesk.rules.credit import hours_text
from helpdesk.rules.policy import Who

EXPERTS = (
    N_("志愿者编号"), N_("姓名"), N_("职务"), N_("单位"), N_("站点"), N_("类别"), N_("状态"), N_("登记日期"),
)  # fmt: skip
CERTIFICATES = (
    N_("证书编号"), N_("姓名"), N_("志愿者编号"), N_("案件编号"), N_("站点"), N_("小时"), N_("状态"),
    N_("签发日期"), "SHA-256",
)  # fmt: skip
STATES = {"valid": N_("有效"), "superseded": N_("已被新证书取代"), "revoked": N_("已撤销")}


def experts(rows: Iterable[Expert]) -> Iterator[list[Cell]]:
    """No address, no number to call: those stay on the screen, where each look is noted."""
    yield [gettext(heading) for heading in EXPERTS]
    for e in rows:
        yield [
            e.volunteer_number, e.name, e.title, e.employer, named(e.station), " ".join(e.category_codes),
            word(e.status), e.registered_on.isoformat(),
        ]  # fmt: skip


def certificates(rows: Iterable[Certificate]) -> Iterator[list[Cell]]:
    """What the papers say of themselves."""
    yield [gettext(heading) for heading in CERTIFICATES]
    for c in rows:
        facts = c.facts
        yield [
            c.number, facts["expert_name"], facts["expert_number"], facts["case_number"], named(c.station),
            float(hours_text(c.minutes)), gettext(STATES[c.status.value]), f"{clock.local(c.issued_at):%Y-%m-%d}",
            c.pdf_sha256 or "",
        ]  # fmt: skip


def ledger(rows: Iterable[HoursEntry], who: Who) -> Iterator[list[Cell]]:
    """The same lines as behind the monthly sheet."""
    return monthly_page.lines_as_rows(rows, who)
