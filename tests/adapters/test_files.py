"""What an uploaded file really is, and what is not taken."""

from __future__ import annotations

import io
import zipfile

import pytest
from PIL import Image

from helpdesk.adapters.files import OLE, BadFile, clean_name, examine


def picture(form="JPEG", size=(1200, 800), **more) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, form, **more)
    return out.getvalue()


def office(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        for name in names:
            parts.writestr(name, "<x/>")
    return out.getvalue()


DOCX = office("[Content_Types].xml", "word/document.xml")
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def code_of(name: str, data: bytes) -> str:
    with pytest.raises(BadFile) as caught:
        examine(name, data)
    return caught.value.code


@pytest.mark.parametrize(
    ("name", "data", "kept", "media_type"),
    [
        ("合同.pdf", PDF, "合同.pdf", "application/pdf"),
        ("报表.exe", PDF, "报表.pdf", "application/pdf"),
        ("说明.docx", DOCX, "说明.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("表.zip", office("[Content_Types].xml", "xl/workbook.xml"), "表.xlsx", None),
        ("照片.png", picture("JPEG"), "照片.jpg", "image/jpeg"),
        ("a.webp", picture("WEBP"), "a.webp", "image/webp"),
        ("记录.txt", "第一行\n第二行".encode("gb18030"), "记录.txt", "text/plain"),
        ("旧表.xls", OLE + b"\0" * 600 + "Workbook".encode("utf-16-le"), "旧表.xls", "application/vnd.ms-excel"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_what_is_taken_is_named_by_what_it_is(name, data, kept, media_type):
    found = examine(name, data)
    assert found.name == kept
    assert media_type in (None, found.media_type)


def test_a_picture_is_written_anew_without_place_or_camera():
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "SecretCamera", 6
    exif.get_ifd(0x8825)[1] = "N"
    found = examine("a.jpg", picture(exif=exif) + b"<script>alert(1)</script>PK\x03\x04behind")
    assert b"SecretCamera" not in found.data
    assert b"<script>" not in found.data
    with Image.open(io.BytesIO(found.data)) as again:
        assert not again.getexif()
        assert again.size == (800, 1200), "turned as the camera meant it"
    with Image.open(io.BytesIO(found.preview)) as small:
        assert max(small.size) == 640


def test_a_transparent_picture_keeps_its_holes_and_has_a_preview():
    out = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(out, "PNG")
    found = examine("stamp.png", out.getvalue())
    with Image.open(io.BytesIO(found.data)) as again:
        assert again.mode == "RGBA"
    assert found.preview


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.pdf", b"", "empty"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "kind"),
        ("a.html", b"<!doctype html><script>1</script>", "kind"),
        ("a.txt", b"<html><script>1</script>", "kind"),
        ("a.csv", b"a\x00b", "kind"),
        ("a.exe", b"MZ" + b"\0" * 400, "kind"),
        ("a.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 100, "picture"),
        ("a.zip", office("readme.txt"), "kind"),
        ("a.docx", b"PK\x03\x04 not a zip", "kind"),
        ("a.docm", office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "macros"),
        ("a.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "kind"),
        ("a.gif", b"GIF89a" + b"\0" * 100, "kind"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_taken_says_why(name, data, code):
    assert code_of(name, data) == code


def test_a_bomb_is_counted_and_never_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("[Content_Types].xml", "x")
        parts.writestr("word/document.xml", b"\0" * 450_000_000)
    assert len(out.getvalue()) < 2_000_000
    assert code_of("bomb.docx", out.getvalue()) == "bomb"


def test_a_small_file_that_claims_to_be_a_huge_picture_is_refused():
    huge = io.BytesIO()
    Image.new("1", (9000, 9000)).save(huge, "PNG")
    assert len(huge.getvalue()) < 100_000
    assert code_of("huge.png", huge.getvalue()) == "picture"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", ("passwd", "pdf")),
        ("C:\\Users\\我\\合同.PDF", ("合同", "pdf")),
        ("evil\u202efdp.exe", ("evilfdp", "exe")),
        ("a\r\nSet-Cookie: x.pdf", ("aSet-Cookie_ x", "pdf")),
        ("...", ("file", "")),
        ("", ("file", "")),
        ("长" * 300 + ".pdf", ("长" * 110, "pdf")),
    ],
    ids=repr,
)
def test_a_name_is_only_a_name(given, kept):
    assert clean_name(given) == kept
