"""The forms of complaints: what is wrong, what came of it, why it goes further, in how many days."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, StringField, TextAreaField
from wtforms.validators import Optional

from helpdesk.domain.complaints import LONGEST, Said
from helpdesk.forms.base import Choice, HouseForm, Longest, Present, RadioField, clean_line
from helpdesk.models import ComplaintAbout, ComplaintOutcome
from helpdesk.presentation.complaint_page import ABOUT, OUTCOMES


class ComplainForm(HouseForm):
    """What is wrong, and how to answer. Whoever is known is not asked for name and contact."""

    about = RadioField(
        _l("投诉什么"), [Present(_l("请选投诉什么"))], choices=[(a.value, _l(label)) for a, label in ABOUT.items()]
    )
    number = StringField(_l("编号"), [Optional(), Longest(40)], filters=[clean_line])
    says = TextAreaField(_l("怎么回事"), [Present(_l("请写明怎么回事")), Longest(LONGEST)])
    name = StringField(_l("您的称呼"), [Optional(), Longest(80)], filters=[clean_line])
    contact = StringField(_l("电话或邮箱"), [Optional(), Longest(120)], filters=[clean_line])

    def only(self, *, asks_name: bool, asks_number: bool) -> None:
        """Leave out what is known already."""
        if not asks_name:
            del self.name, self.contact
        if not asks_number:
            del self.number

    def said(self) -> Said:
        """What was typed, as the domain takes it. Call only after the form has been validated."""
        typed = {
            name: (self._fields[name].data or "") if name in self._fields else ""
            for name in ("number", "name", "contact")
        }
        return Said(ComplaintAbout(self.about.data), self.says.data or "", **typed)


class AnswerForm(HouseForm):
    """The answer, with what was done about it."""

    outcome = RadioField(
        _l("投诉是否属实"),
        [Present(_l("请选投诉是否属实"))],
        choices=[(o.value, _l(label)) for o, label in OUTCOMES.items()],
    )
    reason = TextAreaField(_l("核实情况和理由"), [Present(_l("请写明核实到什么、为什么这样处理")), Longest(LONGEST)])
    done = TextAreaField(_l("做了什么来纠正"), [Optional(), Longest(LONGEST)])
    link = Choice(_l("相关的更正或证书"), validate_choice=False)

    @property
    def chosen(self) -> ComplaintOutcome | None:
        """The outcome as the domain takes it."""
        return ComplaintOutcome(self.outcome.data) if self.outcome.data in set(ComplaintOutcome) else None


class FurtherForm(HouseForm):
    """Why the answer does not do."""

    reason = TextAreaField(_l("哪里不满意"), [Present(_l("请写明哪里不满意")), Longest(LONGEST)])


class ComplaintTermForm(HouseForm):
    """So many working days, from a day on, and why."""

    workdays = IntegerField(_l("几个工作日内答复"), [Present(_l("请填工作日数"))])
    from_on = DateField(_l("从哪天起"), [Present(_l("请填日期，例如 2027-01-01"))])
    reason = StringField(_l("为什么改"), [Present(_l("请写明原因")), Longest(200)], filters=[clean_line])
