"""The forms of routing rules, of teams of experts and of tags."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from helpdesk.forms.base import Choice, HouseForm, Longest, Present, clean_line

_BETWEEN = re.compile(r"[,，、;；\s]+")


def words_of(text: str | None) -> tuple[str, ...]:
    """Words that were written with commas or blanks between them, each once."""
    return tuple(dict.fromkeys(word for word in _BETWEEN.split(text or "") if word))


class Ticks(SelectMultipleField):
    """Several of a list, as boxes to tick; what is not in the list is refused beside it."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False), **kwargs)


class RoutingRuleForm(HouseForm):
    """What a request has to be like, and what then happens. `version` is the rule's that the person saw."""

    name = StringField(_l("规则名称"), [Present(_l("请给这条规则起个名")), Longest(60)], filters=[clean_line])
    is_active = BooleanField(_l("这条规则在用"))
    categories = Ticks(_l("类别"))
    districts = Ticks(_l("所在区"))
    industries = Ticks(_l("行业"))
    sizes = Ticks(_l("规模"))
    keywords = StringField(_l("问题里有这些词之一"), [Longest(400)], filters=[clean_line])
    when = Choice(_l("提交时间"))
    station = Choice(_l("交给哪个站点"))
    urgency = Choice(_l("急缓"))
    tags = StringField(_l("贴标签"), [Longest(200)], filters=[clean_line])
    team = Choice(_l("先请哪个专家组"))


class TeamForm(HouseForm):
    """A team's name and who is in it."""

    name = StringField(_l("专家组名称"), [Present(_l("请给专家组起个名")), Longest(60)], filters=[clean_line])
    members = Ticks(_l("成员"), coerce=str)


class TagForm(HouseForm):
    """Words for a case."""

    words = StringField(_l("标签"), [Present(_l("请写几个字")), Longest(200)], filters=[clean_line])
