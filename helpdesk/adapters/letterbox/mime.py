"""A raw message taken apart into headers and parts: bytes in, bytes out, nothing decoded but transfer encodings.

Written for mail as it arrives rather than as it should: headers folded wrongly, boundaries that are missing or other
than announced, base64 with rubbish in it. Nothing here raises, and nothing looks twice at the same byte for one level.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from helpdesk.adapters.letterbox import charsets

MOST_HEADERS = 1000
LONGEST_HEADER = 20_000
LONGEST_HEADERS = 300_000

_HEADER = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*(.*)", re.DOTALL)
_TYPE = re.compile(rb"\s*\"?([\w.+-]+/[\w.+-]+)")


class Part:
    """A message or a part of one: `headers` in their order, names in small letters, values with their line ends."""

    def __init__(self, raw: bytes, implied: str = "text/plain") -> None:
        self.headers, self.body = _split(raw)
        self.kind = next(
            (found.group(1).decode().lower() for value in self.all("content-type") if (found := _TYPE.match(value))),
            implied,
        )

    def all(self, name: str) -> list[bytes]:
        """The values of all headers of this name."""
        return [value for known, value in self.headers if known == name]

    def first(self, name: str) -> bytes:
        """The first of them, or nothing."""
        return next(iter(self.all(name)), b"")

    def charset(self) -> str:
        """What the part calls its charset, or ""."""
        return parameter(self.first("content-type"), "charset")[0].decode("ascii", "ignore")

    def disposition(self) -> str:
        """ "inline", "attachment", or "" when nothing is said."""
        return self.first("content-disposition").partition(b";")[0].strip().decode("ascii", "ignore").lower()

    def content(self) -> bytes:
        """The bytes of the part, its transfer encoding undone as well as can be."""
        how = self.first("content-transfer-encoding").strip().lower()
        if how.startswith(b"base64"):
            return from_base64(self.body) if _is_base64(self.body) else self.body
        if how.startswith(b"quoted"):
            return from_quoted(self.body)
        if self.kind.startswith("text/"):
            return _undeclared(self.body)
        return self.body

    def parts(self) -> Iterator[Part]:
        """The parts of a multipart; none when it has none, whatever it says."""
        implied = "message/rfc822" if self.kind == "multipart/digest" else "text/plain"
        named = parameter(self.first("content-type"), "boundary")[0].rstrip()
        for boundary in dict.fromkeys((named, named.strip(b"'\" "), _guessed(self.body))):
            if boundary and b"--" + boundary in self.body:
                yield from (Part(piece, implied) for piece in _pieces(self.body, boundary))
                return


def _split(raw: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    """Headers and what follows them."""
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    found: list[tuple[bytes, list[bytes]]] = []
    at = 0
    while at < len(raw):
        line, after = _line(raw, at)
        header = _HEADER.match(line)
        if not line or (not line.strip() and not _goes_on(raw, after)):
            at = after
            break
        if header and line[:1] not in b" \t":
            found.append((header.group(1), [header.group(2)]))
        elif found and (line[:1] in b" \t" or _goes_on(raw, after)):
            # What is neither a header nor folded, but followed by headers, was folded by a program that cannot.
            found[-1][1].append(line)
        elif not line.startswith((b"From ", b">From ")):
            break
        at = after
    headers, room = [], LONGEST_HEADERS
    for name, lines in found[:MOST_HEADERS]:
        value = b"\n ".join(lines)[: min(LONGEST_HEADER, room)]
        headers.append((name.decode("ascii").lower(), value))
        room -= len(value)
    return headers, raw[at:]


def _line(raw: bytes, at: int) -> tuple[bytes, int]:
    end = raw.find(b"\n", at)
    after = len(raw) if end < 0 else end + 1
    return raw[at:after].rstrip(b"\r\n"), after


def _goes_on(raw: bytes, at: int) -> bool:
    """Whether another header of those that every letter has follows."""
    return bool(
        re.match(
            rb"(?:from|to|cc|subject|date|message-id|mime-version|content-[a-z-]{2,40}|received|reply-to|x-[a-z-]{2,60}"
            rb"|in-reply-to|references|return-path)[ \t]*:",
            raw[at : at + 200],
            re.IGNORECASE,
        )
    )


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    mark, at, start = b"--" + boundary, 0, -1
    while (at := body.find(mark, at)) >= 0:
        end = body.find(b"\n", at)
        end = len(body) if end < 0 else end
        rest = body[at + len(mark) : min(end, at + len(mark) + 100)].strip()
        if (at == 0 or body[at - 1 : at] in (b"\n", b"\r")) and rest in (b"", b"--"):
            if start >= 0:
                yield re.sub(rb"\r?\n\Z", b"", body[start:at])
            start = end + 1 if not rest else -1
        at += len(mark)
    if 0 <= start < len(body):
        yield body[start:]


def _guessed(body: bytes) -> bytes:
    """The boundary somebody used without announcing it: a line of dashes before a part's headers."""
    found = re.search(rb"(?:\A|\n)--([^\s][^\r\n]{0,200}?)[ \t]*\r?\n(?:[ \t]*\r?\n)?(?i:Content-)", body[:20_000])
    return found.group(1) if found else b""


def looks_multipart(body: bytes) -> bool:
    """Whether a body whose header does not say so is made of parts."""
    return bool(_guessed(body)) and body.count(b"--" + _guessed(body)) > 1


# --- parameters ---

_PARAMETER = re.compile(
    rb";\s*([^\s=;\"*]{1,60})(\*\d{1,3})?(\*)?\s*=\s*(\"(?:[^\"\\]|\\.|\"(?![ \t]*(?:[;\r\n]|\Z)))*\"?|[^;]*)"
)


def parameter(header: bytes, key: str) -> tuple[bytes, str]:
    """A parameter's value as it was sent, and the charset it names (RFC 2231), in pieces or whole."""
    whole: bytes | None = None
    pieces: dict[int, bytes] = {}
    charset = ""
    for name, number, starred, value in _PARAMETER.findall(header[:LONGEST_HEADER]):
        if name.lower() != key.encode():
            continue
        text = value.strip()
        if text.startswith(b'"'):
            # A lone backslash is a folder of Windows, not an escape.
            text = re.sub(rb'\\(["\\])', rb"\1", text[1:].removesuffix(b'"'))
        if not number and not starred:
            whole = text if whole is None else whole
            continue
        index = int(number[1:]) if number else 0
        if starred:
            if index == 0 and text.count(b"'") >= 2:
                label, _, rest = text.partition(b"'")
                charset, text = label.decode("ascii", "ignore"), rest.partition(b"'")[2]
            text = unquote_to_bytes(text)
        pieces.setdefault(index, text)
    if pieces:
        return b"".join(pieces[index] for index in sorted(pieces)), charset
    return whole or b"", ""


# --- transfer encodings ---


def from_base64(data: bytes) -> bytes:
    """Base64 as it arrives: with rubbish between, without padding, several put one after the other, cut off, and with
    lines that a mailing list wrote below it."""
    lines, below = data.split(b"\n"), b""
    for n, line in enumerate(lines):
        if n and len(line.split()) > 2:
            lines, below = lines[:n], b"\n".join(lines[n:])
            break
    kept = re.sub(rb"[^A-Za-z0-9+/=]", b"", b"".join(lines))
    return b"".join(_one_base64(piece) for piece in re.findall(rb"[^=]+", kept)) + (b"\n" + below if below else b"")


def _one_base64(piece: bytes) -> bytes:
    piece = piece[:-1] if len(piece) % 4 == 1 else piece
    return binascii.a2b_base64(piece + b"=" * (-len(piece) % 4))


def _is_base64(data: bytes) -> bool:
    """Not what is called base64 and was never encoded."""
    sample = b"\n".join(data.lstrip().split(b"\n", 3)[:2])[:3000]
    spaces = sum(len(line.split()) - 1 for line in sample.split(b"\n") if line.strip())
    strange = len(re.sub(rb"[A-Za-z0-9+/=_\s-]", b"", sample))
    return strange * 5 <= len(sample) and spaces * 30 <= len(sample)


def from_quoted(data: bytes) -> bytes:
    """Quoted-printable; white space at a line's end is none of it, an equals sign that begins nothing stays one."""
    lines = (line.rstrip(b" \t\r") + (b"\r" if line.endswith(b"\r") else b"") for line in data.split(b"\n"))
    return binascii.a2b_qp(b"\n".join(lines))


_ONLY_BASE64 = re.compile(rb"\s*(?:[A-Za-z0-9+/]{40,78}\r?\n)*[A-Za-z0-9+/]{2,78}={0,2}\s*")


def _undeclared(body: bytes) -> bytes:
    """Text that was encoded without anybody saying so: read, when Chinese comes out of it."""
    sample = body[:3000]
    if not sample.isascii():
        return body
    read = b""
    if len(sample.strip()) >= 40 and _ONLY_BASE64.fullmatch(body[:200_000]):
        read = from_base64(body)
    elif re.search(rb"(?:=[0-9A-F]{2}){3}", sample):
        read = from_quoted(body)
    return read if read and not read.isascii() and charsets.score(charsets.decode(read)) > 0.8 else body
