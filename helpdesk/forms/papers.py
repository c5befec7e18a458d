"""Forms about papers: a file to check, a reason to issue one anew."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import FileField, TextAreaField

from helpdesk.domain.certificates import LONGEST_REASON
from helpdesk.forms.base import HouseForm, Longest, OneFileForm, Present


class CheckFileForm(OneFileForm):
    """The PDF whose signature and content are compared with what was issued."""

    file = FileField(_l("证书的 PDF 文件"), render_kw={"accept": "application/pdf,.pdf"})


class ReissueForm(HouseForm):
    """Why the paper is issued anew; its readers at the station see it in the case's history."""

    reason = TextAreaField(
        _l("为什么重新出具"), [Present(_l("请写明原因")), Longest(LONGEST_REASON)], render_kw={"rows": 2}
    )
