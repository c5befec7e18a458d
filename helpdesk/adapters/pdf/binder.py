"""Many one-page PDFs bound into one for a print shop, written as it is read: memory does not grow with the pages.

pikepdf (qpdf) reads each file; what its page needs is copied object by object and written at once. A library that keeps
the whole result needs a gigabyte for ten thousand certificates, this the places of its objects. What two pages have in
common byte for byte (colour profile, seal, background, a font cut alike) is written once. Tags, links, forms and
signatures stay behind: this is for paper, the originals lie in the ZIP.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any

import pikepdf

# Keys of a page or form that speak of what stays behind, or lead back up.
LEFT_BEHIND = {"/Parent", "/StructParents", "/StructParent", "/Annots", "/Tabs", "/B", "/AA", "/Metadata", "/PieceInfo"}
# So many pages hang on one node of the page tree.
NODE = 64
# So many objects are remembered to be met again: what all pages share comes again with each.
REMEMBERED = 4096
CATALOG, PAGES, FIRST_FREE = 1, 2, 3


class NotOnePage(ValueError):
    """The file is no PDF, or has not exactly one page."""


def bind(files: Iterable[bytes], *, title: str) -> Iterator[bytes]:
    """The pieces of one PDF with the page of each file, in order. Raises NotOnePage."""
    book = _Book()
    yield book.begin()
    for data in files:
        yield book.add(data)
    yield book.end(title)


def check(data: bytes) -> None:
    """Raises NotOnePage when the bytes are no PDF of one page."""
    try:
        with pikepdf.open(BytesIO(data)) as source:
            if len(source.pages) != 1:
                raise NotOnePage(f"{len(source.pages)} pages")
    except pikepdf.PdfError as error:
        raise NotOnePage(str(error)) from error


class _Book:
    def __init__(self) -> None:
        self.places = array("Q", [0] * FIRST_FREE)  # the byte at which each object begins
        self.at = 0
        self.met: OrderedDict[bytes, int] = OrderedDict()
        self.nodes: list[int] = []
        self.leaves: list[int] = []
        self.count = 0
        self.intents: str | None = None
        self.out = bytearray()

    def begin(self) -> bytes:
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        return self._taken()

    def add(self, data: bytes) -> bytes:
        """The bytes of the objects that this file's page brings."""
        try:
            with pikepdf.open(BytesIO(data)) as source:
                if len(source.pages) != 1:
                    raise NotOnePage(f"{len(source.pages)} pages")
                self._page(source)
        except pikepdf.PdfError as error:
            raise NotOnePage(str(error)) from error
        return self._taken()

    def _page(self, source: pikepdf.Pdf) -> None:
        copied: dict[tuple[int, int], int] = {}
        page = source.pages[0]
        if self.intents is None:
            intents = source.Root.get("/OutputIntents")
            self.intents = "" if intents is None else self._text(intents, copied)
        parts = {key: value for key, value in page.obj.items() if key not in LEFT_BEHIND and key != "/Type"}
        # What a page may inherit from the tree that stays behind.
        parts |= {"/MediaBox": page.mediabox, "/Resources": page.resources}
        parts.setdefault("/TrimBox", page.trimbox)
        body = "".join(f"{key} {self._text(value, copied)} " for key, value in parts.items())
        if len(self.leaves) == NODE:
            self._close_node()
        if not self.leaves:
            self.nodes.append(self._number())
        self.leaves.append(self._put(f"<</Type/Page/Parent {self.nodes[-1]} 0 R {body}>>".encode("latin-1")))
        self.count += 1

    def end(self, title: str) -> bytes:
        """Page tree, catalogue and table."""
        if self.leaves:
            self._close_node()
        kids = " ".join(f"{node} 0 R" for node in self.nodes)
        self._put(f"<</Type/Pages/Kids[{kids}]/Count {self.count}>>".encode(), PAGES)
        intents = f"/OutputIntents {self.intents}" if self.intents else ""
        self._put(f"<</Type/Catalog/Pages {PAGES} 0 R{intents}>>".encode("latin-1"), CATALOG)
        name = ("\ufeff" + title).encode("utf-16-be").hex()
        info = self._put(f"<</Title<{name}>>>".encode())
        table = self.at
        self._write(f"xref\n0 {len(self.places)}\n0000000000 65535 f \n".encode())
        for place in self.places[1:]:
            self._write(b"%010d 00000 n \n" % place)
        size = len(self.places)
        self._write(
            f"trailer\n<</Size {size}/Root {CATALOG} 0 R/Info {info} 0 R>>\nstartxref\n{table}\n%%EOF\n".encode()
        )
        return self._taken()

    def _close_node(self) -> None:
        kids = " ".join(f"{leaf} 0 R" for leaf in self.leaves)
        node = f"<</Type/Pages/Parent {PAGES} 0 R/Kids[{kids}]/Count {len(self.leaves)}>>"
        self._put(node.encode(), self.nodes[-1])
        self.leaves = []

    def _text(self, value: Any, copied: dict[tuple[int, int], int]) -> str:
        """The value as PDF writes it; objects that it refers to are written first."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, Decimal)):
            return format(value, "f") if isinstance(value, Decimal) else str(value)
        if isinstance(value, float):
            return f"{value:.6f}"
        if value is None:
            return "null"
        if isinstance(value, pikepdf.Stream) or getattr(value, "is_indirect", False):
            return f"{self._copy(value, copied)} 0 R"
        if isinstance(value, pikepdf.Array):
            return "[" + " ".join(self._text(one, copied) for one in value) + "]"
        if isinstance(value, pikepdf.Dictionary):
            return self._dictionary(value, copied)
        return str(value.unparse().decode("latin-1"))

    def _dictionary(self, value: Any, copied: dict[tuple[int, int], int], without: frozenset[str] = frozenset()) -> str:
        left = LEFT_BEHIND | without
        return "<<" + "".join(f"{_name(k)} {self._text(v, copied)} " for k, v in value.items() if k not in left) + ">>"

    def _copy(self, value: Any, copied: dict[tuple[int, int], int]) -> int:
        key = value.objgen
        if key not in copied:
            if isinstance(value, pikepdf.Stream):
                data = value.read_raw_bytes()
                words = self._dictionary(value.stream_dict, copied, frozenset({"/Length"}))
                head = f"{words[:-2]}/Length {len(data)}>>\nstream\n".encode("latin-1")
                body = head + data + b"\nendstream"
            elif isinstance(value, pikepdf.Array):
                body = ("[" + " ".join(self._text(one, copied) for one in value) + "]").encode("latin-1")
            elif isinstance(value, pikepdf.Dictionary):
                body = self._dictionary(value, copied).encode("latin-1")
            else:
                body = value.unparse(resolved=True)
            copied[key] = self._once(body)
        return copied[key]

    def _once(self, body: bytes) -> int:
        """The number of an object with this body: of an earlier one where it is remembered."""
        digest = hashlib.blake2b(body, digest_size=16).digest()
        number = self.met.get(digest)
        if number is None:
            number = self.met[digest] = self._put(body)
            if len(self.met) > REMEMBERED:
                self.met.popitem(last=False)
        else:
            self.met.move_to_end(digest)
        return number

    def _number(self) -> int:
        self.places.append(0)
        return len(self.places) - 1

    def _put(self, body: bytes, number: int | None = None) -> int:
        number = number or self._number()
        self.places[number] = self.at
        self._write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
        return number

    def _write(self, data: bytes) -> None:
        self.out += data
        self.at += len(data)

    def _taken(self) -> bytes:
        data, self.out = bytes(self.out), bytearray()
        return data


def _name(key: str) -> str:
    return str(pikepdf.Name(key).unparse().decode("latin-1"))
