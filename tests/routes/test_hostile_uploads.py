"""What somebody may send instead of a file: each has one outcome, and none is a stack trace."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from PIL import Image, ImageCms
from sqlalchemy import select

from helpdesk.adapters.files import MOST_PIXELS, OLE, BadFile, examine
from helpdesk.db import db
from helpdesk.models import Attachment, Message
from helpdesk.routes import uploads
from helpdesk.routes.files import disposition
from tests.adapters.test_files import DOCX, PDF, office, picture
from tests.browser import apart

HTML = b"<!doctype html><script>alert(document.domain)</script>"


def seen(data: bytes) -> Image.Image:
    """The picture that is kept."""
    return Image.open(io.BytesIO(examine("a", data).data))


def saved(image: Image.Image, form: str, **more) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **more)
    return out.getvalue()


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    out = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        out += struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))
    return out


def ole(*streams: str) -> bytes:
    return OLE + b"\0" * 600 + b"".join(name.encode("utf-16-le") + b"\0" * 40 for name in streams)


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


# --- pictures that are taken: what becomes of them ---


def test_a_picture_with_something_behind_it_keeps_only_the_picture():
    hidden = zipped({"evil.class": b"\xca\xfe\xba\xbe" * 50})
    for data in (picture("JPEG") + hidden, picture("PNG") + HTML, picture("WEBP") + hidden):
        kept = examine("a.jpg", data).data
        assert b"PK\x03\x04" not in kept and b"<script" not in kept and b"evil" not in kept


def test_a_cmyk_picture_is_shown_in_screen_colours():
    kept = seen(saved(Image.new("CMYK", (50, 50), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = kept.convert("RGB").getpixel((20, 20))
    assert red > 180 and green < 90 and blue < 90


def test_a_picture_of_sixteen_bits_is_not_burnt_out():
    grey = Image.new("I;16", (50, 50), 32768)
    assert seen(saved(grey, "PNG")).convert("L").getpixel((20, 20)) in range(120, 137)


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_stands_as_the_camera_meant_it(turn):
    image = Image.new("RGB", (60, 30), "white")
    image.paste("red", (0, 0, 20, 30))
    exif = Image.Exif()
    exif[0x0112] = turn
    kept = seen(saved(image, "JPEG", exif=exif, quality=95))
    assert kept.size == ((30, 60) if turn > 4 else (60, 30))
    assert not kept.getexif()


def test_a_turned_picture_with_a_profile_is_turned_too():
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    kept = seen(saved(Image.new("RGB", (60, 30), "teal"), "JPEG", exif=exif, icc_profile=profile))
    assert kept.size == (30, 60) and "icc_profile" not in kept.info


def test_a_wrong_profile_is_left_out_and_a_bomb_of_one_refused():
    assert seen(saved(Image.new("RGB", (60, 30)), "PNG", icc_profile=b"no profile" * 50)).size == (60, 30)
    bomb = b"x\0\0" + zlib.compress(b"\0" * 200_000_000)
    head = struct.pack("!IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    data = png((b"IHDR", head), (b"iCCP", bomb), (b"IDAT", zlib.compress(b"\0\0\0\0")), (b"IEND", b""))
    assert len(data) < 300_000
    with pytest.raises(BadFile, match="picture"):
        examine("a.png", data)


def test_of_an_animation_its_first_picture_is_kept():
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    kept = seen(saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True))
    assert getattr(kept, "n_frames", 1) == 1
    assert kept.convert("RGB").getpixel((5, 5))[0] > 200


def test_a_very_large_picture_is_kept_smaller():
    kept = seen(saved(Image.new("L", (6000, 1000), 90), "PNG"))
    assert kept.size == (5000, 833)


# --- what is not taken ---

HUGE = png(
    (b"IHDR", struct.pack("!IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)),
    (b"IDAT", zlib.compress(b"\0" * 1000)),
    (b"IEND", b""),
)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.png", HUGE, "picture"),
        ("a.png", png((b"IHDR", struct.pack("!IIBBBBB", 10**9, 10**9, 8, 2, 0, 0, 0))), "picture"),
        ("a.png", picture("PNG")[:200], "picture"),
        ("a.jpg", picture("JPEG")[:700], "picture"),
        ("a.webp", picture("WEBP")[:60], "picture"),
        ("a.jpg", b"GIF89a" + b"\0" * 60 + zipped({"a.class": b"\xca\xfe\xba\xbe"}), "kind"),
        ("a.jpg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "kind"),
        ("a.jpg", b"<?xml version='1.0'?><svg/>", "kind"),
        ("a.txt", b"<?xml version='1.0'?><svg/>", "kind"),
        ("a.txt", b"\xff\xfe" + "<script>1</script>".encode("utf-16-le"), "kind"),
        ("a.txt", b"\x07\x08 bells", "kind"),
        ("a.pdf", HTML, "kind"),
        ("a.jpg", b"alert(document.domain)//", "kind"),
        ("a.pdf", b"MZ\x90\0" + b"\0" * 300, "kind"),
        ("a.docx", b"MZ\x90\0" + DOCX, "kind"),
        ("a.pdf", b"\x7fELF" + b"\0" * 300, "kind"),
        ("a.docx", zipped({"[Content_Types].xml": b"x", "word/d.xml": b"\0" * 410_000_000}), "bomb"),
        ("a.docx", office("[Content_Types].xml", *[f"word/{n}.xml" for n in range(10_001)]), "bomb"),
        ("a.docx", DOCX[:-10], "kind"),
        ("a.docx", b"PK\x03\x04" + b"\xff" * 500, "kind"),
        ("a.xlsx", office("[Content_Types].xml", "xl/workbook.xml", "xl/macrosheets/sheet1.xml"), "macros"),
        ("a.doc", ole("WordDocument", "_VBA_PROJECT"), "macros"),
        ("a.docx", ole("EncryptedPackage"), "locked"),
        ("a.doc", ole("Property.Summary"), "kind"),
        ("a.pdf", b"", "empty"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 12 else "",
)
def test_what_is_something_else_is_refused_with_its_reason(name, data, code):
    with pytest.raises(BadFile) as caught:
        examine(name, data)
    assert caught.value.code == code


def test_the_picture_that_claims_most_is_never_unpacked():
    assert MOST_PIXELS < 100_000**2 and len(HUGE) < 200


# --- the whole way: what the person sees ---


@pytest.fixture
def talk(browser, make):
    """The company's page of a case: where to send, and what its form holds."""
    case = make.case("consulting")
    token = case.tracking_token
    db.session.commit()
    return f"/t/{token}", browser.get(f"/t/{token}").form("/messages")


def names() -> list[str]:
    return list(db.session.scalars(select(Attachment.name).order_by(Attachment.id)))


def post(browser, talk, *files, expect=303, **more):
    page, form = talk
    sent = {**form, "body": "请看。", **more, "files": [(io.BytesIO(data), name) for name, data in files]}
    return browser.post(f"{page}/messages", sent, expect=expect, page=page)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("..\\..\\boot.pdf", "boot.pdf"),
        ("合同\u202efdp.exe", "合同fdp.pdf"),
        ("a%0d%0aSet-Cookie: x=1.pdf", "a_0d_0aSet-Cookie_ x=1.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("合同（终稿）2026年.PDF", "合同（终稿）2026年.pdf"),
    ],
    ids=ascii,
)
def test_a_name_is_only_a_name_also_on_its_way_out(browser, talk, given, kept):
    post(browser, talk, (given, PDF))
    assert names() == [kept]
    page = browser.get(talk[0])
    assert page.says(kept)
    row = db.session.scalars(select(Attachment.id)).one()
    answer = browser.open(browser.get(f"{talk[0]}/attachments/{row}", expect=303).location)
    said = answer.headers["Content-Disposition"]
    assert said.startswith("attachment; filename=\"file.pdf\"; filename*=UTF-8''") and said.isascii()
    assert not any(c in said for c in "\r\n\u202e") and "Set-Cookie" not in answer.headers


def test_a_download_has_its_chinese_name():
    assert disposition("合同 1.pdf") == (
        "attachment; filename=\"file.pdf\"; filename*=UTF-8''%E5%90%88%E5%90%8C%201.pdf"
    )
    assert disposition("没有结尾").startswith('attachment; filename="file"; ')
    assert 'filename="file.e"' in disposition('x.";e')


def test_a_pdf_that_is_a_page_too_is_a_download_that_runs_nothing(browser, talk):
    post(browser, talk, ("a.pdf", b"%PDF-1.7\n" + HTML))
    row = db.session.scalars(select(Attachment.id)).one()
    answer = browser.open(browser.get(f"{talk[0]}/attachments/{row}", expect=303).location)
    assert answer.mimetype == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_nothing_below_files_sets_or_reads_a_cookie_also_when_it_says_no(app, browser, talk):
    post(browser, talk, ("a.txt", "合同".encode()))
    row = db.session.scalars(select(Attachment.id)).one()
    to = browser.get(f"{talk[0]}/attachments/{row}", expect=303).location
    for url in (to, to + "x", "/files/", "/files/x/y", "/files/%00"):
        for client in (app.test_client(), browser.client("chen")):
            answer = apart(lambda client=client, url=url: client.get(url))
            assert "Set-Cookie" not in answer.headers, url
            assert "Cookie" not in answer.headers.get("Vary", ""), url
            assert answer.status_code == (200 if url == to else 404)
            assert "陈明远".encode() not in answer.data
    assert apart(lambda: app.test_client().post(to)).headers.get("Set-Cookie") is None
    head = apart(lambda: app.test_client().head(to))
    assert (head.status_code, head.headers["Content-Length"], head.data) == (200, "6", b"")


def test_one_file_too_large_is_said_beside_the_field_and_words_stay(app, browser, talk, monkeypatch):
    from helpdesk import config

    monkeypatch.setitem(app.config, "MAX_FILE_MB", 1)
    monkeypatch.setitem(config._in_use, "MAX_FILE_MB", 1)
    page = post(browser, talk, ("大.pdf", PDF + b" " * 2_000_000), expect=422, body="写了很久的话")
    assert page.says("“大.pdf”太大了，一个文件最多 1 MB")
    assert "写了很久的话" in page.all("textarea")[0].text
    assert names() == []


def test_fifty_megabytes_where_there_is_no_room_are_a_page_of_the_house(app, browser, talk, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_FILE_MB", 5)
    page = post(browser, talk, ("大.pdf", PDF + b" " * 50_000_000), expect=413)
    assert page.says("文件太大了") and page.says("5 MB")
    assert page.all("section", class_="err-page"), "by this the script knows not to forget what was written"


def test_what_is_too_large_is_taken_to_its_end_so_that_the_answer_is_read(app):
    body = io.BytesIO(b"x" * 3_000_000)
    environ = {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": "3000000"}
    answer = apart(lambda: app.test_client().post("/login", environ_overrides=environ))
    assert answer.status_code == 413
    assert body.read() == b""


def test_what_is_far_too_large_is_cut_off(app):
    size = uploads.DRAIN_ROOMS * 62 * 1024 * 1024
    body = io.BytesIO(b"x" * 3_000_000)
    environ = {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": str(size)}
    assert apart(lambda: app.test_client().post("/login", environ_overrides=environ)).status_code == 413
    assert body.read() != b""


def raw(app, talk, body: bytes, boundary: str = "b") -> int:
    """A body written by hand, and the status of the answer."""
    kind = f"multipart/form-data; boundary={boundary}"
    app.config["WTF_CSRF_ENABLED"] = False
    db.session.rollback()
    db.session.remove()
    return apart(lambda: app.test_client().post(f"{talk[0]}/messages", data=body, content_type=kind)).status_code


def part(name: str, data: bytes, *, file: str | None = None, boundary: bytes = b"b") -> bytes:
    more = f'; filename="{file}"'.encode() if file is not None else b""
    head = b"--" + boundary + b'\r\nContent-Disposition: form-data; name="' + name.encode() + b'"' + more
    return head + b"\r\n\r\n" + data + b"\r\n"


@pytest.mark.parametrize(
    ("body", "boundary"),
    [
        (part("body", b"hello") + part("files", PDF, file="a.pdf")[:-20], "b"),
        (part("body", b"hello") + part("files", PDF, file="a.pdf"), "b"),
        (part("body", b"hello") + part("files", PDF, file="a.pdf") + b"--b--\r\n", "other"),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", "b"),
        (b"--b\r\n\r\n--b--\r\n", "b"),
        (b"\0" * 5000, "b"),
        (b"", "b"),
        (part("body", b"x") + b"--b--\r\n", ""),
    ],
    ids=["cut in a file", "no end", "wrong boundary", "no name", "no head", "zeros", "empty", "no boundary"],
)
def test_a_broken_body_is_a_refusal_and_keeps_nothing(app, talk, body, boundary):
    assert raw(app, talk, body, boundary) in (400, 422)
    assert names() == []
    assert "hello" not in db.session.scalars(select(Message.body)).all()


def test_a_thousand_parts_and_one_are_too_many(app, talk):
    body = b"".join(part(f"f{n}", b"x") for n in range(1001)) + b"--b--\r\n"
    assert raw(app, talk, body) == 413


def test_a_part_without_a_file_name_is_no_file(app, talk):
    body = part("body", "只有字".encode()) + part("form_key", b"k") + part("files", PDF) + b"--b--\r\n"
    assert raw(app, talk, body) == 303
    assert names() == []
    assert raw(app, talk, part("body", b"2") + part("files", b"", file="") + b"--b--\r\n") == 303
    assert names() == []


def test_many_files_at_once_are_refused_before_one_is_opened(browser, talk):
    files = [(f"{n}.pdf", PDF + b"%d" % n) for n in range(11)]
    assert post(browser, talk, *files, expect=422).says("一次最多 10 个文件")
    assert names() == []


def test_a_form_is_read_before_a_transaction_is_open(app, browser, talk, monkeypatch):
    """On a slow line reading takes minutes; nobody else could write meanwhile on SQLite."""
    from helpdesk import routes

    order = []
    real = routes.begin
    monkeypatch.setattr(routes, "begin", lambda **kw: (order.append("transaction"), real(**kw))[1])

    class Body(io.BytesIO):
        def read(self, *args):
            order.append("read")
            return super().read(*args)

        def readinto(self, *args):
            order.append("read")
            return super().readinto(*args)

    data = part("body", b"hello") + part("form_key", b"k") + b"--b--\r\n"
    app.config["WTF_CSRF_ENABLED"] = False
    sent = {"input_stream": Body(data), "content_length": len(data), "content_type": "multipart/form-data; boundary=b"}
    db.session.rollback()
    db.session.remove()
    answer = apart(lambda: app.test_client().post(f"{talk[0]}/messages", **sent))
    assert answer.status_code == 303
    assert "read" in order and "read" not in order[order.index("transaction") :]
