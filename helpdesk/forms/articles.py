"""The forms of the knowledge base: an article's words, its publication, what a reader says about it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, StringField, TextAreaField
from wtforms.validators import Optional

from helpdesk.domain.articles import (
    LONGEST_BODY,
    LONGEST_COMMENT,
    LONGEST_NOTE,
    LONGEST_TITLE,
    LONGEST_TITLE_EN,
    Words,
)
from helpdesk.forms.base import Choice, HouseForm, Longest, Present, clean_line
from helpdesk.forms.files import FilesForm


class ArticleForm(HouseForm):
    """Field and words in both languages; what was changed."""

    category = Choice(_l("类别"), [Present(_l("请选一个类别"))])
    title_zh = StringField(
        _l("中文标题"),
        [Present(_l("请写标题，最好就是企业会问的那句话")), Longest(LONGEST_TITLE)],
        filters=[clean_line],
    )
    body_zh = TextAreaField(_l("中文正文"), [Present(_l("请写正文")), Longest(LONGEST_BODY)])
    title_en = StringField(_l("英文标题"), [Optional(), Longest(LONGEST_TITLE_EN)], filters=[clean_line])
    body_en = TextAreaField(_l("英文正文"), [Optional(), Longest(LONGEST_BODY)])
    note = StringField(_l("这次改了什么"), [Optional(), Longest(LONGEST_NOTE)], filters=[clean_line])

    def words(self) -> Words:
        """What the article says."""
        return Words(
            self.title_zh.data or "", self.body_zh.data or "", self.title_en.data or "", self.body_en.data or ""
        )


class PublishForm(HouseForm):
    """The two points somebody vouches for, and when to look again."""

    no_names = BooleanField(_l("没有留下企业名、人名、电话、邮箱、地址和证件号码"))
    holds = BooleanField(_l("内容我核对过，现在都对，照着做不会出错"))
    review_on = DateField(_l("下次什么时候核对"), [Optional()])


class ArticleFilesForm(FilesForm):
    """Files alone."""


class FeedbackForm(HouseForm):
    """A few words beside yes or no."""

    comment = TextAreaField(_l("想说两句"), [Optional(), Longest(LONGEST_COMMENT)])
