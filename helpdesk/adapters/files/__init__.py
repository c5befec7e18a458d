"""What an uploaded file really is: by its content, never by its name or what the browser says.

Only what help with a case needs is taken: pictures, PDF, office documents without macros, plain text. Pictures are
written anew without anything but the picture (no place, no camera, no second file behind it).
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

import filetype
from PIL import Image, ImageOps, UnidentifiedImageError

# More pixels than any phone takes; a small file may claim to be a huge picture.
MOST_PIXELS = 60_000_000
PREVIEW_EDGE = 640
LONGEST_NAME = 120
# A document of this many bytes unpacked, or parts, is a bomb and no document.
MOST_UNPACKED = 400_000_000
MOST_PARTS = 10_000

PICTURES = {"image/jpeg": ("JPEG", "jpg"), "image/png": ("PNG", "png"), "image/webp": ("WEBP", "webp")}
OFFICE = {
    "word/": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    "xl/": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "ppt/": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
}
# The old office formats are one container; only the name tells which, and only these names are believed.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLD_OFFICE = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "wps": "application/vnd.ms-works",
    "et": "application/vnd.ms-excel",
}
TEXTS = {"txt": "text/plain", "csv": "text/csv"}
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
        if ending not in OLD_OFFICE:
            raise BadFile("kind")
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


def _picture(stem: str, mime: str, data: bytes) -> Examined:
    form, ending = PICTURES[mime]
    try:
        with Image.open(io.BytesIO(data), formats=[form]) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise BadFile("picture")
            upright = ImageOps.exif_transpose(opened)
            mode = "RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB"
            plain = Image.new(mode if form != "JPEG" else "RGB", upright.size)
            plain.paste(upright.convert(plain.mode))
    except BadFile:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadFile("picture") from error
    whole = io.BytesIO()
    plain.save(whole, form, **({"quality": 88, "optimize": True} if form != "PNG" else {"optimize": False}))
    plain.thumbnail((PREVIEW_EDGE, PREVIEW_EDGE))
    small = io.BytesIO()
    flat = Image.new("RGB", plain.size, "white")
    flat.paste(plain, mask=plain.getchannel("A") if plain.mode == "RGBA" else None)
    flat.save(small, "JPEG", quality=80, optimize=True)
    return Examined(f"{stem}.{ending}", mime, whole.getvalue(), small.getvalue())


def _office(data: bytes) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            listed = parts.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError) as error:
        raise BadFile("kind") from error
    names = {part.filename for part in listed}
    if len(listed) > MOST_PARTS or sum(part.file_size for part in listed) > MOST_UNPACKED:
        raise BadFile("bomb")
    if "[Content_Types].xml" not in names:
        raise BadFile("kind")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise BadFile("macros")
    for folder, found in OFFICE.items():
        if any(name.startswith(folder) for name in names):
            return found
    raise BadFile("kind")


def _is_text(data: bytes) -> bool:
    if b"\x00" in data:
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not re.search(r"<\s*(script|html|svg|!doctype)", text[:4096], re.IGNORECASE)
    return False
