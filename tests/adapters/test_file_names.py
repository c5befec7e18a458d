"""Names of files that people unpack."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.adapters.file_names import safe_name


@given(st.text(max_size=200))
def test_a_name_is_never_a_path(text):
    name = safe_name(text)
    assert name
    assert name not in (".", "..")
    assert not set(name) & set('/\\:*?"<>|\x00\n')
    assert len(name.encode()) <= 120
    assert name == name.strip(" .")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("CON", "_CON"), ("nul.txt", "_nul.txt"), ("com1.a.txt", "_com1.a.txt"), ("console.txt", "console.txt"),
        ("a/b\\c:d*e?.txt", "a_b_c_d_e_.txt"), ("..", "file"), ("  合同. ", "合同"), ("\u202egpj.exe", "gpj.exe"),
        ("a\x00b\n.txt", "ab.txt"), ("", "file"), ("服" * 300 + ".pdf", "服" * 38 + ".pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)  # fmt: skip
def test_names_are_safe_for_windows(name, safe):
    assert safe_name(name) == safe
