"""Forms of what is said on a case: replies, notes, questions, tries to reach the company."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField

from helpdesk.forms.base import HouseForm, Longest, Present
from helpdesk.forms.files import FilesForm


class MessageForm(FilesForm):
    """A reply that the company reads; `draft_seen` is the draft the window knows, as in DraftForm."""

    draft_seen = HiddenField()
    body = TextAreaField(_l("回复内容"), [Present(_l("请写几个字")), Longest(5000)])


class NoteForm(FilesForm):
    """An internal note that the company never reads."""

    draft_seen = HiddenField()
    body = TextAreaField(_l("备注内容"), [Present(_l("请写几个字")), Longest(5000)])


class DraftForm(HouseForm):
    """What stands in a box while somebody types; nothing is too short, and `draft_seen` is the draft they know."""

    body = TextAreaField(_l("草稿"))
    draft_seen = HiddenField()


class InquiryForm(HouseForm):
    """What the company is asked for; every promise waits until it answers."""

    question = TextAreaField(_l("要企业补充什么"), [Present(_l("请写明要企业补充什么")), Longest(2000)])


class AttemptForm(HouseForm):
    """One try to reach the company. The field is called as the domain calls the text, so refusals land beside it."""

    body = TextAreaField(_l("怎么联系的，结果如何"), [Present(_l("请写一句怎么联系的")), Longest(500)])
