"""Forms about service records: what is wrong with one, and what the desk decides."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import Optional

from helpdesk.forms.base import HouseForm, Longest, Present, RadioField, clean_line
from helpdesk.forms.closure import one_of_them
from helpdesk.forms.visits import VisitForm, read_whole, whole_minutes
from helpdesk.presentation.words import SCORES


class AskCorrectionForm(HouseForm):
    """Which visit, what is wrong, and how many minutes it really was."""

    visit = RadioField(_l("哪一次服务"), [one_of_them(_l("请选是哪一次服务"))], validate_choice=False)
    says = TextAreaField(_l("哪里不对，实际是怎样"), [Present(_l("请写明哪里不对")), Longest(2000)])
    wished_minutes = StringField(_l("实际服务了多少分钟"), [Optional(), whole_minutes], filters=[clean_line])

    @property
    def minutes(self) -> int | None:
        """The minutes as a number; None when nothing was typed."""
        return read_whole(self.wished_minutes.data or "")


class DecideCorrectionForm(VisitForm):
    """The record as it ought to be, and why; or why it stands."""

    content = TextAreaField(_l("证书上的服务内容"), [Optional(), Longest(2000)])
    reason = TextAreaField(_l("核实情况和理由"), [Present(_l("请写明核实到什么、为什么这样处理")), Longest(2000)])


class RefuseCorrectionForm(HouseForm):
    """Why the record stands."""

    reason = TextAreaField(_l("为什么不更正"), [Present(_l("请写明核实到什么、为什么这样处理")), Longest(2000)])


class EvaluationForm(HouseForm):
    """How the service was, in the station's eyes."""

    score = RadioField(
        _l("服务怎么样"),
        [one_of_them(_l("请打个分"))],
        choices=[(str(n), _l(label)) for n, label in SCORES.items()],
        validate_choice=False,
    )
    note = TextAreaField(_l("补充一句"), [Optional(), Longest(2000)])

    @property
    def points(self) -> int | None:
        """The score as a number."""
        return int(self.score.data) if self.score.data in set("12345") else None


class ReverseForm(HouseForm):
    """Why a settled visit counts no more."""

    reason = TextAreaField(_l("为什么不计入"), [Present(_l("请写明核实到什么、为什么这样处理")), Longest(2000)])
