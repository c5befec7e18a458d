"""Files that lie inside something else: uuencode and yEnc in the text of a letter, winmail.dat of Outlook."""

from __future__ import annotations

import binascii
import re
import struct

MOST = 50

# --- in the text ---

_BEGIN = re.compile(
    rb"^begin(?:-base64)? [0-7]{3,4} (\S[^\r\n]{0,200})\r?$|^=ybegin [^\r\n]*?name=([^\r\n]{1,200})\r?$", re.M
)


def from_text(data: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The text without the files that were written into it, and these: raw name, content."""
    if b"begin " not in data:
        return data, []
    rest: list[bytes] = []
    files: list[tuple[str, bytes]] = []
    at = 0
    while len(files) < MOST and (begin := _BEGIN.search(data, at)):
        is_yenc = bool(begin.group(2))
        end = re.compile(rb"^=yend[^\r\n]*\r?$" if is_yenc else rb"^end\s*?$", re.M).search(data, begin.end())
        if end is None:
            break
        lines = data[begin.end() : end.start()].split(b"\n")
        content = _yenc(lines) if is_yenc else _uu(lines)
        if content:
            rest.append(data[at : begin.start()])
            files.append(((begin.group(2) or begin.group(1)).strip().decode("utf-8", "surrogateescape"), content))
        else:
            rest.append(data[at : end.end()])
        at = end.end()
    return b"".join([*rest, data[at:]]), files


def _uu(lines: list[bytes]) -> bytes:
    out = []
    for line in lines:
        line = line.rstrip(b"\r")
        if not line or line == b"`":
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some programs write more than the line's length says.
            try:
                out.append(binascii.a2b_uu(line[: (((line[0] - 32) & 63) * 4 + 5) // 3]))
            except binascii.Error:
                return b""
    return b"".join(out)


def _yenc(lines: list[bytes]) -> bytes:
    kept = b"".join(line.rstrip(b"\r") for line in lines if not line.startswith(b"=ypart"))
    kept = re.sub(rb"=(.)", lambda escaped: bytes([(escaped.group(1)[0] - 64) % 256]), kept, flags=re.DOTALL)
    return kept.translate(bytes((byte - 42) % 256 for byte in range(256)))


# --- winmail.dat (MS-OXTNEF) ---

_SIGNATURE = 0x223E9F78
_NEW_FILE, _TITLE, _DATA, _BODY, _PROPERTIES = 0x9002, 0x8010, 0x800F, 0x800C, 0x9005
# The long name among the properties of a file: PidTagAttachLongFilename as UTF-16, one value.
_LONG_NAME = re.compile(rb"\x1f\x00\x07\x37\x01\x00\x00\x00(....)", re.DOTALL)


def from_winmail(data: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The words and the files in a winmail.dat: raw name, content. Nothing when it is none."""
    files: list[tuple[str, bytes]] = []
    words, name, content = b"", "", b""

    def finish() -> None:
        if content and len(files) < MOST:
            files.append((name, content))

    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return b"", []
    at = 6
    while at + 9 <= len(data):
        _, kind, _, size = struct.unpack_from("<BHHI", data, at)
        value, at = data[at + 9 : at + 9 + size], at + 9 + size + 2
        if kind == _NEW_FILE:
            finish()
            name, content = "", b""
        elif kind == _BODY:
            words = value.rstrip(b"\x00")
        elif kind == _TITLE:
            name = name or value.rstrip(b"\x00").decode("utf-8", "surrogateescape")
        elif kind == _DATA:
            content = value
        elif kind == _PROPERTIES and (found := _LONG_NAME.search(value)):
            length = struct.unpack("<I", found.group(1))[0]
            name = value[found.end() : found.end() + min(length, 600)].decode("utf-16-le", "replace").rstrip("\x00")
    finish()
    return words, files
