"""What holds for any letter: reading never raises nor dawdles, folding loses no words, cleaning leaves nothing that acts."""

from __future__ import annotations

import base64
import quopri
import random
import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from helpdesk.adapters.letterbox import charsets, mime, plain
from helpdesk.adapters.letterbox import letter as reader
from helpdesk.rules.incoming import classify
from tests.mail.run import OURS
from tests.mail.test_hostile import PAYLOADS, assert_harmless

CORPUS = [path.read_bytes() for path in sorted((Path(__file__).parent / "corpus").glob("*.eml"))]
many = settings(max_examples=150, deadline=timedelta(seconds=2), suppress_health_check=list(HealthCheck))


def _read(raw: bytes) -> reader.Letter:
    begun = time.process_time()
    letter = reader.read(raw)
    fresh, _ = plain.fold(letter.text, letter.subject)
    classify(letter, OURS)
    assert time.process_time() - begun < 2
    for text in (
        letter.text,
        letter.html,
        letter.subject,
        letter.sender.name,
        fresh,
        *(file.name for file in letter.files),
    ):
        assert "\x00" not in text
        text.encode()
    for line in (letter.subject, letter.sender.name, letter.sender.address, *(file.name for file in letter.files)):
        assert not re.search(r"[\r\n]", line)
    return letter


# --- nothing raises ---


@many
@given(st.binary(max_size=2000))
def test_any_bytes_are_a_letter(raw):
    _read(raw)


NAMES = st.sampled_from(
    [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"References", b"Content-Type", b"Content-Transfer-Encoding",
     b"Content-Disposition", b"Content-ID", b"Return-Path", b"Auto-Submitted", b"Precedence", b"Reply-To", b"List-Id"]
)  # fmt: skip
PIECES = st.sampled_from(
    [b"=?utf-8?B?5rGC5Yqp?=", b"=?gb2312?q?=C7=F3?=", b"=?", b"?=", b"<a@b.example>", b'"', b"\\", b"(", b")", b",", b";", b":", b"\r\n ",
     b"\n\t", b"\r", b"multipart/mixed", b"multipart/alternative", b"message/rfc822", b"text/html", b"text/plain", b"boundary=x", b"charset=gbk",
     b"filename*0*=utf-8''%E6", b"filename*1=b", b"name=", b"base64", b"quoted-printable", b"x-uuencode", b"auto-replied", "求助".encode("gbk"),
     "求助".encode(), "求助".encode("big5"), b"\xff\xfe", b"\x1b$B", b"\x00", b"--x", b"--x--", b"Mon, 99 Foo", b"=", b"+AAA-", b"~{", b" "]
)  # fmt: skip
HEADERS = st.lists(
    st.tuples(NAMES, st.lists(PIECES, max_size=6)).map(lambda pair: pair[0] + b": " + b"".join(pair[1])), max_size=12
)


@many
@given(
    HEADERS,
    st.lists(st.one_of(PIECES, NAMES, st.binary(max_size=20)), max_size=25),
    st.sampled_from([b"\r\n", b"\n", b"\r", b""]),
)
def test_any_mix_of_headers_is_read(lines, body, end):
    _read(end.join([*lines, b"", *body]))


@many
@given(st.sampled_from(CORPUS), st.integers(0, 2**32))
def test_a_letter_that_was_cut_bent_or_shuffled_is_read(raw, seed):
    chance = random.Random(seed)
    for how in chance.sample(("cut", "flip", "shuffle", "twice", "drop", "join"), chance.randint(1, 3)):
        lines = raw.split(b"\n")
        if how == "cut":
            raw = raw[: chance.randrange(len(raw) + 1)]
        elif how == "flip":
            changed = bytearray(raw)
            for _ in range(min(len(raw), 20)):
                changed[chance.randrange(len(raw))] = chance.randrange(256)
            raw = bytes(changed)
        elif how == "shuffle":
            chance.shuffle(lines)
            raw = b"\n".join(lines)
        elif how == "twice":
            raw = raw + raw
        elif how == "drop":
            raw = b"\n".join(line for line in lines if chance.random() < 0.9)
        else:
            raw = raw + b"\r\n" + chance.choice(CORPUS)
    _read(raw)


def test_two_hundred_kilobytes_of_anything_take_a_second():
    chance = random.Random(7)
    for raw in (
        chance.randbytes(200_000),
        b"".join(CORPUS)[:200_000],
        bytes(chance.choices(b'=?<>@"(),;:\r\n -a', k=200_000)),
    ):
        for start in (b"", b"Subject: ", b"From: ", b"Content-Type: text/html; charset=gbk\r\n\r\n", b"\r\n\r\n"):
            begun = time.process_time()
            letter = reader.read(start + raw)
            plain.fold(letter.text)
            assert time.process_time() - begun < 2, (start, raw[:20])


# --- charsets ---

WORDS = ["您好", "请问", "研发费用", "加计扣除", "营业执照", "租赁合同", "商标注册", "谢谢", "我们公司", "需要准备哪些材料", "发票",
         "已经收到", "附件里是", "尽快回复", "深圳市南山区", "社保", "贷款", "专利申请", "劳动仲裁", "高新技术企业", "，", "。", "？", " 2026 "]  # fmt: skip
TRADITIONAL = ["您好", "請問", "研發費用", "營業執照", "租賃合約", "商標註冊", "謝謝", "我們公司", "需要準備哪些資料", "發票", "已經收到",
               "附件裡是", "盡快回覆", "貸款", "專利申請", "勞動仲裁", "，", "。", "？"]  # fmt: skip
SAID = st.lists(st.sampled_from(WORDS), min_size=4, max_size=40).map("".join)
WRITTEN = st.lists(st.sampled_from(TRADITIONAL), min_size=4, max_size=40).map("".join)
LABELS = st.sampled_from(
    [
        None,
        "",
        "gb2312",
        "gbk",
        "GB18030",
        "utf-8",
        "us-ascii",
        "iso-8859-1",
        "windows-1252",
        "big5",
        "x-unknown",
        "none",
    ]
)


@many
@given(SAID, LABELS, st.sampled_from(["gb18030", "gbk", "utf-8"]))
def test_chinese_is_read_whatever_it_is_called(text, label, codec):
    assert charsets.decode(text.encode(codec), label) == text


@many
@given(WRITTEN, LABELS, st.sampled_from(["cp950", "utf-8"]))
def test_traditional_chinese_is_read_whatever_it_is_called(text, label, codec):
    assert charsets.decode(text.encode(codec), label) == text


@many
@given(
    SAID,
    st.sampled_from(
        [
            ("hz-gb-2312", "hz"),
            ("utf-7", "utf-7"),
            ("utf-16", "utf-16"),
            ("utf-16", "utf-16-le"),
            ("utf-16be", "utf-16-be"),
        ]
    ),
)
def test_what_gives_no_sign_is_read_by_its_label(text, label_and_codec):
    label, codec = label_and_codec
    assert charsets.decode(text.encode(codec), label) == text


@many
@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=12), LABELS))
def test_any_bytes_have_a_text(data, label):
    text = charsets.decode(data, label)
    assert "\x00" not in text
    assert "\r" not in text
    text.encode()


@many
@given(st.binary(max_size=400))
def test_base64_and_quoted_printable_come_back(data):
    assert mime.from_base64(base64.encodebytes(data)) == data
    assert mime.from_quoted(quopri.encodestring(data, quotetabs=True)) == data.replace(b"\r\n", b"\n") or b"\r" in data


# --- folding ---

LINES = st.lists(
    st.sampled_from(
        ["营业执照补好了。", "请看附件", "谢谢", "", "-- ", "--", "发自我的 iPhone", "> 您好", ">> 再前面的", "在 2026/11/18 9:30, 问渠 写道:",
         "On Wed, Nov 18, 2026 at 9:30 AM desk <help@desk.example> wrote:", "发件人: 问渠 <help@desk.example>", "发送时间: 2026-11-18",
         "主题: 求助", "------------------ 原始邮件 ------------------", "________________________________", "林女士",
         "此邮件仅供收件人使用，误收请删除。", "—— 请在这条线以上回复 ——", "问渠 <help@desk.example>", "于2026年11月18日周三 09:30写道：",
         "---------- Forwarded message ---------", "日期：", "wrote:"]
    ),
    max_size=25,
)  # fmt: skip


@settings(many, max_examples=500)
@given(LINES, st.sampled_from(["", "回复：求助", "转发：求助"]))
@example(["谢谢", "--", "-- ", "发自我的 iPhone"], "")
def test_folding_twice_folds_nothing_more_and_every_line_is_kept(lines, subject):
    text = "\n".join(lines)
    fresh, rest = plain.fold(text, subject)
    assert plain.fold(fresh, subject)[0] == fresh
    kept = {line.strip() for line in (fresh + "\n" + rest).split("\n")}
    assert {line.strip() for line in lines} <= kept | {""}
    if text.strip():
        assert fresh


TOLD = st.lists(
    st.sampled_from(["营业执照补好了。", "请看附件", "谢谢，还有一个问题：社保怎么办？", "第一，合同；第二，发票。"]),
    min_size=1,
    max_size=5,
)


@many
@given(TOLD, st.sampled_from(
    ["\n\n在 2026/11/18 9:30, 问渠 写道:\n> 您好\n> 再见", "\n\n------------------ 原始邮件 ------------------\n发件人: x\n您好",
     "\n\n发件人: 问渠 <help@desk.example>\n发送时间: 2026\n收件人: 林\n主题: 求助\n\n您好", "\n\nOn Wed, Nov 18, 2026 at 9:30 AM x <a@b.example> wrote:\n> y",
     "\n-- \n林女士", "\n\n发自我的 iPhone\n\n> 在 2026年11月18日，09:30，问渠 <help@desk.example> 写道：\n> \n> 您好", ""]))  # fmt: skip
def test_the_new_words_are_all_there_and_nothing_else(told, below):
    new = "\n".join(told)
    fresh, rest = plain.fold(new + below)
    assert fresh == new
    assert bool(rest) == bool(below)


@many
@given(TOLD, TOLD)
def test_answers_below_and_between_are_new(above, below):
    quoted = "\n".join(f"> {line}" for line in ("一", "二"))
    text = "\n".join([*above, "", "在 2026/11/18 9:30, 问渠 写道:", quoted, *below, "> 三"])
    assert plain.fold(text)[0] == "\n".join([*above, "", *below])


# --- HTML ---

TAGS = st.sampled_from(
    [*PAYLOADS, "<p>", "</p>", "<div style='x'>", "</div>", "<b", ">", "<!--", "-->", "您好", "&lt;script&gt;", "&#x3c;script>", "<a href=", "'", '"',
     "<blockquote>", "</blockquote>", "<table><tr><td>", "</table>", "<li>", "<svg>", "</svg>", "<style>", "</style>", "<title>", "<math>", "\x00", "\ufffd"]
)  # fmt: skip


@settings(many, max_examples=400)
@given(st.lists(st.one_of(TAGS, st.text(max_size=10)), max_size=15).map("".join))
def test_whatever_html_comes_nothing_in_it_acts(html):
    cleaned = plain.safe_html(html)
    assert_harmless(cleaned)
    assert plain.safe_html(cleaned) == cleaned
    plain.from_html(html)


@pytest.mark.parametrize("raw", CORPUS, ids=range(len(CORPUS)))
def test_the_html_of_the_corpus_is_harmless(raw):
    assert_harmless(plain.safe_html(reader.read(raw).html))
