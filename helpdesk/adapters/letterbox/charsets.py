"""Bytes to text, when the label lies: which reading of the bytes looks most like something people write.

GBK labelled gb2312, UTF-8 labelled iso-8859-1, nothing labelled at all: these are everyday mail in Chinese. A label is
believed unless another reading is clearly better.
"""

from __future__ import annotations

import codecs
import re

# What a label stands for in practice: the superset that everybody really writes.
MEANT = {
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "csgb2312": "gb18030", "gb-2312": "gb18030", "euc-cn": "gb18030",
    "x-euc-cn": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "ms936": "gb18030",
    "windows-936": "gb18030", "gb18030": "gb18030", "chinese": "gb18030", "hz-gb-2312": "hz", "big5": "cp950",
    "big-5": "cp950", "x-big5": "cp950", "cn-big5": "cp950", "big5-hkscs": "big5hkscs", "shift_jis": "cp932",
    "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-2": "iso2022_jp_2", "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso8859-1": "cp1252", "us-ascii": "cp1252",
    "ascii": "cp1252", "ansi_x3.4-1968": "cp1252", "windows-1252": "cp1252", "cp-1252": "cp1252",
    "unicode-1-1-utf-7": "utf-7", "utf7": "utf-7", "utf8": "utf-8", "utf-8": "utf-8", "iso-8859-8-i": "iso8859_8",
    "macintosh": "mac_roman", "x-mac-roman": "mac_roman", "unicode": "utf-8",
}  # fmt: skip
# Written in seven bits: nothing in the bytes gives them away but their own marks.
STATEFUL = {"utf-7", "hz", "iso2022_jp_ext", "iso2022_jp_2", "iso2022_kr"}
# Tried when there is no label, or a doubtful one.
USUAL = ("utf-8", "gb18030", "cp950", "cp1252")
_ESCAPES = re.compile(rb"\x1b\$[@B]|\x1b\([JI]")
# How many letters are looked at to judge a reading.
SAMPLE = 4000
# A label counts for something: only a clearly better reading overrules it.
TRUST = 0.12
# Bytes of another charset hardly ever happen to be whole UTF-8.
SURE = 0.8


def decode(data: bytes, label: str | None = None) -> str:
    """The text of these bytes. Never raises; what no reading can make sense of becomes U+FFFD."""
    for mark, codec in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return _plain(data.decode(codec, "replace").removeprefix("\ufeff"))
    codec = meant(label)
    if _ESCAPES.search(data[:200_000]):
        return _plain(data.decode("iso2022_jp_ext", "replace"))
    if codec in STATEFUL or codec.startswith(("utf-16", "utf_16", "utf-32", "utf_32")):
        return _plain(data.decode(codec, "replace"))
    if data.isascii():
        return _plain(data.decode("ascii"))
    return _plain(_best(data, codec))


def meant(label: str | None) -> str:
    """The codec a label stands for; "" for none, or one nobody knows."""
    name = (label or "").strip().strip("\"'").lower().partition("*")[0]
    if name in MEANT:
        return MEANT[name]
    try:
        return codecs.lookup(name).name if name and _is_text(name) else ""
    except (LookupError, ValueError):
        return ""


def _is_text(name: str) -> bool:
    # Python also knows codecs that are none of a letter's: base64, zip, rot13.
    return bool(getattr(codecs.lookup(name), "_is_text_encoding", False)) and name not in ("idna", "punycode")


def _best(data: bytes, labelled: str) -> str:
    """The reading that looks best, holes and all: a letter cut in the middle of a character is still its own."""
    names = list(dict.fromkeys(filter(None, (labelled, *USUAL))))
    readings = [(name, data.decode(name, "replace")) for name in names]

    def worth(reading: tuple[str, str]) -> float:
        name, text = reading
        sure = SURE if name == "utf-8" and "\ufffd" not in text else 0
        return score(text) + sure + (TRUST if name == labelled else 0)

    return max(readings, key=worth)[1]


def score(text: str) -> float:
    """How much a reading looks like what people write: from about -2 (noise) to 1."""
    letters = [letter for letter in text[: SAMPLE * 20] if letter >= "\x80"][:SAMPLE]
    if not letters:
        return 0.5
    total, run = 0.0, 0
    for letter in letters:
        run = run + 1 if "\xa0" <= letter <= "\u024f" else 0
        total += 0.0 if run >= 3 else _weight(letter)
    return total / len(letters)


def _weight(letter: str) -> float:
    code = ord(letter)
    if 0x4E00 <= code <= 0x9FFF:
        return _common(letter)
    if 0x3040 <= code <= 0x30FF or 0xAC00 <= code <= 0xD7A3:
        return 1.0
    if 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFFEF or 0x2010 <= code <= 0x2027 or code == 0xB7:
        return 0.8
    if 0x1F300 <= code <= 0x1FAFF or 0x2600 <= code <= 0x27BF or code in (0xFE0F, 0x200D):
        return 0.8
    if 0xA0 <= code <= 0x24F:
        return 0.4
    if code == 0xFFFD or 0x80 <= code <= 0x9F or 0xE000 <= code <= 0xF8FF:
        return -2.0
    return 0.3 if 0x370 <= code <= 0x52F else -0.3


def _common(letter: str) -> float:
    """A character of everyday Chinese: of the first level of GB 2312 or of Big5."""
    try:
        if 0xB0 <= letter.encode("gb2312")[0] <= 0xD7:
            return 1.0
        second = 0.4
    except UnicodeEncodeError:
        second = -0.3
    try:
        return 0.95 if 0xA4 <= letter.encode("big5")[0] <= 0xC6 else second
    except UnicodeEncodeError:
        return second


def _plain(text: str) -> str:
    """What a database takes: no NUL, no lone surrogate; one kind of line end."""
    kept = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    return kept.replace("\r\n", "\n").replace("\r", "\n")
