"""Words out of HTML and out of flowed text; what is new in a reply, apart from what it quotes."""

from __future__ import annotations

import re
from email.message import Message
from html import escape
from html.parser import HTMLParser

import nh3

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
    html = html[:LONGEST_HTML]
    if _is_too_deep(html):
        html = escape(re.sub(r"<[^<>]*>?", " ", re.sub(r"(?is)<(script|style)\b.*?(?:</\1\s*>|$)", " ", html)))
    return nh3.clean(
        html,
        tags=SHOWN,
        clean_content_tags={"script", "style", "title", "svg", "math", "template", "noscript", "iframe", "object"},
        attributes={"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


class _Words(HTMLParser):
    """Text with line ends where blocks end; a quotation keeps the marks that plain mail gives it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.quoted = 0
        self.pre = 0
        self.link: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "blockquote":
            self.new_line()
            self.quoted += 1
        elif tag == "br":
            self.lines.append("")
        elif tag in BLOCKS:
            self.new_line()
        elif tag in ("td", "th") and self.lines[-1].strip():
            self.lines[-1] += " "
        if tag == "pre":
            self.pre += 1
        if tag == "li":
            self.lines[-1] = "- "
        if tag == "a":
            self.link.append((dict(attrs).get("href") or "", len(self.lines[-1])))

    def handle_endtag(self, tag: str) -> None:
        if tag == "blockquote":
            self.new_line()
            self.quoted = max(0, self.quoted - 1)
        elif tag == "p":
            self.new_line()
            self.lines.append("")
        elif tag in BLOCKS and tag != "br":
            self.new_line()
        if tag == "pre":
            self.pre = max(0, self.pre - 1)
        if tag == "a" and self.link:
            href, begin = self.link.pop()
            said = self.lines[-1][begin:].strip()
            if href.startswith(("http://", "https://")) and len(href) <= 300 and said and href not in said:
                bare = href.split("://", 1)[1].rstrip("/")
                if bare != said.rstrip("/"):
                    self.lines[-1] += f" ({href})"

    def handle_data(self, data: str) -> None:
        if self.pre:
            first, *rest = data.split("\n")
            self.lines[-1] += first
            self.lines += rest
            return
        words = re.sub(r"[ \t\n\r\f]+", " ", data)
        if not self.lines[-1]:
            words = words.lstrip(" ")
        self.lines[-1] += words

    def new_line(self) -> None:
        if self.lines[-1]:
            self.lines.append("")

    # A quotation's mark is put on when its line is finished.
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines)


class _Quoting(_Words):
    """As above, with "> " before each line of a quotation."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[int] = [0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        self._mark()

    def handle_endtag(self, tag: str) -> None:
        super().handle_endtag(tag)
        self._mark()

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        self._mark()

    def _mark(self) -> None:
        while len(self.marks) < len(self.lines):
            self.marks.append(self.quoted)
        if not self.lines[-1]:
            self.marks[len(self.lines) - 1] = self.quoted

    def text(self) -> str:
        pairs = zip(self.lines, self.marks, strict=False)
        return "\n".join(("> " * min(depth, 5) + line).rstrip() if line.strip() else "" for line, depth in pairs)


def from_html(html: str) -> str:
    """The words of a letter's HTML. Cleaned first by a parser that no nesting and no broken tag can hang."""
    reader = _Quoting()
    reader.feed(safe_html(html))
    reader.close()
    return tidy(reader.text())


def tidy(text: str) -> str:
    """Without trailing blanks, without more than one empty line in a row, no-break spaces as spaces."""
    text = text.replace("\xa0", " ").replace("\u200b", "").replace("\ufeff", "")
    lines = [line.rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def unflowed(text: str, part: Message) -> str:
    """Lines that a mail program broke (format=flowed, RFC 3676) joined again."""
    if str(part.get_param("format") or "").lower() != "flowed":
        return text
    apart = str(part.get_param("delsp") or "").lower() == "yes"
    out: list[str] = []
    open_line = False
    for line in text.split("\n"):
        body = line[1:] if line.startswith(" ") else line
        flows = body.endswith(" ") and body != "-- " and not body.startswith(">")
        if open_line and not body.startswith(">"):
            out[-1] += body[:-1] if flows and apart else body
        else:
            out.append(body[:-1] if flows and apart else body)
        open_line = flows
    return "\n".join(out)


# --- what is new in a reply ---

# Above this line a reply to our letters stands; our letters carry it.
MARK = "请在这条线以上回复"
MARK_EN = "Please reply above this line"

_DASHES = r"[-—–_=*\s]{2,}"
_ATTRIBUTIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^{_DASHES}\s*(?:原始邮件|原邮件|原始郵件|回复的原邮件|回复的邮件|转发的邮件|转发邮件信息|轉寄郵件|原始信件)\s*{_DASHES}",
        rf"^{_DASHES}\s*(?:original message|original appointment|forwarded message|begin forwarded message)\b",
        r"^begin forwarded message:",
        r"^(?:>\s*)?在\s?.{4,160}(?:写道|寫道|写到|來信|来信)\s*[:：]",
        r"^.{0,120}(?:于|於)\s?\d{4}[-/年.].{4,120}(?:写道|寫道|写到)\s*[:：]",
        r"^.{0,60}\d{4}\s?[-/年.]\s?\d{1,2}\s?[-/月.]\s?\d{1,2}.{0,100}(?:写道|寫道)\s*[:：]",
        r"^on\s.{6,240}\bwrote\s*:",
        r"^(?:le|am|il|el|op|den)\s.{6,240}(?:a écrit|schrieb|ha scritto|escribió|schreef|skrev).{0,40}:",
        r"^\d{4}年\d{1,2}月\d{1,2}日.{0,20}\d{1,2}:\d{2}.{0,80}[:：]$",
        r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}.{1,40}<[^>]+@[^>]+>.{0,20}[:：]$",
        r"^.{2,80}<[^>\s]+@[^>\s]+>\s*(?:写道|wrote|schrieb)?\s*[:：]$",
    )
)
_FIELD = re.compile(
    r"^[>*\s]*(发件人|寄件者|寄件人|from|发送时间|发送日期|日期|时间|寄件日期|傳送時間|sent|date|收件人|收件者|to|抄送|副本|cc|主题|主旨"
    r"|subject|de|von|an|betreff|objet)\**\s*[:：]",
    re.IGNORECASE,
)
_FIRST_FIELD = re.compile(r"^[>*\s]*(发件人|寄件者|寄件人|from|von|de)\**\s*[:：]", re.IGNORECASE)
_DEVICE = re.compile(
    r"^[\s\-—]*(?:发自我的|發自我的|来自我的|由我的|从我的|發送自|发送自|发自|sent from|get outlook for|envoyé de"
    r"|von meinem|获取\s?outlook|通过.{2,20}客户端发送|来自.{1,12}(?:邮箱|手机版|客户端))",
    re.IGNORECASE,
)


def fold(text: str) -> tuple[str, str]:
    """What the writer added, and the rest: the quotation and the signature. When nothing seems added, all is new."""
    lines = text.split("\n")
    cut = _quotation(lines)
    head, tail = lines[:cut], lines[cut:]
    if tail and cut < len(lines) and _answered_below(tail):
        head += ["", *[line for line in tail[1:] if line.strip() and not line.lstrip().startswith((">", "＞"))]]
    head = _without_trailing_quotes(head)
    fresh = "\n".join(_without_signature(head)).strip()
    if not fresh:
        return text.strip(), ""
    return fresh, "\n".join(tail).strip() if tail else ""


def _quotation(lines: list[str]) -> int:
    """The line where what we wrote begins."""
    for n, line in enumerate(lines):
        bare = line.strip().lstrip("> ")
        if not bare:
            continue
        if MARK in bare or MARK_EN in bare:
            return n
        joined = " ".join(each.strip() for each in lines[n : n + 3])[:400]
        if any(pattern.match(bare) for pattern in _ATTRIBUTIONS):
            return n
        # "On Monday, ... <name@host>" and "wrote:" on the next line.
        if re.match(r"^(?:on\s|在\s?\d|于\s?\d)", bare, re.IGNORECASE) and any(
            pattern.match(joined) for pattern in _ATTRIBUTIONS[3:8]
        ):
            return n
        if _FIRST_FIELD.match(line) and sum(bool(_FIELD.match(each)) for each in lines[n + 1 : n + 8]) >= 2:
            before = n - 1
            while before >= 0 and not lines[before].strip():
                before -= 1
            return before if before >= 0 and re.fullmatch(r"[\s_\-=]{5,}", lines[before]) else n
    return len(lines)


def _answered_below(tail: list[str]) -> bool:
    """Whether somebody wrote below or between the lines they quote: the quotation is marked, the answer is not."""
    rest = [line for line in tail[1:] if line.strip()]
    if not rest or not rest[0].lstrip().startswith((">", "＞")):
        return False
    return any(not line.lstrip().startswith((">", "＞")) for line in rest)


def _without_trailing_quotes(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith((">", "＞"))):
        end -= 1
    return lines[:end] if end else lines


def _without_signature(lines: list[str]) -> list[str]:
    for n, line in enumerate(lines):
        if line in ("--", "-- ", "—", "——") and n and len(lines) - n <= 25:
            lines = lines[:n]
            break
    while lines and (not lines[-1].strip() or _DEVICE.match(lines[-1]) or re.fullmatch(r"[\s_\-—=]{3,}", lines[-1])):
        lines = lines[:-1]
    return lines
