"""Forms of records that move: taking one's own along, taking one in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, StringField

from helpdesk.domain.record_transfers import LONGEST_RECEIVER
from helpdesk.forms.base import HouseForm, Longest, OneFileForm, Present, clean_line


class RecordExportForm(HouseForm):
    """To whom, and the consent for just that."""

    receiver = StringField(
        _l("转到哪个组织"), [Present(_l("请写对方组织的名称")), Longest(LONGEST_RECEIVER)], filters=[clean_line]
    )
    agreed = BooleanField(_l("我同意把姓名、志愿者编号和服务记录交给这个组织，用于转接服务关系"))


class RecordImportForm(OneFileForm):
    """The bundle, and whose it is here."""

    volunteer_number = StringField(
        _l("志愿者编号"), [Present(_l("请填这位志愿者在本站的编号")), Longest(20)], filters=[clean_line]
    )
    file = FileField(_l("转接文件"), render_kw={"accept": ".json,application/json"})
