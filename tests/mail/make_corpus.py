"""Writes the corpus: letters as the programs that people and machines use really write them, beside what is right.

`.venv/bin/python -m tests.mail.make_corpus` writes tests/mail/corpus anew. Every letter is made up; none is copied.
"""

from __future__ import annotations

import base64
import hashlib
import json
import quopri
import struct
from pathlib import Path

HERE = Path(__file__).parent / "corpus"
DESK = "help@desk.example"
LIN = "lin@southlight.example"
DATE = "Wed, 18 Nov 2026 10:00:00 +0800"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

LETTERS: list[tuple[str, bytes, dict]] = []


def letter(title: str, raw: bytes, *, text: str, **right) -> None:
    """A letter and what is right: its words after folding, `quoted`, `files` as (name, media type, content)."""
    files = [
        {"name": name, "media_type": kind, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, kind, data in right.pop("files", [])
    ]
    kind = right.pop("kind", "person")
    told = {
        "name": "", "address": LIN, "subject": "求助", "quoted": False, "files": files, "kind": kind,
        "may_answer": kind == "person", "text": text,
    }  # fmt: skip
    assert right.keys() <= told.keys(), right
    LETTERS.append((f"{len(LETTERS) + 1:03}-{title}", raw, told | right))


# --- how a letter is put together ---


def b64(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def qp(data: bytes) -> bytes:
    return quopri.encodestring(data).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def word(text: str, charset: str = "utf-8", codec: str = "", how: str = "B") -> bytes:
    """An encoded word of RFC 2047."""
    data = text.encode(codec or charset)
    body = base64.b64encode(data) if how in "Bb" else b"".join(b"=%02X" % byte for byte in data)
    return b"=?" + charset.encode() + b"?" + how.encode() + b"?" + body + b"?="


def head(
    *more: bytes, sender: bytes | None = b"lin@southlight.example", subject: bytes | None = None, to: str = DESK
) -> bytes:
    """The first headers; `more` as they are."""
    lines = [b"From: " + sender] if sender is not None else []
    lines += [b"To: " + to.encode()]
    lines += [b"Subject: " + (word("求助") if subject is None else subject)]
    lines += [b"Date: " + DATE.encode(), b"MIME-Version: 1.0", *more]
    return b"\r\n".join(lines) + b"\r\n"


def part(kind: str, data: bytes, *more: bytes, how: str = "base64") -> bytes:
    """A part, or the end of a letter of one part: type, encoding, blank line, content."""
    coded = {"base64": b64, "quoted-printable": qp}.get(how, lambda data: data)(data)
    lines = [b"Content-Type: " + kind.encode("utf-8", "surrogateescape")]
    lines += [b"Content-Transfer-Encoding: " + how.encode()] if how else []
    return b"\r\n".join([*lines, *more]) + b"\r\n\r\n" + coded


def multi(kind: str, *parts: bytes, mark: str = "----=_Part_1", more: str = "", close: bool = True) -> bytes:
    """A multipart."""
    dashes = b"--" + mark.encode()
    body = b"".join(dashes + b"\r\n" + each.rstrip(b"\r\n") + b"\r\n" for each in parts)
    first = f'Content-Type: multipart/{kind};\r\n\tboundary="{mark}"{more}\r\n\r\n'.encode()
    return first + body + (dashes + b"--\r\n" if close else b"")


def plain(text: str, charset: str = "utf-8", codec: str = "", how: str = "base64", more: str = "") -> bytes:
    return part(f'text/plain; charset="{charset}"{more}', text.replace("\n", "\r\n").encode(codec or charset), how=how)


def html(text: str, charset: str = "utf-8", codec: str = "", how: str = "base64") -> bytes:
    return part(f'text/html; charset="{charset}"', text.encode(codec or charset), how=how)


def attached(name: bytes, data: bytes, kind: str = "application/pdf") -> bytes:
    """A file with its name as it is, in both places."""
    return part(
        kind + '; name="' + name.decode("utf-8", "surrogateescape") + '"',
        data,
        b'Content-Disposition: attachment; filename="' + name + b'"',
    )


ASK = "您好，想问一下研发费用加计扣除怎么归集，谢谢。"
SEE = "附件是租赁合同，请帮忙看看第七条。"


# --- charsets, honest and not ---


def charsets() -> None:
    for label, codec in (("GB2312", "gb2312"), ("GBK", "gbk"), ("gb18030", "gb18030")):
        text = (
            ASK
            if codec == "gb2312"
            else "镕基路的厂房，䶮先生说续租合同有问题。"
            if codec == "gb18030"
            else "镕基路的厂房要续租。"
        )
        letter(
            f"charset-{codec}",
            head(sender=word("林女士", label, codec) + b" <Lin@SouthLight.example>", subject=word("求助", label, codec))
            + plain(text, label, codec),
            text=text,
            name="林女士",
        )
    letter("charset-gbk-called-gb2312", head() + plain("镕基路的厂房要续租，请问喆某签字有效吗？", "gb2312", "gbk", "8bit"),
           text="镕基路的厂房要续租，请问喆某签字有效吗？")  # fmt: skip
    letter("charset-utf8-called-gb2312", head() + plain(ASK, "gb2312", "utf-8", "8bit"), text=ASK)
    letter("charset-gbk-called-utf8", head() + plain(ASK, "utf-8", "gbk", "8bit"), text=ASK)
    letter("charset-gbk-called-latin1", head() + plain(ASK, "iso-8859-1", "gbk"), text=ASK)
    letter("charset-utf8-called-ascii", head() + plain(ASK, "us-ascii", "utf-8", "8bit"), text=ASK)
    letter("charset-gbk-unnamed", head() + part("text/plain", ASK.encode("gbk"), how="8bit"), text=ASK)
    letter("charset-unknown-name", head() + plain(ASK, "x-unknown", "gbk"), text=ASK)
    letter("charset-default", head() + plain(ASK, "_autodetect_all", "utf-8"), text=ASK)
    letter("no-type-at-all-gbk", head() + b"\r\n" + ASK.encode("gbk"), text=ASK)
    big5 = "您好，我們公司想申請商標註冊，請問需要準備哪些資料？謝謝。"
    letter(
        "charset-big5-hotmail-zh-tw",
        head(b"X-Mailer: Microsoft Outlook 16.0", sender=word("陳小姐", "big5", "cp950") + b" <chen.tw@hotmail.example>",
             subject=word("商標註冊", "big5", "cp950")) + plain(big5, "big5", "cp950"),
        text=big5, name="陳小姐", address="chen.tw@hotmail.example", subject="商標註冊",
    )  # fmt: skip
    letter("charset-big5-called-gb2312", head() + plain(big5, "gb2312", "cp950", "8bit"), text=big5)
    letter("charset-big5-unnamed", head() + part("text/plain", big5.encode("cp950"), how="8bit"), text=big5)
    japanese = "お世話になっております。東京の展示会について伺います。株式会社テスト"
    letter(
        "charset-iso-2022-jp-yahoo",
        head(sender=word("山田太郎", "ISO-2022-JP") + b" <yamada@yahoo.example>", subject=word("展示会の件", "ISO-2022-JP"))
        + plain(japanese, "iso-2022-jp", how="7bit"),
        text=japanese, name="山田太郎", address="yamada@yahoo.example", subject="展示会の件",
    )  # fmt: skip
    letter(
        "charset-iso-2022-jp-unnamed-with-windows-signs",
        head(sender=b"yamada@yahoo.example")
        + part("text/plain", b"\x1b$B-!8+@Q=q-j\x1b(B\r\n\x1b$B$h$m$7$/\x1b(B", how="7bit"),
        text="①見積書㈱\nよろしく", address="yamada@yahoo.example",
    )  # fmt: skip
    letter("charset-shift-jis", head() + plain(japanese, "Shift_JIS", "cp932", "8bit"), text=japanese)
    letter(
        "charset-euc-kr",
        head() + plain("안녕하세요. 상표 등록을 문의합니다.", "euc-kr"),
        text="안녕하세요. 상표 등록을 문의합니다.",
    )
    letter("charset-hz", head() + plain("请问怎么办理？OK", "hz-gb-2312", "hz", "7bit"), text="请问怎么办理？OK")
    western = "We’d like to register “Façade” – the fee is 50 €."
    letter("charset-windows-1252", head() + plain(western, "windows-1252", "cp1252", "quoted-printable"), text=western)
    letter("charset-windows-1252-called-latin1", head() + plain(western, "iso-8859-1", "cp1252", "8bit"), text=western)
    letter("charset-koi8-r", head() + plain("Здравствуйте, как зарегистрировать товарный знак?", "koi8-r"),
           text="Здравствуйте, как зарегистрировать товарный знак?")  # fmt: skip
    letter("charset-utf-7", head(subject=word("商标", "utf-7", how="Q")) + plain(ASK + " 1+1=2", "utf-7", how="7bit"),
           text=ASK + " 1+1=2", subject="商标")  # fmt: skip
    letter("charset-utf-7-called-ascii", head() + plain(ASK, "us-ascii", "utf-7", "7bit"), text=ASK)
    letter("charset-utf-16-with-mark", head() + plain(ASK, "utf-16"), text=ASK)
    letter("charset-utf-16-without-mark", head() + plain(ASK + "\nABC", "utf-16", "utf-16-le"), text=ASK + "\nABC")
    letter("charset-emoji-gb18030", head() + plain("收到👌，谢谢😀", "gb18030"), text="收到👌，谢谢😀")
    letter("charset-emoji-in-two-halves", head() + part('text/plain; charset="utf-8"', "好的".encode() + b"\xed\xa0\xbd\xed\xb8\x80", how="8bit"),
           text="好的😀")  # fmt: skip
    letter(
        "charset-two-in-one-body",
        head() + part('text/plain; charset="gb2312"', "公司想申请高新认定，需要什么材料？\r\n".encode("gbk") + "来自展会的咨询表".encode(), how="8bit"),
        text="公司想申请高新认定，需要什么材料？\n来自展会的咨询表",
    )  # fmt: skip
    letter("charset-cut-in-a-character", head() + part('text/plain; charset="utf-8"', ASK.encode()[:-1], how="8bit"),
           text=ASK[:-1] + "\ufffd")  # fmt: skip
    letter("bytes-nul-and-control", head() + part('text/plain; charset="utf-8"', "您好\x00，\x08谢谢\x0b".encode(), how="8bit"),
           text="您好，谢谢")  # fmt: skip
    letter("right-to-left-marks", head(subject="‮gpj.exe‬ 求助".encode()) + plain("\u202e您好\u202c，\u200f谢谢"),
           text="您好，谢谢", subject="gpj.exe 求助")  # fmt: skip


# --- transfer encodings ---


def encodings() -> None:
    letter("qp-breaks-within-characters", head() + part('text/plain; charset="utf-8"', b"=E6=82=A8=E5=\r\n=A5=BD=EF=BC=8C=\r\n=E8=B0=\r\n=A2=E8=B0=A2", how="")
           .replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", 1), text="您好，谢谢")  # fmt: skip
    raw = b"=e6=82=a8=e5=a5=bd, 1+1=2 and x=y   \r\nend="
    letter("qp-small-letters-and-strays", head(b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: Quoted-Printable")
           + b"\r\n" + raw, text="您好, 1+1=2 and x=y\nend")  # fmt: skip
    code = base64.b64encode(ASK.encode())
    kind = b"Content-Type: text/plain; charset=utf-8"
    how = b"Content-Transfer-Encoding: base64"
    letter("base64-without-padding", head(kind, how) + b"\r\n" + code.rstrip(b"="), text=ASK)
    letter(
        "base64-with-rubbish",
        head(kind, how) + b"\r\n" + b"!\r\n".join([code[:20], code[20:40], code[40:]]) + b"\r\n*",
        text=ASK,
    )
    letter("base64-two-pieces", head(kind, how) + b"\r\n" + base64.b64encode("您好!!".encode()) + base64.b64encode("谢谢~".encode()),
           text="您好!!谢谢~")  # fmt: skip
    letter("base64-with-a-footer-below", head(kind, how) + b"\r\n" + b64(ASK.encode()) + b"\r\nsent through a free mail gateway\r\n",
           text=ASK + "\nsent through a free mail gateway")  # fmt: skip
    letter("base64-that-is-none", head(kind, how) + b"\r\n" + ASK.encode(), text=ASK)
    letter("base64-that-nobody-announced", head(kind) + b"\r\n" + b64(ASK.encode() * 2), text=ASK * 2)
    letter("qp-that-nobody-announced", head(kind) + b"\r\n" + qp(ASK.encode()), text=ASK)
    letter(
        "encoding-nobody-knows", head(kind, b"Content-Transfer-Encoding: 8-bit-ish") + b"\r\n" + ASK.encode(), text=ASK
    )
    letter("line-of-ten-thousand", head(kind) + b"\r\n" + ("长" * 10_000).encode(), text="长" * 10_000)
    letter(
        "only-carriage-returns",
        (head(kind) + b"\r\n" + ASK.encode() + b"\r\nB").replace(b"\r\n", b"\r"),
        text=ASK + "\nB",
    )
    letter(
        "carriage-returns-twice",
        (head(kind) + b"\r\n" + ASK.encode() + b"\r\nB").replace(b"\r\n", b"\r\r\n"),
        text=ASK + "\n\nB",
    )
    flowed = "这一行很长 \n接着写。\n\n> 旧的 \n> 也长\n\n完。"
    letter(
        "flowed-delsp",
        head() + plain(flowed, more="; format=flowed; delsp=yes", how="8bit"),
        text="这一行很长接着写。\n\n完。",
        quoted=True,
    )
    letter("flowed-english", head() + plain("We would like to ask \nwhat to do.\n-- \nLin", more="; format=flowed", how="7bit"),
           text="We would like to ask what to do.", quoted=True)  # fmt: skip


# --- headers ---


def headers() -> None:
    body = plain(ASK)
    letter("word-split-in-a-character", head(subject=b"=?utf-8?B?" + base64.b64encode("专利申请".encode()[:7]) + b"?=\r\n =?utf-8?B?"
           + base64.b64encode("专利申请".encode()[7:]) + b"?=") + body, text=ASK, subject="专利申请")  # fmt: skip
    letter(
        "words-of-two-charsets",
        head(subject=word("专利", "gb2312") + b" " + word("申請", "big5")) + body,
        text=ASK,
        subject="专利申請",
    )
    letter(
        "word-with-spaces",
        head(subject=b"=?UTF-8?Q?Trade mark =E5=95=86=E6=A0=87 now?=") + body,
        text=ASK,
        subject="Trade mark 商标 now",
    )
    letter(
        "word-in-small-letters",
        head(subject=word("求助", "GBK", how="b") + b" " + word("急", "gbk", how="q")) + body,
        text=ASK,
        subject="求助急",
    )
    letter(
        "word-of-unknown-charset",
        head(subject=word("商标注册", "x-no-such", "gbk")) + body,
        text=ASK,
        subject="商标注册",
    )
    letter("word-that-lies", head(subject=word("合同纠纷咨询", "gb2312", "utf-8"), sender=word("林女士", "utf-8", "gbk") + b" <lin@southlight.example>") + body,
           text=ASK, subject="合同纠纷咨询", name="林女士")  # fmt: skip
    letter("word-cut-off", head(subject=word("研发费用")[:-2]) + body, text=ASK, subject="研发费用")
    letter(
        "word-within-a-line",
        head(subject=b"Re: " + word("研发费用") + b" (2)") + body,
        text=ASK,
        subject="Re: 研发费用 (2)",
    )
    letter("words-touching", head(subject=word("研发") + word("费用")) + body, text=ASK, subject="研发费用")
    letter("word-with-language", head(subject=b"=?utf-8*zh-CN?Q?=E6=B1=82=E5=8A=A9?=") + body, text=ASK)
    letter(
        "word-in-quotes",
        head(sender=b'"' + word("林女士") + b'" <lin@southlight.example>') + body,
        text=ASK,
        name="林女士",
    )
    letter(
        "word-with-a-comma",
        head(sender=word("林, 女士") + b" <lin@southlight.example>") + body,
        text=ASK,
        name="林, 女士",
    )
    letter(
        "word-around-everything", head(sender=word("林女士 <lin@southlight.example>")) + body, text=ASK, name="林女士"
    )
    for codec in ("gbk", "utf-8"):
        letter(f"raw-header-{codec}", head(subject="合同纠纷求助".encode(codec), sender="林女士 <lin@southlight.example>".encode(codec)) + body,
               text=ASK, subject="合同纠纷求助", name="林女士")  # fmt: skip
    letter("raw-header-big5", head(subject="合約糾紛".encode("cp950"), sender="陳小姐 <lin@southlight.example>".encode("cp950"))
           + plain("請問這份合約有效嗎？", "big5", "cp950"), text="請問這份合約有效嗎？", subject="合約糾紛", name="陳小姐")  # fmt: skip
    letter(
        "folded-with-tabs",
        head(subject=b"\r\n\t" + word("研发") + b"\r\n\t" + word("费用")) + body,
        text=ASK,
        subject="研发费用",
    )
    letter(
        "folded-without-a-blank",
        head(subject=word("研发") + b"\r\n" + word("费用")) + body,
        text=ASK,
        subject="研发费用",
    )
    letter("header-twice", head(b"Subject: second", b"From: other@else.example") + body, text=ASK)
    letter(
        "subject-with-line-ends",
        head(subject=word("求助\r\nBcc: victim@else.example")) + body,
        text=ASK,
        subject="求助 Bcc: victim@else.example",
    )
    letter("subject-empty", head(subject=b"") + body, text=ASK, subject="")
    letter("from-missing", head(b"Sender: lin@southlight.example", sender=None) + body, text=ASK)
    letter(
        "from-missing-return-path", b"Return-Path: <lin@southlight.example>\r\n" + head(sender=None) + body, text=ASK
    )
    letter("from-nobody", head(sender=None) + body, text=ASK, address="", may_answer=False)
    letter(
        "from-several",
        head(b"Sender: lin@southlight.example", sender=b"lin@southlight.example, he@southlight.example") + body,
        text=ASK,
    )
    letter(
        "from-group", head(sender="南山光电: 林女士 <lin@southlight.example>;".encode()) + body, text=ASK, name="林女士"
    )
    letter("from-comment", head(sender=b"lin@southlight.example (Lin Li)") + body, text=ASK, name="Lin Li")
    letter(
        "from-comma-nobody-quoted", head(sender=b"Lin, Li <lin@southlight.example>") + body, text=ASK, name="Lin, Li"
    )
    letter(
        "from-quotation-never-closed", head(sender=b'"Lin Li <lin@southlight.example>') + body, text=ASK, name="Lin Li"
    )
    letter(
        "from-apostrophe",
        head(sender=b"o'brien@southlight.example") + body,
        text=ASK,
        address="o'brien@southlight.example",
    )
    letter("from-angle-never-closed", head(sender=b"Lin <lin@southlight.example") + body, text=ASK, name="Lin")
    letter("from-address-as-name", head(sender=b'"lin@southlight.example" <lin@southlight.example>') + body, text=ASK)
    letter(
        "from-another-address-as-name",
        head(sender=b'"boss@bank.example" <lin@southlight.example>') + body,
        text=ASK,
        name="boss@bank.example",
    )
    letter(
        "mailbox-from-line",
        b"From lin@southlight.example Wed Nov 18 10:00:00 2026\n"
        + (head() + plain(ASK, how="8bit")).replace(b"\r\n", b"\n"),
        text=ASK,
    )
    letter("blank-lines-first", b"\r\n\r\n" + head() + body, text=ASK)
    letter("byte-order-mark-first", b"\xef\xbb\xbf" + head() + body, text=ASK)
    letter("date-nonsense", head().replace(DATE.encode(), b"Foo, 99 Bar 0000 99:99:99 +9999") + body, text=ASK)
    letter("length-that-is-wrong", head(b"Content-Length: 3", b"Lines: -1") + body, text=ASK)
    letter(
        "reply-to-elsewhere",
        head(b"Reply-To: he@southlight.example", sender=b"Lin <lin@southlight.example>") + body,
        text=ASK,
        name="Lin",
    )
    letter("no-blank-line-after-the-headers", head() + "您好，请问怎么办？".encode(), text="您好，请问怎么办？")
    letter("only-headers", head(), text="")
    letter(
        "no-headers",
        "只有正文，没有信头。".encode("gbk"),
        text="只有正文，没有信头。",
        address="",
        subject="",
        may_answer=False,
    )


# --- parts and files ---


def parts() -> None:
    pdf = ("租赁合同.pdf", "application/pdf", PDF)
    see = plain(SEE)
    letter("file-rfc2231", head() + multi("mixed", see, part("application/pdf", PDF, b"Content-Disposition: attachment;\r\n filename*=UTF-8''%E7%A7%9F%E8%B5%81%E5%90%88%E5%90%8C.pdf")),
           text=SEE, files=[pdf])  # fmt: skip
    letter("file-rfc2231-in-pieces", head() + multi("mixed", see, part("application/pdf", PDF, b"Content-Disposition: attachment;\r\n filename*0*=gb2312''%D7%E2%C1;\r\n filename*1*=%DE%BA%CF;\r\n filename*2*=%CD%AC;\r\n filename*3=.pdf")),
           text=SEE, files=[pdf])  # fmt: skip
    letter(
        "file-encoded-word",
        head() + multi("mixed", see, attached(word("租赁合同.pdf", "GBK"), PDF)),
        text=SEE,
        files=[pdf],
    )
    letter(
        "file-raw-gbk",
        head() + multi("mixed", plain(SEE, "gbk"), attached("租赁合同.pdf".encode("gbk"), PDF)),
        text=SEE,
        files=[pdf],
    )
    letter("file-raw-utf8", head() + multi("mixed", see, attached("租赁合同.pdf".encode(), PDF)), text=SEE, files=[pdf])
    letter(
        "file-name-only-in-type",
        head() + multi("mixed", see, part('application/pdf; name="' + word("租赁合同.pdf").decode() + '"', PDF)),
        text=SEE,
        files=[pdf],
    )
    letter("file-name-without-quotes", head() + multi("mixed", see, part("application/pdf", PDF, b"Content-Disposition: attachment; filename=my lease.pdf")),
           text=SEE, files=[("my lease.pdf", "application/pdf", PDF)])  # fmt: skip
    letter("file-name-with-folders", head() + multi("mixed", see, attached(b"../../etc/passwd", PDF), attached(b"C:\\\\Users\\\\Lin\\\\a.pdf", PDF)),
           text=SEE, files=[("passwd", "application/pdf", PDF), ("a.pdf", "application/pdf", PDF)])  # fmt: skip
    letter("file-name-with-line-ends", head() + multi("mixed", see, attached(word("a\r\nX-Evil: 1.pdf"), PDF)),
           text=SEE, files=[("a X-Evil_ 1.pdf", "application/pdf", PDF)])  # fmt: skip
    letter(
        "file-without-a-name",
        head() + multi("mixed", see, part("image/png", PNG)),
        text=SEE,
        files=[("file-1.png", "image/png", PNG)],
    )
    letter(
        "file-text-with-a-name",
        head() + multi("mixed", see, part('text/plain; name="list.txt"', b"1,2\r\n")),
        text=SEE,
        files=[("list.txt", "text/plain", b"1,2\r\n")],
    )
    letter("only-a-file", head() + attached(b"a.pdf", PDF), text="", files=[("a.pdf", "application/pdf", PDF)])
    letter(
        "only-a-file-in-parts",
        head() + multi("mixed", plain(""), attached(b"a.pdf", PDF)),
        text="",
        files=[("a.pdf", "application/pdf", PDF)],
    )
    letter("body-empty", head() + plain(""), text="")
    letter("text-around-files", head() + multi("mixed", plain("第一段。"), attached(b"a.pdf", PDF), plain("第二段。")), text="第一段。\n\n第二段。",
           files=[("a.pdf", "application/pdf", PDF)])  # fmt: skip
    letter(
        "boundary-never-closed",
        head() + multi("mixed", see, attached(b"a.pdf", PDF), close=False),
        text=SEE,
        files=[("a.pdf", "application/pdf", PDF)],
    )
    letter(
        "boundary-of-odd-signs",
        head() + multi("mixed", see, attached(b"a.pdf", PDF), mark="'()+_,-./:=? x;y"),
        text=SEE,
        files=[("a.pdf", "application/pdf", PDF)],
    )
    letter("boundary-other-than-announced", (head() + multi("mixed", see, attached(b"a.pdf", PDF))).replace(b'boundary="----=_Part_1"', b'boundary="else"'),
           text=SEE, files=[("a.pdf", "application/pdf", PDF)])  # fmt: skip
    letter("parts-that-nobody-announced", head() + multi("mixed", see, attached(b"a.pdf", PDF)).partition(b"\r\n\r\n")[2].join([b"\r\n", b""]),
           text=SEE, files=[("a.pdf", "application/pdf", PDF)])  # fmt: skip
    letter(
        "multipart-without-parts", head(b"Content-Type: multipart/mixed; boundary=x") + b"\r\n" + ASK.encode(), text=ASK
    )
    letter("footer-of-a-list-server-after-the-parts", head() + multi("mixed", see) + b"\r\n-- \r\nepilogue", text=SEE)
    rich = html(f'<div>{ASK}<br><img src="cid:p1@x"></div>')
    picture = part("image/png", PNG, b"Content-ID: <p1@x>", b'Content-Disposition: inline; filename="image001.png"')
    letter(
        "inline-picture",
        head() + multi("related", multi("alternative", plain(ASK), rich, mark="in"), picture),
        text=ASK,
        files=[("image001.png", "image/png", PNG)],
    )
    inner = (
        b"From: "
        + word("何工", "gbk")
        + b" <he@southlight.example>\r\nSubject: "
        + word("图纸", "gbk")
        + b"\r\n"
        + multi("mixed", plain("见图。"), attached(b"b.pdf", PDF), mark="inner")
    )
    words = "何工 <he@southlight.example>\n图纸\n\n见图。".encode()
    told = [("图纸.txt", "text/plain", words), ("b.pdf", "application/pdf", PDF)]
    letter(
        "forwarded-as-a-file",
        head() + multi("mixed", see, b"Content-Type: message/rfc822\r\n\r\n" + inner),
        text=SEE,
        files=told,
    )
    letter(
        "forwarded-as-a-file-in-base64",
        head() + multi("mixed", see, part("message/rfc822", inner)),
        text=SEE,
        files=told,
    )
    letter("forwarded-as-a-file-without-a-word", head(subject=b"Fwd: " + word("图纸")) + multi("mixed", b"Content-Type: message/rfc822\r\n\r\n" + inner),
           text="见图。", subject="Fwd: 图纸", files=told)  # fmt: skip
    letter("digest", head() + multi("digest", b"\r\n" + inner), text="见图。", files=told)
    uu = b"begin 644 lease.pdf\r\n" + uuencoded(PDF) + b"`\r\nend\r\n"
    letter("uuencoded-in-the-text", head() + part("text/plain; charset=utf-8", SEE.encode() + b"\r\n" + uu + "完".encode(), how="8bit"), text=SEE + "\n\n完",
           files=[("lease.pdf", "application/octet-stream", PDF)])  # fmt: skip
    letter("yenc-in-the-text", head() + part("text/plain; charset=utf-8", SEE.encode() + b"\r\n" + yencoded("lease.pdf", PDF), how="8bit"), text=SEE,
           files=[("lease.pdf", "application/octet-stream", PDF)])  # fmt: skip
    letter("winmail-dat", head() + multi("mixed", see, part('application/ms-tnef; name="winmail.dat"', winmail("租赁合同.pdf", PDF), b'Content-Disposition: attachment; filename="winmail.dat"')),
           text=SEE, files=[("租赁合同.pdf", "application/octet-stream", PDF)])  # fmt: skip
    letter("winmail-dat-broken", head() + multi("mixed", see, part("application/ms-tnef; name=winmail.dat", b"not at all")), text=SEE,
           files=[("winmail.dat", "application/ms-tnef", b"not at all")])  # fmt: skip
    letter(
        "smime-signed",
        head()
        + multi(
            "signed",
            see,
            part('application/pkcs7-signature; name="smime.p7s"', b"0\x82\x01"),
            more='; protocol="application/pkcs7-signature"',
        ),
        text=SEE,
    )
    letter(
        "pgp-signed",
        head()
        + multi(
            "signed",
            see,
            part("application/pgp-signature; name=signature.asc", b"-----BEGIN"),
            more="; micalg=pgp-sha256",
        ),
        text=SEE,
    )
    letter("pgp-signed-in-the-text", head() + plain(f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{SEE}\n- - 一\n-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----"),
           text=SEE + "\n- 一")  # fmt: skip
    letter("pgp-encrypted", head() + multi("encrypted", part("application/pgp-encrypted", b"Version: 1", how="7bit"), part('application/octet-stream; name="encrypted.asc"', b"-----BEGIN PGP MESSAGE-----", how="7bit")),
           text="", files=[("encrypted.asc", "application/octet-stream", b"-----BEGIN PGP MESSAGE-----")])  # fmt: skip
    invite = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
    letter("invitation", head(subject=word("邀请：现场会")) + multi("alternative", plain("周五下午三点，到厂里看看。"), html("<p>周五下午三点，到厂里看看。</p>"), part('text/calendar; charset="utf-8"; method=REQUEST', invite)),
           text="周五下午三点，到厂里看看。", subject="邀请：现场会", files=[("file-1.ics", "text/calendar", invite)])  # fmt: skip


def uuencoded(data: bytes) -> bytes:
    import binascii

    return b"".join(binascii.b2a_uu(data[at : at + 45]).rstrip(b"\n") + b"\r\n" for at in range(0, len(data), 45))


def yencoded(name: str, data: bytes) -> bytes:
    out = b"".join(
        b"=" + bytes([(byte + 106) % 256]) if (byte + 42) % 256 in (0, 10, 13, 61) else bytes([(byte + 42) % 256])
        for byte in data
    )
    return (
        b"=ybegin line=128 size=%d name=%s\r\n" % (len(data), name.encode())
        + out
        + b"\r\n=yend size=%d\r\n" % len(data)
    )


def winmail(name: str, data: bytes) -> bytes:
    def attribute(level: int, kind: int, value: bytes) -> bytes:
        return struct.pack("<BII", level, kind, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)

    long = (name + "\0").encode("utf-16-le")
    properties = struct.pack("<I", 1) + struct.pack("<HHII", 0x1F, 0x3707, 1, len(long)) + long
    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + attribute(1, 0x00089006, struct.pack("<I", 0x10000))
        + attribute(2, 0x00069002, b"\0" * 14)
        + attribute(2, 0x00018010, b"LEASE~1.PDF\0")
        + attribute(2, 0x0006800F, data)
        + attribute(2, 0x00069005, properties)
    )


# --- HTML ---


def formatted() -> None:
    letter(
        "html-only",
        head() + html("<html><body><p>您好：</p><p>想问<b>专利</b>&nbsp;的事。</p></body></html>"),
        text="您好：\n\n想问专利 的事。",
    )
    meta = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"></head><body>镕基路的厂房要续租</body></html>'
    letter(
        "html-charset-only-inside",
        head() + part("text/html", meta.encode("gbk"), how="8bit"),
        text="镕基路的厂房要续租",
    )
    letter(
        "html-charset-inside-is-right",
        head()
        + part(
            "text/html; charset=iso-8859-1",
            meta.replace("gb2312", "big5").replace("镕基路的厂房要续租", "請問這份合約有效嗎").encode("cp950"),
            how="8bit",
        ),
        text="請問這份合約有效嗎",
    )
    letter(
        "html-utf-16",
        head() + part("text/html; charset=utf-16", "<p>您好，请问专利</p>".encode("utf-16"), how="base64"),
        text="您好，请问专利",
    )
    letter(
        "html-called-plain",
        head() + plain("<html><body><div>您好</div><div>谢谢</div></body></html>"),
        text="您好\n谢谢",
    )
    letter(
        "plain-called-html", head() + html("您好：\n想问专利的事 &amp; 费用。"), text="您好：\n想问专利的事 & 费用。"
    )
    letter(
        "html-hidden-preheader",
        head() + html('<div style="display:none;max-height:0">预览文字</div><div>正文在这里</div>'),
        text="正文在这里",
    )
    outlook = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{margin:0}</style><!--[if gte mso 9]><xml>x</xml><![endif]--></head><body><div class="WordSection1">'
        '<p class="MsoNormal"><span>您好，<o:p></o:p></span></p><p class="MsoNormal"><span><o:p>&nbsp;</o:p></span></p><p class="MsoNormal">请看下表：<o:p></o:p></p>'
        '<table class="MsoNormalTable"><tr><td><p class="MsoNormal">年度</p></td><td><p class="MsoNormal">费用</p></td></tr><tr><td>2026</td><td>30 万</td></tr></table></div></body></html>'
    )
    letter(
        "html-outlook-with-a-table",
        head(b"X-Mailer: Microsoft Outlook 16.0") + html(outlook),
        text="您好，\n\n请看下表：\n年度 费用\n2026 30 万",
    )
    letter(
        "html-lists",
        head() + html("<div>要办的：</div><ol><li>营业执照</li><li><p>合同</p></li></ol><ul><li>别的</li></ul>"),
        text="要办的：\n1. 营业执照\n2. 合同\n\n- 别的",
    )
    letter(
        "html-qq-lines",
        head() + html("<div>您好：</div><div><br></div><div>想问专利。</div><div>谢谢</div>", "gb18030"),
        text="您好：\n\n想问专利。\n谢谢",
    )
    letter("html-links", head() + html('<p>见<a href="https://southlight.example/a">公告</a>和<a href="https://b.example/">b.example</a>，<a href="javascript:x">这里</a></p>'),
           text="见公告 (https://southlight.example/a)和b.example，这里")  # fmt: skip
    letter(
        "html-as-typed", head() + html('<div style="white-space: pre-wrap">第一行\n第二行</div>'), text="第一行\n第二行"
    )
    letter(
        "html-face",
        head() + html('<div>收到<img alt="😀" src="cid:e"><img alt="公司标志" src="cid:l"></div>'),
        text="收到😀",
    )
    letter(
        "html-scripts",
        head()
        + html(
            '<script>alert(1)</script><style>p{}</style><svg onload=alert(1)><title>x</title></svg><p onclick="x()">您好</p><iframe src="//x"></iframe>'
        ),
        text="您好",
    )
    letter(
        "alternative-plain-is-rubbish",
        head() + multi("alternative", plain("您的邮件程序不支持 HTML。"), html(f"<p>{ASK}</p><p>{SEE}</p>")),
        text=f"{ASK}\n\n{SEE}",
    )
    letter(
        "alternative-plain-is-question-marks",
        head() + multi("alternative", plain("????????????????????????"), html(f"<p>{ASK}</p>")),
        text=ASK,
    )
    letter(
        "alternative-plain-with-entities",
        head()
        + multi(
            "alternative",
            plain("您好&nbsp; 想问专利\n&quot;急&quot;"),
            html("<div>您好&nbsp; 想问专利</div><div>“急”</div>"),
        ),
        text="您好  想问专利\n“急”",
    )
    letter("alternative-html-is-empty", head() + multi("alternative", plain(ASK), html("<html></html>")), text=ASK)
    letter("both-versions-one-below-the-other", head() + multi("mixed", plain(ASK), html(f"<p>{ASK}</p>")), text=ASK)
    letter(
        "enriched",
        head() + part("text/enriched; charset=utf-8", "<bold>您好</bold>，请问<italic>专利</italic>".encode()),
        text="您好，请问专利",
    )


# --- replies as programs quote them ---

OURS = "您好，请补充营业执照。"
NEW = "营业执照已经补上，请查收。"


def replies() -> None:
    def reply(
        title: str,
        body: bytes,
        *more: bytes,
        text: str = NEW,
        subject: str = "回复：求助",
        quoted: bool = True,
        **right,
    ) -> None:
        letter(
            "reply-" + title,
            head(*more, subject=word(subject)) + body,
            text=text,
            subject=subject,
            quoted=quoted,
            **right,
        )

    original = (
        '------------------ 原始邮件 ------------------\n发件人: "问渠" <help@desk.example>;\n发送时间: 2026年11月18日(星期三) 上午9:30\n收件人: "林女士"<lin@southlight.example>;\n主题: 求助\n\n'
        + OURS
    )
    qq = f'<div>{NEW}</div><div><includetail><div style="color:#000">------------------&nbsp;原始邮件&nbsp;------------------</div><div style="font-size:12px"><div><b>发件人:</b>&nbsp;"问渠"&lt;help@desk.example&gt;;</div><div><b>主题:</b>&nbsp;求助</div></div><div><br></div>{OURS}</includetail></div>'
    reply(
        "qq-web",
        multi("alternative", plain(NEW.replace("，", "，&nbsp;") + "\n\n" + original, "gb18030"), html(qq, "gb18030")),
        b"X-Mailer: QQMail 2.x",
        b"X-QQ-STYLE: ",
    )
    reply("qq-app", plain(f"{NEW}\n\n\n发自我的iPhone\n\n\n{original}", "gb18030"), b"X-Mailer: QQMail 2.x")
    reply(
        "qq-english",
        plain(
            f'{NEW}\n\n\n------------------ Original ------------------\nFrom: "desk" <help@desk.example>;\nDate: Wed, Nov 18, 2026 09:30 AM\nTo: "lin";\nSubject: Re: x\n\n{OURS}'
        ),
    )
    reply(
        "163-web",
        plain(f'{NEW}\n\n\n\n\n\n\n在 2026-11-18 09:30:00，"问渠" <help@desk.example> 写道：\n\n{OURS}', "GBK"),
        b"X-Mailer: Coremail Webmail Server Version XT5.0",
    )
    reply("163-english", plain(f'{NEW}\n\n\nAt 2026-11-18 09:30:00, "desk" <help@desk.example> wrote:\n>{OURS}', "GBK"))
    master = f"<div>{NEW}</div><div><table><tr><td>林女士</td></tr></table></div><blockquote><div>---- 回复的原邮件 ----</div><table><tr><td>发件人</td><td>问渠&lt;help@desk.example&gt;</td></tr><tr><td>日期</td><td>2026年11月18日 09:30</td></tr></table><div>{OURS}</div></blockquote>"
    reply("netease-master", html(master), text=NEW + "\n林女士")
    foxmail = f"{NEW}\n\n\n\nlin@southlight.example\n \n发件人： 问渠\n发送时间： 2026-11-18 09:30\n收件人： lin@southlight.example\n主题： 求助\n{OURS}"
    reply(
        "foxmail",
        plain(foxmail, "GB2312"),
        b"X-Mailer: Foxmail 7.2.25.213[cn]",
        text=NEW + "\n\nlin@southlight.example",
    )
    reply(
        "foxmail-html",
        html(
            f'<div>{NEW}</div><blockquote style="margin-top:0px"><div>&nbsp;</div><div><b>发件人：</b>&nbsp;<a href="mailto:help@desk.example">问渠</a></div><div><b>发送时间：</b>&nbsp;2026-11-18 09:30</div><div><b>主题：</b>&nbsp;求助</div><div>{OURS}</div></blockquote>'
        ),
    )
    reply(
        "outlook-2016",
        plain(
            f"{NEW}\n\n-----邮件原件-----\n发件人: 问渠 [mailto:help@desk.example] \n发送时间: 2026年11月18日 9:30\n收件人: 林女士\n主题: 求助\n\n{OURS}"
        ),
    )
    reply(
        "outlook-365",
        html(
            f'<div class="WordSection1"><p class="MsoNormal">{NEW}<o:p></o:p></p><div style="border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal"><b>发件人:</b> 问渠 &lt;help@desk.example&gt; <br><b>发送时间:</b> 2026年11月18日 9:30<br><b>收件人:</b> 林女士<br><b>主题:</b> 求助<o:p></o:p></p></div><p class="MsoNormal">{OURS}</p></div>'
        ),
    )
    reply(
        "outlook-app",
        plain(
            f"{NEW}\n\n获取 Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\n发件人: 问渠 <help@desk.example>\n发送时间: Wednesday, November 18, 2026 9:30:00 AM\n收件人: Lin\n主题: 求助\n\n{OURS}"
        ),
    )
    reply(
        "outlook-english",
        plain(
            f"Done, please check.\n\nFrom: desk <help@desk.example>\nSent: Wednesday, November 18, 2026 9:30 AM\nTo: Lin\nCc: He\nSubject: x\n\n{OURS}"
        ),
        text="Done, please check.",
        subject="RE: help",
    )
    reply("wecom", plain(f"{NEW}\n\n\n\n发自企业微信\n\n\n{original}"))
    line = "------------------------------------------------------------------"
    reply(
        "aliyun",
        plain(
            f"{NEW}\n\n\n{line}\n发件人：问渠 <help@desk.example>\n发送时间：2026年11月18日(星期三) 09:30\n收件人：林女士 <lin@southlight.example>\n主　题：求助\n\n{OURS}"
        ),
    )
    reply("gmail-zh", plain(f"{NEW}\n\n问渠 <help@desk.example> 于2026年11月18日周三 09:30写道：\n\n> {OURS}\n>"))
    reply(
        "gmail-zh-in-two-lines",
        plain(
            f"{NEW}\n\n问渠城市中小企业服务 <help-with-a-very-long-name@desk.example>\n于2026年11月18日周三 09:30写道：\n\n> {OURS}\n>"
        ),
    )
    reply(
        "gmail-zh-tw",
        plain("資料已經補上。\n\n問渠 <help@desk.example> 於 2026年11月18日 週三 上午9:30寫道：\n\n> 您好"),
        text="資料已經補上。",
    )
    reply(
        "gmail-en",
        plain(
            f"Done.\n\nOn Wed, Nov 18, 2026 at 9:30 AM desk of the city's companies <\nhelp@desk.example> wrote:\n\n> {OURS}\n"
        ),
        text="Done.",
        subject="Re: help",
    )
    reply(
        "gmail-html",
        html(
            f'<div dir="ltr">{NEW}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">问渠 &lt;<a href="mailto:help@desk.example">help@desk.example</a>&gt; 于2026年11月18日周三 09:30写道：<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">{OURS}</blockquote></div>'
        ),
    )
    reply(
        "gmail-mobile", plain(f"{NEW}\n\nOn Wed, Nov 18, 2026, 9:30 AM desk <help@desk.example> wrote:\n\n> {OURS}\n")
    )
    reply(
        "apple-mail",
        plain(f"{NEW}\n\n> 在 2026年11月18日，09:30，问渠 <help@desk.example> 写道：\n> \n> {OURS}\n"),
        b"X-Mailer: Apple Mail (2.3774)",
    )
    reply(
        "iphone-zh",
        plain(
            f"{NEW}\n\n发自我的 iPhone\n\n> 在 2026年11月18日，09:30，问渠 <help@desk.example> 写道：\n> \n> ﻿{OURS}\n"
        ),
        b"X-Mailer: iPhone Mail (20G75)",
    )
    reply(
        "thunderbird-zh",
        plain(f"{NEW}\n\n在 2026/11/18 9:30, 问渠 写道:\n> {OURS}\n", more="; format=flowed"),
        b"User-Agent: Mozilla Thunderbird",
    )
    reply(
        "huawei",
        plain(
            f"{NEW}\n\n\n\n-------- 原始邮件 --------\n发件人：问渠 <help@desk.example>\n日期：2026年11月18日周三 09:30\n收件人：林女士\n主题：求助\n{OURS}"
        ),
    )
    reply(
        "xiaomi",
        plain(f"{NEW}\n\n来自我的小米手机\n\n在 问渠 <help@desk.example>，2026年11月18日 09:30写道：\n\n{OURS}"),
    )
    reply(
        "notes",
        plain(
            f'{NEW}\n\n\n\n发件人:\t"问渠" <help@desk.example>\n收件人:\tLin/CN/Southlight@SOUTHLIGHT\n日期:\t2026-11-18 09:30\n主题:\t求助\n\n\n\n{OURS}'
        ),
    )
    reply(
        "yahoo-jp",
        plain(
            "承知しました。\n\n2026年11月18日(水) 9:30 問渠 <help@desk.example>:\n\n> 資料をお願いします",
            "iso-2022-jp",
            how="7bit",
        ),
        text="承知しました。",
        subject="Re: help",
    )
    reply("mutt", plain(f"{NEW}\n\nOn Wed, Nov 18, 2026 at 09:30:00AM +0800, desk wrote:\n> {OURS}\n\n-- \nLin\n"))
    reply("our-line", plain(f"{NEW}\n\n—— 请在这条线以上回复 ——\n\n{OURS}"))
    reply("below", plain(f"On 18.11.2026 09:30, desk wrote:\n> {OURS}\n> 谢谢\n\n{NEW}\n\n-- \nLin"))
    reply(
        "between",
        plain("在 2026/11/18 9:30, 问渠 写道:\n> 1. 有营业执照吗？\n有。\n> 2. 有合同吗？\n没有，口头的。\n> 谢谢"),
        text="有。\n没有，口头的。",
    )
    reply(
        "above-and-below",
        plain("见下。\n\n在 2026/11/18 9:30, 问渠 写道:\n> 有合同吗？\n\n没有。"),
        text="见下。\n\n没有。",
    )
    reply("below-without-a-word-of-whom", plain(f"> {OURS}\n\n{NEW}"))
    reply(
        "three-deep",
        plain(
            f"{NEW}\n\n在 2026/11/18, 问渠 <help@desk.example> 写道:\n> 好\n>> 在 2026/11/17, 林 写道:\n>> 请问\n>>> 在 2026/11/16, 问渠 写道:\n>>> {OURS}"
        ),
    )
    reply(
        "disclaimer",
        plain(
            f"{NEW}\n\n林女士\n\n此邮件及附件仅供指定收件人使用，可能含有保密信息。如您误收，请立即删除并通知发件人，未经授权不得使用。"
        ),
        text=NEW + "\n\n林女士",
    )
    reply("signature", plain(f"{NEW}\n\n-- \n林女士\n深圳市南山光电有限公司\n电话 0755-12345678"))
    reply(
        "nothing-but-a-quotation",
        plain(f"在 2026/11/18 9:30, 问渠 写道:\n> {OURS}"),
        text=f"在 2026/11/18 9:30, 问渠 写道:\n> {OURS}",
        quoted=False,
    )
    reply(
        "a-person-who-writes-of-from-and-to",
        plain("货物要出口：\nFrom: Shenzhen\nTo: Hamburg\nDate: 5 May\n请问需要什么单证？"),
        text="货物要出口：\nFrom: Shenzhen\nTo: Hamburg\nDate: 5 May\n请问需要什么单证？",
        quoted=False,
        subject="求助",
    )
    reply(
        "a-person-whose-last-words-look-like-a-device",
        plain("从我的角度看，这样可行。"),
        text="从我的角度看，这样可行。",
        quoted=False,
        subject="求助",
    )
    reply(
        "a-person-who-speaks-of-the-letter",
        plain("您好：\n此邮件及附件是我们的租赁合同，请帮忙看看。\n谢谢"),
        text="您好：\n此邮件及附件是我们的租赁合同，请帮忙看看。\n谢谢",
        quoted=False,
        subject="求助",
    )
    forwarded = "劳动局来函，要求三日内补缴社保。"
    reply("forward-gmail", plain(f"请看下面，怎么办？\n\n---------- Forwarded message ---------\n发件人： 何工 <he@southlight.example>\nDate: 2026年11月17日周二 10:00\nSubject: 来函\nTo: <lin@southlight.example>\n\n{forwarded}"),
          text=f"请看下面，怎么办？\n\n---------- Forwarded message ---------\n发件人： 何工 <he@southlight.example>\nDate: 2026年11月17日周二 10:00\nSubject: 来函\nTo: <lin@southlight.example>\n\n{forwarded}", subject="Fwd: 来函", quoted=False)  # fmt: skip
    reply("forward-outlook", plain(f"帮忙看看。\n\n发件人: 何工 <he@southlight.example>\n发送时间: 2026年11月17日 10:00\n收件人: 林女士\n主题: 来函\n\n{forwarded}"),
          text=f"帮忙看看。\n\n发件人: 何工 <he@southlight.example>\n发送时间: 2026年11月17日 10:00\n收件人: 林女士\n主题: 来函\n\n{forwarded}", subject="转发: 来函", quoted=False)  # fmt: skip
    reply("forward-qq", plain(f'\n\n\n------------------ 原始邮件 ------------------\n发件人: "何工" <he@southlight.example>;\n主题: 来函\n\n{forwarded}'),
          text=f'------------------ 原始邮件 ------------------\n发件人: "何工" <he@southlight.example>;\n主题: 来函\n\n{forwarded}', subject="转发：来函", quoted=False)  # fmt: skip


# --- machines, and people who look like some ---


def machines() -> None:
    def auto(
        title: str,
        *more: bytes,
        subject: str = "自动回复: 求助",
        text: str = "您好，我在休假，下周一回来。",
        body: bytes = b"",
        sender: bytes = b"lin@southlight.example",
        **right,
    ) -> None:
        right = {"kind": "auto", "address": sender.decode().rpartition("<")[2].strip(">").lower()} | right
        letter(
            title,
            head(*more, subject=word(subject), sender=sender) + (body or plain(text)),
            text=text,
            subject=subject,
            **right,
        )

    away = "您的邮件我已收到，我会尽快处理。"
    auto(
        "auto-exchange-zh",
        b"Auto-Submitted: auto-generated",
        b"X-Auto-Response-Suppress: All",
        b"X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent",
        subject="自动答复: 求助",
    )
    auto(
        "auto-exchange-en",
        b"Auto-Submitted: auto-generated",
        b"X-Auto-Response-Suppress: All",
        subject="Automatic reply: help",
        text="I am out of the office.",
    )
    auto("auto-exchange-tw-only-subject", subject="自動回覆: 求助", text="目前休假中。")
    auto("auto-qq", subject="自动回复:求助", text=away)
    auto("auto-qq-in-the-words-only", subject="Re: 求助", text="您好，这是一封自动回复邮件。已经收到您的来信。")
    auto("auto-163", b"X-Mailer: Coremail", subject="自动回复：求助", text=away)
    auto(
        "auto-gmail",
        b"Auto-Submitted: auto-replied",
        b"Precedence: bulk",
        b"X-Autoreply: yes",
        subject="外出 Re: 求助",
        text="正在休假。",
    )
    auto(
        "auto-procmail", b"X-Loop: lin@southlight.example", b"Precedence: junk", subject="Re: 求助", text="On holidays."
    )
    auto(
        "auto-vacation",
        b"Auto-Submitted: auto-replied (vacation)",
        b"Precedence: bulk",
        subject="away",
        text="Back soon.",
    )
    auto("auto-precedence", b"Precedence: auto_reply", subject="Re: 求助", text=away)
    auto("auto-empty-return-path", subject="Re: 求助", text=away, body=plain(away), kind="auto")
    LETTERS[-1] = (LETTERS[-1][0], b"Return-Path: <>\r\n" + LETTERS[-1][1], LETTERS[-1][2])
    auto("auto-plesk", b"Delivered-To: autoresponder@southlight.example", subject="Re: 求助", text=away)
    auto("auto-x-loop-only", b"X-Loop: 1", subject="Re: 求助", text=away)
    auto(
        "auto-system-notice",
        subject="登录提醒",
        text="您的账号刚刚登录。此邮件由系统自动发送，请勿直接回复。",
        sender=b"service@shop.example",
    )
    auto("auto-no-reply", subject="验证码", text="验证码 123456，十分钟内有效。", sender=b"no-reply@shop.example")
    auto("auto-no-reply-within", subject="订单已发货", text="您的订单已发货。", sender=b"shop-noreply@shop.example")
    mdn = multi(
        "report",
        plain("您发送的邮件已于 2026/11/18 被阅读。"),
        part(
            "message/disposition-notification",
            b"Final-Recipient: rfc822;lin@southlight.example\r\nDisposition: manual-action/MDN-sent-manually; displayed",
            how="7bit",
        ),
        more="; report-type=disposition-notification",
    )
    auto("receipt-outlook", subject="已读: 求助", body=mdn, text="您发送的邮件已于 2026/11/18 被阅读。")
    auto("receipt-in-words", subject="已读：求助", text="您的邮件《求助》已被收件人打开阅读。")
    complaint = multi(
        "report",
        plain("This is an abuse report."),
        part("message/feedback-report", b"Feedback-Type: abuse", how="7bit"),
        more="; report-type=feedback-report",
    )
    auto("complaint-report", subject="abuse report", body=complaint, text="This is an abuse report.", sender=b"abuse@isp.example",
         files=[("file-1.bin", "message/feedback-report", b"Feedback-Type: abuse")])  # fmt: skip

    def bounce(
        title: str, sender: bytes, subject: str, body: bytes, *more: bytes, text: str, address: str, **right
    ) -> None:
        letter(title, head(*more, subject=word(subject) if not subject.isascii() else subject.encode(), sender=sender) + body, text=text,
               subject=subject, address=address, kind="bounce", **right)  # fmt: skip

    status = part(
        "message/delivery-status",
        b"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; lin@southlight.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user",
        how="7bit",
    )
    returned = b"Content-Type: message/rfc822\r\n\r\nFrom: help@desk.example\r\nSubject: x\r\nMessage-ID: <1.abc@desk.example>\r\n\r\nhi"
    copy = [("x.txt", "text/plain", b" <help@desk.example>\nx\n\nhi")]
    bounce("bounce-postfix", b"MAILER-DAEMON@mx.example (Mail Delivery System)", "Undelivered Mail Returned to Sender", multi("report", plain("I'm sorry."), status, returned, more="; report-type=delivery-status"), b"Auto-Submitted: auto-replied",
           text="I'm sorry.", address="mailer-daemon@mx.example", name="Mail Delivery System", files=copy)  # fmt: skip
    bounce("bounce-postfix-headers-only", b"MAILER-DAEMON@mx.example", "Undelivered Mail Returned to Sender", multi("report", plain("I'm sorry."), status, part("text/rfc822-headers", b"Message-ID: <1.abc@desk.example>\r\nSubject: x", how="7bit"), more="; report-type=delivery-status"),
           text="I'm sorry.", address="mailer-daemon@mx.example")  # fmt: skip
    bounce("bounce-exim", b"Mail Delivery System <Mailer-Daemon@mx.example>", "Mail delivery failed: returning message to sender", plain("A message that you sent could not be delivered.\n\n  lin@southlight.example\n    550 no such user"), b"X-Failed-Recipients: lin@southlight.example", b"Auto-Submitted: auto-replied",
           text="A message that you sent could not be delivered.\n\n  lin@southlight.example\n    550 no such user", address="mailer-daemon@mx.example", name="Mail Delivery System")  # fmt: skip
    bounce("bounce-qmail", b"MAILER-DAEMON@mx.example", "failure notice", plain("Hi. This is the qmail-send program at mx.example.\n\n<lin@southlight.example>:\nno such user. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <1.abc@desk.example>\nSubject: x"),
           text="Hi. This is the qmail-send program at mx.example.\n\n<lin@southlight.example>:\nno such user. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <1.abc@desk.example>\nSubject: x", address="mailer-daemon@mx.example")  # fmt: skip
    bounce("bounce-sendmail", b"Mail Delivery Subsystem <MAILER-DAEMON@mx.example>", "Returned mail: see transcript for details", multi("report", plain("The original message was received."), status, returned, more="; report-type=delivery-status"),
           text="The original message was received.", address="mailer-daemon@mx.example", name="Mail Delivery Subsystem", files=copy)  # fmt: skip
    bounce("bounce-exchange-zh", b"MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@southlight.example", "未送达: 求助", multi("report", html("<p>你的邮件未能送达。</p>"), status, more="; report-type=delivery-status"),
           text="你的邮件未能送达。", address="microsoftexchange329e71ec88ae4615bbc36ab6ce41109e@southlight.example")  # fmt: skip
    bounce(
        "bounce-qq",
        b"PostMaster@qq.example",
        "来自qq.example的退信",
        html("<p>退信原因：收件人邮件地址不存在。</p>", "gb18030"),
        text="退信原因：收件人邮件地址不存在。",
        address="postmaster@qq.example",
    )
    bounce(
        "bounce-zh-without-headers",
        word("系统管理员", "gbk") + b" <admin@corp.example>",
        "系统退信",
        plain("很抱歉，您的邮件被退回。\n退信原因：550 User not found", "gbk"),
        text="很抱歉，您的邮件被退回。\n退信原因：550 User not found",
        address="admin@corp.example",
        name="系统管理员",
    )
    bounce(
        "bounce-coremail",
        b"Postmaster@corp.example",
        "系统退信/Systems bounce",
        plain("抱歉，您的邮件被退回来了……"),
        text="抱歉，您的邮件被退回来了……",
        address="postmaster@corp.example",
    )
    bounce(
        "bounce-notes",
        b"Postmaster@notes.example",
        "DELIVERY FAILURE: User lin not listed",
        multi("report", plain("Your message was not delivered."), status, more="; report-type=delivery-status"),
        text="Your message was not delivered.",
        address="postmaster@notes.example",
    )
    bounce(
        "bounce-delayed",
        b"<>",
        "Warning: message 1abc delayed 24 hours",
        plain("This message was created automatically. Delivery to lin@southlight.example has been delayed; 4.4.1"),
        text="This message was created automatically. Delivery to lin@southlight.example has been delayed; 4.4.1",
        address="",
    )

    def listed(title: str, *more: bytes, **right) -> None:
        letter(
            title,
            head(*more, subject=word("通知")) + plain("各位好，本周有讲座。"),
            text="各位好，本周有讲座。",
            subject="通知",
            **({"kind": "list"} | right),
        )

    listed("list-mailman", b"List-Id: <sme.lists.example>", b"X-BeenThere: sme@lists.example", b"Precedence: list")
    listed(
        "list-google-groups",
        b"Mailing-list: list sme@groups.example; contact sme+owners@groups.example",
        b"List-ID: <sme.groups.example>",
    )
    listed("list-newsletter", b"List-Unsubscribe: <https://news.example/u>", b"X-Campaign: c1")
    listed("list-bulk", b"Precedence: bulk", b"X-Mailer: MassMailer 3")
    advert = "双十一大促，全场五折！\n\n如不想再收到此类邮件，请点击退订。"
    letter(
        "advertisement-without-headers",
        head(subject=word("大促"), sender=b"sales@edm.example") + plain(advert),
        text=advert,
        subject="大促",
        address="sales@edm.example",
        may_answer=False,
    )
    listed("person-precedence-bulk", b"Precedence: bulk", b"X-Mailer: Foxmail 7.2", kind="person", may_answer=False)
    listed("person-auto-submitted-no", b"Auto-Submitted: no", kind="person")
    listed("person-sent-by-a-relay", b"Feedback-ID: 1.eu-west-1:AmazonSES", kind="person")
    listed("person-who-wants-no-answer", b"X-Auto-Response-Suppress: OOF, AutoReply", kind="person", may_answer=False)
    letter(
        "own-letter", head(sender=b"help@desk.example") + plain(ASK), text=ASK, address="help@desk.example", kind="own"
    )
    letter(
        "own-sealed-address",
        head(sender=b"help+12.abcdef@desk.example") + plain(ASK),
        text=ASK,
        address="help+12.abcdef@desk.example",
        kind="own",
    )
    letter("own-marked", head(b"X-Wenqu-Desk: 1") + plain(ASK), text=ASK, kind="own")
    for title, subject, text in (
        ("auto-replies", "自动回复功能怎么设置？", "公司邮箱想设自动回复。"),
        ("returned-mail", "退信问题咨询", "我们发给客户的邮件总是退信，怎么办？"),
        ("vacation", "休假通知怎么写才合规", "员工休假要书面通知吗？"),
        ("office-hours", "Out of office hours support", "Do you answer at weekends?"),
        ("delivery", "Delivery failed to arrive", "Our courier lost the samples."),
        ("reading", "Read: contract clause 5", "Please read it."),
        ("the-system", "ERP 系统", "系统自动生成的报表不对，发票也要重开。"),
    ):
        letter(f"person-who-writes-of-{title}", head(subject=word(subject)) + plain(text), text=text, subject=subject)
    letter(
        "web-form",
        head(b"Reply-To: lin@southlight.example", sender=b"noreply@forms.example") + plain(ASK),
        text=ASK,
        address="noreply@forms.example",
        may_answer=False,
    )


def more() -> None:
    """What came up later; appended, so that numbers stay."""
    pdf = ("租赁合同.pdf", "application/pdf", PDF)
    see = plain(SEE)
    letter(
        "charset-made-up-name",
        head() + part("text/plain; charset=GB2312_CHARSET", ASK.encode("gbk"), how="8bit"),
        text=ASK,
    )
    letter(
        "charset-with-blanks-and-quotes",
        head() + part("text/plain;charset = 'gbk '", ASK.encode("gbk"), how="8bit"),
        text=ASK,
    )
    letter(
        "charset-western-quotes-called-gb2312",
        head() + part("text/plain; charset=gb2312", "We don’t know “it”.".encode("cp1252"), how="8bit"),
        text="We don’t know “it”.",
    )
    letter(
        "charset-iso-2022-cn",
        head() + part("text/plain; charset=iso-2022-cn", b"\x1b$)A\x0eDz:C\x0f, OK", how="7bit"),
        text="您好, OK",
    )
    letter("charset-iso-2022-kr", head() + plain("안녕하세요", "iso-2022-kr"), text="안녕하세요")
    letter(
        "file-name-like-a-link",
        head() + multi("mixed", see, attached(b"%E7%A7%9F%E8%B5%81%E5%90%88%E5%90%8C.pdf", PDF)),
        text=SEE,
        files=[pdf],
    )
    letter(
        "file-name-said-both-ways",
        head()
        + multi(
            "mixed",
            see,
            part(
                "application/pdf",
                PDF,
                b"Content-Disposition: attachment; filename=\"x.pdf\"; filename*=UTF-8''%E7%A7%9F%E8%B5%81%E5%90%88%E5%90%8C.pdf",
            ),
        ),
        text=SEE,
        files=[pdf],
    )
    letter(
        "file-encoded-word-in-pieces",
        head()
        + multi(
            "mixed",
            see,
            part(
                "application/pdf",
                PDF,
                b'Content-Disposition: attachment;\r\n filename*0="=?utf-8?B?56ef6LWB5ZCI";\r\n filename*1="5ZCMLnBkZg==?="',
            ),
        ),
        text=SEE,
        files=[pdf],
    )
    letter("letter-that-is-only-a-letter", head() + b"Content-Type: message/rfc822\r\n\r\nFrom: he@southlight.example\r\nSubject: a\r\n" + plain(SEE), text=SEE,
           files=[("a.txt", "text/plain", f" <he@southlight.example>\na\n\n{SEE}".encode())])  # fmt: skip
    letter(
        "mailbox-file-marked-a-line",
        head() + plain("您好\n>From now on we ask\n谢谢"),
        text="您好\nFrom now on we ask\n谢谢",
    )
    letter("alternative-apple-with-pictures-between", head() + multi("alternative", plain("您好\n\n\ufffc\n再见"), multi("mixed", html("<p>您好</p>"), part("image/png", PNG, b"Content-Disposition: inline; filename=a.png"), html("<p>再见</p>"), mark="in")),
           text="您好\n\n再见", files=[("a.png", "image/png", PNG)])  # fmt: skip
    old = '发件人: "问渠" <help@desk.example>\n收件人: 林\n主题: 求助\n\n' + OURS
    for title, below in (
        ("sina", f"\n----- 原始邮件 -----\n{old}"),
        ("139", f"\n\n\n----邮件原文----\n{old}"),
        ("coremail-marked", "\n> -----原始邮件-----\n> " + old.replace("\n", "\n> ")),
        ("coremail-app", f"\n\n-------------- 该邮件从移动设备发送\n\n-------- 原始邮件 --------\n{old}"),
        ("qq-phone", f"\n\n\n---原始邮件---\n{old}"),
        ("yahoo-zh", f"\n\n在 2026年11月18日星期三 GMT+8 09:30:00, 问渠<help@desk.example> 写道:\n\n{OURS}"),
        (
            "hotmail-zh-tw",
            f"\n\n________________________________\n寄件者: 问渠 <help@desk.example>\n寄件日期: 2026年11月18日 上午 09:30\n收件者: 林\n主旨: 求助\n\n{OURS}",
        ),
        (
            "netease-plain",
            f"\n\n\n| |\n林女士\n|\n|\nlin@163.example\n|\n签名由网易邮箱大师定制\n\n在2026年11月18日 09:30，问渠<help@desk.example> 写道：\n{OURS}",
        ),
        ("german", "\n\nAm 18.11.2026 um 09:30 schrieb desk:\n> hi"),
        ("french", "\n\nLe mer. 18 nov. 2026 à 09:30, desk <help@desk.example> a écrit :\n> hi"),
    ):
        letter(
            "reply-" + title,
            head(subject=word("回复：求助")) + plain(NEW + below),
            text=NEW,
            subject="回复：求助",
            quoted=True,
        )
    letter(
        "reply-html-between",
        head()
        + html(
            "<div>在 2026/11/18 9:30, 问渠 写道:</div><blockquote>有执照吗？</blockquote><div>有。</div><blockquote>合同呢？</blockquote><div>没有。</div>"
        ),
        text="有。\n没有。",
        quoted=True,
    )
    letter(
        "reply-html-indented-is-no-quotation",
        head()
        + html(
            '<div>要点：</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>合同</div></blockquote>'
        ),
        text="要点：\n合同",
    )
    for title, subject in (
        ("suffix", "求助（自动回复）"),
        ("english-from", "Autoreply from Lin"),
        ("ooo", "OOO Re: help"),
    ):
        letter(
            f"auto-subject-{title}",
            head(subject=word(subject)) + plain("稍后联系。"),
            text="稍后联系。",
            subject=subject,
            kind="auto",
        )
    for title in (b"X-MDAutoRespond: 1", b"X-Zoho-AutoReply: yes", b"X-Autoresponder-Version: 2"):
        letter(
            "auto-header-" + title.decode().partition(":")[0].lower(),
            head(title) + plain("稍后联系。"),
            text="稍后联系。",
            kind="auto",
        )
    for title, last in (("heart", "发自内心地感谢你们！"), ("factory", "Sent from the factory last week.")):
        letter(
            f"person-whose-last-words-come-from-the-{title}", head() + plain(f"{ASK}\n{last}"), text=f"{ASK}\n{last}"
        )
    for title, last in (
        ("mail-app", "从 Windows 版邮件发送"),
        ("master", "发自 网易邮箱大师"),
        ("samsung", "Sent from my Samsung Galaxy smartphone."),
        ("outlook", "获取 Outlook for Android"),
    ):
        letter(f"device-{title}", head() + plain(f"{ASK}\n\n{last}"), text=ASK, quoted=True)
    letter("person-auto-header-says-no", head(b"X-Auto-Reply: no") + plain(ASK), text=ASK)
    for title, subject, text in (
        ("an-answer-they-got", "没有人联系我", "上周写信后只收到（自动回复），没有人联系我。"),
        ("an-answer-they-doubt", "有人吗", "我收到的这封是自动回复，请问有人工吗？"),
        ("an-answer-they-ask-about", "有人吗", "这封信是自动回复吗？请人工回复。"),
        ("a-notice-they-got", "该联系谁", "系统提示请勿回复，那我该联系谁？"),
        ("money-and-parcels", "Delivery failure of our courier", "We paid 500 - 550 USD and the parcel never came."),
        ("getting-rid-of-messages", "怎么退订短信", "公司天天收到垃圾短信，想退订，找谁？"),
    ):
        letter(f"person-who-writes-of-{title}", head(subject=word(subject)) + plain(text), text=text, subject=subject)
    letter(
        "charset-gbk-with-the-euro-of-windows",
        head()
        + part("text/plain; charset=gbk", "费用大约是 ".encode("gbk") + b"\x80" + "50，含税".encode("gbk"), how="8bit"),
        text="费用大约是 €50，含税",
    )
    letter(
        "charset-big5-with-kana",
        head() + part("text/plain; charset=big5", "您好の①請問".encode("big5hkscs") + b"\xa1\xe3", how="8bit"),
        text="您好の①請問～",
    )
    letter("from-quoted-address", head(sender=b'"lin"@southlight.example') + plain(ASK), text=ASK)
    letter(
        "from-quoted-address-with-a-blank",
        head(sender=b'"lin li"@southlight.example') + plain(ASK),
        text=ASK,
        address="",
        name='lin li"@southlight.example',
        may_answer=False,
    )
    letter(
        "from-outlook-mailto", head(sender=b"Lin [mailto:lin@southlight.example]") + plain(ASK), text=ASK, name="Lin"
    )
    letter(
        "from-angles-in-the-name",
        head(sender=b'"Lin <CEO>" <lin@southlight.example>') + plain(ASK),
        text=ASK,
        name="Lin <CEO>",
    )
    letter("from-route", head(sender=b"<@relay.example:lin@southlight.example>") + plain(ASK), text=ASK)
    letter(
        "from-written-abroad",
        head(sender="林 <lin@例子.中国>".encode()) + plain(ASK),
        text=ASK,
        name="林",
        address="lin@例子.中国",
    )


def main() -> None:
    for make in (charsets, encodings, headers, parts, formatted, replies, machines, more):
        make()
    HERE.mkdir(exist_ok=True)
    for old in HERE.glob("*.*"):
        old.unlink()
    for title, raw, right in LETTERS:
        (HERE / f"{title}.eml").write_bytes(raw)
        told = json.dumps(right, ensure_ascii=False, indent=1, sort_keys=True)
        (HERE / f"{title}.json").write_text(told + "\n", encoding="utf-8")
    print(len(LETTERS), "letters")


if __name__ == "__main__":
    main()
