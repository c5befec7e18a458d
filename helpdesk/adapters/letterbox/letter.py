"""A raw message as a `Letter`: who, what about, which words, which files. Lenient and bounded in everything.

`mime` takes the message apart, `charsets` finds out what its bytes mean, `plain` makes words of what is formatted.
"""

from __future__ import annotations

import email.utils
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import unquote_to_bytes

from helpdesk.adapters.letterbox import charsets, embedded, plain
from helpdesk.adapters.letterbox.mime import Part, from_base64, from_quoted, looks_multipart, parameter

# Limits: what a person sends is far below, what is above is an attack or a mistake.
MOST_PARTS = 300
MOST_DEEP = 30
MOST_FILES = 50
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
    text: str = ""
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
    return _read(Part(_tidy(raw)), 0)


def _tidy(raw: bytes) -> bytes:
    """Without what mail programs and mailbox files put before the first header."""
    return raw.lstrip(b"\r\n\t ").removeprefix(b"\xef\xbb\xbf")


def _read(message: Part, depth: int, seen: int = 0) -> Letter:
    letter = _head(message)
    _Parts(letter, _hint(message), seen).read(message, depth)
    return letter


# --- headers ---


def _hint(message: Part) -> str:
    """The charset in which what is not labelled was probably written: the one the letter names elsewhere."""
    word = _WORD.search((message.first("subject") + b" " + message.first("from")).decode("ascii", "replace"))
    named = message.charset() or (word.group(1) if word else "")
    return "" if charsets.meant(named) in charsets.UNSEEN else named


def _head(message: Part) -> Letter:
    hint = _hint(message)
    headers: dict[str, list[str]] = {}
    for name, value in message.headers:
        headers.setdefault(name, []).append(header_text(value, hint))
    senders = [
        box for name in ("from", "sender", "return-path") for value in message.all(name) for box in people(value, hint)
    ]
    to = [
        box.address
        for name in ("delivered-to", "x-original-to", "envelope-to", "to", "cc", "resent-to", "x-envelope-to")
        for value in message.all(name)
        for box in people(value, hint)
        if box.address
    ]
    own = _ids(headers.get("message-id", []))
    return Letter(
        headers=headers,
        sender=next((box for box in senders if box.address), senders[0] if senders else Person("", "")),
        subject=next(iter(headers.get("subject", [])), "")[:500],
        to=list(dict.fromkeys(to))[:200],
        message_id=own[0] if own else "",
        refers_to=_ids([*headers.get("in-reply-to", []), *headers.get("references", [])])[-60:],
        sent_at=_moment(headers.get("date", [])),
    )


# The beginning of an encoded word (RFC 2047): charset, how it is written.
_WORD = re.compile(r"=\?([^?\s=]{1,60})\?([bBqQ])\?")


def header_text(value: bytes, hint: str = "") -> str:
    """A header's value as people read it: unfolded, its encoded words and raw bytes decoded, on one line."""
    return one_line(_words(_unfolded(value, hint)))


def _unfolded(value: bytes, hint: str) -> str:
    return re.sub(r"\n[ \t]*", " ", charsets.decode(value, hint)).strip()


def _words(value: str) -> str:
    """With the encoded words read. A character may begin in one of them and end in the next."""
    out: list[str] = []
    end, pending, label = 0, b"", ""
    while begin := _WORD.search(value, end):
        charset, how = begin.groups()
        between = value[end : begin.start()]
        close = value.find("?=", begin.end())
        again = value.find("=?", begin.end(), close if close >= 0 else len(value))
        if close < 0 or (0 <= again < close - 1 and _WORD.match(value, again)):
            # Never closed: it was cut off, or the next one begins within it.
            close = again if again >= 0 else len(value)
        # White space between two encoded words is none.
        if between.strip() or charset.lower() != label.lower():
            out.append(charsets.decode(pending, label))
            pending = b""
            if between.strip() or not label:
                out.append(between)
        label = charset
        body = value[begin.end() : close].encode("utf-8", "replace")
        pending += from_quoted(body.replace(b"_", b"=20")) if how in "qQ" else from_base64(body)
        end = close + 2 if value.startswith("?=", close) else close
    return "".join([*out, charsets.decode(pending, label), value[end:]])


def one_line(text: str) -> str:
    """Without line ends, control and direction marks."""
    return "".join(" " if c in "\r\n\t\u2028\u2029\x0b\x0c\x85" else c for c in text if not _unseen(c)).strip()


def _unseen(letter: str) -> bool:
    code = ord(letter)
    if code < 32:
        return letter not in "\r\n\t\x0b\x0c"
    return (
        0x7F <= code <= 0x9F or code in (0x200E, 0x200F, 0xFEFF) or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
    )


_ADDRESS = re.compile(r"[^\s<>\"(),;:\\\[\]@]{1,64}@[^\s<>\"'(),;:\\\[\]@]{1,255}")
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(?!@)|<([^<>]*)>?|\(([^()]*)\)?|([,;])|((?:[^",;(<\\]|\\.?)+|")')


def people(value: bytes, hint: str = "") -> list[Person]:
    """Names and addresses of a header. Split before encoded words are read: a comma inside one separates nobody."""
    flat = _unfolded(value, hint)
    if "@" not in flat:
        # Some programs encode all of it, the address, too.
        flat = _words(flat)
    flat = re.sub(r'"([^"\s<>@]+)"@', r"\1@", flat)
    found: list[Person] = []
    name: list[str] = []
    notes: list[str] = []
    angle: str | None = None

    def finish() -> None:
        nonlocal angle
        told = "".join(name).strip()
        match = _ADDRESS.search(angle or "") or _ADDRESS.search(told)
        if match and match.string is told:
            told = re.sub(r"\bmailto:", "", told.replace(match.group(0), " ")).strip("[]<>' ")
        label = one_line(_words(told or " ".join(notes))).strip("\"'“” ")
        address = match.group(0).lower().strip(".'") if match else ""
        if label or address:
            found.append(Person("" if label.lower() == address else label[:200], address[:254]))
        name.clear()
        notes.clear()
        angle = None

    for quoted, inside, note, separator, text in _TOKEN.findall(flat):
        if separator:
            # A comma in a name that nobody quoted belongs to the name.
            if angle is None and "@" not in "".join(name) and separator == ",":
                name.append(separator)
            else:
                finish()
        elif quoted:
            name.append(re.sub(r"\\(.)", r"\1", quoted))
        elif inside:
            angle = inside if angle is None or "@" not in angle else angle
        elif note:
            notes.append(note)
            name.append(f"({note})" if "".join(name).strip() and angle is None and "@" not in "".join(name) else "")
        elif text:
            # "Colleagues: one@host, two@host;" is a list with a name.
            name.append(text.partition(":")[2] if ":" in text and flat.endswith(";") else text)
        if len(found) >= 100:
            break
    finish()
    return found


def _ids(values: list[str]) -> list[str]:
    return [
        f"<{''.join(found.split())}>"
        for value in values
        for found in re.findall(r"<([^<>]{1,300})>", value)
        if found.strip()
    ]


def _moment(values: list[str]) -> datetime | None:
    for value in values:
        try:
            moment = email.utils.parsedate_to_datetime(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (TypeError, ValueError, IndexError, OverflowError):
            continue
    return None


# --- parts ---


@dataclass(frozen=True)
class Said:
    """Words of a letter, and how they were formatted ("" for plain ones)."""

    text: str
    html: str = ""


SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
BODIES = {"text/plain", "text/html", "text/enriched", "application/xhtml+xml"}
# The same words once more, for programs that nobody has.
VERSIONS = {"text/x-amp-html", "text/watch-html", "text/x-watch-html"}


class _Parts:
    """Walks the tree once: words to words, files to files, reports to reports."""

    def __init__(self, letter: Letter, hint: str, seen: int) -> None:
        self.letter = letter
        self.hint = hint
        self.seen = seen
        self.room = LONGEST_TEXT * 2
        self.enclosed: list[Letter] = []

    def read(self, message: Part, depth: int) -> None:
        """Everything a message says, into its letter."""
        said = self.walk(message, depth)
        texts: dict[str, str] = {}
        for each in said:
            # Some programs put both versions of a letter one below the other.
            texts.setdefault(_bare(each.text), each.text)
        letter = self.letter
        letter.html = "\n".join(each.html for each in said if each.html)
        letter.text = plain.tidy("\n\n".join(text for text in texts.values() if text.strip()))[:LONGEST_TEXT]
        if not letter.text and len(self.enclosed) == 1 and not letter.reports:
            # Forwarded as it came, without a word: what was forwarded is what is meant.
            letter.text = self.enclosed[0].text
        _note_return(letter)

    def walk(self, part: Part, depth: int) -> list[Said]:
        self.seen += 1
        if self.seen > MOST_PARTS or depth > MOST_DEEP:
            self._cut("parts" if self.seen > MOST_PARTS else "deep")
            return []
        kind = part.kind
        if not depth and not part.first("content-type") and looks_multipart(part.body):
            kind = part.kind = "multipart/mixed"
        self.letter.media_types.append(kind)
        if kind.startswith("multipart/"):
            children = [(child.kind, self.walk(child, depth + 1)) for child in islice(part.parts(), MOST_PARTS + 1)]
            if not children:
                return self._text(part.body, "text/plain", part)
            return _chosen(children) if kind == "multipart/alternative" else [s for _, said in children for s in said]
        if kind == "message/delivery-status":
            self.letter.reports += _reports(charsets.decode(part.content()))
        elif kind == "text/rfc822-headers" or (kind == "message/rfc822-headers"):
            self._note_enclosed(_head(Part(part.content())))
        elif kind in ("message/rfc822", "message/global"):
            self._enclose(Part(_tidy(part.content())), depth)
        else:
            return self._leaf(part, kind, depth)
        return []

    def _enclose(self, message: Part, depth: int) -> None:
        """A message inside a message: its words as a file of their own, its files beside the others."""
        within = _head(message)
        parts = _Parts(within, _hint(message), self.seen)
        parts.read(message, depth + 1)
        self.seen = parts.seen
        self._note_enclosed(within)
        self.enclosed.append(within)
        lines = [f"{within.sender.name} <{within.sender.address}>", within.subject, "", within.text]
        self._add(harmless(within.subject[:60] or "message") + ".txt", "text/plain", "\n".join(lines).encode())
        for file in within.files:
            self._add(file.name, file.media_type, file.data, file.content_id)
        for limit in within.cut:
            self._cut(limit)

    def _note_enclosed(self, within: Letter) -> None:
        """A bounce encloses what it returns: which letter that was is all we need to know."""
        for name in ("message-id", "x-failed-recipients"):
            if within.headers.get(name):
                self.letter.headers.setdefault(f"enclosed-{name}", []).extend(within.headers[name])

    def _leaf(self, part: Part, kind: str, depth: int) -> list[Said]:
        name = file_name(part, self.hint)
        data = part.content()
        is_body = part.disposition() != "attachment" and (not name or not depth)
        if kind in VERSIONS or kind in SIGNATURES or kind in ("message/disposition-notification",):
            return []
        if kind in BODIES and is_body:
            return self._text(data, kind, part)
        if kind in ("application/ms-tnef", "application/vnd.ms-tnef") or name.lower() == "winmail.dat":
            words, files = embedded.from_winmail(data)
            for raw_name, content in files:
                self._add(_inner_name(raw_name, self.hint), "application/octet-stream", content)
            if words or files:
                return [Said(charsets.decode(words, self.hint))]
        if data and kind != "application/pgp-encrypted":
            content_id = header_text(part.first("content-id")).strip("<> ")[:200]
            self._add(name or _made_up(kind, len(self.letter.files)), kind, data, content_id)
        return []

    def _text(self, data: bytes, kind: str, part: Part) -> list[Said]:
        if kind == "text/plain":
            data, files = embedded.from_text(data)
            for raw_name, content in files:
                self._add(_inner_name(raw_name, self.hint), "application/octet-stream", content)
        if len(data) > self.room:
            # A picture written into the text takes room that its words need.
            data = re.sub(rb"""=\s*["']data:[^"'<>]{1000,}["']""", b"", data)
        if len(data) > self.room:
            self._cut("text")
        data = data[: self.room]
        self.room -= len(data)
        text = charsets.decode(data, part.charset(), plain.charset_inside(data), self.hint)
        if kind == "text/enriched":
            return [Said(plain.from_html(text.replace("<<", "&lt;")))]
        # Some programs call HTML plain, and the other way round.
        if plain.is_html(text) if kind == "text/plain" else plain.has_tags(text):
            return [Said(plain.from_html(text), text)]
        if kind != "text/plain":
            return [Said(plain.unescaped(text))]
        # Mailbox files mark lines that begin like a letter; nobody quoted them.
        text = re.sub(r"(?m)^>(?=From )", "", plain.unarmoured(text))
        return [Said(plain.unflowed(text, part.first("content-type")))]

    def _add(self, name: str, kind: str, data: bytes, content_id: str = "") -> None:
        if len(self.letter.files) >= MOST_FILES:
            self._cut("files")
        else:
            self.letter.files.append(File(name, kind, data, content_id))

    def _cut(self, limit: str) -> None:
        if limit not in self.letter.cut:
            self.letter.cut.append(limit)


def _bare(text: str) -> str:
    """Only what is read: no blanks, marks or addresses of links."""
    return re.sub(r"\(?https?://\S+|\W+|_", "", text)


def _chosen(versions: list[tuple[str, list[Said]]]) -> list[Said]:
    """Of the same words several times, the plain ones, unless they only stand in for the others."""
    said = [each for _, each in versions if any(one.text.strip() for one in each)]
    words = next((each for each in said if not any(one.html for one in each)), [])
    rich = next((each for each in reversed(said) if any(one.html for one in each)), [])
    if not rich or not words:
        return rich or words
    html = "\n".join(one.html for one in rich if one.html)
    text = "\n\n".join(one.text for one in words)
    shown = "\n\n".join(one.text for one in rich)
    return [Said(shown if _stands_in(text, shown) else text, html)]


def _stands_in(text: str, shown: str) -> bool:
    bare, whole = _bare(text), _bare(shown)
    if len(bare) * 2 < len(whole) or "&nbsp;" in text or plain.is_html(text):
        return True
    # Question marks or holes where the other version has Chinese.
    return bool(re.search(r"[\u3040-\u9fff]{2}", whole)) and not re.search(r"[\u3040-\u9fff]", bare)


def _reports(text: str) -> list[tuple[str, str, str]]:
    """The blocks of a delivery report (RFC 3464), one for each recipient."""
    found = []
    for block in re.split(r"\n[ \t]*\n", re.sub(r"\n[ \t]+(?=\S)", " ", text)):
        fields = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in block.splitlines())
        }
        if who := fields.get("final-recipient") or fields.get("original-recipient"):
            address = _ADDRESS.search(who)
            told = fields.get("diagnostic-code", fields.get("action", ""))[:500]
            found.append((address.group(0).lower() if address else "", fields.get("status", "")[:20], told))
    return found[:100]


def _note_return(letter: Letter) -> None:
    """What a server says of a returned letter in words alone: which one it was, and that it failed for good."""
    ids = re.findall(r"(?im)^[> \t]{0,10}message-id:[ \t]*(<[^<>\s]{1,300}>)", letter.text)
    if ids:
        letter.headers.setdefault("enclosed-message-id", []).extend(ids[:5])
    if "enclosed-message-id" in letter.headers and not letter.reports:
        told = re.search(r"(?m)^.{0,300}?(?<![\d.])(5\.\d\.\d{1,3}|55\d)(?![\d.]).{0,300}", letter.text[:20_000])
        if told:
            letter.reports.append(("", told.group(1), told.group(0).strip()))


# --- names of files ---


def file_name(part: Part, hint: str = "") -> str:
    """The name of a file: RFC 2231 in pieces or whole, encoded words where they are not allowed, raw bytes."""
    for header, key in (("content-disposition", "filename"), ("content-type", "name")):
        value, charset = parameter(part.first(header), key)
        if not charset and re.search(rb"(?:%[0-9A-Fa-f]{2}){3}", value):
            # Written like a link, by systems that know no other way.
            value = unquote_to_bytes(value)
        name = charsets.decode(value, charset) if charset else header_text(value, hint)
        if name := harmless(name):
            return name
    return ""


def _inner_name(raw: str, hint: str) -> str:
    return harmless(charsets.decode(raw.encode("utf-8", "surrogateescape"), hint)) or "file.bin"


def harmless(name: str) -> str:
    """A file's name and nothing else: no folder, no mark that hides its ending; at most 150 letters, ending kept."""
    name = re.split(r"[/\\]", one_line(name))[-1].strip(" .")
    name = re.sub(r'[<>:"|?*]', "_", name)
    if len(name) <= 150:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem[:140]}.{ending}" if dot and len(ending) < 10 else name[:150]


_ENDINGS = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "application/pdf": "pdf",
    "text/calendar": "ics", "text/plain": "txt", "text/html": "html",
}  # fmt: skip


def _made_up(kind: str, position: int) -> str:
    return f"file-{position + 1}.{_ENDINGS.get(kind, 'bin')}"
