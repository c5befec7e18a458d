"""What stands in a print run's ZIP: names of files, and the list of all that was chosen."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime

from flask_babel import force_locale, gettext

from helpdesk import clock
from helpdesk.adapters.archive import Entry
from helpdesk.adapters.file_names import safe_name
from helpdesk.domain.print_runs import Sheet
from helpdesk.i18n import N_
from helpdesk.models import LeftOut
from helpdesk.presentation.export import safe
from helpdesk.rules.credit import hours_text

LEFT_OUT = {
    LeftOut.SUPERSEDED: N_("已被新证书取代，未打印"),
    LeftOut.REVOKED: N_("已撤销，未打印"),
    LeftOut.UNDRAWN: N_("画不出来，未打印"),
    LeftOut.MISSING: N_("找不到文件，未打印"),
}
HEADINGS = (N_("证书编号"), N_("姓名"), N_("小时"), "SHA-256", N_("状态"))


class Words:
    """Words in one language, taken once: a worker has no reader."""

    def __init__(self, locale: str, moment: datetime) -> None:
        self.moment = clock.local(moment)
        with force_locale(locale):
            self.title = gettext("服务确认书")
            self.list_name = safe_name(gettext("清单")) + ".csv"
            self.headings = [gettext(word) for word in HEADINGS]
            self.in_it = gettext("有效，已打印")
            self.reasons = {reason: gettext(text) for reason, text in LEFT_OUT.items()}

    def file_name(self, sheet: Sheet) -> str:
        """Station as a folder, then place, number and name: sorts as the stack is printed."""
        return f"{safe_name(sheet.station)}/{safe_name(f'{sheet.number} {sheet.name}')}.pdf"

    def manifest(self, stack: Sequence[Sheet], left_out: Mapping[int, LeftOut]) -> Entry:
        """One line for each that was chosen, also for those left out; UTF-8 with a mark, for spreadsheets."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(self.headings)
        for sheet in stack:
            reason = left_out.get(sheet.position)
            state = self.reasons[reason] if reason else self.in_it
            cells = (sheet.number, sheet.name, hours_text(sheet.minutes), sheet.sha256, state)
            writer.writerow([safe(cell) for cell in cells])
        return Entry(self.list_name, ("\ufeff" + out.getvalue()).encode(), self.moment, squeeze=True)
