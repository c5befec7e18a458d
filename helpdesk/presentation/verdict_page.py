"""The public answer about a paper, in words: no more than the paper shows, and less."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain.papers import Ended, Verdict
from helpdesk.i18n import N_
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
    # The newest paper in its place: number and address.
    newest: tuple[str, str] | None = None


KINDS = {"certificate": N_("服务确认书"), "statement": N_("志愿服务记录证明"), "award": N_("荣誉证书")}
_LOOK = {
    "valid": "valid",
    "superseded": "replaced",
    "revoked": "revoked",
    "altered": "revoked",
    "unregistered": "unknown",
    "unsigned": "unknown",
    "unknown": "unknown",
    "mistyped": "unknown",
    "number": "unknown",
}


def view(verdict: Verdict) -> View:
    """The verdict as the page shows it."""
    title, text = _by_file(verdict) if verdict.by_file else _by_code(verdict)
    newest = None
    if verdict.state == "superseded" and verdict.successor_code:
        newest = (verdict.successor, url_for("verify.show", code=verdict.successor_code))
    return View(_LOOK[verdict.state], title, text, _facts(verdict), moment(clock.now()), newest)


def _by_code(verdict: Verdict) -> tuple[str, str]:
    said = {
        "valid": (gettext("有效"), gettext("这张证书由下面的记录单位出具，记录在案。")),
        "superseded": (gettext("已更正"), _replaced(verdict)),
        "revoked": (gettext("已作废"), gettext("这张证书已经作废，不再有效。")),
        "unknown": (gettext("查不到"), gettext("没有这个核验码。请检查是否抄错；确认无误请打电话给记录单位。")),
        "number": (
            gettext("这是证书编号，不是核验码"),
            gettext("只凭编号查不了。核验码是 17 位，印在证书的二维码旁边，像 B5S8-Q3NX-9MD2-7F37-W。"),
        ),
        "mistyped": (gettext("核验码抄错了"), gettext("核验码有 17 位，每一位都有校验。请对照证书再看一遍。")),
    }
    return said[verdict.state]


def _by_file(verdict: Verdict) -> tuple[str, str]:
    named = verdict.number
    said = {
        "valid": (gettext("有效，文件未被改动"), gettext("这个文件和记录单位出具的一字不差，现在有效。")),
        "superseded": (gettext("文件是真的，但已更正"), _replaced(verdict)),
        "revoked": (gettext("文件是真的，但已作废"), gettext("这个文件没有被改动过，但证书已经作废，不再有效。")),
        "altered": (
            gettext("文件被改动过"),
            gettext("这个文件和出具时的 %(number)s 不一样，请不要采信。可以输入核验码，看原来的内容。", number=named)
            if named
            else gettext("文件里有我们的签名，但签名之后内容被改过，请不要采信。"),
        ),
        "unregistered": (
            gettext("签名是我们的，但没有登记"),
            gettext("文件没有被改动，但查不到这张证书的登记。请打电话给记录单位核实。"),
        ),
        "unsigned": (
            gettext("查不到这个文件"),
            gettext("这不是本站出具的 PDF 原件。打印件、照片、扫描件和另存的副本，请输入上面印的核验码。"),
        ),
    }
    return said[verdict.state]


def _replaced(verdict: Verdict) -> str:
    if not verdict.successor:
        return gettext("记录后来有变动，这一张不再有效，请持证人重新开具。")
    return gettext("这张证书已被 %(number)s 代替，以新的为准。", number=verdict.successor)


def _facts(verdict: Verdict) -> list[tuple[str, str]]:
    if not verdict.issuer or verdict.issued_on is None:
        return []
    rows = [
        (gettext("证书编号"), verdict.number),
        (gettext("姓名"), verdict.name),
        (gettext("名称"), verdict.title_en if is_english() and verdict.title_en else verdict.title),
        (gettext("类别"), verdict.category_en if is_english() else verdict.category),
        (
            gettext("服务时长"),
            gettext("%(hours)s 小时", hours=hours_text(verdict.minutes)) if verdict.minutes else "",
        ),
        (gettext("服务日期"), _span(verdict)),
        (gettext("记录单位"), verdict.issuer),
        (gettext("出具日期"), full_day(verdict.issued_on)),
        (gettext("失效日期"), full_day(verdict.ended_on) if verdict.ended_on else ""),
        (gettext("文件指纹"), verdict.sha256[:16] if verdict.sha256 else gettext("正在生成")),
        (gettext("电子印章") if verdict.is_seal else gettext("数字签名"), verdict.signed_by),
    ]
    return [(label, value) for label, value in rows if value]


def _span(verdict: Verdict) -> str:
    if verdict.starts_on is None or verdict.ends_on is None:
        return ""
    first = full_day(verdict.starts_on)
    return first if verdict.ends_on == verdict.starts_on else f"{first} – {full_day(verdict.ends_on)}"


@dataclass(frozen=True)
class EndedRow:
    """One line of the revocation list."""

    number: str
    kind: str
    state: str
    on: str


def ended_rows(rows: Iterable[Ended]) -> list[EndedRow]:
    """The list in words."""
    states = {"superseded": gettext("已更正"), "revoked": gettext("已作废")}
    return [EndedRow(row.number, gettext(KINDS[row.kind]), states[row.state], full_day(row.on)) for row in rows]
