"""What a print run is to hold."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField
from wtforms.widgets import DateInput

from helpdesk.domain.print_runs import Wish
from helpdesk.forms.base import Choice, HouseForm, Present, clean_line
from helpdesk.forms.visits import a_day, read_day


class PrintRunForm(HouseForm):
    """Days of issue, whose, which field, and whether those packed before stay out."""

    first = StringField(_l("签发日从"), [Present(_l("请选一个日期")), a_day], widget=DateInput(), filters=[clean_line])
    last = StringField(_l("到"), [Present(_l("请选一个日期")), a_day], widget=DateInput(), filters=[clean_line])
    station = Choice(_l("站点"))
    category = Choice(_l("类别"))
    unprinted = BooleanField(_l("只要还没有打印过的"))

    class Meta(HouseForm.Meta):
        # Choosing changes nothing; starting is a form of its own and carries the token.
        csrf = False

    def wish(self) -> Wish:
        """As the domain takes it; call it after the form was found valid."""
        first, last = read_day(self.first.data or ""), read_day(self.last.data or "")
        assert first is not None and last is not None
        return Wish(
            first=first,
            last=last,
            station_id=int(self.station.data) if self.station.data else None,
            category=self.category.data or "",
            unprinted=bool(self.unprinted.data),
        )
