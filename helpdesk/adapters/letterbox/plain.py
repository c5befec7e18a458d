"""Words out of HTML and out of flowed text; what is new in a reply, apart from what it quotes."""

from __future__ import annotations

import re
from html import escape, unescape
from html.parser import HTMLParser

import nh3

from helpdesk.adapters.letterbox.mime import parameter

LONGEST_HTML = 2_000_000
# Tags open inside one another: a page has some dozens; what has thousands was made to hang the reader.
MOST_DEEP = 1_000
BLOCKS = {
    "p", "div", "br", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr",
    "section", "article", "header", "footer", "dt", "dd", "address", "center",
}  # fmt: skip
# For reading only: what a letter looks like without anything that acts, loads or hides.
SHOWN = BLOCKS | {
    "a", "b", "strong", "i", "em", "u", "s", "sub", "sup", "span", "font", "td", "th", "thead", "tbody", "code", "dl",
    "small", "big", "tt", "kbd", "q", "cite",
}  # fmt: skip


_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# Closed by their parent or the next of their kind, or never open.
_NO_DEPTH = {
    "p", "li", "td", "th", "tr", "br", "hr", "img", "meta", "link", "input", "col", "option", "dt", "dd", "o", "wbr",
    "base", "area", "thead", "tbody",
}  # fmt: skip


def _is_too_deep(html: str) -> bool:
    depth = 0
    for closes, name in _TAG.findall(html):
        if name.lower() not in _NO_DEPTH:
            depth = max(0, depth - 1) if closes else depth + 1
            if depth > MOST_DEEP:
                return True
    return False


def safe_html(html: str) -> str:
    """The letter's HTML to look at: no script, style, picture, form or frame; links only to web, mail and telephone."""
    return _clean(html, for_words=False)


# For words only: what says how a thing looks is needed to know what nobody sees. Its output is shown to nobody.
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_CLOSE = re.compile(r"margin(?:-bottom)?\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE)
_INDENTED = re.compile(r"margin\s*:\s*0(?:px)? 0(?:px)? 0(?:px)? 40px", re.IGNORECASE)
_AS_TYPED = re.compile(r"white-space\s*:\s*(?:pre|pre-wrap|break-spaces)\b", re.IGNORECASE)
_VOID = {"br", "hr", "img"}


def _absolute(tag: str, name: str, value: str) -> str | None:
    """A link without a scheme would lead into the desk itself."""
    return value if name != "href" or re.match(r"\s*(?:https?|mailto|tel):", value, re.IGNORECASE) else None


def _clean(html: str, *, for_words: bool) -> str:
    html = html[:LONGEST_HTML]
    if _is_too_deep(html):
        html = escape(re.sub(r"<[^<>]*>?", " ", re.sub(r"(?is)<(script|style)\b.*?(?:</\1\s*>|$)", " ", html)))
    cell = {"colspan", "rowspan"}
    attributes: dict[str, set[str]] = {"*": set(), "a": {"href", "title"}, "td": cell, "th": cell}
    if for_words:
        attributes |= {"*": {"style", "class", "hidden"}, "img": {"alt"}}
    return nh3.clean(
        html,
        tags=SHOWN | {"img"} if for_words else SHOWN,
        clean_content_tags={"script", "style", "title", "svg", "math", "template", "noscript", "iframe", "object"},
        attributes=attributes,
        attribute_filter=_absolute,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


class _Words(HTMLParser):
    """Text with line ends where blocks end; a quotation keeps the marks that plain mail gives it."""

    def __init__(self, *, with_hidden: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.with_hidden = with_hidden
        # Each line with how deep it is quoted.
        self.lines: list[tuple[int, str]] = [(0, "")]
        # Tags open within one that nobody sees.
        self.hidden = 0
        self.quoted: list[bool] = []
        self.paragraphs: list[bool] = []
        self.as_typed: list[bool] = []
        self.lists: list[int] = []
        # The lines where the rows of tables begin.
        self.rows: list[int] = []
        self.links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        style = told.get("style", "")
        if self.hidden or ((_HIDDEN.search(style) or "hidden" in told) and not self.with_hidden):
            self.hidden += tag not in _VOID
            return
        if tag == "br":
            self.end_line(even_empty=True)
            return
        if tag == "img":
            # A face that somebody put in; not what a picture is called.
            self.say(told.get("alt", "") if len(told.get("alt", "")) <= 2 else "")
            return
        if tag in BLOCKS:
            self.end_line()
        self.as_typed.append(tag == "pre" or bool(_AS_TYPED.search(style)))
        if tag == "blockquote":
            self.quoted.append(not _INDENTED.search(style))
            self.lines[-1] = (sum(self.quoted), self.lines[-1][1])
        elif tag == "p":
            self.paragraphs.append("MsoNormal" in told.get("class", "") or bool(_CLOSE.search(style)))
        elif tag in ("ol", "ul"):
            self.lists.append(0 if tag == "ol" else -1)
        elif tag == "li":
            self.say(self.bullet())
        elif tag == "tr":
            self.rows.append(len(self.lines) - 1)
        elif tag in ("td", "th"):
            self.next_cell()
        elif tag == "a":
            self.links.append((told.get("href", ""), len(self.lines[-1][1])))

    def handle_endtag(self, tag: str) -> None:
        if self.hidden:
            self.hidden -= tag not in _VOID
            return
        if tag in _VOID:
            return
        if self.as_typed:
            self.as_typed.pop()
        if tag == "a" and self.links:
            self.say(self.address_of(*self.links.pop()))
        if tag in BLOCKS:
            self.end_line()
        if tag == "blockquote" and self.quoted:
            self.quoted.pop()
            self.lines[-1] = (sum(self.quoted), self.lines[-1][1])
        elif tag == "p" and self.paragraphs and not self.paragraphs.pop():
            self.end_line(even_empty=True)
        elif tag in ("ol", "ul") and self.lists:
            self.lists.pop()
        elif tag == "tr" and self.rows:
            self.rows.pop()

    def handle_data(self, data: str) -> None:
        if self.hidden:
            return
        if any(self.as_typed):
            first, *rest = data.split("\n")
            self.say(first)
            for line in rest:
                self.end_line(even_empty=True)
                self.say(line)
            return
        words = re.sub(r"[ \t\n\r\f]+", " ", data)
        self.say(words if self.lines[-1][1] else words.lstrip(" "))

    def say(self, words: str) -> None:
        depth, line = self.lines[-1]
        self.lines[-1] = (depth, line + words)

    def end_line(self, *, even_empty: bool = False) -> None:
        line = self.lines[-1][1]
        if even_empty or (line and not line.endswith("\t")):
            self.lines.append((sum(self.quoted), ""))

    def next_cell(self) -> None:
        """On the line of the cell before it, as long as that is one line. A tab says that the line goes on."""
        if self.rows and not self.lines[-1][1] and len(self.lines) - self.rows[-1] == 2:
            self.lines.pop()
        if self.lines[-1][1].strip():
            self.say("\t")

    def bullet(self) -> str:
        if not self.lists or self.lists[-1] < 0:
            return "-\t"
        self.lists[-1] += 1
        return f"{self.lists[-1]}.\t"

    def address_of(self, href: str, begin: int) -> str:
        """Where a link leads, unless its words say so."""
        said = self.lines[-1][1][begin:].strip()
        bare = href.partition("://")[2].rstrip("/")
        if not href.startswith(("http://", "https://")) or len(href) > 300 or not said or href in said:
            return ""
        return "" if bare == said.rstrip("/") else f" ({href})"

    def text(self) -> str:
        return "\n".join(
            ("> " * min(depth, 5) + line.replace("\t", " ")).rstrip() if line.strip() else ">" * min(depth, 1)
            for depth, line in self.lines
        )


def from_html(html: str) -> str:
    """The words of a letter's HTML. Cleaned first by a parser that no nesting and no broken tag can hang."""
    cleaned = _clean(html, for_words=True)
    for with_hidden in (False, True):
        reader = _Words(with_hidden=with_hidden)
        reader.feed(cleaned)
        reader.close()
        if text := tidy(reader.text()):
            return text
    return ""


_META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)


def charset_inside(data: bytes) -> str:
    """The charset that HTML names in itself, or ""."""
    found = _META.search(data[:5000])
    return found.group(1).decode("ascii", "ignore") if found else ""


def is_html(text: str) -> bool:
    """Whether what is called plain text is HTML after all."""
    begins = re.match(r"\s*<(?:!doctype html|html|head|body|meta|div|p|table|span|font)\b[^<>]*>", text, re.IGNORECASE)
    return bool(begins) and bool(re.search(r"</(?:html|body|div|p|table|span|font)>", text, re.IGNORECASE))


def has_tags(text: str) -> bool:
    """Whether there is any tag in it."""
    return bool(re.search(r"</?[a-zA-Z!][^<>]{0,2000}>", text))


def unescaped(text: str) -> str:
    """With the letters that HTML writes as names and numbers; a number of more digits than any letter has is none."""
    return unescape(re.sub(r"&#(?:\d{8,}|[xX][0-9a-fA-F]{7,});?", "\ufffd", text))


_SIGNED, _SIGNATURE, _END = (f"-----{words}-----" for words in (
    "BEGIN PGP SIGNED MESSAGE", "BEGIN PGP SIGNATURE", "END PGP SIGNATURE"
))  # fmt: skip


def unarmoured(text: str) -> str:
    """Without what OpenPGP puts around a signed text (RFC 4880, 7)."""
    above, begins, rest = text.partition(_SIGNED)
    signed, ends, below = rest.partition(_SIGNATURE)
    if not begins or not ends:
        return text
    signed = re.sub(r"(?m)^- ", "", re.sub(r"^\n(?:[A-Za-z-]+: [^\n]*\n)*", "", signed))
    return f"{above}{signed}\n{below.partition(_END)[2]}"


_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2060\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffc]"
)


def tidy(text: str) -> str:
    """Without trailing blanks, marks that nobody sees, or more than one empty line in a row."""
    text = _UNSEEN.sub("", text.replace("\xa0", " ").replace("\x0c", "\n"))
    lines = [line.rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def unflowed(text: str, content_type: bytes) -> str:
    """Lines that a mail program broke (format=flowed, RFC 3676) joined again."""
    if parameter(content_type, "format")[0].lower() != b"flowed":
        return text
    apart = parameter(content_type, "delsp")[0].lower() == b"yes"
    out: list[str] = []
    open_at = ""
    for line in text.split("\n"):
        marks = line[: len(line) - len(line.lstrip(">"))]
        body = line[len(marks) :].removeprefix(" ")
        flows = body.endswith(" ") and body != "-- "
        words = body[:-1] if flows and apart else body
        if out and open_at == marks + "+":
            out[-1] += words
        else:
            out.append(f"{marks} {words}" if marks else words)
        open_at = marks + "+" if flows else ""
    return "\n".join(out)


# --- what is new in a reply ---

# Above this line a reply to our letters stands; our letters carry it.
MARK = "请在这条线以上回复"
MARK_EN = "Please reply above this line"

_FORWARDED = re.compile(r"^\s*(?:fwd?|转发|轉發|转寄|轉寄|转|wg|tr)\s*[:：]", re.IGNORECASE)
_FORWARD_LINE = re.compile(
    r"(?:[-—–_=*─\s]{2,}(?:转发的?邮件(?:信息)?|转发的原邮件|轉寄郵件|轉寄的郵件|转寄邮件|forwarded (?:message|by)\b)"
    r"|begin forwarded message|开始转发的邮件|開始轉寄郵件|下面是被转发的邮件|下面是转发的邮件|以下是转发的邮件)",
    re.IGNORECASE,
)
_ORIGINAL_LINE = re.compile(
    r"[-—–_=*─\s]{2,}(?:原始邮件|原邮件|原始郵件|邮件原件|邮件原文|原始信件|原件|回复的原?邮件|原始邮件信息"
    r"|original(?: message| e-?mail| appointment)?|replied message|reply message|元のメッセージ|ursprüngliche nachricht"
    r"|message d'origine|mensaje original)"
    r"\s*(?:[-—–_=*─]{2,}|$)",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"(?:写道|寫道|\bwrote|schrieb|a écrit|ha scritto|escribió|schreef|skrev|書きました|작성)[^:：]{0,60}[:：]$",
    re.IGNORECASE,
)
# Said of letters, too, but also by people in their own letters.
_SAID = re.compile(r"(?:写到|寫到|来信|來信|\bwrites)[^:：]{0,10}[:：]$", re.IGNORECASE)
_DATED = re.compile(
    r"\d{4}\s?[-/.年]|\d{1,2}\s?月\s?\d{1,2}\s?日|\d{1,2}:\d{2}|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\b(?:19|20)\d\d\b"
)
_MAILED = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_DATE_AND_WHO = re.compile(
    r"^(?:\d{4}\s?[-/.年]|on |at |am |le ).{4,120}<[^<>\s]+@[^<>\s]+>[^:：]{0,10}[:：]$", re.IGNORECASE
)
_OPENS = re.compile(r"^(?:on|at|le|am|il|el|op|den|在|于|於)\s?[\w\d,，]", re.IGNORECASE)
_FROM = {"发件人", "發件人", "寄件者", "寄件人", "from", "von", "de", "da", "差出人"}
_ABOUT = {"主题", "主旨", "主題", "标题", "subject", "betreff", "objet", "件名"}
_FIELDS = _FROM | _ABOUT | {
    "发送时间", "发送日期", "发件时间", "日期", "时间", "寄件日期", "傳送時間", "發送時間", "发送", "sent", "date",
    "收件人", "收件者", "to", "抄送", "副本", "密送", "cc", "bcc", "an", "gesendet", "datum", "envoyé", "à",
    "送信日時", "宛先", "重要性", "importance", "附件", "attachments",
}  # fmt: skip
# What a program adds by itself.
_DEVICE = re.compile(
    r"[\-—]*\s?(?:(?:发自|發自|发送自|發送自)\s?(?:我的|.{0,12}(?:邮箱|郵件|邮件|手机|客户端|微信|outlook|iphone|ipad|android|foxmail))"
    r"|(?:来自|來自)我的?\s?(?:iphone|ipad|.{0,12}手[机機]|华为|小米|荣耀|huawei|android)|该邮件从移动设备发送"
    r"|(?:从|從|由)我的.{1,30}(?:发送|发出|傳送)|从 ?(?:windows|outlook|yahoo|android|mac).{0,30}发送"
    r"|(?:sent|gesendet) (?:from|with|via|von) (?:my|meinem|mail|yahoo|proton|samsung|outlook|iphone|windows|the all)"
    r"|von meinem.{1,30}gesendet|envoyé (?:de|depuis) mon|iphoneから送信"
    r"|(?:get|获取|下载|取得)\s?outlook\b|通过.{2,20}客户端发送|(?:签名)?由.{1,20}(?:邮箱大师|客户端).{0,6}$"
    r"|来自.{1,12}(?:邮箱|手机版|客户端|邮箱大师)$)",
    re.IGNORECASE,
)
_RULE = re.compile(r"[\s_\-—=*─]{3,}")
_DISCLAIMER = re.compile(
    r"(?:[*_【\[(（]\s?)*(?:(?:此|本|该)(?:电子|電子)?(?:邮件|郵件|信件|e-?mail)|(?:免责|保密|郑重|法律|免責)(?:声明|提示|聲明)|声明\s?[:：]"
    r"|confidential(?:ity)?\b|disclaimer\b|important notice|this (?:e-?mail|message|communication)\b"
    r"|the information (?:contained )?in this (?:e-?mail|message))",
    re.IGNORECASE,
)
# What only such a paragraph says.
_FORBIDS = re.compile(
    r"误收|誤收|错误地?收到|未经.{0,12}(?:授权|许可|同意)|未經|(?:严禁|禁止|不得).{0,20}(?:使用|传播|复制|披露|泄露|散布)|销毁|并删除"
    r"|intended (?:recipient|only|solely)|unauthori[sz]ed|in error|prohibited|privileged",
    re.IGNORECASE,
)
# A signature is short, and stands at the end.
LONGEST_SIGNATURE = 25


def fold(text: str, subject: str = "") -> tuple[str, str]:
    """What the writer added, and the rest: the quotation and the signature. When nothing seems added, all is new.

    Of a letter that somebody forwards (its subject says so, or the line above what they forward) all is new: what is
    forwarded is what they want us to read.
    """
    is_forward = bool(_FORWARDED.match(subject))
    fresh, rest = _fold_once(text.strip(), is_forward)
    more = rest
    while more and not is_forward:
        # What was cut away may have hidden another one.
        fresh, more = _fold_once(fresh, False)
        rest = f"{more}\n\n{rest}" if more else rest
    return fresh, rest


def _fold_once(text: str, is_forward: bool) -> tuple[str, str]:
    lines = text.split("\n")
    cut, is_forward = _quotation(lines, is_forward)
    new, rest = lines[:cut], lines[cut:]
    answers = [] if is_forward else _answers(rest)
    first = next((n for n, line in enumerate(new) if _is_quoted(line)), cut)
    if first < cut and not is_forward:
        # Quoted without a word of whom.
        rest = new[first:] + rest
        answers = [line for line in new[first:] if not _is_quoted(line)] + answers
        new = new[:first]
    end = cut if is_forward else _signature(new)
    fresh = re.sub(r"\n{3,}", "\n\n", "\n".join([*new[:end], "", *answers[: _signature(answers)]])).strip()
    if not fresh:
        return text, ""
    return fresh, "\n".join([*new[end:], *rest]).strip()


def _quotation(lines: list[str], is_forward: bool) -> tuple[int, bool]:
    """The line where what others wrote begins, and whether it is forwarded: then only our own letter is a quotation."""
    for n, line in enumerate(lines):
        if MARK in line or MARK_EN in line:
            return n, is_forward
        bare = _bare(line)
        if is_forward or not bare or len(bare) > 300:
            continue
        if _FORWARD_LINE.match(bare):
            is_forward = True
        elif _ORIGINAL_LINE.match(bare):
            return n, False
        elif bare.endswith((":", "：")) and (begin := _attribution(lines, n)) is not None:
            return begin, False
        elif _field(line) in _FROM and _is_head(lines[n : n + 10]):
            above = next((m for m in range(n - 1, max(-1, n - 4), -1) if lines[m].strip()), n)
            return above if _RULE.fullmatch(_bare(lines[above])) else n, False
    return len(lines), is_forward


def _bare(line: str) -> str:
    return line.strip().lstrip(">＞ ").rstrip()


def _is_quoted(line: str) -> bool:
    return line.lstrip().startswith((">", "＞"))


def _attribution(lines: list[str], n: int) -> int | None:
    """Where "On Monday somebody <name@host> wrote:" begins that ends in this line; None when it is none."""
    below = next((line for line in lines[n + 1 : n + 4] if line.strip()), "")
    for begin in range(n, max(-1, n - 3), -1):
        if begin < n and (not _bare(lines[begin]) or _bare(lines[begin]).endswith(("。", "！", "？", "!", "?"))):
            return None
        told = " ".join(_bare(line) for line in lines[begin : n + 1])
        if len(told) > 400:
            return None
        named, wrote = _MAILED.search(told), _WROTE.search(told)
        if (
            (wrote and (named or _DATED.search(told)))
            or (_SAID.search(told) and named)
            or _DATE_AND_WHO.match(told)
            or (_is_quoted(below) and not _is_quoted(lines[n]) and (wrote or (named and told.endswith((">:", ">：")))))
        ):
            above = _bare(lines[begin - 1]) if begin else ""
            opens = _OPENS.match(above) and _DATED.search(above) and not above.endswith(("。", "，", ".", ":", "："))
            return begin - 1 if above and (opens or re.search(r"<[^<>\s]+@[^<>\s]+>$", above)) else begin
    return None


def _field(line: str) -> str:
    """The name of a letter's field when a quoted letter's head stands here: "发件人", "sent"."""
    name, colon, _ = line.replace("：", ":").partition(":")
    return re.sub(r"[\s>＞*|\u3000]", "", name).lower() if colon and len(name) <= 20 else ""


def _is_head(lines: list[str]) -> bool:
    names = {name for line in lines if (name := _field(line)) in _FIELDS}
    said = any("@" in line for line in lines) or bool(names & _ABOUT)
    return len(names) >= 3 and said


def _answers(tail: list[str]) -> list[str]:
    """What somebody wrote below or between the lines they quote: those are marked, the answers are not."""
    begin = next((n for n, line in enumerate(tail[1:5], 1) if _is_quoted(line)), None)
    return [] if begin is None else [line for line in tail[begin:] if not _is_quoted(line)]


def _signature(lines: list[str]) -> int:
    """The line where the end of a letter begins that says nothing new: name and company, device, disclaimer."""
    end, before = len(lines), -1
    while end != before:
        before = end
        while end and (
            not lines[end - 1].strip() or _DEVICE.match(lines[end - 1].strip()[:80]) or _RULE.fullmatch(lines[end - 1])
        ):
            end -= 1
        for n in range(max(0, end - LONGEST_SIGNATURE), end):
            line = lines[n].rstrip()
            if line in ("--", "—", "——", "| |") or (
                _DISCLAIMER.match(line.strip()[:100]) and _FORBIDS.search("\n".join(lines[n:end])[:3000])
            ):
                end = n
                break
    return end
