"""A raw message as a `Letter`: who, what about, which words, which files. Lenient and bounded in everything.

The standard library takes the message apart; what it gets wrong with real mail (labels that lie, header words cut in
the middle of a character, raw bytes in headers) is read here from the bytes.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.utils
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser
from urllib.parse import unquote_to_bytes

from helpdesk.adapters.letterbox import charsets, plain

# Limits: what a person sends is far below, what is above is an attack or a mistake.
MOST_PARTS = 300
MOST_DEEP = 30
MOST_FILES = 50
MOST_HEADERS = 1000
LONGEST_HEADER = 20_000
LONGEST_TEXT = 400_000


@dataclass(frozen=True)
class Person:
    """A name and an address; the address in small letters, or "" for one that is none."""

    name: str
    address: str


@dataclass(frozen=True)
class File:
    """A file of a letter. One that the text shows where it stands has a content id."""

    name: str
    media_type: str
    data: bytes
    content_id: str = ""


@dataclass
class Letter:
    """What a message says. `headers` are by small name, decoded; `cut` says which limits were reached."""

    headers: dict[str, list[str]]
    sender: Person
    subject: str
    text: str
    html: str = ""
    to: list[str] = field(default_factory=list)
    message_id: str = ""
    refers_to: list[str] = field(default_factory=list)
    sent_at: datetime | None = None
    files: list[File] = field(default_factory=list)
    media_types: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    # What a delivery report says of each recipient: address, status, the server's words.
    reports: list[tuple[str, str, str]] = field(default_factory=list)

    def first(self, name: str) -> str:
        """The first header of this name, or ""."""
        return next(iter(self.headers.get(name.lower(), [])), "")


def read(raw: bytes) -> Letter:
    """Take a message apart. Never raises for what somebody sent, however broken."""
    raw = _tidy(raw)
    try:
        message = email.message_from_bytes(raw, policy=policy.compat32)
    except RecursionError:  # parts within parts within parts: only who wrote and what about can be told
        letter = _head(BytesHeaderParser(policy=policy.compat32).parsebytes(raw))
        letter.cut.append("deep")
        return letter
    letter = _head(message)
    parts = _Parts(letter)
    try:
        parts.walk(message, 0)
    except RecursionError:
        letter.cut.append("deep")
    parts.settle()
    return letter


def _tidy(raw: bytes) -> bytes:
    """Without what mail programs and mailbox files put before the first header."""
    raw = raw.lstrip(b"\r\n\t ")
    if raw.startswith((b"From ", b">From ")):
        raw = raw.partition(b"\n")[2]
    return raw.removeprefix(b"\xef\xbb\xbf")


# --- headers ---


def _head(message: Message) -> Letter:
    headers: dict[str, list[str]] = {}
    raw: dict[str, list[str]] = {}
    for n, (name, value) in enumerate(message.raw_items()):
        if n >= MOST_HEADERS:
            break
        text = str(value)[:LONGEST_HEADER]
        raw.setdefault(name.lower(), []).append(text)
        headers.setdefault(name.lower(), []).append(header_text(text))
    senders = [box for name in ("from", "sender", "return-path") for box in _people(raw.get(name, []))]
    sender = next((box for box in senders if box.address), senders[0] if senders else Person("", ""))
    letter = Letter(
        headers=headers,
        sender=sender,
        subject=header_text(next(iter(raw.get("subject", [])), ""))[:500],
        text="",
        message_id=_ids(headers.get("message-id", []))[0] if _ids(headers.get("message-id", [])) else "",
        refers_to=_ids([*headers.get("in-reply-to", []), *headers.get("references", [])])[-60:],
        sent_at=_moment(headers.get("date", [])),
    )
    for name in ("delivered-to", "x-original-to", "envelope-to", "to", "cc", "resent-to", "x-envelope-to"):
        letter.to += [box.address for box in _people(raw.get(name, [])) if box.address]
    letter.to = list(dict.fromkeys(letter.to))[:200]
    return letter


_WORD = re.compile(r"=\?([^?\s]*)\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*)*)\?=")


def header_text(value: str) -> str:
    """A header's value as people read it: unfolded, its encoded words and raw bytes decoded, on one line."""
    value = re.sub(r"\r?\n[ \t]*", " ", value).strip()
    out: list[str] = []
    end, pending, label = 0, b"", ""

    def flush() -> None:
        nonlocal pending
        if pending:
            out.append(charsets.decode(pending, label))
            pending = b""

    for found in _WORD.finditer(value):
        between = value[end : found.start()]
        charset, how, body = found.groups()
        # White space between two encoded words is none; a character may begin in one word and end in the next.
        if between.strip() or charset.lower() != label.lower():
            flush()
            if between.strip():
                out.append(_raw_text(between))
        label = charset
        pending += _encoded(how, body)
        end = found.end()
    flush()
    out.append(_raw_text(value[end:]))
    return one_line("".join(out))


def one_line(text: str) -> str:
    """Without line ends, control and direction marks; white space folded."""
    kept = "".join(" " if c in "\r\n\t\u2028\u2029" else c for c in text if not _unseen(c))
    return " ".join(kept.split(" ")).strip()


def _unseen(letter: str) -> bool:
    code = ord(letter)
    return (code < 32 and letter not in "\r\n\t") or code == 127 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069


def _raw_text(value: str) -> str:
    """What stands between encoded words: as it is, or bytes that somebody sent without any encoding."""
    if value.isascii():
        return value
    return charsets.decode(value.encode("utf-8", "surrogateescape"), None)


def _encoded(how: str, body: str) -> bytes:
    data = body.encode("ascii", "ignore")
    if how in "qQ":
        return quopri.decodestring(data.replace(b"_", b" "), header=False)
    return base64_lenient(data)


def base64_lenient(data: bytes) -> bytes:
    """Base64 as it arrives: with line ends, without padding, cut off somewhere."""
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data.partition(b"=")[0] if b"=" in data[:-4] else data)
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    try:
        return base64.b64decode(kept + b"=" * (-len(kept) % 4))
    except (binascii.Error, ValueError):
        return b""


_ADDRESS = re.compile(r"[^\s<>\"'(),;:\\\[\]@]+@[^\s<>\"'(),;:\\\[\]@]+")


def _people(values: list[str]) -> list[Person]:
    """Names and addresses. Split before anything is decoded: a comma inside an encoded name separates nobody."""
    found: list[Person] = []
    for value in values:
        flat = re.sub(r"\r?\n[ \t]*", " ", value)
        if not flat.isascii():
            flat = charsets.decode(flat.encode("utf-8", "surrogateescape"), None)
        for name, address in email.utils.getaddresses([flat])[:100]:
            match = _ADDRESS.search(address) or (_ADDRESS.search(flat) if not found else None)
            address = match.group(0).lower().strip(".") if match else ""
            if not name and match and address and flat.partition("<")[0].strip():
                name = flat.partition("<")[0].strip(' "') if "<" in flat else ""
            label = one_line(header_text(name)).strip("\"' ")
            found.append(Person(label if label.lower() != address else "", address[:254]))
    return found


_ID = re.compile(r"<[^<>\s]{1,300}>")


def _ids(values: list[str]) -> list[str]:
    return [found for value in values for found in _ID.findall(re.sub(r"\s+(?=[^<]*>)", "", value))]


def _moment(values: list[str]) -> datetime | None:
    for value in values:
        try:
            moment = email.utils.parsedate_to_datetime(value)
        except (TypeError, ValueError, IndexError, OverflowError):
            continue
        try:
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


# --- parts ---


class _Parts:
    """Walks the tree once: words to words, files to files, reports to reports."""

    def __init__(self, letter: Letter) -> None:
        self.letter = letter
        self.seen = 0
        self.plains: list[str] = []
        self.htmls: list[str] = []

    def walk(self, part: Message, depth: int) -> None:
        self.seen += 1
        if self.seen > MOST_PARTS or depth > MOST_DEEP:
            limit = "parts" if self.seen > MOST_PARTS else "deep"
            if limit not in self.letter.cut:
                self.letter.cut.append(limit)
            return
        kind = part.get_content_type().lower()
        self.letter.media_types.append(kind)
        if kind == "multipart/alternative":
            self._alternative(part, depth)
        elif kind == "message/delivery-status":
            self._report(part)
        elif kind in ("message/rfc822", "message/global") and depth:
            self._enclosed(part, depth)
        elif part.is_multipart():
            for child in _children(part):
                self.walk(child, depth + 1)
        else:
            self._leaf(part, kind)

    def _alternative(self, part: Message, depth: int) -> None:
        """The same words several times: the plain ones, unless they only say that one needs another program."""
        said = _Parts(Letter({}, Person("", ""), "", ""))
        said.seen = self.seen
        for child in _children(part):
            said.walk(child, depth + 1)
        self.seen = said.seen
        self.letter.files += said.letter.files
        self.letter.media_types += said.letter.media_types
        self.letter.reports += said.letter.reports
        self.letter.cut += [c for c in said.letter.cut if c not in self.letter.cut]
        html = "\n".join(said.htmls)
        words = "\n".join(said.plains)
        if html:
            self.letter.html = "\n".join(filter(None, (self.letter.html, html)))
            shown = plain.from_html(html)
            # A plain part of a line or less beside a whole page of HTML is a stand-in.
            if len(words.strip()) * 4 < len(shown) and len(words.strip()) < 200:
                words = shown
        self.plains.append(words)

    def _report(self, part: Message) -> None:
        text = ""
        for block in part.get_payload() if part.is_multipart() else [part]:
            if isinstance(block, Message):
                text += "\n".join(f"{name}: {header_text(str(value))}" for name, value in block.raw_items()) + "\n\n"
                payload = block.get_payload()
                text += (payload if isinstance(payload, str) else "") + "\n\n"
        for block in re.split(r"\n\s*\n", text):
            fields = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(":") for line in block.splitlines())
            }
            who = fields.get("final-recipient") or fields.get("original-recipient") or ""
            if who:
                address = _ADDRESS.search(who)
                self.letter.reports.append(
                    (
                        address.group(0).lower() if address else "",
                        fields.get("status", "")[:20],
                        fields.get("diagnostic-code", fields.get("action", ""))[:500],
                    )
                )

    def _enclosed(self, part: Message, depth: int) -> None:
        """A message inside a message: its words as a file of their own, its files beside the others."""
        inner = part.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        if not isinstance(first, Message):
            return
        within = _head(first)
        parts = _Parts(within)
        parts.seen = self.seen
        parts.walk(first, depth + 1)
        parts.settle()
        self.seen = parts.seen
        for name in ("message-id", "x-failed-recipients"):
            # A bounce encloses what it returns: which letter that was is all we need to know.
            if within.headers.get(name):
                self.letter.headers.setdefault(f"enclosed-{name}", []).extend(within.headers[name])
        lines = [f"{within.sender.name} <{within.sender.address}>", within.subject, "", within.text]
        title = within.subject[:60] or "message"
        self._add(File(f"{title}.txt", "text/plain", "\n".join(lines).encode()))
        for file in within.files:
            self._add(file)
        self.letter.cut += [c for c in within.cut if c not in self.letter.cut]

    def _leaf(self, part: Message, kind: str) -> None:
        name = file_name(part)
        stands_apart = _disposition(part) == "attachment" or bool(name)
        data = payload(part)
        if kind in ("text/plain", "text/html", "text/enriched") and not stands_apart:
            text = charsets.decode(data[: LONGEST_TEXT * 2], _charset(part))
            if len(data) > LONGEST_TEXT * 2 and "text" not in self.letter.cut:
                self.letter.cut.append("text")
            if kind == "text/html":
                self.htmls.append(text)
            else:
                self.plains.append(plain.unflowed(text, part) if kind == "text/plain" else plain.from_html(text))
            return
        if not data or kind in ("message/disposition-notification", "application/pgp-signature"):
            return
        content_id = str(part.get("Content-ID") or "").strip("<> ")[:200]
        self._add(File(name or _made_up(kind, len(self.letter.files)), kind, data, content_id))

    def _add(self, file: File) -> None:
        if len(self.letter.files) >= MOST_FILES:
            if "files" not in self.letter.cut:
                self.letter.cut.append("files")
            return
        self.letter.files.append(file)

    def settle(self) -> None:
        """What was found becomes the letter's text."""
        letter = self.letter
        alone = "\n".join(self.htmls)
        if alone:
            letter.html = "\n".join(filter(None, (letter.html, alone)))
            self.plains.append(plain.from_html(alone))
        letter.text = plain.tidy("\n\n".join(text for text in self.plains if text.strip()))[:LONGEST_TEXT]


def _children(part: Message) -> Iterator[Message]:
    inner = part.get_payload()
    if isinstance(inner, list):
        yield from (child for child in inner if isinstance(child, Message))


def payload(part: Message) -> bytes:
    """The bytes of a part, its transfer encoding undone as well as can be."""
    inner = part.get_payload()
    if not isinstance(inner, str):
        return b""
    data = inner.encode("utf-8", "surrogateescape")
    how = str(part.get("Content-Transfer-Encoding") or "").strip().lower()
    if how == "base64":
        return base64_lenient(data)
    if how == "quoted-printable":
        return quopri.decodestring(data)
    if how in ("x-uuencode", "uuencode", "uue", "x-uue"):
        try:
            return part.get_payload(decode=True) or b""  # type: ignore[return-value]
        except (ValueError, binascii.Error):
            return data
    return data


def _charset(part: Message) -> str | None:
    found = part.get_param("charset")
    if isinstance(found, tuple):
        found = found[2]
    return str(found) if found else None


def _disposition(part: Message) -> str:
    return str(part.get("Content-Disposition") or "").partition(";")[0].strip().lower()


def file_name(part: Message) -> str:
    """The name of a file: RFC 2231 in pieces or whole, encoded words where they are not allowed, raw bytes."""
    for header, key in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        value = str(part.get(header) or "")
        if not value:
            continue
        found = _parameter(re.sub(r"\r?\n[ \t]*", " ", value), key)
        if found:
            return one_line(found)[:300]
    return ""


_PIECE = re.compile(r';\s*{key}(\*\d+)?(\*)?\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)'.replace("{key}", "%s"), re.IGNORECASE)


def _parameter(header: str, key: str) -> str:
    pattern = re.compile(_PIECE.pattern % key, re.IGNORECASE)
    whole, pieces, charset = "", {}, None
    for number, starred, value in pattern.findall(header):
        text = value.strip()
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        if not number and not starred:
            whole = whole or text
            continue
        index = int(number[1:]) if number else 0
        data = text.encode("utf-8", "surrogateescape")
        if starred:
            if index == 0 and text.count("'") >= 2:
                label, _, rest = text.partition("'")
                charset, data = label, rest.partition("'")[2].encode("utf-8", "surrogateescape")
            data = unquote_to_bytes(data)
        if index < 100:
            pieces[index] = data
    if pieces:
        return charsets.decode(b"".join(pieces[index] for index in sorted(pieces)), charset)
    return header_text(whole)


_ENDINGS = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "application/pdf": "pdf",
    "text/calendar": "ics", "text/plain": "txt", "text/html": "html",
}  # fmt: skip


def _made_up(kind: str, position: int) -> str:
    return f"file-{position + 1}.{_ENDINGS.get(kind, 'bin')}"
