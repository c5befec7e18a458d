"""Letters that somebody made to do harm: each has its outcome, and its time."""

from __future__ import annotations

import base64
import io
import re
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from html5lib import HTMLParser as Html5
from sqlalchemy import select

from helpdesk.adapters.letterbox import letter as reader
from helpdesk.adapters.letterbox import plain
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.db import db
from helpdesk.domain import incoming
from helpdesk.models import Incoming, IncomingStatus, MailKind
from helpdesk.models import Mail as Letters
from tests.mail.make_corpus import PDF, PNG, attached, b64, head, html, multi, part, word
from tests.mail.make_corpus import plain as words

ASK = "您好，请看附件。"


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """It takes no longer; twice that on a machine with other things to do."""
    begun = time.process_time()
    yield
    took = time.process_time() - begun
    assert took < seconds * 2, f"{took:.1f} s"


ALLOWED = {
    "a": {"href", "title", "rel"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"},
}  # fmt: skip


def assert_harmless(cleaned: str) -> None:
    """As a browser would read it: only tags and attributes that do nothing."""
    tree = Html5(namespaceHTMLElements=False).parse(f"<!doctype html><body>{cleaned}")
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag in ("html", "head", "body"):
            continue
        assert element.tag in plain.SHOWN, element.tag
        assert set(element.attrib) <= ALLOWED.get(element.tag, set()), (element.tag, element.attrib)
        assert re.match(r"(?:https?|mailto|tel):", element.get("href", "http:"), re.IGNORECASE), element.get("href")


PAYLOADS = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    '<img src="https://t.example/p.gif?u=1" width=1 height=1>',
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    '<math><mi xlink:href="data:x,<script>alert(1)</script>">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" &#106;avascript:alert(1)">x</a>',
    '<a href="jav\tascript:alert(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
    '<a href="vbscript:x">x</a>',
    '<a href="//evil.example" onclick=x() style="position:fixed;inset:0">x</a>',
    "<style>body{background:url(https://t.example)}</style>",
    '<div style="background:url(javascript:alert(1))">x</div>',
    '<link rel=stylesheet href="https://t.example/x.css">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "<base href=https://evil.example/>",
    "<iframe src=https://evil.example></iframe><object data=x></object><embed src=x>",
    "<form action=https://evil.example><input name=password><button>x</button></form>",
    "<video autoplay onplay=alert(1)><source src=x></video>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<textarea><script>alert(1)</script></textarea>",
    "<xmp><script>alert(1)</script></xmp><plaintext><script>alert(1)</script>",
    "<p><svg><style><img title=\"</style><img src=x onerror=alert(1)>\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<b <script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<a href=x id=config name=location>x</a>",
    "<body onload=alert(1)><details open ontoggle=alert(1)>x</details>",
)  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_html_that_acts_does_nothing_and_its_words_arrive(payload):
    raw = head() + html(f"<p>{ASK}</p>{payload}")
    with within(1):
        letter = reader.read(raw)
        cleaned = plain.safe_html(letter.html)
    assert_harmless(cleaned)
    assert plain.safe_html(cleaned) == cleaned
    assert letter.text.startswith(ASK)


def test_utf_7_opens_no_door():
    raw = head() + part(
        'text/html; charset="utf-7"', b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-<p>hello</p>", how="7bit"
    )
    assert_harmless(plain.safe_html(reader.read(raw).html))


@pytest.mark.parametrize(
    "bad",
    ["<div>" * 100_000, "<b>" * 50_000 + "x" + "</b>" * 50_000, "<table><tr><td>" * 20_000, "<a href='" * 50_000,
     "<!--" * 100_000, "&" * 500_000, "<" * 500_000, "<p " + "a=1 " * 100_000 + ">", "&#" + "1" * 400_000 + ";",
     "<blockquote>" * 30_000 + "x", "<![if " * 50_000],
    ids=lambda bad: bad[:14],
)  # fmt: skip
def test_html_made_to_hang_the_reader_ends(bad):
    with within(6):
        letter = reader.read(head() + html(bad))
        assert_harmless(plain.safe_html(letter.html)[:20_000])
        plain.fold(letter.text)


@pytest.fixture
def arrive(app, cast):
    storage = MemoryStorage()

    def _arrive(raw: bytes) -> Incoming:
        row, _ = incoming.keep(raw, storage, source="pipe")
        return incoming.place(row.id, reader.read(raw), storage)

    return _arrive


def bomb() -> bytes:
    """A document of 500 MB in half a megabyte."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        with made.open("word/document.xml", "w", force_zip64=True) as entry:
            for _ in range(500):
                entry.write(b"0" * 1_000_000)
    return whole.getvalue()


def test_a_zip_bomb_is_named_and_never_unpacked(arrive):
    with within(8):
        raw = head() + multi("mixed", words(ASK), attached(b"plan.docx", bomb(), "application/zip"))
        row = arrive(raw)
    assert row.status is IncomingStatus.BEGUN
    assert row.files == [["plan.docx", "file_bomb"]]
    assert row.text == ASK


def test_a_file_of_two_kinds_is_what_its_content_is(arrive):
    """HTML behind a picture, a script called PDF, an archive behind a PDF: nothing of them can run from the desk."""
    files = [
        attached(b"photo.png.html", PNG + b"<script>alert(1)</script>", "text/html"),
        attached(b"invoice.pdf", b"MZ\x90\x00" + PDF, "application/pdf"),
        attached(b"page.txt", b"<html><script>alert(1)</script></html>", "text/plain"),
        attached(b"a.svg", b"<svg onload=alert(1)>", "image/svg+xml"),
    ]
    row = arrive(head() + multi("mixed", words(ASK), *files))
    told = dict(map(tuple, row.files))
    assert told.pop("photo.png.html") == "", "kept as the picture it is, written anew"
    assert set(told.values()) == {"file_kind"} or told["invoice.pdf"] == ""
    assert told["page.txt"] == told["a.svg"] == "file_kind"


@pytest.mark.parametrize(
    "name",
    [b"../../../etc/passwd", b"..\\\\..\\\\windows\\\\system32\\\\x.dll", b"/etc/cron.d/x", b"C:\\\\x\\\\a.pdf", b"..", b".",
     b".htaccess", b"a\x00.pdf", word("a\r\nContent-Type: text/html\r\n\r\n<script>.pdf"), b"%2e%2e%2fa.pdf",
     "\u202efdp.exe".encode(), b"con|a<b>:?*.pdf", b"a" * 5000 + b".pdf", b"..%c0%af..%c0%afx", "‥／‥／x".encode(), b"~/x"],
)  # fmt: skip
def test_a_name_of_a_file_is_only_a_name(name):
    (file,) = reader.read(head() + multi("mixed", words(ASK), attached(name, PDF))).files
    assert re.fullmatch(r"[^/\\\x00-\x1f\x7f<>:\"|?*\u202a-\u202e]{1,150}", file.name), file.name
    assert file.name.strip(".") and not file.name.startswith(".")


def test_ten_thousand_parts_are_cut_and_the_words_are_read():
    raw = head() + multi("mixed", words(ASK), *[part("text/plain; name=a.txt", b"x", how="7bit")] * 10_000)
    with within(2):
        letter = reader.read(raw)
    assert letter.text == ASK
    assert {"parts", "files"} >= set(letter.cut) != set()
    assert len(letter.files) <= reader.MOST_FILES


def test_parts_within_parts_within_parts_end():
    body = words(ASK)
    for depth in range(2000):
        body = f"Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n".encode() + body
    with within(2):
        letter = reader.read(head() + body)
    assert letter.cut == ["deep"]
    assert letter.subject == "求助"


def test_letters_within_letters_end():
    body = words(ASK)
    for _ in range(500):
        body = (
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
            + head()
            + body
        )
    with within(5):
        letter = reader.read(head() + body)
    assert letter.cut
    assert len(letter.files) <= reader.MOST_FILES


@pytest.mark.parametrize("how", ["8bit", "base64", "quoted-printable"])
def test_a_body_of_fifty_megabytes_is_cut(how):
    line = ("长信" * 20 + "\r\n").encode()
    data = line * (50_000_000 // len(line)) if how == "8bit" else b""
    coded = {
        "base64": lambda: b64(line) * (50_000_000 // len(b64(line))),
        "quoted-printable": lambda: b"=E9=95=BF=\r\n" * 4_000_000,
    }
    raw = head(b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: " + how.encode()) + b"\r\n"
    raw += data or coded[how]()
    with within(12):
        letter = reader.read(raw)
        plain.fold(letter.text)
    assert letter.text.startswith("长")
    assert len(letter.text) <= reader.LONGEST_TEXT
    assert letter.cut == ["text"]


def test_a_picture_written_into_the_text_takes_no_room_of_the_words():
    picture = '<img src="data:image/png;base64,' + "A" * 3_000_000 + '">'
    letter = reader.read(head() + html(f"<p>前</p>{picture}<p>后</p>", how="7bit"))
    assert (letter.text, letter.cut) == ("前\n\n后", [])


def test_a_file_of_fifty_megabytes_arrives_whole_or_is_named():
    data = b"%PDF-1.4\n" + bytes(range(256)) * 100_000
    with within(5):
        (file,) = reader.read(head() + multi("mixed", words(ASK), attached(b"big.pdf", data))).files
    assert file.data == data


@pytest.mark.parametrize(
    "value",
    [word("林\r\nBcc: all@else.example") + b" <lin@southlight.example>", b"Lin\rBcc: x@y.example <lin@southlight.example>",
     word("林\n\n<script>alert(1)</script>", how="Q") + b" <lin@southlight.example>",
     b'"Lin\\\r\n X-Evil: 1" <lin@southlight.example>', word("林\x00\x1b[31m") + b" <lin@southlight.example>"],
)  # fmt: skip
def test_nothing_gets_into_a_header_by_a_name_or_a_subject(arrive, value):
    letter = reader.read(head(sender=value, subject=word("求助\r\nBcc: all@else.example\r\n\r\nbody")) + words(ASK))
    for told in (letter.sender.name, letter.sender.address, letter.subject, letter.first("from")):
        assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029]", told), told
    assert letter.sender.address == "lin@southlight.example"
    assert "bcc" not in letter.headers
    row = arrive(head(sender=value, subject=word("求助\r\nBcc: all@else.example\r\n\r\nbody")) + words(ASK))
    assert row.status is IncomingStatus.BEGUN
    assert [mail.address for mail in db.session.scalars(select(Letters))] == ["lin@southlight.example"]
    assert {mail.kind for mail in db.session.scalars(select(Letters))} == {MailKind.PROOF}


LONG = 200_000


@pytest.mark.parametrize(
    "raw",
    [b"From: " + b"(" * LONG, b"From: " + b'"\\"' * (LONG // 3), b"From: " + b"a" * LONG, b"From: " + b"a@" * (LONG // 2),
     b"From: " + b"<" * LONG, b"From: " + b", " * (LONG // 2), b"To: " + b"a@b.example, " * (LONG // 13),
     b"Subject: " + b"=?" * (LONG // 2), b"Subject: " + b"=?a?q?" * (LONG // 6), b"Subject: " + b"=?utf-8?b?YQ==?= " * (LONG // 17),
     b"Subject: " + b"\r\n " * (LONG // 3), b"References: " + b"<" + b" " * LONG, b"References: " + b"<a@b> " * (LONG // 6),
     b"X: y\r\n" * (LONG // 6), b"Content-Type: text/plain" + b";a=\"" * (LONG // 4), b"Content-Type: text/plain; " + b" " * LONG,
     b"Content-Disposition: attachment" + b"; filename*0*=a''%41" * (LONG // 20), b"Date: " + b"1 " * (LONG // 2),
     b"\r\n" + b"-- \n" * (LONG // 4), b"\r\n" + b"> " * (LONG // 2), b"\r\n" + b">\n" * (LONG // 2), b"\r\n" + b"On " * (LONG // 3) + b"wrote:",
     b"\r\n" + b"From: a@b\n" * (LONG // 10), b"\r\n" + b"-" * LONG + b"x", b"\r\n" + b" " * LONG + b"x", b"\r\n" + b"=" * LONG,
     b"\r\n" + "在 2026年，写道：\n".encode() * (LONG // 25), b"\r\n" + b"begin 644 x\n" * (LONG // 12), b"\r\n" + b"+AAA" * (LONG // 4),
     b"\r\n" + "发自我的 iPhone\n-- \n".encode() * (LONG // 22), b"\r\n" + b"a:\n" * (LONG // 3),
     b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n" * (LONG // 5),
     b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a" * (LONG // 3),
     b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=" * LONG, b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b" " * LONG + b"x",
     b"Content-Type: text/html; charset=utf-16\r\n\r\n" + b"<" * LONG, b"\r\n" + b"\x1b$B" * (LONG // 3), b"\r\n" + b"~{" * (LONG // 2),
     b"\r\n" + b"-----BEGIN PGP SIGNED MESSAGE-----\n" * (LONG // 36), b"\r\n" + b"http://" * (LONG // 7), b"\r\n" + bytes(range(256)) * (LONG // 256)],
    ids=lambda raw: repr(raw.strip()[:30]),
)  # fmt: skip
def test_two_hundred_kilobytes_of_one_thing_take_a_second(raw):
    with within(1):
        letter = reader.read(raw)
        plain.fold(letter.text)


def test_a_wall_of_encoded_words_within_addresses_ends():
    raw = b"From: " + b", ".join([word("林") + b" <a@b.example>"] * 3000) + b"\r\n" + b"To: x@y.example\r\n" * 5000
    with within(1):
        assert reader.read(raw).sender.address == "a@b.example"


def test_base64_of_nothing_but_ends():
    assert (
        reader.read(head(b"Content-Transfer-Encoding: base64") + b"\r\n" + base64.b64encode(b"") + b"====").text == ""
    )
