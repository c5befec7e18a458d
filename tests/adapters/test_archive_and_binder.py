"""A ZIP and a PDF written piece by piece: what others read back is what went in."""

from __future__ import annotations

import io
import subprocess
import zipfile
from datetime import UTC, datetime

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.adapters.archive import Entry, zip_pieces
from helpdesk.adapters.pdf import binder
from helpdesk.adapters.pdf.null import one_line_pdf

MOMENT = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


@given(st.lists(st.tuples(st.binary(max_size=300), st.booleans()), max_size=8))
def test_a_zip_holds_what_was_put_in(files):
    entries = [Entry(f"南山/{n} 陈.pdf", data, MOMENT, squeeze) for n, (data, squeeze) in enumerate(files)]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(zip_pieces(entries))))
    assert archive.testzip() is None
    assert [archive.read(e.name) for e in entries] == [data for data, _ in files]
    # Sizes stand before the bytes, so that also what reads front to back can unpack it.
    assert all(not info.flag_bits & 0x08 for info in archive.infolist())


def test_pages_are_bound_in_order_and_what_they_share_is_written_once():
    files = [one_line_pdf(f"N-{n}") for n in range(150)]
    data = b"".join(binder.bind(files, title="服务确认书"))
    with pikepdf.open(io.BytesIO(data)) as book:
        assert book.check_pdf_syntax() == []
        assert len(book.pages) == 150
        assert [page.Contents.read_bytes().split(b"(")[1].split(b")")[0] for page in book.pages] == [
            f"N-{n}".encode() for n in range(150)
        ]
        assert str(book.docinfo.Title) == "服务确认书"
        fonts = {page.Resources.Font.F1.objgen for page in book.pages}
        assert len(fonts) == 1
        assert all(page.TrimBox == page.MediaBox for page in book.pages)


def test_another_reader_finds_no_fault(tmp_path):
    path = tmp_path / "book.pdf"
    path.write_bytes(b"".join(binder.bind([one_line_pdf("A"), one_line_pdf("B")], title="x")))
    said = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_nothing_but_one_page_is_taken():
    two = pikepdf.new()
    for _ in range(2):
        two.add_blank_page()
    out = io.BytesIO()
    two.save(out)
    for data in (b"", b"no PDF", out.getvalue()):
        with pytest.raises(binder.NotOnePage):
            binder.check(data)
        with pytest.raises(binder.NotOnePage):
            list(binder.bind([data], title="x"))
