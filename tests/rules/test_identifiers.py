"""Credit codes, phone numbers, codes that are read aloud."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.rules import identifiers as ids


def test_a_good_credit_code_and_its_slips():
    code = "91440300MA5TEXT01"
    good = code + ids.credit_check_digit(code)
    assert ids.credit_code_problem(good) is None
    assert ids.credit_code_problem(good[:17]) == "length"
    assert ids.credit_code_problem(good[:-1] + ("0" if good[-1] != "0" else "1")) == "check"
    assert ids.credit_code_problem("O" + good[1:]) == "characters"


@pytest.mark.parametrize("typed", ["９１４４０３００", "9144 0300", " 9144-0300 ", "9144\u20110300", "9144\u200b0300"])
def test_what_was_meant(typed):
    assert ids.squeeze(typed) == "91440300"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("138 0013 8000", None), ("+86 13800138000", None), ("１３８００１３８０００", None), ("0755-8297 5809", None),
     ("1380013800", "length"), ("138001380000", "length"), ("13800x38000", "characters"), ("", "characters"),
     ("一三八", "characters")],
)  # fmt: skip
def test_phones(typed, problem):
    assert ids.phone_problem(ids.squeeze(typed)) == problem


def test_masks_show_no_more_than_needed():
    assert ids.mask_phone("13800136620") == "138 **** 6620"
    assert ids.mask_phone("123") == "****"
    assert ids.mask_name("陈明远") == "陈**"


@given(st.integers(0, 10**9), st.integers(0, 15), st.sampled_from(ids.CROCKFORD))
def test_a_single_slip_in_a_verification_code_is_noticed(seed, place, letter):
    code = ids.verification_code(random.Random(seed).choice)
    assert ids.read_verification_code(code) == code
    plain = code.replace("-", "")
    slipped = plain[:place] + letter + plain[place + 1 :]
    if slipped != plain:
        assert ids.read_verification_code(slipped) is None


def test_look_alikes_and_spaces_are_mended():
    code = ids.verification_code(random.Random(7).choice)
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert ids.read_verification_code(typed) == code
    assert ids.read_tracking_code(" 7k4m 92qx") == "7K4M-92QX"
    assert ids.read_tracking_code("7K4M-92Q") is None
    assert ids.read_tracking_code("7K4M-92QU") is None


def test_a_case_number_is_read_with_zeros_missing_but_no_tracking_code_is_one():
    read = ids.read_case_number
    assert read("sz-26-254") == read("SZ 26 00254") == read("sz2600254") == "SZ-26-00254"
    assert read("AB23-4567") is None and read("ab234567") is None and read("sz-26") is None and read("") is None
