"""Bytes to text, when the label lies: which reading of the bytes looks most like something people write.

GBK labelled gb2312, UTF-8 labelled iso-8859-1, nothing labelled at all: these are everyday mail in Chinese. A label is
believed unless another reading is clearly better.
"""

from __future__ import annotations

import base64
import codecs
import re
from functools import lru_cache

# What a label stands for in practice: the superset that everybody really writes.
MEANT = {
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "csgb2312": "gb18030", "gb-2312": "gb18030", "euc-cn": "gb18030",
    "x-euc-cn": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "ms936": "gb18030",
    "windows-936": "gb18030", "gb18030": "gb18030", "gb-18030": "gb18030", "gb18030-2000": "gb18030",
    "chinese": "gb18030", "hz-gb-2312": "hz", "big5": "cp950", "big-5": "cp950", "x-big5": "cp950",
    "cn-big5": "cp950", "csbig5": "cp950", "ms950": "cp950", "x-x-big5": "cp950", "big5-eten": "cp950",
    "big5-hkscs": "big5hkscs", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932",
    "windows-31j": "cp932", "ms_kanji": "cp932", "x-euc-jp": "euc_jp", "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949", "ksc5601": "cp949", "windows-949": "cp949", "iso-8859-1": "cp1252", "latin1": "cp1252",
    "latin-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "7bit": "cp1252", "8bit": "cp1252", "ansi_x3.4-1968": "cp1252", "windows-1252": "cp1252", "cp-1252": "cp1252",
    "x-ansi": "cp1252", "unicode-1-1-utf-7": "utf-7", "utf7": "utf-7", "x-utf-7": "utf-7", "utf8": "utf-8",
    "utf-8": "utf-8", "x-utf-8": "utf-8", "utf-8mb4": "utf-8", "utf8mb4": "utf-8", "unicode-1-1-utf-8": "utf-8",
    "iso-8859-8-i": "iso8859_8", "macintosh": "mac_roman", "x-mac-roman": "mac_roman", "unicode": "utf-8",
    "x-mac-chinesesimp": "gb18030", "x-mac-chinesetrad": "cp950", "x-mac-japanese": "cp932", "x-cp936": "gb18030",
    "windows-54936": "gb18030", "x-cp950": "cp950",
}  # fmt: skip
# Tried when there is no label, or a doubtful one. Any bytes can be read as the last: as a label it says little.
USUAL = ("utf-8", "gb18030", "cp950", "big5hkscs", "cp932", "cp1252")
# Nothing in the bytes gives these away, so that they say nothing of anything else.
UNSEEN = {"utf-7", "hz", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
# How many letters are looked at to judge a reading.
SAMPLE = 4000
# A label counts for something, and for more where there is little to judge by; one that any bytes fit counts least.
TRUST, TRUST_OF_FEW, DEFAULT_TRUST = 0.2, 0.35, 0.12
# Bytes of another charset hardly ever happen to be whole UTF-8; if they do, in characters of two bytes.
SURE, FAIRLY_SURE = 1.0, 0.65

# Characters that make up most of what is written, with their traditional forms: a wrong reading is made of rare ones.
EVERYDAY = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去"
    "法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关"
    "点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通"
    "教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期"
    "市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边"
    "死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运笔谢请您李刘陈杨赵黄周吴徐孙胡朱林何郭罗梁宋郑韩唐冯董萧曹袁邓傅沈曾"
    "彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范石姚谭廖邹熊陆郝孔崔康毛邱秦江史顾侯邵孟龙段雷钱汤尹黎易武贺赖龚芳娜敏静丽强磊军"
    "洋勇艳杰娟涛超秀霞桂兰英华玉萍红玲芬燕彩春菊凤洁梅琳云莲环雪荣爱妹香月莺媛艳瑞凡佳嘉琼勤珍贞莉附件复谨祝商祺答转收到邮箱发票合"
    "同专利标注册登申报税费贷款劳社险招聘企业营执照厂房租赁诉讼仲裁补贴政策咨询专家服务帮忙助联系电话地址深圳广州上海北京省县街号楼室"
    "级科技股份限责任公司女士先生老早晚午周末星期始终止质押银投融资项目研究开型软硬设备材料检测认证书质量环境安全消防审批许可证明原副"
    "盖章签字扫描图片视频需否怎样哪些谁吗呢吧啊哦嗯哈麻烦急尽快盼候感激您好辛苦抱歉退信自动休假外出订单价格采购销售客户订货物流仓储"
    "這個們來為國時說會對過發後裡種經麼學現當沒動還進樣開從實軍無與長機關點業將兩間問應戰頭體見產門給話資訊題變總電數報結務場計統區"
    "隊處條書聽達強難權設類據邊張該規萬覺術領確傳師觀讓識帶導爭運筆謝請劉陳楊趙黃吳孫羅鄭韓馮蕭鄧蘇盧蔣賈葉閻餘鍾陸顧龍錢湯賀賴龔"
    "麗傑濤蘭華鳳雲環愛覆轉郵箱專標註冊稅貸勞險營執照廠租賃訴訟補貼詢聯繫號樓級責終質銀項研開軟備檢測認證環審許圖視頻誰嗎煩盡飛訂單"
    "價購銷戶貨儲臺灣區縣鄉鎮您煩檔案處員"
)
_ISO_2022 = re.compile(rb"\x1b(?:\$[@B]|\$\([@BDOQ]|\$\)[ACG]|\([JI])")
_BASE = rb"A-Za-z0-9+/"


def decode(data: bytes, *labels: str | None) -> str:
    """The text of these bytes. Never raises; what no reading can make sense of becomes U+FFFD.

    `labels` are what the letter calls them, the most trustworthy first.
    """
    return _plain(_read(data, list(dict.fromkeys(filter(None, map(meant, labels))))))


def meant(label: str | None) -> str:
    """The codec a label stands for; "" for none, or one nobody knows."""
    name = (label or "").strip().strip("\"'").lower().partition("*")[0]
    if name in MEANT:
        return MEANT[name]
    for begins, codec in (("gb", "gb18030"), ("big5", "cp950"), ("utf-8", "utf-8"), ("utf8", "utf-8")):
        # "GB2312_CHARSET", "utf-8//ignore": what somebody made of a name that exists.
        if name.startswith(begins):
            return codec
    try:
        # Python also knows codecs that are none of a letter's: base64, zip, rot13.
        found = codecs.lookup(name)
        is_text = bool(getattr(found, "_is_text_encoding", False))
        return found.name if is_text and found.name not in ("idna", "punycode", "undefined") else ""
    except (LookupError, ValueError):
        return ""


def _read(data: bytes, codecs_named: list[str]) -> str:
    for mark, codec in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return data.decode(codec, "replace").removeprefix("\ufeff")
    if any(name.startswith(("utf-16", "utf-32")) for name in codecs_named) or _has_wide_ascii(data):
        return _wide(data, next((name for name in codecs_named if name.startswith("utf-32")), ""))
    if _ISO_2022.search(data[:200_000]):
        return _iso_2022(data)
    if not data.isascii():
        return _best(data, codecs_named)
    if "utf-7" in codecs_named:
        return _utf_7(data)
    if "~{" in (text := data.decode("ascii")):
        return _hz(data)
    return _utf_7_unlabelled(text)


# --- one of many readings ---


def _best(data: bytes, labelled: list[str]) -> str:
    """The reading that looks best, holes and all: a letter cut in the middle of a character is still its own."""
    name, text = _judged(data, labelled)
    if b"\n" not in data or len(data) > 400_000:
        return text
    # Two programs wrote it, each in its own charset: what does not fit the whole is judged by itself.
    lines = zip(data.split(b"\n"), text.split("\n"), strict=False)
    return "\n".join(_judged(raw, [name])[1] if _sticks_out(raw, line, name) else line for raw, line in lines)


def _sticks_out(raw: bytes, line: str, name: str) -> bool:
    if "\ufffd" in line:
        return True
    if name == "utf-8" or raw.isascii():
        return False
    try:
        return any(letter > "\u07ff" for letter in raw.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _judged(data: bytes, labelled: list[str]) -> tuple[str, str]:
    names = dict.fromkeys(name for name in (*labelled, *USUAL) if name not in ("utf-7", "hz"))
    readings = [(name, _decoded(data, name)) for name in names]

    def worth(reading: tuple[str, str]) -> float:
        name, text = reading
        whole, believed = "\ufffd" not in text, 0.0
        if name in labelled:
            few = TRUST_OF_FEW / max(1, sum(letter >= "\x80" for letter in text[:100]))
            believed = TRUST + few if whole and name != "cp1252" else DEFAULT_TRUST
        if name == "utf-8" and whole:
            believed += SURE if any(letter > "\u07ff" for letter in text) else FAIRLY_SURE
        return score(text) + believed

    return max(readings, key=worth)


def _decoded(data: bytes, name: str) -> str:
    if name == "utf-8" and b"\xed" in data:
        # Old programs write an emoji as two halves of three bytes each (CESU-8).
        data = re.sub(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]", _joined, data)
    if name == "gb18030":
        return data.decode(name, "windows")
    text = data.decode(name, "replace")
    if name == "cp950" and re.search("[ぁ-ヾ]", text):
        # Python has the kana and the numbers in circles where nobody writes them.
        return data.decode("big5hkscs", "replace").replace("∼", "～")
    return text


def _windows(error: UnicodeError) -> tuple[str, int]:
    """The Euro of code page 936; anything else is a hole."""
    assert isinstance(error, UnicodeDecodeError)
    is_euro = error.object[error.start] == 0x80
    return ("€", error.start + 1) if is_euro else ("\ufffd", error.end)


codecs.register_error("windows", _windows)


def _joined(halves: re.Match[bytes]) -> bytes:
    wide = halves.group(0).decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
    return wide.decode("utf-16-le", "replace").encode()


def score(text: str) -> float:
    """How much a reading looks like what people write: from about -2 (noise) to 1.2."""
    letters = [letter for letter in text[: SAMPLE * 20] if letter >= "\x80"][:SAMPLE]
    if not letters:
        return 0.5
    total, run = 0.0, 0
    for letter in letters:
        run = run + 1 if "\xa0" <= letter <= "\u024f" else 0
        total += 0.0 if run >= 3 else _weight(letter)
    return total / len(letters)


# First code, last code, how likely somebody writes it; the first row that fits.
_WEIGHTS = (
    (0x80, 0x9F, -2.0), (0xB7, 0xB7, 0.8), (0xA0, 0xBF, 0.2), (0xC0, 0x24F, 0.4), (0x370, 0x52F, 0.5),
    (0x590, 0x6FF, 0.5), (0xE00, 0xE7F, 0.5), (0x1E00, 0x1EFF, 0.4), (0x2010, 0x2015, 0.8), (0x2018, 0x201E, 0.8),
    (0x2022, 0x2022, 0.8), (0x2026, 0x2026, 0.8), (0x20AC, 0x20AC, 0.5), (0x2103, 0x2103, 0.5),
    (0x2460, 0x249B, 0.5), (0x2600, 0x27BF, 0.8), (0x3000, 0x303F, 0.9), (0x3040, 0x30FF, 1.0),
    (0x4E00, 0x9FFF, None), (0xAC00, 0xD7A3, 1.0), (0xFE0F, 0xFE0F, 0.8), (0x200D, 0x200D, 0.8),
    (0xFF01, 0xFF5E, 0.8), (0xFF61, 0xFF9F, 0.1), (0xFFFD, 0xFFFD, -2.0), (0xE000, 0xF8FF, -2.0),
    (0x1F000, 0x1FAFF, 0.8), (0x20000, 0x3FFFF, -0.5),
)  # fmt: skip


@lru_cache(maxsize=8192)
def _weight(letter: str) -> float:
    code = ord(letter)
    found = next((weight for first, last, weight in _WEIGHTS if first <= code <= last), -0.3)
    return _chinese(letter) if found is None else found


def _chinese(letter: str) -> float:
    """A character of everyday Chinese; of the first level of GB 2312 or of Big5; of the second; of neither."""
    if letter in EVERYDAY:
        return 1.2
    level = 0.1
    for codec, first, last in (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6)):
        try:
            level = max(level, 0.8 if first <= letter.encode(codec)[0] <= last else 0.3)
        except UnicodeEncodeError:
            continue
    return level


# --- charsets whose bytes are no sign of them ---


def _has_wide_ascii(data: bytes) -> bool:
    """Every second byte is nothing: two bytes a letter, whatever the label says."""
    start = data[:2000]
    return len(start) >= 8 and max(start[0::2].count(0), start[1::2].count(0)) * 3 > len(start)


def _wide(data: bytes, four: str) -> str:
    """UTF-16 or UTF-32 without the mark that tells which end comes first, or a label that is not true."""
    names = ("utf-32-le", "utf-32-be") if four else ("utf-16-be", "utf-16-le")
    readings = [data.decode(name, "replace") for name in names]
    if b"\x00" not in data:
        if data.isascii() and not re.search(rb"[\x01-\x08\x0e-\x1f]", data):
            return data.decode("ascii")
        readings.append(_read_narrow(data))
    return max(readings, key=lambda text: score(text) - text.count("\x00"))


def _read_narrow(data: bytes) -> str:
    return data.decode("ascii") if data.isascii() else _best(data, [])


def _hz(data: bytes) -> str:
    """HZ (RFC 1843), if it is: otherwise somebody just wrote such signs."""
    try:
        text = data.decode("hz")
    except UnicodeDecodeError:
        return data.decode("ascii")
    return text if score(text) > 0.5 else data.decode("ascii")


_SHIFTED = re.compile(rb"\+([" + _BASE + rb"]*)-?")


def _utf_7(data: bytes) -> str:
    """UTF-7 (RFC 2152); a plus sign that begins nothing stays one."""

    def letters(found: re.Match[bytes]) -> bytes:
        code = found.group(1)
        if not code:
            return b"+"
        wide = base64.b64decode(code + b"A" * (-len(code) % 4))
        wide = wide[: len(code) * 6 // 16 * 2]
        try:
            return wide.decode("utf-16-be").encode() if wide else found.group(0)
        except UnicodeDecodeError:
            return found.group(0)

    return _SHIFTED.sub(letters, data).decode("utf-8", "replace")


def _utf_7_unlabelled(text: str) -> str:
    """As it stands, unless every shifted run is Chinese: nobody writes that by chance."""
    runs = [run for run in re.findall(r"(?<![A-Za-z0-9+/])[A-Za-z0-9/]*\+[A-Za-z0-9+/]*+-", text) if len(run) > 6]
    if not runs:
        return text
    read = _utf_7(text.encode())
    return read if score(read) > 0.9 and sum(letter >= "\u3000" for letter in read) >= 2 * len(runs) else text


_SWITCH = re.compile(rb"\x1b(\$[@B]|\$\([@BDOQ]|\$\)[ACG]|\([BJIH]|\.[A-Z]|\$A)|([\x0e\x0f])")
_SHIFTED_OUT = {b"$)A": "gb2312", b"$)C": "cp949"}


def _iso_2022(data: bytes) -> str:
    """ISO-2022-JP with what Windows adds to it, -KR and -CN: each run of two-byte characters by its own table."""
    out, now, beside, end = [], "ascii", "gb2312", 0
    for switch in [*_SWITCH.finditer(data), None]:
        run = data[end : switch.start() if switch else len(data)]
        out.append(_run(run, now))
        if switch is None:
            break
        end = switch.end()
        sign, shift = switch.groups()
        if sign in _SHIFTED_OUT:
            beside = _SHIFTED_OUT[sign]
        elif shift == b"\x0e":
            now = beside
        elif sign == b"$A":
            now = "gb2312"
        elif sign and sign.startswith(b"$") and sign != b"$)G":
            now = "euc_jis_2004"
        elif sign == b"(I":
            now = "cp932"
        else:
            now = "ascii"
    return "".join(out)


def _run(run: bytes, codec: str) -> str:
    if codec == "ascii":
        return _read_narrow(run)
    # A line's end also ends what was left open.
    first, *rest = run.split(b"\n", 1)
    high = bytes(byte | 0x80 if 0x20 < byte < 0x7F else byte for byte in first)
    return "\n".join([high.decode(codec, "replace"), *map(_read_narrow, rest)])


def _plain(text: str) -> str:
    """What a database takes: no NUL, no lone surrogate; one kind of line end."""
    kept = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    return kept.replace("\r\n", "\n").replace("\r", "\n")
