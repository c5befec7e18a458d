"""The form of a canned reply."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField

from helpdesk.domain.canned_replies import LONGEST, LONGEST_TITLE
from helpdesk.forms.base import Choice, HouseForm, Longest, Present, clean_line


class CannedReplyForm(HouseForm):
    """Title, field, and the text with its holes."""

    title = StringField(
        _l("名称"), [Present(_l("请起个名称，例如：约第一次电话")), Longest(LONGEST_TITLE)], filters=[clean_line]
    )
    category = Choice(_l("用在哪一类"))
    body = TextAreaField(_l("内容"), [Present(_l("请写几个字")), Longest(LONGEST)])
