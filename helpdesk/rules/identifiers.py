"""Numbers people type and read aloud: credit codes, phone numbers, tracking and verification codes."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable
from datetime import date

# GB 32100-2015: no I, O, Z, S, V.
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

# Crockford's base 32: no I, L, O, U, so that a code can be read aloud and copied from paper.
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


def squeeze(text: str) -> str:
    """What was meant by what was typed: full-width forms narrowed, spaces and hyphens gone, upper case."""
    narrow = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\-\u2010-\u2015\u200b-\u200f\u2060\ufeff·.]+", "", narrow).upper()


def credit_check_digit(first17: str) -> str:
    """The 18th character of a unified social credit code. Raises ValueError for a character outside GB 32100."""
    total = sum(CREDIT_ALPHABET.index(c) * w for c, w in zip(first17, CREDIT_WEIGHTS, strict=True))
    return CREDIT_ALPHABET[-total % 31]


def credit_code_problem(code: str) -> str | None:
    """Why a squeezed code is none: "length", "characters" or "check"; None when it is good."""
    if len(code) != 18:
        return "length"
    if any(c not in CREDIT_ALPHABET for c in code):
        return "characters"
    return None if credit_check_digit(code[:17]) == code[17] else "check"


def phone_problem(phone: str) -> str | None:
    """Why a squeezed number cannot be called: "length" or "characters"; None for a mobile or fixed number.

    A mobile number has 11 digits and begins with 1; a fixed one has its area code: 0755 and 8 digits.
    """
    digits = phone.removeprefix("+86")
    if not digits.isascii() or not digits.isdigit():
        return "characters"
    if digits.startswith("1"):
        return None if len(digits) == 11 else "length"
    return None if digits.startswith("0") and 10 <= len(digits) <= 12 else "length"


def is_mobile(phone: str) -> bool:
    """Whether a tidy number takes texts."""
    return len(phone) == 11 and phone.startswith("1")


def tidy_phone(text: str) -> str:
    """A number as it is stored: digits only, without the country code."""
    return squeeze(text).removeprefix("+86")


def mask_phone(phone: str) -> str:
    """138 **** 6620: the first three and the last four digits."""
    return f"{phone[:3]} **** {phone[-4:]}" if len(phone) >= 8 else "****"


def mask_name(name: str) -> str:
    """The family name and stars: 陈** (what a public page shows of a volunteer)."""
    return name[:1] + "*" * max(1, len(name) - 1)


Chooser = Callable[[str], str]


def tracking_code(choose: Chooser = secrets.choice) -> str:
    """Eight characters in two groups: 7K4M-92QX. Works only together with the phone's last four digits."""
    letters = "".join(choose(CROCKFORD) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def verification_code(choose: Chooser = secrets.choice) -> str:
    """80 random bits as 16 characters and a check character: B5S8-Q3NX-9MD2-7F37-W."""
    body = "".join(choose(CROCKFORD) for _ in range(16))
    return group_code(body + luhn32(body))


def group_code(letters: str) -> str:
    """Letters in groups of four, joined by hyphens."""
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))


def luhn32(body: str) -> str:
    """Luhn's check character modulo 32: catches every single slip and nearly every swap of neighbours."""
    total = 0
    for place, letter in enumerate(reversed(body)):
        value = CROCKFORD.index(letter) * (2 if place % 2 == 0 else 1)
        total += value // 32 + value % 32
    return CROCKFORD[-total % 32]


def read_code(text: str, length: int) -> str | None:
    """What was typed as plain Crockford letters, look-alikes mended; None when it cannot be such a code."""
    letters = squeeze(text).translate(LOOK_ALIKES)
    if len(letters) != length or any(c not in CROCKFORD for c in letters):
        return None
    return letters


def read_verification_code(text: str) -> str | None:
    """The code as stored, or None when it is mistyped (wrong length, letter or check character)."""
    letters = read_code(text, 17)
    if letters is None or luhn32(letters[:16]) != letters[16]:
        return None
    return group_code(letters)


_APART = re.compile(r"([A-Z]{2,4})[-‐–—−_ ]+([0-9]{2})[-‐–—−_ ]+([0-9]{1,9})", re.ASCII)


def read_case_number(text: str) -> str | None:
    """A case's number as stored, SZ-26-00001, however it was typed; None when it cannot be one.

    Zeros may be missing where the parts stand apart, as in sz-26-254: without hyphens that could be a tracking code.
    """
    found = re.fullmatch(r"([A-Z]{2,4})([0-9]{2})([0-9]{5,9})", squeeze(text)) or _APART.fullmatch(
        unicodedata.normalize("NFKC", text).strip().upper()
    )
    return f"{found[1]}-{found[2]}-{found[3].zfill(5)}" if found else None


def read_tracking_code(text: str) -> str | None:
    """The tracking code as stored, or None when it cannot be one."""
    letters = read_code(text, 8)
    return f"{letters[:4]}-{letters[4:]}" if letters else None


def identity_number(text: str, *, is_resident: bool) -> str | None:
    """An identity number as it is kept, or None for one that cannot be.

    A resident's (GB 11643) has 17 digits with a real date and a check character (mod 11, 2); districts are not looked
    up, since lists of them are never whole. Other papers: 5 to 20 letters and digits.
    """
    number = unicodedata.normalize("NFKC", text).replace(" ", "").upper()
    if not is_resident:
        return number if re.fullmatch(r"[0-9A-Z]{5,20}", number, re.ASCII) else None
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number, re.ASCII):
        return None
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    rest = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17])) % 11
    return number if "10X98765432"[rest] == number[17] else None
