"""The public answer about a certificate, in words: no more than the paper shows, and less."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain.certificates import Verdict
from helpdesk.presentation.filters import full_day, moment
from helpdesk.presentation.language import is_english
from helpdesk.rules.credit import hours_text


@dataclass(frozen=True)
class View:
    """What the macro `verify_result` takes."""

    state: str
    title: str
    text: str
    facts: list[tuple[str, str]]
    checked: str


_LOOK = {"valid": "valid", "superseded": "replaced", "revoked": "revoked", "unknown": "unknown", "mistyped": "unknown"}


def view(verdict: Verdict) -> View:
    """The verdict as the page shows it."""
    titles = {
        "valid": gettext("有效"),
        "superseded": gettext("已更正"),
        "revoked": gettext("已作废"),
        "unknown": gettext("查不到"),
        "mistyped": gettext("核验码抄错了"),
    }
    texts = {
        "valid": gettext("这张证书由下面的记录单位出具，记录在案。"),
        "superseded": gettext("这张证书已被 %(number)s 代替，以新的为准。", number=verdict.successor),
        "revoked": gettext("这张证书已经作废，不再有效。"),
        "unknown": gettext("没有这个核验码。请检查是否抄错；确认无误请打电话给记录单位。"),
        "mistyped": gettext("核验码有 17 位，每一位都有校验。请对照证书再看一遍。"),
    }
    return View(_LOOK[verdict.state], titles[verdict.state], texts[verdict.state], _facts(verdict), moment(clock.now()))


def _facts(verdict: Verdict) -> list[tuple[str, str]]:
    if not verdict.number or verdict.starts_on is None or verdict.ends_on is None or verdict.issued_on is None:
        return []
    span = full_day(verdict.starts_on)
    if verdict.ends_on != verdict.starts_on:
        span += f" – {full_day(verdict.ends_on)}"
    return [
        (gettext("证书编号"), verdict.number),
        (gettext("姓名"), verdict.name),
        (gettext("类别"), verdict.category_en if is_english() else verdict.category),
        (gettext("服务时长"), gettext("%(hours)s 小时", hours=hours_text(verdict.minutes))),
        (gettext("服务日期"), span),
        (gettext("记录单位"), verdict.issuer),
        (gettext("出具日期"), full_day(verdict.issued_on)),
        (gettext("文件指纹"), verdict.sha256[:16] if verdict.sha256 else gettext("正在生成")),
    ]
