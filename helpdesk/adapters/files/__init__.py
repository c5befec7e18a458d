"""What an uploaded file really is: by its content, never by its name or what the browser says.

Only what help with a case needs is taken: pictures, PDF, office documents without macros, plain text. Pictures are
written anew without anything but the picture (no place, no camera, no second file behind it).
"""

from __future__ import annotations

import io
import re
import threading
import unicodedata
import zipfile
from dataclasses import dataclass

import filetype
from PIL import Image, ImageCms, ImageFile, ImageOps

# More pixels than any phone takes; a small file may claim to be a huge picture.
MOST_PIXELS = 60_000_000
# What is larger is kept at this many pixels a side: enough to read a contract's small print.
LONGEST_EDGE = 5000
PREVIEW_EDGE = 640
LONGEST_NAME = 120
# A document of this many bytes unpacked, or parts, is a bomb and no document.
MOST_UNPACKED = 400_000_000
MOST_PARTS = 10_000
LARGEST_PROFILE = 4_000_000

PICTURES = {"image/jpeg": ("JPEG", "jpg"), "image/png": ("PNG", "png"), "image/webp": ("WEBP", "webp")}
OFFICE = {
    "word/": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    "xl/": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "ppt/": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
}
# The old office formats are one container; only the name tells which, and only these names are believed, of a container
# that has one of the streams they all have (so that an installer is no document).
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLD_OFFICE = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "wps": "application/vnd.ms-works",
    "et": "application/vnd.ms-excel",
}
OLE_STREAMS = ("WordDocument", "Workbook", "Book", "PowerPoint Document")
OLE_MACROS, OLE_LOCKED = ("_VBA_PROJECT",), ("EncryptedPackage",)
# Places of macros in an office document: VBA, and the sheets of Excel 4.
MACROS = re.compile(r"vbaproject\.bin$|/macrosheets/|/activex/", re.IGNORECASE)
TEXTS = {"txt": "text/plain", "csv": "text/csv"}
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
MARKUP = re.compile(r"<\s*(script|html|svg|!doctype|\?xml)", re.IGNORECASE)
# What people may send, in the words of the file chooser.
ACCEPT = ".jpg,.jpeg,.png,.webp,.pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.wps,.et,.txt,.csv"


class BadFile(Exception):
    """Not taken: `code` says why (kind, empty, picture, macros, bomb, locked)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Examined:
    """A file as it will be kept."""

    name: str
    media_type: str
    data: bytes
    preview: bytes | None = None


def examine(name: str, data: bytes) -> Examined:
    """Find out what it is, make it harmless, give it a clean name. Raises BadFile."""
    if not data:
        raise BadFile("empty")
    stem, ending = clean_name(name)
    kind = filetype.guess(data)
    mime = kind.mime if kind is not None else ""
    if mime in PICTURES:
        return _picture(stem, mime, data)
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return Examined(f"{stem}.pdf", "application/pdf", data)
    if data.startswith(b"PK\x03\x04"):
        media_type, ending = _office(data)
        return Examined(f"{stem}.{ending}", media_type, data)
    if data.startswith(OLE):
        if _has_stream(data, OLE_LOCKED):
            raise BadFile("locked")
        if ending not in OLD_OFFICE or not _has_stream(data, OLE_STREAMS):
            raise BadFile("kind")
        if _has_stream(data, OLE_MACROS):
            raise BadFile("macros")
        return Examined(f"{stem}.{ending}", OLD_OFFICE[ending], data)
    if kind is None and ending in TEXTS and _is_text(data):
        return Examined(f"{stem}.{ending}", TEXTS[ending], data)
    raise BadFile("kind")


def clean_name(name: str) -> tuple[str, str]:
    """Stem and ending without folders, control or direction marks, or letters that no file system takes."""
    plain = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    kept = "".join(c for c in plain if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    kept = re.sub(r'[<>:"|?*%;]', "_", kept).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if not dot or len(ending) > 8:
        stem, ending = kept, ""
    return (stem.strip(" .") or "file")[: LONGEST_NAME - 10], ending.lower()


# One picture at a time in this process: unpacked it takes some hundred megabytes, and uploads come in threads.
_one_at_a_time = threading.Lock()


def _picture(stem: str, mime: str, data: bytes) -> Examined:
    form, ending = PICTURES[mime]
    whole, small = io.BytesIO(), io.BytesIO()
    with _one_at_a_time:
        # Whoever draws papers in this process tells Pillow to take halves of pictures, too; we never do.
        forgiving, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        try:
            plain = _plain_pixels(form, data)
        except BadFile:
            raise
        except Exception as error:  # hostile bytes make a decoder raise whatever its author did not think of
            raise BadFile("picture") from error
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = forgiving
        plain.save(whole, form, **({"quality": 88} if form != "PNG" else {}))
        plain.thumbnail((PREVIEW_EDGE, PREVIEW_EDGE))
        flat = Image.new("RGB", plain.size, "white")
        flat.paste(plain, mask=plain.getchannel("A") if plain.mode == "RGBA" else None)
        flat.save(small, "JPEG", quality=80, optimize=True)
    return Examined(f"{stem}.{ending}", mime, whole.getvalue(), small.getvalue())


def _plain_pixels(form: str, data: bytes) -> Image.Image:
    """The picture upright in sRGB and nothing else; of an animation its first frame. Raises BadFile for a huge one."""
    with Image.open(io.BytesIO(data), formats=[form]) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise BadFile("picture")
        upright = _in_srgb(ImageOps.exif_transpose(_in_eight_bits(opened)))
        mode = "RGBA" if form != "JPEG" and upright.has_transparency_data else "RGB"
        plain = Image.new(mode, upright.size)
        plain.paste(upright if upright.mode == mode else upright.convert(mode))
    plain.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    return plain


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """A picture of 16 bits a pixel is scaled down to eight; by itself Pillow would cut off all that is bright."""
    if not picture.mode.startswith("I"):
        return picture
    scaled = picture.point(lambda value: value / 256).convert("L")
    scaled.info = picture.info
    return scaled


def _in_srgb(picture: Image.Image) -> Image.Image:
    """The colours that the profile means, since the profile itself is not kept; a bad profile is not asked."""
    profile = picture.info.get("icc_profile")
    if not profile or len(profile) > LARGEST_PROFILE or picture.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = "RGBA" if picture.mode == "RGBA" else "RGB"
        turned = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=target)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture
    return turned or picture


def _office(data: bytes) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            listed = parts.infolist()
    except Exception as error:  # as above: what claims to be a zip may be anything
        raise BadFile("kind") from error
    names = {part.filename for part in listed}
    if len(listed) > MOST_PARTS or sum(part.file_size for part in listed) > MOST_UNPACKED:
        raise BadFile("bomb")
    if "[Content_Types].xml" not in names:
        raise BadFile("kind")
    if any(MACROS.search(name) for name in names):
        raise BadFile("macros")
    for folder, found in OFFICE.items():
        if any(name.startswith(folder) for name in names):
            return found
    raise BadFile("kind")


def _has_stream(data: bytes, names: tuple[str, ...]) -> bool:
    """Whether the container's directory names one of these streams; it writes them in UTF-16."""
    return any(name.encode("utf-16-le") in data for name in names)


def _is_text(data: bytes) -> bool:
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))  # what Windows calls Unicode
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not CONTROLS.search(text) and not MARKUP.search(text[:4096])
    return False
